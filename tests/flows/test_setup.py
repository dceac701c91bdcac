"""Olga sets Tandem up in Slack as docs/install.md says, and changes it later."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import create_engine, select

from bot import doctor
from sandbox import Message, Modal, company
from sandbox.workspace import User
from storage.engines import plain
from storage.tables import setting
from tests.flows.house import ROOT, House, modal, opened

pytestmark = pytest.mark.asyncio(loop_scope="module")

#: Nothing is set in the environment but what a start needs.
BARE: dict[str, Any] = {
    "sample": False,
    "tandem_board_channel": None,
    **{f"tandem_{role}": () for role in company.GROUPS},
}


async def test_from_an_empty_workspace_to_the_first_request_as_the_page_says(database_url: str) -> None:
    async with opened(database_url, **BARE) as house:
        olga, alice, tanya = map(house.person, ("Olga", "Alice", "Tanya"))

        form = await the_form(house)
        assert form.title == "Set up Tandem"
        assert form.value("Cards in the board channel") == "Each request"
        assert form.value("Emoji that puts a message on the board") == "inbox_tray"
        assert form.value("Admins") == ["Olga"]
        assert await form.suggestions("Tech", "te") == ["@tech (group)"]
        await form.fill(
            {
                "Board channel": "#board",
                "Sales": ["@sales (group)"],
                "Product": ["Boris"],
                "Tech": ["@tech (group)", "Ines"],
            }
        )
        receipt = modal(await form.submit())
        assert receipt.text.startswith(
            "Saved\nSaved. It counts from now on.\nA test message is on its way to #board. "
            "If it doesn't arrive, invite me there: /invite @Tandem."
        )
        await house.slack.until(lambda: bool(house.board()))
        assert [m.text for m in house.board()] == [
            "Tandem is here: requests will be shown in this channel. Set up by Olga."
        ]

        asking = modal(await alice.slash("/request k8s-connector"))
        await asking.fill({"Business problem": "They can't see what their clusters cost.", "Job size": 13})
        await asking.submit()
        card = await house.card("k8s-connector", "Alice guesses size 13")
        estimate = modal(await tanya.press("Estimate", on=card))
        await (await estimate.fill({"Job size": 5})).submit()
        assert "guess" not in (await house.card("k8s-connector", "Size 5")).text

        again = await the_form(house)
        assert again.value("Board channel") == "board"
        assert again.value("Tech") == ["@tech (group)", "Ines"]
        assert olga.errors == []


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One Tandem for all the stories here, set up by Olga."""
    async with opened(f"sqlite:///{tmp_path_factory.mktemp('setup') / 'tandem.db'}", **BARE) as house:
        form = await the_form(house)
        await form.fill({"Board channel": "#board", "Sales": ["@sales (group)"], "Tech": ["@tech (group)"]})
        await form.submit()
        await house.slack.until(lambda: bool(house.board()))
        yield house


async def test_only_admins_set_up_and_others_hear_who_they_are(house: House) -> None:
    seen = await house.person("Alice").slash("/tandem setup")
    assert isinstance(seen, Message)
    assert seen.text.startswith("Only Tandem's admins change its settings. Ask Olga.")
    helped = await house.person("Alice").slash("/tandem help")
    assert isinstance(helped, Message)
    assert "Admins: Olga." in helped.text


async def test_a_form_left_open_by_somebody_who_is_no_admin_any_more_saves_nothing(house: House) -> None:
    await save(house, {"Admins": ["Olga", "Boris"]})
    form = await the_form(house, "Boris")
    rights = modal(await house.person("Boris").press("Who may do what", on=form))
    await save(house, {"Admins": ["Olga"]})
    refused = modal(await rights.submit())
    assert "Only Tandem's admins change its settings. Ask Olga." in str(refused.errors)
    beneath = modal(await refused.close())
    await beneath.fill({"Cards in the board channel": "Only the top ten"})
    before = settings_of(house)
    refused = modal(await beneath.submit())
    assert "Only Tandem's admins change its settings. Ask Olga." in str(refused.errors)
    assert settings_of(house) == before


