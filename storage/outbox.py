"""Notices on their way: what waits, whose turn it is, what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    Integer,
    Row,
    Select,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.ids import ChannelId, MessageTs, NoticeId, UserId, WorkerId
from bot.domain.notices import Again, Attempt, End, Notice, State, Topic
from storage.tables import line, notice


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """A notice leased to a worker."""

    notice: Notice
    attempt: Attempt
    look: bool  #: an earlier attempt may have succeeded: search before sending
    thread: MessageTs | None  #: of the parent it answers


#: An attempt that has begun is first in its line: due before all others.
_BEGUN = datetime(1970, 1, 1, tzinfo=UTC)

# ---- statements, built once: to build one takes longer than to run it ----

_parent = notice.alias("parent")
_THIS: BindParameter[Any] = bindparam("this")
_BY_ID = select(notice).where(notice.c.id == _THIS)
_STATE = select(notice.c.state).where(notice.c.key == bindparam("key_of"))
_LINE = select(notice.c.line).where(notice.c.key == bindparam("key_of"))
_TS = select(notice.c.ts).where(notice.c.key == bindparam("key_of"))
_HOLDER = select(notice.c.worker, notice.c.attempt_at).where(notice.c.id == _THIS, notice.c.state == State.SENDING)
_MERGEABLE = select(notice.c.id).where(notice.c.merges == bindparam("into")).limit(1)
_ORPHANS = (
    select(notice.c.id)
    .join(_parent, _parent.c.key == notice.c.after)
    .where(_parent.c.id == _THIS, notice.c.queue.is_not(None))
)
_CHANGED = update(notice).where(notice.c.id == _THIS)
# What is folded. Its state is written out, as the index on it is.
_IS_FOLDED = notice.c.state == literal_column("'folded'")
_READERS = select(notice.c.line).where(_IS_FOLDED, notice.c.after.is_(None)).distinct()
_GATHERED = (
    update(notice)
    .where(_IS_FOLDED, notice.c.line == bindparam("for"), notice.c.after.is_(None))
    .values(after=bindparam("into"))
)
_OF_ROUND = (
    select(notice).where(notice.c.after == bindparam("into"), notice.c.topic != Topic.ROUND).order_by(notice.c.id)
)
_SCATTERED = update(notice).where(_IS_FOLDED, notice.c.after == bindparam("into")).values(after=None)
_FOLDED_SAID = (
    update(notice)
    .where(_IS_FOLDED, notice.c.after == bindparam("into"))
    .values(state=State.POSTED, channel=bindparam("in_channel"), ts=bindparam("at_ts"))
)
_LATEST: dict[str, Any] = {"blocked_until": literal_column("excluded.blocked_until")}
_BLOCKED_ON_SQLITE = sqlite.insert(line).on_conflict_do_update(index_elements=["line"], set_=_LATEST)
_BLOCKED_ON_POSTGRES = postgresql.insert(line).on_conflict_do_update(index_elements=["line"], set_=_LATEST)
# What comes back, not the row count: of an insert, Postgres tells none.
_NEW_ON_SQLITE = sqlite.insert(notice).on_conflict_do_nothing(index_elements=["key"]).returning(notice.c.id)
_NEW_ON_POSTGRES = postgresql.insert(notice).on_conflict_do_nothing(index_elements=["key"]).returning(notice.c.id)


def _heads() -> Select[Any]:
    """Steps from line to line through the index, and in each to its first notice: however many wait behind it."""
    lines = select(func.min(notice.c.queue).label("name")).cte("lines", recursive=True)
    after = select(func.min(notice.c.queue)).where(notice.c.queue > lines.c.name).scalar_subquery()
    lines = lines.union_all(select(after).where(lines.c.name.is_not(None)))
    one = notice.alias("one")
    first = (
        select(one.c.id)
        .outerjoin(_parent, _parent.c.key == one.c.after)
        .where(
            one.c.queue == lines.c.name,
            one.c.due_at <= bindparam("now"),
            one.c.topic.in_(list(Topic)),  # others are for a newer replica
            or_(one.c.after.is_(None), _parent.c.state == State.POSTED),
        )
        .order_by(one.c.due_at, one.c.id)
        .limit(1)
        .scalar_subquery()
    )
    wall: BindParameter[Any] = bindparam("wall")
    return (
        select(notice.c.id)
        .select_from(lines)
        .outerjoin(line, line.c.line == lines.c.name)
        .join(notice, notice.c.id == first)
        .where(
            or_(line.c.blocked_until.is_(None), line.c.blocked_until <= wall),
            or_(notice.c.lease_until.is_(None), notice.c.lease_until <= wall),
            or_(notice.c.not_before.is_(None), notice.c.not_before <= wall),
        )
        .order_by(notice.c.due_at, notice.c.id)
        .limit(bindparam("limit", type_=Integer))
    )


_HEADS = _heads()
_TAKEN_HEADS = _HEADS.with_for_update(of=notice, skip_locked=True)


class Outbox:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._is_sqlite = connection.dialect.name == "sqlite"

    # ---- putting in ----

    def put(self, new: Notice, at: datetime, *, merges: str | None = None, is_first: bool = False) -> bool:
        """Store a notice; False when its key is known, or when one that `merges` the same is still to be drawn.

        One whose parent is known not to be said any more is stored as dropped. `is_first` saves the look for one
        to merge with where there can be none.
        """
        if merges and not is_first and self._connection.scalar(_MERGEABLE, {"into": merges}):
            return False
        orphaned = new.after is not None and self._is_given_up(new.after)
        row = {
            "key": new.key,
            "topic": new.topic,
            "version": new.version,
            "line": new.line,
            "queue": None if orphaned else new.line,
            "merges": None if orphaned else merges,
            "payload": dict(new.payload),
            "due_at": new.due_at,
            "after": new.after,
            "patient": new.patient,
            "state": State.DROPPED if orphaned else State.WAITING,
            "error": ORPHANED if orphaned else None,
            "attempts": 0,
            "look": False,
            "plain": False,
            "at": at,
        }
        new_one = _NEW_ON_SQLITE if self._is_sqlite else _NEW_ON_POSTGRES
        return self._connection.scalar(new_one, row) is not None

    # ---- taking out ----

    def heads(self, now: datetime, wall: datetime, limit: int, *, taking: bool = False) -> Sequence[NoticeId]:
        """The first notice of each line, where its turn has come and nobody holds it.

        A notice joins its line when it is due and its parent, if any, has been posted. `now` is business time.
        Once an attempt has begun it stays first, whatever comes later and was due earlier. `taking` passes over
        what another worker is taking at this moment.
        """
        heads = _TAKEN_HEADS if taking else _HEADS
        return list(self._connection.scalars(heads, {"now": now, "wall": wall, "limit": limit}))

    def get(self, key: NoticeId) -> Notice:
        return _notice(self._connection.execute(_BY_ID, {"this": key}).one())

    def lease(self, key: NoticeId, worker: WorkerId, wall: datetime, until: datetime) -> Claimed:
        """Hand a notice to a worker. An attempt already begun may have succeeded, so it must look first."""
        row = self._connection.execute(_BY_ID, {"this": key}).one()
        look = row.look or row.state == State.SENDING
        first = row.first_attempt_at or wall
        self._set(
            key,
            state=State.SENDING,
            due_at=_BEGUN,
            worker=worker,
            lease_until=until,
            attempts=row.attempts + 1,
            attempt_at=wall,
            first_attempt_at=first,
            look=look,
            merges=None,
        )
        attempt = Attempt(id=key, count=row.attempts + 1, began=wall, first=first, plain=row.plain)
        return Claimed(notice=_notice(row), attempt=attempt, look=look, thread=self._thread(row.after))

    def is_held(self, attempt: Attempt, worker: WorkerId) -> bool:
        """Whether this very attempt still holds the notice; a lease that ran out may have passed to another."""
        row = self._connection.execute(_HOLDER, {"this": attempt.id}).one_or_none()
        return row is not None and (row.worker, row.attempt_at) == (worker, attempt.began)

    def postpone(self, key: NoticeId, due_at: datetime) -> None:
        """Not yet: it is due at another business time."""
        self._set(key, due_at=due_at)

    def fold(self, key: NoticeId) -> None:
        """Its reader prefers to hear of it in their daily message."""
        self._set(key, state=State.FOLDED, queue=None, merges=None)

    def gather(self, into: str, reader: UserId) -> None:
        """What was folded for this reader so far is said by the daily message with that key."""
        self._connection.execute(_GATHERED, {"for": reader, "into": into})

    def gathered(self, into: str) -> Sequence[Notice]:
        """What a daily message says besides what waits, oldest first."""
        return [_notice(row) for row in self._connection.execute(_OF_ROUND, {"into": into}).all()]

    def scatter(self, into: str) -> None:
        """The daily message was not said: the next one says what it held."""
        self._connection.execute(_SCATTERED, {"into": into})

    def readers_of_folded(self) -> Sequence[UserId]:
        """Those for whom something waits to be said in a daily message."""
        return [UserId(user) for user in self._connection.scalars(_READERS)]

    # ---- what came of it ----

    def posted(self, attempt: Attempt, channel: ChannelId, ts: MessageTs) -> None:
        self._set(attempt.id, state=State.POSTED, queue=None, channel=channel, ts=ts, error=None, **_RELEASED)

    def said_in(self, into: str, channel: ChannelId, ts: MessageTs) -> None:
        """A daily message was said, and with it what it gathered."""
        self._connection.execute(_FOLDED_SAID, {"into": into, "in_channel": channel, "at_ts": ts})

    def again(self, attempt: Attempt, step: Again) -> None:
        self._set(
            attempt.id,
            state=State.WAITING,
            not_before=step.at,
            look=step.look,
            plain=step.plain,
            error=step.error,
            **_RELEASED,
        )

    def uncount(self, attempt: Attempt) -> None:
        """The attempt was throttled: it costs nothing, and nothing was said."""
        self._set(attempt.id, state=State.WAITING, attempts=attempt.count - 1, **_RELEASED)

    def end(self, key: NoticeId, step: End) -> None:
        """No further attempt; what waits for it as its parent dies with it."""
        self._set(key, state=step.state, queue=None, merges=None, error=step.error, **_RELEASED)
        for orphan in list(self._connection.scalars(_ORPHANS, {"this": key})):
            self.end(NoticeId(orphan), End(state=State.DROPPED, error=ORPHANED))

    def block_line(self, name: str, until: datetime) -> None:
        """Nothing is said in this line before `until` (real time)."""
        blocked = _BLOCKED_ON_SQLITE if self._is_sqlite else _BLOCKED_ON_POSTGRES
        self._connection.execute(blocked, {"line": name, "blocked_until": until})

    def revive(self, again: Notice) -> bool:
        """Put once more what was certainly not said; False for everything else."""
        was_not_said = (notice.c.key == again.key) & notice.c.state.in_((State.DEAD, State.DROPPED))
        anew = {"line": again.line, "queue": again.line, "payload": dict(again.payload), "due_at": again.due_at}
        fresh = {"state": State.WAITING, "error": None, "attempts": 0, "first_attempt_at": None, "not_before": None}
        looks = {"look": False, "plain": False}
        revived = update(notice).where(was_not_said).values(**anew, **fresh, **looks, **_RELEASED)
        return self._connection.execute(revived).rowcount > 0

    # ---- looking in ----

    def state(self, key: str) -> str | None:
        """How far the notice with this key has come; None when there is none."""
        found: str | None = self._connection.scalar(_STATE, {"key_of": key})
        return found

    def line(self, key: str) -> ChannelId | UserId | None:
        """Where the notice with this key is said; None when there is none."""
        return self._connection.scalar(_LINE, {"key_of": key})

    def counts(self) -> dict[str, int]:
        """How many notices are in each state."""
        rows = self._connection.execute(select(notice.c.state, func.count()).group_by(notice.c.state))
        return {state: count for state, count in rows}  # noqa: C416 - rows are not pairs to mypy

    def failed(self, limit: int) -> Sequence[tuple[str, str, str]]:
        """The newest notices that could not be said: (key, state, error)."""
        rows = self._connection.execute(
            select(notice.c.key, notice.c.state, notice.c.error)
            .where(notice.c.state.in_((State.DEAD, State.UNSURE)))
            .order_by(notice.c.id.desc())
            .limit(limit)
        )
        return [(row.key, row.state, row.error or "") for row in rows]

    def _set(self, key: NoticeId, **values: Any) -> None:
        self._connection.execute(_CHANGED, {**values, "this": key})

    def _is_given_up(self, key: str) -> bool:
        return self._connection.scalar(_STATE, {"key_of": key}) in _GIVEN_UP

    def _thread(self, after: str | None) -> MessageTs | None:
        if after is None:
            return None
        return self._connection.scalar(_TS, {"key_of": after})


ORPHANED = "its parent was not said"
_GIVEN_UP = (State.DEAD, State.DROPPED, State.UNSURE)
_RELEASED = {"worker": None, "lease_until": None}


def _notice(row: Row[Any]) -> Notice:
    return Notice(
        topic=Topic(row.topic),
        key=row.key,
        line=row.line,
        payload=row.payload,
        due_at=row.due_at,
        version=row.version,
        after=row.after,
        patient=row.patient,
    )
