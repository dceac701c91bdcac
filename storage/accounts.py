"""Customer companies and who waits for what."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain, count
from typing import Any

from sqlalchemy import BindParameter, Connection, Row, Select, bindparam, func, insert, select, update

from bot.domain.accounts import Account, Stage
from bot.domain.acts import Act
from bot.domain.digest import Stake
from bot.domain.ids import AccountId, RequestNumber, UserId
from bot.domain.money import Money
from bot.domain.text import fold, slug_of
from storage.tables import account, ask

# Built once: to build a statement takes longer than to run it.
_BY_ID = select(account).where(account.c.id == bindparam("key"))
_BY_NAME = select(account).where(account.c.folded == bindparam("name")).order_by(account.c.at).limit(1)
_NEW = insert(account)
_RENEWED = update(account).where(account.c.id == bindparam("key"))
_NEW_ASK = insert(ask)
_ASKS = select(ask).where(ask.c.number == bindparam("request")).order_by(ask.c.id)
_BEHIND: BindParameter[Any] = bindparam("numbers", expanding=True)
_ASKERS = select(ask.c.number, ask.c.by).where(ask.c.number.in_(_BEHIND), ask.c.by.is_not(None)).order_by(ask.c.id)
_STAKES: Select[Any] = (
    select(
        account.c.id,
        account.c.stage,
        account.c.arr_minor,
        account.c.currency,
        func.max(ask.c.deal_minor).label("deal_minor"),
        ask.c.deal_currency,
    )
    .join(ask, ask.c.account == account.c.id)
    .where(ask.c.number.in_(_BEHIND), ask.c.deal_minor.is_not(None) | account.c.arr_minor.is_not(None))
    .group_by(account.c.id, ask.c.deal_currency)
)
_WAITING = select(func.count()).select_from(ask).where(ask.c.number == bindparam("request"))


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One account's wish behind a request."""

    number: RequestNumber
    account: AccountId
    by: UserId | None
    at: datetime
    deal: Money | None = None
    closes: date | None = None
    permalink: str | None = None
    contact: str | None = None  #: whom to talk to there
    may_talk: bool | None = None  #: whether product may; None while nobody was asked


