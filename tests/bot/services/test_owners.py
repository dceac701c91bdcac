"""Who answers for an account, and where one is spoken of that nobody answers for."""

from datetime import timedelta

import pytest

from bot import doctor
from bot.domain.ids import AccountId, TeamId
from bot.domain.imports import AccountRow
from bot.domain.usage import Event, Kind, PersonId, SourceId
from bot.services import house, imports, owners, usage
from sandbox.people import Message
from storage.database import Database
from storage.store import Store
from tests.builders import ALICE, BORIS, MONDAY, a_person, an_act, move_in
from tests.flows.house import modal, opened

ACT = an_act(None, key="import")


def has_accounts(store: Store, /, **owned_by: str) -> None:
    rows = [AccountRow(account_id=one, name=one, owner_email=email or None) for one, email in owned_by.items()]
    imports.accounts(store, ACT, rows)


def is_used(store: Store, *accounts: str) -> None:
    at = MONDAY - timedelta(hours=1)
    events = [
        Event(
            source=SourceId("s"),
            message=one,
            kind=Kind.TRACK,
            person=PersonId("ines"),
            at=at,
            received_at=at,
            name="Report",
            account=one,
        )
        for one in accounts
    ]
    usage.record(store, ACT, events)


def others_come(store: Store) -> None:
    others = [
        a_person("UGUEST", is_guest=True),
        a_person("UROBOT", is_bot=True),
        a_person("UGONE", is_deleted=True),
        a_person("UFOREIGN", team=TeamId("T2")),
    ]
    house.keep_people(store, ACT, others)


async def owner(db: Database, account: str) -> str | None:
    found = await db.read(owners.owner_of, AccountId(account))
    return found.id if found else None


async def test_an_owner_is_found_by_the_address_the_crm_has(db: Database) -> None:
    await move_in(db)
    await db.write(has_accounts, acme="ALICE@Tandem.test", globex="", initech="somebody@else.test")
    assert [await owner(db, one) for one in ("acme", "globex", "initech", "unheard-of")] == [
        ALICE,
        None,
        None,
        None,
    ]


@pytest.mark.parametrize("user", ["guest", "robot", "gone", "foreign"])
async def test_whom_tandem_may_not_write_to_owns_nothing(sqlite_url: str, user: str) -> None:
    async with Database.open(sqlite_url) as db:
        await move_in(db)
        await db.write(others_come)
        await db.write(has_accounts, acme=f"{user}@tandem.test")
        assert await owner(db, "acme") is None


async def test_without_an_owner_it_is_said_in_the_fallback_channel_if_there_is_one(db: Database) -> None:
    await move_in(db)
    await db.write(has_accounts, acme="boris@tandem.test", globex="")
    lines = [AccountId("acme"), AccountId("globex")]
    assert [await db.read(owners.line_of, one) for one in lines] == [BORIS, None]
    await db.write(lambda store: store.house.decide("channels", {"fallback": "C9"}, ACT))
    assert [await db.read(owners.line_of, one) for one in lines] == [BORIS, "C9"]


async def test_accounts_with_usage_and_no_owner_are_counted(db: Database) -> None:
    await move_in(db)
    await db.write(others_come)
    await db.write(has_accounts, acme="alice@tandem.test", globex="gone@tandem.test", initech="", unused="")
    await db.write(is_used, "acme", "globex", "initech", "never-imported")
    assert await db.read(owners.unowned) == 3
    assert await db.read(lambda store: store.accounts.unowned(store.house.team() or TeamId(""), 2)) == 2


async def test_the_doctor_counts_them_until_a_channel_is_chosen_for_them(sqlite_url: str) -> None:
    async with opened(sqlite_url) as house:
        assert not [line for line in await doctor.examine(house.settings) if "owner" in line]
        async with Database.open(sqlite_url) as db:
            await db.write(is_used, "never-imported")
        said = "accounts with usage and no owner we can find: 1"
        assert (
            f"! {said}. Import their owner_email, or choose a channel for them with /tandem setup"
            in await doctor.examine(house.settings)
        )

        form = modal(await house.person("Olga").slash("/tandem setup"))
        await form.fill({"For accounts without an owner": "#general"})
        await house.slack.invite("#general")
        await form.submit()
        await house.slack.until(lambda: bool(house.slack.messages("#general")))
        hello: Message = house.slack.messages("#general")[-1]
        assert hello.text == (
            "Tandem is here: what is about accounts without an owner comes to this channel. Set up by Olga."
        )
        channel = house.slack.channel_id("#general")
        assert f"ok {said}; what is about them goes to {channel}" in await doctor.examine(house.settings)
        async with Database.open(sqlite_url) as db:
            assert await db.read(owners.line_of, AccountId("never-imported")) == channel
