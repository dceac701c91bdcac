"""`tandem run`, and with SIGUSR1 a bulk import through the background lane of the same process; SIGUSR2 ends it.

What Tandem is has not been changed: only its door is looked at as it is opened, to import through it.
"""

import asyncio
import contextlib
import signal
from datetime import UTC, datetime
from uuid import uuid4

from benchmarks.importing import note_broken_off, rows
from bot import app, logs
from bot.domain.acts import TANDEM, Act, Via
from bot.domain.errors import Busy
from bot.domain.imports import RequestRow
from bot.services import imports
from bot.settings import Settings, read_settings
from storage.database import Database

STEP = 25  #: rows in one transaction, about as many as `tandem import` takes


class Importer:
    def __init__(self) -> None:
        self._door: Database | None = None
        self._task: asyncio.Task[None] | None = None

    def open_database(self, settings: Settings) -> Database:
        self._door = Database.open(settings.database_url.get_secret_value(), fixed=settings.policy)
        return self._door

    def start(self) -> None:
        self._task = self._task or asyncio.create_task(self._import())

    def stop(self) -> None:
        task, self._task = self._task, None
        if task:
            task.cancel()

    async def _import(self) -> None:
        assert self._door
        lane = self._door.background()
        while True:
            step = [RequestRow.model_validate(row) for row in rows(STEP)]
            try:
                await lane.write(imports.requests, _act(), step)
            except Busy:
                note_broken_off()


def _act() -> Act:
    now, key = datetime.now(UTC), uuid4().hex
    return Act(by=TANDEM, at=now, wall=now, key=key, via=Via.IMPORT, trace=key[:8])


async def serve() -> None:
    importer, stop, loop = Importer(), asyncio.Event(), asyncio.get_running_loop()
    app.open_database = importer.open_database
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGUSR1, importer.start)
    loop.add_signal_handler(signal.SIGUSR2, importer.stop)
    await app.run(read_settings(None), stop)
    importer.stop()


if __name__ == "__main__":
    logs.set_up()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve())
