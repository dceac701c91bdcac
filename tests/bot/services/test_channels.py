"""What the board channel hears when it wants fewer cards."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest

from bot.domain.acts import Act, Via
from bot.domain.ids import ChannelId, MessageTs, RequestNumber, WorkerId
from bot.domain.news import Rollup
from bot.domain.notices import Posted, Topic
from bot.domain.policy import Company, Policy, WorkingHours
from bot.domain.requests import Request, Sizing, Status
from bot.services import board, channels, house, intake, outbox, ranking
from bot.services.outbox import Parcel
from bot.ui import rollup
from sandbox import rules
from storage.database import Database
from storage.store import Store
from tests.builders import ALICE, TANYA, a_draft, a_person, an_act, move_in

BOARD = ChannelId("C1")
ALWAYS = WorkingHours.read("mon-sun 00:00-24:00")
_POSTED = count(1)
FULL = {"value": 8, "time_criticality": 2, "risk_reduction": 3, "job_size": 13}


# ---- the roll-up --------------------------------------------------------------------------------


async def test_a_working_day_is_told_in_one_message(db: Database) -> None:
    await open_board(db, "daily")
    first = await file(db, "k8s-connector", minutes=1, **FULL)
    await file(db, "Audit log", minutes=2)
    assert await said(db, the_clock(days=0, hours=-0.1)) == [], "its hour has not come"
    (monday,) = await said(db, the_clock(days=1))
    assert text(monday) == (
        "On the board since yesterday: 2 new.\n"
        "New: k8s-connector · #1 · asked by Alice · R-1\n"
        "New: Audit log · no place yet · asked by Alice · R-2"
    )
    assert await said(db, the_clock(days=1, hours=3)) == [], "once a day"
    await move(db, first, Status.PLANNED, days=1)

    (tuesday,) = await said(db, the_clock(days=2))
    assert text(tuesday) == (
        "On the board since yesterday: 1 moved.\nMoved: k8s-connector · backlog → planned · R-1"
    )
    assert await said(db, the_clock(days=3)) == [], "nothing happened"


async def test_a_weekend_is_told_on_monday(db: Database) -> None:
    await open_board(db, "daily")
    await said(db, the_clock(days=4))
    await file(db, "Over the weekend", minutes=5 * 24 * 60)
    assert await said(db, the_clock(days=5)) == []
    assert await said(db, the_clock(days=6)) == []
    (monday,) = await said(db, the_clock(days=7))
    assert monday.since.isoformat() == "2026-11-27"
    assert text(monday).startswith("On the board since Friday: 1 new.")


async def test_what_moved_and_came_back_is_no_news_and_what_is_new_is_only_new(db: Database) -> None:
    await open_board(db, "daily")
    there = await file(db, "There and back")
    await said(db, the_clock(days=1))
    planned = await move(db, there, Status.PLANNED, days=1, hours=2)
    await move(db, planned, Status.BACKLOG, days=1, hours=3)
    assert await said(db, the_clock(days=2)) == []
    new = await file(db, "New and planned", minutes=49 * 60)
    await move(db, new, Status.PLANNED, days=2, hours=2)
    (told,) = await said(db, the_clock(days=3))
    assert (told.new, told.moves) == (1, 0)


async def test_of_a_busy_day_fifteen_are_named(db: Database) -> None:
    await open_board(db, "daily")
    for n in range(19):
        await file(db, f"Request number {n}", minutes=1)
    (told,) = await said(db, the_clock(days=1))
    assert text(told).startswith("On the board since yesterday: 19 new.")
    assert len(told.filed) == channels.LINES
    assert text(told).endswith("And 4 more: `/board`")
    rules.check_message({"channel": BOARD, **vars(rollup.message(told))})


async def test_a_busy_day_of_long_names_fits(sqlite_url: str) -> None:
    async with Database.open(sqlite_url) as db:
        await open_board(db, "daily")
        await db.write(house.keep_people, an_act(None), [a_person(ALICE, name="<!channel> & " * 40)])
        for n in range(17):
            await file(db, f"{n} {'&<!channel> ' * 9}", minutes=1)
        (told,) = await said(db, the_clock(days=1))
    message = rollup.message(told)
    rules.check_message({"channel": BOARD, **vars(message)})
    assert {block["type"] for block in message.blocks} == {"rich_text", "context"}, "where nothing is markup"


async def test_an_import_is_no_news(db: Database) -> None:
    await open_board(db, "daily")
    await db.write(intake.file, an_act(via=Via.IMPORT, minutes=1), a_draft())
    assert await said(db, the_clock(days=1)) == []


async def test_a_roll_up_begins_when_it_is_asked_for(db: Database) -> None:
    await open_board(db, "each")
    await file(db, "Had a card of its own", minutes=1)
    await db.write(decide, "cards", "daily")
    await db.write(channels.begin_rollups, an_act(None, minutes=20 * 60))
    await file(db, "Rolled up", minutes=21 * 60)
    (told,) = await said(db, the_clock(days=1))
    assert [row.title for row in told.filed] == ["Rolled up"]


@pytest.mark.parametrize(
    ("hours", "zone", "local", "due"),
    [
        ("mon-fri 09:00-18:00", "UTC", "2026-11-23 09:59", False),
        ("mon-fri 09:00-18:00", "UTC", "2026-11-23 10:00", True),
        ("mon-fri 09:00-18:00", "UTC", "2026-11-23 23:59", True),  # the clock stood still all day
        ("mon-fri 09:00-18:00", "UTC", "2026-11-22 12:00", False),  # a Sunday
        ("sun-thu 09:00-18:00", "UTC", "2026-11-22 12:00", True),
        ("mon-fri 09:00-18:00", "Asia/Kolkata", "2026-11-23 10:00", True),
        ("mon-fri 09:00-18:00", "America/Los_Angeles", "2026-11-23 09:30", False),
        ("mon-fri 23:30-24:00", "UTC", "2026-11-23 23:59", True),
        ("mon-sun 01:30-09:00", "Europe/Berlin", "2026-03-29 03:00", True),  # the hour before is missing
    ],
)
async def test_it_comes_an_hour_after_work_begins_where_the_company_is(
    sqlite_url: str, hours: str, zone: str, local: str, due: bool
) -> None:
    company = Company(zone=ZoneInfo(zone), hours=WorkingHours.read(hours))
    async with Database.open(sqlite_url, fixed=Policy(company=company)) as db:
        await open_board(db, "daily")
        at = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        await db.write(channels.keep_up, an_act(None, at=at))
        assert bool(await db.read(lambda store: store.outbox.counts())) == due


async def test_without_a_board_channel_nothing_is_put_in(db: Database) -> None:
    await move_in(db)
    for cards in ("daily", "top"):
        await db.write(decide, "cards", cards)
        await file(db, f"Nobody hears of {cards}", minutes=1, **FULL)
        await db.write(channels.keep_up, the_clock(days=1))
    assert await db.read(lambda store: store.outbox.counts()) == {}


# ---- the top ten --------------------------------------------------------------------------------


async def test_only_the_top_ten_get_a_card_and_one_that_is_there_is_kept_current(db: Database) -> None:
    await open_board(db, "top")
    first = [await file(db, f"Worth {n}", **{**FULL, "value": 13}) for n in range(10)]
    await delivered(db)
    low = await file(db, "Eleventh", **{**FULL, "value": 1})
    unsized = await file(db, "No place yet")
    assert {r.number for r in first} == set(await delivered(db)) | await cards(db)
    assert low.number not in await cards(db)
    assert unsized.number not in await cards(db)

    await size(db, first[0], job_size=20)  # it falls out of the ten, and its card says so
    risen = await size(db, low, value=20, job_size=1)
    assert set(await delivered(db)) >= {first[0].number, risen.number}
    assert risen.number in await cards(db)


async def test_what_rises_because_another_left_gets_its_card_too(db: Database) -> None:
    await open_board(db, "top")
    first = [await file(db, f"Worth {n}", **{**FULL, "value": 13}) for n in range(10)]
    low = await file(db, "Eleventh", **{**FULL, "value": 1})
    await delivered(db)
    await move(db, first[3], Status.DECLINED)
    assert low.number not in await delivered(db)
    await db.write(channels.keep_up, the_clock(days=1))
    assert await delivered(db) == [low.number]
    await db.write(channels.keep_up, the_clock(days=1))
    assert await delivered(db) == []


async def test_a_channel_that_wants_no_cards_keeps_those_it_has_current(db: Database) -> None:
    await open_board(db, "each")
    old = await file(db, "Has a card")
    assert await delivered(db) == [old.number]
    await db.write(decide, "cards", "daily")
    await file(db, "Gets none")
    await size(db, old, job_size=5)
    assert await delivered(db) == [old.number]


# ---- how it is done -----------------------------------------------------------------------------


async def open_board(db: Database, cards: str) -> None:
    await move_in(db)
    await db.write(decide, "channels", {"board": BOARD})
    await db.write(decide, "cards", cards)


def decide(store: Store, name: str, value: object) -> None:
    store.house.decide(name, value, an_act(None))


async def file(db: Database, title: str, *, minutes: float = 0, **figures: int) -> Request:
    act = an_act(ALICE, key=f"request:{title}", minutes=minutes)
    return (await db.write(intake.file, act, a_draft(title, **figures))).request


async def size(db: Database, request: Request, **figures: int) -> Request:
    act = an_act(TANYA, minutes=5)
    return (await db.write(ranking.estimate, act, request.number, Sizing(**figures))).request


async def move(db: Database, request: Request, status: Status, *, days: float = 0, hours: float = 0) -> Request:
    def moved(store: Store, act: Act) -> Request:
        before = board.the(store, request.number)
        return board.save(store, act, before, replace(before, status=status))

    return await db.write(moved, an_act(TANYA, minutes=days * 24 * 60 + hours * 60 + 1))


def the_clock(*, days: float, hours: float = 0) -> Act:
    """Tandem's own doing at ten, an hour after work begins; day 0 is a Monday."""
    return an_act(None, minutes=60 * (24 * days + hours), via=Via.CLOCK)


