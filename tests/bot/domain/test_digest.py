"""What a week's log comes to, what is pressing, and what is at stake: tables."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import accumulate, pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import reasons
from bot.domain.board import Place
from bot.domain.budgets import Purse, Wish
from bot.domain.changes import Change, Logged
from bot.domain.digest import (
    CORRECTIONS,
    Because,
    Case,
    Part,
    Story,
    Window,
    at_stake,
    most_pressing,
    part_of,
    placed,
    stories,
    waits_longer_than,
)
from bot.domain.ids import AccountId, RequestNumber
from bot.domain.money import Money
from bot.domain.policy import WorkingHours
from bot.domain.reasons import Path, What
from bot.domain.requests import Status
from bot.domain.triage import working_days_between
from tests.builders import BORIS, GENERATED, MONDAY, a_row

DAY = timedelta(days=1)
ONE = RequestNumber(1)
WEEK = Window(since=MONDAY, until=MONDAY + 7 * DAY)
Told = Sequence[tuple[str, Any, Any]]


def a_line(
    field: str, old: Any, new: Any, *, number: int = 1, at: datetime = MONDAY, why: str | None = None
) -> Logged:
    return Logged(
        id=1,
        subject=f"request:{number}",
        field=field,
        old=old,
        new=new,
        by=BORIS,
        at=at,
        why=why,
        via="slack",
        trace="t",
    )


def story(*told: tuple[str, Any, Any]) -> Story:
    (one,) = stories([a_line(*line) for line in told], WEEK)
    return one


# ---- what moved ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "came_to"),
    [
        ([("status", "testing", "released")], "shipped"),
        ([("status", "backlog", "released")], "shipped"),
        ([("status", None, "backlog"), ("status", "backlog", "released")], "new shipped"),
        ([("status", "released", "testing"), ("status", "testing", "released")], ""),
        ([("status", "planned", "in_progress")], "started"),
        ([("status", "backlog", "testing")], "started"),
        ([("status", "released", "in_progress")], "started"),
        ([("status", "in_progress", "testing")], ""),
        ([("status", "planned", "in_progress"), ("status", "in_progress", "released")], "shipped"),
        ([("status", "planned", "in_progress"), ("status", "in_progress", "planned")], ""),
        ([("status", None, "backlog")], "new"),
        ([("status", "backlog", "declined"), ("target", "2026-12-01", None)], ""),
        # a date
        ([("target", "2026-12-01", "2026-12-12")], "redated"),
        ([("target", "2026-12-12", "2026-12-01")], "redated"),
        ([("target", "2026-12-01", "2026-12-12"), ("target", "2026-12-12", "2026-12-01")], ""),
        ([("status", "backlog", "planned"), ("target", None, "2026-12-12")], "redated"),
        ([("status", "planned", "backlog"), ("target", "2026-12-12", None)], "redated"),
        ([("status", "backlog", "in_progress"), ("target", None, "2026-12-12")], "started"),
        ([("status", "planned", "in_progress"), ("target", "2026-12-12", "2026-12-01")], "started"),
        ([("status", "planned", "in_progress"), ("target", "2026-12-01", "2026-12-12")], "started redated"),
        ([("status", "testing", "released"), ("target", "2026-12-01", "2026-12-12")], "shipped"),
        # an outcome
        ([("adoption", None, 46)], "used"),
        ([("adoption", 46, None)], ""),
    ],
)
def test_what_lines_of_the_log_come_to(told: Told, came_to: str) -> None:
    one = story(*told)
    said = {
        "new": one.is_new,
        "shipped": one.is_shipped,
        "started": one.is_started,
        "redated": one.redated is not None,
        "used": one.adoption is not None,
    }
    assert " ".join(name for name, holds in said.items() if holds) == came_to


def test_a_request_is_shown_as_the_lines_told_left_it() -> None:
    one = story(("status", "planned", "in_progress"), ("target", "2026-12-01", "2026-12-12"))
    shown = one.shown(a_row(status=Status.RELEASED, target=date(2027, 1, 1)))
    assert (shown.status, shown.target) == (Status.IN_PROGRESS, date(2026, 12, 12))
    untouched = story(("adoption", None, 46)).shown(a_row(status=Status.RELEASED))
    assert untouched.status is Status.RELEASED


def test_other_subjects_are_none_of_it() -> None:
    other = Logged(**{**vars(a_line("status", None, "x")), "subject": "blocker:1"})
    assert stories([other], WEEK) == []


@pytest.mark.parametrize(
    ("hours", "told_before", "told", "holds"),
    [
        (0, False, False, True),
        (-1, False, False, False),
        (7 * 24, False, False, False),
        (7 * 24, False, True, True),
        (8 * 24 - 0.1, False, True, True),
        (8 * 24, False, True, False),
        (23, True, False, False),
        (24, True, False, True),
    ],
)
def test_what_was_told_is_followed_for_a_day_longer_and_left_out_next_week(
    hours: float, told_before: bool, told: bool, holds: bool
) -> None:
    window = Window(
        since=MONDAY,
        until=MONDAY + 7 * DAY,
        told_before=frozenset({ONE} if told_before else ()),
        told=frozenset({ONE} if told else ()),
    )
    assert window.holds(ONE, MONDAY + timedelta(hours=hours)) is holds


@given(told=st.booleans(), minutes=st.integers(0, 21 * 24 * 60 - 1))
@GENERATED
def test_between_three_digests_no_line_is_lost_and_none_is_told_twice(told: bool, minutes: int) -> None:
    numbers = frozenset({ONE} if told else ())
    windows = [
        Window(since=MONDAY, until=MONDAY + 7 * DAY, told=numbers),
        Window(since=MONDAY + 7 * DAY, until=MONDAY + 14 * DAY, told_before=numbers, told=numbers),
        Window(since=MONDAY + 14 * DAY, until=MONDAY + 21 * DAY, told_before=numbers),
    ]
    at = MONDAY + timedelta(minutes=minutes)
    assert sum(window.holds(ONE, at) for window in windows) == 1


@pytest.mark.parametrize(
    ("count", "kept", "shown", "more"),
    [
        (0, [], [], 0),
        (3, [], [0, 1, 2], 0),
        (5, [], [0, 1, 2], 2),
        (5, [4], [0, 1, 4], 2),
        (5, [1, 2, 3, 4], [1, 2, 3, 4], 1),
    ],
)
def test_the_first_few_are_shown_and_what_was_told_stays(
    count: int, kept: list[int], shown: list[int], more: int
) -> None:
    part = part_of(list(range(count)), 3, lambda item: item in kept)
    assert (list(part.shown), part.more, part.count) == (shown, more, count)
    assert part.drawn(str) == Part(shown=tuple(map(str, shown)), more=more)


# ---- what waits ---------------------------------------------------------------------------------


def a_case(number: int, because: Because, day: int = 1) -> Case:
    return Case(number=RequestNumber(number), because=because, since=date(2026, 11, day))


def test_a_request_waits_once_for_its_strongest_reason_and_the_oldest_comes_first() -> None:
    cases = [
        a_case(1, Because.STILL),
        a_case(2, Because.UNANSWERED),
        a_case(3, Because.BLOCKED, 9),
        a_case(4, Because.BLOCKED, 2),
        a_case(2, Because.WANTED, 20),
        a_case(1, Because.LATE, 20),
        a_case(5, Because.UNPLANNED),
    ]
    assert [(case.number, case.because) for case in most_pressing(cases)] == [
        (1, Because.LATE),
        (4, Because.BLOCKED),
        (3, Because.BLOCKED),
        (2, Because.WANTED),
        (5, Because.UNPLANNED),
    ]


@given(
    after=st.integers(0, 366 * 24 * 60),
    ago=st.integers(0, 40 * 24 * 60),
    days=st.integers(0, 12),
    hours=st.sampled_from(["mon-fri 09:00-18:00", "sun-thu 08:00-16:30", "wed 10:00-11:00", "mon-sun 00:00-24:00"]),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"]),
)
@GENERATED
def test_a_wait_is_long_exactly_when_its_working_days_say_so(
    after: int, ago: int, days: int, hours: str, zone: str
) -> None:
    end, work, where = MONDAY + timedelta(minutes=after), WorkingHours.read(hours), ZoneInfo(zone)
    start = end - timedelta(minutes=ago)
    is_long = start < waits_longer_than(days, end, work, where)
    assert is_long == (working_days_between(start, end, work, where) > days)


# ---- what is at stake ---------------------------------------------------------------------------


def euros(amount: int) -> Money:
    return Money(minor=amount, currency="EUR")


def a_purse(account: str, revenue: Money | None, deals: tuple[Money, ...], *behind: int) -> Purse:
    wishes = tuple(Wish(number=RequestNumber(n), importance=None, aim=None) for n in behind)
    return Purse(account=AccountId(account), name=account, revenue=revenue, deals=deals, wishes=wishes)


def test_a_customer_counts_with_the_share_that_hangs_on_these_requests() -> None:
    purses = [
        a_purse("acme", euros(100), (euros(30),), 1, 2, 3),
        a_purse("bolt", Money(minor=7, currency="USD"), (), 1),
        a_purse("cora", None, (euros(5),), 2),
        a_purse("dora", None, (), 2),
    ]
    found = at_stake(purses, {RequestNumber(1), RequestNumber(2)})
    assert found
    assert found.at_risk == (euros(66), Money(minor=7, currency="USD"))
    assert found.deals == (euros(25),)
    assert found.accounts == 3


@pytest.mark.parametrize("purses", [[], [a_purse("acme", None, (), 1)]])
def test_nothing_is_at_stake_where_there_is_no_money(purses: list[Purse]) -> None:
    assert at_stake(purses, {RequestNumber(1)}) is None


# ---- places -------------------------------------------------------------------------------------


def a_path(was: int | None, *climbs: int) -> Path:
    """Its size took it up so many places, then others did."""
    places = list(accumulate(climbs, int.__sub__, initial=was)) if was else []
    own: dict[str, Any] = {"what": What.FIGURE, "figure": Change(field="job_size", old=13, new=5)}
    others: dict[str, Any] = {"what": What.ROSE, "count": 1}
    common: dict[str, Any] = {"score_was": None, "score_now": None, "at": MONDAY}
    parts = [
        reasons.Part(was=before, now=now, **common, **(others if n else own))
        for n, (before, now) in enumerate(pairwise(places))
    ]
    return Path(since=MONDAY, was=was, score_was=None, now=None, score_now=None, parts=tuple(parts))


@pytest.mark.parametrize(
    ("told", "path", "came"),
    [
        (None, None, (None, True, [])),
        (2, a_path(2, 1, -1), (2, False, [])),  # it stayed where it was
        (5, a_path(5, 3), (5, False, [3])),
        (5, a_path(5, 4, -1), (5, False, [4, -1])),
        (None, a_path(34, 32), (34, False, [32])),  # the last digest didn't tell where it was
        (None, a_path(None), (None, False, [])),
        (5, a_path(4, 2), (5, False, [])),  # what was told counts, and nothing leads from there
    ],
)
def test_why_a_request_stands_where_it_does(told: int | None, path: Path | None, came: Any) -> None:
    one = placed(a_row(1, place=Place(rank=2, tied=False, of=9)), told, path)
    assert (one.was, one.is_first, [cause.climbs for cause in one.causes]) == came


def test_corrections_go_on_for_a_day() -> None:
    assert CORRECTIONS == DAY
