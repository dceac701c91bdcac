"""The database or Slack in trouble: what people read, that nothing is lost or half done, and that it heals."""

import asyncio
import os
import resource
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
import pytest_asyncio
from aiohttp import ClientSession
from psycopg import sql
from pydantic import SecretStr
from sqlalchemy import URL, create_engine, func, make_url, select

from bot import app
from bot.settings import Settings
from sandbox import Failure, Home, Message, Modal, Sandbox, User, company
from sandbox.faults import DropConnection
from sandbox.faults import Refused as Refuses
from storage.engines import plain
from storage.tables import account, ask, change, estimate, request, request_word
from tests.conftest import PostgresServer
from tests.flows.house import MANIFEST, ROOT, House, free_port, modal, opened, running, settings_for

pytestmark = pytest.mark.asyncio(loop_scope="module")

FULL = {
    "Business problem": "They can't see what their clusters cost.",
    "Customers": ["Acme Bank", "Windmill Farms"],
    "Close date": None,
    "User/Business value": 8,
    "Time criticality": 2,
    "Risk reduction": 3,
    "Job size": 13,
}
IS_BUSY = "Tandem is busy right now."
IS_AWAY = "Tandem can't reach its database right now."
KEPT = " What you wrote is still here: send it again in a minute, and it counts once."
AGAIN = " Please try again in a minute."


# ---- two houses for all the stories -------------------------------------------------------------


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with opened(f"sqlite:///{tmp_path_factory.mktemp('trouble') / 'tandem.db'}") as house:
        yield house


@pytest.fixture(scope="module")
def far_away(postgres_server: PostgresServer, _postgres_template: str) -> Iterator[URL]:
    """A fresh Postgres database."""
    name = postgres_server.make(_postgres_template)
    yield make_url(postgres_server.at(name))
    postgres_server.retire(name)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cable(far_away: URL) -> "AsyncIterator[Cable]":
    """The way to it."""
    async with Cable.laid(far_away) as cable:
        yield cable


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def on_postgres(cable: "Cable") -> AsyncIterator[House]:
    async with opened(cable.url) as house:
        yield house


