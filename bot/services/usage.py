"""Usage comes in: each event once, to the person and the account it belongs to."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.accounts import Account
from bot.domain.acts import Act
from bot.domain.changes import Change
from bot.domain.errors import Refused
from bot.domain.features import Features, crossing
from bot.domain.ids import AccountId
from bot.domain.requests import Request
from bot.domain.usage import (
    LATE,
    Event,
    Known,
    PersonId,
    Rejected,
    Signs,
    day_number,
    domain_of,
    families,
    features_of,
    is_a_domain,
    together,
)
from bot.services import board
from storage.store import Store
from storage.usage import DayRow, PersonRow, RejectCount

SIGNALS = "signals"  #: the decision that holds Signs
_NOWHERE = AccountId("")
_NEVER = 2**31 - 1  #: a day on which nothing grows old
_BY_MAIL = "It has that mail domain."
_SLID = "usage windows"  #: the mark that says how far they have slid


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What came of a batch."""

    new: int  #: events that never came before
    again: int  #: events that did
    rejected: int


def record(
    store: Store,
    act: Act,
    events: Sequence[Event],
    rejected: Sequence[Rejected] = (),
    *,
    for_good: bool = False,
) -> Taken:
    """Take events in. One that came before, here or in another batch, changes nothing.

    `for_good`: they are known by their ids for ever, not only while late events are taken.
    """
    new = _unseen(store, events, _NEVER if for_good else day_number(act.wall))
    if new:
        people, touched = _hear(store, act, new)
        rows = _rows(store, act, new, people)
        store.usage.add(rows)
        store.usage.mark_dirty({*touched, *(row.account for row in rows)}, _now(act))
    store.usage.reject(rejected)
    return Taken(new=len(new), again=len(events) - len(new), rejected=len(rejected))


def _unseen(store: Store, events: Sequence[Event], received: int) -> list[Event]:
    once = {(event.source, event.message): event for event in reversed(events)}  # of two alike, the first
    new = store.usage.unseen(once, received)
    return [event for key, event in once.items() if key in new]


def _now(act: Act) -> int:
    return int(act.wall.timestamp() * 1_000_000)


# ---- who they are, and where they belong --------------------------------------------------------


def _hear(store: Store, act: Act, events: Sequence[Event]) -> tuple[Mapping[PersonId, PersonRow], set[AccountId]]:
    """What these events tell of people, kept; the people by id, and accounts for which something changed so."""
    had = store.usage.people(one for event in events for one in (event.person, event.also) if one)
    told = _told(events, {one: row.known for one, row in had.items()})
    news = {one: known for one, known in told.items() if one not in had or known != had[one].known}
    placed, touched = _place(store, act, news, _companies(events)) if news else ({}, set())
    after = _seen(events, {**had, **placed})
    store.usage.keep(row for one, row in after.items() if row != had.get(one))
    return after, touched


def _companies(events: Iterable[Event]) -> dict[str, Mapping[str, str]]:
    return {event.group: event.company for event in events if event.group}


def _told(events: Iterable[Event], known: Mapping[PersonId, Known]) -> dict[PersonId, Known]:
    told = dict(known)
    for event in events:
        known_now = told.setdefault(event.person, Known())
        if event.tells:
            told[event.person] = known_now.hearing(event)
        if event.also:
            told[event.also] = told.get(event.also, Known()).linked(event.person, event.stamp)
    return told


def _place(
    store: Store, act: Act, news: Mapping[PersonId, Known], companies: Mapping[str, Mapping[str, str]]
) -> tuple[dict[PersonId, PersonRow], set[AccountId]]:
    """All ids of the people of whom there is news, where they belong now; and accounts for which that matters."""
    linked = (PersonId(known.link.said) for known in news.values() if known.link)
    before = store.usage.families({*news, *linked})
    known = {**{one: row.known for one, row in before.items()}, **news}
    after = _placed(store, act, known, before, companies)
    return after, _moved(store, before, after) | {after[one].account for one in news}


