"""The weekly digests there are: the company's, and the channels' own."""

from datetime import UTC, datetime

from bot.domain.ids import UserId
from bot.domain.policy import Policy
from bot.domain.subscriptions import COMPANY, Subscription, SubscriptionId
from bot.services import access
from storage.store import Store

MARK = "digest:company"  #: since when the company has its digest, as an ISO moment
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


def company(store: Store) -> Subscription | None:
    """The coordination channel's digest, of the whole board; None while no such channel is set."""
    policy = store.policy
    if policy.channels.coordination is None:
        return None
    since = store.house.mark(MARK)
    return Subscription(
        id=COMPANY,
        channel=policy.channels.coordination,
        weekly=policy.weekly,
        by=_facilitator(policy),
        at=datetime.fromisoformat(since) if since else _EVER,
    )


def the_company(store: Store) -> Subscription:
    """The company's digest. Raises Refused when there is no channel for it."""
    found = company(store)
    if found is None:
        raise access.no_channel(store, "coordination")
    return found


def all_of(store: Store) -> list[Subscription]:
    """Every digest there is: the company's, then the channels' own."""
    ours = company(store)
    return [*([ours] if ours else []), *store.digests.subscriptions()]


def find(store: Store, subscription: SubscriptionId) -> Subscription | None:
    """The digest of that name, if it is in force."""
    if subscription == COMPANY:
        return company(store)
    number = subscription.removeprefix("s")
    return store.digests.subscription(int(number)) if number.isdecimal() else None


def _facilitator(policy: Policy) -> UserId | None:
    """Whoever was chosen, else one of Tandem's admins, always the same."""
    return policy.facilitator or next(iter(sorted(policy.admins)), None)
