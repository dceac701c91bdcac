"""A request: one business problem on the board, and the customers behind it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, model_validator

from bot.domain import wsjf
from bot.domain.errors import Refused
from bot.domain.ids import AccountId, ChannelId, MessageTs, RequestNumber, Slug, UserId
from bot.domain.money import Money
from bot.domain.people import Member
from bot.domain.text import clean, is_blank, one_line
from bot.domain.wsjf import SCALE, Factor, Score

TITLE_LIMIT = 120
PROBLEM_LIMIT = 3000
CUSTOMER_LIMIT = 71  #: with the mark of a new name, as much as an option of a Slack menu holds
CUSTOMERS_AT_ONCE = 25


class Status(StrEnum):
    BACKLOG = "backlog"
    PLANNED = "planned"
    IN_PROGRESS = "in_progress"
    TESTING = "testing"
    RELEASED = "released"
    DECLINED = "declined"

    @property
    def is_open(self) -> bool:
        return self not in (Status.RELEASED, Status.DECLINED)


class Source(StrEnum):
    """Where the need was heard."""

    SALES_CUSTOMER = "sales_customer"
    SALES_MARKET = "sales_market"
    SUPPORT = "support"
    MARKET_ANALYSIS = "market_analysis"


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """One figure of a request. Anyone proposes; whoever owns the factor confirms."""

    proposed: int | None = None
    proposed_by: UserId | None = None
    confirmed: int | None = None
    confirmed_by: UserId | None = None

    @property
    def figure(self) -> int | None:
        return self.confirmed if self.confirmed is not None else self.proposed

    @property
    def is_guess(self) -> bool:
        return self.confirmed is None and self.proposed is not None

    def with_figure(self, figure: int, by: UserId, *, decides: bool) -> "Estimate":
        """A figure said again changes nothing, unless it turns a guess into a decision."""
        if decides:
            return self if self.confirmed == figure else replace(self, confirmed=figure, confirmed_by=by)
        return self if self.figure == figure else replace(self, proposed=figure, proposed_by=by)


@dataclass(frozen=True, kw_only=True)
class Origin:
    """The Slack message a request came from."""

    channel: ChannelId
    ts: MessageTs
    permalink: str | None = None


@dataclass(frozen=True, kw_only=True)
class Request:
    number: RequestNumber
    slug: Slug
    title: str
    problem: str
    source: Source
    status: Status
    by: UserId | None
    at: datetime
    estimates: Mapping[Factor, Estimate]
    companies: int  #: accounts that wait for it
    version: int  #: grows with every change
    origin: Origin | None = None
    owner: UserId | None = None  #: the product manager who answers for it
    direction: str | None = None  #: the product direction it belongs to
    tracker: str | None = None  #: its address in Jira, Linear, GitHub or elsewhere
    target: date | None = None  #: when it should be released
    reason: str | None = None  #: why it was declined
    same_as: RequestNumber | None = None  #: the request it was joined to, because it asks for the same
    survivor: RequestNumber | None = None  #: the one at the end of these links; None: it stands for itself
    wanted_by: UserId | None = None  #: who wants to start it and waits for its estimate
    answered_at: datetime | None = None  #: when product first answered: an owner, a question, a move or a no
    released_at: datetime | None = None
    adoption_target: int | None = None  #: percent of active accounts that should come to use it
    adoption_event: str | None = None  #: the usage event that shows it is used

    @property
    def figures(self) -> dict[Factor, int]:
        return {f: e.figure for f, e in self.estimates.items() if e.figure is not None}

    @property
    def score(self) -> Score | None:
        return wsjf.score(self.figures)

    @property
    def rank_score(self) -> Score | None:
        """What the board orders it by; None for what has no place there."""
        return self.score if self.status.is_open else None

    @property
    def missing(self) -> tuple[Factor, ...]:
        return wsjf.missing(self.figures)

    @property
    def subject(self) -> str:
        """What the change log and the message register call it."""
        return f"request:{self.number}"

    @property
    def name(self) -> str:
        return f"R-{self.number}"

    def weighed(self, figures: Mapping[Factor, int], who: Member, *, confirming: bool) -> Self:
        """With these figures: confirmed where `confirming` and theirs to decide, else proposed."""
        estimates = {f: self.estimates.get(f, Estimate()) for f in (*self.estimates, *figures)}
        for factor, figure in figures.items():
            decides = confirming and who.owns(factor)
            estimates[factor] = estimates[factor].with_figure(figure, who.person.id, decides=decides)
        return replace(self, estimates=estimates)

    def check_open(self, so: str = "its estimate is closed") -> None:
        """Raises Refused when nothing about it may be estimated or asked for any more; `so` says what can't be."""
        if self.survivor:
            raise Refused(f"{self.name} is the same as R-{self.survivor}, so {so}. Go on with that one.")
        if not self.status.is_open:
            raise Refused(
                f"This request is already {self.status}, so {so}. If the need is new, file it as its own request."
            )


