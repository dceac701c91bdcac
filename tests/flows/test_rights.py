"""docs/roles.md, cell by cell: everybody tries everything on a real database, and what the page says happens."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from bot.domain.acts import Act, Actor
from bot.domain.blockers import Raising
from bot.domain.errors import Refused
from bot.domain.escalations import Decision, Side, Taking, Verdict
from bot.domain.flow import Held, Move
from bot.domain.ids import GroupId, RequestNumber, TeamId, UserId
from bot.domain.money import Money
from bot.domain.people import Group
from bot.domain.policy import Cards
from bot.domain.requests import Customer, Join, Sizing, Status
from bot.domain.roles import SAID, Doing, Role
from bot.domain.setup import Permits, Setup
from bot.domain.subscriptions import COMPANY
from bot.domain.triage import Triage
from bot.domain.wsjf import Factor
from bot.services import (
    blockers,
    coordination,
    escalations,
    flow,
    house,
    intake,
    moves,
    outcomes,
    page,
    promises,
    questions,
    ranking,
    setup,
    triage,
)
from bot.ui.vocabulary import ROLES
from storage.database import Database
from storage.store import Store
from tests.builders import ALICE, BOT, HOME, MONDAY, a_draft, a_person, an_act
from tests.test_documents import ROOT

Service = Callable[[Store, Act, RequestNumber], object]

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOBODY = "No role"
PEOPLE = {name: UserId(f"U{name.upper()}") for name in (*ROLES.values(), "Plain")}
ADMIN = UserId("UADMIN")
OUTSIDE = {
    "a guest": UserId("UGUEST"),
    "a colleague of another company": UserId("UFOREIGN"),
    "somebody who left": UserId("UGONE"),
    "a bot": UserId("UROBOT"),
    "somebody unknown": UserId("UNOBODY"),
}


def the_page() -> dict[tuple[Doing, str], bool]:
    """What docs/roles.md says, by doing and column."""
    rows = re.findall(r"^\| (.+) \|$", (ROOT / "docs" / "roles.md").read_text(), re.MULTILINE)
    header, *cells = [row.split(" | ") for row in rows if "---" not in row]
    doings = {words.capitalize(): doing for doing, words in SAID.items()}
    return {
        (doings[said.capitalize()], name): cell == "yes"
        for said, *row in cells
        for name, cell in zip(header[1:], row, strict=True)
    }


PAGE = the_page()


# ---- what each does -----------------------------------------------------------------------------


def confirm(factor: Factor) -> Service:
    """What isn't theirs to confirm is kept as a suggestion: for this table that is a no."""

    def does(store: Store, act: Act, number: RequestNumber) -> None:
        sized = ranking.estimate(store, act, number, Sizing(**{factor: 8}))
        if factor in sized.suggested:
            assert sized.request.estimates[factor].confirmed is None
        if factor not in sized.decided or sized.request.estimates[factor].confirmed != 8:
            raise Refused("only suggested")

    return does


def suggest(store: Store, act: Act, number: RequestNumber) -> None:
    sized = ranking.estimate(store, act, number, Sizing(value=5, job_size=5))
    assert {*sized.suggested, *sized.decided} == {Factor.VALUE, Factor.JOB_SIZE}


def move(store: Store, act: Act, number: RequestNumber) -> None:
    target = (MONDAY + timedelta(days=30)).date()
    moved = moves.move(store, act, number, Move(status=Status.PLANNED, target=target))
    assert not isinstance(moved, Held)
    assert moved.request.status is Status.PLANNED


def decline(store: Store, act: Act, number: RequestNumber) -> None:
    no = Move(status=Status.DECLINED, why="Two of 340 asked.", sentence="Not this year.")
    moved = moves.move(store, act, number, no)
    assert moved.request.status is Status.DECLINED


def join(store: Store, act: Act, number: RequestNumber) -> None:
    assert intake.join(store, act, number, Join(customers=(Customer(name="Joined Ltd"),))).added == ("Joined Ltd",)


def tell(store: Store, act: Act, number: RequestNumber) -> None:
    (asked,) = store.accounts.asks(number)
    assert promises.tell(store, act, number, [asked.account]) == ("Acme",)


def set_up(store: Store, act: Act, number: RequestNumber) -> None:
    setup.save(store, act, Setup(channels={"board": "C1"}, cards=Cards.TOP))
    setup.permit(store, act, Permits(rights={}))


def say_what_is_in_the_way(store: Store, act: Act, number: RequestNumber) -> None:
    raising = Raising(words="waits for the legal text", owner=ALICE)
    raised = blockers.report(store, act, number, raising)
    assert blockers.resolve(store, act, raised.blocked.blocker.id, "Legal agreed.").is_first


def coordinate(store: Store, act: Act, number: RequestNumber) -> None:
    week = act.at.strftime("%G-W%V")
    coordination.say(store, act, COMPANY, week, "This week is about Acme.")
    assert coordination.post(store, act, COMPANY, week).is_new


