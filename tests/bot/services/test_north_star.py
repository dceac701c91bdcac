"""Which metric everybody steers by, and its figures."""

from typing import Any

import pytest

from bot.domain.digest import Star
from bot.domain.errors import Refused
from bot.domain.imports import MetricRow
from bot.domain.north_star import StarWish
from bot.services import north_star, outcomes
from storage.database import Database
from storage.store import Store
from tests.builders import ALICE, BORIS, TANYA, an_act, move_in

ACTIVATION = Star(
    metric="activation", name="Activation", definition="New users active in 30 days", unit="%", target=65.0
)


async def test_until_somebody_says_so_there_is_none(db: Database) -> None:
    await move_in(db)
    blank = await db.read(north_star.open_form, act())
    assert (blank.now, blank.metrics, blank.currency, blank.week) == (None, (), "$", "2026-W48")


async def test_it_is_kept_with_this_weeks_figure_and_logged_once(db: Database) -> None:
    await move_in(db)
    first, again = [await db.write(north_star.keep, act(), a_wish(figure="54 %")) for _ in range(2)]
    assert (first.now.star, first.now.figures) == (ACTIVATION, (("2026-W48", 54.0),))
    assert (first.is_changed, again.is_changed, again.now) == (True, False, first.now)
    assert await log(db) == [("star", None, vars(ACTIVATION), BORIS), ("figure", None, 54.0, BORIS)]

    later = await db.write(north_star.keep, act("2"), a_wish(figure="55", target="70"))
    assert (later.now.value, later.now.star.target) == (55.0, 70.0)
    assert [(field, old) for field, old, *_ in await log(db)][2:] == [("star", vars(ACTIVATION)), ("figure", 54.0)]


async def test_it_is_no_move_of_a_request(db: Database) -> None:
    await move_in(db)
    await db.write(north_star.keep, act(), a_wish(figure="54"))
    moves = await db.read(lambda s: s.changes.moves(act(minutes=-60).at, act(minutes=60).at, 10))
    assert moves == []


async def test_figures_that_are_imported_show_at_once(db: Database) -> None:
    await move_in(db)
    await db.write(north_star.keep, act(), a_wish())
    await db.write(outcomes.import_figures, act("csv"), [a_row("activation", "2026-W47", "51.5")])
    now = await db.read(north_star.now)
    assert now
    assert now.value == 51.5


async def test_metrics_to_choose_from_leave_out_how_much_requests_are_used(db: Database) -> None:
    await move_in(db)
    await db.write(put, "NRR", "adoption:k8s-connector", "activation")
    blank = await db.read(north_star.open_form, act())
    assert sorted(blank.metrics) == ["NRR", "activation"]
    kept = await db.write(north_star.keep, act(), a_wish(metric="NRR"))
    assert (kept.now.star.metric, kept.now.value) == ("NRR", 1.0)
    assert await db.read(lambda s: len(s.metrics.names(1))) == 1


@pytest.mark.parametrize("user", [ALICE, TANYA])
async def test_sales_and_tech_may_not_set_it(db: Database, user: str) -> None:
    await move_in(db)
    for ask in (
        db.read(north_star.open_form, act(by=user)),
        db.write(north_star.keep, act(by=user), a_wish()),
    ):
        with pytest.raises(Refused, match="may set the north star"):
            await ask
    assert await db.read(north_star.now) is None


# ---- how it is done -----------------------------------------------------------------------------


def act(key: str = "north_star:1", by: str = BORIS, minutes: float = 0) -> Any:
    return an_act(by, key=key, minutes=minutes)


def a_wish(**more: object) -> StarWish:
    typed = {"name": "Activation", "definition": "New users active in 30 days", "target": "65"}
    return StarWish.model_validate({**typed, **more})


def a_row(metric: str, period: str, value: str) -> MetricRow:
    return MetricRow.model_validate({"metric": metric, "period": period, "value": value})


def put(store: Store, *names: str) -> None:
    for name in names:
        store.metrics.put(name, "2026-W47", 1.0, act())


async def log(db: Database) -> list[tuple[Any, ...]]:
    lines = await db.read(lambda s: s.changes.of(north_star.SUBJECT))
    return [(line.field, line.old, line.new, line.by) for line in lines]
