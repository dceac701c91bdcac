"""Migrations: ours hold to the tables, and whatever goes wrong leaves nothing behind."""

import asyncio
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, inspect, make_url

from bot.domain.errors import Unavailable
from storage import migrate
from storage.database import Database
from storage.engines import plain
from storage.store import Store
from storage.tables import metadata

ROOT = Path(__file__).parents[2]
FIRST = """
revision, down_revision = "first", None
from alembic import op
import sqlalchemy as sa
def upgrade():
    op.create_table("parent", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String))
    op.create_table(
        "child",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("parent", sa.Integer, sa.ForeignKey("parent.id", ondelete="CASCADE"), nullable=False),
    )
def downgrade():
    op.drop_table("child")
    op.drop_table("parent")
"""
WIDER = """
revision, down_revision = "wider", "first"
from alembic import op
import sqlalchemy as sa
def upgrade():
    recreate = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("parent", recreate=recreate) as parent:
        parent.alter_column("name", new_column_name="title", existing_type=sa.String)
def downgrade():
    with op.batch_alter_table("parent") as parent:
        parent.alter_column("title", new_column_name="name", existing_type=sa.String)
"""
BROKEN = """
revision, down_revision = "broken", "first"
from alembic import op
import sqlalchemy as sa
def upgrade():
    op.create_table("half", sa.Column("id", sa.Integer, primary_key=True))
    op.execute("INSERT INTO half VALUES (1)")
    raise KeyError("half-way")
def downgrade():
    pass
"""
ORPHANS = """
revision, down_revision = "orphans", "first"
from alembic import op
def upgrade():
    op.execute("DELETE FROM parent")
def downgrade():
    pass
"""


class Scripts:
    """A folder of revisions of the test's own."""

    def __init__(self, folder: Path) -> None:
        ours = Path(migrate.__file__).parent / "migrations"
        (folder / "versions").mkdir(parents=True)
        shutil.copy(ours / "env.py", folder)
        shutil.copy(ours / "script.py.mako", folder)
        self.folder = folder

    def having(self, **revisions: str) -> str:
        for name, source in revisions.items():
            (self.folder / "versions" / f"{name}.py").write_text(source)
        return str(self.folder)


@pytest.fixture
def scripts(tmp_path: Path) -> Scripts:
    return Scripts(tmp_path / "scripts")


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without any table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/empty.db"
    url: str = request.getfixturevalue("postgres_url")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = create_engine(plain(database_url))
    yield made
    made.dispose()


def tables(url: str) -> set[str]:
    engine = create_engine(plain(url))
    with engine.connect() as connection:
        names = set(inspect(connection).get_table_names())
    engine.dispose()
    return names - {"alembic_version"}


def run(url: str, *statements: str) -> list[tuple[object, ...]]:
    """What the last statement says."""
    engine = create_engine(plain(url))
    with engine.begin() as connection:
        for statement in statements:
            result = connection.exec_driver_sql(statement)
        rows = [tuple(row) for row in result] if result.returns_rows else []
    engine.dispose()
    return rows


# ---- our revisions ------------------------------------------------------------------------------


