"""Boris gives channels digests of their own, and says when the company's comes."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import create_engine, func, select

from sandbox import Failure, Message, Modal
from storage.engines import plain
from storage.tables import subscription
from tests.flows.house import House, modal, opened

WHOSE = "Only what this person answers for"
FROM = "Only what came from"
ZONE: dict[str, Any] = {"tandem_timezone": "Europe/Berlin"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One Tandem for the side stories: each cleans up after itself."""
    file = tmp_path_factory.mktemp("subscriptions") / "tandem.db"
    async with opened(f"sqlite:///{file}", sample=False, **ZONE) as house:
        yield house


async def test_a_channel_gets_a_digest_of_its_own_and_later_another(database_url: str) -> None:
    async with opened(database_url, sample=False, **ZONE) as house:
        boris = house.person("Boris")
        await a_direction(house, "Platform")
        form = modal(await boris.slash("/coordination subscribe", channel="#general"))
        assert form.labels == ["Channel", "Direction", WHOSE, FROM, "Day", "Time", "Time zone"]
        assert [form.value(label) for label in ("Channel", "Direction", "Day", "Time", "Time zone")] == [
            *("general", "The whole board", "Monday", "10:00", "Europe/Berlin")
        ]
        assert form.options("Direction") == ["The whole board", "Platform"]
        assert await form.suggestions("Time zone", "new yo") == ["America/New_York"]
        assert "Next on 30 November. Today it would say:\nWeek 49 · 16 to 23 November" in form.text

        await form.fill({"Direction": "Platform", "Day": "Tuesday", "Time": "09:30", "Time zone": "Asia/Tokyo"})
        assert "Next on 24 November. Today it would say:\nWeek 48 · Platform" in form.text
        receipt = modal(await form.submit())
        assert (
            "general gets its own digest: Tuesdays 09:30 Tokyo, next on 24 November.\n"
            "It tells of Platform. You see it an hour before.\n[Close]"
        ) in receipt.text
        await receipt.close()

        now = await the_list(house, "#general")
        assert "#general · Platform · Tuesdays 09:30 Tokyo · set up by Boris" in now.text
        form = modal(await boris.press("Change", on=now))
        assert (form.value("Time"), form.value("Direction")) == ("09:30", "Platform")
        await form.fill({"Direction": "The whole board", "Time": "17:00", WHOSE: "Boris", FROM: "CS / support"})
        receipt = modal(await form.submit())
        assert "#general gets its digest Tuesdays 17:00 Tokyo, next on 24 November." in receipt.text
        assert "It tells of CS / support, Boris's requests.\n[Close]" in receipt.text
        beneath = modal(await receipt.close())
        assert "#general · CS / support, Boris's requests · Tuesdays 17:00 Tokyo · set up by Boris" in beneath.text

        await boris.press("Stop", on=beneath)
        assert "#general" not in beneath.text
        assert boris.errors == []


async def test_the_companys_digest_is_given_another_time_and_a_facilitator(database_url: str) -> None:
    async with opened(database_url, sample=False, **ZONE) as house:
        boris = house.person("Boris")
        await set_up(house, {"Coordination channel": "#coordination"})
        now = await the_list(house)
        assert "#coordination · the whole board · Mondays 10:00 Berlin · Olga sees it an hour before" in now.text
        form = modal(await boris.press("Change", on=now))
        assert form.labels == ["Day", "Time", "Facilitator"]
        refused = modal(await (await form.fill({"Facilitator": "Clara"})).submit())
        assert refused.errors == {"Facilitator": "Choose somebody who may run the weekly coordination."}
        receipt = modal(
            await (await refused.fill({"Day": "Friday", "Time": "15:30", "Facilitator": "Tanya"})).submit()
        )
        assert "Fridays 15:30 Berlin, next on 27 November. Tanya sees it an hour before." in receipt.text
        beneath = modal(await receipt.close())
        assert "#coordination · the whole board · Fridays 15:30 Berlin · Tanya sees it" in beneath.text

        form = modal(await boris.press("Change", on=beneath))
        receipt = modal(await (await form.fill({"Facilitator": None})).submit())
        assert "One of Tandem's admins sees it an hour before." in receipt.text


# ---- side stories -------------------------------------------------------------------------------

on_one_house = pytest.mark.asyncio(loop_scope="module")


@on_one_house
async def test_a_time_the_environment_fixes_is_shown_and_not_asked_for(sqlite_url: str) -> None:
    async with opened(sqlite_url, sample=False, tandem_weekly_at="wed 11:00", **ZONE) as house:
        await set_up(house, {"Coordination channel": "#coordination"})
        form = modal(await house.person("Boris").press("Change", on=await the_list(house)))
        assert "Wednesdays 11:00 Berlin\nFixed by TANDEM_WEEKLY_AT." in form.text
        assert form.labels == ["Facilitator"]
        receipt = modal(await (await form.fill({"Facilitator": "Boris"})).submit())
        assert "Wednesdays 11:00 Berlin, next on 25 November. Boris sees it an hour before." in receipt.text


@on_one_house
async def test_a_channel_i_am_not_in_is_said_with_what_to_do(house: House) -> None:
    receipt = await subscribe(house, "#sales")
    assert "I'm not in there yet, as far as I can see. Invite me: /invite @Tandem." in receipt.text
    await stop_all(house)


