"""Digests of channels: set up once, changed from now on, stopped; and the company's time and facilitator."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.domain.digest import Kept, State
from bot.domain.errors import Refused
from bot.domain.ids import ChannelId, UserId
from bot.domain.people import Person
from bot.domain.periods import Weekly
from bot.domain.policy import Policy
from bot.domain.requests import Source
from bot.domain.subscribing import IN_A_CHANNEL, IN_ALL, WeeklyWish, Wish
from bot.services import house, schedules, subscriptions, weekly
from storage.database import Database
from storage.store import Store
from tests.builders import ALICE, BORIS, TANYA, a_person, an_act, move_in

K8S, SALES = ChannelId("C0K8S"), ChannelId("C0SALES")
DAY = 24 * 60
INES = UserId("UINES")  #: of no role


async def test_a_digest_is_set_up_once_however_often_the_form_comes(db: Database) -> None:
    await move_in(db)
    first, again = [await db.write(subscriptions.save, act(), None, a_wish()) for _ in range(2)]
    assert first == again
    assert (first.subscription.channel, first.subscription.by, first.is_new) == (K8S, BORIS, True)
    assert first.next.due_at == datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
    assert [one.id for one in await all_of(db)] == [first.subscription.id]


async def test_the_same_form_with_other_values_is_an_edit(db: Database) -> None:
    await move_in(db)
    await db.write(subscriptions.save, act(), None, a_wish())
    await db.write(subscriptions.save, act(minutes=5), None, a_wish(direction="Platform"))
    [one] = await all_of(db)
    assert (one.direction, one.at) == ("Platform", act().at)


async def test_what_is_changed_is_logged_and_who_set_it_up_stays(db: Database) -> None:
    await move_in(db)
    done = await db.write(subscriptions.save, act(), None, a_wish())
    wish = a_wish(channel=SALES, source="support", owner=ALICE)
    changed = await db.write(subscriptions.save, act("other", by=TANYA, minutes=5), done.subscription.number, wish)
    one = changed.subscription
    assert (one.channel, one.source, one.owner, one.by) == (SALES, Source.SUPPORT, ALICE, BORIS)
    assert [one] == await all_of(db)
    lines = await db.read(lambda store: store.changes.of(f"subscription:{one.number}"))
    assert [(line.field, line.old, line.new, line.by) for line in lines] == [
        ("channel", K8S, SALES, TANYA),
        ("owner", None, ALICE, TANYA),
        ("source", None, "support", TANYA),
    ]


async def test_at_another_time_nothing_of_before_is_posted_late_or_missed(db: Database) -> None:
    """On Thursday, from Friday to Monday: this week's Monday is over."""
    await move_in(db)
    done = await db.write(subscriptions.save, act(), None, a_wish(day="4"))
    wish = a_wish(day="0", time="09:00")
    thursday = act("other", minutes=3 * DAY)
    changed = await db.write(subscriptions.save, thursday, done.subscription.number, wish)
    assert changed.next.name == "2026-W49"
    assert await db.read(weekly.due, thursday) == []


async def test_a_week_that_had_its_digest_gets_no_other_at_the_new_time(db: Database) -> None:
    await move_in(db)
    done = await db.write(subscriptions.save, act(), None, a_wish())
    of = done.subscription
    await db.write(lambda store: store.digests.put(posted(of.id, "2026-W48")))
    changed = await db.write(subscriptions.save, act("other"), of.number, a_wish(day="4"))
    assert changed.next.due_at == datetime(2026, 12, 4, 8, 30, tzinfo=UTC)


async def test_stopping_it_twice_is_stopping_it(db: Database) -> None:
    await move_in(db)
    done = await db.write(subscriptions.save, act(), None, a_wish())
    for _ in range(2):
        await db.write(subscriptions.stop, act("stop"), done.subscription.number)
    assert await all_of(db) == []
    with pytest.raises(Refused, match="was stopped meanwhile"):
        await db.write(subscriptions.save, act("late"), done.subscription.number, a_wish())
    await db.write(subscriptions.save, act(), None, a_wish())
    assert await all_of(db) == [], "the first form, delivered once more, brings nothing back"


async def test_there_is_room_for_so_many(db: Database) -> None:
    await move_in(db)
    for n in range(IN_A_CHANNEL):
        await db.write(subscriptions.save, act(f"k8s:{n}"), None, a_wish())
    with pytest.raises(Refused, match="This channel has 5 digests already"):
        await db.write(subscriptions.save, act("one more"), None, a_wish())
    other = (await db.write(subscriptions.save, act("sales"), None, a_wish(channel=SALES))).subscription
    with pytest.raises(Refused, match="This channel has 5 digests already"):
        await db.write(subscriptions.save, act("moved"), other.number, a_wish())
    await db.write(fill_up, IN_ALL - IN_A_CHANNEL - 1)
    with pytest.raises(Refused, match="There are 40 digests already"):
        await db.write(subscriptions.save, act("beyond"), None, a_wish(channel="C0BEYOND"))
    assert len(await all_of(db)) == IN_ALL


async def test_the_list_begins_where_one_looks_from(db: Database) -> None:
    await move_in(db)
    await db.write(subscriptions.save, act("one"), None, a_wish())
    await db.write(subscriptions.save, act("two"), None, a_wish(channel=SALES))
    now = await db.read(subscriptions.open_list, act(), SALES)
    assert [one.channel for one in now.own] == [SALES, K8S]
    assert (now.is_any_here, now.company, now.names) == (True, None, {BORIS: "Boris"})
    assert not (await db.read(subscriptions.open_list, act(), ChannelId("C0OTHER"))).is_any_here
    assert (await db.read(subscriptions.open_list, act(), None)).is_any_here


