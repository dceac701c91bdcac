"""What probes are told, and the server that tells it."""

import asyncio
import logging
import math
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import FrozenInstanceError, dataclass, field

import pytest
from aiohttp import ClientConnectorError, ClientSession, web

from bot.domain.errors import Busy, Unavailable
from handlers.http.health import Metric, NotReady, exposition, health_routes
from handlers.http.server import CannotListen, PortTaken, serve

HOST = "127.0.0.1"
WAITING = Metric(name="tandem_notices", help="Notices by state.", labels={"state": "waiting"}, value=3)


@dataclass
class House:
    """What the routes ask."""

    trouble: Exception | None = None
    metrics: list[Metric] = field(default_factory=list)

    async def ready(self) -> None:
        if self.trouble:
            raise self.trouble

    async def numbers(self) -> Iterable[Metric]:
        await self.ready()
        return self.metrics


@asynccontextmanager
async def asking(house: House) -> AsyncIterator[ClientSession]:
    async with (
        serve(HOST, 0, health_routes(house.ready, house.numbers)) as site,
        ClientSession(site.url) as session,
    ):
        yield session


async def ask(house: House, path: str) -> tuple[int, str]:
    async with asking(house) as session, session.get(path) as got:
        return got.status, await got.text()


# -- health


async def test_a_living_process_says_ok() -> None:
    assert await ask(House(), "/healthz") == (200, "ok")


async def test_alive_is_not_the_same_as_ready() -> None:
    assert await ask(House(trouble=Unavailable("gone")), "/healthz") == (200, "ok")


async def test_ready_says_ready() -> None:
    assert await ask(House(), "/readyz") == (200, "ready")


SECRET = "postgresql://bot:hunter2@db.internal/tandem"

TROUBLES = [
    (Busy(f"locked {SECRET}"), "the database is busy"),
    (Unavailable(f"database: connection to {SECRET} failed"), "the database cannot be used"),
    (NotReady("Slack has not answered auth.test yet"), "Slack has not answered auth.test yet"),
    (NotReady("first line\nsecond line"), "first line"),
    (NotReady(), "starting"),
]


@pytest.mark.parametrize(("trouble", "why"), TROUBLES)
@pytest.mark.parametrize("path", ["/readyz", "/metrics"])
async def test_a_503_says_why_in_one_line_and_no_secrets(path: str, trouble: Exception, why: str) -> None:
    assert await ask(House(trouble=trouble), path) == (503, why)


async def test_the_log_has_the_reason_that_strangers_are_not_told(caplog: pytest.LogCaptureFixture) -> None:
    await ask(House(trouble=Unavailable("database: it is read-only")), "/readyz")
    assert [record.__dict__["reason"] for record in caplog.records] == ["database: it is read-only"]


async def test_a_bug_is_a_500_and_not_called_unready() -> None:
    status, text = await ask(House(trouble=KeyError(SECRET)), "/readyz")
    assert status == 500
    assert SECRET not in text


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
async def test_probes_may_ask_by_head_but_post_nothing(path: str) -> None:
    async with asking(House()) as session:
        async with session.head(path) as got:
            assert got.status == 200
        async with session.post(path) as got:
            assert got.status == 405


# -- metrics


async def test_metrics_come_as_prometheus_text() -> None:
    async with asking(House(metrics=[WAITING])) as session, session.get("/metrics") as got:
        assert got.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert await got.text() == (
            "# HELP tandem_notices Notices by state.\n"
            "# TYPE tandem_notices gauge\n"
            'tandem_notices{state="waiting"} 3\n'
        )


def test_samples_of_one_name_stand_together_under_one_heading() -> None:
    up = Metric(name="tandem_up", help="Up.", value=1)
    dead = Metric(name="tandem_notices", help="Notices by state.", labels={"state": "dead"}, value=0)
    lines = exposition([WAITING, up, dead]).splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        'tandem_notices{state="waiting"} 3',
        'tandem_notices{state="dead"} 0',
        "tandem_up 1",
    ]
    assert len([line for line in lines if line.startswith("# TYPE")]) == 2


def test_no_metrics_are_an_empty_page() -> None:
    assert exposition([]) == ""


def test_a_counter_says_so() -> None:
    counted = Metric(name="tandem_posts_total", help="Posts.", value=2, kind="counter")
    assert "# TYPE tandem_posts_total counter\n" in exposition([counted])


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0"),
        (3.0, "3.0"),
        (0.25, "0.25"),
        (-1.5, "-1.5"),
        (1e22, "1e+22"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (math.nan, "nan"),
    ],
)
def test_every_float_is_written_as_prometheus_reads_it(value: float, written: str) -> None:
    assert exposition([Metric(name="m", help="h", value=value)]).endswith(f"m {written}\n")


