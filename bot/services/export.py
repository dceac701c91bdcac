"""The whole board, page by page: each request once, in the order it had when the export began."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.domain.asks import Importance
from bot.domain.budgets import Share, shares
from bot.domain.ids import AccountId, RequestNumber
from bot.domain.money import Money
from bot.domain.requests import Request
from bot.domain.wsjf import Score
from storage.store import Store

PAGE = 200  #: requests read at once
PURSES = 100  #: customers whose money is split at once
_NO_SCORE = -1


@dataclass(frozen=True, kw_only=True)
class Order:
    """Requests as they stand: those with a place in board order, the open without one, the closed."""

    numbers: "array[int]"  #: 8 bytes a request: a board may have very many
    ranks: "array[int]"  #: 0 without a place; equal scores share one


@dataclass(frozen=True, kw_only=True)
class Exported:
    """One request and what belongs to its line."""

    request: Request
    customers: Sequence[tuple[str, Importance | None]]  #: name (its id where several have that name) and need
    requester: str | None  #: email address
    owner: str | None


class Behind:
    """The money behind each request: shares of what its customers pay and of their open deals, per currency."""

    def __init__(self, highest: int) -> None:
        self._highest = highest
        self._protect: dict[str, array[int]] = {}
        self._grow: dict[str, array[int]] = {}

    def add(self, parts: Iterable[Mapping[RequestNumber, Share]]) -> None:
        for split in parts:
            for number, share in split.items():
                self._count(self._protect, number, [share.protect] if share.protect else [])
                self._count(self._grow, number, share.grow)

    def revenue(self, number: int) -> Sequence[Money]:
        return _sums(self._protect, number)

    def deals(self, number: int) -> Sequence[Money]:
        return _sums(self._grow, number)

    def _count(self, kept: dict[str, "array[int]"], number: int, amounts: Iterable[Money]) -> None:
        for amount in amounts:
            sums = kept.setdefault(amount.currency, array("q", bytes(8 * (self._highest + 1))))
            if number <= self._highest:  # else it came after the export began
                sums[number] += amount.minor


def _sums(kept: Mapping[str, "array[int]"], number: int) -> Sequence[Money]:
    return [Money(minor=kept[code][number], currency=code) for code in sorted(kept) if kept[code][number]]


def order(store: Store) -> Order:
    numbers, scores = array("q"), array("q")
    for number, score in store.requests.in_order():
        numbers.append(number)
        scores.append(_NO_SCORE if score is None else score)
    return Order(numbers=numbers, ranks=_ranks(scores))


def _ranks(scores: Sequence[Score | int]) -> "array[int]":
    ranks, last = array("q"), None
    for nth, score in enumerate(scores, 1):
        ranks.append(0 if score == _NO_SCORE else ranks[-1] if score == last else nth)
        last = score
    return ranks


def money(
    store: Store, after: AccountId | None
) -> tuple[AccountId | None, Sequence[Mapping[RequestNumber, Share]]]:
    """The shares of the next few customers that have money, and the last of these; None when there are no more."""
    some = store.accounts.with_money(after, PURSES)
    return (some[-1] if some else None), [shares(purse) for purse in store.accounts.purses(some)]


def page(store: Store, numbers: Sequence[RequestNumber]) -> Sequence[Exported]:
    """These requests, in the order given."""
    requests = store.requests.these(numbers)
    customers = store.accounts.behind_each(numbers)
    emails = store.people.emails(user for one in requests for user in (one.by, one.owner))
    return [
        Exported(
            request=one,
            customers=customers.get(one.number, ()),
            requester=emails.get(one.by) if one.by else None,
            owner=emails.get(one.owner) if one.owner else None,
        )
        for one in requests
    ]