class Cable:
    """Carries bytes to Postgres until it is cut."""

    def __init__(self, there: URL) -> None:
        self.there = there
        self.port = free_port()
        self.loses = b""  #: after this statement the next commit is carried out, and its answer is lost
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self._carrying: set[asyncio.Task[None]] = set()

    @classmethod
    @asynccontextmanager
    async def laid(cls, there: URL) -> "AsyncIterator[Cable]":
        cable = cls(there)
        await cable.mend()
        try:
            yield cable
        finally:
            await cable.cut()

    @property
    def url(self) -> str:
        here = self.there.set(host="127.0.0.1", port=self.port, query={})
        return here.render_as_string(hide_password=False)

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", self.port)

    async def cut(self) -> None:
        assert self._server
        self._server.close()
        for end in list(self._ends):
            end.transport.abort()
        if self._carrying:
            await asyncio.wait(self._carrying)

    async def _connect(self, here: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        there, forth = await self._reach()
        ends = {back, forth}
        self._ends |= ends
        silent = asyncio.Event()
        ways = {
            asyncio.create_task(self._say(here, forth, silent)),
            asyncio.create_task(_hear(there, back, silent)),
        }
        self._carrying |= ways
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for end in ends:
            end.transport.abort()
        await asyncio.wait(ways)
        self._ends -= ends
        self._carrying -= ways

    async def _reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        folder = self.there.query.get("host") or self.there.host
        if isinstance(folder, str) and folder.startswith("/"):
            return await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.{self.there.port or 5432}")
        return await asyncio.open_connection(self.there.host or "127.0.0.1", self.there.port or 5432)

    async def _say(self, here: asyncio.StreamReader, forth: asyncio.StreamWriter, silent: asyncio.Event) -> None:
        doomed = False
        with suppress(ConnectionError):
            while said := await here.read(65536):
                doomed = doomed or bool(self.loses and self.loses in said)
                if doomed and b"COMMIT" in said:
                    self.loses = b""
                    silent.set()
                forth.write(said)
                await forth.drain()


async def _hear(there: asyncio.StreamReader, back: asyncio.StreamWriter, silent: asyncio.Event) -> None:
    with suppress(ConnectionError):
        while heard := await there.read(65536):
            if silent.is_set():
                return
            back.write(heard)
            await back.drain()


# ---- the troubles of a database -----------------------------------------------------------------


@contextmanager
def a_rival_holds_the_file(database: URL) -> Iterator[None]:
    """Somebody's backup or shell keeps the write lock for longer than we wait."""
    rival = sqlite3.connect(database.database or "", isolation_level=None)
    rival.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        rival.execute("ROLLBACK")
        rival.close()


@contextmanager
def the_disk_takes_no_more(database: URL) -> Iterator[None]:
    """Not one byte more goes into a file of this process, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def a_rival_holds_the_tables(database: URL) -> Iterator[None]:
    """Somebody's migration or report."""
    with psycopg.connect(database.render_as_string(hide_password=False)) as rival:
        rival.execute("LOCK TABLE request, account IN EXCLUSIVE MODE")
        yield
        rival.rollback()


@contextmanager
def the_server_is_read_only(database: URL) -> Iterator[None]:
    """A failover to a standby, or an admin who froze it."""

    def say(statement: str) -> None:
        with psycopg.connect(database.render_as_string(hide_password=False), autocommit=True) as admin:
            admin.execute("SET default_transaction_read_only = off")
            admin.execute(sql.SQL(statement).format(sql.Identifier(str(database.database))))
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    say("ALTER DATABASE {} SET default_transaction_read_only = on")
    try:
        yield
    finally:
        say("ALTER DATABASE {} RESET default_transaction_read_only")


Trouble = Callable[[URL], AbstractContextManager[None]]

TROUBLES = [
    pytest.param("on_sqlite", a_rival_holds_the_file, IS_BUSY, 1, 503, id="sqlite-busy"),
    # /readyz looks, and a look needs no room: a full disk is told only to those who write.
    pytest.param("on_sqlite", the_disk_takes_no_more, IS_AWAY, 2, 200, id="sqlite-full"),
    pytest.param("on_postgres", a_rival_holds_the_tables, IS_BUSY, 1, 200, id="postgres-busy"),
    pytest.param("on_postgres", the_server_is_read_only, IS_AWAY, 2, 503, id="postgres-readonly"),
]


@pytest.mark.parametrize(("where", "trouble", "words", "size", "ready"), TROUBLES)
async def test_what_was_sent_into_trouble_is_kept_in_the_form_and_counts_once_afterwards(
    on_sqlite: House,
    on_postgres: House,
    far_away: URL,
    where: str,
    trouble: Trouble,
    words: str,
    size: int,
    ready: int,
) -> None:
    house = on_sqlite if where == "on_sqlite" else on_postgres
    database = make_url(house.settings.database_url.get_secret_value()) if house is on_sqlite else far_away
    title = f"Sent into {trouble.__name__.replace('_', ' ')}"
    alice, tanya, marek = (house.person(name) for name in ("Alice", "Tanya", "Marek"))
    card = await some_card(house)
    filing = modal(await alice.slash(f"/request {title}"))
    await filing.fill(FULL)
    sizing = modal(await tanya.press("Estimate", on=card))
    await sizing.fill({"Job size": size})
    joining = modal(await marek.press("Add my customer", on=card))
    await joining.fill({"Customers": [f"Newcomer {trouble.__name__}"]})
    shown = {label: filing.value(label) for label in FULL}
    await settled(house)
    before = kept(database)

    with trouble(database):
        refused = await asyncio.gather(filing.submit(), sizing.submit(), joining.submit())
        assert [modal(form).errors for form in refused] == [
            {"Title": words + KEPT},
            {"User/Business value": words + KEPT},
            {"Customers": words + KEPT},
        ]
        assert {label: filing.value(label) for label in FULL} == shown
        assert (filing.value("Title"), sizing.value("Job size")[:1]) == (title, str(size))
        assert await status(house, "/readyz") == ready
        assert await status(house, "/healthz") == 200
    assert kept(database) == before

    assert f"{title} is on the board: WSJF 1.0" in modal(await filing.submit()).text
    assert "Estimate saved" in modal(await sizing.submit()).text
    assert "Done: Newcomer" in modal(await joining.submit()).text
    after = kept(database)
    assert after["request"] == before["request"] + 1
    assert after["ask"] == before["ask"] + 3
    assert await status(house, "/readyz") == 200
    await house.card(title, "WSJF 1.0", "2 companies wait")
    assert trouble_seen_by_slack(house) == []


async def test_a_server_that_is_gone_is_told_everywhere_and_all_goes_on_when_it_is_back(
    on_postgres: House, cable: Cable, far_away: URL
) -> None:
    house, alice, tanya = on_postgres, on_postgres.person("Alice"), on_postgres.person("Tanya")
    card = await some_card(house)
    form = modal(await alice.slash("/request Sent to nobody"))
    await form.fill(FULL)
    before = kept(far_away)

    await cable.cut()
    try:
        refused = modal(await form.submit())
        assert refused.errors == {"Title": IS_AWAY + KEPT}
        assert {label: refused.value(label) for label in ("Title", "Business problem")} == {
            "Title": "Sent to nobody",
            "Business problem": FULL["Business problem"],
        }
        await refused.fill({"Job size": 8})  # its preview fails without a word
        assert alice.modal == refused
        assert await refused.suggestions("Customers", "acme") == []
        assert text_of(await alice.slash("/board k8s")) == f"{IS_AWAY}{AGAIN}\nYou typed: /board k8s"
        assert text_of(await alice.slash("/board")) == IS_AWAY + AGAIN
        assert text_of(await alice.slash("/request <b> & *c*")) == (
            f"{IS_AWAY}{AGAIN}\nYou typed: /request <b> & *c*".replace("*", "")
        )
        assert IS_AWAY + AGAIN in text_of(await tanya.press("Estimate", on=card))
        assert IS_AWAY + AGAIN in text_of(await tanya.shortcut("New request"))
        assert IS_AWAY + AGAIN in text_of(await tanya.home())
        assert await status(house, "/readyz") == 503
        assert await status(house, "/healthz") == 200
        assert await status(house, "/metrics") == 503
    finally:
        await cable.mend()

    assert await status(house, "/readyz") == 200
    await alice.slash("/board")
    form = modal(await alice.slash("/request Sent to nobody"))
    await form.fill(FULL)
    assert "Sent to nobody is on the board" in modal(await form.submit()).text
    assert kept(far_away)["request"] == before["request"] + 1
    assert "The board" in (await tanya.home()).text


async def test_an_answer_lost_on_its_way_back_does_not_make_it_two(
    on_postgres: House, cable: Cable, far_away: URL
) -> None:
    house, alice = on_postgres, on_postgres.person("Alice")
    form = modal(await alice.slash("/request Committed unheard"))
    await form.fill(FULL)
    await settled(house)
    before = kept(far_away)

    cable.loses = b"INSERT INTO request "
    refused = modal(await form.submit())
    assert refused.errors == {"Title": IS_AWAY + KEPT}
    assert not cable.loses, "the commit was not the one that was lost"

    receipt = modal(await refused.submit())
    assert "Committed unheard was on the board already, once: WSJF 1.0" in receipt.text
    assert kept(far_away)["request"] == before["request"] + 1
    await house.card("Committed unheard")


# ---- at start -----------------------------------------------------------------------------------


async def test_a_database_that_comes_up_in_time_is_waited_for(postgres_url: str) -> None:
    async with (
        Cable.laid(make_url(postgres_url)) as cable,
        Sandbox.open(MANIFEST, company.workspace()) as slack,
    ):
        await cable.cut()
        settings = settings_for(slack, cable.url)
        late = asyncio.get_running_loop().create_task(_later(cable.mend))
        async with running(settings):
            await late
            assert isinstance(await slack.person("Alice").slash("/board"), Message)


async def _later(mend: Callable[[], Any]) -> None:
    await asyncio.sleep(0.3)
    await mend()


async def test_a_database_that_never_comes_up_ends_the_start_with_one_line() -> None:
    code, said = await start(f"postgresql://tandem:secret@127.0.0.1:{free_port()}/tandem", within=0.2)
    assert code == 1
    assert said.startswith("tandem: no answer within 0.2 s; database: connection failed")
    assert len(said.splitlines()) == 1
    assert "secret" not in said


async def test_a_database_that_may_not_be_written_ends_the_start_with_one_line(tmp_path: Path) -> None:
    file = tmp_path / "tandem.db"
    sqlite3.connect(file).close()
    code, said = await start(f"sqlite:///file:{file}?mode=ro&uri=true", within=0.2)
    assert code == 1
    assert said == "tandem: no answer within 0.2 s; database: attempt to write a readonly database\n"


@pytest.mark.parametrize("url", ["nonsense", "mysql://localhost/tandem", "sqlite://"])
async def test_a_database_that_cannot_be_is_refused_with_the_name_of_the_variable(url: str) -> None:
    with pytest.raises(app.CannotStart, match="DATABASE_URL"):
        app.prepare(Settings(_env_file=None, database_url=SecretStr(url)))


async def start(url: str, *, within: float) -> tuple[int | None, str]:
    """`tandem run` in a process of its own; its exit code and what it said."""
    run = f"from bot import app; app.START_SECONDS = {within}; from bot.cli import main; main(['run'])"
    env = {"SLACK_BOT_TOKEN": "xoxb-none", "SLACK_APP_TOKEN": "xapp-none", "DATABASE_URL": url}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        run,
        cwd="/",
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **env},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode, said.decode()


