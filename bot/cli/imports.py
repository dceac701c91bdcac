"""`tandem import`: a CSV file, checked whole before the first row is kept, then kept in small steps."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TypeVar
from uuid import uuid4

from bot import app
from bot.cli.sheets import Sheet
from bot.domain.acts import TANDEM, Act, Via
from bot.domain.errors import Busy
from bot.domain.ids import RequestNumber, Slug
from bot.domain.imports import AccountRow, MetricRow, RequestRow, Row
from bot.domain.mappings import Reading
from bot.domain.outcomes import metric_of, request_in
from bot.services import imports as service
from bot.services import outcomes
from bot.settings import Settings
from storage.database import Database
from storage.store import Store

R = TypeVar("R", bound=Row)
T = TypeVar("T")
Kept = Callable[[int], None]  #: told how many rows are kept so far
UseCase = Callable[[Store, Act, Sequence[R]], int]

STEP_SECONDS = 0.015  #: one transaction: short enough never to delay a person
LEAST, MOST = 1_200, 4_000  #: weight of a step, some 25 rows: of a smaller one most is its commit
QUIET_SECONDS = 3.0  #: after others last wrote
QUIET_SHARE = 0.25  #: of a step's time is left to others when there seem to be none
SHOWN = 10  #: unknown words told
TRIES = 10  #: for a step that found the database busy
PAUSE = 0.5  #: seconds before each


async def accounts(settings: Settings, path: Path, kept: Kept = lambda _: None) -> int:
    """Add or update accounts; how many. Raises Refused, with nothing done, when a line is wrong."""
    sheet = Sheet(path, AccountRow)
    check_accounts(settings, sheet)
    return await keep_accounts(settings, sheet, kept)


async def requests(settings: Settings, path: Path, kept: Kept = lambda _: None, *, cards: bool = False) -> int:
    """Add requests; how many were new. Raises Refused, with nothing done, when a line is wrong."""
    sheet = Sheet(path, RequestRow)
    sheet.check()
    return await keep_requests(settings, sheet, kept, cards=cards)


async def metrics(settings: Settings, path: Path, kept: Kept = lambda _: None) -> int:
    """Keep figures; how many were new or another. Raises Refused, with nothing done, when a line is wrong."""
    sheet = Sheet(path, MetricRow)
    sheet.check()
    return await keep_metrics(settings, sheet, kept)


# ---- a sheet that has been checked --------------------------------------------------------------


def check_accounts(settings: Settings, sheet: Sheet[AccountRow]) -> int:
    """How many good rows there are; amounts must fit their currency, or the company's."""
    return sheet.check(partial(AccountRow.arr_minor, default_currency=settings.tandem_currency))


async def keep_accounts(settings: Settings, sheet: Sheet[AccountRow], kept: Kept) -> int:
    async with app.open_database(settings) as db:
        return await _keep(db, sheet, service.accounts, kept)


async def keep_requests(settings: Settings, sheet: Sheet[RequestRow], kept: Kept, *, cards: bool = False) -> int:
    async with app.open_database(settings) as db:
        return await _keep(db, sheet, partial(service.requests, cards=cards), kept)


async def keep_metrics(settings: Settings, sheet: Sheet[MetricRow], kept: Kept) -> int:
    async with app.open_database(settings) as db:
        sheet.check(_Once(await _known(db, sheet)))
        return await _keep(db, sheet, outcomes.import_figures, kept)


async def _known(db: Database, sheet: Sheet[MetricRow]) -> Mapping[RequestNumber | Slug, Slug]:
    """The requests whose adoption a file speaks of, as far as they exist."""
    keys = {key for row in sheet.rows() if (key := request_in(row.metric)) is not None}
    return await db.read(outcomes.known, list(keys))


class _Once:
    """Finds fault with a figure of a request that isn't there, and with one that another line gives too."""

    def __init__(self, known: Mapping[RequestNumber | Slug, Slug]) -> None:
        self._known = known
        self._seen: dict[tuple[str, str], Decimal] = {}

    def __call__(self, row: MetricRow) -> None:
        other = self._seen.setdefault((self._name(row), row.period), row.value)
        if other != row.value:
            raise ValueError(f"value: another line says {other:f} for {row.period}; keep one of the two")

    def _name(self, row: MetricRow) -> str:
        key = request_in(row.metric)
        if key is None:
            return row.metric
        if key not in self._known:
            name = key if isinstance(key, str) else f"R-{key}"
            raise ValueError(f"metric: there is no {name} on the board; write the slug or number of one that is")
        return metric_of(self._known[key])


