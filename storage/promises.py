"""What customers may hear of requests, who was told what, and who watches."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, delete, func, insert, select, union_all

from bot.domain.acts import Act
from bot.domain.ids import AccountId, RequestNumber, UserId
from bot.domain.promises import Sentence, Told
from storage.tables import request, sentence, told, watcher

_THESE: BindParameter[Any] = bindparam("numbers", expanding=True)
_HEARD = (
    select(func.coalesce(request.c.survivor, told.c.number), told.c.account, sentence.c.target)
    .join(sentence, (sentence.c.number == told.c.number) & (sentence.c.version == told.c.version))
    .join(request, request.c.number == told.c.number)
    .where(
        told.c.number.in_(
            union_all(
                select(request.c.number).where(request.c.number.in_(_THESE)),
                select(request.c.number).where(request.c.survivor.in_(_THESE)),
            )
        )
    )
    .order_by(told.c.at, told.c.version)  # the last is what counts
)


class Promises:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # ---- sentences ----

    def latest(self, number: RequestNumber) -> Sentence | None:
        newest = select(sentence).where(sentence.c.number == number).order_by(sentence.c.version.desc()).limit(1)
        row = self._connection.execute(newest).one_or_none()
        return Sentence(**row._mapping) if row else None

    def all(self, *numbers: RequestNumber) -> Sequence[Sentence]:
        """Every version of these requests, each request's oldest first."""
        these = select(sentence).where(sentence.c.number.in_(numbers))
        rows = self._connection.execute(these.order_by(sentence.c.number, sentence.c.version))
        return [Sentence(**row._mapping) for row in rows]

    def say(self, number: RequestNumber, words: str, target: date | None, act: Act) -> Sentence:
        """Keep a new version."""
        known = select(func.coalesce(func.max(sentence.c.version), 0)).where(sentence.c.number == number)
        version = self._connection.execute(known).scalar_one() + 1
        new = Sentence(number=number, version=version, words=words, by=act.by.user, at=act.at, target=target)
        self._connection.execute(insert(sentence).values(**vars(new)))
        return new

    # ---- who was told ----

    def tell(self, number: RequestNumber, accounts: Iterable[AccountId], version: int, act: Act) -> None:
        """Note that these customers were told this version; noted already, the first note stays."""
        known = {t.account for t in self.told(number) if t.version == version}
        rows = [
            {"number": number, "account": a, "version": version, "by": act.by.user, "at": act.at}
            for a in dict.fromkeys(accounts)
            if a not in known
        ]
        if rows:
            self._connection.execute(insert(told), rows)

    def told(self, *numbers: RequestNumber) -> Sequence[Told]:
        """Who was told what of these requests, oldest first."""
        rows = self._connection.execute(select(told).where(told.c.number.in_(numbers)).order_by(told.c.at))
        return [Told(**row._mapping) for row in rows]

    def heard(self, numbers: Sequence[RequestNumber]) -> Mapping[RequestNumber, Mapping[AccountId, date | None]]:
        """Of each request, the date that stood when what a customer heard last was written.

        What they heard of a request joined to it counts.
        """
        found: dict[RequestNumber, dict[AccountId, date | None]] = {number: {} for number in numbers}
        rows = self._connection.execute(_HEARD, {"numbers": list(numbers)}) if numbers else ()
        for number, account, target in rows:
            found.setdefault(number, {})[account] = target
        return found

    # ---- watchers ----

    def watchers(self, *numbers: RequestNumber) -> Sequence[UserId]:
        """Who watches one of these, each once."""
        rows = self._connection.scalars(select(watcher.c.user).where(watcher.c.number.in_(numbers)).distinct())
        return [UserId(user) for user in rows]

    def watch(self, number: RequestNumber, user: UserId, act: Act) -> None:
        if user not in self.watchers(number):
            self._connection.execute(insert(watcher).values(number=number, user=user, at=act.at))

    def unwatch(self, numbers: Sequence[RequestNumber], user: UserId) -> None:
        self._connection.execute(delete(watcher).where(watcher.c.number.in_(numbers), watcher.c.user == user))
