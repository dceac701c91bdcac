"""What stands before somebody's eyes: plain values for the templates, and nothing that person could not see."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from markupsafe import Markup

from sandbox.interactions import Interactions
from sandbox.page.look import HOME, MESSAGES, Look, address, sees_place, sees_post
from sandbox.page.moments import Clock
from sandbox.page.pencil import Pencil
from sandbox.rules.manifest import Command, Shortcut
from sandbox.state import Conversation, Kind, Post
from sandbox.workspace import User

SHOWN = 200  #: messages of a conversation
TOGETHER = 300.0  #: seconds within which messages of one author stand under one name
TONES = 8


@dataclass(frozen=True, kw_only=True)
class Face:
    """Somebody's picture: two letters on a colour."""

    name: str
    letters: str
    tone: int
    is_app: bool = False


@dataclass(frozen=True, kw_only=True)
class Said:
    """A message as one reader sees it."""

    ts: str
    face: Face
    time: str
    full_time: str
    day: str
    body: Markup
    edited: bool
    only_you: bool
    follows: bool  #: the author is named by the message before
    starts_day: bool
    replies: int
    last_reply: str
    answerers: list[Face]
    link: str
    can_act: bool
    reactions: list[tuple[Markup, int, bool]]


@dataclass(frozen=True, kw_only=True)
class Link:
    """A conversation in the sidebar."""

    where: str
    name: str
    kind: str  #: channel, group or mpim; nothing for a tab of the app
    is_here: bool
    unread: int
    calls: bool  #: somebody speaks to this person: shown as a number
    address: str


@dataclass(frozen=True, kw_only=True)
class Composer:
    """The foot of a conversation: where one writes, or why one cannot."""

    kind: str  #: write, join or closed
    words: str


@dataclass(frozen=True, kw_only=True)
class Front:
    """The modal in front."""

    id: str
    title: Markup
    body: Markup
    close: Markup
    submit: Markup
    can_submit: bool
    below: int


@dataclass(frozen=True, kw_only=True)
class Scene:
    """All of one pane."""

    look: Look
    face: Face
    title: str
    topic: str
    members: int
    channels: list[Link]
    others: list[Link]
    directs: list[Link]
    tabs: list[Link]
    said: list[Said]
    earlier: int
    thread: list[Said]
    home: Markup | None  #: the Home tab, if one looks at it; empty until the app fills it
    home_id: str
    composer: Composer
    modal: Front | None
    commands: tuple[Command, ...] = ()
    globals: list[Shortcut] = field(default_factory=list)
    on_messages: list[Shortcut] = field(default_factory=list)


