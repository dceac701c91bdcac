"""Subscriptions: a channel's own weekly digest, of a part of the board."""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType
from zoneinfo import ZoneInfo

from bot.domain.board import Filter
from bot.domain.ids import ChannelId, UserId
from bot.domain.periods import Weekly
from bot.domain.requests import Source

SubscriptionId = NewType("SubscriptionId", str)  #: "company", or "s12" of a channel's own

COMPANY = SubscriptionId("company")  #: the coordination channel's, of the whole board


@dataclass(frozen=True, kw_only=True)
class Subscription:
    id: SubscriptionId
    channel: ChannelId
    weekly: Weekly
    by: UserId | None  #: who hears of it an hour before
    at: datetime  #: since when; nothing before is missed
    direction: str | None = None
    owner: UserId | None = None  #: only what this person answers for
    source: Source | None = None

    @property
    def is_company(self) -> bool:
        return self.id == COMPANY

    @property
    def number(self) -> int:
        """Of a channel's own: 12 of "s12"."""
        return int(self.id.removeprefix("s"))

    @property
    def filter(self) -> Filter:
        """Which requests it speaks of."""
        sources = frozenset({self.source}) if self.source else None
        return Filter(direction=self.direction, owner=self.owner, sources=sources)

    def key(self, period: str) -> str:
        """Once-only: the digest of a week, however often it is asked for."""
        return f"digest:{self.id}:{period}"


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A channel's own subscription, as the database keeps it."""

    id: int
    channel: ChannelId
    direction: str | None
    owner: UserId | None
    source: str | None
    day: int
    minute: int
    zone: str
    by: UserId
    at: datetime

    @property
    def subscription(self) -> Subscription:
        return Subscription(
            id=SubscriptionId(f"s{self.id}"),
            channel=self.channel,
            weekly=Weekly(day=self.day, minute=self.minute, zone=ZoneInfo(self.zone)),
            by=self.by,
            at=self.at,
            direction=self.direction,
            owner=self.owner,
            source=Source(self.source) if self.source else None,
        )
