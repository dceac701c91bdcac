"""`tandem manifest`: the Slack app manifest, for Socket Mode or for HTTP."""

from pathlib import Path
from typing import Any

import yaml

from bot.domain.errors import Refused

PATH = Path(__file__).parents[2] / "manifest.yml"


def text(url: str | None) -> str:
    """The manifest as YAML; with a public address, the one for HTTP. Raises Refused for a bad address."""
    written = PATH.read_text(encoding="utf-8")
    if url is None:
        return written
    return yaml.safe_dump(over_http(yaml.safe_load(written), url), sort_keys=False, allow_unicode=True)


def over_http(manifest: dict[str, Any], url: str) -> dict[str, Any]:
    """The same app, with Slack calling us instead of us calling Slack."""
    if not url.startswith("https://") or "." not in url:
        raise Refused(f"--url must be your public https address, like https://tandem.example.com, not {url!r}")
    address = f"{url.rstrip('/')}/slack/events"
    features, settings = manifest["features"], manifest["settings"]
    commands = [{**command, "url": address} for command in features["slash_commands"]]
    return {
        **manifest,
        "features": {**features, "slash_commands": commands},
        "settings": {
            **settings,
            "socket_mode_enabled": False,
            "event_subscriptions": {"request_url": address, **settings["event_subscriptions"]},
            "interactivity": {"is_enabled": True, "request_url": address, "message_menu_options_url": address},
        },
    }
