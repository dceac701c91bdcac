"""The raw traffic, newest first: one line each, and all of it on demand."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.traffic import Call, Delivery, Reply, Traffic
from sandbox.wire import Json

SHOWN = 150
Traffics = Call | Delivery | Reply


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of the log."""

    key: str  #: by which `whole` finds it again
    at: float
    way: str  #: from the app ("in"), or to it ("out")
    name: str
    outcome: str
    went_well: bool
    how: str = ""  #: the line it went over, and which attempt it was
    fault: str = ""

    @property
    def time(self) -> str:
        """On this machine's clock."""
        return f"{datetime.fromtimestamp(self.at, UTC).astimezone():%H:%M:%S}"


def entries(traffic: Traffic) -> list[Entry]:
    """The latest, newest first."""
    lines = [_entry(key, each) for key, each in _latest(traffic)]
    return sorted(lines, key=lambda entry: entry.at, reverse=True)[:SHOWN]


def whole(traffic: Traffic, key: str) -> str:
    """Everything about one entry, as JSON text. Raises LookupError."""
    kind, _, number = key.partition("-")
    logs: dict[str, list[Any]] = {"call": traffic.calls, "event": traffic.deliveries, "reply": traffic.replies}
    return json.dumps(_parts(logs[kind][int(number)]), indent=2, ensure_ascii=False, default=repr)


def _latest(traffic: Traffic) -> Iterator[tuple[str, Traffics]]:
    logs: tuple[tuple[str, list[Any]], ...] = (
        ("call", traffic.calls),
        ("event", traffic.deliveries),
        ("reply", traffic.replies),
    )
    for kind, log in logs:
        first = max(0, len(log) - SHOWN)
        yield from ((f"{kind}-{number}", each) for number, each in enumerate(log[first:], first))


def _entry(key: str, it: Traffics) -> Entry:
    match it:
        case Call():
            outcome, well = it.error or ("ok" if it.answer else "not done"), it.ok and it.fault is None
            fault = _words(type(it.fault).__name__) if it.fault else ""
            return Entry(key=key, at=it.at, way="in", name=it.method, outcome=outcome, went_well=well, fault=fault)
        case Delivery():
            how, well = f"over {it.over}" + (f", attempt {it.attempt + 1}" if it.attempt else ""), it.failed is None
            outcome = it.failed or "acked"
            return Entry(key=key, at=it.at, way="out", name=_kind(it), outcome=outcome, went_well=well, how=how)
        case Reply():
            well = it.error is None
            return Entry(key=key, at=it.at, way="in", name="response_url", outcome=it.error or "ok", went_well=well)


def _kind(delivery: Delivery) -> str:
    """What it was: the command, the event, or the sort of act."""
    payload = delivery.payload
    event: Json = payload.get("event") or {}
    name = payload.get("command") or event.get("type") or payload.get("type") or delivery.kind
    return str(name)


def _parts(it: Traffics) -> Json:
    match it:
        case Call():
            fault = {"fault": repr(it.fault)} if it.fault else {}
            return {"method": it.method, "arguments": it.args, "answer": it.answer, **fault}
        case Delivery():
            return {"kind": it.kind, "payload": it.payload, "ack": it.reply, "failed": it.failed}
        case Reply():
            return {"response_url": it.url, "body": it.body, "error": it.error}


def _words(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
