"""Files of usage: what a line says, as an event. What events say besides is read as the usage API does."""

import hashlib
import json
import re
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain import segment
from bot.domain.usage import Event, SourceId

FILES = SourceId("file")  #: the source of every event of every file: in whichever it comes again, it is the same
NEEDED = ("timestamp", "user_id", "event")
COLUMNS = (*NEEDED, "account_id", "properties", "message_id")
ALSO = ("messageid",)
WHY = "why"  #: what is wrong with a line put aside; once it is mended, nobody asks

_CALLED = {
    "timestamp": "timestamp",
    "account_id": "groupId",
    "user_id": "userId",
    "event": "event",
    "properties": "properties",
    "message_id": "messageId",
    "messageid": "messageId",
}
_SENDERS_CLOCK = ("sentAt", "originalTimestamp")
_SECONDS = re.compile(r"\d{10}(\d{3})?(\.\d+)?")
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)  #: clocks differ; a day that lies further ahead is a mistake
_HOW = "write it like 2026-11-23T10:00:00Z"
_BITS = 2**27
_PROBES = 4


def item_of(values: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """What a line says, as an event of the Segment protocol, which it may be already.

    Raises ValueError with what is wrong with it.
    """
    item = _as_it_is(values) if "type" in values else _from_columns(values)
    said = item.get("timestamp") or item.get("originalTimestamp")
    # The sender's clock was put right when the event first came in.
    kept = {name: value for name, value in item.items() if name not in _SENDERS_CLOCK and _says(name, value)}
    return {**kept, "timestamp": _when(said, now).isoformat()}


def _says(name: str, value: Any) -> bool:
    """An empty id is none."""
    return name != "messageId" or value not in (None, "")


def _as_it_is(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != WHY}


def _from_columns(values: Mapping[str, Any]) -> dict[str, Any]:
    said = {name: value for name, value in values.items() if name != WHY and value not in (None, "")}
    unknown = next((name for name in said if name not in _CALLED), None)
    if unknown is not None:
        raise ValueError(f"nothing is called {unknown!r}; the names are {', '.join(COLUMNS)}")
    empty = next((name for name in NEEDED if name not in said), None)
    if empty is not None:
        raise ValueError(f"{empty}: is empty")
    item = {_CALLED[name]: value for name, value in said.items()}
    return {"type": "track", **item, "properties": _properties(item.get("properties"))}


def _properties(said: Any) -> dict[str, Any]:
    try:
        found = json.loads(said) if isinstance(said, str) else said or {}
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ValueError('properties: write a JSON object like {"path": "/pricing"}')
    return found


def _when(said: Any, now: datetime) -> datetime:
    at = segment.moment(_plain(said))
    if at is None:
        raise ValueError(f"timestamp: {'is empty' if said in (None, '') else _HOW}")
    if at < _EARLIEST:
        raise ValueError(f"timestamp: {at.date()} is too long ago; {_HOW}")
    if at > now + _AHEAD:
        raise ValueError(f"timestamp: {at.date()} is still to come")
    return at


def _plain(said: Any) -> Any:
    """BigQuery writes " UTC", and a CSV file has seconds since 1970 as text."""
    if not isinstance(said, str):
        return said
    text = said.strip()
    return float(text) if _SECONDS.fullmatch(text) else text.removesuffix(" UTC")


@dataclass(frozen=True, kw_only=True)
class Read:
    """What a line says."""

    event: Event
    digest: bytes | None  #: what tells it from other lines, however it is written; None: it has an id of its own

    def numbered(self, number: int) -> Event:
        """Without an id of its own, it is known by what it says and by how many equal lines came before it."""
        if self.digest is None:
            return self.event
        plain = urlsafe_b64encode(self.digest).decode().rstrip("=")
        return replace(self.event, message=f"{plain}.{number}" if number else plain)


def read(values: Mapping[str, Any], now: datetime) -> Read:
    """Raises ValueError with what is wrong with the line."""
    item = item_of(values, now)
    reading = segment.Reading(source=FILES, received_at=now, fresh="", late=None)
    batch = segment.read({"batch": [{"messageId": "?", **item}]}, None, reading)
    if batch.rejected:
        raise ValueError(batch.rejected[0].reason)
    return Read(event=batch.events[0], digest=None if "messageId" in item else _digest(item))


def _digest(item: Mapping[str, Any]) -> bytes:
    said = json.dumps(item, sort_keys=True).encode()
    return hashlib.blake2b(said, digest_size=16).digest()


class Twins:
    """Numbers equal lines: the first 0, the next 1. Every line is shown (`see`) before the first is numbered.

    Of lines that are there once, it keeps no more than a few bits; a few it keeps by mistake, to no harm.
    """

    def __init__(self) -> None:
        self._bits = bytearray(_BITS // 8)
        self._numbers: Counter[bytes] = Counter()

    def see(self, line: Read) -> None:
        if line.digest and self._is_marked(line.digest):
            self._numbers[line.digest] = 0

    def number(self, line: Read) -> int:
        digest = line.digest
        if digest is None or digest not in self._numbers:
            return 0
        self._numbers[digest] += 1
        return self._numbers[digest] - 1

    def _is_marked(self, digest: bytes) -> bool:
        """Whether it was, or another whose bits are the same; from now on it is."""
        before = True
        for at in range(0, 4 * _PROBES, 4):
            place = int.from_bytes(digest[at : at + 4]) % _BITS
            bit = 1 << (place & 7)
            before = before and bool(self._bits[place >> 3] & bit)
            self._bits[place >> 3] |= bit
        return before
