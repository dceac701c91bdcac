"""Rows of a CSV file become accounts and requests; the same row twice is one."""

from collections.abc import Sequence

from bot.domain.accounts import Account
from bot.domain.acts import Act
from bot.domain.changes import Change, differences
from bot.domain.ids import AccountId, RequestNumber, UserId
from bot.domain.imports import AccountRow, RequestRow
from bot.domain.money import Money
from bot.domain.requests import Estimate, Request
from bot.domain.text import fold, slug_of
from bot.services import board
from storage.accounts import Ask
from storage.store import Store


def accounts(store: Store, act: Act, rows: Sequence[AccountRow]) -> int:
    """Add these accounts, or bring those with the same id up to date; how many."""
    default = store.policy.company.currency
    store.accounts.put([_account(row, default) for row in rows], act.at)
    return len(rows)


def requests(store: Store, act: Act, rows: Sequence[RequestRow], *, cards: bool = False) -> int:
    """Put these requests on the board; how many were new. Nobody is told, unless `cards` asks for it."""
    return sum(_request(store, act, row, cards=cards) for row in rows)


def _account(row: AccountRow, default: str) -> Account:
    minor = row.arr_minor(default)
    return Account(
        id=AccountId(row.account_id),
        name=row.name,
        domain=fold(row.domain) if row.domain else None,
        owner_email=fold(row.owner_email) if row.owner_email else None,
        employees=row.employees,
        arr=None if minor is None else Money(minor=minor, currency=row.currency or default),
        stage=row.stage,
    )


def _request(store: Store, act: Act, row: RequestRow, *, cards: bool) -> bool:
    if store.requests.by_key(row.key):
        return False
    names = {fold(name): name for name in row.accounts}.values()
    waiting = {account.id: account for account in (_named(store, act, name) for name in names)}
    filed = store.requests.add(_new(store, act, row, len(waiting)), row.key)
    asks = [Ask(number=filed.number, account=account, by=filed.by, at=filed.at) for account in waiting]
    store.accounts.add_asks(asks)
    joined = [Change(field="ask", old=None, new=account) for account in waiting]
    store.changes.add(filed.subject, [*differences(None, filed), *joined], act)
    if cards:
        board.draw_card(store, act, filed, soon=True)
    return True


def _new(store: Store, act: Act, row: RequestRow, companies: int) -> Request:
    """Figures of a backlog that is in use already count as confirmed."""
    return Request(
        number=RequestNumber(0),
        slug=slug_of(row.title),
        title=row.title,
        problem=row.problem,
        source=row.source,
        status=row.status,
        by=_requester(store, row.requester_email),
        at=row.created_at or act.at,
        estimates={f: Estimate(confirmed=figure) for f, figure in row.figures.items()},
        companies=companies,
        version=1,
        answered_at=row.created_at or act.at,  # a backlog in use has been sorted
    )


def _requester(store: Store, email: str | None) -> UserId | None:
    person = store.people.by_email(email) if email else None
    return person.id if person else None


def _named(store: Store, act: Act, name: str) -> Account:
    """An account by id or name; an unknown name becomes one."""
    return store.accounts.get(AccountId(name)) or store.accounts.named_or_new(name, act)
