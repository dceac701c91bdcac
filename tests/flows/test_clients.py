"""Real analytics clients, as their users install them, on a bad network and before a server that gets killed.

Each event must be counted once. Clients send again what was not answered with a 200; that they do so often enough
is for their options to say: tests/clients has those that are not the clients' own choice.
"""

import asyncio
import os
import shutil
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Enum
from functools import partial
from itertools import cycle
from pathlib import Path
from random import Random

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from handlers.http.usage import source_of
from sandbox import Sandbox, company
from storage.database import Database
from storage.store import Store
from storage.tables import usage_day, usage_message, usage_reject
from tests.clients.story import Counts, story
from tests.clients.weather import Forecast, Trouble, Weather
from tests.flows.house import MANIFEST, ROOT, settings_for
from tests.flows.process import Process, a_process

FOLDER = ROOT / "tests" / "clients"
PYTHON = {name: (sys.executable, "-m", f"tests.clients.{name}") for name in ("segment", "rudder")}
NODE = {f"{name}-node": ("node", str(FOLDER / f"{name}.mjs")) for name in ("segment", "rudder")}
MISSING = "the Node clients, to be had with: npm ci --prefix tests/clients"
left_out: list[str] = []

Commands = Mapping[str, tuple[str, ...]]


@pytest.fixture
def clients(request: pytest.FixtureRequest) -> Commands:
    """Without those for Node: a failure in CI; elsewhere one line says that they were left out."""
    if shutil.which("node") and (FOLDER / "node_modules").is_dir():
        return {**PYTHON, **NODE}
    if os.environ.get("CI"):
        pytest.fail(f"CI needs {MISSING}")
    if not left_out:
        left_out.append("said")
        with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
            print(f"\nLeft out: {MISSING}.", file=sys.stderr)
    return PYTHON


# ---- a day of sending ---------------------------------------------------------------------------


class When(Enum):
    """When the server is killed."""

    UNHEARD = "it has said yes, and nobody heard"
    HEARD = "it has said yes"
    LEFT = "a request has just left for it"


@dataclass(frozen=True, kw_only=True)
class Plan:
    length: int  #: events of each client
    batch: int
    patience: float  #: seconds a client waits for an answer
    seconds: float  #: what all may take
    between_kills: tuple[int, int]  #: requests taken, at least and at most
    kills: Iterable[When]
    seed: int = 7


@dataclass(frozen=True, kw_only=True)
class Held:
    """What the database has in the end."""

    counts: Counts
    messages: Mapping[str, int]  #: by source
    rejected: list[str]


@dataclass(frozen=True, kw_only=True)
class Day:
    expected: Counts
    held: Held
    weather: Weather
    kills: Sequence[When]


async def a_day(clients: Commands, forecasts: Mapping[str, Forecast], plan: Plan, url: str, folder: Path) -> Day:
    """Each client sends its story through the weather, while the server is killed now and then."""
    stories = {name: story(name, plan.length, plan.seed) for name in clients}
    files = {name: told.write(folder / f"{name}.ndjson") for name, told in stories.items()}
    expected: Counts = sum((told.counts for told in stories.values()), Counter())
    async with served(url, folder, clients) as (server, address), Database.open(url) as db:
        courses = {name: forecast.of(name) for name, forecast in forecasts.items()}
        weather = Weather(address, courses, plan.patience)
        async with (
            asyncio.timeout(plan.seconds),
            weather.blowing(),
            killed_often(server, weather, plan) as kills,
            asyncio.TaskGroup() as sending,
        ):
            for name, command in clients.items():
                options = (weather.url, name, str(files[name]), str(plan.batch), str(plan.patience))
                sending.create_task(send(name, [*command, *options], folder))
        assert "Traceback" not in server.log()
        return Day(expected=expected, held=await db.read(held), weather=weather, kills=kills)


@asynccontextmanager
async def served(url: str, folder: Path, keys: Iterable[str]) -> AsyncIterator[tuple[Process, str]]:
    """Tandem, whole and as people run it, with a write key for each client."""
    async with Sandbox.open(MANIFEST, company.workspace()) as slack:
        settings = settings_for(slack, url, tandem_ingest_write_keys=SecretStr(",".join(keys)))
        async with a_process(slack, settings, folder) as server:
            yield server, f"http://127.0.0.1:{settings.tandem_http_port}"


