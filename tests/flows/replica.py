"""`tandem run` as one of several on one database, with a business clock that jumps and jobs that look often.

python -m tests.flows.replica FILE, where the file says by how many seconds business time is ahead.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from bot import app, logs
from bot.settings import read_settings

LOOK = 0.2  #: seconds between looks at the clock


async def serve(ahead: Path) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    orphaned = asyncio.create_task(_orphaned(stop))
    await app.run(read_settings(env_file=None), stop, clocks=app.ahead(ahead), ring_every=LOOK)
    orphaned.cancel()


async def _orphaned(stop: asyncio.Event) -> None:
    """Whoever started it was killed itself, and can stop nobody any more."""
    parent = os.getppid()
    while os.getppid() == parent:  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(1)
    stop.set()


if __name__ == "__main__":
    logs.set_up()
    asyncio.run(serve(Path(sys.argv[1])))
