"""Messages, views and replies. Each case is refused with Slack's code and pointer; its neighbour is taken."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import pytest

from sandbox.rules import (
    Refusal,
    check_command_reply,
    check_message,
    check_options_reply,
    check_submission_reply,
    check_unfurl,
    check_view,
)

Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One rule: what breaks it, what Slack says then, and what just keeps it."""

    name: str
    refused: Any
    taken: Any
    error: str
    pointer: str
    check: Callable[[Any], object]

    def hold(self) -> None:
        self.check(self.taken)
        with pytest.raises(Refusal) as refusal:
            self.check(self.refused)
        assert refusal.value.error == self.error
        assert len(refusal.value.details) == 1, refusal.value.details
        assert _pointer_of(refusal.value.details[0]) == self.pointer


def _pointer_of(detail: str) -> str:
    assert detail.startswith("[ERROR] ")
    _, found, rest = detail.partition(" [json-pointer:")
    return rest.removesuffix("]") if found else ""


def cases(*listed: Case) -> pytest.MarkDecorator:
    names = [case.name for case in listed]
    assert len(set(names)) == len(names), "two cases of one name"
    return pytest.mark.parametrize("case", listed, ids=names)


def x(length: int) -> str:
    return "x" * length


def plain(length: int = 1) -> Json:
    return {"type": "plain_text", "text": x(length)}


def mrkdwn(length: int = 1) -> Json:
    return {"type": "mrkdwn", "text": x(length)}


def section(length: int = 1, **more: Any) -> Json:
    return {"type": "section", "text": mrkdwn(length), **more}


def a_message(*blocks: Any, **more: Any) -> Json:
    return {"channel": "C1", "text": "What happened", "blocks": list(blocks), **more}


def a_modal(*blocks: Any, **more: Any) -> Json:
    return {"type": "modal", "title": plain(), "submit": plain(), "blocks": list(blocks), **more}


def a_home(*blocks: Any, **more: Any) -> Json:
    return {"type": "home", "blocks": list(blocks), **more}


def an_input(block_id: str = "title", element: Json | None = None, **more: Any) -> Json:
    element = element or {"type": "plain_text_input"}
    return {"type": "input", "block_id": block_id, "label": plain(), "element": element, **more}


def a_row(*texts: str) -> list[Json]:
    return [{"type": "raw_text", "text": text} for text in texts]


def a_table(*rows: list[Json]) -> Json:
    return {"type": "table", "rows": list(rows)}


def a_data_table(*rows: list[Json], **more: Any) -> Json:
    return {"type": "data_table", "caption": "Requests", "rows": list(rows), **more}


def a_chart() -> Json:
    segments = [{"label": "won", "value": 1}]
    return {"type": "data_visualization", "title": "Deals", "chart": {"type": "pie", "segments": segments}}


def without(name: str, value: Json) -> Json:
    return {key: part for key, part in value.items() if key != name}


# Messages


def message(name: str, refused: Any, taken: Any, error: str, pointer: str, *, update: bool = False) -> Case:
    def check(arguments: Any) -> None:
        check_message(arguments, update=update)

    return Case(name=name, refused=refused, taken=taken, error=error, pointer=pointer, check=check)


def metadata(**payload: Any) -> Json:
    return {"event_type": "tandem_card", "event_payload": payload}


def _metadata_of_bytes(size: int) -> Json:
    return metadata(id=x(size - len('{"event_type":"tandem_card","event_payload":{"id":""}}')))


ONE = section()
TEXT = {"channel": "C1", "text": "Hello"}
UPDATE = {**TEXT, "ts": "1700000000.000100"}


