"""What stands between a client and the server, and lets through what it likes: a network on a bad day."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

from aiohttp import BasicAuth, ClientError, ClientSession, ClientTimeout, web


class Trouble(StrEnum):
    SLOW_DOWN = "429 with Retry-After"
    SLOW_DOWN_BARE = "429"
    UNAVAILABLE = "503 with Retry-After"
    UNAVAILABLE_BARE = "503"
    CUT = "cut before the server had it"
    MUTE = "cut when the server had answered"
    HANG = "no answer in time, and the server never had it"
    LATE = "answered when the client had given up waiting"
    STRAGGLER = "cut, and the server has it later, when it was sent again"
    TWICE = "delivered twice at once"


_REFUSALS = {
    Trouble.SLOW_DOWN: (429, {"Retry-After": "1"}),
    Trouble.SLOW_DOWN_BARE: (429, {}),
    Trouble.UNAVAILABLE: (503, {"Retry-After": "1"}),
    Trouble.UNAVAILABLE_BARE: (503, {}),
}
_OF_A_CONNECTION = {"host", "connection", "content-length", "transfer-encoding", "keep-alive", "date", "server"}


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What meets the requests of each client, in an order that follows from the seed. None: nothing does."""

    seed: int
    troubles: tuple[Trouble, ...] = tuple(Trouble)
    calm: int  #: requests after each trouble that get through
    again: bool  #: or all is calm once each trouble was met

    def of(self, client: str) -> Iterator[Trouble | None]:
        dice = Random(f"{self.seed} {client}")
        while True:
            for trouble in dice.sample(self.troubles, len(self.troubles)):
                yield from [trouble] * dice.choice((1, 1, 2) if self.again else (1,))
                yield from [None] * self.calm
            while not self.again:
                yield None


@dataclass
class Weather:
    """A proxy of ours: an address to send to, and what happened on the way."""

    server: str
    forecasts: dict[str, Iterator[Trouble | None]]  #: by write key
    patience: float  #: how long clients wait for an answer
    met: Counter[tuple[str, Trouble]] = field(default_factory=Counter)
    taken: int = 0  #: requests the server answered with a 200
    at_answer: Callable[[], bool] | None = None  #: done once, when the server has said yes; does the client hear?
    url: str = ""
    _session: ClientSession = field(init=False)
    _later: set[asyncio.Task[object]] = field(default_factory=set)
    _leaving: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def blowing(self) -> AsyncIterator["Weather"]:
        app = web.Application(client_max_size=0)
        app.router.add_post("/{path:.*}", self._meet)
        runner = web.AppRunner(app, access_log=None, auto_decompress=False)
        await runner.setup()
        self._session = ClientSession(self.server, timeout=ClientTimeout(total=20), auto_decompress=False)
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield self
            await self.calm()
        finally:
            await runner.cleanup()
            await self._session.close()

    async def calm(self) -> None:
        """Return once nothing is under way any more."""
        while self._later:
            await asyncio.wait(set(self._later))

    async def after(self, requests: int) -> None:
        """Return once the server took so many more, and another has just left for it."""
        until = self.taken + requests
        while self.taken < until:
            self._leaving.clear()
            await self._leaving.wait()

    async def _meet(self, request: web.Request) -> web.StreamResponse:
        await request.read()
        client = BasicAuth.decode(request.headers["Authorization"]).login
        trouble = next(self.forecasts[client])
        if trouble:
            self.met[client, trouble] += 1
        try:
            return await self._suffered(trouble, request) or _cut(request)
        except (ClientError, OSError, TimeoutError):
            return _cut(request)  # the server is gone, and so its connections

    async def _suffered(self, trouble: Trouble | None, request: web.Request) -> web.Response | None:
        """The answer, if there is one."""
        match trouble:
            case None:
                return await self._forward(request)
            case Trouble.CUT:
                return None
            case Trouble.MUTE:
                await self._forward(request)
                return None
            case Trouble.HANG:
                await asyncio.sleep(1.2 * self.patience)
                return None
            case Trouble.LATE:
                await self._forward(request)
                await asyncio.sleep(1.2 * self.patience)
                return None
            case Trouble.STRAGGLER:
                self._forward_later(request, 0.3 * self.patience)
                return None
            case Trouble.TWICE:
                self._forward_later(request, 0)
                return await self._forward(request)
            case refusal:
                status, headers = _REFUSALS[refusal]
                return web.Response(status=status, headers=headers, text="Not now.")

    async def _forward(self, request: web.Request) -> web.Response:
        headers = {n: v for n, v in request.headers.items() if n.lower() not in _OF_A_CONNECTION}
        self._leaving.set()
        async with self._session.post(request.path_qs, data=await request.read(), headers=headers) as answer:
            body = await answer.read()
            self.taken += answer.ok
            if answer.ok and not self._is_heard():
                raise ConnectionAbortedError
            kept = {n: v for n, v in answer.headers.items() if n.lower() not in _OF_A_CONNECTION}
            return web.Response(status=answer.status, headers=kept, body=body)

    def _is_heard(self) -> bool:
        at_answer, self.at_answer = self.at_answer, None
        return at_answer is None or at_answer()

    def _forward_later(self, request: web.Request, seconds: float) -> None:
        async def forward() -> None:
            await asyncio.sleep(seconds)
            try:
                await self._forward(request)
            except (ClientError, OSError, TimeoutError):
                return

        task = asyncio.create_task(forward())
        self._later.add(task)
        task.add_done_callback(self._later.discard)


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=502)
