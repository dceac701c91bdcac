"""Puts many requests on a board, fast: what filing would have left behind, poured straight into the tables.

This is only filling and is not timed. Each request leaves what the real thing leaves: its row, its estimates (one
in ten lacks the job size and so has no place), its words, its asks, two lines of the change log, the score it came
with, a posted notice and its card. Three in ten are released, one in fifty was joined to another, one in a hundred
was estimated anew during the last week. Titles come from a vocabulary where few words are common and most are rare.

Behind a hundred thousand requests stand three hundred thousand asks of twenty thousand customers: one behind most,
dozens behind a few, five hundred behind every 25,000th (`CROWDED`); of the customers a few ask for much
(`BUSIEST` for most) and most for little. Half of the asks are weighed. Most customers pay, in three currencies, and
there are five thousand open deals.
"""

import json
import random
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import date, timedelta
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
CUSTOMERS = 20_000
_DEALS = 5_000
_WEEK = 7 * 24 * 3600
CROWDED = 501  #: the first request behind which stand five hundred customers
_CROWD, _CROWDED_EVERY = 500, 25_000
BUSIEST = "acc-0"  #: the customer that asks for most
_JOINED, _TAKES_IN = 7, 4  #: of fifty in a row, the one that was joined, and the one it was joined to
_BEGAN = 1_700_000_000_000_000  #: microseconds since 1970
_MINUTE = 60_000_000
_NOUNS = ("connector", "report", "export", "login", "dashboard", "alert", "backup", "audit", "import", "quota")
_PROBLEM = "They copy figures by hand every Friday and find the mistakes on Monday, says site {}."

