"""The daily message on both databases: who gets it, when, with what, and that nothing is lost or said twice."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.domain.acts import TANDEM, Act, Via
from bot.domain.errors import Refused
from bot.domain.ids import ChannelId, MessageTs, NoticeId, RequestNumber, UserId, WorkerId
from bot.domain.notices import Mode, Notice, Permanent, Posted, State, Topic
from bot.domain.policy import WorkingHours
from bot.domain.requests import Sizing
from bot.domain.rounds import Round
from bot.domain.talks import Kind
from bot.domain.wsjf import Factor
from bot.services import house, intake, outbox, preferences, questions, ranking, rounds
from bot.services.outbox import Parcel
from scheduler.jobs import Jobs
from storage import tables
from storage.database import Database
from storage.store import Store
from tests.builders import ALICE, BORIS, MONDAY, TANYA, a_draft, a_person, an_act, move_in

OFFICE = WorkingHours.read("mon-fri 09:00-18:00")
ONE, TWO = RequestNumber(1), RequestNumber(2)
GUEST = UserId("UGUEST")


# ---- help ---------------------------------------------------------------------------------------


def clock(*, days: float = 0, minutes: float = 0) -> Act:
    """Monday at ten, or later, on both clocks."""
    at = MONDAY + timedelta(days=days, minutes=minutes)
    return Act(by=TANDEM, at=at, wall=at, key=f"clock:{at}", via=Via.CLOCK, trace="clock")


def someone(by: str, *, days: float = 0, minutes: float = 1, key: str = "act") -> Act:
    return an_act(by, key=f"{key}:{by}:{days}:{minutes}", minutes=minutes + days * 1440)


async def file(db: Database, *titles: str, by: str = ALICE, **figures: int) -> None:
    """On the Friday before, by somebody of sales."""
    for title in titles:
        act = an_act(by, key=f"request:{title}", minutes=-3 * 1440)
        await db.write(intake.file, act, a_draft(title, **figures))


async def ring(db: Database, *, days: float = 0, minutes: float = 0) -> None:
    """What the job of that name does."""
    act = clock(days=days, minutes=minutes)
    due = await db.read(rounds.due, act)
    for user in due.users:
        await db.write(rounds.put, act, user)
    if due.zones:
        await db.write(rounds.close, act, due.zones)


async def told(db: Database, *, days: float = 0, minutes: float = 0) -> dict[str, Round]:
    """The daily messages said now, by reader."""
    said: dict[str, Round] = {}
    while parcels := await claim(db, days=days, minutes=minutes):
        for parcel in parcels:
            await db.write(outbox.settle, clock(days=days, minutes=minutes), parcel, posted(parcel))
            if isinstance(parcel.saying, Round):
                said[parcel.saying.reader] = parcel.saying
        minutes += 1
    return said


async def claim(db: Database, *, days: float = 0, minutes: float = 0, worker: str = "w") -> list[Parcel]:
    return await db.write(outbox.claim, clock(days=days, minutes=minutes), WorkerId(worker), OFFICE)


def posted(parcel: Parcel) -> Posted:
    return Posted(channel=ChannelId(f"D{parcel.line}"), ts=MessageTs(f"{abs(hash(parcel.subject)) % 10**9}.000001"))


async def morning(db: Database, *, days: float = 0) -> dict[str, Round]:
    await ring(db, days=days)
    return await told(db, days=days)


def numbers(said: Round) -> list[int]:
    return [entry.request.number for entry in said.to_estimate]


def fold(key: str, line: UserId = ALICE, **more: Any) -> Notice:
    """Something this person prefers to hear in the daily message: a line about what could not be said."""
    values: dict[str, Any] = {
        "topic": Topic.TEST,
        "key": key,
        "line": line,
        "payload": {"purpose": key, "by": None},
        "due_at": MONDAY,
    }
    return Notice(**{**values, **more})


async def put_folded(db: Database, *notices: str | Notice) -> None:
    """These wait to be said in a daily message; Alice's, unless they say whose."""

    def use_case(store: Store) -> None:
        for one in notices:
            new = fold(one) if isinstance(one, str) else one
            store.outbox.put(new, MONDAY)
            wanted = select(tables.notice.c.id).where(tables.notice.c.key == new.key)
            store.outbox.fold(NoticeId(store.connection.execute(wanted).scalar_one()))

    await db.write(use_case)


async def states(db: Database, *keys: str) -> list[str]:
    def query(store: Store) -> list[str]:
        return [str(store.outbox.state(key)) for key in keys]

    return await db.read(query)


