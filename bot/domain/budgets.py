"""Money behind requests, counted once.

A customer brings two budgets: what it pays a year (to protect) and its open deals (to grow). Each is split over the
open requests it waits for, by how much it needs them; the shares sum to the budget, to the last minor unit. After
GitLab's Customer Issues Prioritization Framework, which divides an account's revenue over what it asks for; but
shares are summed over customers, not averaged, so that ten customers outrank one of the same size.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from bot.domain.asks import Aim, Importance
from bot.domain.ids import AccountId, RequestNumber
from bot.domain.money import Money


@dataclass(frozen=True, kw_only=True)
class Wish:
    """One open request a customer waits for."""

    number: RequestNumber
    importance: Importance | None
    aim: Aim | None

    @property
    def weight(self) -> int:
        """What nobody has weighed counts as nice to have."""
        return self.importance or Importance.NICE


@dataclass(frozen=True, kw_only=True)
class Purse:
    """A customer's two budgets, and the open requests they are split over."""

    account: AccountId
    name: str
    revenue: Money | None  #: a year; None for whom we don't earn from
    deals: tuple[Money, ...]  #: open ones, a sum for each currency
    wishes: tuple[Wish, ...]  #: by number

    @property
    def is_customer(self) -> bool:
        return self.revenue is not None

    def aim_of(self, wish: Wish) -> Aim:
        """As somebody said; else who pays is kept, and who doesn't is won."""
        return wish.aim or (Aim.PROTECT if self.is_customer else Aim.GROW)


@dataclass(frozen=True, kw_only=True)
class Share:
    """A customer's part of the money behind one request."""

    protect: Money | None
    grow: tuple[Money, ...]


@dataclass(frozen=True, kw_only=True)
class Brings:
    """A customer for one reader: what it brings, and how many open requests share in that."""

    account: AccountId
    name: str
    asks: int
    revenue: Money | None = None  #: None, like `deals`, for who may not see amounts
    deals: tuple[Money, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Behind:
    """The money behind one request: its shares in what its customers bring."""

    protect: tuple[Money, ...]  #: a year
    grow: tuple[Money, ...]
    customers: int  #: whose money it is
    among: int | None = None  #: counted were so many of the newest; None: all


def behind(purses: Iterable[Purse], number: RequestNumber) -> Behind | None:
    """None when there is no money behind it."""
    found = [share for purse in purses if (share := shares(purse).get(number)) and _is_worth(share)]
    protect = added(share.protect for share in found if share.protect)
    grow = added(money for share in found for money in share.grow)
    return Behind(protect=_some(protect), grow=_some(grow), customers=len(found)) if found else None


def _is_worth(share: Share) -> bool:
    return bool(_some(share.grow)) or (share.protect is not None and share.protect.minor > 0)


def _some(amounts: Iterable[Money]) -> tuple[Money, ...]:
    return tuple(amount for amount in amounts if amount.minor)


def shares(purse: Purse) -> Mapping[RequestNumber, Share]:
    """What each of a customer's open requests has of its two budgets.

    A budget belongs to the requests of its aim; where there are none, to all of them. So it is always whole.
    """
    protect = _shared(purse, Aim.PROTECT, [purse.revenue] if purse.revenue else [])
    grow = _shared(purse, Aim.GROW, purse.deals)
    return {
        wish.number: Share(protect=next(iter(protect[wish.number]), None), grow=tuple(grow[wish.number]))
        for wish in purse.wishes
    }


def _shared(purse: Purse, aim: Aim, budget: Iterable[Money]) -> Mapping[RequestNumber, list[Money]]:
    ours = [wish for wish in purse.wishes if purse.aim_of(wish) is aim] or list(purse.wishes)
    found: dict[RequestNumber, list[Money]] = {wish.number: [] for wish in purse.wishes}
    for money in budget:
        parts = split(money.minor, [wish.weight for wish in ours])
        for wish, minor in zip(ours, parts, strict=True):
            found[wish.number].append(Money(minor=minor, currency=money.currency))
    return found


def split(minor: int, weights: Sequence[int]) -> list[int]:
    """An amount in proportion to the weights, each part whole; the parts sum to the amount.

    What is rounded away is carried to the next part, so none is off by a whole unit.
    """
    total = sum(weights) or 1  # over nothing nothing is split
    ends = [minor * reached // total for reached in accumulate(weights, initial=0)]
    return [after - before for before, after in pairwise(ends)]


def added(amounts: Iterable[Money]) -> tuple[Money, ...]:
    """Sums by currency, in the order of their codes; never converted."""
    sums: dict[str, int] = {}
    for amount in amounts:
        sums[amount.currency] = sums.get(amount.currency, 0) + amount.minor
    return tuple(Money(minor=sums[currency], currency=currency) for currency in sorted(sums))
