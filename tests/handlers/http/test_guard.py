"""Every way to knock wrongly, and the few ways to knock right, through a real server and a real Bolt app."""

import asyncio
import hashlib
import hmac
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit

import pytest
from aiohttp import ClientSession, web
from hypothesis import given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.signature import SignatureVerifier

from handlers.http import guard
from handlers.http.guard import (
    BYTES_MOST,
    NESTING_MOST,
    SIGNATURE,
    SIGNATURES_REMEMBERED,
    TIMESTAMP,
    _Memory,
    _Turned,
    slack_endpoint,
)
from handlers.http.server import serve

SECRET = "8f742231b10e8888abcd99aaa2222bbb"
NOW = 1_800_000_000
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
WORDS = "Zanzibar"  #: what people typed: never in a log, never in an answer

Json = dict[str, Any]


# -- builders


def signature(body: bytes, stamp: str, secret: str = SECRET, version: str = "v0") -> str:
    signed = version.encode() + b":" + stamp.encode() + b":" + body
    return f"{version}={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


@dataclass(frozen=True, kw_only=True)
class Knock:
    body: bytes
    headers: tuple[tuple[str, str], ...]
    chunked: bool = False

    def without(self, name: str) -> "Knock":
        return replace(self, headers=tuple(pair for pair in self.headers if pair[0] != name))

    def plus(self, *pairs: tuple[str, str]) -> "Knock":
        return replace(self, headers=self.headers + pairs)

    def with_(self, name: str, value: str) -> "Knock":
        return self.without(name).plus((name, value))

    def swapped(self) -> "Knock":
        stamp, mark = dict(self.headers)[TIMESTAMP], dict(self.headers)[SIGNATURE]
        return self.with_(TIMESTAMP, mark).with_(SIGNATURE, stamp)


def a_knock(body: bytes, kind: str = FORM, *, stamp: int | str = NOW, secret: str = SECRET, v: str = "v0") -> Knock:
    """A request as Slack would send it: signed over whatever the body and the timestamp are."""
    mark = signature(body, str(stamp), secret, v)
    return Knock(body=body, headers=((TIMESTAMP, str(stamp)), (SIGNATURE, mark), ("Content-Type", kind)))


def a_command(name: str = "/request", text: str = WORDS, **more: str) -> bytes:
    fields = {
        "command": name,
        "text": text,
        "user_id": "U1",
        "team_id": "T1",
        "channel_id": "C1",
        "trigger_id": "1.2",
    }
    return urlencode(fields | more).encode()


def a_payload(payload: object) -> bytes:
    return urlencode({"payload": payload if isinstance(payload, str) else json.dumps(payload)}).encode()


def a_submission(title: str = WORDS) -> Json:
    view = {"id": "V1", "type": "modal", "callback_id": "request", "state": {"values": {"title": title}}}
    return {"type": "view_submission", "team": {"id": "T1"}, "user": {"id": "U1"}, "view": view}


def an_event(**more: object) -> bytes:
    event = {"type": "app_mention", "user": "U1", "channel": "C1", "ts": "1.2", "text": WORDS}
    envelope = {"type": "event_callback", "team_id": "T1", "event_id": "Ev1", "event": event}
    return json.dumps(envelope | more).encode()


def nested(containers: int) -> bytes:
    """An object that is that deep altogether."""
    return b'{"x":' + b"[" * (containers - 1) + b"]" * (containers - 1) + b"}"


def padded(size: int) -> bytes:
    body = an_event(padding="")
    return an_event(padding="x" * (size - len(body)))


# -- the app and the door to it


@dataclass
class Clock:
    seconds: float = NOW

    def __call__(self) -> float:
        return self.seconds


@dataclass
class Heard:
    """What the listeners were handed, and what they do next."""

    texts: list[str] = field(default_factory=list)
    requests: list[AsyncBoltRequest] = field(default_factory=list)
    failures: int = 0  #: how many of the next commands fail
    wait: Callable[[], Awaitable[None]] | None = None


async def _authorize(**_: object) -> AuthorizeResult:
    return AuthorizeResult(enterprise_id=None, team_id="T1", bot_id="B1", bot_user_id="UBOT", bot_token="xoxb-1")


