"""`tandem import`: a CSV file, checked whole before the first row is kept, then kept in small steps."""

import asyncio
import csv
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import TypeVar
from uuid import uuid4

from pydantic import ValidationError

from bot import app
from bot.domain.acts import TANDEM, Act, Via
from bot.domain.errors import Busy, Refused
from bot.domain.ids import RequestNumber, Slug
from bot.domain.imports import AccountRow, MetricRow, RequestRow, Row
from bot.domain.outcomes import metric_of, request_in
from bot.services import imports as service
from bot.services import outcomes
from bot.settings import Settings
from storage.database import Database

R = TypeVar("R", bound=Row)
Kept = Callable[[int], None]  #: told how many rows are kept so far

STEP = 5  #: rows in one transaction: short enough never to delay a person
TRIES = 10  #: for a step that found the database busy
PAUSE = 0.5  #: seconds before each
SHOWN = 5  #: errors told at once


async def accounts(settings: Settings, path: Path, kept: Kept = lambda _: None) -> int:
    """Add or update accounts; how many. Raises Refused, with nothing done, when a line is wrong."""
    check(path, AccountRow, partial(AccountRow.arr_minor, default_currency=settings.tandem_currency))
    done = 0
    async with app.open_database(settings) as db:
        for rows in _steps(read(path, AccountRow)):
            done += await _patiently(partial(db.background().write, service.accounts, _act(), rows))
            kept(done)
    return done


async def requests(settings: Settings, path: Path, kept: Kept = lambda _: None, *, cards: bool = False) -> int:
    """Add requests; how many were new. Raises Refused, with nothing done, when a line is wrong."""
    check(path, RequestRow)
    new = seen = 0
    async with app.open_database(settings) as db:
        for rows in _steps(read(path, RequestRow)):
            new += await _patiently(partial(db.background().write, service.requests, _act(), rows, cards=cards))
            seen += len(rows)
            kept(seen)
    return new


async def metrics(settings: Settings, path: Path, kept: Kept = lambda _: None) -> int:
    """Keep figures; how many were new or another. Raises Refused, with nothing done, when a line is wrong."""
    check(path, MetricRow)
    changed = seen = 0
    async with app.open_database(settings) as db:
        check(path, MetricRow, _Once(await _known(db, path)))
        for rows in _steps(read(path, MetricRow)):
            changed += await _patiently(partial(db.background().write, outcomes.import_figures, _act(), rows))
            seen += len(rows)
            kept(seen)
    return changed


async def _known(db: Database, path: Path) -> Mapping[RequestNumber | Slug, Slug]:
    """The requests whose adoption a file speaks of, as far as they exist."""
    keys = {key for row in read(path, MetricRow) if (key := request_in(row.metric)) is not None}
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


async def _patiently(step: Callable[[], Awaitable[int]]) -> int:
    """Take a step, again while people keep the database busy. Raises Busy in the end.

    Then leave the database to people for as long as the step took: SQLite's waiters are not served in turn.
    """
    began = monotonic()
    for _ in range(TRIES):
        try:
            done = await step()
        except Busy:
            await asyncio.sleep(PAUSE)
        else:
            await asyncio.sleep(monotonic() - began)
            return done
    return await step()


def check(path: Path, kind: type[R], further: Callable[[R], object] = lambda _: None) -> int:
    """How many rows the file holds. Raises Refused that names the first lines at fault and what is wrong there."""
    _check_columns(path, kind)
    wrong: list[str] = []
    count = 0
    for line, values in _lines(path):
        count += 1
        try:
            further(kind.model_validate(values))
        except ValidationError as errors:
            wrong += [f"line {line}, {_where(e['loc'])}: {_said(e['type'], e['msg'])}" for e in errors.errors()]
        except ValueError as error:
            wrong.append(f"line {line}, {error}")
        if len(wrong) >= SHOWN:
            break
    if wrong:
        raise Refused(f"{path}: nothing was imported. {'; '.join(wrong[:SHOWN])}")
    return count


def _check_columns(path: Path, kind: type[Row]) -> None:
    known = kind.model_fields
    columns = _columns(path)
    needed = [name for name, field in known.items() if field.is_required() and name not in columns]
    unknown = [name for name in columns if name not in known]
    if needed or unknown:
        faults = [f"column {name} is missing" for name in needed] + [
            f"no column is called {name!r}" for name in unknown
        ]
        named = ", ".join(sorted(known, key=lambda name: not known[name].is_required()))
        raise Refused(f"{path}: nothing was imported. {'; '.join(faults[:SHOWN])}. Columns are {named}.")


def read(path: Path, kind: type[R]) -> Iterator[R]:
    """The rows of a file that has been checked."""
    return (kind.model_validate(values) for _, values in _lines(path))


def _columns(path: Path) -> list[str]:
    with _opened(path) as reader:
        return [_name(column) for column in reader.fieldnames or ()]


def _lines(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and values by column."""
    with _opened(path) as reader:
        for row in reader:
            if None in row or None in row.values():
                raise Refused(f"{path}: line {reader.line_num} has more or fewer columns than the first line.")
            yield reader.line_num, {_name(column): value for column, value in row.items()}


@contextmanager
def _opened(path: Path) -> "Iterator[csv.DictReader[str]]":  # quoted: not subscriptable at run time
    """UTF-8, separated by commas or semicolons. Raises Refused for a file that can't be read so."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            head = file.readline()
            file.seek(0)
            delimiter = ";" if head.count(";") > head.count(",") else ","
            yield csv.DictReader(file, delimiter=delimiter, strict=True)
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise Refused(f"{path}: not UTF-8 at byte {error.start}. Save it as CSV UTF-8.") from None
    except csv.Error as error:
        raise Refused(f"{path}: {error}") from None


def _name(column: str) -> str:
    return column.strip().lower()


def _steps(rows: Iterator[R]) -> Iterator[Sequence[R]]:
    while step := list(islice(rows, STEP)):
        yield step


def _act() -> Act:
    return app.REAL.act(TANDEM, Via.IMPORT, uuid4().hex)


def _where(place: tuple[int | str, ...]) -> str:
    return str(place[0]) if place else "the row"


def _said(kind: str, message: str) -> str:
    return "is empty" if kind == "missing" else message.removeprefix("Value error, ")
