"""Generated histories: what is stored is what the change log tells, and so is what changed since any line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from bot.domain.changes import Logged, Rebuilt, differences, net, replay
from bot.domain.errors import Refused
from bot.domain.flow import Move
from bot.domain.ids import AccountId, RequestNumber, UserId
from bot.domain.outcomes import Aim, latest, metric_of
from bot.domain.promises import Sentence
from bot.domain.requests import Draft, Estimate, Join, Request, Sizing, Status
from bot.domain.triage import Triage
from bot.domain.wsjf import SCALE, Factor
from bot.services import intake, merging, moves, outcomes, promises, questions, ranking, triage
from storage import tables
from storage.database import Database
from storage.store import Store
from tests.bot.services.test_intake import CUSTOMERS, DOINGS, SIZINGS
from tests.builders import ALICE, BORIS, MONDAY, TANYA, WITH_DATABASE, a_draft, an_act, move_in

_TOLD = {"sentence", "adoption"}  #: logged, and stored beside the request
_EVENTS = {"ask", "deal", "merged", "question"}  #: lines that tell what happened, and give no field a value
_HOURS = 17  #: between two steps

# ---- what people do -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Where:
    """A move as written in a form; written badly, it is refused."""

    status: Status
    days: int | None
    words: str | None

    def move(self) -> Move:
        target = None if self.days is None else (MONDAY + timedelta(days=self.days)).date()
        return Move(status=self.status, target=target, why=self.words, sentence=self.words)


@dataclass(frozen=True)
class Same:
    """Sorted as the same as another request of the story."""

    other: int


@dataclass(frozen=True)
class Parts:
    """It isn't the same after all."""


@dataclass(frozen=True)
class Says:
    """What customers may hear."""

    words: str


@dataclass(frozen=True)
class Asks:
    """A question back."""

    to: UserId


Doing = Draft | Sizing | Join | Where | Triage | Same | Parts | Says | Asks | Aim


@dataclass(frozen=True)
class Step:
    """Something somebody does about one of the requests of a story."""

    by: UserId
    about: int
    does: Doing

    def __call__(self, store: Store, keys: Sequence[str], number: int) -> object:
        key = keys[self.about]
        known = store.requests.by_key(key)
        about = known.number if known else RequestNumber(10**6)
        act = an_act(self.by, key=f"{key}:{number}", minutes=number * _HOURS * 60, trace=f"{key}:{number}")
        match self.does:
            case Draft():
                return intake.file(store, an_act(self.by, key=key, minutes=number * _HOURS * 60), self.does)
            case Sizing():
                return ranking.estimate(store, act, about, self.does)
            case Join():
                return intake.join(store, act, about, self.does)
            case Where():
                return moves.move(store, act, about, self.does.move())
            case Triage():
                return triage.sort(store, act, about, self.does)
            case Same(other=other):
                return triage.sort(store, act, about, Triage(same_as=_number(store, keys[other])))
            case Parts():
                return merging.unlink(store, act, about)
            case Says(words=words):
                return promises.say(store, act, about, words)
            case Asks(to=to):
                return questions.ask(store, act, about, to=to, words="Which clouds first?")
            case Aim():
                return outcomes.keep(store, act, about, self.does)


def _number(store: Store, key: str) -> RequestNumber | None:
    found = store.requests.by_key(key)
    return found.number if found else None


OPTIONAL_WORDS = st.sampled_from([None, "We build it now.", "Не в этом году.", "🚀 soon"])
WHERES = st.builds(Where, st.sampled_from(Status), st.none() | st.integers(-5, 90), OPTIONAL_WORDS)
SORTS = st.builds(
    Triage,
    owner=st.sampled_from([None, ALICE, BORIS]),
    direction=st.sampled_from([None, "Costs", "Ease"]),
    tracker=st.sampled_from([None, "https://jira.test/K8S-1"]),
)
PERCENTS = st.none() | st.integers(1, 100)
AIMS = st.builds(
    Aim, target=PERCENTS, event=st.sampled_from([None, "synced"]), percent=st.one_of(st.none(), PERCENTS)
)
SAYS = st.sampled_from(["You'll have it soon.", "Скоро.", ""]).map(Says) | st.sampled_from([ALICE, TANYA]).map(Asks)
SAMES = st.integers(0, 2).map(Same) | st.just(Parts())
ALL_DOINGS = st.one_of(WHERES, DOINGS, DOINGS, WHERES, SORTS, AIMS, AIMS, SAYS, SAMES)
STEPS = st.builds(Step, st.sampled_from([BORIS, BORIS, BORIS, ALICE, TANYA]), st.integers(0, 2), ALL_DOINGS)
WHOLE = st.fixed_dictionaries({str(f): st.sampled_from(SCALE) for f in Factor})
FILINGS = st.tuples(
    *(
        st.builds(
            lambda about, who, figures: Step(ALICE, about, a_draft(customers=who, **figures)),
            st.just(about),
            CUSTOMERS,
            WHOLE | SIZINGS,
        )
        for about in range(3)
    )
).map(list)
HISTORIES = st.builds(lambda filed, steps: [*filed, *steps], FILINGS, st.lists(STEPS, min_size=6, max_size=20))


# ---- what is stored, and what is told -----------------------------------------------------------


