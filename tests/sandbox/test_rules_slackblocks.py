"""A second opinion: slackblocks 3.0.0 knows Slack's limits too. Where it and we differ, the table says why.

The same thing is written twice, as the JSON a bot sends and as slackblocks objects. A difference that no line
of the table explains is a failure, and so is a line whose example makes no difference.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import pytest
import slackblocks as sb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.rules import Refusal, check_message, check_view
from tests.sandbox.test_rules import Json, mrkdwn, plain, x

Draw: TypeAlias = st.DrawFn


@dataclass(frozen=True)
class Twice:
    """One thing, as JSON and as slackblocks would build it."""

    json: Any
    build: Callable[[], Any]


@dataclass(frozen=True)
class Verdicts:
    ours: tuple[str, ...]  #: what we refuse, as "sentence @ place"; nothing: taken
    theirs: str | None


# Both opinions


def judge(thing: Twice) -> Verdicts:
    try:
        built = thing.build()
    except sb.InvalidUsageError as error:
        return Verdicts(_our_faults(thing.json), str(error))
    ours = _our_faults(thing.json)
    if not ours:
        assert _our_faults(built.to_dict()) == (), "we refuse how slackblocks writes what both take"
    return Verdicts(ours, None)


def _our_faults(payload: Json) -> tuple[str, ...]:
    try:
        if payload.get("type") in {"modal", "home"}:
            check_view(payload)
        else:
            check_message(payload)
    except Refusal as refusal:
        return tuple(_placed(detail, payload) for detail in refusal.details)
    return ()


def _placed(detail: str, payload: Json) -> str:
    """The pointer with types for numbers: `header/text/text` for `/blocks/3/text/text`."""
    sentence, _, pointer = detail.removeprefix("[ERROR] ").removesuffix("]").partition(" [json-pointer:")
    value: Any = {"view": payload, **payload}
    names: list[str] = []
    for token in pointer.split("/")[1:]:
        value = value[int(token)] if isinstance(value, list) else (value or {}).get(token)
        kind = value.get("type", "") if isinstance(value, dict) else ""
        names.append(kind if token.isdigit() else token)
    return f"{sentence} @ {'/'.join(name for name in names if name not in {'view', 'blocks', ''})}"


# Why we differ


@dataclass(frozen=True, kw_only=True)
class Difference:
    why: str
    example: Twice
    we_say: str | None = None
    they_say: str | None = None
    about: str = ""  #: stands in the JSON, where their sentence does not say what it is about

    def explains_ours(self, fault: str) -> bool:
        return self.we_say is not None and re.search(self.we_say, fault) is not None

    def explains_theirs(self, sentence: str, payload: Json) -> bool:
        said = self.they_say is not None and re.search(self.they_say, sentence) is not None
        return said and self.about in json.dumps(payload)


def unexplained(thing: Twice, verdicts: Verdicts) -> list[str]:
    if verdicts.theirs is None:
        return [fault for fault in verdicts.ours if not any(each.explains_ours(fault) for each in DIFFERENCES)]
    if verdicts.ours or any(each.explains_theirs(verdicts.theirs, thing.json) for each in DIFFERENCES):
        return []
    return [verdicts.theirs]


def message(*blocks: Twice, text: str = "a") -> Twice:
    return Twice(
        {"channel": "C1", "text": text, "blocks": [block.json for block in blocks]},
        lambda: sb.Message("C1", text=text, blocks=[block.build() for block in blocks]),
    )


def modal(*blocks: Twice, title: int = 1, submit: bool = True, **more: Any) -> Twice:
    shown = {"submit": plain()} if submit else {}
    return Twice(
        {"type": "modal", "title": plain(title), **shown, "blocks": [block.json for block in blocks], **more},
        lambda: sb.ModalView(
            title=x(title), submit="x" if submit else None, blocks=[block.build() for block in blocks], **more
        ),
    )


def home(*blocks: Twice, **more: Any) -> Twice:
    return Twice(
        {"type": "home", "blocks": [block.json for block in blocks], **more},
        lambda: sb.HomeTabView(blocks=[block.build() for block in blocks], **more),
    )


def block(kind: str, make: Callable[..., Any], **fields: Any) -> Twice:
    """A block or element whose fields have the same names on both sides."""
    fields_json = {name: _json(part) for name, part in fields.items() if part is not None}
    return Twice(
        {"type": kind, **fields_json},
        lambda: make(**{name: _built(part) for name, part in fields.items() if part is not None}),
    )


def _json(part: Any) -> Any:
    if isinstance(part, list):
        return [_json(item) for item in part]
    return part.json if isinstance(part, Twice) else part


def _built(part: Any) -> Any:
    if isinstance(part, list):
        return [_built(item) for item in part]
    return part.build() if isinstance(part, Twice) else part


def words(length: int, *, markdown: bool = False) -> Twice:
    if markdown:
        return Twice(mrkdwn(length), lambda: sb.Text(x(length), sb.TextType.MARKDOWN))
    return Twice(plain(length), lambda: sb.Text(x(length), sb.TextType.PLAINTEXT))


def option(value: str = "a", text: int = 1, **more: Any) -> Twice:
    fields = {"text": words(text), "value": value, **more}
    return Twice({name: _json(part) for name, part in fields.items()}, lambda: sb.Option(**_all_built(fields)))


def group(*options: Twice, label: int = 1) -> Twice:
    fields = {"label": words(label), "options": list(options)}
    return Twice({name: _json(part) for name, part in fields.items()}, lambda: sb.OptionGroup(**_all_built(fields)))


def _all_built(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: _built(part) for name, part in fields.items()}


section = partial(block, "section", sb.SectionBlock)
header = partial(block, "header", sb.HeaderBlock)
context = partial(block, "context", sb.ContextBlock)
actions = partial(block, "actions", sb.ActionsBlock)
context_actions = partial(block, "context_actions", sb.ContextActionsBlock)
divider = partial(block, "divider", sb.DividerBlock)
image_block = partial(block, "image", sb.ImageBlock)
markdown = partial(block, "markdown", sb.MarkdownBlock)
alert = partial(block, "alert", sb.AlertBlock)
video = partial(block, "video", sb.VideoBlock)
card = partial(block, "card", sb.CardBlock)
carousel = partial(block, "carousel", sb.CarouselBlock)
container = partial(block, "container", sb.ContainerBlock)
table = partial(block, "table", sb.TableBlock)
data_table = partial(block, "data_table", sb.DataTableBlock)
chart = partial(block, "data_visualization", sb.DataVisualizationBlock)
task = partial(block, "task_card", sb.TaskCardBlock)
plan = partial(block, "plan", sb.PlanBlock)
rich = partial(block, "rich_text", sb.RichTextBlock)

button = partial(block, "button", sb.Button)
icon_button = partial(block, "icon_button", sb.IconButton, icon="trash")
workflow_button = partial(block, "workflow_button", sb.WorkflowButton)
image = partial(block, "image", sb.Image)
text_input = partial(block, "plain_text_input", sb.PlainTextInput)
number_input = partial(block, "number_input", sb.NumberInput)
rich_text_input = partial(block, "rich_text_input", sb.RichTextInput)
file_input = partial(block, "file_input", sb.FileInput)
select = partial(block, "static_select", sb.StaticSelectMenu)
external = partial(block, "multi_external_select", sb.ExternalMultiSelectMenu)
date = partial(block, "datepicker", sb.DatePicker)
time = partial(block, "timepicker", sb.TimePicker)

rich_section = partial(block, "rich_text_section", sb.RichTextSection)
rich_list = partial(block, "rich_text_list", sb.RichTextList)
rich_code = partial(block, "rich_text_preformatted", sb.RichTextCodeBlock)
rich_word = partial(block, "text", sb.RichText)
rich_user = partial(block, "user", sb.RichTextUser)

pie = partial(block, "pie", sb.PieChart)
raw_text = partial(block, "raw_text", sb.RawText)
raw_number = partial(block, "raw_number", sb.RawNumber)


def moment(seconds: int) -> Twice:
    return Twice(
        {"type": "datetimepicker", "initial_date_time": seconds},
        lambda: sb.DateTimePicker(initial_datetime=seconds),
    )


def slack_file(name: str) -> Twice:
    return Twice({"id": name}, lambda: sb.SlackFile(None, name))


def slack_icon(name: str) -> Twice:
    return Twice({"type": "icon", "name": name}, lambda: sb.SlackIcon(name))  # type: ignore[arg-type]


def workflow() -> Twice:
    address = "https://slack.com/shortcuts/Ft1/a"
    return Twice({"trigger": {"url": address}}, lambda: sb.Workflow.from_url(address))


def segment(label: int, value: float) -> Twice:
    return Twice({"label": x(label), "value": value}, lambda: sb.ChartSegment(x(label), value))


def ticks(kind: str, make: Callable[..., Any], options: list[Twice], **more: Any) -> Twice:
    built = block(kind, partial(make, None), options=options, **more)
    return Twice(built.json, built.build)


checkboxes = partial(ticks, "checkboxes", sb.CheckboxGroup)
radio = partial(ticks, "radio_buttons", sb.RadioButtonGroup)
overflow = partial(ticks, "overflow", sb.OverflowMenu)


def an_input(element: Twice, label: int = 1, **more: Any) -> Twice:
    return block("input", sb.InputBlock, label=words(label), element=element, **more)


def in_modal(element: Twice) -> Twice:
    return modal(an_input(element))


def paragraph(length: int = 1, **more: Any) -> Twice:
    return section(text=words(length, markdown=True), **more)


def row(*texts: str) -> list[Twice]:
    return [raw_text(text=text) for text in texts]


def a_button(**more: Any) -> Twice:
    return button(text=words(1), **more)


FOCUSED = text_input(focus_on_load=True)
FAR_PICTURE = "https://a.example/b.png"

DIFFERENCES = [
    # We refuse, slackblocks does not look
    Difference(
        why="Slack wants block ids to be unique; slackblocks makes random ones and does not compare",
        example=message(paragraph(block_id="a"), paragraph(block_id="a")),
        we_say="^`block_id` .* already exists",
    ),
    Difference(
        why="Slack wants action ids to be unique in a block",
        example=message(actions(elements=[a_button(action_id="a"), a_button(action_id="a")])),
        we_say="^`action_id` .* already exists",
    ),
    Difference(
        why="one table a message",
        example=message(table(rows=[row("a")]), table(rows=[row("a")])),
        we_say="^only_one_table_allowed @ table$",
    ),
    Difference(
        why="10,000 characters in the cells of a table",
        example=message(table(rows=[row(x(10_001))])),
        we_say="^must be less than 10001 characters @ table/rows$",
    ),
    Difference(
        why="a cell of a table holds something",
        example=message(table(rows=[row("")])),
        we_say="^must be more than 0 characters @ table/rows/raw_text/text$",
    ),
    Difference(
        why="the whole of a message's blocks is limited, by an unpublished number",
        example=message(*[paragraph(3000)] * 5),
        we_say="^must be less than 12001 characters @ $",
    ),
    Difference(
        why="no actions are no actions block",
        example=message(actions(elements=[])),
        we_say="^must provide at least 1 items @ (.*/)?actions/elements$",
    ),
    Difference(
        why="no context is no context block",
        example=message(context(elements=[])),
        we_say="^must provide at least 1 items @ (.*/)?context/elements$",
    ),
    Difference(
        why="no fields are no fields; slackblocks drops an empty list",
        example=message(section(text=words(1), fields=[])),
        we_say="^must provide at least 1 items @ (.*/)?section/fields$",
    ),
    Difference(
        why="slackblocks lets any element be an accessory or an action",
        example=message(paragraph(accessory=moment(1_700_000_000))),
        we_say="^unsupported type: .* @ (.*/)?(section/accessory/type|actions/elements/.*/type)$",
    ),
    Difference(
        why="an icon button is a button: 75 characters",
        example=message(context_actions(elements=[icon_button(text=words(76))])),
        we_say="^must be less than 76 characters @ (.*/)?context_actions/elements/icon_button/text/text$",
    ),
    Difference(
        why="slackblocks takes any style of a button",
        example=message(actions(elements=[a_button(style="loud")])),
        we_say="^must be one of: primary, danger @ .*(button|accessory)/style$",
    ),
    Difference(
        why="what is chosen at first is one of the options",
        example=in_modal(select(options=[option("a")], initial_option=option("b"))),
        we_say="^must be one of the provided options",
    ),
    Difference(
        why="a static select has options or groups",
        example=in_modal(select()),
        we_say="^must provide exactly one of: options, option_groups @ input/element$",
    ),
    Difference(
        why="only the options of an overflow menu link",
        example=in_modal(select(options=[option(url="https://a.example")])),
        we_say="^invalid additional property: url @ input/element/options$",
    ),
    Difference(
        why="a file cannot be dispatched",
        example=modal(an_input(file_input(), dispatch_action=True)),
        we_say="^must not be set with a file_input",
    ),
    Difference(
        why="a view has a block; slackblocks counts only upwards",
        example=home(),
        we_say="^must provide at least 1 items @ $",
    ),
    Difference(
        why="blocks need a text for notifications",
        example=message(paragraph(), text=""),
        we_say="^must provide text",
    ),
    Difference(
        why="submit_disabled is for workflow steps, as slackblocks' own words have it",
        example=modal(paragraph(), submit_disabled=True),
        we_say="^invalid additional property: submit_disabled @ $",
    ),
    Difference(
        why="a moment has ten digits",
        example=in_modal(moment(999_999_999)),
        we_say="^must be (more|less) than .* @ .*/initial_date_time$",
    ),
    Difference(
        why="one element takes the focus",
        example=modal(an_input(FOCUSED), an_input(FOCUSED)),
        we_say="^must not be set more than once in a view",
    ),
    Difference(
        why="code is words and links (@slack/types)",
        example=message(rich(elements=[rich_code(elements=[rich_user(user_id="U1")])])),
        we_say="^unsupported type: user @ rich_text/elements/rich_text_preformatted/elements/user/type$",
    ),
    Difference(
        why="a word of rich text holds something",
        example=message(rich(elements=[rich_section(elements=[rich_word(text="")])])),
        we_say="^must be more than 0 characters @ rich_text/elements/.*/text/text$",
    ),
    Difference(
        why="an initial number is a number",
        example=in_modal(number_input(is_decimal_allowed=True, initial_value="many")),
        we_say="^must be a number in a string @ input/element/initial_value$",
    ),
    Difference(
        why="an initial text is no longer than a text can be",
        example=in_modal(text_input(initial_value=x(3001))),
        we_say="^must be less than 3001 characters @ input/element/initial_value$",
    ),
    Difference(
        why="videos come over https",
        example=message(
            video(alt_text="a", title=words(1), video_url="http://a.example", thumbnail_url=FAR_PICTURE)
        ),
        we_say="^must be an https URL @ video/",
    ),
    Difference(
        why="no picture is no picture",
        example=message(image_block(alt_text="a", image_url="")),
        we_say="^must be more than 0 characters @ (.*/)?image/image_url$",
    ),
    # Slackblocks refuses, we do not
    Difference(
        why="an initial option of a grouped select is an option (docs; imryche/blockkit#130), not a group",
        example=in_modal(select(option_groups=[group(option("a"))], initial_option=option("a"))),
        they_say="`initial_option` must also be of type `OptionGroup`",
    ),
    Difference(
        why="@slack/types lets every menu take the focus",
        example=in_modal(external(focus_on_load=True)),
        they_say="`focus_on_load` is unsupported for external multi-select",
    ),
    Difference(
        why="Slack hands out empty sections of rich text, so it takes them back",
        example=message(rich(elements=[rich_section(elements=[])])),
        they_say=r"^Size \(0\) of list",
        about='"rich_text_section", "elements": []',
    ),
    Difference(
        why="only slackblocks wants an action_id there",
        example=message(actions(elements=[workflow_button(text=words(1), workflow=workflow())])),
        they_say="`action_id` cannot be None|missing 1 required positional argument: 'action_id'",
    ),
    Difference(
        why="Slack counts charts inside containers, so they may stand there",
        example=message(
            container(
                title=words(1),
                child_blocks=[chart(title="a", chart=pie(segments=[segment(1, 1)]))],
            )
        ),
        they_say="ContainerBlock contains an unsupported child block type",
    ),
    Difference(
        why="@slack/types has a plan without tasks",
        example=message(plan(title="a")),
        they_say="PlanBlock requires `tasks`",
    ),
    Difference(
        why="@slack/types has numbers in tables too",
        example=message(table(rows=[[raw_number(value=1, text="1")]])),
        they_say="Table cells must be one of",
    ),
    Difference(
        why="ids of files are Slack's; no source but slackblocks gives their form",
        example=message(image_block(alt_text="a", slack_file=slack_file("F1"))),
        they_say="Slack file `id` .* must match",
    ),
    Difference(
        why="Slack's icons may become more",
        example=message(card(title=words(1), slack_icon=slack_icon("unicorn"))),
        they_say="Unknown Slack icon name",
    ),
]


@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda difference: difference.why)
def test_each_difference_is_one(difference: Difference) -> None:
    verdicts = judge(difference.example)
    if difference.we_say:
        assert verdicts.theirs is None
        assert verdicts.ours
        assert all(difference.explains_ours(fault) for fault in verdicts.ours), verdicts
    else:
        assert verdicts.ours == ()
        assert verdicts.theirs is not None
        assert difference.explains_theirs(verdicts.theirs, difference.example.json), verdicts


# Things at and around their limits


def around(*limits: int) -> st.SearchStrategy[int]:
    """Mostly at a limit, now and then one beyond it."""
    return st.sampled_from(
        [1, *limits] * 6 + [0, *(limit - 1 for limit in limits), *(limit + 1 for limit in limits)]
    )


def mostly(usual: Any, *seldom: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from([usual] * 4 * len(seldom) + list(seldom))


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def some_words(*limits: int) -> st.SearchStrategy[Twice]:
    return st.builds(words, around(*limits))


def some_text(*limits: int) -> st.SearchStrategy[Twice]:
    return st.builds(lambda length, marked: words(length, markdown=marked), around(*limits), st.booleans())


def repeated(thing: st.SearchStrategy[Twice], *limits: int) -> st.SearchStrategy[list[Twice]]:
    return st.builds(lambda one, number: [one] * number, thing, around(*limits))


ids = mostly(None, "a", "b", x(255), x(256))
options = st.builds(option, st.sampled_from(["a", "b", x(150), x(151)]), around(75), description=some_words(75))
good_option = option("a", description=words(1))  # slackblocks cannot compare options without one

good_options = st.just(good_option)
icons = st.builds(icon_button, text=some_words(75))
buttons = st.builds(
    button,
    text=some_words(75),
    value=maybe(st.builds(x, around(2000))),
    action_id=mostly(None, "a", x(255), x(256)),
    style=mostly(None, "primary", "danger", "loud"),
    accessibility_label=maybe(st.builds(x, around(75))),
)
pictures = st.builds(
    image,
    alt_text=st.builds(x, around(2000)),
    image_url=maybe(st.builds(x, around(3000))),
    slack_file=mostly(None, slack_file("F12345678")),
)
menus = st.one_of(
    st.builds(select, options=repeated(options, 1, 100), placeholder=maybe(some_words(150))),
    st.builds(select, options=st.just([good_option]), initial_option=maybe(options)),
    st.builds(select, option_groups=repeated(st.builds(group, options, label=around(75)), 1, 100)),
    st.builds(external, min_query_length=st.integers(-1, 3), max_selected_items=st.integers(0, 2)),
)
tick_boxes = st.one_of(
    st.builds(checkboxes, repeated(options, 1, 10)),
    st.builds(radio, repeated(options, 1, 10)),
    st.builds(radio, st.just([good_option]), initial_option=maybe(options)),
)
typed_in = st.one_of(
    st.builds(
        text_input,
        placeholder=maybe(some_words(150)),
        min_length=maybe(around(3000)),
        max_length=maybe(around(3000)),
        focus_on_load=maybe(st.just(True)),
    ),
    st.builds(
        number_input,
        is_decimal_allowed=st.booleans(),
        min_value=mostly(None, "1", "10", "x"),
        max_value=mostly(None, "9", "1e3"),
    ),
    st.builds(
        rich_text_input,
        action_id=st.just("a"),
        min_lines=maybe(around(100)),
        max_lines=maybe(around(100)),
    ),
    st.builds(file_input, max_files=maybe(around(1, 10))),
)
calendar = st.one_of(
    st.builds(date, initial_date=mostly("2026-11-22", "2026-1-2", "today"), placeholder=maybe(some_words(150))),
    st.builds(time, initial_time=mostly("09:30", "9:30", "24:00"), placeholder=maybe(some_words(150))),
    st.builds(moment, st.sampled_from([1_700_000_000, 999_999_999])),
)
pressed = st.one_of(buttons, st.builds(overflow, repeated(options, 1, 5)))
inputs = st.builds(
    an_input,
    st.one_of(menus, tick_boxes, typed_in, calendar),
    around(2000),
    hint=maybe(some_words(2000)),
    block_id=ids,
)

sections = st.builds(
    section,
    text=maybe(some_text(3000)),
    fields=maybe(repeated(some_text(2000), 1, 10)),
    accessory=maybe(st.one_of(pressed, pictures, menus, tick_boxes, calendar)),
    block_id=ids,
)
simple_kinds: dict[str, st.SearchStrategy[Twice]] = {
    "header": st.builds(header, text=some_words(150), block_id=ids),
    "context": st.builds(context, elements=repeated(some_text(10), 1, 10), block_id=ids),
    "pictures": st.builds(context, elements=repeated(pictures, 1)),
    "buttons": st.builds(actions, elements=repeated(buttons, 1, 25), block_id=ids),
    "overflow": st.builds(actions, elements=repeated(st.builds(overflow, repeated(good_options, 1, 5)), 1)),
    "actions": st.builds(actions, elements=repeated(st.one_of(pressed, menus, calendar), 1, 25)),
    "divider": st.builds(divider, block_id=ids),
    "markdown": st.builds(markdown, text=st.builds(x, around(12_000).filter(bool))),
    "image": st.builds(
        image_block,
        alt_text=st.builds(x, around(2000).filter(bool)),  # slackblocks drops an empty one
        image_url=maybe(st.builds(x, around(3000))),
        title=maybe(some_words(2000)),
    ),
    "video": st.builds(
        video,
        alt_text=st.builds(x, around(2000)),
        title=some_words(200),
        video_url=st.just(FAR_PICTURE),
        thumbnail_url=st.just(FAR_PICTURE),
        author_name=maybe(st.builds(x, around(50))),
        description=maybe(some_words(200)),
    ),
    "context_actions": st.builds(
        context_actions, elements=repeated(st.builds(icon_button, text=some_words(75)), 1, 5)
    ),
}
alerts = st.builds(alert, text=some_text(200), level=mostly("info", "fatal"))
simple = st.one_of(*simple_kinds.values(), alerts)
cards = st.builds(
    card,
    title=maybe(some_text(150)),
    subtitle=maybe(some_text(150)),
    body=maybe(some_text(200)),
    subtext=maybe(some_text(200)),
    actions=maybe(repeated(buttons, 3)),
)
lists = st.builds(
    rich_list,
    style=mostly("bullet", "ordered", "dash"),
    elements=st.just([rich_section(elements=[rich_word(text="a")])]),
    indent=maybe(st.integers(-1, 9)),
    border=maybe(st.integers(-1, 2)),
)
tasks = st.builds(
    task,
    task_id=st.sampled_from(["a", "b", ""]),
    title=st.just("a"),
    status=mostly("complete", "pending", "done"),
)
many_tasks = st.builds(
    lambda number: [task(task_id=str(index), title="a", status="pending") for index in range(number)], around(50)
)
charts = st.builds(
    chart,
    title=st.builds(x, around(50)),
    chart=st.builds(
        pie, segments=repeated(st.builds(segment, around(20), st.sampled_from([-1, 0, 0.5, 3])), 1, 12)
    ),
)
large_kinds: dict[str, st.SearchStrategy[Twice]] = {
    "card": cards,
    "carousel": st.builds(carousel, elements=repeated(cards, 1, 10)),
    "container": st.builds(
        container,
        title=maybe(some_words(150)),
        subtitle=maybe(some_text(150)),
        child_blocks=repeated(st.one_of(st.builds(divider), sections, simple, cards, charts), 1, 10),
        width=mostly(None, "wide", "huge"),
        is_collapsible=maybe(st.booleans()),
        default_collapsed=maybe(st.booleans()),
        has_header_divider=maybe(st.booleans()),
    ),
    "table": st.builds(
        table,
        rows=st.builds(
            lambda height, width, cell: [row(*[cell] * width)] * height,
            around(1, 100),
            around(20),
            mostly("a", "", x(100)),
        ),
    ),
    "data_table": st.builds(
        data_table,
        rows=st.builds(
            lambda height, width, odd: [row(*["a"] * width)] * height + [row("a")] * odd,
            st.sampled_from([2, 3, 102, 201, 1, 202]),
            st.sampled_from([1, 20, 20, 21]),
            mostly(0, 1),
        ),
        caption=mostly("a", ""),
        page_size=mostly(5, 0, 1, 100, 101),
        row_header_column_index=mostly(0, -1, 19, 20),
    ),
    "data_visualization": charts,
    "task_card": tasks,
    "plan": st.builds(plan, title=mostly("a", ""), tasks=st.lists(tasks, max_size=3) | many_tasks),
    "rich_text": st.builds(rich, elements=st.lists(lists, max_size=2)),
}
large = st.one_of(*large_kinds.values())
some_blocks = st.lists(st.one_of(sections, simple, large, inputs), min_size=1, max_size=3)
many_blocks = st.builds(lambda number: [divider()] * number, around(50, 100))


@st.composite
def surfaces(draw: Draw) -> Twice:
    blocks = draw(many_blocks if draw(mostly(False, True)) else some_blocks)
    kind = draw(st.sampled_from(["message", "modal", "home"]))
    if kind == "message":
        return message(*blocks)
    shown = {
        "callback_id": x(draw(around(255).filter(bool))),
        "private_metadata": x(draw(around(3000).filter(bool))),
    }
    if kind == "home":
        return home(*blocks, **shown)
    return modal(*blocks, title=draw(around(24)), submit=draw(mostly(True, False)), **shown)


@settings(
    max_examples=300,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
@given(surfaces())
def test_every_difference_from_slackblocks_is_explained(thing: Twice) -> None:
    verdicts = judge(thing)
    assert unexplained(thing, verdicts) == [], verdicts


KINDS: dict[str, st.SearchStrategy[Twice]] = {
    **{name: blocks.map(message) for name, blocks in {**simple_kinds, **large_kinds, "section": sections}.items()},
    "alert": alerts.map(modal),
    "menu": menus.map(in_modal),
    "tick boxes": tick_boxes.map(in_modal),
    "typed in": typed_in.map(in_modal),
    "calendar": calendar.map(in_modal),
    "input": st.builds(an_input, st.just(text_input()), around(2000), hint=maybe(some_words(2000))).map(modal),
    "many in a message": many_blocks.map(lambda blocks: message(*blocks)),
    "many in a modal": many_blocks.map(lambda blocks: modal(*blocks)),
    "many at home": many_blocks.map(lambda blocks: home(*blocks)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_judged_alike(kind: str) -> None:
    """One kind at a time, so that one fault hides no other; each is both taken and refused."""
    seen: list[Verdicts] = []

    @settings(max_examples=60, derandomize=True, deadline=None, database=None)
    @given(KINDS[kind])
    def each(thing: Twice) -> None:
        seen.append(judge(thing))
        assert unexplained(thing, seen[-1]) == [], seen[-1]

    each()
    assert any(not verdicts.ours and verdicts.theirs is None for verdicts in seen)
    assert any(verdicts.ours and verdicts.theirs is not None for verdicts in seen)
