"""The weekly review: the team walks through what waits, one request at a time, and what it decides is kept."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from bot.domain.blockers import Blocked
from bot.domain.board import Standing
from bot.domain.changes import Logged
from bot.domain.digest import Waiting
from bot.domain.ids import ChannelId, RequestNumber, UserId
from bot.domain.requests import Request
from bot.domain.text import clean, is_blank
from bot.domain.wsjf import Factor

WORDS_LIMIT = 500
ITEMS = 15  #: at most, in one review
ABANDONED = timedelta(hours=12)  #: a review nobody goes on with ends by itself
DECISION = "decision"  #: the field of the change log that holds one

#: Fields of a request that a review decides, as the change log calls them; of each what it ended as is told.
_FIELDS = {
    *("status", "target", "owner", "direction", "reason", "same_as", "adoption_target"),
    *Factor,
}
_EVENTS = {DECISION, "blocker", "blocker_owner"}  #: told each time


@dataclass(frozen=True, kw_only=True)
class Review:
    """A walk through what waits."""

    id: int  #: 0 until it is stored
    channel: ChannelId
    items: tuple[RequestNumber, ...]
    position: int  #: of the item looked at; len(items) once all were
    version: int  #: grows with every step and every decision
    by: UserId
    at: datetime
    ended_at: datetime | None = None
    ended_by: UserId | None = None

    @property
    def is_over(self) -> bool:
        return self.ended_at is not None

    @property
    def item(self) -> RequestNumber | None:
        return self.items[self.position] if self.position < len(self.items) and not self.is_over else None

    @property
    def looked_at(self) -> tuple[RequestNumber, ...]:
        """Items the team has come to."""
        return self.items[: self.position + 1]

    @property
    def subject(self) -> str:
        """What the message register calls it."""
        return f"review:{self.id}"


@dataclass(frozen=True, kw_only=True)
class Decided:
    """What came of one item: what the lines of its change log since the review began come to."""

    request: Request
    lines: tuple[Logged, ...]


def came_to(lines: Iterable[Logged]) -> tuple[Logged, ...]:
    """What lines of a log come to: each field as it ended, by whoever said so last; decisions and blockers each.

    A field that ended as it began is left out. Oldest line first.
    """
    told = [line for line in lines if line.field in _FIELDS | _EVENTS]
    first = {line.field: line.old for line in reversed(told)}
    last = {line.field: line.id for line in told}
    net = [line if line.field in _EVENTS else replace(line, old=first[line.field]) for line in told]
    return tuple(
        line for line in net if line.field in _EVENTS or (line.id == last[line.field] and line.old != line.new)
    )


@dataclass(frozen=True, kw_only=True)
class ReviewSaid:
    """The review as the channel sees it."""

    review: Review
    request: Request | None  #: the item looked at; None once it is over
    standing: Standing | None  #: where it stands
    waiting: tuple[Waiting, ...] = ()  #: why that item is looked at
    blockers: tuple[Blocked, ...] = ()  #: its open ones
    decided: tuple[Decided, ...] = ()  #: what came of the item looked at; once it is over, of each that was
    names: Mapping[UserId, str]


@dataclass(frozen=True, kw_only=True)
class Minutes:
    """What a review decided, once it is over."""

    review: Review
    decided: tuple[Decided, ...]
    untouched: tuple[Request, ...]  #: looked at, and nothing was decided about them
    names: Mapping[UserId, str]


@dataclass(frozen=True, kw_only=True)
class Begun:
    """What came of beginning a review."""

    review: Review | None  #: None: nothing waits for a decision
    is_new: bool = False  #: False: it was under way already
    link: str | None = None  #: where it is, once it is there

    def begins_in(self, channel: str | None) -> bool:
        """Whether it begins right in this channel, where everybody sees it."""
        return self.is_new and self.review is not None and self.review.channel == channel


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """A decision that is kept."""

    request: Request
    is_shown: bool  #: the review shows it


def _written(words: str) -> str:
    if is_blank(words):
        raise ValueError("Say what was decided.")
    if len(words) > WORDS_LIMIT:
        raise ValueError(f"That's {len(words)} characters; keep it under {WORDS_LIMIT}.")
    return words


class Decision(BaseModel):
    """What was decided, as written in a form."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    words: Annotated[str, BeforeValidator(lambda text: clean(text or "")), AfterValidator(_written)]