# ---- the troubles of Slack ----------------------------------------------------------------------

TOO_LATE = "Slack gave up waiting before the form could open. Please try once more."


@contextmanager
def impatient(slack: Sandbox) -> Iterator[None]:
    """A trigger that is dead on arrival, as after a slow network."""
    timing, slack.state.timing = slack.state.timing, replace(slack.state.timing, trigger=0.0)
    try:
        yield
    finally:
        slack.state.timing = timing


async def test_an_expired_trigger_is_told_where_the_person_looks(on_sqlite: House) -> None:
    house, alice = on_sqlite, on_sqlite.person("Alice")
    card, said = await some_card(house), await alice.say("#sales", "Where Tandem isn't")
    home = await alice.home()
    with impatient(house.slack):
        seen = await alice.slash("/request k8s-connector", channel="#sales")
        assert text_of(seen) == f"{TOO_LATE}\nYou typed: /request k8s-connector"
        for knock in (
            alice.press("Estimate", on=card),
            alice.press("New request", on=home),
            alice.shortcut("New request"),
            alice.shortcut("Add to the board", on=said),
        ):
            answers = len(told_directly(house, "Alice"))
            await knock
            assert told_directly(house, "Alice")[answers:] == [TOO_LATE]
    form = modal(await alice.slash("/request k8s-connector"))
    assert form.value("Title") == "k8s-connector"


