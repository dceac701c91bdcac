"""How a request came to its place, in parts that add up exactly."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import wsjf
from bot.domain.board import Place
from bot.domain.changes import Change, Logged, differences
from bot.domain.ids import RequestNumber
from bot.domain.reasons import (
    ABOVE,
    GROUPS,
    Cause,
    Others,
    Own,
    Part,
    Step,
    Stretch,
    Turn,
    What,
    causes,
    folded,
    next_up,
    parts,
    retold,
    single_changes,
    worst_first,
)
from bot.domain.requests import Request, Status
from bot.domain.wsjf import SCALE, UNIT, Factor, Score
from tests.builders import BORIS, GENERATED, MONDAY, a_request, places_among, the_founding_request

ME = RequestNumber(1)

# ---- the way adds up ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Changed:
    """Another score of one request; None: it has no place."""

    number: int
    new: int | None


CHANGES = st.lists(
    st.builds(Changed, st.integers(1, 8), st.none() | st.integers(1, 6).map(lambda n: n * UNIT)), max_size=40
)


def boards(changes: Sequence[Changed]) -> list[dict[int, int | None]]:
    """The board before any change, and after each."""
    found: list[dict[int, int | None]] = [{}]
    for one in changes:
        found.append({**found[-1], one.number: one.new})
    return found


def place(board: Mapping[int, int | None], score: int | None, number: int = ME) -> int | None:
    """Counted one by one."""
    if score is None:
        return None
    return 1 + sum(other is not None and other > score for n, other in board.items() if n != number)


def crossings(changes: Sequence[Changed], start: int, end: int, score: int) -> Iterator[Others]:
    """Others that came to stand above a score after one change and up to another, or no longer do."""
    seen = boards(changes)
    for n in range(start + 1, end + 1):
        number = changes[n - 1].number
        was, now = (seen[m].get(number) or 0 for m in (n - 1, n))
        if number != ME and (was > score) is not (now > score):
            what = What.ROSE if now > score else What.FELL
            yield Others(what=what, at=MONDAY, numbers=(RequestNumber(number),))


def way(changes: Sequence[Changed], start: int) -> tuple[Part, ...]:
    seen = boards(changes)
    mine = [n for n in range(start + 1, len(changes) + 1) if seen[n].get(ME) != seen[n - 1].get(ME)]
    begins = [(start, seen[start].get(ME)), *((n, seen[n].get(ME)) for n in mine)]
    stretches = [
        Stretch(
            after=after,
            score=Score(score) if score else None,
            others=folded(list(crossings(changes, after, before - 1, score))) if score else [],
        )
        for (after, score), before in zip(begins, [*mine, len(changes) + 1], strict=True)
    ]
    owns = [
        Own(id=n, at=MONDAY, by=None, steps=(Step(what=What.CHANGED, score=Score(s) if s else None),))
        for n, s in begins[1:]
    ]
    standings = {(Score(s), n): found for n, s in begins if s and (found := place(seen[n], s)) is not None}
    return parts(stretches, owns, standings)


@GENERATED
@given(changes=CHANGES, cut=st.integers(0, 40))
def test_the_way_leads_from_the_place_then_to_the_place_now(changes: list[Changed], cut: int) -> None:
    start, seen = min(cut, len(changes)), boards(changes)
    told = way(changes, start)
    then, now = (place(seen[n], seen[n].get(ME)) for n in (start, -1))
    if not told:
        assert then == now
        return
    assert (told[0].was, told[-1].now) == (then, now)
    assert (told[0].score_was, told[-1].score_now) == (seen[start].get(ME), seen[-1].get(ME))
    for one, following in pairwise(told):
        assert (one.now, one.score_now) == (following.was, following.score_was)
    for part in told:
        assert min(part.was or 1, part.now or 1) >= 1
        if part.count:
            assert part.climbs == (-part.count if part.what in ABOVE else part.count)
            assert len(part.others) == min(part.count, 3)


@GENERATED
@given(changes=CHANGES, cut=st.integers(0, 40))
def test_causes_add_up_to_the_way(changes: list[Changed], cut: int) -> None:
    told = way(changes, min(cut, len(changes)))
    if told and all(part.was and part.now for part in told):
        assert sum(cause.climbs for cause in causes(told)) == (told[0].was or 0) - (told[-1].now or 0)


# ---- others ---------------------------------------------------------------------------------------


def others(*told: str) -> list[Others]:
    return [
        Others(what=What(what), at=MONDAY + timedelta(minutes=n), numbers=(RequestNumber(n),))
        for n, what in enumerate(told, 1)
    ]


def names(told: Sequence[Others]) -> list[tuple[str, tuple[int, ...], int]]:
    return [(one.what.value, one.numbers, one.count) for one in told]


def test_others_in_one_way_after_each_other_are_told_together() -> None:
    told = folded(others("released", "released", "came", "released", "fell", "fell", "fell", "fell"))
    assert names(told) == [
        ("released", (1, 2), 2),
        ("came", (3,), 1),
        ("released", (4,), 1),
        ("fell", (5, 6, 7), 4),
    ]


def test_whoever_went_back_again_is_left_out() -> None:
    there = others("rose", "came", "fell", "rose")
    back = replace(there[2], numbers=there[0].numbers)
    assert names(folded([*there[:2], back])) == [("came", (2,), 1)]
    again = replace(there[3], numbers=there[0].numbers)
    assert names(folded([*there[:2], back, again])) == [("came", (2,), 1), ("rose", (1,), 1)]


def test_of_very_many_those_that_came_above_are_told_first() -> None:
    told = worst_first(others("released", "came", "fell", "rose"))
    assert [one.what.value for one in told] == ["came", "rose", "fell", "released"]


def test_others_who_took_many_turns_are_told_by_what_they_did() -> None:
    told = folded(others(*["rose", "fell"] * GROUPS))
    assert names(told) == [("rose", (1, 3, 5), GROUPS), ("fell", (2, 4, 6), GROUPS)]


# ---- what an act was made of ----------------------------------------------------------------------


def story(*states: Request) -> tuple[list[Turn], list[Logged]]:
    """What is kept of a request that went through these states, one act a minute."""
    turns, lines = [], []
    for n, (before, after) in enumerate(zip([None, *states], states, strict=False)):
        at, trace = MONDAY + timedelta(minutes=n), f"act {n}"
        lines += [a_line(change, at, trace) for change in differences(before, after)]
        old = before.rank_score if before else None
        if old != after.rank_score:
            turns.append(Turn(id=n, at=at, trace=trace, old=old, new=after.rank_score))
    return turns, lines


def a_line(change: Change, at: datetime, trace: str) -> Logged:
    common: dict[str, Any] = {"id": 1, "subject": "request:14", "by": BORIS, "why": None, "via": "slack"}
    return Logged(**common, **vars(change), at=at, trace=trace)


def steps(*states: Request) -> list[list[tuple[str, str, Any, Any]]]:
    turns, lines = story(*states)
    return [[_step(step) for step in own.steps] for own in retold(turns, lines, states[-1])]


def _step(step: Step) -> tuple[str, str, Any, Any]:
    figure = step.figure or Change(field="", old=None, new=None)
    return step.what.value, str(figure.field), figure.old, figure.new


FOUNDING = the_founding_request()
CLOSED = replace(FOUNDING, status=Status.RELEASED)
JOINED = replace(FOUNDING, status=Status.DECLINED, same_as=RequestNumber(3))


@pytest.mark.parametrize(
    ("states", "told"),
    [
        ([FOUNDING], [[("came", "", None, None)]]),
        ([a_request(value=8), the_founding_request()], [[("estimated", "", None, None)]]),
        (
            [a_request(value=8, time_criticality=2, risk_reduction=3), FOUNDING],
            [[("figure", "job_size", None, 13)]],
        ),
        (
            [FOUNDING, a_request(value=8, time_criticality=2, risk_reduction=3)],
            [[("came", "", None, None)], [("figure", "job_size", 13, None)]],
        ),
        (
            [FOUNDING, a_request(value=13, time_criticality=2, risk_reduction=5, job_size=8)],
            [
                [("came", "", None, None)],
                [("figure", "value", 8, 13), ("figure", "risk_reduction", 3, 5), ("figure", "job_size", 13, 8)],
            ],
        ),
        (
            [FOUNDING, CLOSED, FOUNDING],
            [[("came", "", None, None)], [("released", "", None, None)], [("reopened", "", None, None)]],
        ),
        (
            [FOUNDING, JOINED, FOUNDING],
            [[("came", "", None, None)], [("joined", "", None, None)], [("parted", "", None, None)]],
        ),
        (
            [FOUNDING, replace(FOUNDING, status=Status.DECLINED)],
            [[("came", "", None, None)], [("declined", "", None, None)]],
        ),
    ],
)
def test_an_act_is_told_step_by_step(states: list[Request], told: Any) -> None:
    assert steps(*states) == told


def test_several_figures_lead_over_the_scores_between() -> None:
    after = a_request(value=13, time_criticality=2, risk_reduction=5, job_size=8)
    turns, lines = story(FOUNDING, after)
    [_, own] = retold(turns, lines, after)
    assert [step.score for step in own.steps] == [18 * UNIT // 13, 20 * UNIT // 13, 20 * UNIT // 8]
    assert (own.by, own.id) == (BORIS, 1)


def test_what_the_log_does_not_tell_is_said_to_have_changed() -> None:
    turns, lines = story(FOUNDING, replace(FOUNDING, status=Status.RELEASED))
    told = retold(turns, [line for line in lines if line.field != "status"], CLOSED)
    assert [[step.what for step in own.steps] for own in told] == [[What.CHANGED], [What.CHANGED]]


# ---- in short -------------------------------------------------------------------------------------


def a_part(was: int | None, now: int | None, **more: Any) -> Part:
    values: dict[str, Any] = {"score_was": None, "score_now": None, "what": What.FIGURE, "at": MONDAY, **more}
    return Part(was=was, now=now, **values)


def size(old: int | None, new: int | None) -> Change:
    return Change(field=Factor.JOB_SIZE, old=old, new=new)


def test_one_figure_is_one_cause_and_so_are_all_others() -> None:
    told = [
        a_part(7, 5, figure=size(13, 8), by=BORIS),
        a_part(5, 6, what=What.CAME, count=1),
        a_part(6, 3, figure=size(8, 5), by=BORIS),
        a_part(3, 2, what=What.RELEASED, count=1),
    ]
    assert causes(told) == (Cause(climbs=5, is_own=True, figure=size(13, 5), by=BORIS),)
    assert causes([*told, a_part(2, 4, what=What.ROSE, count=2)])[1:] == (Cause(climbs=-2, is_own=False),)


def test_what_came_is_told_by_the_figure_that_gave_it_its_place() -> None:
    told = [a_part(3, None), a_part(None, 5, figure=size(None, 5)), a_part(5, 4, what=What.FELL, count=1)]
    assert causes(told) == (
        Cause(climbs=0, is_own=True, figure=size(None, 5)),
        Cause(climbs=1, is_own=False),
    )
    assert causes([a_part(None, 5, what=What.CAME)]) == ()


# ---- the way up -----------------------------------------------------------------------------------


def test_the_fewest_steps_come_first_and_of_these_the_size() -> None:
    found = [(factor, step) for factor, step, _ in single_changes(FOUNDING.figures)]
    assert found[:4] == [
        (Factor.JOB_SIZE, 8),
        (Factor.VALUE, 13),
        (Factor.TIME_CRITICALITY, 3),
        (Factor.RISK_REDUCTION, 5),
    ]
    assert found[4:6] == [(Factor.JOB_SIZE, 5), (Factor.VALUE, 20)]
    assert single_changes(a_request(value=8).figures) == []


@pytest.mark.parametrize(
    ("others", "reached"),
    [
        ([2 * UNIT], ("job_size", 5, 1)),  # 1.6 at size 8 is not enough
        ([UNIT + 1], ("job_size", 8, 1)),
        ([2 * UNIT, UNIT + 1], ("job_size", 8, 2)),
        ([14 * UNIT], None),
    ],
)
def test_the_smallest_change_that_reaches_a_better_place(others: list[int], reached: Any) -> None:
    scores = {score for _, _, score in single_changes(FOUNDING.figures)}
    now = Place(rank=1 + len(others), tied=False, of=9)
    found = next_up(FOUNDING.figures, now, places_among(others, scores))
    assert (found and (found.factor, found.figure, found.place.rank)) == reached


FIGURES = st.fixed_dictionaries({factor: st.sampled_from(SCALE) for factor in Factor})


@GENERATED
@given(figures=FIGURES, others=st.lists(st.integers(1, 60).map(lambda n: n * UNIT // 4), max_size=6))
def test_no_smaller_change_reaches_a_better_place(figures: dict[Factor, int], others: list[int]) -> None:
    score = wsjf.score(figures)
    assert score
    now = places_among(others, [score])[score]
    everything = [
        (abs(SCALE.index(step) - SCALE.index(figures[f])), wsjf.score({**figures, f: step}) or score)
        for f in Factor
        for step in SCALE
    ]
    reach = [steps for steps, new in everything if sum(o > new for o in others) < now.rank - 1]
    found = next_up(figures, now, places_among(others, {new for _, _, new in single_changes(figures)}))
    if found is None:
        assert not reach
    else:
        assert abs(SCALE.index(found.figure) - SCALE.index(figures[found.factor])) == min(reach)