@cases(
    message("channel", without("channel", TEXT), TEXT, "invalid_arguments", ""),
    message("channel is a string", {**TEXT, "channel": 7}, TEXT, "invalid_arguments", "/channel"),
    message("text is a string", {**TEXT, "text": 7}, TEXT, "invalid_arguments", "/text"),
    message(
        "thread_ts", {**TEXT, "thread_ts": "now"}, {**TEXT, "thread_ts": "1.2"}, "invalid_arguments", "/thread_ts"
    ),
    message(
        "thread_ts is a string",
        {**TEXT, "thread_ts": 1.2},
        {**TEXT, "thread_ts": None},
        "invalid_arguments",
        "/thread_ts",
    ),
    message(
        "unfurl_links",
        {**TEXT, "unfurl_links": "false"},
        {**TEXT, "unfurl_links": False},
        "invalid_arguments",
        "/unfurl_links",
    ),
    message("no text at all", {"channel": "C1"}, TEXT, "no_text", "/text"),
    message("no text beside blocks", without("text", a_message(ONE)), a_message(ONE), "no_text", "/text"),
    message("only spaces", {**TEXT, "text": " \n"}, {**TEXT, "text": "."}, "no_text", "/text"),
    message("update names a message", TEXT, UPDATE, "invalid_arguments", "", update=True),
    message(
        "update of 4,000",
        {**UPDATE, "text": x(4001)},
        {**UPDATE, "text": x(4000)},
        "msg_too_long",
        "/text",
        update=True,
    ),
    message(
        "markdown_text beside text",
        {**TEXT, "markdown_text": "*"},
        {"channel": "C1", "markdown_text": "*"},
        "markdown_text_conflict",
        "/markdown_text",
    ),
    message(
        "markdown_text beside blocks",
        {"channel": "C1", "markdown_text": "*", "blocks": [ONE]},
        {"channel": "C1", "markdown_text": "*", "blocks": []},
        "markdown_text_conflict",
        "/markdown_text",
    ),
    message(
        "markdown_text of 12,000",
        {"channel": "C1", "markdown_text": x(12_001)},
        {"channel": "C1", "markdown_text": x(12_000)},
        "msg_too_long",
        "/markdown_text",
    ),
    message("50 blocks", a_message(*[ONE] * 51), a_message(*[ONE] * 50), "invalid_blocks", "/blocks"),
    message(
        "blocks are a list", {**TEXT, "blocks": ONE}, {**TEXT, "blocks": [ONE]}, "invalid_blocks_format", "/blocks"
    ),
    message("blocks as JSON", {**TEXT, "blocks": "[{"}, {**TEXT, "blocks": "[]"}, "invalid_blocks_format", ""),
    message("null block", a_message(ONE, None), a_message(ONE, ONE), "invalid_blocks", "/blocks/1"),
    message("block is an object", a_message("hello"), a_message(ONE), "invalid_blocks", "/blocks/0"),
    message("block without type", a_message({}), a_message(ONE), "invalid_blocks", "/blocks/0"),
    message("type is a string", a_message({"type": 1}), a_message(ONE), "invalid_blocks", "/blocks/0/type"),
    message("unknown block", a_message({"type": "poll"}), a_message(ONE), "invalid_blocks", "/blocks/0/type"),
    message(
        "unique block_id",
        a_message(section(block_id="a"), section(block_id="a")),
        a_message(section(block_id="a"), section(block_id="b")),
        "invalid_blocks",
        "/blocks/1/block_id",
    ),
    message(
        "unique block_id inside a container",
        a_message(
            section(block_id="a"),
            _container := {"type": "container", "title": plain(), "child_blocks": [section(block_id="a")]},
        ),
        a_message(section(block_id="b"), _container),
        "invalid_blocks",
        "/blocks/1/child_blocks/0/block_id",
    ),
    message(
        "one table",
        a_message(a_table(a_row("a")), a_table(a_row("b"))),
        a_message(a_table(a_row("a"))),
        "invalid_attachments",
        "/blocks/1",
    ),
    message(
        "one table, attachments too",
        a_message(a_table(a_row("a")), attachments=[{"blocks": [a_table(a_row("b"))]}]),
        a_message(attachments=[{"blocks": [a_table(a_row("b"))]}]),
        "invalid_attachments",
        "/attachments/0/blocks/0",
    ),
    message(
        "10,000 characters in a table",
        a_message(a_table(a_row(x(5000)), a_row(x(5001)))),
        a_message(a_table(a_row(x(5000)), a_row(x(5000)))),
        "invalid_blocks",
        "/blocks/0/rows",
    ),
    message(
        "20,000 characters in a data table",
        a_message(a_data_table(a_row("a"), a_row(x(20_000)))),
        a_message(a_data_table(a_row("a"), a_row(x(19_999)))),
        "invalid_blocks",
        "/blocks/0/rows",
    ),
    message(
        "20,000 characters in all data tables",
        a_message(a_data_table(a_row("a"), a_row(x(9_999))), a_data_table(a_row("a"), a_row(x(10_000)))),
        a_message(a_data_table(a_row("a"), a_row(x(9_999))), a_data_table(a_row("a"), a_row(x(9_999)))),
        "invalid_blocks",
        "/blocks/1/rows",
    ),
    message("2 charts", a_message(*[a_chart()] * 3), a_message(*[a_chart()] * 2), "invalid_blocks", "/blocks/2"),
    message(
        "12,000 characters in blocks",
        a_message(*[section(3000)] * 4, section(1)),
        a_message(*[section(3000)] * 4),
        "msg_blocks_too_long",
        "/blocks",
    ),
    message(
        "12,000 characters of markdown",
        a_message({"type": "markdown", "text": x(6000)}, {"type": "markdown", "text": x(6001)}),
        a_message({"type": "markdown", "text": x(6000)}, {"type": "markdown", "text": x(6000)}),
        "msg_blocks_too_long",
        "/blocks",
    ),
    message(
        "100 attachments",
        {**TEXT, "attachments": [{"text": "a"}] * 101},
        {**TEXT, "attachments": [{"text": "a"}] * 100},
        "too_many_attachments",
        "/attachments",
    ),
    message(
        "blocks of an attachment",
        {**TEXT, "attachments": [{"blocks": [{"type": "alert", "text": plain()}]}]},
        {**TEXT, "attachments": [{"blocks": [ONE], "color": "#1d7c00", "ts": 1700000000}]},
        "invalid_attachments",
        "/attachments/0/blocks/0/type",
    ),
    message(
        "attachments are objects",
        {**TEXT, "attachments": [1]},
        {**TEXT, "attachments": []},
        "invalid_attachments",
        "/attachments/0",
    ),
    message(
        "metadata without payload",
        {**TEXT, "metadata": {"event_type": "a"}},
        {**TEXT, "metadata": {"event_type": "a", "event_payload": {}}},
        "invalid_metadata_format",
        "/metadata",
    ),
    message(
        "payload is an object",
        {**TEXT, "metadata": {"event_type": "a", "event_payload": []}},
        {**TEXT, "metadata": '{"event_type": "a", "event_payload": {}}'},
        "invalid_metadata_format",
        "/metadata/event_payload",
    ),
    message(
        "metadata below 1 KB",
        {**TEXT, "metadata": _metadata_of_bytes(1024)},
        {**TEXT, "metadata": _metadata_of_bytes(1023)},
        "metadata_too_large",
        "/metadata",
    ),
)
def test_a_message_that_slack_refuses(case: Case) -> None:
    case.hold()


