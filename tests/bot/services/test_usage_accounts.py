"""Two accounts become one, imported accounts take in what came under their mail, and people are forgotten."""

import pytest
from sqlalchemy import select

from bot.domain.accounts import Account
from bot.domain.asks import Aim, Ask, Importance
from bot.domain.errors import Refused
from bot.domain.ids import AccountId, RequestNumber
from bot.domain.imports import AccountRow
from bot.domain.money import Money
from bot.domain.requests import Customer, Join
from bot.domain.usage import Event, Kind, PersonId
from bot.services import imports, intake, usage
from storage import tables
from storage.database import Database
from storage.store import Store
from tests.bot.services.test_features import features_of, record, used
from tests.bot.services.test_usage import kept, marked
from tests.builders import ALICE, BORIS, MONDAY, a_draft, an_act, move_in

ACME, GLOBEX, INITECH = map(AccountId, ("acme", "globex", "initech"))
EUR = Money(minor=5_000_000, currency="EUR")


def known(store: Store) -> None:
    accounts = [
        Account(id=ACME, name="Acme"),
        Account(id=GLOBEX, name="Globex", arr=EUR, owner_email="alice@tandem.test"),
        Account(id=INITECH, name="Initech"),
    ]
    store.accounts.put(accounts, MONDAY)


async def merge(db: Database, account: str, into: str) -> Account:
    return await db.write(usage.merge_accounts, an_act(key="merge"), AccountId(account), AccountId(into))


async def moved_in(db: Database) -> None:
    await move_in(db)
    await db.write(known)


def told(person: str, email: str, *, ago: float = 1, also: str | None = None) -> Event:
    other = PersonId(also) if also else None
    return used(None, person, ago=ago, kind=Kind.IDENTIFY, name="", email=email, also=other)


def did(person: str, *, ago: float = 1) -> Event:
    return used(None, person, ago=ago)


async def people_of(db: Database, account: str) -> int:
    return (await features_of(db, account)).four_weeks.people


# ---- merging ------------------------------------------------------------------------------------


async def test_what_came_for_either_account_and_comes_later_is_the_ones_that_is_left(db: Database) -> None:
    await moved_in(db)
    await record(db, used("acme", "ines", ago=2), used("globex", "jon", ago=2))
    await merge(db, "globex", "initech")
    await merge(db, "acme", "globex")
    await record(db, used("acme", "kim", ago=1), used("globex", "lea", ago=1))
    assert [await people_of(db, one) for one in ("acme", "globex", "initech")] == [0, 0, 4]
    assert await db.read(lambda s: s.usage.same_as(["acme", "globex", "initech"])) == {
        "acme": "initech",
        "globex": "initech",
    }


async def test_both_accounts_are_to_be_looked_at_again(db: Database) -> None:
    await moved_in(db)
    await merge(db, "acme", "globex")
    assert await db.write(marked) == {"acme", "globex"}


async def test_the_account_that_is_left_knows_what_only_the_other_knew(db: Database) -> None:
    await moved_in(db)
    left = await merge(db, "globex", "acme")
    assert (left.name, left.arr, left.owner_email) == ("Acme", EUR, "alice@tandem.test")
    assert await db.read(lambda s: s.accounts.get(GLOBEX)) == left
    assert await db.read(lambda s: s.accounts.named("GLOBEX")) == left
    assert [one.id for one in await db.read(lambda s: s.accounts.search("", 9))] == ["acme", "initech"]


async def test_a_merge_is_in_the_change_log_of_both(db: Database) -> None:
    await moved_in(db)
    await merge(db, "acme", "globex")
    gone, left = await db.read(lambda s: (s.changes.of("account:acme"), s.changes.of("account:globex")))
    assert [(line.field, line.old, line.new) for line in gone] == [("same_as", None, "globex")]
    assert [(line.field, line.old, line.new) for line in left] == [("merged", None, "acme")]


@pytest.mark.parametrize(
    ("account", "into", "words"),
    [
        ("acme", "acme", "Acme can't be merged into itself."),
        ("nobody", "acme", "There is no account nobody. Accounts go by their id."),
        ("acme", "nobody", "There is no account nobody. Accounts go by their id."),
        ("initech", "acme", "Initech is part of Globex already."),
        ("globex", "initech", "initech is part of Globex already."),
    ],
)
async def test_a_merge_that_makes_no_sense_is_refused(db: Database, account: str, into: str, words: str) -> None:
    await moved_in(db)
    await merge(db, "initech", "globex")
    with pytest.raises(Refused) as refused:
        await merge(db, account, into)
    assert refused.value.text == words


