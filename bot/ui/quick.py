"""Figures chosen in a message, by one click each."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.domain.errors import Refused
from bot.domain.ids import RequestNumber, UserId, read_key
from bot.domain.requests import Estimate, Request, Sizing
from bot.domain.wsjf import Factor
from bot.ui import inputs, parts, vocabulary
from bot.ui.parts import Block, Element

CHOOSE = "estimate_in"  #: followed by the factor
STALE = "This menu is from an older Tandem. Find the request with /board and estimate it there."

_PLACEHOLDER_LIMIT = 150


def selects(
    request: Request, factors: Sequence[Factor], names: Mapping[UserId, str] | None = None, *also: Element
) -> Block:
    """A menu for each figure. Nothing is chosen at first, so that choosing always tells, the same figure too."""
    return {"type": "actions", "elements": [*(_select(request, f, names or {}) for f in factors), *also]}


def read(action: Mapping[str, Any]) -> tuple[RequestNumber, Sizing]:
    """Which figure of which request was chosen. Raises Refused when it is none of ours."""
    factor = str(action.get("action_id", "")).partition(":")[2]
    number, _, step = (inputs.chosen(action) or "").partition(":")
    key = read_key(number)
    if isinstance(key, str) or factor not in list(Factor):
        raise Refused(STALE)
    return key, inputs.checked(Sizing, **{factor: lambda: step})


def _select(request: Request, factor: Factor, names: Mapping[UserId, str]) -> Element:
    options = [{**step, "value": f"{request.number}:{step['value']}"} for step in vocabulary.steps(factor)]
    estimate = request.estimates.get(factor, Estimate())
    return parts.select(f"{CHOOSE}:{factor}", options, _placeholder(factor, estimate, names))


def _placeholder(factor: Factor, estimate: Estimate, names: Mapping[UserId, str]) -> str:
    label = vocabulary.SHORT[factor]
    if not estimate.is_guess:
        return label
    who = names.get(estimate.proposed_by) if estimate.proposed_by else None
    return parts.shorten(f"{label} ({who or 'somebody'} says {estimate.figure})", _PLACEHOLDER_LIMIT)
