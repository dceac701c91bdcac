"""The weekly digest: what moved, what is stuck, what ships when, and the decisions that wait."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from functools import cached_property
from itertools import chain, count, islice, repeat
from typing import Annotated, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from bot.domain.board import Row
from bot.domain.budgets import Purse, added, shares
from bot.domain.changes import Change, Logged, net
from bot.domain.ids import ChannelId, RequestNumber, UserId
from bot.domain.money import Money
from bot.domain.policy import WorkingHours
from bot.domain.reasons import Cause, Path, causes
from bot.domain.requests import Request, Status
from bot.domain.roles import Doing
from bot.domain.subscriptions import Subscription
from bot.domain.text import clean, is_blank, one_line

S = TypeVar("S")
T = TypeVar("T")

CORRECTIONS = timedelta(hours=24)  #: what a digest spoke of is corrected in it for so long
SENTENCE_LIMIT = 300


@dataclass(frozen=True, kw_only=True)
class Part(Generic[T]):
    """As much of a list as somebody reads, and how much more there is."""

    shown: tuple[T, ...] = ()
    more: int = 0

    @property
    def count(self) -> int:
        return len(self.shown) + self.more

    def __bool__(self) -> bool:
        return bool(self.count)

    def drawn(self, each: Callable[[T], S]) -> "Part[S]":
        """The same, with each of those shown made into something else."""
        return Part(shown=tuple(map(each, self.shown)), more=self.more)


# ---- what it is made of -------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Shipped:
    row: Row
    thanks: tuple[str, ...]  #: names: who answers for it, who asked for it


@dataclass(frozen=True, kw_only=True)
class Started:
    row: Row
    by: str | None  #: name of who moved it


@dataclass(frozen=True, kw_only=True)
class Redated:
    """It has another date, or for the first time one."""

    row: Row
    was: date | None
    why: str | None
    heard: tuple[str, ...] = ()  #: customers who were told the old date; never in an externally shared channel


class Because(StrEnum):
    """Why something is stuck, or waits for a decision."""

    LATE = "late"  #: its date has passed
    BLOCKED = "blocked"
    STILL = "still"  #: in work, and nothing about it has moved for a while
    WANTED = "wanted"  #: somebody wants to start it and it has no estimate
    UNPLANNED = "unplanned"  #: at the top of the board, and nobody has planned it
    UNANSWERED = "unanswered"  #: nobody of product has answered within five working days


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A request that is stuck, or waits for a decision."""

    row: Row
    because: Because
    since: date
    whose: tuple[str, ...] = ()  #: names of who can get it going
    words: str | None = None  #: of the oldest open blocker


@dataclass(frozen=True, kw_only=True)
class Unsized:
    row: Row
    whose: tuple[str, ...]  #: names of who is asked for it
    needs: str | None = None  #: what they said they need first


@dataclass(frozen=True, kw_only=True)
class Used:
    """An outcome: how much a released request is used."""

    row: Row
    percent: float
    target: int | None


@dataclass(frozen=True, kw_only=True)
class Placed:
    """One of the first five, and how it got there."""

    row: Row
    was: int | None  #: its place in the last digest; None: it wasn't ranked then
    is_first: bool  #: there was no digest before, so nobody knows
    causes: tuple[Cause, ...] = ()  #: what moved it; they add up


@dataclass(frozen=True, kw_only=True)
class AtStake:
    """The money behind what is stuck or undecided: two things that never add up.

    Of every customer as much as these requests are of all it waits for. Sums by currency.
    """

    at_risk: tuple[Money, ...]  #: recurring revenue of customers we have
    deals: tuple[Money, ...]  #: open deals
    accounts: int


@dataclass(frozen=True, kw_only=True)
class Week:
    """One week in a row of weeks."""

    name: str  #: 2026-W48
    filed: int
    shipped: int


# ---- the north star -----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Star:
    """The one metric everybody steers by."""

    metric: str  #: its name in the metrics: "activation"
    name: str  #: "Activation"
    definition: str  #: "New users active within 30 days of sign-up"
    unit: str  #: "%", "€", or nothing
    target: float | None


@dataclass(frozen=True, kw_only=True)
class NorthStar:
    """Where the north star stands."""

    star: Star
    figures: tuple[tuple[str, float], ...]  #: (period, value), oldest first, the newest twelve

    @property
    def value(self) -> float | None:
        return self.figures[-1][1] if self.figures else None

    @property
    def before(self) -> float | None:
        return self.figures[-2][1] if len(self.figures) > 1 else None


