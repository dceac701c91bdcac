"""Deals: when somebody is asked how one ended, what can be taken back, what a win is expected to bring."""

from datetime import date, timedelta
from typing import Any

import pytest

from bot.domain.deals import MAY_CHANGE, Deal, DealState, Ended, expected, told
from bot.domain.ids import AccountId, RequestNumber
from bot.domain.money import Money
from tests.builders import ALICE, BORIS, MONDAY

TODAY = date(2026, 12, 14)
YESTERDAY = TODAY - timedelta(days=1)


def a_deal(size: Money | None = None, **more: Any) -> Deal:
    values: dict[str, Any] = {
        "id": 7,
        "account": AccountId("acme"),
        "closes": None,
        "by": ALICE,
        "at": MONDAY,
        **more,
    }
    return Deal(size=size, **values)


def eur(thousands: int) -> Money:
    return Money(minor=thousands * 100_000, currency="EUR")


def usd(thousands: int) -> Money:
    return Money(minor=thousands * 100_000, currency="USD")


@pytest.mark.parametrize(
    ("deal", "due"),
    [
        (a_deal(closes=YESTERDAY), True),
        (a_deal(closes=TODAY), False),
        (a_deal(closes=TODAY + timedelta(days=1)), False),
        (a_deal(closes=None), False),
        (a_deal(closes=YESTERDAY, asked_for=YESTERDAY), False),
        (a_deal(closes=YESTERDAY, asked_for=YESTERDAY - timedelta(days=30)), True),
        (a_deal(closes=YESTERDAY, state=DealState.WON), False),
        (a_deal(closes=YESTERDAY, state=DealState.LOST), False),
    ],
)
def test_each_close_date_is_asked_about_once_from_the_day_after(deal: Deal, due: bool) -> None:
    assert deal.is_due(TODAY) is due


def test_each_close_date_has_a_key_of_its_own() -> None:
    deal = a_deal()
    assert deal.asked_on(TODAY) == "deal:7:2026-12-14"
    assert deal.asked_on(TODAY) != deal.asked_on(YESTERDAY)


def test_a_deal_that_is_opened_again_is_as_it_was() -> None:
    before = a_deal(eur(120), closes=YESTERDAY, asked_for=YESTERDAY)
    ended = before.ended(DealState.LOST, RequestNumber(14), BORIS, MONDAY)
    assert (ended.state, ended.because, ended.ended_by, ended.ended_at) == ("lost", 14, BORIS, MONDAY)
    assert ended.reopened() == before


@pytest.mark.parametrize(
    ("after", "may"),
    [(timedelta(0), True), (MAY_CHANGE - timedelta(seconds=1), True), (MAY_CHANGE, False)],
)
def test_what_was_said_can_be_taken_back_for_a_day(after: timedelta, may: bool) -> None:
    assert a_deal().ended(DealState.WON, None, ALICE, MONDAY).may_change(MONDAY + after) is may
    assert not a_deal().may_change(MONDAY + after)


@pytest.mark.parametrize(
    ("pays", "size", "together"),
    [
        (eur(180), eur(120), eur(300)),
        (None, eur(120), eur(120)),
        (eur(180), None, eur(180)),
        (None, None, None),
        (eur(180), usd(120), None),
    ],
)
def test_what_they_pay_after_a_win_is_never_converted(
    pays: Money | None, size: Money | None, together: Money | None
) -> None:
    assert expected(pays, size) == together


def test_sums_are_by_currency_and_each_customer_is_named_once() -> None:
    lost, won = {"state": DealState.LOST}, {"state": DealState.WON}
    deals = [
        (a_deal(eur(120), **lost), "Acme Bank"),
        (a_deal(eur(40), **won), "Globex"),
        (a_deal(eur(30), **lost), "Acme Bank"),
        (a_deal(usd(10), **lost), "Hooli"),
        (a_deal(None, **lost), "Initech"),
    ]
    assert told(deals, DealState.LOST) == Ended(
        count=4, sums=(eur(150), usd(10)), unsized=1, customers=("Acme Bank", "Hooli", "Initech")
    )
    assert told(deals, DealState.WON) == Ended(count=1, sums=(eur(40),), unsized=0, customers=("Globex",))
    assert told(deals[1:2], DealState.LOST) is None
