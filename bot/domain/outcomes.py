"""Whether a released request is used as much as it should be."""

import calendar
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from bot.domain.ids import RequestNumber, Slug, read_key
from bot.domain.requests import Request
from bot.domain.text import clean, one_line

CHECKS = (30, 60, 90)  #: days after release
BETWEEN = 30  #: days from one check to the next; the last is caught up for as long
LATE = 7  #: days a figure may come after its check and still replace an earlier one
RETIRE_BELOW = 5  #: percent of active accounts, at the last check
EVENT_LIMIT = 120

_ADOPTION = "adoption:"
_PERIOD = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?|-W(\d\d))?", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Adoption:
    """How far a released request is used at one of its checks; without a figure its owner is asked for one."""

    request: Request
    day: int  #: one of CHECKS
    percent: float | None  #: of active accounts that use it
    earlier: tuple[tuple[int, float], ...] = ()  #: figures of earlier checks: (day, percent)
    is_asked: bool = False  #: the reader is the one who is asked for the figure
    looks: str | None = None  #: name of who is asked

    @property
    def reaches(self) -> bool:
        """Whether it is used as much as it should be."""
        target = self.request.adoption_target
        return self.percent is not None and (target is None or self.percent >= target)

    @property
    def next_check(self) -> int | None:
        return next((day for day in CHECKS if day > self.day), None)

    @property
    def may_retire(self) -> bool:
        """Whether so few use it, after so long, that keeping it is in question."""
        return self.percent is not None and self.percent < RETIRE_BELOW and self.next_check is None


@dataclass(frozen=True, kw_only=True)
class AimForm:
    """What the form knows before a person writes."""

    request: Request
    latest: "Figure | None"


@dataclass(frozen=True, kw_only=True)
class Aimed:
    """What came of the form."""

    request: Request
    percent: float | None  #: the figure entered
    told: tuple[str, ...] = ()  #: names of who hears of it


# ---- figures ------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Figure:
    """How many percent of active accounts used it in a period."""

    first: date
    last: date
    percent: float


def metric_of(slug: str) -> str:
    """The metric that holds a request's adoption, in percent of active accounts."""
    return f"{_ADOPTION}{slug}"


def request_in(metric: str) -> RequestNumber | Slug | None:
    """The request whose adoption a metric holds; None for any other metric."""
    if not metric.casefold().startswith(_ADOPTION):
        return None
    return read_key(metric[len(_ADOPTION) :])


def span_of(period: str) -> tuple[date, date]:
    """First and last day of a day, a week, a month or a year. Raises ValueError for anything else."""
    found = _PERIOD.fullmatch(period)
    if not found:
        raise ValueError("Write 2026-12-31, 2026-12, 2026-W53 or 2026.")
    year, month, day, week = (int(part) if part else None for part in found.groups())
    assert year is not None
    try:
        return _span(year, month, day, week)
    except ValueError:
        raise ValueError("No calendar has this day, week or month.") from None


def _span(year: int, month: int | None, day: int | None, week: int | None) -> tuple[date, date]:
    if week is not None:
        return date.fromisocalendar(year, week, 1), date.fromisocalendar(year, week, 7)
    if month is None:
        return date(year, 1, 1), date(year, 12, 31)
    first = date(year, month, day or 1)
    return first, first if day else first.replace(day=calendar.monthrange(year, month)[1])


def figures(kept: Iterable[tuple[str, float]]) -> list[Figure]:
    """Figures by period, oldest first."""
    read = [Figure(first=span[0], last=span[1], percent=value) for p, value in kept for span in [span_of(p)]]
    return sorted(read, key=lambda figure: (figure.last, figure.first))


def latest(kept: Iterable[tuple[str, float]]) -> Figure | None:
    known = figures(kept)
    return known[-1] if known else None


# ---- checks -------------------------------------------------------------------------------------


def due(released: date, today: date) -> int | None:
    """The newest check whose day has come; None before the first, and long after the last."""
    age = (today - released).days
    if age >= CHECKS[-1] + BETWEEN:
        return None
    return max((day for day in CHECKS if day <= age), default=None)


def at_check(known: Sequence[Figure], released: date, day: int) -> float | None:
    """The newest figure up to a week after a check, unless it belongs to the check before; else the first later."""
    check = released + timedelta(days=day)
    is_first = day == CHECKS[0]
    since = released if is_first else check - timedelta(days=BETWEEN - LATE)
    own = [f for f in known if (f.last >= since if is_first else f.first > since)]
    in_time = [f for f in own if f.first <= check + timedelta(days=LATE)]
    late = [f for f in own if f not in in_time and f.first < check + timedelta(days=BETWEEN)]
    chosen = in_time[-1:] or late[:1]
    return chosen[0].percent if chosen else None


def adoption(request: Request, released: date, day: int, known: Sequence[Figure]) -> Adoption:
    """How far it is used at this check, and was at those before."""
    before = [(d, at_check(known, released, d)) for d in CHECKS if d < day]
    return Adoption(
        request=request,
        day=day,
        percent=at_check(known, released, day),
        earlier=tuple((d, percent) for d, percent in before if percent is not None),
    )


# ---- what people write --------------------------------------------------------------------------


def _number(typed: object) -> Decimal | None:
    """A number as people write a percentage: "46", "46.5 %" or "46,5". None for nothing, NaN for no number."""
    written = clean(str(typed)).removesuffix("%").strip().replace(",", ".") if typed is not None else ""
    try:
        return Decimal(written) if written else None
    except InvalidOperation:
        return Decimal("NaN")


def _target(typed: object) -> int | None:
    percent = _number(typed)
    if percent is None:
        return None
    if not percent.is_finite() or not 1 <= percent <= 100 or percent % 1:
        raise ValueError("Write a whole percentage from 1 to 100.")
    return int(percent)


def _percent(typed: object) -> float | None:
    percent = _number(typed)
    if percent is None:
        return None
    if not percent.is_finite() or not 0 <= percent <= 100:
        raise ValueError("Write a percentage from 0 to 100.")
    return float(round(percent, 2))


def _event(name: str | None) -> str | None:
    name = one_line(clean(name or ""))
    if len(name) > EVENT_LIMIT:
        raise ValueError(f"That's {len(name)} characters; an event's name has room for {EVENT_LIMIT}.")
    return name or None


class Aim(BaseModel):
    """How much a request should be used and what shows it, and how much it is, as written in a form."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    target: Annotated[int | None, BeforeValidator(_target)] = None
    event: Annotated[str | None, AfterValidator(_event)] = None
    percent: Annotated[float | None, BeforeValidator(_percent)] = None
