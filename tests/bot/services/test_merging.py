"""Requests made one and parted again, on both databases; and generated ones, in every order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.errors import Refused
from bot.domain.flow import Move
from bot.domain.ids import AccountId, RequestNumber, UserId
from bot.domain.merging import Joins, Merged, Unlinked
from bot.domain.news import Following
from bot.domain.promises import Listener
from bot.domain.requests import Customer, Join, Request, Sizing, Status
from bot.services import (
    access,
    blockers,
    board,
    flow,
    intake,
    merging,
    moves,
    promises,
    ranking,
    triage,
)
from storage.database import Database
from storage.store import Store
from tests.builders import ALICE, BORIS, TANYA, WITH_DATABASE, a_draft, an_act, move_in

ACME, BOREALIS, CITRUS = (AccountId(name) for name in ("acme", "borealis", "citrus"))
DAY = 24 * 60
WHOLE: dict[str, Any] = {"value": 8, "time_criticality": 2, "risk_reduction": 3, "job_size": 13}

_ONCE = count(1)


def n(number: int) -> RequestNumber:
    return RequestNumber(number)


def file(store: Store, /, *customers: str, by: str = ALICE, minutes: float = 0, **more: Any) -> int:
    """A request for these customers, its title made from its number."""
    number = next(_ONCE)
    draft = a_draft(f"Wish {number}", customers=[Customer(name=name) for name in customers], **more)
    return intake.file(store, an_act(by, key=f"request:{number:032x}", minutes=minutes), draft).request.number


def doing(by: str = BORIS, minutes: float = 60) -> Any:
    """An act of its own each time."""
    return an_act(by, key=f"act:{(once := next(_ONCE))}", minutes=minutes, trace=f"t{once}")


def merge(store: Store, /, one: int, other: int, *, minutes: float = 60) -> Merged:
    return merging.merge(store, doing(minutes=minutes), n(one), n(other))


def unlink(store: Store, /, number: int, *, minutes: float = 120) -> Unlinked:
    return merging.unlink(store, doing(minutes=minutes), n(number))


def get(store: Store, /, number: int) -> Request:
    return board.the(store, n(number))


def waiting(store: Store, /, number: int) -> list[str]:
    return [ask.account for ask in store.accounts.asks(n(number))]


def plan(store: Store, /, number: int, minutes: float = 5) -> None:
    wish = Move(status=Status.PLANNED, target=date(2026, 12, 12))
    moves.move(store, doing(minutes=minutes), n(number), wish)


async def three(db: Database) -> None:
    """R-1 of Boris, R-2 of Alice ten minutes later, R-3 of Tanya."""
    await move_in(db)
    await db.write(file, "Acme", by=BORIS)
    await db.write(file, "Acme", "Borealis", minutes=10)
    await db.write(file, "Citrus", by=TANYA, minutes=20)


# ---- making them one ----------------------------------------------------------------------------


@pytest.mark.parametrize("named", [(1, 2), (2, 1)])
async def test_the_older_stands_for_both_whichever_is_named_first(db: Database, named: tuple[int, int]) -> None:
    await three(db)
    done = await db.write(merge, *named)
    assert (done.joined.number, done.survivor.number, done.is_further) == (2, 1, False)
    assert (done.moved, done.follows) == (("Borealis",), "Alice")
    gone, kept = await db.read(lambda s: (get(s, 2), get(s, 1)))
    assert (gone.status, gone.same_as, gone.survivor, gone.companies) == (Status.DECLINED, 1, 1, 0)
    assert (kept.companies, kept.status, kept.answered_at) == (2, Status.BACKLOG, None)
    assert await db.read(waiting, 1) == [ACME, BOREALIS]
    assert await db.read(waiting, 2) == []
    brought = await db.read(lambda s: s.accounts.brought([n(2)]))
    assert [(ask.account, ask.number, ask.behind, ask.by) for ask in brought] == [
        (ACME, 2, 1, ALICE),
        (BOREALIS, 2, 1, ALICE),
    ]


async def test_the_one_further_along_keeps_all_of_its_own(db: Database) -> None:
    await three(db)
    await db.write(lambda s: ranking.estimate(s, doing(), n(1), Sizing(value=20)))
    await db.write(lambda s: ranking.estimate(s, doing(), n(2), Sizing(**WHOLE)))
    await db.write(plan, 2)
    before = await db.read(get, 2)
    done = await db.write(merge, 2, 1)
    assert (done.joined.number, done.is_further) == (1, True)
    after = await db.read(get, 2)
    assert (after.estimates, after.status, after.target, after.owner) == (
        before.estimates,
        Status.PLANNED,
        before.target,
        before.owner,
    )
    assert [row.number for row in await db.read(lambda s: s.requests.top(5))] == [2]


async def test_what_stands_for_them_is_made_one_where_they_are_joined_already(db: Database) -> None:
    await three(db)
    await db.write(file, "Delta", minutes=30)
    await db.write(merge, 3, 4)
    await db.write(merge, 1, 2)
    done = await db.write(merge, 4, 2)
    assert (done.joined.number, done.survivor.number) == (3, 1)
    found = await db.read(lambda s: [(get(s, k).same_as, get(s, k).survivor) for k in (1, 2, 3, 4)])
    assert found == [(None, None), (1, 1), (1, 1), (3, 1)], "a link stays where it was made"
    assert (await db.read(get, 1)).companies == 4
    assert await db.read(waiting, 1) == [ACME, BOREALIS, CITRUS, "delta"]

    again = await db.write(merge, 4, 2)
    assert (again.joined.number, again.survivor) == (4, await db.read(get, 1)), "nothing more to do"


async def test_the_same_form_delivered_late_joins_nothing_again(db: Database) -> None:
    await three(db)
    act = doing()
    for _ in range(2):
        done = await db.write(lambda s: merging.merge(s, act, n(2), n(1)))
        assert (done.joined.number, done.survivor.number, done.is_undoable) == (2, 1, True)
    await db.write(unlink, 2)
    with pytest.raises(Refused, match="That was taken back meanwhile"):
        await db.write(lambda s: merging.merge(s, act, n(2), n(1)))
    assert (await db.write(merge, 2, 1)).joined.number == 2, "in a new form they may"


async def test_closed_ones_are_made_one_with_nothing(db: Database) -> None:
    await three(db)
    no = Move(status=Status.DECLINED, why="No.", sentence="No.")
    await db.write(lambda s: moves.move(s, doing(), n(1), no))
    with pytest.raises(Refused, match="This request is already declined, so it can't be the same as another"):
        await db.write(merge, 1, 2)
    with pytest.raises(Refused, match="R-1 is declined already"):
        await db.write(merge, 2, 1)


@pytest.mark.parametrize("by", [ALICE, TANYA])
async def test_sales_and_tech_neither_join_nor_part(db: Database, by: str) -> None:
    await three(db)
    with pytest.raises(Refused, match="Only product and leadership may sort"):
        await db.write(lambda s: merging.merge(s, doing(by), n(1), n(2)))
    await db.write(merge, 1, 2)
    with pytest.raises(Refused, match="Only product and leadership may sort"):
        await db.write(lambda s: merging.unlink(s, doing(by), n(2)))


async def test_whoever_comes_too_late_hears_which_one_stands_for_it(db: Database) -> None:
    await three(db)
    await db.write(merge, 1, 2)
    title = (await db.read(get, 1)).title
    late = [
        ("add your customer there", lambda s: intake.open_join(s, doing(), n(2))),
        ("add your customer there", lambda s: intake.join(s, doing(), n(2), Join(customers=(Customer(name="D"),)))),
        ("estimate that one", lambda s: ranking.open_sizing(s, doing(), n(2))),
        ("estimate that one", lambda s: ranking.estimate(s, doing(), n(2), Sizing(value=3))),
        ("move that one", lambda s: moves.open_move(s, doing(), n(2))),
        ("move that one", lambda s: moves.move(s, doing(), n(2), Move(status=Status.BACKLOG))),
        ("sort that one", lambda s: triage.open_form(s, doing(), n(2))),
        ("say what customers may hear there", lambda s: promises.say(s, doing(), n(2), "Soon.")),
        ("say there what is in the way", lambda s: blockers.open_form(s, doing(), n(2))),
    ]
    for what, service in late:
        with pytest.raises(Refused) as refused:
            await db.write(service)
        assert refused.value.text == f"It's the same as R-1 {title}; {what}."


# ---- taking it back -----------------------------------------------------------------------------


async def test_within_a_day_it_is_as_it_was(db: Database) -> None:
    await three(db)
    await db.write(plan, 1)
    before = await db.read(lambda s: [get(s, k) for k in (1, 2, 3)])
    await db.write(merge, 1, 2)
    done = await db.write(unlink, 2, minutes=60 + DAY)
    assert (done.other and done.other.number, done.customers, done.follows) == (1, ("Acme", "Borealis"), "Alice")
    assert await db.read(lambda s: unversioned(s, 1, 2, 3)) == [board_line(one) for one in before]
    assert await db.read(lambda s: [waiting(s, k) for k in (1, 2)]) == [[ACME], [ACME, BOREALIS]]

    again = await db.write(unlink, 2)
    assert again.other is None
    assert (await db.read(get, 2)).version == done.request.version, "nothing more to do"


async def test_after_a_day_it_stays(db: Database) -> None:
    await three(db)
    await db.write(merge, 1, 2)
    with pytest.raises(Refused, match="R-2 has been the same as R-1 for more than a day"):
        await db.write(unlink, 2, minutes=61 + DAY)
    assert (await db.read(get, 1)).companies == 2


async def test_exactly_that_link_is_taken_back_and_what_hangs_on_it_goes_with_it(db: Database) -> None:
    await three(db)
    await db.write(file, "Delta", minutes=30)
    await db.write(merge, 3, 4)
    await db.write(merge, 2, 3)
    await db.write(merge, 1, 2)
    await db.write(unlink, 3)
    links = await db.read(lambda s: [(get(s, k).same_as, get(s, k).survivor) for k in (1, 2, 3, 4)])
    assert links == [(None, None), (1, 1), (None, None), (3, 3)]
    assert await db.read(lambda s: [get(s, k).companies for k in (1, 2, 3, 4)]) == [2, 0, 2, 0]
    assert await db.read(waiting, 3) == [CITRUS, "delta"]
    merged = await db.read(lambda s: {k: lines(s, k, "merged") for k in (1, 2, 3)})
    assert merged == {1: [(None, 2), (3, None)], 2: [(None, 3), (3, None)], 3: [(None, 4)]}


async def test_who_wanted_to_start_it_waits_again(db: Database) -> None:
    await three(db)
    start = Move(status=Status.IN_PROGRESS)
    await db.write(lambda s: moves.move(s, doing(), n(2), start))
    await db.write(merge, 1, 2)
    assert (await db.read(get, 2)).wanted_by is None
    await db.write(unlink, 2)
    assert (await db.read(get, 2)).wanted_by == BORIS


def lines(store: Store, number: int, field: str) -> list[tuple[Any, Any]]:
    return [(line.old, line.new) for line in store.changes.of(f"request:{number}") if line.field == field]


def board_line(one: Request) -> dict[str, Any]:
    """All there is to a request but how often it changed."""
    return {name: value for name, value in vars(one).items() if name != "version"}


def unversioned(store: Store, *numbers: int) -> list[dict[str, Any]]:
    return [board_line(get(store, number)) for number in numbers]


# ---- who follows --------------------------------------------------------------------------------


async def test_who_follows_a_joined_one_follows_what_stands_for_it_while_the_link_lasts(db: Database) -> None:
    await three(db)
    await db.write(lambda s: intake.join(s, doing(TANYA), n(2), Join(customers=(Customer(name="Delta"),))))

    def followers(store: Store, number: int) -> dict[UserId, Following]:
        return flow.followers(store, get(store, number))

    assert await db.read(followers, 1) == {BORIS: Following.ASKED}
    await db.write(merge, 1, 2)
    assert await db.read(followers, 1) == dict.fromkeys((ALICE, BORIS, TANYA), Following.ASKED)
    assert set(await db.read(followers, 2)) == {ALICE, TANYA}
    assert [who.person.id for who in await db.read(lambda s: flow.wishers(s, get(s, 1)))] == [BORIS, ALICE]
    assert await db.read(lambda s: s.promises.watchers(n(1))) == [], "nothing is copied"
    await db.write(unlink, 2)
    assert await db.read(followers, 1) == {BORIS: Following.ASKED}


async def test_who_watches_a_joined_one_stops_where_it_went(db: Database) -> None:
    await three(db)
    await db.write(lambda s: flow.watch(s, doing(TANYA), n(2), True))
    await db.write(merge, 1, 2)
    assert (await db.read(lambda s: flow.followers(s, get(s, 1))))[TANYA] is Following.WATCHES
    await db.write(lambda s: flow.watch(s, doing(TANYA), n(1), False))
    assert TANYA not in await db.read(lambda s: flow.followers(s, get(s, 1)))


async def test_what_customers_heard_of_a_joined_one_is_seen_where_it_went(db: Database) -> None:
    await three(db)
    await db.write(lambda s: promises.say(s, doing(), n(2), "We plan it."))
    await db.write(lambda s: promises.tell(s, doing(ALICE), n(2), [BOREALIS]))
    await db.write(merge, 1, 2)
    await db.write(lambda s: promises.say(s, doing(), n(1), "Later."))

    def listeners(store: Store) -> Sequence[Listener]:
        return promises.what_may_i_tell(store, doing(ALICE), n(2)).listeners

    heard = {one.name: (one.heard.words, one.heard.is_latest) for one in await db.read(listeners) if one.heard}
    assert heard == {"Borealis": ("We plan it.", False)}
    assert {one.name for one in await db.read(listeners) if one.is_mine} == {"Acme", "Borealis"}
    assert await db.read(lambda s: s.promises.heard([n(1)])) == {1: {BOREALIS: None}}


async def test_what_i_asked_for_is_what_stands_for_it(db: Database) -> None:
    await three(db)
    await db.write(merge, 1, 2)
    assert [row.number for row in await db.read(lambda s: s.requests.of_person(ALICE, 5))] == [1]


# ---- the opened request -------------------------------------------------------------------------


async def test_each_shows_the_others(db: Database) -> None:
    await three(db)
    for _ in range(6):
        await db.write(file, minutes=30)
    for number in range(2, 10):
        await db.write(merge, 1, number)

    def joins(store: Store, number: int, by: str = BORIS, minutes: float = 90) -> Joins:
        act = doing(by, minutes)
        return merging.joins(store, act, access.member(store, act), get(store, number))

    seen = await db.read(joins, 1)
    assert [(one.request.number, one.asked_by, one.is_undoable) for one in seen.joined[:2]] == [
        (2, "Alice", True),
        (3, "Tanya", True),
    ]
    assert (len(seen.joined), seen.more, seen.survivor) == (5, 3, None)
    there = await db.read(joins, 2)
    assert (there.survivor and there.survivor.number, there.customers) == (1, ("Acme", "Borealis"))
    undoable = [
        await db.read(joins, 2, by, minutes) for by, minutes in ((BORIS, 90), (ALICE, 90), (BORIS, 2 * DAY))
    ]
    assert [one.is_undoable for one in undoable] == [True, False, False]


# ---- generated ----------------------------------------------------------------------------------

NAMES = ("Acme", "Borealis", "Citrus", "Delta")
STATUSES = st.sampled_from([Status.BACKLOG, Status.BACKLOG, Status.PLANNED, Status.IN_PROGRESS, Status.TESTING])
WISHES = st.tuples(st.sets(st.sampled_from(NAMES)), STATUSES, st.integers(0, 3))


@dataclass(frozen=True)
class Story:
    wishes: Sequence[tuple[set[str], Status, int]]
    merges: Sequence[tuple[int, int]]
    other_order: Sequence[tuple[int, int]]
    undone: Sequence[int]


@st.composite
def stories(draw: st.DrawFn) -> Story:
    wishes = draw(st.lists(WISHES, min_size=2, max_size=7))
    each = st.integers(0, len(wishes) - 1)
    merges = draw(st.lists(st.tuples(each, each).filter(lambda pair: pair[0] != pair[1]), min_size=1, max_size=8))
    turned = draw(st.lists(st.booleans(), min_size=len(merges), max_size=len(merges)))
    other = [pair[::-1] if turn else pair for pair, turn in zip(merges, turned, strict=True)]
    return Story(
        wishes=wishes,
        merges=merges,
        other_order=draw(st.permutations(other)),
        undone=draw(st.permutations(range(len(wishes)))),
    )


def begin(store: Store, wishes: Sequence[tuple[set[str], Status, int]]) -> list[int]:
    numbers = [file(store, *sorted(customers), **WHOLE, minutes=hours * 60) for customers, _, hours in wishes]
    for number, (_, status, _) in zip(numbers, wishes, strict=True):
        before = get(store, number)
        store.requests.save(Request(**{**vars(before), "status": status}), doing())
    return numbers


def merge_all(store: Store, numbers: Sequence[int], pairs: Sequence[tuple[int, int]]) -> None:
    for one, other in pairs:
        merge(store, numbers[one], numbers[other], minutes=600)


def shown(store: Store, numbers: Sequence[int]) -> list[tuple[Any, ...]]:
    """Of each: how it stands, what stands for it (by its place in the story), its figures, and who waits."""
    place = {number: position for position, number in enumerate(numbers)}
    found = [get(store, number) for number in numbers]
    return [
        (one.status, place.get(one.survivor or 0), one.rank_score, one.companies, set(waiting(store, one.number)))
        for one in found
    ]


def components(size: int, pairs: Sequence[tuple[int, int]]) -> list[set[int]]:
    found = [{position} for position in range(size)]
    for one, other in pairs:
        both = [some for some in found if some & {one, other}]
        found = [some for some in found if some not in both] + [set().union(*both)]
    return found


def check_counted_once(story: Story, lines: Sequence[tuple[Any, ...]]) -> None:
    """One of each component is open and has all of its customers, each once."""
    for component in components(len(story.wishes), story.merges):
        (standing,) = (position for position in component if lines[position][1] is None)
        customers = set[str]().union(*(story.wishes[position][0] for position in component))
        status, _, _, companies, waits = lines[standing]
        assert status.is_open
        assert (companies, waits) == (len(customers), {name.lower() for name in customers})


async def live(db: Database, story: Story) -> None:
    if await db.read(lambda s: s.house.team()) is None:
        await move_in(db)
    numbers = await db.write(begin, story.wishes)
    twins = await db.write(begin, story.wishes)
    first = await db.read(lambda s: [board_line(get(s, number)) for number in numbers])
    await db.write(merge_all, numbers, story.merges)
    await db.write(merge_all, twins, story.other_order)
    one_way, other_way = await db.read(lambda s: (shown(s, numbers), shown(s, twins)))
    assert one_way == other_way
    check_counted_once(story, one_way)
    for position in story.undone:
        await db.write(unlink, numbers[position], minutes=600 + DAY)
    assert await db.read(lambda s: [board_line(get(s, number)) for number in numbers]) == first


@pytest.fixture
async def sqlite(sqlite_url: str) -> Any:
    async with Database.open(sqlite_url) as database:
        yield database


@settings(WITH_DATABASE, max_examples=25)
@given(story=stories())
async def test_in_any_order_the_board_is_the_same_and_undone_it_is_as_before(
    sqlite: Database, story: Story
) -> None:
    await live(sqlite, story)


@pytest.mark.faults
@settings(WITH_DATABASE, max_examples=700)
@given(story=stories())
async def test_in_any_order_the_board_is_the_same_for_many_more(sqlite: Database, story: Story) -> None:
    await live(sqlite, story)