def _placed(
    store: Store,
    act: Act,
    known: Mapping[PersonId, Known],
    before: Mapping[PersonId, PersonRow],
    companies: Mapping[str, Mapping[str, str]],
) -> dict[PersonId, PersonRow]:
    stands_for = families(known)
    accounts = _accounts(store, act, _whole(known, stands_for), companies)
    return {
        one: PersonRow(
            id=one,
            who=stands_for[one],
            account=accounts[stands_for[one]],
            known=known[one],
            first_day=before[one].first_day if one in before else _NEVER_BEFORE,
            last_day=before[one].last_day if one in before else _NEVER_SINCE,
        )
        for one in known
    }


_NEVER_BEFORE, _NEVER_SINCE = 2**31 - 1, -(2**31)


def _whole(known: Mapping[PersonId, Known], stands_for: Mapping[PersonId, PersonId]) -> dict[PersonId, Known]:
    """What is known of each person, by all of their ids."""
    own: dict[PersonId, list[Known]] = {}
    for one, who in stands_for.items():
        own.setdefault(who, []).append(known[one])
    return {who: together(told) for who, told in own.items()}


def _moved(
    store: Store, before: Mapping[PersonId, PersonRow], after: Mapping[PersonId, PersonRow]
) -> set[AccountId]:
    """Bring the days of who stands or belongs elsewhere now up to date; accounts that gained or lost by it."""
    moved = [row for one, row in after.items() if one in before and _where(row) != _where(before[one])]
    touched = store.usage.accounts_of(row.id for row in moved) if moved else set()
    store.usage.belongs(moved)
    return touched | {row.account for row in moved}


def _where(row: PersonRow) -> tuple[PersonId, AccountId]:
    return row.who, row.account


def _seen(events: Iterable[Event], people: Mapping[PersonId, PersonRow]) -> dict[PersonId, PersonRow]:
    """With the first and the last day of each."""
    days: dict[PersonId, set[int]] = {}
    for event in events:
        day = event.day
        for one in (event.person, event.also):
            if one:
                days.setdefault(one, set()).add(day)
    return {one: _seen_on(row, days[one]) if one in days else row for one, row in people.items()}


def _seen_on(row: PersonRow, days: Collection[int]) -> PersonRow:
    first, last = min(row.first_day, *days), max(row.last_day, *days)
    return row if (first, last) == (row.first_day, row.last_day) else replace(row, first_day=first, last_day=last)


# ---- which account is meant ---------------------------------------------------------------------


def _accounts(
    store: Store, act: Act, people: Mapping[PersonId, Known], companies: Mapping[str, Mapping[str, str]]
) -> dict[PersonId, AccountId]:
    """Where each of these people belongs: their last group, else the company whose mail they use, else nowhere."""
    groups = {who: known.group.said for who, known in people.items() if known.group}
    domains = {
        who: domain
        for who, known in people.items()
        if who not in groups and known.email and (domain := domain_of(known.email.said))
    }
    named = _named(store, act, {one: companies.get(one, {}) for one in groups.values()})
    homes = _homes_or_new(store, act, set(domains.values()))
    return {
        who: named[groups[who]] if who in groups else homes[domains[who]] if who in domains else _NOWHERE
        for who in people
    }


def _named(store: Store, act: Act, told: Mapping[str, Mapping[str, str]]) -> dict[str, AccountId]:
    """The accounts that are called so, with what is said of them. One nobody knows is added.

    If it is called as the mail domain of one we know, it is that one, whichever of the two came first.
    """
    if not told:
        return {}
    same = store.usage.same_as(told)
    new = told.keys() - same.keys() - store.accounts.known(told.keys() - same.keys())
    domains = {one for one in new if is_a_domain(one)}
    holders = {domain: _first(domain, of) for domain, of in store.accounts.of_domains(domains).items()}
    mail = {one: {"domain": one} for one in domains}
    store.accounts.meet({AccountId(one): {**told[one], **mail.get(one, {})} for one in new - holders.keys()}, act)
    named = {one: said["name"] for one, said in told.items() if "name" in said}
    store.accounts.call({same.get(one, AccountId(one)): name for one, name in named.items()})
    store.usage.alias({**{one: one for one in domains}, **holders})
    same |= store.usage.same_as(holders)
    return {one: same.get(one, AccountId(one)) for one in told}


