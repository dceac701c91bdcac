"""How what people do reaches the app: over its sockets, or as signed HTTP requests; with Slack's three seconds."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from aiohttp import ClientError, ClientSession, ClientTimeout, WSMsgType, web

from sandbox.state import State
from sandbox.traffic import Delivery, Traffic
from sandbox.wire import Json

LOOPBACK = ("127.0.0.1", "localhost", "::1")
CONNECTIONS_MOST = 10


class Unanswered(Exception):
    """The app did not ack. `reason` is what Slack would give as retry reason."""

    def __init__(self, reason: str, retry: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry = retry  #: whether the app wants an event again


class Dropped(Unanswered):
    """The connection broke under an envelope."""


@dataclass(frozen=True, kw_only=True)
class Envelope:
    kind: str  #: slash_commands, interactive or events_api
    payload: Json
    attempt: int = 0
    reason: str = ""
    id: str = field(default_factory=lambda: str(uuid4()))

    def again(self, reason: str) -> "Envelope":
        return replace(self, attempt=self.attempt + 1, reason=reason, id=str(uuid4()))

    def json(self) -> Json:
        shape: Json = {
            "envelope_id": self.id,
            "type": self.kind,
            "payload": self.payload,
            "accepts_response_payload": self.kind != "events_api",
        }
        if self.kind == "events_api" or self.attempt:
            shape |= {"retry_attempt": self.attempt, "retry_reason": self.reason}
        return shape


class Line(Protocol):
    """A way to the app."""

    name: str

    async def carry(self, envelope: Envelope, within: float) -> Json:
        """The payload of the ack, perhaps empty. Raises Unanswered."""
        ...


# -- Socket Mode


class Sockets:
    """The app's WebSocket connections. Each envelope goes to one of them; the ack may come over any."""

    name = "socket"

    def __init__(self, state: State) -> None:
        self._state = state
        self._tickets: set[str] = set()
        self._open: list[web.WebSocketResponse] = []
        self._acks: dict[str, asyncio.Future[Json]] = {}
        self._on: dict[str, web.WebSocketResponse] = {}
        self._turn = 0

    @property
    def connections(self) -> int:
        return len(self._open)

    def ticket(self) -> str:
        ticket = uuid4().hex
        self._tickets.add(ticket)
        return ticket

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One connection, from handshake to close."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            raise web.HTTPForbidden
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse(autoping=True)
        await socket.prepare(request)
        if len(self._open) >= CONNECTIONS_MOST:
            await self._say_goodbye(socket, "too_many_websockets")
            return socket
        await self._converse(socket)
        return socket

    async def _converse(self, socket: web.WebSocketResponse) -> None:
        self._open.append(socket)
        try:
            await socket.send_json(self._hello())
            self._state.pulse.beat()
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._heard(json.loads(message.data))
        except ConnectionError:
            pass
        finally:
            self._gone(socket)

    def _hello(self) -> Json:
        debug = {
            "host": "applink-sandbox",
            "started": time.strftime("%Y-%m-%d %H:%M:%S.000"),
            "build_number": 1,
            "approximate_connection_time": 18060,
        }
        return {
            "type": "hello",
            "num_connections": len(self._open),
            "connection_info": {"app_id": self._state.app.id},
            "debug_info": debug,
        }

    def _heard(self, message: Json) -> None:
        ack = self._acks.get(message.get("envelope_id", ""))
        if ack is not None and not ack.done():
            payload = message.get("payload")
            ack.set_result(payload if isinstance(payload, dict) else {"text": payload} if payload else {})

    def _gone(self, socket: web.WebSocketResponse) -> None:
        """What this connection had not acked yet is free to go elsewhere."""
        if socket in self._open:
            self._open.remove(socket)
        for envelope_id, on in list(self._on.items()):
            ack = self._acks.get(envelope_id)
            if on is socket and ack is not None and not ack.done():
                ack.set_exception(Dropped("connection_failed"))
        self._state.pulse.beat()

    async def carry(self, envelope: Envelope, within: float) -> Json:
        end = time.monotonic() + within
        if not self._open:
            raise Unanswered("connection_failed")
        while True:
            try:
                return await self._once(envelope, end - time.monotonic())
            except Dropped as dropped:
                if not await self._state.pulse.until(lambda: self._open, end - time.monotonic()):
                    raise Unanswered(dropped.reason) from None
                envelope = envelope.again(dropped.reason)

    async def _once(self, envelope: Envelope, within: float) -> Json:
        self._turn += 1
        socket = self._open[self._turn % len(self._open)]
        ack = self._acks[envelope.id] = asyncio.get_running_loop().create_future()
        self._on[envelope.id] = socket
        try:
            await socket.send_json(envelope.json())
            return await asyncio.wait_for(ack, within)
        except TimeoutError:
            raise Unanswered("timeout") from None
        except ConnectionError:
            ack.cancel()
            self._gone(socket)
            raise Dropped("connection_failed") from None
        finally:
            del self._acks[envelope.id], self._on[envelope.id]

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Ask every connection, as Slack does now and then, to go and come back."""
        for socket in list(self._open):
            await self._say_goodbye(socket, reason)

    async def _say_goodbye(self, socket: web.WebSocketResponse, reason: str) -> None:
        with suppress(ConnectionError):
            await socket.send_json(
                {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-sandbox"}}
            )

    async def drop(self) -> None:
        """Cut every connection without a word."""
        for socket in list(self._open):
            self._gone(socket)
            with suppress(ConnectionError):
                await socket.close()


# -- HTTP


class Http:
    """Signed requests to the address of the app."""

    name = "http"

    def __init__(self, state: State, url: str) -> None:
        if urlsplit(url).hostname not in LOOPBACK:
            raise ValueError(f"the sandbox talks to this machine only, not to {url}")
        self._state = state
        self._url = url
        self._session = ClientSession()

    async def close(self) -> None:
        await self._session.close()

    async def carry(self, envelope: Envelope, within: float) -> Json:
        body, content_type = _body(envelope)
        headers = signed(self._state.app.signing_secret, body, time.time()) | {"Content-Type": content_type}
        if envelope.attempt:
            headers |= {"X-Slack-Retry-Num": str(envelope.attempt), "X-Slack-Retry-Reason": envelope.reason}
        try:
            return await self._post(body, headers, within)
        except TimeoutError:
            raise Unanswered("http_timeout") from None
        except ClientError:
            raise Unanswered("connection_failed") from None

    async def _post(self, body: str, headers: dict[str, str], within: float) -> Json:
        timeout = ClientTimeout(total=within)
        async with self._session.post(self._url, data=body.encode(), headers=headers, timeout=timeout) as response:
            text = await response.text()
            if not response.ok:
                raise Unanswered("http_error", retry=response.headers.get("X-Slack-No-Retry") != "1")
            return _reply(text)


def signed(secret: str, body: str, now: float) -> dict[str, str]:
    """The headers by which the app knows that a request is Slack's."""
    timestamp = str(int(now))
    digest = hmac.new(secret.encode(), f"v0:{timestamp}:{body}".encode(), hashlib.sha256).hexdigest()
    return {
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": f"v0={digest}",
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
    }


