"""Our copy of people and groups, read from a Slack and kept fresh by its events."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import select

from bot import app
from bot.domain.acts import Clocks
from bot.domain.ids import ChannelId, UserId
from bot.domain.people import Person
from sandbox import Channel, Sandbox, User, UserGroup, Workspace, events
from sandbox.faults import DropConnection, HangBeforeDoing, Refused, ServerErrorBeforeDoing
from scheduler.directory import Directory
from storage import tables
from storage.database import Database
from storage.store import Store
from tests.builders import an_act
from tests.flows.house import MANIFEST, House, opened

PEOPLE = (
    User("Alice", email="Alice@Example.com", tz="Europe/Berlin"),
    User("Bob", email=None, tz=None),
    User("Gina", is_restricted=True),
    User("Gil", is_ultra_restricted=True),
    User("Dora", deleted=True),
    User("Robot", is_bot=True),
    User("Pat", team="Partner Inc"),
)
GROUPS = (
    UserGroup("sales", members=("Alice", "Bob")),
    UserGroup("tech", members=("Bob",)),
    UserGroup("old", members=("Alice",), disabled=True),
    UserGroup("empty"),
)


class Office:
    def __init__(self, slack: Sandbox, db: Database) -> None:
        self.slack = slack
        self.db = db
        client = AsyncWebClient(slack.bot_token, slack.api_url, retry_handlers=[])
        self.directory = Directory(db, client, Clocks(business=_now, wall=_now))

    def id(self, name: str) -> UserId:
        return UserId(self.slack.user_id(name))

    async def person(self, name: str) -> Person | None:
        return await self.db.read(_person, self.id(name))

    async def groups(self) -> dict[str, set[str]]:
        """Names of members by handle."""
        found = await self.db.read(_groups)
        names = {user.id: user.name for user in self.slack.state.users.values()}
        return {handle: {names[user] for user in users} for handle, users in found.items()}


def _now() -> datetime:
    return datetime.now(UTC)


def _person(store: Store, user: UserId) -> Person | None:
    return store.people.get(user)


def _count(store: Store) -> int:
    return len(store.connection.execute(select(tables.person.c.id)).all())


def _groups(store: Store) -> dict[str, set[str]]:
    group, member = tables.user_group, tables.group_member
    rows = store.connection.execute(
        select(group.c.handle, member.c.user).outerjoin(member, member.c.group == group.c.id)
    )
    found: dict[str, set[str]] = {}
    for handle, user in rows:
        found.setdefault(handle, set()).update([user] if user else [])
    return found


@asynccontextmanager
async def open_office(
    db: Database, people: Sequence[User] = PEOPLE, groups: Sequence[UserGroup] = GROUPS
) -> AsyncIterator[Office]:
    workspace = Workspace(people=people, groups=groups, channels=(Channel("#board"),))
    async with Sandbox.open(MANIFEST, workspace) as slack:
        yield Office(slack, db)


@pytest.fixture
async def office(db: Database) -> AsyncIterator[Office]:
    async with open_office(db) as office:
        yield office


# ---- everybody ----------------------------------------------------------------------------------


async def test_everybody_is_read_page_by_page(db: Database) -> None:
    crowd = [User(f"Person {i}") for i in range(450)]
    async with open_office(db, crowd, ()) as office:
        await office.directory.refresh()
        assert len(office.slack.calls("users.list")) == 3
        assert await db.read(_count) == 451  # the bot among them
        last = await office.person("Person 449")
        assert last is not None
        assert last.name == "Person 449"


async def test_what_slack_says_of_a_person_is_kept(office: Office) -> None:
    await office.directory.refresh()
    alice, bob = await office.person("Alice"), await office.person("Bob")
    assert alice == Person(
        id=office.id("Alice"),
        team=alice.team if alice else None,  # type: ignore[arg-type]
        name="Alice",
        email="alice@example.com",
        timezone="Europe/Berlin",
    )
    assert alice.team == office.slack.state.workspace.id
    assert bob is not None
    assert (bob.email, bob.timezone) == (None, None)


@pytest.mark.parametrize(
    ("name", "traits"),
    [
        ("Alice", (False, False, False)),
        ("Gina", (True, False, False)),
        ("Gil", (True, False, False)),
        ("Dora", (False, False, True)),
        ("Robot", (False, True, False)),
        ("Tandem", (False, True, False)),
    ],
)
async def test_guests_bots_and_those_who_left_are_known_as_such(
    office: Office, name: str, traits: tuple[bool, bool, bool]
) -> None:
    await office.directory.refresh()
    person = await office.person(name)
    assert person is not None
    assert (person.is_guest, person.is_bot, person.is_deleted) == traits


async def test_people_of_another_workspace_are_not_ours(office: Office) -> None:
    await office.directory.refresh()
    assert await office.person("Pat") is None
    await office.directory.meet(office.id("Pat"))
    pat = await office.person("Pat")
    assert pat is not None
    assert pat.team != office.slack.state.workspace.id


async def test_a_second_reading_brings_what_changed_and_forgets_nobody(office: Office) -> None:
    await office.directory.refresh()
    office.slack.state.change_user(office.id("Bob"), {"deleted": True})
    office.slack.state.change_user(office.id("Alice"), {"tz": "Asia/Tokyo"})
    await office.directory.refresh()
    alice, bob = await office.person("Alice"), await office.person("Bob")
    assert alice is not None
    assert bob is not None
    assert (alice.timezone, bob.is_deleted) == ("Asia/Tokyo", True)


# ---- groups -------------------------------------------------------------------------------------


async def test_groups_are_read_with_their_members_in_one_call(office: Office) -> None:
    await office.directory.refresh()
    assert await office.groups() == {"sales": {"Alice", "Bob"}, "tech": {"Bob"}, "empty": set()}
    assert len(office.slack.calls("usergroups.list")) == 1
    assert not office.slack.calls("usergroups.users.list")


async def test_a_group_that_is_gone_is_gone_here_too(office: Office) -> None:
    await office.directory.refresh()
    _regroup(office.slack, "sales", members=("Bob",))
    _regroup(office.slack, "tech", disabled=True)
    await office.directory.renew_groups()
    assert await office.groups() == {"sales": {"Bob"}, "empty": set()}


@pytest.mark.parametrize("error", ["unknown_method", "missing_scope", "paid_teams_only", "not_allowed_token_type"])
async def test_a_workspace_without_user_groups_is_lived_with(office: Office, error: str) -> None:
    office.slack.faults.next("usergroups.list", Refused(error))
    await office.directory.refresh()
    assert await office.groups() == {}
    assert await office.person("Alice") is not None


async def test_a_server_without_user_groups_is_lived_with(office: Office) -> None:
    office.slack.unknown_methods.add("usergroups.list")
    await office.directory.refresh()
    assert await office.person("Alice") is not None


async def test_groups_known_before_stay_when_slack_refuses_them(office: Office) -> None:
    await office.directory.refresh()
    known = await office.groups()
    office.slack.scopes.discard("usergroups:read")
    await office.directory.renew_groups()
    assert await office.groups() == known


async def test_a_slack_in_trouble_is_no_reason_to_forget(office: Office) -> None:
    await office.directory.refresh()
    office.slack.faults.next("usergroups.list", ServerErrorBeforeDoing())
    with pytest.raises(SlackApiError):
        await office.directory.renew_groups()
    assert "sales" in await office.groups()


# ---- meeting people -----------------------------------------------------------------------------


async def test_somebody_new_is_asked_for_once(office: Office) -> None:
    for _ in range(3):
        await office.directory.meet(office.id("Alice"))
    assert len(office.slack.calls("users.info")) == 1
    assert await office.person("Alice") is not None


async def test_somebody_in_our_copy_is_not_asked_for(office: Office) -> None:
    await office.directory.refresh()
    await office.directory.meet(office.id("Alice"))
    another = Office(office.slack, office.db)  # after a restart
    await another.directory.meet(office.id("Alice"))
    assert not office.slack.calls("users.info")


async def test_somebody_slack_could_not_name_is_asked_for_again(office: Office) -> None:
    office.slack.faults.next("users.info", Refused("internal_error"))
    await office.directory.meet(office.id("Alice"))
    assert await office.person("Alice") is None
    await office.directory.meet(office.id("Alice"))
    assert await office.person("Alice") is not None
    await office.directory.meet(office.id("Alice"))
    assert len(office.slack.calls("users.info")) == 2


async def test_a_person_slack_does_not_know_stays_unknown(office: Office) -> None:
    await office.directory.meet(UserId("UNOBODY"))
    assert await office.db.read(_person, UserId("UNOBODY")) is None


# ---- what Slack tells us ------------------------------------------------------------------------


@pytest.fixture(params=["socket", "http"])
async def at_home(sqlite_url: str, request: pytest.FixtureRequest) -> AsyncIterator[House]:
    async with opened(sqlite_url, over_http=request.param == "http", sample=False) as home:
        yield home


async def _until(home: House, look: Callable[[Store], Any], wanted: Any) -> None:
    """Wait until our copy says so."""
    async with app.open_database(home.settings) as db:
        seen: list[Any] = []
        for _ in range(200):
            seen = [await db.read(look)]
            if seen == [wanted]:
                return
            await home.slack.state.pulse.until(lambda: False, 0.02)
    raise AssertionError(f"our copy says {seen}, not {wanted}")


async def test_our_copy_follows_people_who_change_come_and_go(at_home: House) -> None:
    slack = at_home.slack
    alice = UserId(slack.user_id("Alice"))
    await slack.change_user("Alice", tz="Asia/Tokyo", title="Anything")
    await _until(at_home, lambda store: _zone(store, alice), "Asia/Tokyo")
    await slack.change_user("Alice", deleted=True)
    await _until(at_home, lambda store: _has_left(store, alice), True)
    newcomer = User("Nadia", tz="Europe/Lisbon")
    await slack.add_user(newcomer)
    await _until(at_home, lambda store: _zone(store, UserId(newcomer.id)), "Europe/Lisbon")


@pytest.mark.parametrize("event", ["subteam_updated", "subteam_members_changed"])
async def test_our_copy_follows_groups_that_change(at_home: House, event: str) -> None:
    slack = at_home.slack
    _regroup(slack, "sales", members=("Boris",))
    events.tell(slack.state, event, _about_group(slack, event, "sales"))
    await slack.courier.quiet()
    await _until(at_home, lambda store: _groups(store)["sales"], {slack.user_id("Boris")})


# ---- channels -----------------------------------------------------------------------------------


async def test_a_channel_is_ours_until_another_company_reads_it(office: Office) -> None:
    await choose(office, "#board")
    await office.directory.refresh()
    assert await known(office, "#board") == ("board", True)

    await office.slack.share("#board", "Partner Inc")
    await office.directory.renew_channels()
    assert await known(office, "#board") == ("board", False)


@pytest.mark.parametrize("error", ["missing_scope", "channel_not_found", "unknown_method"])
async def test_a_channel_slack_does_not_tell_of_counts_as_shared(office: Office, error: str) -> None:
    await choose(office, "#board")
    office.slack.faults.next("conversations.info", Refused(error))
    await office.directory.renew_channels()
    assert await known(office, "#board") == (None, False)

    await office.directory.renew_channels()
    office.slack.faults.next("conversations.info", Refused(error))
    await office.directory.renew_channels()
    assert await known(office, "#board") == ("board", False), "it was ours when Slack last told"


async def test_a_slack_in_trouble_is_no_reason_to_doubt_a_channel(office: Office) -> None:
    await choose(office, "#board")
    await office.directory.renew_channels()
    office.slack.faults.next("conversations.info", ServerErrorBeforeDoing())
    await office.directory.renew_channels()
    assert await known(office, "#board") == ("board", True)


async def test_a_channel_just_chosen_is_looked_at_and_a_slow_slack_holds_nobody_up(office: Office) -> None:
    board = ChannelId(office.slack.channel_id("#board"))
    assert await office.directory.look_at(board)
    assert await known(office, "#board") == ("board", True)
    office.slack.remove("#board")
    assert not await office.directory.look_at(board)
    for fault in (
        HangBeforeDoing(5.0),
        DropConnection(after=False),
        ServerErrorBeforeDoing(),
        Refused("ratelimited"),
    ):
        office.slack.faults.next("conversations.info", fault)
        assert not await office.directory.look_at(board)


async def test_what_we_know_already_is_not_kept_again(office: Office) -> None:
    await choose(office, "#board")
    await office.directory.renew_channels()
    since = await office.db.read(_refreshed)
    await office.directory.renew_channels()
    assert await office.db.read(_refreshed) == since


async def test_our_copy_follows_channels_that_are_shared_and_renamed(at_home: House) -> None:
    slack = at_home.slack
    board = ChannelId(slack.channel_id("#board"))
    await _until(at_home, lambda store: _channel(store, board), ("board", True))
    await slack.share("#board", "Partner Inc")
    await _until(at_home, lambda store: _channel(store, board), ("board", False))
    await slack.share("#board")
    await _until(at_home, lambda store: _channel(store, board), ("board", True))
    await slack.rename("#board", "#roadmap")
    await _until(at_home, lambda store: _channel(store, board), ("roadmap", True))
    await slack.share("#general", "Partner Inc")
    general = ChannelId(slack.channel_id("#general"))
    await _until(at_home, lambda store: _channel(store, general), (None, False))


async def choose(office: Office, name: str) -> None:
    """An admin sets a channel that Tandem speaks in."""
    channels = {"board": office.slack.channel_id(name)}
    await office.db.write(lambda store: store.house.decide("channels", channels, an_act()))


async def known(office: Office, name: str) -> tuple[str | None, bool]:
    """What a channel is called, and whether it is certain that nobody else reads it."""
    return await office.db.read(_channel, ChannelId(office.slack.channel_id(name)))


def _channel(store: Store, channel: ChannelId) -> tuple[str | None, bool]:
    return store.channels.name(channel), store.channels.is_private_to_us(channel)


def _refreshed(store: Store) -> list[datetime]:
    return list(store.connection.scalars(select(tables.channel.c.refreshed_at)))


def _zone(store: Store, user: UserId) -> str | None:
    person = store.people.get(user)
    return person.timezone if person else None


def _has_left(store: Store, user: UserId) -> bool:
    person = store.people.get(user)
    return person is not None and person.is_deleted


def _regroup(slack: Sandbox, handle: str, **changes: Any) -> None:
    group = slack.state.groups[slack.group_id(handle)]
    slack.state.groups[group.id] = replace(group, **changes)


def _about_group(slack: Sandbox, event: str, handle: str) -> dict[str, Any]:
    group = slack.group_id(handle)
    stamp = {"type": event, "event_ts": slack.state.fresh_ts()}
    if event == "subteam_updated":
        return stamp | {"subteam": {"id": group, "handle": handle, "is_usergroup": True}}
    return stamp | {
        "subteam_id": group,
        "team_id": slack.state.workspace.id,
        "added_users": [],
        "removed_users": [],
    }
