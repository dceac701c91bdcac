"""The Estimate form, what figures would do, and the board, on both databases."""

from collections.abc import Sequence
from typing import Any

import pytest

from bot.domain.board import Place
from bot.domain.errors import Refused
from bot.domain.facts import BoardView, Filed, Sized
from bot.domain.ids import RequestNumber, UserId
from bot.domain.requests import Request, Sizing, Status
from bot.domain.roles import Role
from bot.domain.wsjf import UNIT, Factor
from bot.services import intake, ranking
from bot.ui import estimate_form, parts
from bot.ui.memory import Memory
from storage.database import Database
from storage.store import Store
from tests.builders import ALICE, BORIS, TANYA, a_draft, an_act, filled, move_in

ONE = RequestNumber(1)
FOUNDING: dict[str, Any] = {"value": 8, "time_criticality": 2, "risk_reduction": 3, "job_size": 13}


def file(store: Store, /, *titles: str, **figures: Any) -> Filed:
    """File these titles with these figures; the last one filed."""
    filed = [
        intake.file(store, an_act(key=f"request:{title}"), a_draft(title, **figures))
        for title in titles or ("k8s-connector",)
    ]
    return filed[-1]


def estimate(store: Store, by: str, minutes: float = 1, **figures: int) -> Sized:
    return ranking.estimate(store, an_act(by, key="estimate:1", minutes=minutes), ONE, Sizing(**figures))


def close(store: Store, status: Status = Status.RELEASED) -> None:
    found = store.requests.get(ONE)
    assert found
    store.requests.save(Request(**{**vars(found), "status": status}), an_act())


def changes(store: Store) -> Sequence[str]:
    return [line.field for line in store.changes.of("request:1")]


def show(store: Store, words: str = "", by: str = ALICE) -> BoardView:
    return ranking.show_board(store, an_act(by), words)


# ---- estimating ---------------------------------------------------------------------------------


