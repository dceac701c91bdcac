"""Entering and leaving the top five: told once, and noise not at all; on both databases."""

from typing import Any

import pytest

from bot.domain.board import Place
from bot.domain.changes import Change
from bot.domain.flow import Move
from bot.domain.ids import RequestNumber
from bot.domain.news import RankMoved
from bot.domain.notices import NothingToSay, Notice, State, Topic
from bot.domain.requests import Customer, Sizing, Status
from bot.services import intake, moves, ranking, ranks
from storage.database import Database
from storage.store import Store
from tests.builders import ALICE, BORIS, MONDAY, TANYA, a_draft, a_person, an_act, move_in


def file(store: Store, *values: int) -> None:
    """Requests of Alice with these values, one after the other; all else alike."""
    for n, value in enumerate(values):
        figures: dict[str, Any] = {"value": value, "time_criticality": 1, "risk_reduction": 1, "job_size": 5}
        intake.file(store, an_act(ALICE, key=f"request:{n}"), a_draft(f"r{n}", **figures))


def size(store: Store, /, minutes: float, **sizes: int) -> None:
    """Tanya sizes `r5=1`: the one filed sixth."""
    for name, figure in sizes.items():
        number = RequestNumber(int(name[1:]) + 1)
        ranking.estimate(store, an_act(TANYA, key="e", minutes=minutes), number, Sizing(job_size=figure))


def ring(store: Store, minutes: float) -> None:
    ranks.watch(store, an_act(None, key=f"ring:{minutes}", minutes=minutes))


def told(store: Store, *, minutes: float) -> list[str]:
    """Notices of a difference first seen at this minute: number and what it did."""
    since = an_act(minutes=minutes).at.isoformat()
    every = [(n, did) for n in range(1, 9) for did in ("entered", "left")]
    return [f"{n} {did}" for n, did in every if store.outbox.state(f"rank:{n}:{ALICE}:{did}:{since}")]


def said(store: Store, number: int, *, entered: bool, was: dict[str, Any] | None = None) -> RankMoved | None:
    payload = {"number": number, "entered": entered, "since": MONDAY.isoformat(), "was": was}
    try:
        return ranks.moved(store, Notice(topic=Topic.RANK, key="k", line=ALICE, payload=payload, due_at=MONDAY))
    except NothingToSay:
        return None


async def settled(db: Database) -> None:
    """Six requests; the first five have been seen."""
    await move_in(db)
    await db.write(lambda s: file(s, 20, 13, 8, 5, 3, 2))
    await db.write(ring, 0)


async def test_the_first_look_only_remembers(db: Database) -> None:
    await settled(db)
    for minute in (1, 6, 60):
        await db.write(ring, minute)
    assert await db.read(lambda s: s.outbox.counts()) == {}


async def test_who_enters_and_who_leaves_is_told_once_after_five_minutes(db: Database) -> None:
    await settled(db)
    await db.write(lambda s: size(s, 1, r5=1))
    for minute in (2, 6.9):
        await db.write(ring, minute)
    assert await db.read(lambda s: told(s, minutes=2)) == []
    for minute in (7, 8, 20):
        await db.write(ring, minute)
    assert await db.read(lambda s: told(s, minutes=2)) == ["5 left", "6 entered"]
    assert await db.read(lambda s: s.outbox.counts()) == {State.WAITING: 2}


async def test_who_is_level_with_the_fifth_has_not_left(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: file(s, 20, 13, 8, 5, 3))
    await db.write(ring, 0)
    figures: dict[str, Any] = {"value": 3, "time_criticality": 1, "risk_reduction": 1, "job_size": 5}
    level = a_draft("level, and before it", customers=(Customer(name="Acme"),), **figures)
    await db.write(intake.file, an_act(ALICE, key="request:level"), level)
    for minute in (1, 7):
        await db.write(ring, minute)
    assert await db.read(lambda s: told(s, minutes=1)) == ["6 entered"]


