"""What an opportunity of the CRM makes of a deal."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from bot.domain.deals import Deal, DealState
from bot.domain.ids import AccountId, RequestNumber
from bot.domain.money import Money
from bot.domain.opportunities import OpportunityRow, brought_up_to_date, taken_over
from tests.builders import ALICE, MONDAY

ACME = AccountId("acme")
SMALL, BIG = Money(minor=5_000_000, currency="EUR"), Money(minor=12_000_000, currency="EUR")


def a_row(**more: Any) -> OpportunityRow:
    return OpportunityRow.model_validate({"opportunity_id": "o1", "account_id": "acme", **more})


def a_deal(size: Money | None = BIG, **more: Any) -> Deal:
    return Deal(**{"id": 7, "account": ACME, "size": size, "closes": None, "by": ALICE, "at": MONDAY, **more})


@pytest.mark.parametrize(
    ("row", "size", "deals", "which"),
    [
        (a_row(), BIG, [], None),
        (a_row(), BIG, [a_deal()], 7),
        (a_row(), SMALL, [a_deal()], 7),  # one deal until there are two
        (a_row(), None, [a_deal()], 7),
        (a_row(), BIG, [a_deal(external="o2")], None),
        (a_row(), BIG, [a_deal(SMALL, id=1, external="o2"), a_deal()], 7),
        (a_row(), BIG, [a_deal(id=1, external="o2"), a_deal(SMALL)], None),
        (a_row(), BIG, [a_deal(SMALL, id=1), a_deal()], 7),
        (a_row(is_won="true"), BIG, [a_deal()], 7),
        (a_row(is_won="true"), SMALL, [a_deal()], None),
        (a_row(is_won="false"), None, [a_deal(None)], None),
        (a_row(is_won="false", closes="2026-06-01"), BIG, [a_deal()], None),  # that was before anybody spoke of it
        (a_row(is_won="false", closes="2026-11-23"), BIG, [a_deal()], 7),
    ],
)
def test_a_deal_people_reported_is_taken_over_and_not_doubled(
    row: OpportunityRow, size: Money | None, deals: list[Deal], which: int | None
) -> None:
    found = taken_over(row, size, deals)
    assert (found and found.id) == which


def brought(deal: Deal, **row: Any) -> Deal:
    found = a_row(**row)
    return brought_up_to_date(deal, found, ACME, found.size("EUR"), MONDAY + timedelta(days=1))


def test_a_row_says_what_is_new_and_what_it_leaves_empty_stays() -> None:
    deal = a_deal(closes=date(2026, 12, 24), stage="Demo", opened=date(2026, 9, 1))
    after = brought(deal, amount="50000", stage="Negotiation")
    assert after == replace(deal, external="o1", size=SMALL, stage="Negotiation")
    assert brought(after, amount="50000", stage="Negotiation") == after


@pytest.mark.parametrize(
    ("closes", "at"),
    [
        ("2026-11-20", datetime(2026, 11, 20, tzinfo=UTC)),
        ("2026-12-24", MONDAY + timedelta(days=1)),
        ("", MONDAY + timedelta(days=1)),
    ],
)
def test_a_deal_ends_on_the_day_the_file_says_it_closed(closes: str, at: datetime) -> None:
    won = brought(a_deal(), is_won="true", closes=closes)
    assert (won.state, won.ended_at, won.ended_by) == (DealState.WON, at, None)


def test_what_people_said_of_its_end_counts_until_the_crm_says_of_one() -> None:
    ended: dict[str, Any] = {"ended_at": MONDAY, "ended_by": ALICE, "because": RequestNumber(14)}
    won = a_deal(state=DealState.WON, **ended)
    assert replace(brought(won), external=None) == won
    assert replace(brought(won, is_won="yes"), external=None) == won
    lost = brought(won, is_won="No")
    assert (lost.state, lost.ended_by, lost.because) == (DealState.LOST, None, None)


def test_a_deal_the_crm_ended_is_open_again_when_it_says_so() -> None:
    lost = brought(a_deal(), is_won="false")
    assert brought(lost) == replace(a_deal(), external="o1")


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"is_won": "maybe"}, "write true or false, or nothing while it is open"),
        ({"amount": "1.234", "currency": "EUR"}, "1.234 has more decimals than EUR knows"),
        ({"amount": "-1"}, "greater than or equal to 0"),
        ({"currency": "euro"}, "pattern"),
        ({"closes": "soon"}, "valid date"),
        ({"account_id": " "}, "account_id"),
    ],
)
def test_what_is_wrong_with_a_row_is_said(row: dict[str, str], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        a_row(**row)


def test_a_moment_stands_for_its_day() -> None:
    row = a_row(opened="2026-01-02T10:00:00.000Z", closes="2026-12-24 00:00:00")
    assert (row.opened, row.closes) == (date(2026, 1, 2), date(2026, 12, 24))
