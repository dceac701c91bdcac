"""How long Slack waits for our ack, beside (a) a bare Bolt no-op and (b) bare Bolt with a bare sqlite3 FULL insert.

Timed is one submission of the real `/request` form, every field filled in, signed, over keep-alive loopback HTTP,
from the first byte sent to the last byte of the answer. Each has a new key and title. All servers are processes of
their own; Slack is the sandbox in another one. Tandem runs as `python -m bot run` with its defaults: roles by user
group, a board channel, cards posted at one a second.

Rounds go A B A B over all servers: figures are the best round, ratios the median of each round's own, because the
machine is shared and only ratios hold still. What would make it dishonest: a floor that does not sync, a database
in memory, timing from a free connection instead of the due time in the open loop, counting a form error (also
HTTP 200) as an ack, or counting losses from what the server says instead of from the database.
"""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks import databases, importing, load, processes
from benchmarks.load import Door, Heard, Mint
from benchmarks.scale import Scale
from benchmarks.table import Row, Table, Tell, ms

NOOP, INSERT = "(a) no-op", "(b) insert"
OURS = {"sqlite": "SQLite", "postgres": "Postgres"}
TANDEM = ("-m", "bot", "run")
TANDEM_THAT_IMPORTS = ("-m", "benchmarks.serving")
SIXTEEN = 16
RATE = 50.0
RECEIPT = b'"update"'  #: what the answer to a kept submission holds
_ROWS = 500  #: of one imported file


@dataclass(frozen=True, kw_only=True)
class Town:
    """What all servers share."""

    folder: Path
    databases: databases.Databases
    settings: Mapping[str, str]
    mint: Mint


async def measure(scale: Scale, tell: Tell) -> None:
    with databases.folder() as folder, databases.opened(folder) as made:
        async with processes.told("-m", "benchmarks.slack", folder=folder) as slack:
            mint = Mint(slack["body"], slack["secret"])
            town = Town(folder=folder, databases=made, settings=slack["environment"], mint=mint)
            async with _street(town, slack["secret"]) as doors:
                tell(await _latency(doors, scale))
                tell(await _at_fifty(doors, scale))
                tell(await _sustained(doors, scale))
            for kind, name in OURS.items():
                tell(await _counted(town, kind, name, scale))


# ---- servers ------------------------------------------------------------------------------------


@asynccontextmanager
async def _street(town: Town, secret: str) -> AsyncIterator[dict[str, Door]]:
    """Everybody who is measured, up at the same time."""
    floor = ("-m", "benchmarks.floor", secret)
    async with AsyncExitStack() as stack:
        noop = await stack.enter_async_context(processes.told(*floor, folder=town.folder))
        kept = ("--insert", str(town.folder / "bare.db"))
        insert = await stack.enter_async_context(processes.told(*floor, *kept, folder=town.folder))
        doors = {NOOP: Door(port=noop["port"], mint=town.mint), INSERT: Door(port=insert["port"], mint=town.mint)}
        for kind, name in OURS.items():
            server = await stack.enter_async_context(_tandem(town, town.databases.make(kind)))
            doors[name] = Door(port=server.port, mint=town.mint, acks=RECEIPT)
        for door in doors.values():
            await load.closed(door, 2, 20)  # everybody has met everybody
        yield doors


def _tandem(
    town: Town, url: str, arguments: Sequence[str] = TANDEM
) -> AbstractAsyncContextManager[processes.Running]:
    settings = {**town.settings, "DATABASE_URL": url}
    return processes.serving(*arguments, settings=settings, folder=town.folder)


# ---- closed loop --------------------------------------------------------------------------------

Rounds = Mapping[str, Sequence[Heard]]


async def _rounds(doors: Mapping[str, Door], rounds: int, callers: int, count: int) -> Rounds:
    heard: dict[str, list[Heard]] = {name: [] for name in doors}
    for _ in range(rounds):
        for name, door in doors.items():
            heard[name].append(await load.closed(door, callers, count))
    return heard


