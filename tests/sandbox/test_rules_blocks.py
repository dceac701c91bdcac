"""Blocks, one by one, in a message (an alert: in a modal)."""

from typing import Any

import pytest

from sandbox.rules import Refusal, check_message, check_view
from tests.sandbox.test_rules import (
    ALERT,
    OPTION,
    Case,
    Json,
    a_chart,
    a_data_table,
    a_message,
    a_modal,
    a_row,
    a_table,
    an_input,
    cases,
    mrkdwn,
    plain,
    section,
    without,
    x,
)


def block(name: str, refused: Any, taken: Any, pointer: str) -> Case:
    return Case(
        name=name,
        refused=refused,
        taken=taken,
        error="invalid_blocks",
        pointer="/blocks/0" + pointer,
        check=lambda it: check_message(a_message(it)),
    )


def modal_block(name: str, refused: Any, taken: Any, pointer: str) -> Case:
    return Case(
        name=name,
        refused=refused,
        taken=taken,
        error="invalid_arguments",
        pointer="/view/blocks/0" + pointer,
        check=lambda it: check_view(a_modal(it)),
    )


def fields(*texts: Json) -> Json:
    return {"type": "section", "fields": list(texts)}


def a_header(text: Json) -> Json:
    return {"type": "header", "text": text}


def some(kind: str, element: Json, number: int, **more: Any) -> Json:
    return {"type": kind, "elements": [element] * number, **more}


def an_image(**more: Any) -> Json:
    return {"type": "image", "alt_text": "a", "image_url": "https://a.example/b.png", **more}


def a_picture(**more: Any) -> Json:
    return some("context", an_image(**more), 1)


PICTURE = an_image()
BUTTON = {"type": "button", "text": plain()}
ICON = {"type": "icon_button", "icon": "trash", "text": plain()}