def test_the_revisions_lead_to_the_tables_as_they_are(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_up_down_and_up_again(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    top, made = migrate.current(empty_url), tables(empty_url)
    assert made == set(metadata.tables)
    migrate.downgrade(empty_url, "base")
    assert (migrate.current(empty_url), tables(empty_url)) == (None, set())
    migrate.upgrade(empty_url)
    assert (migrate.current(empty_url), tables(empty_url)) == (top, made)


def test_a_database_that_is_up_to_date_is_not_locked(sqlite_url: str) -> None:
    path = make_url(sqlite_url).database
    assert path is not None
    rival = sqlite3.connect(path, isolation_level=None)
    rival.execute("BEGIN IMMEDIATE")
    migrate.upgrade(sqlite_url)
    rival.close()


def test_a_file_starts_out_durable(tmp_path: Path) -> None:
    migrate.upgrade(f"sqlite:///{tmp_path}/new.db")
    assert run(f"sqlite:///{tmp_path}/new.db", "PRAGMA journal_mode") == [("wal",)]


_REQUEST = (
    "INSERT INTO request (number, slug, key, title, problem, source, status, at, changed_at, companies, version,"
    " same_as) VALUES ({0}, 'r-{0}-x', 'k{0}', 'R', 'P', 'support', '{1}', 0, 0, 1, 1, {2})"
)
_ASK = (
    'INSERT INTO ask (number, account, "by", at, deal_minor, deal_currency, closes)'
    " VALUES ({0}, '{1}', '{2}', {3}, {4}, {5}, {6})"
)
LIVED = [
    *(f"INSERT INTO account (id, name, folded, at) VALUES ('{name}', '{name}', '{name}', 0)" for name in "ab"),
    _REQUEST.format(1, "backlog", "NULL"),
    _REQUEST.format(2, "declined", 1),
    _REQUEST.format(3, "declined", 2),
    _ASK.format(1, "a", "U1", 10, 500, "'EUR'", "NULL"),
    _ASK.format(2, "a", "U2", 20, 500, "'EUR'", "'2026-12-31'"),
    _ASK.format(3, "a", "U2", 30, 900, "'USD'", "NULL"),
    _ASK.format(3, "b", "U2", 40, "NULL", "NULL", "NULL"),
]


def test_a_board_in_use_keeps_who_waits_for_what_and_each_deal_once(empty_url: str) -> None:
    migrate.upgrade(empty_url, "0003")
    run(empty_url, *LIVED)
    migrate.upgrade(empty_url)
    assert run(empty_url, "SELECT number, survivor FROM request ORDER BY number") == [(1, None), (2, 1), (3, 1)]
    assert run(empty_url, "SELECT number, behind, account FROM ask ORDER BY id") == [
        *((1, 1, "a"), (2, 1, "a")),
        *((3, 1, "a"), (3, 1, "b")),
    ]
    deals = run(empty_url, "SELECT account, minor, currency, state, at FROM deal ORDER BY minor")
    assert deals == [("a", 500, "EUR", "open", 10), ("a", 900, "USD", "open", 30)]
    assert len(run(empty_url, "SELECT 1 FROM mark WHERE name = 'scores kept since'")) == 1
    migrate.downgrade(empty_url, "0003")
    [(minor, currency)] = run(empty_url, "SELECT deal_minor, deal_currency FROM ask WHERE deal_minor IS NOT NULL")
    assert (minor, currency) == (500, "EUR")
    migrate.upgrade(empty_url)
    assert run(empty_url, "SELECT account, minor FROM deal") == [("a", 500)]


# ---- whatever the revisions ---------------------------------------------------------------------


def test_a_migration_that_fails_leaves_nothing_behind(empty_url: str, scripts: Scripts) -> None:
    with pytest.raises(KeyError, match="half-way"):
        migrate.upgrade(empty_url, scripts=scripts.having(first=FIRST, broken=BROKEN))
    assert (migrate.current(empty_url), tables(empty_url)) == (None, set())


def test_rebuilding_a_table_keeps_the_rows_that_point_to_it(empty_url: str, scripts: Scripts) -> None:
    migrate.upgrade(empty_url, scripts=scripts.having(first=FIRST))
    run(empty_url, "INSERT INTO parent VALUES (1, 'Ada')", "INSERT INTO child VALUES (7, 1)")
    migrate.upgrade(empty_url, scripts=scripts.having(wider=WIDER))
    asked = "SELECT child.id, parent.title FROM child JOIN parent ON child.parent = parent.id"
    assert run(empty_url, asked) == [(7, "Ada")]


def test_a_migration_that_would_leave_orphans_on_sqlite_is_undone(tmp_path: Path, scripts: Scripts) -> None:
    url = f"sqlite:///{tmp_path}/orphans.db"
    migrate.upgrade(url, scripts=scripts.having(first=FIRST))
    run(url, "INSERT INTO parent VALUES (1, 'Ada')", "INSERT INTO child VALUES (7, 1)")
    with pytest.raises(RuntimeError, match="rows of child without their parent"):
        migrate.upgrade(url, scripts=scripts.having(orphans=ORPHANS))
    assert migrate.current(url) == "first"
    assert run(url, "SELECT id FROM parent") == [(1,)]


def test_a_newer_schema_is_refused_in_one_line(empty_url: str, scripts: Scripts, tmp_path: Path) -> None:
    migrate.upgrade(empty_url, scripts=scripts.having(first=FIRST, wider=WIDER))
    older = Scripts(tmp_path / "older").having(first=FIRST)
    for move in (migrate.upgrade, migrate.downgrade):
        with pytest.raises(migrate.NewerSchemaError, match="install the newer version") as refused:
            move(empty_url, "first", scripts=older)
        assert "\n" not in str(refused.value)
    with pytest.raises(migrate.NewerSchemaError):
        migrate.upgrade(empty_url, scripts=older)


def test_several_starting_at_once_migrate_once(empty_url: str, scripts: Scripts) -> None:
    folder = scripts.having(first=FIRST, wider=WIDER)
    start = """
import sys
from storage import migrate
sys.stdin.readline()
migrate.upgrade(sys.argv[1], scripts=sys.argv[2])
"""
    crowd = [
        subprocess.Popen([sys.executable, "-c", start, empty_url, folder], cwd=ROOT, stdin=subprocess.PIPE)
        for _ in range(4)
    ]
    for process in crowd:
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.flush()
    for process in crowd:
        process.communicate(timeout=60)
    assert [process.returncode for process in crowd] == [0] * 4
    assert migrate.current(empty_url) == "wider"


async def test_a_running_door_carries_on_across_a_migration(empty_url: str, scripts: Scripts) -> None:
    folder = scripts.having(first=FIRST)
    migrate.upgrade(empty_url, scripts=folder)

    def grow(store: Store, name: str) -> int:
        store.connection.exec_driver_sql(f"INSERT INTO child VALUES ({name}, {name})")
        return int(store.connection.exec_driver_sql("SELECT count(*) FROM child").scalar_one())

    async with Database.open(empty_url) as db:
        await asyncio.to_thread(run, empty_url, "CREATE TABLE workspace (id INTEGER)")  # every write locks it
        await asyncio.to_thread(run, empty_url, "INSERT INTO parent VALUES (1, 'Ada'), (2, 'Bo')")
        assert await db.write(grow, "1") == 1
        await asyncio.to_thread(migrate.upgrade, empty_url, scripts=scripts.having(wider=WIDER))
        assert await db.write(grow, "2") == 2


def test_the_next_revision_can_be_drafted_from_the_tables(scripts: Scripts, empty_url: str) -> None:
    assert migrate.draft("Everything", scripts=scripts.having()).name == "0001_everything.py"
    migrate.upgrade(empty_url, scripts=scripts.having())
    assert tables(empty_url) == set(metadata.tables)
    second = migrate.draft("Nothing more", scripts=scripts.having())
    assert "op." not in second.read_text()


# ---- waiting at the start -----------------------------------------------------------------------


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def read(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_a_database_that_answers_is_not_waited_for(database_url: str) -> None:
    clock = Clock()
    migrate.wait_for(database_url, sleep=clock.sleep, clock=clock.read)
    assert clock.now == 0


@pytest.mark.parametrize("url", ["postgresql://postgres@/tandem?host={}/none", "sqlite:///{}/none/tandem.db"])
def test_a_database_that_stays_down_is_given_up_in_one_line(url: str, tmp_path: Path) -> None:
    clock = Clock()
    with pytest.raises(Unavailable, match="no answer within 30 s") as down:
        migrate.wait_for(url.format(tmp_path), sleep=clock.sleep, clock=clock.read)
    assert 25 < clock.now <= 30
    assert "\n" not in str(down.value)


def test_a_database_that_comes_up_late_is_waited_for(tmp_path: Path) -> None:
    clock = Clock()

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        if clock.now > 10:
            (tmp_path / "late").mkdir(exist_ok=True)

    migrate.wait_for(f"sqlite:///{tmp_path}/late/tandem.db", sleep=sleep, clock=clock.read)
    assert clock.now > 10
