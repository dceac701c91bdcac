"""The offer to put a message on the board, for whoever reacted to it or wrote to us."""

import re
from collections.abc import Mapping
from typing import Any

from bot.domain.errors import Refused
from bot.domain.facts import OnBoard
from bot.domain.ids import ChannelId, MessageTs, UserId
from bot.domain.requests import Status
from bot.domain.text import is_blank, one_line
from bot.ui import entries, parts, request_form
from bot.ui import figures as show
from bot.ui.parts import Block, Message, View
from bot.ui.vocabulary import STATUSES

TAKE_UP = "take_up"  #: "Add to the board"
QUOTED = 80
_TITLE_SHOWN = 120
_VALUE = re.compile(r"([CDG]\w{1,30}):(\d{1,15}\.\d{1,10})")
_HOW = (
    "Mention me with what your customer can't do today, and I offer to put it on the board. "
    "`/board` shows what is there, `/tandem help` the rest."
)


def message(channel: ChannelId, ts: MessageTs, text: str, names: Mapping[UserId, str]) -> Message:
    """For a message that is new to the board."""
    said = one_line(request_form.quoted(text, names))
    quote = "" if is_blank(said) else f" “{parts.shorten(said, QUOTED)}”"
    button = parts.button("Add to the board", TAKE_UP, f"{channel}:{ts}", primary=True)
    return _message(f"Put this on the board?{quote}", {"type": "actions", "elements": [button]})


def known(of: OnBoard) -> Message:
    """For a message that is on the board already."""
    return _message(_where(of), *_join(of))


def late(of: OnBoard) -> View:
    """For somebody who takes up an offer when the message is on the board already."""
    return parts.done("On the board", parts.said(_where(of)), *_join(of))


def how() -> Message:
    """For who mentions us without a word."""
    return Message(text=_HOW, blocks=[parts.section(_HOW)])


def taken_up(button: Mapping[str, Any], where: str | None) -> tuple[ChannelId, MessageTs]:
    """The message that a pressed button is about. Raises Refused when it isn't of the channel it stands in."""
    found = _VALUE.fullmatch(button.get("value") or "")
    if found is None or found[1] != where:
        raise Refused("This button is from an older Tandem. React to the message once more.")
    return ChannelId(found[1]), MessageTs(found[2])


def without_us(text: str, us: str | None) -> str:
    """A message's text without the mentions that call us."""
    return re.sub(rf"<@{re.escape(us)}(?:\|[^>]*)?>[,:]?", "", text).strip() if us else text


# ---- how it is said -----------------------------------------------------------------------------


def _message(text: str, *actions: Block) -> Message:
    return Message(text=parts.escape(text), blocks=[parts.said(text), *actions])


def _where(of: OnBoard) -> str:
    title, request = parts.shorten(of.request.title, _TITLE_SHOWN), of.request
    name = f"{title}, {_standing(of)}"
    if not request.status.is_open:
        return f"This is on the board: {name}."
    if of.is_ours:
        return f"{name}. Does your customer wait for it too?"
    return f"This is on the board already: {name}."


def _standing(of: OnBoard) -> str:
    """Say "#3, in progress"; what has no place goes by its number."""
    place = show.rank(of.standing.place) if of.standing.place else of.request.name
    if not of.request.status.is_open:
        return STATUSES[of.request.status]
    return place if of.request.status is Status.BACKLOG else f"{place}, {STATUSES[of.request.status]}"


def _join(of: OnBoard) -> list[Block]:
    number = of.request.number
    button = entries.join(number) if of.request.status.is_open else entries.page(number, "Open")
    return [{"type": "actions", "elements": [button]}]