def an_app(heard: Heard) -> AsyncApp:
    app = AsyncApp(
        authorize=_authorize,
        signing_secret=SECRET,
        request_verification_enabled=False,
        ssl_check_enabled=False,
        process_before_response=True,
    )

    async def file_request(ack: AsyncAck, command: Json, request: AsyncBoltRequest) -> None:
        if heard.wait:
            await heard.wait()
        if heard.failures:
            heard.failures -= 1
            raise KeyError(command["text"])
        heard.texts.append(command.get("text", ""))
        heard.requests.append(request)
        await ack()

    async def refuse_title(ack: AsyncAck, view: Json) -> None:
        heard.texts.append(view["callback_id"])
        await ack(response_action="errors", errors={"title": "taken"})

    async def hear_event(event: Json) -> None:
        heard.texts.append(event.get("text", ""))

    async def answer_by_half(ack: AsyncAck) -> None:
        await ack("a\ud800b")

    async def bake() -> BoltResponse:
        return BoltResponse(
            status=200, body="ok", headers={"Set-Cookie": ["a=1; Path=/", "b=2"], "X-Many": ["1", "2"]}
        )

    async def press(ack: AsyncAck) -> None:
        await ack()

    async def answer_error(error: Exception, body: Json) -> BoltResponse | None:
        if body.get("command") == "/hopeless":
            raise RuntimeError(f"no words for {body['text']}") from error
        return BoltResponse(status=500, body=f"sorry, {body.get('text')}", headers={"X-Slack-No-Retry": "1"})

    async def break_down(command: Json) -> None:
        raise ValueError(command["text"])

    app.command("/request")(file_request)
    app.command("/half")(answer_by_half)
    app.command("/cookies")(bake)
    app.command("/hopeless")(break_down)
    app.view("request")(refuse_title)
    for name in ("app_mention", "message", "app_home_opened", "assistant_thread_started"):
        app.event(name)(hear_event)
    for name in ("estimate", "request"):
        app.action(name)(press)
        app.options(name)(press)
        app.shortcut(name)(press)
        app.view_closed(name)(press)
    app.error(answer_error)
    return app


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    text: str
    headers: CIMultiDict[str]


@dataclass(frozen=True, kw_only=True)
class Door:
    url: str
    session: ClientSession
    clock: Clock
    heard: Heard

    async def __call__(self, knock: Knock, method: str = "POST") -> Answer:
        data = _pieces(knock.body) if knock.chunked else knock.body
        headers, skipped = CIMultiDict(knock.headers), ["Content-Type"]
        async with self.session.request(
            method, self.url, data=data, headers=headers, skip_auto_headers=skipped
        ) as got:
            return Answer(status=got.status, text=await got.text(), headers=CIMultiDict(got.headers))

    async def say(self, *wire: bytes, then: bytes = b"", hang_up: bool = False) -> bytes:
        """Bytes on a socket, perhaps more a little later, and the first line of the answer."""
        address = urlsplit(self.url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.writelines(wire)
        await writer.drain()
        if then:
            await asyncio.sleep(0.02)
            writer.write(then)
        if hang_up:
            writer.write_eof()
        try:
            return await reader.readline()
        finally:
            writer.close()
            await writer.wait_closed()


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 16_384):
        yield body[start : start + 16_384]


@asynccontextmanager
async def a_door(read_within: float = 5.0) -> AsyncIterator[Door]:
    clock, heard = Clock(), Heard()
    handler = slack_endpoint(an_app(heard), SECRET, now=clock, read_within=read_within)
    async with (
        serve("127.0.0.1", 0, [web.post("/slack/events", handler)], grace=0.2) as site,
        ClientSession() as session,
    ):
        yield Door(url=f"{site.url}/slack/events", session=session, clock=clock, heard=heard)


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    async with a_door() as opened:
        yield opened


def wire(knock: Knock, *more: bytes) -> bytes:
    """Request line and headers as bytes, so that they may be what no decent client sends."""
    lines = [b"POST /slack/events HTTP/1.1", b"Host: x", *(f"{n}: {v}".encode() for n, v in knock.headers), *more]
    return b"\r\n".join(lines) + b"\r\n\r\n"


# -- let in


async def test_a_signed_command_reaches_its_listener(door: Door) -> None:
    answer = await door(a_knock(a_command(text="k8s connector & <b>, Größe 5 € 🚀")))
    assert (answer.status, answer.text) == (200, "")
    assert door.heard.texts == ["k8s connector & <b>, Größe 5 € 🚀"]


async def test_a_command_may_have_the_word_payload_in_it(door: Door) -> None:
    assert (await door(a_knock(a_command(text="payload=validation")))).status == 200
    assert door.heard.texts == ["payload=validation"]


async def test_a_form_gets_its_field_errors_back(door: Door) -> None:
    answer = await door(a_knock(a_payload(a_submission())))
    assert answer.status == 200
    assert json.loads(answer.text) == {"response_action": "errors", "errors": {"title": "taken"}}
    assert answer.headers["Content-Type"] == "application/json;charset=utf-8"


