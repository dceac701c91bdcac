"""What a request has won and lost us, on its page."""

from collections.abc import Iterator

from bot.domain.deals import DealsSaid, Ended
from bot.ui import figures as show
from bot.ui import parts
from bot.ui.parts import Block

_NAMES_SHOWN = 4


def blocks(said: DealsSaid | None) -> list[Block]:
    """One line; nothing while it decided no deal."""
    lines = list(_lines(said)) if said else []
    return [parts.said(" ".join(lines))] if lines else []


def _lines(said: DealsSaid) -> Iterator[str]:
    if said.lost:
        yield f"Lost without it: {_what(said.lost)}."
    if said.won:
        yield f"Won with it: {_what(said.won)}."


def _what(ended: Ended) -> str:
    """Say "€120k and $40k (Acme Bank)"; without amounts "2 deals (Acme Bank, Globex)"."""
    amounts = [show.money(amount) for amount in ended.sums]
    if amounts and ended.unsized:
        amounts.append(f"{_deals(ended.unsized)} of unknown size")
    return f"{parts.listed(amounts or [_deals(ended.count)])} ({parts.listed(ended.customers, room=_NAMES_SHOWN)})"


def _deals(count: int) -> str:
    return "1 deal" if count == 1 else f"{show.count(count)} deals"