@pytest.mark.parametrize("owner", [UserId("UGONE"), UserId("UNOBODY")])
async def test_an_owner_is_a_full_member(db: Database, owner: UserId) -> None:
    await move_in(db)
    await db.write(house.keep_people, act(), [a_person("UGONE", is_deleted=True)])
    with pytest.raises(Refused, match="Choose a full member") as caught:
        await db.write(subscriptions.save, act(), None, a_wish(owner=owner))
    assert list(caught.value.fields) == ["owner"]


async def test_who_does_not_coordinate_neither_sees_nor_sets_anything_up(db: Database) -> None:
    await move_in(db)
    await db.write(house.keep_people, act(), [a_person(INES)])
    nobody = act(by=INES)
    for ask in (
        db.read(subscriptions.open_list, nobody, None),
        db.read(subscriptions.open_form, nobody, None, K8S),
        db.read(subscriptions.preview, nobody, None, a_wish()),
        db.read(subscriptions.open_weekly, nobody),
        db.write(subscriptions.save, nobody, None, a_wish()),
        db.write(subscriptions.stop, nobody, 1),
        db.write(subscriptions.keep_weekly, nobody, WeeklyWish()),
    ):
        with pytest.raises(Refused, match="may run the weekly coordination"):
            await ask


async def test_the_preview_speaks_of_the_choice(db: Database) -> None:
    await move_in(db)
    blank = await db.read(subscriptions.open_form, act(), None, None)
    assert (blank.sample, str(blank.weekly.zone)) == (None, "UTC")
    sample = await db.read(subscriptions.preview, act(), None, a_wish(direction="Platform"))
    assert sample.digest.subscription.direction == "Platform"
    assert (sample.next.name, sample.digest.at_stake) == ("2026-W48", None)
    assert await all_of(db) == []


# ---- the company's ------------------------------------------------------------------------------


async def test_the_companys_digest_comes_at_another_time_from_now_on(db: Database) -> None:
    await move_in(db)
    with pytest.raises(Refused, match="There is no coordination channel yet"):
        await db.read(subscriptions.open_weekly, act())
    await db.write(lambda store: store.house.decide("channels", {"coordination": K8S}, act()))
    tuesday = act("weekly", minutes=DAY)
    kept = await db.write(subscriptions.keep_weekly, tuesday, a_weekly(day="0", time="09:00", facilitator=TANYA))
    assert (kept.next.name, kept.facilitator) == ("2026-W49", "Tanya")
    policy = await db.read(lambda store: store.policy)
    assert (policy.weekly_at, policy.facilitator) == ("mon 09:00", TANYA)
    assert await db.read(weekly.due, tuesday) == []
    ours = await db.read(schedules.company)
    assert ours
    assert (ours.at, ours.by) == (tuesday.at, TANYA)

    before = await db.read(versions)
    await db.write(subscriptions.keep_weekly, act("again"), a_weekly(day="0", time="09:00", facilitator=TANYA))
    assert await db.read(versions) == before
    await db.write(subscriptions.keep_weekly, act("nobody"), a_weekly(day="0", time="09:00"))
    assert not (await db.read(lambda store: store.policy)).facilitator


async def test_a_time_the_environment_fixes_stays(sqlite_url: str) -> None:
    async with Database.open(sqlite_url, fixed=Policy(weekly_at="wed 11:00")) as db:
        await move_in(db)
        await db.write(lambda store: store.house.decide("channels", {"coordination": K8S}, act()))
        kept = await db.write(subscriptions.keep_weekly, act(), a_weekly(day="0", time="09:00"))
        assert kept.company.weekly == Weekly(day=2, minute=660, zone=kept.company.weekly.zone)
        assert (await db.read(subscriptions.open_weekly, act())).fixed_at == "wed 11:00"


@pytest.mark.parametrize("someone", [a_person(INES), a_person("UGONE", is_deleted=True)])
async def test_the_facilitator_may_coordinate(db: Database, someone: Person) -> None:
    await move_in(db)
    await db.write(house.keep_people, act(), [someone])
    await db.write(lambda store: store.house.decide("channels", {"coordination": K8S}, act()))
    with pytest.raises(Refused, match="Choose somebody who may run the weekly coordination"):
        await db.write(subscriptions.keep_weekly, act(), a_weekly(facilitator=someone.id))


# ---- how it is done -----------------------------------------------------------------------------


def act(key: str = "subscription:1", by: str = BORIS, minutes: float = 0) -> Any:
    return an_act(by, key=key, minutes=minutes)


def a_wish(**more: object) -> Wish:
    """#k8s-team, Tuesdays 09:30 Berlin."""
    return Wish.model_validate({"channel": K8S, "day": "1", "time": "09:30", "zone": "Europe/Berlin", **more})


def a_weekly(**more: object) -> WeeklyWish:
    return WeeklyWish.model_validate(more)


async def all_of(db: Database) -> list[Any]:
    return list(await db.read(lambda store: store.digests.subscriptions()))


def posted(of: str, period: str) -> Kept:
    now = act().at
    return Kept(subscription=of, period=period, channel=K8S, state=State.POSTED, since=now, until=now, at=now)


def fill_up(store: Store, count: int) -> None:
    for n in range(count):
        wish = a_wish(channel=f"C{n}")
        store.digests.subscribe(wish.stored(0, BORIS, act().at), f"filler:{n}")


def versions(store: Store) -> list[Any]:
    return [store.house.decided("weekly_at"), store.house.decided("facilitator"), store.house.mark(schedules.MARK)]
