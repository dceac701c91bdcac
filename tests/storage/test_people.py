"""Our copy of the directory."""

from dataclasses import replace

import pytest

from bot.domain.ids import GroupId, UserId
from bot.domain.people import Group, Member
from bot.domain.policy import Policy, Roles
from bot.domain.roles import Role
from storage.database import Database
from storage.store import Store
from tests.builders import ALICE, BORIS, MONDAY, TANYA, a_person

TECH, SALES = GroupId("S1"), GroupId("S2")
ROLES = Policy(roles=Roles(holders={Role.TECH: frozenset({TECH}), Role.SALES: frozenset({SALES, BORIS})}))


def put(store: Store, /, *people: object, **more: object) -> None:
    store.people.put([a_person(str(user), **more) for user in people], MONDAY)


def group(key: GroupId, *members: UserId) -> Group:
    return Group(id=key, handle=key.lower(), members=frozenset(members))


def roles_of(store: Store, user: UserId) -> frozenset[Role]:
    member = store.people.member(user, ROLES)
    assert member is not None
    return member.roles


async def test_a_person_is_kept_as_they_are(db: Database) -> None:
    alice = a_person(name="Алиса 🚀", timezone="Europe/Kyiv", is_guest=True)
    assert not await db.read(lambda s: s.people.any())
    await db.write(lambda s: s.people.put([alice], MONDAY))
    assert await db.read(lambda s: s.people.get(ALICE)) == alice
    assert await db.read(lambda s: s.people.get(BORIS)) is None
    assert await db.read(lambda s: s.people.any())


async def test_who_is_put_again_is_brought_up_to_date_and_the_others_stay(db: Database) -> None:
    await db.write(put, ALICE, BORIS)
    await db.write(put, ALICE, name="Alice B.", email=None, timezone=None)
    assert await db.read(lambda s: s.people.get(ALICE)) == a_person(name="Alice B.", email=None)
    assert await db.read(lambda s: s.people.get(BORIS)) == a_person(BORIS)


@pytest.mark.parametrize("typed", ["alice@tandem.test", "ALICE@Tandem.Test"])
async def test_a_person_is_found_by_e_mail_however_it_is_written(db: Database, typed: str) -> None:
    await db.write(put, ALICE, email="Alice@TANDEM.test")
    assert (found := await db.read(lambda s: s.people.by_email(typed)))
    assert found.id == ALICE


async def test_who_left_is_not_found_by_e_mail(db: Database) -> None:
    await db.write(put, ALICE, is_deleted=True)
    assert await db.read(lambda s: s.people.by_email("alice@tandem.test")) is None
    assert await db.read(lambda s: s.people.by_email("")) is None


async def test_names_are_told_of_those_we_know(db: Database) -> None:
    await db.write(put, ALICE, BORIS)
    assert await db.read(lambda s: s.people.names([ALICE, ALICE, None, UserId("U404")])) == {ALICE: "Alice"}
    assert await db.read(lambda s: s.people.names([None])) == {}


async def test_roles_are_held_alone_or_through_groups(db: Database) -> None:
    await db.write(put, ALICE, BORIS, TANYA)
    await db.write(lambda s: s.people.put_groups([group(TECH, TANYA, ALICE), group(SALES, ALICE)], MONDAY))
    assert await db.read(roles_of, ALICE) == {Role.TECH, Role.SALES}
    assert await db.read(roles_of, BORIS) == {Role.SALES}
    assert await db.read(roles_of, TANYA) == {Role.TECH}


async def test_groups_are_kept_exactly_as_they_are_now(db: Database) -> None:
    await db.write(put, ALICE, TANYA)
    await db.write(lambda s: s.people.put_groups([group(TECH, TANYA), group(SALES, ALICE)], MONDAY))
    await db.write(lambda s: s.people.put_groups([group(TECH, ALICE), group(GroupId("S3"))], MONDAY))
    assert await db.read(roles_of, TANYA) == set()
    assert await db.read(roles_of, ALICE) == {Role.TECH}


async def test_a_member_knows_whether_roles_are_in_use(db: Database) -> None:
    await db.write(put, ALICE)
    held = Member(person=a_person(), roles=frozenset(), roles_in_use=True)
    assert await db.read(lambda s: s.people.member(ALICE, ROLES)) == held
    assert await db.read(lambda s: s.people.member(ALICE, Policy())) == replace(held, roles_in_use=False)


async def test_a_stranger_is_no_member(db: Database) -> None:
    await db.write(lambda s: s.people.put_groups([group(TECH, ALICE)], MONDAY))
    assert await db.read(lambda s: s.people.member(ALICE, ROLES)) is None


async def test_somebody_who_never_said_has_no_preference(db: Database) -> None:
    assert await db.read(lambda s: s.people.prefers(ALICE, "card")) is None
