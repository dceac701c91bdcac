"""The outbox on both databases: whose turn it is, who holds what, and what comes of it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, select, update

from bot.domain.acts import TANDEM, Act, Actor, Via
from bot.domain.errors import Busy
from bot.domain.facts import Card, Undeliverable
from bot.domain.ids import ChannelId, MessageTs, RequestNumber, TeamId, UserId, WorkerId
from bot.domain.notices import (
    Gone,
    Notice,
    NotSent,
    Outcome,
    Patience,
    Permanent,
    Posted,
    State,
    Throttled,
    Topic,
    Unknown,
    Unsure,
)
from bot.domain.people import Person
from bot.domain.policy import Channels, Company, Policy, WorkingHours
from bot.domain.requests import Draft, Sizing, Source
from bot.services import house, intake, outbox, ranking
from bot.services.outbox import Parcel
from storage import tables
from storage.database import Database
from storage.store import Store

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)  # a Wednesday
BOARD = ChannelId("CBOARD")
TEAM = TeamId("T1")
ANN, BEN = WorkerId("ann"), WorkerId("ben")
OLGA, PETRA = UserId("UOLGA"), UserId("UPETRA")
ALICE = UserId("UALICE")
ALWAYS = WorkingHours.read("mon-sun 00:00-24:00")
OFFICE = WorkingHours.read("mon-fri 09:00-18:00")
PATIENCE = Patience(call=10.0, pace=1.0)
POLICY = Policy(
    company=Company(zone=ZoneInfo("America/Los_Angeles")),
    channels=Channels(board=BOARD),
    admins=frozenset({OLGA, PETRA}),
    patience=PATIENCE,
)
DEAD = Permanent(error="not_in_channel")


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    async with Database.open(database_url, fixed=POLICY) as database:
        await database.write(house.settle_in, at(), TEAM, "Nimbus", "https://nimbus.slack.com/", UserId("UBOT"))
        await database.write(house.keep_people, at(), [Person(id=ALICE, team=TEAM, name="Alice")])
        yield database


# ---- help ---------------------------------------------------------------------------------------


def at(seconds: float = 0.0, *, days: float = 0.0, by: UserId | None = None, key: str = "x") -> Act:
    """An act so long after noon, on both clocks."""
    moment = NOON + timedelta(days=days, seconds=seconds)
    actor = Actor(user=by, team=TEAM) if by else TANDEM
    return Act(by=actor, at=moment, wall=moment, key=key, via=Via.CLOCK, trace=key)


def a_notice(key: str, line: str = "C1", *, due: float = 0.0, **more: Any) -> Notice:
    return Notice(
        topic=Topic.UNDELIVERABLE,
        key=key,
        line=ChannelId(line),
        payload={"line": "C9", "error": key},
        due_at=NOON + timedelta(seconds=due),
        **more,
    )


def put(store: Store, *notices: Notice, merges: str | None = None) -> list[bool]:
    return [store.outbox.put(notice, NOON, merges=merges) for notice in notices]


def _row(store: Store, key: str) -> Any:
    return store.connection.execute(select(tables.notice).where(tables.notice.c.key == key)).one()


async def row(db: Database, key: str) -> Any:
    return await db.read(_row, key)


async def state(db: Database, key: str) -> State:
    return State((await row(db, key)).state)


async def claim(
    db: Database, seconds: float = 0.0, *, worker: WorkerId = ANN, hours: WorkingHours = ALWAYS, days: float = 0.0
) -> list[Parcel]:
    return await db.write(outbox.claim, at(seconds, days=days), worker, hours)


async def claim_one(db: Database, seconds: float = 0.0, *, worker: WorkerId = ANN) -> Parcel:
    (parcel,) = await claim(db, seconds, worker=worker)
    return parcel


async def settle(
    db: Database, parcel: Parcel, outcome: Outcome, seconds: float = 0.0, *, days: float = 0.0
) -> None:
    await db.write(outbox.settle, at(seconds, days=days), parcel, outcome)


async def say(db: Database, seconds: float = 0.0) -> list[str]:
    """Claim what may be said now, and say it."""
    parcels = await claim(db, seconds)
    for parcel in parcels:
        await settle(db, parcel, posted(parcel), seconds)
    return [parcel.key for parcel in parcels]


def posted(parcel: Parcel, ts: str = "") -> Posted:
    return Posted(channel=ChannelId(parcel.line), ts=MessageTs(ts or f"{parcel.attempt.id}.000001"))


def keys(parcels: Sequence[Parcel]) -> list[str]:
    return [parcel.key for parcel in parcels]


async def file(db: Database, title: str, seconds: float = 0.0) -> RequestNumber:
    draft = Draft(title=title, problem="They can't see costs.", source=Source.SUPPORT, value=8, job_size=13)
    filed = await db.write(intake.file, at(seconds, by=ALICE, key=f"request:{title}"), draft)
    return filed.request.number


async def estimate(db: Database, number: RequestNumber, size: int, seconds: float = 0.0) -> None:
    figures = {"value": 8, "time_criticality": 2, "risk_reduction": 3, "job_size": size}
    await db.write(ranking.estimate, at(seconds, by=ALICE), number, Sizing(**figures))


def _prefer(store: Store, user: str, topic: Topic, mode: str) -> None:
    store.connection.execute(insert(tables.preference).values(user=user, topic=topic, mode=mode, at=NOON))


# ---- one line -----------------------------------------------------------------------------------


async def test_a_line_is_said_in_the_order_of_what_is_due_one_at_a_time(db: Database) -> None:
    await db.write(put, a_notice("third", due=3), a_notice("first", due=1), a_notice("second", due=2))
    first = await claim_one(db, 10)
    assert first.key == "first"
    assert await claim(db, 10) == []
    await settle(db, first, posted(first), 10)
    assert await say(db, 20) == ["second"]
    assert await say(db, 30) == ["third"]
    assert await say(db, 40) == []


async def test_of_two_due_together_the_one_put_in_first_is_said_first(db: Database) -> None:
    await db.write(put, a_notice("b"), a_notice("a"))
    assert await say(db, 1) == ["b"]
    assert await say(db, 10) == ["a"]


async def test_nothing_is_said_before_it_is_due(db: Database) -> None:
    await db.write(put, a_notice("later", due=5))
    assert not await db.read(outbox.has_work, at(4.9))
    assert await claim(db, 4.9) == []
    assert await db.read(outbox.has_work, at(5))
    assert keys(await claim(db, 5)) == ["later"]
    assert not await db.read(outbox.has_work, at(5))


async def test_what_is_not_due_yet_holds_up_nobody(db: Database) -> None:
    await db.write(put, a_notice("tomorrow", due=86_400), a_notice("now", due=0))
    assert await say(db) == ["now"]


async def test_posts_in_one_channel_keep_their_distance_and_other_channels_do_not_wait(db: Database) -> None:
    await db.write(put, a_notice("a1", "CA"), a_notice("a2", "CA"), a_notice("b1", "CB"))
    assert await say(db) == ["a1", "b1"]
    assert await claim(db, 0.9) == []
    assert await say(db, 1.0) == ["a2"]


async def test_one_claim_serves_a_bounded_number_of_lines(db: Database) -> None:
    await db.write(put, *(a_notice(f"n{i}", f"C{i}") for i in range(outbox.AT_ONCE + 3)))
    assert len(await claim(db)) == outbox.AT_ONCE
    assert len(await claim(db)) == 3


async def test_a_latecomer_that_is_due_earlier_does_not_overtake_what_is_being_said(db: Database) -> None:
    """Clocks of two replicas differ, and a slow transaction commits after a quick one that began later."""
    await db.write(put, a_notice("begun", due=10))
    begun = await claim_one(db, 10)
    await db.write(put, a_notice("latecomer", due=5))
    assert await claim(db, 11, worker=BEN) == []
    await settle(db, begun, Unknown(error="timeout"), 11)
    assert keys(await claim(db, 60, worker=BEN)) == ["begun"]
    assert await claim(db, 61, worker=ANN) == []


async def test_a_replica_whose_clock_is_slow_does_not_overtake_what_is_being_said(db: Database) -> None:
    await db.write(put, a_notice("begun", due=10))
    await claim_one(db, 10)
    await db.write(put, a_notice("latecomer", due=5))
    assert await claim(db, 8, worker=BEN) == []


async def test_of_many_lines_the_one_whose_turn_came_first_is_served_first(db: Database) -> None:
    await db.write(put, *(a_notice(f"n{i}", f"C{i}", due=-i) for i in range(outbox.AT_ONCE + 2)))
    assert keys(await claim(db)) == [f"n{i}" for i in range(outbox.AT_ONCE + 1, 1, -1)]


async def test_a_second_card_is_not_drawn_while_the_first_may_have_been_posted(db: Database) -> None:
    number = await file(db, "k8s", seconds=10)
    first = await claim_one(db, 10)
    await estimate(db, number, 5, seconds=5)  # by a replica whose clock is five seconds slow
    await settle(db, first, Unknown(error="timeout"), 11)
    again = await claim_one(db, 60)
    assert (again.key, again.look) == (first.key, True)
    await settle(db, again, posted(again, "7.000001"), 61)
    second = await claim_one(db, 70)
    assert second.replaces is not None
    assert second.replaces.ts == "7.000001"


async def test_the_same_key_twice_is_one_notice(db: Database) -> None:
    assert await db.write(put, a_notice("n", "CA"), a_notice("n", "CB")) == [True, False]
    assert await db.write(put, a_notice("n", "CA")) == [False]
    assert await say(db) == ["n"]
    assert await db.write(put, a_notice("n", "CA")) == [False]
    assert await say(db, 10) == []


# ---- outcomes -----------------------------------------------------------------------------------


async def test_too_many_requests_block_the_line_and_not_the_others(db: Database) -> None:
    await db.write(put, a_notice("a1", "CA"), a_notice("b1", "CB"))
    a1, b1 = await claim(db)
    await settle(db, a1, Throttled(retry_after=30))
    await settle(db, b1, posted(b1))
    await db.write(put, a_notice("a0", "CA", due=-5), a_notice("b2", "CB"))
    assert await say(db, 29.9) == ["b2"]
    again = await claim_one(db, 30)
    assert (again.key, again.attempt.count) == ("a1", 1)
    assert again.attempt.first == a1.attempt.first


async def test_what_was_throttled_before_a_look_still_looks(db: Database) -> None:
    await db.write(put, a_notice("n"))
    await settle(db, await claim_one(db), Unknown(error="timeout"))
    looking = await claim_one(db, 20)
    assert looking.look
    await settle(db, looking, Throttled(retry_after=5), 20)
    again = await claim_one(db, 30)
    assert again.look
    assert again.attempt.count == 2


async def test_what_was_not_sent_is_tried_again_later_without_a_look(db: Database) -> None:
    await db.write(put, a_notice("n"), a_notice("next"))
    await settle(db, await claim_one(db), NotSent(error="refused"))
    assert await claim(db, 0.9) == []
    again = await claim_one(db, 1.0)
    assert (again.key, again.look, again.attempt.count) == ("n", False, 2)


async def test_what_may_have_been_said_is_looked_up_no_sooner_than_slack_is_done(db: Database) -> None:
    await db.write(put, a_notice("n"))
    await settle(db, await claim_one(db), Unknown(error="timeout"), 1)
    assert await claim(db, 14.9) == []
    assert (await claim_one(db, 15)).look


async def test_refused_blocks_are_drawn_plainly_at_once(db: Database) -> None:
    await db.write(put, a_notice("n"))
    first = await claim_one(db)
    assert not first.attempt.plain
    await settle(db, first, Permanent(error="invalid_blocks"))
    second = await claim_one(db)
    assert second.attempt.plain
    await settle(db, second, Permanent(error="invalid_blocks"))
    assert await state(db, "n") is State.DEAD


@pytest.mark.parametrize(
    "at_last", [Unsure(error="missing_scope"), Unknown(error="timeout")], ids=["look", "tries"]
)
async def test_what_stays_uncertain_ends_as_unsure(db: Database, at_last: Outcome) -> None:
    await db.write(put, a_notice("n"), a_notice("next", due=1))
    for attempt in range(PATIENCE.attempts):
        seconds = attempt * 100.0
        parcel = await claim_one(db, seconds)
        assert parcel.attempt.count == attempt + 1
        last = attempt + 1 == PATIENCE.attempts
        await settle(db, parcel, at_last if last else Unknown(error="timeout"), seconds)
    assert await state(db, "n") is State.UNSURE
    assert (await row(db, "n")).error == at_last.error  # type: ignore[union-attr]
    assert await say(db, 5000) == ["next"]


async def test_a_dead_notice_makes_way_for_the_next(db: Database) -> None:
    await db.write(put, a_notice("n"), a_notice("next"))
    await settle(db, await claim_one(db), DEAD)
    assert await say(db) == ["next"]
    assert await db.read(lambda store: store.outbox.failed(5)) == [("n", "dead", "not_in_channel")]
    assert await db.read(lambda store: store.outbox.counts()) == {"dead": 1, "posted": 1}


# ---- leases -------------------------------------------------------------------------------------


async def test_an_expired_lease_passes_to_another_worker_who_looks_first(db: Database) -> None:
    await db.write(put, a_notice("n"))
    ann = await claim_one(db, worker=ANN)
    assert await claim(db, PATIENCE.lease - 0.1, worker=BEN) == []
    ben = await claim_one(db, PATIENCE.lease, worker=BEN)
    assert (ann.look, ben.look) == (False, True)
    assert (ben.attempt.count, ben.attempt.first) == (2, ann.attempt.began)


@pytest.mark.parametrize(
    "late",
    [
        Posted(channel=ChannelId("C1"), ts=MessageTs("9.9")),
        Throttled(retry_after=600),
        NotSent(error="refused"),
        Unknown(error="timeout"),
        Unsure(error="missing_scope"),
        Gone(),
        DEAD,
    ],
    ids=lambda outcome: type(outcome).__name__,
)
async def test_what_the_first_worker_reports_too_late_changes_nothing(db: Database, late: Outcome) -> None:
    await db.write(put, a_notice("n"))
    ann = await claim_one(db, worker=ANN)
    ben = await claim_one(db, 50, worker=BEN)
    held = await row(db, "n")
    await settle(db, ann, late, 51)
    assert await row(db, "n") == held
    await settle(db, ben, posted(ben, "2.000002"), 52)
    said = await row(db, "n")
    await settle(db, ann, late, 53)
    assert await row(db, "n") == said
    assert (said.state, said.ts) == ("posted", "2.000002")


async def test_one_worker_cannot_settle_an_earlier_attempt_of_its_own(db: Database) -> None:
    await db.write(put, a_notice("n"))
    first = await claim_one(db, worker=ANN)
    second = await claim_one(db, 50, worker=ANN)
    await settle(db, first, DEAD, 51)
    assert await state(db, "n") is State.SENDING
    await settle(db, second, posted(second), 52)
    assert await state(db, "n") is State.POSTED


async def test_a_late_report_counts_while_nobody_else_has_taken_over(db: Database) -> None:
    await db.write(put, a_notice("n"))
    parcel = await claim_one(db)
    await settle(db, parcel, posted(parcel), 500)
    assert await state(db, "n") is State.POSTED


async def test_workers_racing_never_hold_the_same_notice(db: Database, database_url: str) -> None:
    lines = [f"C{i}" for i in range(12)]
    await db.write(put, *(a_notice(f"{line}-{i}", line) for line in lines for i in range(3)))
    taken: list[Parcel] = []

    async def work(door: Database, name: str) -> None:
        step = 0
        while len(taken) < 36 and step < 400:
            step += 1
            try:
                parcels = await door.write(outbox.claim, at(100), WorkerId(name), ALWAYS)
                taken.extend(parcels)
                for parcel in parcels:
                    await _insist(door, parcel)
            except Busy:  # lost a race five times running
                continue

    async with (
        Database.open(database_url, fixed=quick()) as one,
        Database.open(database_url, fixed=quick()) as other,
    ):
        await asyncio.gather(*(work(door, f"w{i}") for i, door in enumerate((one, other, one, other))))
    assert len(taken) == len({parcel.key for parcel in taken}) == 36
    assert len({parcel.worker for parcel in taken}) > 1
    for line in lines:
        assert [p.key for p in taken if p.line == line] == [f"{line}-{i}" for i in range(3)]


def quick() -> Policy:
    return replace(POLICY, patience=replace(PATIENCE, pace=0.0))


async def _insist(door: Database, parcel: Parcel) -> None:
    while True:
        try:
            return await door.write(outbox.settle, at(100), parcel, posted(parcel))
        except Busy:
            continue


# ---- replies ------------------------------------------------------------------------------------


async def test_a_reply_waits_for_its_parent_and_answers_in_its_thread(db: Database) -> None:
    await db.write(put, a_notice("reply", after="parent"), a_notice("parent", due=5))
    assert await claim(db, 4) == []
    parent = await claim_one(db, 5)
    assert (parent.key, parent.thread) == ("parent", None)
    assert await claim(db, 6) == []
    await settle(db, parent, posted(parent, "5.000005"), 6)
    reply = await claim_one(db, 10)
    assert (reply.key, reply.thread) == ("reply", "5.000005")


async def test_a_reply_that_waits_holds_up_nobody(db: Database) -> None:
    await db.write(put, a_notice("reply", after="parent"), a_notice("parent", due=500), a_notice("other", due=1))
    assert await say(db, 2) == ["other"]


@pytest.mark.parametrize(
    "end", [DEAD, Unsure(error="missing_scope"), Gone()], ids=lambda outcome: type(outcome).__name__
)
async def test_replies_die_with_their_parent_children_of_children_too(db: Database, end: Outcome) -> None:
    family = [
        a_notice("parent"),
        a_notice("child", after="parent"),
        a_notice("sibling", "C2", after="parent"),
        a_notice("grandchild", after="child"),
        a_notice("stranger", due=1),
    ]
    await db.write(put, *family)
    await settle(db, await claim_one(db), end)
    assert [await state(db, key) for key in ("child", "sibling", "grandchild")] == [State.DROPPED] * 3
    assert (await row(db, "grandchild")).error == "its parent was not said"
    assert await say(db, 10) == ["stranger"]
    assert await db.read(lambda store: store.outbox.heads(NOON + timedelta(days=9), NOON, 9)) == []


async def test_a_reply_to_what_is_dead_already_is_dropped_at_once(db: Database) -> None:
    await db.write(put, a_notice("parent"))
    await settle(db, await claim_one(db), DEAD)
    await db.write(put, a_notice("child", after="parent"), a_notice("grandchild", after="child"))
    assert [await state(db, key) for key in ("child", "grandchild")] == [State.DROPPED] * 2


async def test_a_reply_to_what_was_said_long_ago_is_said(db: Database) -> None:
    await db.write(put, a_notice("parent"))
    assert await say(db) == ["parent"]
    await db.write(put, a_notice("child", after="parent"))
    assert (await claim_one(db, 10)).thread is not None


# ---- cards --------------------------------------------------------------------------------------


async def test_changes_of_a_card_that_waits_are_drawn_together(db: Database) -> None:
    number = await file(db, "k8s")
    for size in (1, 2, 5):
        await estimate(db, number, size)
    card = await claim_one(db, 1)
    assert isinstance(card.saying, Card)
    assert card.saying.request.estimates
    assert card.drawn_from == card.saying.request.version == 4
    await settle(db, card, posted(card), 1)
    assert await claim(db, 100) == []


async def test_the_first_of_its_kind_is_put_without_a_look_for_others(db: Database) -> None:
    await db.write(put, a_notice("a"), merges="card:1")

    def put_first(store: Store) -> bool:
        return store.outbox.put(a_notice("b"), NOON, merges="card:1", is_first=True)

    assert await db.write(put_first)
    assert await db.write(put, a_notice("c"), merges="card:1") == [False]


async def test_a_change_is_not_merged_into_a_card_that_is_being_posted(db: Database) -> None:
    number = await file(db, "k8s")
    card = await claim_one(db)
    await estimate(db, number, 2)
    await estimate(db, number, 5)
    assert await claim(db, 9) == []
    await settle(db, card, posted(card, "3.000003"), 9)
    second = await claim_one(db, 10)
    assert (second.drawn_from, second.attempt.count) == (3, 1)
    assert second.replaces is not None
    assert (second.replaces.channel, second.replaces.ts) == (BOARD, "3.000003")
    await settle(db, second, Posted(channel=BOARD, ts=second.replaces.ts), 10)
    assert await claim(db, 99) == []


async def test_a_change_is_not_merged_into_a_card_that_may_have_been_posted(db: Database) -> None:
    number = await file(db, "k8s")
    await settle(db, await claim_one(db), Unknown(error="timeout"))
    await estimate(db, number, 5)
    looking = await claim_one(db, 20)
    assert looking.look
    await settle(db, looking, posted(looking, "3.000003"), 20)
    assert (await claim_one(db, 30)).replaces is not None


async def test_cards_of_two_requests_are_two_cards(db: Database) -> None:
    await file(db, "k8s")
    await file(db, "audit-log")
    assert len([*await say(db, 1), *await say(db, 3)]) == 2


async def test_an_updated_card_needs_no_distance_to_the_next(db: Database) -> None:
    number = await file(db, "k8s")
    await say(db)
    await estimate(db, number, 5)
    await file(db, "audit-log", seconds=20)
    assert len([*await say(db, 20), *await say(db, 20)]) == 2


async def test_a_card_deleted_in_slack_is_posted_anew_once_and_updated_from_then_on(db: Database) -> None:
    number = await file(db, "k8s")
    await say(db)
    await estimate(db, number, 2, seconds=10)
    second = await claim_one(db, 20)
    assert second.replaces
    await settle(db, second, Gone(), 20)
    anew = await claim_one(db, 20)
    assert (anew.key, anew.replaces, anew.look) == (second.key, None, False)
    await settle(db, anew, posted(anew, "8.000008"), 20)
    assert await claim(db, 30) == []
    await estimate(db, number, 5, seconds=30)
    later = await claim_one(db, 40)
    assert later.replaces is not None
    assert later.replaces.ts == "8.000008"


async def test_a_notice_that_cannot_be_put_together_dies_alone(db: Database) -> None:
    lost = Notice(topic=Topic.CARD, key="lost", line=BOARD, payload={"number": 999}, due_at=NOON)
    odd = Notice(topic=Topic.CARD, key="odd", line=ChannelId("C2"), payload={}, due_at=NOON)
    await db.write(put, lost, odd, a_notice("fine", "C3"), a_notice("next", BOARD))
    said = await say(db)
    assert "fine" in said
    assert [await state(db, key) for key in ("lost", "odd")] == [State.DEAD] * 2
    assert "999" in (await row(db, "lost")).error
    assert "next" in [*said, *await say(db, 5)]


async def test_what_only_a_newer_replica_understands_is_left_to_it(db: Database) -> None:
    await db.write(put, a_notice("future"), a_notice("now", due=1))
    await db.write(_relabel, "future", "something_new")
    assert await say(db, 2) == ["now"]
    assert not await db.read(outbox.has_work, at(10))
    assert (await row(db, "future")).state == "waiting"


def _relabel(store: Store, key: str, topic: str) -> None:
    store.connection.execute(update(tables.notice).where(tables.notice.c.key == key).values(topic=topic))


# ---- readers ------------------------------------------------------------------------------------

ZONES = [
    # at noon in London on a Wednesday                    when the office of its reader opens
    ("Europe/London", NOON),
    ("Asia/Tokyo", datetime(2026, 11, 26, 0, 0, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 11, 25, 14, 0, tzinfo=UTC)),
    ("Asia/Kolkata", NOON),
    (None, datetime(2026, 11, 25, 17, 0, tzinfo=UTC)),  # the company's: Los Angeles
]


@pytest.mark.parametrize(("zone", "opens"), ZONES, ids=[str(zone) for zone, _ in ZONES])
async def test_what_can_wait_waits_for_the_readers_own_working_hours(
    db: Database, zone: str | None, opens: datetime
) -> None:
    reader = Person(id=UserId("UREADER"), team=TEAM, name="Reader", timezone=zone)
    await db.write(house.keep_people, at(), [reader])
    await db.write(put, a_notice("patient", reader.id, patient=True))
    wait = (opens - NOON).total_seconds()
    if wait:
        assert await claim(db, hours=OFFICE) == []
        assert not await db.read(outbox.has_work, at(wait - 1))
        assert await claim(db, wait - 1, hours=OFFICE) == []
    assert keys(await claim(db, wait, hours=OFFICE)) == ["patient"]


async def test_what_is_urgent_does_not_wait_and_passes_what_does(db: Database) -> None:
    reader = Person(id=UserId("UREADER"), team=TEAM, name="Reader", timezone="Asia/Tokyo")
    await db.write(house.keep_people, at(), [reader])
    await db.write(put, a_notice("patient", reader.id, patient=True), a_notice("urgent", reader.id, due=1))
    assert await claim(db, 1, hours=OFFICE) == []
    assert keys(await claim(db, 1, hours=OFFICE)) == ["urgent"]


async def test_channels_have_no_working_hours(db: Database) -> None:
    await db.write(put, a_notice("n", patient=True))
    assert keys(await claim(db, days=3.5, hours=OFFICE)) == ["n"]


async def test_a_reader_who_prefers_never_is_not_told_and_nor_are_its_replies(db: Database) -> None:
    await db.write(_prefer, ALICE, Topic.UNDELIVERABLE, "never")
    await db.write(put, a_notice("n", ALICE), a_notice("reply", ALICE, after="n"), a_notice("other", OLGA))
    assert await say(db) == ["other"]
    assert [await state(db, key) for key in ("n", "reply")] == [State.DROPPED] * 2
    assert await claim(db, 100) == []


async def test_another_preference_or_another_topic_is_told(db: Database) -> None:
    await db.write(_prefer, ALICE, Topic.UNDELIVERABLE, "daily")
    await db.write(_prefer, ALICE, Topic.CARD, "never")
    await db.write(put, a_notice("n", ALICE))
    assert keys(await claim(db)) == ["n"]


# ---- dead letters -------------------------------------------------------------------------------


def _troubles(store: Store) -> list[tuple[str, str, str]]:
    rows = store.connection.execute(
        select(tables.notice.c.line, tables.notice.c.payload, tables.notice.c.patient)
        .where(tables.notice.c.topic == Topic.UNDELIVERABLE)
        .order_by(tables.notice.c.id)
    )
    found = rows.all()
    assert all(patient for _, _, patient in found)
    return [(line, payload["line"], payload["error"]) for line, payload, _ in found]


async def _kill_a_card(db: Database, title: str, outcome: Outcome, *, days: float = 0.0) -> None:
    await file(db, title, days * 86_400)
    (parcel,) = [p for p in await claim(db, 5, days=days) if p.topic is Topic.CARD]
    await settle(db, parcel, outcome, 5, days=days)


@pytest.mark.parametrize("outcome", [DEAD, Unsure(error="not_in_channel")], ids=["dead", "unsure"])
async def test_each_admin_is_told_once_a_day_and_line(db: Database, outcome: Outcome) -> None:
    await _kill_a_card(db, "one", outcome)
    told = [(OLGA, BOARD, "not_in_channel"), (PETRA, BOARD, "not_in_channel")]
    assert await db.read(_troubles) == told
    await _kill_a_card(db, "two", outcome)
    assert await db.read(_troubles) == told
    await _kill_a_card(db, "three", outcome, days=1)
    assert await db.read(_troubles) == told * 2


async def test_each_line_in_trouble_is_told_of(db: Database, database_url: str) -> None:
    await _kill_a_card(db, "one", DEAD)
    elsewhere = replace(POLICY, channels=Channels(board=ChannelId("COTHER")))
    async with Database.open(database_url, fixed=elsewhere) as moved:
        await _kill_a_card(moved, "two", DEAD)
    assert [line for _, line, _ in await db.read(_troubles)] == [BOARD, BOARD, "COTHER", "COTHER"]


async def test_an_admin_who_cannot_be_told_is_not_told_of_that(db: Database) -> None:
    await _kill_a_card(db, "one", DEAD)
    for parcel in await claim(db, 10):
        assert isinstance(parcel.saying, Undeliverable)
        await settle(db, parcel, Permanent(error="account_inactive"), 10)
    assert len(await db.read(_troubles)) == 2
    assert await claim(db, 20) == []


async def test_nobody_is_told_of_what_was_dropped_on_purpose(db: Database) -> None:
    await db.write(put, a_notice("n"))
    await settle(db, await claim_one(db), Gone())
    assert await state(db, "n") is State.DROPPED
    assert len(await db.read(_troubles_of_others)) == 0


def _troubles_of_others(store: Store) -> list[str]:
    rows = store.connection.execute(select(tables.notice.c.key).where(tables.notice.c.key != "n"))
    return list(rows.scalars())
