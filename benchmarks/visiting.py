"""`tandem run`, and with SIGUSR1 somebody who does what people do, through the door of the same process.

What Tandem is has not been changed: only its door is looked at as it is opened, to go through it. What each thing
took is left in a file once all is done.
"""

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from random import Random

from benchmarks.errands import Errands
from benchmarks.sizes import timed
from bot import app, logs
from bot.domain.ids import TeamId, UserId
from bot.settings import Settings, read_settings
from storage.database import Database

TAKEN = "taken.json"  #: in the folder where the process runs
_LONGEST_PAUSE = 0.02  #: seconds; as long as from one filing to the next


class Visitor:
    def __init__(self, user: UserId, team: TeamId, looks: int) -> None:
        self._who = user, team
        self._looks = looks
        self._door: Database | None = None
        self._task: asyncio.Task[None] | None = None

    def open_database(self, settings: Settings) -> Database:
        self._door = Database.open(settings.database_url.get_secret_value(), fixed=settings.policy)
        return self._door

    def start(self) -> None:
        self._task = self._task or asyncio.create_task(self._visit())

    def stop(self) -> None:
        if self._task:
            self._task.cancel()

    async def _visit(self) -> None:
        assert self._door
        chance = Random(11)
        errands = await Errands.of(self._door, *self._who)
        doings = errands.of_people
        taken = await timed(self._door, doings, 0, self._looks, lambda: chance.uniform(0, _LONGEST_PAUSE))
        _leave(taken)


def _leave(taken: Mapping[str, list[float]]) -> None:
    unfinished = Path(f"{TAKEN}.part")
    unfinished.write_text(json.dumps(taken))
    unfinished.replace(TAKEN)


async def serve(visitor: Visitor) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    app.open_database = visitor.open_database
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGUSR1, visitor.start)
    await app.run(read_settings(None), stop)
    visitor.stop()


if __name__ == "__main__":
    logs.set_up()
    user, team, looks = sys.argv[1:]
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(Visitor(UserId(user), TeamId(team), int(looks))))
