"""What the clock rings for: what can't be done keeps nothing else from being done."""

from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest

from bot.domain.acts import Clocks
from bot.domain.flow import Move
from bot.domain.ids import ChannelId, RequestNumber
from bot.domain.requests import Status
from bot.domain.subscriptions import Stored
from bot.services import intake, moves, usage
from scheduler.jobs import Jobs
from storage.database import Database
from storage.store import Store
from storage.tables import change
from tests.bot.services.test_features import used
from tests.bot.services.test_usage import marked
from tests.builders import BORIS, MONDAY, a_draft, an_act, move_in

AGO = MONDAY - timedelta(days=3)


def two_digests_and_a_broken_history(store: Store) -> None:
    """The company's digest reads a date that is none; the channel's own speaks of another direction."""
    act = an_act(BORIS, key="request:broken", minutes=-60)
    store.house.decide("channels", {"coordination": "CCOORD"}, act)
    store.house.set_mark("digest:company", AGO.isoformat(), act)
    number = intake.file(store, act, a_draft("saml")).request.number
    moves.move(store, act, RequestNumber(number), Move(status=Status.PLANNED, target=date(2026, 12, 12)))
    store.connection.execute(change.update().where(change.c.field == "target").values(new="soon"))
    own = Stored(
        id=0,
        channel=ChannelId("COWN"),
        direction="Platform",
        owner=None,
        source=None,
        day=0,
        minute=600,
        zone="UTC",
        by=BORIS,
        at=AGO,
    )
    store.digests.subscribe(own, "own")


async def test_one_broken_digest_keeps_no_other_channel_waiting(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await move_in(db)
    await db.write(two_digests_and_a_broken_history)
    now = datetime(2026, 11, 23, 10, 1, tzinfo=UTC)
    await Jobs(db=db, clocks=Clocks(business=lambda: now, wall=lambda: now)).ensure_digests()
    keys = ("digest:company:2026-W48", "digest:s1:2026-W48")
    assert [await db.read(lambda s, k: s.outbox.state(k), key) for key in keys] == [None, "waiting"]
    assert "ensure could not be done" in caplog.text


async def test_a_new_day_has_accounts_looked_at_again_whose_windows_it_moves(db: Database) -> None:
    """At midnight UTC nobody does anything, and a week ago is no longer this week."""
    await move_in(db)
    await db.write(usage.record, an_act(), [used("acme", "ines", ago=6), used("globex", "jon", ago=5)])
    await db.write(marked)
    for hours, found in ((0, set()), (14, {"acme"}), (15, set()), (38, {"globex"})):
        now = MONDAY + timedelta(hours=hours)
        await Jobs(db=db, clocks=Clocks(business=partial(_same, now), wall=partial(_same, now))).slide_windows()
        assert await db.write(marked) == found, now


def _same(now: datetime) -> datetime:
    return now
