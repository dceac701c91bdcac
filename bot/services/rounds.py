"""The daily message: what waits for each person, at their ten o'clock."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain import rounds
from bot.domain.acts import Act
from bot.domain.changes import Logged
from bot.domain.errors import Refused
from bot.domain.facts import Saying, Sized
from bot.domain.ids import ChannelId, MessageTs, RequestNumber, UserId
from bot.domain.news import Following, News
from bot.domain.notices import Mode, NothingToSay, Notice, Topic
from bot.domain.people import Member, Person, admit, zone_named
from bot.domain.requests import Request, Sizing
from bot.domain.roles import CONFIRMS, Doing, Role
from bot.domain.rounds import AT_ONCE, Done, Last, Round, ToEstimate
from bot.domain.talks import Asked, AskForm, Kind, Question
from bot.domain.wsjf import Factor
from bot.services import access, board, preferences, questions, ranking, redraws
from storage.store import Store

LOOKED_AT = 100  #: requests that lack a figure, looked through for one message
LINES = 30  #: of a request's history, searched for what the reader did
_SEARCHED = 20  #: new requests and questions
_NO_SENSE = (NothingToSay, Refused, LookupError, ValueError)  #: of something folded that can't be said any more
_CLOSING = "its estimate is closed"
_SORTS = {"owner", "direction", "tracker", "same_as", "status", "target"}

Compose = Callable[[Store, Notice], Saying]


# ---- whose turn it is ---------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Due:
    """Zones in which it has struck ten, and whom to tell there."""

    zones: tuple[str, ...]
    users: tuple[UserId, ...]


def due(store: Store, act: Act) -> Due:
    """Who should get today's message now. What comes up after ten waits for tomorrow's."""
    zones = _struck(store, act)
    if not zones:
        return Due(zones=(), users=())
    users = [person.id for person in _candidates(store) if (person.timezone or "") in zones]
    return Due(zones=zones, users=tuple(users))


def put(store: Store, act: Act, user: UserId) -> bool:
    """Have today's message said, if there is something for this person."""
    reader = _reader(store, user)
    if reader is None:
        return False
    today = _local(store, act.at, reader.person.timezone).date()
    last, key = redraws.last(store, user), rounds.key_of(user, today.isoformat())
    if last and last.day >= today.isoformat():
        return False
    waits = _waits(store, reader)
    hours = store.policy.company.hours
    if not rounds.is_worth_saying(waits.seen, last, today, hours) and not _has_folded(store, user):
        return False
    told = Last(key=key, day=today.isoformat(), at=act.at, seen=waits.seen, about=waits.about)
    notice = Notice(
        topic=Topic.ROUND,
        key=key,
        line=user,
        payload={"key": key, "day": told.day},
        due_at=act.at,
        patient=True,
    )
    is_new = store.outbox.put(notice, act.at, merges=f"round:{user}")
    if is_new:
        redraws.remember(store, act, user, told)
    return is_new


def close(store: Store, act: Act, zones: Sequence[str]) -> None:
    """Everybody there has been told: nobody else is until tomorrow."""
    days = {name: _local(store, act.at, name).date().isoformat() for name in zones}
    store.house.set_mark("rounds", {**(store.house.mark("rounds") or {}), **days}, act)


def _struck(store: Store, act: Act) -> tuple[str, ...]:
    told = store.house.mark("rounds") or {}
    hours = store.policy.company.hours
    now = {name: _local(store, act.at, name) for name in {zone or "" for zone in store.people.zones()}}
    return tuple(
        sorted(
            name
            for name, local in now.items()
            if rounds.is_hour(local, hours) and told.get(name, "") < local.date().isoformat()
        )
    )


def _candidates(store: Store) -> Iterable[Person]:
    policy = store.policy
    estimate = [policy.rights.of(doing) for doing in CONFIRMS.values()]
    roles = frozenset[Role]().union(*estimate, policy.rights.of(Doing.TRIAGE))
    holders = store.people.holders(roles, policy) if policy.roles.in_use else []
    others = {*store.talks.asked(), *store.outbox.readers_of_folded()}
    others |= set() if policy.roles.in_use else set(store.requests.owners())
    rest = (store.people.get(user) for user in sorted(others - {p.id for p in holders}))
    return [*holders, *(person for person in rest if person)]