def escalate(store: Store, act: Act, number: RequestNumber) -> None:
    wish = Taking(words="Five prospects hold back for it.", side=Side.SALES)
    assert escalations.take(store, act, number, wish).is_new


def decide(store: Store, act: Act, number: RequestNumber) -> None:
    escalate(store, an_act(ALICE, key="escalate"), number)
    (case,) = store.escalations.of(number)
    decision = Decision(verdict=Verdict.NOT_NOW, why="The audit log comes first.")
    assert escalations.decide(store, act, case.id, decision).is_first


def open_decision(store: Store, act: Act, number: RequestNumber) -> None:
    escalate(store, an_act(ALICE, key="escalate"), number)
    (case,) = store.escalations.of(number)
    escalations.open_decision(store, act, case.id)


def see_amounts(store: Store, act: Act, number: RequestNumber) -> None:
    (waiting,) = store.accounts.asks(number)
    acme = store.accounts.get(waiting.account)
    assert acme
    store.accounts.put([replace(acme, arr=Money(minor=18_000_000, currency="EUR"))], act.at)
    seen = page.open_page(store, act, number)
    if seen.behind is None or not (seen.waiting[0].brings and seen.waiting[0].brings.revenue):
        assert seen.behind is None
        assert seen.waiting[0].brings
        assert seen.waiting[0].brings.revenue is None
        raise Refused("no amount")


DOES: dict[Doing, Service] = {
    Doing.FILE: lambda s, act, _: intake.file(s, act, a_draft("Filed")),
    Doing.JOIN: join,
    Doing.SUGGEST: suggest,
    Doing.ASK: lambda s, act, n: questions.ask(s, act, n, to=ALICE, words="Which clouds first?"),
    Doing.WATCH: lambda s, act, n: flow.watch(s, act, n, True),
    Doing.BLOCK: say_what_is_in_the_way,
    Doing.ESCALATE: escalate,
    Doing.TELL: tell,
    Doing.CONFIRM_VALUE: confirm(Factor.VALUE),
    Doing.CONFIRM_TIME_CRITICALITY: confirm(Factor.TIME_CRITICALITY),
    Doing.CONFIRM_RISK_REDUCTION: confirm(Factor.RISK_REDUCTION),
    Doing.CONFIRM_JOB_SIZE: confirm(Factor.JOB_SIZE),
    Doing.TRIAGE: lambda s, act, n: triage.sort(s, act, n, Triage(direction="Platform")),
    Doing.MOVE: move,
    Doing.DECLINE: decline,
    Doing.PROMISE: lambda s, act, n: promises.say(s, act, n, "We expect it next year."),
    Doing.MEASURE: lambda s, act, n: outcomes.aim(s, act, n, 40, "connector_used"),
    Doing.COORDINATE: coordinate,
    Doing.SEE_AMOUNTS: see_amounts,
    Doing.DECIDE: decide,
    Doing.SET_UP: set_up,
}


#: Forms that don't even open for whoever may not do what they are for; the others show what the reader may.
OPENS: dict[Doing, Service] = {
    Doing.TRIAGE: triage.open_form,
    Doing.MEASURE: outcomes.open_form,
    Doing.DECIDE: open_decision,
    Doing.SET_UP: lambda s, act, _: setup.open_form(s, act),
}


# ---- the company --------------------------------------------------------------------------------