@cases(
    block("text of 3,000", section(3001), section(3000), "/text/text"),
    block("text of something", section(0), section(1), "/text/text"),
    block("text is a string", {"type": "section", "text": mrkdwn() | {"text": 7}}, section(), "/text/text"),
    block("text is an object", {"type": "section", "text": "hello"}, section(), "/text"),
    block("text is typed", {"type": "section", "text": {"text": "a"}}, section(), "/text"),
    block("text is no 'text'", {"type": "section", "text": {"type": "text", "text": "a"}}, section(), "/text/type"),
    block(
        "text is no 'markdown'",
        {"type": "section", "text": {"type": "markdown", "text": "a"}},
        section(),
        "/text/type",
    ),
    block(
        "emoji in plain", section(text=mrkdwn() | {"emoji": True}), section(text=plain() | {"emoji": True}), "/text"
    ),
    block(
        "verbatim in mrkdwn",
        section(text=plain() | {"verbatim": True}),
        section(text=mrkdwn() | {"verbatim": True}),
        "/text",
    ),
    block(
        "emoji is a flag",
        section(text=plain() | {"emoji": 1}),
        section(text=plain() | {"emoji": False}),
        "/text/emoji",
    ),
    block("null is no text", section(text=None), fields(plain()), "/text"),
    block("section with words", {"type": "section"}, section(), ""),
    block("a field at least", fields(), fields(plain()), "/fields"),
    block("10 fields", fields(*[plain()] * 11), fields(*[mrkdwn()] * 10), "/fields"),
    block("field of 2,000", fields(plain(), mrkdwn(2001)), fields(plain(), mrkdwn(2000)), "/fields/1/text"),
    block("expand is a flag", section(expand="yes"), section(expand=True), "/expand"),
    block("null is no accessory", section(accessory=None), section(accessory=BUTTON), "/accessory"),
    block(
        "accessory", section(accessory={"type": "datetimepicker"}), section(accessory=PICTURE), "/accessory/type"
    ),
    block(
        "accessory is no input",
        section(accessory={"type": "plain_text_input"}),
        section(accessory={"type": "datepicker"}),
        "/accessory/type",
    ),
    block("unknown field", section(title="a"), section(block_id="a"), ""),
    block("block_id of 255", section(block_id=x(256)), section(block_id=x(255)), "/block_id"),
    block("block_id is a string", section(block_id=14), section(block_id="14"), "/block_id"),
    block("header of 150", a_header(plain(151)), a_header(plain(150)), "/text/text"),
    block("header is plain", a_header(mrkdwn()), a_header(plain()), "/text/type"),
    block("header has text", {"type": "header"}, a_header(plain()), ""),
    block("a divider is a line", {"type": "divider", "text": plain()}, {"type": "divider"}, ""),
    block("a context at least", some("context", plain(), 0), some("context", plain(), 1), "/elements"),
    block("10 in context", some("context", plain(), 11), some("context", PICTURE, 10), "/elements"),
    block("context is to be read", some("context", BUTTON, 1), some("context", mrkdwn(), 1), "/elements/0/type"),
    block("an action at least", some("actions", BUTTON, 0), some("actions", BUTTON, 1), "/elements"),
    block("25 actions", some("actions", BUTTON, 26), some("actions", BUTTON, 25), "/elements"),
    block("elements", {"type": "actions"}, some("actions", BUTTON, 1), ""),
    block(
        "actions are no inputs",
        some("actions", {"type": "plain_text_input"}, 1),
        some("actions", {"type": "datetimepicker"}, 1),
        "/elements/0/type",
    ),
    block(
        "unique action_id",
        some("actions", BUTTON | {"action_id": "a"}, 2),
        {"type": "actions", "elements": [BUTTON | {"action_id": "a"}, BUTTON | {"action_id": "b"}]},
        "/elements/1/action_id",
    ),
    block(
        "a context action at least", some("context_actions", ICON, 0), some("context_actions", ICON, 1), "/elements"
    ),
    block("5 context actions", some("context_actions", ICON, 6), some("context_actions", ICON, 5), "/elements"),
    block(
        "context actions are icons",
        some("context_actions", BUTTON, 1),
        some("context_actions", ICON, 1),
        "/elements/0/type",
    ),
    block("image is described", without("alt_text", PICTURE), PICTURE, ""),
    block("alt_text of 2,000", an_image(alt_text=x(2001)), an_image(alt_text=x(2000)), "/alt_text"),
    block("image_url of 3,000", an_image(image_url=x(3001)), an_image(image_url=x(3000)), "/image_url"),
    block("image title of 2,000", an_image(title=plain(2001)), an_image(title=plain(2000)), "/title/text"),
    block("image from somewhere", without("image_url", PICTURE), PICTURE, ""),
    block(
        "image from one place",
        an_image(slack_file={"id": "F1"}),
        without("image_url", an_image(slack_file={"id": "F1"})),
        "",
    ),
    block(
        "file by one name",
        without("image_url", an_image(slack_file={})),
        without("image_url", an_image(slack_file={"url": "https://files.example/F1"})),
        "/slack_file",
    ),
    block(
        "picture alt_text of 2,000",
        a_picture(alt_text=x(2001)),
        a_picture(alt_text=x(2000)),
        "/elements/0/alt_text",
    ),
    block(
        "picture url of 3,000", a_picture(image_url=x(3001)), a_picture(image_url=x(3000)), "/elements/0/image_url"
    ),
    block("picture url of something", a_picture(image_url=""), a_picture(image_url="a"), "/elements/0/image_url"),
    block(
        "markdown of 12,000",
        {"type": "markdown", "text": x(12_001)},
        {"type": "markdown", "text": x(12_000)},
        "/text",
    ),
    block("markdown of something", {"type": "markdown", "text": ""}, {"type": "markdown", "text": "a"}, "/text"),
    block("call_id", {"type": "call"}, {"type": "call", "call_id": "R1"}, ""),
    block(
        "file from afar",
        {"type": "file", "external_id": "a", "source": "local"},
        {"type": "file", "external_id": "a", "source": "remote"},
        "/source",
    ),
    modal_block("alert of 200", {**ALERT, "text": plain(201)}, {**ALERT, "text": mrkdwn(200)}, "/text/text"),
    modal_block("alert level", {**ALERT, "level": "fatal"}, {**ALERT, "level": "warning"}, "/level"),
    modal_block("label of 2,000", an_input(label=plain(2001)), an_input(label=plain(2000)), "/label/text"),
    modal_block("label is plain", an_input(label=mrkdwn()), an_input(label=plain()), "/label/type"),
    modal_block("label", without("label", an_input()), an_input(), ""),
    modal_block("hint of 2,000", an_input(hint=plain(2001)), an_input(hint=plain(2000)), "/hint/text"),
    modal_block("element", without("element", an_input()), an_input(), ""),
    modal_block(
        "element is an input",
        an_input(element=BUTTON),
        an_input(element={"type": "number_input", "is_decimal_allowed": True}),
        "/element/type",
    ),
    modal_block("optional is a flag", an_input(optional="yes"), an_input(optional=True), "/optional"),
    modal_block(
        "files are not dispatched",
        an_input(element={"type": "file_input"}, dispatch_action=True),
        an_input(element={"type": "file_input"}, dispatch_action=False),
        "/dispatch_action",
    ),
)
def test_a_block_that_slack_refuses(case: Case) -> None:
    case.hold()


