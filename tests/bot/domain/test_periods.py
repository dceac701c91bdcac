"""One digest a week, never two and never none: in every zone, at every awkward hour."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest

from bot.domain.periods import CATCH_UP, DAYS, Period, Weekly

ZONES = sorted(available_timezones() - {"localtime"})
HOURS = ("00:00", "00:30", "01:30", "02:00", "02:30", "03:00", "23:30")
SLOTS = [f"{day} {hour}" for day in ("mon", "wed", "sun") for hour in HOURS]
WEEKS = [(year, week) for year, last in ((2026, 53), (2027, 52), (2028, 52)) for week in range(1, last + 1)]
SECOND, WEEK, CLOCKS = timedelta(seconds=1), timedelta(weeks=1), timedelta(hours=2)
MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


# ---- every zone, three years --------------------------------------------------------------------


@pytest.mark.parametrize("when", SLOTS)
def test_every_week_has_its_own_slot_in_every_zone(when: str) -> None:
    for name in ZONES:
        weekly = Weekly.read(when, ZoneInfo(name))
        slots = [weekly.in_week(year, week) for year, week in WEEKS]
        assert len({slot.name for slot in slots}) == len(WEEKS), name
        gaps = [later.due_at - slot.due_at for slot, later in pairwise(slots)]
        assert WEEK - CLOCKS <= min(gaps) <= max(gaps) <= WEEK + CLOCKS, name
        for first, gap in enumerate(gaps):
            if gap != WEEK:  # the clocks there were changed
                the_clock_sees_each_once(weekly, slots[max(first - 1, 0) : first + 3])


def test_a_clock_that_walks_through_three_years_meets_each_slot_once() -> None:
    """In steps of two days and five hours, so at every hour of the day; another slot for each zone."""
    for place, name in enumerate(ZONES):
        weekly = Weekly.read(SLOTS[place % len(SLOTS)], ZoneInfo(name))
        met, now = list[str](), weekly.in_week(2026, 1).due_at
        while now < weekly.in_week(2029, 1).due_at:
            latest = weekly.latest(now)
            assert latest.due_at <= now < weekly.next(now).due_at, (name, now)
            met += [latest.name] if latest.name not in met[-1:] else []
            now += timedelta(days=2, hours=5)
        assert met == [f"{year}-W{week:02}" for year, week in WEEKS], name


def the_clock_sees_each_once(weekly: Weekly, slots: Sequence[Period]) -> None:
    """A second before it is due, at that moment, and a second after."""
    for before, slot in pairwise(slots):
        early = slot.due_at - SECOND
        assert (weekly.latest(early), weekly.next(early)) == (before, slot), weekly
        for now in (slot.due_at, slot.due_at + SECOND):
            assert weekly.latest(now) == slot, weekly
            assert weekly.next(now).due_at > now, weekly


# ---- what that comes to -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "zone", "week", "due"),
    [
        ("mon 10:00", "Europe/Berlin", (2026, 48), "2026-11-23T09:00"),
        ("mon 10:00", "Europe/Berlin", (2026, 53), "2026-12-28T09:00"),
        ("sun 23:30", "Pacific/Kiritimati", (2026, 53), "2027-01-03T09:30"),
        ("sun 02:30", "Europe/Berlin", (2026, 13), "2026-03-29T01:30"),  # an hour that is skipped: an hour later
        ("sun 02:30", "Europe/Berlin", (2026, 43), "2026-10-25T00:30"),  # shown twice: the first
        ("sun 02:00", "America/New_York", (2026, 10), "2026-03-08T07:00"),
        ("sun 00:00", "America/Havana", (2026, 10), "2026-03-08T05:00"),  # there, midnight itself is skipped
        ("sun 02:00", "Australia/Lord_Howe", (2026, 40), "2026-10-03T15:30"),  # by half an hour
    ],
)
def test_a_slot_is_what_the_clocks_there_show(when: str, zone: str, week: tuple[int, int], due: str) -> None:
    slot = Weekly.read(when, ZoneInfo(zone)).in_week(*week)
    assert slot.due_at == datetime.fromisoformat(f"{due}+00:00")
    assert slot.name == f"{week[0]}-W{week[1]}"


def test_the_week_after_the_53rd_is_the_first() -> None:
    weekly = Weekly.read("mon 10:00", BERLIN)
    assert weekly.of(date(2027, 1, 1)).name == "2026-W53"
    assert weekly.next(weekly.named("2026-W53").due_at).name == "2027-W01"


def test_a_week_is_named_by_where_the_channel_is() -> None:
    at = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)  # Monday already, in Berlin
    assert Weekly.read("mon 00:00", BERLIN).latest(at).name == "2026-W48"
    assert Weekly.read("mon 00:00", ZoneInfo("UTC")).latest(at).name == "2026-W47"


def test_another_day_in_the_same_week_is_the_same_period() -> None:
    slots = [Weekly(day=day, minute=600, zone=BERLIN).of(MONDAY.date()) for day in range(len(DAYS))]
    assert {slot.name for slot in slots} == {"2026-W48"}


@pytest.mark.parametrize(("hours", "late"), [(0, False), (47.99, False), (48, True), (49, True)])
def test_a_period_missed_for_two_days_is_too_late(hours: float, late: bool) -> None:
    slot = Weekly.read("mon 10:00", ZoneInfo("UTC")).latest(MONDAY)
    assert timedelta(hours=48) == CATCH_UP
    assert slot.is_too_late(MONDAY + timedelta(hours=hours)) is late


@pytest.mark.parametrize("words", ["", "mon", "mon 24:00", "mon 10:60", "monday 10:00", "mon 9:00", "mon １０:00"])
def test_what_is_no_day_and_time_is_refused_in_words(words: str) -> None:
    with pytest.raises(ValueError, match="write day and time like mon 10:00"):
        Weekly.read(words, BERLIN)


@pytest.mark.parametrize("name", ["", "2026-48", "2026-W54", "2027-W53", "2026-W00", "W48", "2026-W48 "])
def test_what_is_no_week_is_refused(name: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the calendar has words of its own
        Weekly.read("mon 10:00", BERLIN).named(name)
