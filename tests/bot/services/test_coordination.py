"""The weekly digest's clock: one a week, whoever looks at it and whoever posts it by hand."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.domain.acts import Act, Via
from bot.domain.digest import Kept, State
from bot.domain.errors import Refused
from bot.domain.flow import Move
from bot.domain.ids import ChannelId, MessageTs, RequestNumber, UserId
from bot.domain.notices import End, NothingToSay, Notice, Topic
from bot.domain.notices import State as Ended
from bot.domain.requests import Status
from bot.domain.subscriptions import COMPANY, Stored, Subscription, SubscriptionId
from bot.services import coordination, digest, house, intake, moves, schedules, weekly
from bot.services.weekly import Due, Task
from storage.database import Database
from storage.messages import Message
from storage.store import Store
from tests.builders import ALICE, BORIS, TANYA, a_draft, a_person, an_act, move_in

HERE = ChannelId("CCOORD")
SUZIE = UserId("USUZIE")  #: in support
HOUR = 60
DAY = 24 * HOUR
WEEK = 7 * DAY
KEY = "digest:company:2026-W48"
NOW, NEXT = "2026-W48", "2026-W49"


def at(minutes: float, by: str | None = None, **more: Any) -> Act:
    """Minutes after Monday at ten, when the digest of week 48 is due."""
    via = Via.SLACK if by else Via.CLOCK
    return an_act(by, key=f"{by}:{minutes}", minutes=minutes, via=via, **more)


async def open_house(db: Database, *, since: float = -WEEK + 1, facilitator: str | None = BORIS) -> None:
    """The digest goes to a channel, since just after last week's was due; Tanya is Tandem's admin."""
    await move_in(db)
    await db.write(_open, since, facilitator)


def _open(store: Store, since: float, facilitator: str | None) -> None:
    house.keep_people(store, at(since), [a_person(SUZIE)])
    store.house.decide("channels", {"coordination": HERE}, at(since))
    store.house.decide("admins", [TANYA], at(since))
    if facilitator:
        store.house.decide("facilitator", facilitator, at(since))
    store.house.set_mark(schedules.MARK, at(since).at.isoformat(), at(since))


async def ring(db: Database, minutes: float) -> list[Task]:
    """The clock rings; what it did."""
    tasks = await db.read(weekly.due, at(minutes))
    return [one.task for one in tasks if await db.write(weekly.ensure, at(minutes), one)]


async def state(db: Database, key: str) -> str | None:
    return await db.read(lambda s: s.outbox.state(key))


async def kept(db: Database, period: str = NOW, of: str = COMPANY) -> Kept:
    found = await db.read(lambda s: s.digests.get(SubscriptionId(of), period))
    assert found
    return found


async def waiting(db: Database) -> int:
    counts = await db.read(lambda s: s.outbox.counts())
    return counts.get("waiting", 0)


def deliver(store: Store) -> None:
    """As if the digest had been posted."""
    said = Message(
        channel=HERE,
        ts=MessageTs("1.1"),
        subject=KEY,
        purpose=Topic.DIGEST,
        permalink="https://home.slack.com/archives/CCOORD/p1",
        drawn_from=1,
        at=at(0).at,
    )
    store.messages.put(said)


# ---- once a week --------------------------------------------------------------------------------


async def test_the_digest_is_put_once_at_its_hour(db: Database) -> None:
    await open_house(db, facilitator=None)
    await db.write(lambda s: s.house.decide("admins", [], at(-1)))
    assert [await ring(db, minutes) for minutes in (-WEEK + 2, -90, -0.1, 0, 0.5, DAY, 6 * DAY)] == [
        [],
        [],
        [],
        [Task.POST],
        [],
        [],
        [],
    ]
    assert [await state(db, key) for key in (KEY, f"{KEY}:details")] == ["waiting", "waiting"]
    assert await ring(db, WEEK) == [Task.POST]
    now, later = await kept(db), await kept(db, NEXT)
    assert (now.state, now.until, now.channel, now.by) == (State.POSTED, at(0).at, HERE, None)
    assert (later.since, later.until) == (now.until, at(WEEK).at)


async def test_clocks_that_look_at_the_same_time_put_it_once(db: Database) -> None:
    await open_house(db)
    seen = [await db.read(weekly.due, at(0)) for _ in range(3)]
    done = [await db.write(weekly.ensure, at(0.1), one) for tasks in seen for one in tasks]
    assert done == [True, False, False]
    assert await waiting(db) == 2


async def test_an_install_misses_nothing_that_was_before_it(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: s.house.decide("channels", {"coordination": HERE}, at(1)))
    assert await ring(db, 1) == [Task.BEGIN]
    assert await ring(db, 2) == []
    assert await ring(db, WEEK) == [Task.POST]
    assert await state(db, KEY) is None


async def test_a_move_to_another_channel_begins_nothing_anew(db: Database) -> None:
    await open_house(db)
    await db.write(lambda s: s.house.decide("channels", {"coordination": "CNEW"}, at(-1)))
    assert await ring(db, 0) == [Task.POST]
    assert (await kept(db)).channel == "CNEW"


async def test_without_a_channel_the_clock_has_nothing_to_do(db: Database) -> None:
    await move_in(db)
    assert await db.read(weekly.due, at(0)) == []


async def test_another_day_in_the_same_week_posts_nothing_twice(db: Database) -> None:
    await open_house(db)
    await ring(db, 0)
    await db.write(lambda s: s.house.decide("weekly_at", "thu 10:00", at(DAY)))
    assert Task.POST not in await ring(db, 3 * DAY + 1)
    assert Task.POST in await ring(db, 10 * DAY)
    assert (await kept(db, NEXT)).state is State.POSTED


async def test_a_week_that_is_nobodys_is_posted_on_its_new_day(db: Database) -> None:
    await open_house(db, since=-WEEK)
    await ring(db, -WEEK)
    await db.write(lambda s: s.house.decide("weekly_at", "thu 10:00", at(-HOUR)))
    assert [Task.POST in await ring(db, minutes) for minutes in (0, 3 * DAY - 1, 3 * DAY)] == [False, False, True]
    assert await state(db, KEY) == "waiting"


async def test_a_channels_own_digest_is_due_by_its_own_clock(db: Database) -> None:
    await open_house(db)
    of = await db.write(subscribe, "Asia/Tokyo")
    assert await ring(db, -9 * HOUR) == [Task.POST]  # ten in Tokyo
    assert await state(db, of.key(NOW)) == "waiting"
    await ring(db, 0)
    seen = await db.read(weekly.due, at(WEEK - 9 * HOUR))
    await db.write(lambda s: s.digests.unsubscribe(1, at(WEEK - 9 * HOUR, BORIS)))
    assert [await db.write(weekly.ensure, at(WEEK - 9 * HOUR), one) for one in seen] == [False]


def subscribe(store: Store, zone: str) -> Subscription:
    new = Stored(
        id=0,
        channel=ChannelId("CTEAM"),
        direction=None,
        owner=None,
        source=None,
        day=0,
        minute=600,
        zone=zone,
        by=SUZIE,
        at=at(-DAY).at,
    )
    return store.digests.subscribe(new, "subscribe:1")


# ---- too late -----------------------------------------------------------------------------------


async def test_what_was_missed_for_less_than_two_days_is_caught_up(db: Database) -> None:
    await open_house(db)
    assert await ring(db, 47 * HOUR) == [Task.POST]
    assert (await kept(db)).state is State.POSTED


async def test_what_was_missed_for_longer_is_reported_once(db: Database) -> None:
    await open_house(db)
    assert await ring(db, 49 * HOUR) == [Task.POST]
    assert await ring(db, 50 * HOUR) == []
    assert (await kept(db)).state is State.MISSED
    assert await state(db, KEY) is None
    told = {user: await state(db, f"missed:company:{NOW}:{user}") for user in (ALICE, BORIS, TANYA)}
    assert told == {ALICE: None, BORIS: "waiting", TANYA: "waiting"}
    said = await db.read(weekly.missed, missed_notice())
    assert (said.period, said.due_at) == (NOW, at(0).at)


async def test_what_was_reported_can_be_posted_after_all(db: Database) -> None:
    await open_house(db)
    await ring(db, 49 * HOUR)
    called = await db.write(coordination.post, at(50 * HOUR, BORIS), COMPANY, NOW)
    assert (called.is_new, called.state, called.by) == (True, State.POSTED, "Boris")
    assert await state(db, KEY) == "waiting"
    with pytest.raises(NothingToSay):
        await db.read(weekly.missed, missed_notice())


async def test_what_was_missed_last_week_can_be_posted_until_the_next_one_is(db: Database) -> None:
    await open_house(db)
    await db.write(lambda s: s.house.decide("weekly_at", "sun 23:30", at(0)))
    sunday = 6 * DAY + 13.5 * HOUR
    await ring(db, sunday + 49 * HOUR)
    assert (await kept(db)).state is State.MISSED
    called = await db.write(coordination.post, at(sunday + 50 * HOUR, BORIS), COMPANY, NOW)
    assert called.is_new


def missed_notice() -> Notice:
    payload = {"subscription": COMPANY, "period": NOW, "due": at(0).at.isoformat()}
    return Notice(topic=Topic.MISSED, key="k", line=TANYA, payload=payload, due_at=at(0).at)


# ---- by hand ------------------------------------------------------------------------------------


async def test_what_was_posted_before_its_hour_is_not_posted_again(db: Database) -> None:
    await open_house(db)
    first = await db.write(coordination.post, at(-2 * HOUR, ALICE), COMPANY, NOW)
    assert first.is_new
    assert await ring(db, 0) == []
    assert await waiting(db) == 2


async def test_the_second_to_post_it_is_told_where_it_is(db: Database) -> None:
    await open_house(db)
    await db.write(coordination.post, at(-2 * HOUR, ALICE), COMPANY, NOW)
    on_its_way = await db.write(coordination.post, at(-2 * HOUR + 0.01, BORIS), COMPANY, NOW)
    await db.write(deliver)
    told = await db.write(coordination.post, at(2 * DAY, BORIS), COMPANY, NOW)
    assert (on_its_way.is_new, on_its_way.by, on_its_way.link) == (False, "Alice", None)
    assert (told.is_new, told.link) == (False, "https://home.slack.com/archives/CCOORD/p1")
    assert await waiting(db) == 2


async def test_what_slack_refused_can_be_posted_again(db: Database) -> None:
    await open_house(db)
    await ring(db, 0)
    await db.write(refuse)
    assert [await state(db, key) for key in (KEY, f"{KEY}:details")] == ["dead", "dropped"]
    shown = await db.read(coordination.show, at(1, ALICE), HERE)
    skipped = await db.write(coordination.skip, at(1, ALICE), COMPANY, NOW)
    assert (shown.state, skipped.is_new, skipped.state) == (State.MISSED, False, State.MISSED)
    called = await db.write(coordination.post, at(HOUR, ALICE), COMPANY, NOW)
    assert (called.is_new, called.state) == (True, State.POSTED)
    assert [await state(db, key) for key in (KEY, f"{KEY}:details")] == ["waiting", "waiting"]
    assert (await kept(db)).until == at(HOUR).at
    assert not (await db.write(coordination.post, at(HOUR + 1, BORIS), COMPANY, NOW)).is_new


def refuse(store: Store) -> None:
    """As if we weren't in the channel."""
    (head,) = store.outbox.heads(at(1).at, at(1).wall, 1)
    store.outbox.end(head, End(state=Ended.DEAD, error="not_in_channel"))


