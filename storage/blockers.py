"""What keeps requests from going on."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, func, insert, select, update

from bot.domain.acts import Act
from bot.domain.blockers import NUDGES, Blocker
from bot.domain.ids import RequestNumber, UserId
from bot.domain.requests import Status
from storage.tables import blocker, person, request

# Built once: to build a statement takes longer than to run it.
_OPEN_REQUESTS = [status for status in Status if status.is_open]
_OPEN = (
    select(blocker)
    .join(request, request.c.number == blocker.c.number)
    .where(blocker.c.resolved_at.is_(None), request.c.status.in_(_OPEN_REQUESTS))
)
_OPEN_OF = _OPEN.where(blocker.c.number.in_(bindparam("numbers", expanding=True))).order_by(blocker.c.id)
_LAST_SAID = func.coalesce(blocker.c.nudged_at, blocker.c.at)
_QUIET = (
    _OPEN.join(person, person.c.id == blocker.c.owner)
    .where(
        ~(person.c.is_deleted | person.c.is_guest | person.c.is_bot),
        blocker.c.answer.is_(None),
        blocker.c.nudges < NUDGES,
        bindparam("before", type_=blocker.c.at.type) >= _LAST_SAID,
    )
    .order_by(_LAST_SAID, blocker.c.id)
    .limit(bindparam("most"))
)


class Blockers:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, new: Blocker, key: str) -> Blocker:
        """Store a blocker; the same key again gives the first one back."""
        if known := self.by_key(key):
            return known
        row = {name: value for name, value in vars(new).items() if name != "id"}
        self._connection.execute(insert(blocker).values(key=key, **row))
        stored = self.by_key(key)
        assert stored is not None
        return stored

    def by_key(self, key: str) -> Blocker | None:
        """The blocker an act with this key raised."""
        return next(iter(self._all(select(blocker).where(blocker.c.key == key))), None)

    def get(self, key: int) -> Blocker | None:
        return next(iter(self._all(select(blocker).where(blocker.c.id == key))), None)

    def of(self, number: RequestNumber) -> Sequence[Blocker]:
        """All a request ever had, oldest first."""
        return self._all(select(blocker).where(blocker.c.number == number).order_by(blocker.c.id))

    def open(self, limit: int, *, owner: UserId | None = None) -> Sequence[Blocker]:
        """What is in the way of open requests now, oldest first; `owner`: of this person only."""
        wanted = _OPEN
        wanted = wanted.where(blocker.c.owner == owner) if owner else wanted
        return self._all(wanted.order_by(blocker.c.id).limit(limit))

    def open_of(self, numbers: Sequence[RequestNumber]) -> Sequence[Blocker]:
        """What is in the way of these requests, as far as they are open; oldest first."""
        return self._all(_OPEN_OF, numbers=list(numbers)) if numbers else []

    def quiet_since(self, before: datetime, limit: int) -> Sequence[Blocker]:
        """Open ones whose owners may be told again, and were told last by then; the longest ago first."""
        return self._all(_QUIET, before=before, most=limit)

    def save(self, changed: Blocker) -> None:
        values = {name: value for name, value in vars(changed).items() if name not in ("id", "number")}
        self._connection.execute(update(blocker).where(blocker.c.id == changed.id).values(values))

    def nudged(self, key: int, act: Act) -> None:
        """Its owner is told once more."""
        told = {"nudges": blocker.c.nudges + 1, "nudged_at": act.at}
        self._connection.execute(update(blocker).where(blocker.c.id == key).values(told))

    def _all(self, which: Select[Any], **values: Any) -> list[Blocker]:
        return [_blocker(row) for row in self._connection.execute(which, values)]


def _blocker(row: Row[Any]) -> Blocker:
    return Blocker(**{name: value for name, value in row._mapping.items() if name != "key"})