# Rich text


def rich(*elements: Json) -> Json:
    return {"type": "rich_text", "elements": list(elements)}


def part(kind: str, *elements: Json, **more: Any) -> Json:
    return {"type": f"rich_text_{kind}", "elements": list(elements), **more}


def bullets(**more: Any) -> Json:
    return rich(part("list", part("section", WORD), style="bullet", **more))


WORD = {"type": "text", "text": "a"}
LINK = {"type": "link", "url": "https://a.example"}


@cases(
    block("rich text of something", rich(), rich(part("section", WORD)), "/elements"),
    block("parts of rich text", rich(WORD), rich(part("quote", WORD)), "/elements/0/type"),
    block(
        "a word at least",
        rich(part("section", WORD | {"text": ""})),
        rich(part("section", WORD)),
        "/elements/0/elements/0/text",
    ),
    block(
        "kinds of words",
        rich(part("section", {"type": "mrkdwn", "text": "a"})),
        rich(part("section", LINK)),
        "/elements/0/elements/0/type",
    ),
    block(
        "styles",
        rich(part("section", WORD | {"style": {"loud": True}})),
        rich(part("section", WORD | {"style": {"bold": True}})),
        "/elements/0/elements/0/style",
    ),
    block(
        "style is an object",
        rich(part("section", WORD | {"style": "bold"})),
        rich(part("section", WORD | {"style": {}})),
        "/elements/0/elements/0/style",
    ),
    block(
        "whom to wake",
        rich(part("section", {"type": "broadcast", "range": "all"})),
        rich(part("section", {"type": "broadcast", "range": "here"})),
        "/elements/0/elements/0/range",
    ),
    block("lists are styled", rich(part("list", part("section", WORD))), bullets(), "/elements/0"),
    block(
        "list style",
        bullets() | {"elements": [part("list", part("section"), style="dash")]},
        rich(part("list", part("section"), style="ordered")),
        "/elements/0/style",
    ),
    block("an item at least", rich(part("list", style="bullet")), bullets(), "/elements/0/elements"),
    block("items are sections", rich(part("list", WORD, style="bullet")), bullets(), "/elements/0/elements/0/type"),
    block("indent up to 8", bullets(indent=9), bullets(indent=8), "/elements/0/indent"),
    block("indent from 0", bullets(indent=-1), bullets(indent=0), "/elements/0/indent"),
    block("offset from 0", bullets(offset=-1), bullets(offset=0), "/elements/0/offset"),
    block("border of 1", bullets(border=2), bullets(border=1), "/elements/0/border"),
    block(
        "border of a quote",
        rich(part("quote", WORD, border=2)),
        rich(part("quote", WORD, border=1)),
        "/elements/0/border",
    ),
    block(
        "code is words and links",
        rich(part("preformatted", {"type": "user", "user_id": "U1"})),
        rich(part("preformatted", WORD, LINK)),
        "/elements/0/elements/0/type",
    ),
)
def test_rich_text_that_slack_refuses(case: Case) -> None:
    case.hold()