def with_asks(store: Store) -> None:
    """R-1 is wanted by both, R-2 by Acme alone; Acme has a deal, and was told of R-1, as was Globex."""
    both = (Customer(id=ACME), Customer(id=GLOBEX))
    intake.file(store, an_act(key="request:1"), a_draft("saml", customers=both))
    intake.file(store, an_act(key="request:2"), a_draft("audit log", customers=both[:1], deal_size=EUR))
    sentence = store.promises.say(RequestNumber(1), "Single sign-on comes.", None, an_act())
    store.promises.tell(RequestNumber(1), [ACME, GLOBEX], sentence.version, an_act())
    first, second = store.accounts.asks(RequestNumber(1))
    store.accounts.change_ask(_said(first, Importance.NICE, None))
    store.accounts.change_ask(_said(second, Importance.MUST, Aim.PROTECT))


def _said(ask: Ask, importance: Importance, aim: Aim | None) -> Ask:
    return Ask(**{**vars(ask), "importance": importance, "aim": aim})


async def test_a_customer_known_twice_waits_once(db: Database) -> None:
    await moved_in(db)
    await db.write(with_asks)
    await merge(db, "acme", "globex")
    (ask,) = await db.read(lambda s: s.accounts.asks(RequestNumber(1)))
    assert (ask.account, ask.importance, ask.aim, ask.by) == (GLOBEX, Importance.MUST, Aim.PROTECT, ALICE)
    assert [one.account for one in await db.read(lambda s: s.accounts.asks(RequestNumber(2)))] == [GLOBEX]
    requests = await db.read(lambda s: [s.requests.get(RequestNumber(n)) for n in (1, 2)])
    assert [request.companies for request in requests if request] == [1, 1]
    assert [told.account for told in await db.read(lambda s: s.promises.told(RequestNumber(1)))] == [GLOBEX]


async def test_deals_follow_their_customer(db: Database) -> None:
    await moved_in(db)
    await db.write(with_asks)
    await merge(db, "acme", "globex")
    deals = await db.read(lambda s: (s.deals.open_of(ACME), s.deals.open_of(GLOBEX)))
    assert [[deal.size for deal in of] for of in deals] == [[], [EUR]]


async def test_who_joins_later_by_the_old_name_is_known_to_wait(db: Database) -> None:
    await moved_in(db)
    await db.write(with_asks)
    await merge(db, "acme", "globex")
    wish = Join(customers=(Customer(name="acme"),))
    joined = await db.write(intake.join, an_act(BORIS, key="join:1"), RequestNumber(2), wish)
    assert joined.waited_already == ("Globex",)


async def test_what_was_joined_to_another_request_counts_there_once(db: Database) -> None:
    await moved_in(db)
    await db.write(with_asks)
    await db.write(lambda s: s.accounts.count_behind([RequestNumber(2)], RequestNumber(1)))
    await db.write(_join_by_hand)
    await merge(db, "acme", "globex")
    assert [one.account for one in await db.read(lambda s: s.accounts.asks(RequestNumber(1)))] == [GLOBEX]
    request = await db.read(lambda s: s.requests.get(RequestNumber(1)))
    assert request
    assert request.companies == 1


def _join_by_hand(store: Store) -> None:
    store.connection.execute(tables.request.update().where(tables.request.c.number == 2).values(survivor=1))


async def test_the_log_tells_who_waits_after_a_merge(db: Database) -> None:
    await moved_in(db)
    await db.write(with_asks)
    await merge(db, "acme", "globex")
    lines = await db.read(lambda s: s.changes.of("request:1"))
    assert [(line.old, line.new) for line in lines if line.field == "ask"][-1] == ("acme", "globex")


# ---- accounts that are imported -----------------------------------------------------------------


async def bring(db: Database, **columns: str) -> None:
    row = AccountRow.model_validate({"name": columns["account_id"].capitalize(), **columns})
    await db.write(imports.accounts, an_act(key="import"), [row])


async def test_a_company_known_by_its_mail_becomes_the_account_that_is_imported(db: Database) -> None:
    await move_in(db)
    await record(db, told("ines", "ines@acme.io"), did("ines"))
    assert await people_of(db, "acme.io") == 1
    await bring(db, account_id="crm-1", domain="Acme.io")
    await record(db, told("jon", "jon@acme.io"), did("jon"), used("acme.io", "kim", ago=0))
    assert (await people_of(db, "acme.io"), await people_of(db, "crm-1")) == (0, 3)
    line = (await db.read(lambda s: s.changes.of("account:acme.io")))[0]
    assert (line.field, line.new, line.why) == ("same_as", "crm-1", "It has that mail domain.")


