"""What waits for one person, said once a working day."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from bot.domain.ids import RequestNumber, UserId
from bot.domain.policy import WorkingHours
from bot.domain.requests import Estimate, Request
from bot.domain.roles import CONFIRMS, Rights
from bot.domain.talks import Asked
from bot.domain.wsjf import Factor

AT_ONCE = 5  #: requests to estimate in one message: more would be put off
PATIENCE = 3  #: working days before the same is said again
_HOUR = 60  #: minutes after the working day has begun


# ---- what it says -------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class ToEstimate:
    """A request that waits for figures only this person's role can confirm."""

    request: Request
    factors: tuple[Factor, ...]


@dataclass(frozen=True, kw_only=True)
class Done:
    """What the reader did about a request since the message was said first."""

    request: Request
    figures: Mapping[Factor, int] = field(default_factory=dict)
    asked: UserId | None = None  #: whom they asked something
    answered: bool = False
    sorted: bool = False  #: they gave it an owner, a direction, a no ...

    @property
    def is_nothing(self) -> bool:
        return not (self.figures or self.asked or self.answered or self.sorted)


@dataclass(frozen=True, kw_only=True)
class Round:
    """The daily message of one person."""

    reader: UserId
    day: str  #: the reader's own date, ISO
    key: str  #: of the first notice of this day: later ones redraw its message
    to_estimate: tuple[ToEstimate, ...]
    more_to_estimate: int  #: beyond those shown
    to_triage: tuple[Request, ...]
    more_to_triage: int
    questions: tuple[Asked, ...]
    folded: tuple[Any, ...]  #: sayings that the reader prefers to hear here
    names: Mapping[UserId, str]
    more_questions: int = 0
    done: tuple[Done, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.to_estimate or self.to_triage or self.questions or self.folded or self.done)

    @property
    def subject(self) -> str:
        """What the message register calls it."""
        return self.key


# ---- whom it asks -------------------------------------------------------------------------------


def asks_for(owned: Collection[Factor], rights: Rights) -> frozenset[Factor]:
    """Figures whose lack is a reason to ask somebody who owns these.

    A risk that product can confirm too is asked of tech along with the size, and alone only of product.
    """
    shared = rights.of(CONFIRMS[Factor.RISK_REDUCTION]) & rights.of(CONFIRMS[Factor.VALUE])
    goes_along = Factor.VALUE not in owned and shared and len(owned) > 1
    return frozenset(owned) - ({Factor.RISK_REDUCTION} if goes_along else frozenset())


def unconfirmed(request: Request, owned: Collection[Factor]) -> tuple[Factor, ...]:
    """Figures of these that nobody who owns them has confirmed."""
    return tuple(f for f in Factor if f in owned and request.estimates.get(f, Estimate()).confirmed is None)


# ---- when it is said ----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Last:
    """What a person was told last, and when."""

    key: str
    day: str  #: their own date, ISO
    at: datetime
    seen: frozenset[str] = frozenset()  #: everything that waited then
    about: frozenset[RequestNumber] = frozenset()  #: requests it spoke of
    done: tuple[RequestNumber, ...] = ()  #: those of them the person did something about since


def key_of(user: UserId, day: str) -> str:
    return f"round:{user}:{day}"


def is_hour(local: datetime, hours: WorkingHours) -> bool:
    """Whether a reader may be told now: an hour after their working day began, so ten where it begins at nine."""
    minute = local.hour * 60 + local.minute
    first = min(hours.opens + _HOUR, hours.closes - 1)
    return local.weekday() in hours.days and first <= minute < hours.closes


def is_worth_saying(waiting: frozenset[str], last: Last | None, today: date, hours: WorkingHours) -> bool:
    """Something new waits, or what waits was said last three working days ago."""
    if last is None or not waiting <= last.seen:
        return bool(waiting)
    return bool(waiting) and _working_days(date.fromisoformat(last.day), today, hours) >= PATIENCE


def _working_days(since: date, until: date, hours: WorkingHours) -> int:
    """Working days after the first date, up to the second; counted no further than needed."""
    days = min((until - since).days, 7 * PATIENCE)
    return sum((until - timedelta(days=ago)).weekday() in hours.days for ago in range(days))
