"""The usage API: what analytics clients send to. It speaks the Segment HTTP tracking protocol.

A 200 comes after the commit; whatever else happens, clients may send the same again. No redirects: some clients
take one for success. https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/
"""

import asyncio
import base64
import binascii
import contextlib
import hashlib
import hmac
import logging
import zlib
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from traceback import extract_tb
from typing import Any
from uuid import uuid4

from aiohttp import StreamReader, web
from aiohttp.http import HttpProcessingError
from aiohttp.typedefs import Handler

from bot.domain.acts import TANDEM, Act, Clocks, Via
from bot.domain.errors import Busy, Unavailable
from bot.domain.segment import Batch, Malformed, Reading, body_of, read, worth_keeping
from bot.domain.usage import Event, Kind, Rejected, SourceId
from bot.services import usage
from handlers.http.health import Metric
from storage.database import Database

log = logging.getLogger(__name__)

BATCH_BYTES = 500 * 1024  #: from clients that put their write key into the body, as Segment's do
BODY_BYTES = 4000 * 1024  #: from others, as RudderStack's server takes
MEMBERS_MOST = 16  #: of a gzip; each costs a copy of what follows it
INLINE_BYTES = 64 * 1024  #: a bigger body is read aside: people's requests go on meanwhile
EVENTS_AT_ONCE = 300  #: in one transaction: people wait for it, on SQLite
EVENTS_WAITING = 20_000  #: more would only wait longer
BYTES_WAITING = 64 * 1024 * 1024  #: of all bodies under way
RETRY_AFTER = 1  #: seconds

_PATHS: Mapping[str, Kind | None] = {
    "batch": None,
    "b": None,
    "import": None,
    **{kind.value: kind for kind in Kind},
    **{kind.value[0]: kind for kind in Kind},
}
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    # The star never stands for Authorization, and old browsers take it for a name.
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Content-Encoding, X-Retry-Count, AnonymousId, *",
    "Access-Control-Max-Age": "86400",
}


