"""Sockets, signed requests, acks, redelivery, events, response_url."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_sdk.signature import SignatureVerifier

from sandbox import Failure, Message, Sandbox, Timing, User
from tests.sandbox.apps import (
    MANIFEST,
    bolt,
    button,
    home,
    opened,
    over_http,
    over_socket,
    section,
    serving,
    web_client,
)


@pytest.fixture
async def slack() -> AsyncIterator[Sandbox]:
    async with opened() as slack:
        yield slack


class Socket:
    """A bare Socket Mode client: it acks only when told to."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def heard(self) -> dict[str, Any]:
        message: dict[str, Any] = await self.socket.receive_json(timeout=2)
        return message

    async def ack(self, envelope: dict[str, Any], payload: Any = None) -> None:
        answer = {"envelope_id": envelope["envelope_id"]} | ({"payload": payload} if payload else {})
        await self.socket.send_json(answer)


async def connect(slack: Sandbox, http: aiohttp.ClientSession) -> Socket:
    url = (await web_client(slack).apps_connections_open(app_token=slack.app_token))["url"]
    return Socket(await http.ws_connect(url))


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def hearing(slack: Sandbox, *events: str) -> tuple[AsyncApp, list[dict[str, Any]]]:
    """An app that notes the events it hears, with the number of the retry."""
    app, heard = bolt(slack), []

    async def note(event: dict[str, Any], request: Any) -> None:
        heard.append(event | {"retry": request.headers.get("x-slack-retry-num", ["0"])[0]})

    for event in events:
        app.event(event)(note)
    return app, heard


# Sockets


async def test_slack_says_hello_and_hands_over_envelopes(slack: Sandbox, http: aiohttp.ClientSession) -> None:
    socket = await connect(slack, http)
    hello = await socket.heard()
    assert hello["type"] == "hello"
    assert hello["debug_info"]["approximate_connection_time"] > 0
    asked = asyncio.create_task(slack.person("Alice").slash("/request k8s now", channel="#board"))
    envelope = await socket.heard()
    assert (envelope["type"], envelope["accepts_response_payload"]) == ("slash_commands", True)
    assert (envelope["payload"]["command"], envelope["payload"]["text"]) == ("/request", "k8s now")
    assert envelope["payload"]["channel_name"] == "board"
    await socket.ack(envelope, {"text": "Right."})
    seen = await asked
    assert isinstance(seen, Message)
    assert seen.text == "Right."


async def test_a_ticket_opens_one_connection(slack: Sandbox, http: aiohttp.ClientSession) -> None:
    url = (await web_client(slack).apps_connections_open(app_token=slack.app_token))["url"]
    await http.ws_connect(url)
    with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
        await http.ws_connect(url)


async def test_each_envelope_goes_to_one_connection(slack: Sandbox, http: aiohttp.ClientSession) -> None:
    sockets = [await connect(slack, http) for _ in range(2)]
    for number, socket in enumerate(sockets, 1):
        assert (await socket.heard())["num_connections"] == number
    for _ in range(2):
        asked = [asyncio.create_task(slack.person("Alice").slash("/request")) for _ in sockets]
        for socket in sockets:
            await socket.ack(await socket.heard(), {"text": "Right."})
        await asyncio.gather(*asked)
    assert len(slack.traffic.deliveries) == 4


async def test_an_eleventh_connection_is_one_too_many(slack: Sandbox, http: aiohttp.ClientSession) -> None:
    sockets = [await connect(slack, http) for _ in range(11)]
    assert (await sockets[-1].heard())["reason"] == "too_many_websockets"


async def test_an_envelope_whose_socket_broke_goes_to_the_next(slack: Sandbox, http: aiohttp.ClientSession) -> None:
    first = await connect(slack, http)
    await first.heard()
    asked = asyncio.create_task(slack.person("Alice").slash("/request"))
    lost = await first.heard()
    await slack.drop_sockets()
    second = await connect(slack, http)
    await second.heard()
    again = await second.heard()
    assert again["payload"] == lost["payload"]
    assert again["envelope_id"] != lost["envelope_id"]
    assert again["retry_attempt"] == 1
    await second.ack(again, {"text": "Right."})
    assert isinstance(await asked, Message)