async def send(name: str, command: Sequence[str], folder: Path) -> None:
    """The client, in a process of its own; it must get rid of everything and end by itself."""
    client = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},  # no proxy but ours
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said, _ = await client.communicate()
    finally:
        if client.returncode is None:
            client.kill()
            await client.wait()
    assert client.returncode == 0, f"{name} gave up: {said.decode()[-2000:]}"


@asynccontextmanager
async def killed_often(server: Process, weather: Weather, plan: Plan) -> AsyncIterator[list[When]]:
    """kill -9 and start it again, now and then. Whatever happens, it is up in the end."""
    dice, kills = Random(plan.seed), list[When]()
    killed = asyncio.Event()

    def kill(when: When) -> bool:
        server.kill()
        kills.append(when)
        killed.set()
        return when is When.HEARD

    async def go_on() -> None:
        for when in plan.kills:
            await weather.after(dice.randint(*plan.between_kills))
            killed.clear()
            if when is When.LEFT:
                await asyncio.sleep(dice.uniform(0, 0.02))
                kill(when)
            else:
                weather.at_answer = partial(kill, when)
                await killed.wait()
            await server.up()

    killing = asyncio.create_task(go_on())
    try:
        yield kills
    finally:
        weather.at_answer = None
        killing.cancel()
        await asyncio.wait({killing})
    if not killing.cancelled():
        killing.result()
    await server.up()


def held(store: Store) -> Held:
    day, message = usage_day.c, usage_message.c
    key = (day.person, day.who, day.account, day.feature)
    counts = store.connection.execute(select(*key, func.sum(day.events)).group_by(*key))
    messages = store.connection.execute(select(message.source, func.count()).group_by(message.source))
    return Held(
        counts=Counter({(person, who, account, feature): int(n) for person, who, account, feature, n in counts}),
        messages={source: int(n) for source, n in messages},
        rejected=list(store.connection.scalars(select(usage_reject.c.reason))),
    )


def must_be_right(day: Day, forecasts: Mapping[str, Forecast], plan: Plan) -> None:
    missing, doubled = day.expected - day.held.counts, day.held.counts - day.expected
    assert not missing, f"{missing.total()} missing: {missing.most_common(3)}"
    assert not doubled, f"{doubled.total()} too many: {doubled.most_common(3)}"
    assert day.held.rejected == []
    assert day.held.messages == {source_of(name): plan.length for name in forecasts}
    assert set(day.weather.met) == {(name, one) for name, of in forecasts.items() for one in of.troubles}
    assert day.kills


# ---- the tests ----------------------------------------------------------------------------------


async def a_short_day(clients: Commands, names: Sequence[str], kill: When, url: str, folder: Path) -> None:
    """Each of these meets a quarter of the troubles, and the server is killed once."""
    plan = Plan(length=300, batch=25, patience=1.5, seconds=100, between_kills=(5, 10), kills=[kill])
    troubles = Random(plan.seed).sample(tuple(Trouble), len(Trouble))
    forecasts = {
        name: Forecast(seed=plan.seed, troubles=tuple(troubles[n::4]), calm=2, again=False)
        for n, name in enumerate([*PYTHON, *NODE])
        if name in clients and name in names
    }
    day = await a_day({name: clients[name] for name in forecasts}, forecasts, plan, url, folder)
    must_be_right(day, forecasts, plan)


async def test_what_clients_send_on_a_bad_day_counts_once_on_sqlite(
    clients: Commands, sqlite_url: str, tmp_path: Path
) -> None:
    await a_short_day(clients, ("segment", "rudder-node"), When.UNHEARD, sqlite_url, tmp_path)


async def test_what_clients_send_on_a_bad_day_counts_once_on_postgres(
    clients: Commands, postgres_url: str, tmp_path: Path
) -> None:
    await a_short_day(clients, ("rudder", "segment-node"), When.HEARD, postgres_url, tmp_path)


@pytest.mark.faults
@pytest.mark.timeout(600)
async def test_10_000_events_of_each_client_count_once_whatever_happens(
    clients: Commands, database_url: str, tmp_path: Path
) -> None:
    plan = Plan(length=10_000, batch=100, patience=4.0, seconds=500, between_kills=(50, 90), kills=cycle(When))
    forecasts = {name: Forecast(seed=plan.seed, calm=6, again=True) for name in clients}
    day = await a_day(clients, forecasts, plan, database_url, tmp_path)
    must_be_right(day, forecasts, plan)
    assert set(day.kills) == set(When)
