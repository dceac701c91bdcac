"""Questions about a request, and their answers, on both databases."""

from datetime import timedelta
from typing import Any

import pytest

from bot.domain.accounts import Account
from bot.domain.errors import Refused
from bot.domain.ids import AccountId, ChannelId, MessageTs, NoticeId, RequestNumber, UserId
from bot.domain.notices import NothingToSay, Notice, Topic
from bot.domain.requests import Customer
from bot.domain.talks import Catch, Heard, Kind, Permission, Question
from bot.services import house, intake, questions
from storage.database import Database
from storage.messages import Message
from storage.store import Store
from tests.builders import ALICE, BORIS, MONDAY, TANYA, a_draft, a_person, an_act, move_in

ONE = RequestNumber(1)
ACME = AccountId("acme-bank")
HERE = ChannelId("D1")


def file(store: Store, /, *customers: str) -> None:
    """R-1, by Alice."""
    intake.file(store, an_act(), a_draft(customers=[Customer(name=name) for name in customers]))


def ask(store: Store, /, by: str = BORIS, *, key: str = "ask:1", to: str = ALICE, **more: Any) -> Question:
    values: dict[str, Any] = {"words": "Which clouds first?", **more}
    return questions.ask(store, an_act(by, key=key), ONE, to=UserId(to), **values)


def answer(
    store: Store, words: str, by: str = ALICE, *, key: str = "answer:1", permission: Permission | None = None
) -> Question:
    return questions.answer(store, an_act(by, key=key), 1, words, permission)


def hear(store: Store, /, words: str, *, ts: str = "1.0", thread: str | None = None, by: str = ALICE) -> Heard:
    act = an_act(by, key=f"dm:{HERE}:{ts}")
    return questions.hear(store, act, HERE, MessageTs(ts), MessageTs(thread) if thread else None, words)


def post(store: Store, /, subject: str, ts: str, purpose: Topic = Topic.QUESTION) -> None:
    """Register that this was said to Alice."""
    said = Message(
        channel=HERE,
        ts=MessageTs(ts),
        subject=subject,
        purpose=purpose,
        permalink=None,
        drawn_from=1,
        at=MONDAY,
    )
    store.messages.put(said)


def notice(topic: Topic, question: int = 1) -> Notice:
    return Notice(topic=topic, key="x", line=ALICE, payload={"id": question}, due_at=MONDAY)


def logged(store: Store, /) -> list[tuple[str, Any]]:
    return [
        (c.field, c.new) for c in store.changes.of("request:1") if c.field in ("question", "answer", "may_talk")
    ]


def waiting(store: Store, /) -> int:
    """Notices on their way."""
    return store.outbox.counts().get("waiting", 0)


# ---- asking -------------------------------------------------------------------------------------


async def test_asking_with_the_same_key_returns_the_first_question(db: Database) -> None:
    await move_in(db)
    await db.write(file)
    first = await db.write(ask)
    again = await db.write(lambda s: ask(s, words="Another thing?"))
    assert again == first
    assert (first.id, first.words, first.by, first.to) == (1, "Which clouds first?", BORIS, ALICE)
    assert await db.read(logged) == [("question", {"id": 1, "kind": "question"})]
    assert await db.read(waiting) == 1


@pytest.mark.parametrize(("by", "answered"), [(BORIS, True), (TANYA, False)])
async def test_a_question_of_product_is_the_first_answer(db: Database, by: str, answered: bool) -> None:
    await move_in(db)
    await db.write(file)
    await db.write(lambda s: ask(s, by))
    found = await db.read(lambda s: s.requests.get(ONE))
    assert found
    assert (found.answered_at is not None) is answered


async def test_a_closed_request_may_be_asked_about(db: Database) -> None:
    await move_in(db)
    await db.write(file)
    await db.write(lambda s: s.connection.exec_driver_sql("UPDATE request SET status = 'released'"))
    assert (await db.write(ask)).is_open


@pytest.mark.parametrize("words", ["", " \n", "\u200b", "x" * 2001])
async def test_a_question_needs_a_few_words(db: Database, words: str) -> None:
    await move_in(db)
    await db.write(file)
    with pytest.raises(Refused) as refused:
        await db.write(lambda s: ask(s, words=words))
    assert list(refused.value.fields) == ["words"]


