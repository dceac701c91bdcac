"""What a line of a usage file says."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.domain.usage import Kind
from bot.domain.usage_files import FILES, Twins, read
from tests.builders import MONDAY


def a_line(**more: Any) -> dict[str, Any]:
    return {"timestamp": "2026-11-02T10:00:00Z", "account_id": "acme", "user_id": "ines", "event": "Report", **more}


def test_a_line_is_an_event_of_the_file() -> None:
    event = read(a_line(properties='{"path": "/pricing"}', message_id="m1"), MONDAY).event
    assert (event.source, event.message, event.kind, event.name) == (FILES, "m1", Kind.TRACK, "Report")
    assert (event.person, event.account, event.path) == ("ines", "acme", "/pricing")


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-02T10:00:00Z",
        "2026-11-02 10:00:00",
        "2026-11-02 10:00:00.000 UTC",
        "2026-11-02T12:00:00+02:00",
        "1793613600",
        "1793613600000",
        1793613600,
    ],
)
def test_however_a_moment_is_written_it_is_the_same_event(written: Any) -> None:
    found = read(a_line(timestamp=written), MONDAY)
    assert found.event.at == datetime(2026, 11, 2, 10, tzinfo=UTC)
    assert found.digest == read(a_line(), MONDAY).digest


def test_files_bring_events_of_any_age() -> None:
    assert read(a_line(timestamp="2019-05-01"), MONDAY).event.day == 18_017


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (a_line(timestamp=""), "timestamp: is empty"),
        (a_line(timestamp="yesterday"), "timestamp: write it like 2026-11-23T10:00:00Z"),
        (a_line(timestamp="12345678"), "timestamp: write it like"),
        (a_line(timestamp="0001-01-01"), "timestamp: 0001-01-01 is too long ago"),
        (a_line(timestamp="2026-12-24"), "timestamp: 2026-12-24 is still to come"),
        (a_line(user_id=""), "user_id: is empty"),
        (a_line(event=None), "event: is empty"),
        (a_line(user_id="x" * 201), "userId is longer than 200 characters"),
        (a_line(properties="[1]"), "properties: write a JSON object"),
        (a_line(properties="{"), "properties: write a JSON object"),
        (a_line(properties="[" * 100_000), "properties: write a JSON object"),
        (a_line(properties={"a": "x" * 40_000}), "an event has at most 32 kB"),
        (a_line(colour="red"), "nothing is called 'colour'"),
        ({"type": "group", "userId": "ines", "timestamp": "2026-11-02"}, "a group needs a groupId"),
        ({"type": "track", "event": "Report", "timestamp": "2026-11-02"}, "neither userId nor anonymousId"),
        ({"type": "track", "userId": "ines", "event": "Report"}, "timestamp: is empty"),
    ],
)
def test_what_is_wrong_with_a_line_is_said(line: Mapping[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        read(line, MONDAY)


def test_an_event_of_segment_is_taken_as_it_is_and_its_clock_is_not_put_right_twice() -> None:
    event = read(
        {
            "type": "group",
            "userId": "ines",
            "groupId": "acme",
            "messageId": "m1",
            "traits": {"name": "Acme"},
            "timestamp": "2026-05-01T10:00:00Z",
            "originalTimestamp": "2026-05-01T13:00:00Z",
            "sentAt": "2026-05-01T13:00:01Z",
        },
        MONDAY,
    ).event
    assert (event.at, event.group, event.company) == (
        datetime(2026, 5, 1, 10, tzinfo=UTC),
        "acme",
        {"name": "Acme"},
    )


def test_what_was_wrong_the_last_time_makes_it_no_other_event() -> None:
    assert read(a_line(why="user_id: is empty"), MONDAY) == read(a_line(), MONDAY)


def test_a_clock_that_is_a_little_ahead_is_forgiven() -> None:
    ahead = (MONDAY + timedelta(hours=2)).isoformat()
    assert read(a_line(timestamp=ahead), MONDAY).event.at == MONDAY


def test_equal_lines_are_numbered_and_others_are_not() -> None:
    lines = [read(a_line(user_id=user), MONDAY) for user in ("ines", "jon", "ines", "kim", "ines", "jon")]
    twins = Twins()
    for line in lines:
        twins.see(line)
    assert [twins.number(line) for line in lines] == [0, 0, 1, 0, 2, 1]
    assert lines[0].numbered(1).message == f"{lines[0].numbered(0).message}.1"


def test_thousands_of_lines_that_differ_are_each_the_first() -> None:
    lines = [read(a_line(user_id=f"user-{n}"), MONDAY) for n in range(3_000)]
    twins = Twins()
    for line in lines:
        twins.see(line)
    assert {twins.number(line) for line in lines} == {0}
