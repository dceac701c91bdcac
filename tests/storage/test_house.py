"""The workspace, what was decided in it, and the periods of its jobs."""

from typing import Any

import pytest
from sqlalchemy import exc, select

from bot.domain.errors import Refused
from bot.domain.ids import ChannelId, GroupId, TeamId, UserId
from bot.domain.policy import Channels, Policy, Roles
from bot.domain.roles import Role
from bot.services import house
from storage.database import Database
from storage.store import Store
from storage.tables import setting
from tests.builders import ALICE, BORIS, BOT, HOME, MONDAY, an_act, move_in

BOARD = ChannelId("C1")


def settle(store: Store, team: str) -> None:
    house.settle_in(store, an_act(None), TeamId(team), "Home", "https://home.slack.com/", BOT)


def decide(store: Store, name: str, value: Any, by: str = ALICE, minutes: float = 0) -> None:
    store.house.decide(name, value, an_act(by, minutes=minutes))


# ---- the workspace ------------------------------------------------------------------------------


async def test_the_workspace_is_fixed_at_first_start(db: Database) -> None:
    assert await db.read(lambda s: (s.house.team(), s.house.url())) == (None, "")
    await db.write(settle, "T1")
    await db.write(settle, "T1")
    assert await db.read(lambda s: (s.house.team(), s.house.url())) == (HOME, "https://home.slack.com/")


async def test_a_database_of_another_workspace_is_refused_with_both_named(db: Database) -> None:
    await db.write(settle, "T1")
    with pytest.raises(Refused) as refused:
        await db.write(settle, "T2")
    assert refused.value.text == (
        "This database belongs to workspace T1, but the bot token is for T2. "
        "Use the token of the first one, or another DATABASE_URL."
    )
    assert await db.read(lambda s: s.house.team()) == HOME


# ---- decisions ----------------------------------------------------------------------------------


async def test_the_newest_decision_is_in_force_and_the_earlier_ones_are_kept(db: Database) -> None:
    assert await db.read(lambda s: s.house.decided("channels")) is None
    await db.write(decide, "channels", {"board": "C1"})
    await db.write(decide, "channels", {"board": "C2"}, BORIS, 5)
    await db.write(decide, "admins", ["U1"])
    assert await db.read(lambda s: s.house.decided("channels")) == {"board": "C2"}

    def versions(store: Store) -> list[tuple[Any, ...]]:
        rows = store.connection.execute(
            select(setting).where(setting.c.name == "channels").order_by(setting.c.version)
        )
        return [(row.version, row.value, row.by, row.at) for row in rows]

    first, second = await db.read(versions)
    assert first == (1, {"board": "C1"}, ALICE, MONDAY)
    assert second[:3] == (2, {"board": "C2"}, BORIS)


async def test_a_decision_for_nothing_cannot_be_kept(db: Database) -> None:
    with pytest.raises(exc.IntegrityError):
        await db.write(decide, "channels", None)


async def test_what_was_set_in_slack_is_the_policy(db: Database) -> None:
    await db.write(decide, "channels", {"board": "C1", "strategy": "C3"})
    await db.write(decide, "roles", {"tech": ["S1", "U2"]})
    await db.write(decide, "admins", ["U1"])
    policy = await db.read(lambda s: s.policy)
    assert policy.channels == Channels(board=BOARD, strategy=ChannelId("C3"))
    assert policy.roles == Roles(holders={Role.TECH: frozenset({GroupId("S1"), UserId("U2")})})
    assert policy.admins == {UserId("U1")}


async def test_what_the_environment_fixes_wins_one_by_one(database_url: str) -> None:
    fixed = Policy(channels=Channels(board=BOARD), admins=frozenset({UserId("U9")}))
    async with Database.open(database_url, fixed=fixed) as db:
        await db.write(decide, "channels", {"board": "C2", "strategy": "C3"})
        await db.write(decide, "roles", {"tech": ["S1"]})
        await db.write(decide, "admins", ["U1"])
        policy = await db.read(lambda s: s.policy)
    assert policy.channels == Channels(board=BOARD, strategy=ChannelId("C3"))
    assert policy.admins == {UserId("U9")}
    assert policy.roles.in_use


async def test_roles_of_the_environment_replace_those_set_in_slack(database_url: str) -> None:
    fixed = Policy(roles=Roles(holders={Role.SALES: frozenset({GroupId("S2")})}))
    async with Database.open(database_url, fixed=fixed) as db:
        await db.write(decide, "roles", {"tech": ["S1"]})
        assert (await db.read(lambda s: s.policy)).roles == fixed.roles


async def test_without_any_decision_the_policy_is_that_of_the_environment(db: Database) -> None:
    assert await db.read(lambda s: s.policy) == Policy()


# ---- periods ------------------------------------------------------------------------------------


async def test_a_period_is_claimed_once(db: Database) -> None:
    def claim(store: Store, job: str, period: str) -> bool:
        return store.house.claim_period(job, period, an_act())

    assert await db.write(claim, "digest", "2026-W48")
    assert not await db.write(claim, "digest", "2026-W48")
    assert await db.write(claim, "digest", "2026-W49")
    assert await db.write(claim, "strategy", "2026-W48")


async def test_a_claim_that_was_rolled_back_was_never_made(db: Database) -> None:
    def claim_and_fail(store: Store) -> None:
        assert store.house.claim_period("digest", "2026-W48", an_act())
        raise Refused("No.")

    with pytest.raises(Refused):
        await db.write(claim_and_fail)
    assert await db.write(lambda s: s.house.claim_period("digest", "2026-W48", an_act()))


async def test_the_builders_home_has_its_roles(db: Database) -> None:
    await move_in(db)
    assert (await db.read(lambda s: s.policy)).roles.in_use