# ---- the whole ----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Digest:
    """What one week came to for one channel."""

    subscription: Subscription
    period: str  #: 2026-W48
    since: date
    until: date
    star: NorthStar | None = None
    sentence: str | None = None  #: the facilitator's own
    sentence_by: str | None = None  #: a name
    filed: int = 0  #: requests that came
    came: tuple[Row, ...] = ()  #: the first of them, by companies that wait
    shipped: Part[Shipped] = field(default_factory=Part)
    started: Part[Started] = field(default_factory=Part)
    redated: Part[Redated] = field(default_factory=Part)
    stuck: Part[Waiting] = field(default_factory=Part)
    unsized: Part[Unsized] = field(default_factory=Part)
    outcomes: Part[Used] = field(default_factory=Part)
    top: tuple[Placed, ...] = ()
    decisions: Part[Waiting] = field(default_factory=Part)
    at_stake: AtStake | None = None  #: None in a channel that is, or may be, shared with other companies
    weeks: tuple[Week, ...] = ()  #: oldest first, this one last
    told: frozenset[RequestNumber] = frozenset()  #: whose moves it tells
    is_tied: bool = False  #: further requests stand level with the fifth
    places: Mapping[str, int] = field(default_factory=dict)  #: of the first of the board, for the next digest
    whose: str | None = None  #: name of who answers for all it speaks of, where it speaks of one person's requests

    @property
    def is_quiet(self) -> bool:
        """Nothing shipped, nothing began, no date changed."""
        return not (self.shipped or self.started or self.redated)

    @property
    def week(self) -> int:
        return int(self.period[-2:])

    @property
    def subject(self) -> str:
        """What the message register calls it."""
        return self.subscription.key(self.period)


class State(StrEnum):
    COMING = "coming"  #: its facilitator has seen it, or said something for it
    POSTED = "posted"
    SKIPPED = "skipped"
    MISSED = "missed"  #: Tandem was down for too long; it was reported instead


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What the database keeps of one digest."""

    subscription: str
    period: str
    channel: ChannelId
    state: State
    since: datetime
    until: datetime | None = None  #: None while it is coming
    by: UserId | None = None  #: who posted it early, or skipped it
    sentence: str | None = None
    sentence_by: UserId | None = None
    top: Mapping[str, int] = field(default_factory=dict)  #: places then, by request number
    told: Sequence[int] = ()  #: requests whose moves it told
    filed: int = 0
    shipped: int = 0
    at: datetime

    @property
    def week(self) -> int:
        return int(self.period[-2:])


# ---- which lines of the log it tells ------------------------------------------------------------

_IN_WORK = frozenset({Status.IN_PROGRESS, Status.TESTING})


@dataclass(frozen=True, kw_only=True)
class Window:
    """From one moment up to another. What a digest told of is followed for CORRECTIONS longer, in that digest."""

    since: datetime
    until: datetime
    told_before: frozenset[RequestNumber] = frozenset()  #: by the digest that ended at `since`
    told: frozenset[RequestNumber] = frozenset()  #: by this one, posted already

    @property
    def end(self) -> datetime:
        return self.until + CORRECTIONS if self.told else self.until

    def holds(self, number: RequestNumber, at: datetime) -> bool:
        begin = self.since + CORRECTIONS if number in self.told_before else self.since
        end = self.end if number in self.told else self.until
        return begin <= at < end


@dataclass(frozen=True, kw_only=True)
class Story:
    """What became of one request meanwhile."""

    number: RequestNumber
    lines: tuple[Logged, ...]  #: oldest first
    changes: Mapping[str, Change]  #: what they come to, by field

    @property
    def is_new(self) -> bool:
        return any(line.field == "status" and line.old is None for line in self.lines)

    @property
    def is_shipped(self) -> bool:
        return self._status is Status.RELEASED

    @property
    def is_started(self) -> bool:
        return self._status in _IN_WORK and self.changes["status"].old not in _IN_WORK

    @cached_property
    def redated(self) -> Change | None:
        """Its other date. A first date of what went into work is told there, and so is one that came nearer."""
        change = self.changes.get("target")
        if change is None or self.is_shipped or self._status is Status.DECLINED:
            return None
        slips = change.old is not None and (change.new is None or change.new > change.old)
        return change if slips or not self.is_started else None

    @property
    def adoption(self) -> float | None:
        change = self.changes.get("adoption")
        return change.new if change else None

    def last(self, field: str) -> Logged | None:
        """The line that said what this field is now."""
        return next((line for line in reversed(self.lines) if line.field == field), None)

    def shown(self, row: Row) -> Row:
        """The request as these lines left it: it may have moved on."""
        target = self.changes.get("target")
        return replace(
            row,
            status=self._status or row.status,
            target=day_in(target.new) if target else row.target,
        )

    @cached_property
    def _status(self) -> Status | None:
        """Where it came to, if it moved."""
        change = self.changes.get("status")
        return Status(change.new) if change else None


def line_of(request: Request) -> Row:
    """Its line on the board, without its place there."""
    return Row(
        number=request.number,
        slug=request.slug,
        title=request.title,
        score=request.score,
        companies=request.companies,
        status=request.status,
        place=None,
        target=request.target,
        released_at=request.released_at,
    )


def day_in(value: str | None) -> date | None:
    """A date as the change log keeps it."""
    return date.fromisoformat(value) if value else None


def stories(lines: Iterable[Logged], window: Window) -> list[Story]:
    """What these lines come to for each request. Oldest line first."""
    histories: dict[RequestNumber, list[Logged]] = {}
    for line in lines:
        kind, _, named = line.subject.partition(":")
        number = RequestNumber(int(named) if kind == "request" else 0)
        if number and window.holds(number, line.at):
            histories.setdefault(number, []).append(line)
    return [Story(number=number, lines=tuple(own), changes=net(own)) for number, own in histories.items()]


def part_of(items: Sequence[T], limit: int, keeps: Callable[[T], bool] = lambda _: False) -> Part[T]:
    """The first few, and whatever it `keeps`; the rest is counted."""
    kept = [keeps(item) for item in items]
    room = chain(repeat(True, limit - sum(kept)), repeat(False))
    shown = tuple(item for item, stays in zip(items, kept, strict=True) if stays or next(room))
    return Part(shown=shown, more=len(items) - len(shown))


# ---- what is stuck, or waits for a decision -----------------------------------------------------

_PRESSING = tuple(Because)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One reason why a request is stuck, or waits."""

    number: RequestNumber
    because: Because
    since: date


