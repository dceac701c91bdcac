"""What both kinds of database share: lanes and threads, news of changes, what a failure means, whose URL it is."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from typing import TypeVar

import psycopg
from sqlalchemy import URL, Connection, exc, make_url

from bot.domain.errors import Busy, Unavailable

T = TypeVar("T")
Work = Callable[[Connection], T]  # a use-case with everything it needs
Heard = Callable[[], None]

log = logging.getLogger(__name__)


class Lane(StrEnum):
    PEOPLE = "people"
    BACKGROUND = "background"


class News:
    """Brings what happened in threads to the event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._listeners: list[Heard] = []

    def tell(self, heard: Heard) -> None:
        self._listeners.append(heard)

    def changed(self) -> None:
        """On the loop. Each listener has a turn of its own: one that fails keeps nothing from the others."""
        for heard in self._listeners:
            self.loop.call_soon(heard)

    def bring(self, message: Callable[..., None], *args: object) -> None:
        """From any thread."""
        try:
            self.loop.call_soon_threadsafe(message, *args)
        except RuntimeError:
            log.debug("nobody left to hear", extra={"message_lost": message.__name__})  # the loop has closed


class Threads:
    """Threads that wait for the database so that the event loop does not: one for each connection."""

    def __init__(self, name: str, size: int) -> None:
        self._pool = ThreadPoolExecutor(size, thread_name_prefix=f"tandem-{name}")

    async def run(self, work: Callable[[], T]) -> T:
        try:
            future = asyncio.get_running_loop().run_in_executor(self._pool, work)
        except RuntimeError as closed:
            raise closed_door() from closed
        return await future

    def close(self) -> None:
        self._pool.shutdown(wait=True)


def closed_door() -> Unavailable:
    return Unavailable("database: the door is closed")


# ---------------------------------------------------------------- what a failure means


class GoneError(Exception):
    """The database rolled back the whole transaction by itself."""


_SQLITE_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_SQLITE_DOWN = {
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_NOLFS,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_READONLY,
}
POSTGRES_AGAIN = {"40001", "40P01"}  # serialization failure, deadlock
_POSTGRES_BUSY = {*POSTGRES_AGAIN, "55P03", "57014"}  # lock timeout, statement timeout
# connection, credentials, no such database, read-only, resources, operator, I/O, corruption
_POSTGRES_DOWN = ("08", "28", "3D000", "25006", "25P03", "25P04", "53", "57P", "58", "F0", "XX")


def meaning(error: BaseException) -> BaseException:
    """What an exception means to the caller of the door: Busy, Unavailable, or itself."""
    if isinstance(error, exc.TimeoutError):
        return Busy(one_line(error))
    if isinstance(error, GoneError):
        return Unavailable(one_line(error))
    cause = error.orig if isinstance(error, exc.DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        return _sqlite_meaning(cause) or error
    if isinstance(cause, psycopg.Error):
        return _postgres_meaning(cause) or error
    return error


def _sqlite_meaning(cause: sqlite3.Error) -> Exception | None:
    kind = sqlite_code(cause) & 0xFF
    if kind in _SQLITE_BUSY:
        return Busy(one_line(cause))
    return Unavailable(one_line(cause)) if kind in _SQLITE_DOWN else None


def _postgres_meaning(cause: psycopg.Error) -> Exception | None:
    state = cause.sqlstate
    if state in _POSTGRES_BUSY:
        return Busy(one_line(cause))
    lost = state is None and isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError)
    return Unavailable(one_line(cause)) if lost or (state or "").startswith(_POSTGRES_DOWN) else None


def sqlite_code(cause: BaseException) -> int:
    """The extended result code; 0 for complaints of the Python module itself."""
    code: int = getattr(cause, "sqlite_errorcode", 0)
    return code


def one_line(error: BaseException) -> str:
    """One line, and no parameters: people's words don't belong in logs."""
    return "database: " + str(error).strip().partition("\n")[0].removeprefix("database: ")


def raise_meaning(error: BaseException) -> None:
    """Raise what `error` means if that is something else than itself."""
    if (meant := meaning(error)) is not error:
        raise meant from error


# ---------------------------------------------------------------- URLs


def plain(url: str) -> URL:
    """The SQLAlchemy URL with our driver put in. Raises ValueError where Tandem cannot keep its memory."""
    try:
        parsed = make_url(url)
    except exc.ArgumentError as broken:
        raise ValueError("DATABASE_URL is not a URL; write sqlite:///tandem.db or postgresql://...") from broken
    match parsed.get_backend_name():
        case "sqlite":
            return _on_disk(parsed.set(drivername="sqlite"))
        case "postgresql" | "postgres":
            return parsed.set(drivername="postgresql+psycopg")
        case other:
            raise ValueError(f"Tandem keeps its memory in SQLite or Postgres, not in {other}")


def _on_disk(url: URL) -> URL:
    name = url.database or ":memory:"
    if ":memory:" in name or url.query.get("mode") == "memory":
        raise ValueError("a SQLite database in memory would forget everything; write sqlite:///tandem.db")
    return url