@pytest.mark.parametrize(
    "kind", [JSON, "application/json; charset=utf-8", "Application/JSON", "application/json;charset=latin-1"]
)
async def test_an_event_is_json_however_that_is_written(door: Door, kind: str) -> None:
    assert (await door(a_knock(an_event(), kind))).status == 200
    assert door.heard.texts == [WORDS]


async def test_slack_may_verify_our_address_when_it_signs(door: Door) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "3eZbrw1a"}).encode()
    answer = await door(a_knock(body, JSON))
    assert (answer.status, json.loads(answer.text)) == (200, {"challenge": "3eZbrw1a"})


async def test_slack_may_check_our_certificate_when_it_signs(door: Door) -> None:
    assert (await door(a_knock(b"ssl_check=1&token=x"))).status == 200


@pytest.mark.parametrize("chunked", [False, True])
async def test_exactly_256_kib_is_not_too_much(door: Door, chunked: bool) -> None:
    body = padded(BYTES_MOST)
    assert len(body) == BYTES_MOST
    assert (await door(replace(a_knock(body, JSON), chunked=chunked))).status == 200


@pytest.mark.parametrize("apart", [-300, 300])
async def test_a_clock_may_be_five_minutes_off(door: Door, apart: int) -> None:
    assert (await door(a_knock(a_command(), stamp=NOW + apart))).status == 200


async def test_slacks_own_signer_agrees_with_the_one_here(door: Door) -> None:
    theirs = SignatureVerifier(SECRET).generate_signature(timestamp=str(NOW), body=a_command())
    assert theirs == signature(a_command(), str(NOW))


async def test_an_answer_keeps_every_value_of_a_header(door: Door) -> None:
    answer = await door(a_knock(a_command("/cookies")))
    assert answer.headers.getall("Set-Cookie") == ["a=1; Path=/", "b=2"]
    assert answer.headers.getall("X-Many") == ["1", "2"]


async def test_an_unhandled_request_is_no_fault(door: Door) -> None:
    assert (await door(a_knock(a_command("/unknown")))).status == 404


async def test_retry_headers_are_handed_on_when_they_are_slacks(door: Door) -> None:
    retry = (("X-Slack-Retry-Num", "2"), ("X-Slack-Retry-Reason", "http_timeout"))
    await door(a_knock(a_command()).plus(*retry))
    assert door.heard.requests[0].headers["x-slack-retry-num"] == ["2"]
    assert door.heard.requests[0].headers["x-slack-retry-reason"] == ["http_timeout"]


@pytest.mark.parametrize("odd", ["", "two", "٢", "-1", "1" * 400, "1;drop"])
async def test_odd_retry_headers_stay_outside(door: Door, odd: str) -> None:
    assert (await door(a_knock(a_command()).plus(("X-Slack-Retry-Num", odd)))).status == 200
    assert "x-slack-retry-num" not in door.heard.requests[0].headers


async def test_an_unsigned_header_cannot_make_bolt_ack_and_do_nothing(door: Door) -> None:
    assert (await door(a_knock(a_command()).plus(("X-Slack-Bolt-Lazy-Only", "1")))).status == 200
    assert door.heard.texts == [WORDS]


async def test_neither_signature_nor_query_is_handed_on(door: Door) -> None:
    await replace(door, url=f"{door.url}?ssl_check=1")(a_knock(a_command()))
    request = door.heard.requests[0]
    assert set(request.headers) == set()
    assert not request.query


# -- not Slack

GOOD = a_knock(a_command())
MARK = dict(GOOD.headers)[SIGNATURE]
ARABIC = "".join(chr(0x660 + int(digit)) for digit in str(NOW))

