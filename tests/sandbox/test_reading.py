"""What a person reads where the app sends markup and blocks."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sandbox.reading import Reader, read_blocks, read_mrkdwn
from tests.sandbox.apps import button, field, line, plain, section

ALICE = Reader(
    users={"U1": "Alice"},
    channels={"C1": "board"},
    groups={"S1": "product"},
    zone=ZoneInfo("America/New_York"),
    today=datetime(2026, 11, 22, 12, tzinfo=UTC),
)
NOON = 1795348800  # 2026-11-22 12:00 UTC, 7:00 AM in New York


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Hi <@U1> in <#C1>, ask <!subteam^S1>", "Hi @Alice in #board, ask @product"),
        ("<@U9|pat> <#C9|far> <#C9>", "@pat #far #private-channel"),
        ("<!here> <!channel> <!everyone>", "@here @channel @everyone"),
        ("<https://x.io|the board> <https://x.io> <mailto:a@b.co|Write>", "the board https://x.io Write"),
        ("1 &lt; 2 &amp; 3 &gt; 2", "1 < 2 & 3 > 2"),
        ("&amp;lt; stays &lt;", "&lt; stays <"),
        ("*bold* _slanted_ ~gone~ `code` *_both_*", "bold slanted gone code both"),
        ("2 * 3 * 4, snake_case_name and 5*6*7", "2 * 3 * 4, snake_case_name and 5*6*7"),
        ("`*as it stands*`", "*as it stands*"),
        (f"<!date^{NOON}^{{date_num}} {{time}}|then>", "2026-11-22 7:00 AM"),
        (f"<!date^{NOON}^{{date_short_pretty}} at {{time_secs}}|then>", "today at 7:00:00 AM"),
        (f"<!date^{NOON}^{{date}}; {{date_long}}; {{date_short}}|then>",
         "November 22nd, 2026; Sunday, November 22nd, 2026; Nov 22, 2026"),
        ("<!date^soon^{date}|some day>", "some day"),
    ],
)  # fmt: skip
def test_markup_is_read_as_words(written: str, read: str) -> None:
    assert read_mrkdwn(written, ALICE) == read


def test_plain_text_is_shown_raw() -> None:
    header = {"type": "header", "text": plain("*R&amp;D* <@U1>")}
    assert read_blocks([header], ALICE) == "*R&amp;D* <@U1>"


def test_a_reader_with_another_locale_reads_another_clock() -> None:
    german = Reader(locale="de-DE", zone=ZoneInfo("Europe/Berlin"))
    assert read_mrkdwn(f"<!date^{NOON}^{{time}}|then>", german) == "13:00"


RICH = {
    "type": "rich_text",
    "elements": [
        {
            "type": "rich_text_section",
            "elements": [{"type": "text", "text": "Ask "}, {"type": "user", "user_id": "U1"}],
        },
        {
            "type": "rich_text_list",
            "style": "ordered",
            "elements": [
                {"type": "rich_text_section", "elements": [{"type": "text", "text": "one"}]},
                {"type": "rich_text_section", "elements": [{"type": "link", "url": "https://x.io", "text": "two"}]},
            ],
        },
        {
            "type": "rich_text_quote",
            "elements": [{"type": "emoji", "name": "eyes"}, {"type": "broadcast", "range": "here"}],
        },
    ],
}
BLOCKS: list[tuple[dict[str, Any], str]] = [
    (section("*One*", fields=[plain("Two"), plain("Three")], accessory=button("Go")), "One\nTwo\nThree\n[Go]"),
    ({"type": "context", "elements": [plain("small"), {"type": "image", "alt_text": "a cat"}]}, "small [a cat]"),
    ({"type": "actions", "elements": [button("Yes"), button("No"), {"type": "overflow"}]}, "[Yes] [No] [...]"),
    ({"type": "divider"}, "---"),
    ({"type": "image", "alt_text": "a chart", "title": plain("WSJF")}, "WSJF\n[a chart]"),
    ({"type": "markdown", "text": "**Bold**"}, "**Bold**"),
    ({"type": "alert", "text": plain("Careful")}, "Careful"),
    (RICH, "Ask @Alice\n1. one\n2. two\n:eyes:@here"),
    (
        {"type": "table", "rows": [[{"type": "raw_text", "text": "A"}, {"type": "raw_text", "text": "B"}], [RICH]]},
        "A | B\nAsk @Alice\n1. one\n2. two\n:eyes:@here",
    ),
    (
        {"type": "data_table", "caption": "Board", "rows": [[{"type": "raw_number", "value": 8, "text": "8"}]]},
        "Board\n8",
    ),
    (
        {
            "type": "data_visualization",
            "title": "Reach",
            "chart": {"type": "bar", "series": [{"name": "Sales", "data": [{"label": "May", "value": 3}]}]},
        },
        "Reach\nSales: May 3",
    ),
    (
        {"type": "data_visualization", "chart": {"type": "pie", "segments": [{"label": "Won", "value": 2}]}},
        "Won: 2",
    ),
    (
        {"type": "card", "title": plain("k8s"), "body": plain("Why"), "actions": [button("Open")]},
        "k8s\nWhy\n[Open]",
    ),
    ({"type": "carousel", "elements": [{"type": "card", "title": plain("One")}]}, "One"),
    ({"type": "container", "title": plain("More"), "child_blocks": [section("inside")]}, "More\ninside"),
    (
        {"type": "plan", "title": "Plan", "tasks": [{"title": "Step", "status": "complete"}]},
        "Plan\nStep (complete)",
    ),
    ({"type": "video", "title": plain("Film"), "description": plain("Short")}, "Film\nShort"),
    ({"type": "never_heard_of"}, "[never_heard_of]"),
]


@pytest.mark.parametrize(
    ("block", "read"), BLOCKS, ids=lambda value: value["type"] if isinstance(value, dict) else ""
)
def test_each_block_is_read(block: dict[str, Any], read: str) -> None:
    assert read_blocks([block], ALICE) == read


def test_fields_show_what_they_hold() -> None:
    options = [{"text": plain(name), "value": name} for name in ("S", "L")]
    blocks = [
        line(optional=True, hint=plain("In a few words.")),
        field("Size", {"type": "static_select", "placeholder": plain("Choose")}),
        field("Box", {"type": "checkboxes", "options": options}),
        field("Who", {"type": "users_select"}),
        field("When", {"type": "datetimepicker"}),
    ]
    values = {
        "Title": {"it": {"type": "plain_text_input", "value": "k8s"}},
        "Box": {"it": {"type": "checkboxes", "selected_options": options[1:]}},
        "Who": {"it": {"type": "users_select", "selected_user": "U1"}},
        "When": {"it": {"type": "datetimepicker", "selected_date_time": NOON}},
    }
    assert read_blocks(blocks, ALICE, values, {"Size": "Choose one."}) == "\n".join(
        (
            "Title (optional): k8s",
            "In a few words.",
            "Size: (Choose)",
            "! Choose one.",
            "Box: [ ] S [x] L",
            "Who: @Alice",
            "When: 2026-11-22 07:00",
        )
    )
