"""The SQLite side of the door: one thread that writes, in groups, and a few that read."""

import asyncio
import logging
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Generic, TypeVar, cast

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event, exc

from bot.domain.errors import Busy, Unavailable
from storage.engines import (
    GoneError,
    Lane,
    News,
    Threads,
    Work,
    closed_door,
    meaning,
    one_line,
    raise_meaning,
    sqlite_code,
)

T = TypeVar("T")
U = TypeVar("U")

DURABLE = ("journal_mode=WAL", "synchronous=FULL")

log = logging.getLogger(__name__)


def sqlite_engine(url: URL, *, pragmas: Sequence[str], busy_seconds: float, size: int = 1) -> Engine:
    """An engine that begins nothing by itself: sqlite3's own way loses updates, savepoints and DDL."""
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=size,
        max_overflow=0,
        hide_parameters=True,
        connect_args={"isolation_level": None, "timeout": busy_seconds, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def prepare(raw: sqlite3.Connection, _record: object) -> None:
        try:
            _set(raw, pragmas, until=time.monotonic() + busy_seconds)
        except sqlite3.Error:
            raw.close()  # the pool forgets a connection that failed here without closing it
            raise

    return engine


def _set(raw: sqlite3.Connection, pragmas: Sequence[str], *, until: float) -> None:
    for pragma in pragmas:
        while True:
            try:
                raw.execute(f"PRAGMA {pragma}").close()
                break
            except sqlite3.OperationalError as error:
                # Of several that switch a new file to WAL at once, SQLite lets only one wait.
                if not isinstance(meaning(error), Busy) or time.monotonic() > until:
                    raise
                time.sleep(0.01)


class Sqlite:
    """One thread writes, a few read."""

    def __init__(self, url: URL, news: News, busy_seconds: float, group_seconds: float) -> None:
        self._writer = _Writer(url, news, busy_seconds, group_seconds)
        readers = {Lane.PEOPLE: 4, Lane.BACKGROUND: 1}
        self._engine = sqlite_engine(
            url, pragmas=("query_only=ON",), busy_seconds=busy_seconds, size=sum(readers.values())
        )
        self._threads = {lane: Threads(f"read-{lane}", size) for lane, size in readers.items()}

    async def read(self, work: Work[T], lane: Lane) -> T:
        return await self._threads[lane].run(lambda: self._snapshot(work))

    async def write(self, work: Work[T], lane: Lane) -> T:
        return await self._writer.submit(work, lane)

    async def write_then_read(self, work: Work[T], query: Callable[[Connection, T], U], lane: Lane) -> tuple[T, U]:
        """In the writer's own turn, where nobody can come in between: a second thread would cost more."""

        def both(connection: Connection) -> tuple[T, U]:
            made = work(connection)
            return made, query(connection, made)

        return await self.write(both, lane)

    def close(self) -> None:
        self._writer.close()
        for threads in self._threads.values():
            threads.close()
        self._engine.dispose()

    def _snapshot(self, query: Work[T]) -> T:
        try:
            with self._engine.connect() as connection:
                connection.exec_driver_sql("BEGIN")
                return query(connection)
        except exc.DBAPIError as error:
            if sqlite_code(error.orig or error) != sqlite3.SQLITE_READONLY:  # that one is a query that writes
                raise_meaning(error)
            raise


class _Job(Generic[T]):
    """One use-case on its way through the writer."""

    def __init__(self, work: Work[T], future: asyncio.Future[T]) -> None:
        self.work = work
        self.future = future
        self.result: T | None = None
        self.error: BaseException | None = None
        self.missed = 0  #: turns that went by because somebody else held the file

    def settle(self) -> None:
        if self.future.done():  # cancelled
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(cast("T", self.result))


class _Writer:
    """The one thread that writes to a SQLite file.

    What waits becomes one group: one transaction, each use-case in a savepoint of its own, one sync to the
    disk for all of them. Rival writers would wait for each other in SQLite's unfair busy handler instead.
    """

    #: A wait for the file is cut in turns, so that who comes late waits no longer than who came early.
    _PATIENCE_TURNS = 4
    #: Of a group's time. A person who comes while background work is done waits for that at most.
    _BACKGROUND_SHARE = 0.3

    def __init__(self, url: URL, news: News, busy_seconds: float, group_seconds: float) -> None:
        self._engine = sqlite_engine(
            url,
            pragmas=(*DURABLE, "foreign_keys=ON", "temp_store=MEMORY"),
            busy_seconds=busy_seconds / self._PATIENCE_TURNS,
        )
        event.listen(self._engine, "before_cursor_execute", _stay_inside)
        self._news = news
        self._limits = {Lane.PEOPLE: group_seconds, Lane.BACKGROUND: group_seconds * self._BACKGROUND_SHARE}
        self._lanes: dict[Lane, deque[_Job[Any]]] = {lane: deque() for lane in Lane}  # in the order of precedence
        self._bell = threading.Condition()
        self._closing = False
        self._aboard: list[_Job[Any]] = []
        self._changed = False
        self._connection: Connection | None = None
        self._thread = threading.Thread(target=self._run, name="tandem-writer", daemon=True)
        self._thread.start()

    async def submit(self, work: Work[T], lane: Lane) -> T:
        job = _Job(work, self._news.loop.create_future())
        with self._bell:
            if self._closing:
                raise closed_door()
            self._lanes[lane].append(job)
            self._bell.notify()
        result: T = await job.future
        return result

    def close(self) -> None:
        with self._bell:
            self._closing = True
            self._bell.notify()
        self._thread.join()

    def _run(self) -> None:
        try:
            while self._awaken():
                self._take_turn()
        finally:
            self._closing = True  # nobody may wait for a thread that is gone
            self._abandon(closed_door())
            self._disconnect()
            self._engine.dispose()

    def _take_turn(self) -> None:
        try:
            self._serve()
        except BaseException as error:  # the thread must survive; the error goes to the callers
            log.error("the writer failed", exc_info=error)
            self._changed = True  # perhaps: better one look too many
            self._disconnect()
            self._abandon(error)
        else:
            self._give_out()

    def _awaken(self) -> bool:
        with self._bell:
            while not (waiting := any(self._lanes.values())) and not self._closing:
                self._bell.wait()
            return waiting

    def _serve(self) -> None:
        """One group, from the lock to the commit."""
        if not self._lock():
            self._miss_a_turn()
            return
        try:
            self._transact(self._boarding())
        except (GoneError, exc.DBAPIError, sqlite3.Error) as error:
            log.warning("a group failed and is done one by one", extra={"size": len(self._aboard)}, exc_info=error)
            self._undo()
            for job in self._aboard:
                self._do_alone(job)

    def _lock(self) -> bool:
        """Take the write lock of the file; False if somebody else kept it for a whole turn."""
        try:
            self._raw().execute("BEGIN IMMEDIATE")
        except (sqlite3.OperationalError, exc.OperationalError) as error:
            if sqlite_code(error) == sqlite3.SQLITE_BUSY_SNAPSHOT:
                # A result somebody forgot to read to its end holds this connection at an old snapshot.
                self._disconnect()
            if isinstance(meaning(error), Busy):
                return False
            raise
        return True

    def _transact(self, jobs: Iterable[_Job[Any]]) -> None:
        """Run the jobs in the transaction that `_lock` began, and commit. Raises if none of it was kept."""
        raw = self._raw()
        with self._connect().begin():
            for job in jobs:
                self._do_member(job, raw)
                if not raw.in_transaction:
                    raise GoneError("the whole transaction was rolled back") from job.error

    def _do_member(self, job: _Job[Any], raw: sqlite3.Connection) -> None:
        before = raw.total_changes
        raw.execute("SAVEPOINT member")
        try:
            job.result, job.error = job.work(self._connect()), None
            self._changed |= raw.total_changes != before
        except BaseException as error:  # noqa: BLE001  it belongs to the caller, who gets it
            job.error = _attributed(error)
            if raw.in_transaction:
                raw.execute("ROLLBACK TO member")
        if raw.in_transaction:
            raw.execute("RELEASE member")

    def _do_alone(self, job: _Job[Any]) -> None:
        """Again, in a transaction of its own: one that asks too much must not take the rest down."""
        try:
            if any(self._lock() for _ in range(self._PATIENCE_TURNS)):
                self._transact([job])
            else:
                job.error = _no_turn()
        except exc.IntegrityError as error:  # of a rule that is looked at only in the commit
            job.error = error
            self._undo()
        except Exception as error:  # noqa: BLE001  the next one must have its turn; the error goes to the caller
            meant = _attributed(error)
            job.error = meant if isinstance(meant, Busy) else _unknown(error.__cause__ or error)
            self._disconnect()

    def _undo(self) -> None:
        """A COMMIT that failed leaves the transaction open; a connection that cannot even roll back is dropped."""
        try:
            self._raw().rollback()
        except sqlite3.Error:
            self._disconnect()

    def _boarding(self) -> Iterator[_Job[Any]]:
        began = time.monotonic()
        while job := self._next(time.monotonic() - began):
            self._aboard.append(job)
            yield job

    def _next(self, age: float) -> _Job[Any] | None:
        """Who comes next into a group of this age: people before background, nobody once it is too old."""
        with self._bell:
            for lane, jobs in self._lanes.items():
                while jobs and (age < self._limits[lane] or not self._aboard):
                    job = jobs.popleft()
                    if not job.future.cancelled():
                        return job
        return None

    def _miss_a_turn(self) -> None:
        with self._bell:
            for jobs in self._lanes.values():
                for job in jobs:
                    job.missed += 1
                while jobs and jobs[0].missed >= self._PATIENCE_TURNS:
                    job = jobs.popleft()
                    job.error = _no_turn()
                    self._aboard.append(job)

    def _abandon(self, error: BaseException) -> None:
        """The connection is no good, or we are wrong: whoever was aboard hears it, else all who wait."""
        with self._bell:
            if not self._aboard:
                self._aboard = [job for jobs in self._lanes.values() for job in jobs]
                for jobs in self._lanes.values():
                    jobs.clear()
        for job in self._aboard:
            job.error = _unknown(error)
        self._give_out()

    def _give_out(self) -> None:
        self._news.bring(self._settle, self._aboard, self._changed)
        self._aboard, self._changed = [], False

    def _settle(self, jobs: list[_Job[Any]], changed: bool) -> None:
        for job in jobs:
            job.settle()
        if changed:
            self._news.changed()

    def _connect(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _raw(self) -> sqlite3.Connection:
        return cast("sqlite3.Connection", self._connect().connection.dbapi_connection)

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(exc.SQLAlchemyError, sqlite3.Error):
                connection.invalidate()
                connection.close()


def _stay_inside(connection: Connection, *_: object) -> None:
    # After SQLite has rolled everything back, a use-case that went on would write without any transaction.
    if not cast("sqlite3.Connection", connection.connection.dbapi_connection).in_transaction:
        raise GoneError("the whole transaction was rolled back")


def _attributed(error: BaseException) -> BaseException:
    meant = meaning(error)
    if meant is not error:
        meant.__cause__ = error
    return meant


def _unknown(error: BaseException) -> Unavailable:
    unknown = Unavailable(one_line(error))
    unknown.__cause__ = error
    return unknown


def _no_turn() -> Busy:
    return Busy("database: somebody else is writing to the file for too long")
