"""Usage comes in: exactly once, whatever order it comes in, to the person and account it belongs to."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import select

from bot.domain.accounts import Account
from bot.domain.errors import Refused
from bot.domain.ids import AccountId
from bot.domain.usage import Event, Kind, PersonId, SourceId
from bot.services import usage
from storage.database import Database
from storage.store import Store
from storage.tables import usage_day
from tests.bot.services.naive_usage import Rollups, World
from tests.builders import MONDAY, an_act

PEOPLE = ("ines", "jon", "kim")
BROWSERS = ("anon-1", "anon-2", "anon-3")
GROUPS = ("acme", "globex", "acme.io")
EMAILS = ("ines@acme.io", "jon@initech.example", "kim@gmail.com", "jon@acme.io")
DOMAINS = {  #: of accounts that may be imported
    "crm-1": "acme.io",
    "crm-2": "acme.io",
    "crm-3": "initech.example",
    "acme.io": "acme.io",
    "acme": None,
    "initech.example": "other.example",
}


@dataclass(frozen=True)
class Batch:
    events: Sequence[Event]


@dataclass(frozen=True)
class Import:
    accounts: Sequence[str]
    domain: str | None = None  #: instead of the one it usually has


@dataclass(frozen=True)
class Merge:
    account: str
    into: str


@dataclass(frozen=True)
class Forget:
    person: str


Step = Batch | Import | Merge | Forget


# ---- streams ------------------------------------------------------------------------------------


def an_event(chance: Random) -> Event:
    kind = chance.choice([*Kind, Kind.TRACK, Kind.TRACK])
    at = MONDAY - timedelta(minutes=chance.randrange(0, 4 * 24 * 60))
    person = PersonId(chance.choice(PEOPLE if kind is Kind.ALIAS else (*PEOPLE, *BROWSERS)))
    also = chance.choice([*BROWSERS, *PEOPLE]) if kind is Kind.ALIAS or chance.random() < 0.15 else None
    return Event(
        source=SourceId(chance.choice("ab")),
        message=str(chance.randrange(60)),
        kind=kind,
        person=person,
        also=PersonId(also) if also and also != person else None,
        at=at,
        received_at=MONDAY,
        name=chance.choice(["Report made", "Export", "Admin changed"]) if kind is Kind.TRACK else "",
        path=chance.choice(["/pricing", "/terms/eu", "/home"]) if kind is Kind.PAGE else None,
        account=chance.choice(GROUPS) if chance.random() < 0.2 else None,
        group=chance.choice(GROUPS) if kind is Kind.GROUP else None,
        email=chance.choice(EMAILS) if kind is Kind.IDENTIFY else None,
        traits={"role": chance.choice(["Admin", "Member"])} if kind is Kind.IDENTIFY else {},
        company={"name": "Acme"} if kind is Kind.GROUP and chance.random() < 0.5 else {},
    )


def a_stream(chance: Random) -> Iterator[Step]:
    """Batches out of order and sent again, between them what people and the CRM have to say."""
    stream = [an_event(chance) for _ in range(chance.randrange(5, 40))]
    delivered = [*stream, *chance.sample(stream, len(stream) // 3)]
    chance.shuffle(delivered)
    while delivered:
        cut = chance.randrange(1, 9)
        yield Batch(delivered[:cut])
        delivered = delivered[cut:]
        if chance.random() < 0.5:
            yield _an_act_between(chance)


def _an_act_between(chance: Random) -> Step:
    accounts = [*DOMAINS, "globex"]
    match chance.randrange(4):
        case 0:
            return Forget(chance.choice([*PEOPLE, *BROWSERS]))
        case 1:
            return Merge(*chance.sample(accounts, 2))
        case 2:
            return Import(
                [chance.choice(list(DOMAINS))], chance.choice(["acme.io", "initech.example", "new.example"])
            )
        case _:
            return Import(chance.sample(list(DOMAINS), chance.randrange(1, 4)))


async def live(db: Database, world: World, step: Step) -> None:
    match step:
        case Batch(events):
            world.hear(events)
            await db.write(usage.record, an_act(), events)
        case Import(accounts, domain):
            known = {one: domain or DOMAINS[one] for one in accounts}
            world.domains |= known
            await db.write(usage.keep_accounts, an_act(), [an_account(*one) for one in known.items()])
        case Merge(account, into):
            await _merge(db, world, account, into)
        case Forget(person):
            await _forget(db, world, person)


async def _merge(db: Database, world: World, account: str, into: str) -> None:
    left = world.stands_for(into)
    try:
        await db.write(usage.merge_accounts, an_act(), AccountId(account), AccountId(into))
    except Refused:
        return
    world.merged[account] = left


async def _forget(db: Database, world: World, person: str) -> None:
    if person in world.people():
        await db.write(usage.forget, an_act(), person)
        world.forget(person)
    else:
        with pytest.raises(Refused, match="There is nobody called"):
            await db.write(usage.forget, an_act(), person)


def an_account(key: str, domain: str | None = None) -> Account:
    return Account(id=AccountId(key), name=key.capitalize(), domain=domain)


def kept(store: Store) -> Rollups:
    counted: Rollups = Counter()
    for row in store.connection.execute(select(usage_day)):
        counted[row.account, row.day, row.who, row.feature] += row.events
    return counted


TABLES = ("usage_day", "usage_person", "usage_message", "usage_dirty", "account_alias", "account", "change")


def empty(store: Store) -> None:
    for table in TABLES:
        store.connection.exec_driver_sql(f"DELETE FROM {table}")


def of_account(rollups: Rollups) -> dict[str, Rollups]:
    apart: dict[str, Rollups] = {}
    for (account, *what), events in rollups.items():
        apart.setdefault(account, Counter())[(account, *what)] = events  # type: ignore[index]
    return apart


def marked(store: Store) -> set[AccountId]:
    """Accounts to be looked at again; from now on they have been."""
    found = usage.changed(store, 1_000)
    usage.settled(store, found)
    return set(found)


async def hold(url: str, seeds: range) -> None:
    async with Database.open(url) as db:
        for seed in seeds:
            await db.write(empty)
            world, before = World(), of_account(Counter())
            for step in a_stream(Random(seed)):
                await live(db, world, step)
                after = of_account(await db.read(kept))
                changed = {one for one in before | after if before.get(one) != after.get(one)} - {""}
                assert changed <= await db.write(marked), f"stream {seed}: {step} left a change unmarked"
                before = after
            found, expected = await db.read(kept), world.rollups()
            assert found == expected, f"stream {seed}: {found - expected} instead of {expected - found}"


@pytest.mark.parametrize("streams", [40, pytest.param(1000, marks=pytest.mark.faults)])
async def test_rollups_are_what_the_events_come_to(sqlite_url: str, streams: int) -> None:
    """Twice, late, out of order, from who is known only later; merged, imported and forgotten meanwhile."""
    await hold(sqlite_url, range(streams))


@pytest.mark.parametrize("streams", [10, pytest.param(200, marks=pytest.mark.faults)])
async def test_rollups_are_the_same_on_postgres(postgres_url: str, streams: int) -> None:
    await hold(postgres_url, range(10_000, 10_000 + streams))


# ---- two replicas at once -----------------------------------------------------------------------


async def test_two_replicas_take_in_the_same_people_at_once(database_url: str) -> None:
    """Each batch comes to both, as a client sends it again that lost an answer."""
    chance = Random(7)
    batches = [[replace(an_event(chance), message=f"{n}-{m}") for m in range(20)] for n in range(30)]
    world = World()
    world.hear(event for batch in batches for event in batch)
    async with Database.open(database_url) as one, Database.open(database_url) as other:
        doors = [(door, batch) for batch in batches for door in (one, other.background())]
        taken = await asyncio.gather(*(door.write(usage.record, an_act(), batch) for door, batch in doors))
        assert await one.read(kept) == world.rollups()
    assert sum(one.new for one in taken) == sum(map(len, batches))


async def test_accounts_are_merged_and_imported_while_events_come_in(database_url: str) -> None:
    chance = Random(8)
    events = [replace(an_event(chance), message=str(n)) for n in range(400)]
    async with Database.open(database_url) as one, Database.open(database_url) as other:
        for account in ("acme", "globex", "acme.io"):
            await one.write(usage.keep_accounts, an_act(), [an_account(account)])
        coming = (one.background().write(usage.record, an_act(), events[n : n + 10]) for n in range(0, 400, 10))
        merging = other.write(usage.merge_accounts, an_act(), AccountId("acme"), AccountId("globex"))
        importing = other.write(usage.keep_accounts, an_act(), [an_account("crm-1", "initech.example")])
        await asyncio.gather(*coming, merging, importing)
        world = World(domains={"acme": None, "globex": None, "acme.io": None, "crm-1": "initech.example"})
        world.hear(events)
        world.merged["acme"] = "globex"
        assert await one.read(kept) == world.rollups()
