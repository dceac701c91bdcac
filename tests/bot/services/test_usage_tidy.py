"""What no longer matters is forgotten, a little at a time; what still does stays."""

from datetime import timedelta

from sqlalchemy import func, select

from bot.domain.acts import Clocks
from bot.domain.usage import LATE, Event, Kind, PersonId, Rejected, SourceId
from bot.services import usage
from scheduler.jobs import Jobs
from storage.database import Database
from storage.store import Store
from storage.tables import usage_day, usage_message, usage_reject
from tests.builders import MONDAY, an_act

DAY = timedelta(days=1)
SOURCE = SourceId("s")


def an_event(message: str, days: float = 0) -> Event:
    at = MONDAY + days * DAY
    who = PersonId("ines")
    return Event(source=SOURCE, message=message, kind=Kind.PAGE, person=who, at=at, received_at=at)


def a_reject(reason: str = "it is older than 30 days", days: float = 0, source: str = "s") -> Rejected:
    return Rejected(source=SourceId(source), message=f"m{days}", reason=reason, at=MONDAY + days * DAY)


def sizes(store: Store) -> tuple[int, int, int]:
    """Messages, days and rejects that are kept."""
    days, messages, rejects = (
        store.connection.execute(select(func.count()).select_from(table)).scalar_one()
        for table in (usage_day, usage_message, usage_reject)
    )
    return messages, days, rejects


async def take(db: Database, *events: Event, days: float, rejected: int = 0) -> None:
    act = an_act(minutes=days * 24 * 60)
    await db.write(usage.record, act, events, [a_reject(days=days) for _ in range(rejected)])


async def tidy(db: Database, days: float) -> int:
    return await db.write(usage.tidy, an_act(minutes=days * 24 * 60))


async def test_an_id_is_known_for_as_long_as_its_event_could_come_late(db: Database) -> None:
    await take(db, an_event("first"), days=0)
    await take(db, an_event("second", 2), days=2)
    for days in (0, 29, LATE.days, LATE.days + 1):
        assert await tidy(db, days) == 0
    await take(db, an_event("first"), days=LATE.days)
    assert await db.read(sizes) == (2, 2, 0)
    assert await tidy(db, LATE.days + 2) == 1
    assert await tidy(db, LATE.days + 2) == 0
    assert await db.read(sizes) == (1, 2, 0)  # what it came to stays


async def test_rejects_are_kept_for_thirty_days(db: Database) -> None:
    await take(db, days=0, rejected=3)
    await take(db, days=5, rejected=2)
    assert await tidy(db, 29.9) == 0
    assert await tidy(db, 30.1) == 3
    assert await db.read(sizes) == (0, 0, 2)


async def test_the_newest_rejects_are_kept_however_many_come(db: Database) -> None:
    await db.write(lambda store: store.usage.reject([a_reject(str(n), n / 1000) for n in range(50)]))
    assert await db.write(lambda store: store.usage.forget_rejects(MONDAY - DAY, 20, 25)) == 25
    assert await db.write(lambda store: store.usage.forget_rejects(MONDAY - DAY, 20, 25)) == 5
    assert await db.write(lambda store: store.usage.forget_rejects(MONDAY - DAY, 20, 25)) == 0
    left = {one.reason for one in await db.read(lambda store: store.usage.rejects(MONDAY - DAY, 100))}
    assert left == {str(n) for n in range(30, 50)}


async def test_one_ring_forgets_all_there_is_in_small_steps(db: Database) -> None:
    for n in range(3):
        await take(db, *(an_event(f"{n}:{m}") for m in range(700)), days=0, rejected=300)
    later = MONDAY + 40 * DAY
    assert await tidy(db, 40) == 1_000  # no more at a time than people can wait for
    await Jobs(db=db.background(), clocks=Clocks(business=lambda: later, wall=lambda: later)).tidy_usage()
    assert await db.read(sizes) == (0, 1, 0)


async def test_troubles_are_told_by_reason_and_source_the_commonest_first(db: Database) -> None:
    rejects = [a_reject("a", 1), a_reject("b", 1), a_reject("b", 2), a_reject("b", 2, "other"), a_reject("old", -1)]
    await db.write(lambda store: store.usage.reject(rejects))
    told = await db.read(usage.troubles, MONDAY)
    assert [(one.count, one.reason, one.source) for one in told] == [
        (2, "b", "s"),
        (1, "a", "s"),
        (1, "b", "other"),
    ]
    assert told[0].example == "m2"
