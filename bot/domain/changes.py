"""What an act changed about a subject, as the change log keeps it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bot.domain.ids import AccountId, RequestNumber, UserId
from bot.domain.requests import Estimate, Request
from bot.domain.wsjf import Factor

_PLAIN = (
    "title",
    "problem",
    "source",
    "status",
    "owner",
    "direction",
    "tracker",
    "target",
    "reason",
    "same_as",
    "wanted_by",
    "adoption_target",
    "adoption_event",
)
_STATE = (*_PLAIN, "sentence", "adoption")  #: what a line gives a new value; other lines tell what happened


@dataclass(frozen=True, kw_only=True)
class Change:
    """One field's old and new value, as JSON."""

    field: str
    old: Any
    new: Any


@dataclass(frozen=True, kw_only=True)
class Logged:
    """A line of the change log."""

    id: int  #: grows with time
    subject: str
    field: str
    old: Any
    new: Any
    by: UserId | None
    at: datetime
    why: str | None
    via: str
    trace: str


def differences(before: Request | None, after: Request) -> list[Change]:
    """What changed between two states of a request; from None, everything it began with."""
    fields = [(name, _json(getattr(before, name, None)), _json(getattr(after, name))) for name in _PLAIN]
    fields += [(factor, _estimate(before, factor), _estimate(after, factor)) for factor in Factor]
    return [Change(field=name, old=old, new=new) for name, old, new in fields if old != new]


def net(lines: Iterable[Logged]) -> Mapping[str, Change]:
    """What these lines come to for each field; a field that ended as it began is left out. Oldest line first."""
    first: dict[str, Any] = {}
    last: dict[str, Any] = {}
    for line in lines:
        first.setdefault(line.field, line.old)
        last[line.field] = line.new
    return {name: Change(field=name, old=first[name], new=new) for name, new in last.items() if first[name] != new}


def mover(lines: Iterable[Logged], *, up: bool) -> Logged | None:
    """The first of these lines that changed a figure so that the request moved up the board, or down."""
    figures = (line for line in lines if line.field in set(Factor))
    return next((line for line in figures if _moves(counted(line), up=up)), None)


def counted(line: Logged) -> Change:
    """The figure that counted before a line about it, and after."""
    return Change(field=line.field, old=_counts(line.old), new=_counts(line.new))


def _counts(estimate: Mapping[str, Any] | None) -> int | None:
    if estimate is None:
        return None
    confirmed: int | None = estimate["confirmed"]
    return confirmed if confirmed is not None else estimate["proposed"]


def _moves(change: Change, *, up: bool) -> bool:
    old: int | None = change.old
    new: int | None = change.new
    if old is None or new is None:
        return old != new
    better, worse = (old, new) if change.field == Factor.JOB_SIZE else (new, old)
    return better > worse if up else better < worse


@dataclass(frozen=True, kw_only=True)
class Rebuilt:
    """A request as its change log tells it."""

    fields: Mapping[str, Any]  #: as JSON; what is empty is left out
    estimates: Mapping[Factor, Estimate]
    accounts: frozenset[AccountId]  #: customers it was asked for by
    joined: frozenset[RequestNumber]  #: requests that hang on it; their customers wait for it too


def replay(lines: Iterable[Logged]) -> Rebuilt:
    """What a request came to by these lines, its first among them. Oldest line first."""
    last: dict[str, Any] = {}
    gathered: dict[str, set[Any]] = {"ask": set(), "merged": set()}
    for line in lines:
        if line.field in gathered:
            gathered[line.field] = (gathered[line.field] | {line.new}) - {line.old, None}
        last[line.field] = line.new
    return Rebuilt(
        fields={name: last[name] for name in _STATE if last.get(name) is not None},
        estimates={factor: Estimate(**last[factor]) for factor in Factor if last.get(factor)},
        accounts=frozenset(gathered["ask"]),
        joined=frozenset(gathered["merged"]),
    )


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _estimate(request: Request | None, factor: Factor) -> dict[str, Any] | None:
    estimate = request.estimates.get(factor) if request else None
    return vars(estimate).copy() if estimate else None
