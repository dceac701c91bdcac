"""Customer companies and who waits for what."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import chain, count, groupby
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Integer,
    Row,
    Select,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)

from bot.domain.accounts import Account, Stage
from bot.domain.acts import Act
from bot.domain.asks import Aim, Ask, Importance, together
from bot.domain.budgets import Purse, Wish
from bot.domain.deals import DealState, Wished
from bot.domain.ids import AccountId, RequestNumber, TeamId, UserId
from bot.domain.money import Money
from bot.domain.requests import Status
from bot.domain.suggestions import Closing, Known, Sum
from bot.domain.text import fold, slug_of
from storage.bulk import put_all, put_or_renew
from storage.tables import (
    Moment,
    account,
    account_alias,
    ask,
    deal,
    person,
    question,
    request,
    told,
    usage_day,
)

# Built once: to build a statement takes longer than to run it.
_BY_ID = select(account).where(account.c.id == bindparam("key"))
_KEY: BindParameter[Any] = bindparam("key", type_=account.c.id.type)
_OF_NAME = (
    select(account.c.id)
    .where(account.c.folded == bindparam("name"))
    .order_by(account.c.at)
    .limit(1)
    .scalar_subquery()
)


def _led(key: ColumnElement[Any]) -> Select[Any]:
    """The account of that id, or the next on the way to the one it became part of; `further`: what comes after."""
    other = select(account_alias.c.same_as).where(account_alias.c.account == key).scalar_subquery()
    further = select(account_alias.c.same_as).where(
        account_alias.c.account == account.c.id, account_alias.c.same_as != account.c.id
    )
    return select(account, further.scalar_subquery().label("further")).where(
        account.c.id == func.coalesce(other, key)
    )


_BY_ID_NOW, _BY_NAME = _led(_KEY), _led(_OF_NAME)
_LED = select(account_alias).where(account_alias.c.account.in_(bindparam("accounts", expanding=True)))
_IS_PART_OF_ANOTHER = exists().where(
    account_alias.c.account == account.c.id, account_alias.c.same_as != account.c.id
)
_NEW = insert(account)
_CALLED = (
    update(account)
    .where(account.c.id == bindparam("key"), account.c.name == account.c.id)
    .values(name=bindparam("now"), folded=bindparam("as"))
)
_NEW_ASK = insert(ask)
_ASKS = select(ask).where(ask.c.behind == bindparam("request")).order_by(ask.c.id)
_ASKS_OF = _ASKS.where(ask.c.account == bindparam("account"))
_THESE: BindParameter[Any] = bindparam("numbers", expanding=True)
_BROUGHT = select(ask).where(ask.c.number.in_(_THESE)).order_by(ask.c.id)
_ASKERS = select(ask.c.behind, ask.c.by).where(ask.c.behind.in_(_THESE), ask.c.by.is_not(None)).order_by(ask.c.id)
_BEHIND = select(ask.c.account).where(ask.c.behind.in_(_THESE)).distinct().limit(bindparam("limit", type_=Integer))
_WAITING = select(func.count(ask.c.account.distinct())).where(ask.c.behind == bindparam("request"))
_ACCOUNTS: BindParameter[Any] = bindparam("accounts", expanding=True)
_IDS = select(account.c.id).where(account.c.id.in_(_ACCOUNTS))
_NAMED = (
    select(account.c.folded, account.c.id)
    .where(account.c.folded.in_(bindparam("names", expanding=True)))
    .order_by(account.c.at.desc(), account.c.id.desc())
)
_PURSES = select(account.c.id, account.c.name, account.c.arr_minor, account.c.currency, account.c.stage).where(
    account.c.id.in_(_ACCOUNTS)
)
# What somebody said of one of several asks that count as one; MAX passes over what is NULL.
_WISHES: Select[Any] = (
    select(
        ask.c.account,
        ask.c.behind,
        func.max(ask.c.importance).label("importance"),
        func.max(ask.c.aim).label("aim"),
    )
    .join(request, request.c.number == ask.c.behind)
    .where(ask.c.account.in_(_ACCOUNTS), request.c.status.in_([s for s in Status if s.is_open]))
    .group_by(ask.c.account, ask.c.behind)
    .order_by(ask.c.account, ask.c.behind)
)
#: Of a request: that it can be why a customer bought, or didn't.
is_a_reason = request.c.status.in_([literal(s) for s in Status if s.is_open]) | (
    (request.c.status == literal(Status.RELEASED))
    & (request.c.released_at >= bindparam("released_since", type_=Moment))
)
_REASONS: Select[Any] = (
    select(request.c.number, request.c.title)
    .join(ask, ask.c.behind == request.c.number)
    .where(ask.c.account == bindparam("of"), is_a_reason)
    .group_by(request.c.number, request.c.title, request.c.rank_score)
    .order_by(
        func.coalesce(func.max(ask.c.importance), 0).desc(),
        func.coalesce(request.c.rank_score, -1).desc(),
        request.c.number,
    )
    .limit(bindparam("limit", type_=Integer))
)
_OPEN_DEALS: Select[Any] = (
    select(deal.c.account, deal.c.currency, func.sum(deal.c.minor).label("minor"))
    .where(deal.c.account.in_(_ACCOUNTS), deal.c.state == DealState.OPEN, deal.c.minor.is_not(None))
    .group_by(deal.c.account, deal.c.currency)
    .order_by(deal.c.account, deal.c.currency)
)
_WITH_MONEY = (
    select(account.c.id)
    .where(
        account.c.id > bindparam("after"),
        (account.c.arr_minor > 0)
        | account.c.id.in_(select(deal.c.account).where(deal.c.state == DealState.OPEN, deal.c.minor > 0)),
    )
    .order_by(account.c.id)
    .limit(bindparam("limit", type_=Integer))
)
_BEHIND_EACH = (
    select(ask.c.behind, ask.c.account, ask.c.importance, account.c.name, account.c.folded)
    .join(account, account.c.id == ask.c.account)
    .where(ask.c.behind.in_(_THESE))
    .order_by(ask.c.id)
)
_SHARED = (
    select(account.c.folded)
    .where(account.c.folded.in_(bindparam("names", expanding=True)))
    .group_by(account.c.folded)
    .having(func.count() > 1)
)
_HOW_MANY = select(func.count()).select_from(account)
_PAYS = (account.c.arr_minor > 0) & (account.c.stage.is_(None) | (account.c.stage == Stage.CUSTOMER))  # as _purse
_ALL_REVENUE: Select[Any] = (
    select(account.c.currency, func.sum(account.c.arr_minor).label("minor"), func.count().label("count"))
    .where(_PAYS)
    .group_by(account.c.currency)
    .order_by(account.c.currency)
)
_ALL_DEALS: Select[Any] = (
    select(deal.c.currency, func.sum(deal.c.minor).label("minor"), func.count().label("count"))
    .where(deal.c.state == DealState.OPEN, deal.c.minor > 0)
    .group_by(deal.c.currency)
    .order_by(deal.c.currency)
)
_BEHIND_ONE = select(ask.c.account).where(ask.c.behind == bindparam("request"))
_THEIR_REVENUE = _ALL_REVENUE.where(account.c.id.in_(_BEHIND_ONE))
_THEIR_DEALS = _ALL_DEALS.where(deal.c.account.in_(_BEHIND_ONE))
_CLOSES = func.min(deal.c.closes)
_NEEDS = func.max(ask.c.importance)
_CLOSINGS: Select[Any] = (
    select(account.c.name, _NEEDS.label("importance"), _CLOSES.label("closes"))
    .select_from(ask)
    .join(account, account.c.id == ask.c.account)
    .join(deal, deal.c.account == ask.c.account)
    .where(
        ask.c.behind == bindparam("request"),
        deal.c.state == DealState.OPEN,
        deal.c.closes >= bindparam("today"),
    )
    .group_by(ask.c.account, account.c.name)
    .having(_NEEDS.is_(None) | (_NEEDS > Importance.NICE))
    .order_by(_CLOSES, ask.c.account)
    .limit(bindparam("limit", type_=Integer))
)

# Looked up, not made: of some customers there are thousands of wishes.
_IMPORTANCE: Mapping[int | None, Importance] = {one.value: one for one in Importance}
_AIM: Mapping[str | None, Aim] = {one.value: one for one in Aim}
_HAS_AN_OWNER = exists().where(
    person.c.email == account.c.owner_email,
    person.c.team == bindparam("team"),
    ~(person.c.is_deleted | person.c.is_guest | person.c.is_bot),
)
_UNOWNED = (
    select(account.c.id)
    .where(exists().where(usage_day.c.account == account.c.id), ~_HAS_AN_OWNER, ~_IS_PART_OF_ANOTHER)
    .limit(bindparam("limit", type_=Integer))
)


class Accounts:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, key: AccountId) -> Account | None:
        """The account of that id, or the one it became part of."""
        return self._at_the_end(self._connection.execute(_BY_ID_NOW, {"key": key}).one_or_none())

    def _at_the_end(self, row: Row[Any] | None) -> Account | None:
        if row is None:
            return None
        return self.get(row.further) if row.further else _account(row)

    def as_kept(self, key: AccountId) -> Account | None:
        """The account of that id, even if it became part of another."""
        row = self._connection.execute(_BY_ID, {"key": key}).one_or_none()
        return _account(row) if row else None

    def named(self, name: str) -> Account | None:
        """The account of that name, however it is written."""
        return self._at_the_end(self._connection.execute(_BY_NAME, {"name": fold(name)}).one_or_none())

    def search(self, words: str, limit: int) -> Sequence[Account]:
        """Accounts whose name holds these words: first the one of that name, then those that begin with them."""
        folded = fold(words.strip())
        holds = account.c.folded.contains(folded, autoescape=True)
        begins = account.c.folded.startswith(folded, autoescape=True)
        order = (account.c.folded != folded, ~begins, account.c.folded)
        found = select(account).where(holds, ~_IS_PART_OF_ANOTHER)
        rows = self._connection.execute(found.order_by(*order).limit(limit))
        return [_account(row) for row in rows]

    def named_or_new(self, name: str, act: Act) -> Account:
        """The account of that name; an unknown name becomes one, its id made from the name."""
        known = self.named(name)
        if known:
            return known
        new = Account(id=self._free_id(name), name=name)
        self._connection.execute(_NEW, {**_row(new), "at": act.at})
        return new

    def _free_id(self, name: str, *, besides: Collection[str] | None = None) -> AccountId:
        """Made from the name. Names that make the same id ("Acme", "Acme!") are numbered.

        `besides`: ids that are taken, the one the name makes first among them if it is.
        """
        base = AccountId(slug_of(name))
        if besides is not None and base not in besides:
            return base
        numbered = (AccountId(f"{base}-{n}") for n in count(2))
        ids = chain([base], numbered)
        return next(key for key in ids if key not in (besides or ()) and self.get(key) is None)

    def put(self, accounts: Iterable[Account], at: datetime) -> None:
        """Add these accounts, or bring those we have up to date."""
        last = {one.id: {**_row(one), "at": at} for one in accounts}
        put_or_renew(self._connection, account, list(last.values()), keep=["at"])

    def called(self, names: Collection[str], act: Act) -> Mapping[str, AccountId]:
        """The accounts of these ids or names, however those are written; unknown names become accounts."""
        ids = self._taken({*names, *map(slug_of, names)})
        known = self._named({fold(name) for name in names})
        found: dict[str, AccountId] = {}
        new: list[Account] = []
        for name in names:
            one = AccountId(name) if name in ids else known.get(fold(name))
            if one is None:
                one = known[fold(name)] = self._free_id(name, besides=ids)
                ids.add(one)
                new.append(Account(id=one, name=name))
            found[name] = one
        put_all(self._connection, account, [{**_row(one), "at": act.at} for one in new])
        return self._as_they_are_now(found)

    def _as_they_are_now(self, found: Mapping[str, AccountId]) -> Mapping[str, AccountId]:
        """Each account, or the one it became part of."""
        rows = self._connection.execute(_LED, {"accounts": list(found.values())}) if found else ()
        led = {row.account for row in rows}
        return {name: self._now(one) if one in led else one for name, one in found.items()}

    def _now(self, key: AccountId) -> AccountId:
        left = self.get(key)
        return left.id if left else key

    def _taken(self, ids: Collection[str]) -> set[str]:
        return set(self._connection.scalars(_IDS, {"accounts": list(ids)})) if ids else set()

    def _named(self, folded: Collection[str]) -> dict[str, AccountId]:
        """By name; of several of one name, the oldest."""
        rows = self._connection.execute(_NAMED, {"names": list(folded)}) if folded else ()
        return {row.folded: row.id for row in rows}

    def of_domains(self, domains: Collection[str]) -> dict[str, set[AccountId]]:
        """The accounts with each of these mail domains, as far as there are any."""
        wanted = select(account.c.domain, account.c.id).where(account.c.domain.in_(sorted(domains)))
        found: dict[str, set[AccountId]] = {}
        for domain, one in map(tuple, self._connection.execute(wanted) if domains else ()):
            found.setdefault(domain, set()).add(AccountId(one))
        return found

    def domains(self, accounts: Collection[AccountId]) -> dict[AccountId, str | None]:
        """The mail domain of each of these that we know."""
        wanted = select(account.c.id, account.c.domain).where(account.c.id.in_(sorted(accounts)))
        rows = self._connection.execute(wanted) if accounts else ()
        return {AccountId(one): domain for one, domain in map(tuple, rows)}

    def known(self, accounts: Collection[str]) -> set[str]:
        """Those of these that we know."""
        wanted = select(account.c.id).where(account.c.id.in_(sorted(accounts)))
        return set(self._connection.scalars(wanted)) if accounts else set()

    def meet(self, told: Mapping[AccountId, Mapping[str, str]], act: Act) -> None:
        """Add these accounts, by the name and domain they are said to have."""
        new = [
            Account(id=key, name=said.get("name") or key, domain=said.get("domain"))
            for key, said in sorted(told.items())
        ]
        if new:
            self._connection.execute(_NEW, [{**_row(one), "at": act.at} for one in new])

    def call(self, names: Mapping[AccountId, str]) -> None:
        """What those are called of which nothing but the id was known."""
        if names:
            rows = [{"key": one, "now": name, "as": fold(name)} for one, name in sorted(names.items())]
            self._connection.execute(_CALLED, rows)

    def unowned(self, team: TeamId, limit: int) -> int:
        """How many accounts with usage have no owner among the full members of this team, at most `limit`."""
        wanted = select(func.count()).select_from(_UNOWNED.subquery())
        return self._connection.execute(wanted, {"team": team, "limit": limit}).scalar_one()

    # ---- asks ----

    def add_asks(self, asks: Sequence[Ask]) -> None:
        put_all(self._connection, ask, [_ask_row(a) for a in asks])

    def change_ask(self, changed: Ask) -> None:
        """Keep what is said of an ask; who brought it, and for which request, stays."""
        self._connection.execute(update(ask).where(ask.c.id == changed.id).values(_ask_columns(changed)))

    def remove_asks(self, number: RequestNumber, accounts: Iterable[AccountId]) -> None:
        self._connection.execute(ask.delete().where(ask.c.number == number, ask.c.account.in_(list(accounts))))

    def move_asks(self, one: AccountId, into: AccountId) -> Sequence[RequestNumber]:
        """What an account waited for, was told and was asked about is another's; the requests it had waited for.

        Where both had brought the same request, one ask is left, as first asked.
        """
        its = select(ask.c.number).where(ask.c.account == one)
        rows = self._connection.execute(
            select(ask)
            .where(ask.c.account.in_([one, into]), ask.c.number.in_(its))
            .order_by(ask.c.number, ask.c.id)
        )
        by_number = {number: list(asks) for number, asks in groupby(map(_ask, rows), key=lambda a: a.number)}
        for asks in by_number.values():
            self._put_together(asks, into)
        self._move_told(one, into)
        self._connection.execute(update(question).where(question.c.account == one).values(account=into))
        return list(by_number)

    def _put_together(self, asks: Sequence[Ask], into: AccountId) -> None:
        (whole,) = together(replace(one, account=into) for one in asks)
        self._connection.execute(delete(ask).where(ask.c.id.in_([one.id for one in asks if one.id != whole.id])))
        self._connection.execute(
            update(ask).where(ask.c.id == whole.id).values(account=into, **_ask_columns(whole))
        )

    def _move_told(self, one: AccountId, into: AccountId) -> None:
        """Where both were told the same, the first note stays."""
        other = told.alias()
        alike = exists().where(
            other.c.account == into, other.c.number == told.c.number, other.c.version == told.c.version
        )
        self._connection.execute(delete(told).where(told.c.account == one, alike))
        self._connection.execute(update(told).where(told.c.account == one).values(account=into))

    def count_behind(self, numbers: Sequence[RequestNumber], survivor: RequestNumber) -> None:
        """Asks brought for these requests count behind that one from now on."""
        self._connection.execute(update(ask).where(ask.c.number.in_(list(numbers))).values(behind=survivor))

    def asks(self, number: RequestNumber) -> Sequence[Ask]:
        """Who waits for a request, each customer once, oldest first; those of requests joined to it among them."""
        rows = self._connection.execute(_ASKS, {"request": number})
        return together(_ask(row) for row in rows)

    def brought(self, numbers: Sequence[RequestNumber]) -> Sequence[Ask]:
        """Every ask that was brought for one of these, oldest first, whatever stands for it now."""
        return [_ask(row) for row in self._connection.execute(_BROUGHT, {"numbers": list(numbers)})]

    def each_ask(self, number: RequestNumber, of: AccountId) -> Sequence[Ask]:
        """A customer's asks that count behind a request, oldest first: several where requests were joined."""
        return [_ask(row) for row in self._connection.execute(_ASKS_OF, {"request": number, "account": of})]

    def askers(self, numbers: Sequence[RequestNumber]) -> Mapping[RequestNumber, list[UserId]]:
        """Who brought customers behind these requests, the first to do so first."""
        found: dict[RequestNumber, list[UserId]] = {number: [] for number in numbers}
        for number, by in self._connection.execute(_ASKERS, {"numbers": list(numbers)}) if numbers else ():
            found[number].append(by)
        return found

    def behind_any(self, numbers: Sequence[RequestNumber], limit: int) -> Sequence[AccountId]:
        """Customers who wait for any of these requests, each once."""
        wanted = {"numbers": list(numbers), "limit": limit}
        return [AccountId(one) for one in self._connection.scalars(_BEHIND, wanted)] if numbers else []

    def purses(self, accounts: Sequence[AccountId]) -> Sequence[Purse]:
        """What these customers bring, and the open requests it is split over; in the order given."""
        if not accounts:
            return []
        these = {"accounts": list(accounts)}
        wishes: dict[str, list[Wish]] = {}
        for owner, behind, importance, aim in self._connection.execute(_WISHES, these):
            wishes.setdefault(owner, []).append(_wish(behind, importance, aim))
        deals: dict[str, list[Money]] = {}
        for owner, currency, minor in self._connection.execute(_OPEN_DEALS, these):
            deals.setdefault(owner, []).append(Money(minor=int(minor), currency=currency))
        rows = self._connection.execute(_PURSES, these)
        found = {row[0]: _purse(row, deals.get(row[0], ()), wishes.get(row[0], ())) for row in rows}
        return [found[one] for one in accounts if one in found]

    def closings(self, number: RequestNumber, today: date, limit: int) -> Sequence[Closing]:
        """Customers who wait for a request as more than nice to have, and when they next decide; the next first."""
        wanted = {"request": number, "today": today, "limit": limit}
        return [_closing(row) for row in self._connection.execute(_CLOSINGS, wanted)]

    def bring(self, number: RequestNumber) -> tuple[Sequence[Money], Sequence[Money]]:
        """All that who waits for a request pays, and all their open deals, by currency; not only its share."""
        pay, deals = (self._sums(query, number) for query in (_THEIR_REVENUE, _THEIR_DEALS))
        return [one.money for one in pay], [one.money for one in deals]

    def all_known(self) -> Known:
        """How many customers there are, what all of them pay, and all open deals. Reads every one of them."""
        return Known(
            customers=self._connection.execute(_HOW_MANY).scalar_one(),
            revenue=self._sums(_ALL_REVENUE),
            deals=self._sums(_ALL_DEALS),
        )

    def _sums(self, query: Select[Any], number: RequestNumber | None = None) -> tuple[Sum, ...]:
        return tuple(_sum(row) for row in self._connection.execute(query, {"request": number} if number else {}))

    def reasons(self, account_id: AccountId, released_since: datetime, limit: int) -> Sequence[Wished]:
        """Requests this customer asked for that are open, or were released since; what it needs most first."""
        wanted = {"of": account_id, "released_since": released_since, "limit": limit}
        rows = self._connection.execute(_REASONS, wanted)
        return [Wished(number=RequestNumber(row.number), title=row.title) for row in rows]

    def with_money(self, after: AccountId | None, limit: int) -> Sequence[AccountId]:
        """The next accounts that pay, or have an open deal, by id."""
        rows = self._connection.scalars(_WITH_MONEY, {"after": after or "", "limit": limit})
        return [AccountId(one) for one in rows]

    def behind_each(
        self, numbers: Sequence[RequestNumber]
    ) -> Mapping[RequestNumber, Sequence[tuple[str, Importance | None]]]:
        """Who waits for each of these, each customer once, oldest first, and how much they need it.

        By name; by id where several have the same name.
        """
        rows = self._connection.execute(_BEHIND_EACH, {"numbers": list(numbers)}).all() if numbers else ()
        shared = self._shared({row.folded for row in rows})
        found: dict[RequestNumber, dict[str, tuple[str, Importance | None]]] = {}
        for row in rows:
            these = found.setdefault(row.behind, {})
            needs = [n for n in (these.get(row.account, ("", None))[1], row.importance) if n]
            name = row.account if row.folded in shared else row.name
            these[row.account] = name, Importance(max(needs)) if needs else None
        return {number: list(these.values()) for number, these in found.items()}

    def _shared(self, folded: Collection[str]) -> set[str]:
        """Those of these names that several accounts have."""
        return set(self._connection.scalars(_SHARED, {"names": list(folded)})) if folded else set()

    def names(self, accounts: Iterable[AccountId]) -> dict[AccountId, str]:
        """Names of those we know."""
        rows = self._connection.execute(
            select(account.c.id, account.c.name).where(account.c.id.in_(list(accounts)))
        )
        return {AccountId(row.id): row.name for row in rows}

    def behind(self, account_id: AccountId, limit: int) -> Sequence[RequestNumber]:
        """Requests this account waits for, newest first."""
        rows = self._connection.scalars(
            select(ask.c.behind)
            .where(ask.c.account == account_id)
            .group_by(ask.c.behind)
            .order_by(ask.c.behind.desc())
            .limit(limit)
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


def _wish(behind: int, importance: int | None, aim: str | None) -> Wish:
    return Wish(
        number=RequestNumber(behind),
        importance=_IMPORTANCE.get(importance),
        aim=_AIM.get(aim),
    )


def _purse(row: Sequence[Any], deals: Sequence[Money], wishes: Sequence[Wish]) -> Purse:
    """Who has left, or only tries it, pays nothing, whatever is noted of it."""
    account_id, name, revenue_minor, currency, stage = row
    pays = bool(revenue_minor) and stage in (None, Stage.CUSTOMER)
    revenue = Money(minor=revenue_minor, currency=currency) if pays else None
    return Purse(account=account_id, name=name, revenue=revenue, deals=tuple(deals), wishes=tuple(wishes))


def _closing(row: Row[Any]) -> Closing:
    importance = Importance(row.importance) if row.importance else None
    return Closing(customer=row.name, closes=row.closes, importance=importance)


def _sum(row: Sequence[Any]) -> Sum:
    currency, minor, count = row
    return Sum(money=Money(minor=int(minor), currency=currency), count=count)


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
        id=row.id,
        number=row.number,
        behind=row.behind,
        account=row.account,
        by=row.by,
        at=row.at,
        importance=Importance(row.importance) if row.importance else None,
        aim=Aim(row.aim) if row.aim else None,
        permalink=row.permalink,
        contact=row.contact,
        may_talk=row.may_talk,
    )


def _ask_columns(one: Ask) -> dict[str, Any]:
    return {
        "importance": one.importance,
        "aim": one.aim,
        "contact": one.contact,
        "may_talk": one.may_talk,
    }


def _ask_row(one: Ask) -> dict[str, Any]:
    return {
        "number": one.number,
        "behind": one.behind,
        "account": one.account,
        "by": one.by,
        "at": one.at,
        "permalink": one.permalink,
        **_ask_columns(one),
    }
