"""The manifest as Slack reads it, and the scopes that follow from it."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.rules import EVENT_SCOPES, METHOD_SCOPES, Command, Manifest, Refusal, Shortcut
from tests.sandbox.test_rules import Case, Json, cases, x


def a_manifest(**more: Any) -> Json:
    return {"display_information": {"name": "Tandem"}, "settings": {"socket_mode_enabled": True}, **more}


def display(**more: Any) -> Json:
    return a_manifest(display_information={"name": "Tandem", **more})


def features(**more: Any) -> Json:
    return a_manifest(features=more)


def command(**more: Any) -> Json:
    return features(slash_commands=[{"command": "/board", "description": "The board", **more}])


def shortcut(**more: Any) -> Json:
    wanted = {"name": "Add", "type": "message", "callback_id": "add", "description": "Adds it"}
    return features(shortcuts=[{**wanted, **more}])


def scopes(**more: Any) -> Json:
    return a_manifest(oauth_config={"scopes": more})


def subscribed(**more: Any) -> Json:
    return a_manifest(settings={"socket_mode_enabled": True, "event_subscriptions": more})


def over_http(**more: Any) -> Json:
    return a_manifest(settings={"socket_mode_enabled": False}, **more)


def manifest(name: str, refused: Any, taken: Any, pointer: str) -> Case:
    return Case(
        name=name, refused=refused, taken=taken, error="invalid_manifest", pointer=pointer, check=Manifest.read
    )


HELP = {"command": "/tandem", "description": "Help"}
ADD = shortcut()["features"]["shortcuts"][0]
FEED = {"app_id": "A1", "event_type": "a"}
FIRST_COMMAND, FIRST_SHORTCUT = "/features/slash_commands/0", "/features/shortcuts/0"
URL = "https://tandem.example/slack/events"


@cases(
    manifest("display_information", {}, display(), ""),
    manifest("name", {"display_information": {}}, display(), "/display_information"),
    manifest("name of 35", display(name=x(36)), display(name=x(35)), "/display_information/name"),
    manifest(
        "description of 140",
        display(description=x(141)),
        display(description=x(140)),
        "/display_information/description",
    ),
    manifest(
        "long_description from 175",
        display(long_description=x(174)),
        display(long_description=x(175)),
        "/display_information/long_description",
    ),
    manifest(
        "long_description to 4,000",
        display(long_description=x(4001)),
        display(long_description=x(4000)),
        "/display_information/long_description",
    ),
    manifest("name of something", display(name=""), display(name="T"), "/display_information/name"),
    manifest("described", display(description=""), display(description="a"), "/display_information/description"),
    manifest(
        "command described in words",
        command(description=""),
        command(description="a"),
        FIRST_COMMAND + "/description",
    ),
    manifest("hint of a word", command(usage_hint=""), command(usage_hint="a"), FIRST_COMMAND + "/usage_hint"),
    manifest("shortcut name", shortcut(name=""), shortcut(name="a"), FIRST_SHORTCUT + "/name"),
    manifest("callback_id", shortcut(callback_id=""), shortcut(callback_id="a"), FIRST_SHORTCUT + "/callback_id"),
    manifest("shortcut text", shortcut(description=""), shortcut(description="a"), FIRST_SHORTCUT + "/description"),
    manifest(
        "a domain at least",
        features(unfurl_domains=[]),
        features(unfurl_domains=["a.b"]),
        "/features/unfurl_domains",
    ),
    manifest(
        "domain of 255",
        features(unfurl_domains=[x(256)]),
        features(unfurl_domains=[x(255)]),
        "/features/unfurl_domains/0",
    ),
    manifest(
        "a feed at least",
        subscribed(metadata_subscriptions=[]),
        subscribed(metadata_subscriptions=[FEED]),
        "/settings/event_subscriptions/metadata_subscriptions",
    ),
    manifest(
        "event of 50",
        subscribed(bot_events=[x(51)]),
        subscribed(bot_events=[x(50)]),
        "/settings/event_subscriptions/bot_events/0",
    ),
    manifest(
        "events_url of 3,500",
        subscribed(request_url="https://" + x(3493)),
        subscribed(request_url="https://" + x(3492)),
        "/settings/event_subscriptions/request_url",
    ),
    manifest(
        "colour",
        display(background_color="green"),
        display(background_color="#1d7c00"),
        "/display_information/background_color",
    ),
    manifest("no other part", a_manifest(feature={}), a_manifest(features={}), ""),
    manifest("no other feature", features(slash_command=[]), features(), "/features"),
    manifest("no other setting", a_manifest(settings={"socket_mode": True}), a_manifest(settings={}), "/settings"),
    manifest(
        "bot name of 80",
        features(bot_user={"display_name": x(81)}),
        features(bot_user={"display_name": x(80)}),
        "/features/bot_user/display_name",
    ),
    manifest(
        "home is switched",
        features(app_home={"home_tab_enabled": "yes"}),
        features(app_home={"home_tab_enabled": True}),
        "/features/app_home/home_tab_enabled",
    ),
    manifest("commands or none", features(slash_commands=[]), features(), "/features/slash_commands"),
    manifest(
        "50 commands",
        features(slash_commands=[HELP] * 51),
        features(slash_commands=[HELP] * 50),
        "/features/slash_commands",
    ),
    manifest("command has a slash", command(command="board"), command(), "/features/slash_commands/0/command"),
    manifest(
        "command has a name", command(command="/"), command(command="/b"), "/features/slash_commands/0/command"
    ),
    manifest(
        "command of 32",
        command(command="/" + x(32)),
        command(command="/" + x(31)),
        "/features/slash_commands/0/command",
    ),
    manifest(
        "command is lower case",
        command(command="/Board"),
        command(command="/board-2"),
        "/features/slash_commands/0/command",
    ),
    manifest(
        "command is one word",
        command(command="/my board"),
        command(command="/my_board"),
        "/features/slash_commands/0/command",
    ),
    manifest(
        "command is described",
        features(slash_commands=[{"command": "/board"}]),
        command(),
        "/features/slash_commands/0",
    ),
    manifest(
        "command description of 2,000",
        command(description=x(2001)),
        command(description=x(2000)),
        "/features/slash_commands/0/description",
    ),
    manifest(
        "usage_hint of 1,000",
        command(usage_hint=x(1001)),
        command(usage_hint=x(1000)),
        "/features/slash_commands/0/usage_hint",
    ),
    manifest(
        "usage_hint of something",
        command(usage_hint=""),
        command(usage_hint="[words]"),
        "/features/slash_commands/0/usage_hint",
    ),
    manifest("shortcuts or none", features(shortcuts=[]), features(), "/features/shortcuts"),
    manifest("10 shortcuts", features(shortcuts=[ADD] * 11), features(shortcuts=[ADD] * 10), "/features/shortcuts"),
    manifest("shortcut name of 24", shortcut(name=x(25)), shortcut(name=x(24)), "/features/shortcuts/0/name"),
    manifest(
        "shortcut description of 150",
        shortcut(description=x(151)),
        shortcut(description=x(150)),
        "/features/shortcuts/0/description",
    ),
    manifest(
        "callback_id of 255",
        shortcut(callback_id=x(256)),
        shortcut(callback_id=x(255)),
        "/features/shortcuts/0/callback_id",
    ),
    manifest("kinds of shortcuts", shortcut(type="channel"), shortcut(type="global"), "/features/shortcuts/0/type"),
    manifest(
        "5 domains",
        features(unfurl_domains=["a.example"] * 6),
        features(unfurl_domains=["a.example"] * 5),
        "/features/unfurl_domains",
    ),
    manifest(
        "domains are domains",
        features(unfurl_domains=["https://a.example"]),
        features(unfurl_domains=["a.example"]),
        "/features/unfurl_domains/0",
    ),
    manifest(
        "agent of 300",
        features(agent_view={"agent_description": x(301)}),
        features(agent_view={"agent_description": x(300)}),
        "/features/agent_view/agent_description",
    ),
    manifest("scope of 50", scopes(bot=[x(51)]), scopes(bot=[x(50)]), "/oauth_config/scopes/bot/0"),
    manifest(
        "255 scopes", scopes(bot=["commands"] * 256), scopes(bot=["commands"] * 255), "/oauth_config/scopes/bot"
    ),
    manifest(
        "kinds of scopes", scopes(app=["commands"]), scopes(bot_optional=["commands"]), "/oauth_config/scopes"
    ),
    manifest(
        "1,000 redirects",
        a_manifest(oauth_config={"redirect_urls": ["a"] * 1001}),
        a_manifest(oauth_config={"redirect_urls": ["a"] * 1000}),
        "/oauth_config/redirect_urls",
    ),
    manifest(
        "100 events",
        subscribed(bot_events=["app_mention"] * 101),
        subscribed(bot_events=["app_mention"] * 100),
        "/settings/event_subscriptions/bot_events",
    ),
    manifest(
        "20 feeds",
        subscribed(metadata_subscriptions=[FEED] * 21),
        subscribed(metadata_subscriptions=[FEED] * 20),
        "/settings/event_subscriptions/metadata_subscriptions",
    ),
    manifest(
        "interactivity or not",
        a_manifest(settings={"interactivity": {}}),
        a_manifest(settings={"interactivity": {"is_enabled": False}}),
        "/settings/interactivity",
    ),
    manifest(
        "commands over HTTP",
        over_http(features=command()["features"]),
        over_http(features=command(url=URL)["features"]),
        "/features/slash_commands/0",
    ),
    manifest(
        "events over HTTP",
        a_manifest(settings={"event_subscriptions": {"bot_events": ["app_mention"]}}),
        a_manifest(settings={"event_subscriptions": {"bot_events": ["app_mention"], "request_url": URL}}),
        "/settings/event_subscriptions",
    ),
    manifest(
        "presses over HTTP",
        a_manifest(settings={"interactivity": {"is_enabled": True}}),
        a_manifest(settings={"interactivity": {"is_enabled": True, "request_url": URL}}),
        "/settings/interactivity",
    ),
)
def test_a_manifest_that_slack_refuses(case: Case) -> None:
    case.hold()


FULL: Json = {
    "_metadata": {"major_version": 1},
    "display_information": {"name": "Tandem", "description": "Pulls together"},
    "features": {
        "app_home": {
            "home_tab_enabled": True,
            "messages_tab_enabled": True,
            "messages_tab_read_only_enabled": False,
        },
        "bot_user": {"display_name": "tandem", "always_online": True},
        "slash_commands": [{"command": "/request", "description": "Ask", "usage_hint": "[title]"}, HELP],
        "shortcuts": [ADD],
        "unfurl_domains": ["tandem.example"],
    },
    "oauth_config": {
        "scopes": {"bot": ["commands", "chat:write", "app_mentions:read"], "bot_optional": ["dnd:read"]}
    },
    "settings": {
        "event_subscriptions": {"bot_events": ["app_home_opened", "app_mention", "message.im"]},
        "interactivity": {"is_enabled": True},
        "socket_mode_enabled": True,
    },
}


def test_a_manifest_says_what_an_app_may_do() -> None:
    read = Manifest.read(FULL)
    assert (read.name, read.bot_name) == ("Tandem", "tandem")
    assert read.bot_scopes == {"commands", "chat:write", "app_mentions:read"}
    assert read.bot_optional_scopes == {"dnd:read"}
    assert read.command("/request") == Command(command="/request", description="Ask", usage_hint="[title]")
    assert read.command("/requests") is None
    assert read.shortcuts == (Shortcut(name="Add", type="message", callback_id="add", description="Adds it"),)
    assert read.bot_events == {"app_home_opened", "app_mention", "message.im"}
    assert read.unfurl_domains == ("tandem.example",)
    assert (read.home_enabled, read.messages_enabled, read.messages_read_only) == (True, True, False)
    assert (read.socket_mode, read.interactivity, read.request_url) == (True, True, None)


def test_a_manifest_that_says_little() -> None:
    read = Manifest.read({"display_information": {"name": "Tandem"}})
    assert (read.bot_name, read.commands, read.shortcuts) == ("Tandem", (), ())
    assert (read.home_enabled, read.socket_mode, read.interactivity) == (False, False, False)


def test_events_come_when_subscribed_and_in_scope() -> None:
    read = Manifest.read(FULL)
    assert read.hears("app_home_opened")
    assert read.hears("app_mention")
    assert not read.hears("message.im"), "im:history is missing"
    assert not read.hears("team_join")


@pytest.mark.parametrize("write", [yaml.safe_dump, json.dumps])
def test_a_manifest_is_read_from_a_file(write: Any, tmp_path: Path) -> None:
    path = tmp_path / "manifest.yml"
    path.write_text(write(FULL), encoding="utf-8")
    assert Manifest.read(path) == Manifest.read(str(path)) == Manifest.read(FULL)


def test_a_file_that_is_no_yaml(tmp_path: Path) -> None:
    path = tmp_path / "manifest.yml"
    path.write_text("a: [", encoding="utf-8")
    with pytest.raises(Refusal, match="must provide valid YAML"):
        Manifest.read(path)


@pytest.mark.parametrize(
    ("method", "kind", "scope"),
    [
        ("chat.postMessage", None, "chat:write"),
        ("conversations.history", "channel", "channels:history"),
        ("conversations.history", "group", "groups:history"),
        ("conversations.replies", "im", "im:history"),
        ("conversations.info", "mpim", "mpim:read"),
        ("conversations.open", "im", "im:write"),
        ("conversations.open", "mpim", "mpim:write"),
        ("conversations.join", "channel", "channels:join"),
        ("users.info", None, "users:read"),
        ("usergroups.users.list", None, "usergroups:read"),
        ("files.completeUploadExternal", None, "files:write"),
        ("chat.unfurl", None, "links:write"),
    ],
)
def test_a_method_needs_its_scope(method: str, kind: str | None, scope: str) -> None:
    needs = METHOD_SCOPES[method]
    every = {one for each in METHOD_SCOPES.values() for one in (*each.always, *each.by_kind.values())}
    assert needs.missing(frozenset(every - {scope}), kind) == scope
    assert needs.missing(frozenset({scope}), kind) is None


@pytest.mark.parametrize("method", ["auth.test", "views.open", "views.publish", "chat.getPermalink"])
def test_a_method_that_needs_none(method: str) -> None:
    assert METHOD_SCOPES[method].missing(frozenset()) is None


def test_mail_is_found_by_those_who_may_see_people_too() -> None:
    needs = METHOD_SCOPES["users.lookupByEmail"]
    assert needs.missing(frozenset({"users:read"})) == "users:read.email"
    assert needs.missing(frozenset({"users:read.email"})) == "users:read"
    assert needs.missing(frozenset({"users:read", "users:read.email"})) is None


def test_messages_are_heard_with_the_history_scope_of_their_place() -> None:
    assert {event: EVENT_SCOPES[event] for event in EVENT_SCOPES if event.startswith("message.")} == {
        "message.channels": ("channels:history",),
        "message.groups": ("groups:history",),
        "message.im": ("im:history",),
        "message.mpim": ("mpim:history",),
    }
