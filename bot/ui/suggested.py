"""Suggested figures in words: why, and a button that puts one into its field."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from bot.domain.asks import Aim, Importance
from bot.domain.errors import Refused
from bot.domain.pages import Page
from bot.domain.roles import Doing
from bot.domain.suggestions import Hanging, SuggestedTime, SuggestedValue, Suggestions
from bot.domain.wsjf import SCALE, Factor
from bot.ui import figures as show
from bot.ui import parts
from bot.ui.parts import Block

TAKE = "take_suggestion"  #: the value is "factor:figure"
NAME_SHOWN = 80
_OFFERED = {f"{factor}:{figure}": (factor, figure) for factor in Suggestions.FACTORS for figure in SCALE}


# ---- in the Estimate form -----------------------------------------------------------------------


def offer(suggestions: Suggestions, factor: Factor, figure: int | None) -> list[Block]:
    """What is suggested instead of the figure in force, why, and a button to take it."""
    suggested = suggestions.of(factor)
    if suggested is None or suggested.figure == figure:
        return []
    take = parts.button(f"Take {suggested.figure}", TAKE, f"{factor}:{suggested.figure}")
    return [parts.said(words(suggested), accessory=take)]


def taken(button: Mapping[str, Any]) -> tuple[Factor, int]:
    """What a pressed button offered. Raises Refused when it is none of ours."""
    offered = _OFFERED.get(button.get("value") or "")
    if offered is None:
        raise Refused("This button is from an older Tandem. Close the form and open it again.")
    return offered


def words(suggested: SuggestedValue | SuggestedTime) -> str:
    """Say "Suggested 8: 12 companies wait, 3 % of the 400 we know."."""
    why = _value(suggested) if isinstance(suggested, SuggestedValue) else _time(suggested)
    return f"Suggested {suggested.figure}: {why}"


# ---- why ----------------------------------------------------------------------------------------


def _value(suggested: SuggestedValue) -> str:
    return f"{_waiting(suggested)}.{_money(suggested.hanging) if suggested.more else ''}"


def _waiting(suggested: SuggestedValue) -> str:
    wait = show.companies(suggested.waiting)
    if suggested.percent is None:
        return wait
    share = show.share(suggested.percent)
    if suggested.by_reach:
        return f"{suggested.waiting:,} of the {suggested.known:,} customers we know wait for it, {share}"
    return f"{wait}, {share} of the {suggested.known:,} we know"


def _money(hanging: Hanging | None) -> str:
    if hanging is None:
        return " One step more for the money behind it."
    part = f"{show.share(hanging.percent)} of {_WHOLE[hanging.of]} in {hanging.money.currency}"
    return f" One step more for money: {show.money(hanging.money)}, {part}."


_WHOLE = {Aim.PROTECT: "what all pay", Aim.GROW: "all open deals"}


def _time(suggested: SuggestedTime) -> str:
    closing = suggested.closing
    name = parts.shorten(closing.customer, NAME_SHOWN)
    return f"{name} decides on {_when(closing.closes, suggested.days)}{_NEEDS[closing.importance]}."


def _when(day: date, days: int) -> str:
    near = {0: "today", 1: "tomorrow"}.get(days, f"in {days:,} days")
    return f"{show.day(day)} ({near})"


_NEEDS = {
    Importance.MUST: " and won't buy without it",
    Importance.BLOCKS: "; without it they won't buy more",
    None: "; nobody has said how much they need it",
}


# ---- on the opened page -------------------------------------------------------------------------


def on_page(page: Page) -> list[Block]:
    """For who may confirm it: a close date presses more than the figure in force says."""
    figure = page.card.request.figures.get(Factor.TIME_CRITICALITY)
    presses = page.suggested is not None and page.suggested.figure > (figure or 0)
    if page.suggested is None or not presses or Doing.CONFIRM_TIME_CRITICALITY not in page.may:
        return []
    now = "No time criticality yet" if figure is None else f"Time criticality {figure}"
    return [parts.context(f"{now}; a close date suggests {page.suggested.figure}.")]
