"""Weekly reviews: where each stands."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, insert, select, update

from bot.domain.ids import ChannelId
from bot.domain.reviews import Review
from storage.tables import review

# Built once: to build a statement takes longer than to run it.
_UNDER_WAY = select(review).where(review.c.ended_at.is_(None)).order_by(review.c.id.desc())
_OPEN_IN = _UNDER_WAY.where(review.c.channel == bindparam("in_channel")).limit(1)


class Reviews:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, new: Review, key: str) -> Review:
        """Store a review; the same key again gives the first one back."""
        if known := self.by_key(key):
            return known
        row = {name: value for name, value in vars(new).items() if name != "id"}
        self._connection.execute(insert(review).values(key=key, **{**row, "items": list(new.items)}))
        stored = self.by_key(key)
        assert stored is not None
        return stored

    def by_key(self, key: str) -> Review | None:
        """The review an act with this key began."""
        return self._one(select(review).where(review.c.key == key))

    def get(self, key: int) -> Review | None:
        return self._one(select(review).where(review.c.id == key))

    def open_in(self, channel: ChannelId) -> Review | None:
        """The newest review under way in a channel."""
        row = self._connection.execute(_OPEN_IN, {"in_channel": channel}).one_or_none()
        return _review(row) if row else None

    def under_way(self) -> Sequence[Review]:
        """Those of every channel, newest first."""
        return [_review(row) for row in self._connection.execute(_UNDER_WAY)]

    def save(self, changed: Review) -> None:
        values = {name: value for name, value in vars(changed).items() if name not in ("id", "items")}
        self._connection.execute(update(review).where(review.c.id == changed.id).values(values))

    def _one(self, which: Select[Any]) -> Review | None:
        row = self._connection.execute(which).one_or_none()
        return _review(row) if row else None


def _review(row: Row[Any]) -> Review:
    values = {name: value for name, value in row._mapping.items() if name != "key"}
    return Review(**{**values, "items": tuple(values["items"])})