def _homes_or_new(store: Store, act: Act, domains: Collection[str]) -> dict[str, AccountId]:
    homes = _homes(store, domains)
    return {**_named(store, act, {one: {} for one in domains if one not in homes}), **homes}


def _homes(store: Store, domains: Collection[str]) -> dict[str, AccountId]:
    """The account of each mail domain, where there is one.

    What was made up from mail, or joined to another, is called as its domain and knows where that leads; else it is
    the account with that domain, of several the one that is called so, else the first by id.
    """
    if not domains:
        return {}
    same = store.usage.same_as(domains)
    holders = store.accounts.of_domains({one for one in domains if one not in same})
    first = {domain: _first(domain, of) for domain, of in holders.items()}
    led = store.usage.same_as(first.values()) if first else {}
    return {**same, **{domain: led.get(one, one) for domain, one in first.items()}}


def _first(domain: str, holders: Collection[AccountId]) -> AccountId:
    return AccountId(domain) if domain in holders else min(holders)


# ---- what it comes to ---------------------------------------------------------------------------


def _rows(store: Store, act: Act, events: Sequence[Event], people: Mapping[PersonId, PersonRow]) -> list[DayRow]:
    accounts = _named(store, act, {event.account: {} for event in events if event.account})
    signs = Signs.from_json(store.house.decided(SIGNALS))
    counts: Counter[tuple[PersonId, int, str, str]] = Counter()
    for event in events:
        for feature in features_of(event, signs):
            counts[event.person, event.day, feature, event.account or ""] += 1
    return [
        DayRow(
            person=person,
            day=day,
            feature=feature,
            given=given,
            who=people[person].who,
            account=accounts[given] if given else people[person].account,
            events=events,
        )
        for (person, day, feature, given), events in counts.items()
    ]


# ---- accounts that are one, and accounts that come from elsewhere -------------------------------


def merge_accounts(store: Store, act: Act, account: AccountId, into: AccountId) -> Account:
    """One customer known by two accounts becomes one; the account that is left, with what only the other knew.

    What comes for the other later is its own, too. Raises Refused for an account nobody knows, and for two that are
    one already.
    """
    same = store.usage.same_as({account, into})
    gone, left = same.get(account, account), same.get(into, into)
    known = store.accounts.names([account, gone, left])
    for one, called in ((gone, account), (left, into)):
        if one not in known:
            raise Refused(f"There is no account {called}. Accounts go by their id.")
    if account == into:
        raise Refused(f"{known[left]} can't be merged into itself.")
    if gone != account:
        raise Refused(f"{known.get(account, account)} is part of {known[gone]} already.")
    if gone == left:
        raise Refused(f"{into} is part of {known[left]} already.")
    return _merge(store, act, account, left)


def _merge(store: Store, act: Act, account: AccountId, into: AccountId, why: str | None = None) -> Account:
    gone, left = store.accounts.as_kept(account), store.accounts.as_kept(into)
    assert gone
    assert left
    store.usage.alias({account: into})
    store.usage.move(account, into)
    store.deals.move(account, into)
    _move_asks(store, act, account, into)
    whole = _completed(left, gone)
    store.accounts.put([whole], act.at)
    store.usage.mark_dirty({account, into}, _now(act))
    store.changes.add(f"account:{account}", [Change(field="same_as", old=None, new=into)], act, why)
    store.changes.add(f"account:{into}", [Change(field="merged", old=None, new=account)], act, why)
    return whole


