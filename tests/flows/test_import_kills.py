"""`tandem import`, killed half-way and run again: nothing is lost, nothing doubled, nothing half there."""

import asyncio
import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from benchmarks import importing
from bot.cli import imports
from bot.cli.sheets import Sheet
from bot.domain.ids import RequestNumber
from bot.domain.imports import RequestRow
from bot.settings import Settings
from storage import tables
from storage.database import Database
from storage.store import Store
from tests.flows.house import ROOT

WAIT = 60.0
PAGE = 500


class Import:
    """`python -m bot import requests FILE`, again and again."""

    def __init__(self, url: str, file: Path) -> None:
        self._command = (sys.executable, "-m", "bot", "import", "requests", str(file))
        self._environment = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT), "DATABASE_URL": url}
        self._folder = file.parent
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> subprocess.Popen[str]:
        self._process = subprocess.Popen(
            self._command,
            env=self._environment,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return self._process

    def end(self) -> None:
        if self._process:
            self._process.kill()
            self._process.communicate()

    async def whole(self, within: float) -> str:
        """Run it to its end; what it said."""
        process = self.start()
        said, _ = await asyncio.to_thread(process.communicate, timeout=within)
        assert process.returncode == 0, said
        return said

    async def killed_after(self, db: Database, rows: int, delay: float) -> None:
        """kill -9 so long after that many more rows were there."""
        process = self.start()
        upto = await db.read(_count) + rows
        async with asyncio.timeout(WAIT):
            while process.poll() is None and await db.read(_count) < upto:
                pass
        await asyncio.sleep(delay)
        assert process.poll() is None, "it was over before it could be killed"
        self.end()


def _count(store: Store) -> int:
    return store.connection.execute(select(func.count()).select_from(tables.request)).scalar_one()


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    return tmp_path / "backlog.csv"


async def kill_and_rerun(url: str, file: Path, *, rows: int, kills: int, seed: int) -> None:
    dice = random.Random(seed)
    importing.write(file, rows)
    running = Import(url, file)
    try:
        async with Database.open(url) as db:
            for _ in range(kills):
                await running.killed_after(db, dice.randrange(1, rows // (2 * kills)), dice.uniform(0, 0.03))
                assert 0 < await db.read(_count) < rows
            left = rows - await db.read(_count)
            said = await running.whole(within=10 * WAIT)
            assert said.startswith(f"{left:,} new requests"), said
            assert await imports.requests(Settings(_env_file=None, database_url=SecretStr(url)), file) == 0
            await everything_is_there_once(db, file)
    finally:
        running.end()


async def everything_is_there_once(db: Database, file: Path) -> None:
    """Row by row, in the order of the file, each request with all that belongs to it."""
    sheet = Sheet(file, RequestRow)
    wanted = sheet.check()
    page: list[RequestRow] = []
    seen = last = 0
    for row in sheet.rows():
        page.append(row)
        if len(page) == PAGE or seen + len(page) == wanted:
            last = await db.read(_is_whole, page, last)
            seen, page = seen + len(page), []
    totals = await db.read(_totals)
    assert totals == {"request": wanted, "ask": await _asks(db), "score_change": wanted, "estimate": 4 * wanted}


async def _asks(db: Database) -> int:
    return await db.read(
        lambda s: s.connection.execute(select(func.coalesce(func.sum(tables.request.c.companies), 0))).scalar_one()
    )


def _totals(store: Store) -> dict[str, int]:
    counted = (tables.request, tables.ask, tables.score_change, tables.estimate)
    return {t.name: store.connection.execute(select(func.count()).select_from(t)).scalar_one() for t in counted}


def _is_whole(store: Store, page: list[RequestRow], last: int) -> int:
    """These rows are the next requests by number, whole; the number of the last."""
    request, word, change = tables.request, tables.request_word, tables.change
    following = select(request.c.number, request.c.key).where(request.c.number > last).order_by(request.c.number)
    found = store.connection.execute(following.limit(len(page))).all()
    assert [key for _, key in found] == [row.key for row in page]
    numbers = [RequestNumber(number) for number, _ in found]
    words = dict(
        map(
            tuple,
            store.connection.execute(
                select(word.c.number, func.count()).where(word.c.number.in_(numbers)).group_by(word.c.number)
            ),
        )
    )
    fields: Counter[str] = Counter(
        store.connection.scalars(
            select(change.c.subject).where(change.c.subject.in_([f"request:{n}" for n in numbers]))
        )
    )
    for row, one in zip(page, store.requests.these(numbers), strict=True):
        asks = store.accounts.asks(one.number)
        assert (one.title, one.problem, one.figures) == (row.title, row.problem, row.figures)
        assert one.companies == len(asks) == len(set(row.accounts))
        assert words[one.number] == len(row.words)
        assert fields[one.subject] == 8 + len(asks)  # title, problem, source, status and four figures
    return numbers[-1]


async def test_an_import_killed_half_way_and_run_again_is_whole_on_sqlite(sqlite_url: str, rows: Path) -> None:
    await kill_and_rerun(sqlite_url, rows, rows=400, kills=2, seed=1)


async def test_an_import_killed_half_way_and_run_again_is_whole_on_postgres(postgres_url: str, rows: Path) -> None:
    await kill_and_rerun(postgres_url, rows, rows=400, kills=1, seed=2)


@pytest.mark.faults
@pytest.mark.timeout(1200)
async def test_fifty_thousand_rows_killed_five_times_are_there_once(database_url: str, rows: Path) -> None:
    await kill_and_rerun(database_url, rows, rows=50_000, kills=5, seed=3)
