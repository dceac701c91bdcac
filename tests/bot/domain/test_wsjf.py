"""The score: as SAFe writes it, exact, and rounded only when shown."""

from fractions import Fraction
from itertools import product

import pytest

from bot.domain.errors import Refused
from bot.domain.wsjf import SCALE, UNIT, Factor, Score, missing, on_scale, score
from tests.builders import a_request, the_founding_request

ALL = [dict(zip(Factor, steps, strict=True)) for steps in product(SCALE, repeat=len(Factor))]


def as_fraction(figures: dict[Factor, int]) -> Fraction:
    *delay, size = (figures[f] for f in Factor)
    return Fraction(sum(delay), size)


def test_the_founding_example_scores_one() -> None:
    assert the_founding_request().score == UNIT


def test_every_score_is_exact_so_that_equal_scores_are_equal_fractions() -> None:
    assert len(ALL) == 7**4
    scores = {}
    for figures in ALL:
        found = score(figures)
        assert found is not None
        assert Fraction(found, UNIT) == as_fraction(figures)
        scores[as_fraction(figures)] = found
    assert len(set(scores.values())) == len(scores)
    assert sorted(scores.values()) == [scores[fraction] for fraction in sorted(scores)]


@pytest.mark.parametrize("absent", Factor)
def test_there_is_no_score_while_a_figure_is_missing(absent: Factor) -> None:
    figures = {f: 5 for f in Factor if f is not absent}
    assert score(figures) is None
    assert missing(figures) == (absent,)


def test_what_is_missing_is_named_in_the_order_of_the_form() -> None:
    assert missing({}) == tuple(Factor)
    assert a_request(time_criticality=3).missing == (Factor.VALUE, Factor.RISK_REDUCTION, Factor.JOB_SIZE)


@pytest.mark.parametrize("figure", SCALE)
def test_a_step_of_the_scale_is_taken(figure: int) -> None:
    assert on_scale(figure, Factor.VALUE) == figure


@pytest.mark.parametrize("figure", [-1, 0, 4, 6, 7, 9, 10, 21, 100])
def test_a_figure_off_the_scale_is_refused_in_words_beside_its_field(figure: int) -> None:
    with pytest.raises(Refused) as refused:
        on_scale(figure, Factor.JOB_SIZE)
    assert refused.value.text == "Choose 1, 2, 3, 5, 8, 13 or 20."
    assert refused.value.fields == {"job_size": refused.value.text}


def test_a_better_figure_never_lowers_the_score() -> None:
    for figures in ALL:
        for factor in Factor:
            if figures[factor] == SCALE[-1]:
                continue
            higher = {**figures, factor: SCALE[SCALE.index(figures[factor]) + 1]}
            was, now = score(figures), score(higher)
            assert was is not None
            assert now is not None
            assert now < was if factor is Factor.JOB_SIZE else now > was


def test_a_score_fits_every_column_and_is_never_zero() -> None:
    scores: list[Score] = [s for figures in ALL if (s := score(figures)) is not None]
    assert min(scores) > 0
    assert max(scores) == 60 * UNIT < 2**31
