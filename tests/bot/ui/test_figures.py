"""Numbers as people read them."""

from decimal import ROUND_HALF_UP, Decimal
from itertools import product

import pytest

from bot.domain import wsjf
from bot.domain.board import Place
from bot.domain.wsjf import SCALE, UNIT, Factor, Score
from bot.ui import figures as show
from tests.builders import the_founding_request


def test_a_score_is_shown_with_one_decimal_halves_up() -> None:
    for steps in product(SCALE, repeat=len(Factor)):
        *delay, size = steps
        score = wsjf.score(dict(zip(Factor, steps, strict=True)))
        assert score is not None
        exact = Decimal(sum(delay)) / Decimal(size)
        assert show.score(score) == str(exact.quantize(Decimal("0.1"), ROUND_HALF_UP))


@pytest.mark.parametrize(
    ("score", "shown"),
    [(UNIT, "1.0"), (13 * UNIT // 5, "2.6"), (UNIT // 20, "0.1"), (5 * UNIT // 4, "1.3"), (60 * UNIT, "60.0")],
)
def test_a_score_keeps_its_point(score: int, shown: str) -> None:
    assert show.score(Score(score)) == shown


@pytest.mark.parametrize(
    ("rank", "tied", "of", "shown"),
    [
        (1, False, 1, "#1 of 1"),
        (3, False, 12, "#3 of 12"),
        (3, True, 12, "#=3 of 12"),
        (3, False, 999, "#3 of 999"),
        (3, False, 1000, "#3 of 1,000+"),
    ],
)
def test_a_rank_is_shown_with_what_it_counts(rank: int, tied: bool, of: int, shown: str) -> None:
    assert show.rank_of(Place(rank=rank, tied=tied, of=of)) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0, "no customer named yet"), (1, "1 company waits"), (2, "2 companies wait"), (1200, "1,200 companies wait")],
)
def test_companies_are_counted_in_words(number: int, shown: str) -> None:
    assert show.companies(number) == shown


@pytest.mark.parametrize(
    ("number", "shown"), [(0, "0 requests"), (1, "1 request"), (2, "2 requests"), (1000, "1,000+ requests")]
)
def test_requests_are_counted_in_words(number: int, shown: str) -> None:
    assert show.requests(number) == shown


def test_the_arithmetic_is_the_founding_one() -> None:
    assert show.arithmetic(the_founding_request().figures) == "(8 + 2 + 3) / 13"
