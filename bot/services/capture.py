"""Messages are offered to the board: whoever reacted with the agreed emoji, or wrote to us, is asked."""

from bot.domain.acts import Act
from bot.domain.facts import Offer, OnBoard
from bot.domain.ids import ChannelId, MessageTs, RequestNumber
from bot.domain.requests import Request
from bot.services import access, ranking
from storage.store import Store

_ABOUT = "request"


def is_called_by(store: Store, emoji: str) -> bool:
    """Whether this emoji asks for an offer, in whatever skin."""
    return emoji.partition("::")[0] == store.policy.capture


def offer(store: Store, act: Act, channel: ChannelId, ts: MessageTs, asked_at: MessageTs) -> Offer | None:
    """What to offer about a message to who asked for it; None when that was offered. Writes only that it was.

    `asked_at` is when they reacted or wrote: the same event told twice is offered once.
    """
    access.member(store, act)
    if not store.house.claim_period("offer", f"{channel}:{ts}:{act.by.user}:{asked_at}", act):
        return None
    return Offer(known=_known(store, channel, ts))


def look_up(store: Store, act: Act, channel: ChannelId, ts: MessageTs) -> OnBoard | None:
    """What a message is on the board as. Asked again when an offer is taken up: it may be late."""
    access.member(store, act)
    return _known(store, channel, ts)


def _known(store: Store, channel: ChannelId, ts: MessageTs) -> OnBoard | None:
    about = _about(store, channel, ts)
    found = about or store.requests.by_origin(channel, ts)
    if found is None:
        return None
    return OnBoard(request=found, standing=ranking.standing(store, found), is_ours=about is not None)


def _about(store: Store, channel: ChannelId, ts: MessageTs) -> Request | None:
    """The request that a message of ours speaks of."""
    ours = store.messages.at(channel, ts)
    kind, _, rest = ours.subject.partition(":") if ours else ("", "", "")
    number = rest.partition(":")[0]
    return store.requests.get(RequestNumber(int(number))) if kind == _ABOUT and number.isdecimal() else None
