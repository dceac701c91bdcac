"""Slack over HTTP: who knocks is settled before anything they sent is read.

Bolt reads first and verifies after: there a stranger's broken JSON is an exception, a deep one a RecursionError, an
odd header a 500. Here the signature over the raw bytes comes first, and what is handed on has the shape that Bolt
takes for granted. So a 5xx means a fault of ours, and nothing else does.
"""

import asyncio
import binascii
import hashlib
import hmac
import json
import logging
import math
import re
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePath
from traceback import extract_tb
from types import NoneType
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import StreamReader, web
from aiohttp.http import HttpProcessingError
from aiohttp.typedefs import Handler
from multidict import CIMultiDict, MultiMapping
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.response import BoltResponse

log = logging.getLogger(__name__)

BYTES_MOST = 256 * 1024
NESTING_MOST = 100
FIELDS_MOST = 100  #: of a form; a command has about fifteen
SECONDS_APART = 300  #: how far a timestamp may be from our clock, either way; Slack's own kits say the same
SECONDS_REMEMBERED = 600  #: a timestamp from five minutes ahead stays good for ten
SIGNATURES_REMEMBERED = 20_000  #: ten minutes at 33 requests a second

TIMESTAMP = "X-Slack-Request-Timestamp"
SIGNATURE = "X-Slack-Signature"

# The signature covers no header. Only what Slack is known to say in these gets past the door; above all not
# X-Slack-Bolt-Lazy-Only, with which Bolt would ack a request and do nothing.
_PASSED_ON = {
    "X-Slack-Retry-Num": re.compile(r"[0-9]{1,3}"),
    "X-Slack-Retry-Reason": re.compile(r"[a-z_]{1,40}"),
}
_SECONDS = re.compile(r"[0-9]{1,12}")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")

_Json = dict[str, Any]


def slack_endpoint(
    bolt: AsyncApp, signing_secret: str, *, now: Callable[[], float] = time.time, read_within: float = 5.0
) -> Handler:
    """The handler of POST /slack/events. The guard verifies, so `bolt` must not: build it with
    `request_verification_enabled=False, ssl_check_enabled=False, process_before_response=True`.

    401: not Slack, not now, or not for the first time. 400: Slack's signature under something unreadable.
    413: over 256 KiB. 408: not all there after `read_within` seconds. Raises ValueError for an empty secret.
    """
    if not signing_secret.strip():
        raise ValueError("the signing secret is empty: anybody could sign")
    return _Guard(bolt, _Seal(signing_secret, now), _Memory(now), read_within).receive


class _Turned(Exception):
    """Sent away: the status is for the sender, the reason only for our log."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class _Guard:
    def __init__(self, bolt: AsyncApp, seal: "_Seal", memory: "_Memory", read_within: float) -> None:
        self._bolt = bolt
        self._seal = seal
        self._memory = memory
        self._read_within = read_within

    async def receive(self, request: web.Request) -> web.Response:
        try:
            body = await _raw(request, self._read_within)
            signature = self._seal.check(request.headers, body)
            self._memory.claim(signature)
            envelope = _envelope(request.headers, body)
        except _Turned as turned:
            log.warning("slack request refused", extra={"reason": turned.reason})
            return web.Response(status=turned.status)
        if envelope.get("ssl_check") == "1":  # Slack tries our certificate and wants no more than a 200
            return web.Response()
        return await self._hand_on(envelope, _passed_on(request.headers), signature)

    async def _hand_on(self, envelope: _Json, headers: Mapping[str, str], signature: str) -> web.Response:
        answered = False
        try:
            answer = await self._ask(envelope, headers)
            answered = answer.status < 500
            return answer
        finally:
            if not answered:  # whoever carries Slack's requests to us may try this one again
                self._memory.forget(signature)

    async def _ask(self, envelope: _Json, headers: Mapping[str, str]) -> web.Response:
        try:
            # Bolt gets what was read here: reading the form itself, it takes a command that has the word
            # "payload" in its text for an empty one. Only in socket mode does it accept what is read already; it
            # does nothing else differently there.
            asked = AsyncBoltRequest(body=envelope, headers=dict(headers), mode="socket_mode")
            return _response(await self._bolt.async_dispatch(asked))
        except Exception as error:  # noqa: BLE001  aiohttp would log it whole and put words in the answer
            log.error("slack request failed", extra={"reason": _where(error)})
            return web.Response(status=500)


# -- whose it is


class _Seal:
    """Slack's signature: HMAC-SHA256 over version, timestamp and the bytes as they came."""

    def __init__(self, secret: str, now: Callable[[], float]) -> None:
        self._key = secret.encode()
        self._now = now

    def check(self, headers: MultiMapping[str], body: bytes) -> str:
        """The signature, when it is Slack's and fresh."""
        stamp, signature = _only(headers, TIMESTAMP), _only(headers, SIGNATURE)
        if not _SECONDS.fullmatch(stamp):
            raise _Turned(401, "timestamp is not a number")
        if abs(self._now() - int(stamp)) > SECONDS_APART:
            raise _Turned(401, "timestamp is too far off")
        if not hmac.compare_digest(self._sign(stamp, body), _bytes(signature)):
            raise _Turned(401, "signature does not match")
        return signature

    def _sign(self, stamp: str, body: bytes) -> bytes:
        signed = b"v0:" + stamp.encode() + b":" + body
        return b"v0=" + hmac.new(self._key, signed, hashlib.sha256).hexdigest().encode()


