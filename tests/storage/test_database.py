"""The door, on real databases with real faults: kills, full disks, rivals, lost connections."""

import asyncio
import logging
import os
import resource
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import (
    Column,
    CursorResult,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    exc,
    func,
    insert,
    make_url,
    select,
    text,
    update,
)

from bot.domain.errors import Busy, Refused, Unavailable
from storage.database import Database
from storage.store import Store

HERE = MetaData()
NOTE = Table("note", HERE, Column("words", String, primary_key=True))
COUNTER = Table("counter", HERE, Column("id", Integer, primary_key=True), Column("n", Integer))
BULK = Table("bulk", HERE, Column("id", Integer, primary_key=True), Column("load", LargeBinary))
REPLY = Table(
    "reply",
    HERE,
    Column("words", String, primary_key=True),
    Column("to", ForeignKey("note.words", deferrable=True, initially="DEFERRED")),
)
HOUR = 3600.0
ROOT = Path(__file__).parents[2]


# ---- use-cases ----------------------------------------------------------------------------------


def build(store: Store) -> None:
    HERE.create_all(store.connection)
    store.connection.execute(insert(COUNTER).values(id=1, n=0))


def jot(store: Store, words: str) -> str:
    store.connection.execute(insert(NOTE).values(words=words))
    return words


def notes(store: Store) -> list[str]:
    return list(store.connection.scalars(select(NOTE.c.words).order_by(NOTE.c.words)))


def count_up(store: Store) -> int:
    n: int = store.connection.execute(select(COUNTER.c.n).where(COUNTER.c.id == 1)).scalar_one() + 1
    store.connection.execute(update(COUNTER).values(n=n))
    return n


def counted(store: Store) -> int:
    n: int = store.connection.execute(select(COUNTER.c.n)).scalar_one()
    return n


def jot_and_refuse(store: Store, words: str) -> None:
    jot(store, words)
    raise Refused("Not that one.")


def jot_and_fail(store: Store, words: str) -> None:
    jot(store, words)
    raise KeyError(words)


def fill_the_disk(store: Store) -> None:
    store.connection.execute(insert(BULK).values(load=bytes(1_500_000)))


def nothing(store: Store) -> None:
    """Change no row."""


# ---- help ---------------------------------------------------------------------------------------


@pytest.fixture
async def db(db: Database) -> Database:
    await db.write(build)
    return db


@pytest.fixture
async def lite(sqlite_url: str) -> Any:
    """SQLite whose groups stay open as long as somebody waits."""
    async with Database.open(sqlite_url, group_seconds=HOUR, busy_seconds=0.4) as database:
        await database.write(build)
        yield database


@pytest.fixture
async def pg(postgres_url: str) -> Any:
    async with Database.open(postgres_url, busy_seconds=0.2) as database:
        await database.write(build)
        yield database


