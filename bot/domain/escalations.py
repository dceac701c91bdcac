"""What is taken to the strategy level: the case, both sides' words, and what was decided there."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from bot.domain.board import Place, Row
from bot.domain.ids import RequestNumber, UserId
from bot.domain.money import Money
from bot.domain.requests import Request, Status
from bot.domain.roles import Role
from bot.domain.text import clean, is_blank
from bot.domain.wsjf import Score

WORDS_LIMIT = 1000
COULD_WAIT = 3  #: candidates to wait for it that a case names
NOTHING = 0  #: chosen instead of a request: nothing has to wait


class Side(StrEnum):
    """Who speaks: those who hear customers, or those who build."""

    SALES = "sales"
    PRODUCT = "product"

    @property
    def other(self) -> "Side":
        return Side.PRODUCT if self is Side.SALES else Side.SALES


_SIDES = {
    Role.SALES: Side.SALES,
    Role.SUPPORT: Side.SALES,
    Role.MARKETING: Side.SALES,
    Role.PRODUCT: Side.PRODUCT,
    Role.TECH: Side.PRODUCT,
    Role.LEADERSHIP: Side.PRODUCT,
}


def side_of(roles: frozenset[Role]) -> Side | None:
    """The side people of these roles speak for; None for who holds none, or roles of both."""
    sides = {_SIDES[role] for role in roles}
    return sides.pop() if len(sides) == 1 else None


class Verdict(StrEnum):
    FIRST = "first"  #: it goes before what stands above it
    PLACE = "place"  #: it keeps its place on the board
    NOT_NOW = "not_now"  #: it waits, whatever its place


@dataclass(frozen=True, kw_only=True)
class Escalation:
    """A request taken to the strategy level."""

    id: int = 0  #: 0 until it is stored
    number: RequestNumber
    by: UserId
    at: datetime
    side: Side  #: whose words `words` are
    words: str
    other: UserId | None = None  #: who was asked for the other side's words
    other_words: str | None = None
    other_by: UserId | None = None
    other_at: datetime | None = None
    verdict: Verdict | None = None
    decided_by: UserId | None = None
    decided_at: datetime | None = None
    why: str | None = None
    displaced: RequestNumber | None = None  #: what waits for it, as decided
    price: Mapping[str, Any] | None = None  #: what the decision cost, as it stood then
    version: int = 1  #: grows with every change

    @property
    def is_open(self) -> bool:
        return self.decided_at is None

    @property
    def subject(self) -> str:
        """What the message register calls it."""
        return f"escalation:{self.id}"

    @property
    def people(self) -> tuple[UserId, ...]:
        """Those whose words, or whose silence, a case shows."""
        found = (self.by, self.other, self.other_by, self.decided_by)
        return tuple(dict.fromkeys(user for user in found if user))

    def decided(self, decision: "Decision", price: "Price", by: UserId, at: datetime) -> "Escalation":
        return replace(
            self,
            verdict=decision.verdict,
            why=decision.why,
            displaced=price.waits.number if price.waits else None,
            price=price.model_dump(mode="json"),
            decided_by=by,
            decided_at=at,
        )


# ---- what a decision costs ----------------------------------------------------------------------


class Closing(BaseModel):
    """When a customer decides about its open deal."""

    model_config = ConfigDict(frozen=True)
    on: date
    customer: str | None  #: its name; None for who may not see whose deal it is


class Weight(BaseModel):
    """What hangs on a request, at one moment."""

    model_config = ConfigDict(frozen=True)
    number: RequestNumber
    title: str
    status: Status
    place: Place | None
    score: Score | None
    companies: int
    target: date | None = None
    protect: tuple[Money, ...] = ()  #: of what its customers pay a year, a sum for each currency
    grow: tuple[Money, ...] = ()  #: of their open deals
    among: int | None = None  #: of so many customers the money was counted; None: of all
    closing: tuple[Closing, ...] = ()  #: the nearest of their deals

    def without_amounts(self) -> Self:
        """For who may not see amounts: dates stay, names don't."""
        nameless = tuple(one.model_copy(update={"customer": None}) for one in self.closing)
        return self.model_copy(update={"protect": (), "grow": (), "closing": nameless})

    def without_deals(self) -> Self:
        """For where anybody may read along."""
        return self.model_copy(update={"protect": (), "grow": (), "closing": ()})


