"""The blocks, one rule each. Where a block may stand is for `surfaces`."""

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.rules import data, elements
from sandbox.rules.faults import Fault, within
from sandbox.rules.rich_text import rich_text, rich_text_fields
from sandbox.rules.shapes import (
    NONE,
    Fields,
    Rule,
    anything,
    at_least_one_of,
    by_type,
    choice,
    exactly_one_of,
    flag,
    items,
    not_both,
    record,
    secure_address,
    string,
    typed,
    unique,
)
from sandbox.rules.text import plain, text

_some = string(least=1)
_block_id: Fields = {"block_id": string(255)}


def _block(required: Fields = NONE, optional: Fields = NONE, *also: Rule) -> Rule:
    return typed(required, {**_block_id, **optional}, *also)


section = _block(
    {},
    {
        "text": text(),
        "fields": items(text(2000), least=1, most=10),
        "accessory": by_type(elements.ACCESSORIES),
        "expand": flag,
    },
    at_least_one_of("text", "fields"),
)

_words = {"plain_text": text(), "mrkdwn": text()}

header = _block({"text": plain(150)})
divider = _block()
context = _block({"elements": items(by_type({"image": elements.image, **_words}), least=1, most=10)})
actions = _block({"elements": items(by_type(elements.ACTIONS), least=1, most=25)})
context_actions = _block({"elements": items(by_type(elements.CONTEXT_ACTIONS), least=1, most=5)})

image = _block(
    {"alt_text": string(2000)},
    {**elements.picture, "title": plain(2000)},
    exactly_one_of("image_url", "slack_file"),
)

input_ = _block(
    {"label": plain(2000), "element": by_type(elements.INPUTS)},
    {"hint": plain(2000), "optional": flag, "dispatch_action": flag},
    elements.dispatches_no_files,
)

markdown = _block({"text": string(12_000, least=1)})
rich = _block(rich_text_fields)
table = _block(data.table_fields, data.table_options)
data_table = _block(data.data_table_fields, data.data_table_options, *data.data_table_checks)
data_visualization = _block(data.chart_fields)
alert = _block({"text": text(200)}, {"level": choice("default", "info", "warning", "error", "success")})

video = _block(
    {
        "alt_text": string(2000),
        "title": plain(200),
        "video_url": secure_address(),
        "thumbnail_url": secure_address(),
    },
    {
        "title_url": secure_address(2000),
        "author_name": string(50),
        "provider_name": string(50),
        "provider_icon_url": secure_address(2000),
        "description": plain(200),
    },
)

file = _block({"external_id": _some, "source": choice("remote")})
call = _block({"call_id": _some}, {"api_decoration_available": flag, "call": anything})

auth_provider = _block(
    {"value": string(150, least=1), "name": plain(75), "is_connected": flag},
    {
        "description": text(150),
        "icon_url": secure_address(),
        "auth_url": secure_address(),
        "disconnect_url": secure_address(),
        "connected_identity": text(75),
        "connected_context": text(75),
        "accessory": by_type({"overflow": elements.overflow}),
        "fallback": anything,
    },
)

# Tasks

_task: Fields = {
    "task_id": _some,
    "title": _some,
    "status": choice("pending", "in_progress", "complete", "error"),
}
_source = record({"type": choice("url"), "url": _some, "text": string()})
_results: Fields = {"details": rich_text, "output": rich_text, "sources": items(_source)}


def _is_under_way(value: Mapping[str, Any], at: str) -> Iterator[Fault]:
    if value["status"] == "pending":
        yield Fault("must not be pending outside a plan", within(at, "status"))


task_card = _block(_task, _results, _is_under_way)
_step = record(_task, {**_results, **_block_id, "type": choice("task_card")})

plan = _block(
    {"title": _some},
    {"tasks": items(_step, most=50)},
    unique(
        lambda plan: [
            (f"/tasks/{index}/task_id", task["task_id"]) for index, task in enumerate(plan.get("tasks", ()))
        ],
        "task_id",
    ),
)

# Blocks that hold others

_picture = by_type({"image": elements.image})

card = _block(
    {},
    {
        "hero_image": _picture,
        "icon": _picture,
        "slack_icon": record({"name": _some}, {"type": choice("icon")}),
        "title": text(150),
        "subtitle": text(150),
        "body": text(200),
        "subtext": text(200),
        "actions": items(by_type({"button": elements.button}), most=3),
    },
    at_least_one_of("hero_image", "title", "actions", "body"),
    not_both("icon", "slack_icon"),
)

carousel = _block({"elements": items(by_type({"card": card}), least=1, most=10)})

# The documentation's list of children, and the charts that Slack counts "inside containers".
_CHILDREN: dict[str, Rule] = {
    "actions": actions,
    "context": context,
    "data_visualization": data_visualization,
    "divider": divider,
    "file": file,
    "header": header,
    "image": image,
    "input": input_,
    "rich_text": rich,
    "section": section,
    "table": table,
    "video": video,
}


def _collapses_when_collapsible(value: Mapping[str, Any], at: str) -> Iterator[Fault]:
    if value.get("default_collapsed") and not value.get("is_collapsible"):
        yield Fault("must not be set without is_collapsible", within(at, "default_collapsed"))


container = _block(
    {"child_blocks": items(by_type(_CHILDREN), least=1, most=10)},
    {
        "title": plain(150),
        "rich_text_title": rich_text,
        "subtitle": text(150),
        "width": choice("narrow", "standard", "wide", "full"),
        "icon": _picture,
        "is_collapsible": flag,
        "default_collapsed": flag,
        "has_header_divider": flag,
    },
    at_least_one_of("title", "rich_text_title"),
    not_both("has_header_divider", "is_collapsible"),
    _collapses_when_collapsible,
)

BLOCKS: dict[str, Rule] = {
    **_CHILDREN,
    "alert": alert,
    "auth_provider": auth_provider,
    "call": call,
    "card": card,
    "carousel": carousel,
    "container": container,
    "context_actions": context_actions,
    "data_table": data_table,
    "markdown": markdown,
    "plan": plan,
    "task_card": task_card,
}
