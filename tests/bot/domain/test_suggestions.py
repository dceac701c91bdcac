"""What value and time criticality could be: tables, and what holds for whatever comes."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.asks import Aim, Importance
from bot.domain.money import Money
from bot.domain.suggestions import Closing, Hanging, Known, Suggestions, Sum, hanging, time_criticality, value
from bot.domain.wsjf import SCALE, Factor

TODAY = date(2026, 11, 23)
SOME = Hanging(money=Money(minor=24_000_000, currency="EUR"), of=Aim.PROTECT, percent=6.0)


def eur(major: int) -> Money:
    return Money(minor=major * 100, currency="EUR")


# ---- value --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("waiting", "figure"),
    [
        *((1, 1), (2, 2), (3, 3), (4, 3), (5, 5), (9, 5), (10, 8), (19, 8)),
        *((20, 13), (49, 13), (50, 20), (400, 20), (100_000, 20)),
    ],
)
def test_value_by_companies_waiting(waiting: int, figure: int) -> None:
    suggested = value(waiting, None)
    assert suggested is not None
    assert (suggested.figure, suggested.waiting, suggested.percent, suggested.more) == (
        figure,
        waiting,
        None,
        False,
    )


def test_more_may_wait_than_were_counted_an_hour_ago() -> None:
    suggested = value(60, Known(customers=50))
    assert suggested is not None
    assert (suggested.figure, suggested.percent, suggested.known) == (20, 100.0, 60)


def test_nobody_named_suggests_nothing() -> None:
    assert value(0, Known(customers=12), SOME) is None


@pytest.mark.parametrize(
    ("waiting", "known", "figure", "percent", "by_reach"),
    [
        (2, 50, 2, None, False),  # two are no segment
        (3, 49, 3, None, False),  # of fewer than fifty, a share says little
        (3, 151, 3, 1.9, False),
        (3, 150, 5, 2.0, True),
        (3, 61, 5, 4.9, True),
        (3, 60, 8, 5.0, True),
        (5, 51, 8, 9.8, True),
        (5, 50, 13, 10.0, True),
        (13, 53, 13, 24.5, True),
        (13, 52, 20, 25.0, True),
        (12, 400, 8, 3.0, False),
        (10, 200, 8, 5.0, False),  # both say the same
        (50, 50, 20, 100.0, False),
    ],
)
def test_value_by_reach(waiting: int, known: int, figure: int, percent: float | None, by_reach: bool) -> None:
    suggested = value(waiting, Known(customers=known))
    assert suggested is not None
    assert (suggested.figure, suggested.percent, suggested.by_reach) == (figure, percent, by_reach)
    assert suggested.known == (None if percent is None else known)


@pytest.mark.parametrize(("waiting", "figure"), [(1, 2), (2, 3), (4, 5), (5, 8), (10, 13), (20, 20)])
def test_money_makes_it_one_step_more(waiting: int, figure: int) -> None:
    suggested = value(waiting, None, SOME)
    assert suggested is not None
    assert (suggested.figure, suggested.more, suggested.hanging) == (figure, True, SOME)


def test_money_lifts_nothing_above_the_last_step() -> None:
    suggested = value(50, None, SOME)
    assert suggested is not None
    assert (suggested.figure, suggested.more, suggested.hanging) == (20, False, None)


@given(st.integers(0, 200), st.integers(0, 200), st.none() | st.integers(0, 5_000), st.none() | st.just(SOME))
def test_more_companies_never_suggest_less(one: int, other: int, known: int | None, money: Hanging | None) -> None:
    counted = None if known is None else Known(customers=known)
    fewer, more = (value(waiting, counted, money) for waiting in sorted((one, other)))
    assert (fewer.figure if fewer else 0) <= (more.figure if more else 0)
    assert more is None or more.figure in SCALE


# ---- money --------------------------------------------------------------------------------------


def known(*, revenue: tuple[Sum, ...] = (), deals: tuple[Sum, ...] = ()) -> Known:
    return Known(customers=100, revenue=revenue, deals=deals)


ALL_PAY = (Sum(money=eur(4_000_000), count=40),)
ALL_DEALS = (Sum(money=eur(1_000_000), count=10),)


@pytest.mark.parametrize(
    ("protect", "grow", "found"),
    [
        (199_999, 0, None),
        (200_000, 0, (200_000, Aim.PROTECT, 5.0)),
        (240_000, 0, (240_000, Aim.PROTECT, 6.0)),
        (0, 49_999, None),
        (0, 50_000, (50_000, Aim.GROW, 5.0)),
        (240_000, 300_000, (300_000, Aim.GROW, 30.0)),  # the larger part is the reason
        (0, 2_000_000, (2_000_000, Aim.GROW, 100.0)),  # a deal that came since they were counted
    ],
)
def test_what_is_a_large_part(protect: int, grow: int, found: tuple[int, Aim, float] | None) -> None:
    hangs = hanging([eur(protect)], [eur(grow)], known(revenue=ALL_PAY, deals=ALL_DEALS))
    assert (found and (eur(found[0]), *found[1:])) == (hangs and (hangs.money, hangs.of, hangs.percent))


def test_currencies_are_never_mixed() -> None:
    dollars = Sum(money=Money(minor=10**9, currency="USD"), count=40)
    assert hanging([eur(150_000)], [], known(revenue=(*ALL_PAY, dollars))) is None
    assert hanging([eur(150_000)], [], known(revenue=(dollars,))) is None
    assert hanging([eur(150_000)], [], known()) is None


def test_a_currency_few_pay_in_is_no_measure() -> None:
    zloty = Money(minor=100_00, currency="PLN")
    assert hanging([zloty], [], known(revenue=(*ALL_PAY, Sum(money=zloty, count=4)))) is None  # four of 44
    assert hanging([zloty], [], known(revenue=(*ALL_PAY, Sum(money=zloty, count=5)))) is not None


# ---- time criticality ---------------------------------------------------------------------------

MUST, BLOCKS, NICE = Importance.MUST, Importance.BLOCKS, Importance.NICE


def in_days(days: int, importance: Importance | None = MUST, customer: str = "Acme Bank") -> Closing:
    return Closing(customer=customer, closes=TODAY + timedelta(days=days), importance=importance)


@pytest.mark.parametrize(
    ("days", "full", "less"),
    [
        *((0, 13, 8), (14, 13, 8), (15, 8, 5), (30, 8, 5), (31, 5, 3), (60, 5, 3)),
        *((61, 3, 2), (92, 3, 2), (93, 2, 1), (2_000, 2, 1)),
    ],
)
def test_time_criticality_by_the_day_they_decide(days: int, full: int, less: int) -> None:
    def figure(importance: Importance | None) -> int | None:
        suggested = time_criticality([in_days(days, importance)], TODAY)
        return suggested.figure if suggested else None

    assert (figure(MUST), figure(BLOCKS), figure(None), figure(NICE)) == (full, less, less, None)


def test_dates_that_passed_press_nobody() -> None:
    assert time_criticality([in_days(-1)], TODAY) is None
    assert time_criticality([], TODAY) is None


@pytest.mark.parametrize(
    ("closings", "who"),
    [
        ([in_days(20, customer="Later"), in_days(10)], "Acme Bank"),
        ([in_days(3, NICE, "Nice"), in_days(-3, MUST, "Gone"), in_days(80)], "Acme Bank"),
        ([in_days(10, BLOCKS, "Sooner"), in_days(12)], "Acme Bank"),  # 8 and 13
        ([in_days(29, customer="Later"), in_days(13, BLOCKS)], "Acme Bank"),  # 8 both: the nearer
        ([in_days(100, None, "Unsaid"), in_days(100, BLOCKS)], "Acme Bank"),
        ([in_days(9, customer="Borealis"), in_days(9)], "Acme Bank"),  # by name, so that it stays the same one
    ],
)
def test_who_presses_most_is_the_reason(closings: list[Closing], who: str) -> None:
    for order in (closings, closings[::-1]):
        suggested = time_criticality(order, TODAY)
        assert suggested is not None
        assert suggested.closing.customer == who


CLOSINGS = st.lists(
    st.builds(in_days, st.integers(-30, 200), st.sampled_from([None, *Importance]), st.sampled_from("ABC")),
    max_size=6,
)
RISING = (NICE, BLOCKS, MUST)


def pressing(closings: list[Closing]) -> int:
    suggested = time_criticality(closings, TODAY)
    return suggested.figure if suggested else 0


@given(CLOSINGS, st.integers(0, 200), st.integers(0, 200), st.sampled_from([None, *Importance]))
def test_a_nearer_date_never_suggests_less(
    others: list[Closing], one: int, other: int, importance: Importance | None
) -> None:
    nearer, farther = sorted((one, other))
    assert pressing([*others, in_days(nearer, importance)]) >= pressing([*others, in_days(farther, importance)])


@given(CLOSINGS, st.integers(-30, 200))
def test_more_need_never_suggests_less(others: list[Closing], days: int) -> None:
    figures = [pressing([*others, in_days(days, importance)]) for importance in RISING]
    assert all(less <= more for less, more in pairwise(figures))
    assert pressing([*others, in_days(days, None)]) == figures[1]
    assert figures[0] == pressing(others)


# ---- both ---------------------------------------------------------------------------------------


def test_only_what_is_suggested_now_is_taken() -> None:
    suggestions = Suggestions(value=value(10, None))
    began = {Factor.VALUE: 2, Factor.JOB_SIZE: 5}
    assert suggestions.taken(began, Factor.VALUE, 8) == {Factor.VALUE: 8, Factor.JOB_SIZE: 5}
    assert suggestions.taken(began, Factor.VALUE, 13) == began
    assert suggestions.taken(began, Factor.TIME_CRITICALITY, 8) == began
    assert suggestions.taken(began, Factor.JOB_SIZE, 8) == began
