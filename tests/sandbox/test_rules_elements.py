"""Elements, one by one: those that are pressed in a message, those that are filled in in a modal."""

from typing import Any

import pytest

from sandbox.rules import check_message, check_view
from tests.sandbox.test_rules import (
    GROUP,
    OPTION,
    Case,
    Json,
    a_message,
    a_modal,
    an_input,
    cases,
    mrkdwn,
    plain,
    without,
    x,
)


def pressed(name: str, refused: Json, taken: Json, pointer: str) -> Case:
    return Case(
        name=name,
        refused=refused,
        taken=taken,
        error="invalid_blocks",
        pointer="/blocks/0/elements/0" + pointer,
        check=lambda it: check_message(a_message(_holding(it))),
    )


def _holding(element: Json) -> Json:
    kind = "context_actions" if element["type"] in {"feedback_buttons", "icon_button"} else "actions"
    return {"type": kind, "elements": [element]}


def filled(name: str, refused: Json, taken: Json, pointer: str) -> Case:
    return Case(
        name=name,
        refused=refused,
        taken=taken,
        error="invalid_arguments",
        pointer="/view/blocks/0/element" + pointer,
        check=lambda it: check_view(a_modal(an_input(element=it))),
    )


def button(**more: Any) -> Json:
    return {"type": "button", "text": plain(), **more}


def confirmed(**more: Any) -> Json:
    sure = {"title": plain(), "text": plain(), "confirm": plain(), "deny": plain(), **more}
    return button(confirm=sure)


def workflow_button(**more: Any) -> Json:
    trigger = {"url": "https://slack.com/shortcuts/Ft1/a"}
    return {"type": "workflow_button", "text": plain(), "workflow": {"trigger": trigger}, **more}


def icon(**more: Any) -> Json:
    return {"type": "icon_button", "icon": "trash", "text": plain(), **more}


def feedback(**more: Any) -> Json:
    side = {"text": plain(), "value": "a"}
    return {"type": "feedback_buttons", "positive_button": {**side, **more}, "negative_button": side}


def overflow(*options: Json) -> Json:
    return {"type": "overflow", "options": list(options)}


