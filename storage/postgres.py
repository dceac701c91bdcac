"""The Postgres side of the door: a pool for each lane, and another run for who lost a race."""

import random
import re
import time
from collections.abc import Callable
from types import MappingProxyType
from typing import Any, TypeVar, cast

import psycopg
from sqlalchemy import URL, Connection, Engine, create_engine, event, exc

from storage.engines import POSTGRES_AGAIN, Lane, News, Threads, Work, raise_meaning

T = TypeVar("T")
U = TypeVar("U")

_CHANGES = re.compile(r"\b(insert|update|delete|merge|truncate)\b", re.IGNORECASE)
_PATIENCE = {  # a server that vanished without a word is given up after seconds, not hours
    "connect_timeout": "5",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "15000",
    "application_name": "tandem",
}


def postgres_engine(url: URL, *, settings: dict[str, str], size: int = 1) -> Engine:
    """An engine whose sessions speak UTC and have these settings; what the URL says of timeouts wins."""
    engine = create_engine(
        url,
        pool_size=size,
        max_overflow=0,
        hide_parameters=True,
        pool_pre_ping=True,
        connect_args={name: value for name, value in _PATIENCE.items() if name not in url.query},
    )
    lines = ";".join(f"SET {name} = '{value}'" for name, value in {"timezone": "UTC", **settings}.items())

    @event.listens_for(engine, "connect")
    def prepare(raw: psycopg.Connection[Any], _record: object) -> None:
        raw.autocommit = True
        raw.execute(cast("Any", lines))
        raw.autocommit = False

    return engine


#: Taken first in every write, before the snapshot: beside the others, or, for who has lost a race, alone.
#: A rival that keeps losing to a crowd would be told Busy; alone it can't lose. Any table would do.
_BESIDE = "LOCK TABLE workspace IN ROW EXCLUSIVE MODE"
_ALONE = "LOCK TABLE workspace IN EXCLUSIVE MODE"


class Postgres:
    """A pool of threads and connections for each lane. Who loses a race is run again, alone."""

    _RERUNS = 5
    _SIZES = MappingProxyType({Lane.PEOPLE: 8, Lane.BACKGROUND: 3})
    #: Of a lane's connections; more who write at once do no more, they lose more races to one another.
    _WRITERS = MappingProxyType({Lane.PEOPLE: 3, Lane.BACKGROUND: 2})
    _STATEMENT = MappingProxyType({Lane.PEOPLE: "10s", Lane.BACKGROUND: "60s"})

    def __init__(self, url: URL, news: News, busy_seconds: float) -> None:
        self._news = news
        self._reading = {lane: Threads(f"read-{lane}", self._SIZES[lane] - self._WRITERS[lane]) for lane in Lane}
        self._writing = {lane: Threads(f"write-{lane}", self._WRITERS[lane]) for lane in Lane}
        self._engines = {lane: self._engine(url, lane, busy_seconds) for lane in Lane}
        self._readers = self._with_isolation("REPEATABLE READ")
        self._writers = self._with_isolation("SERIALIZABLE")

    def _engine(self, url: URL, lane: Lane, busy_seconds: float) -> Engine:
        settings = {
            "lock_timeout": f"{busy_seconds * 1000:.0f}ms",
            "statement_timeout": self._STATEMENT[lane],
            "idle_in_transaction_session_timeout": "60s",  # a frozen replica must not hold its locks for ever
        }
        engine = postgres_engine(url, settings=settings, size=self._SIZES[lane])
        event.listen(engine, "after_cursor_execute", _note_change)
        return engine

    def _with_isolation(self, level: str) -> dict[Lane, Engine]:
        return {lane: engine.execution_options(isolation_level=level) for lane, engine in self._engines.items()}

    async def read(self, work: Work[T], lane: Lane) -> T:
        return await self._reading[lane].run(lambda: self._snapshot(lane, work))

    async def write(self, work: Work[T], lane: Lane) -> T:
        return await self._writing[lane].run(lambda: self._insist(lane, work))

    async def write_then_read(self, work: Work[T], query: Callable[[Connection, T], U], lane: Lane) -> tuple[T, U]:
        def both() -> tuple[T, U]:
            made = self._insist(lane, work)
            return made, self._snapshot(lane, lambda connection: query(connection, made))

        return await self._writing[lane].run(both)

    def close(self) -> None:
        for threads in (*self._writing.values(), *self._reading.values()):
            threads.close()
        for engine in self._engines.values():
            engine.dispose()

    def _snapshot(self, lane: Lane, query: Work[T]) -> T:
        try:
            with self._readers[lane].connect() as connection:
                _psycopg(connection).read_only = True
                return query(connection)
        except (exc.DBAPIError, exc.TimeoutError) as error:
            if _state(error) != "25006":  # that one is a query that writes
                raise_meaning(error)
            raise

    def _insist(self, lane: Lane, use_case: Work[T], run: int = 0) -> T:
        """Run it, and again up to five times where it lost a race."""
        try:
            return self._transact(lane, use_case, alone=run > 0)
        except (exc.DBAPIError, exc.TimeoutError) as error:
            if run == self._RERUNS or not _worth_another_run(error):
                raise_meaning(error)
                raise
        time.sleep(random.uniform(0, 0.01 * 2**run))  # noqa: S311  rivals must not meet again
        return self._insist(lane, use_case, run + 1)

    def _transact(self, lane: Lane, use_case: Work[T], *, alone: bool) -> T:
        with self._writers[lane].connect() as connection:
            _psycopg(connection).read_only = None  # as the server says: an operator may have switched it
            connection.info["changed"] = False
            with connection.begin():
                connection.exec_driver_sql(_ALONE if alone else _BESIDE)
                result = use_case(connection)
            changed = connection.info["changed"]
        if changed:
            self._news.bring(self._news.changed)
        return result


def _psycopg(connection: Connection) -> psycopg.Connection[Any]:
    return cast("psycopg.Connection[Any]", connection.connection.dbapi_connection)


def _note_change(connection: Connection, cursor: Any, statement: str, *_: object) -> None:
    # When in doubt it is a change: a listener who looks once too often loses nothing.
    if cursor.rowcount and _CHANGES.search(statement):
        connection.info["changed"] = True


def _worth_another_run(error: BaseException) -> bool:
    # Of two that looked for a key and then inserted it, Postgres may tell the loser "duplicate" instead of
    # "serialization failure"; in another run it finds what the winner has put there.
    return _state(error) in {*POSTGRES_AGAIN, "23505"}


def _state(error: BaseException) -> str | None:
    cause = error.orig if isinstance(error, exc.DBAPIError) else error
    return cause.sqlstate if isinstance(cause, psycopg.Error) else None
