"""What is in the way, in words that forms, lists and messages share."""

from collections.abc import Mapping
from typing import Any

from bot.domain.blockers import Blocked, Raised
from bot.domain.errors import Refused
from bot.domain.ids import UserId
from bot.domain.text import one_line
from bot.ui import figures as show
from bot.ui import parts
from bot.ui.parts import Block, View

TITLE_SHOWN = 120
_ID_LENGTH = 15


def title(blocked: Blocked) -> str:
    return parts.shorten(blocked.request.title, TITLE_SHOWN)


def quote(blocked: Blocked, room: int = 300) -> str:
    return f"“{parts.shorten(one_line(blocked.blocker.words), room)}”"


def owner(blocked: Blocked) -> str:
    return name(blocked, blocked.blocker.owner)


def name(blocked: Blocked, user: UserId | None) -> str:
    return blocked.names.get(user, "somebody") if user else "somebody"


def how_long(days: int) -> str:
    if days < 1:
        return "since today"
    return "since yesterday" if days == 1 else f"for {days:,} days"


def said(blocked: Blocked, room: int = 300) -> str:
    """Say "Olga, 12 December: “Legal promised it for Thursday”"; nothing while its owner has said nothing."""
    words = blocked.blocker.answer
    if words is None or blocked.answered is None:
        return ""
    return f"{owner(blocked)}, {show.day(blocked.answered)}: “{parts.shorten(one_line(words), room)}”"


def about(blocked: Blocked) -> Block:
    """At the top of a form: which one it is."""
    who = f" {quote(blocked)} · {owner(blocked)}, {how_long(blocked.days)}"
    answer = f"\n{said(blocked)}" if blocked.answered else ""
    return parts.rich([parts.words(title(blocked), bold=True), parts.words(who + answer)])


def was_resolved(blocked: Blocked) -> View:
    """Instead of a form about what is out of the way already."""
    day = f" on {show.day(blocked.resolved)}" if blocked.resolved else ""
    by = name(blocked, blocked.blocker.resolved_by)
    first = parts.words(f"{title(blocked)}: {quote(blocked)} is out of the way.", bold=True)
    rest = parts.words(f" It was resolved by {by}{day}: “{one_line(blocked.blocker.note or '')}”")
    return parts.done("Resolved already", parts.rich([first, rest]))


def who_is_told(raised: Raised) -> str:
    """Say "Olga is told now.", or when."""
    who, day = owner(raised.blocked), _on(raised)
    if not raised.is_told:
        return f"It's yours now; I'll ask how it goes {day}."
    return f"{who} is told now." if raised.is_now else f"{who} is told {day}, when their day begins."


def _on(raised: Raised) -> str:
    ahead = (raised.on - raised.today).days
    near = {0: "later today", 1: "tomorrow"}.get(ahead)
    return near or f"on {show.DAYS[raised.on.weekday()] if ahead < 7 else show.day(raised.on)}"


def blocker_of(button: Mapping[str, Any]) -> int:
    """The blocker a pressed button is about. Raises Refused when it says none."""
    value = str(button.get("value") or "")
    if not (value.isascii() and value.isdecimal() and len(value) <= _ID_LENGTH):
        raise Refused("This button is from an older Tandem. /coordination blockers lists what is in the way.")
    return int(value)