@pytest.mark.parametrize(
    "stranger", [{"is_guest": True}, {"is_bot": True}, {"is_deleted": True}, {"team": "T2"}, None]
)
async def test_only_colleagues_are_asked(db: Database, stranger: dict[str, Any] | None) -> None:
    await move_in(db)
    await db.write(file)
    if stranger is not None:
        await db.write(house.keep_people, an_act(None), [a_person("UZOE", **stranger)])
    with pytest.raises(Refused, match="Choose a colleague"):
        await db.write(lambda s: ask(s, to="UZOE"))
    with pytest.raises(Refused, match="That's you"):
        await db.write(lambda s: ask(s, to=BORIS))


async def test_who_brought_the_customer_is_asked_whether_one_may_talk_to_them(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: file(s, "Acme Bank"))

    async def offered(by: str) -> str | None:
        return (await db.read(questions.open_ask, an_act(by), ONE, ACME)).to

    assert await offered(BORIS) == ALICE
    assert await offered(ALICE) is None, "herself there is no need to ask"
    owned = Account(id=ACME, name="Acme Bank", owner_email="tanya@tandem.test")
    await db.write(lambda s: s.accounts.put([owned], MONDAY))
    assert await offered(ALICE) == TANYA
    await db.write(house.keep_people, an_act(None), [a_person(ALICE, is_deleted=True)])
    assert await offered(BORIS) == TANYA, "who left can't be asked"


# ---- answering ----------------------------------------------------------------------------------


async def test_the_answer_reaches_who_asked_and_the_log_keeps_no_words(db: Database) -> None:
    await move_in(db)
    await db.write(file)
    await db.write(ask)
    await db.write(lambda s: answer(s, "AWS first."))
    await db.write(lambda s: answer(s, "AWS first.", key="answer:1b"))
    told = await db.read(questions.answered, notice(Topic.ANSWER))
    assert (told.question.answer, told.names[ALICE], told.request.number) == ("AWS first.", "Alice", 1)
    ids = {"id": 1, "kind": "question"}
    assert await db.read(logged) == [("question", ids), ("answer", ids)]


async def test_the_requester_and_the_owner_may_answer_too_and_nobody_else(db: Database) -> None:
    await move_in(db)
    await db.write(file)
    await db.write(lambda s: ask(s, TANYA, to=BORIS))
    assert (await db.write(lambda s: answer(s, "Ours.", ALICE))).answered_by == ALICE
    await db.write(house.keep_people, an_act(None), [a_person("UZOE")])
    with pytest.raises(Refused, match="Boris was asked"):
        await db.write(lambda s: answer(s, "Mine.", "UZOE"))
    await db.write(lambda s: s.connection.exec_driver_sql("UPDATE request SET owner = 'UZOE'"))
    assert (await db.write(lambda s: answer(s, "Mine.", "UZOE"))).answer == "Mine."


async def test_who_asked_is_not_told_their_own_answer(db: Database) -> None:
    await move_in(db)
    await db.write(file)
    await db.write(lambda s: ask(s, ALICE, to=BORIS))
    before = await db.read(waiting)
    await db.write(lambda s: answer(s, "Never mind.", ALICE))
    assert await db.read(waiting) == before, "its message waits to be said, and is drawn from what is true then"


async def test_a_question_answered_before_it_was_said_is_not_said(db: Database) -> None:
    await move_in(db)
    await db.write(file)
    await db.write(ask)
    with pytest.raises(NothingToSay):
        await db.read(questions.answered, notice(Topic.ANSWER))
    assert (await db.read(questions.asked, notice(Topic.QUESTION))).question.is_open
    await db.write(lambda s: answer(s, "AWS."))
    with pytest.raises(NothingToSay):
        await db.read(questions.asked, notice(Topic.QUESTION))
    await db.write(lambda s: post(s, "question:1", "5.0"))
    assert (await db.read(questions.asked, notice(Topic.QUESTION))).question.answer == "AWS."
    with pytest.raises(Refused):
        await db.read(questions.asked, notice(Topic.QUESTION, 99))


