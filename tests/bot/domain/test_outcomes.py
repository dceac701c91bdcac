"""Checks after a release: when they come, which figure belongs to which, and what people write."""

from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from bot.domain import outcomes
from bot.domain.outcomes import Aim, due, latest, request_in, span_of
from tests.builders import a_request

RELEASED = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("age", "check"),
    [(0, None), (29, None), (30, 30), (59, 30), (60, 60), (89, 60), (90, 90), (119, 90), (120, None)],
)
def test_a_check_is_due_until_the_next_one_is(age: int, check: int | None) -> None:
    assert due(RELEASED, RELEASED + timedelta(days=age)) == check


@pytest.mark.parametrize(
    ("figures", "at_30", "at_60"),
    [
        ({}, None, None),
        ({-1: 9}, None, None),  # before the release nobody could use it
        ({0: 1}, 1, None),
        ({5: 2, 28: 40}, 40, None),
        ({30: 46}, 46, None),
        ({30: 46, 31: 47}, 47, None),  # put right the day after
        ({33: 46}, 46, None),  # answered on Monday
        ({28: 40, 45: 44}, 40, 44),
        ({45: 44}, 44, 44),
        ({30: 46, 61: 51}, 46, 51),
        ({70: 51}, None, 51),
    ],
)
def test_a_check_takes_the_figure_nearest_to_it(
    figures: dict[int, float], at_30: float | None, at_60: float | None
) -> None:
    kept = outcomes.figures(
        [((RELEASED + timedelta(days=d)).isoformat(), percent) for d, percent in figures.items()]
    )
    assert outcomes.at_check(kept, RELEASED, 30) == at_30
    assert outcomes.at_check(kept, RELEASED, 60) == at_60


def test_a_later_check_knows_the_earlier_ones() -> None:
    kept = outcomes.figures([("2026-12-23", 46), ("2027-01-22", 51)])
    said = outcomes.adoption(a_request(adoption_target=40), RELEASED, 90, kept)
    assert (said.percent, said.earlier) == (None, ((30, 46), (60, 51)))


@pytest.mark.parametrize(
    ("kept", "percent"),
    [
        ([], None),
        ([("2026-12", 1), ("2026-11-30", 2)], 1),
        ([("2026-W50", 1), ("2026-12-31", 2)], 2),  # W sorts after every digit, but week 50 is over by then
        ([("2026", 1), ("2027-01-01", 2)], 2),
    ],
)
def test_the_newest_figure_is_that_of_the_period_that_ends_last(
    kept: list[tuple[str, float]], percent: float | None
) -> None:
    found = latest(kept)
    assert (found.percent if found else None) == percent


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("2026-12-31", date(2026, 12, 31), date(2026, 12, 31)),
        ("2028-02", date(2028, 2, 1), date(2028, 2, 29)),
        ("2026-W53", date(2026, 12, 28), date(2027, 1, 3)),
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
    ],
)
def test_a_period_is_a_day_a_month_a_week_or_a_year(period: str, first: date, last: date) -> None:
    assert span_of(period) == (first, last)


@pytest.mark.parametrize(
    "period", ["", "26-12", "2026-13", "2026-02-30", "2026-W54", "2026-Q4", "٢٠٢٦", "2026-12-1"]
)
def test_what_is_no_period_is_refused(period: str) -> None:
    with pytest.raises(ValueError, match=r"Write 2026-12-31|No calendar"):
        span_of(period)


@pytest.mark.parametrize(
    ("metric", "key"),
    [
        ("adoption:k8s-connector", "k8s-connector"),
        ("Adoption: R-14", 14),
        ("adoption:14", 14),
        ("activation", None),
        ("adoption", None),
    ],
)
def test_adoption_is_told_by_the_name_of_its_metric(metric: str, key: object) -> None:
    assert request_in(metric) == key


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ({"target": "40"}, (40, None, None)),
        ({"target": " 40 % ", "event": " connector  synced\n"}, (40, "connector synced", None)),
        ({"percent": "46,5 %"}, (None, None, 46.5)),
        ({"percent": "0"}, (None, None, 0)),
        ({"target": "", "event": "", "percent": ""}, (None, None, None)),
    ],
)
def test_percentages_are_read_as_people_write_them(typed: dict[str, str], read: tuple[Any, ...]) -> None:
    aim = Aim.model_validate(typed)
    assert (aim.target, aim.event, aim.percent) == read


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        *(
            ({"target": t}, "Write a whole percentage from 1 to 100")
            for t in ("0", "101", "12.5", "-1", "forty", "NaN")
        ),
        *(
            ({"percent": p}, "Write a percentage from 0 to 100")
            for p in ("146", "-1", "half", "inf", "1e999999999")
        ),
        ({"event": "x" * 121}, "That's 121 characters"),
    ],
)
def test_what_is_no_percentage_is_refused_in_words(typed: dict[str, str], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Aim.model_validate(typed)
