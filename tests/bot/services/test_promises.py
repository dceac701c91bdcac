"""What customers may hear: written, dated, overtaken; and who was told what, by whom."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.domain.accounts import Account
from bot.domain.errors import Refused
from bot.domain.ids import AccountId, ChannelId, MessageTs, RequestNumber, UserId
from bot.domain.notices import NothingToSay, Notice, Topic
from bot.domain.promises import Heard, Overtaken, Promise, Ready, Saved, Sentence, Telling
from bot.domain.requests import Customer, Request, Status
from bot.services import board, house, intake, promises
from storage.database import Database
from storage.messages import Message
from storage.store import Store
from storage.tables import notice
from tests.builders import ALICE, BORIS, TANYA, a_draft, a_person, an_act, move_in

ONE = RequestNumber(1)
ACME, GLOBEX, INITECH = AccountId("acme"), AccountId("globex"), AccountId("initech")
DECEMBER, JANUARY = date(2026, 12, 3), date(2027, 1, 20)
DAY = 24 * 60
NOTE = "It's there: you can use it now."


def file(store: Store, *names: str, by: str = ALICE) -> Request:
    customers = tuple(Customer(name=name) for name in names or ("Acme", "Globex"))
    return intake.file(store, an_act(by), a_draft(customers=customers)).request


def move(store: Store, status: Status, target: date | None = None, minutes: float = 5) -> Request:
    act = an_act(BORIS, key=f"move:{minutes}", minutes=minutes)
    before = board.the(store, ONE)
    at = act.at if status is Status.RELEASED else None
    return board.save(store, act, before, replace(before, status=status, target=target, released_at=at))


def write(store: Store, words: str, minutes: float = 10) -> Sentence | None:
    return promises.keep(store, an_act(BORIS, minutes=minutes), board.the(store, ONE), words)


def say(store: Store, words: str, by: str = BORIS, shown: int | None = None, minutes: float = 10) -> Saved:
    return promises.say(store, an_act(by, key=f"promise:{minutes}", minutes=minutes), ONE, words, shown)


def tell(
    store: Store, *accounts: str, by: str = ALICE, minutes: float = 20, shown: int | None = None
) -> Sequence[str]:
    act = an_act(by, key=f"tell:{minutes}", minutes=minutes)
    return promises.tell(store, act, ONE, [AccountId(a) for a in accounts], shown)


def look(store: Store, by: str = ALICE, minutes: float = 30) -> Promise:
    return promises.what_may_i_tell(store, an_act(by, minutes=minutes), ONE)


def heard(promise: Promise, account: str = ACME) -> Heard | None:
    return next(one for one in promise.listeners if one.account == account).heard


# ---- the sentence -------------------------------------------------------------------------------


async def test_a_sentence_is_kept_as_one_paragraph_for_the_date_it_was_written_for(db: Database) -> None:
    await move_in(db)
    await db.write(file)
    await db.write(move, Status.PLANNED, DECEMBER)
    new = await db.write(write, "  We plan it\n\nfor December.\x00 ")
    assert new
    assert (new.version, new.words, new.target, new.by) == (1, "We plan it for December.", DECEMBER, BORIS)
    (line,) = [c for c in await db.read(lambda s: s.changes.of("request:1")) if c.field == "sentence"]
    assert (line.old, line.new, line.by) == (None, "We plan it for December.", BORIS)


async def test_the_same_words_again_and_no_words_are_no_new_version(db: Database) -> None:
    await move_in(db)
    await db.write(file)
    assert await db.write(write, "We plan it.")
    assert await db.write(write, " We  plan it.") is None
    assert await db.write(write, " \n ") is None
    assert len(await db.read(lambda s: s.promises.all(ONE))) == 1


async def test_the_same_words_hold_anew_once_the_date_has_moved(db: Database) -> None:
    await move_in(db)
    await db.write(file)
    await db.write(move, Status.PLANNED, DECEMBER)
    await db.write(write, "Soon.")
    await db.write(tell, ACME)
    await db.write(move, Status.PLANNED, JANUARY, 30)
    assert (await db.read(look, minutes=31)).overtaken is Overtaken.DATE
    again = await db.write(write, "Soon.", 40)
    assert again
    assert (again.version, again.target) == (2, JANUARY)
    seen = await db.read(look, minutes=41)
    assert seen.overtaken is None
    one = heard(seen)
    assert one
    assert one.is_latest
    assert [c.field for c in await db.read(lambda s: s.changes.of("request:1"))].count("sentence") == 1


async def test_an_endless_sentence_is_refused_beside_its_field(db: Database) -> None:
    await move_in(db)
    await db.write(file)
    with pytest.raises(Refused, match="That's 601 characters") as refused:
        await db.write(write, "x" * 601)
    assert list(refused.value.fields) == ["sentence"]


@pytest.mark.parametrize(
    ("moves", "what"),
    [
        ([], None),
        ([(Status.IN_PROGRESS, DECEMBER)], None),
        ([(Status.IN_PROGRESS, JANUARY)], Overtaken.DATE),
        ([(Status.PLANNED, None)], Overtaken.DATE),
        ([(Status.RELEASED, DECEMBER)], Overtaken.RELEASED),
        ([(Status.DECLINED, None)], Overtaken.DECLINED),
        ([(Status.DECLINED, DECEMBER), (Status.PLANNED, DECEMBER)], Overtaken.REOPENED),
    ],
)
async def test_a_sentence_is_overtaken(
    db: Database, moves: list[tuple[Status, date | None]], what: Overtaken | None
) -> None:
    await move_in(db)
    await db.write(file)
    await db.write(move, Status.PLANNED, DECEMBER)
    await db.write(write, "We plan it for December.")
    for n, (status, target) in enumerate(moves):
        await db.write(move, status, target, 20 + n)
    assert (await db.read(look)).overtaken is what


async def test_only_those_who_may_promise_write_it(db: Database) -> None:
    await move_in(db)
    await db.write(file)
    for somebody in (ALICE, TANYA):
        with pytest.raises(Refused, match="Only product and leadership may write what customers may hear"):
            await db.write(say, "Tomorrow!", by=somebody)
        assert not (await db.read(look, by=somebody)).may_promise
    assert (await db.read(look, by=BORIS)).may_promise
    assert await db.read(lambda s: s.promises.latest(ONE)) is None


async def test_what_somebody_else_wrote_meanwhile_is_not_lost(db: Database) -> None:
    await move_in(db)
    await db.write(file)
    await db.write(say, "We plan it.", shown=0)
    again = await db.write(say, "We plan it.", shown=0, minutes=11)  # the same form, delivered again
    assert (again.sentence, again.now) == (None, ())
    with pytest.raises(Refused, match="Boris wrote a new one while you did: “We plan it"):
        await db.write(say, "We build it.", shown=0, minutes=12)
    assert (await db.write(say, "We build it.", shown=1, minutes=13)).sentence


async def test_a_new_sentence_is_told_to_those_who_follow(db: Database) -> None:
    await move_in(db)
    await db.write(file)
    saved = await db.write(say, "We plan it.")
    assert (saved.now, saved.daily) == (("Alice",), ())
    topics = [n.topic for n in await db.read(notices)]
    assert topics.count(Topic.NEWS) == 1


# ---- who was told -------------------------------------------------------------------------------


async def test_it_is_noted_who_was_told_what_when_and_by_whom(db: Database) -> None:
    await move_in(db)
    await db.write(file)
    await db.write(write, "We plan it.")
    assert await db.write(tell, ACME, ACME) == ("Acme",)
    await db.write(tell, ACME, by=TANYA, minutes=25)  # the first note stays
    one = heard(await db.read(look))
    assert one
    assert (one.words, one.by, one.by_me, one.on, one.is_latest) == (
        "We plan it.",
        "Alice",
        True,
        date(2026, 11, 23),
        True,
    )
    assert heard(await db.read(look), GLOBEX) is None
    await db.write(write, "We build it.", 40)
    one = heard(await db.read(look, by=BORIS))
    assert one
    assert (one.words, one.by_me, one.is_latest) == ("We plan it.", False, False)


async def test_who_was_told_is_dated_as_the_company_counts_days(db: Database) -> None:
    await move_in(db)
    await db.write(file)
    await db.write(write, "We plan it.")
    await db.write(tell, ACME, minutes=14 * 60)
    one = heard(await db.read(look, minutes=2 * DAY))
    assert one
    assert one.on == datetime(2026, 11, 24, tzinfo=UTC).date()


async def test_nothing_can_be_noted_before_there_is_a_sentence(db: Database) -> None:
    await move_in(db)
    await db.write(file)
    with pytest.raises(Refused, match="Nobody has written yet"):
        await db.write(tell, ACME)


@pytest.mark.parametrize("account", ["initech", "nobody"])
async def test_only_customers_who_wait_can_be_noted(db: Database, account: str) -> None:
    await move_in(db)
    await db.write(file)
    await db.write(write, "We plan it.")
    with pytest.raises(Refused, match="Not all of these wait for k8s-connector any more"):
        await db.write(tell, ACME, account)
    assert await db.read(lambda s: s.promises.told(ONE)) == []


@pytest.mark.parametrize("shown", [0, 2, 999])
async def test_a_version_that_never_was_is_refused(db: Database, shown: int) -> None:
    await move_in(db)
    await db.write(file)
    await db.write(write, "We plan it.")
    with pytest.raises(Refused, match="older Tandem"):
        await db.write(tell, ACME, shown=shown)


async def test_who_ticks_a_customer_told_them_what_the_form_showed(db: Database) -> None:
    await move_in(db)
    await db.write(file)
    await db.write(write, "We plan it.")
    await db.write(write, "We build it.", 15)
    await db.write(save, Telling(told=(ACME,)), 1)
    one = heard(await db.read(look))
    assert one
    assert (one.words, one.is_latest) == ("We plan it.", False)


async def test_a_form_that_may_not_write_notes_nothing_either(db: Database) -> None:
    await move_in(db)
    await db.write(file)
    await db.write(write, "We plan it.")
    with pytest.raises(Refused, match="write what customers may hear"):
        await db.write(save, Telling(told=(ACME,), sentence="Tomorrow!"), 1)
    assert await db.read(lambda s: s.promises.told(ONE)) == []


async def test_the_readers_own_customers_come_first(db: Database) -> None:
    await move_in(db)
    await db.write(accounts, Account(id=INITECH, name="Initech", owner_email="Tanya@Tandem.test"))
    await db.write(file, "Acme", "Initech")
    listed = (await db.read(look, by=TANYA)).listeners
    assert [(one.name, one.is_mine) for one in listed] == [("Initech", True), ("Acme", False)]
    assert all(one.is_mine for one in (await db.read(look)).listeners)


async def test_guests_learn_nothing(db: Database) -> None:
    await move_in(db)
    await db.write(file)
    await db.write(write, "We plan it.")
    guest = a_person("UGUEST", is_guest=True)
    await db.write(lambda s: house.keep_people(s, an_act(None), [guest]))
    for call in (
        lambda s: look(s, by="UGUEST"),
        lambda s: say(s, "x", by="UGUEST"),
        lambda s: tell(s, ACME, by="UGUEST"),
    ):
        with pytest.raises(Refused, match="full members"):
            await db.write(call)


async def test_a_request_that_never_was_is_refused(db: Database) -> None:
    await move_in(db)
    for call in (look, lambda s: say(s, "x"), lambda s: tell(s, ACME)):
        with pytest.raises(Refused, match="There is no R-1"):
            await db.write(call)


# ---- ready notes --------------------------------------------------------------------------------


async def test_a_release_is_one_message_for_each_who_looks_after_customers(db: Database) -> None:
    await move_in(db)
    await db.write(accounts, Account(id=INITECH, name="Initech", owner_email="tanya@tandem.test"))
    await db.write(file)
    await db.write(join, "Initech", by=None)  # from an import: nobody brought it, so its owner
    await db.write(join, "Umbrella", by=None)  # nobody owns it: who asked for the request
    await db.write(join, "Hooli", by=BORIS)
    await db.write(release)
    await db.write(release)
    found = [n for n in await db.read(notices) if n.topic is Topic.READY]
    assert sorted((n.line, n.patient) for n in found) == [(ALICE, True), (BORIS, True), (TANYA, True)]
    assert {n.key for n in found} == {f"ready:1:{user}:2026-11-23" for user in (ALICE, BORIS, TANYA)}
    notes = {n.line: await db.read(promises.ready, n) for n in found}
    assert {line: set(note.waiting.values()) for line, note in notes.items()} == {
        ALICE: {"Acme", "Globex", "Umbrella"},
        BORIS: {"Hooli"},
        TANYA: {"Initech"},
    }


async def test_who_left_is_told_nothing(db: Database) -> None:
    await move_in(db)
    await db.write(accounts, Account(id=ACME, name="Acme", owner_email="boris@tandem.test"))
    await db.write(file, "Acme")
    await db.write(lambda s: house.keep_people(s, an_act(None), [a_person(ALICE, is_deleted=True)]))
    await db.write(release)
    assert [n.line for n in await db.read(notices) if n.topic is Topic.READY] == [BORIS]


async def test_a_note_says_the_sentence_of_the_release_only(db: Database) -> None:
    await move_in(db)
    await db.write(file)
    await db.write(write, "We plan it.")
    await db.write(tell, ACME)
    await db.write(release)
    note = await db.read(note_for, ALICE)
    assert (note.sentence, note.told) == (None, {})  # what Acme heard before was about something else
    await db.write(write, "It's in your menu.", 70)
    note = await db.read(note_for, ALICE)
    assert note.sentence
    assert note.sentence.words == "It's in your menu."


async def test_noting_who_was_sent_the_note_draws_it_anew(db: Database) -> None:
    await move_in(db)
    await db.write(file)
    await db.write(release)
    await db.write(posted)
    assert await db.write(told_of_release, ACME) == ("Acme", True)
    assert await db.write(told_of_release, ACME) == ("Acme", True)
    note = await db.read(note_for, ALICE)
    assert {a: (h.words, h.by_me) for a, h in note.told.items()} == {ACME: (NOTE, True)}
    sentence = await db.read(lambda s: s.promises.latest(ONE))
    assert sentence
    assert (sentence.words, sentence.by, sentence.version) == (NOTE, None, 1)
    redrawn = [n for n in await db.read(notices) if n.topic is Topic.READY and not n.patient]
    assert [(n.line, n.key) for n in redrawn] == [(ALICE, "ready:1:UALICE:press")]


async def test_a_colleague_who_told_my_customer_shows_in_my_notes(db: Database) -> None:
    await move_in(db)
    await db.write(file)
    await db.write(release)
    await db.write(posted)
    assert await db.write(told_of_release, ACME, by=BORIS) == ("Acme", False)  # he has no notes of his own
    note = await db.read(note_for, ALICE)
    assert [(h.by, h.by_me) for h in note.told.values()] == [("Boris", False)]
    assert [n.line for n in await db.read(notices) if n.topic is Topic.READY and not n.patient] == [ALICE]


async def test_what_is_written_after_the_release_is_drawn_into_the_notes(db: Database) -> None:
    await move_in(db)
    await db.write(file)
    await db.write(release)
    await db.write(posted)
    await db.write(say, "It's in your menu.", minutes=70)
    redrawn = [n for n in await db.read(notices) if n.topic is Topic.READY and not n.patient]
    assert [n.line for n in redrawn] == [ALICE]
    await db.write(say, "It's in your menu, at last.", minutes=75)
    await db.write(told_of_release, ACME, shown=1)  # pressed before it was drawn anew
    note = await db.read(note_for, ALICE)
    assert [h.words for h in note.told.values()] == ["It's in your menu."]


@pytest.mark.parametrize("shown", [2, 99])
async def test_a_note_that_never_was_is_refused(db: Database, shown: int) -> None:
    await move_in(db)
    await db.write(file)
    await db.write(release)
    await db.write(write, "It's in your menu.", 70)
    with pytest.raises(Refused, match="older Tandem"):
        await db.write(told_of_release, ACME, shown=shown)


async def test_a_release_taken_back_leaves_nothing_to_say(db: Database) -> None:
    await move_in(db)
    await db.write(file)
    await db.write(release)
    await db.write(move, Status.TESTING, None, 70)
    with pytest.raises(NothingToSay):
        await db.read(note_for, ALICE)
    with pytest.raises(Refused, match="k8s-connector isn't released any more"):
        await db.write(told_of_release, ACME)


async def test_a_second_release_is_said_anew(db: Database) -> None:
    await move_in(db)
    await db.write(file)
    await db.write(release)
    await db.write(posted)
    await db.write(move, Status.TESTING, None, 70)
    await db.write(release, 3 * DAY)
    assert await db.read(lambda s: s.messages.find("request:1:UALICE", Topic.READY)) is None
    assert len([n for n in await db.read(notices) if n.topic is Topic.READY]) == 2


# ---- how it is done -----------------------------------------------------------------------------


def save(store: Store, telling: Telling, shown: int) -> Saved:
    return promises.save(store, an_act(key="promise:1", minutes=25), ONE, telling, shown)


def accounts(store: Store, *some: Account) -> None:
    store.accounts.put(some, an_act().at)


def join(store: Store, name: str, by: str | None) -> None:
    """A customer somebody brought; None: it came in with an import."""
    account = store.accounts.named_or_new(name, an_act())
    ask = replace(store.accounts.asks(ONE)[0], account=account.id, by=UserId(by) if by else None)
    store.accounts.add_asks([ask])


def release(store: Store, minutes: float = 60) -> None:
    act = an_act(BORIS, key=f"release:{minutes}", minutes=minutes)
    request = board.the(store, ONE)
    if request.status is not Status.RELEASED:
        request = move(store, Status.RELEASED, request.target, minutes)
    promises.released(store, act, request)


def posted(store: Store) -> None:
    """Alice's notes were said."""
    at = an_act(minutes=66).at
    store.messages.put(
        Message(
            channel=ChannelId("D1"),
            ts=MessageTs("1.1"),
            subject="request:1:UALICE",
            purpose=Topic.READY,
            permalink=None,
            drawn_from=1,
            at=at,
        )
    )


def told_of_release(store: Store, account: AccountId, by: str = ALICE, shown: int = 0) -> tuple[str, bool]:
    return promises.tell_of_release(store, an_act(by, key="press", minutes=80), ONE, account, shown, NOTE)


def note_for(store: Store, reader: UserId) -> Ready:
    due_at = an_act().at + timedelta(hours=2)
    return promises.ready(
        store, Notice(topic=Topic.READY, key="k", line=reader, payload={"number": 1}, due_at=due_at)
    )


def notices(store: Store) -> list[Notice]:
    rows = store.outbox._connection.execute(select(notice.c.id).order_by(notice.c.id))
    return [store.outbox.get(row.id) for row in rows]
