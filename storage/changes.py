"""The change log: append-only. Movement, reasons and undo read it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Integer, bindparam, func, insert, select

from bot.domain.acts import Act, Via
from bot.domain.changes import Change, Logged
from storage.bulk import put_all
from storage.tables import IS_A_MOVE, change

# Built once: to build a statement takes longer than to run it.
_NEW = insert(change)
_SINCE = (
    select(change)
    .where(change.c.subject == bindparam("about"), change.c.id >= bindparam("first"))
    .order_by(change.c.id)
)
_FIRST_OF_ACT = select(func.min(change.c.id)).where(
    change.c.subject == bindparam("about"), change.c.trace == bindparam("by_trace")
)

_NAMES = [c.name for c in change.c]
_MOVES = (
    select(change)
    .where(IS_A_MOVE, change.c.at >= bindparam("since"), change.c.at < bindparam("until"))
    .order_by(change.c.id)
    .limit(bindparam("limit", type_=Integer))
)
_ABOUT_THESE = change.c.subject.in_(bindparam("subjects", expanding=True))
_LATEST = select(func.max(change.c.id)).where(_ABOUT_THESE).group_by(change.c.subject)
_LATEST_OF_FIELD = _LATEST.where(change.c.field == bindparam("field"))


class Changes:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, subject: str, changes: Iterable[Change], act: Act, why: str | None = None) -> None:
        """Log what one act changed about a subject, say `request:14`."""
        rows = _lines(subject, changes, act, why)
        if rows:
            self._connection.execute(_NEW, rows)

    def add_all(self, changes: Mapping[str, Iterable[Change]], act: Act) -> None:
        """Log what one act changed about many subjects."""
        put_all(self._connection, change, [line for s, these in changes.items() for line in _lines(s, these, act)])

    def of(self, subject: str) -> Sequence[Logged]:
        """The whole history of a subject, oldest first."""
        return self.since(subject, 0)

    def since(self, subject: str, first: int) -> Sequence[Logged]:
        """The history of a subject from this line on, oldest first."""
        rows = self._connection.execute(_SINCE, {"about": subject, "first": first}).mappings()
        return [Logged(**row) for row in rows]

    def newest(self, subject: str, limit: int) -> Sequence[Logged]:
        """The end of a subject's history, newest first."""
        rows = self._connection.execute(
            select(change).where(change.c.subject == subject).order_by(change.c.id.desc()).limit(limit)
        ).mappings()
        return [Logged(**row) for row in rows]

    def of_field(self, field: str, since: datetime, until: datetime, limit: int) -> Sequence[Logged]:
        """What became of one field of anything from one moment up to another, oldest first; imports left out."""
        rows = self._connection.execute(
            select(change)
            .where(change.c.at >= since, change.c.at < until, change.c.field == field, change.c.via != Via.IMPORT)
            .order_by(change.c.id)
            .limit(limit)
        ).mappings()
        return [Logged(**row) for row in rows]

    def moves(self, since: datetime, until: datetime, limit: int) -> Sequence[Logged]:
        """Every status, date and outcome from one moment up to another, oldest first; imports left out."""
        rows = self._connection.execute(_MOVES, {"since": since, "until": until, "limit": limit})
        return [Logged(**dict(zip(_NAMES, row, strict=True))) for row in map(tuple, rows)]

    def last_of(self, subjects: Sequence[str]) -> int:
        """The newest line about any of these; 0 while there is none."""
        newest = select(func.max(change.c.id)).where(change.c.subject.in_(subjects))
        return (self._connection.scalar(newest) if subjects else None) or 0

    def latest(self, subjects: Sequence[str], field: str | None = None) -> Mapping[str, Logged]:
        """The newest line of each subject, or its newest of one field."""
        if not subjects:
            return {}
        which, named = (_LATEST_OF_FIELD, {"field": field}) if field else (_LATEST, {})
        lines = select(change).where(change.c.id.in_(which))
        rows = self._connection.execute(lines, {"subjects": list(subjects), **named}).mappings()
        return {row["subject"]: Logged(**row) for row in rows}

    def of_act(self, trace: str, subject: str) -> int | None:
        """The first line one act wrote about a subject."""
        first: int | None = self._connection.scalar(_FIRST_OF_ACT, {"by_trace": trace, "about": subject})
        return first


def _lines(subject: str, changes: Iterable[Change], act: Act, why: str | None = None) -> list[dict[str, Any]]:
    common = {
        "subject": subject,
        "by": act.by.user,
        "at": act.at,
        "why": why,
        "via": act.via,
        "trace": act.trace,
    }
    return [{**common, "field": c.field, "old": c.old, "new": c.new} for c in changes]
