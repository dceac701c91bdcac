"""What two figures of a request could be, by who waits for it. People decide; nothing here is ever set by itself.

Value goes by companies waiting and by reach, whichever says more; money lifts it by one step at most, so that ten
small customers outrank a large one (as in `budgets`). The steps follow the form's rubric. There 8 is "a whole
segment waits (about 400 companies)": of 27 companies with a problem about one says so (the TARP studies for the
White House Office of Consumer Affairs, a rule of thumb), so 15 that are named speak for about 400. How large a
market really is, people may know better.

Time criticality goes by the nearest day on which a customer who needs it decides, in the rubric's words: 13 is
"within weeks", 8 "this month", 5 "within two months", 3 "this quarter".
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from bot.domain.asks import Aim, Importance
from bot.domain.money import Money
from bot.domain.wsjf import SCALE, Factor, Figures

Steps = Sequence[tuple[int, int]]

#: From so many companies waiting: this value.
WAITING: Steps = ((1, 1), (2, 2), (3, 3), (5, 5), (10, 8), (20, 13), (50, 20))
#: From such a share of the customers we know, in percent: this value.
REACH: Steps = ((2, 5), (5, 8), (10, 13), (25, 20))
REACH_FROM = 3  #: companies waiting: two are no segment
KNOWN_FROM = 50  #: customers: of fewer, three would soon be everybody; and perhaps we only know who asked
MONEY_FROM = 5  #: percent of all revenue, or of all open deals, that makes it one step more
COMMON_FROM = 10  #: percent of those who pay: what fewer pay in is no measure, one customer would be half of it

#: Until so many days before they decide: this time criticality.
CLOSING: Steps = ((14, 13), (30, 8), (60, 5), (92, 3))
LATER = 2


@dataclass(frozen=True, kw_only=True)
class Sum:
    """What several bring together, in one currency."""

    money: Money
    count: int  #: customers who pay in it, or deals


@dataclass(frozen=True, kw_only=True)
class Known:
    """All customers we know, prospects too, and what they bring; as counted last."""

    customers: int
    revenue: tuple[Sum, ...] = ()  #: a year
    deals: tuple[Sum, ...] = ()  #: open ones


# ---- value --------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Hanging:
    """The money that makes a value one step more."""

    money: Money
    of: Aim  #: a part of what all pay (protect), or of all open deals (grow)
    percent: float


@dataclass(frozen=True, kw_only=True)
class SuggestedValue:
    figure: int
    waiting: int  #: companies
    percent: float | None  #: that is, of the customers we know; None where reach doesn't count
    known: int | None  #: so many customers
    by_reach: bool  #: reach says more than the number of companies
    more: bool = False  #: one step of it is for money
    hanging: Hanging | None = None  #: that money, for who may see amounts


def value(waiting: int, known: Known | None, hanging: Hanging | None = None) -> SuggestedValue | None:
    """None while nobody is named. Until enough customers were counted, reach is left out."""
    if not waiting:
        return None
    by_number = _reached(WAITING, waiting)
    customers = _whole(waiting, known)
    percent = _percent(waiting, customers) if customers else None
    by_reach = _reached(REACH, percent) if percent is not None else 0
    figure = max(by_number, by_reach)
    lifting = hanging if figure != SCALE[-1] else None
    return SuggestedValue(
        figure=_one_more(figure) if lifting else figure,
        waiting=waiting,
        percent=percent,
        known=customers,
        by_reach=by_reach > by_number,
        more=lifting is not None,
        hanging=lifting,
    )


def _whole(waiting: int, known: Known | None) -> int | None:
    """The customers of whom those who wait are a share; None where the share says nothing."""
    if known is None or known.customers < KNOWN_FROM or waiting < REACH_FROM:
        return None
    return max(known.customers, waiting)  # what was counted may be an hour old


def hanging(protect: Iterable[Money], grow: Iterable[Money], known: Known) -> Hanging | None:
    """The largest part of all revenue, or of all open deals, in one currency; None when none is large enough."""
    found = [*_large(protect, known.revenue, Aim.PROTECT), *_large(grow, known.deals, Aim.GROW)]
    return max(found, key=lambda one: one.percent, default=None)


def _large(ours: Iterable[Money], all_of_it: Sequence[Sum], of: Aim) -> Iterator[Hanging]:
    total = sum(one.count for one in all_of_it)
    wholes = {one.money.currency: one.money.minor for one in all_of_it if one.count * 100 >= COMMON_FROM * total}
    for money in ours:
        percent = _percent(money.minor, wholes.get(money.currency, 0))
        if percent >= MONEY_FROM:
            yield Hanging(money=money, of=of, percent=percent)


def _percent(part: int, whole: int) -> float:
    """To a tenth, and never rounded up to a step it hasn't reached."""
    return min(1000, part * 1000 // whole) / 10 if whole else 0.0


def _reached(steps: Steps, amount: float) -> int:
    return max((figure for least, figure in steps if amount >= least), default=0)


def _one_more(figure: int) -> int:
    return min(step for step in SCALE if step > figure)


# ---- time criticality ---------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Closing:
    """A customer who waits, and the day on which its next deal is decided."""

    customer: str
    closes: date
    importance: Importance | None


@dataclass(frozen=True, kw_only=True)
class SuggestedTime:
    figure: int
    closing: Closing
    days: int  #: until then


def time_criticality(closings: Iterable[Closing], today: date) -> SuggestedTime | None:
    """By the customer that presses most. None when no deal with a date ahead hangs on it."""
    pressing = [found for closing in closings if (found := _pressing(closing, today))]
    return min(pressing, key=_most_pressing, default=None)


def _pressing(closing: Closing, today: date) -> SuggestedTime | None:
    """In full for who won't buy without it, one step less for who is only held back, or of whom nobody has said."""
    days = (closing.closes - today).days
    if days < 0 or closing.importance is Importance.NICE:
        return None
    full = next((figure for until, figure in CLOSING if days <= until), LATER)
    figure = full if closing.importance is Importance.MUST else _one_less(full)
    return SuggestedTime(figure=figure, closing=closing, days=days)


def _most_pressing(one: SuggestedTime) -> tuple[int, int, int, str]:
    return -one.figure, one.days, -(one.closing.importance or 0), one.closing.customer


def _one_less(figure: int) -> int:
    return max(step for step in SCALE if step < figure)


# ---- both ---------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Suggestions:
    """What the figures could be now, each with its reason."""

    FACTORS: ClassVar = (Factor.VALUE, Factor.TIME_CRITICALITY)

    value: SuggestedValue | None = None
    time_criticality: SuggestedTime | None = None

    def of(self, factor: Factor) -> SuggestedValue | SuggestedTime | None:
        return {Factor.VALUE: self.value, Factor.TIME_CRITICALITY: self.time_criticality}.get(factor)

    def taken(self, figures: Figures, factor: Factor, figure: int) -> dict[Factor, int]:
        """These figures with the suggested one; as they were when it is no longer what is suggested."""
        now = self.of(factor)
        return {**figures, factor: figure} if now and now.figure == figure else dict(figures)
