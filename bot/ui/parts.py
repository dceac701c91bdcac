"""Block Kit in plain dicts. The one place where user text is escaped."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.domain.ids import UserId

Block = dict[str, Any]
Element = dict[str, Any]
View = dict[str, Any]

OPTION_LIMIT = 75
_REFERENCE = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


@dataclass(frozen=True, kw_only=True)
class Message:
    """What is posted: `text` is a full sentence for notifications and screen readers."""

    text: str
    blocks: list[Block]


def escape(text: str) -> str:
    """User text as data: no mention, link or entity gets through.

    https://docs.slack.dev/messaging/formatting-message-text#escaping
    """
    return "".join(_NAMED.get(c, c) for c in text)


def mentioned(text: str) -> list[UserId]:
    """People a message mentions."""
    return [UserId(found) for found in re.findall(r"<@([UW]\w+)", text)]


def unescape(text: str, names: Mapping[UserId, str]) -> str:
    """A message's text as people read it: mentions by name, links without brackets, entities as characters."""
    bare = _REFERENCE.sub(lambda found: _referred(found[1], found[2] or "", names), text)
    return bare.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _referred(target: str, label: str, names: Mapping[UserId, str]) -> str:
    match target[:1]:
        case "@":
            return f"@{names.get(UserId(target[1:])) or label or target[1:]}"
        case "#":
            return f"#{label or target[1:]}"
        case "!":
            return label or f"@{target[1:]}"
        case _:
            return label or target.removeprefix("mailto:")


def shorten(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def listed(words: Sequence[str], last: str = "and", *, room: int = 100) -> str:
    """`a, b and c`; without room for all, `a, b and 3 more`."""
    if len(words) > room:
        words = [*words[: room - 1], f"{len(words) - room + 1} more"]
    *most, final = words
    return f"{', '.join(most)} {last} {final}" if most else final


# ---- text ---------------------------------------------------------------------------------------


def plain(text: str) -> Element:
    return {"type": "plain_text", "text": text, "emoji": True}


def mrkdwn(text: str) -> Element:
    """`text` is ours; anything of a user's in it has been through `escape`."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


# ---- blocks -------------------------------------------------------------------------------------


def section(text: str, *, accessory: Element | None = None) -> Block:
    block: Block = {"type": "section", "text": mrkdwn(text)}
    return {**block, "accessory": accessory} if accessory else block


def said(text: str, *, accessory: Element | None = None) -> Block:
    """A section in which people's own words stand as they were written."""
    block: Block = {"type": "section", "text": {"type": "plain_text", "text": text, "emoji": False}}
    return {**block, "accessory": accessory} if accessory else block


def small(text: str) -> Block:
    """People's own words, small."""
    return {"type": "context", "elements": [{"type": "plain_text", "text": text, "emoji": False}]}


def context(*lines: str) -> Block:
    return {"type": "context", "elements": [mrkdwn(line) for line in lines]}


def divider() -> Block:
    return {"type": "divider"}


def header(text: str) -> Block:
    return {"type": "header", "text": plain(text)}


def actions(block_id: str, *elements: Element) -> Block:
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}


def buttons(*elements: Element) -> Block:
    """Without a block_id: Slack gives new ones on every update, as it wants for messages."""
    return {"type": "actions", "elements": list(elements)}


def rich(*sections: Sequence[Element]) -> Block:
    """Paragraphs in which every piece is shown as it is written: the safest home for user text."""
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": list(pieces)} for pieces in sections],
    }


def copyable(text: str) -> Block:
    """Words to be copied whole."""
    pieces = [{"type": "rich_text_preformatted", "elements": [words(text)]}]
    return {"type": "rich_text", "elements": pieces}


def words(text: str, **style: bool) -> Element:
    """A piece of a rich text; style: bold, italic, strike, code."""
    piece: Element = {"type": "text", "text": text}
    return {**piece, "style": style} if style else piece