@cases(
    pressed("button of 75", button(text=plain(76)), button(text=plain(75)), "/text/text"),
    pressed("button is plain", button(text=mrkdwn()), button(), "/text/type"),
    pressed("button has text", {"type": "button"}, button(), ""),
    pressed("button value of 2,000", button(value=x(2001)), button(value=x(2000)), "/value"),
    pressed("button value is a string", button(value=14), button(value="14"), "/value"),
    pressed("button url of 3,000", button(url=x(3001)), button(url=x(3000)), "/url"),
    pressed("button url of something", button(url=""), button(url="a"), "/url"),
    pressed("button style", button(style="default"), button(style="danger"), "/style"),
    pressed("null is no style", button(style=None), button(style="primary"), "/style"),
    pressed(
        "button label of 75",
        button(accessibility_label=x(76)),
        button(accessibility_label=x(75)),
        "/accessibility_label",
    ),
    pressed("agent prompt of 4,000", button(agent_prompt=x(4001)), button(agent_prompt=x(4000)), "/agent_prompt"),
    pressed("action_id of 255", button(action_id=x(256)), button(action_id=x(255)), "/action_id"),
    pressed("action_id of something", button(action_id=""), button(action_id="a"), "/action_id"),
    pressed("no other field", button(placeholder=plain()), button(), ""),
    pressed(
        "confirm title of 100", confirmed(title=plain(101)), confirmed(title=plain(100)), "/confirm/title/text"
    ),
    pressed("confirm title is plain", confirmed(title=mrkdwn()), confirmed(title=plain()), "/confirm/title/type"),
    pressed("confirm text of 300", confirmed(text=mrkdwn(301)), confirmed(text=mrkdwn(300)), "/confirm/text/text"),
    pressed("confirm text", button(confirm={"title": plain()}), button(confirm={"text": plain()}), "/confirm"),
    pressed("yes of 30", confirmed(confirm=plain(31)), confirmed(confirm=plain(30)), "/confirm/confirm/text"),
    pressed("no of 30", confirmed(deny=plain(31)), confirmed(deny=plain(30)), "/confirm/deny/text"),
    pressed("confirm style", confirmed(style="warning"), confirmed(style="danger"), "/confirm/style"),
    pressed("workflow", without("workflow", workflow_button()), workflow_button(), ""),
    pressed(
        "workflow button of 75", workflow_button(text=plain(76)), workflow_button(text=plain(75)), "/text/text"
    ),
    pressed(
        "workflow button label of 75",
        workflow_button(accessibility_label=x(76)),
        workflow_button(accessibility_label=x(75)),
        "/accessibility_label",
    ),
    pressed("trigger has a URL", workflow_button(workflow={"trigger": {}}), workflow_button(), "/workflow/trigger"),
    pressed("icon", icon(icon="star"), icon(), "/icon"),
    pressed("icon button of 75", icon(text=plain(76)), icon(text=plain(75)), "/text/text"),
    pressed("icon button value of 2,000", icon(value=x(2001)), icon(value=x(2000)), "/value"),
    pressed(
        "icon button for 10",
        icon(visible_to_user_ids=["U1"] * 11),
        icon(visible_to_user_ids=["U1"] * 10),
        "/visible_to_user_ids",
    ),
    pressed("both sides of feedback", without("negative_button", feedback()), feedback(), ""),
    pressed("feedback of 75", feedback(text=plain(76)), feedback(text=plain(75)), "/positive_button/text/text"),
    pressed("feedback value of 2,000", feedback(value=x(2001)), feedback(value=x(2000)), "/positive_button/value"),
    pressed(
        "feedback label of 75",
        feedback(accessibility_label=x(76)),
        feedback(accessibility_label=x(75)),
        "/positive_button/accessibility_label",
    ),
    pressed("an overflow at least", overflow(), overflow(OPTION), "/options"),
    pressed("overflow of 5", overflow(*[OPTION] * 6), overflow(*[OPTION] * 5), "/options"),
    pressed(
        "option url of 3,000",
        overflow(OPTION | {"url": x(3001)}),
        overflow(OPTION | {"url": x(3000)}),
        "/options/0/url",
    ),
)
def test_something_to_press_that_slack_refuses(case: Case) -> None:
    case.hold()


# Choosing


def select(*options: Json, kind: str = "static_select", **more: Any) -> Json:
    return {"type": kind, "options": list(options) or [OPTION], **more}


def grouped(*groups: Json, kind: str = "static_select", **more: Any) -> Json:
    return {"type": kind, "option_groups": list(groups), **more}


def option(**more: Any) -> Json:
    return OPTION | more


def menu(kind: str, **more: Any) -> Json:
    return {"type": kind, **more}


def boxes(number: int, **more: Any) -> Json:
    return {"type": "checkboxes", "options": [OPTION] * number, **more}


def radio(number: int, **more: Any) -> Json:
    return {"type": "radio_buttons", "options": [OPTION] * number, **more}


OTHER = option(value="b")


