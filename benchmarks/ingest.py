"""Usage coming in over HTTP, beside a raw insert of the same events; and what it costs to look at accounts again.

Eight clients in a process of their own send batches of 100 to `python -m bot run`, each the next as soon as the
last is answered, with the write key in the header. Bodies are made before the clock starts, as analytics-python
makes them: uncompressed, half of the events naming their account, one in twenty sent again within the next 2,000.
First everybody introduces themselves (identify and group); then people come from all over the company at random,
which is the worst there is for telling them apart, and use half a dozen things today.

The floor is one plain table without a key, filled by executemany in this process and committed, synced, in groups
as large as the collector makes them at most: it parses nothing, knows nobody, tells no event apart and adds nothing
up. Rounds go A B A B: figures are the best round, the ratio is the median of each round's own. Then once more with
`/request` submitted ten times a second, for nine tenths of the time it took without. What would make it dishonest:
a floor that commits less often or does not sync, a database in memory, counting answers instead of what the
database holds, events that all name their account, or filing on after the last event has come.
"""

import asyncio
import json
import os
import sqlite3
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from statistics import median
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from aiohttp import ClientSession, encode_basic_auth
from sqlalchemy import func, make_url, select

from benchmarks import databases, fill, load, processes
from benchmarks.ack import OURS, RECEIPT, TANDEM
from benchmarks.board import POLICY, settle_in
from benchmarks.databases import Databases
from benchmarks.load import Door, Heard, Mint
from benchmarks.scale import Scale
from benchmarks.sizes import Doing, line, take
from benchmarks.table import Row, Table, Tell, ms
from bot.domain.ids import AccountId
from bot.domain.usage import day_number
from bot.services import usage
from handlers.http.usage import EVENTS_AT_ONCE
from storage import migrate
from storage.database import Database
from storage.store import Store
from storage.tables import usage_day

CLIENTS, BATCH = 8, 100
WRITE_KEY = "nimbus-production-key"
PER_SECOND = {"sqlite": 5_000, "postgres": 3_000}
THIRD = 1 / 3
FILINGS = 10.0  #: a second
_AGAIN = 0.05
_LIBRARY = {"library": {"name": "analytics-python", "version": "2.3.4"}}
_USED = ("Report Made", "Export Started", "Query Run", "Alert Set", "Member Invited", "Dashboard Opened")
_PAGES = ("/home", "/reports", "/clusters", "/settings", "/billing/usage", "/help")

Item = dict[str, Any]
T = TypeVar("T")


async def measure(scale: Scale, tell: Tell) -> None:
    with databases.folder() as folder, databases.opened(folder) as made:
        async with processes.told("-m", "benchmarks.slack", folder=folder) as slack:
            mint = Mint(slack["body"], slack["secret"])
            settings = {**slack["environment"], "TANDEM_INGEST_WRITE_KEYS": WRITE_KEY}
            for kind in OURS:
                url = made.make(kind)
                with_url = {**settings, "DATABASE_URL": url}
                async with processes.serving(*TANDEM, settings=with_url, folder=folder) as server:
                    house = _House(kind, made, server, Door(port=server.port, mint=mint, acks=RECEIPT))
                    taken = await _take_in(house, scale)
                tell(_ingested(kind, scale, taken, _kept(url)))
        for kind, name in OURS.items():
            tell(await _evaluated(name, made.make(kind), scale))


# ---- what is sent -------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Part:
    """Some of the events; the same wherever it is made."""

    number: int  #: 0: everybody introduces themselves
    events: int
    people: int

    def items(self) -> Iterator[Item]:
        return self._hellos() if self.number == 0 else self._work()

    @property
    def is_use(self) -> bool:
        return self.number > 0

    def _hellos(self) -> Iterator[Item]:
        chance = Random(0)
        for person in range(self.people):
            traits = {"email": f"p{person}@{_account(person)}.example", "name": f"P {person}", "role": "Member"}
            yield _item(chance, person, type="identify", traits=traits)
            company = {"name": f"Customer {_account(person)}"}
            yield _item(chance, person, type="group", groupId=_account(person), traits=company)

    def _work(self) -> Iterator[Item]:
        chance = Random(self.number)
        lately: list[Item] = []
        for _ in range(self.events):
            if lately and chance.random() < _AGAIN:
                yield chance.choice(lately[-2_000:])
            else:
                lately.append(_use(chance, chance.randrange(self.people)))
                yield lately[-1]


