"""Places on the board, and what would move a request, against counting one by one."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import board, wsjf
from bot.domain.board import Choice, Filter, Place, Standing, WhatIf, places_from_top, scores_to_place
from bot.domain.requests import Source, Status
from bot.domain.roles import Role
from bot.domain.wsjf import SCALE, UNIT, Factor, Score
from bot.ui import standing as words
from tests.builders import (
    ALICE,
    GENERATED,
    a_request,
    a_request_with,
    a_standing,
    places_among,
    the_founding_request,
)

STEPS = st.sampled_from(SCALE)
FIGURES = st.fixed_dictionaries(dict.fromkeys(Factor, STEPS))
OTHERS = st.lists(FIGURES.map(wsjf.score).map(lambda s: s or 0), max_size=25)


def rank_of(score: Score, others: list[int]) -> int:
    return places_among(others, [score])[score].rank


# ---- places of a whole board --------------------------------------------------------------------


@GENERATED
@given(OTHERS)
def test_places_from_the_top_are_those_counted_one_by_one(scores: list[int]) -> None:
    ordered = [Score(s) for s in sorted(scores, reverse=True)]
    for score, place in zip(ordered, places_from_top(ordered, of=len(ordered)), strict=True):
        assert place.rank == 1 + sum(other > score for other in scores)
        assert place.tied == (scores.count(score) > 1)
        assert place.of == len(scores)


def test_equal_scores_share_a_place_and_the_next_one_counts_them_all() -> None:
    shown = [(p.rank, p.tied) for p in places_from_top([Score(n) for n in (50, 40, 40, 40, 10)], of=5)]
    assert shown == [(1, False), (2, True), (2, True), (2, True), (5, False)]


# ---- what would change it -----------------------------------------------------------------------


@GENERATED
@given(FIGURES, OTHERS)
def test_where_a_request_stands_is_where_it_is_counted(figures: dict[Factor, int], others: list[int]) -> None:
    standing = board.standing(figures, places_among(others, scores_to_place(figures)), settled=True)
    score = wsjf.score(figures)
    assert score is not None
    assert standing == Standing(score=score, place=places_among(others, [score])[score])


@GENERATED
@given(FIGURES, OTHERS)
def test_a_what_if_says_what_really_happens_when_the_size_is_changed(
    figures: dict[Factor, int], others: list[int]
) -> None:
    request = a_request_with(figures)
    now = a_standing(request, others)
    assert now.place
    if now.what_if is None:
        moved = {rank_of(s, others) for s in scores_to_place(figures)}
        assert not {r for r in moved if r < now.place.rank}
        assert now.place.rank == max(moved)
        return
    changed = a_request_with({**figures, now.what_if.factor: now.what_if.figure})
    then = a_standing(changed, others)
    assert (then.score, then.place) == (now.what_if.score, now.what_if.place)
    assert then.place
    assert then.place.rank != now.place.rank


@GENERATED
@given(FIGURES, OTHERS)
def test_a_what_if_is_the_nearest_smaller_size_that_climbs_else_the_nearest_larger_that_falls(
    figures: dict[Factor, int], others: list[int]
) -> None:
    now = a_standing(a_request_with(figures), others)
    assert now.place
    size, place = figures[Factor.JOB_SIZE], now.place.rank
    ranks = {s: rank_of(wsjf.score({**figures, Factor.JOB_SIZE: s}) or Score(0), others) for s in SCALE}
    climbs = [s for s in SCALE if s < size and ranks[s] < place]
    falls = [s for s in SCALE if s > size and ranks[s] > place]
    expected = max(climbs) if climbs else min(falls, default=None)
    assert (now.what_if.figure if now.what_if else None) == expected


@GENERATED
@given(FIGURES, OTHERS)
def test_without_a_size_the_range_runs_from_the_best_place_to_the_worst(
    figures: dict[Factor, int], others: list[int]
) -> None:
    unsized = dict(figures)
    del unsized[Factor.JOB_SIZE]
    now = a_standing(a_request_with(unsized), others)
    ranks = {s: rank_of(wsjf.score({**figures, Factor.JOB_SIZE: s}) or Score(0), others) for s in SCALE}
    assert now.missing == (Factor.JOB_SIZE,)
    assert now.best
    assert now.worst
    assert now.best.place.rank == min(ranks.values())
    assert now.best.figure == max(s for s in SCALE if ranks[s] == min(ranks.values()))
    assert now.worst.place.rank == max(ranks.values())
    assert now.worst.figure == min(s for s in SCALE if ranks[s] == max(ranks.values()))


def test_with_more_than_the_size_missing_no_place_is_promised() -> None:
    now = a_standing(a_request(value=8), [UNIT])
    assert now == Standing(
        score=None, place=None, missing=(Factor.TIME_CRITICALITY, Factor.RISK_REDUCTION, Factor.JOB_SIZE)
    )


def test_a_confirmed_size_is_not_held_out_as_a_what_if() -> None:
    guess, decided = the_founding_request(), the_founding_request(confirmed=[Factor.JOB_SIZE])
    others = [2 * UNIT, UNIT + 1]
    assert a_standing(guess, others).what_if
    assert a_standing(decided, others).what_if is None


def test_a_board_without_others_holds_nothing_out() -> None:
    now = a_standing(the_founding_request())
    assert now.place == Place(rank=1, tied=False, of=1)
    assert now.what_if is None


# ---- in words -----------------------------------------------------------------------------------


def test_the_sentences_of_the_founding_example() -> None:
    others = [4 * UNIT, *[UNIT + 1] * 1, *[UNIT // 2] * 9]
    now = a_standing(the_founding_request(), others)
    assert words.headline(now) == "WSJF 1.0, #3 of 12"
    assert words.what_would_change_it(now) == "at 8 it would be 1.6, #2"


def test_the_range_is_told_with_the_sizes_at_its_ends() -> None:
    request = a_request(value=8, time_criticality=2, risk_reduction=3)
    others = [20 * UNIT, 2 * UNIT, 2 * UNIT, UNIT + 1, UNIT + 1, UNIT + 1, UNIT, UNIT, UNIT // 2]
    now = a_standing(request, others)
    assert words.headline(now) == "needs a size before it gets a place"
    assert words.range_of_places(now) == "from #2 (size 5) to #9 (size 20)"


def test_when_no_size_moves_it_one_place_is_told() -> None:
    request = a_request(value=8, time_criticality=2, risk_reduction=3)
    assert words.range_of_places(a_standing(request)) == "any size puts it at #1"


def test_ties_are_shown_as_ties() -> None:
    now = a_standing(the_founding_request(), [3 * UNIT, 2 * UNIT, UNIT])
    assert words.headline(now) == "WSJF 1.0, #=3 of 4"


@pytest.mark.parametrize(
    ("of", "said"),
    [(12, "#3 of 12"), (999, "#3 of 999"), (board.MANY, "#3 of 1,000+"), (board.MANY + 1, "#3 of 1,000+")],
)
def test_past_a_thousand_the_board_is_not_counted_on(of: int, said: str) -> None:
    now = a_standing(the_founding_request(), [3 * UNIT, 2 * UNIT])
    assert now.place
    assert words.headline(replace(now, place=replace(now.place, of=of))) == f"WSJF 1.0, {said}"


def test_a_what_if_names_the_figure_and_what_it_would_bring() -> None:
    place = Place(rank=2, tied=True, of=9)
    what_if = WhatIf(factor=Factor.JOB_SIZE, figure=8, score=Score(13 * UNIT // 8), place=place)
    now = Standing(score=Score(UNIT), place=replace(place, rank=5), what_if=what_if)
    assert words.what_would_change_it(now) == "at 8 it would be 1.6, #=2"


# ---- choosing a part of the board ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("roles", "sources"),
    [
        ((), None),
        ((Role.SALES,), {Source.SALES_CUSTOMER, Source.SALES_MARKET}),
        ((Role.SUPPORT,), {Source.SUPPORT}),
        ((Role.MARKETING,), {Source.MARKET_ANALYSIS}),
        ((Role.SALES, Role.SUPPORT), {Source.SALES_CUSTOMER, Source.SALES_MARKET, Source.SUPPORT}),
        ((Role.PRODUCT,), None),
        ((Role.TECH,), None),
        ((Role.SALES, Role.LEADERSHIP), None),
    ],
)
def test_a_teams_board_is_what_it_heard(roles: tuple[Role, ...], sources: set[Source] | None) -> None:
    assert board.team_sources(frozenset(roles)) == sources


def test_what_was_chosen_is_what_is_looked_for() -> None:
    team = board.team_sources(frozenset({Role.SUPPORT}))
    assert Choice().filter(ALICE, team) == Filter(sources=frozenset({Source.SUPPORT}))
    assert Choice().filter(ALICE, None) == Filter()
    assert Choice(source="all").filter(ALICE, team) == Filter()
    chosen = Choice(status=Status.PLANNED, source=Source.SALES_MARKET, direction="Growth", mine=True)
    assert chosen.filter(ALICE, team) == Filter(
        status=Status.PLANNED, sources=frozenset({Source.SALES_MARKET}), direction="Growth", owner=ALICE
    )
