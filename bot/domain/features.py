"""What an account comes to by what its people did, and when that changes without anybody doing anything."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bot.domain.ids import AccountId
from bot.domain.usage import Signal


@dataclass(frozen=True, kw_only=True)
class Window:
    """Days counted back from today, which is 0; both ends belong to it."""

    newest: int
    oldest: int


LAST_WEEK = Window(newest=0, oldest=6)
BEFORE = Window(newest=7, oldest=13)  #: the week before it
LAST_FOUR_WEEKS = Window(newest=0, oldest=27)
WINDOWS = (LAST_WEEK, BEFORE, LAST_FOUR_WEEKS)


@dataclass(frozen=True, kw_only=True)
class Count:
    people: int = 0
    events: int = 0


@dataclass(frozen=True, kw_only=True)
class Sign:
    """A signal within four weeks."""

    people: int
    last: int  #: the day, as days since 1970


@dataclass(frozen=True, kw_only=True)
class Features:
    """An account on a day. People are counted once, by whatever ids they came; a signal is no use."""

    account: AccountId
    day: int  #: days since 1970, UTC
    week: Count = Count()
    before: Count = Count()
    four_weeks: Count = Count()
    new_people: int = 0  #: who used it within the week for the first time
    breadth: int = 0  #: different features used within four weeks
    signs: Mapping[Signal, Sign] = field(default_factory=dict)  #: only those there were


def crossing(days: Iterable[int]) -> list[int]:
    """The days whose events entered or left a window when each of these days began."""
    edges = {edge for window in WINDOWS for edge in (window.newest, window.oldest + 1)}
    return sorted({day - edge for day in days for edge in edges})
