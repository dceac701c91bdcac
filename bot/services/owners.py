"""Who answers for an account, and where one is spoken of that nobody answers for."""

from bot.domain.ids import AccountId, ChannelId, UserId
from bot.domain.people import Person
from bot.services import access
from storage.store import Store

COUNTED = 1_000  #: accounts without an owner; more are not counted


def owner_of(store: Store, account_id: AccountId) -> Person | None:
    """The account's owner, by the address the CRM has; None for whom Tandem may not write to."""
    account = store.accounts.get(account_id)
    known = store.people.by_email(account.owner_email) if account and account.owner_email else None
    served = access.served(store, known.id) if known else None
    return served.person if served else None


def line_of(store: Store, account_id: AccountId) -> UserId | ChannelId | None:
    """Where what is about an account is said: to its owner, else in the fallback channel, else nowhere."""
    owner = owner_of(store, account_id)
    return owner.id if owner else store.policy.channels.fallback


def unowned(store: Store) -> int:
    """How many accounts with usage have no owner we can find, up to one more than COUNTED."""
    team = store.house.team()
    return store.accounts.unowned(team, COUNTED + 1) if team else 0