NOT_SLACK = {
    "wrong secret": a_knock(a_command(), secret="not the secret"),
    "301 s old": a_knock(a_command(), stamp=NOW - 301),
    "301 s ahead": a_knock(a_command(), stamp=NOW + 301),
    "no signature": GOOD.without(SIGNATURE),
    "no timestamp": GOOD.without(TIMESTAMP),
    "neither": GOOD.without(SIGNATURE).without(TIMESTAMP),
    "empty signature": GOOD.with_(SIGNATURE, ""),
    "empty timestamp": a_knock(a_command(), stamp=""),
    "two signatures": GOOD.plus((SIGNATURE, MARK)),
    "two signatures, other first": GOOD.with_(SIGNATURE, "v0=" + "0" * 64).plus((SIGNATURE, MARK)),
    "two timestamps": GOOD.plus((TIMESTAMP, str(NOW))),
    "two timestamps in one": a_knock(a_command(), stamp=f"{NOW}, {NOW}"),
    "swapped": GOOD.swapped(),
    "version 1": a_knock(a_command(), v="v1"),
    "version 0 said, 1 signed": GOOD.with_(
        SIGNATURE, "v0=" + signature(a_command(), str(NOW), v := SECRET, "v1")[3:]
    ),
    "no version": GOOD.with_(SIGNATURE, MARK.removeprefix("v0=")),
    "uppercase": GOOD.with_(SIGNATURE, "v0=" + MARK[3:].upper()),
    "shortened": GOOD.with_(SIGNATURE, MARK[:-1]),
    "lengthened": GOOD.with_(SIGNATURE, MARK + "0"),
    "quoted": GOOD.with_(SIGNATURE, f'"{MARK}"'),
    "signature not ASCII": GOOD.with_(SIGNATURE, "v0=é" + MARK[4:]),
    "signature of emoji": GOOD.with_(SIGNATURE, "v0=" + "🗝" * 64),
    "altered first byte": replace(GOOD, body=b"C" + GOOD.body[1:]),
    "altered last byte": replace(GOOD, body=GOOD.body[:-1] + b"3"),
    "a byte more": replace(GOOD, body=GOOD.body + b"\n"),
    "a byte less": replace(GOOD, body=GOOD.body[:-1]),
    "another body": replace(GOOD, body=an_event()),
    "another time": GOOD.with_(TIMESTAMP, str(NOW + 1)),
    "timestamp abc": a_knock(a_command(), stamp="abc"),
    "timestamp negative": a_knock(a_command(), stamp=-NOW),
    "timestamp with plus": a_knock(a_command(), stamp=f"+{NOW}"),
    "timestamp float": a_knock(a_command(), stamp=f"{NOW}.0"),
    "timestamp 1.8e9": a_knock(a_command(), stamp="1.8e9"),
    "timestamp with underscores": a_knock(a_command(), stamp="1_800_000_000"),
    "timestamp hex": a_knock(a_command(), stamp=hex(NOW)),
    "timestamp in milliseconds": a_knock(a_command(), stamp=NOW * 1000),
    "timestamp of 5,000 digits": a_knock(a_command(), stamp="9" * 5000),
    "timestamp nan": a_knock(a_command(), stamp="nan"),
    "timestamp zero": a_knock(a_command(), stamp=0),
    "timestamp in Arabic digits": a_knock(a_command(), stamp=ARABIC),
    "timestamp superscript": a_knock(a_command(), stamp=f"{NOW}²"),
    "packed": GOOD.plus(("Content-Encoding", "identity")),
    "unsigned ssl_check": Knock(body=b"ssl_check=1&token=x", headers=(("Content-Type", FORM),)),
    "unsigned url_verification": a_knock(b'{"type":"url_verification","challenge":"x"}', JSON).without(SIGNATURE),
    "unsigned nothing": Knock(body=b"", headers=()),
    "unsigned broken JSON": Knock(body=b'{"a":', headers=(("Content-Type", JSON),)),
    "unsigned deep JSON": Knock(body=nested(100_000), headers=(("Content-Type", JSON),)),
    "unsigned not UTF-8": Knock(body=b"\xff\xfe", headers=(("Content-Type", JSON),)),
    "wrongly signed deep JSON": a_knock(nested(100_000), JSON, secret="x"),
    "wrongly signed broken payload": a_knock(b"payload={", secret="x"),
}


@pytest.mark.parametrize("knock", NOT_SLACK.values(), ids=NOT_SLACK.keys())
async def test_who_is_not_slack_is_told_nothing(door: Door, knock: Knock) -> None:
    answer = await door(knock)
    assert (answer.status, answer.text) == (401, "")
    assert door.heard.texts == []


@pytest.mark.parametrize("mark", [b"\xff\xfe\xfd", b"v0=" + b"\xe9" * 64, b"\xf0\x9f"])
@pytest.mark.parametrize("name", [SIGNATURE, TIMESTAMP])
async def test_header_bytes_that_are_no_text_are_401(door: Door, name: str, mark: bytes) -> None:
    odd = wire(GOOD.without(name), f"{name}: ".encode() + mark, b"Content-Length: %d" % len(GOOD.body))
    assert b" 401 " in await door.say(odd, GOOD.body)


async def test_the_same_request_works_once_the_door_knows_it(door: Door) -> None:
    """Each case above differs from this one in the one thing that it names."""
    assert (await door(GOOD)).status == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
async def test_only_post_is_understood(door: Door, method: str) -> None:
    assert (await door(GOOD, method)).status == 405


@pytest.mark.parametrize("secret", ["", "  "])
def test_without_a_secret_there_is_no_door(secret: str) -> None:
    with pytest.raises(ValueError, match="anybody could sign"):
        slack_endpoint(an_app(Heard()), secret)


