"""What a week came to: the weekly digest, composed from the change log and the board as it is now.

It is composed while its week is claimed, so every look is bounded and goes by an index: `make bench NAME=digest`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from bot.domain.blockers import Blocker
from bot.domain.board import Filter, Row
from bot.domain.digest import (
    AtStake,
    Because,
    Case,
    Details,
    Digest,
    Headline,
    Kept,
    Part,
    Placed,
    Redated,
    Shipped,
    Started,
    State,
    Story,
    Unsized,
    Used,
    Waiting,
    Week,
    Window,
    at_stake,
    day_in,
    line_of,
    most_pressing,
    part_of,
    placed,
    stories,
    waits_longer_than,
)
from bot.domain.ids import AccountId, RequestNumber, UserId
from bot.domain.notices import NothingToSay, Notice
from bot.domain.requests import Request, Status
from bot.domain.roles import CONFIRMS, Doing, Role
from bot.domain.subscriptions import Subscription, SubscriptionId
from bot.domain.talks import Kind
from bot.domain.wsjf import Factor
from bot.services import north_star, reasons, schedules
from storage.store import Store

NEW = 3  #: requests that came are named
SHOWN = 8  #: of each section; the rest is counted
UNSIZED = 5
TOP = 5
WEEKS = 8
FIRST_PLACES = 3  #: nobody plans them: that is a decision
UNANSWERED = 5  #: working days product may take for its first answer
STILL = 10  #: working days without a move before something in work is stuck
FEW = 3  #: people are named; of more, their roles
_WEEK = timedelta(days=7)
_LINES = 2_000  #: moves looked at: of a busier week the first are told
_CUSTOMERS = 1_000  #: whose money is counted
_CASES = 200  #: late, or blocked
_PLACES = 20  #: kept for the next digest, and looked through for who stands level with the last


@dataclass(frozen=True, kw_only=True)
class _Week:
    """What one digest is composed from."""

    store: Store
    of: Subscription
    now: datetime
    window: Window
    before: Kept | None  #: the digest before
    is_private: bool  #: nobody of another company reads it

    @property
    def wanted(self) -> Filter:
        return self.of.filter

    def is_told(self, story: Story) -> bool:
        return story.number in self.window.told


# ---- what is said -------------------------------------------------------------------------------


def headline(store: Store, notice: Notice) -> Headline:
    """The digest's message in its channel. Raises NothingToSay when it was given up.

    Read of the payload: `subscription`, `period` and `version`, which grows with every redraw.
    """
    return Headline(digest=_posted(store, notice), version=notice.payload["version"])


def details(store: Store, notice: Notice) -> Details:
    """What stands in its thread, by the same payload."""
    return Details(digest=_posted(store, notice), version=notice.payload["version"])


def _posted(store: Store, notice: Notice) -> Digest:
    of, period = SubscriptionId(notice.payload["subscription"]), notice.payload["period"]
    subscription, kept = schedules.find(store, of), store.digests.get(of, period)
    if subscription is None or kept is None or kept.state is not State.POSTED or kept.until is None:
        raise NothingToSay
    is_redraw = notice.after is not None and notice.payload["version"] > 1
    if is_redraw and store.messages.find(subscription.key(period), notice.topic) is None:
        raise NothingToSay  # somebody deleted it: it isn't said anew
    return compose(store, replace(subscription, channel=kept.channel), period, kept.until, kept)


# ---- the whole ----------------------------------------------------------------------------------


def compose(
    store: Store, subscription: Subscription, period: str, until: datetime, kept: Kept | None = None
) -> Digest:
    """The digest of a week up to `until`; `kept`: what its facilitator said, and what it has told already.

    One that was posted keeps its days. What it told is followed for CORRECTIONS longer, and the next digest leaves
    those lines out.
    """
    week = _week(store, subscription, period, until, kept)
    digest = _with_moves(week, _plain(week, period, kept))
    digest = _with_what_waits(week, _with_top(week, digest))
    return replace(digest, weeks=_weeks(week, digest))


def since(store: Store, subscription: Subscription, period: str, until: datetime) -> datetime:
    """Where a digest that isn't posted yet begins: where the last one ended, else a week before."""
    return _begin(store.digests.last(subscription.id, before=period), until)


