"""Deals of customers, open and ended."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Integer, Row, Select, bindparam, delete, exists, func, insert, select, update

from bot.domain.deals import Deal, DealState
from bot.domain.ids import AccountId, RequestNumber
from bot.domain.money import Money
from storage.accounts import is_a_reason
from storage.tables import IS_OPEN, account, ask, deal, person, request

# Built once: to build a statement takes longer than to run it.
_BY_ID = select(deal).where(deal.c.id == bindparam("this"))
_BY_EXTERNAL = select(deal).where(deal.c.external == bindparam("this"))
_OPEN_OF = select(deal).where(deal.c.account == bindparam("of"), IS_OPEN).order_by(deal.c.id)
_OPEN_OF_THESE = (
    select(deal)
    .where(deal.c.account.in_(bindparam("accounts", expanding=True)), IS_OPEN)
    .order_by(deal.c.closes.is_(None), deal.c.closes, deal.c.id)
)
_ENDED_BECAUSE = (
    select(deal, account.c.name.label("customer"))
    .join(account, account.c.id == deal.c.account)
    .where(deal.c.because.in_(bindparam("requests", expanding=True)))
    .order_by(deal.c.ended_at, deal.c.id)
    .limit(bindparam("limit", type_=Integer))
)


def _due() -> Select[Any]:
    """The oldest few of each person, so that one with many keeps nobody else's waiting."""
    wished = ask.join(request, request.c.number == ask.c.behind)
    is_wished = exists().select_from(wished).where(ask.c.account == deal.c.account, is_a_reason)
    whose = func.coalesce(person.c.id, deal.c.by)
    of_each = func.row_number().over(partition_by=whose, order_by=(deal.c.closes, deal.c.id)).label("nth")
    overdue = (
        select(deal, of_each)
        .join(account, account.c.id == deal.c.account)
        .outerjoin(person, (person.c.email == func.lower(account.c.owner_email)) & ~person.c.is_deleted)
        .where(
            IS_OPEN,
            deal.c.closes < bindparam("today"),
            deal.c.asked_for.is_(None) | (deal.c.asked_for != deal.c.closes),
            is_wished,
        )
        .subquery()
    )
    return (
        select(overdue)
        .where(overdue.c.nth <= bindparam("of_each"))
        .order_by(overdue.c.nth, overdue.c.closes, overdue.c.id)
        .limit(bindparam("limit", type_=Integer))
    )


_DUE = _due()
_NEW = insert(deal)
_CHANGED = update(deal).where(deal.c.id == bindparam("this"))


class Deals:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, key: int) -> Deal | None:
        row = self._connection.execute(_BY_ID, {"this": key}).one_or_none()
        return _deal(row) if row else None

    def by_external(self, key: str) -> Deal | None:
        """The deal the CRM calls so."""
        row = self._connection.execute(_BY_EXTERNAL, {"this": key}).one_or_none()
        return _deal(row) if row else None

    def open_of(self, account: AccountId) -> Sequence[Deal]:
        """A customer's open deals, oldest first."""
        return [_deal(row) for row in self._connection.execute(_OPEN_OF, {"of": account})]

    def open_of_any(self, accounts: Sequence[AccountId]) -> Sequence[Deal]:
        """Open deals of these customers, the one that closes first before."""
        rows = self._connection.execute(_OPEN_OF_THESE, {"accounts": list(accounts)}) if accounts else ()
        return [_deal(row) for row in rows]

    def ended_because_of(self, numbers: Sequence[RequestNumber], limit: int) -> Sequence[tuple[Deal, str]]:
        """Deals that these requests decided, each with its customer's name; the first to end before."""
        rows = self._connection.execute(_ENDED_BECAUSE, {"requests": list(numbers), "limit": limit})
        return [(_deal(row), row.customer) for row in rows]

    def due(self, today: date, released_since: datetime, limit: int, *, of_each: int) -> Sequence[Deal]:
        """Open deals whose close date has passed, and about which nobody was asked; the oldest few of each person.

        Only of customers that asked for something still open, or released since that moment.
        """
        wanted = {"today": today, "released_since": released_since, "of_each": of_each, "limit": limit}
        return [_deal(row) for row in self._connection.execute(_DUE, wanted)]

    def add(self, new: Deal) -> Deal:
        key = self._connection.execute(_NEW, _row(new)).inserted_primary_key
        assert key is not None
        return replace(new, id=key[0])

    def remove(self, taken_back: Deal) -> None:
        """It never was one."""
        self._connection.execute(delete(deal).where(deal.c.id == taken_back.id))

    def save(self, changed: Deal) -> None:
        self._connection.execute(_CHANGED, {**_row(changed), "this": changed.id})

    def move(self, account: AccountId, into: AccountId) -> None:
        """All deals of a customer are another's."""
        self._connection.execute(update(deal).where(deal.c.account == account).values(account=into))


def _deal(row: Row[Any]) -> Deal:
    return Deal(
        id=row.id,
        account=row.account,
        size=None if row.minor is None else Money(minor=row.minor, currency=row.currency),
        closes=row.closes,
        state=DealState(row.state),
        by=row.by,
        at=row.at,
        asked_for=row.asked_for,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
        because=row.because,
        external=row.external,
        stage=row.stage,
        opened=row.opened,
    )


def _row(of: Deal) -> dict[str, Any]:
    return {
        "account": of.account,
        "minor": of.size.minor if of.size else None,
        "currency": of.size.currency if of.size else None,
        "closes": of.closes,
        "state": of.state,
        "by": of.by,
        "at": of.at,
        "asked_for": of.asked_for,
        "ended_at": of.ended_at,
        "ended_by": of.ended_by,
        "because": of.because,
        "external": of.external,
        "stage": of.stage,
        "opened": of.opened,
    }
