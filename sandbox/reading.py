"""Block Kit and mrkdwn as a person reads them: plain text, top to bottom.

read_mrkdwn("Hello <@U024BE7LH>, see <https://x.io|this>", reader)  ->  "Hello @Alice, see this"
read_blocks(blocks, reader)                                         ->  one line or more a block
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from html import unescape
from typing import Any

from sandbox.wire import Json

BROADCASTS = {"here": "@here", "channel": "@channel", "everyone": "@everyone"}
TOKEN = re.compile(r"<([^<>]*)>")
CODE = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)
MARKS = tuple(
    re.compile(rf"(?<![\w{mark}]){mark}(?=\S)([^\n]*?)(?<=\S){mark}(?![\w{mark}])") for mark in (r"\*", "_", "~")
)
DATE_PART = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Whose eyes: how ids are called, and the clock on the reader's wall."""

    users: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    zone: tzinfo = UTC
    locale: str = "en-US"
    today: datetime = field(default_factory=lambda: datetime.now(UTC))


def read_mrkdwn(text: str, reader: Reader) -> str:
    """Formatting marks go, references become names, entities become characters; code is left as it stands."""
    parts = CODE.split(text)
    return "".join(_code(part) if i % 2 else _prose(part, reader) for i, part in enumerate(parts))


def read_text(text: Json | str | None, reader: Reader) -> str:
    """A text object. plain_text is shown raw."""
    if not text:
        return ""
    if isinstance(text, str):
        return text
    words = str(text.get("text", ""))
    return read_mrkdwn(words, reader) if text.get("type") == "mrkdwn" else words


def read_blocks(
    blocks: Sequence[Json],
    reader: Reader,
    values: Mapping[str, Any] | None = None,
    errors: Mapping[str, str] | None = None,
) -> str:
    """All blocks; `values` is a view's `state.values`, `errors` what stands under a field, by block_id."""
    page = _Page(reader, values or {}, errors or {})
    return "\n".join(line for line in map(page.block, blocks) if line)


# -- mrkdwn


def _code(text: str) -> str:
    return unescape(text.strip("`"))


def _prose(text: str, reader: Reader) -> str:
    kept: list[str] = []

    def put_aside(found: re.Match[str]) -> str:
        kept.append(_reference(found[1], reader))
        return f"\x00{len(kept) - 1}\x00"

    text = TOKEN.sub(put_aside, text.replace("\x00", ""))
    for mark in MARKS:
        text = mark.sub(r"\1", text)
    return re.sub(r"\x00(\d+)\x00", lambda m: kept[int(m[1])], unescape(text))


def _reference(inside: str, reader: Reader) -> str:
    target, _, label = inside.partition("|")
    if target.startswith("!date^"):
        return _date(target, label, reader)
    if target.startswith("!subteam^"):
        return "@" + reader.groups.get(target[9:], label.removeprefix("@") or target[9:])
    if target.startswith("!"):
        return BROADCASTS.get(target[1:], label or target)
    if target.startswith("@"):
        return "@" + reader.users.get(target[1:], label or target[1:])
    if target.startswith("#"):
        return "#" + reader.channels.get(target[1:], label or "private-channel")
    return unescape(label or target.removeprefix("mailto:"))


def _date(target: str, fallback: str, reader: Reader) -> str:
    seconds, _, rest = target.removeprefix("!date^").partition("^")
    form = rest.partition("^")[0]
    if not seconds.isdigit():
        return fallback
    moment = datetime.fromtimestamp(int(seconds), reader.zone)
    return DATE_PART.sub(lambda part: _date_part(part[1], moment, reader), form)


def _date_part(name: str, moment: datetime, reader: Reader) -> str:
    if name.endswith("_pretty") or name == "date_pretty":
        near = _near(moment, reader)
        return near or _date_part(name.removesuffix("_pretty"), moment, reader)
    write = DATES.get(name)
    if write is None:
        return "{" + name + "}"
    return write(moment, reader)


def _near(moment: datetime, reader: Reader) -> str:
    days = (moment.date() - reader.today.astimezone(reader.zone).date()) / timedelta(days=1)
    return {-1: "yesterday", 0: "today", 1: "tomorrow"}.get(int(days), "")


def _time(moment: datetime, reader: Reader, seconds: bool = False) -> str:
    tail = f":{moment:%S}" if seconds else ""
    if reader.locale in ("en-US", "en-CA", "en-AU"):
        return f"{moment.hour % 12 or 12}:{moment:%M}{tail} {moment:%p}"
    return f"{moment:%H:%M}{tail}"


