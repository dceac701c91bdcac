"""The board as a list."""

from collections.abc import Iterable
from datetime import UTC, tzinfo
from itertools import chain

from bot.domain.board import Row
from bot.domain.facts import BoardView, CustomerView
from bot.domain.requests import Status
from bot.domain.text import one_line
from bot.ui import card, parts, worth
from bot.ui import figures as show
from bot.ui.parts import Block, Element, Message
from bot.ui.vocabulary import STATUSES

SHOWN = 20
TITLE_SHOWN = 70
TOGETHER = 10
_WORDS_SHOWN = 80


def message(view: BoardView) -> Message:
    """The answer to `/board`."""
    if view.card:
        return card.message(view.card)
    headlines = [*map(_waits_for, view.customers), *_headline(view)]
    blocks = [*chain(*(_customer(one, view.zone) for one in view.customers)), *_found(view)]
    if foot := _foot(view):
        blocks.append(parts.context(foot))
    return Message(text=parts.escape(". ".join(headlines)), blocks=blocks)


def lines(rows: Iterable[Row], zone: tzinfo = UTC) -> list[Block]:
    """Rows as text, ten to a block."""
    return _together([f" {about(row, zone)}" for row in rows], rows)


def where(row: Row) -> str:
    return show.rank(row.place) if row.place else "–"


def about(row: Row, zone: tzinfo = UTC) -> str:
    """Say "k8s-connector · WSJF 1.0 · 3 companies wait · in progress, aimed at 12 December · R-14"."""
    title = parts.shorten(one_line(row.title), TITLE_SHOWN)
    score = f"WSJF {show.score(row.score)}" if row.score is not None else "no estimate yet"
    weight = [score, show.companies(row.companies)] if row.status.is_open else []
    status = [] if row.status is Status.BACKLOG else [progress(row, zone)]
    return " · ".join([title, *weight, *status, f"R-{row.number}"])


def progress(row: Row, zone: tzinfo) -> str:
    """Say "in progress, aimed at 12 December", "released 3 November"."""
    if row.status is Status.RELEASED and row.released_at:
        return f"{STATUSES[row.status]} {show.day(row.released_at.astimezone(zone).date())}"
    if row.target and row.status.is_open:
        return f"{STATUSES[row.status]}, aimed at {show.day(row.target)}"
    return STATUSES[row.status]


# ---- what a customer waits for ------------------------------------------------------------------


def _waits_for(customer: CustomerView) -> str:
    what = show.requests(customer.waits) if customer.waits else "nothing now" if customer.rows else "nothing yet"
    return f"{parts.shorten(customer.name, _WORDS_SHOWN)} waits for {what}"


def _customer(customer: CustomerView, zone: tzinfo) -> list[Block]:
    rows = _together([f" {_for_a_customer(row, zone)}" for row in customer.rows], customer.rows)
    more = customer.waits - sum(row.status.is_open for row in customer.rows)
    foot = [parts.context(f"{show.requests(more)} more.")] if more > 0 else []
    amounts = worth.amounts(customer.brings) if customer.brings else ""
    brings = [parts.words(f" · {amounts}")] if amounts else []
    return [parts.rich([parts.words(_waits_for(customer), bold=True), *brings]), *rows, *foot]


def _for_a_customer(row: Row, zone: tzinfo) -> str:
    title = parts.shorten(one_line(row.title), TITLE_SHOWN)
    waits_for_figures = row.status is Status.BACKLOG and row.place is None
    return f"{title} · {'no estimate yet' if waits_for_figures else progress(row, zone)} · R-{row.number}"


# ---- how it is done -----------------------------------------------------------------------------


def _found(view: BoardView) -> list[Block]:
    headline = [parts.rich([parts.words(text, bold=True)]) for text in _headline(view)]
    return [*headline, *lines(view.rows[:SHOWN], view.zone)]


def _headline(view: BoardView) -> list[str]:
    words = parts.shorten(one_line(view.words), _WORDS_SHOWN)
    if view.words and not view.rows:
        return [] if view.customers else [f"Nothing on the board for “{words}”"]
    if view.words:
        other = "other " if view.customers else ""
        count = f"{len(view.rows)} {other}request{'s' * (len(view.rows) != 1)}"
        return [f"{count if len(view.rows) <= SHOWN else f'More than {SHOWN} {other}requests'} for “{words}”"]
    if not view.ranked:
        return ["The board has no ranked request yet" if view.unranked else "The board is empty"]
    return [f"The board: {show.requests(view.ranked)}, the most worth doing first"]


def _foot(view: BoardView) -> str:
    if view.words and view.rows:
        return f"The {SHOWN} that hold most of these words." if len(view.rows) > SHOWN else ""
    if view.words:
        return "" if view.customers else "Fewer words find more. Or ask for it with `/request`."
    if not view.ranked and not view.unranked:
        return "Put the first request on it with `/request`: what can't your customer do today?"
    waits = f"{show.requests(view.unranked)} without an estimate. " if view.unranked else ""
    more = f"Top {len(view.rows)} shown; `/board words` finds the others. " if view.ranked > len(view.rows) else ""
    return f"{waits}{more}{show.WSJF_MEANS}"


def _together(texts: list[str], rows: Iterable[Row]) -> list[Block]:
    """One row a line, and the line break after it."""
    shown = [_line(row, text) for row, text in zip(rows, texts, strict=True)]
    chunks = [shown[first : first + TOGETHER] for first in range(0, len(shown), TOGETHER)]
    return [parts.rich([*chain(*chunk)][:-1]) for chunk in chunks]


def _line(row: Row, text: str) -> list[Element]:
    return [parts.words(where(row), bold=True), parts.words(text), parts.words("\n")]
