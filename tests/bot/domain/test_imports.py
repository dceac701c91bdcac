"""Rows of CSV files, as text becomes values."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from bot.domain.accounts import Stage
from bot.domain.imports import AccountRow, RequestRow
from bot.domain.requests import Source, Status
from bot.domain.wsjf import Factor

ACCOUNT = {"account_id": "acme", "name": "Acme Bank"}
REQUEST = {"title": "k8s-connector", "problem": "They can't see what their clusters cost."}


def account(**columns: str) -> AccountRow:
    return AccountRow.model_validate({**ACCOUNT, **columns})


def request(**columns: str) -> RequestRow:
    return RequestRow.model_validate({**REQUEST, **columns})


# ---- accounts -----------------------------------------------------------------------------------


def test_an_account_needs_an_id_and_a_name() -> None:
    row = account()
    assert (row.account_id, row.name, row.domain, row.arr, row.stage) == ("acme", "Acme Bank", None, None, None)


def test_every_column_of_an_account_is_read() -> None:
    row = account(
        domain=" acme.test ",
        owner_email="alice@tandem.test",
        employees="1200",
        arr="120000.50",
        currency="EUR",
        stage="customer",
    )
    assert (row.domain, row.owner_email, row.employees) == ("acme.test", "alice@tandem.test", 1200)
    assert (row.arr, row.currency, row.stage) == (Decimal("120000.50"), "EUR", Stage.CUSTOMER)


@pytest.mark.parametrize("column", ["domain", "owner_email", "employees", "arr", "currency", "stage"])
@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_cell_says_nothing(column: str, empty: str) -> None:
    assert account(**{column: empty}) == account()


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("account_id", ""),
        ("account_id", "x" * 76),
        ("name", ""),
        ("name", "x" * 72),
        ("employees", "-1"),
        ("employees", "many"),
        ("employees", "1.5"),
        ("employees", str(2**31)),  # more than a column of Postgres holds
        ("arr", "-0.01"),
        ("arr", "1,000"),
        ("arr", "NaN"),
        ("arr", "Infinity"),
        ("arr", "1000000000000"),
        ("currency", "eur"),
        ("currency", "EURO"),
        ("stage", "lead"),
        ("colour", "red"),
    ],
)
def test_a_cell_that_makes_no_sense_is_refused(column: str, cell: str) -> None:
    with pytest.raises(ValidationError) as wrong:
        account(**{column: cell})
    assert [e["loc"] for e in wrong.value.errors()] == [(column,)]


@pytest.mark.parametrize(
    ("arr", "currency", "minor"),
    [
        ("0", "USD", 0),
        ("120000", "USD", 12_000_000),
        ("120000.5", "EUR", 12_000_050),
        ("120000.500", "EUR", 12_000_050),
        ("1000", "JPY", 1000),
        ("1.234", "KWD", 1234),
        ("999999999999", "KWD", 999_999_999_999_000),
        ("1e3", "USD", 100_000),
        ("", "USD", None),
    ],
)
def test_arr_is_kept_in_minor_units(arr: str, currency: str, minor: int | None) -> None:
    assert account(arr=arr, currency=currency).arr_minor("USD") == minor
    assert account(arr=arr).arr_minor(currency) == minor


@pytest.mark.parametrize(("arr", "currency"), [("10.005", "USD"), ("0.5", "JPY"), ("1.2345", "KWD")])
def test_more_decimals_than_a_currency_knows_are_found_before_anything_is_kept(arr: str, currency: str) -> None:
    with pytest.raises(ValidationError, match=f"{arr} has more decimals than {currency} knows"):
        account(arr=arr, currency=currency)
    with pytest.raises(ValueError, match="more decimals than"):
        account(arr=arr).arr_minor(currency)


# ---- requests -----------------------------------------------------------------------------------


def test_a_request_needs_a_title_and_a_problem() -> None:
    row = request()
    assert (row.source, row.status, row.accounts) == (Source.SALES_CUSTOMER, Status.BACKLOG, ())
    assert (row.requester_email, row.created_at, row.figures) == (None, None, {})


def test_every_column_of_a_request_is_read() -> None:
    row = request(
        source="support",
        requester_email="alice@tandem.test",
        accounts="Acme Bank | Globex|",
        value="8",
        time_criticality="2",
        risk_reduction="3",
        job_size="13",
        status="in_progress",
        created_at="2026-11-23",
    )
    assert (row.source, row.status, row.accounts) == (Source.SUPPORT, Status.IN_PROGRESS, ("Acme Bank", "Globex"))
    assert row.figures == dict(zip(Factor, (8, 2, 3, 13), strict=True))
    assert row.requester_email == "alice@tandem.test"
    assert row.created_at == datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cell", "source"),
    [
        ("sales_customer", Source.SALES_CUSTOMER),
        ("Sales: customer", Source.SALES_CUSTOMER),
        ("SALES: MARKET INTELLIGENCE", Source.SALES_MARKET),
        ("sales_market", Source.SALES_MARKET),
        ("CS / support", Source.SUPPORT),
        ("cs", Source.SUPPORT),
        ("Market analysis", Source.MARKET_ANALYSIS),
        ("", Source.SALES_CUSTOMER),
    ],
)
def test_a_source_is_its_value_or_the_label_of_the_form(cell: str, source: Source) -> None:
    assert request(source=cell).source is source


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2026-11-23", datetime(2026, 11, 23, tzinfo=UTC)),
        (" 2026-11-23 ", datetime(2026, 11, 23, tzinfo=UTC)),
        ("2026-11-23T10:30:00", datetime(2026, 11, 23, 10, 30, tzinfo=UTC)),
        ("2026-11-23 10:30:00+02:00", datetime(2026, 11, 23, 10, 30, tzinfo=timezone(timedelta(hours=2)))),
        ("2026-11-23T10:30:00.123456Z", datetime(2026, 11, 23, 10, 30, 0, 123456, tzinfo=UTC)),
    ],
)
def test_a_day_or_a_moment_is_taken_and_without_a_zone_it_is_utc(cell: str, moment: datetime) -> None:
    created = request(created_at=cell).created_at
    assert created == moment
    assert created.tzinfo


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("title", " "),
        ("title", "x" * 121),
        ("problem", ""),
        ("problem", "x" * 3001),
        ("source", "rumour"),
        ("status", "done"),
        ("value", "4"),
        ("job_size", "1.5"),
        ("job_size", "small"),
        ("created_at", "yesterday"),
        ("created_at", "2026-13-01"),
        ("created_at", "0001-01-01T00:00:00+14:00"),  # before the first year there is
        ("created_at", "9999-12-31T23:59:59-01:00"),  # after the last
        ("key", "mine"),
    ],
)
def test_a_cell_of_a_request_that_makes_no_sense_is_refused(column: str, cell: str) -> None:
    with pytest.raises(ValidationError) as wrong:
        request(**{column: cell})
    assert {e["loc"][0] for e in wrong.value.errors()} == {column}


def test_a_name_of_an_account_that_is_too_long_is_refused() -> None:
    with pytest.raises(ValidationError, match="1 to 71 characters"):
        request(accounts=f"Acme|{'x' * 72}")


@pytest.mark.parametrize("column", ["account_id", "name", "domain", "owner_email"])
def test_what_no_database_can_hold_is_left_out_of_an_account(column: str) -> None:
    assert getattr(account(**{column: "a\x00b"}), column) == "ab"


@pytest.mark.parametrize("column", ["title", "problem", "requester_email"])
def test_what_no_database_can_hold_is_left_out_of_a_request(column: str) -> None:
    assert getattr(request(**{column: "a\x00b"}), column) == "ab"


# ---- the same row -------------------------------------------------------------------------------


def test_the_same_row_has_the_same_key_however_its_cells_are_padded() -> None:
    one = request(accounts="Acme|Globex", value="8", created_at="2026-11-23")
    other = request(accounts=" Acme | Globex ", value=" 8", created_at=" 2026-11-23 ", status="backlog", source="")
    assert one.key == other.key
    assert one.key.startswith("import:")
    assert len(one.key) == len("import:") + 24


@pytest.mark.parametrize(
    "columns",
    [
        {"title": "another"},
        {"problem": "Another."},
        {"accounts": "Acme"},
        {"value": "5"},
        {"status": "planned"},
        {"created_at": "2026-11-23"},
        {"requester_email": "alice@tandem.test"},
    ],
)
def test_another_row_has_another_key(columns: dict[str, Any]) -> None:
    assert request(**columns).key != request().key