# Tables


def columns(*settings: Any) -> Json:
    return a_table(a_row("a")) | {"column_settings": list(settings)}


ROW = a_row("a", "b")


@cases(
    block("a row at least", a_table(), a_table(ROW), "/rows"),
    block("100 rows", a_table(*[ROW] * 101), a_table(*[ROW] * 100), "/rows"),
    block("20 cells", a_table(a_row(*"a" * 21)), a_table(a_row(*"a" * 20)), "/rows/0"),
    block("a cell holds something", a_table(a_row("")), a_table(a_row("a")), "/rows/0/0/text"),
    block("cells are raw or rich", a_table([plain()]), a_table([rich(part("section", WORD))]), "/rows/0/0/type"),
    block(
        "numbers are numbers",
        a_table([{"type": "raw_number", "value": "1", "text": "1"}]),
        a_table([{"type": "raw_number", "value": 1.5, "text": "1"}]),
        "/rows/0/0/value",
    ),
    block(
        "number",
        a_table([{"type": "raw_number", "text": "1"}]),
        a_table([{"type": "raw_number", "value": 1, "text": "1"}]),
        "/rows/0/0",
    ),
    block("20 column settings", columns(*[{}] * 21), columns(*[{}] * 20), "/column_settings"),
    block("alignment", columns({"align": "top"}), columns({"align": "right"}), "/column_settings/0/align"),
    block(
        "wrapping is a flag",
        columns(None, {"is_wrapped": 1}),
        columns(None, {"is_wrapped": True}),
        "/column_settings/1/is_wrapped",
    ),
    block("caption", without("caption", a_data_table(ROW, ROW)), a_data_table(ROW, ROW), ""),
    block("caption of something", a_data_table(ROW, ROW, caption=""), a_data_table(ROW, ROW), "/caption"),
    block("a header and a row", a_data_table(ROW), a_data_table(ROW, ROW), "/rows"),
    block("200 rows below the header", a_data_table(*[ROW] * 202), a_data_table(*[ROW] * 201), "/rows"),
    block("20 columns", a_data_table(*[a_row(*"a" * 21)] * 2), a_data_table(*[a_row(*"a" * 20)] * 2), "/rows/0"),
    block("even rows", a_data_table(ROW, ROW, a_row("a")), a_data_table(ROW, ROW, ROW), "/rows/2"),
    block(
        "page of 100", a_data_table(ROW, ROW, page_size=101), a_data_table(ROW, ROW, page_size=100), "/page_size"
    ),
    block("page of 1", a_data_table(ROW, ROW, page_size=0), a_data_table(ROW, ROW, page_size=1), "/page_size"),
    block(
        "row header of one column",
        a_data_table(a_row("a"), a_row("b"), row_header_column_index=1),
        a_data_table(a_row("a"), a_row("b"), row_header_column_index=0),
        "/row_header_column_index",
    ),
    block("a column at least", a_data_table([], []), a_data_table(a_row("a"), a_row("b")), "/rows/0"),
    block(
        "row header is a column",
        a_data_table(ROW, ROW, row_header_column_index=2),
        a_data_table(ROW, ROW, row_header_column_index=1),
        "/row_header_column_index",
    ),
    block(
        "row header from 0",
        a_data_table(ROW, ROW, row_header_column_index=-1),
        a_data_table(ROW, ROW, row_header_column_index=0),
        "/row_header_column_index",
    ),
    block(
        "no rich header",
        a_data_table([rich(part("section", WORD))], a_row("a")),
        a_data_table(a_row("a"), [rich(part("section", WORD))]),
        "/rows/0/0/type",
    ),
    block(
        "action cell falls back",
        a_data_table(a_row("a"), [{"type": "action_cell"}]),
        a_data_table(a_row("a"), [{"type": "action_cell", "fallback": a_row("a")[0]}]),
        "/rows/1/0",
    ),
)
def test_a_table_that_slack_refuses(case: Case) -> None:
    case.hold()


