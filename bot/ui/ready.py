"""Notes for the customers who wait, when a request is released."""

import re
from collections.abc import Mapping
from typing import Any

from bot.domain.errors import Refused
from bot.domain.ids import AccountId, RequestNumber, read_key
from bot.domain.promises import Heard, Ready
from bot.domain.requests import Status
from bot.ui import figures as show
from bot.ui import parts
from bot.ui.drafts import draft
from bot.ui.parts import Block, Message

TOLD = "told_customer"  #: the button beside a note
NOTES = 10
NAME_ON_BUTTON = 40
NAMES_SHOWN = 6

_COUNTS = ("None", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")


def message(saying: Ready) -> Message:
    """A note for each customer not told yet, and who told the others."""
    title, waiting = saying.request.title, [a for a in saying.waiting if a not in saying.told]
    first = f"*{parts.escape(title)} is released.* {_summary(len(waiting))}"
    notes = [_note(saying, account) for account in waiting[:NOTES]]
    more = [parts.context(f"and {len(waiting) - NOTES} more, once these are told")] if len(waiting) > NOTES else []
    text = parts.escape(f"{title} is released. {_summary(len(waiting))}")
    return Message(text=text, blocks=[parts.section(first), *notes, *more, *_told(saying)])


def note(saying: Ready) -> str:
    """What a customer may be sent as it stands."""
    return f"You asked for {saying.request.title}. {saying.sentence.words if saying.sentence else words()}"


def words() -> str:
    """What a note says when nobody wrote a sentence for the release."""
    return draft(Status.RELEASED, None)


def read(button: Mapping[str, Any]) -> tuple[RequestNumber, AccountId, int]:
    """The request, the customer and the version of a pressed button. Raises Refused when it says none."""
    number, version, account = [*str(button.get("value") or "").split(":", 2), "", ""][:3]
    key = read_key(number)
    if isinstance(key, str) or not account or not re.fullmatch(r"[0-9]{1,6}", version):
        raise Refused("This button is from an older Tandem. Find the request with /board and try there.")
    return key, AccountId(account), int(version)


def _summary(count: int) -> str:
    if count == 0:
        return "All your customers know."
    number = _COUNTS[count] if count < len(_COUNTS) else str(count)
    return f"{number} of your customers {'waits' if count == 1 else 'wait'} for it."


def _note(saying: Ready, account: AccountId) -> Block:
    name = saying.waiting[account]
    label = f"I told {parts.shorten(name, NAME_ON_BUTTON)}"
    version = saying.sentence.version if saying.sentence else 0
    button = parts.button(label, TOLD, f"{saying.request.number}:{version}:{account}")
    return parts.said(f"{name}: “{note(saying)}”", accessory=button)


def _told(saying: Ready) -> list[Block]:
    lines = [_line(saying.waiting[account], heard) for account, heard in saying.told.items()]
    if not lines:
        return []
    more = len(lines) - NAMES_SHOWN
    shown = [*lines[:NAMES_SHOWN], f"and {more} more"] if more > 0 else lines
    return [parts.context(parts.escape("\n".join(shown)))]


def _line(name: str, heard: Heard) -> str:
    who = "You" if heard.by_me else heard.by
    return f"{who} told {name} on {show.day(heard.on)}"
