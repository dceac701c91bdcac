"""Exports of other tools in our words."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from bot.domain.mappings import CANNY, PRODUCTBOARD, Reading, Tool, ToolRow, without_html
from bot.domain.requests import PROBLEM_LIMIT, TITLE_LIMIT, Status
from bot.domain.wsjf import Factor


def read(tool: Tool, **columns: str) -> ToolRow:
    row = reading(tool, columns).row(columns)
    assert row
    return row


def reading(tool: Tool, columns: dict[str, str]) -> Reading:
    found = Reading(tool)
    found.check(list(columns))
    return found


def canny(**columns: str) -> ToolRow:
    return read(CANNY, **{"title": "Dark mode", "details": "Too bright.", **columns})


def productboard(**columns: str) -> ToolRow:
    return read(PRODUCTBOARD, **{"name": "Dark mode", "description": "Too bright.", **columns})


def test_a_post_of_canny_becomes_a_request() -> None:
    row = read(
        CANNY,
        **{
            "Post Title": "Dark mode",
            "Post_Details": "<p>Too bright &amp; hot</p>",
            "STATUS": "In Progress",
            "Vote Count": "34",
            "Author Email": "alice@tandem.test",
            "Created At": "2026-01-02T03:04:05.000Z",
            "Companies": "Acme, Inc., Borealis",
            "url": "https://feedback.test/p/dark-mode",
        },
    )
    assert (row.title, row.status, row.requester_email) == ("Dark mode", Status.IN_PROGRESS, "alice@tandem.test")
    assert row.problem == ("Too bright & hot\n\nFrom Canny, 34 Vote Count, https://feedback.test/p/dark-mode")
    assert row.accounts == ("Acme, Inc.", "Borealis")
    assert row.created_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("open", Status.BACKLOG),
        ("Under review", Status.BACKLOG),
        ("planned", Status.PLANNED),
        ("complete", Status.RELEASED),
        ("closed", Status.DECLINED),
        ("", Status.BACKLOG),
        ("Parked", Status.BACKLOG),
    ],
)
def test_statuses_of_canny(word: str, status: Status) -> None:
    assert canny(status=word).status is status


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("New idea", Status.BACKLOG),
        ("Candidate", Status.BACKLOG),
        ("Discovery", Status.BACKLOG),
        ("Planned", Status.PLANNED),
        ("In progress", Status.IN_PROGRESS),
        ("Beta", Status.TESTING),
        ("Launched", Status.RELEASED),
        ("Released", Status.RELEASED),
        ("Archived", Status.DECLINED),
        ("Won't do", Status.DECLINED),
    ],
)
def test_statuses_of_productboard(word: str, status: Status) -> None:
    assert productboard(status=word).status is status


def test_a_status_nobody_knows_is_counted() -> None:
    columns = {"name": "Dark mode", "status": "Parked"}
    found = reading(PRODUCTBOARD, columns)
    found.row(columns)
    found.row(columns)
    assert found.unknown == {"Parked": 2}


@pytest.mark.parametrize("kind", ["Product", "component", "Objective"])
def test_what_is_no_feature_of_productboard_is_passed_over(kind: str) -> None:
    columns = {"name": "Reporting", "type": kind}
    found = reading(PRODUCTBOARD, columns)
    assert (found.row(columns), found.passed_over) == (None, 1)
    assert productboard(type="subfeature").title == "Dark mode"


@pytest.mark.parametrize(
    ("effort", "size"),
    [
        *(("5", 5), ("4", 5), ("7", 8), ("10", 8), ("0.5", 1), ("20", 20)),
        *(("21", None), ("0", None), ("", None), ("L", None)),
    ],
)
def test_an_effort_is_the_nearest_job_size(effort: str, size: int | None) -> None:
    assert productboard(effort=effort).figures.get(Factor.JOB_SIZE) == size


def test_without_a_description_the_title_stands_for_it() -> None:
    assert canny(details=" ").problem == "Dark mode (no description in Canny)"
    assert canny(details="<p><br></p>").problem == "Dark mode (no description in Canny)"


def test_what_is_too_long_is_cut_where_it_shows() -> None:
    row = canny(title="x" * 200, details="y" * 5_000, votes="3")
    assert (len(row.title), row.title[-1]) == (TITLE_LIMIT, "…")
    assert len(row.problem) == PROBLEM_LIMIT
    assert row.problem.startswith("x" * 200)
    assert row.problem.endswith("…\n\nFrom Canny, 3 votes")


def test_a_line_without_a_title_is_wrong() -> None:
    with pytest.raises(ValidationError) as wrong:
        canny(title=" ")
    assert {e["loc"] for e in wrong.value.errors()} == {("title",)}


@pytest.mark.parametrize(
    ("text", "day"),
    [("2026-01-02", 2), ("Jan 02, 2026", 2), ("January 2, 2026", 2), ("2 Jan 2026", 2), ("2026/01/02", 2)],
)
def test_days_are_read_as_others_write_them(text: str, day: int) -> None:
    assert canny(created=text).created_at == datetime(2026, 1, day, tzinfo=UTC)


def test_a_day_that_could_be_two_is_left_empty_and_counted() -> None:
    columns = {"title": "Dark mode", "created": "01/02/2026"}
    found = reading(CANNY, columns)
    row = found.row(columns)
    assert row
    assert (row.created_at, found.undated) == (None, 1)


def test_it_stays_the_same_request_however_it_goes_on_there() -> None:
    first = canny(id="p1", votes="3", status="open")
    assert first.key == canny(id="p1", votes="40", status="planned", title="Night mode").key
    assert first.key != canny(id="p2").key
    assert first.key != productboard(id="p1").key
    assert canny(votes="3").key == canny(votes="4").key != canny(title="Another").key


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a < b and List<String>", "a < b and List<String>"),
        ("<p>One</p><p>Two<br>Three</p>", "One\n\nTwo\nThree"),
        ("<ul><li>One</li><li>Two</li></ul>", "- One\n- Two"),
        ('See <a href="https://x.test/1">this</a>', "See this (https://x.test/1)"),
        ('<a href="https://x.test">https://x.test</a>', "https://x.test"),
        ("<p>Map<K> &lt;ok&gt;</p><script>alert(1)</script>", "Map<K> <ok>"),
        ("AT&amp;T", "AT&T"),
        ("<b>bold</b> <3", "bold <3"),
    ],
)
def test_html_becomes_text(text: str, plain: str) -> None:
    assert without_html(text) == plain