async def test_what_goes_back_within_five_minutes_is_not_told(db: Database) -> None:
    await settled(db)
    for minute, figure in ((1, 1), (5, 5), (9, 1), (13, 5)):
        await db.write(size, minute, r5=figure)
        await db.write(ring, minute)
    await db.write(ring, 30)
    assert await db.read(lambda s: s.outbox.counts()) == {}


async def test_one_that_flickers_does_not_hold_up_another(db: Database) -> None:
    await settled(db)
    await db.write(size, 1, r5=1)
    await db.write(ring, 1)
    for minute, status in ((2, Status.RELEASED), (4, Status.IN_PROGRESS), (6, Status.RELEASED)):
        act = an_act(TANYA, key=f"m{minute}", minutes=minute)
        await db.write(moves.move, act, RequestNumber(1), Move(status=status))
        await db.write(ring, minute)
    assert "6 entered" in await db.read(lambda s: told(s, minutes=1))


async def test_what_left_because_it_is_closed_is_not_told_here(db: Database) -> None:
    await settled(db)
    await db.write(lambda s: moves.move(s, an_act(TANYA, key="m"), RequestNumber(1), Move(status=Status.RELEASED)))
    for minute in (1, 7):
        await db.write(ring, minute)
    assert await db.read(lambda s: told(s, minutes=1)) == ["6 entered"]


async def test_in_and_out_before_it_is_said_is_not_said(db: Database) -> None:
    await settled(db)
    await db.write(size, 1, r5=1)
    for minute in (1, 7):
        await db.write(ring, minute)
    await db.write(size, 8, r5=20)
    for minute in (8, 14):
        await db.write(ring, minute)
    assert await db.read(lambda s: told(s, minutes=8)) == []
    assert await db.read(lambda s: said(s, 6, entered=True)) is None


async def test_a_request_of_nobody_we_serve_is_told_nobody(db: Database) -> None:
    await settled(db)

    await db.write(lambda s: s.people.put([a_person(ALICE, is_deleted=True)], MONDAY))
    await db.write(size, 1, r5=1)
    for minute in (1, 7):
        await db.write(ring, minute)
    assert await db.read(lambda s: s.outbox.counts()) == {}


# ---- what is said -------------------------------------------------------------------------------


async def test_it_says_where_it_stands_now_and_which_figure_moved_it(db: Database) -> None:
    await settled(db)
    await db.write(size, 1, r5=1)
    moved = await db.read(lambda s: said(s, 6, entered=True))
    assert moved
    assert (moved.standing.place, moved.cause) == (
        Place(rank=2, tied=False, of=6),
        Change(field="job_size", old=5, new=1),
    )


async def test_what_others_passed_has_not_changed_itself(db: Database) -> None:
    await settled(db)
    was = {"rank": 5, "tied": False, "of": 6, "score": 1560}
    await db.write(size, 1, r5=1)
    moved = await db.read(lambda s: said(s, 5, entered=False, was=was))
    assert moved
    assert (moved.passed, moved.cause, moved.was) == (True, None, Place(rank=5, tied=False, of=6))


async def test_what_fell_by_itself_says_by_which_figure(db: Database) -> None:
    await settled(db)
    was = {"rank": 1, "tied": False, "of": 6, "score": 22 * 1560 // 5}
    await db.write(size, 1, r0=20)
    await db.write(lambda s: ranking.estimate(s, an_act(BORIS, key="v"), RequestNumber(1), Sizing(value=13)))
    moved = await db.read(lambda s: said(s, 1, entered=False, was=was))
    assert moved
    assert (moved.passed, moved.cause) == (False, Change(field="job_size", old=5, new=20))


async def test_whoever_moved_it_themselves_saw_it_move(db: Database) -> None:
    await settled(db)
    await db.write(
        lambda s: ranking.estimate(s, an_act(ALICE, key="own", minutes=1), RequestNumber(6), Sizing(job_size=1))
    )
    assert await db.read(lambda s: said(s, 6, entered=True)) is None


@pytest.mark.parametrize(("number", "entered"), [(6, True), (1, False)])
async def test_what_is_no_longer_so_is_not_said(db: Database, number: int, entered: bool) -> None:
    await settled(db)
    assert await db.read(lambda s: said(s, number, entered=entered)) is None
