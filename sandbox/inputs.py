"""The elements a person can fill in: what they hold, and how a person's choice becomes that.

A value has the form it has in a view's `state.values`: `{"type": "plain_text_input", "value": "Hello"}`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sandbox.wire import Json

REQUIRED = "Please complete this required field."


class CannotDo(AssertionError):
    """A person could not do this in Slack."""


@dataclass(frozen=True)
class Kind:
    """One type of element: the name its value goes by, what that is called at first, whether several are kept."""

    holds: str
    initial: str
    several: bool = False


KINDS: Mapping[str, Kind] = {
    "plain_text_input": Kind("value", "initial_value"),
    "email_text_input": Kind("value", "initial_value"),
    "url_text_input": Kind("value", "initial_value"),
    "number_input": Kind("value", "initial_value"),
    "rich_text_input": Kind("rich_text_value", "initial_value"),
    "static_select": Kind("selected_option", "initial_option"),
    "external_select": Kind("selected_option", "initial_option"),
    "radio_buttons": Kind("selected_option", "initial_option"),
    "multi_static_select": Kind("selected_options", "initial_options", several=True),
    "multi_external_select": Kind("selected_options", "initial_options", several=True),
    "checkboxes": Kind("selected_options", "initial_options", several=True),
    "users_select": Kind("selected_user", "initial_user"),
    "multi_users_select": Kind("selected_users", "initial_users", several=True),
    "conversations_select": Kind("selected_conversation", "initial_conversation"),
    "multi_conversations_select": Kind("selected_conversations", "initial_conversations", several=True),
    "channels_select": Kind("selected_channel", "initial_channel"),
    "multi_channels_select": Kind("selected_channels", "initial_channels", several=True),
    "datepicker": Kind("selected_date", "initial_date"),
    "timepicker": Kind("selected_time", "initial_time"),
    "datetimepicker": Kind("selected_date_time", "initial_date_time"),
    "file_input": Kind("files", "initial_files", several=True),
}

INTERACTIVE = frozenset({*KINDS, "button", "overflow", "workflow_button", "feedback_buttons", "icon_button"})
TYPED = frozenset({"plain_text_input", "email_text_input", "url_text_input", "number_input", "rich_text_input"})
SEARCHED = frozenset({"external_select", "multi_external_select"})
OFFERED = frozenset({"static_select", "multi_static_select", "radio_buttons", "checkboxes"})


@dataclass(frozen=True)
class Spot:
    """An element where it stands."""

    block: Json
    element: Json

    @property
    def place(self) -> tuple[str, str]:
        return str(self.block.get("block_id", "")), str(self.element.get("action_id", ""))

    @property
    def type(self) -> str:
        return str(self.element.get("type"))

    @property
    def is_input(self) -> bool:
        return self.block.get("type") == "input"

    @property
    def label(self) -> str:
        return str((self.block.get("label") or self.block.get("text") or {}).get("text", ""))

    @property
    def tells_the_app(self) -> bool:
        """Choosing here sends block_actions; inputs keep it for the submission unless they say otherwise."""
        return not self.is_input or bool(self.block.get("dispatch_action"))


def spots(blocks: list[Json]) -> Iterator[Spot]:
    """Every interactive element of a surface, top to bottom."""
    for block in blocks:
        own = [
            block.get("element"),
            block.get("accessory"),
            *_listed(block, "elements"),
            *_listed(block, "actions"),
        ]
        yield from (Spot(block, element) for element in own if isinstance(element, dict) and "type" in element)
        yield from spots([*_listed(block, "child_blocks"), *_cards(block)])
        yield from (Spot(block, element) for element in _in_cells(block))


def _listed(block: Json, name: str) -> list[Any]:
    found = block.get(name)
    interactive = block.get("type") in ("actions", "context_actions", "card", "container")
    return found if isinstance(found, list) and interactive else []


def _cards(block: Json) -> list[Json]:
    return list(block.get("elements", [])) if block.get("type") == "carousel" else []


def _in_cells(block: Json) -> Iterator[Json]:
    cells = (cell for row in block.get("rows", []) for cell in row if isinstance(cell, dict))
    for cell in cells:
        if cell.get("type") == "action_cell":
            yield from cell.get("elements", [])


def identified(block: Json, fresh: Callable[[], str]) -> Json:
    """A copy in which block and elements have ids; Slack makes up those the app leaves out."""

    def named(element: Any) -> Any:
        if not isinstance(element, dict) or element.get("type") not in INTERACTIVE or element.get("action_id"):
            return element
        return {**element, "action_id": fresh()}

    own: Json = {} if block.get("block_id") else {"block_id": fresh()}
    own |= {part: named(block[part]) for part in ("element", "accessory") if part in block}
    own |= {
        part: [named(each) for each in _listed(block, part)]
        for part in ("elements", "actions")
        if _listed(block, part)
    }
    return {**block, **own}


# -- Values


def initial(element: Json) -> Json:
    """What an element holds before anyone touches it."""
    kind = KINDS[element["type"]]
    given = element.get(kind.initial)
    return holding(element, given if given is not None else ([] if kind.several else None))


def holding(element: Json, content: Any) -> Json:
    kind = KINDS[element["type"]]
    value = {"type": element["type"], kind.holds: content}
    if element["type"] == "rich_text_input" and content is None:
        del value[kind.holds]
    if element["type"] == "timepicker" and element.get("timezone"):
        value["timezone"] = element["timezone"]
    return value


def content(value: Json) -> Any:
    """The bare content of a value: a string, an option, a list ..."""
    return value.get(KINDS[value["type"]].holds)


def is_empty(value: Json) -> bool:
    return content(value) in (None, "", [])


def all_options(element: Json) -> list[Json]:
    groups = element.get("option_groups") or []
    return [*(element.get("options") or []), *(option for group in groups for option in group.get("options", []))]


def pick(options: list[Json], wanted: object) -> Json:
    """The option with this value, or with this text."""
    for name in (_value_of, _text_of):
        for option in options:
            if name(option) == str(wanted):
                return {key: option[key] for key in ("text", "value", "description") if key in option}
    raise CannotDo(f"{str(wanted)!r} is not offered; there is {[_text_of(option) for option in options]}")


def _value_of(option: Json) -> str:
    return str(option.get("value"))


def _text_of(option: Json) -> str:
    return str((option.get("text") or {}).get("text", ""))


def typed(element: Json, wanted: object) -> Any:
    """What is typed into a text field."""
    text = str(wanted)
    most = element.get("max_length", 3000 if element["type"] == "plain_text_input" else None)
    if most is not None and len(text) > most:
        raise CannotDo(f"{len(text)} characters do not fit into a field of {most}")
    if not element.get("multiline") and "\n" in text and element["type"] != "rich_text_input":
        raise CannotDo("a field of one line takes no line break")
    return rich(text) if element["type"] == "rich_text_input" else text


def rich(text: str) -> Json:
    lines = [{"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}]
    return {"type": "rich_text", "elements": lines}


def picked_moment(element: Json, wanted: object) -> Any:
    """What a calendar or a clock gives: "2026-11-22", "09:30", or seconds since 1970."""
    match element["type"], wanted:
        case "datetimepicker", datetime():
            return int(wanted.timestamp())
        case "datepicker", date():
            return wanted.strftime("%Y-%m-%d")
        case "timepicker", time():
            return f"{wanted:%H:%M}"
        case "datepicker", str():
            return date.fromisoformat(wanted).isoformat()
        case "timepicker", str():
            return f"{time.fromisoformat(wanted):%H:%M}"
        case _:
            raise CannotDo(f"a {element['type']} takes no {type(wanted).__name__}")


# -- What Slack's own client checks before it sends


def complaint(spot: Spot, value: Json) -> str:
    """What the client writes under a field instead of submitting, or nothing."""
    if is_empty(value):
        return "" if spot.block.get("optional") else REQUIRED
    check = CHECKS.get(spot.type)
    return check(spot.element, content(value)) if check else ""


def _short(element: Json, text: str) -> str:
    least = element.get("min_length", 0)
    return f"Please enter at least {least} characters." if len(text) < least else ""


def _number(element: Json, text: str) -> str:
    try:
        number = float(text)
    except ValueError:
        return "Please enter a valid number."
    if not element.get("is_decimal_allowed") and not number.is_integer():
        return "Please enter a whole number."
    least, most = float(element.get("min_value", "-inf")), float(element.get("max_value", "inf"))
    return "" if least <= number <= most else f"Please enter a number between {least:g} and {most:g}."


def _email(_element: Json, text: str) -> str:
    name, at, host = text.partition("@")
    return "" if name and at and "." in host and " " not in text else "Please enter a valid email address."


def _url(_element: Json, text: str) -> str:
    return "" if text.startswith(("http://", "https://")) else "Please enter a valid URL."


CHECKS: Mapping[str, Callable[[Json, Any], str]] = {
    "plain_text_input": _short,
    "number_input": _number,
    "email_text_input": _email,
    "url_text_input": _url,
}