def test_a_long_text_is_posted_and_cut_short() -> None:
    check_message({**TEXT, "text": x(50_000)})


def test_table_cells_do_not_use_up_the_room_of_other_blocks() -> None:
    check_message(a_message(*[section(3000)] * 4, a_table(a_row(x(10_000)))))


def test_arguments_slack_does_not_know_are_passed_over() -> None:
    check_message({**TEXT, "shouting": True})


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(Refusal) as refusal:
        check_message(a_message({"type": "header", "text": plain(151)}, {"type": "poll"}))
    assert refusal.value.details == (
        "[ERROR] must be less than 151 characters [json-pointer:/blocks/0/text/text]",
        "[ERROR] unsupported type: poll [json-pointer:/blocks/1/type]",
    )
    assert str(refusal.value).startswith("invalid_blocks; [ERROR] must be less than 151")


# Views


def view(name: str, refused: Any, taken: Any, pointer: str, error: str = "invalid_arguments") -> Case:
    return Case(name=name, refused=refused, taken=taken, error=error, pointer=pointer, check=check_view)


def _modal_of_bytes(size: int) -> Json:
    """Under every other limit, and exactly this large."""
    full = a_modal(*[section(2950) for _ in range(83)])
    missing = size - _bytes(full)
    return {**full, "private_metadata": x(missing - len(',"private_metadata":""'))}


