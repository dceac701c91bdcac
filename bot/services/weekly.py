"""The weekly digest's clock: previewed, posted once a week, skipped, missed, corrected.

A week is claimed in the same transaction that puts its notices, so it is said once, however many clocks tick and
whoever else posts it by hand.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from bot.domain.acts import Act
from bot.domain.digest import CORRECTIONS, Digest, Kept, Missed, Preview, State
from bot.domain.ids import ChannelId, RequestNumber, UserId
from bot.domain.notices import NothingToSay, Notice, Topic
from bot.domain.notices import State as Ended
from bot.domain.people import Member
from bot.domain.periods import Period
from bot.domain.roles import Doing
from bot.domain.subscriptions import Subscription, SubscriptionId
from bot.services import access, digest, schedules
from storage.store import Store

PREVIEW = timedelta(hours=1)  #: before a digest is due
_SOON = timedelta(seconds=3)  #: corrections within it are drawn together
_OFFERED = (Doing.COORDINATE, Doing.MEASURE)


class Task(StrEnum):
    """What the clock can have to do about one digest."""

    BEGIN = "begin"  #: the company has its digest from now on
    PREVIEW = "preview"
    POST = "post"  #: or report, when it is too late
    CORRECT = "correct"


@dataclass(frozen=True, kw_only=True)
class Due:
    task: Task
    subscription: SubscriptionId
    period: str


# ---- the clock ----------------------------------------------------------------------------------


def due(store: Store, act: Act) -> list[Due]:
    """What there is to do now. A look, so that an idle clock never takes the write lock."""
    return [one for subscription in schedules.all_of(store) for one in _due(store, act.at, subscription)]


def _due(store: Store, now: datetime, of: Subscription) -> Iterator[Due]:
    slot, coming = of.weekly.latest(now), of.weekly.next(now)
    if of.is_company and store.house.mark(schedules.MARK) is None:
        yield Due(task=Task.BEGIN, subscription=of.id, period=coming.name)
        return
    if slot.due_at >= of.at and _is_coming(store, of, slot.name):
        yield Due(task=Task.POST, subscription=of.id, period=slot.name)
    if coming.due_at - PREVIEW <= now and _is_to_be_previewed(store, of, coming.name):
        yield Due(task=Task.PREVIEW, subscription=of.id, period=coming.name)
    last = store.digests.last(of.id)
    if last and now < last.at + CORRECTIONS and _is_overtaken(store, of, last):
        yield Due(task=Task.CORRECT, subscription=of.id, period=last.period)


def _is_coming(store: Store, of: Subscription, period: str) -> bool:
    """Whether that week is nobody's yet."""
    kept = store.digests.get(of.id, period)
    return kept is None or kept.state is State.COMING


def _is_to_be_previewed(store: Store, of: Subscription, period: str) -> bool:
    said = store.outbox.state(_preview_key(of, period))
    return said is None and _is_coming(store, of, period) and access.served(store, of.by) is not None


def ensure(store: Store, act: Act, what: Due) -> bool:
    """Do what was due, unless another clock or a person did it meanwhile. True if there was something to do."""
    of = schedules.find(store, what.subscription)
    if of is None:
        return False
    match what.task:
        case Task.BEGIN:
            return _begin(store, act)
        case Task.PREVIEW:
            return _offer(store, act, of, what.period)
        case Task.POST:
            return _ensure_digest(store, act, of, of.weekly.named(what.period))
        case Task.CORRECT:
            return _correct(store, act, of, what.period)
        case _:
            assert_never(what.task)


def _begin(store: Store, act: Act) -> bool:
    if store.house.mark(schedules.MARK):
        return False
    store.house.set_mark(schedules.MARK, act.at.isoformat(), act)
    return True


def _offer(store: Store, act: Act, of: Subscription, period: str) -> bool:
    """The digest as it would be said now, for whoever looks after it. It can't wait for their working hours."""
    assert of.by
    return _put_preview(store, act, of, period, _preview_key(of, period), of.by)


def _ensure_digest(store: Store, act: Act, of: Subscription, period: Period) -> bool:
    """Post that week's digest, or report that it was missed for too long: once."""
    if not claim(store, act, of, period.name):
        return False
    if period.is_too_late(act.at):
        _miss(store, act, of, period)
    else:
        put_digest(store, act, of, period.name)
    return True


