"""When a daily message is said, and whom it asks for which figure."""

from datetime import UTC, date, datetime

import pytest

from bot.domain.notices import PREFERENCES, Mode
from bot.domain.policy import WorkingHours
from bot.domain.preferences import CHOICES
from bot.domain.roles import Doing, Rights, Role
from bot.domain.rounds import Last, asks_for, is_hour, is_worth_saying, unconfirmed
from bot.domain.wsjf import Factor
from tests.builders import MONDAY, a_request_with

OFFICE = WorkingHours.read("mon-fri 09:00-18:00")
VALUE, TIME, RISK, SIZE = Factor


@pytest.mark.parametrize(
    ("hours", "local", "is_it"),
    [
        ("mon-fri 09:00-18:00", "2026-11-23 09:59", False),
        ("mon-fri 09:00-18:00", "2026-11-23 10:00", True),
        ("mon-fri 09:00-18:00", "2026-11-23 17:59", True),  # Tandem was down in the morning
        ("mon-fri 09:00-18:00", "2026-11-23 18:00", False),
        ("mon-fri 09:00-18:00", "2026-11-28 10:00", False),  # a Saturday
        ("sun-thu 08:30-17:00", "2026-11-29 09:30", True),
        ("sun-thu 08:30-17:00", "2026-11-27 09:30", False),
        ("mon-sun 00:00-24:00", "2026-11-28 00:59", False),
        ("mon-sun 00:00-24:00", "2026-11-28 01:00", True),
        ("mon-fri 09:00-09:30", "2026-11-23 09:28", False),
        ("mon-fri 09:00-09:30", "2026-11-23 09:29", True),
    ],
)
def test_it_is_said_an_hour_after_the_working_day_began(hours: str, local: str, is_it: bool) -> None:
    assert is_hour(datetime.fromisoformat(local).replace(tzinfo=UTC), WorkingHours.read(hours)) is is_it


@pytest.mark.parametrize(
    ("waiting", "said_on", "today", "is_worth_it"),
    [
        ("a", None, "2026-11-23", True),
        ("", None, "2026-11-23", False),
        ("", "2026-11-02", "2026-11-23", False),
        ("a", "2026-11-23", "2026-11-24", False),
        ("b", "2026-11-23", "2026-11-24", False),  # a is done, b was said already
        ("abc", "2026-11-23", "2026-11-24", True),  # c is new
        ("a", "2026-11-23", "2026-11-25", False),
        ("a", "2026-11-23", "2026-11-26", True),  # three working days
        ("a", "2026-11-26", "2026-11-30", False),  # the weekend doesn't count
        ("a", "2026-11-26", "2026-12-01", True),
        ("a", "2026-01-02", "2026-11-23", True),
    ],
)
def test_the_same_is_said_again_only_after_three_working_days(
    waiting: str, said_on: str | None, today: str, is_worth_it: bool
) -> None:
    last = Last(key="k", day=said_on, at=MONDAY, seen=frozenset("ab")) if said_on else None
    assert is_worth_saying(frozenset(waiting), last, date.fromisoformat(today), OFFICE) is is_worth_it


@pytest.mark.parametrize(
    ("owned", "asked"),
    [
        ({SIZE, RISK}, {SIZE}),  # tech: the risk goes along with the size
        ({VALUE, TIME, RISK}, {VALUE, TIME, RISK}),
        ({RISK}, {RISK}),
        ({SIZE}, {SIZE}),
        (set(), set()),
        (set(Factor), set(Factor)),
    ],
)
def test_a_shared_risk_alone_is_asked_of_product(owned: set[Factor], asked: set[Factor]) -> None:
    assert asks_for(owned, Rights()) == asked


def test_a_risk_that_is_techs_alone_is_asked_of_tech() -> None:
    rights = Rights(decided={Doing.CONFIRM_RISK_REDUCTION: frozenset({Role.TECH})})
    assert asks_for({SIZE, RISK}, rights) == {SIZE, RISK}


def test_a_guess_is_still_to_be_confirmed() -> None:
    request = a_request_with({VALUE: 8, SIZE: 13}, confirmed=[SIZE])
    assert unconfirmed(request, set(Factor)) == (VALUE, TIME, RISK)
    assert unconfirmed(request, {SIZE}) == ()


def test_every_topic_offers_what_is_preset() -> None:
    assert CHOICES.keys() == PREFERENCES.keys()
    assert all(PREFERENCES[topic] in modes for topic, modes in CHOICES.items())
    assert Mode.NEVER not in CHOICES["question"]  # type: ignore[index]