# -- too much, too slow, broken off


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("signed", [False, True])
async def test_more_than_256_kib_is_413(door: Door, signed: bool, chunked: bool) -> None:
    knock = a_knock(padded(BYTES_MOST + 1), JSON)
    knock = knock if signed else knock.without(SIGNATURE)
    assert (await door(replace(knock, chunked=chunked))).status == 413


async def test_a_large_announcement_is_refused_before_a_byte_of_it_came(door: Door) -> None:
    assert b" 413 " in await door.say(wire(GOOD, b"Content-Length: 5000000000"))


async def test_a_body_that_trickles_is_408() -> None:
    async with a_door(read_within=0.05) as door:
        assert b" 408 " in await door.say(wire(GOOD, b"Content-Length: 100"), b"command=")


@pytest.mark.parametrize("chunk", [b"zz\r\nhello\r\n", b"-1\r\n\r\n", b"5\r\nhelloXX\r\n"])
async def test_broken_chunks_are_400(door: Door, chunk: bytes) -> None:
    assert b" 400 " in await door.say(wire(GOOD, b"Transfer-Encoding: chunked"), chunk)


async def test_chunks_that_break_later_are_as_good_as_missing() -> None:
    """The C half of aiohttp does not tell the handler that is reading, so the time limit ends it."""
    async with a_door(read_within=0.1) as door:
        head = wire(GOOD, b"Transfer-Encoding: chunked") + b"5\r\nhello\r\n"
        assert (await door.say(head, then=b"zz\r\n")).split()[1] in (b"400", b"408")


