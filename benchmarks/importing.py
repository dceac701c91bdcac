"""A bulk import that goes on until its stdin ends: `python -m benchmarks.importing ROWS`.

It is `tandem import requests` (bot.cli.imports) over files of ROWS new rows each, in a process of its own beside
the serving one: on SQLite two processes then write to one file, on Postgres two replicas to one server.
"""

import asyncio
import csv
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

from bot.cli import imports
from bot.domain.errors import Busy
from bot.settings import Settings, read_settings

COLUMNS = ("title", "problem", "source", "accounts", "value", "time_criticality", "risk_reduction", "job_size")
_PROBLEM = "They copy figures from one tool into another by hand every Friday, and find the mistakes on Monday."


def rows(count: int) -> Iterator[dict[str, str]]:
    """Rows that no import has seen."""
    for turn in range(count):
        name = uuid4().hex[:8]
        yield {
            "title": f"{name} report",
            "problem": f"{_PROBLEM} Seen at site {name}.",
            "source": "sales_customer",
            "accounts": f"Customer {turn % 50}|Customer {turn % 7}",
            "value": "5",
            "time_criticality": "3",
            "risk_reduction": "2",
            "job_size": str((3, 5, 8, 13)[turn % 4]),
        }


def write(path: Path, count: int) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        sheet = csv.DictWriter(file, COLUMNS)
        sheet.writeheader()
        sheet.writerows(rows(count))
    return path


# ---- what became of it --------------------------------------------------------------------------

_NOTE = "broken-off"  #: a file in the folder where the processes run, a character for each time


def note_broken_off() -> None:
    with Path(_NOTE).open("a") as file:
        file.write("x")


def broken_off(folder: Path) -> int:
    note = folder / _NOTE
    return note.stat().st_size if note.exists() else 0


def forget(folder: Path) -> None:
    (folder / _NOTE).unlink(missing_ok=True)


# ---- the process --------------------------------------------------------------------------------


async def _on_and_on(count: int, folder: Path) -> None:
    settings = read_settings(None)
    while True:
        file = write(folder / "rows.csv", count)
        while not await _kept(settings, file):
            pass


async def _kept(settings: Settings, file: Path) -> bool:
    """Whether the whole file was taken; if not, the same file can be imported again."""
    try:
        await imports.requests(settings, file)
    except Busy:
        note_broken_off()
        await asyncio.sleep(0.1)
        return False
    return True


async def main() -> None:
    with tempfile.TemporaryDirectory(prefix="tdb") as folder:
        task = asyncio.create_task(_on_and_on(int(sys.argv[1]), Path(folder)))
        print(json.dumps({"importing": True}), flush=True)
        ended = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
        await asyncio.wait({task, ended}, return_when=asyncio.FIRST_COMPLETED)
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled():
            task.result()


if __name__ == "__main__":
    asyncio.run(main())