class Accounts:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, key: AccountId) -> Account | None:
        row = self._connection.execute(_BY_ID, {"key": key}).one_or_none()
        return _account(row) if row else None

    def named(self, name: str) -> Account | None:
        """The account of that name, however it is written."""
        row = self._connection.execute(_BY_NAME, {"name": fold(name)}).one_or_none()
        return _account(row) if row else None

    def search(self, words: str, limit: int) -> Sequence[Account]:
        """Accounts whose name holds these words: first the one of that name, then those that begin with them."""
        folded = fold(words.strip())
        holds = account.c.folded.contains(folded, autoescape=True)
        begins = account.c.folded.startswith(folded, autoescape=True)
        order = (account.c.folded != folded, ~begins, account.c.folded)
        rows = self._connection.execute(select(account).where(holds).order_by(*order).limit(limit))
        return [_account(row) for row in rows]

    def named_or_new(self, name: str, act: Act) -> Account:
        """The account of that name; an unknown name becomes one, its id made from the name."""
        known = self.named(name)
        if known:
            return known
        new = Account(id=self._free_id(name), name=name)
        self._connection.execute(_NEW, {**_row(new), "at": act.at})
        return new

    def _free_id(self, name: str) -> AccountId:
        """Made from the name. Names that make the same id ("Acme", "Acme!") are numbered."""
        base = slug_of(name)
        numbered = (AccountId(f"{base}-{n}") for n in count(2))
        return next(key for key in chain([AccountId(base)], numbered) if self.get(key) is None)

    def put(self, accounts: Iterable[Account], at: datetime) -> None:
        """Add these accounts, or bring those we have up to date."""
        for one in accounts:
            row = _row(one)
            known = self._connection.execute(_RENEWED, {**row, "key": one.id})
            if not known.rowcount:
                self._connection.execute(_NEW, {**row, "at": at})

    # ---- asks ----

    def add_asks(self, asks: Sequence[Ask]) -> None:
        if asks:
            self._connection.execute(_NEW_ASK, [_ask_row(a) for a in asks])

    def change_ask(self, changed: Ask) -> None:
        self._connection.execute(
            update(ask)
            .where(ask.c.number == changed.number, ask.c.account == changed.account)
            .values(_ask_columns(changed))
        )

    def remove_asks(self, number: RequestNumber, accounts: Iterable[AccountId]) -> None:
        self._connection.execute(ask.delete().where(ask.c.number == number, ask.c.account.in_(list(accounts))))

    def asks(self, number: RequestNumber) -> Sequence[Ask]:
        """Who waits for a request, oldest first."""
        rows = self._connection.execute(_ASKS, {"request": number})
        return [_ask(row) for row in rows]

    def askers(self, numbers: Sequence[RequestNumber]) -> Mapping[RequestNumber, list[UserId]]:
        """Who brought customers behind these requests, the first to do so first."""
        found: dict[RequestNumber, list[UserId]] = {number: [] for number in numbers}
        for number, by in self._connection.execute(_ASKERS, {"numbers": list(numbers)}) if numbers else ():
            found[number].append(by)
        return found

    def stakes(self, numbers: Sequence[RequestNumber]) -> Sequence[Stake]:
        """What hangs on these requests: each customer's revenue, and the largest deal they would close."""
        rows = self._connection.execute(_STAKES, {"numbers": list(numbers)}) if numbers else ()
        return [_stake(row) for row in rows]

    def names(self, accounts: Iterable[AccountId]) -> dict[AccountId, str]:
        """Names of those we know."""
        rows = self._connection.execute(
            select(account.c.id, account.c.name).where(account.c.id.in_(list(accounts)))
        )
        return {AccountId(row.id): row.name for row in rows}

    def behind(self, account_id: AccountId, limit: int) -> Sequence[RequestNumber]:
        """Requests this account waits for, newest first."""
        rows = self._connection.scalars(
            select(ask.c.number).where(ask.c.account == account_id).order_by(ask.c.number.desc()).limit(limit)
        )
        return [RequestNumber(number) for number in rows]

    def waiting(self, number: RequestNumber) -> int:
        """How many accounts wait for a request."""
        return self._connection.execute(_WAITING, {"request": number}).scalar_one()


def _account(row: Row[Any]) -> Account:
    return Account(
        id=row.id,
        name=row.name,
        domain=row.domain,
        owner_email=row.owner_email,
        employees=row.employees,
        arr=None if row.arr_minor is None else Money(minor=row.arr_minor, currency=row.currency),
        stage=Stage(row.stage) if row.stage else None,
    )


def _stake(row: Row[Any]) -> Stake:
    customer, stage, revenue, currency, deal, deal_currency = tuple(row)
    return Stake(
        account=customer,
        revenue=(currency, revenue if stage == Stage.CUSTOMER else 0),
        deal=(deal_currency, deal or 0),
    )


def _row(one: Account) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "folded": fold(one.name),
        "domain": one.domain,
        "owner_email": one.owner_email,
        "employees": one.employees,
        "arr_minor": one.arr.minor if one.arr else None,
        "currency": one.arr.currency if one.arr else None,
        "stage": one.stage,
    }


def _ask(row: Row[Any]) -> Ask:
    return Ask(
        number=row.number,
        account=row.account,
        by=row.by,
        at=row.at,
        deal=None if row.deal_minor is None else Money(minor=row.deal_minor, currency=row.deal_currency),
        closes=row.closes,
        permalink=row.permalink,
        contact=row.contact,
        may_talk=row.may_talk,
    )


def _ask_columns(one: Ask) -> dict[str, Any]:
    return {
        "deal_minor": one.deal.minor if one.deal else None,
        "deal_currency": one.deal.currency if one.deal else None,
        "closes": one.closes,
        "contact": one.contact,
        "may_talk": one.may_talk,
    }


def _ask_row(one: Ask) -> dict[str, Any]:
    return {
        "number": one.number,
        "account": one.account,
        "by": one.by,
        "at": one.at,
        "permalink": one.permalink,
        **_ask_columns(one),
    }