def _begin(before: Kept | None, until: datetime) -> datetime:
    return min(before.until, until) if before and before.until else until - _WEEK


def _week(store: Store, of: Subscription, period: str, until: datetime, kept: Kept | None) -> _Week:
    before = store.digests.last(of.id, before=period)
    is_out = kept is not None and kept.state is State.POSTED and kept.until is not None
    window = Window(
        since=kept.since if kept and is_out else _begin(before, until),
        until=kept.until if kept and is_out and kept.until else until,
        told_before=frozenset(map(RequestNumber, before.told)) if before else frozenset(),
        told=frozenset(map(RequestNumber, kept.told)) if kept and is_out else frozenset(),
    )
    is_private = store.channels.is_private_to_us(of.channel)
    return _Week(store=store, of=of, now=until, window=window, before=before, is_private=is_private)


def _plain(week: _Week, period: str, kept: Kept | None) -> Digest:
    """What is said of no request."""
    store, zone = week.store, week.of.weekly.zone
    names = store.people.names([week.of.owner, kept.sentence_by if kept else None])
    return Digest(
        subscription=week.of,
        period=period,
        since=week.window.since.astimezone(zone).date(),
        until=week.window.until.astimezone(zone).date(),
        star=north_star.now(store),
        sentence=kept.sentence if kept else None,
        sentence_by=names.get(kept.sentence_by) if kept and kept.sentence_by else None,
        whose=names.get(week.of.owner) if week.of.owner else None,
    )


def _weeks(week: _Week, this: Digest) -> tuple[Week, ...]:
    earlier = week.store.digests.posted(week.of.id, WEEKS - 1, before=this.period)
    told = [Week(name=kept.period, filed=kept.filed, shipped=kept.shipped) for kept in reversed(earlier)]
    return (*told, Week(name=this.period, filed=this.filed, shipped=this.shipped.count))


# ---- what moved ---------------------------------------------------------------------------------


def _with_moves(week: _Week, digest: Digest) -> Digest:
    told = _stories(week)
    new = [one.number for one in told if one.is_new]
    shipped = part_of([one for one in told if one.is_shipped], SHOWN, week.is_told)
    started = part_of([one for one in told if one.is_started], SHOWN, week.is_told)
    redated = part_of([one for one in told if one.redated], SHOWN, week.is_told)
    used = part_of([one for one in told if one.adoption is not None], SHOWN, week.is_told)
    numbers = {one.number for part in (shipped, started, redated, used) for one in part.shown}
    requests = _by_number(week.store, numbers)
    return replace(
        digest,
        filed=len(new),
        came=tuple(week.store.requests.rows(new[:NEW])),
        shipped=_shipped(week.store, shipped, requests),
        started=_started(week.store, started, requests),
        redated=_redated(week, redated, requests),
        outcomes=_used(used, requests),
        told=week.window.told | numbers,
    )


def _stories(week: _Week) -> list[Story]:
    """What became of the requests it speaks of; what most companies wait for comes first."""
    store, window = week.store, week.window
    found = stories(store.changes.moves(window.since, window.end, _LINES), window)
    companies = store.requests.among([one.number for one in found], week.wanted)
    ours = [one for one in found if one.number in companies]
    return sorted(ours, key=lambda one: (-companies[one.number], one.number))


def _by_number(store: Store, numbers: Iterable[RequestNumber]) -> dict[RequestNumber, Request]:
    return {one.number: one for one in store.requests.these(sorted(numbers))}


def _shipped(store: Store, told: Part[Story], requests: Mapping[RequestNumber, Request]) -> Part[Shipped]:
    thanks = _thanks(store, [requests[one.number] for one in told.shown])
    return told.drawn(lambda one: Shipped(row=one.shown(line_of(requests[one.number])), thanks=thanks[one.number]))


