"""A backlog comes in from a file: once, with its customers and the people who asked."""

from typing import Any

import pytest

from bot.domain.acts import TANDEM, Via
from bot.domain.ids import AccountId, RequestNumber
from bot.domain.imports import AccountRow, RequestRow
from bot.domain.money import Money
from bot.domain.requests import Estimate, Status
from bot.domain.wsjf import Factor
from bot.services import imports
from storage.database import Database
from storage.store import Store
from tests.builders import ALICE, MONDAY, an_act, move_in

ACT = an_act(by=None, key="import", via=Via.IMPORT)


def row(title: str = "k8s-connector", **columns: Any) -> RequestRow:
    return RequestRow.model_validate({"title": title, "problem": "They can't see what clusters cost.", **columns})


def bring(store: Store, *rows: RequestRow, cards: bool = False) -> int:
    return imports.requests(store, ACT, rows, cards=cards)


def bring_accounts(store: Store, /, *rows: dict[str, str]) -> int:
    return imports.accounts(store, ACT, [AccountRow.model_validate(r) for r in rows])


def waiting(store: Store, number: int) -> list[str]:
    return [ask.account for ask in store.accounts.asks(RequestNumber(number))]


async def test_importing_twice_is_importing_once(db: Database) -> None:
    await move_in(db)
    rows = [row(accounts="Acme|Globex", value="8"), row("other"), row("other")]
    assert await db.write(lambda s: bring(s, *rows)) == 2
    before = await db.read(lambda s: (s.requests.get(RequestNumber(1)), s.changes.of("request:1"), waiting(s, 1)))
    assert await db.write(lambda s: bring(s, *rows)) == 0
    after = await db.read(lambda s: (s.requests.get(RequestNumber(1)), s.changes.of("request:1"), waiting(s, 1)))
    assert before == after


async def test_an_imported_request_is_as_the_file_says(db: Database) -> None:
    await move_in(db)
    whole = row(
        source="CS / support",
        requester_email="ALICE@tandem.test",
        value="8",
        time_criticality="2",
        risk_reduction="3",
        job_size="13",
        status="planned",
        created_at="2026-11-02",
    )
    await db.write(lambda s: bring(s, whole))
    found = await db.read(lambda s: s.requests.get(RequestNumber(1)))
    assert found
    assert (found.by, found.status, found.source) == (ALICE, Status.PLANNED, "support")
    assert found.at.isoformat() == "2026-11-02T00:00:00+00:00"
    assert found.estimates == {f: Estimate(confirmed=n) for f, n in zip(Factor, (8, 2, 3, 13), strict=True)}
    top = await db.read(lambda s: s.requests.top(1))
    assert [(line.score, line.number) for line in top] == [(1560, 1)]


async def test_a_requester_nobody_knows_is_nobody(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: bring(s, row(requester_email="stranger@tandem.test"), row("other")))
    for number in (1, 2):
        found = await db.read(lambda s, n: s.requests.get(n), RequestNumber(number))
        assert found
        assert (found.by, found.at) == (None, MONDAY)


async def test_a_closed_request_has_no_place(db: Database) -> None:
    await move_in(db)
    figures = dict.fromkeys(Factor, "5")
    await db.write(lambda s: bring(s, row(status="released", **figures), row("open", **figures)))
    assert [line.title for line in await db.read(lambda s: s.requests.top(9))] == ["open"]


async def test_unknown_customers_are_made_and_known_ones_found_by_id_or_name(db: Database) -> None:
    await move_in(db)
    await db.write(bring_accounts_of_acme)
    await db.write(lambda s: bring(s, row(accounts="acme-1| ACME bank |Globex|globex|GLOBEX")))
    assert await db.read(waiting, 1) == ["acme-1", "globex"]
    assert (made := await db.read(lambda s: s.accounts.get(AccountId("globex"))))
    assert made.name == "Globex"
    found = await db.read(lambda s: s.requests.get(RequestNumber(1)))
    assert found
    assert found.companies == 2


def bring_accounts_of_acme(store: Store) -> None:
    assert bring_accounts(store, {"account_id": "acme-1", "name": "Acme Bank"}) == 1


async def test_the_log_knows_what_came_through_the_import(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: bring(s, row(accounts="Acme", value="8")))
    log = await db.read(lambda s: s.changes.of("request:1"))
    assert [line.field for line in log] == ["title", "problem", "source", "status", "value", "ask"]
    assert {(line.by, line.via, line.old) for line in log} == {(TANDEM.user, "import", None)}
    assert log[-1].new == "acme"


@pytest.mark.parametrize(("cards", "told"), [(False, 0), (True, 2)])
async def test_nobody_is_told_unless_the_import_asks_for_cards(db: Database, cards: bool, told: int) -> None:
    await move_in(db)
    await db.write(lambda s: s.house.decide("channels", {"board": "C1"}, an_act()))
    await db.write(lambda s: bring(s, row(), row("other"), cards=cards))
    assert sum((await db.read(lambda s: s.outbox.counts())).values()) == told


async def test_accounts_are_kept_in_the_companys_currency_unless_theirs_is_named(db: Database) -> None:
    await move_in(db)
    await db.write(
        bring_accounts,
        {
            "account_id": "a",
            "name": "A",
            "arr": "120000.50",
            "domain": "A.Test",
            "owner_email": "Alice@Tandem.test",
        },
    )
    await db.write(bring_accounts, {"account_id": "b", "name": "B", "arr": "5000", "currency": "JPY"})
    a = await db.read(lambda s: s.accounts.get(AccountId("a")))
    b = await db.read(lambda s: s.accounts.get(AccountId("b")))
    assert a
    assert b
    assert (a.arr, b.arr) == (Money(minor=12_000_050, currency="USD"), Money(minor=5000, currency="JPY"))
    assert (a.domain, a.owner_email) == ("a.test", "alice@tandem.test")


async def test_an_account_imported_again_is_brought_up_to_date(db: Database) -> None:
    await move_in(db)
    assert await db.write(bring_accounts, {"account_id": "a", "name": "A", "stage": "trial"}) == 1
    assert await db.write(bring_accounts, {"account_id": "a", "name": "A Inc.", "stage": "customer"}) == 1
    found = await db.read(lambda s: s.accounts.get(AccountId("a")))
    assert found
    assert (found.name, found.stage) == ("A Inc.", "customer")
