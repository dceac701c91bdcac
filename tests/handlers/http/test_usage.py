"""The usage API's door: whatever knocks, good events count once, and an answer tells nothing of anybody."""

import asyncio
import base64
import contextlib
import gzip
import json
import logging
import sqlite3
import tracemalloc
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from aiohttp import ClientConnectionError, ClientSession
from sqlalchemy import func, select

from bot.domain.acts import Clocks
from bot.domain.errors import Busy, Unavailable
from bot.domain.segment import EVENTS_MOST, REJECTS_KEPT, Batch
from bot.domain.usage import Event, Kind, PersonId
from handlers.http.server import serve
from handlers.http.usage import (
    BATCH_BYTES,
    BODY_BYTES,
    BYTES_WAITING,
    EVENTS_AT_ONCE,
    EVENTS_WAITING,
    MEMBERS_MOST,
    Collector,
    _Room,
    _Turned,
    collecting,
    source_of,
    usage_routes,
)
from storage.database import Database
from storage.store import Store
from storage.tables import usage_day, usage_message, usage_reject

ONE, TWO = "key-of-the-app", "key-of-the-site"
CLOCKS = Clocks(business=lambda: datetime.now(UTC), wall=lambda: datetime.now(UTC))
SECRET = "ines@acme.io"  #: what was sent: never in an answer, never in a log
OK = b'{"success": true}'


def a_track(event: str = "Good", **more: Any) -> dict[str, Any]:
    return {"type": "track", "userId": "ines", "event": event, "messageId": uuid4().hex, **more}


def tracks(count: int, event: str = "Good", **more: Any) -> list[dict[str, Any]]:
    return [a_track(event, **more) for _ in range(count)]


def a_body(*events: Any, **more: Any) -> bytes:
    return json.dumps({"batch": events, **more}).encode()


def basic(key: str, colon: str = ":") -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{key}{colon}".encode()).decode()}


