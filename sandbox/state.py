"""A living workspace: people, conversations, posts, and who saw what. No I/O; one event loop, so no locks."""

import asyncio
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sandbox.reading import Reader, read_blocks, read_mrkdwn
from sandbox.rules import EVENT_SCOPES, Manifest
from sandbox.wire import Json, SlackError, slack_id
from sandbox.workspace import Channel, User, UserGroup, Workspace, team_id


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Slack's patience, in seconds. Tests that wait for it shorten it."""

    ack: float = 3.0
    trigger: float = 3.0
    response_url: float = 1800.0
    event_retries: tuple[float, ...] = (0.0, 60.0, 300.0)
    patience: float = 3.0  #: how long a person waits for something to appear
    settle: float = 0.1  #: how long a person looks whether a press changed anything


class Kind(StrEnum):
    PUBLIC = "channel"
    PRIVATE = "group"
    IM = "im"
    MPIM = "mpim"

    @property
    def scope(self) -> str:
        """What a scope for this kind begins with: channels:history, im:history ..."""
        return {"channel": "channels", "group": "groups"}.get(self, str(self))


@dataclass(kw_only=True)
class Post:
    """A message as Slack keeps it."""

    channel: str
    ts: str
    user: str
    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    thread: str | None = None
    broadcast: bool = False
    metadata: Json | None = None
    edited: Json | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)
    seen_only_by: str | None = None
    by_app: Json | None = None  #: app_id, bot_id, bot_profile when an app wrote it
    deleted: bool = False

    @property
    def stands(self) -> bool:
        """Everybody in the conversation can read it."""
        return not self.deleted and self.seen_only_by is None


@dataclass(kw_only=True)
class Conversation:
    """A channel or a direct conversation and what was said there."""

    id: str
    name: str
    kind: Kind
    members: set[str]
    created: int
    archived: bool = False
    shared_with: tuple[str, ...] = ()
    topic: str = ""
    purpose: str = ""
    posts: dict[str, Post] = field(default_factory=dict)
    _threads: dict[str, list[Post]] = field(default_factory=dict)

    @property
    def is_direct(self) -> bool:
        return self.kind in (Kind.IM, Kind.MPIM)

    def add(self, post: Post) -> None:
        self.posts[post.ts] = post
        if post.thread and post.thread != post.ts:
            self._threads.setdefault(post.thread, []).append(post)

    def standing(self) -> list[Post]:
        """What everybody here can read, oldest first."""
        return [post for post in self.posts.values() if post.stands]

    def replies(self, ts: str) -> list[Post]:
        return [post for post in self._threads.get(ts, []) if post.stands]


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """Something that came before a person's eyes, as they read it then; a channel's posts without their text."""

    who: str  #: a person; for what everybody in a channel can read, the channel
    kind: str  #: modal, ephemeral, dm, home, message, error
    about: str  #: id of the view, or ts of the post
    text: str


@dataclass(kw_only=True)
class Trigger:
    """Three seconds in which the app may answer an act with a modal, once."""

    id: str
    user: str
    expires: float
    view: str | None = None  #: the modal in which the person acted
    used: bool = False


@dataclass(kw_only=True)
class ResponseUrl:
    """A door back to where a person acted: five posts in half an hour."""

    user: str
    channel: str
    expires: float
    left: int = 5
    original: str | None = None  #: ts of the message acted upon
    thread: str | None = None


class App:
    """The installed app: its identity, its tokens and what it is allowed to do."""

    def __init__(self, manifest: Manifest, team: str) -> None:
        self.manifest = manifest
        self.name = name = manifest.bot_name
        self.scopes = {*manifest.bot_scopes, *manifest.bot_optional_scopes}
        self.id = slack_id("A", name)
        self.bot_id = slack_id("B", name)
        self.user = User(name, is_bot=True, email=None)
        secret = slack_id("", team, name, "secret").lower()
        self.bot_token = f"xoxb-{secret}"
        self.app_token = f"xapp-1-{self.id}-{secret}"
        self.signing_secret = slack_id("", team, name, "signing").lower()

    @property
    def user_id(self) -> str:
        return self.user.id

    def hears(self, event: str) -> bool:
        """Whether Slack sends it this event: it subscribed to it, and holds the scopes for it."""
        return event in self.manifest.bot_events and self.scopes.issuperset(EVENT_SCOPES.get(event, ()))

    def profile(self, team: str) -> Json:
        icons = {f"image_{size}": "" for size in (36, 48, 72)}
        return {
            "id": self.bot_id,
            "deleted": False,
            "name": self.name,
            "updated": 0,
            "app_id": self.id,
            "icons": icons,
            "team_id": team,
        }