class Gate:
    """Keeps a use-case inside until it is opened, so that what comes meanwhile shares its group."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.opened = threading.Event()

    def hold(self, store: Store) -> None:
        self.reached.set()
        assert self.opened.wait(30)

    async def until_reached(self) -> None:
        assert await asyncio.to_thread(self.reached.wait, 30)


async def queued(*calls: Any) -> list[asyncio.Task[Any]]:
    """Start the calls, in this order, and return when each waits for its turn."""
    tasks = [asyncio.ensure_future(call) for call in calls]
    await asyncio.sleep(0)
    return tasks


async def as_one_group(db: Database, *calls: Any) -> list[Any]:
    gate = Gate()
    holder = await queued(db.write(gate.hold))
    await gate.until_reached()
    tasks = await queued(*calls)
    gate.opened.set()
    return (await asyncio.gather(*holder, *tasks, return_exceptions=True))[1:]


def in_a_process(script: str, url: str) -> "subprocess.Popen[str]":
    """Another process at the same database; `url` is its argument, the tests' use-cases are at hand."""
    preamble = "import asyncio, os, sys, sqlite3; from tests.storage.test_database import *; url = sys.argv[1]\n"
    return subprocess.Popen(
        [sys.executable, "-c", preamble + script, url],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def file_of(url: str) -> Path:
    return Path(make_url(url).database or "")


@contextmanager
def as_ordinary_user() -> Iterator[None]:
    """File permissions bind root only when it acts as somebody else."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


# ---- both databases -----------------------------------------------------------------------------


async def test_what_a_use_case_returns_is_returned_and_its_rows_are_kept(db: Database) -> None:
    assert await db.write(jot, words="milk") == "milk"
    assert await db.read(notes) == ["milk"]


async def test_a_refused_use_case_is_rolled_back_alone(db: Database) -> None:
    asked = [db.write(jot, "a"), db.write(jot_and_refuse, "b"), db.write(jot, "c")]
    told = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(told[1], Refused)
    assert (told[0], told[2]) == ("a", "c")
    assert await db.read(notes) == ["a", "c"]


async def test_a_use_case_that_breaks_is_rolled_back_alone_and_only_its_caller_hears(db: Database) -> None:
    asked = [db.write(jot, "a"), db.write(jot_and_fail, "b"), db.write(jot, "a2")]
    told = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(told[1], KeyError)
    assert await db.read(notes) == ["a", "a2"]


async def test_a_broken_rule_of_the_schema_is_the_use_cases_own_error(db: Database) -> None:
    await db.write(jot, "once")
    with pytest.raises(exc.IntegrityError):
        await db.write(jot, "once")


async def test_an_error_tells_nothing_of_what_people_typed(db: Database) -> None:
    def ask_nowhere(store: Store) -> None:
        store.connection.execute(text("SELECT :words FROM nowhere"), {"words": "our secret"})

    with pytest.raises(exc.DBAPIError) as error:
        await db.write(ask_nowhere)
    assert "nowhere" in str(error.value)
    assert "our secret" not in str(error.value)


@pytest.mark.parametrize("lane", ["people", "background"])
async def test_a_stop_iteration_reaches_the_caller_as_an_error(db: Database, lane: str) -> None:
    def careless(store: Store) -> None:
        next(iter([]))

    door = db if lane == "people" else db.background()
    for ask in (door.write, door.read):
        with pytest.raises(RuntimeError, match="StopIteration"):
            await ask(careless)


async def test_a_read_is_one_snapshot(db: Database) -> None:
    gate = Gate()

    def look_twice(store: Store) -> tuple[list[str], list[str]]:
        first = notes(store)
        gate.hold(store)
        return first, notes(store)

    looking = asyncio.ensure_future(db.read(look_twice))
    await gate.until_reached()
    await db.write(jot, "meanwhile")
    gate.opened.set()
    assert await looking == ([], [])
    assert await db.read(notes) == ["meanwhile"]


async def test_a_query_cannot_change_anything(db: Database) -> None:
    with pytest.raises(exc.DBAPIError):
        await db.read(jot, "sneaked in")
    assert await db.read(notes) == []


async def test_a_query_after_a_write_sees_what_was_written(db: Database) -> None:
    assert await db.write_then_read(jot, lambda store, written: (written, notes(store)), "milk") == (
        "milk",
        ("milk", ["milk"]),
    )


async def test_a_refused_write_is_asked_nothing_about(db: Database) -> None:
    asked: list[None] = []
    with pytest.raises(Refused):
        await db.write_then_read(jot_and_refuse, lambda _store, written: asked.append(written), "milk")
    assert not asked
    assert await db.read(notes) == []


async def test_listeners_hear_of_a_write_that_is_asked_about(db: Database) -> None:
    heard: list[str] = []
    db.on_write(lambda: heard.append("changed"))
    await db.write_then_read(jot, lambda store, _: notes(store), "milk")
    await asyncio.sleep(0.05)
    assert heard == ["changed"]


async def test_both_lanes_lead_to_the_same_memory(db: Database) -> None:
    await db.background().write(jot, "from below")
    assert await db.read(notes) == await db.background().read(notes) == ["from below"]


async def test_listeners_hear_of_changes_and_of_nothing_else(db: Database) -> None:
    heard: list[bool] = []
    db.on_write(lambda: heard.append(asyncio.get_running_loop().is_running()))
    await db.write(nothing)
    await db.write(notes)
    with pytest.raises(Refused):
        await db.write(jot_and_refuse, "b")
    await asyncio.sleep(0)
    assert heard == []
    await db.background().write(jot, "a")
    await asyncio.sleep(0)
    assert heard == [True]


async def test_a_cancelled_caller_harms_nobody(db: Database) -> None:
    gate = Gate()
    inside = (await queued(db.write(gate.hold)))[0]
    await gate.until_reached()
    waiting = (await queued(db.write(jot, "a")))[0]
    inside.cancel()
    waiting.cancel()
    gate.opened.set()
    assert await db.write(jot, "b") == "b"
    assert inside.cancelled()
    assert waiting.cancelled()


async def test_closing_carries_out_what_waits_and_refuses_who_comes_later(database_url: str) -> None:
    db = Database.open(database_url)
    await db.write(build)
    gate = Gate()
    holder = await queued(db.write(gate.hold))
    await gate.until_reached()
    waiting = await queued(*(db.write(jot, f"{i:02}") for i in range(20)))
    closing = await queued(db.close())
    gate.opened.set()
    await asyncio.gather(*holder, *waiting, *closing)
    for late in (db.write(jot, "late"), db.read(notes), db.background().read(notes)):
        with pytest.raises(Unavailable):
            await late
    await db.close()
    async with Database.open(database_url) as again:
        assert len(await again.read(notes)) == 20


async def test_what_was_answered_survives_a_kill(database_url: str) -> None:
    script = """
async def main():
    db = Database.open(url)
    await db.write(build)
    print(await db.write(jot, "answered"), flush=True)
    os.kill(os.getpid(), 9)
asyncio.run(main())
"""
    with in_a_process(script, database_url) as process:
        said, _ = process.communicate(timeout=60)
    assert (said, process.returncode) == ("answered\n", -9)
    async with Database.open(database_url) as db:
        assert await db.read(notes) == ["answered"]


async def test_a_ping_is_quiet_when_all_is_well(db: Database) -> None:
    await db.ping()


@pytest.mark.parametrize(
    "url",
    ["sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&uri=true", "mysql://x/y", "tandem.db"],
)
async def test_a_database_that_cannot_be_kept_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match=r"sqlite:///tandem\.db|SQLite or Postgres"):
        Database.open(url)


# ---- SQLite -------------------------------------------------------------------------------------


async def test_results_are_given_out_only_after_the_commit(lite: Database, sqlite_url: str) -> None:
    gate = Gate()
    done, inside = await queued(lite.write(jot, "done"), lite.write(gate.hold))
    await gate.until_reached()
    await asyncio.sleep(0)
    assert not done.done()
    assert await lite.read(notes) == []
    gate.opened.set()
    assert await done == "done"
    await inside


async def test_in_one_group_each_is_kept_or_rolled_back_by_itself(lite: Database) -> None:
    calls = [
        lite.write(jot, "a"),
        lite.write(jot_and_refuse, "b"),
        lite.write(jot_and_fail, "c"),
        lite.write(jot, "a"),
    ]
    told = await as_one_group(lite, *calls, lite.write(jot, "d"))
    assert [type(answer) for answer in told] == [str, Refused, KeyError, exc.IntegrityError, str]
    assert await lite.read(notes) == ["a", "d"]


async def test_who_fills_the_disk_does_not_take_the_others_down(
    lite: Database, caplog: pytest.LogCaptureFixture
) -> None:
    def shrink_the_disk(store: Store) -> None:
        pages = store.connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        store.connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 50}")

    await lite.write(shrink_the_disk)
    with caplog.at_level(logging.WARNING):
        told = await as_one_group(
            lite, lite.write(count_up), lite.write(fill_the_disk), lite.write(jot, "a"), lite.write(count_up)
        )
    assert "one by one" in caplog.text
    assert isinstance(told[1], Unavailable)
    assert (told[0], *told[2:]) == (1, "a", 2)
    assert await lite.read(counted) == 2


async def test_a_disk_that_fails_in_the_commit_fails_only_who_asked_too_much(lite: Database) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))  # no file grows beyond that: EFBIG
    try:
        calls = [lite.write(count_up), lite.write(fill_the_disk), lite.write(jot, "a"), lite.write(count_up)]
        told = await as_one_group(lite, *calls)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert isinstance(told[1], Unavailable)
    assert (told[0], *told[2:]) == (1, "a", 2)
    assert await lite.write(count_up) == 3


async def test_a_use_case_that_goes_on_after_the_database_gave_up_writes_nothing(lite: Database) -> None:
    def stubborn(store: Store) -> None:
        store.connection.exec_driver_sql("PRAGMA max_page_count = 1")
        try:
            fill_the_disk(store)
        except exc.OperationalError:
            jot(store, "outside of any transaction")

    with pytest.raises(Unavailable):
        await lite.write(stubborn)
    assert await lite.read(notes) == []


async def test_a_commit_that_fails_is_the_failure_of_one(lite: Database) -> None:
    def reply_to_nobody(store: Store) -> None:
        store.connection.execute(insert(REPLY).values(words="hello?", to="nobody"))

    told = await as_one_group(lite, lite.write(jot, "a"), lite.write(reply_to_nobody), lite.write(count_up))
    assert (told[0], told[2]) == ("a", 1)
    assert isinstance(told[1], exc.IntegrityError)
    assert await lite.read(counted) == 1


async def test_a_rival_who_keeps_the_file_makes_us_busy_and_nothing_is_done(
    lite: Database, sqlite_url: str
) -> None:
    script = """
rival = sqlite3.connect(file_of(url), isolation_level=None)
rival.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.readline()
rival.execute("COMMIT")
print("released", flush=True)
"""
    with in_a_process(script, sqlite_url) as rival:
        assert rival.stdout is not None
        assert await asyncio.to_thread(rival.stdout.readline) == "held\n"
        asked = [
            lite.write(jot, "a"),
            lite.write(jot, "b"),
            lite.background().write(jot, "c"),
            lite.ping(seconds=9),
        ]
        told = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(answer) for answer in told] == [Busy] * 4
        assert await lite.read(notes) == []
        rival.communicate("go\n", timeout=30)
    assert await lite.write(jot, "d") == "d"
    assert await lite.read(notes) == ["d"]


async def test_a_ping_gives_up_in_time(lite: Database) -> None:
    gate = Gate()
    holder = await queued(lite.write(gate.hold))
    await gate.until_reached()
    with pytest.raises(Busy):
        await lite.ping(seconds=0.05)
    gate.opened.set()
    await asyncio.gather(*holder)


@pytest.mark.parametrize("what", ["file", "folder"])
async def test_where_nothing_may_be_written_we_are_unavailable(sqlite_url: str, what: str) -> None:
    path = file_of(sqlite_url)
    async with Database.open(sqlite_url) as db:
        await db.write(build)
    for place in (path, path.parent) if what == "folder" else (path,):
        place.chmod(0o555)
    for parent in path.parents[1:-2]:
        parent.chmod(parent.stat().st_mode | 0o055)
    with as_ordinary_user():
        async with Database.open(sqlite_url) as db:
            with pytest.raises(Unavailable):
                await db.write(jot, "a")
            with pytest.raises(Unavailable):
                await db.ping()
    path.parent.chmod(0o755)


async def test_a_file_that_becomes_writable_again_is_taken_up_again(sqlite_url: str) -> None:
    path = file_of(sqlite_url)
    async with Database.open(f"sqlite:///file:{path}?mode=rw&uri=true") as db:
        path.rename(path.with_suffix(".away"))
        with pytest.raises(Unavailable):
            await db.write(build)
        path.with_suffix(".away").rename(path)
        await db.write(build)


async def test_what_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "letter.db").write_text("Dear Sir or Madam, " * 500)
    async with Database.open(f"sqlite:///{tmp_path}/letter.db") as db:
        for ask in (db.read, db.write):
            with pytest.raises(Unavailable, match="not a database"):
                await ask(notes)


async def test_people_overtake_ten_thousand_background_writes(sqlite_url: str) -> None:
    gate, order = Gate(), []

    def take_note(store: Store, who: int | str) -> None:
        if who == 500:
            gate.hold(store)
        order.append(who)

    async with Database.open(sqlite_url) as db:
        behind = db.background()
        crowd = await queued(*(behind.write(take_note, i) for i in range(10_000)))
        await gate.until_reached()
        person = await queued(db.write(take_note, "alice"))
        gate.opened.set()
        await asyncio.gather(*person, *crowd)
    assert order == [*range(501), "alice", *range(501, 10_000)]


async def test_a_group_takes_no_more_once_its_time_is_up(sqlite_url: str) -> None:
    def how_many(store: Store) -> int:
        """Changes since the last commit are unseen by others: how many notes do the others see?"""
        with sqlite3.connect(file_of(sqlite_url)) as other:
            (seen,) = other.execute("SELECT count(*) FROM note").fetchone()
        other.close()
        jot(store, f"{seen}")
        return int(seen)

    async with Database.open(sqlite_url, group_seconds=0) as db:
        await db.write(build)
        assert await as_one_group(db, *(db.write(how_many) for _ in range(3))) == [0, 1, 2]


async def test_a_result_left_half_read_does_not_hold_us_in_the_past(sqlite_url: str) -> None:
    left: list[CursorResult[Any]] = []

    def leave_half_read(store: Store) -> None:
        left.append(store.connection.execute(select(NOTE.c.words)))
        left[0].fetchone()

    async with Database.open(sqlite_url) as ours, Database.open(sqlite_url) as theirs:
        await ours.write(build)
        for words in ("a", "b", "c"):
            await ours.write(jot, words)
        await ours.write(leave_half_read)
        await theirs.write(jot, "d")
        await ours.write(jot, "e")
        assert await ours.read(notes) == ["a", "b", "c", "d", "e"]
        left.clear()


async def test_a_use_case_that_breaks_the_connection_is_told_and_the_next_one_works(lite: Database) -> None:
    def pull_the_plug(store: Store) -> None:
        raw = store.connection.connection.dbapi_connection
        assert raw is not None
        raw.close()

    told = await as_one_group(lite, lite.write(jot, "a"), lite.write(pull_the_plug), lite.write(jot, "b"))
    assert isinstance(told[1], Unavailable)
    assert (told[0], told[2]) == ("a", "b")
    assert await lite.read(notes) == ["a", "b"]


async def test_two_processes_at_one_file_lose_nothing(sqlite_url: str) -> None:
    script = """
async def main():
    async with Database.open(url, busy_seconds=30) as db:
        await asyncio.gather(*(db.write(count_up) for _ in range(150)))
asyncio.run(main())
"""
    async with Database.open(sqlite_url, busy_seconds=30) as db:
        await db.write(build)
        with in_a_process(script, sqlite_url) as one, in_a_process(script, sqlite_url) as two:
            codes = await asyncio.to_thread(lambda: (one.wait(60), two.wait(60)))
        assert codes == (0, 0)
        assert await db.write(count_up) == 301


# ---- Postgres -----------------------------------------------------------------------------------


def meeting(rivals: int) -> Callable[[], None]:
    """Makes use-cases wait for each other in their first runs, so that they conflict for certain."""
    barrier = threading.Barrier(rivals)
    met = threading.local()

    def meet() -> None:
        if not getattr(met, "already", False):
            met.already = True
            barrier.wait(30)

    return meet


async def test_who_loses_a_race_is_run_again(pg: Database) -> None:
    meet, runs = meeting(2), []

    def count_together(store: Store) -> int:
        runs.append(1)
        n: int = store.connection.execute(select(COUNTER.c.n)).scalar_one() + 1
        meet()
        store.connection.execute(update(COUNTER).values(n=n))
        return n

    told = await asyncio.gather(pg.write(count_together), pg.write(count_together))
    assert sorted(told) == [1, 2]
    assert await pg.read(counted) == 2
    assert len(runs) == 3


async def test_two_who_make_the_same_thing_make_it_once(pg: Database) -> None:
    meet = meeting(2)

    def make_once(store: Store) -> str:
        found = store.connection.scalar(select(NOTE.c.words))
        meet()
        return "there already" if found else jot(store, "made")

    assert sorted(await asyncio.gather(pg.write(make_once), pg.write(make_once))) == ["made", "there already"]


async def test_people_have_threads_of_their_own(pg: Database) -> None:
    gates = [Gate() for _ in range(4)]
    crowd = await queued(*(pg.background().write(gate.hold) for gate in gates))
    await gates[0].until_reached()
    await gates[1].until_reached()
    assert await pg.write(jot, "a") == "a"
    for gate in gates:
        gate.opened.set()
    await asyncio.gather(*crowd)


async def test_a_race_lost_six_times_is_busy(pg: Database) -> None:
    runs = []

    def lose(store: Store) -> None:
        runs.append(1)
        jot(store, "a")
        store.connection.execute(text("DO $$ BEGIN RAISE serialization_failure; END $$"))

    with pytest.raises(Busy):
        await pg.write(lose)
    assert len(runs) == 6
    assert await pg.read(notes) == []


async def test_a_row_that_is_held_too_long_makes_us_busy(pg: Database, postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as rival:
        rival.execute("UPDATE counter SET n = 7")
        with pytest.raises(Busy):
            await pg.write(count_up)
        rival.rollback()
    assert await pg.write(count_up) == 1


async def test_a_statement_that_takes_too_long_makes_us_busy(pg: Database) -> None:
    def dawdle(store: Store) -> None:
        jot(store, "a")
        store.connection.execute(text("SET LOCAL statement_timeout = '20ms'"))
        store.connection.execute(text("SELECT pg_sleep(30)"))

    with pytest.raises(Busy):
        await pg.write(dawdle)
    assert await pg.read(notes) == []


@pytest.mark.parametrize("when", ["before a statement", "before the commit"])
async def test_a_lost_connection_is_unavailable_and_the_next_call_works(
    pg: Database, postgres_url: str, when: str
) -> None:
    def be_killed(store: Store) -> None:
        jot(store, "a")
        pid = store.connection.scalar(select(func.pg_backend_pid()))
        with psycopg.connect(postgres_url) as operator:
            operator.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
        if when == "before a statement":
            jot(store, "b")

    with pytest.raises(Unavailable):
        await pg.write(be_killed)
    assert await pg.write(jot, "c") == "c"
    assert await pg.read(notes) == ["c"]


async def test_connections_lost_while_idle_are_not_noticed(pg: Database, postgres_url: str) -> None:
    await asyncio.gather(*(pg.write(jot, f"{i}") for i in range(8)))
    with psycopg.connect(postgres_url) as operator:
        operator.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert await asyncio.gather(*(pg.write(count_up) for _ in range(2)))
    assert len(await pg.read(notes)) == 8


async def test_a_server_that_takes_no_changes_is_unavailable(pg: Database, postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as operator:
        name = make_url(postgres_url).database
        operator.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    async with Database.open(postgres_url) as db:
        assert await db.read(notes) == []
        for ask in (db.ping(), db.write(jot, "a")):
            with pytest.raises(Unavailable):
                await ask


async def test_a_server_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    async with Database.open(f"postgresql://postgres@/tandem?host={tmp_path}") as db:
        for ask in (db.ping(), db.read(notes), db.write(jot, "a")):
            with pytest.raises(Unavailable):
                await ask


async def test_moments_come_back_in_utc(pg: Database) -> None:
    def zone(store: Store) -> str:
        return str(store.connection.scalar(text("SHOW timezone")))

    assert await pg.read(zone) == "UTC"