def _has_folded(store: Store, user: UserId) -> bool:
    return user in store.outbox.readers_of_folded()


def _local(store: Store, moment: datetime, zone: str | None) -> datetime:
    return moment.astimezone(zone_named(zone, store.policy.company.zone))


def _reader(store: Store, user: UserId) -> Member | None:
    """Somebody Tandem serves, or nobody."""
    known, home = store.people.member(user, store.policy), store.house.team()
    try:
        return known if known and home and admit(known.person, home) else None
    except Refused:
        return None


# ---- what waits for a person --------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Waits:
    """Everything that waits for one person."""

    owned: frozenset[Factor] = frozenset()
    to_estimate: tuple[RequestNumber, ...] = ()
    to_triage: tuple[Request, ...] = ()
    questions: tuple[Question, ...] = ()
    answers: dict[RequestNumber, int] = field(default_factory=dict)  #: to what tech needed, by request

    @property
    def seen(self) -> frozenset[str]:
        """A name for each, so that it is known again; a request is new again once tech has its answer."""
        estimates = {f"R-{n}/{self.answers[n]}" if n in self.answers else f"R-{n}" for n in self.to_estimate}
        return frozenset(estimates | {r.name for r in self.to_triage} | {q.subject for q in self.questions})

    @property
    def about(self) -> frozenset[RequestNumber]:
        return frozenset(
            {*self.to_estimate, *(r.number for r in self.to_triage), *(q.number for q in self.questions)}
        )


def _waits(store: Store, reader: Member) -> _Waits:
    wishes = preferences.of(store, reader.person.id)
    asked = tuple(store.talks.open_to(reader.person.id, _SEARCHED))
    if wishes[Topic.ROUND] is Mode.NEVER:
        return _Waits(questions=asked if wishes[Topic.QUESTION] is Mode.DAILY else ())
    triages = reader.roles_in_use and reader.may(Doing.TRIAGE)
    new = tuple(store.requests.untriaged(_SEARCHED)) if triages else ()
    owned = frozenset(f for f in Factor if reader.owns(f))
    lacking, answers = _lacking(store, reader, owned, besides={r.number for r in new})
    return _Waits(owned=owned, to_estimate=lacking, to_triage=new, questions=asked, answers=answers)


def _lacking(
    store: Store, reader: Member, owned: frozenset[Factor], besides: set[RequestNumber]
) -> tuple[tuple[RequestNumber, ...], dict[RequestNumber, int]]:
    """Requests this person should estimate; not what they sort first, nor what waits for an answer."""
    factors = rounds.asks_for(owned, reader.rights)
    if not factors:
        return (), {}
    owner = None if reader.roles_in_use else reader.person.id
    numbers = store.requests.unconfirmed(factors, LOOKED_AT, owner=owner)
    sizes = store.talks.asked_about(numbers, Kind.SIZE) if Factor.JOB_SIZE in factors else {}
    waiting = {n for n, (_, unanswered) in sizes.items() if unanswered}
    lacking = tuple(n for n in numbers if n not in besides | waiting)
    return lacking, {n: asked for n, (asked, _) in sizes.items()}


# ---- what the message says ----------------------------------------------------------------------


def round_of(store: Store, notice: Notice, compose: Compose) -> Round:
    """The message as it stands now; said already, it stays, whatever is left of it."""
    reader, key = _reader(store, UserId(notice.line)), notice.payload["key"]
    if reader is None:
        raise NothingToSay
    waits = _waits(store, reader)
    shown = [board.the(store, number) for number in waits.to_estimate[:AT_ONCE]]
    asked = [questions.open_one(store, question) for question in waits.questions]
    done = _done(store, reader.person.id)
    said = Round(
        reader=reader.person.id,
        day=notice.payload["day"],
        key=key,
        to_estimate=tuple(ToEstimate(request=r, factors=rounds.unconfirmed(r, waits.owned)) for r in shown),
        more_to_estimate=len(waits.to_estimate) - len(shown),
        to_triage=waits.to_triage[:AT_ONCE],
        more_to_triage=max(store.requests.untriaged_count() - AT_ONCE, 0) if waits.to_triage else 0,
        questions=tuple(asked[:AT_ONCE]),
        more_questions=max(len(asked) - AT_ONCE, 0),
        folded=_folded(store, key, asked, compose),
        done=done,
        names=store.people.names(_people(reader, shown, waits.to_triage, done)),
    )
    if said.is_empty and store.messages.find(key, Topic.ROUND) is None:
        raise NothingToSay
    return said


