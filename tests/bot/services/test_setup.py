"""Settings that people change in Slack, and what holds from then on."""

from typing import Any

import pytest

from bot.domain.errors import Refused
from bot.domain.facts import ChannelTest
from bot.domain.ids import ChannelId, UserId
from bot.domain.notices import End, State
from bot.domain.policy import Cards, Channels, Policy, Roles
from bot.domain.roles import DEFAULTS, Doing, Role
from bot.domain.setup import Permits, Setup
from bot.services import access, house, setup
from bot.ui import setup as form
from bot.ui.memory import Memory
from sandbox import rules
from storage.database import Database
from storage.store import Store
from tests.builders import ALICE, BORIS, TANYA, a_person, an_act, filled, settle

OLGA = UserId("UOLGA")  #: admin of the workspace
BOARD, SALES = ChannelId("C0BOARD"), ChannelId("C0SALES")
MEMORY = Memory(key="0" * 32)


async def test_the_workspaces_admins_set_up_until_somebody_has(db: Database) -> None:
    await move_in(db)
    assert [await may_set_up(db, user) for user in (OLGA, "UOTTO", ALICE)] == [True, True, False]
    await db.write(setup.save, an_act(OLGA), a_setup())
    assert [await may_set_up(db, user) for user in (OLGA, "UOTTO", ALICE)] == [True, False, False]
    await db.write(setup.save, an_act(OLGA), a_setup(admins=(ALICE,)))
    assert [await may_set_up(db, user) for user in (OLGA, "UOTTO", ALICE)] == [True, False, True]


async def test_whom_the_environment_names_set_up_and_nobody_else(sqlite_url: str) -> None:
    async with Database.open(sqlite_url, fixed=Policy(admins=frozenset({BORIS}))) as db:
        await move_in(db)
        assert [await may_set_up(db, user) for user in (OLGA, BORIS)] == [False, True]
        await db.write(setup.save, an_act(BORIS), a_setup(admins=(OLGA,)))
        assert [await may_set_up(db, user) for user in (OLGA, BORIS)] == [False, True]


async def test_what_is_saved_is_in_force_and_only_what_differs_is_kept(db: Database) -> None:
    await move_in(db)
    wish = a_setup(
        cards=Cards.TOP, capture=":Eyes:", roles={Role.TECH: ("S3",), Role.SALES: (ALICE,), Role.SUPPORT: ()}
    )
    saved = await db.write(setup.save, an_act(OLGA), wish)
    policy = await db.read(lambda store: store.policy)
    assert saved.policy == policy
    assert (policy.channels.board, policy.cards, policy.capture) == (BOARD, Cards.TOP, "eyes")
    assert policy.roles.holders == {Role.TECH: {"S3"}, Role.SALES: {ALICE}}
    assert policy.admins == {OLGA}

    await db.write(setup.save, an_act(OLGA, key="again"), wish)
    assert await versions(db) == dict.fromkeys(("channels", "cards", "capture", "roles", "admins"), 1) | {
        "roles": 2
    }


async def test_a_channel_is_tested_when_it_is_new_and_until_a_test_arrives(db: Database) -> None:
    await move_in(db)
    first = await db.write(setup.save, an_act(OLGA, key="setup:1"), a_setup())
    again = await db.write(setup.save, an_act(OLGA, key="setup:1"), a_setup())
    assert first.tested == again.tested == (BOARD,)
    assert await tried(db) == {f"test:setup:1:{BOARD}": "waiting"}

    await db.write(settled, f"test:setup:1:{BOARD}", State.DEAD)
    assert (await db.write(setup.save, an_act(OLGA, key="setup:2"), a_setup())).tested == (BOARD,)
    await db.write(settled, f"test:setup:2:{BOARD}", State.POSTED)
    assert (await db.write(setup.save, an_act(OLGA, key="setup:3"), a_setup())).tested == ()
    moved = await db.write(setup.save, an_act(OLGA, key="setup:4"), a_setup(board=SALES, strategy=BOARD))
    assert moved.tested == (SALES, BOARD)


async def test_a_channel_for_two_things_is_tested_once(db: Database) -> None:
    await move_in(db)
    saved = await db.write(setup.save, an_act(OLGA), a_setup(marketing=BOARD))
    assert saved.tested == (BOARD,)
    assert len(await tried(db)) == 1


async def test_what_the_environment_fixes_stays_and_what_was_chosen_before_is_kept_for_later(
    sqlite_url: str,
) -> None:
    async with Database.open(sqlite_url) as db:
        await move_in(db)
        await db.write(setup.save, an_act(OLGA), a_setup(roles={Role.TECH: (TANYA,)}))
    fixed = Policy(channels=Channels(board=SALES), roles=Roles(holders={Role.TECH: frozenset({BORIS})}))
    async with Database.open(sqlite_url, fixed=fixed) as db:
        forged = a_setup(board=ChannelId("C0EVIL"), roles={Role.TECH: (ALICE,)})
        saved = await db.write(setup.save, an_act(OLGA, key="forged"), forged)
        assert saved.policy.channels.board == SALES
        assert saved.policy.roles.holders == {Role.TECH: {BORIS}}
    async with Database.open(sqlite_url) as db:
        policy = await db.read(lambda store: store.policy)
        assert policy.channels.board == BOARD
        assert policy.roles.holders == {Role.TECH: {TANYA}}