async def said(db: Database, act: Act) -> list[Rollup]:
    """The roll-ups that go out when the clock rings now."""
    await db.write(channels.keep_up, act)
    return [parcel.saying for parcel in await sent(db, act) if isinstance(parcel.saying, Rollup)]


async def delivered(db: Database) -> list[RequestNumber]:
    """Requests whose cards go out, or are drawn anew, once the clock is past everything that waits."""
    parcels = await sent(db, the_clock(days=3))
    return [RequestNumber(int(parcel.subject.removeprefix("request:"))) for parcel in parcels]


async def sent(db: Database, act: Act) -> list[Parcel]:
    """Everything that is due, posted one after the other."""
    parcels: list[Parcel] = []
    while True:
        now = replace(act, wall=act.wall + timedelta(days=next(_POSTED)))
        batch = await db.write(outbox.claim, now, WorkerId("w"), ALWAYS)
        for parcel in batch:
            ts = parcel.replaces.ts if parcel.replaces else MessageTs(f"1732537462.{next(_POSTED):06}")
            await db.write(outbox.settle, now, parcel, Posted(channel=BOARD, ts=ts))
        if not batch and not await db.read(outbox.has_work, now):
            return parcels
        parcels += batch


async def cards(db: Database) -> set[RequestNumber]:
    """Requests that have a card in the channel."""

    def found(store: Store) -> set[RequestNumber]:
        numbers = map(RequestNumber, range(1, 20))
        return {number for number in numbers if store.messages.find(f"request:{number}", Topic.CARD)}

    return await db.read(found)


def text(told: Rollup) -> str:
    """As a person reads it."""
    first, *rest = rollup.message(told).blocks
    pieces = [piece["text"] for piece in first["elements"][0]["elements"]]
    return "\n".join(["".join(pieces), *(block["elements"][0]["text"] for block in rest)])