# Charts


def chart(**drawn: Any) -> Json:
    return a_chart() | {"chart": drawn}


def pie(*segments: Json) -> Json:
    return chart(type="pie", segments=list(segments))


def bars(*names: str, labels: tuple[str, ...] = ("a",), **axis: Any) -> Json:
    data = [{"label": label, "value": -1.5} for label in labels]
    series = [{"name": name, "data": data} for name in names]
    return chart(type="bar", series=series, axis_config={"categories": list(labels), **axis})


def letters(number: int) -> tuple[str, ...]:
    return tuple(f"label {index}" for index in range(number))


SLICE = {"label": "a", "value": 1}
UNEVEN = bars("s")
UNEVEN["chart"]["series"] += [{"name": "t", "data": [{"label": "b", "value": 1}]}]


@cases(
    block("chart title of 50", a_chart() | {"title": x(51)}, a_chart() | {"title": x(50)}, "/title"),
    block("chart title is a string", a_chart() | {"title": plain()}, a_chart(), "/title"),
    block("chart title of something", a_chart() | {"title": ""}, a_chart() | {"title": "a"}, "/title"),
    block("kinds of charts", chart(type="radar"), pie(SLICE), "/chart/type"),
    block("a segment at least", pie(), pie(SLICE), "/chart/segments"),
    block("12 segments", pie(*[SLICE] * 13), pie(*[SLICE] * 12), "/chart/segments"),
    block("shares are positive", pie(SLICE | {"value": 0}), pie(SLICE | {"value": 0.1}), "/chart/segments/0/value"),
    block(
        "segment label of 20",
        pie(SLICE | {"label": x(21)}),
        pie(SLICE | {"label": x(20)}),
        "/chart/segments/0/label",
    ),
    block("12 series", bars(*letters(13)), bars(*letters(12)), "/chart/series"),
    block("series name of 20", bars(x(21)), bars(x(20)), "/chart/series/0/name"),
    block("unique series", bars("s", "s"), bars("s", "t"), "/chart/series/1/name"),
    block(
        "categories",
        chart(**bars("s")["chart"] | {"axis_config": {}}),
        bars("s"),
        "/chart/axis_config",
    ),
    block(
        "unique categories",
        bars("s", labels=("a", "a")),
        bars("s", labels=("a", "b")),
        "/chart/axis_config/categories/1",
    ),
    block("every category in every series", UNEVEN, bars("s", "t"), "/chart/series/1/data"),
    block("axis label of 50", bars("s", x_label=x(51)), bars("s", x_label=x(50)), "/chart/axis_config/x_label"),
    block(
        "other axis label of 50", bars("s", y_label=x(51)), bars("s", y_label=x(50)), "/chart/axis_config/y_label"
    ),
)
def test_a_chart_that_slack_refuses(case: Case) -> None:
    case.hold()


def test_a_chart_has_twenty_categories_and_points_in_each_series() -> None:
    check_message(a_message(bars("s", labels=letters(20))))
    with pytest.raises(Refusal) as refusal:
        check_message(a_message(bars("s", labels=letters(21))))
    assert [detail.partition(" [json-pointer:/blocks/0/chart")[2] for detail in refusal.value.details] == [
        "/series/0/data]",
        "/axis_config/categories]",
    ]


# Cards, containers, tasks, videos, sign-in


def a_card(**more: Any) -> Json:
    return {"type": "card", "title": mrkdwn(), **more}


def a_container(*children: Json, **more: Any) -> Json:
    return {"type": "container", "title": plain(), "child_blocks": list(children), **more}


def a_task(number: int = 1, **more: Any) -> Json:
    return {"type": "task_card", "task_id": f"t{number}", "title": "a", "status": "in_progress", **more}


def a_plan(*tasks: Json) -> Json:
    return {"type": "plan", "title": "a", "tasks": list(tasks)}


