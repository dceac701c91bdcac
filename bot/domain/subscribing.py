"""Setting up a channel's own weekly digest, and when the company's is said."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from bot.domain.digest import Digest
from bot.domain.ids import ChannelId, UserId
from bot.domain.periods import DAYS, Period, Weekly
from bot.domain.requests import Source
from bot.domain.setup import Channel, Holder
from bot.domain.subscriptions import Stored, Subscription
from bot.domain.text import fold
from bot.domain.triage import Direction

IN_A_CHANNEL = 5
IN_ALL = 40  #: as many as one list shows
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


# ---- zones --------------------------------------------------------------------------------------


@cache
def zones() -> frozenset[str]:
    """Every time zone there is."""
    return frozenset(available_timezones())


def zones_like(words: str, limit: int) -> list[str]:
    """Zones whose name holds these words: the one of that name, then those whose city begins with them."""
    wanted = "_".join(fold(words).split())
    found = {name: fold(name) for name in zones() if wanted in fold(name)}

    def order(name: str) -> tuple[bool, bool, str]:
        return found[name] != wanted, not found[name].rpartition("/")[2].startswith(wanted), name

    return sorted(found, key=order)[:limit]


# ---- what people choose -------------------------------------------------------------------------


def _minute(clock: object) -> int:
    found = _CLOCK.fullmatch(clock) if isinstance(clock, str) else None
    if not found:
        raise ValueError("Write a time like 09:30.")
    return int(found[1]) * 60 + int(found[2])


def _zone(name: str) -> str:
    if name not in zones():
        raise ValueError("Type a city, like Berlin, and choose a zone from the list.")
    return name


Day = Annotated[int, Field(ge=0, le=6)]  #: 0 is Monday
Minute = Annotated[int, BeforeValidator(_minute)]  #: after midnight, written 09:30


class Wish(BaseModel):
    """A channel's digest as chosen in the form."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    channel: Channel
    direction: Direction | None = None
    owner: Holder | None = None
    source: Source | None = None
    day: Day
    time: Minute
    zone: Annotated[str, AfterValidator(_zone)]

    def stored(self, number: int, by: UserId, at: datetime) -> Stored:
        return Stored(
            id=number,
            channel=ChannelId(self.channel),
            direction=self.direction,
            owner=UserId(self.owner) if self.owner else None,
            source=self.source,
            day=self.day,
            minute=self.time,
            zone=self.zone,
            by=by,
            at=at,
        )


class WeeklyWish(BaseModel):
    """The company's digest as chosen in the form; a time the environment fixes isn't asked for."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    day: Day | None = None
    time: Minute | None = None
    facilitator: Holder | None = None

    @property
    def weekly_at(self) -> str | None:
        """As the settings keep it: "mon 10:00"."""
        if self.day is None or self.time is None:
            return None
        return f"{DAYS[self.day]} {self.time // 60:02}:{self.time % 60:02}"


# ---- what the forms know, and what came of them -------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What a digest would say now, and when it comes next."""

    digest: Digest
    next: Period
    is_shared: bool  #: other companies read the channel


@dataclass(frozen=True, kw_only=True)
class SubscriptionForm:
    weekly: Weekly  #: how it begins
    directions: tuple[str, ...]
    channel: ChannelId | None  #: how it begins
    before: Subscription | None = None  #: the one that is changed
    sample: Sample | None = None  #: None while no channel is chosen


@dataclass(frozen=True, kw_only=True)
class Listed:
    """Every weekly digest there is."""

    company: Subscription | None  #: None while no coordination channel is set
    own: tuple[Subscription, ...]  #: of channels; those of the channel one looks from first
    names: Mapping[UserId, str]
    here: ChannelId | None = None  #: where one looks from

    @property
    def is_any(self) -> bool:
        return bool(self.company or self.own)

    @property
    def is_any_here(self) -> bool:
        """Whether the channel one looks from has a digest; anywhere else, whether there is any."""
        if self.here is None:
            return self.is_any
        return any(one.channel == self.here for one in (self.company, *self.own) if one)


@dataclass(frozen=True, kw_only=True)
class Subscribed:
    """What came of the form."""

    subscription: Subscription
    is_new: bool
    next: Period
    names: Mapping[UserId, str]
    is_shared: bool


@dataclass(frozen=True, kw_only=True)
class WeeklyForm:
    company: Subscription
    fixed_at: str  #: by the environment; empty when it is chosen here
    facilitator: UserId | None  #: who was chosen


@dataclass(frozen=True, kw_only=True)
class WeeklyKept:
    company: Subscription
    next: Period
    facilitator: str | None  #: a name
