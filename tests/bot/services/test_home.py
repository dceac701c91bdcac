"""Home, the board's search by customers, and offers: what each person is shown, on both databases."""

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.accounts import Account
from bot.domain.board import Choice
from bot.domain.errors import Refused
from bot.domain.facts import BoardView, HomeView
from bot.domain.ids import AccountId, ChannelId, MessageTs, RequestNumber
from bot.domain.money import Money
from bot.domain.requests import Customer, Sizing, Source, Status
from bot.services import capture, home, house, intake, ranking
from storage.database import Database
from storage.messages import Message
from storage.store import Store
from tests.builders import ALICE, BORIS, MONDAY, TANYA, a_draft, a_person, an_act, an_origin, move_in

FOUNDING: dict[str, Any] = {"value": 8, "time_criticality": 2, "risk_reduction": 3, "job_size": 13}
HERE, THIS = ChannelId("C1"), MessageTs("1732537462.000100")


def file(store: Store, /, *titles: str, by: str = ALICE, **more: Any) -> None:
    for title in titles:
        intake.file(store, an_act(by, key=f"request:{title}"), a_draft(title, **more))


def change(store: Store, /, number: int, **values: Any) -> None:
    before = store.requests.get(RequestNumber(number))
    assert before
    store.requests.save(replace(before, **values), an_act())


def look(store: Store, /, by: str, **choice: Any) -> HomeView:
    return home.open_home(store, an_act(by), Choice(**choice))


def show(store: Store, words: str) -> BoardView:
    return ranking.show_board(store, an_act(), words)


# ---- Home ---------------------------------------------------------------------------------------


async def test_each_person_sees_what_waits_for_them(db: Database) -> None:
    await move_in(db)
    await db.write(file, *(f"t{n}" for n in range(12)), **FOUNDING)
    await db.write(change, 1, answered_at=MONDAY, owner=BORIS)
    alice, boris, tanya = [await db.read(look, who) for who in (ALICE, BORIS, TANYA)]
    assert [row.number for row in alice.mine] == list(range(12, 2, -1))
    assert (alice.to_sort, alice.new, alice.to_estimate, alice.owned) == ((), 0, (), ())
    assert ([r.number for r in boris.to_sort], boris.new) == ([2, 3, 4], 11)
    assert [row.number for row in boris.to_estimate] == [1]  # what is new is sorted first
    assert [row.number for row in boris.owned] == [1]
    assert (tanya.new, len(tanya.to_estimate), tanya.mine) == (0, 5, ())


async def test_what_is_confirmed_waits_no_longer(db: Database) -> None:
    await move_in(db)
    await db.write(file, "k8s-connector", **FOUNDING)
    assert (await db.read(look, TANYA)).to_estimate
    await db.write(lambda s: ranking.estimate(s, an_act(TANYA), RequestNumber(1), Sizing(**FOUNDING)))
    assert (await db.read(look, TANYA)).to_estimate == ()


async def test_the_board_begins_with_what_my_team_heard(db: Database) -> None:
    await move_in(db)
    await db.write(file, "sold", **FOUNDING)
    await db.write(file, "heard", source=Source.SUPPORT)
    alice, boris = await db.read(look, ALICE), await db.read(look, BORIS)
    assert ([row.title for row in alice.board], alice.has_team) == (["sold"], True)
    assert ([row.title for row in boris.board], boris.has_team) == (["sold", "heard"], False)
    assert [row.title for row in (await db.read(look, ALICE, source="all")).board] == ["sold", "heard"]
    assert [row.title for row in (await db.read(look, ALICE, source=Source.SUPPORT)).board] == ["heard"]


async def test_without_roles_everybody_sees_the_whole_board(db: Database) -> None:
    await move_in(db, roles=False)
    await db.write(file, "heard", source=Source.SUPPORT)
    alice = await db.read(look, ALICE)
    assert ([row.title for row in alice.board], alice.has_team) == (["heard"], False)
    assert [row.title for row in alice.to_estimate] == ["heard"]


async def test_a_page_holds_ten_and_tells_of_the_next(db: Database) -> None:
    await move_in(db)
    await db.write(file, *(f"t{n}" for n in range(10)), **FOUNDING)
    assert not (await db.read(look, BORIS)).more
    await db.write(file, "t10", **FOUNDING)
    first, second = await db.read(look, BORIS), await db.read(look, BORIS, page=1)
    assert (len(first.board), first.more) == (10, True)
    assert ([row.title for row in second.board], second.more) == (["t10"], False)


# ---- what a customer waits for ------------------------------------------------------------------


def customers(store: Store, *names: str) -> None:
    store.accounts.put([Account(id=AccountId(f"a{n}"), name=name) for n, name in enumerate(names)], MONDAY)


