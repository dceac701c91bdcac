"""Notices: facts somebody must be told, stored before they are said, and what to do after each attempt.

At-least-once with look-before-resend: after an attempt whose outcome is unknown the channel is searched for the
notice's key before anything is sent again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, assert_never

from bot.domain.ids import ChannelId, MessageTs, NoticeId, UserId


class Topic(StrEnum):
    CARD = "card"  #: a request's card in the board channel
    THREAD = "thread"  #: what changed, in the card's thread
    ROLLUP = "rollup"  #: the day's requests in one message, for a board channel that wants no single cards
    NEWS = "news"  #: what changed about a request somebody asked for, or told a customer about
    WATCH = "watch"  #: the same, for who watches it
    RANK = "rank"  #: it entered or left the top five
    READY = "ready"  #: it is released: notes for the customers who wait
    QUESTION = "question"  #: somebody asks this person something about a request
    ANSWER = "answer"  #: the answer, for who asked
    BURNING = "burning"  #: somebody wants to start a request that has no estimate yet
    ROUND = "round"  #: what waits for this person, once a working day
    OUTCOME = "outcome"  #: whether a released request is used as much as it should be
    DIGEST = "digest"  #: the week's digest in a channel
    DETAILS = "details"  #: the rest of it, in its thread
    PREVIEW = "preview"  #: the digest an hour before, for whoever looks after it
    MISSED = "missed"  #: it came too late to be said
    BLOCKER = "blocker"  #: something is in the way, and this person can help
    REVIEW = "review"  #: the weekly review, one item at a time
    MINUTES = "minutes"  #: what it decided
    CASE = "case"  #: a request taken to the strategy level, in the strategy channel
    SIDE = "side"  #: this person is asked for the other side's words
    DECIDED = "decided"  #: what the strategy level decided about a request this person has to do with
    DEAL = "deal"  #: a deal's close date has passed: how did it end?
    TEST = "test"  #: an admin sees that a channel works
    UNDELIVERABLE = "undeliverable"  #: an admin hears that something could not be said


#: Said about one thing in one message, which is drawn anew rather than said again.
KEPT_CURRENT = frozenset(
    {
        Topic.CARD,
        Topic.QUESTION,
        Topic.BURNING,
        Topic.ROUND,
        Topic.READY,
        Topic.OUTCOME,
        Topic.DIGEST,
        Topic.DETAILS,
        Topic.PREVIEW,
        Topic.BLOCKER,
        Topic.REVIEW,
        Topic.CASE,
        Topic.SIDE,
        Topic.DEAL,
    }
)


class Mode(StrEnum):
    """How a person wants to hear of a topic."""

    NOW = "now"  #: a direct message of its own, in their working hours
    DAILY = "daily"  #: a line in the daily message
    NEVER = "never"


#: What people may choose for themselves, and how it is until they do.
PREFERENCES: Mapping[Topic, Mode] = MappingProxyType(
    {
        Topic.NEWS: Mode.NOW,
        Topic.WATCH: Mode.DAILY,
        Topic.RANK: Mode.NOW,
        Topic.READY: Mode.NOW,
        Topic.QUESTION: Mode.NOW,
        Topic.ANSWER: Mode.NOW,
        Topic.OUTCOME: Mode.NOW,
        Topic.DECIDED: Mode.NOW,
        Topic.DEAL: Mode.NOW,
        Topic.ROUND: Mode.DAILY,
    }
)


class NothingToSay(Exception):
    """The notice was overtaken: what it was about no longer is so."""


class State(StrEnum):
    WAITING = "waiting"
    SENDING = "sending"  #: leased to a worker
    POSTED = "posted"
    DEAD = "dead"  #: will not be said; `error` says why
    DROPPED = "dropped"  #: the reader doesn't want it, its parent died, or there was nothing left to say
    FOLDED = "folded"  #: waits for the reader's daily message, which says it
    UNSURE = "unsure"  #: may have been said and can't be looked up: rather one too few than two


@dataclass(frozen=True, kw_only=True)
class Notice:
    """What to tell, before it is said."""

    topic: Topic
    key: str  #: once only; also the key to find the message by
    line: ChannelId | UserId  #: where it is said: a channel, or a person for a direct message
    payload: Mapping[str, Any]
    due_at: datetime  #: business time
    version: int = 1  #: of the payload's shape
    after: str | None = None  #: key of the parent whose thread it belongs in
    patient: bool = False  #: a direct message that can wait for working hours


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A notice in the hands of a worker."""

    id: NoticeId
    count: int  #: attempts so far, this one included; throttled ones don't count
    began: datetime  #: real time
    first: datetime  #: real time of the first attempt
    plain: bool = False  #: drawn without optional blocks


