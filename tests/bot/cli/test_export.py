"""`tandem export requests`: safe in a spreadsheet, and whole when it comes in again elsewhere."""

import csv
import io
import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.cli import export, imports
from bot.cli.export import COLUMNS
from bot.domain.accounts import Account, Stage
from bot.domain.acts import Via
from bot.domain.deals import Deal
from bot.domain.ids import AccountId, RequestNumber
from bot.domain.imports import RequestRow
from bot.domain.money import Money
from bot.services import imports as service
from bot.settings import Settings
from storage.database import Database
from storage.store import Store
from tests.bot.cli.test_commands import database, tandem
from tests.builders import ALICE, MONDAY, WITH_DATABASE, an_act, move_in

ACT = an_act(by=None, key="import", via=Via.IMPORT)
PROBLEM = "They can't see what clusters cost."


def settings(url: str) -> Settings:
    return Settings(_env_file=None, database_url=SecretStr(url))


def row(title: str = "k8s-connector", **columns: Any) -> RequestRow:
    return RequestRow.model_validate({"title": title, "problem": PROBLEM, **columns})


def ranked(title: str, size: int, **columns: Any) -> RequestRow:
    return row(title, **{"value": 8, "time_criticality": 2, "risk_reduction": 3, "job_size": size, **columns})


async def keep(db: Database, *rows: RequestRow) -> int:
    return await db.write(lambda s: service.requests(s, ACT, rows))


async def exported(url: str, file: Path) -> list[dict[str, str]]:
    with export.target(file, force=True) as out:
        await export.requests(settings(url), out, bar=lambda _: lambda _: None)
    with file.open(encoding="utf-8-sig", newline="") as sheet:
        return list(csv.DictReader(sheet))


async def test_the_board_comes_first_then_what_has_no_place_then_what_is_closed(
    db: Database, database_url: str, tmp_path: Path
) -> None:
    await move_in(db)
    await keep(
        db,
        ranked("closed", 1, status="released", released_at="2026-11-20"),
        row("unsized"),
        ranked("low", 20),
        ranked("also low", 20),
        ranked("high", 3),
        ranked("last", 20, value=1),
    )
    lines = await exported(database_url, tmp_path / "board.csv")
    assert [(line["title"], line["rank"], line["wsjf"]) for line in lines] == [
        ("high", "1", "4.33"),
        ("low", "2", "0.65"),
        ("also low", "2", "0.65"),
        ("last", "4", "0.3"),
        ("unsized", "", ""),
        ("closed", "", ""),
    ]
    assert lines[-1]["released_at"] == "2026-11-20T00:00:00+00:00"


async def test_a_line_has_all_there_is_to_know(db: Database, database_url: str, tmp_path: Path) -> None:
    await move_in(db)
    await keep(
        db,
        ranked(
            "k8s-connector",
            13,
            requester_email="alice@tandem.test",
            owner="boris@tandem.test",
            accounts="Acme Bank|Globex",
            importance="3|",
            direction="Cost",
            target="2026-12-12",
            created_at="2026-11-02",
            status="planned",
        ),
    )
    (line,) = await exported(database_url, tmp_path / "board.csv")
    assert tuple(line) == COLUMNS
    assert line == {
        "number": "1",
        "slug": "k8s-connector",
        "title": "k8s-connector",
        "problem": PROBLEM,
        "status": "planned",
        "rank": "1",
        "wsjf": "1.0",
        "value": "8",
        "time_criticality": "2",
        "risk_reduction": "3",
        "job_size": "13",
        "companies": "2",
        "accounts": "Acme Bank|Globex",
        "importance": "3|",
        "revenue": "",
        "open_deals": "",
        "source": "sales_customer",
        "requester_email": "alice@tandem.test",
        "owner": "boris@tandem.test",
        "direction": "Cost",
        "target": "2026-12-12",
        "created_at": "2026-11-02T00:00:00+00:00",
        "released_at": "",
        "same_as": "",
    }


async def test_the_money_behind_all_requests_sums_to_what_customers_bring(
    db: Database, database_url: str, tmp_path: Path
) -> None:
    await move_in(db)
    await db.write(_with_money)
    await keep(db, row("one", accounts="Acme|Globex"), row("two", accounts="Acme", importance="2"))
    lines = await exported(database_url, tmp_path / "board.csv")
    assert {line["title"]: (line["revenue"], line["open_deals"]) for line in lines} == {
        "one": ("33.33 EUR; 50 JPY", "20.00 USD"),
        "two": ("66.67 EUR", ""),
    }


def _with_money(store: Store) -> None:
    acme = Account(id=AccountId("acme"), name="Acme", arr=Money(minor=10_000, currency="EUR"), stage=Stage.CUSTOMER)
    globex = Account(id=AccountId("globex"), name="Globex", arr=Money(minor=50, currency="JPY"))
    store.accounts.put([acme, globex], MONDAY)
    size = Money(minor=2_000, currency="USD")
    store.deals.add(Deal(account=globex.id, size=size, closes=date(2026, 12, 1), by=ALICE, at=MONDAY))


async def test_customers_of_one_name_are_told_apart_by_their_ids(
    db: Database, database_url: str, tmp_path: Path
) -> None:
    await move_in(db)
    twins = [Account(id=AccountId(f"acme-{n}"), name="Acme") for n in (1, 2)]
    await db.write(lambda s: s.accounts.put(twins, MONDAY))
    await keep(db, row(accounts="acme-1|acme-2|A | B"))
    (line,) = await exported(database_url, tmp_path / "board.csv")
    assert line["accounts"] == "acme-1|acme-2|A|B"