async def _latency(doors: Mapping[str, Door], scale: Scale) -> Table:
    alone = await _rounds(doors, scale.rounds, 1, scale.alone)
    together = await _rounds(doors, scale.rounds, SIXTEEN, scale.together)
    rows = [
        *_side_by_side("1 caller", alone),
        *_side_by_side("16 callers", together),
        Row(what="16 callers, acks/s", cells={n: f"{max(h.rate for h in hs):.0f}" for n, hs in together.items()}),
        Row(what="not acked", cells={n: str(_failures(*alone[n], *together[n])) for n in doors}),
    ]
    note = f"ms; best of {scale.rounds} rounds, A B A B; ratios: median of the rounds, p50 over (b)'s p50"
    return Table(title="Ack latency", columns=list(doors), rows=rows, notes=[note])


def _failures(*heard: Heard) -> int:
    return sum(len(one.failed) for one in heard)


def _side_by_side(who: str, rounds: Rounds) -> list[Row]:
    ratios = {name: _ratio(rounds, name) for name in rounds}
    worst = max(ratios[name] for name in OURS.values())
    return [
        Row(what=f"{who}, p50", cells=_best(rounds, lambda heard: heard.p50)),
        Row(what=f"{who}, p99", cells=_best(rounds, lambda heard: heard.p99)),
        Row(
            what=f"{who}, p50 over (b)",
            cells={name: f"{ratio:.2f}x" for name, ratio in ratios.items()},
            goal="within 2x",
            holds=worst <= 2,
        ),
    ]


def _best(rounds: Rounds, figure: Callable[[Heard], float]) -> dict[str, str]:
    return {name: ms(min(map(figure, heard))) for name, heard in rounds.items()}


def _ratio(rounds: Rounds, name: str) -> float:
    return median(ours.p50 / floor.p50 for ours, floor in zip(rounds[name], rounds[INSERT], strict=True))


# ---- open loop, and as fast as it goes ----------------------------------------------------------


async def _at_fifty(doors: Mapping[str, Door], scale: Scale) -> Table:
    heard = {name: await load.at_rate(door, RATE, scale.open_seconds) for name, door in doors.items()}
    worst = max(heard[name].p99 for name in OURS.values())
    lost = _failures(*(heard[name] for name in OURS.values()))
    rows = [
        Row(what="p50", cells={name: ms(one.p50) for name, one in heard.items()}),
        Row(what="p99", cells={n: ms(one.p99) for n, one in heard.items()}, goal="under 100 ms", holds=worst < 0.1),
        Row(what="worst", cells={name: ms(one.worst) for name, one in heard.items()}),
        Row(what="not acked", cells={n: str(_failures(h)) for n, h in heard.items()}, goal="0", holds=lost == 0),
    ]
    note = f"ms since each knock was due; {scale.open_seconds:g} s of it"
    return Table(title=f"Open loop, {RATE:g} requests a second", columns=list(doors), rows=rows, notes=[note])


async def _sustained(doors: Mapping[str, Door], scale: Scale) -> Table:
    heard = {
        n: await load.closed(door, SIXTEEN, 10**9, seconds=scale.sustained_seconds) for n, door in doors.items()
    }
    slowest = min(heard[name].rate for name in OURS.values())
    rows = [
        Row(
            what="acks/s",
            cells={name: f"{one.rate:.0f}" for name, one in heard.items()},
            goal="at least 200",
            holds=slowest >= 200,
        ),
        Row(what="p99, ms", cells={name: ms(one.p99) for name, one in heard.items()}),
        Row(what="not acked", cells={name: str(_failures(one)) for name, one in heard.items()}),
    ]
    note = f"16 callers, each knocking again at once, for {scale.sustained_seconds:g} s"
    return Table(title="Sustained", columns=list(doors), rows=rows, notes=[note])


# ---- nothing lost -------------------------------------------------------------------------------


@asynccontextmanager
async def _no_import(*_: object) -> AsyncIterator[None]:
    yield


@asynccontextmanager
async def _beside(town: Town, url: str, _: processes.Running) -> AsyncIterator[None]:
    """`tandem import` in a second process."""
    settings = {**town.settings, "DATABASE_URL": url}
    arguments = ("-m", "benchmarks.importing", str(_ROWS))
    async with processes.told(*arguments, settings=settings, folder=town.folder):
        yield


