"""Questions and their answers as they are kept, on both databases."""

from datetime import timedelta

from bot.domain.ids import RequestNumber, UserId
from bot.domain.talks import Kind, Question
from bot.services import intake
from storage.database import Database
from storage.store import Store
from tests.builders import ALICE, BORIS, MONDAY, TANYA, a_draft, an_act, move_in

ONE = RequestNumber(1)


def a_question(words: str = "Which clouds first?", *, to: UserId = ALICE, kind: Kind = Kind.QUESTION) -> Question:
    return Question(id=0, number=ONE, kind=kind, words=words, by=BORIS, to=to, at=MONDAY)


def add(store: Store, *asked: Question) -> None:
    intake.file(store, an_act(), a_draft())
    for n, new in enumerate(asked):
        store.talks.add(new, f"ask:{n}")


async def test_a_question_comes_back_as_it_was_asked(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: add(s, a_question(kind=Kind.SIZE)))
    kept = await db.read(lambda s: s.talks.get(1))
    assert kept
    assert vars(kept) == vars(a_question(kind=Kind.SIZE)) | {"id": 1}
    assert kept.is_open
    assert await db.read(lambda s: s.talks.get(2)) is None


async def test_the_same_key_gives_the_first_one_back(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: add(s, a_question()))
    again = await db.write(lambda s: s.talks.add(a_question("Another?"), "ask:0"))
    assert (again.id, again.words) == (1, "Which clouds first?")
    assert await db.read(lambda s: s.talks.by_key("ask:0")) == again
    assert await db.read(lambda s: s.talks.by_key("ask:1")) is None
    assert len(await db.read(lambda s: s.talks.of(ONE))) == 1


async def test_what_waits_for_somebody_is_what_they_have_not_answered(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: add(s, a_question("One?"), a_question("Two?"), a_question("Three?", to=TANYA)))
    assert [q.words for q in await db.read(lambda s: s.talks.open_to(ALICE))] == ["One?", "Two?"]
    await db.write(lambda s: s.talks.answer(1, "Yes.", an_act(ALICE, minutes=5)))
    assert [q.words for q in await db.read(lambda s: s.talks.open_to(ALICE))] == ["Two?"]
    assert [q.words for q in await db.read(lambda s: s.talks.of(ONE))] == ["One?", "Two?", "Three?"]
    answered = await db.read(lambda s: s.talks.get(1))
    assert answered
    assert (answered.answer, answered.answered_by) == ("Yes.", ALICE)
    assert answered.answered_at == MONDAY + timedelta(minutes=5)


async def test_a_later_answer_replaces_the_first(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: add(s, a_question()))
    await db.write(lambda s: s.talks.answer(1, "Yes.", an_act(ALICE)))
    await db.write(lambda s: s.talks.answer(1, "No.", an_act(TANYA)))
    answered = await db.read(lambda s: s.talks.get(1))
    assert answered
    assert (answered.answer, answered.answered_by) == ("No.", TANYA)
