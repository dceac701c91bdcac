"""What a company decides in `/tandem setup`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints

from bot.domain.ids import ChannelId, GroupId, UserId
from bot.domain.people import Person
from bot.domain.policy import Cards, Policy
from bot.domain.roles import DEFAULTS, Doing, Role

_EMOJI = re.compile(r"[\w+'&-]{1,100}")


class Purpose(StrEnum):
    """What a channel is for: the fields of Channels."""

    BOARD = "board"
    COORDINATION = "coordination"
    STRATEGY = "strategy"
    MARKETING = "marketing"
    FALLBACK = "fallback"


def _bare(name: object) -> object:
    """The name of an emoji, as Slack calls it: `:thumbsup::skin-tone-2:` is `thumbsup`."""
    return name.strip().strip(":").partition("::")[0].lower() if isinstance(name, str) else name


def _emoji(name: str) -> str:
    if not _EMOJI.fullmatch(name):
        raise ValueError("Write the emoji's name, like inbox_tray.")
    return name


Emoji = Annotated[str, BeforeValidator(_bare), AfterValidator(_emoji)]
Channel = Annotated[str, StringConstraints(pattern="^[CG][A-Z0-9]{1,20}$")]
Holder = Annotated[str, StringConstraints(pattern="^[SUW][A-Z0-9]{1,20}$")]


class Setup(BaseModel):
    """Settings as written in the form; what the environment fixes is not asked for and stays out."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    channels: dict[Purpose, Channel | None] = {}
    cards: Cards = Cards.EACH
    capture: Emoji = "inbox_tray"
    admins: tuple[Holder, ...] | None = None
    roles: dict[Role, tuple[Holder, ...]] | None = None


class Permits(BaseModel):
    """Who may do what, as written in the form; nobody means: as usual."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    rights: dict[Doing, frozenset[Role]]

    @property
    def decided(self) -> dict[Doing, frozenset[Role]]:
        """What differs from the defaults."""
        asked = {doing: self.rights.get(doing) for doing in DEFAULTS}
        return {doing: roles for doing, roles in asked.items() if roles and roles != DEFAULTS[doing]}


@dataclass(frozen=True, kw_only=True)
class Holders:
    """Groups and people that may be given a role."""

    groups: Mapping[GroupId, str]  #: their handles
    people: tuple[Person, ...]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What is in force, and what of it the environment fixes."""

    policy: Policy
    fixed: Policy
    groups: Mapping[GroupId, str]  #: handles of groups that hold a role
    names: Mapping[UserId, str]  #: of people who hold a role, and of admins
    admins: frozenset[UserId]  #: as the form begins: whoever saves becomes one


@dataclass(frozen=True, kw_only=True)
class Saved:
    """What came of the form."""

    policy: Policy
    tested: tuple[ChannelId, ...]  #: where a test message is on its way to


@dataclass(frozen=True, kw_only=True)
class Permitted:
    """What came of the form that says who may do what."""

    policy: Policy
    changed: tuple[Doing, ...]


@dataclass(frozen=True, kw_only=True)
class Helped:
    """What `/tandem help` says to this reader besides the commands."""

    admins: tuple[str, ...]  #: names
    may: tuple[Doing, ...]  #: of what belongs to roles
    roles_in_use: bool