class _Turned(Exception):
    """Sent away, with what the client shows whoever runs it."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def source_of(key: str) -> SourceId:
    """What a write key is called where it is kept: never the key itself."""
    return SourceId(hashlib.sha256(key.encode()).hexdigest()[:12])


def usage_routes(
    collector: "Collector", keys: Iterable[str], clocks: Clocks, *, read_within: float = 20.0
) -> list[web.RouteDef]:
    """POST /v1/batch, /v1/track and so on, their short forms, each with and without a slash at the end."""
    door = _Door(collector, [key for key in keys if key], clocks, read_within)
    routes: list[web.RouteDef] = []
    for name, kind in _PATHS.items():
        for path in (f"/v1/{name}", f"/v1/{name}/"):
            routes += [web.post(path, door.taking(kind)), web.options(path, _preflight)]
    return routes


async def _preflight(_: web.Request) -> web.Response:
    return web.Response(headers=_CORS)


class _Door:
    def __init__(self, collector: "Collector", keys: list[str], clocks: Clocks, read_within: float) -> None:
        self._collector = collector
        self._keys = [key.encode() for key in keys]
        self._clocks = clocks
        self._read_within = read_within
        self._room = _Room(BYTES_WAITING)
        self._aside = asyncio.Lock()

    def taking(self, kind: Kind | None) -> Handler:
        async def take(request: web.Request) -> web.Response:
            try:
                with self._room.hold() as more:
                    await self._take(request, kind, more)
            except _Turned as turned:
                return _refusal(turned.status, turned.code, turned.message)
            except Malformed as malformed:
                return _refusal(400, "invalid_request", str(malformed))
            except (Busy, Unavailable) as error:
                return _refusal(503, "unavailable", _AGAIN, why=type(error).__name__)
            except Exception as error:  # noqa: BLE001  a 500 would be told apart by no client; this is sent again
                return _refusal(503, "unavailable", _AGAIN, why=_where(error))
            return web.json_response({"success": True}, headers=_CORS)

        return take

    async def _take(self, request: web.Request, kind: Kind | None, more: "_More") -> None:
        source = self._known(_basic(request.headers.get("Authorization")))
        most = BODY_BYTES if source else BATCH_BYTES
        raw = await _raw(request.content, most, more, self._read_within)
        await self._collector.take(await self._read(raw, kind, source))

    async def _read(self, raw: bytes, kind: Kind | None, source: SourceId | None) -> Batch:
        if len(raw) <= INLINE_BYTES:
            return self._batch(raw, kind, source)
        async with self._aside:
            return await asyncio.to_thread(self._batch, raw, kind, source)

    def _batch(self, raw: bytes, kind: Kind | None, source: SourceId | None) -> Batch:
        body = body_of(raw)
        inside = body.get("writeKey") if isinstance(body, dict) else None
        source = source or self._known(inside)
        if source is None:
            raise _Turned(401, "invalid_write_key", "no source has this write key")
        if inside and len(raw) > BATCH_BYTES:
            raise _too_large(BATCH_BYTES)
        return read(body, kind, Reading(source=source, received_at=self._clocks.business(), fresh=uuid4().hex))

    def _known(self, key: Any) -> SourceId | None:
        """The source of this key. Every key is compared, so that the time it takes tells nothing."""
        if not isinstance(key, str):
            return None
        given = key.encode("utf-8", "replace")
        found = [one for one in self._keys if hmac.compare_digest(one, given)]
        return source_of(found[0].decode()) if found else None


_More = Callable[[int], None]


class _Room:
    """How much may be under way at once, whoever sends it."""

    def __init__(self, most: int) -> None:
        self._left = most

    @contextlib.contextmanager
    def hold(self) -> Iterator[_More]:
        """Gives what to call with each further size; all of it is given back in the end."""
        held = 0

        def more(size: int) -> None:
            nonlocal held
            if size > self._left:
                raise _slow_down()
            self._left -= size
            held += size

        try:
            yield more
        finally:
            self._left += held


# ---- what comes over the wire -------------------------------------------------------------------


async def _raw(content: StreamReader, most: int, more: _More, within: float) -> bytes:
    """The body, unpacked if it is gzip, whatever its headers call it."""
    try:
        async with asyncio.timeout(within):
            packed = await _upto(content, most, more)
    except (HttpProcessingError, web.RequestPayloadError, ConnectionError):
        raise _Turned(400, "invalid_request", "the body broke off") from None
    except TimeoutError:
        raise _Turned(408, "too_slow", "the body didn't come in time") from None
    if not packed.startswith(b"\x1f\x8b"):
        return packed
    raw = _inflated(packed, most)
    more(len(raw))
    return raw


async def _upto(content: StreamReader, most: int, more: _More) -> bytes:
    body = bytearray()
    async for piece in content.iter_any():
        more(len(piece))
        body += piece
        if len(body) > most:
            raise _too_large(most)
    return bytes(body)


def _inflated(packed: bytes, most: int) -> bytes:
    """Unpacked to the cap and no further: a small body may unpack to a huge one."""
    body = bytearray()
    for _ in range(MEMBERS_MOST):
        member = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            body += member.decompress(packed, most + 1 - len(body))
        except zlib.error:
            raise _Turned(400, "invalid_request", "the body isn't gzip, though it begins so") from None
        if len(body) > most:
            raise _too_large(most)
        if not member.eof:
            raise _Turned(400, "invalid_request", "the body's gzip ends too early")
        packed = member.unused_data
        if not packed.strip(b"\0"):
            return bytes(body)
    raise _Turned(400, "invalid_request", "the body's gzip has too many parts")


def _basic(header: str | None) -> str | None:
    scheme, _, coded = (header or "").partition(" ")
    if scheme.casefold() != "basic":
        return None
    bare = coded.strip(" =")  # some leave out what fills it up
    try:
        key = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    return key.partition(":")[0] or None


# ---- answers ------------------------------------------------------------------------------------

_AGAIN = "try again in a moment: nothing of this is lost"


def _too_large(most: int) -> _Turned:
    key = " unless the Authorization header has its write key" if most < BODY_BYTES else ""
    return _Turned(413, "too_large", f"a body has at most {most // 1024:,} kB{key}")


def _slow_down() -> _Turned:
    return _Turned(429, "slow_down", "more is coming in than can be kept: try again in a moment")


def _where(error: Exception) -> str:
    """Kind and place: the message of an exception may quote what was sent."""
    place = extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {PurePath(place.filename).name}:{place.lineno}"


def _refusal(status: int, code: str, message: str, *, why: str | None = None) -> web.Response:
    """Both `code` and `message`: without them some clients try a bad batch until they give up."""
    log.warning("usage not taken", extra={"status": status, "reason": why or code})
    waits = {"Retry-After": str(RETRY_AFTER)} if status in (429, 503) else {}
    said = {"success": False, "code": code, "message": message}
    response = web.json_response(said, status=status, headers={**_CORS, **waits})
    if status in (408, 413):
        response.force_close()  # the rest of the body is not waited for
    return response


# ---- several requests in one transaction --------------------------------------------------------


@dataclass(eq=False)
class _Waiting:
    """One request: what of it is not kept yet, and who waits for that."""

    events: Sequence[Event]
    rejected: Sequence[Rejected]
    done: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def size(self) -> int:
        return len(self.events) + len(self.rejected)

    def cut(self, room: int) -> "_Piece":
        piece = _Piece(self, self.events[:room], self.rejected)
        self.events, self.rejected = self.events[room:], ()
        return piece

    def answer(self, error: Exception | None) -> None:
        if self.done.done():
            return  # whoever asked has gone
        if error is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(error)


@dataclass(frozen=True)
class _Piece:
    of: _Waiting
    events: Sequence[Event]
    rejected: Sequence[Rejected]

    @property
    def size(self) -> int:
        return len(self.events) + len(self.rejected)

    def kept(self) -> None:
        if not self.of.size:
            self.of.answer(None)


class Collector:
    """Takes in what several requests brought in one transaction, while nobody waits for nothing.

    The first request is taken at once; those that come meanwhile are taken together after it. A long one is cut in
    pieces and gives way to others after each: every event counts once by itself, so one that is half kept may be
    sent again.
    """

    def __init__(self, db: Database, clocks: Clocks) -> None:
        self._db = db.background()
        self._clocks = clocks
        self._waiting: deque[_Waiting] = deque()
        self._aboard: list[_Piece] = []
        self._size = 0
        self._called = asyncio.Event()
        self._closing = False
        self._counted: Counter[str] = Counter(new=0, again=0, rejected=0)

    async def take(self, batch: Batch) -> None:
        """Returns once it is kept. Raises Busy or Unavailable, or sends away what there is no room for."""
        waiting = _Waiting(batch.events, worth_keeping(batch.rejected))
        if self._closing:
            raise _closed()
        if self._size + waiting.size > EVENTS_WAITING:
            raise _slow_down()
        self._waiting.append(waiting)
        self._size += waiting.size
        self._called.set()
        await waiting.done
        self._counted["rejected"] += len(batch.rejected)

    def metrics(self) -> list[Metric]:
        about = "Events of the usage API since this process began."
        return [
            Metric(name="tandem_usage_events_total", help=about, value=n, labels={"outcome": one}, kind="counter")
            for one, n in self._counted.items()
        ]

    async def run(self) -> None:
        """Until `close`. Then what is being kept is kept, and who still waits is told to come again."""
        try:
            while await self._called.wait() and not self._closing:
                self._aboard = self._next()
                await self._keep(self._aboard)
        finally:
            self._closing = True
            for one in (*(piece.of for piece in self._aboard), *self._waiting):
                one.answer(_closed())

    def close(self) -> None:
        self._closing = True
        self._called.set()

    def _next(self) -> list[_Piece]:
        pieces, room = list[_Piece](), EVENTS_AT_ONCE
        unasked = len(self._waiting)
        while unasked and room > 0:
            one, unasked = self._waiting.popleft(), unasked - 1
            if one.done.done():  # gone, or a piece of it could not be kept
                self._size -= one.size
                continue
            pieces.append(one.cut(room))
            room -= pieces[-1].size
            self._size -= pieces[-1].size
            if one.size:
                self._waiting.append(one)
        if not self._waiting:
            self._called.clear()
        return pieces

    async def _keep(self, pieces: Sequence[_Piece]) -> None:
        try:
            await self._write(pieces)
        except (Busy, Unavailable) as error:
            for piece in pieces:
                piece.of.answer(error)
        except Exception as error:  # noqa: BLE001  told to each who waits, who answers it
            await self._apart(pieces, error)
        else:
            for piece in pieces:
                piece.kept()

    async def _apart(self, pieces: Sequence[_Piece], error: Exception) -> None:
        """One that can't be kept must not keep the others from it."""
        if len(pieces) == 1:
            pieces[0].of.answer(error)
            return
        for piece in pieces:
            await self._keep([piece])

    async def _write(self, pieces: Sequence[_Piece]) -> None:
        events = [event for piece in pieces for event in piece.events]
        rejected = [wrong for piece in pieces for wrong in piece.rejected]
        if events or rejected:
            taken = await self._db.write(usage.record, self._act(), events, rejected)
            self._counted.update(new=taken.new, again=taken.again)

    def _act(self) -> Act:
        return self._clocks.act(TANDEM, Via.API, uuid4().hex)


def _closed() -> Unavailable:
    return Unavailable("usage: the door is closed")


@contextlib.asynccontextmanager
async def collecting(db: Database, clocks: Clocks) -> AsyncIterator[Collector]:
    collector = Collector(db, clocks)
    task = asyncio.create_task(collector.run())
    try:
        yield collector
    finally:
        collector.close()
        await task