async def test_a_permission_lands_on_the_customer(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: file(s, "Acme Bank", "Borealis"))
    await db.write(lambda s: ask(s, kind=Kind.TALK, account=ACME))
    yes = Permission(may_talk=True, contact="Ines")
    await db.write(lambda s: answer(s, "Yes.", permission=yes))
    await db.write(lambda s: answer(s, "Yes.", permission=yes))
    asks = await db.read(lambda s: s.accounts.asks(ONE))
    assert [(a.may_talk, a.contact) for a in asks] == [(True, "Ines"), (None, None)]
    assert [field for field, _ in await db.read(logged)] == ["question", "may_talk", "answer"]
    await db.write(lambda s: answer(s, "Not now.", permission=Permission(may_talk=False)))
    asks = await db.read(lambda s: s.accounts.asks(ONE))
    assert [(a.may_talk, a.contact) for a in asks] == [(False, "Ines"), (None, None)]


async def test_a_permission_for_a_plain_question_is_none(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: file(s, "Acme Bank"))
    await db.write(ask)
    await db.write(lambda s: answer(s, "Yes.", permission=Permission(may_talk=True)))
    assert [a.may_talk for a in await db.read(lambda s: s.accounts.asks(ONE))] == [None]


async def test_a_customer_who_does_not_wait_is_nobodys_to_talk_to(db: Database) -> None:
    await move_in(db)
    await db.write(file)
    with pytest.raises(Refused, match="doesn't wait for it any more"):
        await db.write(lambda s: ask(s, kind=Kind.TALK, account=ACME))


# ---- hearing ------------------------------------------------------------------------------------


async def test_which_question_a_direct_message_answers(db: Database) -> None:
    await move_in(db)
    await db.write(file)
    assert (await db.write(lambda s: hear(s, "Hello"))).catch is Catch.NOTHING
    await db.write(ask)
    await db.write(lambda s: ask(s, key="ask:2", words="And then?"))
    await db.write(lambda s: post(s, "question:1", "5.0"))
    await db.write(lambda s: post(s, "notice:x", "6.0", Topic.NEWS))
    await db.write(lambda s: post(s, "round:x", "7.0", Topic.ROUND))

    unclear = await db.write(lambda s: hear(s, "AWS", ts="2.0"))
    assert (unclear.catch, len(unclear.asked)) == (Catch.UNCLEAR, 2)
    assert (await db.write(lambda s: hear(s, "AWS", ts="2.0"))).catch is Catch.NOTHING, "heard already"
    assert (await db.write(lambda s: hear(s, "AWS", ts="3.0", thread="6.0"))).catch is Catch.NOTHING
    assert (await db.write(lambda s: hear(s, " ", ts="3.1", thread="5.0"))).catch is Catch.NOTHING
    answered = await db.write(lambda s: hear(s, "AWS", ts="4.0", thread="5.0"))
    assert (answered.catch, answered.asked[0].question.answer, answered.is_shown) == (Catch.ANSWERED, "AWS", True)
    below = await db.write(lambda s: hear(s, "GCP", ts="4.5", thread="7.0"))
    assert (below.asked[0].question.id, below.is_shown) == (2, False)


async def test_a_long_message_is_an_answer_too(db: Database) -> None:
    await move_in(db)
    await db.write(file)
    await db.write(ask)
    heard = await db.write(lambda s: hear(s, "x" * 12_000))
    assert len(heard.asked[0].question.answer or "") == 10_000


async def test_a_stranger_is_not_heard(db: Database) -> None:
    await move_in(db)
    with pytest.raises(Refused):
        await db.write(lambda s: hear(s, "Hello", by="UZOE"))


def notice_of(store: Store, /, key: NoticeId) -> Notice:
    return store.outbox.get(key)


async def test_questions_wait_for_working_hours(db: Database) -> None:
    await move_in(db)
    await db.write(file)
    await db.write(ask)
    keys = await db.read(lambda s: s.outbox.heads(MONDAY, MONDAY + timedelta(minutes=1), 10))
    said = [await db.read(notice_of, key) for key in keys]
    assert [(n.topic, n.line, n.patient) for n in said if n.topic is Topic.QUESTION] == [
        (Topic.QUESTION, ALICE, True)
    ]