# ---- what people write --------------------------------------------------------------------------


def _one_line(text: object) -> object:
    return one_line(clean(text)) if isinstance(text, str) else text


def _clean(text: object) -> object:
    return clean(text) if isinstance(text, str) else text


def _title(title: str) -> str:
    if is_blank(title):
        raise ValueError("Give it a title: a few words people will search for.")
    if len(title) > TITLE_LIMIT:
        raise ValueError(
            f"That's {len(title)} characters; a title has room for {TITLE_LIMIT}. Put the rest in the problem."
        )
    return title


def _problem(problem: str) -> str:
    if is_blank(problem):
        raise ValueError("Say what the customer can't do today, and what it costs them.")
    if len(problem) > PROBLEM_LIMIT:
        raise ValueError(f"That's {len(problem)} characters; keep it under {PROBLEM_LIMIT}.")
    return problem


def _customer_name(name: str) -> str:
    if is_blank(name) or len(name) > CUSTOMER_LIMIT:
        raise ValueError(f"A customer's name has 1 to {CUSTOMER_LIMIT} characters.")
    return name


def _step(figure: int) -> int:
    if figure not in SCALE:
        raise ValueError(f"Choose {', '.join(map(str, SCALE[:-1]))} or {SCALE[-1]}.")
    return figure


Title = Annotated[str, BeforeValidator(_one_line), AfterValidator(_title)]
Problem = Annotated[str, BeforeValidator(_clean), AfterValidator(_problem)]
CustomerName = Annotated[str, BeforeValidator(_one_line), AfterValidator(_customer_name)]
Step = Annotated[int, AfterValidator(_step)]


class Customer(BaseModel):
    """A customer as chosen in a form: one we know, or a new name."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: AccountId | None = None
    name: CustomerName | None = None

    @model_validator(mode="after")
    def _known_or_named(self) -> Self:
        if (self.id is None) == (self.name is None):
            raise ValueError("Choose a customer from the list, or type a new name.")
        return self


class Join(BaseModel):
    """Customers who wait for a request, as written in a form."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    customers: tuple[Customer, ...] = ()
    deal_size: Money | None = None
    close_date: date | None = None

    @model_validator(mode="after")
    def _deal_has_one_customer(self) -> Self:
        if (self.deal_size or self.close_date) and len(self.customers) > 1:
            raise Refused(
                "A deal belongs to one customer. "
                "Leave size and date empty: the next step asks for each customer's.",
                field="customers",
            )
        if (self.deal_size or self.close_date) and not self.customers:
            raise Refused("Whose deal is it? Choose the customer, or leave size and date empty.", field="customers")
        if len(self.customers) > CUSTOMERS_AT_ONCE:
            raise Refused(f"Choose at most {CUSTOMERS_AT_ONCE} customers at once.", field="customers")
        return self


class Sizing(BaseModel):
    """The four figures as written in a form; an empty one says nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    value: Step | None = None
    time_criticality: Step | None = None
    risk_reduction: Step | None = None
    job_size: Step | None = None

    @property
    def figures(self) -> dict[Factor, int]:
        return {f: step for f in Factor if (step := getattr(self, f)) is not None}


class Draft(Join, Sizing):
    """A request as written in a form. Field names are the form's; pydantic's errors map onto it."""

    title: Title
    problem: Problem
    source: Source = Source.SALES_CUSTOMER
    origin: Origin | None = None