def _bytes(value: Json) -> int:

    return len(json.dumps(value, separators=(",", ":")))


FOCUSED = {"type": "plain_text_input", "focus_on_load": True}
ON_ONE_SURFACE = {
    "carousel": {"type": "carousel", "elements": [{"type": "card", "body": plain()}]},
    "container": {"type": "container", "title": plain(), "child_blocks": [ONE]},
    "data_table": a_data_table(a_row("a"), a_row("b")),
    "data_visualization": a_chart(),
    "table": a_table(a_row("a")),
}
ON_MESSAGES = {
    "context_actions": {
        "type": "context_actions",
        "elements": [{"type": "icon_button", "icon": "trash", "text": plain()}],
    },
    "file": {"type": "file", "external_id": "a", "source": "remote"},
    "markdown": {"type": "markdown", "text": "a"},
    "plan": {"type": "plan", "title": "a"},
    "task_card": {"type": "task_card", "task_id": "a", "title": "a", "status": "complete"},
}
ALERT = {"type": "alert", "text": plain()}


@cases(
    view("a kind of view", a_home(ONE) | {"type": "drawer"}, a_home(ONE), "/view/type"),
    view("title", without("title", a_modal(ONE)), a_modal(ONE), "/view"),
    view("title of 24", a_modal(ONE, title=plain(25)), a_modal(ONE, title=plain(24)), "/view/title/text"),
    view("title is something", a_modal(ONE, title=plain(0)), a_modal(ONE), "/view/title/text"),
    view("title is plain", a_modal(ONE, title=mrkdwn()), a_modal(ONE), "/view/title/type"),
    view("submit of 24", a_modal(ONE, submit=plain(25)), a_modal(ONE, submit=plain(24)), "/view/submit/text"),
    view("close of 24", a_modal(ONE, close=plain(25)), a_modal(ONE, close=plain(24)), "/view/close/text"),
    view("submit of nothing", a_modal(ONE, submit=None), without("submit", a_modal(ONE)), "/view/submit"),
    view(
        "inputs are submitted",
        without("submit", a_modal(ONE, an_input())),
        a_modal(ONE, an_input()),
        "/view/blocks/1/input",
    ),
    view("a block at least", a_modal(), a_modal(ONE), "/view/blocks"),
    view("100 blocks", a_modal(*[ONE] * 101), a_modal(*[ONE] * 100), "/view/blocks"),
    view("100 blocks at home", a_home(*[ONE] * 101), a_home(*[ONE] * 100), "/view/blocks"),
    view(
        "private_metadata of 3,000",
        a_modal(ONE, private_metadata=x(3001)),
        a_modal(ONE, private_metadata=x(3000)),
        "/view/private_metadata",
    ),
    view(
        "private_metadata is a string",
        a_modal(ONE, private_metadata={}),
        a_modal(ONE, private_metadata="{}"),
        "/view/private_metadata",
    ),
    view(
        "callback_id of 255",
        a_modal(ONE, callback_id=x(256)),
        a_modal(ONE, callback_id=x(255)),
        "/view/callback_id",
    ),
    view(
        "external_id of 255", a_home(ONE, external_id=x(256)), a_home(ONE, external_id=x(255)), "/view/external_id"
    ),
    view(
        "what Slack added is not sent back", a_modal(ONE, hash="1.2"), a_modal(ONE, notify_on_close=True), "/view"
    ),
    view(
        "submit_disabled is for workflow steps",
        a_modal(ONE, submit_disabled=True),
        a_modal(ONE, clear_on_close=False),
        "/view",
    ),
    view("home has no title", a_home(ONE, title=plain()), a_home(ONE), "/view"),
    view("home has no submit", a_home(an_input(), submit=plain()), a_home(an_input()), "/view"),
    view("home has no close", a_home(ONE, close=plain()), a_home(ONE, callback_id="home"), "/view"),
    view("250 kB", _modal_of_bytes(250_001), _modal_of_bytes(250_000), "/view", "view_too_large"),
    view(
        "one focus",
        a_modal(an_input("a", FOCUSED), an_input("b", FOCUSED)),
        a_modal(an_input("a", FOCUSED), an_input("b")),
        "/view/blocks/1/element/focus_on_load",
    ),
    view(
        "unique block_id",
        a_modal(an_input("a"), an_input("a")),
        a_modal(an_input("a"), an_input("b")),
        "/view/blocks/1/block_id",
    ),
    *(
        view(f"no {kind} in a modal", a_modal(block), a_home(block), "/view/blocks/0/type")
        for kind, block in ON_ONE_SURFACE.items()
    ),
    *(
        view(f"no {kind} at home", a_home(block), a_home(ONE), "/view/blocks/0/type")
        for kind, block in ON_MESSAGES.items()
    ),
    *(
        view(f"no {kind} in a modal", a_modal(block), a_modal(ONE), "/view/blocks/0/type")
        for kind, block in ON_MESSAGES.items()
    ),
    view("no alert at home", a_home(ALERT), a_modal(ALERT), "/view/blocks/0/type"),
)
def test_a_view_that_slack_refuses(case: Case) -> None:
    case.hold()