# ---- who hears what -----------------------------------------------------------------------------


async def test_everybody_hears_what_their_role_decides(db: Database) -> None:
    await move_in(db)
    await file(db, "k8s-connector", "Dark mode", value=8)
    said = await morning(db)
    assert said.keys() == {TANYA, BORIS}
    assert numbers(said[TANYA]) == [1, 2]
    assert said[TANYA].to_estimate[0].factors == (Factor.RISK_REDUCTION, Factor.JOB_SIZE)
    assert [r.number for r in said[BORIS].to_triage] == [1, 2]
    assert said[BORIS].to_estimate == ()  # first they are sorted


async def test_without_roles_nobody_is_asked_but_whoever_owns_the_request(db: Database) -> None:
    await move_in(db, roles=False)
    await file(db, "k8s-connector", "Dark mode")
    assert await morning(db) == {}

    def own(store: Store) -> None:
        store.connection.execute(tables.request.update().where(tables.request.c.number == 2).values(owner=ALICE))

    await db.write(own)
    said = await morning(db, days=1)
    assert said.keys() == {ALICE}
    assert numbers(said[ALICE]) == [2]
    assert said[ALICE].to_triage == ()


async def test_burning_comes_first_then_the_board_then_the_oldest(db: Database) -> None:
    await move_in(db)
    await file(db, "a", "b", "c", "d")
    for number, size in ((3, 8), (4, 2)):
        figures = Sizing(value=8, time_criticality=2, risk_reduction=3, job_size=size)
        await db.write(ranking.estimate, someone(ALICE, minutes=number), RequestNumber(number), figures)

    def want(store: Store) -> None:
        store.connection.execute(
            tables.request.update().where(tables.request.c.number == 2).values(wanted_by=BORIS, answered_at=MONDAY)
        )

    await db.write(want)
    assert numbers((await morning(db))[TANYA]) == [2, 4, 3, 1]


async def test_more_than_five_are_counted(db: Database) -> None:
    await move_in(db)
    await file(db, *"abcdefg")
    said = (await morning(db))[TANYA]
    assert (numbers(said), said.more_to_estimate) == ([1, 2, 3, 4, 5], 2)


async def test_a_question_that_waits_is_brought_to_mind(db: Database) -> None:
    await move_in(db)
    await file(db, "k8s-connector")
    await db.write(lambda s: questions.ask(s, someone(BORIS, minutes=-60), ONE, to=ALICE, words="Which clouds?"))
    said = (await morning(db))[ALICE]
    assert [asked.question.words for asked in said.questions] == ["Which clouds?"]


async def test_guests_and_those_who_left_hear_nothing(db: Database) -> None:
    await move_in(db)
    await file(db, "k8s-connector")
    await db.write(house.keep_people, clock(), [a_person(TANYA, is_guest=True), a_person(BORIS, is_deleted=True)])
    assert await morning(db) == {}


# ---- when ---------------------------------------------------------------------------------------


async def test_the_same_is_said_again_after_three_working_days_and_something_new_next_day(db: Database) -> None:
    await move_in(db)
    await file(db, "k8s-connector")
    assert TANYA in await morning(db)
    assert await morning(db, days=1) == {}
    assert await morning(db, days=2) == {}
    assert numbers((await morning(db, days=3))[TANYA]) == [1]
    await db.write(intake.file, someone(ALICE, days=3, minutes=60), a_draft("Dark mode"))
    assert numbers((await morning(db, days=4))[TANYA]) == [1, 2]
    assert await morning(db, days=5) == {}  # Saturday


async def test_what_comes_up_after_ten_waits_for_tomorrow(db: Database) -> None:
    await move_in(db)
    assert await morning(db) == {}
    await file(db, "k8s-connector")
    await ring(db, minutes=60)
    assert await told(db, minutes=60) == {}
    assert (await morning(db, days=1)).keys() == {TANYA, BORIS}


async def test_two_replicas_say_it_once(db: Database) -> None:
    await move_in(db)
    await file(db, "k8s-connector")
    one, other = clock(), clock(minutes=0.1)
    for user in (await db.read(rounds.due, one)).users:
        assert await db.write(rounds.put, one, user) is (user != ALICE)
        assert await db.write(rounds.put, other, user) is False
    said = await claim(db)
    assert sorted(p.line for p in said if p.topic is Topic.ROUND) == [BORIS, TANYA]


