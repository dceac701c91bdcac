"""A backlog comes in: `tandem import requests` of 1k, 10k and 50k rows, on SQLite and Postgres.

Measured from outside, as somebody at a terminal would: a process from its start to its end, the schema there
already, and the most memory it ever held. The floor is a process of its own too: the csv module reads the same file
and the main columns go into one bare table by one executemany, one commit, nothing checked, indexed or logged. What
would make it dishonest: rows without accounts, estimates or texts (benchmarks/importing.py writes them all), a
database in memory, or a floor that waits for fewer disks.
"""

import csv
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from benchmarks import databases, importing
from benchmarks.ack import OURS
from benchmarks.processes import ROOT
from benchmarks.scale import QUICK, Scale
from benchmarks.table import Row, Table, Tell
from storage import migrate

SIZES, QUICK_SIZES = (1_000, 10_000, 50_000), (200, 2_000)
GOAL = 60.0  #: seconds for the largest
FLAT = 1.3  #: times the memory of the smallest
_MAIN = ("title", "problem", "source", "accounts", "job_size")
_TABLE = "CREATE TABLE bare (title TEXT, problem TEXT, source TEXT, accounts TEXT, job_size TEXT)"


@dataclass(frozen=True, kw_only=True)
class Run:
    seconds: float
    megabytes: float  #: the most it held


async def measure(scale: Scale, tell: Tell) -> None:
    sizes = QUICK_SIZES if scale is QUICK else SIZES
    with databases.folder() as folder, databases.opened(folder) as made:
        files = {size: importing.write(folder / f"{size}.csv", size) for size in sizes}
        for kind, name in OURS.items():
            tell(_table(name, {size: _both(made.make(kind), file, size) for size, file in files.items()}))


def _both(url: str, file: Path, size: int) -> tuple[Run, Run]:
    floor = _run(("-m", "benchmarks.backlog", str(file)), url, file.parent)
    migrate.upgrade(url)
    ours = _run(("-m", "bot", "import", "requests", str(file)), url, file.parent)
    there = len(databases.request_keys(url))
    if there != size:
        raise RuntimeError(f"{there} of {size} rows are there")
    return ours, floor


def _run(arguments: Sequence[str], url: str, folder: Path) -> Run:
    environment = {**os.environ, "DATABASE_URL": url, "PYTHONPATH": str(ROOT)}
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, *arguments], cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(arguments)} ended with {process.returncode}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Run(seconds=seconds, megabytes=used.ru_maxrss * unit / 1e6)


def _table(name: str, runs: Mapping[int, tuple[Run, Run]]) -> Table:
    columns = {size: f"{size:,}" for size in runs}
    largest, smallest = max(runs), min(runs)
    took, held = runs[largest][0].seconds, runs[largest][0].megabytes / runs[smallest][0].megabytes

    def row(what: str, cells: Mapping[int, str], goal: str = "", holds: bool | None = None) -> Row:
        return Row(what=what, cells={columns[size]: cell for size, cell in cells.items()}, goal=goal, holds=holds)

    return Table(
        title=f"Importing requests on {name}",
        columns=list(columns.values()),
        rows=[
            row("s", {n: f"{ours.seconds:.1f}" for n, (ours, _) in runs.items()}, f"under {GOAL:g}", took < GOAL),
            row("rows/s", {n: f"{n / ours.seconds:,.0f}" for n, (ours, _) in runs.items()}),
            row(
                "MB at most",
                {n: f"{ours.megabytes:.0f}" for n, (ours, _) in runs.items()},
                f"under {FLAT:g} x the first",
                held < FLAT,
            ),
            row("bare insert (floor), s", {n: f"{floor.seconds:.1f}" for n, (_, floor) in runs.items()}),
            row("bare insert (floor), MB", {n: f"{floor.megabytes:.0f}" for n, (_, floor) in runs.items()}),
        ],
        notes=["whole processes, start included; rows in the file above, two accounts and four figures each"],
    )


# ---- the floor ----------------------------------------------------------------------------------


def _bare(url: str, file: Path) -> None:
    where = make_url(url)
    with file.open(encoding="utf-8", newline="") as sheet:
        rows = [tuple(row[name] for name in _MAIN) for row in csv.DictReader(sheet)]
    if where.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(where.database or "")) as lite, lite:
            lite.execute("PRAGMA journal_mode=WAL")
            lite.execute("PRAGMA synchronous=FULL")
            lite.execute(_TABLE)
            lite.executemany("INSERT INTO bare VALUES (?, ?, ?, ?, ?)", rows)
        return
    with psycopg.connect(url) as session, session.cursor() as cursor:
        cursor.execute(_TABLE)
        cursor.executemany("INSERT INTO bare VALUES (%s, %s, %s, %s, %s)", rows)


if __name__ == "__main__":
    _bare(os.environ["DATABASE_URL"], Path(sys.argv[1]))
