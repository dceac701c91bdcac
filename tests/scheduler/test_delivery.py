"""Delivery against a Slack that misbehaves: said once, in order, or known not to have been."""

import asyncio
import logging
import random
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from aiohttp import ClientSession, ClientTimeout, web
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import make_url, select

from bot.domain.acts import TANDEM, Act, Actor, Clocks, Via
from bot.domain.errors import Busy
from bot.domain.ids import ChannelId, RequestNumber, TeamId, UserId
from bot.domain.notices import Notice, Patience, State, Topic
from bot.domain.people import Person
from bot.domain.policy import Channels, Policy, WorkingHours
from bot.domain.requests import Draft, Sizing, Source
from bot.services import house, intake, ranking
from sandbox import Channel, Message, Sandbox, User, Workspace
from sandbox.faults import (
    DoneLate,
    DropConnection,
    Fault,
    HangAfterDoing,
    HangBeforeDoing,
    RateLimited,
    Refused,
    ServerErrorAfterDoing,
    ServerErrorBeforeDoing,
)
from sandbox.methods import erase
from sandbox.state import Timing
from scheduler.delivery import Delivery
from storage import tables
from storage.database import Database
from storage.store import Store
from tests.flows.house import MANIFEST, free_port

POST, UPDATE, HISTORY = "chat.postMessage", "chat.update", "conversations.history"
CALL = 0.25  #: seconds one call to Slack may take
LONG = 4 * CALL
PATIENCE = Patience(call=CALL, pace=0.0)
ALWAYS = WorkingHours.read("mon-sun 00:00-24:00")
TEAM = TeamId("T1")
CHANNELS = [f"#line-{i}" for i in range(6)]
WORKSPACE = Workspace(
    people=(User("Alice"), User("Olga", is_admin=True)),
    channels=(Channel("#board"), Channel("#closed", private=True, bot=False), *map(Channel, CHANNELS)),
)


# ---- help ---------------------------------------------------------------------------------------


