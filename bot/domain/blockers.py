"""Blockers: what keeps a request from going on, and who gets it out of the way."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import count, islice
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from bot.domain.ids import RequestNumber, UserId
from bot.domain.policy import WorkingHours
from bot.domain.requests import Request
from bot.domain.text import clean, is_blank

WORDS_LIMIT = 300
NUDGES = 5  #: direct messages about one blocker, the first among them
EVERY = 2  #: working days from one to the next


@dataclass(frozen=True, kw_only=True)
class Blocker:
    id: int  #: 0 until it is stored
    number: RequestNumber
    words: str  #: what is in the way
    owner: UserId  #: who gets it out of the way
    by: UserId  #: who said so
    at: datetime
    nudges: int = 0  #: direct messages to the owner so far
    nudged_at: datetime | None = None
    answer: str | None = None  #: what the owner said of it last; nobody is nudged after that
    answered_at: datetime | None = None
    resolved_at: datetime | None = None
    resolved_by: UserId | None = None
    note: str | None = None  #: how it was resolved

    @property
    def is_open(self) -> bool:
        return self.resolved_at is None

    @property
    def is_nudged(self) -> bool:
        """Whether its owner hears of it again."""
        return self.is_open and self.answer is None and self.nudges < NUDGES

    @property
    def subject(self) -> str:
        """What the message register calls it."""
        return f"blocker:{self.id}"

    def resolved(self, note: str, by: UserId, at: datetime) -> "Blocker":
        return replace(self, note=note, resolved_by=by, resolved_at=at)

    def answered(self, words: str, at: datetime) -> "Blocker":
        return replace(self, answer=words, answered_at=at)

    def handed_to(self, owner: UserId, at: datetime) -> "Blocker":
        """Somebody else's from now on: they are told anew, whatever was said before."""
        return replace(self, owner=owner, nudges=0, nudged_at=at, answer=None, answered_at=None)


def next_nudge(blocker: Blocker, hours: WorkingHours, zone: tzinfo) -> datetime:
    """When its owner, who lives in this zone, is told again: as work begins, EVERY working days after the last.

    What was put while they were off was said when their work began.
    """
    last = hours.next_open(blocker.nudged_at or blocker.at, zone).astimezone(zone).date()
    ahead = (last + timedelta(days=n) for n in count(1))
    *_, day = islice((day for day in ahead if day.weekday() in hours.days), EVERY)
    return hours.next_open(datetime.combine(day, time(), zone), zone)


@dataclass(frozen=True, kw_only=True)
class Blocked:
    """A blocker as people see it."""

    blocker: Blocker
    request: Request
    names: Mapping[UserId, str]
    since: date
    days: int  #: how long it has been in the way
    answered: date | None = None  #: when its owner said something of it
    resolved: date | None = None


@dataclass(frozen=True, kw_only=True)
class Nudge:
    """A blocker, said to its owner, or to who was it then."""

    blocked: Blocked
    count: int  #: the first is 1
    reader: UserId
    subject: str  #: what the message register calls it: each time of its own
    today: date  #: when it is said, in the reader's zone

    @property
    def is_theirs(self) -> bool:
        return self.reader == self.blocked.blocker.owner


@dataclass(frozen=True, kw_only=True)
class BlockerForm:
    """What the form for a new blocker knows before a person writes."""

    request: Request
    owner: UserId | None  #: who is likely to get it out of the way
    known: tuple[Blocked, ...] = ()  #: that are open already
    words: str = ""  #: typed with the command


@dataclass(frozen=True, kw_only=True)
class Raised:
    """What became of a new blocker, or of one that passed to somebody else."""

    blocked: Blocked
    is_told: bool  #: its owner hears of it by direct message
    today: date  #: where the reader is
    on: date  #: when its owner hears of it, there; where `is_told`, first, else again
    is_now: bool = False  #: they are at work at this moment


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """A blocker that is out of the way."""

    blocked: Blocked
    left: int  #: others that are still in the way of the request
    is_first: bool = True  #: False: somebody had said so already


@dataclass(frozen=True, kw_only=True)
class InTheWay:
    """All that is in the way, for one reader."""

    shown: tuple[Blocked, ...]  #: the reader's own first; oldest first
    more: int
    reader: UserId

    @property
    def count(self) -> int:
        return len(self.shown) + self.more


# ---- what people write --------------------------------------------------------------------------


def _written(words: str) -> str:
    if is_blank(words):
        raise ValueError("Say it in a few words.")
    if len(words) > WORDS_LIMIT:
        raise ValueError(f"That's {len(words)} characters; keep it under {WORDS_LIMIT}.")
    return words


Words = Annotated[str, BeforeValidator(lambda text: clean(text or "")), AfterValidator(_written)]


class Raising(BaseModel):
    """A blocker as written in a form."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    words: Words
    owner: UserId


class Resolving(BaseModel):
    """How it was resolved, as written in a form."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    note: Words


class Answering(BaseModel):
    """What its owner says of it, as written in a form."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    words: Words


class Handing(BaseModel):
    """Who gets it out of the way from now on, as chosen in a form."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    owner: UserId
