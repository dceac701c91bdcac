"""Callers: signed knocks over keep-alive loopback connections, and how long each answer took.

The client is a few lines over asyncio's streams, so that it costs every server alike, and little. A knock is made
and signed before its clock starts. In the open loop the clock starts when a knock was due, not when a connection
became free: a server that stalls is charged for everybody who waits.
"""

import asyncio
import hashlib
import hmac
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import reduce
from statistics import quantiles
from uuid import uuid4

from benchmarks.slack import CUSTOMER, KEY, TITLE

HOST = "127.0.0.1"
PATIENCE = 30.0  #: seconds after which an answer counts as none; Slack's three are counted as late
SLACKS_PATIENCE = 3.0
_HOPELESS = 1_000  #: failures after which a run is given up
_CUSTOMERS = 2_000  #: who ask; one who asked for everything would be nobody's
_OPEN_LINES = 64  #: connections of the open loop


@dataclass(frozen=True, kw_only=True)
class Knock:
    key: str  #: once-only key of the form, as the database will hold it
    raw: bytes  #: the whole HTTP request


class Mint:
    """Makes knocks: each the same filled-in form with a new key and title and some customer, signed just now."""

    def __init__(self, body: str, secret: str) -> None:
        self._body = body.encode()
        self._secret = secret.encode()

    def knock(self) -> Knock:
        key = uuid4().hex
        title = f"{key[:8]}-connector"  # from all over the alphabet, as people's titles are
        customer = f"Customer+{int(key[:8], 16) % _CUSTOMERS}"
        marks = {KEY: key, TITLE: title, CUSTOMER: customer}
        body = reduce(lambda text, mark: text.replace(mark.encode(), marks[mark].encode()), marks, self._body)
        stamp = str(int(time.time())).encode()
        seal = hmac.new(self._secret, b"v0:" + stamp + b":" + body, hashlib.sha256).hexdigest().encode()
        head = (
            b"POST /slack/events HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            b"User-Agent: Slackbot 1.0 (+https://api.slack.com/robots)\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\n"
            b"X-Slack-Request-Timestamp: %b\r\nX-Slack-Signature: v0=%b\r\nContent-Length: %d\r\n\r\n"
        )
        return Knock(key=f"request:{key}", raw=head % (stamp, seal, len(body)) + body)


@dataclass(kw_only=True)
class Heard:
    """What came of a run."""

    seconds: list[float] = field(default_factory=list)  #: of each acknowledged knock
    acked: list[str] = field(default_factory=list)  #: their keys
    failed: list[str] = field(default_factory=list)  #: why, for each of the others
    elapsed: float = 0.0

    def add(self, knock: Knock, took: float, failure: str | None) -> None:
        if failure is None:
            self.seconds.append(took)
            self.acked.append(knock.key)
        else:
            self.failed.append(failure)

    @property
    def rate(self) -> float:
        return len(self.acked) / self.elapsed if self.elapsed else 0.0

    @property
    def late(self) -> int:
        return sum(took > SLACKS_PATIENCE for took in self.seconds)

    @property
    def p50(self) -> float:
        return percentile(self.seconds, 50)

    @property
    def p99(self) -> float:
        return percentile(self.seconds, 99)

    @property
    def worst(self) -> float:
        return max(self.seconds, default=float("nan"))


def percentile(values: Sequence[float], which: int) -> float:
    if len(values) < 2:
        return values[0] if values else float("nan")
    return quantiles(values, n=100, method="inclusive")[which - 1]


# ---- one connection -----------------------------------------------------------------------------


class Line:
    """One keep-alive connection. `acks` is what an answer must hold to count; a form error is a 200 too."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, acks: bytes) -> None:
        self._reader = reader
        self._writer = writer
        self._acks = acks

    async def send(self, knock: Knock) -> str | None:
        """None when acknowledged, else why not."""
        self._writer.write(knock.raw)
        status, body = await _answer(self._reader)
        if status != 200:
            return f"HTTP {status}"
        return None if self._acks in body else f"no ack but {body[:120]!r}"

    def close(self) -> None:
        self._writer.close()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = head.partition(b"content-length:")[2].partition(b"\r")[0]
    body = await reader.readexactly(int(length)) if length else b""
    return int(head[9:12]), body


@dataclass(frozen=True, kw_only=True)
class Door:
    """Where knocks go."""

    port: int
    mint: Mint
    acks: bytes = b""


@asynccontextmanager
async def _lines(door: Door, count: int) -> AsyncIterator[list[Line]]:
    lines = [Line(*await asyncio.open_connection(HOST, door.port), door.acks) for _ in range(count)]
    try:
        yield lines
    finally:
        for line in lines:
            line.close()


async def _timed(line: Line, knock: Knock, heard: Heard, since: float) -> None:
    failure: str | None
    try:
        async with asyncio.timeout(PATIENCE):
            failure = await line.send(knock)
    except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
        failure = type(error).__name__
    heard.add(knock, time.perf_counter() - since, failure)


# ---- loops --------------------------------------------------------------------------------------


async def closed(door: Door, callers: int, count: int, *, seconds: float = 600.0) -> Heard:
    """Each caller knocks again once it has its answer: `count` knocks in all, or as many as fit into `seconds`."""
    heard = Heard()
    left = iter(range(count))
    began = time.perf_counter()

    async def call(line: Line) -> None:
        for _ in left:
            knock = door.mint.knock()
            await _timed(line, knock, heard, time.perf_counter())
            if time.perf_counter() - began > seconds or len(heard.failed) > _HOPELESS:
                return

    async with _lines(door, callers) as lines:
        began = time.perf_counter()
        await asyncio.gather(*map(call, lines))
        heard.elapsed = time.perf_counter() - began
    return heard


async def at_rate(door: Door, per_second: float, seconds: float) -> Heard:
    """Knocks come when they are due, whoever is still waiting: free of coordinated omission."""
    heard = Heard()
    free: asyncio.Queue[Line] = asyncio.Queue()

    async def call(knock: Knock, due: float) -> None:
        line = await free.get()
        await _timed(line, knock, heard, due)
        free.put_nowait(line)

    async with _lines(door, _OPEN_LINES) as lines, asyncio.TaskGroup() as tasks:
        for line in lines:
            free.put_nowait(line)
        began = time.perf_counter()
        for turn in range(int(per_second * seconds)):
            knock, due = door.mint.knock(), began + turn / per_second
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            tasks.create_task(call(knock, due))
    heard.elapsed = time.perf_counter() - began
    return heard
