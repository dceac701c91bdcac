"""What changes appears: a WebSocket that sends a pane again when it would be drawn differently.

The browser says where it looks: {"look": 3, "panes": [{"as": ..., "in": ..., "thread": ...}], "traffic": true};
it gets {"look": 3, "html": {"pane-0": "<section ..."}} whenever something there has changed.
"""

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from aiohttp import WSMsgType, web

from sandbox.state import State

TOGETHER = 0.02  #: seconds in which several things that happen are drawn at once
AGAIN = 30.0  #: seconds after which everything is drawn anew, because "today" passes
SOON = 1.0  #: seconds after which an error may have stood there long enough
TROUBLES_STAY = 8.0  #: seconds an error stands there
TROUBLES_MOST = 3

Draw = Callable[[Mapping[str, Any], "Troubles"], Mapping[str, str]]


class Troubles:
    """What did not work, for each person, while it is still news."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._looked = len(state.seen)
        self._shown: list[tuple[float, int, str, str]] = []

    def of(self, user_id: str) -> list[tuple[int, str]]:
        """Its number, and the words."""
        self._gather()
        return [(number, words) for _, number, who, words in self._shown if who == user_id][-TROUBLES_MOST:]

    @property
    def any_shown(self) -> bool:
        return bool(self._shown)

    def _gather(self) -> None:
        now = time.monotonic()
        for number, sighting in enumerate(self._state.seen[self._looked :], self._looked):
            if sighting.kind == "error":
                self._shown.append((now, number, sighting.who, sighting.text))
        self._looked = len(self._state.seen)
        self._shown = [each for each in self._shown if now - each[0] < TROUBLES_STAY]


class Live:
    """Every open page."""

    def __init__(self, state: State, draw: Draw) -> None:
        self._state = state
        self._draw = draw
        self._open: set[web.WebSocketResponse] = set()

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """One page, from its opening to its end."""
        socket = web.WebSocketResponse(heartbeat=30.0)
        await socket.prepare(request)
        self._open.add(socket)
        watcher = _Watcher(self._state, self._draw)
        telling = asyncio.create_task(watcher.tell(socket))
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    watcher.look(json.loads(message.data))
        finally:
            self._open.discard(socket)
            telling.cancel()
            with suppress(asyncio.CancelledError, ConnectionError):
                await telling
        return socket

    async def close(self, _app: web.Application | None = None) -> None:
        for socket in list(self._open):
            await socket.close()


class _Watcher:
    """What one page has been shown."""

    def __init__(self, state: State, draw: Draw) -> None:
        self._state = state
        self._draw = draw
        self._troubles = Troubles(state)
        self._asked: Mapping[str, Any] = {}
        self._sent: dict[str, str] = {}
        self._looked = asyncio.Event()

    def look(self, asked: Mapping[str, Any]) -> None:
        self._asked = asked
        self._looked.set()
        self._state.pulse.beat()

    async def tell(self, socket: web.WebSocketResponse) -> None:
        """Until the page is closed. What cannot be drawn closes it, so that it shows."""
        try:
            await self._looked.wait()
            while not socket.closed:
                beats = self._state.pulse.beats
                if changed := dict(self._changed()):
                    await socket.send_json({"look": self._asked.get("look"), "html": changed})
                await self._news_since(beats)
        finally:
            await socket.close()

    async def _news_since(self, beats: int) -> None:
        pulse = self._state.pulse
        await pulse.until(lambda: pulse.beats != beats, SOON if self._troubles.any_shown else AGAIN)
        await asyncio.sleep(TOGETHER)

    def _changed(self) -> Iterator[tuple[str, str]]:
        for name, html in self._draw(self._asked, self._troubles).items():
            if self._sent.get(name) != html:
                self._sent[name] = html
                yield name, html
