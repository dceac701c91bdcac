"""The log of everything that went to and fro, so that tests can count it and scan it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.wire import Json


@dataclass(frozen=True, kw_only=True)
class Call:
    """The app called a method. `answer` is what came of it, whatever a fault let the app see; None: not done."""

    method: str
    args: Json
    answer: Json | None
    fault: object = None
    caller: str | None = None  #: which of the app's processes: it called /api/CALLER/METHOD
    at: float

    @property
    def ok(self) -> bool:
        return bool(self.answer and self.answer["ok"])

    @property
    def error(self) -> str | None:
        return self.answer.get("error") if self.answer else None


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """Slack sent something to the app. `reply` is the payload of its ack; `failed` says why there was none."""

    kind: str  #: slash_commands, interactive or events_api
    payload: Json
    over: str  #: socket or http
    attempt: int = 0
    reply: Json | None = None
    failed: str | None = None
    at: float


@dataclass(frozen=True, kw_only=True)
class Reply:
    """The app posted to a response_url."""

    url: str
    body: Json
    error: str | None
    at: float


@dataclass
class Traffic:
    """Oldest first."""

    calls: list[Call] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)

    def of(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method]

    def outgoing(self) -> list[str]:
        """Every payload the app sent out, as JSON text: arguments of calls, acks, posts to response_urls."""
        sent: list[Any] = [call.args for call in self.calls]
        sent += [delivery.reply for delivery in self.deliveries if delivery.reply]
        sent += [reply.body for reply in self.replies]
        return [json.dumps(each, ensure_ascii=False) for each in sent]

    def events(self) -> Iterator[Json]:
        """Each event sent, once for every attempt."""
        yield from (d.payload["event"] for d in self.deliveries if d.kind == "events_api")

    def clear(self) -> None:
        for log in (self.calls, self.deliveries, self.replies):
            log.clear()