async def test_an_app_comes_back_when_asked_to(slack: Sandbox) -> None:
    app, heard = hearing(slack, "message")
    async with over_socket(slack, app):
        before = len(slack.calls("apps.connections.open"))
        await slack.refresh_sockets()
        await slack.until(lambda: len(slack.calls("apps.connections.open")) > before)
        await slack.connected()
        await slack.person("Alice").say("#board", "Hi")
        await slack.until(lambda: heard)


# Signed HTTP


async def test_requests_are_signed_and_shaped_as_slack_shapes_them(slack: Sandbox) -> None:
    received: list[tuple[str, Any]] = []
    verifier = SignatureVerifier(slack.signing_secret)

    async def receive(request: web.Request) -> web.Response:
        body = await request.text()
        assert verifier.is_valid_request(body, dict(request.headers))
        received.append((request.content_type, dict(await request.post()) or json.loads(body)))
        return web.json_response({"text": "Right."}) if len(received) == 1 else web.Response()

    app = web.Application()
    app.router.add_post("/slack/events", receive)
    async with serving(app) as address:
        slack.deliver_over_http(f"{address}/slack/events")
        await slack.connected()
        alice = slack.person("Alice")
        seen = await alice.slash("/request k8s & more", channel="#board")
        assert isinstance(seen, Message)
        said = await alice.say("#board", "Hi")
        slack.state.timing = Timing(patience=0)
        await alice.shortcut("Add to the board", on=said)
    (command, form), (kind, event), (_, interactive) = received
    assert (command, form["text"], form["is_enterprise_install"]) == (
        "application/x-www-form-urlencoded", "k8s & more", "false"
    )  # fmt: skip
    assert (kind, event["type"], event["event"]["text"]) == ("application/json", "event_callback", "Hi")
    assert json.loads(interactive["payload"])["type"] == "message_action"


async def test_the_sandbox_talks_to_this_machine_only(slack: Sandbox) -> None:
    with pytest.raises(ValueError, match="this machine only"):
        slack.deliver_over_http("https://example.com/slack/events")


async def test_an_error_or_nobody_at_the_address_is_no_answer(slack: Sandbox) -> None:
    alice = slack.person("Alice")
    async with serving(web.Application()) as address:
        slack.deliver_over_http(f"{address}/slack/events")
        assert isinstance(await alice.slash("/request"), Failure)
    assert isinstance(await alice.slash("/request"), Failure)
    assert [delivery.failed for delivery in slack.traffic.deliveries] == ["http_error", "connection_failed"]


# Events


async def test_an_event_that_is_not_acked_comes_again() -> None:
    async with opened(Timing(ack=0.05, event_retries=(0.0, 0.0))) as slack:
        attempts: list[tuple[str | None, str | None]] = []

        async def receive(request: web.Request) -> web.Response:
            headers = request.headers
            attempts.append((headers.get("X-Slack-Retry-Num"), headers.get("X-Slack-Retry-Reason")))
            if len(attempts) == 1:
                await asyncio.sleep(0.2)
            return web.Response(status=500 if len(attempts) == 2 else 200)

        app = web.Application()
        app.router.add_post("/", receive)
        async with serving(app) as address:
            slack.deliver_over_http(address)
            await slack.person("Alice").say("#board", "Hi")
            await slack.until(lambda: len(attempts) == 3)
        assert attempts == [(None, None), ("1", "http_timeout"), ("2", "http_error")]


async def test_an_app_can_ask_not_to_be_told_again(slack: Sandbox) -> None:
    async def receive(request: web.Request) -> web.Response:
        return web.Response(status=500, headers={"X-Slack-No-Retry": "1"})

    app = web.Application()
    app.router.add_post("/", receive)
    async with serving(app) as address:
        slack.deliver_over_http(address)
        alice = slack.person("Alice")
        await alice.say("#board", "One")
        await alice.say("#board", "Two")
        await asyncio.sleep(0.05)
    assert [delivery.attempt for delivery in slack.traffic.deliveries] == [0, 0]


