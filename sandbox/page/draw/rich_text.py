"""rich_text: what is said is data, how it looks stands beside it."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from markupsafe import Markup

from sandbox.page.draw import emoji, text
from sandbox.page.draw.reader import Reader
from sandbox.wire import Json

STYLES = {
    "code": Markup("<code>{}</code>"),
    "strike": Markup("<s>{}</s>"),
    "underline": Markup("<u>{}</u>"),
    "italic": Markup("<em>{}</em>"),
    "bold": Markup("<strong>{}</strong>"),
    "highlight": Markup("<mark>{}</mark>"),
    "client_highlight": Markup("<mark>{}</mark>"),
}
PARTS = {
    "rich_text_section": Markup('<div class="rich-section">{}</div>'),
    "rich_text_quote": Markup("<blockquote>{}</blockquote>"),
    "rich_text_preformatted": Markup("<pre><code>{}</code></pre>"),
}
LISTS = {
    "bullet": Markup('<ul class="rich-list indent-{0} level-{1}{2}">{4}</ul>'),
    "ordered": Markup('<ol class="rich-list indent-{0} level-{1}{2}" start="{3}">{4}</ol>'),
}
COLOR = re.compile("#(?:[0-9a-f]{3}){1,2}", re.IGNORECASE)


def rich_text(block: Json, reader: Reader) -> Markup:
    return Markup("").join(_part(part, reader) for part in block["elements"])


def _part(part: Json, reader: Reader) -> Markup:
    if part["type"] == "rich_text_list":
        return _list(part, reader)
    drawn = PARTS[part["type"]].format(_spans(part["elements"], reader))
    return Markup('<div class="bordered">{}</div>').format(drawn) if part.get("border") else drawn


def _list(part: Json, reader: Reader) -> Markup:
    indent = part.get("indent", 0)
    border = " bordered" if part.get("border") else ""
    items = Markup("").join(
        Markup("<li>{}</li>").format(_spans(item["elements"], reader)) for item in part["elements"]
    )
    return LISTS[part["style"]].format(indent, indent % 3, border, 1 + part.get("offset", 0), items)


def _spans(spans: Iterable[Json], reader: Reader) -> Markup:
    return Markup("").join(_styled(_span(span, reader), span.get("style", {})) for span in spans)


def _styled(drawn: Markup, style: Mapping[str, Any]) -> Markup:
    for name, tag in STYLES.items():
        if style.get(name):
            drawn = tag.format(drawn)
    return drawn


def _span(span: Json, reader: Reader) -> Markup:
    match span["type"]:
        case "text":
            return _lines(span["text"])
        case "link":
            return text.link(span["url"], span.get("text", ""))
        case "user":
            return text.user(span["user_id"], reader)
        case "channel":
            return text.channel(span["channel_id"], reader)
        case "usergroup":
            return text.group(span["usergroup_id"], reader)
        case "broadcast":
            return text.broadcast(span["range"])
        case "emoji":
            return _emoji(span)
        case "date":
            fallback = str(span.get("fallback", ""))
            return text.moment(span["timestamp"], span["format"], fallback, reader, span.get("url", ""))
        case "color":
            return _color(span["value"])
        case _:
            return Markup("{}").format(span.get("team_id", ""))


def _lines(words: str) -> Markup:
    return text.BREAK.join(words.split("\n"))


def _emoji(span: Json) -> Markup:
    name = span["name"] + (f"::skin-tone-{span['skin_tone']}" if span.get("skin_tone", 1) > 1 else "")
    if emoji.known(name):
        return emoji.symbol(name)
    return Markup("{}").format(_from_code(span.get("unicode", "")) or f":{span['name']}:")


def _from_code(code: str) -> str:
    """The character of "1f44b-1f3fb", or nothing."""
    try:
        return "".join(chr(int(point, 16)) for point in code.split("-")) if code else ""
    except (ValueError, OverflowError):
        return ""


def _color(value: str) -> Markup:
    if not COLOR.fullmatch(value):
        return Markup("{}").format(value)
    draw = Markup(
        '<svg class="swatch" viewBox="0 0 1 1" aria-hidden="true"><path fill="{0}" d="M0 0h1v1H0z"/></svg>'
    )
    return Markup('<span class="color">{0}{1}</span>').format(draw.format(value), value)
