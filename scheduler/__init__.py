"""APScheduler as an alarm clock that ticks. It keeps no state: what is due is computed from the database.

Its own cron and job stores are not used: shared stores run jobs several times, and its cron skips a week in
spring (docs/decisions/0005-the-clock.md).
"""

import logging
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from scheduler.jobs import Job, Ring

log = logging.getLogger(__name__)

FIRST_TICK = timedelta(seconds=2)


def start(rings: Iterable[Ring]) -> AsyncIOScheduler:
    """Ring each job now and then; a ring that comes while its job is still busy is left out."""
    clock = AsyncIOScheduler(timezone=UTC)
    for ring in rings:
        clock.add_job(
            _quietly(ring.name, ring.job),
            "interval",
            seconds=ring.every,
            id=ring.name,
            next_run_time=datetime.now(UTC) + FIRST_TICK,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
    clock.start()
    return clock


def _quietly(name: str, job: Job) -> Job:
    async def ring() -> None:
        try:
            await job()
        except Exception:  # the next ring tries again; a broken job must not silence the others
            log.exception("job %s failed", name)

    return ring
