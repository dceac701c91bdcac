"""Slack's markup as HTML.

Links, mentions and code are put aside first, then the marks of bold, italic and strike are found in what is
left, so that nothing typed inside one thing can end another.
"""

import re
from collections.abc import Callable, Sequence
from functools import cache
from itertools import groupby

from markupsafe import Markup

from sandbox.page.draw import emoji
from sandbox.page.draw.reader import Reader
from sandbox.page.draw.text import LOUD, broadcast, broken, channel, group, link, moment, safe, user
from sandbox.wire import Json

FENCE = re.compile(r"\n?```\n?(.+?)\n?```\n?", re.DOTALL)
QUOTE = re.compile(r"(?:>|&gt;) ?")
LONG_QUOTE = re.compile(r"^(?:>|&gt;){3} ?", re.MULTILINE)
TOKEN = re.compile(r"<([^<>\n]+)>")
SPECIAL = re.compile(r"`([^`\n]+)`|<([^<>\n]+)>|(https?://[^\s<>|`\0]*[^\s<>|`\0.,;:!?)\]*_~'\"])")
ENTITY = re.compile("&(amp|lt|gt);")
KEPT = re.compile("\0(\\d+)\0")
TAGS = {"*": Markup("<strong>{}</strong>"), "_": Markup("<em>{}</em>"), "~": Markup("<s>{}</s>")}
SPANS = {
    mark: rf"(?<![\w{mark}])[{mark}](?![\s{mark}])"
    rf"(?:[^\n{mark}]|(?<=\w)[{mark}](?=\w))+(?<!\s)[{mark}](?![\w{mark}])"
    for mark in TAGS
}


def mrkdwn(text: str, reader: Reader, *, verbatim: bool = False) -> Markup:
    """`verbatim` leaves addresses alone that stand there without brackets."""
    return _Ink(reader, verbatim).all(text.replace("\0", ""))


def words(text: Json | None, reader: Reader) -> str:
    """A text object where only characters can stand: a placeholder, an option of a native menu."""
    if not text:
        return ""
    return emoji.words(text["text"]) if text["type"] == "plain_text" else mrkdwn(text["text"], reader).striptags()


class _Ink:
    """One text being drawn."""

    def __init__(self, reader: Reader, verbatim: bool) -> None:
        self.reader = reader
        self.verbatim = verbatim

    def all(self, text: str) -> Markup:
        parts = FENCE.split(text)
        return Markup("").join(self.fence(part) if i % 2 else self.prose(part) for i, part in enumerate(parts))

    def fence(self, code: str) -> Markup:
        return Markup("<pre><code>{}</code></pre>").format(self.code(code))

    def code(self, code: str) -> Markup:
        """In code only links and names are drawn."""
        parts = TOKEN.split(code)
        return Markup("").join(self.token(part) if i % 2 else unescape(part) for i, part in enumerate(parts))

    def prose(self, text: str) -> Markup:
        if not text:
            return Markup("")
        before, *after = LONG_QUOTE.split(text, maxsplit=1)
        drawn = self.lines(before.removesuffix("\n") if after else before)
        return drawn + self.quote(after[0].split("\n")) if after else drawn

    def lines(self, text: str) -> Markup:
        runs = groupby(text.split("\n") if text else [], key=lambda line: bool(QUOTE.match(line)))
        drawn = (
            self.quote([QUOTE.sub("", line, count=1) for line in run]) if quoted else self.flow(list(run))
            for quoted, run in runs
        )
        return Markup("").join(drawn)

    def quote(self, lines: Sequence[str]) -> Markup:
        return Markup("<blockquote>{}</blockquote>").format(self.flow(lines))

    def flow(self, lines: Sequence[str]) -> Markup:
        return broken([self.line(line) for line in lines])

    def line(self, text: str) -> Markup:
        kept: list[Markup] = []

        def put_aside(found: re.Match[str]) -> str:
            kept.append(self.special(found))
            return f"\0{len(kept) - 1}\0"

        return _styled(SPECIAL.sub(put_aside, text), "*_~", kept)

    def special(self, found: re.Match[str]) -> Markup:
        code, token, address = found.groups()
        if code:
            return Markup("<code>{}</code>").format(self.code(code))
        if token:
            return self.token(token)
        return Markup("{}").format(unescape(address)) if self.verbatim else link(unescape(address))

    def token(self, inside: str) -> Markup:
        """What stands between < and >. What is nothing Slack knows is shown as it was written."""
        target, _, label = map(unescape, inside.partition("|"))
        for start, draw in self.tokens().items():
            if target.startswith(start):
                return draw(target.removeprefix(start), label)
        if safe(target):
            return link(target, emoji.drawn(label))
        return Markup("&lt;{}&gt;").format(unescape(inside))

    def tokens(self) -> dict[str, Callable[[str, str], Markup]]:
        reader = self.reader
        return {
            "@": lambda name, label: user(name, reader, label),
            "#": lambda name, label: channel(name, reader, label),
            "!subteam^": lambda name, label: group(name, reader, label),
            "!date^": self.date,
            "!": lambda name, label: broadcast(name) if name in LOUD else Markup("{}").format(label or f"!{name}"),
        }

    def date(self, rest: str, fallback: str) -> Markup:
        seconds, _, rest = rest.partition("^")
        form, _, url = rest.partition("^")
        return moment(seconds, form, fallback, self.reader, url)


def unescape(text: str) -> str:
    """The three entities Slack knows, once."""
    return ENTITY.sub(lambda found: {"amp": "&", "lt": "<", "gt": ">"}[found[1]], text)


def _styled(text: str, marks: str, kept: Sequence[Markup]) -> Markup:
    """The marks found in a line, each at most once inside itself."""
    drawn: list[Markup] = []
    end = 0
    for found in _spans(marks).finditer(text) if marks else ():
        mark = found[0][0]
        inside = _styled(found[0][1:-1], marks.replace(mark, ""), kept)
        drawn += [_leaf(text[end : found.start()], kept), TAGS[mark].format(inside)]
        end = found.end()
    return Markup("").join([*drawn, _leaf(text[end:], kept)])


@cache
def _spans(marks: str) -> re.Pattern[str]:
    return re.compile("|".join(SPANS[mark] for mark in marks))


def _leaf(text: str, kept: Sequence[Markup]) -> Markup:
    parts = KEPT.split(text)
    return Markup("").join(
        kept[int(part)] if i % 2 else emoji.drawn(unescape(part)) for i, part in enumerate(parts)
    )