def _thanks(store: Store, requests: Sequence[Request]) -> dict[RequestNumber, tuple[str, ...]]:
    """Whoever answers for it, whoever asked for it, and whoever brought a customer; each once."""
    askers = store.accounts.askers([one.number for one in requests])
    people = {one.number: dict.fromkeys((one.owner, one.by, *askers[one.number])) for one in requests}
    names = store.people.names({user for users in people.values() for user in users})
    return {
        number: tuple(dict.fromkeys(names[user] for user in users if user in names))
        for number, users in people.items()
    }


def _started(store: Store, told: Part[Story], requests: Mapping[RequestNumber, Request]) -> Part[Started]:
    movers = {one.number: line.by for one in told.shown if (line := one.last("status")) and line.by}
    names = store.people.names(movers.values())
    return told.drawn(
        lambda one: Started(
            row=one.shown(line_of(requests[one.number])),
            by=names.get(movers[one.number]) if one.number in movers else None,
        )
    )


def _redated(week: _Week, told: Part[Story], requests: Mapping[RequestNumber, Request]) -> Part[Redated]:
    was = {one.number: day_in(one.redated.old) for one in told.shown if one.redated}
    heard = _heard(week.store, was) if week.is_private else {}
    return told.drawn(
        lambda one: Redated(
            row=one.shown(line_of(requests[one.number])),
            was=was[one.number],
            why=line.why if (line := one.last("target")) else None,
            heard=heard.get(one.number, ()),
        )
    )


def _heard(store: Store, was: Mapping[RequestNumber, date | None]) -> Mapping[RequestNumber, tuple[str, ...]]:
    """Customers whose last word is the old date."""
    dates = store.promises.heard([number for number, old in was.items() if old])
    wrong: dict[RequestNumber, list[AccountId]] = {
        number: [account for account, date in told.items() if date == was[number]] for number, told in dates.items()
    }
    names = store.accounts.names({account for accounts in wrong.values() for account in accounts})
    return {number: tuple(sorted(names[account] for account in accounts)) for number, accounts in wrong.items()}


def _used(told: Part[Story], requests: Mapping[RequestNumber, Request]) -> Part[Used]:
    return told.drawn(
        lambda one: Used(
            row=one.shown(line_of(requests[one.number])),
            percent=one.adoption or 0.0,
            target=requests[one.number].adoption_target,
        )
    )


# ---- the first five -----------------------------------------------------------------------------


def _with_top(week: _Week, digest: Digest) -> Digest:
    rows = [row for row in _first_rows(week.store, week.wanted, _PLACES) if row.place]
    top = rows[:TOP]
    requests = _by_number(week.store, [row.number for row in top]) if week.before else {}
    return replace(
        digest,
        top=tuple(_placed(week, row, requests) for row in top),
        is_tied=len(rows) > TOP and rows[TOP].score == rows[TOP - 1].score,
        places={str(row.number): row.place.rank for row in rows if row.place},
    )


def _first_rows(store: Store, wanted: Filter, limit: int) -> Sequence[Row]:
    return store.requests.top(limit) if wanted == Filter() else store.requests.filtered(wanted, 0, limit)


def _placed(week: _Week, row: Row, requests: Mapping[RequestNumber, Request]) -> Placed:
    if week.before is None:
        return placed(row, None, None)
    path = reasons.path(week.store, requests[row.number], week.window.since)
    return placed(row, week.before.top.get(str(row.number)), path)


# ---- what waits ---------------------------------------------------------------------------------


def decisions(store: Store, now: datetime, wanted: Filter, limit: int) -> Part[Waiting]:
    """What waits for a decision, the most pressing first; one entry a request."""
    held = _Held.up(store, now, wanted)
    first = _first_rows(store, wanted, FIRST_PLACES)
    return _waiting(store, part_of(_undecided(store, now, wanted, held, first), limit), held)


def _with_what_waits(week: _Week, digest: Digest) -> Digest:
    store, held = week.store, _Held.up(week.store, week.now, week.wanted)
    first = [one.row for one in digest.top]
    stuck = most_pressing([*held.cases, *_still(store, week.now, held)])
    undecided = _undecided(store, week.now, week.wanted, held, first)
    return replace(
        digest,
        stuck=_waiting(store, part_of(stuck, SHOWN), held),
        decisions=_waiting(store, part_of(undecided, SHOWN), held),
        unsized=_unsized(store, week.wanted),
        at_stake=_at_stake(store, {case.number for case in (*stuck, *undecided)}) if week.is_private else None,
    )