class Clock:
    """The real time, and as much more as a test needs to have passed."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def skip(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)


class Desk:
    """A Slack, a database, and as many workers as a test wants between them."""

    def __init__(self, slack: Sandbox, url: str, policy: Policy, db: Database) -> None:
        self.slack = slack
        self.url = url
        self.policy = policy
        self.db = db
        self.clock = Clock()

    # -- workers

    @asynccontextmanager
    async def working(
        self, name: str = "ann", *, api: str = "", call: float | None = CALL
    ) -> AsyncIterator[Delivery]:
        """A worker at work, with a door and a client of its own, as another process would have."""
        async with (
            ClientSession(timeout=ClientTimeout(total=call)) as session,
            Database.open(self.url, fixed=self.policy, busy_seconds=0.2) as door,
        ):
            api = api or self.slack.api_url
            client = AsyncWebClient(self.slack.bot_token, api, session=session, retry_handlers=[])
            delivery = Delivery(door, client, Clocks(business=self.clock, wall=self.clock), ALWAYS, worker=name)
            tasks = [asyncio.create_task(delivery.run()), asyncio.create_task(_stir(door))]
            try:
                yield delivery
            finally:
                delivery.stop()
                await tasks[0]
                tasks[1].cancel()

    # -- things to say

    async def put(self, *notices: Notice) -> None:
        await self.db.write(_put, self.clock(), notices)

    def notice(self, key: str, channel: str = "#board", **more: Any) -> Notice:
        line = ChannelId(self.slack.channel_id(channel))
        payload = {"line": line, "error": key}
        return Notice(topic=Topic.UNDELIVERABLE, key=key, line=line, payload=payload, due_at=self.clock(), **more)

    async def file(self, title: str) -> RequestNumber:
        draft = Draft(title=title, problem="Costs are hidden.", source=Source.SUPPORT, value=8, job_size=13)
        filed = await self.db.write(intake.file, self._act(f"request:{title}"), draft)
        return filed.request.number

    async def estimate(self, number: RequestNumber, size: int) -> None:
        figures = {"value": 8, "time_criticality": 2, "risk_reduction": 3, "job_size": size}
        await self.db.write(ranking.estimate, self._act(f"estimate:{size}"), number, Sizing(**figures))
        self.clock.skip(1.5)  # changes of one card within a second are drawn together

    def _act(self, key: str) -> Act:
        now = self.clock()
        user = UserId(self.slack.user_id("Alice"))
        return Act(by=Actor(user=user, team=TEAM), at=now, wall=now, key=key, via=Via.CLOCK, trace="t")

    # -- what became of them

    async def row(self, key: str) -> Any:
        return await self.db.read(_row, key)

    async def tried(self, key: str, times: int) -> Any:
        """The notice, after so many attempts that came to nothing."""
        async with asyncio.timeout(20):
            while True:
                row = await self.row(key)
                if row.attempts >= times and row.state == State.WAITING:
                    return row
                self.clock.skip(0.1)
                await asyncio.sleep(0.02)

    async def ended(self, key: str, state: State, within: float = 20.0) -> Any:
        """The notice, once it has come to this end."""
        async with asyncio.timeout(within):
            while True:
                row = await self.row(key)
                if row is not None and row.state == state:
                    return row
                await asyncio.sleep(0.02)

    def said(self, channel: str = "#board") -> list[str]:
        """The keys of the notices that stand in a channel, in order."""
        return [_key(message) for message in self.slack.messages(channel)]

    def calls(self, method: str) -> int:
        return len(self.slack.calls(method))

    async def called(self, *, posts: int, looks: int, updates: int = 0) -> None:
        """Slack was called so often, calls we gave up waiting for included: they are counted when they end."""
        expected = (posts, looks, updates)
        await self.slack.until(lambda: self._counts() >= expected)
        assert self._counts() == expected

    def _counts(self) -> tuple[int, int, int]:
        return self.calls(POST), self.calls(HISTORY), self.calls(UPDATE)


def _key(message: Message) -> str:
    assert message.metadata
    key: str = message.metadata["event_payload"]["key"]
    return key


def _put(store: Store, now: datetime, notices: tuple[Notice, ...]) -> None:
    for notice in notices:
        store.outbox.put(notice, now)


def _row(store: Store, key: str) -> Any:
    return store.connection.execute(select(tables.notice).where(tables.notice.c.key == key)).one_or_none()


def _touch(store: Store) -> None:
    store.outbox.block_line("nobody", datetime(2026, 1, 1, tzinfo=UTC))


async def _stir(db: Database) -> None:
    """Other writes wake an idle worker; so no test waits for its next look."""
    while True:
        await asyncio.sleep(0.05)
        with suppress(Busy):  # kept so on purpose
            await db.write(_touch)


@asynccontextmanager
async def at_work(url: str, *, board: str = "#board", port: int = 0) -> AsyncIterator[Desk]:
    async with Sandbox.open(MANIFEST, WORKSPACE, port, Timing(settle=0.01)) as slack:
        policy = Policy(
            channels=Channels(board=ChannelId(slack.channel_id(board))),
            admins=frozenset({UserId(slack.user_id("Olga"))}),
            patience=PATIENCE,
        )
        async with Database.open(url, fixed=policy, busy_seconds=2.0) as db:
            desk = Desk(slack, url, policy, db)
            await db.write(_move_in, desk.clock(), slack)
            yield desk


def _move_in(store: Store, now: datetime, slack: Sandbox) -> None:
    act = Act(by=TANDEM, at=now, wall=now, key="k", via=Via.CLI, trace="t")
    house.settle_in(store, act, TEAM, "Acme", "https://acme.slack.com/", UserId(slack.bot_user_id))
    house.keep_people(store, act, [Person(id=UserId(slack.user_id("Alice")), team=TEAM, name="Alice")])


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Desk]:
    async with at_work(database_url) as desk:
        yield desk


@pytest.fixture
async def lite(sqlite_url: str) -> AsyncIterator[Desk]:
    """For what depends on Slack alone."""
    async with at_work(sqlite_url) as desk:
        yield desk


@dataclass(frozen=True)
class Meanwhile:
    """Something else happens around a call."""

    before: Callable[[], Awaitable[None]] | None = None
    after: Callable[[], Awaitable[None]] | None = None

    async def around(self, do: Callable[[], Awaitable[Any]], request: web.Request) -> web.Response:
        if self.before:
            await self.before()
        answer = await do()
        if self.after:
            await self.after()
        return web.json_response(answer)


@dataclass(frozen=True)
class Gateway:
    """Something between us and Slack answers instead, after the call was done or without it."""

    status: int
    body: str
    content_type: str
    after: bool = True

    async def around(self, do: Callable[[], Awaitable[Any]], request: web.Request) -> web.Response:
        if self.after:
            await do()
        return web.Response(status=self.status, text=self.body, content_type=self.content_type)


def _name(value: object) -> str:
    return repr(value).replace("sandbox.faults.", "")


# ---- saying it ----------------------------------------------------------------------------------


async def test_what_is_put_in_is_said_once_and_found_in_the_register(desk: Desk) -> None:
    async with desk.working():
        await desk.file("k8s")
        row = await desk.ended("card:1:1", State.POSTED)
        (card,) = desk.slack.messages("#board")
        assert (row.ts, row.channel) == (card.ts, desk.slack.channel_id("#board"))
        known = await desk.db.read(lambda store: store.messages.find("request:1", "card"))
        assert known is not None
        assert known.permalink == f"https://acme.slack.com/archives/{row.channel}/p{card.ts.replace('.', '')}"
        await desk.estimate(RequestNumber(1), 5)
        await desk.ended("card:1:2", State.POSTED)
    assert len(desk.slack.messages("#board")) == 1
    assert card.edited
    assert "Size 5" in card.text
    assert desk.calls(HISTORY) == 0


async def test_a_reply_stands_in_the_thread_of_its_parent(lite: Desk) -> None:
    lite.slack.faults.next(POST, ServerErrorAfterDoing(), times=1)
    async with lite.working():
        await lite.put(lite.notice("reply", after="parent"), lite.notice("parent"))
        await lite.ended("reply", State.POSTED)
    parent, reply = lite.slack.messages("#board")
    assert reply.parent == parent
    assert lite.said() == ["parent", "reply"]


async def test_a_reply_whose_answer_was_lost_is_found_in_the_thread(lite: Desk) -> None:
    async with lite.working():
        await lite.put(lite.notice("parent"))
        await lite.ended("parent", State.POSTED)
        lite.slack.faults.next(POST, DropConnection(after=True))
        await lite.put(lite.notice("reply", after="parent"))
        await lite.ended("reply", State.POSTED)
    assert lite.said() == ["parent", "reply"]
    assert (lite.calls(HISTORY), lite.calls("conversations.replies")) == (0, 1)


async def test_a_direct_message_whose_answer_was_lost_is_found_again(lite: Desk) -> None:
    lite.slack.faults.next(POST, DropConnection(after=True))
    olga = UserId(lite.slack.user_id("Olga"))
    payload = {"line": olga, "error": "x"}
    dm = Notice(topic=Topic.UNDELIVERABLE, key="dm", line=olga, payload=payload, due_at=lite.clock())
    async with lite.working():
        await lite.put(dm)
        row = await lite.ended("dm", State.POSTED)
    (seen,) = lite.slack.person("Olga").dms()
    assert (row.ts, row.channel) == (seen.ts, seen.post.channel)
    assert lite.calls(POST) == 1


# ---- a Slack that misbehaves --------------------------------------------------------------------


async def test_too_many_requests_are_waited_for_and_other_channels_are_not(desk: Desk) -> None:
    desk.slack.faults.next(POST, RateLimited(retry_after=1))
    async with desk.working():
        await desk.put(desk.notice("slow"), desk.notice("next"))
        await desk.slack.until(lambda: desk.calls(POST) == 1)
        await desk.put(desk.notice("other", CHANNELS[0]))
        await desk.ended("next", State.POSTED)
    assert desk.said() == ["slow", "next"]
    first, other, second, _ = desk.slack.calls(POST)
    assert other.args["channel"] == desk.slack.channel_id(CHANNELS[0])
    assert second.at - first.at >= 1.0
    assert (await desk.row("slow")).attempts == 1
    assert desk.calls(HISTORY) == 0


HTML = "<html>502 Bad Gateway</html>"
SAID_BUT_LOST: list[Fault] = [
    ServerErrorAfterDoing(500),
    ServerErrorAfterDoing(503),
    HangAfterDoing(LONG),
    DropConnection(after=True),
    Gateway(502, HTML, "text/html"),
    Gateway(502, HTML, "application/json"),
    Gateway(503, "upstream went away", "text/plain"),
    Gateway(200, '{"ok": tr', "application/json"),
]
NOT_SAID: list[Fault] = [
    ServerErrorBeforeDoing(500),
    ServerErrorBeforeDoing(503),
    HangBeforeDoing(LONG),
    DropConnection(after=False),
    Gateway(502, HTML, "text/html", after=False),
    Gateway(200, "", "application/json", after=False),
]


@pytest.mark.parametrize("fault", SAID_BUT_LOST, ids=_name)
async def test_what_was_said_though_slack_did_not_say_so_is_found_again(lite: Desk, fault: Fault) -> None:
    lite.slack.faults.next(POST, fault)
    async with lite.working():
        await lite.put(lite.notice("n"), lite.notice("next"))
        row = await lite.ended("n", State.POSTED)
        await lite.ended("next", State.POSTED)
    assert lite.said() == ["n", "next"]
    assert row.ts == lite.slack.messages("#board")[0].ts
    await lite.called(posts=2, looks=1)


@pytest.mark.parametrize("fault", NOT_SAID, ids=_name)
async def test_what_was_not_said_is_looked_for_and_said(lite: Desk, fault: Fault) -> None:
    lite.slack.faults.next(POST, fault)
    async with lite.working():
        await lite.put(lite.notice("n"), lite.notice("next"))
        await lite.ended("next", State.POSTED)
    assert lite.said() == ["n", "next"]
    await lite.called(posts=3, looks=1)


async def test_a_call_that_slack_carries_out_after_we_gave_up_is_waited_for(lite: Desk) -> None:
    lite.slack.faults.next(POST, DoneLate(CALL * 1.2))
    async with lite.working():
        await lite.put(lite.notice("n"))
        await lite.ended("n", State.POSTED)
    assert lite.said() == ["n"]
    assert lite.calls(POST) == 1


async def test_it_is_waited_for_as_long_when_the_call_began_after_a_long_look(lite: Desk) -> None:
    lite.slack.faults.next(POST, ServerErrorBeforeDoing())
    lite.slack.faults.next(POST, DoneLate(CALL * 1.3))
    lite.slack.faults.next(HISTORY, HangAfterDoing(CALL * 0.8))
    async with lite.working():
        await lite.put(lite.notice("n"))
        await lite.ended("n", State.POSTED)
        await lite.slack.until(lambda: lite.calls(POST) >= 2)
        await asyncio.sleep(CALL)
    assert lite.said() == ["n"]
    assert (lite.calls(POST), lite.calls(HISTORY)) == (2, 2)


LOOKS_THAT_FAIL: list[Fault] = [
    ServerErrorBeforeDoing(500),
    HangBeforeDoing(LONG),
    DropConnection(after=False),
    RateLimited(retry_after=1),
    Gateway(502, HTML, "text/html"),
    Gateway(502, HTML, "application/json"),
    Gateway(503, "upstream went away", "text/plain"),
]


@pytest.mark.parametrize("fault", LOOKS_THAT_FAIL, ids=_name)
async def test_a_look_that_fails_is_made_again_before_anything_is_sent(lite: Desk, fault: Fault) -> None:
    lite.slack.faults.next(POST, ServerErrorAfterDoing())
    lite.slack.faults.next(HISTORY, fault)
    async with lite.working():
        await lite.put(lite.notice("n"))
        await lite.ended("n", State.POSTED)
    assert lite.said() == ["n"]
    await lite.called(posts=1, looks=2)


async def test_a_message_is_found_beyond_the_first_page(lite: Desk) -> None:
    lite.slack.faults.next(POST, DropConnection(after=True))
    alice = lite.slack.person("Alice")

    async def chatter() -> None:
        for i in range(230):
            await alice.say("#board", f"message {i}")

    lite.slack.faults.next(HISTORY, Meanwhile(before=chatter))
    async with lite.working():
        await lite.put(lite.notice("n"))
        await lite.ended("n", State.POSTED)
    assert [m.post.by_app is not None for m in lite.slack.messages("#board")].count(True) == 1
    assert (lite.calls(POST), lite.calls(HISTORY)) == (1, 2)


async def test_while_slack_cannot_be_reached_nothing_is_looked_for(sqlite_url: str) -> None:
    port = free_port()
    async with at_work(sqlite_url) as desk:
        await desk.put(desk.notice("n"))
        async with desk.working(api=f"http://127.0.0.1:{port}/api/"):
            row = await desk.tried("n", 2)
            assert (row.look, row.error) == (False, "ClientConnectorError")
            async with Sandbox.open(MANIFEST, WORKSPACE, port) as back:
                desk.clock.skip(5)
                await desk.ended("n", State.POSTED)
                assert [_key(message) for message in back.messages("#board")] == ["n"]
                assert back.calls(HISTORY) == []


@pytest.mark.parametrize("said", [True, False], ids=["said", "not said"])
@pytest.mark.parametrize("missing", ["the scope", "the method", "the membership"])
async def test_what_cannot_be_looked_up_is_rather_one_too_few_than_two(
    lite: Desk, missing: str, said: bool
) -> None:
    lite.slack.faults.next(POST, ServerErrorAfterDoing() if said else ServerErrorBeforeDoing())
    match missing:
        case "the scope":
            lite.slack.scopes.discard("channels:history")
        case "the method":
            lite.slack.unknown_methods.add(HISTORY)
        case "the membership":
            lite.slack.faults.next(HISTORY, Refused("not_in_channel"))
    async with lite.working():
        await lite.put(lite.notice("n"), lite.notice("next"))
        row = await lite.ended("n", State.UNSURE)
        await lite.ended("next", State.POSTED)
    assert lite.said() == (["n", "next"] if said else ["next"])
    assert row.error.startswith("can't look it up: ")


# ---- cards --------------------------------------------------------------------------------------


async def test_an_update_whose_answer_was_lost_is_made_again_and_posts_nothing(desk: Desk) -> None:
    async with desk.working():
        number = await desk.file("k8s")
        await desk.ended("card:1:1", State.POSTED)
        for fault in (ServerErrorAfterDoing(), DropConnection(after=False), HangBeforeDoing(LONG)):
            desk.slack.faults.next(UPDATE, fault)
        await desk.estimate(number, 5)
        await desk.ended("card:1:2", State.POSTED)
    (card,) = desk.slack.messages("#board")
    assert "Size 5" in card.text
    await desk.called(posts=1, looks=0, updates=4)


async def test_a_card_deleted_in_slack_is_posted_anew_once(desk: Desk) -> None:
    async with desk.working():
        number = await desk.file("k8s")
        await desk.ended("card:1:1", State.POSTED)
        (first,) = desk.slack.messages("#board")
        erase(desk.slack.state, first.post)
        await desk.estimate(number, 2)
        await desk.ended("card:1:2", State.POSTED)
        await desk.estimate(number, 5)
        await desk.ended("card:1:3", State.POSTED)
    (card,) = desk.slack.messages("#board")
    assert "Size 5" in card.text
    assert desk.calls(POST) == 2


async def test_a_card_deleted_in_slack_and_posted_anew_without_an_answer_is_found(lite: Desk) -> None:
    async with lite.working():
        number = await lite.file("k8s")
        await lite.ended("card:1:1", State.POSTED)
        erase(lite.slack.state, lite.slack.messages("#board")[0].post)
        lite.slack.faults.next(POST, DropConnection(after=True))
        await lite.estimate(number, 2)
        await lite.ended("card:1:2", State.POSTED)
    assert len(lite.slack.messages("#board")) == 1
    assert lite.calls(POST) == 2


async def _locked_out(desk: Desk, how: str) -> None:
    if how == "not_in_channel":
        desk.slack.remove("#board")
    elif how == "is_archived":
        desk.slack.archive("#board")


async def _let_in(desk: Desk, board: str) -> None:
    desk.slack.archive(board, False)
    await desk.slack.invite(board)


@pytest.mark.parametrize("how", ["not_in_channel", "is_archived", "channel_not_found"])
async def test_a_channel_that_cannot_be_posted_in_is_told_to_an_admin_once(database_url: str, how: str) -> None:
    board = "#closed" if how == "channel_not_found" else "#board"
    async with at_work(database_url, board=board) as desk, desk.working():
        await _locked_out(desk, how)
        number = await desk.file("k8s")
        row = await desk.ended("card:1:1", State.DEAD)
        assert row.error == how
        await desk.estimate(number, 2)
        await desk.ended("card:1:2", State.DEAD)
        await desk.slack.until(lambda: desk.slack.person("Olga").dms())
        (told,) = desk.slack.person("Olga").dms()
        assert how in told.text
        assert desk.slack.messages(board) == []

        await _let_in(desk, board)
        await desk.estimate(number, 5)
        await desk.ended("card:1:3", State.POSTED)
        (card,) = desk.slack.messages(board)
        assert "Size 5" in card.text
        assert len(desk.slack.person("Olga").dms()) == 1


async def test_refused_blocks_are_drawn_once_more_plainly(lite: Desk) -> None:
    lite.slack.faults.next(POST, Refused("invalid_blocks"))
    async with lite.working():
        await lite.file("k8s")
        await lite.ended("card:1:1", State.POSTED)
    (card,) = lite.slack.messages("#board")
    assert "k8s" in card.text
    assert "Costs are hidden" not in card.text
    first, second = lite.slack.calls(POST)
    assert len(first.args["blocks"]) > len(second.args["blocks"])


async def test_blocks_refused_even_plainly_are_a_dead_letter(lite: Desk) -> None:
    lite.slack.faults.next(POST, Refused("invalid_blocks"), times=2)
    async with lite.working():
        await lite.file("k8s")
        await lite.ended("card:1:1", State.DEAD)
        await lite.slack.until(lambda: lite.slack.person("Olga").dms())
    assert lite.slack.messages("#board") == []


async def test_a_notice_about_nothing_stops_nobody(desk: Desk) -> None:
    line = ChannelId(desk.slack.channel_id("#board"))
    lost = Notice(topic=Topic.CARD, key="lost", line=line, payload={"number": 999}, due_at=desk.clock())
    async with desk.working():
        await desk.put(lost, desk.notice("next"), desk.notice("other", CHANNELS[0]))
        await desk.ended("lost", State.DEAD)
        await desk.ended("next", State.POSTED)
        await desk.ended("other", State.POSTED)


# ---- workers and their database -----------------------------------------------------------------


@contextmanager
def kept_busy(url: str) -> Iterator[None]:
    """Somebody else holds what a write needs."""
    where = make_url(url)
    if where.get_backend_name() == "sqlite":
        rival = sqlite3.connect(where.database or "", isolation_level=None)
        rival.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            rival.rollback()
            rival.close()
    else:
        with psycopg.connect(url) as connection:
            connection.execute("LOCK TABLE notice IN EXCLUSIVE MODE")
            yield
            connection.rollback()


async def test_a_database_too_busy_to_settle_leads_to_no_second_message(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    posted = asyncio.Event()

    async def note() -> None:
        posted.set()
        await asyncio.sleep(CALL / 4)

    desk.slack.faults.next(POST, Meanwhile(after=note))
    async with desk.working():
        await desk.put(desk.notice("n"))
        await posted.wait()
        with kept_busy(desk.url):
            async with asyncio.timeout(20):
                while True:
                    await asyncio.sleep(0.05)
                    if "could not settle n" in caplog.text:
                        break
        assert (await desk.row("n")).state == "sending"
        desk.clock.skip(PATIENCE.lease)
        row = await desk.ended("n", State.POSTED)
    assert desk.said() == ["n"]
    assert row.ts == desk.slack.messages("#board")[0].ts
    assert (desk.calls(POST), desk.calls(HISTORY)) == (1, 1)


async def test_two_workers_on_one_database_say_everything_once_and_in_order(desk: Desk) -> None:
    keys = {channel: [f"{channel}-{i}" for i in range(5)] for channel in CHANNELS}
    notices = [desk.notice(key, channel) for channel, own in keys.items() for key in own]
    async with desk.working("ann"), desk.working("ben"):
        await desk.put(*notices)
        for own in keys.values():
            await desk.ended(own[-1], State.POSTED)
    assert {channel: desk.said(channel) for channel in CHANNELS} == keys
    assert desk.calls(POST) == len(notices)


async def test_a_worker_held_up_past_its_lease_leaves_it_to_the_other(desk: Desk) -> None:
    """Ann looks, finds nothing, and is held up; Ben looks, finds nothing, and posts. Ann must not post as well."""
    desk.slack.faults.next(POST, ServerErrorBeforeDoing())
    async with AsyncExitStack() as both:

        async def hold_up() -> None:
            await both.enter_async_context(desk.working("ben"))
            desk.clock.skip(PATIENCE.lease)
            await desk.slack.until(lambda: desk.calls(POST) == 2)

        desk.slack.faults.next(HISTORY, Meanwhile(after=hold_up))
        async with desk.working("ann", call=None):  # whose calls may take as long as they like
            await desk.put(desk.notice("n"))
            await desk.ended("n", State.POSTED)
            await desk.slack.until(lambda: desk.calls(HISTORY) >= 2)
            await asyncio.sleep(CALL)
    assert desk.said() == ["n"]
    assert desk.calls(POST) == 2


async def test_stopping_finishes_what_is_under_way_and_begins_nothing_new(desk: Desk) -> None:
    desk.slack.faults.next(POST, HangAfterDoing(CALL / 2))
    async with desk.working() as ann:
        await desk.put(desk.notice("n"), desk.notice("next"))
        await desk.slack.until(lambda: desk.slack.messages("#board"))
        ann.stop()
    assert (await desk.row("n")).state == "posted"
    assert (await desk.row("next")).attempts == 0
    assert desk.said() == ["n"]
    async with desk.working("ben"):
        await desk.ended("next", State.POSTED)
    assert desk.said() == ["n", "next"]
    assert desk.calls(HISTORY) == 0


# ---- everything at once -------------------------------------------------------------------------

WEATHER: list[tuple[str, Fault, float]] = [
    (POST, ServerErrorAfterDoing(), 0.07),
    (POST, ServerErrorBeforeDoing(), 0.07),
    (POST, DropConnection(after=True), 0.07),
    (POST, DropConnection(after=False), 0.07),
    (POST, HangAfterDoing(LONG), 0.05),
    (POST, HangBeforeDoing(LONG), 0.05),
    (HISTORY, ServerErrorBeforeDoing(), 0.1),
    (HISTORY, DropConnection(after=False), 0.1),
]


SEEDS = [7, *(pytest.param(seed, marks=pytest.mark.faults) for seed in range(8, 20))]


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("seed", SEEDS)
async def test_in_a_storm_sixty_notices_are_said_once_each_and_in_order(
    desk: Desk, seed: int, workers: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    dice = random.Random(seed)
    for number, (method, fault, chance) in enumerate(WEATHER):
        desk.slack.faults.sometimes(method, fault, chance, seed=dice.randrange(10**6) + number)
    desk.slack.faults.next(POST, RateLimited(1), times=1)
    keys = {channel: [f"{channel}-{i}" for i in range(10)] for channel in CHANNELS}
    notices = [desk.notice(own[i], channel) for i in range(10) for channel, own in keys.items()]
    async with AsyncExitStack() as stack:
        for name in ("ann", "ben")[:workers]:
            await stack.enter_async_context(desk.working(name))
        await desk.put(*notices)
        for own in keys.values():
            await desk.ended(own[-1], State.POSTED, within=60)
    assert {channel: desk.said(channel) for channel in CHANNELS} == keys
    assert await desk.db.read(lambda store: store.outbox.counts()) == {"posted": 60}
    assert not caplog.records