async def test_an_event_nobody_was_there_for_comes_again(slack: Sandbox) -> None:
    slack.state.timing = Timing(event_retries=(0.0, 0.3))
    await slack.person("Alice").say("#board", "Hi")
    app, heard = hearing(slack, "message")
    async with over_socket(slack, app):
        await slack.until(lambda: heard)
    assert heard[0]["retry"] == "2"


async def test_events_tell_what_happened(slack: Sandbox) -> None:
    names = ("message", "app_mention", "reaction_added", "member_joined_channel", "user_change", "team_join")
    app, heard = hearing(slack, *names)
    async with over_socket(slack, app):
        alice = slack.person("Alice")
        said = await alice.say("#board", "Ask @Tandem about <this>")
        await alice.react(said, "eyes")
        await slack.invite("#board", "Pat", by="Alice")
        await slack.change_user("Alice", tz="Asia/Tokyo")
        await slack.add_user(User("Newcomer"))
        await alice.say("@Tandem", "Hello")
        await slack.until(lambda: len(heard) == 7)
    message, mention, reaction, joined, changed, newcomer, direct = heard
    assert message["text"] == f"Ask <@{slack.bot_user_id}> about &lt;this&gt;"
    assert (message["channel_type"], mention["type"], direct["channel_type"]) == ("channel", "app_mention", "im")
    assert reaction["item"]["ts"] == said.ts
    assert joined["inviter"] == slack.user_id("Alice")
    assert changed["user"]["tz"] == "Asia/Tokyo"
    assert newcomer["user"]["real_name"] == "Newcomer"
    assert slack.person("Newcomer").name == "Newcomer"


async def test_what_becomes_of_a_channel_is_told() -> None:
    told = ("channel_shared", "channel_unshared", "channel_rename", "group_rename")
    manifest = {**MANIFEST, "settings": {**MANIFEST["settings"], "event_subscriptions": {"bot_events": list(told)}}}
    async with opened(manifest=manifest) as slack:
        app, heard = hearing(slack, *told)
        async with over_socket(slack, app):
            about = await share_and_rename(slack)
            await slack.until(lambda: len(heard) == len(told))
    shared, unshared, renamed, private = heard
    assert about["is_ext_shared"]
    assert [event["type"] for event in heard] == list(told)
    assert shared["channel"] == unshared["channel"] == renamed["channel"]["id"]
    assert (unshared["is_ext_shared"], renamed["channel"]["name"]) == (False, "roadmap")
    assert private["channel"]["name"] == "quiet"


async def share_and_rename(slack: Sandbox) -> dict[str, Any]:
    """What Slack said of a channel while it was shared."""
    await slack.share("#board", "Partner Inc")
    about = await web_client(slack).conversations_info(channel=slack.channel_id("#board"))
    await slack.share("#board")
    await slack.rename("#board", "#roadmap")
    await slack.rename("#secret", "#quiet")
    await slack.rename("#hidden", "#unseen")
    return dict(about["channel"])


async def test_changes_to_messages_are_events_too(slack: Sandbox) -> None:
    async with over_http(slack, bolt(slack)):
        api, board = web_client(slack), slack.channel_id("#board")
        posted = await api.chat_postMessage(channel=board, text="One")
        await api.chat_update(channel=board, ts=posted["ts"], text="Two")
        await api.chat_delete(channel=board, ts=posted["ts"])
        await slack.courier.quiet()
    told = {event.get("subtype"): event for event in slack.traffic.events()}
    assert told[None]["text"] == "One"
    assert told["message_changed"]["message"]["text"] == "Two"
    assert told["message_changed"]["previous_message"]["text"] == "One"
    assert told["message_deleted"]["deleted_ts"] == posted["ts"]


async def test_only_what_is_subscribed_allowed_and_visible_is_told(slack: Sandbox) -> None:
    settings = {**MANIFEST["settings"], "event_subscriptions": {"bot_events": ["message.im", "message.channels"]}}
    async with opened(manifest={**MANIFEST, "settings": settings}) as quiet:
        alice = quiet.person("Alice")
        await alice.say("#sales", "The app is not in here")
        await alice.say("#secret", "Private channels are not subscribed")
        await alice.react(await alice.say("#sales", "Hi"), "eyes")
        quiet.scopes.discard("im:history")
        await alice.say("@Tandem", "The app may not read this")
        assert quiet.traffic.deliveries == []