def _at_stake(store: Store, numbers: Iterable[RequestNumber]) -> AtStake | None:
    these = frozenset(numbers)
    customers = store.accounts.behind_any(sorted(these), _CUSTOMERS)
    return at_stake(store.accounts.purses(customers), these)


@dataclass(frozen=True, kw_only=True)
class _Held:
    """What is late or blocked, and what may be standing still."""

    cases: Sequence[Case]
    blockers: Mapping[RequestNumber, Blocker]  #: the oldest of each
    quiet: Sequence[RequestNumber]  #: in work, not late, and not changed for long

    @classmethod
    def up(cls, store: Store, now: datetime, wanted: Filter) -> "_Held":
        company = store.policy.company
        today = company.day_of(now)
        lagging = store.requests.lagging(wanted, today, _long_ago(store, now, STILL - 1), _CASES)
        blockers = _blockers(store, wanted)
        blocked = [
            Case(number=number, because=Because.BLOCKED, since=company.day_of(one.at))
            for number, one in blockers.items()
        ]
        passed = [Case(number=n, because=Because.LATE, since=late) for n, late in lagging.items() if late]
        return cls(
            cases=[*passed, *blocked], blockers=blockers, quiet=[n for n, late in lagging.items() if late is None]
        )


def _blockers(store: Store, wanted: Filter) -> dict[RequestNumber, Blocker]:
    oldest_last = {one.number: one for one in reversed(store.blockers.open(_CASES))}
    ours = store.requests.among(list(oldest_last), wanted)
    return {number: one for number, one in oldest_last.items() if number in ours}


def _long_ago(store: Store, now: datetime, days: int) -> datetime:
    company = store.policy.company
    return waits_longer_than(days, now, company.hours, company.zone)


def _still(store: Store, now: datetime, held: _Held) -> list[Case]:
    """What is in work while nothing in its log moved: its figures, its customers, what they may hear."""
    long_ago, day_of = _long_ago(store, now, STILL - 1), store.policy.company.day_of
    latest = store.changes.latest([f"request:{number}" for number in held.quiet])
    moved = {n: line.at for n in held.quiet if (line := latest.get(f"request:{n}"))}
    return [Case(number=n, because=Because.STILL, since=day_of(at)) for n, at in moved.items() if at < long_ago]


def _undecided(store: Store, now: datetime, wanted: Filter, held: _Held, first: Sequence[Row]) -> Sequence[Case]:
    return most_pressing(
        [*held.cases, *_wanted(store, wanted), *_unplanned(store, first), *_unanswered(store, now, wanted)]
    )


def _wanted(store: Store, wanted: Filter) -> list[Case]:
    """Since somebody said that they want to start it."""
    numbers = [one.number for one in store.requests.wanted(_CASES)]
    ours = store.requests.among(numbers, wanted)
    said = store.changes.latest([f"request:{number}" for number in ours], "wanted_by")
    day_of = store.policy.company.day_of
    return [
        Case(number=number, because=Because.WANTED, since=day_of(said[f"request:{number}"].at))
        for number in ours
        if f"request:{number}" in said
    ]


def _unplanned(store: Store, first: Sequence[Row]) -> list[Case]:
    numbers = [row.number for row in first[:FIRST_PLACES] if row.place and row.status is Status.BACKLOG]
    day_of = store.policy.company.day_of
    return [
        Case(number=one.number, because=Because.UNPLANNED, since=day_of(one.at))
        for one in store.requests.these(numbers)
    ]


def _unanswered(store: Store, now: datetime, wanted: Filter) -> list[Case]:
    day_of = store.policy.company.day_of
    return [
        Case(number=number, because=Because.UNANSWERED, since=day_of(at))
        for number, at in store.requests.unanswered(wanted, _long_ago(store, now, UNANSWERED)).items()
    ]


# ---- whose it is --------------------------------------------------------------------------------