async def test_whichever_comes_first_of_import_and_events_is_the_same(db: Database) -> None:
    await move_in(db)
    await bring(db, account_id="crm-1", domain="acme.io")
    await record(db, told("ines", "ines@acme.io"), did("ines"), used("acme.io", "kim", ago=0))
    assert (await people_of(db, "acme.io"), await people_of(db, "crm-1")) == (0, 2)


async def test_an_account_called_as_its_domain_stands_by_itself_once_imported(db: Database) -> None:
    await move_in(db)
    await record(db, told("ines", "ines@acme.io"), did("ines"))
    await bring(db, account_id="acme-emea", domain="acme.io")
    await bring(db, account_id="acme.io", domain="acme.io")
    assert (await people_of(db, "acme.io"), await people_of(db, "acme-emea")) == (1, 0)


async def test_what_people_merged_stays_merged_when_it_is_imported_again(db: Database) -> None:
    await move_in(db)
    await bring(db, account_id="acme.io", domain="acme.io")
    await bring(db, account_id="crm-1", domain="acme.io")
    await record(db, used("acme.io", "ines", ago=0))
    await merge(db, "acme.io", "crm-1")
    await bring(db, account_id="acme.io", domain="acme.io")
    assert (await people_of(db, "acme.io"), await people_of(db, "crm-1")) == (0, 1)


async def test_free_mail_says_nothing_of_a_company(db: Database) -> None:
    await move_in(db)
    await bring(db, account_id="crm-1", domain="gmail.com")
    await record(db, told("ines", "ines@gmail.com"), did("ines"))
    assert await people_of(db, "crm-1") == 0


async def test_a_company_is_called_as_its_group_says_whenever_that_comes(db: Database) -> None:
    await record(db, used("g-17", "ines", ago=0))
    group = used(None, "ines", ago=1, kind=Kind.GROUP, name="", group="g-17", company={"name": "Acme"})
    await record(db, group)
    account = await db.read(lambda s: s.accounts.named("acme"))
    assert account == Account(id=AccountId("g-17"), name="Acme")


# ---- forgetting somebody ------------------------------------------------------------------------


async def forget(db: Database, person: str) -> usage.Forgotten:
    return await db.write(usage.forget, an_act(key="forget"), person)


def rows_with(store: Store, *words: str) -> int:
    """Rows of any table that hold one of these words."""
    found = 0
    for table in tables.metadata.sorted_tables:
        rows = store.connection.execute(select(table)).all()
        found += sum(any(word in str(value) for value in row for word in words) for row in rows)
    return found


async def test_all_of_a_person_goes_and_the_figures_are_put_right(db: Database) -> None:
    await moved_in(db)
    await record(
        db,
        used("acme", "ines-1", ago=2),
        used("acme", "ines-1", ago=1),
        used("acme", "browser-9", ago=4),
        told("ines-1", "ines@hidden.example", also="browser-9"),
        used("acme", "jon", ago=2),
    )
    await db.write(marked)
    assert await forget(db, "browser-9") == usage.Forgotten(ids=2, days=3, accounts=2)
    assert await db.write(marked) == {"acme", "hidden.example"}
    found = await features_of(db, "acme")
    assert (found.four_weeks.people, found.four_weeks.events) == (1, 1)
    assert await db.read(rows_with, "ines", "browser-9") == 0


async def test_events_of_somebody_forgotten_that_are_sent_again_stay_out(db: Database) -> None:
    event = used("acme", "ines", ago=2)
    await record(db, event)
    await forget(db, "ines")
    taken = await db.write(usage.record, an_act(), [event])
    assert (taken.new, taken.again) == (0, 1)
    assert not await db.read(kept)


async def test_a_person_is_forgotten_by_address_too(db: Database) -> None:
    await record(db, told("u-1", "ines@acme.io"), did("u-1"), told("u-2", "jon@acme.io"), did("u-2"))
    assert (await forget(db, "Ines@acme.io")).days == 1
    assert await people_of(db, "acme.io") == 1


async def test_who_is_not_known_or_not_one_is_not_forgotten(db: Database) -> None:
    await record(db, told("u-1", "team@acme.io"), told("u-2", "team@acme.io"))
    with pytest.raises(Refused, match="There is nobody called nobody in the usage data"):
        await forget(db, "nobody")
    with pytest.raises(Refused, match=r"2 people have this address: u-1, u-2\. Forget each"):
        await forget(db, "team@acme.io")
