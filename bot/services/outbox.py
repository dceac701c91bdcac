"""Notices on their way out: handed to a worker, and settled by what came of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from bot.domain.acts import Act
from bot.domain.errors import Refused
from bot.domain.facts import Card, Saying, Undeliverable
from bot.domain.ids import ChannelId, MessageTs, NoticeId, RequestNumber, UserId, WorkerId
from bot.domain.messages import permalink
from bot.domain.notices import (
    Again,
    Attempt,
    Block,
    End,
    Notice,
    Outcome,
    Posted,
    Repost,
    Say,
    State,
    Topic,
    next_step,
)
from bot.domain.policy import WorkingHours
from bot.services import ranking
from storage.messages import Message
from storage.outbox import Claimed
from storage.store import Store

AT_ONCE = 8  #: lines served by one claim
_NO_SENSE = (Refused, LookupError, ValueError)  #: of a payload that nothing can be said from


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """What a worker delivers: where to, what, and whether to look before."""

    attempt: Attempt
    worker: WorkerId
    last_call: datetime  #: real time after which it may no longer be said: the lease would run out meanwhile
    topic: Topic
    key: str
    line: ChannelId | UserId
    thread: MessageTs | None
    look: bool
    saying: Saying
    subject: str
    drawn_from: int
    replaces: Message | None  #: the message to update instead of posting


def has_work(store: Store, act: Act) -> bool:
    """Whether some line's turn has come. A look, so that an idle worker never takes the write lock."""
    return bool(store.outbox.heads(act.at, act.wall, limit=1))


def claim(store: Store, act: Act, worker: WorkerId, hours: WorkingHours) -> list[Parcel]:
    """Take the head of each line whose turn has come, at most AT_ONCE, leased in real time."""
    parcels: list[Parcel] = []
    for key in store.outbox.heads(act.at, act.wall, AT_ONCE, taking=True):
        notice = store.outbox.get(key)
        try:
            if _may_be_said_now(store, act, key, notice, hours):
                parcels.append(_lease(store, act, worker, key))
        except _NO_SENSE as error:  # it must not keep the other lines from being served
            end = End(state=State.DEAD, error=str(error))
            store.outbox.end(key, end)
            _tell_admins(store, act, notice.topic, notice.line, end)
    return parcels


def settle(store: Store, act: Act, parcel: Parcel, outcome: Outcome) -> None:
    """Store what came of an attempt. A lease that passed to another worker settles nothing."""
    if not store.outbox.is_held(parcel.attempt, parcel.worker):
        return
    step = next_step(parcel.attempt, outcome, store.policy.patience, act.wall)
    match step:
        case Say(posted=posted):
            _said(store, act, parcel, posted)
        case Again():
            store.outbox.again(parcel.attempt, step)
        case Block(at=until):
            store.outbox.uncount(parcel.attempt)
            store.outbox.block_line(parcel.line, until)
        case Repost():
            _forget(store, act, parcel)
        case End():
            store.outbox.end(parcel.attempt.id, step)
            _tell_admins(store, act, parcel.topic, parcel.line, step)
        case _:
            assert_never(step)


# ---- claiming -----------------------------------------------------------------------------------


def _lease(store: Store, act: Act, worker: WorkerId, key: NoticeId) -> Parcel:
    patience = store.policy.patience
    until = act.wall + timedelta(seconds=patience.lease)
    claimed = store.outbox.lease(key, worker, act.wall, until)
    return _parcel(store, worker, claimed, until - timedelta(seconds=patience.call))


def _may_be_said_now(store: Store, act: Act, key: NoticeId, notice: Notice, hours: WorkingHours) -> bool:
    """Respect the reader: their preference, and for what can wait their working hours."""
    reader = store.people.get(UserId(notice.line))
    if reader is None:
        return True
    if store.people.prefers(reader.id, notice.topic) == "never":
        store.outbox.end(key, End(state=State.DROPPED, error="the reader prefers not to hear of it"))
        return False
    opens = hours.next_open(act.at, reader.zone(store.policy.company.zone))
    if notice.patient and opens > act.at:
        store.outbox.postpone(key, opens)
        return False
    return True


def _parcel(store: Store, worker: WorkerId, claimed: Claimed, last_call: datetime) -> Parcel:
    notice = claimed.notice
    saying = _compose(store, notice)
    subject, drawn_from = _subject(saying, notice)
    return Parcel(
        attempt=claimed.attempt,
        worker=worker,
        last_call=last_call,
        topic=notice.topic,
        key=notice.key,
        line=notice.line,
        thread=claimed.thread,
        look=claimed.look,
        saying=saying,
        subject=subject,
        drawn_from=drawn_from,
        replaces=store.messages.find(subject, notice.topic) if notice.topic is Topic.CARD else None,
    )


def _compose(store: Store, notice: Notice) -> Saying:
    """What the notice says, from current state."""
    match notice.topic:
        case Topic.CARD:
            return ranking.card(store, RequestNumber(notice.payload["number"]))
        case Topic.UNDELIVERABLE:
            return Undeliverable(**notice.payload)
        case _:
            assert_never(notice.topic)


def _subject(saying: Saying, notice: Notice) -> tuple[str, int]:
    if isinstance(saying, Card):
        return saying.request.subject, saying.request.version
    return f"notice:{notice.key}", notice.version


# ---- settling -----------------------------------------------------------------------------------


def _said(store: Store, act: Act, parcel: Parcel, posted: Posted) -> None:
    store.outbox.posted(parcel.attempt, posted.channel, posted.ts)
    store.messages.put(
        Message(
            channel=posted.channel,
            ts=posted.ts,
            subject=parcel.subject,
            purpose=parcel.topic,
            permalink=permalink(store.house.url(), posted.channel, posted.ts),
            drawn_from=parcel.drawn_from,
            at=act.at,
        )
    )
    if parcel.replaces is None:
        pace = timedelta(seconds=store.policy.patience.pace)
        store.outbox.block_line(parcel.line, act.wall + pace)


def _forget(store: Store, act: Act, parcel: Parcel) -> None:
    if parcel.replaces:
        store.messages.forget(parcel.replaces.channel, parcel.replaces.ts)
        store.outbox.again(parcel.attempt, Again(at=act.wall))
    else:
        store.outbox.end(parcel.attempt.id, End(state=State.DROPPED, error="its thread is gone"))


def _tell_admins(store: Store, act: Act, topic: Topic, line: str, end: End) -> None:
    """Once a day and line, so that a wrong channel is one message, not a hundred."""
    if topic is Topic.UNDELIVERABLE:
        return
    for admin in sorted(store.policy.admins):
        notice = Notice(
            topic=Topic.UNDELIVERABLE,
            key=f"undeliverable:{admin}:{line}:{act.at.date().isoformat()}",
            line=admin,
            payload={"line": line, "error": end.error},
            due_at=act.at,
            patient=True,
        )
        store.outbox.put(notice, act.at)