def _ordinal(day: int) -> str:
    ending = "th" if 10 <= day % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"


DATES: Mapping[str, Callable[[datetime, Reader], str]] = {
    "date_num": lambda at, _: f"{at:%Y-%m-%d}",
    "date_slash": lambda at, _: f"{at:%m/%d/%Y}",
    "date": lambda at, _: f"{at:%B} {_ordinal(at.day)}, {at.year}",
    "date_short": lambda at, _: f"{at:%b} {at.day}, {at.year}",
    "date_long": lambda at, _: f"{at:%A, %B} {_ordinal(at.day)}, {at.year}",
    "time": _time,
    "time_secs": lambda at, reader: _time(at, reader, seconds=True),
    "ago": lambda at, reader: f"{abs((reader.today - at).days)} days ago",
}


# -- Blocks


class _Page:
    """One reading of one surface."""

    def __init__(self, reader: Reader, values: Mapping[str, Any], errors: Mapping[str, str]) -> None:
        self.reader = reader
        self.values = values
        self.errors = errors

    def block(self, block: Json) -> str:
        read = getattr(self, "read_" + str(block.get("type")), None)
        return read(block) if read else f"[{block.get('type')}]"

    def text(self, text: Json | str | None) -> str:
        return read_text(text, self.reader)

    def value(self, block: Json, element: Json) -> Json:
        kept = self.values.get(block.get("block_id", ""), {})
        return dict(kept.get(element.get("action_id", ""), {}))

    # text

    def read_header(self, block: Json) -> str:
        return self.text(block.get("text"))

    def read_section(self, block: Json) -> str:
        lines = [self.text(block.get("text")), *map(self.text, block.get("fields", []))]
        if accessory := block.get("accessory"):
            lines.append(self.element(block, accessory))
        return _lines(lines)

    def read_context(self, block: Json) -> str:
        return " ".join(filter(None, (self.element(block, e) for e in block.get("elements", []))))

    def read_divider(self, _block: Json) -> str:
        return "---"

    def read_markdown(self, block: Json) -> str:
        return str(block.get("text", ""))

    def read_alert(self, block: Json) -> str:
        return self.text(block.get("text"))

    def read_image(self, block: Json) -> str:
        return _lines([self.text(block.get("title")), f"[{block.get('alt_text', '')}]"])

    def read_video(self, block: Json) -> str:
        return _lines([self.text(block.get("title")), self.text(block.get("description"))])

    # things to press and to fill in

    def read_actions(self, block: Json) -> str:
        return " ".join(filter(None, (self.element(block, e) for e in block.get("elements", []))))

    read_context_actions = read_actions

    def read_input(self, block: Json) -> str:
        element = block.get("element", {})
        label = self.text(block.get("label")) + (" (optional)" if block.get("optional") else "")
        shown = self.element(block, element)
        hint, error = self.text(block.get("hint")), self.errors.get(block.get("block_id", ""), "")
        return _lines([f"{label}: {shown}".rstrip(), hint, error and f"! {error}"])

    def element(self, block: Json, element: Json) -> str:
        match element.get("type"):
            case "mrkdwn" | "plain_text":
                return self.text(element)
            case "image":
                return f"[{element.get('alt_text', '')}]"
            case "button" | "workflow_button":
                return f"[{self.text(element.get('text'))}]"
            case "overflow":
                return "[...]"
            case "icon_button":
                return f"[{self.text(element.get('text'))}]"
            case "feedback_buttons":
                both = (element.get("positive_button", {}), element.get("negative_button", {}))
                return " ".join(f"[{self.text(each.get('text'))}]" for each in both)
            case "checkboxes" | "radio_buttons":
                return self.ticks(element, self.value(block, element))
            case _:
                return self.filled(block, element)

    def ticks(self, element: Json, value: Json) -> str:
        chosen = value.get("selected_options") or [value.get("selected_option") or {}]
        ticked = {option.get("value") for option in chosen}
        options = element.get("options", [])
        return " ".join(
            f"[{'x' if option.get('value') in ticked else ' '}] {self.text(option.get('text'))}"
            for option in options
        )

    def filled(self, block: Json, element: Json) -> str:
        shown = self.shown(self.value(block, element))
        if not shown and (placeholder := self.text(element.get("placeholder"))):
            shown = f"({placeholder})"
        return shown if block.get("type") == "input" else f"[{shown}]"

    def shown(self, value: Json) -> str:
        if "rich_text_value" in value:
            return self.block(value["rich_text_value"])
        return next((self.one(name, given) for name, given in value.items() if name != "type" and given), "")

    def one(self, name: str, given: Any) -> str:
        if isinstance(given, list):
            return ", ".join(self.one(name, item) for item in given)
        if isinstance(given, dict):
            return self.text(given.get("text"))
        return self.named(name, str(given))

    def named(self, name: str, given: str) -> str:
        if name == "selected_date_time":
            return f"{datetime.fromtimestamp(int(given), self.reader.zone):%Y-%m-%d %H:%M}"
        if given in self.reader.users:
            return "@" + self.reader.users[given]
        return "#" + self.reader.channels[given] if given in self.reader.channels else given

    # rich text

    def read_rich_text(self, block: Json) -> str:
        return _lines(map(self.rich, block.get("elements", [])))

    def rich(self, element: Json) -> str:
        match element.get("type"):
            case "rich_text_list":
                return _lines(self.rich_list(element))
            case "rich_text_quote" | "rich_text_preformatted" | "rich_text_section":
                return "".join(map(self.span, element.get("elements", [])))
            case _:
                return self.span(element)

    def rich_list(self, element: Json) -> list[str]:
        numbered, first = element.get("style") == "ordered", 1 + int(element.get("offset", 0))
        indent = "  " * int(element.get("indent", 0))
        items = enumerate(element.get("elements", []), first)
        return [f"{indent}{f'{n}.' if numbered else '•'} {self.rich(item)}" for n, item in items]

    def span(self, span: Json) -> str:
        reader = self.reader
        match span.get("type"):
            case "user":
                return "@" + reader.users.get(span["user_id"], span["user_id"])
            case "channel":
                return "#" + reader.channels.get(span["channel_id"], "private-channel")
            case "usergroup":
                return "@" + reader.groups.get(span["usergroup_id"], span["usergroup_id"])
            case "broadcast":
                return "@" + str(span.get("range"))
            case "emoji":
                return f":{span.get('name')}:"
            case "date":
                stamp = f"!date^{span.get('timestamp')}^{span.get('format')}"
                return _date(stamp, str(span.get("fallback", "")), reader)
            case _:
                return str(span.get("text") or span.get("url") or span.get("value") or "")

    # tables, charts, cards

    def read_table(self, block: Json) -> str:
        rows = (" | ".join(map(self.cell, row)) for row in block.get("rows", []))
        return _lines([self.text(block.get("caption")), *rows])

    read_data_table = read_table

    def cell(self, cell: Json) -> str:
        if cell.get("type") == "rich_text":
            return self.read_rich_text(cell)
        if "elements" in cell:
            return " ".join(self.element({}, element) for element in cell["elements"])
        return self.text(cell.get("text")) or str(cell.get("value", ""))

    def read_data_visualization(self, block: Json) -> str:
        chart = block.get("chart", {})
        slices = [f"{part.get('label')}: {part.get('value')}" for part in chart.get("segments", [])]
        return _lines([self.text(block.get("title")), *slices, *map(self.series, chart.get("series", []))])

    def series(self, series: Json) -> str:
        points = (
            f"{point.get('label', point.get('x'))} {point.get('value', point.get('y'))}"
            for point in series.get("data", [])
        )
        return f"{series.get('name')}: " + ", ".join(points)

    def read_card(self, block: Json) -> str:
        words = [self.text(block.get(name)) for name in ("title", "subtitle", "body", "subtext")]
        buttons = " ".join(self.element(block, element) for element in block.get("actions", []))
        image = block.get("hero_image") or {}
        return _lines([f"[{image['alt_text']}]" if image.get("alt_text") else "", *words, buttons])

    def read_carousel(self, block: Json) -> str:
        return _lines(map(self.block, block.get("elements", [])))

    def read_container(self, block: Json) -> str:
        titles = [self.text(block.get("title")), self.text(block.get("subtitle"))]
        if rich := block.get("rich_text_title"):
            titles.insert(0, self.block(rich))
        return _lines([*titles, *map(self.block, block.get("child_blocks", []))])

    def read_plan(self, block: Json) -> str:
        return _lines([self.text(block.get("title")), *map(self.read_task_card, block.get("tasks", []))])

    def read_task_card(self, block: Json) -> str:
        parts = [self.block(block[name]) for name in ("details", "output") if block.get(name)]
        return _lines([f"{self.text(block.get('title'))} ({block.get('status')})", *parts])


def _lines(lines: Any) -> str:
    return "\n".join(line for line in lines if line)