async def test_a_ring_that_broke_off_is_carried_on_by_the_next(db: Database) -> None:
    await move_in(db)
    await file(db, "k8s-connector")
    due = await db.read(rounds.due, clock())
    await db.write(rounds.put, clock(), due.users[0])  # and then the power went
    await ring(db, minutes=1)
    assert (await told(db, minutes=1)).keys() == {TANYA, BORIS}
    assert (await db.read(rounds.due, clock(minutes=2))).zones == ()


async def test_the_job_of_the_clock_does_it(db: Database) -> None:
    await move_in(db)
    await file(db, "k8s-connector")
    clocks = type("Stopped", (), {"act": staticmethod(lambda *_: clock())})()
    await Jobs(db=db, clocks=clocks).ensure_rounds()
    assert (await told(db)).keys() == {TANYA, BORIS}


# ---- what is folded -----------------------------------------------------------------------------


async def test_what_was_folded_is_said_once(db: Database) -> None:
    await move_in(db)
    await put_folded(db, "a", "b")
    said = (await morning(db))[ALICE]
    assert [one.purpose for one in said.folded] == ["a", "b"]
    assert await states(db, "a", "b") == [State.POSTED, State.POSTED]
    assert await morning(db, days=1) == {}


async def test_killed_between_claim_and_settle_the_same_lines_are_said_once(db: Database) -> None:
    await move_in(db)
    await put_folded(db, "a")
    await ring(db)
    [first] = await claim(db)
    await put_folded(db, "b")  # meanwhile
    [again] = await claim(db, minutes=5, worker="other")
    assert again.look
    for parcel in (first, again):
        assert isinstance(parcel.saying, Round)
        assert [one.purpose for one in parcel.saying.folded] == ["a"]
    await db.write(outbox.settle, clock(minutes=6), first, posted(first))
    assert await states(db, "a", "b") == [State.FOLDED, State.FOLDED]  # its lease has passed on
    await db.write(outbox.settle, clock(minutes=6), again, posted(again))
    assert await states(db, "a", "b") == [State.POSTED, State.FOLDED]
    assert [one.purpose for one in (await morning(db, days=1))[ALICE].folded] == ["b"]


async def test_a_message_that_could_not_be_said_leaves_its_lines_to_the_next(db: Database) -> None:
    await move_in(db)
    await put_folded(db, "a")
    await ring(db)
    [parcel] = await claim(db)
    await db.write(outbox.settle, clock(), parcel, Permanent(error="channel_not_found"))
    assert [one.purpose for one in (await morning(db, days=1))[ALICE].folded] == ["a"]


async def test_a_line_that_makes_no_sense_any_more_costs_the_others_nothing(db: Database) -> None:
    await move_in(db)
    await put_folded(db, "a", fold("gone", topic=Topic.QUESTION, payload={"id": 99}))
    assert [one.purpose for one in (await morning(db))[ALICE].folded] == ["a"]


async def test_a_folded_question_stands_among_the_questions_only(db: Database) -> None:
    await move_in(db)
    await file(db, "k8s-connector")
    await db.write(preferences.save, someone(ALICE), {Topic.QUESTION: Mode.DAILY})
    await db.write(lambda s: questions.ask(s, someone(BORIS, minutes=-60), ONE, to=ALICE, words="Which clouds?"))
    assert await told(db) == {}  # it is folded, not said
    said = (await morning(db))[ALICE]
    assert ([a.question.words for a in said.questions], said.folded) == (["Which clouds?"], ())


async def test_whoever_wants_no_reminders_still_hears_what_they_chose_to_hear_daily(db: Database) -> None:
    await move_in(db)
    await file(db, "k8s-connector")
    await db.write(preferences.save, someone(TANYA), {Topic.ROUND: Mode.NEVER})
    assert TANYA not in await morning(db)
    await put_folded(db, fold("a", TANYA))
    said = (await morning(db, days=1))[TANYA]
    assert (said.to_estimate, len(said.folded)) == ((), 1)


# ---- what is done in it -------------------------------------------------------------------------


async def test_what_is_done_in_the_message_stays_in_it(db: Database) -> None:
    await move_in(db)
    await file(db, "k8s-connector", "Dark mode")
    first = await morning(db)
    where = await db.read(lambda s: s.messages.find(first[TANYA].key, Topic.ROUND))
    assert where
    await db.write(rounds.estimate_in_place, someone(TANYA), ONE, Sizing(job_size=5), (where.channel, where.ts))
    parcels = await claim(db, minutes=2)
    [redrawn] = [p for p in parcels if p.topic is Topic.ROUND]
    assert redrawn.replaces == where
    assert isinstance(redrawn.saying, Round)
    assert numbers(redrawn.saying) == [2]
    assert [(d.request.number, d.figures) for d in redrawn.saying.done] == [(1, {Factor.JOB_SIZE: 5})]

    await db.write(outbox.settle, clock(minutes=2), redrawn, posted(redrawn))
    await db.write(rounds.estimate_in_place, someone(TANYA, minutes=3), TWO, Sizing(job_size=2))
    last = (await told(db, minutes=5))[TANYA]
    assert (last.to_estimate, [d.request.number for d in last.done]) == ((), [2, 1])


