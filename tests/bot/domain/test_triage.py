"""How long a request waits, and what may be written into the triage form."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from bot.domain.policy import WorkingHours
from bot.domain.triage import Triage, working_days_between

HOURS = WorkingHours.read("mon-fri 09:00-18:00")
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("filed", "now", "days"),
    [
        ("2026-11-23T10:00", "2026-11-23T17:00", 0),  # the same Monday
        ("2026-11-23T10:00", "2026-11-24T08:00", 1),  # the next morning
        ("2026-11-23T10:00", "2026-11-30T10:00", 5),  # a week later
        ("2026-11-27T16:00", "2026-11-29T12:00", 0),  # Friday to Sunday
        ("2026-11-27T16:00", "2026-11-30T09:00", 1),  # Friday to Monday
        ("2026-11-27T20:00", "2026-11-30T12:00", 0),  # after hours on Friday: waits from Monday on
        ("2026-11-28T12:00", "2026-12-01T12:00", 1),  # on Saturday
        ("2026-11-23T02:00", "2026-11-23T12:00", 0),  # before hours
        ("2026-10-23T10:00", "2026-10-26T10:00", 1),  # over the end of summer time
        ("2026-11-24T10:00", "2026-11-23T10:00", 0),  # a clock that ran ahead
        ("2021-11-22T10:00", "2026-11-23T10:00", 1305),
    ],
)
def test_working_days_are_counted_in_the_companys_zone(filed: str, now: str, days: int) -> None:
    start, end = (datetime.fromisoformat(text).replace(tzinfo=BERLIN) for text in (filed, now))
    assert working_days_between(start.astimezone(UTC), end.astimezone(UTC), HOURS, BERLIN) == days


@pytest.mark.parametrize(
    "tracker",
    [
        "https://linear.app/nimbus/issue/NIM-7",
        "http://jira.local:8080/browse/K-1?a=b&c=%20#x",
        "https://github.com/nimbus/app/issues/7",
        "https://пример.рф/1",
    ],
)
def test_any_tracker_has_an_address(tracker: str) -> None:
    assert Triage(tracker=f" {tracker}\n").tracker == tracker


@pytest.mark.parametrize(
    "tracker",
    [
        "NIM-7",
        "javascript:alert(1)",
        "ftp://x.test/1",
        "https://",
        "https:// x.test",
        "https://x.test/|y>",
        "https://[x",
        "https://x.test/" + "x" * 500,
    ],
)
def test_what_is_no_address_is_refused(tracker: str) -> None:
    with pytest.raises(ValidationError):
        Triage(tracker=tracker)


def test_a_direction_is_one_line() -> None:
    assert Triage(direction=" Cost\n visibility ").direction == "Cost visibility"
    assert Triage(direction=" ", tracker="").model_dump() == Triage().model_dump()
