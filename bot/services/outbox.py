"""Notices on their way out: handed to a worker, and settled by what came of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from bot.domain.acts import Act
from bot.domain.errors import Refused
from bot.domain.facts import Saying
from bot.domain.ids import ChannelId, MessageTs, NoticeId, UserId, WorkerId
from bot.domain.messages import permalink
from bot.domain.notices import (
    KEPT_CURRENT,
    PREFERENCES,
    Again,
    Attempt,
    Block,
    End,
    Mode,
    NothingToSay,
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
from bot.services import saying
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
    last_call: datetime  #: real time after which it may no longer be said: the lease might end before Slack is done
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
        except NothingToSay:
            store.outbox.end(key, End(state=State.DROPPED, error="nothing was left to say"))
        except _NO_SENSE as error:  # it must not keep the other lines from being served
            end = End(state=State.DEAD, error=str(error))
            store.outbox.end(key, end)
            store.outbox.scatter(notice.key)
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
            if step.state is State.DEAD:
                store.outbox.scatter(parcel.key)
            _tell_admins(store, act, parcel.topic, parcel.line, step)
        case _:
            assert_never(step)


# ---- claiming -----------------------------------------------------------------------------------


def _lease(store: Store, act: Act, worker: WorkerId, key: NoticeId) -> Parcel:
    patience = store.policy.patience
    until = act.wall + timedelta(seconds=patience.lease)
    claimed = store.outbox.lease(key, worker, act.wall, until)
    return _parcel(store, worker, claimed, until - timedelta(seconds=patience.look_after))


def _may_be_said_now(store: Store, act: Act, key: NoticeId, notice: Notice, hours: WorkingHours) -> bool:
    """Respect the reader: their preference, and for what can wait their working hours."""
    reader = store.people.get(UserId(notice.line))
    if reader is None:
        return True
    match store.people.prefers(reader.id, notice.topic) or PREFERENCES.get(notice.topic):
        case Mode.NEVER if notice.topic is not Topic.ROUND:  # which then says only what was folded
            store.outbox.end(key, End(state=State.DROPPED, error="the reader prefers not to hear of it"))
            return False
        case Mode.DAILY if _is_folded(store, notice):
            store.outbox.fold(key)
            return False
    opens = hours.next_open(act.at, reader.zone(store.policy.company.zone))
    if notice.patient and opens > act.at:
        store.outbox.postpone(key, opens)
        return False
    return True


def _is_folded(store: Store, notice: Notice) -> bool:
    """Whether it waits for the daily message; one that is said already is kept current where it stands."""
    if notice.topic not in PREFERENCES or notice.topic is Topic.ROUND:
        return False
    if notice.topic not in KEPT_CURRENT:
        return True
    subject, _ = saying.about(saying.compose(store, notice), notice)
    return store.messages.find(subject, notice.topic) is None


def _parcel(store: Store, worker: WorkerId, claimed: Claimed, last_call: datetime) -> Parcel:
    notice = claimed.notice
    if notice.topic is Topic.ROUND and notice.key == notice.payload["key"] and claimed.attempt.count == 1:
        # Once: a message found or drawn again doesn't say what came up since.
        store.outbox.gather(notice.key, UserId(notice.line))
    said = saying.compose(store, notice)
    subject, drawn_from = saying.about(said, notice)
    card = store.messages.find(subject, Topic.CARD) if notice.topic is Topic.THREAD else None
    if notice.topic is Topic.THREAD and card is None:
        raise NothingToSay
    return Parcel(
        attempt=claimed.attempt,
        worker=worker,
        last_call=last_call,
        topic=notice.topic,
        key=notice.key,
        line=card.channel if card else notice.line,
        thread=card.ts if card else claimed.thread,
        look=claimed.look,
        saying=said,
        subject=subject,
        drawn_from=drawn_from,
        replaces=store.messages.find(subject, notice.topic) if notice.topic in KEPT_CURRENT else None,
    )


# ---- settling -----------------------------------------------------------------------------------


def _said(store: Store, act: Act, parcel: Parcel, posted: Posted) -> None:
    store.outbox.posted(parcel.attempt, posted.channel, posted.ts)
    if parcel.topic is Topic.ROUND:
        store.outbox.said_in(parcel.subject, posted.channel, posted.ts)
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
    """Once a day and line, so that a wrong channel is one message, not a hundred; a test is answered each time."""
    if topic is Topic.UNDELIVERABLE:
        return
    is_test = topic is Topic.TEST
    when = act.at.isoformat() if is_test else act.at.date().isoformat()
    for admin in sorted(store.policy.admins):
        notice = Notice(
            topic=Topic.UNDELIVERABLE,
            key=f"undeliverable:{admin}:{line}:{when}",
            line=admin,
            payload={"line": line, "error": end.error},
            due_at=act.at,
            patient=not is_test,
        )
        store.outbox.put(notice, act.at)
