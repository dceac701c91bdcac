"""A gallery: everything the page can draw, as an app would send it."""

from typing import Any

from sandbox.wire import Json

NOON = 1795348800  # 2026-11-22 12:00 UTC


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": True}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def word(text: str, **style: bool) -> Json:
    return {"type": "text", "text": text, **({"style": style} if style else {})}


def part(kind: str, *elements: Json, **more: Any) -> Json:
    return {"type": f"rich_text_{kind}", "elements": list(elements), **more}


def rich(*parts: Json) -> Json:
    return {"type": "rich_text", "elements": list(parts)}


def option(text: str, value: str = "", **more: Any) -> Json:
    return {"text": plain(text), "value": value or text.lower(), **more}


def button(text: str, value: str = "R-14", **more: Any) -> Json:
    return {"type": "button", "text": plain(text), "action_id": text.lower(), "value": value, **more}


def field(name: str, label: str, element: Json, **more: Any) -> Json:
    named = {"action_id": name, **element}
    return {"type": "input", "block_id": name, "label": plain(label), "element": named, **more}


def raw(*texts: str) -> list[Json]:
    return [{"type": "raw_text", "text": text} for text in texts]


def number(value: float) -> Json:
    return {"type": "raw_number", "value": value, "text": f"{value:,}"}


def plotted(kind: str, title: str, categories: list[str], y_label: str = "", **series: list[float]) -> Json:
    data = [
        {"name": name, "data": [{"label": c, "value": v} for c, v in zip(categories, values, strict=True)]}
        for name, values in series.items()
    ]
    axes = {"categories": categories, "x_label": "Week", **({"y_label": y_label} if y_label else {})}
    chart = {"type": kind, "series": data, "axis_config": axes}
    return {"type": "data_visualization", "title": title, "chart": chart}


IMAGE = {"type": "image", "image_url": "https://img.example/acme.png", "alt_text": "Logo of Acme Bank"}
OPTIONS = [option("8 · a whole segment waits (about 400 companies)", "8"), option("2 · one big client", "2")]
GROUPS = [{"label": plain("Sales"), "options": OPTIONS[:1]}, {"label": plain("Tech"), "options": OPTIONS[1:]}]
SURE = {"title": plain("Sure?"), "text": mrkdwn("It *goes away*."), "confirm": plain("Go"), "deny": plain("Stay")}
OVERFLOW = {
    "type": "overflow",
    "action_id": "more",
    "options": [option("Mute :no_bell:", "mute"), option("Open", "open", url="https://a.example/open")],
}
MARKUP = (
    "*k8s-connector* · #3 · _WSJF 1.0_ · ~2.0~ · `R-14` · *_both_* :tada: :+1::skin-tone-3: :no_such_thing:\n"
    "Ask <@U1>, <@U2> or <!subteam^S1> in <#C1>; <!here> is loud. See <https://a.example/board|the board> "
    "or https://a.example/x_y_z.\n"
    f"Due <!date^{NOON}^{{date_short_pretty}} at {{time}}|some day>, 1 &lt; 2 &amp; 3.\n\n"
    "&gt; They can't see what their clusters cost,\n&gt; so finance blocks the _rollout_.\n"
    "• first\n• second\n"
    "```kubectl get pods\n  --all-namespaces *not bold* <https://a.example>```\nThat's all."
)

TEXTS: list[Json] = [
    {"type": "header", "text": plain("Week 48 · Activation 54 % → 65 % :rocket:")},
    {"type": "section", "text": mrkdwn(MARKUP)},
    {"type": "section", "text": plain("*Not bold*, <@U1> &amp; _raw_, but :tada: is drawn\nin two lines")},
    {
        "type": "section",
        "text": mrkdwn("*k8s-connector is in progress*, aimed at 12 December."),
        "accessory": button("Estimate", style="primary"),
    },
    {
        "type": "section",
        "fields": [
            mrkdwn(f"*{name}*\n{value}") for name, value in (("Value", 8), ("Time", 2), ("Risk", 3), ("Size", 13))
        ],
        "accessory": IMAGE,
    },
    {"type": "divider"},
    {
        "type": "context",
        "elements": [
            IMAGE,
            mrkdwn("Score *74*, alert from 60: people 30 + growth 20 + admin 14 + privacy 10"),
            plain("Why?"),
        ],
    },
    {
        "type": "image",
        "title": plain("Activation by week"),
        "image_url": "https://img.example/a.png",
        "alt_text": "A line that rises from 54 to 65 %",
    },
]