@on_one_house
async def test_where_other_companies_read_along_no_amounts_are_said(house: House) -> None:
    receipt = await subscribe(house, "#general")
    assert "Other companies" not in receipt.text
    await house.slack.share("#general", "Partner Inc")
    shared = "Other companies read this channel, so it names no amounts and no customers."
    try:
        receipt = await subscribe(house, "#general")
        assert shared in receipt.text
        form = modal(await house.person("Boris").press("Change", on=await the_list(house, "#general")))
        assert shared in form.text
    finally:
        await house.slack.share("#general")
        await stop_all(house)


@on_one_house
async def test_the_same_form_delivered_twice_saves_once(house: House) -> None:
    form = await the_form(house, "#general")
    before = count(house)
    house.slack.deliver_twice()
    try:
        receipt = modal(await form.submit())
    finally:
        house.slack.deliver_twice(False)
    assert "gets its own digest" in receipt.text
    assert count(house) == before + 1
    await stop_all(house)


@on_one_house
async def test_a_form_of_a_digest_that_was_stopped_meanwhile_saves_nothing(house: House) -> None:
    await subscribe(house, "#general")
    form = modal(await house.person("Boris").press("Change", on=await the_list(house, "#general")))
    await stop_all(house, "Olga")
    refused = modal(await form.submit())
    assert "This digest was stopped meanwhile. Set up a new one." in str(refused.errors)


@on_one_house
async def test_from_a_channel_without_one_the_others_are_a_press_away(house: House) -> None:
    await subscribe(house, "#general")
    boris = house.person("Boris")
    form = await the_form(house, "#board")
    assert form.value("Channel") == "board"
    now = modal(await boris.press("All weekly digests", on=form))
    assert "#general · the whole board" in now.text
    fresh = modal(await boris.press("New", on=now))
    assert (fresh.value("Channel"), "All weekly digests" in fresh.buttons) == (None, False)
    assert "Choose a channel, and I show what it would say." in fresh.text
    await fresh.fill({"Channel": "#board"})
    assert "Today it would say:" in fresh.text
    await stop_all(house)


@on_one_house
async def test_a_channel_has_five_at_most(house: House) -> None:
    for _ in range(5):
        await subscribe(house, "#general")
    form = modal(await house.person("Boris").press("New", on=await the_list(house, "#general")))
    refused = modal(await form.submit())
    assert refused.errors == {"Channel": "This channel has 5 digests already. Stop one of them first."}
    await stop_all(house)


@on_one_house
async def test_the_digest_itself_leads_to_the_list_and_to_the_north_star(house: House) -> None:
    boris = free(house, "Boris")
    await subscribe(house, "#general")
    preview = await free(house, "Boris").slash("/coordination", channel="#general")
    assert isinstance(preview, Message)
    assert modal(await boris.press("Subscriptions", on=preview)).title == "Weekly digests"
    await modal(boris.modal).dismiss()
    assert modal(await boris.press("North star", on=preview)).title == "North star"
    await stop_all(house)


@on_one_house
async def test_only_who_coordinates_sets_digests_up(house: House) -> None:
    for name in ("Ines", "Clara"):
        refused = await house.person(name).slash("/coordination subscriptions")
        assert isinstance(refused, Message | Failure)
        assert "may run the weekly coordination. Ask one of them" in refused.text


@on_one_house
async def test_a_channel_chosen_in_setup_is_looked_at_at_once(house: House) -> None:
    await set_up(house, {"Strategy channel": "#general"})
    general = house.slack.channel_id("#general")
    assert general in [call.args["channel"] for call in house.slack.calls("conversations.info")][-2:]


# ---- how it is done -----------------------------------------------------------------------------


async def the_form(house: House, channel: str, name: str = "Boris") -> Modal:
    return modal(await free(house, name).slash("/coordination subscribe", channel=channel))


async def the_list(house: House, channel: str | None = None, name: str = "Boris") -> Modal:
    return modal(await free(house, name).slash("/coordination subscriptions", channel=channel))


def free(house: House, name: str) -> Any:
    """Somebody with no modal before them."""
    person = house.person(name)
    person.acts.views.stacks.pop(person.user.id, None)
    return person


async def subscribe(house: House, channel: str) -> Modal:
    form = await the_form(house, "#board")
    receipt = modal(await (await form.fill({"Channel": channel})).submit())
    assert receipt.title == "Saved", receipt.errors
    return receipt


async def stop_all(house: House, name: str = "Boris") -> None:
    now = await the_list(house, name=name)
    while "Stop" in now.buttons:
        await house.person(name).press("Stop", on=now)


async def set_up(house: House, fields: dict[str, Any]) -> None:
    form = modal(await free(house, "Olga").slash("/tandem setup"))
    receipt = modal(await (await form.fill(fields)).submit())
    assert receipt.title == "Saved", receipt.errors


async def a_direction(house: House, name: str) -> None:
    """A ranked request belongs to it."""
    form = modal(await house.person("Alice").slash("/request k8s-connector"))
    figures = {"User/Business value": 8, "Time criticality": 2, "Risk reduction": 3, "Job size": 13}
    await (await form.fill({"Business problem": "It takes them a day.", **figures})).submit()
    card = await house.card("k8s-connector")
    page = modal(await house.person("Boris").press("More", on=card))
    sort = modal(await house.person("Boris").press("Sort", on=page))
    await (await sort.fill({"Direction": name})).submit()
    free(house, "Boris")


def count(house: House) -> int:
    engine = create_engine(plain(house.settings.database_url.get_secret_value()))
    try:
        with engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(subscription)).scalar_one()
    finally:
        engine.dispose()