# Twice


async def test_everything_can_come_twice(slack: Sandbox) -> None:
    app, heard = hearing(slack, "app_home_opened")
    pressed: list[Any] = []

    @app.command("/request")
    async def card(ack: Any) -> None:
        await ack(text="Card", blocks=[{"type": "actions", "elements": [button("Press me")]}])

    @app.action("press")
    async def press(ack: Any, body: Any) -> None:
        pressed.append(body["trigger_id"])
        await ack()

    async with over_socket(slack, app):
        alice = slack.person("Alice")
        seen = await alice.slash("/request")
        assert isinstance(seen, Message)
        slack.deliver_twice()
        await alice.press("Press me", on=seen)
        assert len(pressed) == 2
        assert len(set(pressed)) == 1
        await web_client(slack).views_publish(user_id=slack.user_id("Alice"), view=home())
        slack.state.timing = Timing(patience=0)
        await alice.home()
    assert len(heard) == 2


# response_url


async def test_a_response_url_takes_five_posts(slack: Sandbox, http: aiohttp.ClientSession) -> None:
    async with over_http(slack, bolt(slack)):
        await slack.person("Alice").slash("/request", channel="#board")
    url = slack.traffic.deliveries[0].payload["response_url"]

    async def post(**body: Any) -> tuple[int, str]:
        async with http.post(url, json=body) as reply:
            return reply.status, await reply.text()

    status, body = await post(text="x", blocks=[{"type": "nonsense"}])
    assert (status, json.loads(body)["error"]) == (404, "invalid_blocks")
    assert await post(text="Psst") == (200, "ok")
    for _ in range(4):
        assert await post(text="Hi", response_type="in_channel") == (200, "ok")
    status, body = await post(text="One too many")
    assert (status, json.loads(body)["error"]) == (404, "used_url")
    assert len(slack.person("Alice").ephemerals()) == 1
    assert len(slack.messages("#board")) == 4


async def test_a_response_url_expires(http: aiohttp.ClientSession) -> None:
    async with opened(Timing(response_url=0, ack=1)) as slack:
        await slack.person("Alice").slash("/request")
        (token,) = slack.state.response_urls
        async with http.post(f"{slack.url}/respond/{token}", json={"text": "Late"}) as reply:
            assert (await reply.json())["error"] == "expired_url"


async def test_a_response_can_replace_and_delete_the_message_it_answers(slack: Sandbox) -> None:
    app = bolt(slack)
    actions = {"type": "actions", "elements": [button("Change", "change"), button("Remove", "remove")]}

    @app.action("change")
    async def change(ack: Any, respond: Any) -> None:
        await respond(text="Changed", replace_original=True, blocks=[section("Changed"), actions])
        await ack()

    @app.action("remove")
    async def remove(ack: Any, respond: Any) -> None:
        await respond(delete_original=True)
        await ack()

    async with over_http(slack, app):
        alice = slack.person("Alice")
        await web_client(slack).chat_postMessage(channel=slack.channel_id("#board"), text="Card", blocks=[actions])
        (card,) = slack.messages("#board")
        assert await alice.press("Change", on=card) == card
        assert card.text.startswith("Changed")
        await alice.press("Remove", on=card)
        assert card.deleted
        assert slack.messages("#board") == []


async def test_it_runs_by_itself_for_an_app_in_another_process(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.yml"
    manifest.write_text(json.dumps(MANIFEST))
    command = ("-m", "sandbox", "--manifest", str(manifest), "--port", "0")
    process = await asyncio.create_subprocess_exec(sys.executable, *command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    printed = [(await process.stdout.readline()).decode().strip().partition("=") for _ in range(4)]
    process.terminate()
    await process.communicate()
    variables = {name: value for name, _, value in printed}
    assert variables["SLACK_API_URL"].startswith("http://127.0.0.1:")
    assert variables["SLACK_APP_TOKEN"].startswith("xapp-")