def _completed(known: Account, other: Account) -> Account:
    """With what only the other says of owner, size, stage and revenue; which mail is whose stays as it is."""
    asked = ("owner_email", "employees", "arr", "stage")
    return replace(known, **{name: getattr(other, name) for name in asked if getattr(known, name) is None})


def _move_asks(store: Store, act: Act, account: AccountId, into: AccountId) -> None:
    """Who waited for something through either of them, waits once."""
    moved = store.accounts.move_asks(account, into)
    told = Change(field="ask", old=account, new=into)
    for number in moved:
        request = store.requests.get(number)
        assert request
        counts_for = store.requests.get(request.survivor) if request.survivor else None
        store.changes.add(request.subject, [told], act)
        _recount(store, act, counts_for or request)


def _recount(store: Store, act: Act, before: Request) -> None:
    waiting = store.accounts.waiting(before.number)
    if waiting != before.companies:
        counted = replace(before, companies=waiting)
        board.save(store, act, counted, counted)


def keep_accounts(store: Store, act: Act, accounts: Sequence[Account]) -> None:
    """Accounts as somebody who knows them says they are: usage that came under their mail domain goes to them."""
    ids = {account.id for account in accounts}
    had = {one: domain for one, domain in store.accounts.domains(ids).items() if domain}
    domains = {*had.values(), *(account.domain for account in accounts if account.domain)}
    concerned = {*domains, *store.usage.same_as(ids)}
    before = _homes(store, concerned)
    store.accounts.put(accounts, act.at)
    made = _made_up(store, concerned, had)
    own = made.keys() & ids
    store.usage.stand_alone(own)
    for domain in sorted(made.keys() - ids):
        _lead(store, act, AccountId(domain), made[domain])
    after = _homes(store, concerned)
    left = {before.get(one, one) for one in concerned if one in own or after.get(one) != before.get(one)}
    for home in sorted(left):
        _rehome(store, act, AccountId(home))


def _made_up(store: Store, domains: Collection[str], had: Mapping[AccountId, str]) -> dict[str, AccountId]:
    """Of these, those that lead where they do only because of who has that mail domain, or had; and where."""
    leads = store.usage.next_of(domains)
    holders = store.accounts.of_domains(leads.keys())
    led = {one: to for one, to in leads.items() if to == one or to in holders.get(one, ()) or had.get(to) == one}
    said = store.changes.latest([f"account:{one}" for one in led], "same_as")
    by_people = {subject for subject, line in said.items() if line.why != _BY_MAIL}
    return {one: to for one, to in led.items() if f"account:{one}" not in by_people}


def _lead(store: Store, act: Act, domain: AccountId, led: AccountId) -> None:
    """What was made up from mail is the account that has that domain; while none has, it is itself."""
    holders = [one for one in store.accounts.of_domains({domain}).get(domain, ()) if one != domain]
    ends = store.usage.same_as(holders)
    holder = min((one for one in holders if ends.get(one) != domain), default=domain)
    if holder == led:
        return
    if led == domain:
        _merge(store, act, domain, ends.get(holder, holder), why=_BY_MAIL)
    elif holder == domain and not store.accounts.known({domain}):
        store.accounts.meet({domain: {"domain": domain}}, act)
    store.usage.alias({domain: holder})


def _rehome(store: Store, act: Act, account: AccountId) -> None:
    """Look again where those belong who are found in this account, and what named it."""
    before = {row.id: row for row in store.usage.living_in(account)}
    after = _placed(store, act, {one: row.known for one, row in before.items()}, before, {})
    touched = _moved(store, before, after)
    store.usage.keep(row for one, row in after.items() if row != before[one])
    given = _named(store, act, {one: {} for one in store.usage.given_in(account)})
    elsewhere = {one: to for one, to in given.items() if to != account}
    store.usage.move_given(account, elsewhere)
    store.usage.mark_dirty({account, *touched, *elsewhere.values()}, _now(act))


