"""Figures of shared metrics, one for each metric and period."""

from collections.abc import Sequence

from sqlalchemy import Connection, insert, select, update

from bot.domain.acts import Act
from storage.tables import metric


class Metrics:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, name: str, period: str, value: float, act: Act) -> bool:
        """Keep a figure; a known period's is replaced. Whether it is new or another."""
        said = {"value": value, "by": act.by.user, "at": act.at}
        this = (metric.c.metric == name) & (metric.c.period == period)
        known = self._connection.scalar(select(metric.c.value).where(this))
        if known == value:
            return False
        if not self._connection.execute(update(metric).where(this).values(said)).rowcount:
            self._connection.execute(insert(metric).values(metric=name, period=period, **said))
        return True

    def of(self, name: str) -> Sequence[tuple[str, float]]:
        """(period, value), in order of the periods."""
        rows = self._connection.execute(
            select(metric.c.period, metric.c.value).where(metric.c.metric == name).order_by(metric.c.period)
        )
        return [(row.period, row.value) for row in rows]

    def names(self, limit: int) -> Sequence[str]:
        """Metrics that have figures, by name; without how much each request is used."""
        found = select(metric.c.metric).where(~metric.c.metric.startswith("adoption:")).distinct()
        return list(self._connection.scalars(found.order_by(metric.c.metric).limit(limit)))
