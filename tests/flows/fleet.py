"""Several Tandems on one database, each a process of its own, started again as soon as it is gone."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web

from bot.domain.acts import Act, Actor, Clocks, Via
from bot.settings import Settings
from sandbox.server import Sandbox
from tests.flows.process import START_SECONDS, Process

WATCHED = 0.05  #: seconds between looks at who is gone


class Ahead:
    """The business clock of them all: a file that says by how many seconds it is ahead."""

    def __init__(self, file: Path, start: datetime) -> None:
        self.file = file
        file.parent.mkdir(exist_ok=True)
        self.turn_to(start)

    @property
    def now(self) -> datetime:
        return self.clocks.business()

    @property
    def clocks(self) -> Clocks:
        return Clocks(business=lambda: _now() + self._ahead, wall=_now)

    def turn_to(self, moment: datetime) -> None:
        self._ahead = moment - _now()
        fresh = self.file.with_suffix(".new")
        fresh.write_text(str(self._ahead.total_seconds()))
        fresh.replace(self.file)  # whoever reads meanwhile reads the old one, or the new one

    def forward(self, by: timedelta) -> None:
        self.turn_to(self.now + by)

    def act(self, by: Actor, key: str) -> Act:
        return self.clocks.act(by, Via.SLACK, key)


def _now() -> datetime:
    return datetime.now(UTC)


class Replica(Process):
    """One of them. It calls Slack under its own name, so that one can tell who does."""

    def __init__(self, name: str, slack: Sandbox, settings: Settings, folder: Path, ahead: Path) -> None:
        own = {"slack_api_url": f"{slack.api_url}{name}/", "tandem_http_port": 0}
        super().__init__(slack, settings.model_copy(update=own), folder, name)
        self.command = ("-m", "tests.flows.replica", str(ahead))
        self.fell = 0  #: times it ended though nobody killed it
        self._heard = 0

    async def _bury(self) -> None:
        self.fell += self._process is not None and not self._killed
        self._heard = self._log.stat().st_size if self._log.exists() else 0

    async def _is_serving(self) -> bool:
        with self._log.open("rb") as log:
            log.seek(self._heard)
            return b" ready" in log.read()


class Fleet:
    def __init__(self, replicas: Iterable[Replica]) -> None:
        self.replicas = {replica.name: replica for replica in replicas}
        self.is_asleep = False  #: whoever is gone stays so

    def __len__(self) -> int:
        return len(self.replicas)

    def calling(self, request: web.Request) -> Replica:
        """Whose call this is."""
        return self.replicas[request.match_info["caller"]]

    async def up(self) -> None:
        """Return once all of them serve."""
        self.is_asleep = False
        async with asyncio.timeout(2 * START_SECONDS):
            await asyncio.gather(*(replica.up() for replica in self.replicas.values()))

    async def look_after(self, replica: Replica) -> None:
        """Start it again whenever it is gone."""
        while True:
            if not (self.is_asleep or replica.is_running):
                await replica.up()
            await asyncio.sleep(WATCHED)

    def kill(self, *, but: int = 0) -> None:
        """All of them at once, or `but` so many."""
        for replica in list(self.replicas.values())[but:]:
            replica.kill()

    @property
    def fell(self) -> int:
        return sum(replica.fell for replica in self.replicas.values())

    def log(self) -> str:
        """Without the rings that were passed over: they come faster than the work they ring for."""
        lines = [line for replica in self.replicas.values() for line in replica.log().splitlines()]
        return "\n".join(line for line in lines if " apscheduler" not in line)


@asynccontextmanager
async def a_fleet(
    count: int, slack: Sandbox, settings: Settings, folder: Path, ahead: Path
) -> AsyncIterator[Fleet]:
    fleet = Fleet(Replica(f"replica-{n + 1}", slack, settings, folder, ahead) for n in range(count))
    try:
        await fleet.up()
        nurses = {asyncio.create_task(fleet.look_after(replica)) for replica in fleet.replicas.values()}
        try:
            yield fleet
        finally:
            for nurse in nurses:
                nurse.cancel()
            await asyncio.wait(nurses)
    finally:
        fleet.kill()
