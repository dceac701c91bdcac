"""What services tell and the ui draws."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from enum import StrEnum

from bot.domain.blockers import Nudge
from bot.domain.board import Choice, Row, Standing
from bot.domain.budgets import Brings
from bot.domain.deals import DealDue
from bot.domain.digest import Details, Headline, Missed, Preview
from bot.domain.escalations import Case, Decided, SideAsked, Taken
from bot.domain.ids import AccountId, ChannelId, RequestNumber, UserId
from bot.domain.news import Burning, News, RankMoved, Rollup
from bot.domain.outcomes import Adoption
from bot.domain.promises import Ready
from bot.domain.requests import Request, Source
from bot.domain.reviews import Minutes, ReviewSaid
from bot.domain.roles import Role
from bot.domain.rounds import Round
from bot.domain.suggestions import Suggestions
from bot.domain.talks import Answered, Asked
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
    accounts: tuple[AccountId, ...] = ()  #: customers chosen


@dataclass(frozen=True, kw_only=True)
class Joined:
    """Customers added behind a request."""

    request: Request
    added: tuple[str, ...]  #: their names
    waited_already: tuple[str, ...] = ()
    accounts: tuple[AccountId, ...] = ()  #: all of them


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
    suggestions: Suggestions = field(default_factory=Suggestions)


@dataclass(frozen=True, kw_only=True)
class Card:
    """A request as its card shows it."""

    request: Request
    standing: Standing
    asked_by: str | None
    role: Role | None  #: of who asked
    names: Mapping[UserId, str]  #: of who proposed a figure
    adoption: float | None = None  #: percent of active accounts that use it, once it is released and measured
    blocked: tuple[str, ...] = ()  #: what is in its way, the oldest first
    strategy: Taken | None = None  #: when it was last taken to the strategy level


@dataclass(frozen=True, kw_only=True)
class OnBoard:
    """A Slack message whose wish is on the board already."""

    request: Request
    standing: Standing
    is_ours: bool  #: we said it ourselves: the card, or news about it


@dataclass(frozen=True, kw_only=True)
class Offer:
    """To put a message on the board, or to join what it is there as."""

    known: OnBoard | None


@dataclass(frozen=True, kw_only=True)
class Undeliverable:
    """Something that could not be said."""

    line: str
    error: str
    unsure: bool = False  #: it may have been said, and can't be looked up


@dataclass(frozen=True, kw_only=True)
class ChannelTest:
    """A channel was chosen, and this shows that it works."""

    purpose: str  #: a field of Channels
    by: str | None  #: name of who chose it


#: What a notice says.
Saying = (
    Card
    | Undeliverable
    | ChannelTest
    | News
    | RankMoved
    | Burning
    | Rollup
    | Ready
    | Asked
    | Answered
    | Round
    | Adoption
    | Headline
    | Details
    | Preview
    | Missed
    | Nudge
    | ReviewSaid
    | Minutes
    | Case
    | SideAsked
    | Decided
    | DealDue
)


@dataclass(frozen=True, kw_only=True)
class CustomerView:
    """What one customer waits for, and what it got."""

    name: str
    waits: int  #: open requests
    rows: tuple[Row, ...]  #: the open ones first, in board order; then what was released, then what was declined
    brings: Brings | None = None


@dataclass(frozen=True, kw_only=True)
class BoardView:
    words: str
    rows: tuple[Row, ...]
    ranked: int
    unranked: int
    card: Card | None = None  #: when the words name exactly one request
    customers: tuple[CustomerView, ...] = ()  #: those the words name
    zone: tzinfo = UTC


@dataclass(frozen=True, kw_only=True)
class HomeView:
    questions: tuple[Asked, ...] = ()  #: that wait for my answer
    to_sort: tuple[Request, ...] = ()
    new: int = 0  #: requests to sort, these among them
    to_estimate: tuple[Row, ...] = ()  #: whose figures I have the last word on
    mine: tuple[Row, ...] = ()  #: I asked for them
    owned: tuple[Row, ...] = ()  #: I answer for them
    board: tuple[Row, ...] = ()  #: a page of it
    more: bool = False  #: whether another page follows
    choice: Choice = field(default_factory=Choice)
    has_team: bool = False  #: whether my team's board is a part of the whole
    directions: tuple[str, ...] = ()
    was: Mapping[RequestNumber, int] = field(default_factory=dict)  #: places when I looked another day
    zone: tzinfo = UTC
