"""Opportunities of the CRM become deals; the same one again brings its deal up to date. Nobody is asked or told."""

from collections.abc import Iterable, Sequence

from bot.domain.acts import Act
from bot.domain.deals import Deal
from bot.domain.errors import Refused
from bot.domain.ids import AccountId
from bot.domain.opportunities import OpportunityRow, brought_up_to_date, taken_over
from bot.services import deals
from storage.store import Store


def put(store: Store, act: Act, rows: Sequence[OpportunityRow]) -> int:
    """Keep these; how many were new or said something new."""
    return sum([_put(store, act, row) for row in rows])


def unknown(store: Store, accounts: Iterable[str]) -> set[str]:
    """Of these accounts, those we don't know."""
    return {one for one in accounts if store.accounts.get(AccountId(one)) is None}


def _put(store: Store, act: Act, row: OpportunityRow) -> bool:
    found = store.accounts.get(AccountId(row.account_id))
    if found is None:
        raise Refused(f"There is no account {row.account_id!r}. Import accounts first.")
    size = row.size(store.policy.company.currency)
    known = store.deals.by_external(row.opportunity_id) or taken_over(row, size, store.deals.open_of(found.id))
    new = Deal(account=found.id, size=size, closes=row.closes, by=None, at=act.at)
    after = brought_up_to_date(known or new, row, found.id, size, act.at)
    if known is not None:
        return deals.correct(store, act, known, after)
    store.deals.add(after)
    return True
