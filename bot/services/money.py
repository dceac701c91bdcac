"""What customers bring, for one reader: amounts only for who may see them."""

from collections.abc import Sequence
from dataclasses import replace

from bot.domain.budgets import Behind, Brings, Purse, behind
from bot.domain.ids import AccountId, RequestNumber
from bot.domain.people import Member
from bot.domain.roles import Doing
from storage.store import Store

COUNTED = 100  #: customers of one request whose money is counted: some wait for hundreds of others


def of_customer(store: Store, who: Member, account: AccountId) -> Brings | None:
    """One customer; None when it isn't known."""
    return next((as_seen(purse, who) for purse in store.accounts.purses([account])), None)


def as_seen(purse: Purse, who: Member) -> Brings:
    may = who.may(Doing.SEE_AMOUNTS)
    return Brings(
        account=purse.account,
        name=purse.name,
        asks=len(purse.wishes),
        revenue=purse.revenue if may else None,
        deals=tuple(sum_ for sum_ in purse.deals if sum_.minor) if may else (),
    )


def behind_request(purses: Sequence[Purse], who: Member, number: RequestNumber, waiting: int) -> Behind | None:
    """The money behind a request, of these of all who are `waiting`; None for who may not see amounts, too."""
    found = behind(purses, number) if who.may(Doing.SEE_AMOUNTS) else None
    return replace(found, among=len(purses)) if found and waiting > len(purses) else found