# ---- outcomes of an attempt ---------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Posted:
    channel: ChannelId
    ts: MessageTs
    permalink: str | None = None


@dataclass(frozen=True, kw_only=True)
class Throttled:
    retry_after: float  #: seconds


@dataclass(frozen=True, kw_only=True)
class NotSent:
    """Certainly not said, and worth trying again: no connection could be made, or Slack said so."""

    error: str


@dataclass(frozen=True, kw_only=True)
class Unknown:
    """A timeout, a reset, a 5xx: may have been said."""

    error: str
    sent: datetime | None = None  #: real time when the call began; None: with the attempt


@dataclass(frozen=True, kw_only=True)
class Unsure:
    """Unknown, and it can't be looked up (no history scope, no such method)."""

    error: str


@dataclass(frozen=True, kw_only=True)
class Gone:
    """The message to update, or the thread to answer in, no longer exists."""


@dataclass(frozen=True, kw_only=True)
class Permanent:
    """Slack will never accept it as it is."""

    error: str


Outcome = Posted | Throttled | NotSent | Unknown | Unsure | Gone | Permanent


# ---- what to do next ----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long to wait for what, in real seconds."""

    call: float = 10.0  #: one Slack call
    pace: float = 1.0  #: between two posts in one channel; Slack allows about one a second
    backoff_cap: float = 600.0
    give_up_after: float = 86_400.0
    attempts: int = 12

    @property
    def lease(self) -> float:
        """Long enough for a look and a post, each of one call, with as much again to spare."""
        return max(self.call * 4, 2.0)

    @property
    def look_after(self) -> float:
        """Slack may still be working on a call we gave up on."""
        return self.call * 1.5


@dataclass(frozen=True, kw_only=True)
class Say:
    """It has been said."""

    posted: Posted


@dataclass(frozen=True, kw_only=True)
class Again:
    """Try again at `at`, searching the channel first when `look`."""

    at: datetime
    look: bool = False
    plain: bool = False
    counts: bool = True
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class Block:
    """The whole line waits until `at`; the attempt doesn't count."""

    at: datetime


@dataclass(frozen=True, kw_only=True)
class Repost:
    """Forget the old message and say it anew."""


@dataclass(frozen=True, kw_only=True)
class End:
    """No further attempt."""

    state: State
    error: str


Step = Say | Again | Block | Repost | End


def next_step(attempt: Attempt, outcome: Outcome, patience: Patience, now: datetime) -> Step:
    """What follows from one attempt. Pure: `now` is real time."""
    match outcome:
        case Posted():
            return Say(posted=outcome)
        case Throttled(retry_after=seconds):
            return Block(at=now + timedelta(seconds=max(seconds, 0.0)))
        case Gone():
            return Repost()
        case Unsure(error=error):
            return End(state=State.UNSURE, error=error)
        case Permanent(error="invalid_blocks" | "invalid_blocks_format" | "msg_blocks_too_long") if (
            not attempt.plain
        ):
            return Again(at=now, plain=True, error=outcome.error)
        case Permanent(error=error):
            return End(state=State.DEAD, error=error)
        case NotSent(error=error):
            return _again(attempt, error, now + _backoff(attempt, patience), patience, look=False)
        case Unknown(error=error, sent=sent):
            settled = (sent or attempt.began) + timedelta(seconds=patience.look_after)
            return _again(attempt, error, max(settled, now), patience, look=True)
        case _:
            assert_never(outcome)


def _again(attempt: Attempt, error: str, at: datetime, patience: Patience, *, look: bool) -> Step:
    worn_out = attempt.count >= patience.attempts or at > attempt.first + timedelta(seconds=patience.give_up_after)
    if worn_out:
        return End(state=State.UNSURE if look else State.DEAD, error=error)
    return Again(at=at, look=look, plain=attempt.plain, error=error)


def _backoff(attempt: Attempt, patience: Patience) -> timedelta:
    return timedelta(seconds=min(2.0 ** min(attempt.count - 1, 30), patience.backoff_cap))
