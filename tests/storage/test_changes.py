"""The change log, and how moments and JSON are kept."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import ColumnElement, exc, literal_column, select

from bot.domain.acts import Via
from bot.domain.changes import Change, Logged, differences
from bot.domain.requests import Status
from bot.domain.wsjf import Factor
from storage.database import Database
from storage.store import Store
from storage.tables import change
from tests.builders import ALICE, MONDAY, a_request, an_act, the_founding_request

SUBJECT = "request:14"


def log(store: Store, /, *changes: Change, **act: Any) -> None:
    store.changes.add(SUBJECT, changes, an_act(**act))


def history(store: Store) -> list[Logged]:
    return list(store.changes.of(SUBJECT))


# ---- what changed -------------------------------------------------------------------------------


def test_a_new_request_begins_with_everything_it_has() -> None:
    begun: dict[str, Any] = {c.field: c.new for c in differences(None, the_founding_request())}
    figures = {factor: begun.pop(factor) for factor in Factor}
    assert begun == {
        "title": "k8s-connector",
        "problem": "They can't see what their clusters cost.",
        "source": "sales_customer",
        "status": "backlog",
    }
    assert figures == {
        f: {"proposed": n, "proposed_by": ALICE, "confirmed": None, "confirmed_by": None}
        for f, n in zip(Factor, (8, 2, 3, 13), strict=True)
    }


def test_only_what_differs_is_a_change() -> None:
    before = the_founding_request()
    assert differences(before, before) == []
    after = the_founding_request(title="Kubernetes", status=Status.PLANNED)
    assert differences(before, after) == [
        Change(field="title", old="k8s-connector", new="Kubernetes"),
        Change(field="status", old="backlog", new="planned"),
    ]


def test_a_figure_taken_back_is_a_change_to_nothing() -> None:
    gone = differences(a_request(value=8), a_request())
    assert [(c.field, c.old["proposed"], c.new) for c in gone] == [("value", 8, None)]


# ---- how it is kept -----------------------------------------------------------------------------


async def test_the_log_says_who_changed_what_when_why_and_through_what(db: Database) -> None:
    act = an_act(key="request:abc", via=Via.CLI, trace="0a1b2c3d")
    await db.write(lambda s: s.changes.add(SUBJECT, [Change(field="title", old="a", new="b")], act, "typo"))
    assert await db.read(history) == [
        Logged(
            id=1,
            subject=SUBJECT,
            field="title",
            old="a",
            new="b",
            by=ALICE,
            at=MONDAY,
            why="typo",
            via="cli",
            trace="0a1b2c3d",
        )
    ]


async def test_a_history_is_told_in_the_order_it_was_made_and_of_its_subject_only(db: Database) -> None:
    await db.write(log, Change(field="a", old=None, new=1), Change(field="b", old=None, new=2), minutes=5)
    await db.write(log, Change(field="a", old=1, new=3))
    await db.write(lambda s: s.changes.add("request:1", [Change(field="a", old=None, new=0)], an_act()))
    assert [(c.field, c.new) for c in await db.read(history)] == [("a", 1), ("b", 2), ("a", 3)]
    assert await db.read(lambda s: s.changes.of("request:2")) == []


async def test_no_change_is_no_line(db: Database) -> None:
    await db.write(log)
    assert await db.read(history) == []


VALUES: list[Any] = [
    0,
    1.5,
    True,
    "",
    "null",
    "кириллица \U0001f680 \u2028",
    [],
    [1, None, "x"],
    {},
    {"proposed": None, "by": "U1"},
    None,
]


async def test_every_json_value_comes_back_as_it_was(db: Database) -> None:
    await db.write(log, *(Change(field="f", old=None, new=value) for value in VALUES))
    assert [c.new for c in await db.read(history)] == VALUES


async def test_nothing_is_sqls_null_and_never_json_null(db: Database) -> None:
    await db.write(log, Change(field="f", old=None, new={"proposed": None}))

    def nulls(store: Store) -> list[tuple[Any, Any]]:
        columns: list[ColumnElement[Any]] = [literal_column("old IS NULL"), literal_column("new IS NULL")]
        rows = store.connection.execute(select(*columns).select_from(change))
        return [(bool(old), bool(new)) for old, new in rows]

    assert await db.read(nulls) == [(True, False)]


# ---- moments ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "moment",
    [
        MONDAY,
        datetime(2026, 11, 23, 10, 0, 0, 1, tzinfo=UTC),
        datetime(2026, 11, 23, 10, 0, 0, 123456, tzinfo=UTC),
        datetime(2026, 11, 23, 10, 0, 0, 999999, tzinfo=UTC),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(2100, 2, 28, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(2026, 11, 23, 10, 0, 0, 7, tzinfo=timezone(timedelta(hours=5, minutes=45))),
        datetime(9999, 12, 31, 12, 0, tzinfo=UTC),
    ],
    ids=str,
)
async def test_a_moment_comes_back_to_the_microsecond(db: Database, moment: datetime) -> None:
    await db.write(log, Change(field="f", old=None, new=1), at=moment)
    [found] = await db.read(history)
    assert found.at == moment
    assert found.at.tzinfo is UTC


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2600, 1, 1, 0, 0, 0, 1, tzinfo=UTC),
        datetime(1, 1, 1, 0, 0, 0, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    ],
    ids=str,
)
async def test_a_far_moment_comes_back_to_the_microsecond(db: Database, moment: datetime) -> None:
    await db.write(log, Change(field="f", old=None, new=1), at=moment)
    assert [c.at for c in await db.read(history)] == [moment]


async def test_a_moment_without_a_zone_is_refused_at_the_border(db: Database) -> None:
    naive = MONDAY.replace(tzinfo=None)
    with pytest.raises(exc.StatementError, match="a stored moment needs a zone"):
        await db.read(lambda s: s.connection.execute(select(change).where(change.c.at == naive)))
    with pytest.raises(ValueError, match="an act needs times with a zone"):
        an_act(at=naive)