RICH: list[Json] = [
    rich(
        part(
            "section",
            word("k8s-connector", bold=True),
            word(" · #3 · WSJF 1.0\n"),
            word("Teams can't see what their clusters cost. *raw* :tada:", italic=True),
            word(" gone", strike=True),
            word(" kubectl", code=True),
            word(" under", underline=True),
            word(" lit", highlight=True),
        ),
        part(
            "section",
            {"type": "user", "user_id": "U1"},
            word(" and "),
            {"type": "usergroup", "usergroup_id": "S1"},
            word(" in "),
            {"type": "channel", "channel_id": "C1"},
            word(" "),
            {"type": "broadcast", "range": "here"},
            word(" "),
            {"type": "emoji", "name": "tada"},
            {"type": "emoji", "name": "wave", "skin_tone": 3},
            {"type": "emoji", "name": "ours", "unicode": "1f9ca"},
            {"type": "emoji", "name": "party_parrot"},
            word(" "),
            {"type": "link", "url": "https://a.example", "text": "the board", "style": {"bold": True}},
            word(" "),
            {"type": "date", "timestamp": NOON, "format": "{date_long} {time}", "fallback": "some day"},
            word(" "),
            {"type": "color", "value": "#c01343"},
            word(" "),
            {"type": "team", "team_id": "T1"},
        ),
        part("list", part("section", word("one")), part("section", word("two", bold=True)), style="bullet"),
        part("list", part("section", word("deeper")), style="bullet", indent=1),
        part("list", part("section", word("third")), part("section", word("fourth")), style="ordered", offset=2),
        part("list", part("section", word("beside a bar")), style="ordered", indent=1, border=1),
        part("quote", word("We can't roll out before finance\nsees the bill.")),
        part("preformatted", word("(8 + 2 + 3) / 13 = 1.0\n  as it stands"), border=1),
    ),
    {
        "type": "markdown",
        "text": "# Shipped\nThanks **Alice** and *Marek*, see [the board](https://a.example) or `R-14`.\n\n"
        "- SAML ~~soon~~ now :tada:\n  - for all\n1. first\n2. second\n\n> quoted\n\n```\ncode *here*\n```\n\n"
        "| Team | Size |\n|---|---|\n| Sales | 8 |\n\n---\nThe end.",
    },
]

TABLE: Json = {
    "type": "table",
    "column_settings": [{"align": "left", "is_wrapped": True}, None, {"align": "right"}],
    "rows": [
        raw("Request", "Status", "WSJF"),
        [
            *raw("k8s-connector: teams can't see what their clusters cost, so finance waits", "In progress"),
            number(1.0),
        ],
        [rich(part("section", word("SAML", bold=True))), *raw("Shipped"), number(2.5)],
    ],
}
DATA_TABLE: Json = {
    "type": "data_table",
    "caption": "What changed this week",
    "row_header_column_index": 0,
    "page_size": 5,
    "rows": [raw("Request", "Owner", "Score")]
    + [[*raw(f"request-{n}", "Boris"), number(round(12 / n, 1))] for n in range(1, 12)]
    + [[*raw("undo"), {"type": "action_cell", "elements": [button("Undo")], "fallback": "Undo"}, number(0)]],
}
PIE: Json = {
    "type": "data_visualization",
    "title": "Who waits",
    "chart": {
        "type": "pie",
        "segments": [
            {"label": label, "value": value}
            for label, value in (("Banks", 14), ("Insurers", 9), ("Retail", 4.5), ("Public sector", 2))
        ],
    },
}
WEEKS = ["W45", "W46", "W47", "W48"]
BARS = plotted(
    "bar", "Requests by week", WEEKS, "Requests", Filed=[4, 7, 3, 9], Shipped=[1, 2, 4, 3], Slipped=[0, -1, 0, 1]
)
LINE = plotted("line", "Activation", WEEKS, "%", Activation=[54, 57, 61, 65], Goal=[60, 60, 60, 60])
AREA = plotted(
    "area",
    "People active at the bank",
    [f"{n} of November 2026" for n in range(1, 13)],
    Active=[1200, 1350, 1300, 1800, 2100, 2050, 2400, 2600, 2500, 2900, 3100, 3300],
)

