"""Sentences keep their versions, notes of who was told are made once, watchers watch once."""

from datetime import date

from bot.domain.ids import AccountId, RequestNumber
from bot.domain.promises import Sentence, Told
from bot.domain.requests import Customer
from bot.services import intake
from storage.database import Database
from storage.store import Store
from tests.builders import ALICE, BORIS, a_draft, an_act, move_in

ONE, ACME, GLOBEX = RequestNumber(1), AccountId("acme"), AccountId("globex")


def begin(store: Store) -> None:
    intake.file(store, an_act(), a_draft(customers=(Customer(name="Acme"), Customer(name="Globex"))))


def say(store: Store, words: str, target: date | None = None) -> Sentence:
    return store.promises.say(ONE, words, target, an_act(BORIS))


async def test_every_version_of_a_sentence_is_kept(db: Database) -> None:
    await move_in(db)
    await db.write(begin)
    assert await db.read(lambda s: s.promises.latest(ONE)) is None
    first = await db.write(say, "We plan it.", date(2026, 12, 3))
    second = await db.write(say, "We build it.")
    assert (first.version, second.version) == (1, 2)
    assert await db.read(lambda s: s.promises.latest(ONE)) == second
    assert await db.read(lambda s: s.promises.all(ONE)) == [first, second]
    assert await db.read(lambda s: s.promises.all(RequestNumber(2))) == []


async def test_who_was_told_a_version_is_noted_once(db: Database) -> None:
    await move_in(db)
    await db.write(begin)
    await db.write(lambda s: s.promises.tell(ONE, [ACME, ACME], 1, an_act()))
    await db.write(lambda s: s.promises.tell(ONE, [ACME, GLOBEX], 1, an_act(BORIS, minutes=1)))
    await db.write(lambda s: s.promises.tell(ONE, [ACME], 2, an_act(BORIS, minutes=2)))
    await db.write(lambda s: s.promises.tell(ONE, [], 2, an_act()))
    assert await db.read(lambda s: s.promises.told(ONE)) == [
        Told(number=ONE, account=ACME, version=1, by=ALICE, at=an_act().at),
        Told(number=ONE, account=GLOBEX, version=1, by=BORIS, at=an_act(minutes=1).at),
        Told(number=ONE, account=ACME, version=2, by=BORIS, at=an_act(minutes=2).at),
    ]


async def test_who_watches_watches_once_until_they_stop(db: Database) -> None:
    await move_in(db)
    await db.write(begin)
    for _ in range(2):
        await db.write(lambda s: s.promises.watch(ONE, ALICE, an_act()))
    assert await db.read(lambda s: s.promises.watchers(ONE)) == [ALICE]
    for _ in range(2):
        await db.write(lambda s: s.promises.unwatch([ONE], ALICE))
    assert await db.read(lambda s: s.promises.watchers(ONE)) == []