async def test_a_customer_sees_what_it_waits_for_and_what_it_got(db: Database) -> None:
    await move_in(db)
    await db.write(customers, "Acme Bank", "Lonely")
    acme = (Customer(id=AccountId("a0")),)
    for n, title in enumerate(("released", "declined", "unsized", "ranked")):
        figures = FOUNDING if title == "ranked" else {}
        deal = Money(minor=12_000_000 + n, currency="EUR")
        await db.write(file, title, customers=acme, deal_size=deal, **figures)
    await db.write(change, 1, status=Status.RELEASED, released_at=MONDAY)
    await db.write(change, 2, status=Status.DECLINED)
    await db.write(file, "Acme gateway")
    view = await db.read(show, "acme")
    [customer] = view.customers
    assert (customer.name, customer.waits) == ("Acme Bank", 2)
    assert [row.title for row in customer.rows] == ["ranked", "unsized", "released", "declined"]
    assert customer.rows[2].released_at == MONDAY
    assert [row.title for row in view.rows] == ["Acme gateway"]
    [lonely] = (await db.read(show, "lonely")).customers
    assert (lonely.waits, lonely.rows) == (0, ())


async def test_the_customer_of_that_name_comes_first_then_who_begins_with_it(db: Database) -> None:
    await move_in(db)
    await db.write(customers, "Big Acme", "Acme Zoo", "ACME", "Acme Air", "Pacme")
    assert [c.name for c in (await db.read(show, "acme")).customers] == ["ACME", "Acme Air", "Acme Zoo"]
    assert [c.name for c in (await db.read(show, "big")).customers] == ["Big Acme"]
    assert [c.name for c in (await db.read(show, "cme")).customers] == []


@pytest.mark.parametrize("word", ["%", "_", "ﷺ", "x", "東"])
async def test_whatever_is_typed_finds_or_does_not(db: Database, word: str) -> None:
    await move_in(db)
    await db.write(customers, "Acme Bank", "%", "100_")
    for times in (1, 2, 200, 4000):
        view = await db.read(show, word * times)
        assert [c.name for c in view.customers] == (["%"] if (word, times) == ("%", 1) else [])


# ---- offers -------------------------------------------------------------------------------------


def offer(store: Store, by: str = ALICE, asked_at: str = "1.1") -> Any:
    return capture.offer(store, an_act(by), HERE, THIS, MessageTs(asked_at))


async def test_a_message_is_offered_once_to_each_who_asks_and_again_to_who_asks_again(db: Database) -> None:
    await move_in(db)
    first, again, boris, later = [
        await db.write(offer, by, at) for by, at in ((ALICE, "1.1"), (ALICE, "1.1"), (BORIS, "1.1"), (ALICE, "1.2"))
    ]
    assert [one.known for one in (first, boris, later)] == [None] * 3
    assert again is None


async def test_what_is_on_the_board_is_offered_to_join(db: Database) -> None:
    await move_in(db)
    await db.write(file, "k8s-connector", origin=an_origin(), **FOUNDING)
    known = (await db.write(offer)).known
    assert (known.request.slug, known.standing.place.rank, known.is_ours) == ("k8s-connector", 1, False)


@pytest.mark.parametrize(
    ("subject", "known"),
    [("request:1", True), ("request:1:UBORIS", True), ("request:404", False), ("question:1", False), ("x", False)],
)
async def test_our_own_message_is_offered_as_what_it_speaks_of(db: Database, subject: str, known: bool) -> None:
    await move_in(db)
    await db.write(file, "k8s-connector")
    ours = Message(channel=HERE, ts=THIS, subject=subject, purpose="card", permalink=None, drawn_from=1, at=MONDAY)
    await db.write(lambda s: s.messages.put(ours))
    found = (await db.write(offer)).known
    assert (found is not None and found.is_ours) is known


@pytest.mark.parametrize("who", [{"is_guest": True}, {"team": "T2"}, {"is_deleted": True}, {"is_bot": True}])
async def test_who_does_not_belong_here_is_offered_nothing(db: Database, who: dict[str, Any]) -> None:
    await move_in(db)
    await db.write(lambda s: house.keep_people(s, an_act(), [a_person("UGUS", **who)]))
    with pytest.raises(Refused):
        await db.write(offer, "UGUS")
    with pytest.raises(Refused):
        await db.read(lambda s: capture.look_up(s, an_act("UGUS"), HERE, THIS))


@pytest.mark.parametrize(
    ("emoji", "called"),
    [("inbox_tray", True), ("inbox_tray::skin-tone-2", True), ("outbox_tray", False), ("", False)],
)
async def test_one_emoji_calls(db: Database, emoji: str, called: bool) -> None:
    assert await db.read(capture.is_called_by, emoji) is called


async def test_the_emoji_can_be_another(db: Database) -> None:
    await db.write(lambda s: s.house.decide("capture", "seedling", an_act()))
    assert await db.read(capture.is_called_by, "seedling")
    assert not await db.read(capture.is_called_by, "inbox_tray")