def claim(store: Store, act: Act, of: Subscription, period: str) -> bool:
    return store.house.claim_period(f"digest:{of.id}", period, act)


# ---- posting ------------------------------------------------------------------------------------


def put_digest(store: Store, act: Act, of: Subscription, period: str) -> None:
    """Keep what is told, and put it: the message, and what stands in its thread."""
    kept = unsaid(kept_of(store, act, of, period))
    made = digest.compose(store, of, period, act.at, kept)
    store.digests.put(_posted(act, of, kept, made))
    _remember(store, act, of, made, version=1)
    key = of.key(period)
    _put(store, act, of.channel, Topic.DIGEST, key, _payload(of, period, 1), revives=True)
    _put(store, act, of.channel, Topic.DETAILS, f"{key}:details", _payload(of, period, 1), after=key, revives=True)
    redraw_preview(store, act, of, period, after=key)


def _posted(act: Act, of: Subscription, kept: Kept, made: Digest) -> Kept:
    return replace(
        kept,
        channel=of.channel,
        state=State.POSTED,
        until=act.at,
        by=act.by.user,
        top=made.places,
        told=sorted(made.told),
        filed=made.filed,
        shipped=made.shipped.count,
        at=act.at,
    )


def kept_of(store: Store, act: Act, of: Subscription, period: str) -> Kept:
    """What is kept of that week, as far as it isn't said yet: it tells of everything since the last that was."""
    known = store.digests.get(of.id, period) or Kept(
        subscription=of.id, period=period, channel=of.channel, state=State.COMING, since=act.at, at=act.at
    )
    return replace(known, since=digest.since(store, of, period, act.at))


def _payload(of: Subscription, period: str, version: int) -> dict[str, object]:
    return {"subscription": of.id, "period": period, "version": version}


def _put(
    store: Store,
    act: Act,
    line: ChannelId | UserId,
    topic: Topic,
    key: str,
    payload: Mapping[str, object],
    *,
    after: str | None = None,
    merges: str | None = None,
    patient: bool = False,
    revives: bool = False,
) -> bool:
    """`revives`: what Slack refused once is tried again."""
    due_at = act.at + _SOON if merges else act.at
    notice = Notice(topic=topic, key=key, line=line, payload=payload, due_at=due_at, after=after, patient=patient)
    return store.outbox.put(notice, act.at, merges=merges) or (revives and store.outbox.revive(notice))


def unsaid(kept: Kept) -> Kept:
    """As before it was posted, with what was said for it."""
    return replace(kept, state=State.COMING, until=None, told=())


def is_out(store: Store, of: Subscription, kept: Kept) -> bool:
    """Whether it was posted, and Slack took it: a channel we aren't in refuses it."""
    return kept.state is State.POSTED and store.outbox.state(of.key(kept.period)) != Ended.DEAD


# ---- missed -------------------------------------------------------------------------------------


def _miss(store: Store, act: Act, of: Subscription, period: Period) -> None:
    kept = kept_of(store, act, of, period.name)
    store.digests.put(replace(kept, state=State.MISSED, at=act.at))
    payload = {"subscription": of.id, "period": period.name, "due": period.due_at.isoformat()}
    readers = {*store.policy.admins, *([of.by] if of.by else [])}
    for reader in sorted(user for user in readers if access.served(store, user)):
        key = f"missed:{of.id}:{period.name}:{reader}"
        _put(store, act, reader, Topic.MISSED, key, payload, patient=True)


def missed(store: Store, notice: Notice) -> Missed:
    """Raises NothingToSay once somebody has posted it after all."""
    of, period = _about(store, notice)
    kept = store.digests.get(of.id, period)
    if kept is None or kept.state is not State.MISSED:
        raise NothingToSay
    due_at = datetime.fromisoformat(notice.payload["due"])
    return Missed(subscription=of, period=period, due_at=due_at)


def _about(store: Store, notice: Notice) -> tuple[Subscription, str]:
    of = schedules.find(store, SubscriptionId(notice.payload["subscription"]))
    if of is None:
        raise NothingToSay
    return of, notice.payload["period"]


# ---- corrected ----------------------------------------------------------------------------------


def _is_overtaken(store: Store, of: Subscription, said: Kept) -> bool:
    """Whether something happened about what it speaks of after it was drawn."""
    drawn = store.house.mark(_mark(of, said.period))
    return drawn is not None and _newest(store, drawn["about"]) > drawn["line"]