@dataclass(frozen=True)
class Stored:
    """A request as the tables hold it, and its history."""

    request: Request
    accounts: Sequence[AccountId]  #: it was asked for by
    waiting: Sequence[AccountId]
    joined: Sequence[RequestNumber]  #: hang on it
    sentence: Sentence | None
    adoption: float | None
    log: Sequence[Logged]


def look(store: Store, /, keys: Sequence[str]) -> list[Stored]:
    found = [store.requests.by_key(key) for key in keys]
    return [_stored(store, request) for request in found if request]


def _stored(store: Store, request: Request) -> Stored:
    figure = latest(store.metrics.of(metric_of(request.slug)))
    links = store.requests.links(request.survivor or request.number)
    return Stored(
        request=request,
        accounts=[ask.account for ask in store.accounts.brought([request.number])],
        waiting=[ask.account for ask in store.accounts.asks(request.number)],
        joined=[link.number for link in links if link.same_as == request.number],
        sentence=store.promises.latest(request.number),
        adoption=figure.percent if figure else None,
        log=store.changes.of(request.subject),
    )


def compare(stored: Stored) -> None:
    """The tables hold what the log tells."""
    told, request = replay(stored.log), stored.request
    began = {c.field: c.new for c in differences(None, request) if c.field not in set(Factor)}
    assert {name: value for name, value in told.fields.items() if name not in _TOLD} == began
    assert told.estimates == request.estimates
    assert told.accounts == set(stored.accounts)
    assert told.joined == set(stored.joined)
    assert request.companies == len(stored.waiting) == len(set(stored.waiting))
    assert told.fields.get("sentence") == (stored.sentence.words if stored.sentence else None)
    assert told.fields.get("adoption") == stored.adoption


def compare_links(story: Sequence[Stored]) -> None:
    """Behind what stands for itself waits whoever asked for it, and for what the log says hangs on it."""
    told = {one.request.number: replay(one.log) for one in story}

    def behind(number: RequestNumber) -> set[AccountId]:
        return set(told[number].accounts).union(*map(behind, told[number].joined))

    for one in story:
        hangs = "same_as" in told[one.request.number].fields
        assert set(one.waiting) == (set() if hangs else behind(one.request.number))


def compare_since_every_line(log: Sequence[Logged]) -> None:
    """What was so at any line, and what changed since, come to what is so now."""
    now = replay(log)
    for cut in range(len(log) + 1):
        earlier = replay(log[:cut])
        joined = replay([line for line in log[cut:] if line.field == "ask"]).accounts
        left = {line.old for line in log[cut:] if line.field == "ask" and line.new is None} - joined
        fields, estimates = applied(earlier, log[cut:])
        assert (fields, estimates) == (now.fields, now.estimates)
        assert (earlier.accounts | joined) - left == now.accounts


def applied(earlier: Rebuilt, since: Sequence[Logged]) -> tuple[Mapping[str, Any], Mapping[Factor, Estimate]]:
    fields, estimates = dict(earlier.fields), dict(earlier.estimates)
    for name, changed in net(since).items():
        if name in set(Factor):
            before = estimates.pop(Factor(name), None)
            assert (vars(before) if before else None) == changed.old
            estimates |= {Factor(name): Estimate(**changed.new)} if changed.new else {}
        elif name not in _EVENTS:
            assert fields.pop(name, None) == changed.old
            fields |= {name: changed.new} if changed.new is not None else {}
    return fields, estimates


# ---- the histories ------------------------------------------------------------------------------

_STORY = count(1)


async def live(db: Database, history: Sequence[Step]) -> None:
    if await db.read(lambda s: s.house.team()) is None:
        await move_in(db)
    story = next(_STORY)
    keys = [f"request:{story:028x}{n:04x}" for n in range(3)]
    before = await db.read(traces, keys)
    for number, step in enumerate(history):
        was_kept = await kept(db, step, keys, number)
        after = await db.read(traces, keys)
        assert was_kept or after == before, f"refused, and something changed: {step}"
        before = after
    found = await db.read(look, keys)
    compare_links(found)
    for stored in found:
        compare(stored)
        compare_since_every_line(stored.log)


def traces(store: Store, keys: Sequence[str]) -> tuple[Any, ...]:
    """What grows with whatever anybody does, and how the requests stand."""
    lines = select(func.count()).select_from(tables.change)
    notices = select(func.count()).select_from(tables.notice)
    figures = select(func.count()).select_from(tables.metric)
    grown = select(*(count.scalar_subquery() for count in (lines, notices, figures)))
    stand = select(tables.request).where(tables.request.c.key.in_(keys)).order_by(tables.request.c.number)
    return (*store.connection.execute(grown).one(), *map(tuple, store.connection.execute(stand)))


async def kept(db: Database, step: Step, keys: Sequence[str], number: int) -> bool:
    try:
        await db.write(step, keys, number)
    except Refused:
        return False
    return True


@WITH_DATABASE
@given(history=HISTORIES)
async def test_what_is_stored_is_what_the_log_tells(db: Database, history: list[Step]) -> None:
    await live(db, history)


@pytest.mark.faults
@settings(WITH_DATABASE, max_examples=1000)
@given(history=HISTORIES)
async def test_what_is_stored_is_what_the_log_tells_of_a_thousand_histories(
    db: Database, history: list[Step]
) -> None:
    await live(db, history)