# ---- the house behind it ------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def said(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, kw_only=True)
class Door:
    url: str
    db: Database
    collector: Collector
    http: ClientSession

    async def post(
        self,
        body: bytes,
        path: str = "/v1/batch",
        *,
        key: str | None = ONE,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        sent = {"Content-Type": "application/json", **(basic(key) if key else {}), **(headers or {})}
        async with self.http.post(
            f"{self.url}{path}", data=BytesIO(body), headers=sent, allow_redirects=False
        ) as answer:
            return Answer(status=answer.status, headers=answer.headers, body=await answer.read())

    async def counted(self, feature: str = "Good") -> int:
        return await self.db.read(_counted, feature)

    async def rejects(self) -> list[tuple[str, str]]:
        return await self.db.read(_rejects)


def _counted(store: Store, feature: str) -> int:
    total = select(func.coalesce(func.sum(usage_day.c.events), 0)).where(usage_day.c.feature == feature)
    return int(store.connection.execute(total).scalar_one())


def _rejects(store: Store) -> list[tuple[str, str]]:
    rows = store.connection.execute(
        select(usage_reject.c.reason, usage_reject.c.source).order_by(usage_reject.c.id)
    )
    return [(row.reason, row.source) for row in rows]


def _sources(store: Store) -> Counter[str]:
    return Counter(store.connection.scalars(select(usage_message.c.source)))


@contextlib.asynccontextmanager
async def open_door(
    database_url: str, http: ClientSession | None = None, *, busy_seconds: float = 2.0, read_within: float = 20.0
) -> AsyncIterator[Door]:
    async with (
        Database.open(database_url, busy_seconds=busy_seconds) as db,
        ClientSession() as own,
        collecting(db, CLOCKS) as collector,
        serve("127.0.0.1", 0, usage_routes(collector, [ONE, TWO], CLOCKS, read_within=read_within)) as site,
    ):
        yield Door(url=site.url, db=db, collector=collector, http=http or own)


@pytest.fixture
async def door(sqlite_url: str) -> AsyncIterator[Door]:
    async with open_door(sqlite_url) as opened:
        yield opened


@pytest.fixture
async def any_door(database_url: str) -> AsyncIterator[Door]:
    async with open_door(database_url) as opened:
        yield opened


@contextlib.contextmanager
def locked(sqlite_url: str) -> Iterator[None]:
    """Somebody else holds the file."""
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


def is_refusal(answer: Answer, status: int, code: str) -> bool:
    said = answer.said
    retry = answer.headers.get("Retry-After", "")
    assert answer.status == status, answer
    assert said.keys() == {"success", "code", "message"}
    assert (said["success"], said["code"]) == (False, code)
    assert retry.isdigit() == (status in (429, 503))
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    return bool(said["message"])


# ---- paths, types, packing ----------------------------------------------------------------------

SINGLE: dict[str, dict[str, Any]] = {
    "track": {"event": "Good"},
    "t": {"event": "Good"},
    "page": {"name": "Home"},
    "p": {"name": "Home"},
    "screen": {"name": "Home"},
    "s": {"name": "Home"},
    "identify": {"traits": {"email": SECRET}},
    "i": {"traits": {"email": SECRET}},
    "group": {"groupId": "acme"},
    "g": {"groupId": "acme"},
    "alias": {"previousId": "anon"},
    "a": {"previousId": "anon"},
}


async def test_every_path_takes_events_with_and_without_a_slash(any_door: Door) -> None:
    for name, said in SINGLE.items():
        for slash in ("", "/"):
            answer = await any_door.post(json.dumps({"userId": "ines", **said}).encode(), f"/v1/{name}{slash}")
            assert (answer.status, answer.body) == (200, OK), name
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
    for name in ("batch", "b", "import"):
        for slash in ("", "/"):
            assert (await any_door.post(a_body(a_track()), f"/v1/{name}{slash}")).body == OK
    assert await any_door.counted() == 4 + 6
    assert await any_door.counted("") == 8
    assert await any_door.rejects() == []


async def test_what_is_answered_is_committed(any_door: Door) -> None:
    for n in range(1, 6):
        assert (await any_door.post(a_body(*tracks(3)))).status == 200
        assert await any_door.counted() == 3 * n


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/batches", "/v1/batch/x", "/v2/batch", "//v1/batch"])
async def test_other_paths_are_not_there_and_nothing_redirects(door: Door, path: str) -> None:
    assert (await door.post(a_body(a_track()), path)).status == 404


async def test_only_post_brings_events(door: Door) -> None:
    for method in ("GET", "PUT", "DELETE", "HEAD"):
        async with door.http.request(method, f"{door.url}/v1/batch", data=a_body(a_track())) as answer:
            assert answer.status == 405


@pytest.mark.parametrize(
    "kind",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "é/;;=", "text/xml; charset=x"],
)
async def test_any_content_type_or_none_will_do(door: Door, kind: str) -> None:
    assert (await door.post(a_body(a_track()), headers={"Content-Type": kind})).body == OK
    assert await door.counted() == 1


def members(body: bytes, size: int) -> bytes:
    return b"".join(gzip.compress(body[at : at + size]) for at in range(0, len(body), size))


@pytest.mark.parametrize("declared", ["gzip", "deflate", "br", "identity", "nonsense", None])
async def test_gzip_is_known_by_how_it_begins_whatever_it_is_called(door: Door, declared: str | None) -> None:
    headers = {"Content-Encoding": declared} if declared else {}
    plain = a_body(a_track())
    packed = [gzip.compress(plain), members(plain, 40), gzip.compress(plain) + b"\0" * 100, plain]
    for n, body in enumerate(packed, 1):
        answer = await door.post(body, headers=headers)
        assert (answer.status, n) == (200, n)
    assert await door.counted() == 1