async def test_a_skipped_week_is_told_by_the_next(db: Database) -> None:
    await open_house(db)
    await db.write(coordination.post, at(-3 * DAY, BORIS), COMPANY, "2026-W47")
    skipped = await db.write(coordination.skip, at(-0.5 * HOUR, BORIS), COMPANY, NOW)
    again = await db.write(coordination.skip, at(-0.4 * HOUR, ALICE), COMPANY, NOW)
    assert (skipped.is_new, again.is_new, again.by) == (True, False, "Boris")
    assert Task.POST not in await ring(db, 0)
    await ring(db, WEEK)
    assert (await kept(db, NEXT)).since == at(-3 * DAY).at
    assert await state(db, KEY) is None


async def test_a_skipped_week_can_be_posted_after_all(db: Database) -> None:
    await open_house(db)
    await db.write(coordination.skip, at(-0.5 * HOUR, BORIS), COMPANY, NOW)
    called = await db.write(coordination.post, at(DAY, ALICE), COMPANY, NOW)
    assert called.is_new
    assert await state(db, KEY) == "waiting"
    out = await db.write(coordination.skip, at(DAY, BORIS), COMPANY, NOW)
    assert (out.is_new, out.state) == (False, State.POSTED)


async def test_weeks_to_come_and_weeks_gone_by_are_refused(db: Database) -> None:
    await open_house(db)
    await ring(db, 0)
    for does in (coordination.post, coordination.skip, coordination.open_sentence):
        with pytest.raises(Refused, match="too early for the digest of week 49"):
            await db.write(does, at(DAY, BORIS), COMPANY, NEXT)
        with pytest.raises(Refused, match="Week 46 is over"):
            await db.write(does, at(DAY, BORIS), COMPANY, "2026-W46")


