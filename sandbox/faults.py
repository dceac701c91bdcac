"""Misbehaviour on order: `slack.faults.next("chat.postMessage", RateLimited(retry_after=1))`.

A fault stands around the doing of a call. It decides whether the call is done at all, and what the app gets to see.
"""

import asyncio
import math
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from sandbox.wire import Json, SlackError

Do = Callable[[], Awaitable[Json]]


class Fault(Protocol):
    async def around(self, do: Do, request: web.Request) -> web.Response: ...


@dataclass(frozen=True)
class RateLimited:
    """429 with Retry-After; nothing is done."""

    retry_after: int = 1

    async def around(self, do: Do, request: web.Request) -> web.Response:  # noqa: ARG002
        headers = {"Retry-After": str(self.retry_after)}
        return web.json_response(SlackError("ratelimited").answer, status=429, headers=headers)


@dataclass(frozen=True)
class Refused:
    """An ordinary refusal with this code; nothing is done."""

    error: str

    async def around(self, do: Do, request: web.Request) -> web.Response:  # noqa: ARG002
        return web.json_response(SlackError(self.error).answer)


@dataclass(frozen=True)
class ServerErrorBeforeDoing:
    status: int = 500

    async def around(self, do: Do, request: web.Request) -> web.Response:  # noqa: ARG002
        return web.json_response(SlackError("internal_error").answer, status=self.status)


@dataclass(frozen=True)
class ServerErrorAfterDoing:
    """The message is posted, and the app is told 500."""

    status: int = 500

    async def around(self, do: Do, request: web.Request) -> web.Response:
        await do()
        return await ServerErrorBeforeDoing(self.status).around(do, request)


@dataclass(frozen=True)
class HangBeforeDoing:
    """Silence, then the connection breaks; nothing is done."""

    seconds: float

    async def around(self, do: Do, request: web.Request) -> web.Response:
        await asyncio.sleep(self.seconds)
        return await DropConnection(after=False).around(do, request)


@dataclass(frozen=True)
class HangAfterDoing:
    """It is done at once, the answer comes late."""

    seconds: float

    async def around(self, do: Do, request: web.Request) -> web.Response:  # noqa: ARG002
        answer = await do()
        await asyncio.sleep(self.seconds)
        return web.json_response(answer)


@dataclass(frozen=True)
class DoneLate:
    """Silence, and then it is done after all, though the app may long have given up."""

    seconds: float

    async def around(self, do: Do, request: web.Request) -> web.Response:  # noqa: ARG002
        await asyncio.sleep(self.seconds)
        return web.json_response(await do())


@dataclass(frozen=True)
class DropConnection:
    """The connection breaks, before or after the call is done."""

    after: bool

    async def around(self, do: Do, request: web.Request) -> web.Response:
        if self.after:
            await do()
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)


@dataclass(frozen=True)
class EmptyHistory:
    """conversations.history and .replies that have not caught up: they answer, and find nothing."""

    async def around(self, do: Do, request: web.Request) -> web.Response:  # noqa: ARG002
        answer = await do()
        return web.json_response(answer | {"messages": [], "has_more": False} if answer["ok"] else answer)


@dataclass
class _Plan:
    method: str
    fault: Fault
    left: float
    chance: float
    dice: random.Random

    def strikes(self, method: str) -> bool:
        if self.method not in (method, "*") or self.left <= 0 or self.dice.random() >= self.chance:
            return False
        self.left -= 1
        return True


class Faults:
    """What goes wrong next. The oldest plan that fits a call strikes; "*" means every method."""

    def __init__(self) -> None:
        self._plans: list[_Plan] = []

    def next(self, method: str, fault: Fault, times: float = 1) -> None:
        """The next `times` calls of this method."""
        self._plans.append(_Plan(method, fault, times, 1.0, random.Random(0)))

    def always(self, method: str, fault: Fault) -> None:
        """From now on, until `clear`."""
        self.next(method, fault, math.inf)

    def sometimes(self, method: str, fault: Fault, probability: float, seed: int, times: float = math.inf) -> None:
        """Each call with this probability; the same seed strikes the same calls."""
        self._plans.append(_Plan(method, fault, times, probability, random.Random(seed)))

    def clear(self, method: str | None = None) -> None:
        self._plans = [plan for plan in self._plans if method is not None and plan.method != method]

    def strike(self, method: str) -> Fault | None:
        """The fault that befalls this call, if any."""
        return next((plan.fault for plan in self._plans if plan.strikes(method)), None)