async def test_without_a_board_channel_nothing_is_saved(db: Database) -> None:
    await move_in(db)
    with pytest.raises(Refused) as refused:
        await db.write(setup.save, an_act(OLGA), Setup(channels={"board": None, "strategy": SALES}))
    assert refused.value.fields == {"channel_board": "Choose the channel that shows requests."}
    assert await versions(db) == {"roles": 1}


@pytest.mark.parametrize("user", ["UGUEST", "UROBOT", "UGONE", "UFOREIGN", "UNOBODY"])
async def test_only_full_members_become_admins(db: Database, user: str) -> None:
    await move_in(db)
    with pytest.raises(Refused) as refused:
        await db.write(setup.save, an_act(OLGA), a_setup(admins=(OLGA, user)))
    assert refused.value.fields == {"admins": "Admins are full members of this workspace. Choose others."}


async def test_an_admin_who_left_is_not_offered_again(db: Database) -> None:
    await move_in(db)
    await db.write(setup.save, an_act(OLGA), a_setup(admins=(BORIS,)))
    await db.write(house.keep_people, an_act(None), [a_person(BORIS, is_deleted=True)])
    now = await db.read(setup.open_form, an_act(OLGA))
    assert now.admins == {OLGA}


# ---- searching ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("ali", ["Alice"]),
        ("ALI", ["Alice"]),
        ("ольг", ["Ольга"]),
        ("ОЛЬ", ["Ольга"]),
        ("tec", ["@tech (group)"]),
        ("@tec", ["@tech (group)"]),
        ("@tech (group)", ["@tech (group)"]),
        ("100%", []),
        ("_", []),
        ("guest", []),
        ("robot", []),
        ("foreign", []),
        ("gone", []),
    ],
)
async def test_groups_and_people_are_found_by_what_was_typed(db: Database, typed: str, found: list[str]) -> None:
    await move_in(db)
    holders = await db.read(setup.suggest_holders, an_act(OLGA), form.searched_for(typed))
    assert [option["text"]["text"] for option in form.options(holders)] == found


async def test_a_search_is_bounded_and_for_admins(db: Database) -> None:
    await move_in(db)
    await db.write(house.keep_people, an_act(None), [a_person(f"UMANY{n}", name=f"Many {n}") for n in range(30)])
    holders = await db.read(setup.suggest_holders, an_act(OLGA), "many")
    assert len(holders.people) == setup.FOUND
    with pytest.raises(Refused):
        await db.read(setup.suggest_holders, an_act(ALICE), "many")


# ---- who may do what ----------------------------------------------------------------------------


async def test_only_what_differs_from_the_defaults_is_kept(db: Database) -> None:
    await move_in(db)
    wish = {**DEFAULTS, Doing.MOVE: frozenset({Role.SALES}), Doing.TRIAGE: frozenset()}
    permitted = await db.write(setup.permit, an_act(OLGA), Permits(rights=wish))
    assert permitted.changed == (Doing.MOVE,)
    assert await db.read(lambda store: store.house.decided("rights")) == {"move": ["sales"]}
    assert (await db.read(access.member, an_act(ALICE))).may(Doing.MOVE)
    back = await db.write(setup.permit, an_act(OLGA), Permits(rights={**wish, Doing.MOVE: frozenset()}))
    assert back.changed == (Doing.MOVE,)
    assert not (await db.read(access.member, an_act(ALICE))).may(Doing.MOVE)


async def test_nobody_but_an_admin_says_who_may_do_what(db: Database) -> None:
    await move_in(db)
    with pytest.raises(Refused) as refused:
        await db.write(setup.permit, an_act(ALICE), Permits(rights={Doing.MOVE: frozenset({Role.SALES})}))
    assert refused.value.text == "Only Tandem's admins change its settings. Ask Otto or Ольга."


# ---- the forms ----------------------------------------------------------------------------------


async def test_a_form_saved_as_it_was_shown_changes_nothing(db: Database) -> None:
    await move_in(db)
    wish = a_setup(strategy=SALES, cards=Cards.DAILY, roles={Role.TECH: ("S3", TANYA), Role.SALES: ("S404",)})
    await db.write(setup.save, an_act(OLGA), wish)
    now = await db.read(setup.open_form, an_act(OLGA))
    view = form.form(now, MEMORY)
    rules.check_view(view)
    assert form.read(filled(view)) == a_setup(
        strategy=SALES,
        coordination=None,
        marketing=None,
        fallback=None,
        cards=Cards.DAILY,
        admins=(OLGA,),
        roles={**dict.fromkeys(Role, ()), Role.TECH: ("S3", TANYA), Role.SALES: ("S404",)},
    )
    rights = form.rights_form(now, MEMORY)
    rules.check_view(rights)
    assert form.read_rights(filled(rights)).decided == {}