async def test_whoever_saves_stays_an_admin_and_guests_cannot_be_one(house: House) -> None:
    await house.slack.add_user(User("Greta", is_restricted=True))
    form = await the_form(house)
    refused = modal(await (await form.fill({"Admins": ["Greta"]})).submit())
    assert refused.errors == {"Admins": "Admins are full members of this workspace. Choose others."}
    await (await refused.fill({"Admins": None})).submit()
    assert newest(house, "admins") == [house.slack.user_id("Olga")]


async def test_a_channel_i_am_not_in_is_told_to_the_admin_at_once_and_tested_again_until_it_works(
    house: House,
) -> None:
    receipt = await save(house, {"Coordination channel": "#sales"})
    assert "A test message is on its way to #sales." in receipt.text
    told = await house.dm("Olga", "#sales", "not_in_channel")
    assert told.text.startswith("I couldn't post in #sales today (not_in_channel). Invite me there with /invite")

    await house.slack.invite("#sales")
    receipt = await save(house, {})
    assert "A test message is on its way to #sales." in receipt.text
    await house.slack.until(lambda: any("Tandem is here" in m.text for m in house.slack.messages("#sales")))
    said = [m.text for m in house.slack.messages("#sales") if m.author == "Tandem"]
    assert said == ["Tandem is here: this is now the coordination channel. Set up by Olga."]
    receipt = await save(house, {})
    assert "test message" not in receipt.text


async def test_the_same_form_delivered_twice_saves_and_tests_once(house: House) -> None:
    before = len(settings_of(house))
    form = await the_form(house)
    await form.fill({"Marketing channel": "#general"})
    house.slack.deliver_twice()
    try:
        receipt = modal(await form.submit())
    finally:
        house.slack.deliver_twice(False)
    assert "A test message is on its way to #general." in receipt.text
    await house.slack.until(lambda: bool(house.slack.messages("#general")))
    assert len(house.slack.messages("#general")) == 1
    assert len(settings_of(house)) == before + 1


@pytest.mark.parametrize(
    ("typed", "kept"),
    [(":Rocket:", "rocket"), ("thumbsup::skin-tone-2", "thumbsup"), ("+1", "+1"), ("входящие", "входящие")],
)
async def test_an_emoji_is_kept_by_its_name(house: House, typed: str, kept: str) -> None:
    await save(house, {"Emoji that puts a message on the board": typed})
    assert newest(house, "capture") == kept


@pytest.mark.parametrize("typed", ["two words", "📥", "::", "<!channel>"])
async def test_what_is_no_emojis_name_is_refused_in_the_form(house: House, typed: str) -> None:
    form = await the_form(house)
    refused = modal(await (await form.fill({"Emoji that puts a message on the board": typed})).submit())
    assert refused.errors == {"Emoji that puts a message on the board": "Write the emoji's name, like inbox_tray."}


async def test_who_may_do_what_is_changed_at_once_and_emptied_goes_back_to_what_is_usual(house: House) -> None:
    alice = house.person("Alice")
    asking = modal(await alice.slash("/request sized-by-sales"))
    await (await asking.fill({"Business problem": "It takes a day.", "Job size": 8})).submit()
    await house.card("sized-by-sales", "Alice guesses size 8")

    rights = await the_rights(house)
    assert rights.value("Confirm the size") == ["Tech"]
    receipt = modal(await (await rights.fill({"Confirm the size": ["Tech", "Sales"]})).submit())
    assert "Saved. It counts from now on.\nConfirm the size: sales and tech." in receipt.text
    assert newest(house, "rights") == {"confirm_job_size": ["sales", "tech"]}

    estimate = modal(await alice.press("Estimate", on=await house.card("sized-by-sales")))
    await (await estimate.fill({"Job size": 3})).submit()
    assert "guess" not in (await house.card("sized-by-sales", "Size 3")).text

    rights = await the_rights(house)
    assert "Usually tech." in rights.text
    receipt = modal(await (await rights.fill({"Confirm the size": None})).submit())
    assert "Confirm the size: tech, as usual." in receipt.text
    assert newest(house, "rights") == {}
    assert "Nothing changed." in modal(await (await the_rights(house)).submit()).text