CARD: Json = {
    "type": "card",
    "icon": IMAGE,
    "title": mrkdwn("*Acme Bank* looks ready"),
    "subtitle": plain("9 people active, 5 of them new"),
    "body": mrkdwn("They wait for *k8s-connector* (in progress, you may say December)."),
    "subtext": plain("Score 74, alert from 60"),
    "actions": [button("I'm on it", style="primary"), button("Not now"), button("Not for me", style="danger")],
}
SECOND: Json = {"type": "card", "slack_icon": {"name": "sparkles"}, "title": plain("Globex"), "hero_image": IMAGE}
LARGE: list[Json] = [
    CARD,
    {"type": "carousel", "elements": [{**CARD, "block_id": "c1"}, SECOND, {**SECOND, "title": plain("Initech")}]},
    {
        "type": "container",
        "title": plain("Shipped"),
        "subtitle": mrkdwn("2 requests, *3* customers told"),
        "has_header_divider": True,
        "child_blocks": [
            {"type": "section", "text": mrkdwn("*SAML* is out. Thanks <@U2>!")},
            {"type": "actions", "elements": [button("Tell the customer"), OVERFLOW]},
        ],
    },
    {
        "type": "container",
        "rich_text_title": rich(part("section", word("Stuck", bold=True), word(" · 2"))),
        "icon": IMAGE,
        "width": "wide",
        "is_collapsible": True,
        "child_blocks": [
            {"type": "section", "text": mrkdwn("k8s-connector waits for a size.")},
            {"type": "divider"},
        ],
    },
    {
        "type": "plan",
        "title": "Import 3 files",
        "tasks": [
            {
                "task_id": "1",
                "title": "Read accounts.csv",
                "status": "complete",
                "output": rich(part("section", word("340 rows, none refused"))),
            },
            {
                "task_id": "2",
                "title": "Read requests.csv",
                "status": "in_progress",
                "sources": [{"type": "url", "url": "https://a.example/r.csv", "text": "requests.csv"}],
            },
            {
                "task_id": "3",
                "title": "Read deals.csv",
                "status": "error",
                "details": rich(part("section", word("no header"))),
            },
            {"task_id": "4", "title": "Tell everybody", "status": "pending"},
        ],
    },
    {"type": "task_card", "task_id": "9", "title": "Evaluate accounts", "status": "in_progress"},
    {
        "type": "video",
        "title": plain("What a score means"),
        "alt_text": "Boris at a whiteboard",
        "video_url": "https://v.example/1",
        "thumbnail_url": "https://v.example/1.png",
        "title_url": "https://v.example/watch",
        "author_name": "Boris",
        "provider_name": "Videos",
        "description": plain("Two minutes."),
    },
    {"type": "file", "external_id": "F1", "source": "remote"},
    {"type": "call", "call_id": "R1"},
    {
        "type": "auth_provider",
        "value": "crm",
        "name": plain("The CRM"),
        "is_connected": False,
        "description": plain("Deals and owners"),
        "auth_url": "https://crm.example/connect",
        "connected_identity": plain("alice@acme.test"),
        "connected_context": plain("Acme"),
        "accessory": OVERFLOW,
    },
]

PRESSED: list[Json] = [
    {
        "type": "actions",
        "block_id": "card",
        "elements": [
            button("Estimate", style="primary"),
            button("Add my customer"),
            button("Decline", style="danger", confirm=SURE),
            button("Open", url="https://a.example/r/14", accessibility_label="Open it in the browser"),
            OVERFLOW,
        ],
    },
    {
        "type": "actions",
        "block_id": "choices",
        "elements": [
            {"type": "static_select", "action_id": "value", "options": OPTIONS, "placeholder": plain("Value")},
            {"type": "users_select", "action_id": "who", "initial_user": "U2"},
            {"type": "datepicker", "action_id": "day", "initial_date": "2026-12-12"},
            {
                "type": "workflow_button",
                "action_id": "flow",
                "text": plain("Run"),
                "workflow": {"trigger": {"url": "https://slack.com/shortcuts/Ft1/a"}},
            },
        ],
    },
    {
        "type": "context_actions",
        "block_id": "thumbs",
        "elements": [
            {
                "type": "feedback_buttons",
                "action_id": "useful",
                "positive_button": {"text": plain("Useful"), "value": "yes"},
                "negative_button": {"text": plain("Not useful"), "value": "no"},
            },
            {"type": "icon_button", "action_id": "drop", "icon": "trash", "text": plain("Delete"), "value": "x"},
            {
                "type": "icon_button",
                "action_id": "hers",
                "icon": "trash",
                "text": plain("Hers"),
                "visible_to_user_ids": ["U9"],
            },
        ],
    },
]

