"""The markdown block: the everyday part of standard Markdown, line by line."""

import re
from collections.abc import Callable, Sequence
from itertools import groupby

from markupsafe import Markup

from sandbox.page.draw import emoji
from sandbox.page.draw.text import BREAK, link

FENCE = re.compile(r"^```[^\n`]*\n(.*?)\n?^```[ \t]*$\n?", re.DOTALL | re.MULTILINE)
SPAN = re.compile(
    r"`(?P<code>[^`\n]+)`"
    r"|!?\[(?P<label>[^\[\]\n]*)\]\((?P<url>[^\s()]+)\)"
    r"|(?P<strong>\*\*|__)(?=\S)(?P<bold>[^\n]+?)(?<=\S)(?P=strong)"
    r"|~~(?=\S)(?P<strike>[^\n~]+)(?<=\S)~~"
    r"|(?<!\w)(?P<slant>[*_])(?=\S)(?P<italic>[^\n*_]+)(?<=\S)(?P=slant)(?!\w)"
    r"|(?P<bare>https?://[^\s<>`]*[^\s<>`.,;:!?)\]*_~'\"])"
)
KINDS = {
    "rule": re.compile(r"\s*([-*_])(?:\s*\1){2,}\s*"),
    "title": re.compile(r"(#{1,6})\s+(.*?)\s*#*"),
    "quote": re.compile(r">\s?(.*)"),
    "bullets": re.compile(r"(\s*)[-*+]\s+(.*)"),
    "numbers": re.compile(r"(\s*)(\d{1,9})[.)]\s+(.*)"),
    "table": re.compile(r"\|(.*)\|\s*"),
    "blank": re.compile(r"\s*"),
}


def markdown(text: str) -> Markup:
    parts = FENCE.split(text)
    return Markup("").join(_fence(part) if i % 2 else _blocks(part) for i, part in enumerate(parts))


def _fence(code: str) -> Markup:
    return Markup("<pre><code>{}</code></pre>").format(code)


def _blocks(text: str) -> Markup:
    runs = groupby(text.split("\n"), key=_kind)
    return Markup("").join(DRAW[kind](list(lines)) for kind, lines in runs)


def _kind(line: str) -> str:
    return next((kind for kind, form in KINDS.items() if form.fullmatch(line)), "words")


def _matches(kind: str, lines: Sequence[str]) -> list[re.Match[str]]:
    return [found for line in lines if (found := KINDS[kind].fullmatch(line))]


def _titles(lines: Sequence[str]) -> Markup:
    draw = Markup('<h4 class="title-{0}">{1}</h4>')
    return Markup("").join(draw.format(len(found[1]), _line(found[2])) for found in _matches("title", lines))


def _quote(lines: Sequence[str]) -> Markup:
    inner = "\n".join(found[1] for found in _matches("quote", lines))
    return Markup("<blockquote>{}</blockquote>").format(BREAK.join(map(_line, inner.split("\n"))))


def _bullets(lines: Sequence[str]) -> Markup:
    items = (_item(found[1], found[2]) for found in _matches("bullets", lines))
    return Markup('<ul class="rich-list level-0">{}</ul>').format(Markup("").join(items))


def _numbers(lines: Sequence[str]) -> Markup:
    found = _matches("numbers", lines)
    items = Markup("").join(_item(each[1], each[3]) for each in found)
    return Markup('<ol class="rich-list level-0" start="{0}">{1}</ol>').format(int(found[0][2]), items)


def _item(indent: str, text: str) -> Markup:
    return Markup('<li class="indent-{0}">{1}</li>').format(min(len(indent) // 2, 8), _line(text))


def _table(lines: Sequence[str]) -> Markup:
    rows = [found[1].split("|") for found in _matches("table", lines)]
    first, *rest = [row for row in rows if not all(re.fullmatch(r"\s*:?-+:?\s*", cell) for cell in row)] or [[]]
    body = Markup("").join(_row("td", row) for row in rest)
    draw = Markup('<div class="scroll" tabindex="0"><table><thead>{0}</thead><tbody>{1}</tbody></table></div>')
    return draw.format(_row("th", first), body)


def _row(tag: str, cells: Sequence[str]) -> Markup:
    cell = {"td": Markup("<td>{}</td>"), "th": Markup('<th scope="col">{}</th>')}[tag]
    return Markup("<tr>{}</tr>").format(Markup("").join(cell.format(_line(each.strip())) for each in cells))


def _words(lines: Sequence[str]) -> Markup:
    return Markup("<p>{}</p>").format(BREAK.join(map(_line, lines)))


DRAW: dict[str, Callable[[Sequence[str]], Markup]] = {
    "rule": lambda _: Markup("<hr>"),
    "title": _titles,
    "quote": _quote,
    "bullets": _bullets,
    "numbers": _numbers,
    "table": _table,
    "blank": lambda _: Markup(""),
    "words": _words,
}


def _line(text: str, depth: int = 3) -> Markup:
    drawn: list[Markup] = []
    end = 0
    for found in SPAN.finditer(text) if depth else ():
        drawn += [emoji.drawn(text[end : found.start()]), _span(found, depth - 1)]
        end = found.end()
    return Markup("").join([*drawn, emoji.drawn(text[end:])])


def _span(found: re.Match[str], depth: int) -> Markup:
    if found["url"]:
        return link(found["url"], found["label"])
    if found["bare"]:
        return link(found["bare"])
    for name, tag in (("bold", "<strong>{}</strong>"), ("italic", "<em>{}</em>"), ("strike", "<s>{}</s>")):
        if found[name]:
            return Markup(tag).format(_line(found[name], depth))  # noqa: S704 a tag of ours, from the line above
    return Markup("<code>{}</code>").format(found["code"])
