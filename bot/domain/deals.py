"""Deals: what a customer would buy, until it is won or lost."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from bot.domain.budgets import added
from bot.domain.ids import AccountId, RequestNumber, UserId
from bot.domain.money import Money

A_DAY = 3  #: deals one person is asked about on one working day; the others wait for the next
WAITS_SHOWN = 3
MAY_CHANGE = timedelta(days=1)  #: how long what somebody said of a deal can be taken back
RELEASED_SINCE = timedelta(days=365)  #: what was released longer ago is no reason any more


class DealState(StrEnum):
    OPEN = "open"
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True, kw_only=True)
class Deal:
    id: int = 0  #: 0 until it is stored
    account: AccountId
    size: Money | None  #: None: nobody has said
    closes: date | None  #: when they decide
    state: DealState = DealState.OPEN
    by: UserId | None  #: who brought it
    at: datetime
    asked_for: date | None = None  #: the close date about which its account executive was asked how it ended
    ended_at: datetime | None = None
    ended_by: UserId | None = None
    because: RequestNumber | None = None  #: the request that decided it, in the words of who knows
    external: str | None = None  #: what the CRM calls it
    stage: str | None = None  #: as the CRM says it
    opened: date | None = None

    @property
    def is_open(self) -> bool:
        return self.state is DealState.OPEN

    @property
    def subject(self) -> str:
        """What the message register calls it."""
        return f"deal:{self.id}"

    @property
    def field(self) -> str:
        """How the change log calls its end."""
        return f"deal_{self.state}"

    def asked_on(self, closes: date) -> str:
        """Once-only key of the question how it ended, asked about that close date."""
        return f"{self.subject}:{closes.isoformat()}"

    def is_due(self, today: date) -> bool:
        """Whether its date has passed and nobody was asked about that date."""
        return self.is_open and self.closes is not None and self.closes < today and self.asked_for != self.closes

    def ended(self, state: DealState, because: RequestNumber | None, by: UserId, at: datetime) -> "Deal":
        return replace(self, state=state, because=because, ended_by=by, ended_at=at)

    def reopened(self) -> "Deal":
        return replace(self, state=DealState.OPEN, because=None, ended_by=None, ended_at=None)

    def may_change(self, now: datetime) -> bool:
        """Whether what was said of its end can still be taken back."""
        return self.ended_at is not None and now < self.ended_at + MAY_CHANGE


def meant(deals: Sequence[Deal], size: Money | None, by: UserId | None) -> Deal | None:
    """Which of a customer's open deals somebody speaks of; None: one we don't know yet.

    A customer has one deal until somebody says there are two: another size corrects it, so nothing counts twice.
    Of several, it is the one of that size, else the newest this person brought.
    """
    if len(deals) <= 1:
        return deals[0] if deals else None
    same = [deal for deal in deals if size is not None and deal.size == size]
    own = [deal for deal in deals if deal.by == by]
    return next(iter(same or own[::-1]), None)


def expected(pays: Money | None, size: Money | None) -> Money | None:
    """What a customer pays a year once it has bought; None when that can't be told. Never converted."""
    if pays is None or size is None:
        return pays or size
    total = added((pays, size))
    return total[0] if len(total) == 1 else None


@dataclass(frozen=True, kw_only=True)
class Ended:
    """Deals that ended one way because of one request, each once."""

    count: int
    sums: tuple[Money, ...]  #: by currency; none for who may not see them
    unsized: int  #: of these, deals nobody gave a size
    customers: tuple[str, ...]  #: names, the first to end before


@dataclass(frozen=True, kw_only=True)
class DealsSaid:
    """What a request has won and lost us, in the words of who knows."""

    lost: Ended | None
    won: Ended | None


def told(deals: Iterable[tuple[Deal, str]], state: DealState) -> Ended | None:
    """Those of the deals that ended this way, each with its customer's name; None where there is none."""
    these = [(deal, name) for deal, name in deals if deal.state is state]
    if not these:
        return None
    sizes = [deal.size for deal, _ in these if deal.size]
    return Ended(
        count=len(these),
        sums=added(sizes),
        unsized=len(these) - len(sizes),
        customers=tuple(dict.fromkeys(name for _, name in these)),
    )


# ---- what people write --------------------------------------------------------------------------


class Ending(BaseModel):
    """How a deal ended, as said in a form."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    because: RequestNumber | None  #: None: none of what they asked for
    pays: Money | None = None  #: a year, from now on; None: nothing was said of it


class Moved(BaseModel):
    """The date an open deal closes on now, as said in a form."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    closes: date


# ---- what is seen and said ----------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Wished:
    """A request a customer asked for: open, or released not long ago."""

    number: RequestNumber
    title: str


@dataclass(frozen=True, kw_only=True)
class DealSeen:
    """A deal and how it stands, for one reader."""

    deal: Deal  #: without its size for who may not see it
    customer: str
    because: str | None = None  #: title of the request that decided it
    says: str | None = None  #: name of who said how it ended
    may_change: bool = False


@dataclass(frozen=True, kw_only=True)
class DealForm:
    """What the form about a deal's end knows before a person writes."""

    seen: DealSeen
    wished: tuple[Wished, ...]  #: the most important first
    sees_amounts: bool
    pays: Money | None  #: what the customer pays a year so far
    expected: Money | None  #: with the deal


@dataclass(frozen=True, kw_only=True)
class DealDue:
    """A deal's close date has passed; its reader can say how it ended. Once somebody has, what they said."""

    seen: DealSeen
    closes: date  #: the date it is asked about
    subject: str
    waits: tuple[str, ...] = ()  #: titles of what the customer waits for, the most important first

    @property
    def is_moved(self) -> bool:
        """Whether it closes on another date now."""
        return self.seen.deal.is_open and self.seen.deal.closes != self.closes
