"""Requests that ask for the same: which of them stands for all, who hangs on whom, and taking a link back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.changes import Logged
from bot.domain.errors import Refused
from bot.domain.ids import RequestNumber, UserId
from bot.domain.requests import Request, Status

UNDO_WITHIN = timedelta(days=1)
SHOWN = 5  #: joined requests shown on the one that stands for them

_PROGRESS = (Status.BACKLOG, Status.PLANNED, Status.IN_PROGRESS, Status.TESTING)
_UNDONE = ("status", "reason", "wanted_by")  #: besides the link itself, what joining changes
_ANEW = "If the needs differ, file this one as its own request."


# ---- which of them stands -----------------------------------------------------------------------


def survivor(one: Request, other: Request) -> Request:
    """Which of two open requests stands for both: the one furthest along, else the oldest."""
    return min(one, other, key=_precedence)


def _precedence(request: Request) -> tuple[int, datetime, RequestNumber]:
    """No two requests have the same, so whatever is joined in whatever order, the same one stands for all."""
    return -_PROGRESS.index(request.status), request.at, request.number


# ---- who hangs on whom --------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Link:
    """A request that was joined to another."""

    number: RequestNumber
    same_as: RequestNumber
    by: UserId | None  #: who asked for it


def beneath(number: RequestNumber, links: Sequence[Link]) -> list[Link]:
    """What was joined to this request, directly or by way of others."""
    of: dict[RequestNumber, list[Link]] = {}
    for link in links:
        of.setdefault(link.same_as, []).append(link)
    found = list(of.get(number, ()))
    for link in found:
        found += of.get(link.number, ())
    return found


# ---- taking it back -----------------------------------------------------------------------------


def may_be_undone(joined_at: datetime, now: datetime) -> bool:
    return now - joined_at <= UNDO_WITHIN


def apart(joined: Request, lines: Iterable[Logged], now: datetime) -> Request:
    """The request as it was before `lines`, those of the act that joined it. Raises Refused when it is too late."""
    was = {line.field: line for line in lines}
    other = f"R-{joined.same_as}"
    link = was["same_as"]
    if not may_be_undone(link.at, now):
        raise Refused(f"{joined.name} has been the same as {other} for more than a day, so it stays. {_ANEW}")
    if any(getattr(joined, name) != was[name].new for name in (*_UNDONE, "same_as") if name in was):
        raise Refused(f"{joined.name} has changed since it became the same as {other}, so it stays. {_ANEW}")
    old = {name: was[name].old for name in _UNDONE if name in was}
    return replace(
        joined,
        **{**old, "status": Status(old["status"])},
        same_as=None,
        survivor=None,
        answered_at=None if joined.answered_at == link.at else joined.answered_at,
    )


# ---- what the ui draws --------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Merged:
    """Two requests are one."""

    joined: Request
    survivor: Request
    is_further: bool = False  #: the survivor is further along; else it came first
    is_undoable: bool = True
    moved: tuple[str, ...] = ()  #: customers who wait for the survivor only since
    follows: str | None = None  #: who asked for the joined one, if somebody else


@dataclass(frozen=True, kw_only=True)
class Unlinked:
    """A request stands for itself again, or did already."""

    request: Request
    other: Request | None = None  #: what it is not the same as; None: it was undone before
    customers: tuple[str, ...] = ()  #: who wait for it again
    follows: str | None = None  #: who asked for it, if somebody else


@dataclass(frozen=True, kw_only=True)
class JoinedOne:
    """A request that another stands for."""

    request: Request
    asked_by: str | None
    is_undoable: bool


@dataclass(frozen=True, kw_only=True)
class Joins:
    """What one request has to do with others that ask for the same."""

    survivor: Request | None = None  #: the one that stands for it
    customers: tuple[str, ...] = ()  #: it was asked for by them, where another stands for it
    is_undoable: bool = False
    joined: tuple[JoinedOne, ...] = ()  #: it stands for these, the first of them
    more: int = 0
