"""The door to the memory: every read is one snapshot, every write one durable transaction.

A use-case is a plain synchronous function that gets a Store first. The door decides when it runs, runs it
again where the database asks for that, and gives its result out only after the commit.
"""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Concatenate, ParamSpec, Protocol, Self, TypeVar

from sqlalchemy import Connection

from bot.domain.errors import Busy, Unavailable
from bot.domain.policy import Policy
from storage.engines import Heard, Lane, News, Work, plain
from storage.postgres import Postgres
from storage.sqlite import Sqlite
from storage.store import Store

P = ParamSpec("P")
T = TypeVar("T")
U = TypeVar("U")


class Database:
    """The door. Open one per process, on the event loop that will use it, and close it.

    Every call can raise `Refused` (the use-case said no and was rolled back alone), `Busy` (nothing was
    done) or `Unavailable` (the outcome is unknown; the same key is safe to send again). Any other exception
    is the use-case's own: it was rolled back alone and goes to its caller only.
    """

    def __init__(self, backend: "_Backend", news: News, fixed: Policy, lane: Lane) -> None:
        self._backend = backend
        self._news = news
        self._fixed = fixed
        self._lane = lane

    @classmethod
    def open(
        cls, url: str, *, fixed: Policy | None = None, busy_seconds: float = 2.0, group_seconds: float = 0.025
    ) -> "Database":
        """A door to `sqlite:///path` or `postgresql://...`. Touches nothing; the first call does.

        `fixed` is what the environment decides, for the Store; `busy_seconds` how long a write waits for its
        turn before `Busy`; `group_seconds` how long one group of writes may hold the lock of a SQLite file.
        Raises ValueError for a database in memory and for anything but SQLite and Postgres.
        """
        news = News(asyncio.get_running_loop())
        where = plain(url)
        backend: _Backend
        if where.get_backend_name() == "sqlite":
            backend = Sqlite(where, news, busy_seconds, group_seconds)
        else:
            backend = Postgres(where, news, busy_seconds)
        return cls(backend, news, fixed or Policy(), Lane.PEOPLE)

    async def read(self, query: Callable[Concatenate[Store, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Ask one snapshot: the query sees the database as it was at its first look, and cannot change it."""
        return await self._backend.read(_bound(self._fixed, query, *args, **kwargs), self._lane)

    async def write(self, use_case: Callable[Concatenate[Store, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do it as one transaction; durable when this returns. The use-case may be run more than once.

        A caller that is cancelled before its turn is skipped; one cancelled later is carried out unheard.
        """
        return await self._backend.write(_bound(self._fixed, use_case, *args, **kwargs), self._lane)

    async def write_then_read(
        self,
        use_case: Callable[Concatenate[Store, P], T],
        query: Callable[[Store, T], U],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> tuple[T, U]:
        """Write, then ask about what came of it, in one errand: the query sees what was written, or newer.

        On Postgres the query has a snapshot of its own, so that reading much makes no rivals. When it fails there,
        what was written stays, and the same key is safe to send again.
        """
        work = _bound(self._fixed, use_case, *args, **kwargs)
        return await self._backend.write_then_read(work, _asking(self._fixed, query), self._lane)

    def background(self) -> "Database":
        """The same door, lower lane: for work that must never delay people. Closing one closes both."""
        return Database(self._backend, self._news, self._fixed, Lane.BACKGROUND)

    def on_write(self, heard: Heard) -> None:
        """Call `heard` on the event loop after each commit that changed something, until the door is closed.

        Commits that changed no row are passed over: a listener's own empty-handed writes must not wake it.
        """
        self._news.tell(heard)

    async def ping(self, *, seconds: float = 2.0) -> None:
        """Return if the database can be read and written now, else raise Busy or Unavailable."""
        try:
            async with asyncio.timeout(seconds):
                await self.read(_look)
                await self.write(_look)
        except TimeoutError as late:
            raise Busy(f"the database did not answer within {seconds:g} s") from late

    async def close(self) -> None:
        """Carry out what waits, then let go of every connection. Newcomers get Unavailable."""
        await asyncio.to_thread(self._backend.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class _Backend(Protocol):
    async def read(self, work: Work[T], lane: Lane) -> T: ...
    async def write(self, work: Work[T], lane: Lane) -> T: ...
    async def write_then_read(
        self, work: Work[T], query: Callable[[Connection, T], U], lane: Lane
    ) -> tuple[T, U]: ...
    def close(self) -> None: ...


def _bound(
    fixed: Policy, use_case: Callable[Concatenate[Store, P], T], *args: P.args, **kwargs: P.kwargs
) -> Work[T]:
    def work(connection: Connection) -> T:
        try:
            return use_case(Store(connection, fixed), *args, **kwargs)
        except StopIteration as stop:
            # A future cannot carry a StopIteration: its caller would wait for ever.
            raise RuntimeError("a use-case let a StopIteration out") from stop

    return work


def _asking(fixed: Policy, query: Callable[[Store, T], U]) -> Callable[[Connection, T], U]:
    return lambda connection, made: _bound(fixed, query, made)(connection)


def _look(store: Store) -> None:
    # A standby, or a server switched to read-only, takes transactions and refuses changes.
    takes_changes = {
        "sqlite": "SELECT 1",
        "postgresql": "SELECT NOT pg_is_in_recovery() AND current_setting('default_transaction_read_only') = 'off'",
    }
    if not store.connection.exec_driver_sql(takes_changes[store.connection.dialect.name]).scalar_one():
        raise Unavailable("database: it is read-only")
