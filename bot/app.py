"""The wiring: the only module that knows every other."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from aiohttp import ClientError, ClientSession, ClientTimeout, web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

import handlers
import scheduler
from bot.domain.acts import TANDEM, Clocks, Via
from bot.domain.ids import TeamId, UserId
from bot.services import house
from bot.settings import Settings
from handlers import middleware
from handlers.http import health, server
from handlers.http.guard import slack_endpoint
from handlers.http.health import Metric
from handlers.http.usage import Collector, collecting, usage_routes
from scheduler.delivery import Delivery
from scheduler.directory import Directory
from scheduler.jobs import Jobs, Ring
from storage import migrate
from storage.database import Database

log = logging.getLogger(__name__)

#: What a call to Slack raises when nobody answers.
UNREACHABLE = (ClientError, OSError, TimeoutError)
START_SECONDS = 30.0  #: how long a database that is down may take to come up
DIRECTORY_EVERY = 6 * 3600.0
CHANNELS_EVERY = 600.0  #: how soon we know by ourselves that other companies read a channel


class CannotStart(Exception):
    """One line: what is wrong, and how to mend it."""


def _utc() -> datetime:
    return datetime.now(UTC)


REAL = Clocks(business=_utc, wall=_utc)


def ahead(file: Path) -> Clocks:
    """The real clocks, but business time is ahead by as many seconds as the file says at each moment."""
    return Clocks(business=lambda: _utc() + timedelta(seconds=float(file.read_text())), wall=_utc)


def prepare(settings: Settings) -> None:
    """Wait for the database and bring its schema up to date.

    Raises CannotStart for an address that can't be one, Unavailable, Busy or NewerSchemaError.
    """
    url = settings.database_url.get_secret_value()
    try:
        migrate.wait_for(url, START_SECONDS)
    except ValueError as error:
        raise CannotStart(f"DATABASE_URL: {error}") from None
    migrate.upgrade(url)


def open_database(settings: Settings) -> Database:
    return Database.open(settings.database_url.get_secret_value(), fixed=settings.policy)


async def run(
    settings: Settings,
    stop: asyncio.Event,
    *,
    clocks: Clocks = REAL,
    ring_every: float | None = None,
    ready: asyncio.Event | None = None,
) -> None:
    """Serve until `stop` is set; `ready` is set once it does. Raises CannotStart, or what `prepare` raises.

    `ring_every`: seconds between looks at a business clock that jumps, instead of each job's own.
    """
    _token(settings)
    if settings.slack_app_token is None and settings.slack_signing_secret is None:
        raise CannotStart("set SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP)")
    await asyncio.to_thread(prepare, settings)
    async with contextlib.AsyncExitStack() as stack:
        db = await stack.enter_async_context(open_database(settings))
        slack = await stack.enter_async_context(slack_clients(settings))
        identity = await _introduce(slack.reading, db, clocks)
        directory = Directory(db, slack.reading, clocks)
        if not await db.read(house.has_people):
            await directory.refresh()
        bolt = _bolt(settings, slack, identity, db, clocks, directory)
        await stack.enter_async_context(
            _delivering(Delivery(db, slack.posting, clocks, settings.policy.company.hours))
        )
        await stack.enter_async_context(_ringing(directory, Jobs(db=db.background(), clocks=clocks), ring_every))
        collector = await stack.enter_async_context(collecting(db, clocks))
        await stack.enter_async_context(_http(settings, bolt, db, collector, clocks))
        if settings.slack_app_token:
            await stack.enter_async_context(_socket(settings, bolt))
        log.info("ready")
        if ready:
            ready.set()
        await stop.wait()
        log.info("stopping")


# ---- Slack --------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Clients:
    posting: AsyncWebClient  #: never retries by itself: the outbox decides
    reading: AsyncWebClient  #: for what may be asked twice
    answering: AsyncWebClient  #: for Bolt, which adds the token to each request's own copy


def _token(settings: Settings) -> str:
    if settings.slack_bot_token is None:
        raise CannotStart("SLACK_BOT_TOKEN is not set. To try Tandem without Slack: make demo")
    return settings.slack_bot_token.get_secret_value()


@contextlib.asynccontextmanager
async def slack_clients(settings: Settings) -> AsyncIterator[Clients]:
    token = _token(settings)
    timeout = ClientTimeout(total=settings.tandem_slack_timeout)  # the SDK's own is ignored once it has a session
    async with ClientSession(timeout=timeout) as session:
        posting = AsyncWebClient(token, settings.slack_api_url, session=session, retry_handlers=[])
        reading = AsyncWebClient(token, settings.slack_api_url, session=session)
        reading.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=2))
        answering = AsyncWebClient(base_url=settings.slack_api_url, session=session, retry_handlers=[])
        yield Clients(posting=posting, reading=reading, answering=answering)


async def _introduce(client: AsyncWebClient, db: Database, clocks: Clocks) -> AuthorizeResult:
    """Ask Slack who we are, once, and hold the database to that workspace."""
    try:
        me = await client.auth_test()
    except SlackApiError as error:
        raise CannotStart(f"Slack refuses SLACK_BOT_TOKEN: {error.response.get('error')}") from None
    except UNREACHABLE as error:
        raise CannotStart(f"can't reach Slack at {client.base_url}: {type(error).__name__}") from None
    act = clocks.act(TANDEM, Via.CLI, uuid4().hex)
    team, user = TeamId(me["team_id"]), UserId(me["user_id"])
    await db.write(house.settle_in, act, team, me.get("team", ""), me.get("url", ""), user)
    return AuthorizeResult(
        enterprise_id=me.get("enterprise_id"),
        team_id=team,
        bot_user_id=user,
        bot_id=me.get("bot_id"),
        bot_token=client.token,
    )


def _bolt(
    settings: Settings,
    slack: Clients,
    identity: AuthorizeResult,
    db: Database,
    clocks: Clocks,
    directory: Directory,
) -> AsyncApp:
    """Commit, then ack: with process_before_response an answer means that the work is done."""

    async def authorize() -> AuthorizeResult:
        return identity

    bolt = AsyncApp(
        client=slack.answering,
        authorize=authorize,
        process_before_response=True,
        request_verification_enabled=False,  # the guard checks raw bytes before anything is parsed
        ssl_check_enabled=False,
    )
    middleware.install(bolt, db, clocks, settings.policy.company, directory)
    handlers.register(bolt)
    return bolt


# ---- what runs beside it ------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def _delivering(delivery: Delivery) -> AsyncIterator[None]:
    task = asyncio.create_task(delivery.run())
    try:
        yield
    finally:
        delivery.stop()
        await task


@contextlib.asynccontextmanager
async def _ringing(directory: Directory, jobs: Jobs, every: float | None) -> AsyncIterator[None]:
    refresh = Ring(name="directory", every=DIRECTORY_EVERY, job=directory.refresh)
    channels = Ring(name="channels", every=CHANNELS_EVERY, job=directory.renew_channels)
    rings = [replace(ring, every=every or ring.every) for ring in jobs.rings()]
    clock = scheduler.start([refresh, channels, *rings])
    try:
        yield
    finally:
        clock.shutdown(wait=False)


@contextlib.asynccontextmanager
async def _socket(settings: Settings, bolt: AsyncApp) -> AsyncIterator[None]:
    assert settings.slack_app_token
    socket = AsyncSocketModeHandler(bolt, settings.slack_app_token.get_secret_value())
    await socket.connect_async()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        await socket.close_async()  # type: ignore[no-untyped-call]


@contextlib.asynccontextmanager
async def _http(
    settings: Settings, bolt: AsyncApp, db: Database, collector: Collector, clocks: Clocks
) -> AsyncIterator[None]:
    """Health and numbers; usage coming in where a write key is set; Slack's knocks where there is no socket."""
    routes = health.health_routes(db.ping, lambda: _metrics(db, collector))
    if settings.write_keys:
        routes += usage_routes(collector, settings.write_keys, clocks)
    if settings.slack_app_token is None:
        assert settings.slack_signing_secret
        secret = settings.slack_signing_secret.get_secret_value()
        routes.append(web.post("/slack/events", slack_endpoint(bolt, secret)))
    async with server.serve(settings.tandem_http_host, settings.tandem_http_port, routes):
        yield


async def _metrics(db: Database, collector: Collector) -> list[Metric]:
    numbers = await db.read(house.numbers)
    notices = [
        Metric(name="tandem_notices", help="Notices by state.", value=count, labels={"state": state})
        for state, count in numbers.notices.items()
    ]
    return [
        *notices,
        Metric(name="tandem_requests_ranked", help="Requests with a place, to 1,000.", value=numbers.ranked),
        *collector.metrics(),
    ]