async def test_an_estimate_made_elsewhere_shows_too(db: Database) -> None:
    await move_in(db)
    await file(db, "k8s-connector")
    await morning(db)
    await db.write(ranking.estimate, someone(TANYA), ONE, Sizing(job_size=5))
    assert [d.figures for d in (await told(db, minutes=2))[TANYA].done] == [{Factor.JOB_SIZE: 5}]


async def test_what_tech_needs_is_asked_and_tech_is_not_until_it_is_answered(db: Database) -> None:
    await move_in(db)
    await file(db, "k8s-connector")
    await morning(db)
    blank = await db.read(rounds.open_need, someone(TANYA), ONE)
    assert blank.to == ALICE
    asked = await db.write(rounds.ask_what_is_needed, someone(TANYA), ONE, ALICE, "Which clouds?")
    assert asked.kind is Kind.SIZE
    redrawn = (await told(db, minutes=2))[TANYA]
    assert (redrawn.to_estimate, [d.asked for d in redrawn.done]) == ((), [ALICE])
    assert TANYA not in await morning(db, days=3)
    await db.write(questions.answer, someone(ALICE, days=3), asked.id, "AWS")
    assert numbers((await morning(db, days=4))[TANYA]) == [1]


async def test_only_who_sizes_may_say_that_they_cannot_yet(db: Database) -> None:
    await move_in(db)
    await file(db, "k8s-connector")
    with pytest.raises(Refused, match="Only tech may confirm"):
        await db.read(rounds.open_need, someone(ALICE), ONE)
    with pytest.raises(Refused, match="Only tech may confirm"):
        await db.write(rounds.ask_what_is_needed, someone(ALICE), ONE, BORIS, "Which clouds?")


async def test_a_closed_request_takes_no_figure(db: Database) -> None:
    await move_in(db)
    await file(db, "k8s-connector")

    def close(store: Store) -> None:
        store.connection.execute(tables.request.update().values(status="released"))

    await db.write(close)
    with pytest.raises(Refused, match="already released"):
        await db.write(rounds.estimate_in_place, someone(TANYA), ONE, Sizing(job_size=5))
    with pytest.raises(Refused, match="already released"):
        await db.read(rounds.open_need, someone(TANYA), ONE)


async def test_why_a_figure_changed_is_kept(db: Database) -> None:
    await move_in(db)
    await file(db, "k8s-connector", value=8)
    await db.write(lambda s: ranking.estimate(s, someone(BORIS), ONE, Sizing(value=2), why="One of 340 asked."))
    [line] = [x for x in await db.read(lambda s: s.changes.of("request:1")) if x.by == BORIS]
    assert (line.field, line.why) == (Factor.VALUE, "One of 340 asked.")


# ---- preferences --------------------------------------------------------------------------------


async def test_only_what_changed_is_kept(db: Database) -> None:
    await move_in(db)
    now = await db.read(preferences.open_preferences, someone(ALICE))
    assert now[Topic.WATCH] is Mode.DAILY
    changed = await db.write(preferences.save, someone(ALICE), {**now, Topic.NEWS: Mode.NEVER})
    assert changed == {Topic.NEWS: Mode.NEVER}
    assert await db.read(lambda s: s.people.preferences(ALICE)) == {Topic.NEWS: Mode.NEVER}
    assert await db.write(preferences.save, someone(ALICE), {**now, Topic.NEWS: Mode.NEVER}) == {}


async def test_what_is_not_offered_is_refused(db: Database) -> None:
    await move_in(db)
    with pytest.raises(Refused):
        await db.write(preferences.save, someone(ALICE), {Topic.QUESTION: Mode.NEVER})
    await db.write(house.keep_people, clock(), [a_person(GUEST, is_guest=True)])
    with pytest.raises(Refused, match="full members"):
        await db.read(preferences.open_preferences, someone(GUEST))
    with pytest.raises(Refused, match="full members"):
        await db.write(preferences.save, someone(GUEST), {Topic.NEWS: Mode.NEVER})