@pytest.mark.parametrize(
    ("subscription", "period"),
    [("company", "2026-W99"), ("company", "x"), ("s7", NOW), ("nobody", NOW), ("", ""), ("s", NOW)],
)
async def test_a_digest_that_is_none_is_refused(db: Database, subscription: str, period: str) -> None:
    await open_house(db)
    with pytest.raises(Refused, match="no longer set up"):
        await db.write(coordination.post, at(0, BORIS), SubscriptionId(subscription), period)


@pytest.mark.parametrize(
    "does",
    [
        lambda s, act: coordination.post(s, act, COMPANY, NOW),
        lambda s, act: coordination.skip(s, act, COMPANY, NOW),
        lambda s, act: coordination.open_sentence(s, act, COMPANY, NOW),
        lambda s, act: coordination.say(s, act, COMPANY, NOW, "Hello."),
    ],
)
async def test_support_neither_posts_nor_skips_nor_speaks(
    db: Database, does: Callable[[Store, Act], object]
) -> None:
    await open_house(db)
    with pytest.raises(Refused, match="may run the weekly coordination"):
        await db.write(does, at(-1, SUZIE))
    assert await db.read(lambda s: s.digests.get(COMPANY, NOW)) is None


async def test_everybody_may_look_and_nothing_comes_of_it(db: Database) -> None:
    await open_house(db)
    shown = {user: await db.read(coordination.show, at(-DAY, user), HERE) for user in (SUZIE, BORIS)}
    assert [bool(one.may) for one in shown.values()] == [False, True]
    assert shown[SUZIE].digest.period == "2026-W47"
    assert await db.read(lambda s: s.digests.get(COMPANY, "2026-W47")) is None


