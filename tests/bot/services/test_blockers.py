"""What is in the way: kept, told to whoever can help, resolved; on both databases."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.acts import Act
from bot.domain.blockers import NUDGES, Nudge, Raised, Raising
from bot.domain.errors import Refused
from bot.domain.facts import Card
from bot.domain.flow import Move
from bot.domain.ids import ChannelId, MessageTs, RequestNumber, UserId, WorkerId
from bot.domain.notices import NothingToSay, Notice, Posted, Topic
from bot.domain.policy import Company
from bot.domain.requests import Status
from bot.services import blockers, house, intake, moves, outbox, page, ranking
from storage.database import Database
from storage.store import Store
from tests.builders import ALICE, BORIS, TANYA, a_draft, a_person, an_act, move_in

ONE = RequestNumber(1)
DAY = 24 * 60
WORDS = "waits for the legal text"
FIGURES: dict[str, Any] = {"value": 8, "time_criticality": 2, "risk_reduction": 3, "job_size": 13}
HOURS = Company().hours


def at(day: float, by: str | None = ALICE, **more: Any) -> Act:
    """Monday at ten, and so many days later."""
    return an_act(by, **{"key": f"{by}:{day}", "minutes": day * DAY, **more})


async def blocked(db: Database, *, owner: str = BORIS, by: str = ALICE) -> Raised:
    """Alice's request, and what is in its way since Monday."""
    await move_in(db)
    await db.write(lambda s: intake.file(s, at(0), a_draft(**FIGURES)))
    return await db.write(report, at(0, by), owner)


def report(store: Store, act: Act, owner: str = BORIS, words: str = WORDS) -> Raised:
    return blockers.report(store, act, ONE, Raising(words=words, owner=UserId(owner)))


def said(store: Store, day: float) -> list[tuple[str, Nudge]]:
    """What the clock and the delivery do on that day: who is told what."""
    for key in blockers.due(store, at(day, None)):
        blockers.ask_again(store, at(day, None), key)
    told: list[tuple[str, Nudge]] = []
    act = at(day, None)
    while parcels := outbox.claim(store, act, WorkerId("w"), HOURS):
        for parcel in parcels:
            posted = Posted(channel=ChannelId(f"D{parcel.line}"), ts=MessageTs(str(parcel.attempt.id)))
            outbox.settle(store, act, parcel, posted)
            if isinstance(parcel.saying, Nudge):
                told.append((parcel.line, parcel.saying))
        act = replace(act, wall=act.wall + timedelta(seconds=2))
    return told


def whom(told: list[tuple[str, Nudge]]) -> list[tuple[str, int]]:
    return [(line, saying.count) for line, saying in told]


def card(store: Store) -> Card:
    return ranking.card(store, ONE)


def composed(store: Store, key: str, line: str = BORIS) -> Nudge | None:
    payload = {"id": 1, "count": 1, "key": key, "at": at(0).at.isoformat()}
    notice = Notice(topic=Topic.BLOCKER, key=key, line=UserId(line), payload=payload, due_at=at(0).at)
    try:
        return blockers.nudge(store, notice)
    except NothingToSay:
        return None


# ---- kept ---------------------------------------------------------------------------------------


async def test_what_is_in_the_way_is_kept_once_and_shown_where_the_request_is(db: Database) -> None:
    first = await blocked(db)
    again = await db.write(report, at(0))
    assert again.blocked.blocker.id == first.blocked.blocker.id
    assert len(await db.read(blockers.open_of, ONE)) == 1
    assert (await db.read(card)).blocked == (WORDS,)
    shown = await db.read(page.open_page, at(3), ONE)
    assert [(one.days, one.names[one.blocker.owner]) for one in shown.blockers] == [(3, "Boris")]
    lines = await db.read(lambda s: s.changes.of("request:1"))
    assert [(line.old, line.new, line.by) for line in lines if line.field == "blocker"] == [(None, WORDS, ALICE)]


async def test_the_card_is_drawn_anew_also_right_after_filing(db: Database) -> None:
    await move_in(db)
    act = at(0)
    await db.write(lambda s: s.house.decide("channels", {"board": "C1"}, act))
    await db.write(lambda s: intake.file(s, act, a_draft()))
    await db.write(said, 0.1)
    await db.write(report, at(0.2))
    before = await db.read(lambda s: s.outbox.counts())
    await db.write(report, at(0.2))
    assert await db.read(lambda s: s.outbox.counts()) == before
    assert await db.read(lambda s: s.outbox.state(f"card:1:1:{ALICE}:0.2")) == "waiting"


