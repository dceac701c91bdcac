"""A day on the board in one message."""

from collections.abc import Iterable

from bot.domain.board import Row
from bot.domain.news import Rollup
from bot.domain.text import one_line
from bot.ui import figures as show
from bot.ui import parts
from bot.ui.board import TITLE_SHOWN
from bot.ui.parts import Element, Message
from bot.ui.vocabulary import STATUSES


def message(saying: Rollup) -> Message:
    first = f"On the board since {show.since(saying.since, saying.until)}: {_counts(saying)}."
    lines = [parts.words(first, bold=True), *_lines(saying)]
    blocks = [parts.rich(lines)]
    left = saying.new + saying.moves - len(saying.filed) - len(saying.moved)
    if left:
        blocks.append(parts.context(f"And {left} more: `/board`"))
    return Message(text=first, blocks=blocks)


def _counts(saying: Rollup) -> str:
    new = f"{saying.new} new" if saying.new else ""
    moved = f"{saying.moves} moved" if saying.moves else ""
    return ", ".join(filter(None, (new, moved)))


def _lines(saying: Rollup) -> Iterable[Element]:
    for row in saying.filed:
        asked = saying.asked_by.get(row.number)
        yield from _line(
            "New", row, f"{_where(row)}{f' · asked by {parts.shorten(asked, parts.OPTION_LIMIT)}' if asked else ''}"
        )
    for row in saying.moved:
        yield from _line("Moved", row, f"{STATUSES[saying.was[row.number]]} → {STATUSES[row.status]}")


def _line(what: str, row: Row, rest: str) -> Iterable[Element]:
    title = parts.shorten(one_line(row.title), TITLE_SHOWN)
    return parts.words(f"\n{what}: "), parts.words(title, bold=True), parts.words(f" · {rest} · R-{row.number}")


def _where(row: Row) -> str:
    if not row.status.is_open:
        return STATUSES[row.status]
    return show.rank(row.place) if row.place else "no place yet"