@pytest.mark.parametrize(
    ("packed", "words"),
    [
        (gzip.compress(a_body(a_track()))[:-9], "too early"),
        (gzip.compress(a_body(a_track()))[:20], "too early"),
        (b"\x1f\x8b", "too early"),
        (b"\x1f\x8bgarbage that is no gzip at all", "isn't gzip"),
        (gzip.compress(a_body(a_track()))[:-8] + b"12345678", "isn't gzip"),
        (gzip.compress(a_body(a_track())) + b"more", "isn't gzip"),
        (members(b" " * 100, 100 // (MEMBERS_MOST + 1)), "too many parts"),
        (gzip.compress(b""), "JSON"),
        (gzip.compress(gzip.compress(a_body(a_track()))), "JSON"),
    ],
    ids=["without its end", "its beginning", "its mark", "not gzip", "checksum", "tail", "parts", "empty", "twice"],
)
async def test_broken_gzip_is_refused(door: Door, packed: bytes, words: str) -> None:
    for headers in ({}, {"Content-Encoding": "gzip"}):
        answer = await door.post(packed, headers=headers)
        assert is_refusal(answer, 400, "invalid_request")
        assert words in answer.said["message"]


async def test_a_bomb_is_unpacked_to_the_limit_and_no_further(door: Door) -> None:
    bombs = [gzip.compress(b" " * (128 << 20)), gzip.compress(b"[" * (3 << 20)) * 15]
    for bomb in bombs:
        tracemalloc.start()
        answer = await door.post(bomb, headers={"Content-Encoding": "gzip"})
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert is_refusal(answer, 413, "too_large")
        assert peak < 6 * BODY_BYTES


# ---- keys ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "inside"),
    [
        (basic(ONE), None),
        (basic(ONE, ""), None),
        (basic(ONE, ":secret"), None),
        ({"Authorization": basic(ONE)["Authorization"].rstrip("=")}, None),
        ({"Authorization": basic(ONE)["Authorization"].replace("Basic", "bAsIc ")}, None),
        ({}, ONE),
        (basic("somebody-else"), ONE),
        (basic(""), ONE),
        ({"Authorization": "Bearer xyz"}, ONE),
        (basic(ONE), ONE),
        (basic(ONE), TWO),
        (basic(ONE), "somebody-else"),
        (basic(ONE), 7),
    ],
)
async def test_a_source_is_known_by_its_key(door: Door, headers: dict[str, str], inside: Any) -> None:
    body = a_body(a_track(), **({} if inside is None else {"writeKey": inside}))
    assert (await door.post(body, key=None, headers=headers)).body == OK
    assert await door.db.read(_sources) == {source_of(ONE): 1}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic("somebody-else"),
        basic(ONE[:-1]),
        basic(ONE.upper()),
        basic(source_of(ONE)),
        {"Authorization": "Basic"},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic " + base64.b64encode(b"\xff\xfe:").decode()},
        {"Authorization": f"Basic {ONE}"},
        {"Authorization": "Bearer " + ONE},
        {"Authorization": "Basic é"},
    ],
)
@pytest.mark.parametrize("inside", [None, "", "other", True, [ONE], {"a": ONE}, "\ud800"])
async def test_who_has_no_key_is_told_so_and_brings_nothing(
    door: Door, headers: dict[str, str], inside: Any, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await door.post(a_body(a_track(), writeKey=inside), key=None, headers=headers)
    assert is_refusal(answer, 401, "invalid_write_key")
    assert await door.counted() == 0
    assert "invalid_write_key" in _whole(caplog)
    assert "somebody" not in _whole(caplog)


async def test_two_sources_with_the_same_message_id_do_not_meet(any_door: Door) -> None:
    same = a_body(a_track(messageId="m1"))
    answers = [await any_door.post(same, key=key) for key in (ONE, ONE, TWO, TWO, ONE)]
    assert {(answer.status, answer.body) for answer in answers} == {(200, OK)}  # nobody learns what others sent
    assert await any_door.db.read(_sources) == {source_of(ONE): 1, source_of(TWO): 1}
    assert await any_door.counted() == 2


async def test_one_batch_with_the_same_event_twice_counts_it_once(any_door: Door) -> None:
    assert (await any_door.post(a_body(*[a_track(messageId="m1")] * 5, a_track()))).body == OK
    assert await any_door.counted() == 2


# ---- browsers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/t/", "/v1/import"])
async def test_a_browser_may_ask_before_it_sends(door: Door, path: str) -> None:
    asked = {
        "Origin": "https://app.acme.test",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,x-retry-count",
    }
    async with door.http.options(f"{door.url}{path}", headers=asked) as answer:
        assert answer.status == 200
        allowed = answer.headers["Access-Control-Allow-Headers"].lower().replace(" ", "").split(",")
        assert {"authorization", "content-type", "x-retry-count", "*"} <= set(allowed)
        assert "POST" in answer.headers["Access-Control-Allow-Methods"]
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


# ---- limits -------------------------------------------------------------------------------------


def padded(size: int, **more: Any) -> bytes:
    body = a_body(a_track(), **more, padding="")
    return a_body(a_track(), **more, padding="x" * (size - len(body)))


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
async def test_how_large_a_body_may_be_depends_on_where_its_key_is(door: Door, pack: Any) -> None:
    assert (await door.post(pack(padded(BATCH_BYTES, writeKey=ONE)), key=None)).body == OK
    assert (await door.post(pack(padded(BODY_BYTES)))).body == OK
    for body, key in (
        (padded(BATCH_BYTES + 1, writeKey=ONE), None),
        (padded(BATCH_BYTES + 1, writeKey=ONE), ONE),
        (padded(BODY_BYTES + 1), ONE),
        (padded(BATCH_BYTES + 1), "somebody-else"),
    ):
        answer = await door.post(pack(body), key=key)
        assert is_refusal(answer, 413, "too_large")
        assert answer.headers["Connection"] == "close"  # what else is on its way is nobody's next request
    assert await door.counted() == 2


async def test_the_number_of_events_has_a_limit_and_none_is_none(any_door: Door) -> None:
    assert (await any_door.post(a_body(*tracks(EVENTS_MOST)))).body == OK
    assert await any_door.counted() == EVENTS_MOST
    for body in (a_body(), a_body(*tracks(EVENTS_MOST + 1)), b"{}", b""):
        assert is_refusal(await any_door.post(body), 400, "invalid_request")
    assert await any_door.counted() == EVENTS_MOST


async def test_what_is_wrong_with_one_event_is_kept_and_costs_no_other(any_door: Door) -> None:
    wrong = [{"type": "track", "messageId": "bad", "event": SECRET}, None, a_track(x="x" * 40_000)]
    mixed = [one for bad in wrong for one in (a_track(), bad)]
    assert (await any_door.post(a_body(*mixed))).body == OK
    assert await any_door.counted() == len(wrong)
    reasons = await any_door.rejects()
    assert {source for _, source in reasons} == {source_of(ONE)}
    assert [words for words, _ in reasons] == [
        "it names neither userId nor anonymousId",
        "an event must be an object",
        "an event has at most 32 kB",
    ]


async def test_of_one_request_a_hundred_rejects_are_kept(any_door: Door) -> None:
    assert (await any_door.post(a_body(*[7] * EVENTS_MOST))).body == OK
    reasons = await any_door.rejects()
    assert len(reasons) == REJECTS_KEPT + 1
    assert reasons[-1][0] == "an event must be an object (2,400 more in one request)"
    assert [m.value for m in any_door.collector.metrics() if m.labels["outcome"] == "rejected"] == [EVENTS_MOST]


async def test_the_longest_words_fit_into_every_index(any_door: Door) -> None:
    for letter in ("x", "😀", "ß", "ΐ", "ﷺ"):
        long = letter * 200
        event = a_track(long, userId=long, anonymousId=f"{long[:-1]}y", groupId=long)
        group = {"type": "group", "userId": long, "groupId": long, "traits": {"name": long}}
        person = {"type": "identify", "userId": letter, "traits": {"email": f"a@{long[:150]}.io", "role": long}}
        assert (await any_door.post(a_body(event, group, person, a_track()))).body == OK
    assert await any_door.counted() == 5


async def test_a_body_that_does_not_come_is_not_waited_for(sqlite_url: str) -> None:
    async with open_door(sqlite_url, read_within=0.2) as door:
        reader, writer = await connected(door)
        writer.write(a_request(b"x" * 100)[:-50])
        head = await asyncio.wait_for(reader.readuntil(b"\r\n"), 5)
        assert b" 408 " in head
        writer.close()
        assert (await door.post(a_body(a_track()))).body == OK


def test_bodies_under_way_have_a_limit_together() -> None:
    room = _Room(BYTES_WAITING)
    with room.hold() as more:
        for _ in range(16):
            more(BODY_BYTES)
        with room.hold() as other, pytest.raises(_Turned) as turned:
            other(BODY_BYTES)
        assert turned.value.status == 429
    with room.hold() as more:
        more(BYTES_WAITING)


# ---- who hangs up -------------------------------------------------------------------------------


def a_request(body: bytes) -> bytes:
    head = f"POST /v1/batch HTTP/1.1\r\nHost: x\r\nAuthorization: {basic(ONE)['Authorization']}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def connected(door: Door) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    where = urlsplit(door.url)
    return await asyncio.open_connection(where.hostname, where.port)


@pytest.mark.parametrize("abrupt", [False, True])
async def test_who_hangs_up_stops_nobody(door: Door, abrupt: bool, caplog: pytest.LogCaptureFixture) -> None:
    body = a_body(*tracks(10, "Hung up"))
    for sent in (
        a_request(body),
        a_request(body)[:-20],
        a_request(body)[:60],
        a_request(body * 50)[: len(body) * 40],
    ):
        _, writer = await connected(door)
        writer.write(sent)
        await writer.drain()
        if abrupt:
            writer.transport.abort()
        writer.close()
        assert (await door.post(a_body(a_track()))).body == OK
    assert await door.counted() == 4
    assert await door.counted("Hung up") in (0, 10)
    assert "Traceback" not in _whole(caplog)


async def test_a_broken_chunk_is_a_bad_request(door: Door) -> None:
    reader, writer = await connected(door)
    head = f"POST /v1/batch HTTP/1.1\r\nHost: x\r\nAuthorization: {basic(ONE)['Authorization']}\r\n"
    writer.write(f"{head}Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n".encode())
    assert b" 400 " in await asyncio.wait_for(reader.readuntil(b"\r\n"), 5)
    writer.close()


# ---- the database fails -------------------------------------------------------------------------


async def test_while_somebody_holds_the_file_clients_are_told_to_wait(sqlite_url: str) -> None:
    bodies = [a_body(*tracks(20)) for _ in range(5)]
    async with open_door(sqlite_url, busy_seconds=0.3) as door:
        with locked(sqlite_url):
            answers = await asyncio.gather(*map(door.post, bodies))
        assert all(is_refusal(answer, 503, "unavailable") for answer in answers)
        assert await door.counted() == 0
        assert {(await door.post(body)).body for body in bodies * 2} == {OK}
        assert await door.counted() == 100


async def test_more_than_can_be_kept_is_told_to_slow_down(sqlite_url: str) -> None:
    async with open_door(sqlite_url) as door:
        with locked(sqlite_url):
            batches = [a_batch(EVENTS_MOST) for _ in range(EVENTS_WAITING // EVENTS_MOST)]
            takes = [asyncio.create_task(door.collector.take(batch)) for batch in batches]
            await asyncio.sleep(0)
            assert is_refusal(await door.post(a_body(*tracks(EVENTS_AT_ONCE + 1))), 429, "slow_down")
            for take in takes:
                take.cancel()
        assert (await door.post(a_body(a_track()))).body == OK


async def test_a_connection_killed_in_the_middle_is_a_503_and_the_same_again_counts_once(postgres_url: str) -> None:
    bodies = [a_body(*tracks(20)) for _ in range(5)]
    async with open_door(postgres_url) as door, await psycopg.AsyncConnection.connect(postgres_url) as other:
        await other.execute("LOCK TABLE usage_message IN ACCESS EXCLUSIVE MODE")
        posts = [asyncio.create_task(door.post(body)) for body in bodies]
        await _kill_who_waits(postgres_url)
        killed = await asyncio.wait_for(asyncio.wait(posts, return_when=asyncio.FIRST_COMPLETED), 10)
        assert all(is_refusal(post.result(), 503, "unavailable") for post in killed[0])
        await other.rollback()
        statuses = {(await post).status for post in posts}
        assert statuses <= {200, 503}
        assert {(await door.post(body)).body for body in bodies} == {OK}
        assert await door.counted() == 100


async def _kill_who_waits(url: str) -> None:
    those = "application_name = 'tandem' AND wait_event_type = 'Lock' AND datname = current_database()"
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as admin, asyncio.timeout(10):
        killed: list[Any] = []
        while not killed:
            found = await admin.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {those}")
            killed = await found.fetchall()


# ---- one for many -------------------------------------------------------------------------------


def an_event(**more: Any) -> Event:
    now = CLOCKS.business()
    values: dict[str, Any] = {"kind": Kind.TRACK, "at": now, "received_at": now, "name": "Good"}
    return Event(source=source_of(ONE), message=uuid4().hex, person=PersonId("ines"), **{**values, **more})


def a_batch(count: int, **more: Any) -> Batch:
    return Batch(events=tuple(an_event(**more) for _ in range(count)), rejected=())


async def test_one_that_can_not_be_kept_keeps_none_of_its_neighbours(any_door: Door) -> None:
    good = [a_batch(3) for _ in range(6)]
    poison = a_batch(2, at="yesterday")  # no moment, so that a fault of ours shows
    takes = [any_door.collector.take(batch) for batch in (*good[:3], poison, *good[3:])]
    came = await asyncio.gather(*takes, return_exceptions=True)
    assert [one is None for one in came] == [True] * 3 + [False] + [True] * 3
    assert not isinstance(came[3], Busy | Unavailable)
    assert await any_door.counted() == 18


async def test_a_fault_of_ours_is_a_503_that_tells_nothing(
    sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_door(sqlite_url) as door:
        await door.db.write(lambda store: store.connection.exec_driver_sql("DROP TABLE usage_person") and None)
        answer = await door.post(a_body(a_track(SECRET)))
    assert is_refusal(answer, 503, "unavailable")
    assert "usage_person" not in answer.body.decode()
    assert SECRET not in _whole(caplog)


async def test_a_long_batch_gives_way_to_short_ones(door: Door) -> None:
    order: list[str] = []

    async def take(name: str, batch: Batch) -> None:
        await door.collector.take(batch)
        order.append(name)

    await asyncio.gather(take("long", a_batch(EVENTS_MOST)), *(take("short", a_batch(1)) for _ in range(5)))
    assert order == ["short"] * 5 + ["long"]
    assert await door.counted() == EVENTS_MOST + 5


async def test_no_transaction_is_longer_than_people_can_wait_for(door: Door) -> None:
    collector = Collector(door.db, CLOCKS)  # which nobody runs
    sizes = (700, 100, 100, 250)
    takes = [asyncio.create_task(collector.take(a_batch(size))) for size in sizes]
    await asyncio.sleep(0)
    groups = []
    while group := collector._next():
        groups.append([piece.size for piece in group])
        for piece in group:
            piece.kept()
    assert groups == [[300], [100, 100, 100], [300], [150, 100]]
    assert max(map(sum, groups)) == EVENTS_AT_ONCE
    await asyncio.gather(*takes)


async def test_who_no_longer_waits_is_passed_over(door: Door) -> None:
    collector = Collector(door.db, CLOCKS)
    gone, here = (asyncio.create_task(collector.take(a_batch(400))) for _ in range(2))
    await asyncio.sleep(0)
    assert [piece.size for piece in collector._next()] == [300]
    gone.cancel()
    await asyncio.sleep(0)
    sizes = []
    while group := collector._next():
        sizes += [piece.size for piece in group]
        for piece in group:
            piece.kept()
    assert sizes == [300, 100]
    assert collector._size == 0
    await here


async def test_when_the_door_closes_nobody_is_left_waiting(sqlite_url: str) -> None:
    async with open_door(sqlite_url, busy_seconds=0.5) as door:
        with locked(sqlite_url):
            takes = [asyncio.create_task(door.collector.take(a_batch(200))) for _ in range(4)]
            await asyncio.sleep(0.05)
            door.collector.close()
            came = await asyncio.wait_for(asyncio.gather(*takes, return_exceptions=True), 5)
        assert [type(one) for one in came] == [Busy] * 2 + [Unavailable] * 2
        with pytest.raises(Unavailable):
            await door.collector.take(a_batch(1))
        assert is_refusal(await door.post(a_body(a_track())), 503, "unavailable")


async def test_when_the_server_stops_all_are_answered_and_what_was_confirmed_is_kept(database_url: str) -> None:
    bodies = [a_body(*tracks(400)) for _ in range(8)]
    async with ClientSession() as http:
        async with open_door(database_url, http) as door:
            posts = [asyncio.create_task(door.post(body)) for body in bodies]
            await asyncio.wait(posts, return_when=asyncio.FIRST_COMPLETED)
        came = await asyncio.wait_for(asyncio.gather(*posts, return_exceptions=True), 5)
    answers = [one for one in came if isinstance(one, Answer)]
    kept = [answer for answer in answers if answer.status == 200]
    assert kept
    assert {answer.status for answer in answers} <= {200, 503}
    assert all(isinstance(one, Answer | ClientConnectionError) for one in came)
    async with Database.open(database_url) as db:
        assert await db.read(_counted, "Good") >= 400 * len(kept)


# ---- two hundred bodies -------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Knock:
    body: bytes
    path: str = "/v1/batch"
    key: str | None = ONE
    headers: Mapping[str, str] = field(default_factory=dict)


DEEP = b"[" * 50_000 + b"]" * 50_000
DEEP_EVENT = b'{"type":"track","userId":"x","event":"Bad","properties":' + b'{"a":' * 900 + b"1" + b"}" * 901
NUMBERS = ["9" * 5_000, "-" + "9" * 400, "1e999", "-1e308", "NaN", "Infinity", "9223372036854775808", "1E+400"]
VALUES = [
    *NUMBERS,
    "null",
    "true",
    "[]",
    "{}",
    '""',
    '"\\u0000"',
    '"\\ud800"',
    '"\\udc00\\ud800"',
    json.dumps("x" * 5_000),
]
FIELDS = [
    "type",
    "userId",
    "messageId",
    "timestamp",
    "sentAt",
    "event",
    "groupId",
    "context",
    "properties",
    "traits",
]
BROKEN = [
    b"",
    b" ",
    b"null",
    b"true",
    b"0",
    b'"batch"',
    b"[]",
    b"{}",
    b"{" * 1_000,
    DEEP,
    b'{"batch":' + DEEP + b"}",
    b'{"batch":[' + DEEP_EVENT + b"]}",
    b'{"batch":[' + b"[" * 900 + b"]" * 900 + b"]}",
    b"\xff\xfe\x00\x01",
    b'{"batch":[{"type":"track","userId":"\xc3\x28","event":"Bad"}]}',
    b'{"batch":[{"type":"track","userId":"\xed\xa0\x80","event":"Bad"}]}',
    a_body(a_track("Bad")).decode().encode("utf-16"),
    a_body(a_track("Bad"))[:-1],
    a_body(a_track("Bad")) + b"}",
    b"batch=" + a_body(a_track("Bad")),
    b'{"batch": "x", "batch": []}',
    b'{"batch":[' + b"0," * 100_000 + b"0]}",
    b'{"batch":[null,[],{},0,"",true,1e5]}',
    a_body(*[{"batch": tracks(2, "Bad")}] * 3),
    a_body(a_track("Bad", **{"x" * 40_000: 1})),
    a_body(a_track("Bad"), context={str(n): {"a": n} for n in range(20_000)}),
    a_body(a_track("Bad"), context="x", sentAt={"a": 1}),
    b"\x1f\x8b",
    b"\x1f\x8b\x08\x00" + b"\0" * 50,
    gzip.compress(b" " * (20 << 20)),
    gzip.compress(DEEP),
    gzip.compress(b'{"batch":[' + b"0," * 1_000_000 + b"0]}"),
    gzip.compress(b"{}") * 40,
    gzip.compress(a_body(a_track("Bad")))[:-5],
]


def hostile() -> Iterator[Knock]:
    """Two hundred and more."""
    for body in BROKEN:
        yield Knock(body=body)
        yield Knock(body=body, path="/v1/track", headers={"Content-Encoding": "gzip", "Content-Type": "x"})
    for name in FIELDS:
        for value in VALUES:
            said = {"type": '"track"', "userId": '"x"', "event": '"Bad"', name: value}
            event = "{" + ",".join(f'"{one}":{text}' for one, text in said.items()) + "}"
            yield Knock(body=f'{{"batch":[{event}]}}'.encode(), path="/v1/batch" if len(value) % 2 else "/v1/b/")
    theirs = a_body(a_track("Theirs", writeKey=TWO, source=source_of(TWO)), writeKey=TWO)
    yield Knock(body=theirs)
    yield Knock(body=theirs, key="unknown", headers={"X-Forwarded-For": "127.0.0.1"})
    yield Knock(body=a_body(a_track("Bad"), writeKey=[ONE, TWO]), key=None)
    yield Knock(body=a_body(a_track("Bad"), writeKey={"$ne": ""}), key=None)
    yield Knock(body=a_body(a_track("Bad"), writeKey=source_of(TWO)), key=None)


async def test_two_hundred_malformed_bodies_stop_no_good_event_and_learn_nothing(
    any_door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    assert (await any_door.post(a_body(a_track(SECRET, userId=SECRET)), key=TWO)).body == OK
    knocks, statuses, good = list(hostile()), Counter[int](), 0
    assert len(knocks) >= 200
    for together in (knocks[at : at + 8] for at in range(0, len(knocks), 8)):
        fine = [replace(KNOCK, body=a_body(a_track(userId=f"u{n}"))) for n in range(2)]
        answers = await asyncio.gather(*(_knock(any_door, one) for one in (fine[0], *together, fine[1])))
        assert (answers[0].body, answers[-1].body) == (OK, OK)
        good += 2
        for answer in answers[1:-1]:
            statuses[answer.status] += 1
            _tells_nothing(answer)
    assert statuses.keys() == {200, 400, 401, 413}, statuses
    assert await any_door.counted() == good
    assert await any_door.counted(SECRET) == 1
    sources = await any_door.db.read(_sources)
    assert sources[source_of(TWO)] == 2  # the first of all, and the one sent with their key and no other
    assert set(sources) == {source_of(ONE), source_of(TWO)}
    assert not any(word in _whole(caplog) for word in (ONE, TWO, SECRET, "Bad", "Traceback"))


KNOCK = Knock(body=b"")


async def _knock(door: Door, one: Knock) -> Answer:
    return await door.post(one.body, one.path, key=one.key, headers=one.headers)


def _tells_nothing(answer: Answer) -> None:
    if answer.status == 200:
        assert answer.body == OK
    else:
        codes = {400: "invalid_request", 401: "invalid_write_key", 413: "too_large"}
        assert is_refusal(answer, answer.status, codes[answer.status])
    words = answer.body.decode()
    assert not any(word in words for word in (ONE, TWO, SECRET, source_of(ONE), source_of(TWO), "Traceback"))


def _whole(caplog: pytest.LogCaptureFixture) -> str:
    """All that was logged, with what stands beside the words."""
    quiet = [record for record in caplog.records if record.levelno >= logging.INFO]
    return "\n".join(f"{vars(record)} {record.exc_text or ''}" for record in quiet)


def test_a_source_is_called_by_no_key() -> None:
    assert ONE not in source_of(ONE)
    assert len(source_of(ONE)) == len(source_of(TWO)) == 12
