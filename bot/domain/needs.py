"""How much customers need a request, what for, and what they would buy: as forms show it, and people write it."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from bot.domain.asks import Aim, Ask, Importance
from bot.domain.budgets import Brings, Purse, Wish
from bot.domain.deals import Deal
from bot.domain.errors import Refused
from bot.domain.ids import AccountId, RequestNumber
from bot.domain.money import Money
from bot.domain.requests import Request

AT_ONCE = 10  #: customers in one form
DEALS_SHOWN = 3  #: open deals of one customer in a form


class Bid(BaseModel):
    """An open deal."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: Annotated[int, Field(gt=0, lt=2**53)] | None = None  #: None: one we don't know yet
    size: Money | None = None
    closes: date | None = None

    @property
    def is_empty(self) -> bool:
        return self.size is None and self.closes is None


class Need(BaseModel):
    """What one customer's part of a form shows, or what was written in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    account: AccountId
    importance: Importance | None = None
    aim: Aim | None = None
    deals: tuple[Bid, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Asking:
    """A customer behind a request, whose part of a form is blank or filled with what is known."""

    brings: Brings
    shown: Need
    aims: bool = False  #: whether it matters which of its budgets the request is for
    bids: bool = False  #: whether its deals are asked for


@dataclass(frozen=True, kw_only=True)
class DetailsForm:
    """What the form about one customer knows before a person writes."""

    request: Request
    asking: Asking
    may_remove: bool


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What came of such a form."""

    request: Request
    needs: tuple[tuple[str, Importance | None], ...] = ()  #: how much customers of these names need it, said anew
    aims: tuple[tuple[str, Aim | None], ...] = ()
    deals: tuple[str, ...] = ()  #: customers whose deals were brought up to date
    removed: str | None = None  #: who doesn't wait for it any more

    @property
    def is_changed(self) -> bool:
        return bool(self.needs or self.aims or self.deals or self.removed)


def offered(purse: Purse, number: RequestNumber) -> Aim:
    """What the request is for, for who isn't asked: as somebody said; else an open deal is to be won."""
    wish = wish_of(purse, number)
    return wish.aim or (Aim.GROW if purse.deals else purse.aim_of(wish))


def wish_of(purse: Purse, number: RequestNumber) -> Wish:
    unsaid = Wish(number=number, importance=None, aim=None)
    return next((wish for wish in purse.wishes if wish.number == number), unsaid)


def said(ask: Ask, shown: Need, written: Need, counts: Aim) -> Ask:
    """The ask with what was written anew; who weighs a customer agrees with what is offered.

    `counts`: the aim it counts with now. Left alone, what counts anyway isn't said.
    """
    importance = written.importance if written.importance != shown.importance else ask.importance
    if written.aim != shown.aim:
        return replace(ask, importance=importance, aim=written.aim)
    return replace(ask, importance=importance, aim=ask.aim or (None if written.aim == counts else written.aim))


def corrected(deal: Deal, shown: Bid, written: Bid) -> Deal:
    """The deal with what was written anew; what was left empty, or as it was shown, stays."""
    size = written.size if written.size and written.size != shown.size else deal.size
    closes = written.closes if written.closes and written.closes != shown.closes else deal.closes
    return replace(deal, size=size, closes=closes)


class Details(BaseModel):
    """What was written about one customer."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    need: Need
    is_another: bool = False  #: the size is that of one more deal, and corrects none
    remove: bool = False

    def settled(self, shown: Need) -> Need:
        """With one more deal in place of the correction. Raises Refused when its size is that of the known one."""
        if not self.is_another:
            return self.need
        (known, *_), (bid, *rest) = shown.deals, self.need.deals
        if bid.size is None or bid.size == known.size:
            raise Refused("Write the other deal's size, or untick that it's another.", field="deal_size:0")
        closes = bid.closes if bid.closes != known.closes else None
        one_more = Bid(size=bid.size, closes=closes)
        return self.need.model_copy(update={"deals": (known, *rest, one_more)})
