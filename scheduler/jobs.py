"""What the clock rings for: three lines each."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import uuid4

from bot.domain.acts import TANDEM, Act, Clocks, Via
from bot.services import channels, outcomes, ranks, rounds
from storage.database import Database

Job = Callable[[], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Ring:
    """A job and how often it is rung, in seconds of real time."""

    name: str
    every: float
    job: Job


@dataclass(frozen=True, kw_only=True)
class Jobs:
    """What is done because time passes. Every replica rings; each job claims what it does, so it is done once."""

    db: Database
    clocks: Clocks

    def rings(self) -> list[Ring]:
        return [
            Ring(name="rollup", every=60, job=self.keep_channels_up),
            Ring(name="rounds", every=30, job=self.ensure_rounds),
            Ring(name="ranks", every=60, job=self.watch_top_five),
            Ring(name="outcomes", every=300, job=self.ask_for_outcomes),
        ]

    async def keep_channels_up(self) -> None:
        await self.db.write(channels.keep_up, self._act())

    async def ensure_rounds(self) -> None:
        """Each person's daily message, one small write a person."""
        due = await self.db.read(rounds.due, self._act())
        for user in due.users:
            await self.db.write(rounds.put, self._act(), user)
        if due.zones:
            await self.db.write(rounds.close, self._act(), due.zones)

    async def watch_top_five(self) -> None:
        await self.db.write(ranks.watch, self._act())

    async def ask_for_outcomes(self) -> None:
        for check in await self.db.read(outcomes.due, self._act()):
            await self.db.write(outcomes.announce, self._act(), check)

    def _act(self) -> Act:
        return self.clocks.act(TANDEM, Via.CLOCK, uuid4().hex)
