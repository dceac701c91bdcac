"""Tandem as a process of its own, to be killed without a word; and an eye on its database, to know when."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from aiohttp import web
from pydantic import SecretStr
from sqlalchemy import make_url

from bot.settings import Settings
from sandbox.server import Sandbox
from tests.flows.house import ROOT

START_SECONDS = 30.0


class Process:
    """`python -m bot run`, started again whenever it is gone, as a supervisor would."""

    command: tuple[str, ...] = ("-m", "bot", "run")

    def __init__(self, slack: Sandbox, settings: Settings, folder: Path, name: str = "bot") -> None:
        self.name = name
        self._slack = slack
        self._settings = settings
        self._folder = folder
        self._log = folder / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._killed = False
        self._starting = asyncio.Lock()
        self.examine: Callable[[], Awaitable[None]] | None = (
            None  #: what it left behind, before the next one starts
        )

    async def up(self) -> None:
        """Return once it serves; start it where it doesn't run."""
        async with self._starting, asyncio.timeout(START_SECONDS):
            while not self.is_running or not await self._is_serving():
                if not self.is_running:
                    await self._next()
                await asyncio.sleep(0.02)

    async def _next(self) -> None:
        await self._bury()
        if self._killed and self.examine:
            await self.examine()
        self._killed = False
        self._start()

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """kill -9, from any thread; nothing else of this machine is touched."""
        if self._process is not None:
            self._killed = True
            self._process.kill()  # Popen knows whether the process still is the one it started
            self._process.wait(START_SECONDS)

    async def stop(self) -> None:
        """As a supervisor would: ask, and after a while insist."""
        if self._process is not None and self.is_running:
            self._process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                await asyncio.to_thread(self._process.wait, 10)
            self.kill()

    def log(self) -> str:
        return self._log.read_text() if self._log.exists() else ""

    def _start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *self.command],
                env=environment(self._settings),
                cwd=self._folder,  # not where a developer keeps an .env
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    async def _is_serving(self) -> bool:
        if self._settings.slack_app_token:
            return self._slack.sockets.connections > 0
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self._settings.tandem_http_port)
        except OSError:
            return False
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        return True

    async def _bury(self) -> None:
        await self._slack.until(lambda: self._slack.sockets.connections == 0)


@asynccontextmanager
async def a_process(slack: Sandbox, settings: Settings, folder: Path) -> AsyncIterator[Process]:
    process = Process(slack, settings, folder)
    try:
        await process.up()
        yield process
    finally:
        await process.stop()


def environment(settings: Settings) -> dict[str, str]:
    """These settings as the variables they are read from, and nothing of our own environment that matters."""
    values = {name.upper(): _as_text(value) for name, value in settings}
    ours = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT)}
    return ours | {name: value for name, value in values.items() if value}


def _as_text(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return "" if value is None else str(value)


# ---- killing it in the middle of a call -----------------------------------------------------------

ARRIVES, DONE, ANSWERED = "arrives", "is done", "is answered"


@dataclass(frozen=True)
class KillAround:
    """Tandem dies while Slack has its call."""

    kill: Callable[[], None]
    when: str
    delay: float = 0.0  #: seconds after the answer has left

    async def around(self, do: Callable[[], Awaitable[Any]], request: web.Request) -> web.Response:
        if self.when == ARRIVES:
            self.kill()
            return web.Response(status=500)
        answer = await do()
        if self.when == DONE:
            self.kill()
        else:
            asyncio.get_running_loop().call_later(self.delay, self.kill)
        return web.json_response(answer)


# ---- watching its database ----------------------------------------------------------------------

COMMIT, CLAIM, SETTLE, PUT = "commit", "claim", "settle", "put"
_LOOK = (
    "SELECT (SELECT coalesce(sum(version), 0) FROM request),"
    " (SELECT coalesce(sum(attempts), 0) FROM notice),"
    " (SELECT count(*) FROM notice WHERE state = 'posted'),"
    " (SELECT count(*) FROM notice WHERE topic = 'digest')"
)


@dataclass
class Watch:
    """What was committed, as it happens: a request changed, a notice was claimed or settled, a digest put."""

    url: str
    heard: Callable[[str, int], None] = lambda _name, _count: None  #: told in the watching thread
    events: list[tuple[str, float]] = field(default_factory=list)  #: name and time.time()

    @contextmanager
    def watching(self) -> Iterator["Watch"]:
        over = threading.Event()
        ready = threading.Event()
        thread = threading.Thread(target=self._look, args=(over, ready), daemon=True)
        thread.start()
        assert ready.wait(10)
        try:
            yield self
        finally:
            over.set()
            thread.join()

    def _look(self, over: threading.Event, ready: threading.Event) -> None:
        with _looking(self.url) as look:
            first = before = look()
            ready.set()
            while not over.is_set():
                now = look()
                for name, start, old, new in zip((COMMIT, CLAIM, SETTLE, PUT), first, before, now, strict=True):
                    if new > old:
                        self.events.append((name, time.time()))
                        self.heard(name, new - start)
                before = now
                time.sleep(0.0002)


@contextmanager
def _looking(url: str) -> Iterator[Callable[[], tuple[int, ...]]]:
    where = make_url(url)
    if where.get_backend_name() == "sqlite":
        lite = sqlite3.connect(f"file:{where.database}?mode=ro", uri=True, isolation_level=None, timeout=5)
        try:
            yield lambda: lite.execute(_LOOK).fetchone()
        finally:
            lite.close()
    else:
        with psycopg.connect(url, autocommit=True) as connection:
            yield lambda: _whole(connection.execute(_LOOK).fetchone())


def _whole(row: tuple[int, ...] | None) -> tuple[int, ...]:
    assert row is not None
    return tuple(map(int, row))
