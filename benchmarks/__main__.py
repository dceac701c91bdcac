"""`make bench NAME=ack`, or `python -m benchmarks [ack] [--quick]`. It measures and does not judge: exit 0."""

import argparse
import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

from benchmarks import ack, backlog, board, digest, ingest, replicas, start
from benchmarks.scale import FULL, QUICK, Scale
from benchmarks.table import Table, Tell

Measure = Callable[[Scale, Tell], Awaitable[None]]

BENCHMARKS: Mapping[str, Sequence[Measure]] = {
    "ack": (ack.measure,),
    "board": (board.measure, start.measure),
    "digest": (digest.composing, replicas.measure),
    "import": (backlog.measure,),
    "ingest": (ingest.measure,),
    "start": (start.measure,),
}
EVERYTHING = ("ack", "board", "digest", "import", "ingest")  #: `board` brings `start` along


def main() -> None:
    options = _options()
    if options.name and options.name not in BENCHMARKS:
        print(f"benchmarks: no {options.name!r}; there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        sys.exit(2)
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(_measure([options.name] if options.name else EVERYTHING, QUICK if options.quick else FULL))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Figures beside the floor.")
    parser.add_argument("name", nargs="?", help=f"{', '.join(BENCHMARKS)}; without it, all")
    parser.add_argument("--quick", action="store_true", help="a small run: it works, its figures are rough")
    return parser.parse_args()


async def _measure(names: Sequence[str], scale: Scale) -> None:
    this = asyncio.current_task()
    assert this
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, this.cancel)  # servers are stopped, folders go
    for name in names:
        for measure in BENCHMARKS[name]:
            began = time.monotonic()
            await measure(scale, _show)
            print(f"{name}: {time.monotonic() - began:.0f} s\n", flush=True)


def _show(table: Table) -> None:
    print(table.text(), flush=True)


if __name__ == "__main__":
    main()