class Price(BaseModel):
    """What hung on a request when it was decided, and on the one that waits for it since."""

    model_config = ConfigDict(frozen=True)
    what: Weight
    waits: Weight | None = None

    def without_amounts(self) -> Self:
        waits = self.waits.without_amounts() if self.waits else None
        return self.model_copy(update={"what": self.what.without_amounts(), "waits": waits})

    def without_deals(self) -> Self:
        waits = self.waits.without_deals() if self.waits else None
        return self.model_copy(update={"what": self.what.without_deals(), "waits": waits})


@dataclass(frozen=True, kw_only=True)
class Picture:
    """What it would mean to put a request first, as things stand."""

    what: Weight
    above: tuple[Row, ...]  #: the first of what stands above it on the board
    how_many_above: int
    could_wait: tuple[Weight, ...]  #: in work or planned, the lowest score first

    def without_amounts(self) -> "Picture":
        others = tuple(one.without_amounts() for one in self.could_wait)
        return replace(self, what=self.what.without_amounts(), could_wait=others)

    def without_deals(self) -> "Picture":
        others = tuple(one.without_deals() for one in self.could_wait)
        return replace(self, what=self.what.without_deals(), could_wait=others)


# ---- what is said -------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A request taken to the strategy level, as far as its reader may see."""

    escalation: Escalation
    request: Request
    names: Mapping[UserId, str]
    since: date
    decided_on: date | None = None
    price: Price | None = None  #: what the decision cost
    link: str | None = None  #: to the case in the strategy channel

    @property
    def is_moot(self) -> bool:
        """Closed before anybody decided."""
        return self.escalation.is_open and not self.request.status.is_open


def taken(escalation: Escalation, request: Request, names: Mapping[UserId, str], zone: tzinfo) -> Taken:
    """Without what it cost, which isn't for every reader."""
    decided = escalation.decided_at
    return Taken(
        escalation=escalation,
        request=request,
        names=names,
        since=escalation.at.astimezone(zone).date(),
        decided_on=decided.astimezone(zone).date() if decided else None,
    )


@dataclass(frozen=True, kw_only=True)
class Case(Taken):
    """The case as the strategy channel sees it, and what was decided once it is."""

    picture: Picture | None = None  #: None once there is nothing left to decide


@dataclass(frozen=True, kw_only=True)
class SideAsked(Taken):
    """Somebody took a request to the strategy level; its reader can say what the other side thinks."""

    reader: UserId
    deciders: tuple[str, ...] = ()  #: names of a few who decide


@dataclass(frozen=True, kw_only=True)
class Decided(Taken):
    """What was decided, for somebody who has to do with the request, or with the one that waits for it."""

    reader: UserId
    waits: bool = False  #: it is the other one they have to do with


# ---- forms --------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class TakingForm:
    """What the form that takes a request to the strategy level knows before a person writes."""

    request: Request
    picture: Picture
    side: Side | None  #: whose words they write; None: they have to say
    other: UserId | None  #: who can likely say the other side


@dataclass(frozen=True, kw_only=True)
class Begun:
    """What came of it."""

    taken: Taken
    is_new: bool  #: False: somebody else had taken it there already


@dataclass(frozen=True, kw_only=True)
class DecisionForm(Taken):
    """What the form for a decision knows before a person writes."""

    picture: Picture


@dataclass(frozen=True, kw_only=True)
class Ruled:
    """What came of a decision."""

    taken: Taken
    is_first: bool  #: False: somebody else had decided already
    told: tuple[str, ...] = ()  #: names of who hears of it


# ---- what people write --------------------------------------------------------------------------


def _written(words: str) -> str:
    if is_blank(words):
        raise ValueError("Say it in a few words.")
    if len(words) > WORDS_LIMIT:
        raise ValueError(f"That's {len(words):,} characters; keep it under {WORDS_LIMIT:,}.")
    return words


Words = Annotated[str, BeforeValidator(lambda text: clean(text or "")), AfterValidator(_written)]


class Taking(BaseModel):
    """What speaks for a request, and who can say the other side, as written in a form."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    words: Words
    side: Side | None = None
    other: UserId | None = None


class Saying(BaseModel):
    """The other side's words, as written in a form."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    words: Words


class Decision(BaseModel):
    """What was decided, as written in a form."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    verdict: Verdict
    displaced: Annotated[int, Field(ge=0, lt=10**9)] | None = None  #: what waits, or NOTHING; None: not said
    why: Words
