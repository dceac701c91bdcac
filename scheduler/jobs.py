"""What the clock rings for: three lines each."""

import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar
from uuid import uuid4

from bot.domain.acts import TANDEM, Act, Clocks, Via
from bot.domain.usage import day_number
from bot.services import blockers, channels, deals, outcomes, ranks, reviews, rounds, suggestions, usage, weekly
from storage.database import Database
from storage.store import Store

log = logging.getLogger(__name__)

T = TypeVar("T")
Job = Callable[[], Awaitable[None]]
TIDY_STEPS = 200


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
            Ring(name="digests", every=30, job=self.ensure_digests),
            Ring(name="rollup", every=60, job=self.keep_channels_up),
            Ring(name="rounds", every=30, job=self.ensure_rounds),
            Ring(name="ranks", every=60, job=self.watch_top_five),
            Ring(name="outcomes", every=300, job=self.ask_for_outcomes),
            Ring(name="deals", every=300, job=self.ask_how_deals_ended),
            Ring(name="blockers", every=60, job=self.nudge_about_blockers),
            Ring(name="reviews", every=300, job=self.close_abandoned_reviews),
            Ring(name="customers", every=3600, job=self.count_customers),
            Ring(name="usage windows", every=60, job=self.slide_windows),
            Ring(name="usage tidy", every=600, job=self.tidy_usage),
        ]

    async def ensure_digests(self) -> None:
        await self._each(weekly.ensure, await self.db.read(weekly.due, self._act()))

    async def keep_channels_up(self) -> None:
        await self.db.write(channels.keep_up, self._act())

    async def ensure_rounds(self) -> None:
        """Each person's daily message, one small write a person."""
        due = await self.db.read(rounds.due, self._act())
        await self._each(rounds.put, due.users)
        if due.zones:
            await self.db.write(rounds.close, self._act(), due.zones)

    async def watch_top_five(self) -> None:
        await self.db.write(ranks.watch, self._act())

    async def ask_for_outcomes(self) -> None:
        await self._each(outcomes.announce, await self.db.read(outcomes.due, self._act()))

    async def ask_how_deals_ended(self) -> None:
        await self._each(deals.ask, await self.db.read(deals.overdue, self._act()))

    async def close_abandoned_reviews(self) -> None:
        await self._each(reviews.close_abandoned, await self.db.read(reviews.abandoned, self._act()))

    async def nudge_about_blockers(self) -> None:
        await self._each(blockers.ask_again, await self.db.read(blockers.due, self._act()))

    async def count_customers(self) -> None:
        """What the share of those who wait is taken of: a long look, a small write."""
        known = await self.db.read(suggestions.count)
        await self.db.write(suggestions.keep, self._act(), known)

    async def slide_windows(self) -> None:
        """At midnight UTC what somebody did grows a day older, and with it what their account comes to."""
        act = self._act()
        while await self.db.background().write(usage.slide, act, day_number(act.at)):
            pass

    async def tidy_usage(self) -> None:
        """A little at a time, as long as there is something, to keep up with what comes in until the next ring."""
        for _ in range(TIDY_STEPS):
            if not await self.db.write(usage.tidy, self._act()):
                return

    async def _each(self, use_case: Callable[[Store, Act, T], object], due: Iterable[T]) -> None:
        """One small write each. One that can't be done is left for the next ring, and keeps none of the others."""
        for one in due:
            try:
                await self.db.write(use_case, self._act(), one)
            except Exception:  # whatever it is, it concerns this one
                log.exception("%s could not be done", use_case.__qualname__)

    def _act(self) -> Act:
        return self.clocks.act(TANDEM, Via.CLOCK, uuid4().hex)
