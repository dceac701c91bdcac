"""A whole Tandem against a whole Slack: what the stories are told with."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from bot import app
from bot.cli import imports
from bot.domain.acts import Clocks
from bot.settings import Settings
from sandbox import company
from sandbox.people import Message, Modal, Person
from sandbox.server import Sandbox
from scheduler.jobs import Jobs

ROOT = Path(__file__).parents[2]
MANIFEST = ROOT / "manifest.yml"


class Calendar:
    """A business clock that a story moves forward; the real one goes on by itself."""

    def __init__(self, start: datetime = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)) -> None:
        self._offset = start - app.REAL.wall()  # a Monday morning, within everybody's working hours
        self.clocks = Clocks(business=lambda: app.REAL.wall() + self._offset, wall=app.REAL.wall)

    @property
    def now(self) -> datetime:
        return self.clocks.business()

    def forward(self, **by: float) -> None:
        """Let this much business time pass: days=1, minutes=5."""
        self._offset += timedelta(**by)


@dataclass(frozen=True, kw_only=True)
class House:
    slack: Sandbox
    settings: Settings
    calendar: Calendar

    async def ring(self, name: str) -> None:
        """Let a job of the clock do its work now, as its next ring would."""
        async with app.open_database(self.settings) as db:
            rings = {ring.name: ring for ring in Jobs(db=db, clocks=self.calendar.clocks).rings()}
            await rings[name].job()

    async def dm(self, name: str, *holding: str) -> Message:
        """The newest direct message to this person that says all of this, once it is there."""

        def found() -> list[Message]:
            return [m for m in self.person(name).dms() if all(words in m.text for words in holding)]

        await self.slack.until(lambda: bool(found()))
        return found()[-1]

    def person(self, name: str) -> Person:
        return self.slack.person(name)

    def board(self) -> Sequence[Message]:
        return self.slack.messages("#board")

    async def card(self, title: str, *holding: str) -> Message:
        """The one card of that title, once it says all of this."""

        def found() -> list[Message]:
            return [m for m in self.board() if title in m.text and all(words in m.text for words in holding)]

        await self.slack.until(lambda: bool(found()))
        cards = [m for m in self.board() if title in m.text]
        assert len(cards) == 1, f"{len(cards)} cards of {title}"
        return cards[0]


def settings_for(slack: Sandbox, database_url: str, *, over_http: bool = False, **more: object) -> Settings:
    """Settings as the sample company would set them."""
    port = free_port()
    values: dict[str, object] = {
        "slack_bot_token": SecretStr(slack.bot_token),
        "slack_api_url": slack.api_url,
        "database_url": SecretStr(database_url),
        "tandem_board_channel": slack.channel_id("#board"),
        "tandem_http_port": port,
        "tandem_slack_timeout": 1.0,
        "tandem_pace": 0.0,
        **{f"tandem_{role}": (slack.group_id(role),) for role in company.GROUPS},
    }
    door = {"slack_signing_secret": SecretStr(slack.signing_secret)}
    values |= door if over_http else {"slack_app_token": SecretStr(slack.app_token)}
    if over_http:
        slack.deliver_over_http(f"http://127.0.0.1:{port}/slack/events")
    return Settings(_env_file=None, **(values | more))  # type: ignore[arg-type]


@asynccontextmanager
async def running(settings: Settings, clocks: Clocks = app.REAL) -> AsyncIterator[None]:
    """Tandem, serving."""
    stop, ready = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(app.run(settings, stop, clocks=clocks, ready=ready))
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if task.done():
        task.result()
    try:
        yield
    finally:
        stop.set()
        await task


@asynccontextmanager
async def opened(
    database_url: str, *, over_http: bool = False, sample: bool = True, **more: object
) -> AsyncIterator[House]:
    """The sample company on Slack, with Tandem at work."""
    calendar = Calendar()
    async with Sandbox.open(MANIFEST, company.workspace()) as slack:
        settings = settings_for(slack, database_url, over_http=over_http, **more)
        async with running(settings, calendar.clocks):
            if sample:
                await imports.accounts(settings, company.ACCOUNTS)
                await imports.requests(settings, company.REQUESTS)
            yield House(slack=slack, settings=settings, calendar=calendar)


def modal(seen: object) -> Modal:
    """The modal a person sees now; fails with what they saw instead."""
    assert isinstance(seen, Modal), f"no modal but {seen!r}"
    return seen


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