@pytest.mark.parametrize(
    "person",
    [
        a_person("UGONE", is_deleted=True),
        a_person("UGUEST", is_guest=True),
        a_person("UBOT", is_bot=True),
        a_person("UOTHER", team="T2"),
    ],
)
async def test_only_a_colleague_gets_it_out_of_the_way(db: Database, person: Any) -> None:
    await blocked(db)
    await db.write(lambda s: house.keep_people(s, at(0), [person]))
    for owner in (person.id, "UNOBODY"):
        for does in (
            lambda s, owner=owner: report(s, at(1), owner),
            lambda s, owner=owner: blockers.hand_over(s, at(1), 1, UserId(owner)),
        ):
            with pytest.raises(Refused, match="full members only") as refused:
                await db.write(does)
            assert refused.value.fields == {"owner": refused.value.text}
    with pytest.raises(Refused):
        await db.write(report, at(1, person.id))
    assert len(await db.read(blockers.open_of, ONE)) == 1


@pytest.mark.parametrize(
    "does",
    [
        lambda s: blockers.open_form(s, at(1), ONE),
        lambda s: report(s, at(1)),
        lambda s: blockers.open_one(s, at(1), 1),
        lambda s: blockers.hand_over(s, at(1), 1, TANYA),
        lambda s: blockers.answer(s, at(1, BORIS), 1, "Thursday"),
        lambda s: blockers.resolve(s, at(1), 1, "Signed"),
    ],
)
async def test_nothing_is_in_the_way_of_a_closed_request(db: Database, does: Callable[[Store], object]) -> None:
    await blocked(db)
    await db.write(lambda s: moves.move(s, at(0.5, BORIS), ONE, Move(status=Status.RELEASED)))
    with pytest.raises(Refused, match="already released, so nothing is in its way any more"):
        await db.write(does)
    assert (await db.read(card)).blocked == ()
    assert (await db.read(blockers.in_the_way, at(1))).count == 0
    assert [whom(await db.write(said, day)) for day in (2, 4, 8)] == [[], [], []]


@pytest.mark.parametrize(
    "does",
    [
        lambda s: blockers.open_one(s, at(1), 7),
        lambda s: blockers.hand_over(s, at(1), 7, BORIS),
        lambda s: blockers.answer(s, at(1), 7, "Thursday"),
        lambda s: blockers.resolve(s, at(1), 7, "Signed"),
    ],
)
async def test_what_nobody_knows_of_is_refused_in_words(db: Database, does: Callable[[Store], object]) -> None:
    await move_in(db)
    with pytest.raises(Refused, match="/coordination blockers lists what is now"):
        await db.write(does)


async def test_the_form_suggests_whoever_answers_for_it_else_the_one_who_asks(db: Database) -> None:
    await blocked(db)
    assert (await db.read(blockers.open_form, at(1, TANYA), ONE)).owner == TANYA
    await db.write(lambda s: s.requests.save(replace(ranking.card(s, ONE).request, owner=BORIS), at(1)))
    blank = await db.read(blockers.open_form, at(1, TANYA), ONE, "typed")
    assert (blank.owner, blank.words, len(blank.known)) == (BORIS, "typed", 1)
    gone = a_person(BORIS, is_deleted=True)
    await db.write(lambda s: house.keep_people(s, at(1), [gone]))
    assert (await db.read(blockers.open_form, at(1, TANYA), ONE)).owner == TANYA


# ---- told ---------------------------------------------------------------------------------------


async def test_its_owner_is_told_every_two_working_days_and_five_times_at_most(db: Database) -> None:
    raised = await blocked(db)
    assert (raised.is_told, raised.is_now) == (True, True)
    told = {day: whom(await db.write(said, day)) for day in range(22)}
    assert {day: those for day, those in told.items() if those} == {
        0: [(BORIS, 1)],
        2: [(BORIS, 2)],
        4: [(BORIS, 3)],
        8: [(BORIS, 4)],
        10: [(BORIS, NUDGES)],
    }


