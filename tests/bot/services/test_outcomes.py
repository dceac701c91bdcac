"""What a release should come to, and what it came to, on both databases."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.domain.acts import Act, Via
from bot.domain.errors import Refused
from bot.domain.facts import Card
from bot.domain.flow import Move
from bot.domain.ids import RequestNumber, UserId
from bot.domain.imports import MetricRow
from bot.domain.notices import NothingToSay, Notice, Topic
from bot.domain.outcomes import Adoption, Aim
from bot.domain.people import Person
from bot.domain.requests import Request, Status
from bot.services import board, house, intake, moves, outcomes, ranking
from storage.database import Database
from storage.store import Store
from tests.builders import ALICE, BORIS, TANYA, a_draft, a_person, an_act, move_in

ONE = RequestNumber(1)
DAY = 24 * 60
FIGURES: dict[str, Any] = {"value": 8, "time_criticality": 2, "risk_reduction": 3, "job_size": 13}


def at(day: float, by: str | None = BORIS, **more: Any) -> Act:
    return an_act(by, key=f"{by}:{day}", minutes=day * DAY, **more)


def release(store: Store, *, by: str = BORIS, owner: str | None = None, target: int | None = 40) -> None:
    """Alice's request, released by Boris on the first day."""
    intake.file(store, at(0, ALICE), a_draft(**FIGURES))
    before = board.the(store, ONE)
    after = Request(**{**vars(before), "owner": owner})
    board.save(store, at(0), before, after)
    if target:
        outcomes.aim(store, at(0), ONE, target, "connector_synced")
    moves.move(store, at(0, by), ONE, Move(status=Status.RELEASED))


def ring(store: Store, day: float) -> list[str]:
    """The clock rings; the lines that were told something new."""
    before = told(store)
    for check in outcomes.due(store, at(day, None)):
        outcomes.announce(store, at(day, None), check)
    return [line for line in told(store) if line not in before]


def told(store: Store) -> list[str]:
    """Keys of what was put of outcomes: request, day and reader."""
    users = (ALICE, BORIS, TANYA)
    keys = [f"outcome:{n}:{day}:{user}" for n in (1, 2) for day in (30, 60, 90) for user in users]
    return [key.removeprefix("outcome:") for key in keys if store.outbox.state(key)]


def heard(store: Store, user: str, day: int) -> Adoption | None:
    notice = Notice(
        topic=Topic.OUTCOME,
        key="k",
        line=UserId(user),
        payload={"number": 1, "day": day},
        due_at=at(day).at,
    )
    try:
        return outcomes.adoption(store, notice)
    except NothingToSay:
        return None


def card(store: Store) -> Card:
    return ranking.card(store, ONE)


# ---- the target ---------------------------------------------------------------------------------


async def test_product_sets_a_target_and_the_log_knows(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: intake.file(s, at(0, ALICE), a_draft()))
    await db.write(lambda s: outcomes.aim(s, at(1), ONE, 40, "connector_synced"))
    await db.write(lambda s: outcomes.aim(s, at(1), ONE, 40, "connector_synced"))
    found = await db.read(board.the, ONE)
    assert (found.adoption_target, found.adoption_event, found.version) == (40, "connector_synced", 2)
    lines = await db.read(lambda s: s.changes.of("request:1"))
    assert [(line.field, line.new) for line in lines if line.by == BORIS] == [
        ("adoption_target", 40),
        ("adoption_event", "connector_synced"),
    ]


@pytest.mark.parametrize("user", [ALICE, TANYA])
@pytest.mark.parametrize(
    "does",
    [
        lambda s, act: outcomes.open_form(s, act, ONE),
        lambda s, act: outcomes.aim(s, act, ONE, 40, None),
        lambda s, act: outcomes.measure(s, act, ONE, 46),
        lambda s, act: outcomes.keep(s, act, ONE, Aim(target=40)),
    ],
)
async def test_neither_sales_nor_tech_set_targets_or_figures(
    db: Database, user: str, does: Callable[[Store, Act], object]
) -> None:
    await move_in(db)
    await db.write(release)
    with pytest.raises(Refused, match="Only product and leadership may set the north star"):
        await db.write(does, at(30, user))


async def test_what_is_declined_or_not_released_is_not_measured(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: intake.file(s, at(0, ALICE), a_draft()))
    with pytest.raises(Refused, match="isn't released yet") as refused:
        await db.write(lambda s: outcomes.keep(s, at(1), ONE, Aim(target="40", percent="46")))
    assert refused.value.fields == {"percent": refused.value.text}
    assert (await db.read(board.the, ONE)).adoption_target is None
    no = Move(status=Status.DECLINED, why="Nobody asked.", sentence="We won't build it.")
    await db.write(lambda s: moves.move(s, at(1), ONE, no))
    with pytest.raises(Refused, match="was declined"):
        await db.write(lambda s: outcomes.aim(s, at(2), ONE, 40, None))


# ---- figures ------------------------------------------------------------------------------------


async def test_a_figure_is_on_the_card_and_in_the_log_once(db: Database) -> None:
    await move_in(db)
    await db.write(release)
    version = (await db.read(board.the, ONE)).version
    for _ in range(2):
        await db.write(lambda s: outcomes.measure(s, at(30), ONE, 46))
    assert (await db.read(card)).adoption == 46
    assert (await db.read(board.the, ONE)).version == version + 1
    lines = await db.read(lambda s: s.changes.of("request:1"))
    assert [(line.old, line.new) for line in lines if line.field == "adoption"] == [(None, 46)]


