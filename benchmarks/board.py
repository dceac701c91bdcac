"""What grows with the board: top 20, filing, standing, a form with look-alikes at 1k, 10k and 100k requests.

Everything goes through the door (storage.database) as a handler would ask, on SQLite and Postgres, in this process
and with nobody else asking. The floor is the title of one request by its primary key through the same door, so the
difference is what the question itself costs. At each size every thing is done once in turn, so that all meet the
same noise. What would make it dishonest: a board without ties, without unranked or closed requests, without words
or history (benchmarks/fill.py leaves what filing leaves), or planner statistics that production would not have.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from random import Random
from uuid import uuid4

from sqlalchemy import select

from benchmarks import databases
from benchmarks.ack import OURS
from benchmarks.fill import fill
from benchmarks.scale import Scale
from benchmarks.sizes import Doing, line, take
from benchmarks.table import Table, Tell
from bot.domain.acts import Act, Actor, Via
from bot.domain.ids import ChannelId, GroupId, RequestNumber, TeamId, UserId
from bot.domain.people import Group, Person
from bot.domain.policy import Channels, Policy, Roles
from bot.domain.requests import Customer, Draft
from bot.domain.roles import Role
from bot.services import house, intake, outbox, ranking
from storage import migrate
from storage.database import Database
from storage.store import Store
from storage.tables import request

USER, TEAM, BOARD = UserId("U1"), TeamId("T1"), ChannelId("C1")
SALES = GroupId("S1")
FLOOR = "primary key (floor)"

POLICY = Policy(channels=Channels(board=BOARD), roles=Roles(holders={Role.SALES: frozenset({SALES})}))


async def measure(scale: Scale, tell: Tell) -> None:
    with databases.folder() as folder, databases.opened(folder) as made:
        for kind, name in OURS.items():
            tell(await _table(name, made.make(kind), scale))


async def _table(name: str, url: str, scale: Scale) -> Table:
    migrate.upgrade(url)
    await settle_in(url)
    seconds: dict[str, dict[str, list[float]]] = {}
    size = 0
    for wanted in scale.sizes:
        fill(url, size + 1, wanted, user=USER, channel=BOARD)
        size = wanted
        seconds[f"{wanted:,}"] = await take(url, POLICY, DOINGS, wanted, scale.looks)
        size = databases.count(url, "SELECT max(number) FROM request")
    rows = [line(what, seconds, GOALS) for what in DOINGS]
    note = f"ms, p50 / p99 of {scale.looks}; requests on the board above"
    return Table(title=f"The board on {name}", columns=list(seconds), rows=rows, notes=[note])


async def settle_in(url: str) -> None:
    """A workspace with one person in one group."""
    async with Database.open(url, fixed=POLICY) as db:
        await db.write(house.settle_in, act(), TEAM, "Nimbus", "https://nimbus.slack.com/", UserId("UBOT"))
        await db.write(house.keep_people, act(), [Person(id=USER, team=TEAM, name="Alice")])
        await db.write(house.keep_groups, act(), [Group(id=SALES, handle="sales", members=frozenset({USER}))])


def act() -> Act:
    now, key = datetime.now(UTC), uuid4().hex
    return Act(by=Actor(user=USER, team=TEAM), at=now, wall=now, key=key, via=Via.SLACK, trace=key[:8])


# ---- what is done -------------------------------------------------------------------------------

_chance = Random(7)


def _some(size: int) -> RequestNumber:
    return RequestNumber(_chance.randrange(1, size + 1))


def _title(store: Store, number: RequestNumber) -> str | None:
    return store.connection.scalar(select(request.c.title).where(request.c.number == number))


def _top(store: Store) -> object:
    return store.requests.top(ranking.SHOWN)


def _standing(store: Store, number: RequestNumber) -> object:
    found = store.requests.get(number)
    assert found
    return ranking.standing(store, found)


async def _look_up(db: Database, size: int) -> object:
    return await db.read(_title, _some(size))


async def _read_top(db: Database, size: int) -> object:
    return await db.read(_top)


async def _show_board(db: Database, size: int) -> object:
    return await db.read(ranking.show_board, act())


async def _stand(db: Database, size: int) -> object:
    return await db.read(_standing, _some(size))


async def _draw_card(db: Database, size: int) -> object:
    return await db.read(ranking.card, _some(size))


async def _open_form(db: Database, size: int) -> object:
    return await db.read(intake.open_form, act(), "connector for audit report")


async def _find(db: Database, size: int) -> object:
    return await db.read(ranking.show_board, act(), "connector report")


async def _file(db: Database, size: int) -> object:
    return await db.write(intake.file, act(), _draft())


def _draft() -> Draft:
    return Draft(
        title=f"{uuid4().hex[:8]} connector",
        problem="They can't see what each team costs, so finance has stopped the rollout.",
        customers=(Customer(name="Customer 7"),),
        value=8,
        time_criticality=2,
        risk_reduction=3,
        job_size=13,
    )


async def _look_for_work(db: Database, size: int) -> object:
    return await db.read(outbox.has_work, act())


DOINGS: Mapping[str, Doing] = {
    FLOOR: _look_up,
    "store.requests.top(20)": _read_top,
    "/board": _show_board,
    "standing of one request": _stand,
    "card of one request": _draw_card,
    "form with look-alikes": _open_form,
    "/board connector report": _find,
    "file one request": _file,
    "look for notices to post": _look_for_work,
}
GOALS = {"store.requests.top(20)": 0.005, "/board": 0.005}