def _body(envelope: Envelope) -> tuple[str, str]:
    """Events come as JSON, a command as a form, everything else as a form with one field of JSON."""
    if envelope.kind == "events_api":
        return json.dumps(envelope.payload), "application/json"
    fields = envelope.payload if envelope.kind == "slash_commands" else {"payload": json.dumps(envelope.payload)}
    return urlencode(fields), "application/x-www-form-urlencoded"


def _reply(text: str) -> Json:
    if not text:
        return {}
    try:
        reply = json.loads(text)
    except ValueError:
        return {"text": text}
    return reply if isinstance(reply, dict) else {"text": text}


# -- Delivery


class Courier:
    """Hands envelopes to the app, logs what became of each, and knocks again with events it did not ack."""

    def __init__(self, state: State, traffic: Traffic, sockets: Sockets) -> None:
        self._state = state
        self._traffic = traffic
        self.sockets = sockets
        self.http: Http | None = None
        self._lines: list[Http] = []
        self.twice = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._first_attempts: set[asyncio.Task[None]] = set()

    @property
    def line(self) -> Line:
        return self.http or self.sockets

    def over(self, http: Http | None) -> None:
        """From now on over this line; None: over sockets."""
        self.http = http
        self._lines += [http] if http else []

    async def ask(self, kind: str, payload: Json) -> Json:
        """Deliver what a person did; the first ack counts. Raises Unanswered."""
        return await self._copies(Envelope(kind=kind, payload=payload))

    def tell(self, event: Json) -> None:
        """Deliver an event in the background, again and again if need be."""
        first = self.spawn(self._tell(Envelope(kind="events_api", payload=event)))
        self._first_attempts.add(first)
        first.add_done_callback(self._first_attempts.discard)

    async def quiet(self) -> None:
        """Every event has been delivered, or tried once."""
        while self._first_attempts:
            await asyncio.wait(self._first_attempts)

    async def _tell(self, envelope: Envelope) -> None:
        try:
            await self._copies(envelope)
        except Unanswered as unanswered:
            if unanswered.retry:
                self.spawn(self._retry(envelope, unanswered.reason))

    async def _retry(self, envelope: Envelope, reason: str) -> None:
        for pause in self._state.timing.event_retries:
            await asyncio.sleep(pause)
            envelope = envelope.again(reason)
            try:
                await self._attempt(envelope)
            except Unanswered as unanswered:
                if not unanswered.retry:
                    return
                reason = unanswered.reason
            else:
                return

    async def _copies(self, envelope: Envelope) -> Json:
        if not self.twice:
            return await self._attempt(envelope)
        both = [self._attempt(envelope), self._attempt(envelope.again("timeout"))]
        outcomes = await asyncio.gather(*both, return_exceptions=True)
        for outcome in outcomes:
            if not isinstance(outcome, BaseException):
                return outcome
        raise next(outcome for outcome in outcomes if isinstance(outcome, BaseException))

    async def _attempt(self, envelope: Envelope) -> Json:
        line = self.line
        try:
            reply = await line.carry(envelope, self._state.timing.ack)
        except Unanswered as unanswered:
            self._log(envelope, line, failed=unanswered.reason)
            raise
        self._log(envelope, line, reply=reply)
        return reply

    def _log(self, envelope: Envelope, line: Line, reply: Json | None = None, failed: str | None = None) -> None:
        delivery = Delivery(
            kind=envelope.kind,
            payload=envelope.payload,
            over=line.name,
            attempt=envelope.attempt,
            reply=reply,
            failed=failed,
            at=self._state.now(),
        )
        self._traffic.deliveries.append(delivery)
        self._state.pulse.beat()

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for line in self._lines:
            await line.close()
