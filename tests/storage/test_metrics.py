"""Figures of metrics: one for each metric and period."""

from storage.database import Database
from tests.builders import an_act


async def test_a_figure_is_kept_and_put_again_it_is_no_news(db: Database) -> None:
    assert await db.write(lambda s: s.metrics.put("activation", "2026-11", 54.0, an_act()))
    assert not await db.write(lambda s: s.metrics.put("activation", "2026-11", 54.0, an_act()))
    assert await db.read(lambda s: s.metrics.of("activation")) == [("2026-11", 54.0)]


async def test_another_figure_for_the_period_replaces_it(db: Database) -> None:
    await db.write(lambda s: s.metrics.put("activation", "2026-11", 54.0, an_act()))
    assert await db.write(lambda s: s.metrics.put("activation", "2026-11", 55.5, an_act()))
    assert await db.read(lambda s: s.metrics.of("activation")) == [("2026-11", 55.5)]


async def test_metrics_and_periods_are_kept_apart(db: Database) -> None:
    for name, period, value in (("a", "2026-12", 2.0), ("a", "2026-11", 1.0), ("b", "2026-11", 0.0)):
        assert await db.write(lambda s, *what: s.metrics.put(*what, an_act()), name, period, value)
    assert await db.read(lambda s: s.metrics.of("a")) == [("2026-11", 1.0), ("2026-12", 2.0)]
    assert await db.read(lambda s: s.metrics.of("b")) == [("2026-11", 0.0)]
    assert await db.read(lambda s: s.metrics.of("c")) == []