@pytest.mark.parametrize("kind", [*ON_ONE_SURFACE, *ON_MESSAGES])
def test_messages_carry_all_blocks_but_alerts(kind: str) -> None:
    check_message(a_message((ON_ONE_SURFACE | ON_MESSAGES)[kind]))
    with pytest.raises(Refusal, match="unsupported type: alert"):
        check_message(a_message(ALERT))


# Replies


def submission(name: str, refused: Any, taken: Any, pointer: str) -> Case:
    shown = a_modal(ONE | {"block_id": "words"}, an_input("title"), an_input("a/b"))

    def check(reply: Any) -> None:
        check_submission_reply(reply, shown)

    return Case(name=name, refused=refused, taken=taken, error="invalid_arguments", pointer=pointer, check=check)


def errors(**by_block: Any) -> Json:
    return {"response_action": "errors", "errors": by_block}


NEXT = {"response_action": "update", "view": a_modal(ONE)}


@cases(
    submission("unknown action", {"response_action": "close"}, {"response_action": "clear"}, "/response_action"),
    submission("action", {"errors": {"title": "a"}}, errors(title="a"), ""),
    submission("errors", {"response_action": "errors"}, errors(title="a"), ""),
    submission("some errors", errors(), errors(title="a"), "/errors"),
    submission("error of an unknown block", errors(titel="a"), errors(title="a"), "/errors/titel"),
    submission("error of a block without input", errors(words="a"), errors(title="a"), "/errors/words"),
    submission("error in words", errors(title=""), errors(title="a"), "/errors/title"),
    submission("error is a string", errors(**{"a/b": ["a"]}), errors(**{"a/b": "a"}), "/errors/a~1b"),
    submission("update with a view", {"response_action": "update"}, NEXT, ""),
    submission(
        "update with a sound view", {**NEXT, "view": a_modal(section(3001))}, NEXT, "/view/blocks/0/text/text"
    ),
    submission("a modal gives way to a modal", {**NEXT, "view": a_home(ONE)}, NEXT, "/view/type"),
    submission("push with a view", {"response_action": "push"}, {**NEXT, "response_action": "push"}, ""),
    submission("clear alone", {"response_action": "clear", "view": a_modal(ONE)}, {"response_action": "clear"}, ""),
)
def test_a_submission_is_answered_in_four_ways(case: Case) -> None:
    case.hold()