@asynccontextmanager
async def _within(_town: Town, _url: str, server: processes.Running) -> AsyncIterator[None]:
    """An import through the background lane of the serving process."""
    os.kill(server.pid, signal.SIGUSR1)
    try:
        yield
    finally:
        os.kill(server.pid, signal.SIGUSR2)


Import = Callable[[Town, str, processes.Running], AbstractAsyncContextManager[None]]
IMPORTS: Mapping[str, Import] = {"no import": _no_import, "import beside": _beside, "import within": _within}


@dataclass(frozen=True, kw_only=True)
class Count:
    """What a database holds of what was acknowledged."""

    calm: Heard  #: 50 a second
    rush: Heard  #: sixteen callers
    missing: int
    twice: int
    imported: int
    broken_off: int  #: imports that got Busy
    left: int  #: cards still to be posted

    @property
    def failed(self) -> int:
        return _failures(self.calm, self.rush)

    @property
    def late(self) -> int:
        return self.calm.late + self.rush.late


async def _counted(town: Town, kind: str, name: str, scale: Scale) -> Table:
    counts = {how: await _count(town, kind, how, scale) for how in IMPORTS}
    rows = [
        _told(counts, "acked", lambda c: f"{len(c.calm.acked) + len(c.rush.acked):,}"),
        _told(counts, "acked but not there", lambda c: str(c.missing), "0", lambda c: c.missing == 0),
        _told(counts, "there twice", lambda c: str(c.twice), "0", lambda c: c.twice == 0),
        _told(counts, "not acked", lambda c: str(c.failed), "0", lambda c: c.failed == 0),
        _told(counts, "50/s: p50, ms", lambda c: ms(c.calm.p50)),
        _told(counts, "50/s: p99, ms", lambda c: ms(c.calm.p99), "under 100", lambda c: c.calm.p99 < 0.1),
        _told(
            counts,
            "16 callers: acks/s",
            lambda c: f"{c.rush.rate:.0f}",
            "at least 200",
            lambda c: c.rush.rate >= 200,
        ),
        _told(counts, "16 callers: p99, ms", lambda c: ms(c.rush.p99)),
        _told(counts, "over 3 s", lambda c: str(c.late), "0", lambda c: c.late == 0),
        _told(counts, "rows imported meanwhile", lambda c: f"{c.imported:,}"),
        _told(counts, "imports broken off as Busy", lambda c: str(c.broken_off)),
        _told(counts, "cards still to post", lambda c: f"{c.left:,}"),
    ]
    notes = [
        f"50/s for {scale.open_seconds:g} s, then sixteen callers for the rest",
        "counted in the database by the bare driver after the server has stopped",
        "beside: bot.cli.imports in a second process; within: the background lane of the serving process",
    ]
    return Table(title=f"Nothing lost of {scale.lost:,} on {name}", columns=list(counts), rows=rows, notes=notes)


def _told(
    counts: Mapping[str, Count],
    what: str,
    cell: Callable[[Count], str],
    goal: str = "",
    holds: Callable[[Count], bool] | None = None,
) -> Row:
    verdict = all(map(holds, counts.values())) if holds else None
    return Row(what=what, cells={name: cell(count) for name, count in counts.items()}, goal=goal, holds=verdict)


async def _count(town: Town, kind: str, how: str, scale: Scale) -> Count:
    url = town.databases.make(kind)
    importing.forget(town.folder)
    async with _tandem(town, url, TANDEM_THAT_IMPORTS) as server:
        door = Door(port=server.port, mint=town.mint, acks=RECEIPT)
        await load.closed(door, 2, 20)
        async with IMPORTS[how](town, url, server):
            calm = await load.at_rate(door, RATE, scale.open_seconds)
            rush = await load.closed(door, SIXTEEN, scale.lost - len(calm.acked))
    there = Counter(await asyncio.to_thread(databases.request_keys, url))
    acked = [*calm.acked, *rush.acked]
    return Count(
        calm=calm,
        rush=rush,
        missing=sum(key not in there for key in acked),
        twice=sum(there[key] > 1 for key in acked),
        imported=sum(key.startswith("import:") for key in there),
        broken_off=importing.broken_off(town.folder),
        left=databases.count(url, "SELECT count(*) FROM notice WHERE queue IS NOT NULL"),
    )
