"""Times as Slack writes them, on the reader's wall clock."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sandbox.state import zone
from sandbox.workspace import User

TWELVE_HOURS = ("en-US", "en-CA", "en-AU")


class Clock:
    """One reader's clock."""

    def __init__(self, reader: User, now: float) -> None:
        self.zone: ZoneInfo = zone(reader.tz)
        self.locale = reader.locale
        self.today = datetime.fromtimestamp(now, UTC).astimezone(self.zone).date()

    def at(self, ts: str) -> datetime:
        return datetime.fromtimestamp(float(ts), UTC).astimezone(self.zone)

    def time(self, ts: str) -> str:
        at = self.at(ts)
        return f"{at.hour % 12 or 12}:{at:%M %p}" if self.locale in TWELVE_HOURS else f"{at:%H:%M}"

    def day(self, ts: str) -> str:
        """ "Today", "Yesterday", or "Monday, November 23"; with the year if it is another one."""
        day = self.at(ts).date()
        near = {0: "Today", 1: "Yesterday"}.get((self.today - day).days)
        return near or f"{day:%A, %B} {day.day}" + (f", {day.year}" if day.year != self.today.year else "")

    def full(self, ts: str) -> str:
        """What the pointer reveals: day, time and zone."""
        return f"{self.day(ts)} at {self.time(ts)} ({self.zone.key})"

    def ago(self, ts: str) -> str:
        """When a thread was last answered."""
        day = self.day(ts)
        return f"{day.lower() if day in ('Today', 'Yesterday') else day} at {self.time(ts)}"
