"""The content of a workspace, in code: `Workspace(people=[User("Alice")], channels=[Channel("#board")])`.

Everything here is frozen; what happens to it afterwards is in `state.py`.
"""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field

from sandbox.wire import slack_id

FROM_NAME = "(from the name)"


@dataclass(frozen=True)
class User:
    """Somebody with an account. In a scenario people are called by `name`, which is unique."""

    name: str
    _: KW_ONLY
    handle: str = FROM_NAME
    email: str | None = FROM_NAME
    tz: str | None = "UTC"
    locale: str = "en-US"
    title: str = ""
    is_admin: bool = False
    is_restricted: bool = False  #: a guest of several channels
    is_ultra_restricted: bool = False  #: a guest of one channel
    is_bot: bool = False
    deleted: bool = False
    team: str | None = None  #: the name of another workspace, for somebody met through Slack Connect

    @property
    def id(self) -> str:
        return slack_id("U", "user", self.name)

    @property
    def username(self) -> str:
        return self.name.lower().replace(" ", ".") if self.handle == FROM_NAME else self.handle

    @property
    def called(self) -> tuple[str, str]:
        """What may stand after an @."""
        return self.username, self.name

    @property
    def address(self) -> str | None:
        return f"{self.username}@example.com" if self.email == FROM_NAME else self.email

    @property
    def is_guest(self) -> bool:
        return self.is_restricted or self.is_ultra_restricted

    @property
    def is_employee(self) -> bool:
        """A full member of this workspace, and a living one."""
        return not (self.deleted or self.is_bot or self.is_guest or self.team)


@dataclass(frozen=True)
class Channel:
    """A channel; `name` with or without "#". Without `members` all employees are in it."""

    name: str
    _: KW_ONLY
    members: Sequence[str] | None = None
    bot: bool = True  #: the app has been invited
    private: bool = False
    archived: bool = False
    shared_with: Sequence[str] = ()  #: names of the other workspaces (Slack Connect)
    topic: str = ""
    purpose: str = ""

    @property
    def id(self) -> str:
        return slack_id("C", "channel", self.plain_name)

    @property
    def plain_name(self) -> str:
        return self.name.removeprefix("#")


@dataclass(frozen=True)
class UserGroup:
    """A user group, mentioned as @handle."""

    handle: str
    _: KW_ONLY
    members: Sequence[str] = ()
    name: str = ""
    description: str = ""
    disabled: bool = False

    @property
    def id(self) -> str:
        return slack_id("S", "group", self.handle)


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """A company on Slack."""

    team: str = "Acme"
    people: Sequence[User] = field(default_factory=lambda: (User("Alice"), User("Bob")))
    channels: Sequence[Channel] = field(default_factory=lambda: (Channel("#general"),))
    groups: Sequence[UserGroup] = ()

    def __post_init__(self) -> None:
        for kind, names in (("people", [p.name for p in self.people]), ("channels", [c.id for c in self.channels])):
            if len(set(names)) != len(names):
                raise ValueError(f"two {kind} of one name")

    @property
    def id(self) -> str:
        return team_id(self.team)

    @property
    def domain(self) -> str:
        return self.team.lower().replace(" ", "-")


def team_id(name: str) -> str:
    return slack_id("T", "team", name)
