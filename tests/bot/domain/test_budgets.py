"""Money behind requests, counted once: whatever customers bring and ask for, each budget is split whole."""

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.asks import Aim, Importance
from bot.domain.budgets import Behind, Purse, Share, Wish, added, behind, shares, split
from bot.domain.ids import AccountId, RequestNumber
from bot.domain.money import Money

PROTECT, GROW = Aim.PROTECT, Aim.GROW
NICE, BLOCKS, MUST = Importance


def eur(minor: int) -> Money:
    return Money(minor=minor, currency="EUR")


def a_wish(number: int, importance: Importance | None = None, aim: Aim | None = None) -> Wish:
    return Wish(number=RequestNumber(number), importance=importance, aim=aim)


def a_purse(*wishes: Wish, revenue: int | None = 180_000_00, deals: Sequence[Money] = ()) -> Purse:
    return Purse(
        account=AccountId("acme"),
        name="Acme Bank",
        revenue=None if revenue is None else eur(revenue),
        deals=tuple(deals),
        wishes=wishes,
    )


def protected(purse: Purse) -> dict[int, int | None]:
    return {number: share.protect.minor if share.protect else None for number, share in shares(purse).items()}


def won(purse: Purse) -> dict[int, list[Money]]:
    return {number: list(share.grow) for number, share in shares(purse).items()}


# ---- by hand ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wishes", "parts"),
    [
        ([a_wish(1)], {1: 18_000_000}),
        ([a_wish(1), a_wish(2)], {1: 9_000_000, 2: 9_000_000}),
        ([a_wish(1, NICE), a_wish(2, BLOCKS), a_wish(3, MUST)], {1: 3_000_000, 2: 6_000_000, 3: 9_000_000}),
        ([a_wish(1), a_wish(2, MUST)], {1: 4_500_000, 2: 13_500_000}),  # unsaid counts as nice to have
        (
            [a_wish(1, MUST, GROW), a_wish(2)],
            {1: None, 2: 18_000_000},
        ),  # what is to win has no part in what they pay
        (
            [a_wish(1, MUST, GROW), a_wish(2, NICE, GROW)],
            {1: 13_500_000, 2: 4_500_000},
        ),  # unless there is nothing else
        ([], {}),
    ],
)
def test_what_a_customer_pays_is_split_by_how_much_it_needs_each(
    wishes: list[Wish], parts: dict[int, int | None]
) -> None:
    assert protected(a_purse(*wishes)) == parts


@pytest.mark.parametrize(
    ("wishes", "parts"),
    [
        ([a_wish(1), a_wish(2)], {1: [eur(50)], 2: [eur(51)]}),  # nobody said that one is to win
        ([a_wish(1), a_wish(2, NICE, GROW)], {1: [], 2: [eur(101)]}),
        ([a_wish(1, MUST, GROW), a_wish(2, BLOCKS, GROW)], {1: [eur(60)], 2: [eur(41)]}),
    ],
)
def test_an_open_deal_is_split_over_what_would_win_it(wishes: list[Wish], parts: dict[int, list[Money]]) -> None:
    assert won(a_purse(*wishes, deals=[eur(101)])) == parts


def test_a_prospect_counts_through_its_deals() -> None:
    prospect = a_purse(a_wish(1), a_wish(2, MUST), revenue=None, deals=[eur(400), Money(minor=7, currency="JPY")])
    assert won(prospect) == {
        1: [eur(100), Money(minor=1, currency="JPY")],
        2: [eur(300), Money(minor=6, currency="JPY")],
    }
    assert protected(prospect) == {1: None, 2: None}


def test_a_customer_without_money_has_no_shares_but_still_waits() -> None:
    assert shares(a_purse(a_wish(1), revenue=None)) == {RequestNumber(1): Share(protect=None, grow=())}


# ---- one request --------------------------------------------------------------------------------


