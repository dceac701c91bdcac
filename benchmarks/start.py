"""From starting `python -m bot run` to the first 200 of /readyz, and how much memory it then holds.

A real process against the sandbox, over HTTP, on an empty database (the schema is made) and on one that is up to
date. Beside it the bare Bolt no-op. Memory is VmRSS when ready and after some submissions of the `/request` form.
What would make it dishonest: a warm process, a database that has been prepared where "empty" is said, or a ready
that comes before the database was asked.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks import databases, load, processes
from benchmarks.ack import NOOP, OURS, RECEIPT, TANDEM
from benchmarks.load import Door, Mint
from benchmarks.scale import Scale
from benchmarks.table import Row, Table, Tell

EMPTY, AGAIN = "ready, empty database, s", "ready, up to date, s"
FRESH, USED = "memory when ready, MB", "memory after {:,} submissions, MB"

FAILED = "of these not acked"
CALLERS = 4


@dataclass(frozen=True, kw_only=True)
class Town:
    folder: Path
    databases: databases.Databases
    settings: Mapping[str, str]
    mint: Mint
    secret: str


Figures = dict[str, float]


async def measure(scale: Scale, tell: Tell) -> None:
    with databases.folder() as folder, databases.opened(folder) as made:
        async with processes.told("-m", "benchmarks.slack", folder=folder) as slack:
            mint = Mint(slack["body"], slack["secret"])
            town = Town(
                folder=folder,
                databases=made,
                settings=slack["environment"],
                mint=mint,
                secret=slack["secret"],
            )
            tell(await _table(town, scale))


async def _table(town: Town, scale: Scale) -> Table:
    best: dict[str, Figures] = {}
    for _ in range(scale.starts):  # A B A B
        for name in (NOOP, *OURS.values()):
            figures = await _floor(town) if name == NOOP else await _tandem(town, name, scale)
            earlier = best.get(name, figures)
            best[name] = {what: min(figure, earlier[what]) for what, figure in figures.items()}
    used = USED.format(scale.knocks)
    rows = [
        _row(best, EMPTY, "under 2 s", 2.0, "{:.2f}"),
        _row(best, AGAIN, "under 2 s", 2.0, "{:.2f}"),
        _row(best, FRESH, "under 120 MB", 120.0, "{:.0f}"),
        _row(best, used, "under 120 MB", 120.0, "{:.0f}"),
        _row(best, FAILED, "0", 1.0, "{:.0f}"),
    ]
    notes = [f"best of {scale.starts}; MB of a million bytes"]
    return Table(title="Start and memory", columns=list(best), rows=rows, notes=notes)


def _row(best: Mapping[str, Figures], what: str, goal: str, limit: float, shape: str) -> Row:
    cells = {name: shape.format(figures[what]) for name, figures in best.items() if what in figures}
    holds = all(best[name][what] < limit for name in OURS.values())
    return Row(what=what, cells=cells, goal=goal, holds=holds)


async def _floor(town: Town) -> Figures:
    began = time.perf_counter()
    async with processes.told("-m", "benchmarks.floor", town.secret, folder=town.folder) as server:
        return {AGAIN: time.perf_counter() - began, FRESH: processes.resident(server["pid"])}


async def _tandem(town: Town, name: str, scale: Scale) -> Figures:
    kind = next(kind for kind, called in OURS.items() if called == name)
    settings = {**town.settings, "DATABASE_URL": town.databases.make(kind)}
    async with processes.serving(*TANDEM, settings=settings, folder=town.folder) as first:
        empty = first.ready_after
    async with processes.serving(*TANDEM, settings=settings, folder=town.folder) as server:
        fresh = processes.resident(server.pid)
        door = Door(port=server.port, mint=town.mint, acks=RECEIPT)
        heard = await load.closed(door, CALLERS, scale.knocks)
        used = processes.resident(server.pid)
    return {
        EMPTY: empty,
        AGAIN: server.ready_after,
        FRESH: fresh,
        USED.format(scale.knocks): used,
        FAILED: len(heard.failed),
    }
