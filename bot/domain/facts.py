"""What services tell and the ui draws."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.board import Row, Standing
from bot.domain.ids import ChannelId, UserId
from bot.domain.people import Role
from bot.domain.requests import Request, Source
from bot.domain.wsjf import Factor, Score


@dataclass(frozen=True, kw_only=True)
class BlankForm:
    """What the request form knows before a person writes."""

    source: Source
    similar: tuple[Row, ...] = ()  #: requests that look like the title


class Outcome(StrEnum):
    NEW = "new"
    SAME = "same"  #: the same form, sent again
    EDITED = "edited"  #: the same form, sent again with other values


@dataclass(frozen=True, kw_only=True)
class Filed:
    request: Request
    outcome: Outcome
    board: ChannelId | None  #: where its card goes; None while no board channel is set


@dataclass(frozen=True, kw_only=True)
class Joined:
    """Customers added behind a request."""

    request: Request
    added: tuple[str, ...]  #: their names
    waited_already: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Sized:
    """What the Estimate form did."""

    request: Request
    was: Score | None
    decided: tuple[Factor, ...]  #: figures that count now
    suggested: tuple[Factor, ...]  #: figures that wait for whoever owns them


@dataclass(frozen=True, kw_only=True)
class SizingForm:
    """What the Estimate form knows before a person writes."""

    request: Request
    standing: Standing
    owned: frozenset[Factor]  #: figures this person decides
    names: Mapping[UserId, str]  #: of who proposed or confirmed


@dataclass(frozen=True, kw_only=True)
class Card:
    """A request as its card shows it."""

    request: Request
    standing: Standing
    asked_by: str | None
    role: Role | None  #: of who asked
    names: Mapping[UserId, str]  #: of who proposed a figure


@dataclass(frozen=True, kw_only=True)
class Undeliverable:
    """Something that could not be said."""

    line: str
    error: str
    unsure: bool = False  #: it may have been said, and can't be looked up


Saying = Card | Undeliverable  #: what a notice says


@dataclass(frozen=True, kw_only=True)
class BoardView:
    words: str
    rows: tuple[Row, ...]
    ranked: int
    unranked: int
    card: Card | None = None  #: when the words name exactly one request


@dataclass(frozen=True, kw_only=True)
class HomeView:
    mine: tuple[Row, ...]
    top: tuple[Row, ...]
    to_size: tuple[Row, ...]  #: open requests without a place, for those who can give them one
    ranked: int
    unranked: int