async def test_whoever_says_so_about_themselves_is_asked_two_days_later(db: Database) -> None:
    raised = await blocked(db, owner=ALICE)
    assert (raised.is_told, (raised.on - raised.today).days) == (False, 2)
    told = [whom(await db.write(said, day)) for day in (0, 1, 2, 4, 8, 10, 14, 16)]
    assert told == [[], [], *([(ALICE, n)] for n in range(1, NUDGES + 1)), []]


async def test_it_is_said_when_they_are_at_work(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: house.keep_people(s, at(0), [a_person(BORIS, timezone="Asia/Kolkata")]))
    await db.write(lambda s: intake.file(s, at(0), a_draft()))
    raised = await db.write(report, at(0.25))  # at 16:00, half past nine in the evening there
    assert (raised.is_now, (raised.on - raised.today).days) == (False, 1)
    quarter = 1 / 96
    assert whom(await db.write(said, 0.25)) == []
    assert whom(await db.write(said, 17.25 / 24)) == []  # 03:15, which is a quarter to nine
    assert whom(await db.write(said, 17.25 / 24 + quarter)) == [(BORIS, 1)]
    assert whom(await db.write(said, 2 + 17.25 / 24)) == []
    assert whom(await db.write(said, 2 + 17.25 / 24 + quarter)) == [(BORIS, 2)]


async def test_two_clocks_say_it_once(db: Database) -> None:
    await blocked(db)
    await db.write(said, 0)
    seen = await db.read(blockers.due, at(2, None))
    assert seen == [1]
    for minute in (0.001, 0.002):
        await db.write(blockers.ask_again, at(2 + minute, None), 1)
    assert whom(await db.write(said, 2.1)) == [(BORIS, 2)]
    assert [one.blocker.nudges for one in await db.read(blockers.open_of, ONE)] == [2]


async def test_what_could_not_be_said_in_time_is_said_once(db: Database) -> None:
    await blocked(db)
    for day in (2, 4):
        await db.write(blockers.ask_again, at(day, None), 1)
    assert whom(await db.write(said, 4)) == [(BORIS, 1)]


@pytest.mark.parametrize(
    "settles",
    [
        lambda s: blockers.resolve(s, at(1), 1, "Signed"),
        lambda s: blockers.answer(s, at(1, BORIS), 1, "Thursday"),
        lambda s: house.keep_people(s, at(1), [a_person(BORIS, is_deleted=True)]),
        lambda s: blockers.hand_over(s, at(1, TANYA), 1, TANYA),
    ],
)
async def test_what_was_settled_before_it_was_said_is_not_said(
    db: Database, settles: Callable[[Store], object]
) -> None:
    await blocked(db)
    assert await db.read(composed, f"blocker:1:{BORIS}:1")
    await db.write(settles)
    assert await db.read(composed, f"blocker:1:{BORIS}:1") is None
    told = [line for day in (1.1, 3, 5) for line, _ in await db.write(said, day)]
    assert BORIS not in told


async def test_somebody_who_left_does_not_keep_others_from_being_told(db: Database) -> None:
    await blocked(db)
    await db.write(report, at(0, key="second"), TANYA)
    await db.write(said, 0)
    await db.write(lambda s: house.keep_people(s, at(1), [a_person(BORIS, is_deleted=True)]))
    assert await db.read(lambda s: [b.id for b in s.blockers.quiet_since(at(2).at, 1)]) == [2]
    assert whom(await db.write(said, 2)) == [(TANYA, 2)]


# ---- handed over --------------------------------------------------------------------------------


async def test_whoever_gets_it_next_is_told_anew_and_counted_anew(db: Database) -> None:
    await blocked(db)
    for day in (0, 2, 4):
        await db.write(said, day)
    for _ in range(2):
        raised = await db.write(blockers.hand_over, at(7), 1, TANYA)
        assert (raised.blocked.blocker.owner, raised.is_told) == (TANYA, True)
    told = {day: await db.write(said, day) for day in range(7, 30)}
    tanya = {day: [n for line, n in whom(those) if line == TANYA] for day, those in told.items()}
    assert {day: n for day, n in tanya.items() if n} == {7: [1], 9: [2], 11: [3], 15: [4], 17: [5]}
    boris = [saying for those in told.values() for line, saying in those if line == BORIS]
    assert [(saying.is_theirs, saying.count) for saying in boris] == [(False, 1), (False, 2), (False, 3)]