@cases(
    filled("options or groups", {"type": "static_select"}, select(), ""),
    filled("options xor groups", select(option_groups=[GROUP]), grouped(GROUP), ""),
    filled("an option at least", {"type": "static_select", "options": []}, select(OPTION), "/options"),
    filled("100 options", select(*[OPTION] * 101), select(*[OPTION] * 100), "/options"),
    filled("a group at least", grouped(), grouped(GROUP), "/option_groups"),
    filled("100 groups", grouped(*[GROUP] * 101), grouped(*[GROUP] * 100), "/option_groups"),
    filled("an option in a group", grouped(GROUP | {"options": []}), grouped(GROUP), "/option_groups/0/options"),
    filled(
        "100 options in a group",
        grouped(GROUP | {"options": [OPTION] * 101}),
        grouped(GROUP | {"options": [OPTION] * 100}),
        "/option_groups/0/options",
    ),
    filled(
        "group label of 75",
        grouped(GROUP | {"label": plain(76)}),
        grouped(GROUP | {"label": plain(75)}),
        "/option_groups/0/label/text",
    ),
    filled("option of 75", select(option(text=plain(76))), select(option(text=plain(75))), "/options/0/text/text"),
    filled(
        "option is plain in a menu",
        select(option(text=mrkdwn())),
        boxes(1, options=[option(text=mrkdwn())]),
        "/options/0/text/type",
    ),
    filled("option value of 150", select(option(value=x(151))), select(option(value=x(150))), "/options/0/value"),
    filled("option has a value", select(without("value", OPTION)), select(OPTION), "/options/0"),
    filled("option value is a string", select(option(value=8)), select(option(value="8")), "/options/0/value"),
    filled(
        "option description of 75",
        select(option(description=plain(76))),
        select(option(description=plain(75))),
        "/options/0/description/text",
    ),
    filled("option url is for overflow", select(option(url="https://a.example")), select(), "/options/0"),
    filled(
        "placeholder of 150", select(placeholder=plain(151)), select(placeholder=plain(150)), "/placeholder/text"
    ),
    filled("placeholder is plain", select(placeholder=mrkdwn()), select(placeholder=plain()), "/placeholder/type"),
    filled(
        "initial option exists",
        select(initial_option=OTHER),
        select(OPTION, OTHER, initial_option=OTHER),
        "/initial_option",
    ),
    filled(
        "initial option exists in a group",
        grouped(GROUP, initial_option=OTHER),
        grouped(GROUP, initial_option=OPTION),
        "/initial_option",
    ),
    filled(
        "initial option is the same in every word",
        select(initial_option=option(text=plain(2))),
        select(initial_option=option(text=plain() | {"emoji": True})),
        "/initial_option",
    ),
    filled(
        "initial options exist",
        select(kind="multi_static_select", initial_options=[OPTION, OTHER]),
        select(OPTION, OTHER, kind="multi_static_select", initial_options=[OPTION, OTHER]),
        "/initial_options",
    ),
    filled(
        "an initial option at least",
        select(kind="multi_static_select", initial_options=[]),
        select(kind="multi_static_select", initial_options=[OPTION]),
        "/initial_options",
    ),
    filled(
        "one choice at least",
        select(kind="multi_static_select", max_selected_items=0),
        select(kind="multi_static_select", max_selected_items=1),
        "/max_selected_items",
    ),
    filled(
        "max_selected_items is for several",
        select(max_selected_items=1),
        select(kind="multi_static_select", max_selected_items=1),
        "",
    ),
    filled(
        "query from 0",
        menu("external_select", min_query_length=-1),
        menu("external_select", min_query_length=0),
        "/min_query_length",
    ),
    filled(
        "query is counted",
        menu("multi_external_select", min_query_length="3"),
        menu("multi_external_select", min_query_length=3),
        "/min_query_length",
    ),
    filled(
        "external options are not listed",
        menu("external_select", options=[OPTION]),
        menu("external_select", initial_option=OPTION),
        "",
    ),
    filled("10 checkboxes", boxes(11), boxes(10), "/options"),
    filled("a checkbox at least", boxes(0), boxes(1), "/options"),
    filled(
        "initial checkbox exists",
        boxes(1, initial_options=[OTHER]),
        boxes(1, initial_options=[OPTION]),
        "/initial_options",
    ),
    filled("10 radio buttons", radio(11), radio(10), "/options"),
    filled("a radio button at least", radio(0), radio(1), "/options"),
    filled(
        "initial radio button exists",
        radio(1, initial_option=OTHER),
        radio(1, initial_option=OPTION),
        "/initial_option",
    ),
    filled(
        "initial user is an id",
        menu("users_select", initial_user=["U1"]),
        menu("users_select", initial_user="U1"),
        "/initial_user",
    ),
    filled(
        "initial user is somebody",
        menu("users_select", initial_user=""),
        menu("users_select", initial_user="U"),
        "/initial_user",
    ),
    filled(
        "initial users are ids",
        menu("multi_users_select", initial_users="U1"),
        menu("multi_users_select", initial_users=["U1"]),
        "/initial_users",
    ),
    filled(
        "initial channel is an id",
        menu("channels_select", initial_channel=1),
        menu("channels_select", initial_channel="C1", response_url_enabled=True),
        "/initial_channel",
    ),
    filled(
        "initial channels are ids",
        menu("multi_channels_select", initial_channels=[1]),
        menu("multi_channels_select", initial_channels=["C1"]),
        "/initial_channels/0",
    ),
    filled(
        "filter by something",
        menu("conversations_select", filter={}),
        menu("conversations_select", filter={"exclude_bot_users": False}),
        "/filter",
    ),
    filled(
        "filter includes something",
        menu("conversations_select", filter={"include": []}),
        menu("conversations_select", filter={"include": ["im"]}),
        "/filter/include",
    ),
    filled(
        "kinds of conversations",
        menu("multi_conversations_select", filter={"include": ["dm"]}),
        menu("multi_conversations_select", filter={"include": ["private"]}),
        "/filter/include/0",
    ),
)
def test_something_to_choose_that_slack_refuses(case: Case) -> None:
    case.hold()