async def test_the_size_tech_says_counts_at_once(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: file(s, **FOUNDING))
    sized = await db.write(lambda s: estimate(s, TANYA, job_size=5))
    assert (sized.was, sized.request.score) == (UNIT, 13 * UNIT // 5)
    assert (sized.decided, sized.suggested) == ((Factor.JOB_SIZE,), ())
    assert sized.request.estimates[Factor.JOB_SIZE].confirmed_by == TANYA
    assert sized.request.version == 2
    assert await db.read(lambda s: s.requests.get(ONE)) == sized.request


async def test_a_suggestion_against_a_decision_waits_and_is_logged(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: file(s, **FOUNDING))
    await db.write(lambda s: estimate(s, TANYA, job_size=5))
    sized = await db.write(lambda s: estimate(s, ALICE, job_size=20))
    assert (sized.decided, sized.suggested) == ((), (Factor.JOB_SIZE,))
    assert sized.request.figures[Factor.JOB_SIZE] == 5
    assert (await db.read(changes))[-2:] == ["job_size", "job_size"]


async def test_a_guess_where_nothing_was_known_counts_until_somebody_decides(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: file(s, value=8))
    sized = await db.write(lambda s: estimate(s, ALICE, job_size=13))
    assert sized.decided == (Factor.JOB_SIZE,)
    assert sized.request.estimates[Factor.JOB_SIZE].is_guess


@pytest.mark.parametrize("by", [ALICE, BORIS, TANYA])
async def test_the_same_figures_again_change_nothing(db: Database, by: UserId) -> None:
    await move_in(db)
    await db.write(lambda s: file(s, **FOUNDING))
    first = await db.write(lambda s: estimate(s, by, **FOUNDING))
    log = await db.read(changes)
    again = await db.write(lambda s: estimate(s, by, minutes=9, **FOUNDING))
    assert (again.request, again.decided, again.suggested) == (first.request, (), ())
    assert await db.read(changes) == log


async def test_an_empty_form_changes_nothing(db: Database) -> None:
    await move_in(db)
    filed = await db.write(lambda s: file(s, **FOUNDING))
    sized = await db.write(lambda s: estimate(s, TANYA))
    assert (sized.request, sized.decided, sized.suggested) == (filed.request, (), ())


async def test_without_roles_everybody_decides(db: Database) -> None:
    await move_in(db, roles=False)
    await db.write(lambda s: file(s, **FOUNDING))
    sized = await db.write(lambda s: estimate(s, ALICE, **FOUNDING))
    assert all(e.confirmed_by == ALICE for e in sized.request.estimates.values())


@pytest.mark.parametrize("status", [Status.RELEASED, Status.DECLINED])
async def test_a_closed_request_is_not_estimated(db: Database, status: Status) -> None:
    await move_in(db)
    await db.write(lambda s: file(s, **FOUNDING))
    await db.write(close, status)
    for door in (
        lambda s: estimate(s, TANYA, job_size=5),
        lambda s: ranking.open_sizing(s, an_act(), ONE),
        lambda s: ranking.resize(s, an_act(), ONE, {}),
    ):
        with pytest.raises(Refused, match=f"already {status}, so its estimate is closed"):
            await db.write(door)


async def test_a_request_that_is_not_there_is_refused_with_a_way_on(db: Database) -> None:
    await move_in(db)
    with pytest.raises(Refused, match="There is no R-404 on the board"):
        await db.read(lambda s: ranking.open_sizing(s, an_act(), RequestNumber(404)))


async def test_the_form_knows_whose_word_counts_and_who_guessed(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: file(s, **FOUNDING))
    owned = {
        by: (await db.read(lambda s, by: ranking.open_sizing(s, an_act(by), ONE).owned, by))
        for by in (ALICE, BORIS, TANYA)
    }
    assert owned == {
        ALICE: frozenset(),
        BORIS: {Factor.VALUE, Factor.TIME_CRITICALITY, Factor.RISK_REDUCTION},
        TANYA: {Factor.RISK_REDUCTION, Factor.JOB_SIZE},
    }
    assert (await db.read(lambda s: ranking.open_sizing(s, an_act(), ONE))).names == {ALICE: "Alice"}


async def test_a_preview_is_where_saving_would_put_it(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: file(s, "a", "b", value=13, time_criticality=5, risk_reduction=2, job_size=5))
    await db.write(lambda s: file(s, "c", **FOUNDING))
    three = RequestNumber(3)
    figures = {**{Factor(f): n for f, n in FOUNDING.items()}, Factor.JOB_SIZE: 2}
    preview = await db.read(lambda s: ranking.resize(s, an_act(TANYA), three, figures))
    await db.write(lambda s: ranking.estimate(s, an_act(TANYA), three, Sizing(job_size=2)))
    saved = await db.read(lambda s: ranking.card(s, three))
    assert preview.standing.place == saved.standing.place == Place(rank=1, tied=False, of=3)
    assert preview.standing.score == saved.standing.score
    unknown = await db.read(lambda s: ranking.preview(s, an_act(), {}, None))
    assert unknown.missing == tuple(Factor)


# ---- cards --------------------------------------------------------------------------------------


async def test_a_card_knows_who_asked_in_which_role_and_where_it_stands(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: file(s, **FOUNDING))
    card = await db.read(lambda s: ranking.card(s, ONE))
    assert (card.asked_by, card.role) == ("Alice", Role.SALES)
    assert card.standing.place == Place(rank=1, tied=False, of=1)


async def test_a_card_of_somebody_we_do_not_know_names_nobody(db: Database) -> None:
    await move_in(db)
    await db.write(file)

    def forget(store: Store) -> None:
        found = store.requests.get(ONE)
        assert found
        store.requests.add(Request(**{**vars(found), "by": UserId("U404")}), "k2")
        store.requests.add(Request(**{**vars(found), "by": None}), "k3")

    await db.write(forget)
    for number in (2, 3):
        card = await db.read(ranking.card, RequestNumber(number))
        assert (card.asked_by, card.role) == (None, None)


# ---- the board ----------------------------------------------------------------------------------


async def test_the_board_shows_the_best_first_and_counts_the_rest(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: file(s, *(f"t{n}" for n in range(25)), **FOUNDING))
    await db.write(lambda s: file(s, "best", value=20, time_criticality=20, risk_reduction=20, job_size=1))
    await db.write(lambda s: file(s, "unsized", value=5))
    view = await db.read(show)
    assert len(view.rows) == ranking.SHOWN
    assert (view.rows[0].title, view.ranked, view.unranked, view.card) == ("best", 26, 1, None)
    assert view.rows[1].place == Place(rank=2, tied=True, of=26)


async def test_words_find_requests_best_place_first(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: file(s, "report one", "report two", **FOUNDING))
    await db.write(lambda s: file(s, "report best", value=20, time_criticality=1, risk_reduction=1, job_size=1))
    await db.write(lambda s: file(s, "report unsized"))
    found = await db.read(show, "REPORT")
    assert [row.title for row in found.rows] == ["report best", "report two", "report one", "report unsized"]
    assert (await db.read(show, "nothing like it")).rows == ()


@pytest.mark.parametrize("typed", ["1", "R-1", "r-1", "k8s-connector", " K8S-Connector "])
async def test_a_number_or_a_slug_shows_that_request(db: Database, typed: str) -> None:
    await move_in(db)
    await db.write(file)
    view = await db.read(show, typed)
    assert view.card
    assert (view.card.request.number, view.rows) == (1, ())


async def test_a_number_nobody_has_is_looked_for_as_a_word(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: file(s, "roadmap 2027"))
    assert [row.title for row in (await db.read(show, "2027")).rows] == ["roadmap 2027"]


async def test_a_released_request_is_found_but_has_no_place(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: file(s, **FOUNDING))
    await db.write(close)
    [row] = (await db.read(show, "connector")).rows
    assert (row.status, row.place) == (Status.RELEASED, None)
    assert (await db.read(show)).ranked == 0


# ---- the Estimate form, opened and saved --------------------------------------------------------


async def opened_by_tanya(db: Database) -> parts.View:
    blank = await db.read(lambda s: ranking.open_sizing(s, an_act(TANYA), ONE))
    return estimate_form.form(blank, Memory(key="0" * 32, number=ONE, shown=blank.request.figures))


async def test_saving_a_size_decides_nothing_else(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: file(s, **FOUNDING))
    form = filled(await opened_by_tanya(db), job_size=5)
    sized = await db.write(lambda s: estimate(s, TANYA, **estimate_form.read(form).model_dump(exclude_none=True)))
    assert sized.decided == (Factor.JOB_SIZE,)


async def test_what_somebody_decided_while_my_form_was_open_stays(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: file(s, **FOUNDING))
    form = filled(await opened_by_tanya(db), job_size=5)
    await db.write(lambda s: estimate(s, BORIS, risk_reduction=20))
    sized = await db.write(lambda s: estimate(s, TANYA, **estimate_form.read(form).model_dump(exclude_none=True)))
    assert sized.request.figures[Factor.RISK_REDUCTION] == 20


async def test_a_form_saved_as_it_was_shown_agrees_with_what_still_stands(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: file(s, **FOUNDING))
    shown = {Factor(name): figure for name, figure in FOUNDING.items()}
    await db.write(lambda s: estimate(s, BORIS, risk_reduction=20))
    act = an_act(TANYA, minutes=5)
    sized = await db.write(lambda s: ranking.estimate(s, act, ONE, Sizing(), shown))
    assert sized.decided == (Factor.JOB_SIZE,)
    assert sized.request.figures[Factor.RISK_REDUCTION] == 20
    assert not sized.request.estimates[Factor.JOB_SIZE].is_guess
    assert sized.request.estimates[Factor.VALUE].is_guess