def link(address: str, text: str) -> Element:
    """A link within a rich text."""
    return {"type": "link", "url": address, "text": text}


# ---- elements -----------------------------------------------------------------------------------


def button(text: str, action: str, value: str, *, primary: bool = False) -> Element:
    element = {"type": "button", "text": plain(text), "action_id": action, "value": value}
    return {**element, "style": "primary"} if primary else element


def option(text: str, value: str, description: str | None = None) -> Element:
    element: Element = {"text": plain(shorten(text, OPTION_LIMIT)), "value": value}
    return {**element, "description": plain(shorten(description, OPTION_LIMIT))} if description else element


def select(action: str, options: Sequence[Element], placeholder: str, chosen: str | None = None) -> Element:
    element: Element = {
        "type": "static_select",
        "action_id": action,
        "options": list(options),
        "placeholder": plain(placeholder),
    }
    initial = next((o for o in options if o["value"] == chosen), None)
    return {**element, "initial_option": initial} if initial else element


def searched(action: str, placeholder: str) -> Element:
    """A multi-select whose options we are asked for while the person types."""
    return {
        "type": "multi_external_select",
        "action_id": action,
        "placeholder": plain(placeholder),
        "min_query_length": 1,
    }


def found(action: str, placeholder: str) -> Element:
    """A select whose options we are asked for while the person types."""
    return {**searched(action, placeholder), "type": "external_select"}


def text_input(
    action: str, placeholder: str = "", *, value: str = "", multiline: bool = False, on_enter: bool = False
) -> Element:
    element: Element = {"type": "plain_text_input", "action_id": action, "multiline": multiline}
    if placeholder:
        element["placeholder"] = plain(shorten(placeholder, 150))
    if value:
        element["initial_value"] = value
    if on_enter:
        element["dispatch_action_config"] = {"trigger_actions_on": ["on_enter_pressed"]}
    return element


def box(action: str, text: str) -> Element:
    """One checkbox."""
    return {"type": "checkboxes", "action_id": action, "options": [option(text, "yes")]}


def date_input(action: str, placeholder: str, chosen: date | None = None) -> Element:
    element: Element = {"type": "datepicker", "action_id": action, "placeholder": plain(placeholder)}
    return {**element, "initial_date": chosen.isoformat()} if chosen else element


def time_input(action: str, chosen: str) -> Element:
    """`chosen` is written 09:30."""
    return {"type": "timepicker", "action_id": action, "placeholder": plain("Choose"), "initial_time": chosen}


def person_input(action: str, placeholder: str, chosen: UserId | None = None) -> Element:
    element: Element = {"type": "users_select", "action_id": action, "placeholder": plain(placeholder)}
    return {**element, "initial_user": chosen} if chosen else element


def url_input(action: str, placeholder: str, value: str | None = None) -> Element:
    element: Element = {"type": "url_text_input", "action_id": action, "placeholder": plain(placeholder)}
    return {**element, "initial_value": value} if value else element


def field(
    name: str, label: str, element: Element, *, hint: str = "", optional: bool = False, tells: bool = False
) -> Block:
    """An input block. Its block_id is the field's name, so that errors find it; `tells` asks for previews."""
    block: Block = {
        "type": "input",
        "block_id": name,
        "label": plain(label),
        "element": element,
        "optional": optional,
        "dispatch_action": tells,
    }
    return {**block, "hint": plain(hint)} if hint else block


# ---- views --------------------------------------------------------------------------------------


def modal(
    callback: str, title: str, blocks: Iterable[Block], *, memory: str, submit: str = "", close: str = "Cancel"
) -> View:
    view: View = {
        "type": "modal",
        "callback_id": callback,
        "title": plain(title),
        "close": plain(close),
        "private_metadata": memory,
        "blocks": list(blocks),
    }
    return {**view, "submit": plain(submit)} if submit else view


def done(title: str, *blocks: Block) -> View:
    """A form's last page: what came of it."""
    return modal("done", title, blocks, memory="", close="Close")
