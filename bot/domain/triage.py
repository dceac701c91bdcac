"""Triage: a new request gets its first answer from product."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from bot.domain.board import Row
from bot.domain.ids import RequestNumber, UserId
from bot.domain.merging import Merged
from bot.domain.policy import WorkingHours
from bot.domain.requests import Request
from bot.domain.text import clean, one_line

LATE_AFTER = 5  #: working days; a first answer comes within them
DIRECTION_LIMIT = 60
TRACKER_LIMIT = 500


def working_days_between(start: datetime, end: datetime, hours: WorkingHours, zone: tzinfo) -> int:
    """Working days begun since the one in which the wait began; what comes after hours waits from the next one.

    Filed on Monday, or during the weekend before it, a request has waited one working day on Tuesday.
    """
    first = hours.next_open(start, zone).astimezone(zone).date()
    return sum(day.weekday() in hours.days for day in _days(first, end.astimezone(zone).date()))


def _days(after: date, last: date) -> Iterator[date]:
    return (after + timedelta(days=n) for n in range(1, (last - after).days + 1))


# ---- what waits ---------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Untriaged:
    """A request that product has not answered yet."""

    request: Request
    asked_by: str | None
    days: int  #: working days it has waited
    like: Row | None = None  #: an open request it is probably the same as

    @property
    def is_late(self) -> bool:
        return self.days > LATE_AFTER


@dataclass(frozen=True, kw_only=True)
class NewRequests:
    """What waits for a first answer, the longest wait first."""

    shown: tuple[Untriaged, ...]
    more: int  #: beyond those shown
    reader: UserId
    may_sort: bool


@dataclass(frozen=True, kw_only=True)
class TriageForm:
    """What the triage form knows before a person writes."""

    request: Request
    owner: UserId  #: who is offered as owner
    asked_by: str | None
    like: Row | None


@dataclass(frozen=True, kw_only=True)
class Sorted:
    """What the triage form did."""

    request: Request
    owner: str | None  #: a name
    is_changed: bool
    merged: Merged | None = None  #: it was made one with another


# ---- what people write --------------------------------------------------------------------------


def _line(text: object) -> object:
    return (one_line(clean(text)) or None) if isinstance(text, str) else text


def _direction(text: str) -> str:
    if len(text) > DIRECTION_LIMIT:
        raise ValueError(f"That's {len(text)} characters; a direction's name has room for {DIRECTION_LIMIT}.")
    return text


def _address(text: str) -> str:
    if not _is_address(text):
        raise ValueError("Paste the whole link, beginning with https://")
    if len(text) > TRACKER_LIMIT:
        raise ValueError(f"That's {len(text)} characters; a link has room for {TRACKER_LIMIT}.")
    return text


def _is_address(text: str) -> bool:
    try:
        address = urlsplit(text)
        return address.scheme in ("http", "https") and bool(address.hostname) and not set(text) & set(' <>|"')
    except ValueError:
        return False


Direction = Annotated[str, AfterValidator(_direction)]
Address = Annotated[str, AfterValidator(_address)]


class Triage(BaseModel):
    """How a request is sorted, as written in a form."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    owner: UserId | None = None
    direction: Annotated[Direction | None, BeforeValidator(_line)] = None
    tracker: Annotated[Address | None, BeforeValidator(_line)] = None
    same_as: RequestNumber | None = None
