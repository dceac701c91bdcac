"""Weeks and when something is due in each, in the company's own zone. No wall time is ever a key: the week is."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CATCH_UP = timedelta(hours=48)  #: a period missed for longer is reported, not said

_WEEKLY = re.compile(r"([a-z]{3})\s+(\d\d):(\d\d)", re.ASCII)
_WEEK = re.compile(r"(\d{4})-W(\d\d)", re.ASCII)
_IN_A_DAY = 24 * 60


@dataclass(frozen=True, kw_only=True)
class Period:
    """An ISO week, and the moment something is due in it."""

    name: str  #: 2026-W48
    due_at: datetime  #: in UTC

    @property
    def week(self) -> int:
        return int(self.name[-2:])

    def is_too_late(self, now: datetime) -> bool:
        return now >= self.due_at + CATCH_UP


@dataclass(frozen=True, kw_only=True)
class Weekly:
    """Once in each ISO week, at this local time of this day."""

    day: int  #: 0 is Monday
    minute: int  #: after midnight, as the clocks there show it
    zone: tzinfo

    @classmethod
    def read(cls, text: str, zone: tzinfo) -> "Weekly":
        """Read `mon 10:00`. Raises ValueError that says how to write it."""
        found = _WEEKLY.fullmatch(text.strip().lower())
        minute = int(found[2]) * 60 + int(found[3]) if found else 0
        if not found or found[1] not in DAYS or int(found[3]) > 59 or minute >= _IN_A_DAY:
            raise ValueError(f"write day and time like mon 10:00, not {text!r}")
        return cls(day=DAYS.index(found[1]), minute=minute, zone=zone)

    def in_week(self, year: int, week: int) -> Period:
        """The period of that ISO week. An hour clocks skip comes an hour later; of one shown twice, the first."""
        local = datetime.combine(date.fromisocalendar(year, week, self.day + 1), self._time, self.zone)
        return Period(name=f"{year}-W{week:02}", due_at=local.astimezone(UTC))

    def of(self, day: date) -> Period:
        """The period of the week this day lies in."""
        year, week, _ = day.isocalendar()
        return self.in_week(year, week)

    def named(self, name: str) -> Period:
        """The period called so. Raises ValueError for anything but an ISO week."""
        found = _WEEK.fullmatch(name)
        if not found:
            raise ValueError(f"write a week like 2026-W48, not {name!r}")
        return self.in_week(int(found[1]), int(found[2]))

    def latest(self, now: datetime) -> Period:
        """The newest period that is due."""
        this = self.of(now.astimezone(self.zone).date())
        return this if this.due_at <= now else self._before(this)

    def next(self, now: datetime) -> Period:
        """The first period that isn't due yet."""
        this = self.of(now.astimezone(self.zone).date())
        return this if this.due_at > now else self._after(this)

    @property
    def _time(self) -> time:
        return time(self.minute // 60, self.minute % 60)

    def _after(self, period: Period) -> Period:
        return self.of(self._monday(period) + timedelta(weeks=1))

    def _before(self, period: Period) -> Period:
        return self.of(self._monday(period) - timedelta(weeks=1))

    def _monday(self, period: Period) -> date:
        return date.fromisocalendar(int(period.name[:4]), period.week, 1)
