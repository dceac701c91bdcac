"""The message register: what we posted, for which subject, where, drawn from which version."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from bot.domain.ids import ChannelId, MessageTs
from storage.tables import message

# Built once: to build a statement takes longer than to run it.
_HERE = (message.c.channel == bindparam("in_channel")) & (message.c.ts == bindparam("at_ts"))
_ABOUT = (
    select(message)
    .where(message.c.subject == bindparam("subject"), message.c.purpose == bindparam("purpose"))
    .order_by(message.c.at.desc(), message.c.ts.desc())
    .limit(1)
)
_AT = select(message).where(_HERE)
_NEW = insert(message)
_REDRAWN = update(message).where(_HERE)


@dataclass(frozen=True, kw_only=True)
class Message:
    channel: ChannelId
    ts: MessageTs
    subject: str
    purpose: str
    permalink: str | None
    drawn_from: int
    at: datetime


class Messages:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, subject: str, purpose: str) -> Message | None:
        """The newest message of that purpose about a subject."""
        row = self._connection.execute(_ABOUT, {"subject": subject, "purpose": purpose}).one_or_none()
        return Message(**row._mapping) if row else None

    def at(self, channel: ChannelId, ts: MessageTs) -> Message | None:
        """What we know of a message somebody pointed at."""
        row = self._connection.execute(_AT, {"in_channel": channel, "at_ts": ts}).one_or_none()
        return Message(**row._mapping) if row else None

    def put(self, posted: Message) -> None:
        """Register a message, or that it was drawn anew."""
        here = {"in_channel": posted.channel, "at_ts": posted.ts}
        redrawn = {"drawn_from": posted.drawn_from, "at": posted.at}
        known = self._connection.execute(_REDRAWN, {**here, **redrawn})
        if not known.rowcount:
            self._connection.execute(_NEW, vars(posted))

    def forget(self, channel: ChannelId, ts: MessageTs) -> None:
        """It was deleted in Slack."""
        self._connection.execute(delete(message).where(message.c.channel == channel, message.c.ts == ts))
