"""Whose eyes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from sandbox import reading


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Who looks: their id, the clock on their wall, and how ids are called."""

    user: str
    zone: tzinfo
    users: Mapping[str, str]
    channels: Mapping[str, str]
    groups: Mapping[str, str]
    now: datetime

    @property
    def of_words(self) -> reading.Reader:
        """The same eyes where only words are wanted: dates, placeholders."""
        return reading.Reader(
            users=self.users, channels=self.channels, groups=self.groups, zone=self.zone, today=self.now
        )
