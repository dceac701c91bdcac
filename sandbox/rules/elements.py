"""Block elements: what a person can press, choose or fill in, and the image beside a text."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from sandbox.rules.faults import Fault, within
from sandbox.rules.rich_text import rich_text
from sandbox.rules.shapes import (
    Fields,
    Rule,
    choice,
    exactly_one_of,
    flag,
    in_order,
    items,
    matching,
    record,
    string,
    typed,
    whole,
)
from sandbox.rules.text import (
    OPTIONS_MOST,
    confirm,
    conversation_filter,
    dispatch_action_config,
    initial_options_exist,
    option,
    option_group,
    plain,
    style,
    text,
)

_some = string(least=1)
_action: Fields = {"action_id": string(255, least=1)}
_confirm: Fields = {"confirm": confirm}
_focus: Fields = {"focus_on_load": flag}
_placeholder: Fields = {"placeholder": plain(150)}
_label: Fields = {"accessibility_label": string(75)}
_dispatch: Fields = {"dispatch_action_config": dispatch_action_config}

_menu: Fields = {**_action, **_confirm, **_focus, **_placeholder}
_multi: Fields = {**_menu, "max_selected_items": whole(1)}
_typing: Fields = {**_action, **_focus, **_placeholder, **_dispatch}
_ids = items(_some)

slack_file = record({}, {"id": _some, "url": _some}, exactly_one_of("id", "url"))
picture: Fields = {"image_url": string(3000, least=1), "slack_file": slack_file}
image = typed({"alt_text": string(2000)}, picture, exactly_one_of("image_url", "slack_file"))

button = typed(
    {"text": plain(75)},
    {
        **_action,
        **_confirm,
        **_label,
        "value": string(2000),
        "url": string(3000, least=1),
        "style": style,
        "agent_prompt": string(4000),
        "agent_prompt_display": string(),
    },
)

_parameter = record({"name": _some, "value": string()})
_trigger = record({"url": _some}, {"customizable_input_parameters": items(_parameter)})

workflow_button = typed(
    {"text": plain(75), "workflow": record({"trigger": _trigger})},
    {**_action, **_confirm, **_label, "style": style},
)

_feedback = record({"text": plain(75), "value": string(2000)}, _label)
feedback_buttons = typed({"positive_button": _feedback, "negative_button": _feedback}, _action)

icon_button = typed(
    {"icon": choice("trash"), "text": plain(75)},
    {
        **_action,
        **_confirm,
        **_label,
        "value": string(2000),
        "visible_to_user_ids": items(_some, most=10),
    },
)

# Choosing from options

_options: Fields = {
    "options": items(option(), least=1, most=OPTIONS_MOST),
    "option_groups": items(option_group, least=1, most=OPTIONS_MOST),
}
_initial: Fields = {"initial_option": option()}
_initials: Fields = {"initial_options": items(option(), least=1)}
_query: Fields = {"min_query_length": whole(0)}
_options_xor_groups = exactly_one_of("options", "option_groups")

static_select = typed({}, {**_menu, **_options, **_initial}, _options_xor_groups, initial_options_exist)
multi_static_select = typed({}, {**_multi, **_options, **_initials}, _options_xor_groups, initial_options_exist)
external_select = typed({}, {**_menu, **_query, **_initial})
multi_external_select = typed({}, {**_multi, **_query, **_initials})
overflow = typed({"options": items(option(link=True), least=1, most=5)}, {**_action, **_confirm})

_ticks = {**_action, **_confirm, **_focus}
_ten_options = {"options": items(option(text), least=1, most=10)}

checkboxes = typed(_ten_options, {**_ticks, "initial_options": items(option(text), least=1)}, initial_options_exist)
radio_buttons = typed(_ten_options, {**_ticks, "initial_option": option(text)}, initial_options_exist)

# Choosing people and places

_current: Fields = {"default_to_current_conversation": flag, "filter": conversation_filter}
_reply: Fields = {"response_url_enabled": flag}

users_select = typed({}, {**_menu, "initial_user": _some})
multi_users_select = typed({}, {**_multi, "initial_users": _ids})
conversations_select = typed({}, {**_menu, **_current, **_reply, "initial_conversation": _some})
multi_conversations_select = typed({}, {**_multi, **_current, "initial_conversations": _ids})
channels_select = typed({}, {**_menu, **_reply, "initial_channel": _some})
multi_channels_select = typed({}, {**_multi, "initial_channels": _ids})

# Typing

plain_text_input = typed(
    {},
    {
        **_typing,
        "initial_value": string(3000),
        "multiline": flag,
        "min_length": whole(0, 3000),
        "max_length": whole(1, 3000),
    },
    in_order("min_length", "max_length"),
)

_decimal = matching(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", "a number in a string")

number_input = typed(
    {"is_decimal_allowed": flag},
    {**_typing, "initial_value": _decimal, "min_value": _decimal, "max_value": _decimal},
    in_order("min_value", "max_value"),
)

email_text_input = typed({}, {**_typing, "initial_value": string()})
url_text_input = typed({}, {**_typing, "initial_value": string()})

rich_text_input = typed(
    {},
    {**_typing, "initial_value": rich_text, "min_lines": whole(1, 100), "max_lines": whole(1, 100)},
)

# Dates, times, files


def _calendar_date(value: Any, at: str) -> Iterator[Fault]:
    if not isinstance(value, str):
        yield Fault("must provide a string", at)
    elif not _is_calendar_date(value):
        yield Fault("must be a date in the form YYYY-MM-DD", at)


def _is_calendar_date(value: str) -> bool:
    try:
        return bool(re.fullmatch(r"\d{4}-\d{2}-\d{2}", value)) and bool(date.fromisoformat(value))
    except ValueError:
        return False


_clock_time = matching(r"([01]\d|2[0-3]):[0-5]\d", "a time in the form HH:mm")

datepicker = typed({}, {**_menu, "initial_date": _calendar_date})
timepicker = typed({}, {**_menu, "initial_time": _clock_time, "timezone": _some})
datetimepicker = typed(
    {},
    {**_action, **_confirm, **_focus, "initial_date_time": whole(1_000_000_000, 9_999_999_999)},
)
file_input = typed({}, {**_action, "filetypes": items(_some, least=1), "max_files": whole(1, 10)})

# Which element may stand where

_selects: dict[str, Rule] = {
    "static_select": static_select,
    "external_select": external_select,
    "users_select": users_select,
    "conversations_select": conversations_select,
    "channels_select": channels_select,
    "multi_static_select": multi_static_select,
    "multi_external_select": multi_external_select,
    "multi_users_select": multi_users_select,
    "multi_conversations_select": multi_conversations_select,
    "multi_channels_select": multi_channels_select,
}
_choices: dict[str, Rule] = {
    **_selects,
    "checkboxes": checkboxes,
    "datepicker": datepicker,
    "radio_buttons": radio_buttons,
    "timepicker": timepicker,
}
_pressed: dict[str, Rule] = {"button": button, "overflow": overflow, "workflow_button": workflow_button}

ACCESSORIES: dict[str, Rule] = {**_choices, **_pressed, "image": image}
# The documentation keeps rich_text_input to input blocks, @slack/types allows it in actions: so it is taken.
ACTIONS: dict[str, Rule] = {
    **_choices,
    **_pressed,
    "datetimepicker": datetimepicker,
    "rich_text_input": rich_text_input,
}
INPUTS: dict[str, Rule] = {
    **_choices,
    "datetimepicker": datetimepicker,
    "email_text_input": email_text_input,
    "file_input": file_input,
    "number_input": number_input,
    "plain_text_input": plain_text_input,
    "rich_text_input": rich_text_input,
    "url_text_input": url_text_input,
}
CONTEXT_ACTIONS: dict[str, Rule] = {"feedback_buttons": feedback_buttons, "icon_button": icon_button}


def dispatches_no_files(value: Mapping[str, Any], at: str) -> Iterator[Fault]:
    if value.get("dispatch_action") and value["element"]["type"] == "file_input":
        yield Fault("must not be set with a file_input", within(at, "dispatch_action"))
