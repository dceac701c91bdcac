"""What an act changed about a subject, as the change log keeps it."""

from dataclasses import dataclass
from typing import Any

from bot.domain.requests import Request
from bot.domain.wsjf import Factor

_WORDS = ("title", "problem", "source", "status")


@dataclass(frozen=True, kw_only=True)
class Change:
    """One field's old and new value, as JSON."""

    field: str
    old: Any
    new: Any


def differences(before: Request | None, after: Request) -> list[Change]:
    """What changed between two states of a request; from None, everything it began with."""
    fields = [(name, getattr(before, name, None), getattr(after, name)) for name in _WORDS]
    fields += [(factor, _estimate(before, factor), _estimate(after, factor)) for factor in Factor]
    return [Change(field=name, old=old, new=new) for name, old, new in fields if old != new]


def _estimate(request: Request | None, factor: Factor) -> dict[str, Any] | None:
    estimate = request.estimates.get(factor) if request else None
    return vars(estimate).copy() if estimate else None
