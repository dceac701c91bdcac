"""Opportunities of the CRM come in from a file, beside the deals people reported."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.cli import main
from bot.cli import opportunities as command
from bot.domain.deals import Deal, DealState
from bot.domain.errors import Refused
from bot.domain.ids import AccountId
from bot.domain.imports import AccountRow
from bot.domain.money import Money
from bot.domain.opportunities import OpportunityRow
from bot.services import deals, imports, opportunities
from bot.settings import Settings
from storage.database import Database
from storage.store import Store
from tests.builders import ALICE, an_act, move_in

ACME, GLOBEX = AccountId("acme"), AccountId("globex")
NAMES = {ACME: "Acme", GLOBEX: "Globex"}
BIG = Money(minor=12_000_000, currency="USD")
ACT = an_act(None, key="import")
CRM = (
    "opportunity_id,account_id,name,amount,currency,stage,opened,closes,is_won\n"
    "o1,acme,Rollout,120000,,Negotiation,2026-10-01,2026-12-24,\n"
    "o2,acme,Pilot,5000,EUR,Closed Won,2026-01-01,2026-03-31,true\n"
    "o3,globex,Pilot,,,Closed Lost,,2026-04-01,false\n"
)


async def settled(db: Database) -> None:
    await move_in(db)
    rows = [AccountRow(account_id=one, name=name) for one, name in NAMES.items()]
    await db.write(imports.accounts, ACT, rows)


def row(**more: Any) -> OpportunityRow:
    return OpportunityRow.model_validate({"opportunity_id": "o1", "account_id": "acme", **more})


def found(store: Store, *external: str) -> list[Deal | None]:
    return [store.deals.by_external(one) for one in external]


def open_of(store: Store, account: AccountId) -> Sequence[Deal]:
    return store.deals.open_of(account)


async def test_a_deal_reported_in_slack_is_taken_over_and_ends_as_the_crm_says(db: Database) -> None:
    await settled(db)
    await db.write(deals.report, an_act(ALICE), ACME, BIG, None)
    assert await db.write(opportunities.put, ACT, [row(amount="120000", closes="2026-12-24")]) == 1
    [deal] = await db.read(open_of, ACME)
    assert (deal.by, deal.size, deal.closes, deal.external) == (ALICE, BIG, date(2026, 12, 24), "o1")
    assert await db.write(opportunities.put, ACT, [row(amount="120000", closes="2026-12-24")]) == 0

    assert await db.write(opportunities.put, ACT, [row(amount="120000", is_won="true", closes="2026-11-20")]) == 1
    [won] = await db.read(found, "o1")
    assert won
    assert (won.id, won.state, won.ended_at) == (deal.id, DealState.WON, datetime(2026, 11, 20, tzinfo=UTC))
    assert await db.read(open_of, ACME) == []
    assert await db.read(lambda s: s.outbox.counts()) == {}, "and nobody is told"


async def test_a_second_opportunity_is_a_second_deal(db: Database) -> None:
    await settled(db)
    await db.write(deals.report, an_act(ALICE), ACME, BIG, None)
    rows = [row(amount="120000"), row(opportunity_id="o2", amount="120000")]
    assert await db.write(opportunities.put, ACT, rows) == 2
    assert [deal.external for deal in await db.read(open_of, ACME)] == ["o1", "o2"]
    assert await db.write(opportunities.put, ACT, [row(account_id="globex")]) == 1
    assert [deal.external for deal in await db.read(open_of, GLOBEX)] == ["o1"], "it moved, with all it has"


async def test_an_account_nobody_knows_stops_a_step(db: Database) -> None:
    await settled(db)
    with pytest.raises(Refused, match="no account 'nobody'"):
        await db.write(opportunities.put, ACT, [row(), row(opportunity_id="o2", account_id="nobody")])
    assert await db.read(found, "o1") == [None]


# ---- the file -----------------------------------------------------------------------------------


async def kept(url: str, path: Path, rejects: Path | None = None) -> int:
    settings = Settings(_env_file=None, database_url=SecretStr(url))
    rows = command.opened(path, rejects)
    await command.check(settings, rows)
    return await command.keep(settings, rows)


async def test_a_file_brought_twice_is_there_once(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "opportunities.csv"
    file.write_text(CRM)
    async with Database.open(database_url) as db:
        await settled(db)
        assert [await kept(database_url, file), await kept(database_url, file)] == [3, 0]
        one, two, three = await db.read(found, "o1", "o2", "o3")
    assert one
    assert two
    assert three
    assert (one.size, one.stage, one.opened, one.state) == (BIG, "Negotiation", date(2026, 10, 1), DealState.OPEN)
    assert (two.size, two.state) == (Money(minor=500_000, currency="EUR"), DealState.WON)
    assert (three.account, three.size, three.state) == (GLOBEX, None, DealState.LOST)


WRONG = (
    "opportunity_id;account_id;amount;is_won\n"
    "o1;acme;120000;\n"
    "o2;nobody;;\n"
    "o1;acme;130000;\n"
    "o4;acme;1.234;\n"
    "o1;acme;120000;\n"
)


async def test_nothing_is_imported_while_a_line_is_wrong_unless_it_is_put_aside(
    sqlite_url: str, tmp_path: Path
) -> None:
    file, aside = tmp_path / "opportunities.csv", tmp_path / "rejects.csv"
    file.write_text(WRONG)
    async with Database.open(sqlite_url) as db:
        await settled(db)
        with pytest.raises(Refused) as refused:
            await kept(sqlite_url, file)
        assert str(refused.value) == (
            f"{file}: nothing was imported. "
            "line 3, account_id: there is no account 'nobody'; import accounts first; "
            "line 4, opportunity_id: another line says otherwise of 'o1'; keep one; "
            "line 5, amount: 1.234 has more decimals than USD knows"
        )
        assert await db.read(found, "o1") == [None]
        assert await kept(sqlite_url, file, aside) == 1
        assert aside.read_text().splitlines()[1] == (
            "o2;nobody;;;\"account_id: there is no account 'nobody'; import accounts first\""
        )
        [deal] = await db.read(open_of, ACME)
        assert (deal.external, deal.size) == ("o1", BIG)


def test_the_command_says_what_came_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'tandem.db'}")
    (tmp_path / "accounts.csv").write_text("account_id,name\nacme,Acme\nglobex,Globex\n")
    (tmp_path / "opportunities.csv").write_text(CRM)
    main(["import", "accounts", str(tmp_path / "accounts.csv")])
    main(["import", "opportunities", str(tmp_path / "opportunities.csv")])
    assert capsys.readouterr().out.splitlines()[-1] == "3 opportunities added or brought up to date."