async def test_it_may_come_back_to_somebody(db: Database) -> None:
    await blocked(db)
    await db.write(said, 0)
    await db.write(blockers.hand_over, at(1), 1, TANYA)
    await db.write(said, 1)
    await db.write(blockers.hand_over, at(2), 1, BORIS)
    new = [saying for line, saying in await db.write(said, 2) if line == BORIS]
    assert [(saying.count, saying.subject) for saying in new] == [(1, f"blocker:1:{BORIS}:1:2")]
    await db.write(blockers.resolve, at(2.1), 1, "Signed")
    shown = [(line, saying.subject) for line, saying in await db.write(said, 2.2)]
    assert sorted(shown) == [(BORIS, f"blocker:1:{BORIS}:1"), (BORIS, f"blocker:1:{BORIS}:1:2")]


async def test_it_is_not_handed_to_who_has_it(db: Database) -> None:
    await blocked(db)
    with pytest.raises(Refused, match="who has it now") as refused:
        await db.write(blockers.hand_over, at(1), 1, BORIS)
    assert set(refused.value.fields) == {"owner"}


# ---- out of the way -----------------------------------------------------------------------------


async def test_it_is_resolved_once_by_whoever_says_so_first(db: Database) -> None:
    await blocked(db)
    await db.write(said, 0)
    done = [await db.write(blockers.resolve, at(1, BORIS), 1, "Signed") for _ in range(2)]
    assert [(one.is_first, one.left) for one in done] == [(True, 0), (True, 0)]
    late = await db.write(blockers.resolve, at(2, TANYA), 1, "I did")
    assert (late.is_first, late.blocked.blocker.note) == (False, "Signed")
    kept = await db.read(lambda s: s.blockers.get(1))
    assert kept
    assert (kept.resolved_by, kept.resolved_at, kept.note) == (BORIS, at(1).at, "Signed")
    lines = await db.read(lambda s: s.changes.of("request:1"))
    told = [(line.old, line.new, line.why) for line in lines if line.field == "blocker"]
    assert told == [(None, WORDS, None), (WORDS, None, "Signed")]
    assert (await db.read(card)).blocked == ()
    assert [whom(await db.write(said, day)) for day in (2, 4)] == [[(BORIS, 1)], []]  # drawn anew, not told again


async def test_only_its_owner_says_that_it_still_is(db: Database) -> None:
    await blocked(db)
    for does in (
        lambda s: blockers.open_answer(s, at(1, ALICE), 1),
        lambda s: blockers.answer(s, at(1, ALICE), 1, "Thursday"),
    ):
        with pytest.raises(Refused, match="Boris gets it out of the way now, so that's for Boris to say"):
            await db.write(does)
    for _ in range(2):
        seen = await db.write(blockers.answer, at(1, BORIS), 1, "Thursday")
        assert (seen.blocker.answer, seen.answered) == ("Thursday", at(1).at.date())
    assert (await db.read(blockers.in_the_way, at(1))).shown[0].blocker.answer == "Thursday"


@pytest.mark.parametrize(
    "does",
    [
        lambda s: blockers.hand_over(s, at(2), 1, TANYA),
        lambda s: blockers.answer(s, at(2, BORIS), 1, "Thursday"),
    ],
)
async def test_what_is_resolved_stays_so(db: Database, does: Callable[[Store], object]) -> None:
    await blocked(db)
    await db.write(blockers.resolve, at(1, TANYA), 1, "Signed")
    with pytest.raises(Refused, match="It was resolved by Tanya meanwhile"):
        await db.write(does)
    assert (await db.read(blockers.open_one, at(2), 1)).resolved == at(1).at.date()


# ---- the list -----------------------------------------------------------------------------------


async def test_ones_own_stand_first_and_ten_are_shown(db: Database) -> None:
    await blocked(db)
    for n in range(12):
        await db.write(report, at(1, key=f"b{n}"), TANYA if n == 11 else BORIS, f"Nr {n}")
    seen = await db.read(blockers.in_the_way, at(4, TANYA))
    assert [one.blocker.words for one in seen.shown[:3]] == ["Nr 11", WORDS, "Nr 0"]
    assert (len(seen.shown), seen.more, seen.shown[1].days) == (10, 3, 4)
