"""Questions about requests, and their answers."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from bot.domain.acts import Act
from bot.domain.ids import RequestNumber, UserId
from bot.domain.talks import Kind, Question
from storage.tables import question


class Talks:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, new: Question, key: str) -> Question:
        """Store a question; the same key again gives the first one back."""
        if known := self.by_key(key):
            return known
        row = {name: value for name, value in vars(new).items() if name != "id"}
        self._connection.execute(insert(question).values(key=key, **row))
        stored = self.by_key(key)
        assert stored is not None
        return stored

    def by_key(self, key: str) -> Question | None:
        """The question an act with this key asked."""
        return next(iter(self._all(select(question).where(question.c.key == key))), None)

    def get(self, key: int) -> Question | None:
        return next(iter(self._all(select(question).where(question.c.id == key))), None)

    def of(self, number: RequestNumber) -> Sequence[Question]:
        """All that was asked about a request, oldest first."""
        return self._all(select(question).where(question.c.number == number).order_by(question.c.id))

    def open_to(self, user: UserId, limit: int = 20) -> Sequence[Question]:
        """What waits for this person's answer, oldest first."""
        waiting = select(question).where(question.c.to == user, question.c.answered_at.is_(None))
        return self._all(waiting.order_by(question.c.id).limit(limit))

    def asked(self) -> Sequence[UserId]:
        """Those whose answer somebody waits for."""
        waiting = select(question.c.to).where(question.c.answered_at.is_(None)).distinct()
        return [UserId(user) for user in self._connection.scalars(waiting)]

    def asked_about(self, numbers: Sequence[RequestNumber], kind: Kind) -> Mapping[RequestNumber, tuple[int, int]]:
        """Of these requests, those with questions of that kind: how many, and how many of them are open."""
        counts = select(question.c.number, func.count(), func.count() - func.count(question.c.answered_at))
        about = counts.where(question.c.kind == kind, question.c.number.in_(numbers))
        rows = self._connection.execute(about.group_by(question.c.number))
        return {RequestNumber(number): (asked, unanswered) for number, asked, unanswered in rows}

    def open_about(self, numbers: Sequence[RequestNumber], kind: Kind) -> Sequence[Question]:
        """Questions of that kind about these requests that nobody has answered, oldest first."""
        if not numbers:
            return []
        about = select(question).where(question.c.number.in_(numbers), question.c.kind == kind)
        return self._all(about.where(question.c.answered_at.is_(None)).order_by(question.c.id))

    def answer(self, key: int, words: str, act: Act) -> None:
        """Keep an answer; a later one replaces it."""
        self._connection.execute(
            update(question)
            .where(question.c.id == key)
            .values(answer=words, answered_by=act.by.user, answered_at=act.at)
        )

    def _all(self, which: Select[Any]) -> list[Question]:
        return [_question(row) for row in self._connection.execute(which)]


def _question(row: Row[Any]) -> Question:
    values = {name: value for name, value in row._mapping.items() if name != "key"}
    return Question(**{**values, "kind": Kind(row.kind)})
