"""Channels we speak in, as Slack knows them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select, union, update

from bot.domain.ids import ChannelId
from storage.tables import channel, subscription


class Channels:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, one: ChannelId, name: str, *, is_shared: bool, at: datetime) -> None:
        """Keep what Slack says of a channel."""
        seen = {"name": name, "is_shared": is_shared, "refreshed_at": at}
        if not self._connection.execute(update(channel).where(channel.c.id == one).values(seen)).rowcount:
            self._connection.execute(insert(channel).values(id=one, **seen))

    def is_private_to_us(self, one: ChannelId) -> bool:
        """Whether it is certain that nobody of another company reads it."""
        shared = self._connection.scalar(select(channel.c.is_shared).where(channel.c.id == one))
        return shared is False

    def name(self, one: ChannelId) -> str | None:
        return self._connection.scalar(select(channel.c.name).where(channel.c.id == one))

    def in_use(self) -> Sequence[ChannelId]:
        """Channels we know, and those that have a digest of their own."""
        known = select(channel.c.id)
        subscribed = select(subscription.c.channel).where(subscription.c.ended_at.is_(None))
        return [ChannelId(one) for one in self._connection.scalars(union(known, subscribed))]