async def test_the_receipts_are_what_slack_takes(db: Database) -> None:
    await move_in(db)
    saved = await db.write(setup.save, an_act(OLGA), a_setup(roles={}))
    rules.check_view(form.receipt(saved))
    assert "No role has anybody yet, so everybody may do everything." in str(form.receipt(saved))
    permitted = await db.write(setup.permit, an_act(OLGA), Permits(rights={d: frozenset(Role) for d in DEFAULTS}))
    rules.check_view(form.rights_receipt(permitted))


async def test_two_people_of_one_name_are_told_apart_by_their_address(db: Database) -> None:
    await move_in(db)
    twins = [a_person(f"UTWIN{n}", name="Kim Lee", email=f"kim{n}@tandem.test") for n in (1, 2)]
    await db.write(house.keep_people, an_act(None), twins)
    found = form.options(await db.read(setup.suggest_holders, an_act(OLGA), "kim"))
    assert [option["description"]["text"] for option in found] == ["kim1@tandem.test", "kim2@tandem.test"]


NASTY = "<!channel> & " * 40


async def test_long_names_of_many_people_fit_and_are_no_markup(sqlite_url: str) -> None:
    many = [a_person(f"UMANY{n}", name=f"{n} {NASTY}") for n in range(40)]
    everybody = frozenset(person.id for person in many)
    held = {role: tuple(sorted(everybody)) for role in Role}
    async with Database.open(sqlite_url) as db:
        await move_in(db)
        await db.write(house.keep_people, an_act(None), [*many, a_person(OLGA, name=NASTY, is_admin=True)])
        await db.write(setup.save, an_act(OLGA), a_setup(roles=held))
        rules.check_view(form.form(await db.read(setup.open_form, an_act(OLGA)), MEMORY))
    roles = Roles(holders=dict.fromkeys(Role, everybody))
    fixed = Policy(roles=roles, admins=everybody | {OLGA}, channels=Channels(board=ChannelId(f"#{NASTY}")))
    async with Database.open(sqlite_url, fixed=fixed) as db:
        view = form.form(await db.read(setup.open_form, an_act(OLGA)), MEMORY)
        rules.check_view(view)
        assert all("<!" not in block["text"]["text"] for block in view["blocks"] if block["type"] == "section")
    hello = form.test(ChannelTest(purpose="board", by=NASTY))
    rules.check_message({"channel": BOARD, **vars(hello)})
    assert "<!" not in hello.text


@pytest.mark.parametrize(
    "forged",
    [
        {"channel_board": "not a channel"},
        {"channel_board": "D0DIRECT"},
        {"role_tech": [{"value": "everybody"}]},
        {"cards": "none"},
    ],
)
async def test_what_the_form_never_offered_is_refused(db: Database, forged: dict[str, Any]) -> None:
    await move_in(db)
    view = filled(form.form(await db.read(setup.open_form, an_act(OLGA)), MEMORY))
    ((name, value),) = forged.items()
    (state,) = view["state"]["values"][name].values()
    state |= {
        "selected_conversation": value,
        "selected_options": value,
        "selected_option": {"value": value},
    }
    with pytest.raises(Refused, match="Please choose this one again"):
        form.read(view)


# ---- how it is done -----------------------------------------------------------------------------


async def move_in(db: Database) -> None:
    await db.write(settle)
    await db.write(others)


def others(store: Store) -> None:
    people = [
        a_person(OLGA, name="Ольга", is_admin=True),
        a_person("UOTTO", is_admin=True),
        a_person("UGUEST", is_guest=True, is_admin=True),
        a_person("UROBOT", is_bot=True),
        a_person("UGONE", is_deleted=True, is_admin=True),
        a_person("UFOREIGN", team="T2", is_admin=True),
    ]
    house.keep_people(store, an_act(None), people)


def a_setup(*, board: ChannelId = BOARD, **more: Any) -> Setup:
    others = ("coordination", "strategy", "marketing", "fallback")
    channels = {name: more.pop(name) for name in others if name in more}
    return Setup(channels={"board": board, **channels}, **more)


async def may_set_up(db: Database, user: str) -> bool:
    try:
        await db.read(setup.open_form, an_act(user))
    except Refused:
        return False
    return True


async def versions(db: Database) -> dict[str, int]:
    """How often each setting was decided."""

    def counted(store: Store) -> dict[str, int]:
        rows = store.connection.exec_driver_sql("SELECT name, max(version) FROM setting GROUP BY name")
        return {row.name: row[1] for row in rows}

    return await db.read(counted)


async def tried(db: Database) -> dict[str, str]:
    """Test messages by key, with how far they are."""

    def found(store: Store) -> dict[str, str]:
        rows = store.connection.exec_driver_sql("SELECT key, state FROM notice WHERE topic = 'test'")
        return {row.key: row.state for row in rows}

    return await db.read(found)


def settled(store: Store, key: str, state: State) -> None:
    """A test arrived, or never will."""
    sent = store.connection.exec_driver_sql(f"SELECT id FROM notice WHERE key = '{key}'").scalar_one()
    store.outbox.end(sent, End(state=state, error=""))
