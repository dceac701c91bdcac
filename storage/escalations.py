"""What was taken to the strategy level."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Integer, Row, bindparam, insert, select, update

from bot.domain.escalations import Escalation, Side, Verdict
from bot.domain.ids import RequestNumber
from storage.tables import IN_WORK, escalation, request

# Built once: to build a statement takes longer than to run it.
_BY_ID = select(escalation).where(escalation.c.id == bindparam("this"))
_BY_KEY = select(escalation).where(escalation.c.key == bindparam("this"))
_OF = select(escalation).where(escalation.c.number == bindparam("of")).order_by(escalation.c.id)
_NEWEST_IN_WORK = 500  #: looked through for what could wait
_in_work = (
    select(request.c.number).where(IN_WORK).order_by(request.c.number.desc()).limit(_NEWEST_IN_WORK).subquery()
)
_COULD_WAIT = (
    select(request.c.number)
    .where(request.c.number.in_(select(_in_work.c.number)), request.c.number != bindparam("besides"))
    .order_by(request.c.rank_score.is_(None), request.c.rank_score, request.c.companies, request.c.number)
    .limit(bindparam("limit", type_=Integer))
)
_NEW = insert(escalation)
_CHANGED = update(escalation).where(escalation.c.id == bindparam("this"))


class Escalations:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, key: int) -> Escalation | None:
        row = self._connection.execute(_BY_ID, {"this": key}).one_or_none()
        return _escalation(row) if row else None

    def by_key(self, key: str) -> Escalation | None:
        """The one an act with this key made."""
        row = self._connection.execute(_BY_KEY, {"this": key}).one_or_none()
        return _escalation(row) if row else None

    def of(self, number: RequestNumber) -> Sequence[Escalation]:
        """All about a request, oldest first."""
        return [_escalation(row) for row in self._connection.execute(_OF, {"of": number})]

    def could_wait(self, number: RequestNumber, limit: int) -> Sequence[RequestNumber]:
        """What is in work or planned besides this request, the lowest score first; of the newest of it."""
        return list(self._connection.scalars(_COULD_WAIT, {"besides": number, "limit": limit}))

    def add(self, new: Escalation, key: str) -> Escalation:
        made = self._connection.execute(_NEW, {**_row(new), "key": key}).inserted_primary_key
        assert made is not None
        return replace(new, id=made[0])

    def save(self, changed: Escalation) -> None:
        self._connection.execute(_CHANGED, {**_row(changed), "this": changed.id})


def _escalation(row: Row[Any]) -> Escalation:
    values = {name: value for name, value in row._mapping.items() if name not in ("key", "side", "verdict")}
    return Escalation(**values, side=Side(row.side), verdict=Verdict(row.verdict) if row.verdict else None)


def _row(of: Escalation) -> dict[str, Any]:
    return {name: value for name, value in vars(of).items() if name != "id"}
