"""When somebody is told again of what they can get out of the way."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from bot.domain.blockers import EVERY, NUDGES, WORDS_LIMIT, Blocker, Raising, next_nudge
from bot.domain.ids import RequestNumber, UserId
from bot.domain.policy import WorkingHours
from tests.builders import ALICE, BORIS, MONDAY

HOURS = WorkingHours.read("mon-fri 09:00-18:00")


def a_blocker(**more: Any) -> Blocker:
    """It waits for the legal text: Boris gets it, Alice said so on Monday at ten."""
    values: dict[str, Any] = {
        "id": 1,
        "number": RequestNumber(14),
        "words": "waits for the legal text",
        "owner": BORIS,
        "by": ALICE,
        "at": MONDAY,
    }
    return Blocker(**{**values, **more})


@pytest.mark.parametrize(
    ("zone", "said", "again"),
    [
        # In working hours: said at once.
        ("UTC", "2026-11-23 10:00", "2026-11-25 09:00"),
        ("UTC", "2026-11-23 17:59", "2026-11-25 09:00"),
        ("UTC", "2026-11-26 10:00", "2026-11-30 09:00"),  # over the weekend
        ("UTC", "2026-11-27 10:00", "2026-12-01 09:00"),
        # Outside them: said as work begins, and counted from there.
        ("UTC", "2026-11-23 18:00", "2026-11-26 09:00"),
        ("UTC", "2026-11-27 20:00", "2026-12-02 09:00"),
        ("UTC", "2026-11-28 10:00", "2026-12-02 09:00"),
        # Where the owner is.
        ("Asia/Kolkata", "2026-11-23 10:00", "2026-11-25 03:30"),
        ("Asia/Kolkata", "2026-11-23 20:00", "2026-11-26 03:30"),  # Tuesday, half past one there
        ("America/New_York", "2026-11-23 10:00", "2026-11-25 14:00"),
        # Clocks change: nine is nine.
        ("Europe/Lisbon", "2027-03-26 10:00", "2027-03-30 08:00"),
        ("Europe/Lisbon", "2026-10-23 10:00", "2026-10-27 09:00"),
    ],
)
def test_two_working_days_later_as_work_begins(zone: str, said: str, again: str) -> None:
    blocker = a_blocker(nudges=1, nudged_at=datetime.fromisoformat(said).replace(tzinfo=UTC))
    assert next_nudge(blocker, HOURS, ZoneInfo(zone)) == datetime.fromisoformat(again).replace(tzinfo=UTC)


def test_until_it_was_said_the_days_count_from_when_it_came_up() -> None:
    assert next_nudge(a_blocker(), HOURS, UTC) == MONDAY.replace(hour=9) + timedelta(days=EVERY)


def test_where_people_work_on_other_days_those_count() -> None:
    hours = WorkingHours.read("sun-thu 08:00-16:00")
    said = datetime(2026, 11, 25, 10, tzinfo=UTC)  # a Wednesday
    assert next_nudge(a_blocker(nudged_at=said), hours, UTC) == datetime(2026, 11, 29, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("more", "is_nudged"),
    [
        ({}, True),
        ({"nudges": NUDGES - 1}, True),
        ({"nudges": NUDGES}, False),
        ({"answer": "Thursday"}, False),
        ({"resolved_at": MONDAY}, False),
    ],
)
def test_nobody_is_told_a_sixth_time_nor_once_they_answered(more: dict[str, Any], is_nudged: bool) -> None:
    assert a_blocker(**more).is_nudged is is_nudged


def test_somebody_else_begins_anew() -> None:
    told = a_blocker(nudges=4, nudged_at=MONDAY, answer="Thursday", answered_at=MONDAY)
    later = MONDAY + timedelta(days=3)
    after = told.handed_to(ALICE, later)
    assert after == a_blocker(owner=ALICE, nudged_at=later)


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("  ", "Say it in a few words."),
        ("\u200b", "Say it in a few words."),
        ("x" * (WORDS_LIMIT + 1), "That's 301 characters; keep it under 300."),
    ],
)
def test_it_is_said_in_a_few_words(words: str, fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        Raising(words=words, owner=UserId(ALICE))