def test_odd_characters_cannot_end_a_label_or_a_line() -> None:
    page = exposition(
        [Metric(name="m", help='back\\slash\nand "quotes"', labels={"a": 'x"} 1\nm\\', "b": "é"}, value=1)]
    )
    assert page == '# HELP m back\\\\slash\\nand "quotes"\n# TYPE m gauge\nm{a="x\\"} 1\\nm\\\\",b="é"} 1\n'


@pytest.mark.parametrize("name", ["", "1m", "a-b", "a b", "m\n", "é", "m{}"])
def test_a_wrong_name_is_refused_when_it_is_given(name: str) -> None:
    with pytest.raises(ValueError, match="not a name for a metric"):
        Metric(name=name, help="h", value=1)
    with pytest.raises(ValueError, match="not a name for a label"):
        Metric(name="m", help="h", value=1, labels={name: "x"})


@pytest.mark.parametrize("label", ["a:b", "__name__"])
def test_some_names_are_for_metrics_only(label: str) -> None:
    with pytest.raises(ValueError, match="not a name for a label"):
        Metric(name="m", help="h", value=1, labels={label: "x"})


def test_a_metric_stays_as_it_is() -> None:
    with pytest.raises(FrozenInstanceError):
        WAITING.value = 4  # type: ignore[misc]


# -- the server


def routes(answer: Callable[[], Awaitable[str]]) -> list[web.RouteDef]:
    async def handle(_: web.Request) -> web.Response:
        return web.Response(text=await answer())

    return [web.get("/", handle)]


async def hello() -> str:
    return "hello"


async def test_the_site_knows_the_port_it_got() -> None:
    async with serve(HOST, 0, routes(hello)) as site, ClientSession() as session, session.get(site.url) as got:
        assert site.port > 0
        assert await got.text() == "hello"


async def test_a_taken_port_is_one_line_that_says_how_to_mend_it() -> None:
    async with serve(HOST, 0, routes(hello)) as first:
        line = f"port {first.port} on {HOST} is taken: set TANDEM_HTTP_PORT to another"
        with pytest.raises(PortTaken, match=f"^{re.escape(line)}$"):
            async with serve(HOST, first.port, routes(hello)):
                pytest.fail("two listen on one port")


async def test_a_port_is_free_again_after_a_failed_start_and_after_a_stop() -> None:
    with socket.socket() as squatter:
        squatter.bind((HOST, 0))
        squatter.listen()
        port = squatter.getsockname()[1]
        with pytest.raises(PortTaken):
            await serve(HOST, port, routes(hello)).__aenter__()
    for _ in range(2):
        async with serve(HOST, port, routes(hello)) as site:
            assert site.port == port


async def test_an_address_that_is_not_ours_is_one_line_too() -> None:
    with pytest.raises(CannotListen, match=r"cannot listen on port 0 of 192\.0\.2\.1 .*TANDEM_HTTP_HOST") as caught:
        await serve("192.0.2.1", 0, routes(hello)).__aenter__()
    assert "\n" not in str(caught.value)


async def test_what_is_under_way_is_finished_before_the_server_goes() -> None:
    begun, end = asyncio.Event(), asyncio.Event()

    async def slowly() -> str:
        begun.set()
        await end.wait()
        return "done"

    async def fetch(url: str) -> str:
        async with ClientSession() as session, session.get(url) as got:
            return await got.text()

    async with serve(HOST, 0, routes(slowly)) as site:
        under_way = asyncio.create_task(fetch(site.url))
        await begun.wait()
        asyncio.get_running_loop().call_later(0.02, end.set)
    assert await under_way == "done"
    with pytest.raises(ClientConnectorError):
        await fetch(site.url)


async def test_what_never_ends_is_cut_off_after_the_grace() -> None:
    begun, cut = asyncio.Event(), asyncio.Event()

    async def for_ever() -> str:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cut.set()
        return ""

    async with ClientSession() as session:
        async with serve(HOST, 0, routes(for_ever), grace=0.02) as site:
            waiting = asyncio.create_task(session.get(site.url).__aenter__())
            await begun.wait()
        assert cut.is_set()
        assert isinstance((await asyncio.gather(waiting, return_exceptions=True))[0], Exception)


async def test_there_is_no_access_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "aiohttp.access")
    caplog.set_level(logging.DEBUG, "handlers")
    await ask(House(), "/healthz?token=xoxb-1")
    assert "xoxb" not in caplog.text


async def test_a_bug_keeps_its_traceback_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    await ask(House(trouble=ZeroDivisionError("oh")), "/readyz")
    [record] = caplog.records
    assert record.exc_info
    assert record.exc_info[0] is ZeroDivisionError
