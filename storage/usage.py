"""Usage: what was taken in, what it comes to by day, and what is known of people.

Lists go to the database as one JSON value each: a statement for a thousand rows is then as short as one for two,
and is built once.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import ModuleType
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Integer,
    String,
    and_,
    bindparam,
    case,
    column,
    delete,
    distinct,
    exists,
    func,
    literal_column,
    not_,
    or_,
    select,
    tuple_,
    type_coerce,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.features import BEFORE, LAST_FOUR_WEEKS, LAST_WEEK, Count, Features, Sign, Window
from bot.domain.ids import AccountId
from bot.domain.usage import PRESENCE, Known, PersonId, Rejected, Signal, SourceId
from storage.tables import (
    Json,
    account_alias,
    usage_day,
    usage_dirty,
    usage_message,
    usage_person,
    usage_reject,
)

# ---- lists as JSON ------------------------------------------------------------------------------


def _texts(dialect: ModuleType, name: str) -> Any:
    """The texts of a list."""
    listed: Any = bindparam(name, type_=Json)
    each = func.json_each(listed) if dialect is sqlite else func.jsonb_array_elements_text(listed)
    return select(each.table_valued(column("value", String)).c.value)


def _rows(dialect: ModuleType, *types: Any) -> Any:
    """The rows of a list of lists, each field of its type."""
    listed: Any = bindparam("rows", type_=Json)
    if dialect is sqlite:
        each = func.json_each(listed).table_valued("value").c.value
        fields = [func.json_extract(each, literal_column(f"'$[{n}]'")) for n in range(len(types))]
    else:
        each = func.jsonb_array_elements(listed).table_valued(column("value", postgresql.JSONB)).c.value
        fields = [_cast(each[literal_column(str(n))], kind) for n, kind in enumerate(types)]
    # SQLite takes "ON CONFLICT" for a join's, unless a WHERE stands before it.
    return select(*fields).where(literal_column("1 = 1"))


def _cast(value: Any, kind: Any) -> Any:
    if kind is Json:
        return value
    return value.astext if kind is String else value.astext.cast(kind)


def _put(dialect: ModuleType, table: Any, *types: Any) -> Any:
    return dialect.insert(table).from_select([c.name for c in table.c], _rows(dialect, *types))


# ---- statements, built once for each database ---------------------------------------------------


def _unseen(dialect: ModuleType) -> Any:
    """Keep the ids of messages that are new, and say which."""
    new = _put(dialect, usage_message, String, String, Integer)
    return new.on_conflict_do_nothing().returning(usage_message.c.source, usage_message.c.message)


def _added(dialect: ModuleType) -> Any:
    new = _put(dialect, usage_day, String, Integer, String, String, String, String, Integer)
    return new.on_conflict_do_update(
        index_elements=["person", "day", "feature", "given"],
        set_={"events": usage_day.c.events + new.excluded.events},
    )


def _kept(dialect: ModuleType) -> Any:
    new = _put(dialect, usage_person, String, String, String, Json, Integer, Integer)
    said = {name: new.excluded[name] for name in ("who", "account", "known", "first_day", "last_day")}
    return new.on_conflict_do_update(index_elements=["id"], set_=said)


def _marked(dialect: ModuleType) -> Any:
    new = _put(dialect, usage_dirty, String, BigInteger)
    later = func.max if dialect is sqlite else func.greatest
    return new.on_conflict_do_update(
        index_elements=["account"], set_={"seq": later(usage_dirty.c.seq + 1, new.excluded.seq)}
    )


def _settled(dialect: ModuleType) -> Any:
    looked_at = _rows(dialect, String, BigInteger)
    return delete(usage_dirty).where(tuple_(usage_dirty.c.account, usage_dirty.c.seq).in_(looked_at))


def _aliased(dialect: ModuleType) -> Any:
    new = _put(dialect, account_alias, String, String)
    return new.on_conflict_do_update(index_elements=["account"], set_={"same_as": new.excluded.same_as})


def _people(dialect: ModuleType) -> Any:
    return select(usage_person).where(usage_person.c.id.in_(_texts(dialect, "ids")))


def _family(dialect: ModuleType) -> Any:
    standing = select(usage_person).where(usage_person.c.who.in_(_texts(dialect, "ids")))
    return union_all(_people(dialect), standing)


def _touched(dialect: ModuleType) -> Any:
    return select(usage_day.c.account).where(usage_day.c.person.in_(_texts(dialect, "ids"))).distinct()


def _aliases(dialect: ModuleType) -> Any:
    return select(account_alias).where(account_alias.c.account.in_(_texts(dialect, "ids")))


def _with_mail(dialect: ModuleType) -> Any:
    said = usage_person.c.known
    if dialect is sqlite:
        email = func.json_extract(said, "$.email[0]")
    else:
        email = type_coerce(said, postgresql.JSONB)["email"][0].astext
    return select(usage_person.c.who).where(email == bindparam("email", type_=String)).distinct()


# ---- what accounts come to ----------------------------------------------------------------------

_TODAY: Any = bindparam("today", type_=Integer)
_IS_USE = usage_day.c.feature.not_like("~%")


def _during(window: Window) -> Any:
    return usage_day.c.day.between(_TODAY - window.oldest, _TODAY - window.newest)


def _if(condition: Any) -> Any:
    return case((condition, 1), else_=0)


def _features(dialect: ModuleType) -> Any:
    """First by person, then by account: to tell apart is what takes time."""
    windows = {"week": LAST_WEEK, "before": BEFORE, "month": LAST_FOUR_WEEKS}
    uses = {name: and_(_IS_USE, _during(window)) for name, window in windows.items()}
    signs = {signal: usage_day.c.feature == signal.feature for signal in Signal}
    by_person = (
        select(
            usage_day.c.account,
            usage_day.c.who,
            *(func.max(_if(use)).label(f"in_{name}") for name, use in uses.items()),
            *(func.sum(case((use, usage_day.c.events), else_=0)).label(name) for name, use in uses.items()),
            *(func.max(case((sign, usage_day.c.day))).label(signal) for signal, sign in signs.items()),
        )
        .where(usage_day.c.account.in_(_texts(dialect, "accounts")), _during(LAST_FOUR_WEEKS))
        .group_by(usage_day.c.account, usage_day.c.who)
        .subquery()
    )
    of = by_person.c
    is_new = and_(of.in_week == 1, not_(_was_there_before(of.account, of.who)))
    return select(
        of.account,
        *(func.sum(of[column]) for name in windows for column in (f"in_{name}", name)),
        func.sum(_if(is_new)),
        *(shown for signal in Signal for shown in (func.count(of[signal]), func.max(of[signal]))),
    ).group_by(of.account)


def _was_there_before(account: Any, who: Any) -> Any:
    """Before the last week, in this account."""
    earlier = usage_day.alias()
    return exists().where(
        earlier.c.who == who,
        earlier.c.account == account,
        earlier.c.day < _TODAY - LAST_WEEK.oldest,
        earlier.c.feature.not_like("~%"),
    )


def _breadth(dialect: ModuleType) -> Any:
    used = and_(_IS_USE, usage_day.c.feature != PRESENCE, _during(LAST_FOUR_WEEKS))
    return (
        select(usage_day.c.account, func.count(distinct(usage_day.c.feature)))
        .where(usage_day.c.account.in_(_texts(dialect, "accounts")), used)
        .group_by(usage_day.c.account)
    )


_DIALECTS: Mapping[str, ModuleType] = {"sqlite": sqlite, "postgresql": postgresql}
_BUILDERS: Sequence[Callable[[ModuleType], Any]] = (
    _unseen,
    _added,
    _kept,
    _marked,
    _settled,
    _aliased,
    _people,
    _family,
    _touched,
    _aliases,
    _with_mail,
    _features,
    _breadth,
)
_BUILT = {(build, name): build(dialect) for build in _BUILDERS for name, dialect in _DIALECTS.items()}

_THIS: Any = bindparam("this", type_=String)
_NOW: Any = bindparam("now", type_=String)
_WHO = update(usage_day).where(usage_day.c.person == _THIS).values(who=_NOW)
_WEAK = update(usage_day).where(usage_day.c.person == _THIS, usage_day.c.given == "").values(account=_NOW)
_DAYS_OVER = update(usage_day).where(usage_day.c.account == _THIS).values(account=_NOW)
_GIVEN_OVER = _DAYS_OVER.where(usage_day.c.given == bindparam("named", type_=String))
_PEOPLE_OVER = update(usage_person).where(usage_person.c.account == _THIS).values(account=_NOW)
_LIVING = select(usage_person).where(usage_person.c.account == _THIS)
_GIVEN = select(usage_day.c.given).where(usage_day.c.account == _THIS, usage_day.c.given != "").distinct()
_FORGET_DAYS = delete(usage_day).where(usage_day.c.person == _THIS)
_FORGET_PERSON = delete(usage_person).where(usage_person.c.id == _THIS)
_NO_ALIAS = delete(account_alias).where(account_alias.c.account == _THIS)
_CHANGED = (
    select(usage_dirty.c.account, usage_dirty.c.seq)
    .order_by(usage_dirty.c.seq)
    .limit(bindparam("limit", type_=Integer))
)
_ON_DAY = (
    select(usage_day.c.account)
    .where(usage_day.c.day == bindparam("day", type_=Integer), usage_day.c.account > _THIS)
    .distinct()
    .order_by(usage_day.c.account)
    .limit(bindparam("limit", type_=Integer))
)


@dataclass(frozen=True, kw_only=True)
class PersonRow:
    """What is kept of one id."""

    id: PersonId
    who: PersonId  #: whom it stands for
    account: AccountId  #: where its events belong that name no account; "" while nobody knows
    known: Known
    first_day: int
    last_day: int


@dataclass(frozen=True, kw_only=True)
class DayRow:
    """So many events of one id with one feature on one day."""

    person: PersonId
    day: int
    feature: str
    given: str
    who: PersonId
    account: AccountId
    events: int


@dataclass(frozen=True, kw_only=True)
class RejectCount:
    """So many events of one source that were not taken, for one reason."""

    reason: str
    source: SourceId
    count: int
    example: str | None  #: the id of one of them


class Usage:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dialect = connection.dialect.name

    def _do(self, build: Callable[[ModuleType], Any], **values: Any) -> Any:
        return self._connection.execute(_BUILT[build, self._dialect], values)

    # ---- taking in ----

    def unseen(self, messages: Iterable[tuple[str, str]], day: int) -> set[tuple[str, str]]:
        """Those of these (source, message id) that never came before; from now on they have."""
        batch = sorted(set(messages))  # in one order, so that replicas don't wait for each other in a circle
        rows = self._do(_unseen, rows=[(*one, day) for one in batch]) if batch else ()
        return {(source, message) for source, message in rows}

    def add(self, rows: Iterable[DayRow]) -> None:
        """Add these events to what the days hold; rows are told apart by person, day, feature and given."""
        ordered = sorted(
            (one.person, one.day, one.feature, one.given, one.who, one.account, one.events) for one in rows
        )
        if ordered:
            self._do(_added, rows=ordered)

    def reject(self, rejected: Sequence[Rejected]) -> None:
        if rejected:
            self._connection.execute(usage_reject.insert(), [dict(vars(one)) for one in rejected])

    # ---- what is to be looked at again ----

    def mark_dirty(self, accounts: Iterable[AccountId], seq: int) -> None:
        """These accounts are to be looked at again. `seq` grows with time."""
        rows = [(one, seq) for one in sorted(set(accounts)) if one]
        if rows:
            self._do(_marked, rows=rows)

    def dirty(self, limit: int) -> dict[AccountId, int]:
        """Accounts to be looked at again, the longest waiting first, with what `settled` needs to know."""
        rows = self._connection.execute(_CHANGED, {"limit": limit})
        return {AccountId(account): seq for account, seq in rows}

    def settled(self, looked_at: Mapping[AccountId, int]) -> None:
        """These were looked at; those that changed since stay."""
        if looked_at:
            self._do(_settled, rows=sorted(looked_at.items()))

    def on_day(self, day: int, after: str, limit: int) -> Sequence[AccountId]:
        """Accounts in which something was done on a day, by id, those beyond `after`."""
        rows = self._connection.scalars(_ON_DAY, {"day": day, "this": after, "limit": limit})
        return [AccountId(one) for one in rows]

    # ---- people ----

    def people(self, ids: Iterable[PersonId]) -> dict[PersonId, PersonRow]:
        """What is kept of these ids."""
        wanted = sorted(set(ids))
        rows = self._do(_people, ids=wanted) if wanted else ()
        return {row.id: _person(row) for row in rows}

    def families(self, ids: Iterable[PersonId]) -> dict[PersonId, PersonRow]:
        """What is kept of these ids, and of all that stand for the same people."""
        found: dict[PersonId, PersonRow] = {}
        wanted, asked = set(ids), set[PersonId]()
        while wanted - asked:
            rows = self._do(_family, ids=sorted(wanted - asked))
            asked |= wanted
            for row in map(_person, rows):
                found[row.id] = row
                wanted |= {row.id, row.who, *([PersonId(row.known.link.said)] if row.known.link else [])}
        return found

    def with_mail(self, email: str) -> Sequence[PersonId]:
        """People who have this address. Reads all there are."""
        return sorted(PersonId(who) for (who,) in self._do(_with_mail, email=email))

    def living_in(self, account: AccountId) -> Sequence[PersonRow]:
        """Ids whose people belong to an account."""
        return [_person(row) for row in self._connection.execute(_LIVING, {"this": account})]

    def keep(self, people: Iterable[PersonRow]) -> None:
        rows = sorted(
            ((one.id, one.who, one.account, one.known.to_json(), one.first_day, one.last_day) for one in people),
            key=lambda row: row[0],
        )
        if rows:
            self._do(_kept, rows=rows)

    def belongs(self, moved: Sequence[PersonRow]) -> None:
        """What these ids did belongs to whom they stand for now, and to that account where it named none."""
        if moved:
            self._connection.execute(_WHO, [{"this": one.id, "now": one.who} for one in moved])
            self._connection.execute(_WEAK, [{"this": one.id, "now": one.account} for one in moved])

    def accounts_of(self, ids: Iterable[PersonId]) -> set[AccountId]:
        """Accounts in which these ids did something."""
        return {AccountId(one) for (one,) in self._do(_touched, ids=sorted(ids))}

    def forget(self, ids: Sequence[PersonId]) -> int:
        """Remove all there is of these ids; how many days of theirs that was."""
        these = [{"this": one} for one in sorted(ids)]
        days = select(func.count(distinct(usage_day.c.day))).where(usage_day.c.person.in_(list(ids)))
        count: int = self._connection.execute(days).scalar_one()
        for gone in (_FORGET_DAYS, _FORGET_PERSON):
            self._connection.execute(gone, these)
        return count

    # ---- accounts that turned out to be another ----

    def same_as(self, accounts: Iterable[str]) -> dict[str, AccountId]:
        """Of these accounts, those that are another, and which in the end; one made up from mail is itself."""
        steps: dict[str, str] = {}
        wanted, asked = set(accounts), set[str]()
        first = sorted(wanted)
        while wanted - asked:
            rows = self._do(_aliases, ids=sorted(wanted - asked))
            asked |= wanted
            steps |= {row.account: row.same_as for row in rows}
            wanted |= set(steps.values())
        return {one: _end(one, steps) for one in first if one in steps}

    def next_of(self, accounts: Iterable[str]) -> dict[str, AccountId]:
        """As `same_as`, but one step only."""
        rows = self._do(_aliases, ids=sorted(set(accounts)))
        return {row.account: AccountId(row.same_as) for row in rows}

    def alias(self, same: Mapping[str, str]) -> None:
        """From now on each of these is that other."""
        if same:
            self._do(_aliased, rows=sorted(same.items()))

    def stand_alone(self, accounts: Iterable[str]) -> None:
        """These are no other any more."""
        if these := [{"this": one} for one in sorted(accounts)]:
            self._connection.execute(_NO_ALIAS, these)

    def move(self, account: AccountId, into: AccountId) -> None:
        """All usage of an account is that of another."""
        for moved in (_DAYS_OVER, _PEOPLE_OVER):
            self._connection.execute(moved, {"this": account, "now": into})

    def given_in(self, account: AccountId) -> Sequence[str]:
        """How events that count for an account called it themselves."""
        return sorted(self._connection.scalars(_GIVEN, {"this": account}))

    def move_given(self, account: AccountId, to: Mapping[str, AccountId]) -> None:
        """Events of an account that called it so are that other's."""
        if to:
            rows = [{"this": account, "named": given, "now": other} for given, other in sorted(to.items())]
            self._connection.execute(_GIVEN_OVER, rows)

    # ---- what it comes to ----

    def features(self, accounts: Sequence[AccountId], day: int) -> dict[AccountId, Features]:
        """What each of these accounts comes to on a day, in its order."""
        asked = {"accounts": sorted(set(accounts)), "today": day}
        breadth = dict(map(tuple, self._do(_breadth, **asked)))
        found = {row[0]: _read_features(row, breadth.get(row[0], 0), day) for row in self._do(_features, **asked)}
        return {one: found.get(one) or Features(account=one, day=day) for one in accounts}

    # ---- what grows old ----

    def forget_messages(self, before: int, limit: int) -> int:
        """Forget ids of messages taken in before this day; how many. Their like would be too late by now."""
        old = select(usage_message.c.source, usage_message.c.message).where(usage_message.c.received < before)
        rows = self._connection.execute(old.limit(limit)).all()
        gone = delete(usage_message).where(
            usage_message.c.source == bindparam("this"), usage_message.c.message == bindparam("that")
        )
        if rows:
            self._connection.execute(gone, [{"this": row.source, "that": row.message} for row in rows])
        return len(rows)

    def forget_rejects(self, before: datetime, most: int, limit: int) -> int:
        """Forget what was not taken before then, and beyond the newest so many; how many."""
        newest = self._connection.scalar(select(func.max(usage_reject.c.id))) or 0
        old = select(usage_reject.c.id).where(or_(usage_reject.c.at < before, usage_reject.c.id <= newest - most))
        ids = self._connection.scalars(old.limit(limit)).all()
        if ids:
            self._connection.execute(delete(usage_reject).where(usage_reject.c.id.in_(ids)))
        return len(ids)

    def rejects(self, since: datetime, limit: int) -> list[RejectCount]:
        """What was not taken since then, by reason and source, the commonest first."""
        columns = (usage_reject.c.reason, usage_reject.c.source)
        counted = select(*columns, func.count(), func.max(usage_reject.c.message)).group_by(*columns)
        found = counted.where(usage_reject.c.at >= since).order_by(func.count().desc(), *columns).limit(limit)
        rows = self._connection.execute(found)
        return [RejectCount(reason=r, source=SourceId(s), count=n, example=m) for r, s, n, m in rows]


def _end(one: str, steps: Mapping[str, str]) -> AccountId:
    passed = {one}
    while (following := steps.get(one, one)) not in passed:
        one = following
        passed.add(one)
    return AccountId(one)


def _read_features(row: Any, breadth: int, day: int) -> Features:
    account, week, week_events, before, before_events, month, month_events, new_people, *signs = row
    return Features(
        account=account,
        day=day,
        week=_count(week, week_events),
        before=_count(before, before_events),
        four_weeks=_count(month, month_events),
        new_people=int(new_people),
        breadth=breadth,
        signs={
            signal: Sign(people=people, last=last)
            for signal, people, last in zip(Signal, signs[::2], signs[1::2], strict=True)
            if people
        },
    )


def _count(people: Any, events: Any) -> Count:
    return Count(people=int(people), events=int(events))  # a sum is a Decimal on Postgres


def _person(row: Any) -> PersonRow:
    return PersonRow(
        id=row.id,
        who=row.who,
        account=row.account,
        known=Known.from_json(row.known),
        first_day=row.first_day,
        last_day=row.last_day,
    )