async def test_a_channel_that_wants_a_roll_up_gets_one_message_a_working_day(sqlite_url: str) -> None:
    async with opened(sqlite_url, sample=False) as house:
        form = await the_form(house)
        await (await form.fill({"Cards in the board channel": "One roll-up a working day"})).submit()
        await house.slack.until(lambda: bool(house.board()))
        for title in ("k8s-connector", "Audit log"):
            asking = modal(await house.person("Alice").slash(f"/request {title}"))
            await (await asking.fill({"Business problem": "It takes them a day."})).submit()
        await house.ring("rollup")
        house.calendar.forward(days=1, hours=1)
        await house.ring("rollup")
        await house.ring("rollup")
        await house.slack.until(lambda: len(house.board()) > 1)
        _, told = house.board()
        assert told.text == (
            "On the board since yesterday: 2 new.\n"
            "New: k8s-connector · no place yet · asked by Alice · R-1\n"
            "New: Audit log · no place yet · asked by Alice · R-2"
        )
        house.calendar.forward(days=1)
        await house.ring("rollup")
        form = await the_form(house)
        await (await form.fill({"Cards in the board channel": "Each request"})).submit()
        asking = modal(await house.person("Alice").slash("/request a-card-again"))
        await (await asking.fill({"Business problem": "It takes them a day."})).submit()
        await house.card("a-card-again")
        assert len(house.board()) == 3, "nothing was said of a day on which nothing happened"


async def test_the_doctor_knows_the_channel_that_was_chosen_in_slack(house: House) -> None:
    assert "ok cards go to #board" in await doctor.examine(house.settings)


async def test_the_page_for_admins_speaks_of_what_is_in_the_form(house: House) -> None:
    page = (ROOT / "docs" / "install.md").read_text()
    form = await the_form(house)
    shown = form.text.lower()
    named = ("Board channel", "Sales", "Product", "Tech", "Save and test", "Who may do what", "/tandem setup")
    assert all(name in page for name in named)
    assert all(name.lower() in shown for name in named[:-1])


async def test_what_the_environment_fixes_is_shown_and_not_asked_for(sqlite_url: str) -> None:
    olga = next(person for person in company.workspace().people if person.name == "Olga")
    boris = next(person for person in company.workspace().people if person.name == "Boris")
    async with opened(sqlite_url, sample=False, tandem_admins=(olga.id, boris.id)) as house:
        form = await the_form(house, "Boris")
        assert "Board channel\nFixed by TANDEM_BOARD_CHANNEL: #board" in form.text
        assert "Tech\nFixed by TANDEM_TECH: @tech (group)" in form.text
        assert "Admins\nFixed by TANDEM_ADMINS: Boris and Olga" in form.text
        assert form.labels == [
            "Coordination channel",
            "Strategy channel",
            "Marketing channel",
            "For accounts without an owner",
            "Cards in the board channel",
            "Emoji that puts a message on the board",
        ]
        receipt = modal(await (await form.fill({"Coordination channel": "#coordination"})).submit())
        assert "Test messages are on their way to #board and #coordination." in receipt.text
        assert newest(house, "channels") == {"coordination": house.slack.channel_id("#coordination")}
        assert {name for name, _ in settings_of(house)} == {"channels", "cards", "capture"}


# ---- how it is done -----------------------------------------------------------------------------


async def the_form(house: House, name: str = "Olga") -> Modal:
    person = house.person(name)
    while person.modal:
        await person.modal.dismiss()
    return modal(await person.slash("/tandem setup"))


async def the_rights(house: House) -> Modal:
    return modal(await house.person("Olga").press("Who may do what", on=await the_form(house)))


async def save(house: House, fields: dict[str, Any]) -> Modal:
    form = await the_form(house)
    receipt = modal(await (await form.fill(fields)).submit())
    assert receipt.title == "Saved", receipt.errors
    return receipt


def settings_of(house: House) -> list[tuple[str, Any]]:
    """Every decision ever made, oldest first."""
    engine = create_engine(plain(house.settings.database_url.get_secret_value()))
    try:
        with engine.connect() as connection:
            rows = connection.execute(
                select(setting.c.name, setting.c.value).order_by(setting.c.at, setting.c.version)
            )
            return [(row.name, row.value) for row in rows]
    finally:
        engine.dispose()


def newest(house: House, name: str) -> Any:
    return [value for decided, value in settings_of(house) if decided == name][-1]