async def test_pages_follow_one_another_without_a_gap(db: Database, database_url: str, tmp_path: Path) -> None:
    await move_in(db)
    await keep(db, *(row(f"request of {n}") for n in range(450)))
    lines = await exported(database_url, tmp_path / "board.csv")
    assert [line["number"] for line in lines] == [str(n) for n in range(1, 451)]


# ---- out and in again ---------------------------------------------------------------------------

HOSTILE = [
    "=",
    "+",
    "-",
    "@",
    "'",
    '"',
    ",",
    ";",
    "|",
    "\n",
    "\t",
    "＝",
    " ",
    "😀",
    "é",
    "\\",
    "a",
    "R",
    "1",
    "\u200b",
    "<",
]
TEXTS = st.text(alphabet=HOSTILE, min_size=1, max_size=12).filter(lambda text: bool(text.strip(" \n\t\u200b")))
STEPS = st.sampled_from([None, 1, 2, 3, 5, 8, 13, 20])
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "title": TEXTS,
            "problem": TEXTS,
            "value": STEPS,
            "time_criticality": STEPS,
            "risk_reduction": STEPS,
            "job_size": STEPS,
            "status": st.sampled_from(["backlog", "planned", "released", "declined"]),
            "accounts": st.lists(
                st.sampled_from(["Acme", "=Globex", "A;B", '"C"', "D\\"]), max_size=3, unique=True
            ),
            "direction": st.none() | TEXTS,
            "target": st.none() | st.dates(min_value=date(2026, 1, 1), max_value=date(2027, 1, 1)).map(str),
        }
    ),
    min_size=1,
    max_size=4,
)


@given(ROWS)
@WITH_DATABASE
async def test_a_board_that_goes_out_and_comes_in_elsewhere_is_the_same_board(
    tmp_path_factory: pytest.TempPathFactory, sqlite_url: str, rows: list[dict[str, Any]]
) -> None:
    folder = tmp_path_factory.mktemp("boards")
    urls = [f"sqlite:///{folder / name}.db" for name in ("here", "there")]
    for name in ("here", "there"):
        shutil.copyfile(sqlite_url.removeprefix("sqlite:///"), folder / f"{name}.db")
    async with Database.open(urls[0]) as here:
        await move_in(here)
        count = await keep(here, *(row(**{**one, "accounts": "|".join(one["accounts"])}) for one in rows))
    first = await exported(urls[0], folder / "here.csv")
    assert await imports.requests(settings(urls[1]), folder / "here.csv") == count == len(first)
    again = await exported(urls[1], folder / "there.csv")
    assert [_told(line) for line in again] == [_told(line) for line in first]
    for url in urls:
        assert await imports.requests(settings(url), folder / "here.csv") == 0
    begins = {cell.lstrip(" \u200b")[:1] for line in first for cell in line.values()}
    assert not begins & {"=", "+", "-", "@", "\t", "\n", "＝"}


def _told(line: Mapping[str, str]) -> Mapping[str, str]:
    """All but its number, which is the database's own."""
    return {name: cell for name, cell in line.items() if name != "number"}


async def test_an_export_adds_nothing_where_it_came_from_even_after_changes(
    db: Database, database_url: str, tmp_path: Path
) -> None:
    await move_in(db)
    await keep(db, row(accounts="Acme"), row("Other"), row("other"))
    await exported(database_url, tmp_path / "board.csv")
    changed = (tmp_path / "board.csv").read_text(encoding="utf-8-sig").replace(PROBLEM, "Another problem.")
    (tmp_path / "changed.csv").write_text(changed, encoding="utf-8")
    for name in ("board.csv", "changed.csv"):
        assert await imports.requests(settings(database_url), tmp_path / name) == 0
    kept = await db.read(lambda s: s.requests.get(RequestNumber(1)))
    assert kept
    assert kept.problem == PROBLEM


# ---- at a terminal ------------------------------------------------------------------------------


def test_an_export_never_writes_over_a_file_unless_told_to(tmp_path: Path) -> None:
    env, file = database(tmp_path), tmp_path / "board.csv"
    file.write_text("mine")
    refused = tandem("export", "requests", str(file), env=env)
    assert (refused.returncode, file.read_text()) == (2, "mine")
    assert refused.stderr == f"tandem: {file} is there already. Name another file, or add --force to replace it.\n"
    done = tandem("export", "requests", str(file), "--force", env=env)
    assert done.stdout == f"0 requests written to {file}. It holds amounts: mind who can read it.\n"
    assert file.read_bytes().startswith(b"\xef\xbb\xbfnumber,slug,title")
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".db"] == ["board.csv"]


@pytest.mark.parametrize(("name", "words"), [("no/board.csv", "No such file or directory"), ("", "Name a")])
def test_where_nothing_can_be_written_is_said_in_one_line(tmp_path: Path, name: str, words: str) -> None:
    ended = tandem("export", "requests", str(tmp_path / name), "--force", env=database(tmp_path))
    assert ended.returncode == 2
    assert words in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_a_dash_writes_to_the_terminal(tmp_path: Path) -> None:
    file = tmp_path / "backlog.csv"
    file.write_text("title,problem\n=1+1,Küche\n", encoding="utf-8")
    env = database(tmp_path)
    tandem("import", "requests", str(file), env=env)
    said = tandem("export", "requests", "-", env={**env, "PYTHONIOENCODING": "utf-8"}).stdout
    (line,) = csv.DictReader(io.StringIO(said.removeprefix("\ufeff")))
    assert (line["number"], line["title"], line["problem"]) == ("1", "'=1+1", "Küche")
