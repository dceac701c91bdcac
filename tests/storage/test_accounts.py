"""Customers: found by any spelling, kept once, and who of them waits for what."""

import pytest

from bot.domain.accounts import Account, Stage
from bot.domain.asks import Aim, Ask, Importance
from bot.domain.ids import AccountId, RequestNumber
from bot.domain.money import Money
from storage.database import Database
from storage.store import Store
from tests.builders import ALICE, MONDAY, a_request, an_act

DEAL = Money(minor=12_000_000, currency="EUR")


def account(name: str, key: str = "", **more: object) -> Account:
    return Account(id=AccountId(key or name.lower()), name=name, **more)  # type: ignore[arg-type]


def keep(store: Store, *names: str) -> None:
    store.accounts.put([account(name, f"a{n}") for n, name in enumerate(names)], MONDAY)


def found(store: Store, words: str, limit: int = 20) -> list[str]:
    return [a.name for a in store.accounts.search(words, limit)]


def name_new(store: Store, *names: str, key: str = "request:1") -> list[Account]:
    return [store.accounts.named_or_new(name, an_act(key=key)) for name in names]


# ---- one account --------------------------------------------------------------------------------


async def test_an_account_is_kept_as_it_is(db: Database) -> None:
    acme = account(
        "Acme Bank",
        "acme",
        domain="acme.test",
        owner_email="alice@tandem.test",
        employees=2**31 - 1,
        arr=Money(minor=999_999_999_999_000, currency="KWD"),
        stage=Stage.CUSTOMER,
    )
    await db.write(lambda s: s.accounts.put([acme], MONDAY))
    assert await db.read(lambda s: s.accounts.get(AccountId("acme"))) == acme
    assert await db.read(lambda s: s.accounts.get(AccountId("ACME"))) is None


async def test_who_is_put_again_is_brought_up_to_date(db: Database) -> None:
    await db.write(lambda s: s.accounts.put([account("Acme", "acme", arr=DEAL)], MONDAY))
    await db.write(lambda s: s.accounts.put([account("Acme Bank", "acme")], MONDAY))
    assert await db.read(lambda s: s.accounts.get(AccountId("acme"))) == account("Acme Bank", "acme")
    assert await db.read(found, "acme") == ["Acme Bank"]


@pytest.mark.parametrize(
    ("kept", "typed"),
    [
        ("Acme Bank", "ACME bank"),
        ("Straße AG", "STRASSE ag"),
        ("Укрзалізниця", "УКРЗАЛІЗНИЦЯ"),
        ("Café", "CAFE\u0301"),
        ("Ｆｕｌｌ", "full"),
    ],
)
async def test_an_account_is_known_however_its_name_is_written(db: Database, kept: str, typed: str) -> None:
    await db.write(keep, kept)
    assert [a.id for a in await db.write(name_new, typed)] == ["a0"]


async def test_of_two_accounts_with_one_name_the_older_is_meant(db: Database) -> None:
    await db.write(lambda s: s.accounts.put([account("Acme", "new")], an_act(minutes=5).at))
    await db.write(lambda s: s.accounts.put([account("ACME", "old")], MONDAY))
    assert (known := await db.read(lambda s: s.accounts.named("acme")))
    assert known.id == "old"


async def test_an_unknown_name_becomes_an_account_with_an_id_made_from_it(db: Database) -> None:
    [globex] = await db.write(name_new, "Globex Corp.")
    assert globex == account("Globex Corp.", "globex-corp")
    assert await db.write(name_new, "globex corp.") == [globex]


async def test_names_that_make_the_same_id_stay_customers_of_their_own(db: Database) -> None:
    names = ["Acme", "Acme!", "Acme?", "Acme.", "(Acme)", "🚀", "🦄", "🐙"]
    made = await db.write(name_new, *names)
    assert [a.name for a in made] == names
    assert len({a.id for a in made}) == len(names)
    assert await db.write(name_new, *names) == made
    for one in made:
        assert await db.read(lambda s, key: s.accounts.get(key), one.id) == one


# ---- searching ----------------------------------------------------------------------------------


async def test_accounts_that_begin_with_the_words_come_first(db: Database) -> None:
    await db.write(keep, "Zeta Acme", "Acme Bank", "acme", "Globex", "The Acme Co")
    assert await db.read(found, "acme") == ["acme", "Acme Bank", "The Acme Co", "Zeta Acme"]
    assert await db.read(found, " ACME ", 2) == ["acme", "Acme Bank"]
    assert await db.read(found, "initech") == []


async def test_without_words_the_first_accounts_are_offered(db: Database) -> None:
    await db.write(keep, "b", "a", "c")
    assert await db.read(found, "", 2) == ["a", "b"]


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("100%", ["100% Pure"]),
        ("%", ["100% Pure"]),
        ("_", ["snake_case"]),
        ("a_c", []),
        ("/", ["A/B"]),
        ("\\", ["C\\D"]),
        ("'", ["O'Neill"]),
        ("\"'; --", []),
    ],
)
async def test_wildcards_are_plain_characters(db: Database, typed: str, names: list[str]) -> None:
    await db.write(keep, "100% Pure", "100 Pure", "snake_case", "abc", "A/B", "C\\D", "O'Neill")
    assert await db.read(found, typed) == names


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("БАНК", "Альфа-банк"),
        ("ΑΘΗΝΑ", "Αθηνα"),
        ("東", "東京電力"),
        ("straSSe", "Hauptstraße"),
        ("בנק", "בנק לאומי"),
    ],
)
async def test_accounts_are_found_in_every_alphabet(db: Database, typed: str, name: str) -> None:
    await db.write(keep, "Альфа-банк", "Αθηνα", "東京電力", "Hauptstraße", "בנק לאומי")
    assert await db.read(found, typed) == [name]


# ---- who waits ----------------------------------------------------------------------------------


def an_ask(number: RequestNumber, key: str, **more: object) -> Ask:
    values = {"behind": number, "account": AccountId(key), "by": ALICE, "at": MONDAY} | more
    return Ask(number=number, **values)  # type: ignore[arg-type]


def file(store: Store) -> RequestNumber:
    keep(store, "Acme", "Globex", "Initech")
    return store.requests.add(a_request(), "request:1").number


async def test_who_waits_is_told_oldest_first(db: Database) -> None:
    number = await db.write(file)
    asks = [
        an_ask(number, "a1", id=1, importance=Importance.MUST, aim=Aim.GROW, permalink="https://home.slack.com/1"),
        an_ask(number, "a0", id=2, contact="Ines", may_talk=True),
    ]
    await db.write(lambda s: s.accounts.add_asks(asks))
    await db.write(lambda s: s.accounts.add_asks([]))
    assert await db.read(lambda s: s.accounts.asks(number)) == asks
    assert await db.read(lambda s: s.accounts.waiting(number)) == 2


async def test_an_ask_can_be_changed_and_taken_back(db: Database) -> None:
    number = await db.write(file)
    await db.write(lambda s: s.accounts.add_asks([an_ask(number, "a0"), an_ask(number, "a1")]))
    changed = an_ask(number, "a0", id=1, importance=Importance.BLOCKS)
    await db.write(lambda s: s.accounts.change_ask(changed))
    await db.write(lambda s: s.accounts.remove_asks(number, [AccountId("a1"), AccountId("a2")]))
    await db.write(lambda s: s.accounts.remove_asks(number, []))
    assert await db.read(lambda s: s.accounts.asks(number)) == [changed]
    assert await db.read(lambda s: s.accounts.waiting(number)) == 1
    assert await db.read(lambda s: s.accounts.waiting(RequestNumber(404))) == 0