async def test_a_figure_of_an_earlier_period_does_not_replace_the_newest(db: Database) -> None:
    await move_in(db)
    await db.write(release)
    await db.write(lambda s: outcomes.measure(s, at(60), ONE, 51.5))
    await db.write(lambda s: outcomes.measure(s, at(61), ONE, 46, "2026-12"))
    assert (await db.read(card)).adoption == 51.5
    said = await db.read(heard, ALICE, 60)
    assert said
    assert said.earlier == ((30, 46),)


async def test_figures_come_in_by_slug_or_number_and_again_change_nothing(db: Database) -> None:
    await move_in(db)
    await db.write(release)
    rows = [
        MetricRow.model_validate({"metric": m, "period": p, "value": v})
        for m, p, v in [
            ("adoption:K8s-connector", "2026-W52", "44.5"),
            ("adoption:R-1", "2026-12-31", "46"),
            ("activation", "2026-12", "0.54"),
        ]
    ]
    act = an_act(None, key="import", minutes=40 * DAY, via=Via.IMPORT)
    assert await db.write(lambda s: outcomes.import_figures(s, act, rows)) == 3
    assert await db.write(lambda s: outcomes.import_figures(s, act, rows)) == 0
    assert (await db.read(card)).adoption == 46
    assert await db.read(lambda s: s.metrics.of("activation")) == [("2026-12", 0.54)]


# ---- the clock ----------------------------------------------------------------------------------


async def test_each_check_is_said_once_to_owner_and_requester(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: release(s, owner=BORIS))
    both = {day: [f"1:{day}:{ALICE}", f"1:{day}:{BORIS}"] for day in (30, 60, 90)}
    said = {day: await db.write(ring, day) for day in (1, 29, 30, 31, 60, 60.1, 90, 91, 200)}
    assert said == {1: [], 29: [], 30: both[30], 31: [], 60: both[60], 60.1: [], 90: both[90], 91: [], 200: []}


async def test_two_clocks_that_see_the_same_check_say_it_once(db: Database) -> None:
    await move_in(db)
    await db.write(release)
    seen = await db.read(outcomes.due, at(30, None))
    said = []
    for minute in (0.1, 0.2):
        for check in seen:
            await db.write(outcomes.announce, at(30 + minute, None), check)
        said.append(await db.read(lambda s: s.outbox.counts()))
    assert said[0] == said[1]


async def test_after_weeks_without_a_clock_only_the_newest_check_is_said(db: Database) -> None:
    await move_in(db)
    await db.write(release)
    assert await db.write(ring, 100) == [f"1:90:{ALICE}", f"1:90:{BORIS}"]


async def test_without_a_target_nobody_is_asked(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: release(s, target=None))
    assert await db.write(ring, 30) == []


async def test_a_day_begins_when_it_begins_in_the_company(db: Database) -> None:
    await move_in(db)
    await db.write(release)  # at 10:00
    assert await db.write(ring, 30 - 10.1 / 24) == []
    assert len(await db.write(ring, 30 - 9.9 / 24)) == 2


@pytest.mark.parametrize(
    ("owner", "by", "asked"),
    [
        (None, BORIS, BORIS),
        (BORIS, TANYA, BORIS),
        (TANYA, BORIS, BORIS),
        (None, TANYA, None),
        ("UGONE", BORIS, BORIS),
    ],
)
async def test_whoever_answers_for_it_is_asked_else_whoever_released_it_if_they_may_enter_it(
    db: Database, owner: str | None, by: str, asked: str | None
) -> None:
    await move_in(db)
    await db.write(lambda s: house.keep_people(s, at(0), [gone("UGONE")]))
    await db.write(lambda s: release(s, owner=owner, by=by))
    said = {user: await db.read(heard, user, 30) for user in (ALICE, BORIS, TANYA)}
    assert {user for user, one in said.items() if one and one.is_asked} == ({asked} if asked else set())
    assert said[ALICE] is None


def gone(user: str) -> Person:
    return a_person(user, is_deleted=True)


async def test_the_requester_hears_once_there_is_a_figure(db: Database) -> None:
    await move_in(db)
    await db.write(release)
    await db.write(ring, 30)
    question = await db.read(heard, BORIS, 30)
    assert question
    assert (question.percent, question.is_asked) == (None, True)
    assert await db.read(heard, ALICE, 30) is None
    aimed = await db.write(lambda s: outcomes.keep(s, at(33), ONE, Aim(target="40", percent="46")))
    assert aimed.told == ("Alice",)
    for user in (ALICE, BORIS):
        said = await db.read(heard, user, 30)
        assert said
        assert (said.percent, said.reaches, said.looks) == (46, True, "Boris")


async def test_what_went_back_into_work_is_not_asked_about(db: Database) -> None:
    await move_in(db)
    await db.write(release)
    await db.write(ring, 30)
    await db.write(lambda s: moves.move(s, at(31), ONE, Move(status=Status.IN_PROGRESS)))
    assert await db.read(heard, BORIS, 30) is None
    assert await db.write(ring, 60) == []