# ---- exports of other tools ---------------------------------------------------------------------


def told(reading: Reading) -> Iterator[str]:
    """Which columns were used, and what could not be said in our words."""
    used = ", ".join(f"{said} from {column!r}" for said, column in reading.used.items())
    unused = f"; not used: {', '.join(map(repr, reading.unused))}" if reading.unused else ""
    yield f"{reading.tool.name}: {used}{unused}."
    if reading.unknown:
        words = ", ".join(f"{word!r} ({count:,})" for word, count in reading.unknown.most_common(SHOWN))
        yield f"These statuses are not known, so their requests come to the backlog: {words}."
    if reading.passed_over:
        yield f"Left out: {reading.passed_over:,} products, components and the like, which are no requests."
    if reading.undated:
        yield f"Left empty: {reading.undated:,} dates; write them like 2026-11-23."
    if reading.unsized:
        yield f"Left empty: {reading.unsized:,} efforts; a job size is at most 20."


# ---- in small steps -----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Step:
    """One transaction's worth of rows, kept."""

    count: int
    weight: int
    seconds: float  #: in the transaction, without the commit
    others: int | None  #: another number than last time when another process has written; None on Postgres


class Pace:
    """How much one step holds, and how long the database is left alone after it.

    A step holds what fits into STEP_SECONDS, as far as the last ones showed. SQLite's waiters are not served in
    turn: while others write, it is left to them for as long as the step took. What comes next is read meanwhile.
    Postgres needs no such pause.
    """

    def __init__(self) -> None:
        self.weight: float = LEAST
        self._others: int | None = None
        self._quiet_from = monotonic()
        self._free = monotonic()

    def steps(self, rows: Iterator[R]) -> Iterator[Sequence[R]]:
        step: list[R] = []
        weight = 0
        for row in rows:
            step.append(row)
            weight += row.weight
            if weight >= self.weight:
                yield step
                step, weight = [], 0
        if step:
            yield step

    async def turn(self) -> None:
        await asyncio.sleep(max(0.0, self._free - monotonic()))

    def took(self, step: Step, seconds: float) -> None:
        """`seconds`: waiting and the commit included, which are no shorter for a smaller step."""
        now = monotonic()
        if step.others != self._others:
            self._others, self._quiet_from = step.others, now + QUIET_SECONDS
        share = 1.0 if now < self._quiet_from else QUIET_SHARE
        self._free = now if step.others is None else now + seconds * share
        fits = step.weight * STEP_SECONDS / step.seconds
        self.weight = max(LEAST, min(fits, 1.5 * self.weight, MOST))


async def _keep(db: Database, sheet: Sheet[R], use_case: UseCase[R], kept: Kept) -> int:
    """Step by step; what they come to."""
    pace = Pace()
    done = seen = 0
    for rows in pace.steps(sheet.rows()):
        await pace.turn()
        began = monotonic()
        step = await patiently(partial(db.background().write, _step, use_case, act(), rows))
        pace.took(step, monotonic() - began)
        done += step.count
        seen += len(rows)
        kept(seen)
    return done


def _step(store: Store, use_case: UseCase[R], act: Act, rows: Sequence[R]) -> Step:
    began = monotonic()
    count = use_case(store, act, rows)
    took = monotonic() - began
    return Step(count=count, weight=sum(row.weight for row in rows), seconds=took, others=store.others)


async def politely(step: Callable[[], Awaitable[int]]) -> int:
    """Take a step patiently, then leave the database to people for as long as it took."""
    began = monotonic()
    done = await patiently(step)
    await asyncio.sleep(monotonic() - began)
    return done


async def patiently(step: Callable[[], Awaitable[T]]) -> T:
    """Take a step, again while people keep the database busy. Raises Busy in the end."""
    for _ in range(TRIES):
        try:
            return await step()
        except Busy:
            await asyncio.sleep(PAUSE)
    return await step()


def act() -> Act:
    return app.REAL.act(TANDEM, Via.IMPORT, uuid4().hex)
