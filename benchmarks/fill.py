"""Puts many requests on a board, fast: what filing would have left behind, poured straight into the tables.

This is only filling and is not timed. Each request leaves what the real thing leaves: its row, its estimates (one
in ten lacks the job size and so has no place), its words, one ask, two lines of the change log, a posted notice and
its card. Three in ten are released. Titles come from a vocabulary where few words are common and most are rare.
"""

import json
import random
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import chain
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from bot.domain import wsjf
from bot.domain.requests import Status
from bot.domain.text import slug_of, words_of
from bot.domain.wsjf import SCALE, Factor

Rows = Mapping[str, Sequence[tuple[Any, ...]]]

_AT_ONCE = 5_000
_ACCOUNTS = 2_000
_BEGAN = 1_700_000_000_000_000  #: microseconds since 1970
_MINUTE = 60_000_000
_NOUNS = ("connector", "report", "export", "login", "dashboard", "alert", "backup", "audit", "import", "quota")
_PROBLEM = "They copy figures by hand every Friday and find the mistakes on Monday, says site {}."

COLUMNS = {
    "account": ("id", "name", "folded", "at"),
    "request": (
        *("number", "slug", "key", "title", "problem", "source", "status", "by", "at", "changed_at"),
        *("companies", "score", "rank_score", "version"),
    ),
    "estimate": ("number", "factor", "proposed", "proposed_by", "confirmed", "confirmed_by"),
    "request_word": ("word", "number", "in_title"),
    "ask": ("number", "account", "by", "at"),
    "change": ("subject", "field", "old", "new", "by", "at", "via", "trace"),
    "notice": (
        *("key", "topic", "version", "line", "payload", "due_at", "patient", "state", "attempts", "look", "plain"),
        *("channel", "ts", "at"),
    ),
    "message": ("channel", "ts", "subject", "purpose", "drawn_from", "at"),
}


def fill(url: str, first: int, last: int, *, user: str, channel: str) -> None:
    """Requests with the numbers `first` to `last`. The schema is there already."""
    chance = random.Random(first)
    for start in range(first, last + 1, _AT_ONCE):
        numbers = range(start, min(start + _AT_ONCE, last + 1))
        rows = {"account": _accounts() if start == 1 else [], **_rows(numbers, chance, user, channel)}
        _pour(url, rows)
    settle(url)


# ---- rows ---------------------------------------------------------------------------------------


def _accounts() -> list[tuple[Any, ...]]:
    return [(f"acc-{n}", f"Customer {n}", f"customer {n}", _BEGAN) for n in range(_ACCOUNTS)]


def _rows(numbers: Iterable[int], chance: random.Random, user: str, channel: str) -> Rows:
    made = [_leavings(number, chance, user, channel) for number in numbers]
    return {table: list(chain.from_iterable(one[table] for one in made)) for table in made[0]}


def _leavings(number: int, chance: random.Random, user: str, channel: str) -> Rows:
    at, subject, ts = _BEGAN + number * _MINUTE, f"request:{number}", f"{1_700_000_000 + number}.000100"
    title, problem = _title(number, chance), _PROBLEM.format(f"{chance.randrange(16**6):06x}")
    figures = _figures(chance)
    score = wsjf.score(figures)
    status = Status.RELEASED if chance.random() < 0.3 else Status.BACKLOG
    payload = json.dumps({"number": number})
    return {
        "request": [
            (
                *(number, f"{slug_of(title)}-{number}", f"request:fill{number}", title, problem, "sales_customer"),
                *(status.value, user, at, at, 1, score, score if status.is_open else None, 1),
            )
        ],
        "estimate": [(number, f.value, figure, user, None, None) for f, figure in figures.items()],
        "request_word": list(_words(number, title, problem)),
        "ask": [(number, f"acc-{chance.randrange(_ACCOUNTS)}", user, at)],
        "change": [(subject, field, "null", '"x"', user, at, "slack", "0") for field in ("title", "problem")],
        "notice": [
            (
                *(f"card:{number}:1", "card", 1, channel, payload, at, False, "posted", 1, False, False),
                *(channel, ts, at),
            )
        ],
        "message": [(channel, ts, subject, "card", 1, at)],
    }


def _title(number: int, chance: random.Random) -> str:
    rare = f"{chance.choice('bcdfgklmnprst')}{chance.choice('aeiou')}{int(chance.paretovariate(0.5)) % 5_000}"
    return f"{rare} {chance.choice(_NOUNS)} for {chance.choice(_NOUNS)} {number % 97}"


def _figures(chance: random.Random) -> dict[Factor, int]:
    known = [factor for factor in Factor if factor is not Factor.JOB_SIZE or chance.random() < 0.9]
    return {factor: chance.choice(SCALE) for factor in known}


def _words(number: int, title: str, problem: str) -> Iterator[tuple[str, int, bool]]:
    in_title = set(words_of(title))
    for word in sorted(in_title.union(words_of(problem))):
        yield word, number, word in in_title


# ---- pouring ------------------------------------------------------------------------------------


def _pour(url: str, rows: Rows) -> None:
    where = make_url(url)
    if where.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(where.database or "")) as connection, connection:
            for table, these in rows.items():
                connection.executemany(_insert(table), these)
        return
    with psycopg.connect(url) as session:
        for table, these in rows.items():
            _copy(session, table, these)


def _insert(table: str) -> str:
    names = ", ".join(f'"{name}"' for name in COLUMNS[table])
    return f'INSERT INTO "{table}" ({names}) VALUES ({", ".join("?" * len(COLUMNS[table]))})'


def _copy(session: psycopg.Connection[Any], table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    names = sql.SQL(", ").join(map(sql.Identifier, COLUMNS[table]))
    with session.cursor().copy(sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)) as copy:
        for row in rows:
            copy.write_row(row)


def settle(url: str) -> None:
    """What time would have done: Postgres' autovacuum looks within a minute, and numbers go on after the last."""
    if make_url(url).get_backend_name() == "sqlite":
        return
    with psycopg.connect(url, autocommit=True) as session:
        session.execute(
            "SELECT setval(pg_get_serial_sequence('request', 'number'), (SELECT max(number) FROM request))"
        )
        session.execute("VACUUM ANALYZE")
