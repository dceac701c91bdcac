"""The board as a list."""

from collections.abc import Iterable
from itertools import chain

from bot.domain.board import Row
from bot.domain.facts import BoardView
from bot.domain.requests import Status
from bot.domain.text import one_line
from bot.ui import card, parts
from bot.ui import figures as show
from bot.ui.parts import Block, Element, Message
from bot.ui.vocabulary import STATUSES

SHOWN = 20
TITLE_SHOWN = 70
TOGETHER = 10


def message(view: BoardView) -> Message:
    """The answer to `/board`."""
    if view.card:
        return card.message(view.card)
    text = _headline(view)
    blocks = [parts.rich([parts.words(text, bold=True)]), *lines(view.rows[:SHOWN])]
    if foot := _foot(view):
        blocks.append(parts.context(foot))
    return Message(text=parts.escape(text), blocks=blocks)


def lines(rows: Iterable[Row]) -> list[Block]:
    """Rows as text, ten to a block."""
    shown = list(map(_line, rows))
    chunks = [shown[first : first + TOGETHER] for first in range(0, len(shown), TOGETHER)]
    return [parts.rich([*chain(*chunk)][:-1]) for chunk in chunks]


def _headline(view: BoardView) -> str:
    words = parts.shorten(one_line(view.words), 80)
    if view.words and not view.rows:
        return f"Nothing on the board for “{words}”"
    if view.words:
        found = show.requests(len(view.rows)) if len(view.rows) <= SHOWN else f"More than {SHOWN} requests"
        return f"{found} for “{words}”"
    if not view.ranked:
        return "The board has no ranked request yet" if view.unranked else "The board is empty"
    return f"The board: {show.requests(view.ranked)}, the most worth doing first"


def _foot(view: BoardView) -> str:
    if view.words and view.rows:
        return f"The {SHOWN} that hold most of these words." if len(view.rows) > SHOWN else ""
    if view.words:
        return "Fewer words find more. Or ask for it with `/request`."
    if not view.ranked and not view.unranked:
        return "Put the first request on it with `/request`: what can't your customer do today?"
    waits = f"{show.requests(view.unranked)} without an estimate. " if view.unranked else ""
    more = f"Top {len(view.rows)} shown; `/board words` finds the others. " if view.ranked > len(view.rows) else ""
    return f"{waits}{more}{show.WSJF_MEANS}"


def _line(row: Row) -> list[Element]:
    """One row, and the line break after it."""
    where = show.rank(row.place) if row.place else "–"
    title = parts.shorten(one_line(row.title), TITLE_SHOWN)
    score = f"WSJF {show.score(row.score)}" if row.score is not None else "no estimate yet"
    status = "" if row.status is Status.BACKLOG else f" · {STATUSES[row.status]}"
    rest = f" {title} · {score} · {show.companies(row.companies)}{status} · R-{row.number}"
    return [parts.words(where, bold=True), parts.words(rest), parts.words("\n")]