async def test_a_caller_who_hangs_up_halfway_does_no_harm(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    assert await door.say(wire(GOOD, b"Content-Length: 500"), b"command=", hang_up=True) in (
        b"",
        b"HTTP/1.1 400 Bad Request\r\n",
    )
    assert (await door(GOOD)).status == 200
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize(
    "headers",
    [
        [b"Content-Length: abc"],
        [b"Content-Length: -1"],
        [b"Content-Length: 3", b"Transfer-Encoding: chunked"],
        [b"X-Odd: a\x00b"],
        [b"no colon at all"],
        [b"X-Long: " + b"a" * 20_000],
    ],
    ids=lambda headers: headers[0][:16].decode(),
)
async def test_what_is_no_http_is_400(door: Door, headers: list[bytes]) -> None:
    assert b" 400 " in await door.say(wire(GOOD, *headers))


# -- Slack's signature under something odd

MALFORMED = {
    "empty": a_knock(b""),
    "empty JSON": a_knock(b"", JSON),
    "blank JSON": a_knock(b"  \n", JSON),
    "no content type": GOOD.without("Content-Type"),
    "plain text": GOOD.with_("Content-Type", "text/plain"),
    "multipart": GOOD.with_("Content-Type", "multipart/form-data; boundary=x"),
    "odd content type": GOOD.with_("Content-Type", ";;/é"),
    "JSON said to be a form": a_knock(an_event()),
    "form said to be JSON": a_knock(a_command(), JSON),
    "not UTF-8": a_knock(b"command=/request&text=\xff\xfe"),
    "JSON not UTF-8": a_knock(b'{"type":"\xff"}', JSON),
    "UTF-16": a_knock(an_event().decode().encode("utf-16"), JSON),
    "byte order mark": a_knock(b"\xef\xbb\xbf" + an_event(), JSON),
    "half a surrogate pair": a_knock(b'{"type":"x","text":"\\ud800"}', JSON),
    "half an object": a_knock(b'{"type":', JSON),
    "two objects": a_knock(b"{}{}", JSON),
    "single quotes": a_knock(b"{'a': 1}", JSON),
    "trailing comma": a_knock(b'{"a": 1,}', JSON),
    "control character": a_knock(b'{"a": "\x01"}', JSON),
    "a list": a_knock(b"[]", JSON),
    "a number": a_knock(b"1", JSON),
    "null": a_knock(b"null", JSON),
    "a string": a_knock(b'"a"', JSON),
    "not a number": a_knock(b'{"a": NaN}', JSON),
    "infinite": a_knock(b'{"a": 1e999}', JSON),
    "a number of 5,000 digits": a_knock(b'{"a": ' + b"9" * 5000 + b"}", JSON),
    "101 deep": a_knock(nested(NESTING_MOST + 1), JSON),
    "100,000 deep": a_knock(nested(100_000), JSON),
    "100,000 open brackets": a_knock(b"[" * 100_000, JSON),
    "payload broken": a_knock(b"payload={"),
    "payload empty": a_knock(b"payload="),
    "payload null": a_knock(b"payload=null"),
    "payload of a list": a_knock(b"payload=[]"),
    "payload not UTF-8 inside": a_knock(b"payload=%FF"),
    "payload 100,000 deep": a_knock(b"payload=" + nested(100_000)),
    "neither payload nor command": a_knock(b"text=payload"),
    "a thousand fields": a_knock(b"command=/request" + b"&a=b" * 1000),
    "only separators": a_knock(b"&&&==="),
}


@pytest.mark.parametrize("knock", MALFORMED.values(), ids=MALFORMED.keys())
async def test_what_cannot_be_read_is_400(door: Door, knock: Knock) -> None:
    answer = await door(knock)
    assert (answer.status, answer.text) == (400, "")
    assert door.heard.texts == []


async def test_100_deep_is_still_read(door: Door) -> None:
    assert (await door(a_knock(nested(NESTING_MOST), JSON))).status == 404


MISSHAPEN: list[Json] = [
    {"type": 5},
    {"type": ["event_callback"]},
    {"type": "event_callback"},
    {"type": "event_callback", "event": None},
    {"type": "event_callback", "event": "app_mention"},
    {"type": "event_callback", "event": {}},
    {"type": "event_callback", "event": {"type": {}}},
    {"type": "event_callback", "event": {"type": "app_mention", "user": 5}},
    {"type": "event_callback", "event": {"type": "message", "channel": []}},
    {"type": "event_callback", "event": {"type": "message", "message": {"user": True}}},
    {"type": "event_callback", "event": {"type": "x"}, "authorizations": [None]},
    {"type": "event_callback", "event": {"type": "x"}, "authorizations": 1},
    {"type": "event_callback", "event": {"type": "assistant_thread_started", "channel": "C1"}},
    {"type": "event_callback", "event": {"type": "message", "assistant_thread": "C1"}},
    {"type": "block_actions"},
    {"type": "block_actions", "actions": []},
    {"type": "block_actions", "actions": [5]},
    {"type": "block_actions", "actions": [{}]},
    {"type": "block_actions", "actions": {"action_id": "estimate"}},
    {"type": "block_actions", "actions": [{"action_id": 5}]},
    {"type": "interactive_message", "callback_id": "x", "actions": []},
    {"type": "block_suggestion", "action_id": 5},
    {"type": "view_submission"},
    {"type": "view_submission", "view": []},
    {"type": "view_submission", "view": {"callback_id": "request"}},
    {"type": "view_submission", "view": {"type": "modal"}},
    {"type": "view_closed", "view": None},
    {"type": "shortcut", "callback_id": 5},
    {"type": "x", "user": 5},
    {"type": "x", "team": [1]},
    {"type": "x", "response_urls": [5]},
]


@pytest.mark.parametrize("envelope", MISSHAPEN, ids=json.dumps)
async def test_what_slack_never_sends_is_400(door: Door, envelope: Json) -> None:
    assert (await door(a_knock(json.dumps(envelope).encode(), JSON))).status == 400


# -- again

RETRY = (("X-Slack-Retry-Num", "1"), ("X-Slack-Retry-Reason", "http_error"))


async def test_the_same_signature_counts_once(door: Door) -> None:
    assert (await door(GOOD)).status == 200
    again = await door(GOOD)
    assert (again.status, again.text) == (401, "")
    assert door.heard.texts == [WORDS]


async def test_retry_headers_do_not_excuse_a_replay(door: Door) -> None:
    await door(GOOD)
    assert (await door(GOOD.plus(*RETRY))).status == 401


async def test_slacks_own_retry_is_signed_anew_and_passes(door: Door) -> None:
    assert (await door(a_knock(an_event(), JSON))).status == 200
    door.clock.seconds += 60
    assert (await door(a_knock(an_event(), JSON, stamp=NOW + 60).plus(*RETRY))).status == 200


async def test_of_two_at_once_one_gets_in(door: Door) -> None:
    begun, end = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        if not begun.is_set():
            begun.set()
            await end.wait()

    door.heard.wait = work
    first = asyncio.create_task(door(GOOD))
    await begun.wait()
    assert (await door(GOOD)).status == 401
    end.set()
    assert (await first).status == 200
    assert door.heard.texts == [WORDS]


async def test_what_failed_under_us_may_come_again(door: Door) -> None:
    door.heard.failures = 1
    assert [(await door(GOOD)).status for _ in range(3)] == [500, 200, 401]
    assert door.heard.texts == [WORDS]


async def test_a_replay_is_known_for_as_long_as_its_timestamp_is_good(door: Door) -> None:
    ahead = a_knock(a_command(), stamp=NOW + 300)
    assert (await door(ahead)).status == 200
    door.clock.seconds += 600
    assert (await door(ahead)).status == 401
    door.clock.seconds += 1
    assert (await door(ahead)).status == 401


def test_the_memory_is_bounded_and_forgets_the_oldest() -> None:
    memory = _Memory(lambda: NOW)
    for number in range(SIGNATURES_REMEMBERED + 5):
        memory.claim(str(number))
    assert len(memory._since) == SIGNATURES_REMEMBERED
    memory.claim("0")
    with pytest.raises(_Turned, match="replay"):
        memory.claim(str(SIGNATURES_REMEMBERED))


def test_the_memory_lets_go_after_ten_minutes() -> None:
    clock = Clock()
    memory = _Memory(clock)
    memory.claim("a")
    clock.seconds += 601
    memory.claim("b")
    assert list(memory._since) == ["b"]


# -- our own faults


async def test_a_listener_that_breaks_is_500_without_words(door: Door) -> None:
    door.heard.failures = 1
    answer = await door(GOOD)
    assert (answer.status, answer.text) == (500, "")
    assert answer.headers["X-Slack-No-Retry"] == "1"


async def test_an_error_handler_that_breaks_is_500_without_words(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await door(a_knock(a_command("/hopeless")))
    assert (answer.status, answer.text) == (500, "")
    [record] = [record for record in caplog.records if record.name == "handlers.http.guard"]
    assert record.__dict__["reason"].startswith("RuntimeError at test_guard.py:")


async def test_half_a_character_in_an_answer_is_no_fault(door: Door) -> None:
    answer = await door(a_knock(a_command("/half")))
    assert (answer.status, answer.text) == (200, "a?b")


# -- what is written down


def told(caplog: pytest.LogCaptureFixture) -> str:
    """Everything any handler could print: messages, extras, exceptions."""
    formatter = logging.Formatter()
    return "\n".join(f"{formatter.format(record)} {record.__dict__}" for record in caplog.records)


async def test_no_log_has_what_was_sent(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.DEBUG, "handlers")
    door.heard.failures = 1
    knocks = [GOOD, GOOD, GOOD, *NOT_SLACK.values(), *MALFORMED.values(), a_knock(a_command("/hopeless"))]
    for knock in knocks:
        await door(knock)
    await door.say(wire(GOOD, b"X-Odd: a\x00b " + WORDS.encode()))
    written = told(caplog)
    marks = {value for knock in knocks for name, value in knock.headers if name == SIGNATURE and len(value) > 10}
    assert "slack request refused" in written
    assert "slack request failed" in written
    assert [secret for secret in (WORDS, SECRET, "xoxb-", MARK, *marks) if secret in written] == []


@pytest.mark.parametrize(
    ("knock", "reason"),
    [
        (NOT_SLACK["wrong secret"], "signature does not match"),
        (NOT_SLACK["timestamp abc"], "timestamp is not a number"),
        (NOT_SLACK["301 s old"], "timestamp is too far off"),
        (NOT_SLACK["two signatures"], "X-Slack-Signature came 2 times"),
        (MALFORMED["half an object"], "unreadable"),
        (MALFORMED["plain text"], "content type"),
    ],
)
async def test_the_log_says_why(door: Door, caplog: pytest.LogCaptureFixture, knock: Knock, reason: str) -> None:
    await door(knock)
    [record] = [record for record in caplog.records if record.name == "handlers.http.guard"]
    assert (record.getMessage(), record.__dict__["reason"]) == ("slack request refused", reason)


# -- anything at all

KNOWN_KEYS = """type event view actions action_id block_id callback_id user user_id team team_id enterprise channel
    message previous_message item assistant_thread authorizations response_url response_urls command text subtype
    bot_id bot_access_token function_data is_ext_shared_channel event_id ssl_check challenge thread_ts container"""
KNOWN_WORDS = """event_callback app_mention message app_home_opened assistant_thread_started function_executed 1
    block_actions block_suggestion view_submission view_closed shortcut message_action interactive_message
    request dialog_submission dialog_suggestion url_verification ssl_check workflow_step_edit estimate accounts
    /request im"""
SOME_KEYS = st.sampled_from(KNOWN_KEYS.split())
SOME_WORDS = st.sampled_from(KNOWN_WORDS.split())
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8) | SOME_WORDS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(SOME_KEYS, inner, max_size=5),
    max_leaves=12,
)
ENVELOPES = st.fixed_dictionaries(
    {"type": SOME_WORDS}, optional={"event": VALUES, "view": VALUES, "actions": VALUES}
)
OBJECTS = st.builds(lambda known, more: more | known, ENVELOPES, st.dictionaries(SOME_KEYS, VALUES, max_size=5))
EVENTS: dict[str, Json] = {
    "app_mention": {"user": "U1"},
    "message": {"channel_type": "im", "user": "U1"},
    "app_home_opened": {"tab": "messages", "user": "U1"},
    "assistant_thread_started": {"assistant_thread": {"user_id": "U1", "channel_id": "C1", "thread_ts": "1.2"}},
}
SOUND: list[Json] = [
    a_submission(),
    a_submission() | {"type": "view_closed"},
    {"type": "block_actions", "user": {"id": "U1"}, "actions": [{"action_id": "estimate", "block_id": "b"}]},
    {"type": "block_suggestion", "action_id": "estimate", "block_id": "b", "value": "a", "user": {"id": "U1"}},
    {"type": "shortcut", "callback_id": "request", "user": {"id": "U1"}, "team": {"id": "T1"}},
    {"type": "message_action", "callback_id": "request", "message": {"ts": "1.2"}, "channel": {"id": "C1"}},
    *(
        {"type": "event_callback", "team_id": "T1", "event": more | {"type": name, "channel": "C1", "ts": "1.2"}}
        for name, more in EVENTS.items()
    ),
]


