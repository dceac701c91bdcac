"""Little apps, and ways to join them to a sandbox."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox import Channel, Sandbox, Timing, User, UserGroup, Workspace

SCOPES = (
    *("app_mentions:read", "chat:write", "commands", "team:read", "usergroups:read"),
    *("channels:read", "channels:history", "channels:join", "groups:read", "groups:history"),
    *("im:read", "im:history", "im:write", "mpim:read", "mpim:write", "mpim:history"),
    *("reactions:read", "reactions:write", "users:read", "users:read.email"),
)
EVENTS = (
    *("app_home_opened", "app_mention", "member_joined_channel", "message.channels", "message.im"),
    *("reaction_added", "team_join", "user_change"),
)
MANIFEST: Mapping[str, Any] = {
    "display_information": {"name": "Tandem"},
    "features": {
        "bot_user": {"display_name": "Tandem"},
        "app_home": {"home_tab_enabled": True, "messages_tab_enabled": True},
        "slash_commands": [
            {"command": "/request", "description": "A request"},
            {"command": "/whois", "description": "Somebody", "should_escape": True},
        ],
        "shortcuts": [
            {"name": "New request", "type": "global", "callback_id": "new", "description": "A request"},
            {"name": "Add to the board", "type": "message", "callback_id": "add", "description": "A request"},
        ],
    },
    "oauth_config": {"scopes": {"bot": list(SCOPES)}},
    "settings": {
        "event_subscriptions": {"bot_events": list(EVENTS)},
        "interactivity": {"is_enabled": True},
        "socket_mode_enabled": True,
    },
}
COMPANY = Workspace(
    team="Acme",
    people=(
        User("Alice", email="alice@acme.test", tz="Europe/Berlin", locale="de-DE", title="AE"),
        User("Bob Brown", is_admin=True),
        User("Gina Guest", is_restricted=True),
        User("Dora", deleted=True),
        User("Robot", is_bot=True),
        User("Pat", team="Partner Inc"),
    ),
    channels=(
        Channel("#board"),
        Channel("#sales", bot=False),
        Channel("#secret", private=True, members=["Alice"]),
        Channel("#hidden", private=True, members=["Bob Brown"], bot=False),
        Channel("#old", archived=True),
        Channel("#partners", members=["Alice", "Pat"], shared_with=["Partner Inc"]),
    ),
    groups=(UserGroup("product", members=["Alice", "Bob Brown"]), UserGroup("gone", disabled=True)),
)
QUICK = Timing(patience=1.0, settle=0.05, event_retries=(0.0, 0.01))


@asynccontextmanager
async def opened(timing: Timing = QUICK, manifest: Mapping[str, Any] = MANIFEST) -> AsyncIterator[Sandbox]:
    async with Sandbox.open(manifest, COMPANY, timing=timing) as slack:
        yield slack


def web_client(slack: Sandbox, token: str | None = None) -> AsyncWebClient:
    """A client that never tries twice."""
    return AsyncWebClient(token=token or slack.bot_token, base_url=slack.api_url, retry_handlers=[])


def bolt(slack: Sandbox) -> AsyncApp:
    return AsyncApp(client=web_client(slack), signing_secret=slack.signing_secret, process_before_response=True)


@asynccontextmanager
async def over_socket(slack: Sandbox, app: AsyncApp, connections: int = 1) -> AsyncIterator[None]:
    handlers = [AsyncSocketModeHandler(app, slack.app_token, ping_interval=0.2) for _ in range(connections)]
    for handler in handlers:
        await handler.connect_async()  # type: ignore[no-untyped-call]
    await slack.connected(connections)
    try:
        yield
    finally:
        await slack.courier.quiet()
        for handler in handlers:
            await handler.close_async()  # type: ignore[no-untyped-call]


@asynccontextmanager
async def over_http(slack: Sandbox, app: AsyncApp) -> AsyncIterator[None]:
    async with serving(app.web_app("/slack/events")) as address:
        slack.deliver_over_http(f"{address}/slack/events")
        yield


@asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


WAYS = {"socket": over_socket, "http": over_http}


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def section(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def button(text: str, action_id: str = "press", **more: Any) -> dict[str, Any]:
    return {"type": "button", "action_id": action_id, "text": plain(text), **more}


def field(label: str, element: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An input block whose block_id is its label."""
    return {
        "type": "input",
        "block_id": label,
        "label": plain(label),
        "element": {"action_id": "it"} | element,
        **more,
    }


def line(label: str = "Title", initial: str = "", **more: Any) -> dict[str, Any]:
    element = {"type": "plain_text_input"} | ({"initial_value": initial} if initial else {})
    return field(label, element, **more)


def modal(*blocks: dict[str, Any], title: str = "New", callback_id: str = "form", **more: Any) -> dict[str, Any]:
    head = {"type": "modal", "callback_id": callback_id, "title": plain(title), "submit": plain("File")}
    return head | {"blocks": list(blocks) or [line()]} | more


def home(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "home", "blocks": list(blocks) or [section("Hello")], **more}