async def test_a_form_that_slack_will_not_open_says_why(on_sqlite: House) -> None:
    house, alice = on_sqlite, on_sqlite.person("Alice")
    for error, words in (
        (
            "missing_scope",
            "Tandem lacks a Slack permission for this. Ask an admin to reinstall it from manifest.yml.",
        ),
        ("ratelimited", "Slack asks us to slow down. Please try again in a minute."),
    ):
        house.slack.faults.next("views.open", Refuses(error))
        assert text_of(await alice.slash("/request k8s")) == f"{words}\nYou typed: /request k8s"
    house.slack.faults.next("views.open", DropConnection(after=False))
    seen = text_of(await alice.slash("/request k8s"))
    assert seen.startswith(
        "Something broke on our side. Please try again in a minute. If it breaks again, give your"
    )


async def test_without_a_board_channel_it_is_filed_and_the_receipt_says_what_is_missing(sqlite_url: str) -> None:
    async with opened(sqlite_url, sample=False, tandem_board_channel=None) as house:
        form = modal(await house.person("Alice").slash("/request k8s-connector"))
        receipt = modal(await (await form.fill(FULL)).submit())
        assert "k8s-connector is on the board: WSJF 1.0, #1 of 1." in receipt.text
        assert "Nobody else has been told: no board channel is set yet." in receipt.text
        assert "An admin chooses it with /tandem setup." in receipt.text
        assert house.board() == []