def altered(sound: Json, top: Json, inside: Json, part: str) -> Json:
    """What Slack sends, but for some fields of the envelope or of what it carries."""
    within = {part: sound[part] | inside} if isinstance(sound.get(part), dict) else {}
    return sound | within | top


NEARLY = st.builds(
    altered,
    st.sampled_from(SOUND),
    st.dictionaries(SOME_KEYS, VALUES, max_size=1),
    st.dictionaries(SOME_KEYS, VALUES, max_size=2),
    st.sampled_from(["event", "view", "message", "user"]),
)
FORMS = st.dictionaries(SOME_KEYS | st.just("payload"), SOME_WORDS | st.text(max_size=20), max_size=4)


def as_json(envelope: Json) -> tuple[bytes, str]:
    return json.dumps(envelope).encode(), JSON


def as_form(fields: Json) -> tuple[bytes, str]:
    return urlencode(fields, errors="replace").encode(), FORM


VISIBLE = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=40)
NAMES = st.sampled_from(
    [TIMESTAMP, SIGNATURE, "Content-Type", "X-Slack-Retry-Num", "X-Slack-Bolt-Lazy-Only", "X-Odd"]
)
HEADERS = st.dictionaries(NAMES, VISIBLE | st.just(str(NOW)), max_size=4)  # of two content types aiohttp takes none
BODIES = (
    st.tuples(st.binary(max_size=200), st.sampled_from([JSON, FORM]) | VISIBLE)
    | OBJECTS.map(as_json)
    | NEARLY.map(as_json)
    | NEARLY.map(lambda envelope: (a_payload(envelope), FORM))
    | FORMS.map(as_form)
    | FORMS.map(lambda fields: as_form({"command": "/request"} | fields))
)


