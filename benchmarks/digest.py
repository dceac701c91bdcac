"""What the weekly digest costs: composing it at 1k, 10k and 100k requests.

Composed through the door, on SQLite and Postgres, in this process and with nobody else asking. The floor is the
bare question for the first five of the board through the same door. The board grows and the week with it: one
request in a hundred came, shipped, began or got another date in it. What would make it dishonest: a board without
work in progress, late dates, blockers, customers with money, sentences told or a digest before (see `_live`), or
planner statistics that production would not have.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
from sqlalchemy import make_url

from benchmarks import databases
from benchmarks.ack import OURS
from benchmarks.board import BOARD, POLICY, USER, settle_in
from benchmarks.fill import fill, settle
from benchmarks.scale import Scale
from benchmarks.sizes import Doing, line, take
from benchmarks.table import Table, Tell
from bot.domain.board import Filter
from bot.domain.digest import Digest, Part, Waiting
from bot.domain.ids import ChannelId
from bot.domain.periods import Weekly
from bot.domain.reviews import ITEMS
from bot.domain.subscriptions import COMPANY, Subscription
from bot.services import digest
from storage import migrate
from storage.database import Database
from storage.store import Store

Statement = tuple[str, Sequence[tuple[Any, ...]]]

CHANNEL = ChannelId("C9")
FLOOR = "top five alone (floor)"
THE_DIGEST = "the company's digest"
NOW = datetime(2026, 11, 30, 10, tzinfo=UTC)
LAST, THIS = "2026-W48", "2026-W49"
COMPANYS = Subscription(id=COMPANY, channel=CHANNEL, weekly=Weekly.read("mon 10:00", UTC), by=USER, at=NOW)
_WEEK = timedelta(days=7)


async def composing(scale: Scale, tell: Tell) -> None:
    with databases.folder() as folder, databases.opened(folder) as made:
        for kind, name in OURS.items():
            tell(await _table(name, made.make(kind), scale))


async def _table(name: str, url: str, scale: Scale) -> Table:
    migrate.upgrade(url)
    await settle_in(url)
    _pour(url, _before())
    taken: dict[str, dict[str, list[float]]] = {}
    size = 0
    for wanted in scale.sizes:
        fill(url, size + 1, wanted, user=USER, channel=BOARD)
        _pour(url, _live(size + 1, wanted))
        settle(url)
        taken[f"{wanted:,}"] = await take(url, POLICY, DOINGS, wanted, scale.looks)
        size = wanted
    rows = [line(what, taken, GOALS) for what in DOINGS]
    note = f"ms, p50 / p99 of {scale.looks}; requests on the board above, one in a hundred moved this week"
    return Table(title=f"Composing the weekly digest on {name}", columns=list(taken), rows=rows, notes=[note])


# ---- what is done -------------------------------------------------------------------------------


def _compose(store: Store, of: Subscription) -> Digest:
    return digest.compose(store, of, THIS, NOW)


def _decide(store: Store) -> Part[Waiting]:
    return digest.decisions(store, NOW, Filter(), ITEMS)


async def _read_top(db: Database, size: int) -> object:
    return await db.read(lambda store: store.requests.top(digest.TOP))


async def _read_moves(db: Database, size: int) -> object:
    return await db.read(lambda store: store.changes.moves(NOW - _WEEK, NOW, 2_000))


async def _company(db: Database, size: int) -> object:
    return await db.read(_compose, COMPANYS)


async def _direction(db: Database, size: int) -> object:
    return await db.read(_compose, replace(COMPANYS, direction="cost"))


async def _decisions(db: Database, size: int) -> object:
    return await db.read(_decide)


DOINGS: Mapping[str, Doing] = {
    FLOOR: _read_top,
    "the week's moves alone": _read_moves,
    THE_DIGEST: _company,
    "a direction's digest": _direction,
    "decisions of a review": _decisions,
}
GOALS = {THE_DIGEST: 1.0}


# ---- a board that is worked on ------------------------------------------------------------------


def _before() -> list[Statement]:
    """A channel of our own, the digest a week ago, and a year of the north star."""
    star = '{"metric": "m", "name": "Activation", "definition": "d", "unit": "%", "target": 65}'
    return [
        ("INSERT INTO channel (id, name, is_shared, refreshed_at) VALUES (?, 'c', ?, 0)", [(CHANNEL, False)]),
        ("INSERT INTO setting (name, version, value, at) VALUES ('north_star', 1, ?, 0)", [(star,)]),
        (
            "INSERT INTO metric (metric, period, value, at) VALUES ('m', ?, ?, 0)",
            [(f"2026-{month:02}", month) for month in range(1, 12)],
        ),
        (
            """
            INSERT INTO digest (subscription, period, channel, state, since, until, top, told, filed, shipped, at)
            VALUES (?, ?, ?, 'posted', ?, ?, '{}', '[1, 2, 3]', 3, 2, 0)
            """,
            [(COMPANY, LAST, CHANNEL, _stamp(NOW - 2 * _WEEK), _stamp(NOW - _WEEK))],
        ),
    ]


def _live(first: int, last: int) -> list[Statement]:
    """Of a hundred requests one moved this week, three are in work, two nobody has answered; a few are blocked."""
    numbers = range(first, last + 1)
    work = [_in_work(n) for n in numbers if n % 100 in (10, 40, 70)]
    blocked = [(f"b{n}", n, USER, USER, _stamp(NOW - _WEEK)) for n in numbers if n % 2_000 == 10]
    told = [n for n in numbers if n % 400 == 350]
    return [
        ("UPDATE request SET answered_at = at WHERE number BETWEEN ? AND ? AND number % 50 <> 1", [(first, last)]),
        ("UPDATE request SET direction = 'cost' WHERE number BETWEEN ? AND ? AND number % 9 = 0", [(first, last)]),
        ("UPDATE request SET status = ?, target = ?, changed_at = ? WHERE number = ? AND status = 'backlog'", work),
        (
            """
            INSERT INTO change (subject, field, old, new, by, at, via, trace)
            VALUES (?, ?, ?, ?, ?, ?, 'slack', 't')
            """,
            [row for n in numbers if n % 100 == 50 for row in _moves(n)],
        ),
        (
            "INSERT INTO blocker (key, number, words, owner, by, at, nudges) VALUES (?, ?, 'legal', ?, ?, ?, 0)",
            blocked,
        ),
        (
            "INSERT INTO sentence (number, version, words, by, at, target) VALUES (?, 1, 'Soon.', ?, 0, ?)",
            [(n, USER, "2026-12-05") for n in told],
        ),
        (
            """
            INSERT INTO told (number, account, version, by, at) SELECT number, account, 1, ?, 0 FROM ask
            WHERE number BETWEEN ? AND ? AND number % 400 = 350
            """,
            [(USER, first, last)],
        ),
    ]


def _in_work(number: int) -> tuple[Any, ...]:
    """One in twenty is late, and one in ten hasn't moved for three weeks."""
    nth = number // 100
    status = ("planned", "in_progress", "testing")[nth % 3]
    target = date(2026, 11, 20) if nth % 20 == 0 else date(2026, 12, 5)
    return status, target.isoformat(), _stamp(NOW - timedelta(days=21 if nth % 10 == 0 else 3)), number


def _moves(number: int) -> Iterator[tuple[Any, ...]]:
    nth = number // 100
    at = _stamp(NOW - timedelta(minutes=1 + nth % 10_000))
    field, old, new = (
        ("status", None, '"backlog"'),
        ("status", '"testing"', '"released"'),
        ("status", '"planned"', '"in_progress"'),
        ("target", '"2026-12-05"', '"2026-12-20"'),
    )[nth % 4]
    yield f"request:{number}", field, old, new, USER, at


def _stamp(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000)


def _pour(url: str, statements: Sequence[Statement]) -> None:
    where = make_url(url)
    if where.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(where.database or "")) as connection, connection:
            for statement, rows in statements:
                connection.executemany(statement, rows)
        return
    with psycopg.connect(url) as session, session.cursor() as cursor:
        for statement, rows in statements:
            cursor.executemany(statement.replace("%", "%%").replace("?", "%s"), rows)