def _waiting(store: Store, cases: Part[Case], held: _Held) -> Part[Waiting]:
    requests = _by_number(store, {case.number for case in cases.shown})
    rows = _rows(store, cases.shown, requests)
    names = _Names(store, [*requests.values()], held.blockers.values())
    return cases.drawn(
        lambda case: Waiting(
            row=rows[case.number],
            because=case.because,
            since=case.since,
            whose=names.of(case, requests[case.number], held.blockers.get(case.number)),
            words=held.blockers[case.number].words if case.number in held.blockers else None,
        )
    )


def _rows(
    store: Store, cases: Sequence[Case], requests: Mapping[RequestNumber, Request]
) -> Mapping[RequestNumber, Row]:
    """A place is looked up only where it is the reason."""
    first = [case.number for case in cases if case.because is Because.UNPLANNED]
    ranked = {row.number: row for row in store.requests.rows(first)}
    return {number: ranked.get(number) or line_of(request) for number, request in requests.items()}


class _Names:
    """Names of who can get a few requests going; what is asked for twice is looked up once."""

    def __init__(self, store: Store, requests: Sequence[Request], blockers: Iterable[Blocker] = ()) -> None:
        self._store = store
        self._deciders: dict[Doing, tuple[str, ...]] = {}
        self._movers = _movers(store, [one for one in requests if one.owner is None])
        owners = [one.owner for one in requests]
        self._names = store.people.names([*owners, *self._movers.values(), *(one.owner for one in blockers)])

    def of(self, case: Case, request: Request, blocker: Blocker | None) -> tuple[str, ...]:
        match case.because:
            case Because.BLOCKED:
                return self._named(blocker.owner if blocker else None)
            case Because.WANTED:
                return self.estimators(request)
            case Because.UNPLANNED | Because.UNANSWERED:
                return self._named(request.owner) or self._who_may(Doing.TRIAGE)
            case Because.LATE | Because.STILL:
                return self._named(request.owner) or self._named(self._movers.get(request.number))

    def estimators(self, request: Request) -> tuple[str, ...]:
        """Those whose word its size takes, or the first other figure it lacks."""
        missing = request.missing
        asked = Factor.JOB_SIZE if Factor.JOB_SIZE in missing else next(iter(missing), None)
        return self._who_may(CONFIRMS[asked]) if asked else ()

    def _named(self, user: UserId | None) -> tuple[str, ...]:
        return (self._names[user],) if user in self._names else ()

    def _who_may(self, doing: Doing) -> tuple[str, ...]:
        if doing not in self._deciders:
            self._deciders[doing] = _who_may(self._store, doing)
        return self._deciders[doing]


def _who_may(store: Store, doing: Doing) -> tuple[str, ...]:
    """Names of a few, else their roles; nobody while no roles are in use: then everybody may."""
    policy = store.policy
    if not policy.roles.in_use:
        return ()
    roles = policy.rights.of(doing)
    people = store.people.holders(roles, policy)
    held = (role.value for role in Role if role in roles and policy.roles.holders.get(role))
    return tuple(one.name for one in people) if len(people) <= FEW else tuple(held)


def _movers(store: Store, requests: Sequence[Request]) -> dict[RequestNumber, UserId]:
    """Who moved each of these last."""
    begun = [one for one in requests if one.status is not Status.BACKLOG]
    moved = store.changes.latest([one.subject for one in begun], "status")
    return {one.number: by for one in begun if one.subject in moved and (by := moved[one.subject].by)}


def _unsized(store: Store, wanted: Filter) -> Part[Unsized]:
    count, requests = store.requests.unsized(wanted, UNSIZED)
    questions = store.talks.open_about([one.number for one in requests], Kind.SIZE)
    asked = {one.number: one for one in reversed(questions)}
    people = store.people.names(one.to for one in questions)
    names = _Names(store, requests)
    shown = [
        Unsized(row=line_of(one), whose=(people[asked[one.number].to],), needs=asked[one.number].words)
        if one.number in asked and asked[one.number].to in people
        else Unsized(row=line_of(one), whose=names.estimators(one))
        for one in requests
    ]
    return Part(shown=tuple(shown), more=count - len(shown))