@pytest.mark.parametrize("trouble", ["a bot not in the channel", "a missing scope"])
async def test_a_card_that_cannot_be_posted_comes_with_the_next_change(sqlite_url: str, trouble: str) -> None:
    admin = company.workspace().people[-1]
    async with opened(sqlite_url, sample=False, tandem_admins=(admin.id,), tandem_working_hours=ALWAYS) as house:
        slack, alice, tanya = house.slack, house.person("Alice"), house.person("Tanya")
        if trouble == "a missing scope":
            slack.scopes.discard("chat:write")
        else:
            slack.remove("#board")
        form = modal(await alice.slash("/request k8s-connector"))
        receipt = modal(await (await form.fill(FULL)).submit())
        assert "k8s-connector is on the board: WSJF 1.0, #1 of 1." in receipt.text
        assert "Its card goes to #board" in receipt.text
        if trouble == "a bot not in the channel":
            await slack.until(lambda: house.person("Olga").dms())
            [told] = house.person("Olga").dms()
            assert told.text == (
                "I couldn't post in #board today (not_in_channel). "
                "Invite me there with /invite @Tandem; the next change posts again."
            )
        await slack.until(lambda: any(call.error for call in slack.calls("chat.postMessage")))
        await settled(house)
        assert house.board() == []

        slack.scopes.add("chat:write")
        await slack.invite("#board")
        found = await tanya.slash("/board k8s-connector")
        assert isinstance(found, Message)
        sizing = modal(await tanya.press("Estimate", on=found))
        await (await sizing.fill({"Job size": 5})).submit()
        await house.card("k8s-connector", "WSJF 2.6")


ALWAYS = "mon-sun 00:00-24:00"


async def test_somebody_slack_does_not_know_is_told_to_come_back(on_sqlite: House) -> None:
    house = on_sqlite
    house.slack.state.add_user(User("Nina"))  # without the event that she joined
    house.slack.faults.next("users.info", Refuses("user_not_found"))
    nina = house.person("Nina")
    seen = text_of(await nina.slash("/request k8s"))
    assert seen == (
        "I can't find you in this workspace's directory. Try again in a minute, or ask an admin."
        "\nYou typed: /request k8s"
    )
    assert modal(await nina.slash("/request k8s")).value("Title") == "k8s"


async def test_slack_unreachable_for_a_look_up_is_told_and_passes(on_sqlite: House) -> None:
    house = on_sqlite
    house.slack.state.add_user(User("Nora"))
    house.slack.faults.always("users.info", DropConnection(after=False))
    nora = house.person("Nora")
    try:
        told = text_of(await nora.slash("/board"))
    finally:
        house.slack.faults.clear()
    assert told.startswith(
        "Something broke on our side. Please try again in a minute. If it breaks again, give your"
    )
    assert text_of(await nora.slash("/board")).startswith("The board: ")


# ---- how it is done -----------------------------------------------------------------------------


async def some_card(house: House) -> Message:
    """Some request's card."""
    if not house.board():
        form = modal(await house.person("Alice").slash("/request Any request"))
        await (await form.fill({"Business problem": "Any problem."})).submit()
        await house.card("Any request")
    return house.board()[0]


def kept(database: URL) -> dict[str, int]:
    """How many rows of each kind the database holds."""
    engine = create_engine(plain(database.render_as_string(hide_password=False)))
    tables = (request, request_word, account, ask, estimate, change)
    try:
        with engine.connect() as connection:
            return {t.name: connection.scalar(select(func.count()).select_from(t)) or 0 for t in tables}
    finally:
        engine.dispose()


async def settled(house: House) -> None:
    """Nothing more is on its way out."""
    calls = -1
    while calls != len(house.slack.traffic.calls):
        calls = len(house.slack.traffic.calls)
        await asyncio.sleep(0.15)


async def status(house: House, path: str) -> int:
    async with (
        ClientSession() as session,
        session.get(f"http://127.0.0.1:{house.settings.tandem_http_port}{path}") as answer,
    ):
        return answer.status


def text_of(seen: Modal | Message | Home | Failure | None) -> str:
    assert seen is not None, "nothing was seen"
    return seen.text


def told_directly(house: House, name: str) -> list[str]:
    """What somebody was told for their eyes only: beside a message, or in their direct messages."""
    person = house.person(name)
    return [message.text for message in sorted((*person.ephemerals(), *person.dms()), key=lambda m: m.ts)]


def trouble_seen_by_slack(house: House) -> list[str]:
    return [failed for delivery in house.slack.traffic.deliveries if (failed := delivery.failed)]
