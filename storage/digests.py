"""Weekly digests, and the channels that have one of their own."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, update

from bot.domain.acts import Act
from bot.domain.digest import Kept, State
from bot.domain.ids import ChannelId
from bot.domain.subscriptions import Stored, Subscription, SubscriptionId
from storage.tables import digest, subscription

_OURS = [c for c in subscription.c if c.name not in ("key", "ended_at", "ended_by")]


class Digests:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # ---- digests ----

    def get(self, of: SubscriptionId, period: str) -> Kept | None:
        """What is kept of the digest of that week."""
        return self._one(select(digest).where(digest.c.subscription == of, digest.c.period == period))

    def put(self, kept: Kept) -> None:
        """Keep a digest, new or changed."""
        values = {**vars(kept), "top": dict(kept.top), "told": list(kept.told)}
        this = (digest.c.subscription == kept.subscription) & (digest.c.period == kept.period)
        if not self._connection.execute(update(digest).where(this).values(values)).rowcount:
            self._connection.execute(insert(digest).values(values))

    def last(self, of: SubscriptionId, *, before: str | None = None) -> Kept | None:
        """The newest that was posted, of the weeks before one."""
        return next(iter(self.posted(of, 1, before=before)), None)

    def posted(self, of: SubscriptionId, limit: int, *, before: str | None = None) -> Sequence[Kept]:
        """Those that were posted, newest first, of the weeks before one."""
        wanted = select(digest).where(digest.c.subscription == of, digest.c.state == State.POSTED)
        wanted = wanted.where(digest.c.period < before) if before else wanted
        rows = self._connection.execute(wanted.order_by(digest.c.period.desc()).limit(limit))
        return [_kept(row) for row in rows]

    def _one(self, which: Select[Any]) -> Kept | None:
        row = self._connection.execute(which).one_or_none()
        return _kept(row) if row else None

    # ---- subscriptions of channels ----

    def subscribe(self, new: Stored, key: str) -> Subscription:
        """Store a subscription; the same key again gives the first one back."""
        if known := self._subscribed(key):
            return known
        row = {name: value for name, value in vars(new).items() if name != "id"}
        self._connection.execute(insert(subscription).values(key=key, **row))
        stored = self._subscribed(key)
        assert stored is not None
        return stored

    def change(self, changed: Stored) -> None:
        """Keep what is set anew; who set it up first stays."""
        values = {name: value for name, value in vars(changed).items() if name not in ("id", "by")}
        self._connection.execute(update(subscription).where(subscription.c.id == changed.id).values(values))

    def unsubscribe(self, key: int, act: Act) -> None:
        ended = {"ended_at": act.at, "ended_by": act.by.user}
        this = (subscription.c.id == key) & subscription.c.ended_at.is_(None)
        self._connection.execute(update(subscription).where(this).values(ended))

    def subscriptions(self, channel: ChannelId | None = None) -> Sequence[Subscription]:
        """Those in force, of one channel or of all, oldest first."""
        wanted = select(*_OURS).where(subscription.c.ended_at.is_(None)).order_by(subscription.c.id)
        wanted = wanted.where(subscription.c.channel == channel) if channel else wanted
        return [_subscription(row) for row in self._connection.execute(wanted)]

    def subscription(self, key: int) -> Subscription | None:
        """One that is in force."""
        return self._first(select(*_OURS).where(subscription.c.id == key, subscription.c.ended_at.is_(None)))

    def _subscribed(self, key: str) -> Subscription | None:
        return self._first(select(*_OURS).where(subscription.c.key == key))

    def _first(self, which: Select[Any]) -> Subscription | None:
        row = self._connection.execute(which).one_or_none()
        return _subscription(row) if row else None


def _kept(row: Row[Any]) -> Kept:
    return Kept(**{**row._mapping, "state": State(row.state)})


def _subscription(row: Row[Any]) -> Subscription:
    return Stored(**row._mapping).subscription