def _groups(these: Iterable[T], size: int) -> Iterator[list[T]]:
    left = iter(these)
    while group := list(islice(left, size)):
        yield group


def _account(person: int) -> str:
    return f"acc-{person // 10}"


def _use(chance: Random, person: int) -> Item:
    context = {**_LIBRARY, "groupId": _account(person)} if chance.random() < 0.5 else _LIBRARY
    if chance.random() < 0.2:
        page = {"path": chance.choice(_PAGES), "title": "Nimbus"}
        return _item(chance, person, type="page", properties=page, context=context)
    properties = {"plan": "team", "rows": chance.randrange(10_000)}
    return _item(chance, person, type="track", event=chance.choice(_USED), properties=properties, context=context)


def _item(chance: Random, person: int, **said: Any) -> Item:
    at = datetime.now(UTC) - timedelta(seconds=chance.randrange(60))
    return {
        "messageId": str(UUID(int=chance.getrandbits(128), version=4)),
        "userId": f"user-{person}",
        "timestamp": at.isoformat(),
        "context": _LIBRARY,
        "integrations": {},
        **said,
    }


# ---- the clients, in a process of their own -----------------------------------------------------


@dataclass(kw_only=True)
class Sent:
    """What the clients say of it."""

    seconds: float = 0.0
    turned: int = 0  #: batches that had to be sent again
    waits: list[float] = field(default_factory=list)  #: for each answer


async def _send(port: int, part: Part) -> Sent:
    """Says when it begins, by an empty line."""
    bodies = [json.dumps({"batch": batch}).encode() for batch in _groups(part.items(), BATCH)]
    sent, left = Sent(), iter(bodies)
    url = f"http://{processes.HOST}:{port}/v1/batch"
    headers = {"Authorization": encode_basic_auth(WRITE_KEY, ""), "Content-Type": "application/json"}
    async with ClientSession(headers=headers) as session:
        print(flush=True)
        began = time.perf_counter()
        await asyncio.gather(*(_client(session, url, left, sent) for _ in range(CLIENTS)))
        sent.seconds = time.perf_counter() - began
    return sent


async def _client(session: ClientSession, url: str, left: Iterator[bytes], sent: Sent) -> None:
    for body in left:
        began = time.perf_counter()
        while not await _is_taken(session, url, body):
            sent.turned += 1
            await asyncio.sleep(0.1)
        sent.waits.append(time.perf_counter() - began)


async def _is_taken(session: ClientSession, url: str, body: bytes) -> bool:
    async with session.post(url, data=body) as answer:
        await answer.read()
        return answer.status == 200


async def _sent(port: int, part: Part, begun: asyncio.Event | None = None) -> Sent:
    asked = (str(number) for number in (port, part.number, part.events, part.people))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.ingest", *asked), cwd=processes.ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout
        await process.stdout.readline()
        if begun:
            begun.set()
        said = await process.stdout.read()
        await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return Sent(**json.loads(said))


# ---- the floor ----------------------------------------------------------------------------------

_BARE = "CREATE TABLE event (source TEXT, message TEXT, account TEXT, person TEXT, day INTEGER, name TEXT)"
_Bare = tuple[str, str, str, str, int, str]


def floor(url: str, part: Part) -> float:
    """Seconds it takes to put these events down, one commit after every few hundred."""
    today = day_number(datetime.now(UTC))
    groups = list(_groups((_bare(item, today) for item in part.items()), EVENTS_AT_ONCE))
    where = make_url(url)
    if where.get_backend_name() == "sqlite":
        return _floor_of_sqlite(where.database or "", groups)
    return _floor_of_postgres(url, groups)


def _bare(item: Item, day: int) -> _Bare:
    account, name = item["context"].get("groupId", ""), item.get("event", "")
    return "0123456789ab", item["messageId"], account, item["userId"], day, name


def _floor_of_sqlite(file: str, groups: Sequence[Sequence[_Bare]]) -> float:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(_BARE.replace("TABLE", "TABLE IF NOT EXISTS"))
        began = time.perf_counter()
        for group in groups:
            with connection:
                connection.executemany("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?)", group)
        return time.perf_counter() - began


def _floor_of_postgres(url: str, groups: Sequence[Sequence[_Bare]]) -> float:
    with psycopg.connect(url, autocommit=True) as session:
        session.execute(_BARE.replace("TABLE", "TABLE IF NOT EXISTS"))
        began = time.perf_counter()
        for group in groups:
            with session.transaction(), session.cursor() as cursor:
                cursor.executemany("INSERT INTO event VALUES (%s, %s, %s, %s, %s, %s)", group)
        return time.perf_counter() - began