def _only(headers: MultiMapping[str], name: str) -> str:
    """Of two, the one checked here need not be the one another reader takes: so neither counts."""
    match headers.getall(name, []):
        case [value]:
            return value
        case values:
            raise _Turned(401, f"{name} came {len(values)} times")


def _bytes(header: str) -> bytes:
    """The header as it was on the wire; aiohttp keeps what isn't UTF-8 as surrogates."""
    return header.encode(errors="surrogateescape")


class _Memory:
    """The signatures let in during the last ten minutes; Slack's own retries come with new ones.

    Each process has its own, and forgets the oldest when full. A replay that slips through to another replica still
    meets the once-only keys of the services.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._since: dict[str, float] = {}  #: oldest first

    def claim(self, signature: str) -> None:
        """Taken before the work begins, so that of two at once only one gets in."""
        self._drop_old()
        if signature in self._since:
            raise _Turned(401, "replay")
        self._since[signature] = self._now()

    def forget(self, signature: str) -> None:
        self._since.pop(signature, None)

    def _drop_old(self) -> None:
        while self._since and (len(self._since) >= SIGNATURES_REMEMBERED or self._oldest_is_stale()):
            del self._since[next(iter(self._since))]

    def _oldest_is_stale(self) -> bool:
        return self._now() - next(iter(self._since.values())) > SECONDS_REMEMBERED


# -- what they sent


async def _raw(request: web.Request, within: float) -> bytes:
    if (request.content_length or 0) > BYTES_MOST:
        raise _Turned(413, "too large")
    if "Content-Encoding" in request.headers:  # Slack packs nothing; the signature is over what came
        raise _Turned(401, "content encoding")
    try:
        async with asyncio.timeout(within):
            return await _drain(request.content)
    except TimeoutError:
        raise _Turned(408, "too slow") from None
    except (web.RequestPayloadError, HttpProcessingError, ConnectionError):
        raise _Turned(400, "body broken off") from None


async def _drain(content: StreamReader) -> bytes:
    body = bytearray()
    async for chunk in content.iter_any():
        body += chunk
        if len(body) > BYTES_MOST:
            raise _Turned(413, "too large")
    return bytes(body)


def _envelope(headers: MultiMapping[str], body: bytes) -> _Json:
    """What Slack calls the payload, from either of its two wrappings."""
    read = _READERS.get(headers.get("Content-Type", "").partition(";")[0].strip().lower())
    if read is None:
        raise _Turned(400, "content type")
    try:
        envelope = read(body.decode())
    except (ValueError, RecursionError):
        raise _Turned(400, "unreadable") from None
    if not _is_whole(envelope):
        raise _Turned(400, "not of Slack's making")
    return envelope


def _from_json(text: str) -> _Json:
    found = json.loads(text, parse_constant=_refuse_number, parse_float=_finite)
    if not isinstance(found, dict):
        raise ValueError("not an object")
    if not _is_shallow(found):
        raise ValueError("nested too deep")
    if _SURROGATE.search(text):  # half a pair passes Python's reader and fails wherever it is sent or stored
        json.dumps(found, ensure_ascii=False).encode()
    return found


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number past all bounds")
    return number


def _refuse_number(text: str) -> float:
    raise ValueError(f"{text} is no number in JSON")


def _from_form(text: str) -> _Json:
    if (payload := _only_payload(text)) is not None:
        return _from_json(payload)
    fields = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS_MOST))
    if "payload" in fields:
        return _from_json(fields["payload"])
    if not fields.keys() & {"command", "ssl_check"}:
        raise ValueError("neither payload nor command")
    return fields


def _only_payload(text: str) -> str | None:
    """What `parse_qsl` makes of a form with nothing but a payload, twenty times as fast: it has 16 kB, most of it
    escaped. None for any other, and where an escape is cut short: those shrink by less than two bytes.
    """
    if not text.startswith("payload=") or text.count("=") != 1 or any(c in text for c in "&;\r\n"):
        return None
    quoted = text.removeprefix("payload=").replace("+", " ").replace("%", "=").encode()
    raw = binascii.a2b_qp(quoted)
    return raw.decode(errors="replace") if len(quoted) - len(raw) == 2 * text.count("%") else None


_READERS: Mapping[str, Callable[[str], _Json]] = {
    "application/json": _from_json,
    "application/x-www-form-urlencoded": _from_form,
}


def _is_shallow(value: object) -> bool:
    level = [value]
    for _ in range(NESTING_MOST):
        objects = [child for node in level if type(node) is dict for child in node.values()]
        level = objects + [child for node in level if type(node) is list for child in node]
        if not level:
            return True
    return False


# -- whether Bolt can take it

_NAMED = (str, dict, NoneType)  # a bare id, or an object with one
_SHAPES: Mapping[str, tuple[type, ...]] = {
    "type": (str,),
    "subtype": (str, NoneType),
    "command": (str,),
    "callback_id": (str, NoneType),
    "action_id": (str, NoneType),
    "block_id": (str, NoneType),
    "response_url": (str, NoneType),
    "bot_access_token": (str, NoneType),
    "event": (dict,),
    "view": (dict,),
    "assistant_thread": (dict,),
    "user": _NAMED,
    "team": _NAMED,
    "enterprise": _NAMED,
    "channel": _NAMED,
    "actions": (list,),
    "authorizations": (list, NoneType),
    "response_urls": (list,),
}
_LOOKED_INTO = ("event", "view", "message", "previous_message", "item", "assistant_thread")
_LOOKED_THROUGH = ("actions", "authorizations", "response_urls")


def _is_whole(envelope: _Json) -> bool:
    return all(_has_known_shapes(part) for part in _parts(envelope)) and _has_what_bolt_indexes(envelope)


def _parts(part: object) -> Iterator[object]:
    """Every object that Bolt looks into by itself."""
    yield part
    if isinstance(part, dict):
        inside = [part[name] for name in _LOOKED_INTO if isinstance(part.get(name), dict)]
        listed = [one for name in _LOOKED_THROUGH if isinstance(part.get(name), list) for one in part[name]]
        for child in (*inside, *listed):
            yield from _parts(child)


def _has_known_shapes(part: object) -> bool:
    return isinstance(part, dict) and all(isinstance(part[name], _SHAPES.get(name, (object,))) for name in part)


def _has_what_bolt_indexes(envelope: _Json) -> bool:
    match envelope.get("type"):
        case "event_callback":
            return _has_all(envelope.get("event"), "type") and _is_usable(envelope["event"])
        case "block_actions":
            return bool(envelope.get("actions")) and all(_has_all(one, "action_id") for one in envelope["actions"])
        case "interactive_message":
            return bool(envelope.get("actions"))
        case "view_submission" | "view_closed":
            return _has_all(envelope.get("view"), "type", "callback_id")
        case _:
            return True


def _is_usable(event: _Json) -> bool:
    """Bolt prepares for an assistant whether an app is one or not."""
    about_assistant = event["type"].startswith("assistant_thread_")
    return not about_assistant or _has_all(event.get("assistant_thread"), "channel_id", "thread_ts")


def _has_all(part: object, *names: str) -> bool:
    return isinstance(part, dict) and all(part.get(name) is not None for name in names)


# -- there and back


def _passed_on(headers: MultiMapping[str]) -> Mapping[str, str]:
    found = {name: headers.get(name, "") for name in _PASSED_ON}
    return {name: value for name, value in found.items() if _PASSED_ON[name].fullmatch(value)}


def _response(answer: BoltResponse) -> web.Response:
    headers = CIMultiDict((name, value) for name, values in answer.headers.items() for value in values)
    words = "" if answer.status >= 500 else answer.body
    return web.Response(status=answer.status, headers=headers, body=words.encode(errors="replace"))


def _where(error: Exception) -> str:
    """Kind and place: the message of an exception may quote what people typed."""
    place = extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {PurePath(place.filename).name}:{place.lineno}"
