"""What a board costs: as it grows, and in the middle of the day.

**Growth.** Reading and writing at 1k, 10k and 100k requests, in this process and with nobody else asking.

**In company.** The same on the largest board while 50 requests a second are filed over HTTP through the door of the
same serving process (benchmarks/visiting.py): one person after another, after a pause of no fixed length, so that
they come at any moment of what goes on beside them. Whoever waits on the same process waits here too.

Everything goes through the door (storage.database) as a handler would ask, on SQLite and Postgres. The floor is
the title of one request by its primary key through the same door, so the difference is what the question itself
costs. At each size every thing is done once in turn, so that all meet the same noise. What would make it dishonest:
a board without ties, without unranked, closed or joined requests, without words, money or history (what filing
leaves, benchmarks/fill.py leaves), a rush of filings that ends before what is measured beside it, or planner
statistics that production would not have.
"""

import asyncio
import json
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qs

from benchmarks import databases, load, processes
from benchmarks.ack import OURS, RATE, RECEIPT
from benchmarks.errands import FLOOR, Errands, act, count_customers
from benchmarks.fill import fill
from benchmarks.load import Door, Heard, Mint, percentile
from benchmarks.scale import Scale
from benchmarks.sizes import line, take
from benchmarks.table import Row, Table, Tell, ms
from benchmarks.visiting import TAKEN
from bot.domain.ids import ChannelId, GroupId, TeamId, UserId
from bot.domain.people import Group, Person
from bot.domain.policy import Channels, Policy, Roles
from bot.domain.roles import Role
from bot.services import house
from storage import migrate
from storage.database import Database

USER, TEAM, BOARD = UserId("U1"), TeamId("T1"), ChannelId("C1")
SALES = GroupId("S1")
POLICY = Policy(channels=Channels(board=BOARD), roles=Roles(holders={Role.SALES: frozenset({SALES})}))

GROWTH_GOALS = {"store.requests.top(20)": 0.005, "/board": 0.005}
GOAL = 0.05  #: seconds, for 99 of 100, while others file
_STRETCH = 5.0  #: seconds of filing after which it is looked whether the measuring is done
_LONGEST = 1_200.0


async def measure(scale: Scale, tell: Tell) -> None:
    with databases.folder() as folder, databases.opened(folder) as made:
        for kind, name in OURS.items():
            tell(await _growth(name, made.make(kind), scale))
        async with processes.told("-m", "benchmarks.slack", folder=folder) as slack:
            for kind, name in OURS.items():
                tell(await _in_company(name, made.make(kind), slack, folder, scale))


# ---- growth -------------------------------------------------------------------------------------


async def _growth(name: str, url: str, scale: Scale) -> Table:
    migrate.upgrade(url)
    await settle_in(url)
    seconds: dict[str, dict[str, list[float]]] = {}
    size = 0
    for wanted in scale.sizes:
        fill(url, size + 1, wanted, user=USER, channel=BOARD)
        async with Database.open(url, fixed=POLICY) as db:
            await count_customers(db, act(USER, TEAM))
            errands = await Errands.of(db, USER, TEAM)
        doings = errands.of_growth
        seconds[f"{wanted:,}"] = await take(url, POLICY, doings, wanted, scale.looks)
        size = databases.count(url, "SELECT max(number) FROM request")
    rows = [line(what, seconds, GROWTH_GOALS) for what in doings]
    note = f"ms, p50 / p99 of {scale.looks}; requests on the board above, three times as many asks"
    return Table(title=f"The board on {name}", columns=list(seconds), rows=rows, notes=[note])


async def settle_in(url: str) -> None:
    """A workspace with one person in one group."""
    async with Database.open(url, fixed=POLICY) as db:
        this = act(USER, TEAM)
        await db.write(house.settle_in, this, TEAM, "Nimbus", "https://nimbus.slack.com/", UserId("UBOT"))
        await db.write(house.keep_people, this, [Person(id=USER, team=TEAM, name="Alice")])
        await db.write(house.keep_groups, this, [Group(id=SALES, handle="sales", members=frozenset({USER}))])


# ---- in company ---------------------------------------------------------------------------------


async def _in_company(name: str, url: str, slack: Mapping[str, object], folder: Path, scale: Scale) -> Table:
    environment, body = slack["environment"], str(slack["body"])
    assert isinstance(environment, dict)
    migrate.upgrade(url)
    user, team = _whose(body)
    fill(url, 1, scale.sizes[-1], user=user, channel=environment["TANDEM_BOARD_CHANNEL"])
    async with Database.open(url) as db:
        await count_customers(db, act(user, team))
    arguments = ("-m", "benchmarks.visiting", user, team, str(scale.looks))
    settings = {**environment, "DATABASE_URL": url}
    async with processes.serving(*arguments, settings=settings, folder=folder) as server:
        door = Door(port=server.port, mint=Mint(body, str(slack["secret"])), acks=RECEIPT)
        await load.closed(door, 2, 20)
        os.kill(server.pid, signal.SIGUSR1)
        heard = await _file_meanwhile(door, folder / TAKEN)
    taken: Mapping[str, list[float]] = json.loads((folder / TAKEN).read_text())
    (folder / TAKEN).unlink()
    return _beside(name, taken, heard, scale)


def _whose(body: str) -> tuple[UserId, TeamId]:
    """Who sends the form."""
    payload = json.loads(parse_qs(body)["payload"][0])
    return UserId(payload["user"]["id"]), TeamId(payload["team"]["id"])


async def _file_meanwhile(door: Door, taken: Path) -> Heard:
    """File until the measuring is done."""
    heard = Heard()
    async with asyncio.timeout(_LONGEST):
        while not await asyncio.to_thread(taken.exists):
            some = await load.at_rate(door, RATE, _STRETCH)
            heard.seconds += some.seconds
            heard.acked += some.acked
            heard.failed += some.failed
    return heard


def _beside(name: str, taken: Mapping[str, list[float]], heard: Heard, scale: Scale) -> Table:
    floor = percentile(taken[FLOOR], 50)
    rows = [_row(what, seconds, floor) for what, seconds in taken.items()]
    filed = Row(what=f"beside: {len(heard.acked):,} filed, acked", cells=_cells(heard.seconds, floor))
    lost = Row(what="of these not acked", cells={"p50": str(len(heard.failed))}, goal="0", holds=not heard.failed)
    size = scale.sizes[-1]
    notes = [f"ms of {scale.looks}, while {RATE:g} requests a second were filed; x: p50 over the floor's p50"]
    return Table(
        title=f"{size:,} requests and {3 * size:,} asks in company, on {name}",
        columns=["p50", "p99", "worst", "x"],
        rows=[*rows, filed, lost],
        notes=notes,
    )


def _row(what: str, seconds: list[float], floor: float) -> Row:
    holds = percentile(seconds, 99) < GOAL
    return Row(what=what, cells=_cells(seconds, floor), goal=f"p99 under {GOAL * 1000:g}", holds=holds)


def _cells(seconds: list[float], floor: float) -> dict[str, str]:
    p50, p99 = percentile(seconds, 50), percentile(seconds, 99)
    return {"p50": ms(p50), "p99": ms(p99), "worst": ms(max(seconds)), "x": f"{p50 / floor:.1f}"}
