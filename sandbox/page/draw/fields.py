"""What a person can press, choose or fill in: its attributes, and what it holds."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox import inputs
from sandbox.page.draw.mrkdwn import words
from sandbox.page.draw.reader import Reader
from sandbox.page.draw.text import safe
from sandbox.reading import read_blocks
from sandbox.wire import Json

TRIGGERS = {"on_enter_pressed": "enter", "on_character_entered": "character"}
LONGEST = 3000


@dataclass(frozen=True, kw_only=True)
class Option:
    """One thing to choose, in words."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, kw_only=True)
class Field:
    """One interactive element where it stands."""

    block: Json
    element: Json
    state: Json
    error: str
    reader: Reader
    scope: str  #: keeps the ids of two drawings on one page apart

    # -- who it is

    @property
    def id(self) -> str:
        return _id(self.scope, self.block.get("block_id", ""), self.element.get("action_id", ""))

    @property
    def is_input(self) -> bool:
        return self.block.get("type") == "input"

    @property
    def is_optional(self) -> bool:
        return bool(self.block.get("optional"))

    @property
    def is_required(self) -> bool:
        return self.is_input and not self.is_optional

    @property
    def is_multiple(self) -> bool:
        return str(self.element["type"]).startswith("multi_")

    @property
    def marks(self) -> Mapping[str, str | None]:
        """The data-* attributes by which the page's script knows it."""
        element = self.element
        tells = inputs.Spot(self.block, element).tells_the_app
        return {
            "data-block-id": self.block.get("block_id", ""),
            "data-action-id": element.get("action_id", ""),
            "data-type": element["type"],
            "data-dispatch": "1" if tells else None,
            "data-dispatch-on": self.dispatches_on if tells and element["type"] in inputs.TYPED else None,
            "data-confirm": self.confirm,
        }

    @property
    def dispatches_on(self) -> str:
        given = (self.element.get("dispatch_action_config") or {}).get("trigger_actions_on")
        return " ".join(TRIGGERS[each] for each in given or ["on_enter_pressed"])

    @property
    def confirm(self) -> str | None:
        """The question asked first, its texts as words."""
        asked = self.element.get("confirm")
        if not asked:
            return None
        named = {"title": "Are you sure?", "confirm": "Yes", "deny": "No"}
        texts = {name: self.words(asked.get(name)) or usual for name, usual in named.items()}
        return json.dumps({**texts, "text": self.words(asked["text"]), "style": asked.get("style", "primary")})

    @property
    def tied(self) -> Mapping[str, str | bool | None]:
        """How a control is tied to its label, hint and error."""
        hints = [f"{self.id}-hint"] if self.block.get("hint") else []
        errors = [f"{self.id}-error"] if self.error else []
        return {
            "aria-describedby": " ".join(hints + errors) if self.is_input and hints + errors else None,
            "aria-invalid": "true" if self.error else None,
            "aria-label": None if self.is_input else self.name,
            "autofocus": "" if self.element.get("focus_on_load") else None,
        }

    @property
    def name(self) -> str:
        """What a screen reader calls it where it has no label."""
        element = self.element
        given = element.get("accessibility_label") or self.words(element.get("placeholder"))
        return given or self.words(self.block.get("text")) or str(element["type"]).replace("_", " ")

    def words(self, text: Json | None) -> str:
        return words(text, self.reader)

    # -- what it holds

    @property
    def content(self) -> Any:
        return inputs.content(self.state)

    @property
    def value(self) -> str:
        """What stands in a native control."""
        held = self.content
        match self.element["type"]:
            case "datetimepicker":
                return self._moment(held)
            case "rich_text_input":
                return read_blocks([held], self.reader.of_words) if held else ""
            case _:
                return "" if held is None else str(held)

    def _moment(self, seconds: int | None) -> str:
        return f"{datetime.fromtimestamp(int(seconds), self.reader.zone):%Y-%m-%dT%H:%M}" if seconds else ""

    @property
    def chosen(self) -> list[Any]:
        held = self.content
        return held if isinstance(held, list) else [] if held is None else [held]

    def options(self, offered: list[Json]) -> list[Option]:
        chosen = {option.get("value") for option in self.chosen}
        return [
            Option(value=option["value"], label=self._label(option), chosen=option["value"] in chosen)
            for option in offered
        ]

    @property
    def rows(self) -> int:
        """How many options of a list are in sight."""
        return min(max(len(inputs.all_options(self.element)), 2), 6)

    def _label(self, option: Json) -> str:
        description = self.words(option.get("description"))
        return self.words(option["text"]) + (f" – {description}" if description else "")

    @property
    def chips(self) -> list[Option]:
        """What is chosen in a searched select."""
        return [
            Option(value=str(each), label=self._named(each), chosen=True)
            if isinstance(each, str)
            else Option(value=each["value"], label=self.words(each["text"]), chosen=True)
            for each in self.chosen
        ]

    def _named(self, name: str) -> str:
        if name in self.reader.channels:
            return f"#{self.reader.channels[name]}"
        return self.reader.users.get(name, name)

    # -- what it takes

    @property
    def source(self) -> str:
        """Where a searched select finds what it offers."""
        return str(self.element["type"]).removeprefix("multi_").removesuffix("_select")

    @property
    def limits(self) -> Mapping[str, str | int | None]:
        """What a native control checks by itself."""
        element = self.element
        match element["type"]:
            case "plain_text_input":
                return {"maxlength": element.get("max_length", LONGEST), "minlength": element.get("min_length")}
            case "number_input":
                step = "any" if element.get("is_decimal_allowed") else "1"
                return {"min": element.get("min_value"), "max": element.get("max_value"), "step": step}
            case "datetimepicker" | "datepicker" | "timepicker":
                return {"data-zone": str(self.reader.zone)}
            case "file_input":
                kinds = ",".join(f".{kind}" for kind in element.get("filetypes", []))
                return {"accept": kinds or None, "multiple": "" if element.get("max_files", 10) > 1 else None}
            case _:
                return {}

    @property
    def url(self) -> str | None:
        return safe(self.element.get("url", "")) or None


def _id(*names: str) -> str:
    """An id of letters, digits and dashes; other names give other ids."""
    return "-".join(re.sub(r"[^A-Za-z0-9]", lambda found: f"_{ord(found[0]):x}_", name) for name in names)
