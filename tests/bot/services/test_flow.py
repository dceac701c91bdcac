"""Requests move: who may, who hears of it and what, and what happens while there is no estimate."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from bot.domain.acts import Act
from bot.domain.errors import Refused
from bot.domain.flow import Held, Move, Moved, Shown
from bot.domain.ids import ChannelId, GroupId, MessageTs, RequestNumber, UserId
from bot.domain.news import Burning, Following, News
from bot.domain.notices import Mode, NothingToSay, Notice, Topic
from bot.domain.people import Group
from bot.domain.requests import Customer, Join, Request, Sizing, Status
from bot.services import board, flow, house, intake, moves, promises, ranking
from bot.services.burning import message as burning_message
from storage.database import Database
from storage.messages import Message
from storage.store import Store
from storage.tables import notice
from tests.builders import ALICE, BORIS, MONDAY, TANYA, a_draft, a_person, an_act, move_in

ONE = RequestNumber(1)
DECEMBER, JANUARY = date(2026, 12, 12), date(2027, 1, 15)
PLANNED = Move(status=Status.PLANNED, target=DECEMBER, sentence="We plan it for December.")
BACK = Move(status=Status.BACKLOG)
START = Move(status=Status.IN_PROGRESS, target=DECEMBER)
NO = Move(status=Status.DECLINED, why="2 of 340 asked.", sentence="We won't build it.")
MARIA = UserId("UMARIA")


def doing(by: str | None, what: str, minutes: float) -> Act:
    """One knock of its own, as every knock has a trace of its own."""
    return an_act(by, key=f"{what}:{minutes}", minutes=minutes, trace=f"{what}{by}{minutes}")


def file(store: Store, /, by: str = ALICE, **figures: Any) -> Request:
    customers = (Customer(name="Acme"), Customer(name="Globex"))
    return intake.file(store, doing(by, "file", 0), a_draft(customers=customers, **figures)).request


def move(
    store: Store,
    wish: Move,
    minutes: float = 1,
    *,
    by: str = BORIS,
    key: str | None = None,
    shown: Shown | None = None,
) -> Moved | Held:
    act = doing(by, "move", minutes)
    act = an_act(by, key=key, minutes=minutes, trace=act.trace) if key else act
    return moves.move(store, act, ONE, wish, shown)


def size(store: Store, /, minutes: float = 20, by: str = TANYA, **figures: int) -> Request:
    return ranking.estimate(store, doing(by, "size", minutes), ONE, Sizing(**(figures or {"job_size": 5}))).request


def notices(store: Store, *topics: Topic) -> Sequence[Notice]:
    keys = store.connection.execute(select(notice.c.id).order_by(notice.c.id)).scalars()
    found = [store.outbox.get(key) for key in keys]
    return [n for n in found if n.topic in topics]


def told(store: Store) -> set[tuple[str, str, str]]:
    """Who is told, why, and on which topic."""
    people = notices(store, Topic.NEWS, Topic.WATCH)
    return {(n.line, n.payload["following"], n.topic) for n in people}


def say(store: Store, reader: str) -> News:
    (one,) = [n for n in notices(store, Topic.NEWS, Topic.WATCH) if n.line == reader]
    return flow.news(store, one)


async def a_house(db: Database, **figures: Any) -> None:
    await move_in(db)
    await db.write(file, **figures)


VALUED: dict[str, Any] = {"value": 8, "time_criticality": 2, "risk_reduction": 3}


# ---- who hears of it ----------------------------------------------------------------------------


async def test_those_who_asked_told_or_watch_hear_of_it_each_once(db: Database) -> None:
    await a_house(db)
    await db.write(settle_more)
    await db.write(lambda s: flow.watch(s, doing(ALICE, "watch", 0), ONE, True))
    await db.write(lambda s: flow.watch(s, doing(MARIA, "watch", 0), ONE, True))
    await db.write(lambda s: intake.join(s, doing(TANYA, "join", 0), ONE, Join(customers=(Customer(name="Ajax"),))))
    done = await db.write(move, PLANNED)
    assert isinstance(done, Moved)
    assert (done.audience.now, done.audience.daily) == (("Alice", "Tanya"), ("Maria",))
    assert await db.read(told) == {
        (ALICE, Following.ASKED, Topic.NEWS),
        (TANYA, Following.ASKED, Topic.NEWS),
        (MARIA, Following.WATCHES, Topic.WATCH),
    }


def settle_more(store: Store) -> None:
    house.keep_people(store, doing(None, "start", 0), [a_person(MARIA)])


async def test_who_told_a_customer_hears_and_reads_what_it_was(db: Database) -> None:
    await a_house(db)
    await db.write(move, PLANNED)
    await db.write(lambda s: promises.tell(s, doing(TANYA, "tell", 2), ONE, ["acme"]))  # type: ignore[list-item]
    await db.write(move, Move(status=Status.PLANNED, target=JANUARY, sentence="January."), 10)
    news = await db.read(say, TANYA)
    assert news.following is Following.TOLD
    assert news.heard == {"Acme": "We plan it for December."}
    assert news.sentence is not None
    assert news.sentence.words == "January."


@pytest.mark.parametrize("change", [{"is_guest": True}, {"is_deleted": True}, {"is_bot": True}, {"team": "T2"}])
async def test_who_does_not_belong_here_any_more_is_not_told(db: Database, change: Any) -> None:
    await a_house(db)
    await db.write(move, PLANNED)
    gone = [a_person(ALICE, **change)]
    await db.write(lambda s: house.keep_people(s, doing(None, "start", 2), gone))
    with pytest.raises(NothingToSay):
        await db.read(say, ALICE)
    done = await db.write(move, BACK, 10)
    assert isinstance(done, Moved)
    assert done.audience.now == ()


async def test_nobody_hears_of_what_they_did_or_never_want_to_hear_of(db: Database) -> None:
    await move_in(db)
    await db.write(file, by=BORIS)
    await db.write(move, PLANNED)
    assert await db.read(told) == set()
    await db.write(lambda s: s.people.prefer(BORIS, Topic.NEWS, Mode.NEVER, MONDAY))
    done = await db.write(move, BACK, 10, by=TANYA)
    assert isinstance(done, Moved)
    assert done.audience.now == ()
    assert await db.read(told) == set()


async def test_changes_within_five_minutes_are_one_message_with_what_they_come_to(db: Database) -> None:
    await a_house(db)
    await db.write(move, PLANNED)
    await db.write(move, Move(status=Status.PLANNED, target=JANUARY, why="SSO first", sentence="January."), 3)
    news = await db.read(say, ALICE)
    assert {f: (c.old, c.new) for f, c in news.changes.items()} == {
        "status": ("backlog", "planned"),
        "target": (None, "2027-01-15"),
        "sentence": (None, "January."),
    }
    assert (news.by, news.why, news.customers) == ("Boris", "SSO first", ("Acme", "Globex"))


async def test_there_and_back_comes_to_nothing(db: Database) -> None:
    await a_house(db)
    await db.write(move, PLANNED)
    await db.write(move, BACK, 2)
    with pytest.raises(NothingToSay):
        await db.read(say, ALICE)


async def test_words_of_before_are_not_offered_for_another_date(db: Database) -> None:
    await a_house(db)
    await db.write(move, PLANNED)
    done = await db.write(move, Move(status=Status.PLANNED, target=JANUARY), 10)
    assert isinstance(done, Moved)
    assert done.is_overtaken
    assert (await db.read(say, ALICE)).sentence is None


# ---- moving -------------------------------------------------------------------------------------


async def test_the_same_form_moves_once_even_when_others_moved_it_on(db: Database) -> None:
    await a_house(db)
    await db.write(move, PLANNED, 1, key="move:form")
    await db.write(move, BACK, 2)
    again = await db.write(move, PLANNED, 3, key="move:form")
    assert isinstance(again, Moved)
    assert not again.is_changed
    assert (await db.read(board.the, ONE)).status is Status.BACKLOG
    other = await db.write(move, Move(status=Status.PLANNED, target=JANUARY), 4, key="move:form")
    assert isinstance(other, Moved)
    assert other.is_changed


async def test_what_was_left_alone_is_not_moved_back(db: Database) -> None:
    await a_house(db)
    await db.write(move, PLANNED)
    shown = Shown(status=Status.BACKLOG, target=None)
    done = await db.write(move, Move(status=Status.BACKLOG, sentence="Soon."), 2, shown=shown)
    assert (done.request.status, done.request.target) == (Status.PLANNED, DECEMBER)


async def test_it_is_logged_why(db: Database) -> None:
    await a_house(db)
    await db.write(move, Move(status=Status.PLANNED, target=DECEMBER, why="Acme signs in January"))
    lines = await db.read(lambda s: s.changes.of("request:1"))
    assert {line.why for line in lines if line.new in ("planned", "2026-12-12")} == {"Acme signs in January"}


@pytest.mark.parametrize(
    ("by", "wish", "words"),
    [
        (ALICE, PLANNED, "Only product and tech may move requests."),
        (ALICE, NO, "Only product and leadership may decline requests."),
        (TANYA, NO, "Only product and leadership may decline requests."),
        (TANYA, PLANNED, "Only product and leadership may write what customers may hear."),
    ],
)
async def test_who_may_not_is_told_who_may(db: Database, by: str, wish: Move, words: str) -> None:
    await a_house(db)
    with pytest.raises(Refused, match=words):
        await db.write(move, wish, by=by)
    assert (await db.read(board.the, ONE)).status is Status.BACKLOG


async def test_tech_moves_without_words_and_does_not_answer_for_product(db: Database) -> None:
    await a_house(db)
    done = await db.write(move, Move(status=Status.PLANNED, target=DECEMBER), by=TANYA)
    assert (done.request.status, done.request.answered_at) == (Status.PLANNED, None)
    done = await db.write(move, BACK, 2)
    assert done.request.answered_at is not None


async def test_a_form_opens_for_those_who_move_or_decline(db: Database) -> None:
    await a_house(db)
    with pytest.raises(Refused):
        await db.read(lambda s: moves.open_move(s, doing(ALICE, "open", 0), ONE))
    with pytest.raises(Refused, match="There is no R-9"):
        await db.read(lambda s: moves.open_move(s, doing(BORIS, "open", 0), RequestNumber(9)))
    form = await db.read(lambda s: moves.open_move(s, doing(TANYA, "open", 0), ONE))
    assert Status.DECLINED not in form.statuses


async def test_what_is_released_is_told_by_notes_to_those_with_customers(db: Database) -> None:
    await a_house(db, **VALUED, job_size=5)
    await db.write(move, Move(status=Status.RELEASED))
    with pytest.raises(NothingToSay):
        await db.read(say, ALICE)
    assert [n.line for n in await db.read(notices, Topic.READY)] == [ALICE]
    await db.write(lambda s: s.people.prefer(ALICE, Topic.READY, Mode.NEVER, MONDAY))
    assert (await db.read(say, ALICE)).request.status is Status.RELEASED


# ---- the burning path ---------------------------------------------------------------------------


async def test_without_a_size_nothing_starts_and_tech_is_asked_once(db: Database) -> None:
    await a_house(db, **VALUED)
    for minutes in (1, 2):
        held = await db.write(move, START, minutes)
        assert isinstance(held, Held)
        assert (held.asked, held.yours, held.unheld) == (("Tanya",), (), ())
    request = await db.read(board.the, ONE)
    assert (request.status, request.wanted_by) == (Status.BACKLOG, BORIS)
    (asked,) = await db.read(notices, Topic.BURNING)
    burning = await db.read(burning_message, asked)
    assert (burning.wanted_by, [str(f) for f in burning.factors]) == ("Boris", ["job_size"])


async def test_who_waits_hears_when_the_size_is_there_and_it_starts(db: Database) -> None:
    await a_house(db, **VALUED)
    await db.write(move, START)
    sized = await db.write(size)
    assert sized.wanted_by is None
    news = await db.read(say, BORIS)
    assert (news.following, news.standing and news.standing.place and news.standing.place.rank) == ("wants", 1)
    started = await db.write(move, START, 30)
    assert started.request.status is Status.IN_PROGRESS
    with pytest.raises(NothingToSay):
        await db.read(say_to_boris)


def say_to_boris(store: Store) -> News:
    return say(store, BORIS)


async def test_everybody_who_wanted_to_start_it_hears(db: Database) -> None:
    await a_house(db)
    await db.write(move, START, 1)
    await db.write(move, START, 2, by=TANYA)
    await db.write(size, 20, by=BORIS, value=8, time_criticality=2)
    await db.write(size, 21, risk_reduction=3, job_size=5)
    assert {line for line, why, _ in await db.read(told) if why == Following.WANTS} == {BORIS}  # Tanya did it


async def test_a_figure_given_by_whatever_way_frees_it(db: Database) -> None:
    """The requester may edit the form she filed."""
    await a_house(db, **VALUED)
    await db.write(move, START)
    customers = (Customer(name="Acme"), Customer(name="Globex"))
    edited = a_draft(customers=customers, **VALUED, job_size=5)
    act = an_act(ALICE, key="file:0", minutes=5, trace="edit")
    request = (await db.write(intake.file, act, edited)).request
    assert (request.wanted_by, (await db.read(say, BORIS)).following) == (None, Following.WANTS)


async def test_where_nobody_holds_the_role_it_is_said_whom_to_ask(db: Database) -> None:
    await a_house(db, **VALUED)
    await db.write(empty_tech)
    held = await db.write(move, START)
    assert isinstance(held, Held)
    assert (held.asked, held.unheld) == ((), ("tech",))
    assert await db.read(notices, Topic.BURNING) == []


def empty_tech(store: Store) -> None:
    groups = {"sales": ("S1", ALICE), "product": ("S2", BORIS)}
    kept = [Group(id=GroupId(g), handle=r, members=frozenset({u})) for r, (g, u) in groups.items()]
    house.keep_groups(
        store, doing(None, "start", 0), [*kept, Group(id=GroupId("S3"), handle="tech", members=frozenset())]
    )


async def test_without_roles_whoever_wants_to_start_it_sizes_it(db: Database) -> None:
    await move_in(db, roles=False)
    await db.write(file, **VALUED)
    held = await db.write(move, START, by=ALICE)
    assert isinstance(held, Held)
    assert (held.asked, [str(f) for f in held.yours], held.unheld) == ((), ["job_size"], ())


async def test_wanted_anew_it_is_asked_anew(db: Database) -> None:
    await a_house(db, **VALUED)
    await db.write(move, START, 1)
    await db.write(was_asked)
    await db.write(move, NO, 2)
    assert (await db.read(last_burning)).factors == ()
    await db.write(move, BACK, 3)
    await db.write(move, START, 4)
    assert await db.read(lambda s: s.messages.find(f"request:1:{TANYA}", Topic.BURNING)) is None
    asks, *_ = await db.read(notices, Topic.BURNING)
    assert [str(f) for f in (await db.read(burning_message, asks)).factors] == ["job_size"]


def was_asked(store: Store) -> None:
    store.messages.put(
        Message(
            channel=ChannelId("D1"),
            ts=MessageTs("1.1"),
            subject=f"request:1:{TANYA}",
            purpose=Topic.BURNING,
            permalink=None,
            drawn_from=1,
            at=MONDAY,
        )
    )


def last_burning(store: Store) -> Burning:
    return burning_message(store, notices(store, Topic.BURNING)[-1])


async def test_who_was_never_asked_is_not_told_that_it_is_over(db: Database) -> None:
    await a_house(db, **VALUED)
    await db.write(move, START, 1)
    await db.write(size)
    for one in await db.read(notices, Topic.BURNING):
        with pytest.raises(NothingToSay):
            await db.read(burning_message, one)


# ---- watching -----------------------------------------------------------------------------------


async def test_watching_and_no_more(db: Database) -> None:
    await a_house(db)
    on = await db.write(lambda s: flow.watch(s, doing(TANYA, "watch", 1), ONE, True))
    assert (on.on, on.anyway, on.mode) == (True, False, Mode.DAILY)
    await db.write(lambda s: flow.watch(s, doing(TANYA, "watch", 2), ONE, True))
    assert await db.read(lambda s: list(s.promises.watchers(ONE))) == [TANYA]
    await db.write(lambda s: flow.watch(s, doing(TANYA, "watch", 3), ONE, False))
    assert await db.read(lambda s: list(s.promises.watchers(ONE))) == []
    with pytest.raises(Refused, match="There is no R-9"):
        await db.write(lambda s: flow.watch(s, doing(TANYA, "watch", 4), RequestNumber(9), True))