class Pulse:
    """Wakes whoever waits for something to happen."""

    def __init__(self) -> None:
        self.beats = 0
        self._waiting: set[asyncio.Future[None]] = set()

    def beat(self) -> None:
        self.beats += 1
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)
        self._waiting.clear()

    async def until(self, holds: Callable[[], Any], within: float) -> bool:
        """Whether `holds()` came true in time: looks whenever something happened, and every 50 ms."""
        end = time.monotonic() + within
        while not holds():
            left = end - time.monotonic()
            if left <= 0:
                return False
            await self._next(min(left, 0.05))
        return True

    async def _next(self, within: float) -> None:
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.add(waiting)
        with suppress(TimeoutError):
            await asyncio.wait_for(waiting, within)
        self._waiting.discard(waiting)


class State:
    """Everything the workspace knows."""

    def __init__(self, workspace: Workspace, app: App, timing: Timing, now: Callable[[], float]) -> None:
        self.workspace = workspace
        self.app = app
        self.timing = timing
        self.now = now
        self.address = ""  #: of the sandbox, without a slash at the end; known once it serves
        self.pulse = Pulse()
        self.seen: list[Sighting] = []
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.users: dict[str, User] = {user.id: user for user in (*workspace.people, app.user)}
        self.groups: dict[str, UserGroup] = {group.id: group for group in workspace.groups}
        self.conversations: dict[str, Conversation] = {}
        self.tell: Callable[[Json], None] = lambda _event: None
        self._last_micros = 0
        self._serial = 0
        for channel in workspace.channels:
            self.add_channel(channel)

    # -- time and ids

    def fresh_ts(self) -> str:
        """A message timestamp; later ones are always greater."""
        self._last_micros = max(self._last_micros + 1, int(self.now() * 1_000_000))
        return f"{self._last_micros // 1_000_000}.{self._last_micros % 1_000_000:06d}"

    def fresh_id(self, prefix: str) -> str:
        self._serial += 1
        return slack_id(prefix, self.workspace.team, self._serial)

    def fresh_word(self) -> str:
        """A short random-looking word, as Slack gives to blocks without an id."""
        return self.fresh_id("")[:5]

    def trigger(self, user: str, view: str | None = None) -> str:
        self._serial += 1
        name = f"{self._serial}.{int(self.now())}.{slack_id('', self._serial).lower()}"
        self.triggers[name] = Trigger(id=name, user=user, expires=self.soon(self.timing.trigger), view=view)
        return name

    @staticmethod
    def soon(seconds: float) -> float:
        return time.monotonic() + seconds

    @staticmethod
    def is_past(moment: float) -> bool:
        return time.monotonic() >= moment

    # -- people

    def user(self, user_id: str) -> User:
        try:
            return self.users[user_id]
        except KeyError:
            raise SlackError("user_not_found") from None

    def named(self, name: str) -> User:
        """The person called so in the scenario; also by handle."""
        wanted = name.removeprefix("@")
        for user in self.users.values():
            if wanted in user.called:
                return user
        raise LookupError(f"nobody is called {name!r} here")

    def add_user(self, user: User) -> None:
        self.users[user.id] = user

    def team_of(self, user: User) -> str:
        return team_id(user.team) if user.team else self.workspace.id

    # -- conversations

    def add_channel(self, channel: Channel) -> Conversation:
        names = channel.members
        everyone = [user for user in self.users.values() if user.is_employee]
        members = {user.id for user in (everyone if names is None else map(self.named, names))}
        if channel.bot:
            members.add(self.app.user_id)
        made = Conversation(
            id=channel.id,
            name=channel.plain_name,
            kind=Kind.PRIVATE if channel.private else Kind.PUBLIC,
            members=members,
            created=int(self.now()),
            archived=channel.archived,
            shared_with=tuple(channel.shared_with),
            topic=channel.topic,
            purpose=channel.purpose,
        )
        self.conversations[made.id] = made
        return made

    def conversation(self, channel_id: str) -> Conversation:
        """Any conversation of that id. Raises channel_not_found."""
        try:
            return self.conversations[channel_id]
        except KeyError:
            raise SlackError("channel_not_found") from None

    def place(self, name: str) -> Conversation:
        """The conversation a scenario calls "#board", or by id."""
        plain = name.removeprefix("#")
        for conversation in self.conversations.values():
            if plain in (conversation.name, conversation.id):
                return conversation
        raise LookupError(f"there is no channel {name!r}")

    def direct(self, *user_ids: str) -> Conversation:
        """The direct conversation of the app with these people; opened if need be."""
        people = sorted(user_ids)
        single = len(people) == 1
        made = Conversation(
            id=slack_id("D" if single else "G", "dm", *people),
            name=people[0] if single else "mpdm-" + "--".join(self.users[p].username for p in people) + "-1",
            kind=Kind.IM if single else Kind.MPIM,
            members={*people, self.app.user_id},
            created=int(self.now()),
        )
        return self.conversations.setdefault(made.id, made)

    def partner(self, conversation: Conversation) -> str:
        """Who the app talks with in a direct conversation of two."""
        return next((user for user in conversation.members if user != self.app.user_id), self.app.user_id)

    def posts(self) -> Iterator[Post]:
        for conversation in self.conversations.values():
            yield from conversation.posts.values()

    def post_at(self, channel_id: str, ts: str) -> Post | None:
        return self.conversation(channel_id).posts.get(ts)

    # -- saying

    def add_post(self, post: Post) -> Post:
        """Put a message where it belongs, and before the eyes of those it is for."""
        conversation = self.conversation(post.channel)
        conversation.add(post)
        for user in self._readers(conversation, post):
            self.show_post(user, post, "ephemeral" if post.seen_only_by else _kind_for(conversation))
        self.pulse.beat()
        return post

    def _readers(self, conversation: Conversation, post: Post) -> list[str]:
        if post.seen_only_by:
            return [post.seen_only_by]
        if not conversation.is_direct:
            return [conversation.id]
        return sorted(conversation.members - {self.app.user_id, post.user})

    def changed_post(self, post: Post) -> None:
        """A message reads differently now."""
        conversation = self.conversation(post.channel)
        for user in self._readers(conversation, post):
            self.show_post(user, post, "message")
        self.pulse.beat()

    def show_post(self, who: str, post: Post, kind: str) -> None:
        text = "" if who not in self.users else "(deleted)" if post.deleted else self.read_post(post, who)
        self.show(who, kind, f"{post.channel}/{post.ts}", text)

    def show(self, user: str, kind: str, about: str, text: str) -> None:
        self.seen.append(Sighting(who=user, kind=kind, about=about, text=text))
        self.pulse.beat()

    # -- reading

    def reader(self, user_id: str | None = None) -> Reader:
        user = self.users.get(user_id or "")
        return Reader(
            users={known.id: known.name for known in self.users.values()},
            channels={known.id: known.name for known in self.conversations.values() if not known.is_direct},
            groups={known.id: known.handle for known in self.groups.values()},
            zone=zone(user.tz if user else None),
            locale=user.locale if user else "en-US",
            today=datetime.fromtimestamp(self.now(), UTC),
        )

    def read_post(self, post: Post, user_id: str | None = None) -> str:
        reader = self.reader(user_id)
        body = read_blocks(post.blocks, reader) if post.blocks else read_mrkdwn(post.text, reader)
        attached = [_read_attachment(attachment, reader) for attachment in post.attachments]
        return "\n".join(part for part in (body, *attached) if part)

    def mentions(self, text: str) -> set[str]:
        return set(re.findall(r"<@(U\w+)(?:\|[^>]*)?>", text))

    def change_user(self, user_id: str, changes: Mapping[str, Any]) -> User:
        self.users[user_id] = replace(self.users[user_id], **changes)
        return self.users[user_id]


def zone(name: str | None) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _kind_for(conversation: Conversation) -> str:
    return "dm" if conversation.is_direct else "message"


def _read_attachment(attachment: Json, reader: Reader) -> str:
    words = [read_mrkdwn(str(attachment.get(name, "")), reader) for name in ("pretext", "title", "text")]
    return "\n".join([*filter(None, words), read_blocks(attachment.get("blocks", []), reader)]).strip()