def a_video(**more: Any) -> Json:
    address = "https://a.example/v"
    return {
        "type": "video",
        "alt_text": "",
        "title": plain(),
        "video_url": address,
        "thumbnail_url": address,
        **more,
    }


def sign_in(**more: Any) -> Json:
    return {"type": "auth_provider", "value": "a", "name": plain(), "is_connected": False, **more}


def secure(length: int) -> str:
    return f"https://{x(length - 8)}"


LINE = {"type": "divider"}


@cases(
    block("a card shows something", {"type": "card", "subtitle": plain()}, a_card(), ""),
    block(
        "a card with no buttons shows nothing",
        {"type": "card", "actions": []},
        {"type": "card", "actions": [BUTTON]},
        "",
    ),
    block("card title is an object", a_card(title="a"), a_card(title=plain()), "/title"),
    block("card title of 150", a_card(title=mrkdwn(151)), a_card(title=mrkdwn(150)), "/title/text"),
    block("card subtitle of 150", a_card(subtitle=mrkdwn(151)), a_card(subtitle=mrkdwn(150)), "/subtitle/text"),
    block("card body of 200", a_card(body=mrkdwn(201)), a_card(body=mrkdwn(200)), "/body/text"),
    block("card subtext of 200", a_card(subtext=mrkdwn(201)), a_card(subtext=mrkdwn(200)), "/subtext/text"),
    block("3 buttons on a card", a_card(actions=[BUTTON] * 4), a_card(actions=[BUTTON] * 3), "/actions"),
    block(
        "cards have buttons only",
        a_card(actions=[{"type": "overflow", "options": [OPTION]}]),
        a_card(actions=[BUTTON]),
        "/actions/0/type",
    ),
    block(
        "one icon on a card",
        a_card(icon=PICTURE, slack_icon={"name": "rocket"}),
        a_card(slack_icon={"name": "rocket"}),
        "",
    ),
    block(
        "Slack's icons by name",
        a_card(slack_icon={}),
        a_card(slack_icon={"name": "rocket", "type": "icon"}),
        "/slack_icon",
    ),
    block("a card in a carousel", some("carousel", a_card(), 0), some("carousel", a_card(), 1), "/elements"),
    block("10 cards", some("carousel", a_card(), 11), some("carousel", a_card(), 10), "/elements"),
    block(
        "carousels carry cards", some("carousel", section(), 1), some("carousel", a_card(), 1), "/elements/0/type"
    ),
    block(
        "a container is titled",
        without("title", a_container(LINE)),
        without("title", a_container(LINE, rich_text_title=rich(part("section", WORD)))),
        "",
    ),
    block(
        "container title of 150",
        a_container(LINE, title=plain(151)),
        a_container(LINE, title=plain(150)),
        "/title/text",
    ),
    block(
        "container subtitle of 150",
        a_container(LINE, subtitle=mrkdwn(151)),
        a_container(LINE, subtitle=mrkdwn(150)),
        "/subtitle/text",
    ),
    block("a child at least", a_container(), a_container(LINE), "/child_blocks"),
    block("10 children", a_container(*[LINE] * 11), a_container(*[LINE] * 10), "/child_blocks"),
    block("no card in a container", a_container(a_card()), a_container(section()), "/child_blocks/0/type"),
    block(
        "no carousel in a container",
        a_container(some("carousel", a_card(), 1)),
        a_container(a_chart()),
        "/child_blocks/0/type",
    ),
    block(
        "no data table in a container",
        a_container(a_data_table(ROW, ROW)),
        a_container(a_table(ROW)),
        "/child_blocks/0/type",
    ),
    block("no container in a container", a_container(a_container(LINE)), a_container(LINE), "/child_blocks/0/type"),
    block("container width", a_container(LINE, width="huge"), a_container(LINE, width="full"), "/width"),
    block(
        "a divider or a fold",
        a_container(LINE, has_header_divider=True, is_collapsible=True),
        a_container(LINE, has_header_divider=True, is_collapsible=False),
        "",
    ),
    block(
        "folded needs a fold",
        a_container(LINE, default_collapsed=True),
        a_container(LINE, default_collapsed=True, is_collapsible=True),
        "/default_collapsed",
    ),
    block("sound children", a_container(section(3001)), a_container(section(3000)), "/child_blocks/0/text/text"),
    block("task status", a_task(status="done"), a_task(status="complete"), "/status"),
    block("a task alone is not pending", a_task(status="pending"), a_plan(a_task(status="pending")), "/status"),
    block("task title is a string", a_task(title=plain()), a_task(), "/title"),
    block(
        "task details are rich",
        a_task(details=mrkdwn()),
        a_task(details=rich(part("section", WORD))),
        "/details/type",
    ),
    block(
        "sources are links",
        a_task(sources=[{"type": "text", "url": "a", "text": "a"}]),
        a_task(sources=[{"type": "url", "url": "a", "text": "a"}]),
        "/sources/0/type",
    ),
    block("50 tasks", a_plan(*map(a_task, range(51))), a_plan(*map(a_task, range(50))), "/tasks"),
    block("unique tasks", a_plan(a_task(), a_task()), a_plan(a_task(), a_task(2)), "/tasks/1/task_id"),
    block("plan title", without("title", a_plan()), a_plan(), ""),
    block("video title of 200", a_video(title=plain(201)), a_video(title=plain(200)), "/title/text"),
    block("video alt_text of 2,000", a_video(alt_text=x(2001)), a_video(alt_text=x(2000)), "/alt_text"),
    block("video author of 50", a_video(author_name=x(51)), a_video(author_name=x(50)), "/author_name"),
    block("video provider of 50", a_video(provider_name=x(51)), a_video(provider_name=x(50)), "/provider_name"),
    block(
        "video description of 200",
        a_video(description=plain(201)),
        a_video(description=plain(200)),
        "/description/text",
    ),
    block(
        "video over https",
        a_video(video_url="http://a.example"),
        a_video(video_url="https://a.example"),
        "/video_url",
    ),
    block("video_url of 3,000", a_video(video_url=secure(3001)), a_video(video_url=secure(3000)), "/video_url"),
    block(
        "thumbnail_url of 3,000",
        a_video(thumbnail_url=secure(3001)),
        a_video(thumbnail_url=secure(3000)),
        "/thumbnail_url",
    ),
    block("title_url of 2,000", a_video(title_url=secure(2001)), a_video(title_url=secure(2000)), "/title_url"),
    block(
        "provider_icon_url of 2,000",
        a_video(provider_icon_url=secure(2001)),
        a_video(provider_icon_url=secure(2000)),
        "/provider_icon_url",
    ),
    block("video thumbnail", without("thumbnail_url", a_video()), a_video(), ""),
    block("sign-in value of 150", sign_in(value=x(151)), sign_in(value=x(150)), "/value"),
    block("sign-in name of 75", sign_in(name=plain(76)), sign_in(name=plain(75)), "/name/text"),
    block("sign-in state", without("is_connected", sign_in()), sign_in(), ""),
    block(
        "sign-in description of 150",
        sign_in(description=plain(151)),
        sign_in(description=plain(150)),
        "/description/text",
    ),
    block(
        "sign-in identity of 75",
        sign_in(connected_identity=plain(76)),
        sign_in(connected_identity=plain(75)),
        "/connected_identity/text",
    ),
    block(
        "sign-in context of 75",
        sign_in(connected_context=plain(76)),
        sign_in(connected_context=plain(75)),
        "/connected_context/text",
    ),
    block("sign-in over https", sign_in(auth_url="http://a.example"), sign_in(auth_url=secure(3000)), "/auth_url"),
    block(
        "sign-in menu",
        sign_in(accessory=BUTTON),
        sign_in(accessory={"type": "overflow", "options": [OPTION]}),
        "/accessory/type",
    ),
)
def test_a_larger_block_that_slack_refuses(case: Case) -> None:
    case.hold()