async def test_without_a_channel_it_says_who_can_choose_one(db: Database) -> None:
    await open_house(db)
    await db.write(lambda s: s.house.decide("channels", {}, at(-1)))
    with pytest.raises(Refused, match=r"There is no coordination channel yet\. Tanya can choose one"):
        await db.read(coordination.show, at(0, ALICE), HERE)


async def test_a_channel_with_a_digest_of_its_own_shows_that_one(db: Database) -> None:
    await open_house(db)
    await db.write(subscribe, "UTC")
    shown = {
        place: (await db.read(coordination.show, at(0, ALICE), ChannelId(place))).digest.subscription.id
        for place in ("CTEAM", HERE, "CELSE")
    }
    assert shown == {"CTEAM": "s1", HERE: COMPANY, "CELSE": COMPANY}


# ---- the hour before ----------------------------------------------------------------------------


async def test_the_facilitator_gets_one_preview_an_hour_before(db: Database) -> None:
    await open_house(db)
    assert [await ring(db, minutes) for minutes in (-61, -60, -59, -1)] == [[], [Task.PREVIEW], [], []]
    said = await db.read(weekly.preview, preview_notice(-60))
    assert (said.state, said.due_at, bool(said.may)) == (State.COMING, at(0).at, True)


@pytest.mark.parametrize("gone", [{"is_deleted": True}, {"is_guest": True}])
async def test_who_left_gets_none(db: Database, gone: dict[str, Any]) -> None:
    await open_house(db)
    await db.write(lambda s: house.keep_people(s, at(-70), [a_person(BORIS, **gone)]))
    assert await ring(db, -30) == []


async def test_it_is_too_late_for_a_preview_once_it_is_out(db: Database) -> None:
    await open_house(db)
    await ring(db, -60)
    await db.write(coordination.post, at(-50, ALICE), COMPANY, NOW)
    with pytest.raises(NothingToSay):
        await db.read(weekly.preview, preview_notice(-60))
    assert await state(db, f"preview:company:{NOW}:{ALICE}:-50") == "waiting"


def preview_notice(minutes: float) -> Notice:
    payload = {"subscription": COMPANY, "period": NOW, "at": at(minutes).at.isoformat()}
    return Notice(topic=Topic.PREVIEW, key="k", line=BORIS, payload=payload, due_at=at(minutes).at)


async def test_a_sentence_is_kept_for_the_digest(db: Database) -> None:
    await open_house(db)
    await ring(db, -60)
    for _ in range(2):
        said = await db.write(coordination.say, at(-40, BORIS), COMPANY, NOW, "Acme goes live.")
        assert said.sentence == "Acme goes live."
    assert await waiting(db) == 2  # the preview, drawn anew once
    await ring(db, 0)
    posted = await kept(db)
    assert (posted.sentence, posted.sentence_by, posted.state) == ("Acme goes live.", BORIS, State.POSTED)


