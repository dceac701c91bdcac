"""The manifest of an app, read the way Slack reads it: what the app may do here, and under which names."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from sandbox.rules.faults import Fault, Refusal, refuse
from sandbox.rules.scopes import EVENT_SCOPES
from sandbox.rules.shapes import (
    NONE,
    Rule,
    anything,
    choice,
    flag,
    items,
    matching,
    record,
    string,
    web_address,
    whole,
)

_some = string(least=1)


def _between(least: int, most: int) -> Rule:
    return string(most, least=least)


_names = items(string(50), most=255)
_events = items(string(50), most=100)
_prompts = items(record({"title": string(), "message": string()}))

_command = record(
    {
        "command": matching(r"/[^\sA-Z/]{1,31}", "a slash and 1 to 31 lower case characters without spaces"),
        "description": _between(1, 2000),
    },
    {"url": web_address(), "usage_hint": _between(1, 1000), "should_escape": flag},
)

_shortcut = record(
    {
        "name": _between(1, 24),
        "type": choice("global", "message"),
        "callback_id": _between(1, 255),
        "description": _between(1, 150),
    }
)

_features = record(
    {},
    {
        "app_home": record(
            {},
            {"home_tab_enabled": flag, "messages_tab_enabled": flag, "messages_tab_read_only_enabled": flag},
        ),
        "bot_user": record(
            {"display_name": matching(r"[a-zA-Z0-9._ -]{1,80}", "1 to 80 of a-z, 0-9, space, - _ .")},
            {"always_online": flag},
        ),
        "slash_commands": items(_command, least=1, most=50),
        "shortcuts": items(_shortcut, least=1, most=10),
        "unfurl_domains": items(matching(r"(?![.-])[-a-z0-9.]+[a-z0-9]", "a domain", 255), least=1, most=5),
        "workflow_steps": items(
            record({"name": _between(1, 50), "callback_id": _between(1, 50)}), least=1, most=10
        ),
        "assistant_view": record({"assistant_description": string()}, {"suggested_prompts": _prompts}),
        "agent_view": record(
            {},
            {
                "agent_description": string(300),
                "suggested_prompts": items(record({"title": string(), "message": string()}), most=4),
                "actions": items(record({"name": string(), "description": string()})),
            },
        ),
        "functions": items(anything, most=50),
    },
)

_oauth = record(
    {},
    {
        "redirect_urls": items(string(2500), most=1000),
        "scopes": record({}, dict.fromkeys(("bot", "user", "bot_optional", "user_optional"), _names)),
        "token_management_enabled": flag,
        "pkce_enabled": flag,
    },
)

_settings = record(
    {},
    {
        "event_subscriptions": record(
            {},
            {
                "request_url": web_address(3500),
                "bot_events": _events,
                "user_events": _events,
                "metadata_subscriptions": items(
                    record({"app_id": string(), "event_type": string(50)}), least=1, most=20
                ),
            },
        ),
        "interactivity": record(
            {"is_enabled": flag},
            {"request_url": web_address(3500), "message_menu_options_url": web_address(3500)},
        ),
        "incoming_webhooks": record({}, {"incoming_webhooks_enabled": flag}),
        "siws_links": record({}, {"initiate_uri": web_address(3500)}),
        "allowed_ip_address_ranges": items(string(), least=1, most=50),
        **dict.fromkeys(
            (
                "socket_mode_enabled",
                "org_deploy_enabled",
                "token_rotation_enabled",
                "is_hosted",
                "is_mcp_enabled",
            ),
            flag,
        ),
        "function_runtime": string(),
        "hermes_app_type": string(),
    },
)


def _is_reachable(manifest: Mapping[str, Any], at: str) -> Iterator[Fault]:
    """Without Socket Mode, Slack must be told where to knock."""
    settings = manifest.get("settings", NONE)
    if settings.get("socket_mode_enabled"):
        return
    for index, command in enumerate(manifest.get("features", NONE).get("slash_commands", ())):
        if "url" not in command:
            yield Fault("missing required field: url", f"{at}/features/slash_commands/{index}")
    events, interactivity = settings.get("event_subscriptions", NONE), settings.get("interactivity", NONE)
    if events.get("bot_events") and "request_url" not in events:
        yield Fault("missing required field: request_url", f"{at}/settings/event_subscriptions")
    if interactivity.get("is_enabled") and "request_url" not in interactivity:
        yield Fault("missing required field: request_url", f"{at}/settings/interactivity")


_manifest = record(
    {
        "display_information": record(
            {"name": _between(1, 35)},
            {
                "description": _between(1, 140),
                "long_description": _between(175, 4000),
                "background_color": matching(r"#[0-9a-fA-F]{3}([0-9a-fA-F]{3})?", "a colour like #1d7c00"),
            },
        )
    },
    {
        "_metadata": record(
            {},
            dict.fromkeys(("schema_version", "min_version", "major_version", "minor_version"), whole(0)),
        ),
        "$schema": string(),
        "features": _features,
        "oauth_config": _oauth,
        "settings": _settings,
        **dict.fromkeys(
            (
                "app_directory",
                "functions",
                "workflows",
                "datastores",
                "outgoing_domains",
                "types",
                "external_auth_providers",
                "mcp_servers",
            ),
            anything,
        ),
    },
    _is_reachable,
)


@dataclass(frozen=True, kw_only=True)
class Command:
    command: str  #: with its slash
    description: str
    usage_hint: str = ""
    should_escape: bool = False
    url: str | None = None


@dataclass(frozen=True, kw_only=True)
class Shortcut:
    name: str
    type: Literal["global", "message"]
    callback_id: str
    description: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What an app declared about itself, after Slack has taken it."""

    name: str
    description: str
    bot_name: str
    bot_scopes: frozenset[str]  #: the required ones; optional ones may be refused by who installs
    bot_optional_scopes: frozenset[str]
    commands: tuple[Command, ...]
    shortcuts: tuple[Shortcut, ...]
    bot_events: frozenset[str]
    metadata_events: frozenset[str]
    unfurl_domains: tuple[str, ...]
    home_enabled: bool
    messages_enabled: bool
    messages_read_only: bool
    socket_mode: bool
    interactivity: bool
    request_url: str | None  #: for interaction payloads
    events_url: str | None
    options_url: str | None

    @classmethod
    def read(cls, source: Path | str | Mapping[str, Any]) -> "Manifest":
        """From a YAML or JSON file (by its path) or a mapping. Raises Refusal("invalid_manifest", ...)."""
        raw = source if isinstance(source, Mapping) else _load(Path(source))
        refuse("invalid_manifest", _manifest(raw, ""))
        display, features = raw["display_information"], raw.get("features", NONE)
        settings, scopes = raw.get("settings", NONE), raw.get("oauth_config", NONE).get("scopes", NONE)
        home, events = features.get("app_home", NONE), settings.get("event_subscriptions", NONE)
        interactivity = settings.get("interactivity", NONE)
        return cls(
            name=display["name"],
            description=display.get("description", ""),
            bot_name=features.get("bot_user", NONE).get("display_name", display["name"]),
            bot_scopes=frozenset(scopes.get("bot", ())),
            bot_optional_scopes=frozenset(scopes.get("bot_optional", ())),
            commands=tuple(Command(**command) for command in features.get("slash_commands", ())),
            shortcuts=tuple(Shortcut(**shortcut) for shortcut in features.get("shortcuts", ())),
            bot_events=frozenset(events.get("bot_events", ())),
            metadata_events=frozenset(each["event_type"] for each in events.get("metadata_subscriptions", ())),
            unfurl_domains=tuple(features.get("unfurl_domains", ())),
            home_enabled=home.get("home_tab_enabled", False),
            messages_enabled=home.get("messages_tab_enabled", False),
            messages_read_only=home.get("messages_tab_read_only_enabled", False),
            socket_mode=settings.get("socket_mode_enabled", False),
            interactivity=interactivity.get("is_enabled", False),
            request_url=interactivity.get("request_url"),
            events_url=events.get("request_url"),
            options_url=interactivity.get("message_menu_options_url"),
        )

    def command(self, name: str) -> Command | None:
        return next((command for command in self.commands if command.command == name), None)

    def hears(self, event: str) -> bool:
        """Whether Slack sends the event: the app subscribed to it and holds the scopes for it."""
        return event in self.bot_events and self.bot_scopes.issuperset(EVENT_SCOPES.get(event, ()))


def _load(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise Refusal("invalid_manifest", [str(Fault(f"must provide valid YAML: {error}"))]) from error
