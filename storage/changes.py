"""The change log: append-only. Movement, reasons and undo read it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from bot.domain.acts import Act
from bot.domain.changes import Change
from storage.tables import change

_NEW = insert(change)


@dataclass(frozen=True, kw_only=True)
class Logged:
    """A line of the log."""

    subject: str
    field: str
    old: Any
    new: Any
    by: str | None
    at: datetime
    why: str | None
    via: str
    trace: str


class Changes:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, subject: str, changes: Iterable[Change], act: Act, why: str | None = None) -> None:
        """Log what one act changed about a subject, say `request:14`."""
        common = {
            "subject": subject,
            "by": act.by.user,
            "at": act.at,
            "why": why,
            "via": act.via,
            "trace": act.trace,
        }
        rows = [{**common, "field": c.field, "old": c.old, "new": c.new} for c in changes]
        if rows:
            self._connection.execute(_NEW, rows)

    def of(self, subject: str) -> Sequence[Logged]:
        """The whole history of a subject, oldest first."""
        rows = self._connection.execute(
            select(change).where(change.c.subject == subject).order_by(change.c.id)
        ).mappings()
        return [Logged(**{k: v for k, v in row.items() if k != "id"}) for row in rows]
