"""What changed about a request, for those who follow it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from bot.domain.board import Place, Row, Standing
from bot.domain.changes import Change
from bot.domain.ids import RequestNumber, UserId
from bot.domain.promises import Sentence
from bot.domain.requests import Request, Status
from bot.domain.wsjf import Factor


class Following(StrEnum):
    """Why somebody hears of it."""

    ASKED = "asked"
    TOLD = "told"  #: they told a customer about it
    WATCHES = "watches"
    THREAD = "thread"  #: the card's thread
    WANTS = "wants"  #: they want to start it, and waited for its estimate


@dataclass(frozen=True, kw_only=True)
class News:
    """What a few minutes' changes of a request come to."""

    request: Request
    following: Following
    changes: Mapping[str, Change]  #: by field
    by: str | None  #: name of who changed it last
    why: str | None
    sentence: Sentence | None  #: what customers may hear now
    heard: Mapping[str, str]  #: customers the reader told about it, and the words they heard
    names: Mapping[UserId, str]
    customers: tuple[str, ...] = ()  #: the reader's, who wait for it
    ask: str | None = None  #: name of who can say more
    card: str | None = None  #: where its card stands
    standing: Standing | None = None  #: for who waited for its estimate
    by_way_of: RequestNumber | None = None  #: a request joined to it, which is the one the reader knows


@dataclass(frozen=True, kw_only=True)
class RankMoved:
    """A request entered or left the top five."""

    request: Request
    standing: Standing
    entered: bool
    was: Place | None  #: its place when it was told last
    cause: Change | None = None  #: the figure that moved it, where one did
    passed: bool = False  #: nothing about it changed: others passed it


@dataclass(frozen=True, kw_only=True)
class Burning:
    """Somebody wants to start a request that has no estimate yet."""

    request: Request
    wanted_by: str  #: a name
    reader: UserId
    names: Mapping[UserId, str]
    factors: tuple[Factor, ...] = ()  #: missing figures that are the reader's to give


@dataclass(frozen=True, kw_only=True)
class Rollup:
    """A day on the board in one message: as many requests as fit, and how many there are."""

    since: date
    until: date
    new: int
    moves: int
    filed: tuple[Row, ...]
    moved: tuple[Row, ...]
    asked_by: Mapping[RequestNumber, str]  #: names, of what is filed
    was: Mapping[RequestNumber, Status]  #: of what moved