def test_the_money_behind_a_request_is_of_those_who_have_a_share_in_it() -> None:
    purses = [
        a_purse(a_wish(1), a_wish(2), revenue=120_000_00),
        a_purse(a_wish(1, NICE, GROW), deals=[eur(5), Money(minor=7, currency="JPY")], revenue=None),
        a_purse(a_wish(1, NICE, GROW), a_wish(2), revenue=100),  # all of it goes to what keeps them
        a_purse(a_wish(1), revenue=None),
        a_purse(a_wish(2)),
    ]
    assert behind(purses, RequestNumber(1)) == Behind(
        protect=(eur(60_000_00),), grow=(eur(5), Money(minor=7, currency="JPY")), customers=2
    )
    assert behind(purses, RequestNumber(3)) is None
    assert behind([a_purse(a_wish(1), revenue=0)], RequestNumber(1)) is None


# ---- whatever they bring ------------------------------------------------------------------------

AMOUNTS = st.integers(0, 10**15) | st.sampled_from([0, 1, 2, 3, 10**15])
WISHES = st.builds(
    a_wish, st.integers(1, 10**9), st.none() | st.sampled_from(Importance), st.none() | st.sampled_from(Aim)
)
PURSES = st.builds(
    lambda wishes, revenue, deals: a_purse(
        *wishes, revenue=revenue, deals=[Money(minor=minor, currency=currency) for currency, minor in deals.items()]
    ),
    st.lists(WISHES, max_size=12, unique_by=lambda one: one.number),
    st.none() | AMOUNTS,
    st.dictionaries(st.sampled_from(["EUR", "JPY", "KWD", "USD"]), AMOUNTS),
)


@given(PURSES)
def test_shares_sum_to_each_budget_to_the_last_minor_unit(purse: Purse) -> None:
    parts = shares(purse)
    assert parts.keys() == {wish.number for wish in purse.wishes}
    if purse.wishes:
        revenue = [purse.revenue] if purse.revenue else []
        assert added(part.protect for part in parts.values() if part.protect) == tuple(revenue)
        assert added(one for part in parts.values() for one in part.grow) == added(purse.deals)


@given(PURSES)
def test_no_share_is_off_by_a_whole_unit_and_none_is_negative(purse: Purse) -> None:
    parts = shares(purse)
    for aim, budgets in ((PROTECT, [purse.revenue] if purse.revenue else []), (GROW, purse.deals)):
        ours = [wish for wish in purse.wishes if purse.aim_of(wish) is aim] or purse.wishes
        total = sum(wish.weight for wish in ours)
        for budget in budgets:
            for wish in ours:
                part = parts[wish.number]
                mine = [part.protect] if aim is PROTECT and part.protect else part.grow
                [minor] = [one.minor for one in mine if one.currency == budget.currency]
                assert minor >= 0
                assert abs(minor * total - budget.minor * wish.weight) < total


@given(PURSES, st.randoms(use_true_random=False))
def test_the_order_of_wishes_moves_no_share_by_more_than_what_is_rounded(purse: Purse, luck: Random) -> None:
    wishes = list(purse.wishes)
    luck.shuffle(wishes)
    other = shares(a_purse(*wishes, revenue=purse.revenue.minor if purse.revenue else None, deals=purse.deals))
    for number, part in shares(purse).items():
        for mine, theirs in zip(minors(part), minors(other[number]), strict=True):
            assert abs(mine - theirs) <= 1


def minors(part: Share) -> list[int]:
    return [one.minor for one in (*([part.protect] if part.protect else []), *part.grow)]


@given(AMOUNTS, st.lists(st.integers(1, 3), max_size=20))
def test_what_is_split_adds_up_again(minor: int, weights: list[int]) -> None:
    parts = split(minor, weights)
    assert len(parts) == len(weights)
    assert sum(parts) == (minor if weights else 0)


@given(st.lists(PURSES, max_size=5), st.integers(1, 3))
def test_over_all_requests_the_money_is_that_of_all_customers_once(purses: list[Purse], number: int) -> None:
    """Each request's money, summed over all of them, is what those who wait for anything bring."""
    numbers = {wish.number for purse in purses for wish in purse.wishes} | {RequestNumber(number)}
    found = [one for one in (behind(purses, each) for each in numbers) if one]
    waiting = [purse for purse in purses if purse.wishes]
    revenue = added(purse.revenue for purse in waiting if purse.revenue)
    assert added(money for one in found for money in one.protect) == tuple(m for m in revenue if m.minor)
    deals = added(money for purse in waiting for money in purse.deals)
    assert added(money for one in found for money in one.grow) == tuple(m for m in deals if m.minor)