class Company:
    """Everybody of the table, in one database. What they try is taken back, so each cell begins alike."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def may(self, doing: Doing, user: UserId, *, roles: bool = True, team: TeamId = HOME) -> bool:
        """Whether it is done when they try. Raises whatever is no refusal."""
        return await self.can(DOES[doing], user, roles=roles, team=team)

    async def can(self, does: Service, user: UserId, *, roles: bool = True, team: TeamId = HOME) -> bool:
        doer = replace(an_act(user, key="try", minutes=60), by=Actor(user=user, team=team))
        try:
            await self._db.write(self._attempt, does, doer, roles)
        except TakenBack:
            return True
        except Refused:
            return False
        raise AssertionError("it was neither done nor refused")

    def _attempt(self, store: Store, does: Service, doer: Act, roles: bool) -> None:
        if not roles:
            store.house.decide("roles", {}, doer)
        filed = intake.file(store, an_act(ALICE, key="mine"), a_draft("Theirs", customers=(Customer(name="Acme"),)))
        promises.keep(store, an_act(ALICE), filed.request, "We look into it.")
        fresh = Store(store.connection, store.house.fixed)  # policy is read once a transaction
        does(fresh, doer, filed.request.number)
        raise TakenBack

    async def permit(self, doing: Doing, roles: Iterable[Role]) -> None:
        """What an admin decides, and keeps."""
        await self._db.write(setup.permit, an_act(ADMIN), Permits(rights={doing: frozenset(roles)}))


class TakenBack(Exception):
    """It worked; nothing of it is kept."""


def everybody(store: Store) -> None:
    act = an_act(None)
    house.settle_in(store, act, HOME, "Home", "https://home.slack.com/", BOT)
    outside = [
        a_person("UGUEST", is_guest=True),
        a_person("UFOREIGN", team="T2"),
        a_person("UGONE", is_deleted=True),
        a_person("UROBOT", is_bot=True),
    ]
    house.keep_people(
        store,
        act,
        [a_person(ALICE), a_person(ADMIN, is_admin=True), *map(a_person, PEOPLE.values()), *outside],
    )
    groups = {role: GroupId(f"S{role.upper()}") for role in Role}
    members = {role: frozenset({PEOPLE[name], *OUTSIDE.values()}) for role, name in ROLES.items()}
    house.keep_groups(store, act, [Group(id=g, handle=r, members=members[r]) for r, g in groups.items()])
    store.house.decide("roles", {role: [group] for role, group in groups.items()}, act)
    store.house.decide("channels", {"coordination": "C2", "strategy": "C3"}, act)


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["sqlite", "postgres"])
async def company(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    async with Database.open(url_of(request, tmp_path_factory)) as db:
        await db.write(everybody)
        yield Company(db)


def url_of(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database of its own for all the cells of the module."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("rights") / "tandem.db"
        path.write_bytes(request.getfixturevalue("_sqlite_template").read_bytes())
        return f"sqlite:///{path}"
    server, template = request.getfixturevalue("postgres_server"), request.getfixturevalue("_postgres_template")
    name = server.make(template)
    request.addfinalizer(lambda: server.retire(name))
    return str(server.at(name))


# ---- the table ----------------------------------------------------------------------------------


async def test_the_page_speaks_of_everything_and_everybody() -> None:
    assert PAGE.keys() == {(doing, name) for doing in Doing for name in (*ROLES.values(), NOBODY)}
    assert DOES.keys() == set(Doing)


@pytest.mark.parametrize("doing", Doing)
@pytest.mark.parametrize("column", [*ROLES.values(), NOBODY])
async def test_each_may_do_what_the_page_says_and_no_more(company: Company, doing: Doing, column: str) -> None:
    user = PEOPLE["Plain" if column == NOBODY else column]
    assert await company.may(doing, user) == PAGE[doing, column]


@pytest.mark.parametrize("doing", OPENS)
@pytest.mark.parametrize("column", [*ROLES.values(), NOBODY])
async def test_a_form_opens_only_for_whoever_may_send_it(company: Company, doing: Doing, column: str) -> None:
    user = PEOPLE["Plain" if column == NOBODY else column]
    assert await company.can(OPENS[doing], user) == PAGE[doing, column]


@pytest.mark.parametrize("column", [*ROLES.values(), NOBODY])
async def test_the_form_for_moves_offers_what_its_reader_may(company: Company, column: str) -> None:
    user = PEOPLE["Plain" if column == NOBODY else column]
    may = {doing for doing in (Doing.MOVE, Doing.DECLINE) if PAGE[doing, column]}

    def opens(store: Store, act: Act, number: RequestNumber) -> None:
        statuses = set(moves.open_move(store, act, number).statuses)
        assert (Status.PLANNED in statuses) == (Doing.MOVE in may)
        assert (Status.DECLINED in statuses) == (Doing.DECLINE in may)

    assert await company.can(opens, user) == bool(may)


@pytest.mark.parametrize("doing", Doing)
async def test_while_nobody_holds_a_role_everybody_may_do_everything_but_set_up(
    company: Company, doing: Doing
) -> None:
    assert await company.may(doing, PEOPLE["Plain"], roles=False) == (doing is not Doing.SET_UP)


@pytest.mark.parametrize("doing", Doing)
@pytest.mark.parametrize("who", OUTSIDE)
async def test_whoever_does_not_belong_here_may_do_nothing_whatever_they_hold(
    company: Company, doing: Doing, who: str
) -> None:
    assert not await company.may(doing, OUTSIDE[who])
    assert not await company.may(doing, OUTSIDE[who], roles=False)


@pytest.mark.parametrize("doing", Doing)
async def test_a_colleague_who_acts_from_another_workspace_may_do_nothing(company: Company, doing: Doing) -> None:
    assert not await company.may(doing, PEOPLE["Product"], team=TeamId("T2"))


async def test_settings_belong_to_admins_not_to_roles(company: Company) -> None:
    assert await company.may(Doing.SET_UP, ADMIN)
    assert not await company.may(Doing.MOVE, ADMIN), "an admin without a role moves nothing"


# ---- what an admin decides ----------------------------------------------------------------------


async def test_a_role_given_a_right_has_it_at_once_and_one_that_lost_it_has_not(company: Company) -> None:
    await company.permit(Doing.MOVE, {Role.SALES})
    try:
        assert await company.may(Doing.MOVE, PEOPLE["Sales"])
        assert not await company.may(Doing.MOVE, PEOPLE["Product"])
    finally:
        await company.permit(Doing.MOVE, set())
    assert await company.may(Doing.MOVE, PEOPLE["Product"])