COLUMNS = {
    "account": ("id", "name", "folded", "arr_minor", "currency", "stage", "at"),
    "deal": ("account", "minor", "currency", "closes", "state", "by", "at"),
    "request": (
        *("number", "slug", "key", "title", "problem", "source", "status", "by", "at", "changed_at"),
        *("companies", "score", "rank_score", "version", "same_as", "survivor"),
    ),
    "estimate": ("number", "factor", "proposed", "proposed_by", "confirmed", "confirmed_by"),
    "request_word": ("word", "number", "in_title"),
    "ask": ("number", "behind", "account", "by", "at", "importance", "aim"),
    "change": ("subject", "field", "old", "new", "by", "at", "via", "trace"),
    "score_change": ("number", "old", "new", "at", "trace"),
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
        first_of_all = {"account": list(_accounts()), "deal": list(_deals(user))} if start == 1 else {}
        _pour(url, {**first_of_all, **_rows(numbers, chance, user, channel)})
    settle(url)


# ---- customers ----------------------------------------------------------------------------------


def _accounts() -> Iterator[tuple[Any, ...]]:
    chance = random.Random(0)
    for n in range(CUSTOMERS):
        pays = chance.random() < 0.8
        revenue = (int(chance.paretovariate(1.2) * 500_000), chance.choice(("EUR", "EUR", "USD", "GBP")))
        yield f"acc-{n}", f"Customer {n}", f"customer {n}", *(revenue if pays else (None, None)), "customer", _BEGAN


def _deals(user: str) -> Iterator[tuple[Any, ...]]:
    """Open ones, that close in the year to come."""
    chance, today = random.Random(1), date.today()  # noqa: DTZ011 - any day will do
    for _ in range(_DEALS):
        closes = (today + timedelta(days=chance.randint(30, 365))).isoformat()
        minor, currency = int(chance.paretovariate(1.2) * 300_000), chance.choice(("EUR", "EUR", "USD"))
        yield f"acc-{_busy(chance)}", minor, currency, closes, "open", user, _BEGAN


def _busy(chance: random.Random) -> int:
    """A customer: few ask for much, most for little."""
    return int(CUSTOMERS * chance.random() ** 2)


def _askers(number: int) -> list[str]:
    """Who asks for a request; the same whenever one looks."""
    chance = random.Random(number)
    many = _CROWD if number % _CROWDED_EVERY == CROWDED else min(int(chance.paretovariate(1.27)), 60)
    some = [BUSIEST] if number % 80 == 1 else []
    return list(dict.fromkeys([*some, *(f"acc-{_busy(chance)}" for _ in range(many))]))


def _survivor(number: int) -> int | None:
    """The request it was joined to."""
    return number - _JOINED + _TAKES_IN if number % 50 == _JOINED else None


def _companies(number: int) -> int:
    """How many wait for it, those of what was joined to it among them."""
    joined = _askers(number - _TAKES_IN + _JOINED) if number % 50 == _TAKES_IN else []
    return len({*_askers(number), *joined})


# ---- rows ---------------------------------------------------------------------------------------


def _rows(numbers: Iterable[int], chance: random.Random, user: str, channel: str) -> Rows:
    made = [_leavings(number, chance, user, channel) for number in numbers]
    return {table: list(chain.from_iterable(one[table] for one in made)) for table in made[0]}


def _leavings(number: int, chance: random.Random, user: str, channel: str) -> Rows:
    at, subject, ts = _BEGAN + number * _MINUTE, f"request:{number}", f"{1_700_000_000 + number}.000100"
    title, problem = _title(number, chance), _PROBLEM.format(f"{chance.randrange(16**6):06x}")
    figures, survivor = _figures(chance), _survivor(number)
    score = wsjf.score(figures)
    status = Status.DECLINED if survivor else Status.RELEASED if chance.random() < 0.3 else Status.BACKLOG
    rank_score = score if status.is_open else None
    payload = json.dumps({"number": number})
    return {
        "request": [
            (
                *(number, f"{slug_of(title)}-{number}", f"request:fill{number}", title, problem, "sales_customer"),
                *(status.value, user, at, at, _companies(number), score, rank_score, 1, survivor, survivor),
            )
        ],
        "estimate": [(number, f.value, figure, user, None, None) for f, figure in figures.items()],
        "request_word": list(_words(number, title, problem)),
        "ask": [(number, survivor or number, account, user, at, *_need(chance)) for account in _askers(number)],
        "change": [
            *((subject, field, "null", '"x"', user, at, "slack", "0") for field in ("title", "problem")),
            *_estimated_anew(number, figures, user),
        ],
        "score_change": list(_scores(number, figures, rank_score, at)),
        "notice": [
            (
                *(f"card:{number}:1", "card", 1, channel, payload, at, False, "posted", 1, False, False),
                *(channel, ts, at),
            )
        ],
        "message": [(channel, ts, subject, "card", 1, at)],
    }


def _need(chance: random.Random) -> tuple[int | None, str | None]:
    """How much a customer needs it: nobody has said it of every other ask."""
    return chance.choice(((None, None), (chance.randint(1, 3), chance.choice(("protect", "grow", None)))))


_BEFORE = 20  #: the job size of what was estimated anew


def _scores(
    number: int, figures: Mapping[Factor, int], rank_score: int | None, at: int
) -> Iterator[tuple[Any, ...]]:
    """The score it came with, and that of last week."""
    if rank_score is None:
        return
    if not _is_new_this_week(number):
        yield number, None, rank_score, at, "0"
        return
    before = wsjf.score({**figures, Factor.JOB_SIZE: _BEFORE})
    yield number, None, before, at, "0"
    if before != rank_score:
        yield number, before, rank_score, _this_week(number), f"anew{number}"


def _estimated_anew(number: int, figures: Mapping[Factor, int], user: str) -> Iterator[tuple[Any, ...]]:
    if not _is_new_this_week(number):
        return
    old, new = (json.dumps(_estimate(size, user)) for size in (_BEFORE, figures.get(Factor.JOB_SIZE)))
    yield f"request:{number}", Factor.JOB_SIZE.value, old, new, user, _this_week(number), "slack", f"anew{number}"


def _estimate(figure: int | None, user: str) -> Mapping[str, Any]:
    return {"proposed": figure, "proposed_by": user, "confirmed": None, "confirmed_by": None}


def _is_new_this_week(number: int) -> bool:
    return number % 100 == 60


def _this_week(number: int) -> int:
    """Some moment of the last seven days."""
    return int((time.time() - 3600 - number * 97 % (_WEEK - 7200)) * 1_000_000)


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
        for table, column in (("request", "number"), ("ask", "id"), ("deal", "id")):
            session.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), (SELECT max({column}) FROM {table}))"
            )
        session.execute("VACUUM ANALYZE")
