"""What customers may hear of a request, and who was told what."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from bot.domain.changes import Logged
from bot.domain.ids import AccountId, RequestNumber, UserId
from bot.domain.requests import Request, Status
from bot.domain.text import clean, one_line

SENTENCE_LIMIT = 600


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """What customers may hear of a request; an earlier version stays, because somebody was told it."""

    number: RequestNumber
    version: int
    words: str
    by: UserId | None
    at: datetime
    target: date | None  #: the date it was written for


@dataclass(frozen=True, kw_only=True)
class Told:
    """A customer was told a version of the sentence."""

    number: RequestNumber
    account: AccountId
    version: int
    by: UserId
    at: datetime


# ---- a sentence and what happened since ---------------------------------------------------------


class Overtaken(StrEnum):
    """What happened since a sentence was written, so that it may no longer be so."""

    DATE = "date"
    RELEASED = "released"
    DECLINED = "declined"
    REOPENED = "reopened"


def overtaken(sentence: Sentence, request: Request, history: Iterable[Logged]) -> Overtaken | None:
    """Whether a request was closed, opened again or given another date since; None: the sentence still stands."""
    moves = [m for m in history if m.field == "status" and m.at > sentence.at]
    ends = {Status.RELEASED: Overtaken.RELEASED, Status.DECLINED: Overtaken.DECLINED}
    if moves and request.status in ends:
        return ends[request.status]
    if any(m.old in ends for m in moves):
        return Overtaken.REOPENED
    if request.status.is_open and sentence.target != request.target:
        return Overtaken.DATE
    return None


# ---- what the ui draws --------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Heard:
    """The last a customer heard."""

    words: str
    by: str  #: a name
    by_me: bool  #: the reader told them
    on: date
    is_latest: bool  #: these are the words they may hear now


@dataclass(frozen=True, kw_only=True)
class Listener:
    """A customer who waits, and what it has heard."""

    account: AccountId
    name: str
    is_mine: bool  #: the reader looks after it
    heard: Heard | None


@dataclass(frozen=True, kw_only=True)
class Promise:
    """What one reader may tell customers about a request."""

    request: Request
    sentence: Sentence | None
    author: str | None  #: name of who wrote the sentence
    written: date | None
    overtaken: Overtaken | None
    ask: str | None  #: name of who can say more
    may_promise: bool  #: the reader may write the sentence
    listeners: tuple[Listener, ...]  #: the reader's own first
    today: date


@dataclass(frozen=True, kw_only=True)
class Saved:
    """What came of the form."""

    request: Request
    told: tuple[str, ...] = ()  #: names of the customers
    sentence: Sentence | None = None  #: the new one
    now: tuple[str, ...] = ()  #: names of who hears of it
    daily: tuple[str, ...] = ()  #: in their daily message


@dataclass(frozen=True, kw_only=True)
class Ready:
    """A request is released: what its reader may send to each of their customers who wait."""

    request: Request
    reader: UserId
    sentence: Sentence | None  #: written for the release; None: nobody wrote one since
    waiting: Mapping[AccountId, str]  #: the reader's customers, by name
    told: Mapping[AccountId, Heard]  #: of these, who has been told since the release


# ---- what people write --------------------------------------------------------------------------


def paragraph(words: str) -> str:
    """The words as they are kept: one paragraph."""
    return one_line(clean(words))


def check_room(words: str) -> str:
    if len(words) > SENTENCE_LIMIT:
        raise ValueError(
            f"That's {len(words)} characters; customers remember less. Keep it under {SENTENCE_LIMIT}."
        )
    return words


def _as_paragraph(words: object) -> object:
    return paragraph(words) if isinstance(words, str) else words


CustomerWords = Annotated[str, BeforeValidator(_as_paragraph), AfterValidator(check_room)]


class Telling(BaseModel):
    """What was ticked and written in the form."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    told: tuple[AccountId, ...] = ()
    sentence: CustomerWords = ""