def most_pressing(cases: Iterable[Case]) -> list[Case]:
    """Each request once, with its strongest reason; the strongest first, then what has waited longest."""
    ordered = sorted(cases, key=lambda case: (_PRESSING.index(case.because), case.since, case.number))
    first: dict[RequestNumber, Case] = {}
    for case in ordered:
        first.setdefault(case.number, case)
    return list(first.values())


def waits_longer_than(days: int, now: datetime, hours: WorkingHours, zone: tzinfo) -> datetime:
    """The moment before which a wait must have begun to be longer than so many working days."""
    today = now.astimezone(zone).date()
    working = (day for ago in count() if (day := today - timedelta(days=ago)).weekday() in hours.days)
    first = next(islice(working, days + 1, None))
    midnight = datetime.combine(first, time(), zone)
    return midnight + timedelta(minutes=hours.closes)


def at_stake(purses: Collection[Purse], numbers: Collection[RequestNumber]) -> AtStake | None:
    """The shares of these requests in what their customers bring; None when there is no money behind them."""
    found = [share for purse in purses for number, share in shares(purse).items() if number in numbers]
    protect, grow = [one.protect for one in found if one.protect], [money for one in found for money in one.grow]
    if not protect and not grow:
        return None
    return AtStake(
        at_risk=added(protect), deals=added(grow), accounts=sum(1 for p in purses if p.revenue or p.deals)
    )


# ---- places -------------------------------------------------------------------------------------


def placed(row: Row, told: int | None, path: Path | None) -> Placed:
    """How a request came to its place since the last digest, which `told` it; without one there is no `path`."""
    if path is None:
        return Placed(row=row, was=None, is_first=True)
    was = path.was if told is None else told
    found = causes(path.parts) if was == path.was else ()
    by = was - row.place.rank if was is not None and row.place is not None else None
    adds_up = by is None or by == sum(cause.climbs for cause in found)
    return Placed(row=row, was=was, is_first=False, causes=found if by != 0 and adds_up else ())


# ---- what is said besides -----------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Headline:
    """The digest's message in the channel."""

    digest: Digest
    version: int = 1


@dataclass(frozen=True, kw_only=True)
class Details:
    """What stands in its thread."""

    digest: Digest
    version: int = 1


@dataclass(frozen=True, kw_only=True)
class Preview:
    """The digest as it would be said now, for whoever looks after it."""

    digest: Digest
    due_at: datetime
    state: State
    by: str | None = None  #: name of who skipped or posted it
    link: str | None = None  #: where it was posted
    may: frozenset[Doing] = frozenset()  #: what whoever asked for it may do


@dataclass(frozen=True, kw_only=True)
class Missed:
    """A digest that came too late to be said."""

    subscription: Subscription
    period: str
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class Called:
    """What became of a week's digest when somebody called for it, or called it off."""

    channel: ChannelId
    period: str
    state: State
    is_new: bool  #: False: it had been decided before
    by: str | None = None  #: name of who did
    link: str | None = None  #: where it was posted; None while it is on its way

    @property
    def week(self) -> int:
        return int(self.period[-2:])


# ---- what people write --------------------------------------------------------------------------


def _line(text: str | None) -> str:
    line = one_line(clean(text or ""))
    return "" if is_blank(line) else line


def _short_enough(sentence: str) -> str:
    if len(sentence) > SENTENCE_LIMIT:
        raise ValueError(f"That's {len(sentence)} characters; keep it under {SENTENCE_LIMIT}, so that it is read.")
    return sentence


class Foreword(BaseModel):
    """What the facilitator says at the top of a digest. Empty takes it away."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    sentence: Annotated[str, BeforeValidator(_line), AfterValidator(_short_enough)]