@pytest.mark.parametrize("knocks", [300, pytest.param(1000, marks=pytest.mark.faults)])
def test_no_request_at_all_is_ever_our_fault(opened_door: tuple[asyncio.Runner, Door], knocks: int) -> None:
    runner, door = opened_door
    seen: set[int] = set()

    @settings(max_examples=knocks, derandomize=True, deadline=None, database=None)
    @given(sent=BODIES, headers=HEADERS, signed=st.sampled_from([True, True, False]))
    def knock(sent: tuple[bytes, str], headers: dict[str, str], signed: bool) -> None:
        door.clock.seconds += 1000  # past every replay
        knock = a_knock(*sent, stamp=int(door.clock.seconds)) if signed else Knock(body=sent[0], headers=())
        for name, value in headers.items():
            if not (signed and name in (TIMESTAMP, SIGNATURE, "Content-Type")):
                knock = knock.with_(name, value)
        status = runner.run(door(knock)).status
        seen.add(status)
        assert status < 500 if signed else status == 401

    knock()
    assert seen >= {200, 400, 401, 404}


@pytest.fixture
def opened_door() -> Iterator[tuple[asyncio.Runner, Door]]:
    with asyncio.Runner() as runner:
        opening = a_door()
        yield runner, runner.run(opening.__aenter__())
        runner.run(opening.__aexit__(None, None, None))


WRITTEN = st.text(st.characters(codec="utf-8"))


@given(WRITTEN | WRITTEN.map(quote_plus) | st.from_regex(r"[%+=0-9A-Fa-f.]*"))
@settings(max_examples=500, derandomize=True, deadline=None)
def test_the_fast_reading_of_a_form_is_the_standard_one(value: str) -> None:
    text = f"payload={value}"
    if (payload := guard._only_payload(text)) is not None:
        assert payload == dict(parse_qsl(text, keep_blank_values=True))["payload"]


def test_a_form_as_slack_sends_it_is_read_the_fast_way() -> None:
    payload = '{"title": "Приём 🚀 & = %"}'
    assert guard._only_payload("payload=" + quote_plus(payload)) == payload
