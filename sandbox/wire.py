"""What goes over the wire: JSON, ids, Slack's refusals, and reading arguments that come as JSON or as a form."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

#: Arguments that a form carries as JSON text.
NESTED = frozenset({"attachments", "blocks", "metadata", "view"})

#: Arguments that a form carries as "true" or "1".
FLAGS = frozenset({"reply_broadcast", "mrkdwn", "unfurl_links", "unfurl_media", "link_names", "as_user"})


class SlackError(Exception):
    """Slack says no. `error` is its code; `extra` stands beside it in the answer."""

    def __init__(self, error: str, **extra: Any) -> None:
        super().__init__(error)
        self.error = error
        self.extra = extra

    @property
    def answer(self) -> Json:
        return {"ok": False, "error": self.error, **self.extra}


def slack_id(prefix: str, *names: object) -> str:
    """An id of Slack's form that is the same for the same names in every run."""
    digest = hashlib.blake2b("/".join(map(str, names)).encode()).digest()
    return prefix + "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest[:10])


class Args:
    """The arguments of one call."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given = {name: _parsed(name, value) for name, value in given.items() if value is not None}

    def get(self, name: str, default: Any = None) -> Any:
        return self.given.get(name, default)

    def text(self, name: str) -> str:
        """A required string."""
        value = self.given.get(name)
        if value is None or value == "":
            raise missing(name)
        return str(value)

    def view(self) -> Json:
        view = self.given.get("view")
        if not isinstance(view, dict):
            raise missing("view") if view is None else SlackError("invalid_arguments")
        return view

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.given.get(name, default)
        return value if isinstance(value, bool) else str(value).lower() in ("1", "true")

    def number(self, name: str, default: int) -> int:
        try:
            return int(self.given.get(name) or default)
        except ValueError:
            raise SlackError("invalid_arguments") from None

    def names(self, name: str, default: str = "") -> list[str]:
        """A list that may come as JSON or separated by commas."""
        value = self.given.get(name, default)
        parts = value if isinstance(value, list) else str(value).split(",")
        return [part.strip() for part in parts if part.strip()]


def missing(name: str) -> SlackError:
    return SlackError(
        "invalid_arguments",
        response_metadata={"messages": [f"[ERROR] missing required field: {name}"]},
    )


def _parsed(name: str, value: Any) -> Any:
    if name in FLAGS and isinstance(value, str):
        return value.lower() in ("1", "true")
    if name not in NESTED or not isinstance(value, str) or not value:
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise SlackError(f"invalid_{name}_format" if name != "view" else "invalid_arguments") from None


def page(items: list[Any], args: Args, default: int = 100, most: int = 1000) -> tuple[list[Any], Json]:
    """One page of a list and the `response_metadata` that leads to the next; the cursor is opaque to the caller."""
    start = _cursor(args.get("cursor") or "")
    end = start + max(1, min(args.number("limit", default), most))
    cursor = _encode(end) if end < len(items) else ""
    return items[start:end], {"next_cursor": cursor}


def _encode(position: int) -> str:
    return f"bmV4d{position:08d}="


def _cursor(text: str) -> int:
    if not text:
        return 0
    digits = text.removeprefix("bmV4d").removesuffix("=")
    if not digits.isdigit():
        raise SlackError("invalid_cursor")
    return int(digits)
