"""Where somebody looks: whose eyes, which conversation, which thread. It stands in the page's address."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from sandbox.state import Conversation, Kind, Post, State
from sandbox.workspace import User

HOME, MESSAGES = "home", "messages"  #: the two tabs of the app


@dataclass(frozen=True, kw_only=True)
class Look:
    """What one pane shows."""

    user: User
    place: Conversation
    is_home: bool = False  #: the app's Home tab; `place` is then the direct conversation with the app
    root: Post | None = None  #: the message whose thread is open

    @property
    def where(self) -> str:
        """The conversation's name in an address."""
        if self.place.kind is Kind.IM:
            return HOME if self.is_home else MESSAGES
        return self.place.id if self.place.is_direct or self.place.name in (HOME, MESSAGES) else self.place.name

    @property
    def thread(self) -> str:
        return self.root.ts if self.root else ""


def read_look(state: State, asked: Mapping[str, str]) -> Look:
    """Whatever is asked for and cannot be seen becomes what that person sees first."""
    user = known(state, asked.get("as", "")) or people(state)[0]
    wanted = asked.get("in", "")
    if wanted in (HOME, MESSAGES):
        is_home = wanted == HOME and state.app.manifest.home_enabled
        return Look(user=user, place=state.direct(user.id), is_home=is_home)
    place = _place(state, user, wanted)
    root = place.posts.get(asked.get("thread", ""))
    return Look(user=user, place=place, root=root if root and sees_post(state, user, root) else None)


def known(state: State, name: str) -> User | None:
    """Somebody one may act as, by handle, name or id."""
    return next((user for user in people(state) if name in (user.id, *user.called)), None)


def people(state: State) -> list[User]:
    """Whom one may act as."""
    return [user for user in state.users.values() if not user.is_bot]


def _place(state: State, user: User, wanted: str) -> Conversation:
    seen = [place for place in state.conversations.values() if sees_place(user, place)]
    named = [place for place in seen if wanted in (place.id, place.name)]
    own = [place for place in seen if user.id in place.members and not place.is_direct]
    return (named or own or [state.direct(user.id)])[0]


def sees_place(user: User, place: Conversation) -> bool:
    """Members see it; a public channel can be looked into by every employee."""
    return user.id in place.members or (place.kind is Kind.PUBLIC and user.is_employee)


def sees_post(state: State, user: User, post: Post) -> bool:
    if not sees_place(user, state.conversations[post.channel]):
        return False
    return post.seen_only_by in (None, user.id) and not post.deleted


PANES = (
    {"as": "as", "in": "in", "thread": "thread"},
    {"as": "and", "in": "and_in", "thread": "and_thread"},
)  #: what each pane's person, place and thread are called in an address


def address(looks: list[Look]) -> str:
    """Where the page shows this."""
    parts: dict[str, str] = {}
    for look, names in zip(looks, PANES, strict=False):
        shown = {"as": look.user.username, "in": look.where, "thread": look.thread}
        parts |= {names[part]: value for part, value in shown.items() if value}
    return f"/?{urlencode(parts)}"


def asked(query: Mapping[str, str]) -> list[dict[str, str]]:
    """What an address asks for, pane by pane: one person, or two side by side."""
    panes = [{part: query.get(name, "") for part, name in names.items()} for names in PANES]
    return panes if query.get("and") else panes[:1]
