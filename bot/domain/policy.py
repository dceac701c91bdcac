"""What a company decides: frozen pieces, handed down from settings."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from itertools import count
from zoneinfo import ZoneInfo

from bot.domain.ids import ChannelId, GroupId, UserId
from bot.domain.notices import Patience
from bot.domain.periods import DAYS, Weekly
from bot.domain.roles import Rights, Role

WEEKLY_AT = "mon 10:00"
_HOURS = re.compile(r"([a-z]{3})(?:-([a-z]{3}))?\s+(\d\d):(\d\d)-(\d\d):(\d\d)")
_DAY = 24 * 60


@dataclass(frozen=True, kw_only=True)
class WorkingHours:
    """When people may be sent direct messages that can wait, in each person's own zone."""

    days: frozenset[int]  #: 0 is Monday
    opens: int  #: minutes after midnight
    closes: int

    @classmethod
    def read(cls, text: str) -> "WorkingHours":
        """Read `mon-fri 09:00-18:00`. Raises ValueError that says how to write it."""
        found = _HOURS.fullmatch(text.strip().lower())
        how = f"write working hours like mon-fri 09:00-18:00, not {text!r}"
        if not found or found[1] not in DAYS or (found[2] or found[1]) not in DAYS:
            raise ValueError(how)
        first, last = DAYS.index(found[1]), DAYS.index(found[2] or found[1])
        opens, closes = int(found[3]) * 60 + int(found[4]), int(found[5]) * 60 + int(found[6])
        if not opens < closes <= _DAY or int(found[4]) > 59 or int(found[6]) > 59:
            raise ValueError(how)
        span = (last - first) % 7 + 1
        return cls(days=frozenset((first + d) % 7 for d in range(span)), opens=opens, closes=closes)

    def next_open(self, moment: datetime, zone: tzinfo) -> datetime:
        """The moment itself when it lies in working hours, else when they next begin. In UTC."""
        local = moment.astimezone(zone)
        if self._hold(local):
            return moment.astimezone(UTC)
        return next(opening for opening in self._openings(local.date(), zone) if opening >= moment)

    def _hold(self, local: datetime) -> bool:
        return local.weekday() in self.days and self.opens <= local.hour * 60 + local.minute < self.closes

    def _openings(self, first: date, zone: tzinfo) -> Iterator[datetime]:
        """When they begin from this day on: twice or not at all on a day whose clocks show that hour so often."""
        for day in (first + timedelta(days=ahead) for ahead in count()):
            for fold in (0, 1):
                opens = time(self.opens // 60, self.opens % 60, fold=fold)
                opening = datetime.combine(day, opens, zone).astimezone(UTC)
                if self._hold(opening.astimezone(zone)):
                    yield opening


@dataclass(frozen=True, kw_only=True)
class Company:
    zone: tzinfo = field(default_factory=lambda: ZoneInfo("UTC"))
    currency: str = "USD"
    hours: WorkingHours = field(default_factory=lambda: WorkingHours.read("mon-fri 09:00-18:00"))

    def day_of(self, moment: datetime) -> date:
        """The date it is then where the company is."""
        return moment.astimezone(self.zone).date()


@dataclass(frozen=True, kw_only=True)
class Channels:
    board: ChannelId | None = None
    coordination: ChannelId | None = None
    strategy: ChannelId | None = None
    marketing: ChannelId | None = None
    fallback: ChannelId | None = None  #: hears of accounts that have no owner

    @property
    def chosen(self) -> tuple[ChannelId, ...]:
        """Each channel once, whatever it is for."""
        return tuple(dict.fromkeys(channel for channel in vars(self).values() if channel))


@dataclass(frozen=True, kw_only=True)
class Roles:
    """Who holds which role: user groups or single people."""

    holders: Mapping[Role, frozenset[GroupId | UserId]] = field(default_factory=dict)

    @property
    def in_use(self) -> bool:
        return any(self.holders.values())

    def of(self, ids: frozenset[GroupId | UserId]) -> frozenset[Role]:
        """Roles held by anyone of these ids: a person's own and those of their groups."""
        return frozenset(role for role, holders in self.holders.items() if holders & ids)


class Cards(StrEnum):
    """How the board channel hears of requests."""

    EACH = "each"  #: a card for each request
    DAILY = "daily"  #: one roll-up a working day
    TOP = "top"  #: a card for what is among the first ten


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Everything a company has decided, in force at one moment."""

    company: Company = field(default_factory=Company)
    channels: Channels = field(default_factory=Channels)
    cards: Cards = Cards.EACH
    roles: Roles = field(default_factory=Roles)
    rights: Rights = field(default_factory=Rights)
    admins: frozenset[UserId] = frozenset()
    capture: str = "inbox_tray"  #: the emoji that offers to put a message on the board
    weekly_at: str = ""  #: when the company's weekly digest is due, like "mon 10:00"; empty: WEEKLY_AT
    facilitator: UserId | None = None  #: sees the weekly digest an hour before
    patience: Patience = field(default_factory=Patience)

    @property
    def weekly(self) -> Weekly:
        """When the company's weekly digest is due."""
        return Weekly.read(self.weekly_at or WEEKLY_AT, self.company.zone)
