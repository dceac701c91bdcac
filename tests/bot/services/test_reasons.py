"""Why this place: whatever people do, the way from any earlier moment adds up to where a request stands now."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count, pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.domain.digest import Kept, State
from bot.domain.errors import Refused
from bot.domain.flow import Move
from bot.domain.ids import ChannelId, RequestNumber
from bot.domain.imports import RequestRow
from bot.domain.reasons import ABOVE, Explanation, Part, Path, What
from bot.domain.requests import Request, Sizing, Status
from bot.domain.subscriptions import COMPANY
from bot.domain.triage import Triage
from bot.services import imports, intake, moves, ranking, reasons, triage
from storage import tables
from storage.database import Database
from storage.store import Store
from tests.bot.services.test_histories import HISTORIES, Step
from tests.builders import ALICE, BORIS, MONDAY, TANYA, WITH_DATABASE, a_draft, an_act, move_in

# ---- whatever people do -------------------------------------------------------------------------

_HOURS = 17  #: between two steps of a history
_STORY = count(1)

Places = Mapping[int, tuple[int, int]]  #: by number: its place and its score, counted one by one


def seen(store: Store) -> Places:
    """The board, reckoned anew from all there is."""
    rows = store.connection.execute(select(tables.request.c.number, tables.request.c.rank_score)).all()
    scores = {number: score for number, score in rows if score is not None}
    return {n: (1 + sum(other > score for other in scores.values()), score) for n, score in scores.items()}


async def live(db: Database, history: Sequence[Step], seed: int) -> None:
    """After each step, look back from there to a moment between two steps before it."""
    if await db.read(lambda s: s.house.team()) is None:
        await move_in(db)
    story, chance = next(_STORY), Random(seed)
    keys = [f"request:{story:028x}{n:04x}" for n in range(3)]
    boards: list[tuple[datetime, Places]] = [(_after(story * 100 - 1), await db.read(seen))]
    for number, step in enumerate(history, story * 100):
        with suppress(Refused):
            await db.write(step, keys, number)
        boards.append((_after(number), await db.read(seen)))
        await db.read(look_back, keys, boards, chance.randrange(len(boards)))


def _after(number: int) -> datetime:
    return MONDAY + timedelta(hours=number * _HOURS + 1)


def look_back(store: Store, keys: Sequence[str], boards: Sequence[tuple[datetime, Places]], then: int) -> None:
    for request in filter(None, map(store.requests.by_key, keys)):
        way = reasons.path(store, request, boards[then][0])
        follows(way, request, boards[then:])
        told = reasons.explain(store, request.number, boards[then][0])
        assert told.path.parts == way.parts


def follows(way: Path, request: Request, boards: Sequence[tuple[datetime, Places]]) -> None:
    then, now = (board.get(request.number, (None, None)) for board in (boards[0][1], boards[-1][1]))
    assert (way.was, way.score_was) == then
    assert (way.now and way.now.rank, way.score_now) == now
    if not way.parts:
        assert then == now
        return
    assert ((way.parts[0].was, way.parts[0].score_was), (way.parts[-1].now, way.parts[-1].score_now)) == (then, now)
    for one, following in pairwise(way.parts):
        assert (one.now, one.score_now) == (following.was, following.score_was)
    for part in way.parts:
        _is_exact(part, request, boards)


def _is_exact(part: Part, request: Request, boards: Sequence[tuple[datetime, Places]]) -> None:
    assert part.what is not What.CHANGED
    if part.count:
        assert part.climbs == (-part.count if part.what in ABOVE else part.count)
        assert request.number not in part.others
        return
    ended = next(places for moment, places in boards if moment > part.at)
    stands, score = ended.get(request.number, (None, None))
    if score == part.score_now:  # the last thing that act changed
        assert part.now == stands


SHORT = settings(WITH_DATABASE, max_examples=12)
SEEDS = st.integers(0, 2**32)


@SHORT
@given(history=HISTORIES, seed=SEEDS)
async def test_the_way_from_any_moment_adds_up(sqlite_url: str, history: list[Step], seed: int) -> None:
    async with Database.open(sqlite_url) as db:
        await live(db, history, seed)


@pytest.mark.faults
@settings(WITH_DATABASE, max_examples=150)
@given(history=HISTORIES, seed=SEEDS)
async def test_the_way_from_any_moment_adds_up_in_many_histories(
    db: Database, history: list[Step], seed: int
) -> None:
    await live(db, history, seed)


# ---- one thing after the other ------------------------------------------------------------------

FIGURES: dict[str, Any] = {"value": 8, "time_criticality": 2, "risk_reduction": 3, "job_size": 13}
_ACTS = count(1)


@dataclass(frozen=True)
class Clock:
    """Minutes after Monday at ten."""

    minute: float = 0

    @property
    def moment(self) -> datetime:
        return MONDAY + timedelta(minutes=self.minute)


def act(minute: float, by: str | None = BORIS) -> Any:
    name = f"act {next(_ACTS)}"
    return an_act(by, key=name, minutes=minute, trace=name)


def file(store: Store, /, title: str, minute: float = 0, **figures: int) -> RequestNumber:
    wish = a_draft(title, **{**FIGURES, **figures})
    return intake.file(store, act(minute, ALICE), wish).request.number


def size(store: Store, number: int, minute: float, figure: int) -> None:
    ranking.estimate(store, act(minute, TANYA), RequestNumber(number), Sizing(job_size=figure))


def move(store: Store, number: int, minute: float, status: Status) -> None:
    wish = Move(status=status, why="2 of 340 asked.", sentence="Not this year.")
    moves.move(store, act(minute), RequestNumber(number), wish)


def told(store: Store, number: int, minute: float) -> list[tuple[int | None, int | None, str, tuple[int, ...]]]:
    path = why(store, number, minute).path
    return [(part.was, part.now, part.what.value, part.others) for part in path.parts]


def why(store: Store, number: int, minute: float) -> Explanation:
    return reasons.explain(store, RequestNumber(number), Clock(minute).moment)


def six(store: Store) -> None:
    """R-1 to R-6, in that order on the board."""
    for n, value in enumerate((20, 13, 8, 5, 3, 2), 1):
        file(store, f"r{n}", n / 10, value=value)


async def test_what_others_did_is_told_by_what_it_was(db: Database) -> None:
    await move_in(db)
    await db.write(six)

    def then(store: Store) -> None:
        move(store, 1, 1, Status.RELEASED)
        triage.sort(store, act(2), RequestNumber(3), Triage(same_as=RequestNumber(2)))
        move(store, 2, 3, Status.DECLINED)
        size(store, 5, 4, 1)
        file(store, "r7", 5, value=20)
        size(store, 5, 6, 20)
        move(store, 1, 7, Status.BACKLOG)

    await db.write(then)
    assert await db.read(told, 4, 0.9) == [
        (4, 3, "joined", (3,)),
        (3, 2, "declined", (2,)),
        (2, 3, "came", (7,)),  # R-1 left and came back
    ]
    assert await db.read(told, 4, 4.5) == [(2, 3, "came", (7,)), (3, 2, "fell", (5,)), (2, 3, "came", (1,))]
    assert await db.read(told, 4, 6.5) == [(2, 3, "came", (1,))]


async def test_a_level_score_takes_no_place(db: Database) -> None:
    await move_in(db)
    await db.write(file, "r1", 0)
    await db.write(file, "r2", 1)
    found = await db.read(why, 1, 0.5)
    assert (found.path.parts, found.path.now and found.path.now.tied, found.next_up) == ((), True, None)


async def test_figures_of_one_act_are_told_one_by_one(db: Database) -> None:
    await move_in(db)
    await db.write(six)
    figures = Sizing(value=5, time_criticality=8)
    await db.write(lambda s: ranking.estimate(s, act(1), RequestNumber(6), figures))
    parts = (await db.read(why, 6, 0.9)).path.parts
    assert [(p.was, p.now, p.figure and (p.figure.field, p.figure.old, p.figure.new), p.by) for p in parts] == [
        (6, 4, ("value", 2, 5), BORIS),
        (4, 3, ("time_criticality", 2, 8), BORIS),
    ]


async def test_what_came_later_begins_with_its_own_beginning(db: Database) -> None:
    await move_in(db)
    await db.write(six)
    await db.write(file, "r7", 5, value=13)
    found = await db.read(why, 7, -1000)
    assert found.path.since == Clock(5).moment
    assert [(p.was, p.now, p.what, p.by) for p in found.path.parts] == [(None, 2, What.CAME, ALICE)]


async def test_before_scores_were_kept_nothing_is_told(db: Database) -> None:
    await move_in(db)
    await db.write(six)
    await db.write(size, 6, 1, 1)
    mark = {"at": int(Clock(2).moment.timestamp() * 1_000_000)}
    await db.write(lambda s: s.house.set_mark(reasons.MARK, mark, act(2)))
    await db.write(size, 6, 3, 2)
    found = await db.read(why, 6, 0)
    assert (found.path.since, found.path.was) == (Clock(2).moment, 1)
    assert [p.figure and (p.figure.old, p.figure.new) for p in found.path.parts] == [(1, 2)]


async def test_of_many_changes_of_its_own_the_early_ones_are_told_as_one(db: Database) -> None:
    await move_in(db)
    await db.write(six)

    def restless(store: Store) -> None:
        for n in range(reasons.TURNS + 5):
            size(store, 6, 1 + n, (1, 20)[n % 2])
        size(store, 1, 3.5, 20)

    await db.write(restless)
    found = await db.read(why, 6, 0.9)
    first, *others = found.path.parts
    assert (first.was, first.what, first.by) == (6, What.EARLIER, None)
    assert len([part for part in others if part.what is What.FIGURE]) == reasons.TURNS
    assert others[-1].now == (found.path.now and found.path.now.rank) == 1


async def test_of_very_many_others_it_is_told_how_many_did_what(db: Database) -> None:
    await move_in(db)
    await db.write(file, "mine", 0)
    rows = [
        RequestRow(title=f"old {n}", problem="p", value=20, time_criticality=20, risk_reduction=20, job_size=1)
        for n in range(reasons.PASSED + 20)
    ]
    await db.write(lambda s: imports.requests(s, act(1, None), rows, cards=False))
    for number in (2, 3, 4):
        await db.write(move, number, 2, Status.RELEASED)
    for number in (5, 6):
        await db.write(move, number, 3, Status.DECLINED)
    await db.write(file, "after", 4, value=20)
    many = reasons.PASSED + 20
    assert await db.read(told, 1, 0.5) == [
        (1, many + 2, "came", (2, 3, 4)),
        (many + 2, many, "declined", ()),
        (many, many - 3, "released", ()),
    ]
    assert await db.read(told, 1, 1.5) == [
        (many + 1, many - 2, "released", (2, 3, 4)),
        (many - 2, many - 4, "declined", (5, 6)),
        (many - 4, many - 3, "came", (many + 2,)),
    ]


async def test_without_a_place_it_is_told_what_is_missing(db: Database) -> None:
    await move_in(db)
    await db.write(six)
    await db.write(lambda s: intake.file(s, act(1, ALICE), a_draft("r7", value=8, time_criticality=2)))
    found = await db.read(why, 7, 0)
    assert (found.path.now, found.path.parts, found.next_up) == (None, (), None)
    assert [factor.value for factor in found.standing.missing] == ["risk_reduction", "job_size"]


async def test_explanations_begin_with_the_last_digest_that_was_posted(db: Database) -> None:
    await move_in(db)
    now = Clock(60).moment
    assert await db.read(reasons.since_digest, now) == now - timedelta(days=7)
    posted = Kept(
        subscription=COMPANY,
        period="2026-W48",
        channel=ChannelId("C9"),
        state=State.POSTED,
        since=MONDAY - timedelta(days=7),
        until=Clock(5).moment,
        at=Clock(5).moment,
    )
    await db.write(lambda s: s.digests.put(posted))
    assert await db.read(reasons.since_digest, now) == Clock(5).moment


async def test_what_is_not_there_is_refused_and_so_are_strangers(db: Database) -> None:
    await move_in(db)
    await db.write(six)
    for number, by in ((404, ALICE), (1, "U404")):
        with pytest.raises(Refused):
            await db.read(reasons.why, act(1, by), RequestNumber(number))
    assert (await db.read(reasons.why, act(1, ALICE), RequestNumber(1))).request.number == 1