# Filling in


def written(**more: Any) -> Json:
    return {"type": "plain_text_input", **more}


def counted(**more: Any) -> Json:
    return {"type": "number_input", "is_decimal_allowed": True, **more}


def lines(**more: Any) -> Json:
    return {"type": "rich_text_input", **more}


def dispatched(*when: str) -> Json:
    return written(dispatch_action_config={"trigger_actions_on": list(when)})


RICH = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": []}]}


@cases(
    filled(
        "text placeholder of 150",
        written(placeholder=plain(151)),
        written(placeholder=plain(150)),
        "/placeholder/text",
    ),
    filled(
        "initial text of 3,000", written(initial_value=x(3001)), written(initial_value=x(3000)), "/initial_value"
    ),
    filled("initial text is a string", written(initial_value=120), written(initial_value="120"), "/initial_value"),
    filled("min_length from 0", written(min_length=-1), written(min_length=0), "/min_length"),
    filled("min_length to 3,000", written(min_length=3001), written(min_length=3000), "/min_length"),
    filled("max_length from 1", written(max_length=0), written(max_length=1), "/max_length"),
    filled("max_length to 3,000", written(max_length=3001), written(max_length=3000), "/max_length"),
    filled(
        "lengths in order", written(min_length=3, max_length=2), written(min_length=3, max_length=3), "/min_length"
    ),
    filled("multiline is a flag", written(multiline="true"), written(multiline=True), "/multiline"),
    filled("focus is a flag", written(focus_on_load=1), written(focus_on_load=True), "/focus_on_load"),
    filled("text is not confirmed", written(confirm={"text": plain()}), written(), ""),
    filled(
        "dispatched at some time",
        dispatched(),
        dispatched("on_enter_pressed"),
        "/dispatch_action_config/trigger_actions_on",
    ),
    filled(
        "dispatched at two times",
        dispatched(*["on_enter_pressed"] * 3),
        dispatched("on_enter_pressed", "on_character_entered"),
        "/dispatch_action_config/trigger_actions_on",
    ),
    filled(
        "dispatched when",
        dispatched("on_blur"),
        dispatched("on_character_entered"),
        "/dispatch_action_config/trigger_actions_on/0",
    ),
    filled("decimals or not", without("is_decimal_allowed", counted()), counted(), ""),
    filled("numbers in strings", counted(min_value=1), counted(min_value="1"), "/min_value"),
    filled("numbers in digits", counted(max_value="120k"), counted(max_value="120000.50"), "/max_value"),
    filled(
        "numbers in order",
        counted(min_value="10", max_value="9"),
        counted(min_value="9", max_value="10"),
        "/min_value",
    ),
    filled(
        "number placeholder of 150",
        counted(placeholder=plain(151)),
        counted(placeholder=plain(150)),
        "/placeholder/text",
    ),
    filled(
        "email placeholder of 150",
        menu("email_text_input", placeholder=plain(151)),
        menu("email_text_input", placeholder=plain(150)),
        "/placeholder/text",
    ),
    filled(
        "url placeholder of 150",
        menu("url_text_input", placeholder=plain(151)),
        menu("url_text_input", placeholder=plain(150)),
        "/placeholder/text",
    ),
    filled(
        "date",
        menu("datepicker", initial_date="2026-02-30"),
        menu("datepicker", initial_date="2026-02-28"),
        "/initial_date",
    ),
    filled(
        "date in digits",
        menu("datepicker", initial_date="20260228"),
        menu("datepicker", initial_date="2024-02-29"),
        "/initial_date",
    ),
    filled("date is a string", menu("datepicker", initial_date=20260228), menu("datepicker"), "/initial_date"),
    filled(
        "date placeholder of 150",
        menu("datepicker", placeholder=plain(151)),
        menu("datepicker", placeholder=plain(150)),
        "/placeholder/text",
    ),
    filled(
        "time", menu("timepicker", initial_time="24:00"), menu("timepicker", initial_time="23:59"), "/initial_time"
    ),
    filled(
        "time placeholder of 150",
        menu("timepicker", placeholder=plain(151)),
        menu("timepicker", placeholder=plain(150), timezone="Europe/Prague"),
        "/placeholder/text",
    ),
    filled(
        "moment of 10 digits",
        menu("datetimepicker", initial_date_time=999_999_999),
        menu("datetimepicker", initial_date_time=1_000_000_000),
        "/initial_date_time",
    ),
    filled(
        "moment in seconds",
        menu("datetimepicker", initial_date_time=10_000_000_000),
        menu("datetimepicker", initial_date_time=9_999_999_999),
        "/initial_date_time",
    ),
    filled("moment without placeholder", menu("datetimepicker", placeholder=plain()), menu("datetimepicker"), ""),
    filled(
        "rich value",
        menu("rich_text_input", initial_value="a"),
        menu("rich_text_input", initial_value=RICH),
        "/initial_value",
    ),
    filled(
        "min_lines to 100",
        menu("rich_text_input", min_lines=101),
        menu("rich_text_input", min_lines=100),
        "/min_lines",
    ),
    filled(
        "max_lines from 1", menu("rich_text_input", max_lines=0), menu("rich_text_input", max_lines=1), "/max_lines"
    ),
    filled("min_lines from 1", lines(min_lines=0), lines(min_lines=1), "/min_lines"),
    filled("max_lines to 100", lines(max_lines=101), lines(max_lines=100), "/max_lines"),
    filled(
        "rich placeholder of 150",
        menu("rich_text_input", placeholder=plain(151)),
        menu("rich_text_input", placeholder=plain(150)),
        "/placeholder/text",
    ),
    filled("10 files", menu("file_input", max_files=11), menu("file_input", max_files=10), "/max_files"),
    filled("a file at least", menu("file_input", max_files=0), menu("file_input", max_files=1), "/max_files"),
    filled("kinds of files", menu("file_input", filetypes=[]), menu("file_input", filetypes=["pdf"]), "/filetypes"),
)
def test_something_to_fill_in_that_slack_refuses(case: Case) -> None:
    case.hold()


@pytest.mark.parametrize(
    "kind", ["email_text_input", "file_input", "number_input", "plain_text_input", "url_text_input"]
)
def test_what_is_filled_in_stands_in_inputs_only(kind: str) -> None:
    element = {"type": kind} | ({"is_decimal_allowed": False} if kind == "number_input" else {})
    check_view(a_modal(an_input(element=element)))
    with pytest.raises(Exception, match=f"unsupported type: {kind}"):
        check_view(a_modal({"type": "actions", "elements": [element]}))