# ---- taking in ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _House:
    kind: str
    made: Databases
    server: processes.Running
    door: Door


@dataclass(frozen=True, kw_only=True)
class Taken:
    parts: Sequence[Part]
    hellos: Sent
    alone: Sequence[Sent]
    floors: Sequence[float]
    beside: Sent  #: while people file
    filed: Heard
    resident: tuple[float, float]  #: megabytes, before and after
    worked: float  #: seconds of a processor that the server took for the rounds
    load: float

    @property
    def part(self) -> Part:
        return self.parts[-1]

    def rate(self, seconds: float) -> float:
        return self.part.events / seconds

    @property
    def best(self) -> float:
        return max(self.rate(sent.seconds) for sent in self.alone)

    @property
    def worked_each(self) -> float:
        """Microseconds of a processor for one event: holds still where others share the machine."""
        return self.worked / (self.part.events * len(self.alone)) * 1e6

    @property
    def ratio(self) -> float:
        return median(floor / ours.seconds for ours, floor in zip(self.alone, self.floors, strict=True))


async def _take_in(house: _House, scale: Scale) -> Taken:
    people, port, bare = scale.events // 5, house.server.port, house.made.make(house.kind)
    await load.closed(house.door, 2, 20)
    hello = Part(number=0, events=2 * people, people=people)
    parts = [Part(number=n, events=scale.events // scale.rounds, people=people) for n in range(1, scale.rounds + 2)]
    hellos, before = await _sent(port, hello), processes.resident(house.server.pid)
    alone, floors, worked = list[Sent](), list[float](), 0.0
    for part in parts[:-1]:
        began = _worked(house.server.pid)
        alone.append(await _sent(port, part))
        worked += _worked(house.server.pid) - began
        floors.append(await asyncio.to_thread(floor, bare, part))
    beside, filed = await _while_people_file(house, parts[-1], min(sent.seconds for sent in alone))
    return Taken(
        parts=[hello, *parts],
        hellos=hellos,
        alone=alone,
        floors=floors,
        beside=beside,
        filed=filed,
        resident=(before, processes.resident(house.server.pid)),
        worked=worked,
        load=os.getloadavg()[0],
    )


def _worked(pid: int) -> float:
    """Seconds of a processor that a process has had; not a number where the system keeps no such file."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return float("nan")
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _while_people_file(house: _House, part: Part, about: float) -> tuple[Sent, Heard]:
    begun = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        sending = tasks.create_task(_sent(house.server.port, part, begun))
        await begun.wait()
        filed = await load.at_rate(house.door, FILINGS, 0.9 * about)
    return sending.result(), filed


# ---- what became of it --------------------------------------------------------------------------


def _kept(url: str) -> tuple[int, int]:
    """Messages the database knows, and events it has added up."""
    used = "SELECT coalesce(sum(events), 0) FROM usage_day WHERE substr(feature, 1, 1) <> '~'"
    return databases.count(url, "SELECT count(*) FROM usage_message"), databases.count(url, used)


def _expected(parts: Sequence[Part]) -> tuple[int, int]:
    known = [{item["messageId"] for item in part.items()} for part in parts]
    return sum(map(len, known)), sum(len(ids) for part, ids in zip(parts, known, strict=True) if part.is_use)


def _ingested(kind: str, scale: Scale, taken: Taken, kept: tuple[int, int]) -> Table:
    column, goal, expected = OURS[kind], PER_SECOND[kind], _expected(taken.parts)
    met = 2 * taken.part.people / taken.hellos.seconds
    waits = sorted(wait for sent in taken.alone for wait in sent.waits)
    turned = sum(sent.turned for sent in (taken.hellos, *taken.alone, taken.beside))
    with_filings = taken.rate(taken.beside.seconds)

    def row(what: str, cell: str, goal: str = "", holds: bool | None = None) -> Row:
        return Row(what=what, cells={column: cell}, goal=goal, holds=holds)

    rows = [
        row("raw insert (floor), events/s", f"{taken.rate(min(taken.floors)):,.0f}"),
        row("everybody introduced, events/s", f"{met:,.0f}"),
        row("taken in, events/s", f"{taken.best:,.0f}", f"at least {goal:,}", taken.best >= goal),
        row("of the floor", f"{taken.ratio:.2f}", "at least 0.33", taken.ratio >= THIRD),
        row("server, microseconds of CPU an event", f"{taken.worked_each:.0f}"),
        row("a batch answered, p50 / p99, ms", " / ".join(ms(load.percentile(waits, p)) for p in (50, 99))),
        row("while people file, events/s", f"{with_filings:,.0f}", f"at least {goal:,}", with_filings >= goal),
        row("filing meanwhile, p50, ms", ms(taken.filed.p50)),
        row("filing meanwhile, p99, ms", ms(taken.filed.p99), "under 100", taken.filed.p99 < 0.1),
        row("filings not acked", str(len(taken.filed.failed)), "0", not taken.filed.failed),
        row("batches sent again", str(turned)),
        row("events known", f"{kept[0]:,}", f"{expected[0]:,}", kept[0] == expected[0]),
        row("events added up", f"{kept[1]:,}", f"{expected[1]:,}", kept[1] == expected[1]),
        row("resident before / after, MB", " / ".join(f"{size:.0f}" for size in taken.resident)),
    ]
    people = taken.part.people
    notes = [
        f"{len(taken.alone)} rounds of {taken.part.events:,} events, A B A B; {CLIENTS} clients, {BATCH} a batch",
        f"{people:,} people in {people // 10:,} accounts, 5% sent again; floor commits every {EVENTS_AT_ONCE}",
        f"{len(taken.filed.acked)} requests filed at {FILINGS:g}/s; load average {taken.load:.1f}",
    ]
    return Table(title=f"Usage taken in on {column}", columns=[column], rows=rows, notes=notes)


# ---- looking at accounts again ------------------------------------------------------------------

CHANGED = (10, 100, 1_000)
FLOOR, LOOK = "their days, only counted (floor)", "features of those changed"
_DAYS = 60  #: over which an account's days are spread
_chance = Random(11)


async def _evaluated(name: str, url: str, scale: Scale) -> Table:
    migrate.upgrade(url)
    await settle_in(url)
    accounts = scale.events // 5
    await _live(url, accounts)
    today = day_number(datetime.now(UTC))
    doings = {FLOOR: _over(accounts, today, _count), LOOK: _over(accounts, today, usage.features)}
    taken = {f"{n:,}": await take(url, POLICY, doings, n, scale.looks // 3) for n in CHANGED}
    hundred = load.percentile(taken["100"][LOOK], 50)
    looked = line(LOOK, taken, {})
    judged = Row(what=LOOK, cells=looked.cells, goal="100 in 20", holds=hundred < 0.02)
    notes = [
        f"ms, p50 / p99 of {scale.looks // 3}; so many changed of {accounts:,} accounts, each 5 people, 30 days",
        f"load average {os.getloadavg()[0]:.1f}",
    ]
    title, rows = f"Accounts looked at again on {name}", [line(FLOOR, taken, {}), judged]
    return Table(title=title, columns=list(taken), rows=rows, notes=notes)


def _over(accounts: int, today: int, look: Any) -> Doing:
    async def do(db: Database, size: int) -> object:
        return await db.read(look, [AccountId(f"acc-{n}") for n in _chance.sample(range(accounts), size)], today)

    return do


def _count(store: Store, accounts: Sequence[AccountId], day: int) -> object:
    lately = usage_day.c.day.between(day - 27, day)
    return store.connection.scalar(
        select(func.count()).select_from(usage_day).where(usage_day.c.account.in_(accounts), lately)
    )


async def _live(url: str, accounts: int) -> None:
    """What two months of use leave, poured straight into the table; this is not timed."""
    async with Database.open(url, fixed=POLICY) as db:
        for some in _groups(range(accounts), 200):
            await db.write(_pour, [row for account in some for row in _two_months(account)])
    fill.settle(url)


def _two_months(account: int) -> Iterator[Mapping[str, Any]]:
    today, chance = day_number(datetime.now(UTC)), Random(account)
    for turn in range(30):
        person = f"user-{account}-{turn % 5}"
        yield {
            "person": person,
            "day": today - turn * _DAYS // 30,
            "feature": chance.choice(("", "~pricing", *_USED)),
            "given": "",
            "who": person,
            "account": f"acc-{account}",
            "events": chance.randrange(1, 20),
        }


def _pour(store: Store, rows: Sequence[Mapping[str, Any]]) -> None:
    store.connection.execute(usage_day.insert(), rows)


async def main() -> None:
    port, number, events, people = map(int, sys.argv[1:])
    print(json.dumps(vars(await _send(port, Part(number=number, events=events, people=people)))), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