def _folded(store: Store, key: str, asked: Sequence[Asked], compose: Compose) -> tuple[Saying, ...]:
    """What the reader prefers to hear here, as far as it still makes sense and isn't said above."""
    said = [saying for notice in store.outbox.gathered(key) if (saying := _said(store, notice, compose))]
    above = {one.question.id for one in asked}
    return tuple(s for s in _each_once(said) if not (isinstance(s, Asked) and s.question.id in above))


def _each_once(said: Iterable[Saying]) -> Iterator[Saying]:
    """News of one request once: what the oldest notice says holds all that changed since."""
    told: set[tuple[RequestNumber, Following]] = set()
    for one in said:
        if isinstance(one, News):
            if (one.request.number, one.following) in told:
                continue
            told.add((one.request.number, one.following))
        yield one


def _said(store: Store, notice: Notice, compose: Compose) -> Saying | None:
    try:
        return compose(store, notice)
    except _NO_SENSE:
        return None


def _people(
    reader: Member, shown: Sequence[Request], new: Sequence[Request], done: Sequence[Done]
) -> set[UserId | None]:
    proposers = {e.proposed_by for r in shown for e in r.estimates.values()}
    askers = {r.by for r in new} | {r.wanted_by for r in shown}
    return {reader.person.id, *proposers, *askers, *(d.asked for d in done)}


# ---- what the reader has done about it ----------------------------------------------------------


def _done(store: Store, reader: UserId) -> tuple[Done, ...]:
    told = redraws.last(store, reader)
    if told is None:
        return ()
    all_done = [_done_about(store, reader, number, told.at) for number in told.done]
    return tuple(d for d in all_done if not d.is_nothing)


def _done_about(store: Store, reader: UserId, number: RequestNumber, since: datetime) -> Done:
    request = board.the(store, number)
    newest = store.changes.newest(request.subject, LINES)
    lines = [line for line in newest if line.by == reader and line.at >= since]
    talks = store.talks.of(number)
    asked = next((q.to for q in reversed(talks) if q.by == reader and q.at >= since), None)
    answered = any(q.answered_by == reader and q.answered_at and q.answered_at >= since for q in talks)
    return Done(
        request=request,
        figures=_figures(lines),
        asked=asked,
        answered=answered,
        sorted=any(line.field in _SORTS for line in lines),
    )


def _figures(newest_first: Sequence[Logged]) -> dict[Factor, int]:
    """The figures these lines come to."""
    said = {line.field: line.new for line in reversed(newest_first) if line.new}
    estimates = {f: said[f] for f in Factor if f in said}
    return {f: e["confirmed"] or e["proposed"] for f, e in estimates.items() if e["confirmed"] or e["proposed"]}


# ---- what people do in it -----------------------------------------------------------------------


def estimate_in_place(
    store: Store,
    act: Act,
    number: RequestNumber,
    sizing: Sizing,
    pressed: tuple[ChannelId, MessageTs] | None = None,
) -> Sized:
    """One figure, chosen in a message; that message is drawn anew."""
    sized = ranking.estimate(store, act, number, sizing)
    where = store.messages.at(*pressed) if pressed else None
    redraws.after(store, act, number, pressed=where.subject if where and where.purpose == Topic.ROUND else None)
    return sized


def open_need(store: Store, act: Act, number: RequestNumber) -> AskForm:
    """What "Can't size yet" shows at first. Raises Refused for whom it is not to size, and when it is closed."""
    access.allowed(store, act, Doing.CONFIRM_JOB_SIZE)
    blank = questions.open_ask(store, act, number)
    board.check_open(store, blank.request, _CLOSING, instead="estimate that one")
    return blank


def ask_what_is_needed(store: Store, act: Act, number: RequestNumber, to: UserId, words: str) -> Question:
    """Tech can't size it yet and says what it needs; it is asked again once that is answered."""
    open_need(store, act, number)
    asked = questions.ask(store, act, number, to=to, words=words, kind=Kind.SIZE)
    redraws.after(store, act, number)
    return asked
