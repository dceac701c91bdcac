"""Digests lost and doubled, by replicas that are killed while Slack misbehaves.

Real processes on one database against the sandbox, with a business clock that goes from week to week; in each week
something goes wrong, from a seed that is printed. Counted is what stands in the channel at the end. What would make
it dishonest: kills that hit nothing (so they are counted by what the week was at), faults that befell nobody (only
those that did are counted), or counting by Tandem's own books.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from random import Random

from benchmarks import databases
from benchmarks.scale import Scale
from benchmarks.table import Row, Table, Tell
from storage import migrate
from tests.flows.replicas import WINDOWS, Tally, live_through
from tests.flows.trouble import CUT, FAULTS, plans

SEED = 2026
FLEETS: Mapping[str, tuple[str, int]] = {"Postgres": ("postgres", 6), "SQLite": ("sqlite", 3)}

Figure = Callable[[Tally], int]


async def measure(scale: Scale, tell: Tell) -> None:
    tallies: dict[str, Tally] = {}
    with databases.folder() as folder, databases.opened(folder) as made:
        for name, (kind, replicas) in FLEETS.items():
            url = made.make(kind)
            tallies[f"{name}, {replicas} processes"] = await _lived(url, replicas, scale.weeks, folder / kind)
    tell(_table(tallies))


async def _lived(url: str, replicas: int, weeks: int, folder: Path) -> Tally:
    migrate.upgrade(url)
    return await live_through(url, replicas, plans(weeks, Random(SEED)), folder, seed=SEED)


def _table(tallies: Mapping[str, Tally]) -> Table:
    rows = [_row(what, figure, tallies) for what, figure in FIGURES.items()]
    rows += [_none(what, figure, tallies) for what, figure in GOALS.items()]
    notes = [f"seed {SEED}", *(f"{name}: {wrong}" for name, tally in tallies.items() for wrong in tally.wrong)]
    return Table(title="Weekly digests under fire", columns=list(tallies), rows=rows, notes=notes)


def _row(what: str, figure: Figure, tallies: Mapping[str, Tally]) -> Row:
    return Row(what=what, cells={name: f"{figure(tally):,}" for name, tally in tallies.items()})


def _none(what: str, figure: Figure, tallies: Mapping[str, Tally]) -> Row:
    cells = {name: f"{figure(tally):,}" for name, tally in tallies.items()}
    return Row(what=what, cells=cells, goal="0", holds=not any(map(figure, tallies.values())))


def _each(title: str, names: Iterable[str], counts: Callable[[Tally], Counter[str]]) -> dict[str, Figure]:
    return {title: lambda tally: counts(tally).total()} | {f"  {name}": _one(name, counts) for name in names}


def _one(name: str, counts: Callable[[Tally], Counter[str]]) -> Figure:
    return lambda tally: counts(tally)[name]


FIGURES: Mapping[str, Figure] = {
    "weeks": lambda tally: len(tally.weeks),
    **_each("kill -9, by what the week was at", WINDOWS, lambda tally: tally.windows),
    **_each("faults of Slack", (*FAULTS, CUT), lambda tally: tally.faults),
    "also posted by hand": lambda tally: tally.by_hand,
    "notices tried again": lambda tally: tally.again,
    "looks before saying it again": lambda tally: tally.looks,
    "drawn anew": lambda tally: tally.redrawn,
}
GOALS: Mapping[str, Figure] = {"lost": lambda tally: tally.lost, "twice": lambda tally: tally.doubled}