class Sight:
    """Looks at the workspace for people, and keeps what each of them has read."""

    def __init__(self, acts: Interactions) -> None:
        self.acts = acts
        self.state = acts.state
        self.pencil = Pencil(acts.state)
        self._read: dict[tuple[str, str], str] = {}

    def scene(self, look: Look, scope: str) -> Scene:
        """Draw a pane; what is drawn counts as read. `scope` keeps the ids of two panes apart."""
        manifest, user = self.state.app.manifest, look.user
        posts = [] if look.is_home else self._readable(look)
        self._mark_read(look, posts)
        return Scene(
            look=look,
            face=self.face(user.id),
            title=self.title(look.place, user),
            topic=look.place.topic,
            members=len(look.place.members),
            channels=list(self._channels(look)),
            others=list(self._others(look)),
            directs=list(self._directs(look)),
            tabs=list(self._tabs(look)),
            said=self._said(user, posts[-SHOWN:], scope),
            earlier=max(0, len(posts) - SHOWN),
            thread=self._thread(look, f"{scope}t"),
            home=self._home(look, scope) if look.is_home else None,
            home_id=self._home_id(look),
            composer=self._composer(look),
            modal=self._modal(user, scope),
            commands=() if user.team else manifest.commands,
            globals=[] if user.team else [each for each in manifest.shortcuts if each.type == "global"],
            on_messages=[] if user.team else [each for each in manifest.shortcuts if each.type == "message"],
        )

    # -- messages

    def _readable(self, look: Look) -> list[Post]:
        """The conversation itself, oldest first; answers stand in their threads."""
        posts = look.place.posts.values()
        return [post for post in posts if _is_top(post) and sees_post(self.state, look.user, post)]

    def _thread(self, look: Look, scope: str) -> list[Said]:
        if look.root is None:
            return []
        root = look.root
        answers = [p for p in look.place.posts.values() if p.thread == root.ts and p is not root]
        seen = [post for post in answers if sees_post(self.state, look.user, post)]
        return self._said(look.user, [root, *seen], scope)

    def _said(self, reader: User, posts: list[Post], scope: str) -> list[Said]:
        clock = Clock(reader, self.state.now())
        before: list[Post | None] = [None, *posts]
        return [self._one(clock, post, last, reader, scope) for last, post in zip(before, posts, strict=False)]

    def _one(self, clock: Clock, post: Post, last: Post | None, reader: User, scope: str) -> Said:
        place = self.state.conversations[post.channel]
        answers = place.replies(post.ts)
        starts_day = last is None or clock.day(last.ts) != clock.day(post.ts)
        return Said(
            ts=post.ts,
            face=self.face(post.user),
            time=clock.time(post.ts),
            full_time=clock.full(post.ts),
            day=clock.day(post.ts),
            body=self.pencil.message(post, reader, scope),
            edited=post.edited is not None,
            only_you=post.seen_only_by is not None,
            follows=not starts_day and last is not None and _together(last, post),
            starts_day=starts_day,
            replies=len(answers),
            last_reply=clock.ago(answers[-1].ts) if answers else "",
            answerers=[self.face(user) for user in dict.fromkeys(answer.user for answer in answers)][:4],
            link=permalink(self.state.address, post),
            can_act=post.stands,
            reactions=[(self.pencil.emoji(name), len(by), reader.id in by) for name, by in post.reactions.items()],
        )

    def face(self, user_id: str) -> Face:
        user = self.state.users[user_id]
        tone = sum(user.id.encode()) % TONES
        return Face(name=user.name, letters=_letters(user), tone=tone, is_app=user.is_bot)

    # -- the sidebar

    def _channels(self, look: Look) -> Iterator[Link]:
        for place in self._sorted():
            if not place.is_direct and not place.archived and look.user.id in place.members:
                yield self._link(look, place)

    def _others(self, look: Look) -> Iterator[Link]:
        """Public channels one may look into and join."""
        for place in self._sorted():
            if sees_place(look.user, place) and look.user.id not in place.members and not place.archived:
                yield self._link(look, place)

    def _directs(self, look: Look) -> Iterator[Link]:
        for place in self.state.conversations.values():
            if place.kind is Kind.MPIM and look.user.id in place.members:
                yield self._link(look, place)

    def _tabs(self, look: Look) -> Iterator[Link]:
        manifest, place = self.state.app.manifest, self.state.direct(look.user.id)
        direct = look.place is place
        if manifest.home_enabled:
            home = Look(user=look.user, place=place, is_home=True)
            yield self._tab(home, HOME, here=direct and look.is_home)
        if manifest.messages_enabled:
            messages = Look(user=look.user, place=place)
            here = direct and not look.is_home
            yield self._tab(messages, MESSAGES, here=here, unread=0 if here else len(self._unread(messages)))

    def _tab(self, look: Look, name: str, here: bool, unread: int = 0) -> Link:
        return Link(
            where=name,
            name=name.capitalize(),
            kind="",
            is_here=here,
            unread=unread,
            calls=unread > 0,
            address=address([look]),
        )

    def _link(self, look: Look, place: Conversation) -> Link:
        there = Look(user=look.user, place=place)
        here = look.place is place
        unread = [] if here or look.user.id not in place.members else self._unread(there)
        spoken_to = [post for post in unread if place.is_direct or look.user.id in self.state.mentions(post.text)]
        return Link(
            where=there.where,
            name=self.title(place, look.user),
            kind=str(place.kind),
            is_here=here,
            unread=len(spoken_to) or len(unread),
            calls=bool(spoken_to),
            address=address([there]),
        )

    def _sorted(self) -> list[Conversation]:
        return sorted(self.state.conversations.values(), key=lambda place: place.name)

    def title(self, place: Conversation, reader: User) -> str:
        if place.kind is Kind.IM:
            return self.state.app.name
        if place.kind is Kind.MPIM:
            return ", ".join(sorted(self.state.users[each].name for each in place.members - {reader.id}))
        return place.name

    # -- what has been read

    def _unread(self, look: Look) -> list[Post]:
        last = self._read.get((look.user.id, look.place.id), "")
        return [post for post in self._readable(look) if post.ts > last and post.user != look.user.id]

    def _mark_read(self, look: Look, posts: list[Post]) -> None:
        if posts:
            self._read[look.user.id, look.place.id] = posts[-1].ts

    # -- the app's surfaces

    def _home(self, look: Look, scope: str) -> Markup:
        view = self.acts.views.homes.get(look.user.id)
        return self.pencil.view(view, scope) if view else Markup()

    def _home_id(self, look: Look) -> str:
        view = self.acts.views.homes.get(look.user.id)
        return view.id if view else ""

    def _modal(self, user: User, scope: str) -> Front | None:
        stack = self.acts.views.stacks.get(user.id, [])
        if not stack:
            return None
        view = stack[-1]
        submit = self.pencil.words(view.spec["submit"])
        return Front(
            id=view.id,
            title=self.pencil.words(view.spec["title"]),
            body=self.pencil.view(view, scope),
            close=self.pencil.words(view.spec["close"] or {"text": "Cancel" if submit else "Close"}),
            submit=submit,
            can_submit=not view.spec["submit_disabled"],
            below=len(stack) - 1,
        )

    # -- writing

    def _composer(self, look: Look) -> Composer:
        place, name = look.place, self.state.app.name
        if look.user.deleted:
            return Composer(kind="closed", words=f"The account of {look.user.name} is deactivated.")
        if place.archived:
            return Composer(kind="closed", words=f"#{place.name} is archived.")
        if look.user.id not in place.members:
            return Composer(kind="join", words=f"You are looking at #{place.name}.")
        if place.kind is Kind.IM and self.state.app.manifest.messages_read_only:
            return Composer(kind="closed", words=f"{name} writes to you here; it takes no messages.")
        title = self.title(place, look.user)
        return Composer(kind="write", words=f"Message {title if place.is_direct else '#' + title}")


def permalink(origin: str, post: Post) -> str:
    """As chat.getPermalink gives it."""
    link = f"{origin}/archives/{post.channel}/p{post.ts.replace('.', '')}"
    return link + (f"?thread_ts={post.thread}&cid={post.channel}" if post.thread else "")


def _letters(user: User) -> str:
    """The initials; of one name its first two letters, of an app its first."""
    words = user.name.split() or ["?"]
    last = words[-1][:1] if len(words) > 1 else words[0][1:2]
    return (words[0][:1] + ("" if user.is_bot else last)).upper()


def _is_top(post: Post) -> bool:
    return post.thread in (None, post.ts) or post.broadcast


def _together(first: Post, second: Post) -> bool:
    same = first.user == second.user and first.seen_only_by == second.seen_only_by
    return same and float(second.ts) - float(first.ts) < TOGETHER
