"""How requests move, and what of it is news to those who follow them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, model_validator

from bot.domain.changes import Change, Logged, net
from bot.domain.errors import Refused
from bot.domain.promises import CustomerWords, Listener, Sentence
from bot.domain.requests import Request, Status
from bot.domain.roles import Doing
from bot.domain.text import clean, is_blank
from bot.domain.wsjf import Factor

WHY_LIMIT = 1000
NEWS = frozenset({"status", "target", "sentence"})  #: fields whose change is told to those who follow a request
IN_WORK = frozenset({Status.IN_PROGRESS, Status.TESTING, Status.RELEASED})  #: nothing gets there unestimated
_DATELESS = frozenset({Status.BACKLOG, Status.DECLINED})


# ---- what people write --------------------------------------------------------------------------


def _written(text: object) -> object:
    """None for what says nothing."""
    if not isinstance(text, str):
        return text
    words = clean(text)
    return None if is_blank(words) else words


def _fitting(why: str | None) -> str | None:
    if why is not None and len(why) > WHY_LIMIT:
        raise ValueError(f"That's {len(why)} characters; keep it under {WHY_LIMIT}.")
    return why


class Move(BaseModel):
    """Where a request goes, as written in a form."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    status: Status
    target: date | None = None
    why: Annotated[str | None, BeforeValidator(_written), AfterValidator(_fitting)] = None
    sentence: Annotated[CustomerWords | None, BeforeValidator(_written)] = None  #: None: it stays as it is

    @model_validator(mode="after")
    def _says_what_is_needed(self) -> Self:
        faults = dict(self._faults())
        if faults:
            raise Refused(next(iter(faults.values())), fields=faults)
        return self

    def _faults(self) -> Iterator[tuple[str, str]]:
        if self.status is Status.PLANNED and self.target is None:
            yield "target", "When should it be released? A plan has a date; it may change."
        if self.status is Status.DECLINED and self.why is None:
            yield "why", "Why not? Whoever asked will read it."
        if self.status is Status.DECLINED and self.sentence is None:
            yield "sentence", "What may customers hear of this no? Say it in a sentence, anew."

    @property
    def needs(self) -> Doing:
        """The right it takes."""
        return Doing.DECLINE if self.status is Status.DECLINED else Doing.MOVE


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a form showed when it was opened: left alone, it is nobody's word."""

    status: Status
    target: date | None


def rebased(move: Move, shown: Shown, now: Request) -> Move:
    """What the form left as it was `shown` stays as it is now, should somebody have moved it meanwhile."""
    if (shown.status, shown.target) == (now.status, now.target):
        return move
    return Move(
        status=now.status if move.status is shown.status else move.status,
        target=now.target if move.target == shown.target else move.target,
        why=move.why,
        sentence=move.sentence,
    )


# ---- moving -------------------------------------------------------------------------------------


def check(move: Move, before: Request, today: date) -> None:
    """Raises Refused for a new date that has passed."""
    if _is_late(move, before, today):
        raise Refused("That day has passed. Choose one from today on.", field="target")


def _is_late(move: Move, before: Request, today: date) -> bool:
    """A date that stands may pass while the work goes on; a new one, and that of a new plan, may not."""
    if move.target is None or move.target >= today or move.status in _DATELESS:
        return False
    is_new_plan = move.status is Status.PLANNED and before.status is not Status.PLANNED
    return is_new_plan or move.target != before.target


def must_wait(before: Request, status: Status) -> bool:
    """Whether it needs an estimate first."""
    return status in IN_WORK and status is not before.status and before.score is None


def moved(before: Request, move: Move, at: datetime, *, answers: bool) -> Request:
    """The request as it is after the move; `answers`: who moves it speaks for product."""
    declined, released = move.status is Status.DECLINED, move.status is Status.RELEASED
    after = replace(
        before,
        status=move.status,
        target=None if move.status in _DATELESS else move.target,
        reason=move.why if declined else None,
        released_at=(before.released_at or at) if released else None,
        wanted_by=None if move.status in IN_WORK or declined else before.wanted_by,
    )
    if after == before or not answers:
        return after
    return replace(after, answered_at=before.answered_at or at)


# ---- what is news -------------------------------------------------------------------------------


def is_news(before: Request, after: Request) -> bool:
    return (before.status, before.target) != (after.status, after.target)


def stays_in_the_thread(before: Request, after: Request) -> bool:
    """That it is tested now concerns its makers; others heard that it began, and hear when it is out."""
    begins_testing = (before.status, after.status) == (Status.IN_PROGRESS, Status.TESTING)
    return begins_testing and before.target == after.target


def news_of(lines: Iterable[Logged]) -> Mapping[str, Change]:
    """What these lines of the log come to, of what followers are told. Oldest line first."""
    return net(line for line in lines if line.field in NEWS)


def is_worth_saying(changes: Mapping[str, Change], lines: Sequence[Logged], *, stands: bool) -> bool:
    """Nothing is said of what went there and back, nor of a sentence that was overtaken at once.

    `stands`: the sentence customers may hear fits the request as it is now.
    """
    if changes.keys() - {"sentence"}:
        return True
    last = next((line.field for line in reversed(lines) if line.field in NEWS), None)
    return bool(changes) and stands and last == "sentence"


# ---- what the ui draws --------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class MoveForm:
    """What the form knows before a person writes."""

    request: Request
    sentence: Sentence | None
    may: frozenset[Doing]
    today: date

    @property
    def may_write(self) -> bool:
        """Whether the reader may say what customers hear."""
        return bool(self.may & {Doing.PROMISE, Doing.DECLINE})

    @property
    def statuses(self) -> tuple[Status, ...]:
        """Where the reader may move it, and where it is."""
        return tuple(s for s in Status if s is self.request.status or self._needs(s) in self.may)

    @staticmethod
    def _needs(status: Status) -> Doing:
        return Doing.DECLINE if status is Status.DECLINED else Doing.MOVE


@dataclass(frozen=True, kw_only=True)
class Audience:
    """Who hears of a change, by name."""

    now: tuple[str, ...] = ()
    daily: tuple[str, ...] = ()  #: in their daily message


@dataclass(frozen=True, kw_only=True)
class Moved:
    """What a move did."""

    request: Request
    is_changed: bool = True
    audience: Audience = field(default_factory=Audience)
    sentence: Sentence | None = None  #: what customers may hear from now on, where the move said so
    heard: tuple[Listener, ...] = ()  #: customers who heard something else before
    is_overtaken: bool = False  #: what customers may hear was written before the move


@dataclass(frozen=True, kw_only=True)
class Held:
    """It can't start: it has no estimate yet."""

    request: Request
    asked: tuple[str, ...]  #: names of who was asked for it
    yours: tuple[Factor, ...]  #: figures the reader gives themself
    unheld: tuple[str, ...]  #: roles that give the others, and that nobody holds
    admins: tuple[str, ...]  #: names of who can change that


@dataclass(frozen=True, kw_only=True)
class Watching:
    """Whether somebody hears of a request from now on."""

    request: Request
    on: bool
    anyway: bool  #: they asked for it, so they hear of it in any case
    mode: str  #: how they want to hear of what they watch, a Mode
