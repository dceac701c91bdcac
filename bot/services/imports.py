"""Rows of a CSV file become accounts and requests; the same row twice is one."""

from collections.abc import Mapping, Sequence

from bot.domain.accounts import Account
from bot.domain.acts import Act
from bot.domain.asks import Ask, Importance
from bot.domain.changes import Change, differences
from bot.domain.ids import AccountId, RequestNumber, Slug, UserId
from bot.domain.imports import AccountRow, RequestRow
from bot.domain.money import Money
from bot.domain.requests import Estimate, Request
from bot.domain.text import fold
from bot.services import board, usage
from storage.requests import Newcomer
from storage.store import Store


def accounts(store: Store, act: Act, rows: Sequence[AccountRow]) -> int:
    """Add these accounts, or bring those with the same id up to date; how many. Usage by their mail is theirs."""
    default = store.policy.company.currency
    usage.keep_accounts(store, act, [_account(row, default) for row in rows])
    return len(rows)


def requests(store: Store, act: Act, rows: Sequence[RequestRow], *, cards: bool = False) -> int:
    """Put these requests on the board; how many were new. Nobody is told, unless `cards` asks for it."""
    new = _unknown(store, rows)
    accounts = store.accounts.called(list({name: None for row in new for name in row.accounts}), act)
    people = store.people.by_emails(email for row in new for email in (row.requester_email, row.owner) if email)
    asking = [_wishes(row, accounts) for row in new]
    filed = store.requests.add_all(
        [_newcomer(act, row, people, len(wishes)) for row, wishes in zip(new, asking, strict=True)], by=act
    )
    asks = {one.number: _asks(one, wishes) for one, wishes in zip(filed, asking, strict=True)}
    store.accounts.add_asks([ask for some in asks.values() for ask in some])
    store.changes.add_all({one.subject: _began(one, asks[one.number]) for one in filed}, act)
    for one in filed if cards else ():
        board.draw_card(store, act, one, soon=True)
    return len(filed)


def _unknown(store: Store, rows: Sequence[RequestRow]) -> Sequence[RequestRow]:
    """Those that are not there yet, each once: the same row is one request, and so is the same slug."""
    keys, slugs = store.requests.known([row.key for row in rows], [row.slug for row in rows if row.slug])
    new: list[RequestRow] = []
    for row in rows:
        if row.key not in keys and row.slug not in slugs:
            new.append(row)
            keys.add(row.key)
            slugs |= {row.slug} if row.slug else set()
    return new


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


# ---- a row becomes a request --------------------------------------------------------------------


def _newcomer(act: Act, row: RequestRow, people: Mapping[str, UserId], companies: int) -> Newcomer:
    return Newcomer(
        request=_new(act, row, people, companies),
        key=row.key,
        slug=row.slug,
        words=row.words,
    )


def _new(act: Act, row: RequestRow, people: Mapping[str, UserId], companies: int) -> Request:
    """Figures of a backlog that is in use already count as confirmed."""
    return Request(
        number=RequestNumber(0),
        slug=Slug(""),  # both are given when it is stored
        title=row.title,
        problem=row.problem,
        source=row.source,
        status=row.status,
        by=_person(people, row.requester_email),
        at=row.created_at or act.at,
        estimates={f: Estimate(confirmed=figure) for f, figure in row.figures.items()},
        companies=companies,
        version=1,
        owner=_person(people, row.owner),
        direction=row.direction,
        target=row.target,
        answered_at=row.created_at or act.at,  # a backlog in use has been sorted
        released_at=row.released_at,
    )


def _person(people: Mapping[str, UserId], email: str | None) -> UserId | None:
    return people.get(email.casefold()) if email else None


def _wishes(row: RequestRow, accounts: Mapping[str, AccountId]) -> Mapping[AccountId, Importance | None]:
    """Each customer once, as much in need of it as the row says anywhere."""
    wishes: dict[AccountId, Importance | None] = {}
    for name, importance in row.customers:
        known = wishes.get(accounts[name])
        wishes[accounts[name]] = max(filter(None, (known, importance)), default=None)
    return wishes


def _asks(filed: Request, wishes: Mapping[AccountId, Importance | None]) -> Sequence[Ask]:
    return [
        Ask(number=filed.number, behind=filed.number, account=one, by=filed.by, at=filed.at, importance=importance)
        for one, importance in wishes.items()
    ]


def _began(filed: Request, asks: Sequence[Ask]) -> Sequence[Change]:
    joined = [Change(field="ask", old=None, new=ask.account) for ask in asks]
    return [*differences(None, filed), *joined]