# ---- forgetting somebody ------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Forgotten:
    """What was removed; never of whom."""

    ids: int
    days: int
    accounts: int


def forget(store: Store, act: Act, person: str) -> Forgotten:
    """Remove all there is of a person, by whatever ids they came. Told by an id or an address.

    What is sent again stays out: ids of messages hold no person, and are kept.
    """
    ids = _ids_of(store, person)
    homes = {row.account for row in store.usage.people(ids).values()}
    accounts = (homes | store.usage.accounts_of(ids)) - {_NOWHERE}
    days = store.usage.forget(ids)
    store.usage.mark_dirty(accounts, _now(act))
    for account in sorted(accounts):
        store.changes.add(f"account:{account}", [Change(field="forgotten", old=None, new=1)], act)
    return Forgotten(ids=len(ids), days=days, accounts=len(accounts))


def _ids_of(store: Store, person: str) -> list[PersonId]:
    """All ids of a person. Raises Refused for one nobody knows, and for an address of several."""
    row = store.usage.people([PersonId(person)]).get(PersonId(person))
    found = [row.who] if row else store.usage.with_mail(person.casefold()) if "@" in person else []
    if not found:
        raise Refused(f"There is nobody called {person} in the usage data. Give the id that your product sends.")
    if len(found) > 1:
        raise Refused(f"{len(found)} people have this address: {', '.join(found[:5])}. Forget each by this id.")
    return sorted(store.usage.families(found))


# ---- looking at what changed --------------------------------------------------------------------


def changed(store: Store, limit: int) -> dict[AccountId, int]:
    """Accounts to be looked at again, the longest waiting first; `settled` wants them back as they are."""
    return store.usage.dirty(limit)


def settled(store: Store, looked_at: Mapping[AccountId, int]) -> None:
    """These were looked at. Those that changed meanwhile stay to be looked at again."""
    store.usage.settled(looked_at)


def features(store: Store, accounts: Sequence[AccountId], day: int) -> dict[AccountId, Features]:
    """What each of these accounts comes to on a day."""
    return store.usage.features(accounts, day)


def slide(store: Store, act: Act, today: int, limit: int = 500) -> bool:
    """A day has begun: mark accounts for which something entered or left a window, a few at a time.

    Whether there are more. Days on which nobody slid are made up for.
    """
    until, left, after = _slid(store, today)
    if not left:
        if until >= today or not store.house.claim_period(_SLID, str(today), act):
            return False
        until, left = today, crossing(range(until + 1, today + 1))
    accounts = store.usage.on_day(left[0], after, limit)
    store.usage.mark_dirty(accounts, _now(act))
    is_full = len(accounts) == limit
    left, after = (left, accounts[-1]) if is_full else (left[1:], "")
    store.house.set_mark(_SLID, {"until": until, "left": left, "after": after}, act)
    return bool(left) or until < today


def _slid(store: Store, today: int) -> tuple[int, list[int], str]:
    """To which day, which days are still to be looked through for that, and beyond which account."""
    kept = store.house.mark(_SLID)
    return (kept["until"], kept["left"], kept["after"]) if kept else (today - 1, [], "")


# ---- what grows old -----------------------------------------------------------------------------

_TIDIED = 500  #: of each kind in one transaction
_REJECTS_FOR = timedelta(days=30)
_REJECTS_MOST = 20_000


def tidy(store: Store, act: Act) -> int:
    """Forget a little of what no longer matters: ids of messages that would come too late, and old rejects.

    Returns how much it was.
    """
    messages = store.usage.forget_messages(day_number(act.wall - LATE) - 1, _TIDIED)
    return messages + store.usage.forget_rejects(act.at - _REJECTS_FOR, _REJECTS_MOST, _TIDIED)


def troubles(store: Store, since: datetime) -> list[RejectCount]:
    """The commonest reasons why events were not taken since then."""
    return store.usage.rejects(since, limit=20)