def _correct(store: Store, act: Act, of: Subscription, period: str) -> bool:
    said = store.digests.get(of.id, period)
    if said is None or not _is_overtaken(store, of, said):
        return False
    return redraw(store, act, of, said)


def redraw(store: Store, act: Act, of: Subscription, said: Kept) -> bool:
    """Have the message, and its thread, say how it is now. Only where they stand already: never anew."""
    there = replace(of, channel=said.channel)
    made = digest.compose(store, there, said.period, said.until or act.at, said)
    drawn = store.house.mark(_mark(of, said.period))
    version = drawn["version"] + 1 if drawn else 2
    line = _remember(store, act, of, made, version)
    for topic, first in _TOGETHER.items():
        key = f"{of.key(said.period)}{first}"
        payload = _payload(of, said.period, version)
        name = f"{key}:{line}:{version}"
        _put(store, act, said.channel, topic, name, payload, after=key, merges=f"redraw:{key}")
    return True


_TOGETHER = {Topic.DIGEST: "", Topic.DETAILS: ":details"}


def _remember(store: Store, act: Act, of: Subscription, made: Digest, version: int) -> int:
    """What it is drawn from: the newest line of the change log about anything it speaks of."""
    about = sorted(_speaks_of(made))
    line = _newest(store, about)
    store.house.set_mark(_mark(of, made.period), {"line": line, "version": version, "about": about}, act)
    return line


def _speaks_of(made: Digest) -> set[RequestNumber]:
    """Requests it would be wrong about if they changed; places on the board are as of the day it was said."""
    waiting = [one.row.number for one in (*made.decisions.shown, *made.stuck.shown)]
    return {*made.told, *waiting, *(one.row.number for one in made.unsized.shown)}


def _newest(store: Store, about: list[RequestNumber]) -> int:
    return store.changes.last_of([f"request:{number}" for number in about])


def _mark(of: Subscription, period: str) -> str:
    return f"digest:drawn:{of.key(period)}"


# ---- previewed ----------------------------------------------------------------------------------


def _preview_key(of: Subscription, period: str) -> str:
    return f"preview:{of.id}:{period}"


def _put_preview(
    store: Store,
    act: Act,
    of: Subscription,
    period: str,
    key: str,
    reader: UserId,
    *,
    after: str | None = None,
) -> bool:
    payload = {"subscription": of.id, "period": period, "at": act.at.isoformat()}
    return _put(store, act, reader, Topic.PREVIEW, key, payload, after=after)


def redraw_preview(store: Store, act: Act, of: Subscription, period: str, *, after: str | None = None) -> None:
    """Whoever saw it an hour before sees what became of it. `after`: once that has been said."""
    first = _preview_key(of, period)
    if of.by and store.outbox.state(first):
        _put_preview(store, act, of, period, f"{first}:{act.key}", of.by, after=after or first)


def preview(store: Store, notice: Notice) -> Preview:
    """Raises NothingToSay when it is too late to offer it for the first time."""
    of, period = _about(store, notice)
    reader = access.served(store, UserId(notice.line))
    shown = preview_of(store, of, period, datetime.fromisoformat(notice.payload["at"]), reader)
    is_said = store.messages.find(f"{of.key(period)}:{notice.line}", Topic.PREVIEW) is not None
    if shown.state is not State.COMING and not is_said:
        raise NothingToSay
    return shown


def preview_of(store: Store, of: Subscription, period: str, now: datetime, reader: Member | None) -> Preview:
    """The digest as it would be said now, or as it was."""
    kept = store.digests.get(of.id, period)
    until = kept.until if kept and kept.until else now
    said = store.messages.find(of.key(period), Topic.DIGEST)
    return Preview(
        digest=digest.compose(store, of, period, until, kept),
        due_at=of.weekly.named(period).due_at,
        state=state_of(store, of, kept),
        by=name_of(store, kept.by if kept else None),
        link=said.permalink if said else None,
        may=frozenset(doing for doing in _OFFERED if reader and reader.may(doing)),
    )


def state_of(store: Store, of: Subscription, kept: Kept | None) -> State:
    """One that Slack refused was missed, too."""
    if kept is None or kept.state is not State.POSTED:
        return kept.state if kept else State.COMING
    return State.POSTED if is_out(store, of, kept) else State.MISSED


def name_of(store: Store, user: UserId | None) -> str | None:
    return store.people.names([user]).get(user) if user else None