async def test_a_sentence_said_afterwards_draws_the_digest_anew(db: Database) -> None:
    await open_house(db)
    await ring(db, 0)
    await db.write(coordination.say, at(HOUR, BORIS), COMPANY, NOW, "Acme goes live.")
    assert await waiting(db) == 4
    await db.write(coordination.say, at(2 * HOUR, BORIS), COMPANY, NOW, "")
    assert (await kept(db)).sentence is None
    with pytest.raises(Refused, match="out for more than a day"):
        await db.write(coordination.say, at(DAY, BORIS), COMPANY, NOW, "Too late.")


# ---- corrections --------------------------------------------------------------------------------

ONE, TWO = RequestNumber(1), RequestNumber(2)
FIGURES: dict[str, Any] = {"value": 8, "time_criticality": 2, "risk_reduction": 3, "job_size": 13}


async def plan(db: Database, minutes: float, number: RequestNumber, day: str) -> None:
    wish = Move(status=Status.PLANNED, target=day)
    await db.write(moves.move, at(minutes, BORIS), number, wish)


async def published(db: Database) -> None:
    """Both requests have a date; week 48's digest tells of the first, week 47's would have of the second."""
    await open_house(db)
    for minutes, title in ((-20 * DAY, "Export A"), (-20 * DAY + 1, "Export B")):
        await db.write(intake.file, at(minutes, ALICE), a_draft(title, **FIGURES))
    await plan(db, -DAY, ONE, "2026-12-12")
    await ring(db, 0)


async def test_a_date_changed_an_hour_later_draws_it_anew_once(db: Database) -> None:
    await published(db)
    before = await waiting(db)
    assert await ring(db, HOUR) == []
    await plan(db, HOUR, ONE, "2026-12-19")
    await plan(db, HOUR + 0.1, ONE, "2026-12-20")
    seen = await db.read(weekly.due, at(HOUR + 1))
    assert seen == [Due(task=Task.CORRECT, subscription=COMPANY, period=NOW)]
    done = [await db.write(weekly.ensure, at(HOUR + 1), one) for one in (*seen, *seen)]
    assert done == [True, False]
    assert await ring(db, HOUR + 2) == []
    assert await waiting(db) >= before + 2
    drawn = await db.read(lambda s: s.house.mark(f"digest:drawn:{KEY}"))
    assert drawn
    assert drawn["version"] == 2


async def test_what_somebody_deleted_is_not_said_again(db: Database) -> None:
    await published(db)
    with pytest.raises(NothingToSay):
        await db.read(digest.headline, redraw())
    await db.write(deliver)
    assert (await db.read(digest.headline, redraw())).version == 2


def redraw() -> Notice:
    payload = {"subscription": COMPANY, "period": NOW, "version": 2}
    return Notice(topic=Topic.DIGEST, key=f"{KEY}:9:2", line=HERE, payload=payload, due_at=at(0).at, after=KEY)


async def test_a_day_later_it_is_history(db: Database) -> None:
    await published(db)
    await plan(db, HOUR, ONE, "2026-12-19")
    assert await ring(db, DAY) == []


async def test_what_it_does_not_speak_of_leaves_it_alone(db: Database) -> None:
    await published(db)
    await db.write(lambda s: intake.file(s, at(HOUR, ALICE), a_draft("Export C")))
    assert await ring(db, HOUR + 1) == []


async def test_a_digest_is_corrected_where_it_was_posted(db: Database) -> None:
    await published(db)
    await plan(db, HOUR, ONE, "2026-12-19")
    await db.write(lambda s: s.house.decide("channels", {"coordination": "CNEW"}, at(HOUR)))
    assert await ring(db, HOUR + 1) == [Task.CORRECT]
    later = at(HOUR + 2)
    heads = await db.read(lambda s: [s.outbox.get(one).line for one in s.outbox.heads(later.at, later.wall, 8)])
    assert HERE in heads
    assert "CNEW" not in heads


def test_monday_at_ten_is_what_these_tests_take_it_for() -> None:
    assert at(0).at == datetime(2026, 11, 23, 10, tzinfo=UTC)
    assert at(WEEK).at - at(0).at == timedelta(weeks=1)
