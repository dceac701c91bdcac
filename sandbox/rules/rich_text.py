"""The rich_text block, which also appears inside inputs, tables, task cards and containers."""

from sandbox.rules.shapes import Rule, by_type, choice, flag, items, number, record, string, typed, whole

_FLAGS = ("bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink")
_styled = {"style": record({}, dict.fromkeys(_FLAGS, flag))}
_some = string(least=1)

_text = typed({"text": _some}, _styled)
_link = typed({"url": _some}, {"text": string(), "unsafe": flag, **_styled})

_inline = by_type(
    {
        "broadcast": typed({"range": choice("here", "channel", "everyone")}, _styled),
        "channel": typed({"channel_id": _some}, _styled),
        "color": typed({"value": _some}, _styled),
        "date": typed({"timestamp": number, "format": _some}, {"url": _some, "fallback": _some, **_styled}),
        "emoji": typed({"name": _some}, {"unicode": _some, "url": _some, "skin_tone": whole(1, 6), **_styled}),
        "link": _link,
        "team": typed({"team_id": _some}, _styled),
        "text": _text,
        "user": typed({"user_id": _some}, _styled),
        "usergroup": typed({"usergroup_id": _some}, _styled),
    }
)

# Slack itself hands out sections without elements (an empty list item), so they are taken back.
_section = typed({"elements": items(_inline)})
_border = {"border": whole(0, 1)}

_parts = by_type(
    {
        "rich_text_section": _section,
        "rich_text_list": typed(
            {
                "elements": items(by_type({"rich_text_section": _section}), least=1),
                "style": choice("bullet", "ordered"),
            },
            {"indent": whole(0, 8), "offset": whole(0), **_border},
        ),
        "rich_text_quote": typed({"elements": items(_inline)}, _border),
        "rich_text_preformatted": typed({"elements": items(by_type({"text": _text, "link": _link}))}, _border),
    }
)

rich_text_fields = {"elements": items(_parts, least=1)}

rich_text: Rule = by_type({"rich_text": typed(rich_text_fields, {"block_id": string(255)})})
