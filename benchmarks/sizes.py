"""Things done at each size of the board in turn, so that all meet the same noise; and the lines they come to."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

from benchmarks.load import percentile
from benchmarks.table import Row, ms
from bot.domain.policy import Policy
from storage.database import Database

WARM_UP = 10

Doing = Callable[[Database, int], Awaitable[object]]
Taken = Mapping[str, Mapping[str, list[float]]]  #: seconds, by size and what was done


async def take(
    url: str, policy: Policy, doings: Mapping[str, Doing], size: int, looks: int
) -> dict[str, list[float]]:
    """Seconds that each took, each time."""
    async with Database.open(url, fixed=policy) as db:
        return await timed(db, doings, size, looks)


async def timed(
    db: Database, doings: Mapping[str, Doing], size: int, looks: int, pause: Callable[[], float] | None = None
) -> dict[str, list[float]]:
    """The same through an open door; `pause` says for how many seconds nothing is done before each."""
    seconds: dict[str, list[float]] = {what: [] for what in doings}
    for turn in range(-WARM_UP, looks):
        for what, doing in doings.items():
            if pause:
                await asyncio.sleep(pause())
            began = time.perf_counter()
            await doing(db, size)
            if turn >= 0:
                seconds[what].append(time.perf_counter() - began)
    return seconds


def line(what: str, taken: Taken, goals: Mapping[str, float]) -> Row:
    """Median and 99th percentile at each size, and whether each median keeps to its goal, in seconds."""
    cells = {size: f"{ms(percentile(s[what], 50))} / {ms(percentile(s[what], 99))}" for size, s in taken.items()}
    if what not in goals:
        return Row(what=what, cells=cells)
    holds = all(percentile(s[what], 50) < goals[what] for s in taken.values())
    return Row(what=what, cells=cells, goal=f"under {goals[what] * 1000:g}", holds=holds)