@pytest.mark.parametrize("reply", [None, {}])
def test_an_empty_answer_closes_the_modal(reply: Json | None) -> None:
    check_submission_reply(reply, a_modal(an_input()))


def command(name: str, refused: Any, taken: Any, error: str, pointer: str) -> Case:
    return Case(name=name, refused=refused, taken=taken, error=error, pointer=pointer, check=check_command_reply)


ANSWER = {"response_type": "ephemeral", "text": "Here", "blocks": [ONE]}


@cases(
    command("response_type", {**ANSWER, "response_type": "public"}, ANSWER, "invalid_arguments", "/response_type"),
    command("text beside blocks", without("text", ANSWER), ANSWER, "no_text", "/text"),
    command(
        "sound blocks",
        {**ANSWER, "blocks": [section(3001)]},
        {**ANSWER, "blocks": [section(3000)]},
        "invalid_blocks",
        "/blocks/0/text/text",
    ),
    command(
        "flags are booleans",
        {**ANSWER, "replace_original": "true"},
        {**ANSWER, "replace_original": True},
        "invalid_arguments",
        "/replace_original",
    ),
)
def test_a_command_is_answered_like_a_message_without_channel(case: Case) -> None:
    case.hold()


@pytest.mark.parametrize(
    "reply", [None, "", {}, "Here", {"text": "Here"}, {"response_type": "in_channel"}, {"delete_original": True}]
)
def test_a_command_may_be_answered_with_little(reply: Any) -> None:
    check_command_reply(reply)


def suggestions(name: str, refused: Any, taken: Any, pointer: str) -> Case:
    return Case(
        name=name,
        refused=refused,
        taken=taken,
        error="invalid_arguments",
        pointer=pointer,
        check=check_options_reply,
    )


OPTION = {"text": plain(), "value": "a"}
GROUP = {"label": plain(), "options": [OPTION]}


@cases(
    suggestions("options or groups", {}, {"options": []}, ""),
    suggestions(
        "options xor groups", {"options": [OPTION], "option_groups": [GROUP]}, {"option_groups": [GROUP]}, ""
    ),
    suggestions("100 options", {"options": [OPTION] * 101}, {"options": [OPTION] * 100}, "/options"),
    suggestions("100 groups", {"option_groups": [GROUP] * 101}, {"option_groups": [GROUP] * 100}, "/option_groups"),
    suggestions(
        "plain text", {"options": [OPTION | {"text": mrkdwn()}]}, {"options": [OPTION]}, "/options/0/text/type"
    ),
)
def test_an_external_select_is_answered_with_options(case: Case) -> None:
    case.hold()


def unfurl(name: str, refused: Any, taken: Any, error: str, pointer: str) -> Case:
    return Case(name=name, refused=refused, taken=taken, error=error, pointer=pointer, check=check_unfurl)


PREVIEWS = {"channel": "C1", "ts": "1.2", "unfurls": {"https://a.example/b": {"blocks": [ONE]}}}


@cases(
    unfurl("which message", without("ts", PREVIEWS), PREVIEWS, "cannot_find_message", ""),
    unfurl(
        "an object",
        {**PREVIEWS, "unfurls": [1]},
        {**PREVIEWS, "unfurls": '{"https://a.example/b": {"text": "a"}}'},
        "invalid_unfurls_format",
        "/unfurls",
    ),
    unfurl(
        "a sound preview",
        {**PREVIEWS, "unfurls": {"https://a.example/b": {"blocks": [ALERT]}}},
        without("ts", without("channel", PREVIEWS)) | {"unfurl_id": "U", "source": "composer"},
        "cannot_parse_attachment",
        "/unfurls/https:~1~1a.example~1b/blocks/0/type",
    ),
)
def test_a_link_is_unfurled_with_attachments(case: Case) -> None:
    case.hold()


def test_an_unfurl_without_previews() -> None:
    with pytest.raises(Refusal, match="missing_unfurls"):
        check_unfurl({**PREVIEWS, "unfurls": {}})
