"""Who may do anything at all: asked by every service people reach, in the same words."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.domain.acts import Act, Actor
from bot.domain.errors import Refused
from bot.domain.ids import ChannelId, MessageTs, RequestNumber, TeamId, UserId
from bot.domain.requests import Customer, Join, Sizing
from bot.domain.roles import Role
from bot.domain.wsjf import Factor
from bot.services import access, home, house, intake, ranking
from storage.database import Database
from storage.store import Store
from tests.builders import ALICE, HOME, TANYA, a_draft, a_person, an_act, an_origin, move_in

UNKNOWN = "I can't find you in this workspace's directory. Try again in a minute, or ask an admin."
FOREIGN = "Tandem serves the workspace it is installed in. Ask a colleague there to do this for you."
GUEST = "Tandem is for full members. Ask the colleague who invited you to file this for you."
ROBOT = "Tandem listens to people only."

STRANGERS = [
    ("UNOBODY", HOME, UNKNOWN),
    ("UGONE", HOME, UNKNOWN),
    ("UGUEST", HOME, GUEST),
    ("UROBOT", HOME, ROBOT),
    ("UFOREIGN", HOME, FOREIGN),
    (ALICE, TeamId("T2"), FOREIGN),
    ("UNOBODY", TeamId("T2"), FOREIGN),
]

Service = Callable[[Store, Act], Any]
ORIGIN = (ChannelId("C1"), MessageTs("1732537462.000100"))
DOORS: dict[str, Service] = {
    "open_form": lambda s, act: intake.open_form(s, act, "k8s"),
    "reconsider": lambda s, act: intake.reconsider(s, act, "k8s", {}),
    "from_message": lambda s, act: intake.from_message(s, act, *ORIGIN, None),
    "open_join": lambda s, act: intake.open_join(s, act, RequestNumber(1)),
    "suggest_accounts": lambda s, act: intake.suggest_accounts(s, act, "a"),
    "file": lambda s, act: intake.file(s, act, a_draft()),
    "join": lambda s, act: intake.join(s, act, RequestNumber(1), Join(customers=(Customer(name="Acme"),))),
    "open_sizing": lambda s, act: ranking.open_sizing(s, act, RequestNumber(1)),
    "resize": lambda s, act: ranking.resize(s, act, RequestNumber(1), {}),
    "take": lambda s, act: ranking.take(s, act, RequestNumber(1), {}, Factor.VALUE, 8),
    "estimate": lambda s, act: ranking.estimate(s, act, RequestNumber(1), Sizing(value=8)),
    "preview": lambda s, act: ranking.preview(s, act, {}, None),
    "show_board": lambda s, act: ranking.show_board(s, act, "k8s"),
    "open_home": home.open_home,
}


def welcome_strangers(store: Store) -> None:
    """A guest, a bot, somebody who left and somebody of another company, and a request to be curious about."""
    strangers = [
        a_person("UGONE", is_deleted=True),
        a_person("UGUEST", is_guest=True),
        a_person("UROBOT", is_bot=True),
        a_person("UFOREIGN", team=TeamId("T2")),
    ]
    house.keep_people(store, an_act(None), strangers)
    intake.file(store, an_act(), a_draft(origin=an_origin()))


async def test_a_member_comes_with_their_roles(db: Database) -> None:
    await move_in(db)
    alice = await db.read(access.member, an_act(ALICE))
    tanya = await db.read(access.member, an_act(TANYA))
    assert alice.roles == {Role.SALES}
    assert tanya.roles == {Role.TECH}
    assert alice.person == a_person(ALICE)
    assert alice.roles_in_use


async def test_without_roles_everybody_may_do_everything(db: Database) -> None:
    await move_in(db, roles=False)
    assert not (await db.read(access.member, an_act(ALICE))).roles_in_use


async def test_somebody_whose_team_slack_did_not_say_is_judged_by_our_copy(db: Database) -> None:
    await move_in(db)
    await db.write(welcome_strangers)
    assert await db.read(access.member, teamless(ALICE))
    with pytest.raises(Refused) as refused:
        await db.read(access.member, teamless("UFOREIGN"))
    assert refused.value.text == FOREIGN


def teamless(user: str) -> Act:
    return of_team(user, None)


def of_team(user: str, team: TeamId | None) -> Act:
    act = an_act(user)
    return Act(**{**vars(act), "by": Actor(user=UserId(user), team=team)})


async def test_before_the_first_start_is_done_everybody_is_asked_to_wait(db: Database) -> None:
    with pytest.raises(Refused) as refused:
        await db.read(access.member, an_act())
    assert refused.value.text == "Tandem isn't connected to a workspace yet. Try again in a minute."


async def test_no_service_serves_who_does_not_belong_here(db: Database) -> None:
    await move_in(db)
    await db.write(welcome_strangers)
    for door, service in DOORS.items():
        for user, team, said in STRANGERS:
            with pytest.raises(Refused) as refused:
                await db.write(service, of_team(user, team))
            assert refused.value.text == said, f"{door} to {user} of {team}"
    assert len(await db.read(lambda s: s.changes.of("request:1"))) == 4, "nothing was kept of them"