TYPED: list[Json] = [
    field(
        "title",
        "Title",
        {
            "type": "plain_text_input",
            "placeholder": plain("k8s-connector"),
            "max_length": 80,
            "dispatch_action_config": {"trigger_actions_on": ["on_enter_pressed"]},
            "focus_on_load": True,
        },
        hint=plain("A few words people will search for."),
        dispatch_action=True,
    ),
    field(
        "problem",
        "Business problem",
        {
            "type": "plain_text_input",
            "multiline": True,
            "min_length": 3,
            "placeholder": plain("They can't see what their clusters cost, so finance blocks the rollout."),
        },
        hint=plain("What can't the customer do today, and what does it cost them? The solution can wait."),
    ),
    field("email", "Email", {"type": "email_text_input"}, optional=True),
    field("url", "Address", {"type": "url_text_input", "initial_value": "https://a.example"}, optional=True),
    field(
        "seats",
        "Seats",
        {"type": "number_input", "is_decimal_allowed": False, "min_value": "1", "max_value": "900"},
    ),
    field(
        "notes",
        "Notes",
        {"type": "rich_text_input", "initial_value": rich(part("section", word("As it is")))},
        optional=True,
    ),
    field("file", "A file", {"type": "file_input", "filetypes": ["csv"], "max_files": 1}, optional=True),
]
CHOSEN: list[Json] = [
    field("source", "Source", {"type": "static_select", "options": OPTIONS, "initial_option": OPTIONS[1]}),
    field(
        "size",
        "Job size",
        {"type": "static_select", "options": OPTIONS, "placeholder": plain("Choose")},
        optional=True,
        dispatch_action=True,
        hint=plain("Tech decides. Yours is a first guess."),
    ),
    field("need", "Needed", {"type": "static_select", "option_groups": GROUPS, "placeholder": plain("Choose one")}),
    field(
        "several", "Several", {"type": "multi_static_select", "options": OPTIONS, "initial_options": OPTIONS[:1]}
    ),
    field(
        "customers",
        "Customers",
        {
            "type": "multi_external_select",
            "min_query_length": 1,
            "max_selected_items": 5,
            "placeholder": plain("Acme"),
            "initial_options": [option("Acme Bank", "A-1"), option("Globex", "A-2")],
        },
        optional=True,
    ),
    field("one", "Account", {"type": "external_select", "placeholder": plain("Search accounts")}),
    field("owner", "Owner", {"type": "users_select"}),
    field("owners", "Owners", {"type": "multi_users_select", "initial_users": ["U1", "U2"]}, optional=True),
    field("channel", "Channel", {"type": "conversations_select", "initial_conversation": "C1"}),
    field("channels", "Channels", {"type": "multi_channels_select", "initial_channels": ["C1"]}, optional=True),
    field("elsewhere", "Elsewhere", {"type": "multi_conversations_select"}, optional=True),
    field("place", "Place", {"type": "channels_select"}, optional=True),
    field("day", "Close date", {"type": "datepicker", "placeholder": plain("Choose a day")}, optional=True),
    field("hour", "Hour", {"type": "timepicker", "initial_time": "10:00"}),
    field("moment", "Moment", {"type": "datetimepicker", "initial_date_time": NOON}),
    field(
        "boxes",
        "Tell me when",
        {
            "type": "checkboxes",
            "options": [
                option("it ships", "ship", description=plain("one message")),
                {"text": mrkdwn("it is *declined*"), "value": "no"},
            ],
            "initial_options": [{"text": mrkdwn("it is *declined*"), "value": "no"}],
        },
        optional=True,
    ),
    field(
        "radio",
        "How often",
        {"type": "radio_buttons", "options": [option("Daily"), option("Weekly")]},
        hint=plain("You can change it any time."),
    ),
]

ALERTS: list[Json] = [
    {"type": "alert", "level": level, "text": mrkdwn(f"*{level.title()}*: a size is missing.")}
    for level in ("default", "info", "warning", "error", "success")
]

MESSAGES: list[list[Json]] = [TEXTS, RICH, [TABLE, DATA_TABLE], [PIE, BARS], [LINE, AREA], LARGE, PRESSED]


def message(blocks: list[Json]) -> Json:
    return {"channel": "C1", "text": "Something happened.", "blocks": blocks}


def modal(blocks: list[Json]) -> Json:
    return {
        "type": "modal",
        "title": plain("New request"),
        "submit": plain("Save"),
        "close": plain("Cancel"),
        "blocks": blocks,
    }


MODALS = [modal([*ALERTS, *TYPED]), modal(CHOSEN)]
HOME: Json = {"type": "home", "blocks": [*TEXTS, TABLE, PIE, *PRESSED[:2], LARGE[1], LARGE[2]]}
