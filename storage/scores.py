"""How the scores that order the board changed: written by `Requests` with every change of one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    Integer,
    Row,
    ScalarSelect,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    func,
    select,
)

from bot.domain.changes import Logged
from bot.domain.ids import RequestNumber
from bot.domain.reasons import FIELDS, Others, What
from bot.domain.wsjf import Score
from storage.tables import change, score_change

_LINES = 500  #: of a request's log, the newest, in which it is looked up why its score changed

# ---- statements, built once: to build one takes longer than to run it ----

_NUMBER: BindParameter[Any] = bindparam("of", type_=BigInteger)
_SCORE: BindParameter[Any] = bindparam("score", type_=Integer)
_AFTER: BindParameter[Any] = bindparam("after", type_=BigInteger)
_BEFORE: BindParameter[Any] = bindparam("before", type_=BigInteger)
_LIMIT: BindParameter[Any] = bindparam("limit", type_=Integer)

_LAST_BEFORE = (
    select(score_change.c.id)
    .where(score_change.c.at >= bindparam("since"))
    .order_by(score_change.c.at, score_change.c.id)
    .limit(1)
)
_LAST = select(func.max(score_change.c.id))

_OWN = (
    select(score_change)
    .where(score_change.c.number == _NUMBER, score_change.c.id > _AFTER)
    .order_by(score_change.c.id.desc())
    .limit(_LIMIT)
)
_FIRST_OWN = (
    select(score_change)
    .where(score_change.c.number == _NUMBER, score_change.c.id > _AFTER)
    .order_by(score_change.c.id)
    .limit(1)
)

_LOG = (
    select(change)
    .where(
        change.c.subject == bindparam("about"), change.c.at >= bindparam("since"), change.c.field.in_(list(FIELDS))
    )
    .order_by(change.c.id.desc())
    .limit(_LIMIT)
)


def _above(score: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether it stands above; no score at all is below all others."""
    return func.coalesce(score, 0) > _SCORE


_CROSSES = and_(
    score_change.c.id > _AFTER,
    score_change.c.number != _NUMBER,
    _above(score_change.c.old) != _above(score_change.c.new),
)
_UP_OR_DOWN = case((_above(score_change.c.new), 1), else_=-1)
_NET = select(func.coalesce(func.sum(_UP_OR_DOWN), 0)).where(_CROSSES)


def _ended() -> ScalarSelect[str]:
    """How the act that took its score away ended a request."""
    how = func.max(case((change.c.field == "same_as", What.JOINED.value), else_=cast(change.c.new, String)))
    return (
        select(how)
        .where(
            change.c.subject == "request:" + cast(score_change.c.number, String),
            change.c.trace == score_change.c.trace,
            change.c.at == score_change.c.at,
            change.c.field.in_(["status", "same_as"]),
            change.c.new.is_not(None),
        )
        .scalar_subquery()
    )


_WHAT = case(
    (score_change.c.old.is_(None), What.CAME.value),
    (and_(score_change.c.new.is_not(None), _above(score_change.c.new)), What.ROSE.value),
    (score_change.c.new.is_not(None), What.FELL.value),
    else_=case(
        {'"released"': What.RELEASED.value, '"declined"': What.DECLINED.value, "joined": What.JOINED.value},
        value=_ended(),
        else_=What.LEFT.value,
    ),
)


_PASSED = (
    select(score_change.c.number, score_change.c.at, _WHAT.label("what"))
    .where(_CROSSES, score_change.c.id < _BEFORE)
    .order_by(score_change.c.id)
    .limit(_LIMIT)
)


def _passed_by_what() -> Select[Any]:
    each = select(score_change.c.at, _WHAT.label("what")).where(_CROSSES, score_change.c.id < _BEFORE).subquery()
    return select(each.c.what, func.count().label("many"), func.max(each.c.at).label("at")).group_by(each.c.what)


_PASSED_BY_WHAT = _passed_by_what()


@dataclass(frozen=True, kw_only=True)
class ScoreChange:
    """A request got another score on the board, came onto it, or left it."""

    id: int  #: grows with time
    number: RequestNumber
    old: Score | None  #: None: it had no place
    new: Score | None
    at: datetime
    trace: str


class Scores:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def last_before(self, since: datetime) -> int:
        """The change that was the newest when this moment came; 0 for none."""
        first: int | None = self._connection.scalar(_LAST_BEFORE, {"since": since})
        return first - 1 if first is not None else self._connection.scalar(_LAST) or 0

    def of(self, number: RequestNumber, after: int, limit: int) -> Sequence[ScoreChange]:
        """A request's own after that change, the newest of them, oldest first."""
        rows = self._connection.execute(_OWN, {"of": number, "after": after, "limit": limit}).all()
        return [_change(row) for row in reversed(rows)]

    def first_of(self, number: RequestNumber, after: int) -> ScoreChange | None:
        """A request's first after that change."""
        row = self._connection.execute(_FIRST_OWN, {"of": number, "after": after}).one_or_none()
        return _change(row) if row else None

    def log_of(self, number: RequestNumber, since: datetime) -> Sequence[Logged]:
        """What its log says since about all that gives it its score, the newest lines, oldest first."""
        asked = {"about": f"request:{number}", "since": since, "limit": _LINES}
        rows = self._connection.execute(_LOG, asked).mappings().all()
        return [Logged(**row) for row in reversed(rows)]

    def net(self, besides: RequestNumber, score: Score, after: int) -> int:
        """How many more others stand above that score now than right after that change."""
        asked = {"of": besides, "score": score, "after": after}
        return int(self._connection.execute(_NET, asked).scalar_one())

    def passed(
        self, besides: RequestNumber, score: Score, after: int, before: int, limit: int
    ) -> tuple[Sequence[Others], Sequence[Others]]:
        """Others that came to stand above that score between two changes of the board, or no longer do.

        The first of them one by one, oldest first; and, where there are more than so many, how many of them all did
        what, with nobody named.
        """
        asked = {"of": besides, "score": score, "after": after, "before": before}
        first = self._connection.execute(_PASSED, {**asked, "limit": limit + 1})
        found = [Others(what=What(row.what), at=row.at, numbers=(row.number,)) for row in first]
        return found, [] if len(found) <= limit else list(self._by_what(asked))

    def _by_what(self, asked: dict[str, Any]) -> Iterator[Others]:
        for row in self._connection.execute(_PASSED_BY_WHAT, asked):
            yield Others(what=What(row.what), at=row.at, numbers=(), count=row.many)


def _change(row: Row[Any]) -> ScoreChange:
    return ScoreChange(**row._mapping)
