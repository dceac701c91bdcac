"""The smallest pieces of text: lines, links, names, moments."""

import re
from collections.abc import Sequence
from datetime import datetime

from markupsafe import Markup

from sandbox.page.draw import emoji
from sandbox.page.draw.reader import Reader
from sandbox.reading import read_blocks

SAFE = re.compile(r"(?:https?://|mailto:)[^\s\x00-\x1f]+", re.IGNORECASE)
BREAK, GAP = Markup("<br>"), Markup('<span class="gap"></span>')
LOUD = ("here", "channel", "everyone")


def plain(text: str, *, with_emoji: bool = True) -> Markup:
    """plain_text: nothing is formatted but the names of emoji."""
    lines = text.split("\n")
    return broken([emoji.drawn(line) if with_emoji else Markup("{}").format(line) for line in lines])


def broken(lines: Sequence[Markup]) -> Markup:
    """Lines under each other; an empty one is half as high, as in Slack."""
    drawn: list[Markup] = []
    for i, line in enumerate(lines):
        if not line:
            drawn.append(GAP)
        else:
            drawn.append(BREAK + line if i and lines[i - 1] else line)
    return Markup("").join(drawn)


def safe(url: str) -> str:
    """An address a click may lead to, or nothing: javascript: and data: never."""
    return url if SAFE.fullmatch(url) else ""


def link(url: str, label: Markup | str = "") -> Markup:
    """A link; what must not be clicked is text."""
    if not safe(url):
        return Markup("{}").format(label or url)
    draw = Markup('<a class="link" href="{0}" target="_blank" rel="noopener noreferrer">{1}</a>')
    return draw.format(url, label or re.sub("^mailto:", "", url, flags=re.IGNORECASE))


def user(user_id: str, reader: Reader, label: str = "") -> Markup:
    kind = "mention me" if user_id == reader.user else "mention"
    name = reader.users.get(user_id) or label.removeprefix("@") or user_id
    return Markup('<span class="{0}" data-user="{1}">@{2}</span>').format(kind, user_id, name)


def channel(channel_id: str, reader: Reader, label: str = "") -> Markup:
    name = reader.channels.get(channel_id) or label.removeprefix("#") or "private-channel"
    return Markup('<span class="mention" data-channel="{0}">#{1}</span>').format(channel_id, name)


def group(group_id: str, reader: Reader, label: str = "") -> Markup:
    name = reader.groups.get(group_id) or label.removeprefix("@") or group_id
    return Markup('<span class="mention" data-group="{0}">@{1}</span>').format(group_id, name)


def broadcast(name: str) -> Markup:
    """A mention that wakes a whole channel."""
    return Markup('<span class="mention loud">@{}</span>').format(name)


def moment(timestamp: float | str, form: str, fallback: str, reader: Reader, url: str = "") -> Markup:
    """A date token, in the reader's zone; the fallback where it is none."""
    try:
        at = datetime.fromtimestamp(int(timestamp), reader.zone)
    except (ValueError, OverflowError, OSError):
        return Markup("{}").format(fallback)
    whole = _date_words(at, "{date_long} at {time}", "", reader)
    draw = Markup('<time datetime="{0}" title="{1}">{2}</time>')
    shown = draw.format(at.isoformat(), whole, _date_words(at, form, fallback, reader))
    return link(url, shown) if url else shown


def _date_words(at: datetime, form: str, fallback: str, reader: Reader) -> str:
    date = {"type": "date", "timestamp": int(at.timestamp()), "format": form, "fallback": fallback}
    section = {"type": "rich_text_section", "elements": [date]}
    return read_blocks([{"type": "rich_text", "elements": [section]}], reader.of_words)
