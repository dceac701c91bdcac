"""When people may be written to, and who holds which role."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.ids import GroupId, UserId
from bot.domain.periods import DAYS
from bot.domain.policy import Policy, Roles, WorkingHours
from bot.domain.roles import Role
from tests.builders import GENERATED

OFFICE = "mon-fri 09:00-18:00"
ALWAYS = "mon-sun 00:00-24:00"


def at(text: str, zone: str) -> datetime:
    """Local time of a zone; `~` in front: the second time a clock shows it."""
    local = datetime.fromisoformat(text.removeprefix("~")).replace(tzinfo=ZoneInfo(zone))
    return local.replace(fold=1 if text.startswith("~") else 0)


def shown(moment: datetime, zone: str) -> str:
    local = moment.astimezone(ZoneInfo(zone))
    return f"{'~' if local.fold else ''}{local:%Y-%m-%d %H:%M}"


def is_open(hours: WorkingHours, moment: datetime, zone: str) -> bool:
    local = moment.astimezone(ZoneInfo(zone))
    return local.weekday() in hours.days and hours.opens <= local.hour * 60 + local.minute < hours.closes


# 2026-11-23 is a Monday.
@pytest.mark.parametrize(
    ("hours", "zone", "moment", "opens"),
    [
        # an office week
        (OFFICE, "UTC", "2026-11-23 08:59", "2026-11-23 09:00"),
        (OFFICE, "UTC", "2026-11-23 09:00", "2026-11-23 09:00"),
        (OFFICE, "UTC", "2026-11-23 17:59", "2026-11-23 17:59"),
        (OFFICE, "UTC", "2026-11-23 18:00", "2026-11-24 09:00"),
        (OFFICE, "UTC", "2026-11-27 18:00", "2026-11-30 09:00"),
        (OFFICE, "UTC", "2026-11-28 12:00", "2026-11-30 09:00"),
        (OFFICE, "UTC", "2026-11-29 23:59", "2026-11-30 09:00"),
        (OFFICE, "UTC", "2026-12-31 20:00", "2027-01-01 09:00"),
        # in the zones people live in
        (OFFICE, "America/Los_Angeles", "2026-11-23 08:00", "2026-11-23 09:00"),
        (OFFICE, "Asia/Tokyo", "2026-11-27 23:00", "2026-11-30 09:00"),
        (OFFICE, "Asia/Kathmandu", "2026-11-23 08:59", "2026-11-23 09:00"),
        (OFFICE, "Pacific/Kiritimati", "2026-11-22 23:00", "2026-11-23 09:00"),
        (OFFICE, "Australia/Lord_Howe", "2026-11-23 19:00", "2026-11-24 09:00"),
        # the weekends around a change of the clock
        (OFFICE, "Europe/Berlin", "2026-03-27 18:00", "2026-03-30 09:00"),
        (OFFICE, "Europe/Berlin", "2026-10-23 18:00", "2026-10-26 09:00"),
        (OFFICE, "America/New_York", "2026-03-06 18:00", "2026-03-09 09:00"),
        # other weeks
        ("sun-thu 09:00-18:00", "Asia/Jerusalem", "2026-11-26 18:00", "2026-11-29 09:00"),
        ("fri-mon 10:00-12:00", "UTC", "2026-11-23 12:00", "2026-11-27 10:00"),
        ("sat-sun 10:00-12:00", "UTC", "2026-11-23 00:00", "2026-11-28 10:00"),
        ("wed 09:00-09:01", "UTC", "2026-11-25 09:01", "2026-12-02 09:00"),
        ("mon-mon 09:00-10:00", "UTC", "2026-11-24 09:30", "2026-11-30 09:00"),
        # always
        (ALWAYS, "UTC", "2026-11-28 23:59", "2026-11-28 23:59"),
        (ALWAYS, "Europe/Berlin", "2026-03-29 03:30", "2026-03-29 03:30"),
        (ALWAYS, "Europe/Berlin", "~2026-10-25 02:30", "~2026-10-25 02:30"),
        ("mon-fri 00:00-24:00", "UTC", "2026-11-28 00:00", "2026-11-30 00:00"),
        ("mon-fri 18:00-24:00", "UTC", "2026-11-23 23:59", "2026-11-23 23:59"),
        # an hour that comes twice: they have opened before, and open again
        ("mon-sun 02:30-08:00", "Europe/Berlin", "2026-10-25 02:10", "2026-10-25 02:30"),
        ("mon-sun 02:30-08:00", "Europe/Berlin", "~2026-10-25 02:10", "~2026-10-25 02:30"),
        ("mon-sun 01:30-02:30", "America/New_York", "~2026-11-01 01:10", "~2026-11-01 01:30"),
        # an hour that is left out: as much later as it is left out, or on the next day when that is too late
        ("mon-sun 02:30-08:00", "Europe/Berlin", "2026-03-29 01:50", "2026-03-29 03:30"),
        ("mon-sun 02:30-03:15", "Europe/Berlin", "2026-03-29 01:50", "2026-03-30 02:30"),
        ("mon-sun 00:00-06:00", "Africa/Cairo", "2026-04-23 12:00", "2026-04-24 01:00"),
    ],
)
def test_what_can_wait_waits_for_working_hours(hours: str, zone: str, moment: str, opens: str) -> None:
    found = WorkingHours.read(hours).next_open(at(moment, zone), ZoneInfo(zone))
    assert shown(found, zone) == opens
    assert found.tzinfo is UTC


ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"])
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 365 * 24 * 60 * 60 - 1).map(lambda second: NEW_YEAR + timedelta(seconds=second))
# Close to the changes of the clock, where everything goes wrong that can.
CHANGES = [datetime(2026, *day, tzinfo=UTC) for day in ((3, 8, 7), (3, 29, 1), (4, 4, 15), (10, 25, 1), (11, 1, 6))]
NEAR = st.tuples(st.sampled_from(CHANGES), st.integers(-300, 300)).map(lambda c: c[0] + timedelta(minutes=c[1]))


@st.composite
def _hours(draw: st.DrawFn) -> WorkingHours:
    opens, closes = sorted(draw(st.lists(st.integers(0, 1440), min_size=2, max_size=2, unique=True)))
    days = draw(st.frozensets(st.integers(0, 6), min_size=1))
    return WorkingHours(days=days, opens=opens, closes=closes)


@GENERATED
@given(_hours(), MOMENTS | NEAR, ZONES)
@example(WorkingHours(days=frozenset(range(7)), opens=90, closes=150), CHANGES[-1] + timedelta(minutes=10), "UTC")
def test_the_next_opening_is_open_and_never_past(hours: WorkingHours, moment: datetime, zone: str) -> None:
    found = hours.next_open(moment, ZoneInfo(zone))
    assert found >= moment
    assert is_open(hours, found, zone)
    assert hours.next_open(found, ZoneInfo(zone)) == found
    if is_open(hours, moment, zone):
        assert found == moment


@GENERATED
@given(_hours(), MOMENTS)
def test_where_clocks_never_change_nothing_opens_earlier(hours: WorkingHours, moment: datetime) -> None:
    found = hours.next_open(moment, UTC)
    step = moment
    while step < found:
        assert not is_open(hours, step, "UTC")
        step = (step + timedelta(minutes=7)).replace(second=0, microsecond=0)


@pytest.mark.parametrize(
    ("text", "days", "opens", "closes"),
    [
        (OFFICE, "mon tue wed thu fri", 540, 1080),
        (ALWAYS, " ".join(DAYS), 0, 1440),
        ("  MON-FRI   09:00-18:00 ", "mon tue wed thu fri", 540, 1080),
        ("sat 10:30-11:00", "sat", 630, 660),
        ("fri-mon 00:00-00:01", "fri sat sun mon", 0, 1),
        ("sun-sat 23:59-24:00", " ".join(DAYS), 1439, 1440),
    ],
)
def test_working_hours_are_read_as_written(text: str, days: str, opens: int, closes: int) -> None:
    expected = frozenset(map(DAYS.index, days.split()))
    assert WorkingHours.read(text) == WorkingHours(days=expected, opens=opens, closes=closes)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "always",
        "mon-fri",
        "09:00-18:00",
        "mon-fri 9-18",
        "mon-fri 9:00-18:00",
        "mon,tue 09:00-18:00",
        "mon-fri 18:00-09:00",
        "mon-fri 09:00-09:00",
        "mon-fri 22:00-06:00",
        "mon-fri 09:00-24:01",
        "mon-fri 09:60-18:00",
        "mon-fri 09:00-17:99",
        "xyz-fri 09:00-18:00",
        "mon-xyz 09:00-18:00",
        "mon-fri 24:00-24:00",
        "mon-fri 09:00-18:00 UTC",
        "mon - fri 09:00-18:00",
    ],
)
def test_hours_written_in_another_way_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="write working hours like mon-fri 09:00-18:00, not ") as wrong:
        WorkingHours.read(text)
    assert repr(text) in str(wrong.value)


# ---- roles --------------------------------------------------------------------------------------

TECH, ALICE = GroupId("S1"), UserId("UALICE")
ROLES = Roles(holders={Role.TECH: frozenset({TECH}), Role.SALES: frozenset({ALICE}), Role.PRODUCT: frozenset()})


def test_a_role_is_held_by_a_person_or_through_a_group() -> None:
    assert ROLES.of(frozenset({ALICE})) == {Role.SALES}
    assert ROLES.of(frozenset({ALICE, TECH})) == {Role.SALES, Role.TECH}
    assert ROLES.of(frozenset({UserId("UBORIS")})) == set()
    assert ROLES.of(frozenset()) == set()


def test_roles_are_in_use_once_anybody_holds_one() -> None:
    assert ROLES.in_use
    assert not Roles().in_use
    assert not Roles(holders=dict.fromkeys(Role, frozenset())).in_use


def test_a_company_that_decided_nothing_works_in_office_hours_of_utc() -> None:
    policy = Policy()
    assert policy.company.hours == WorkingHours.read(OFFICE)
    assert policy.company.currency == "USD"
    assert str(policy.company.zone) == "UTC"
    assert not policy.roles.in_use
