"""Something is in the way of a request: said, told to whoever can help, and out of the way again."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from bot import app
from sandbox import Message
from sandbox.people import Person
from scheduler.jobs import Jobs
from storage.database import Database
from storage.store import Store
from tests.flows.house import House, modal, opened
from tests.flows.test_bad_input import send, view_of

WHAT, WHO = "What is in the way?", "Who gets it out of the way?"
HOW, LOOKS = "How was it resolved?", "How does it look?"
WORDS = "waits for the legal text"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One Tandem for the side stories: each speaks of requests of its own."""
    async with opened(f"sqlite:///{tmp_path_factory.mktemp('blockers') / 'tandem.db'}") as house:
        yield house


# ---- the main stories ---------------------------------------------------------------------------


async def test_what_is_in_the_way_is_told_to_who_can_help_and_resolved(database_url: str) -> None:
    async with opened(database_url) as house:
        alice, boris, tanya = map(house.person, ("Alice", "Boris", "Tanya"))
        card = await filed(house, "k8s-connector")
        form = modal(await alice.slash(f"/coordination blocker k8s-connector {WORDS}"))
        assert form.labels == [WHAT, WHO]
        assert (form.value(WHAT), form.value(WHO)) == (WORDS, "Alice")
        receipt = modal(await (await form.fill({WHO: "Tanya"})).submit())
        assert f"k8s-connector is blocked: “{WORDS}”. Tanya is told now." in receipt.text
        await receipt.dismiss()

        asked = await house.dm("Tanya", f"k8s-connector waits for you: “{WORDS}”. Alice said so today.")
        assert asked.buttons == ["It's resolved", "Still in the way", "Hand over", "More"]
        assert card == await house.card("k8s-connector", f"Blocked: {WORDS}")
        page = modal(await boris.press("More", on=card))
        assert f"Blocked: “{WORDS}” · Tanya, since today" in page.text
        assert f"23 November, Alice: blocked: “{WORDS}”." in page.text
        seen = await listed(boris)
        assert f"One thing is in the way.\nk8s-connector · {WORDS} · Tanya, since today" in seen.text

        house.calendar.forward(days=1)
        answer = modal(await tanya.press("Still in the way", on=asked))
        thanks = modal(await (await answer.fill({LOOKS: "Legal promised it for Thursday"})).submit())
        assert "Thanks, it stands with k8s-connector. I won't ask you again." in thanks.text
        await thanks.dismiss()
        said = "You said: “Legal promised it for Thursday”. I won't ask again."
        assert asked == await house.dm("Tanya", said)
        assert asked.buttons == ["It's resolved", "Say it otherwise", "Hand over", "More"]
        seen = await listed(tanya)
        assert f"{WORDS} · yours, since yesterday\nTanya, 24 November: “Legal promised" in seen.text
        for _ in range(7):
            house.calendar.forward(days=1)
            await house.ring("blockers")

        how = modal(await boris.press("Resolve", on=page))
        assert modal(await (await how.fill({HOW: " "})).submit()).errors == {HOW: "Say it in a few words."}
        done = modal(await (await how.fill({HOW: "Legal signed"})).submit())
        assert f"k8s-connector: “{WORDS}” is out of the way. Nothing else is in its way." in done.text
        await done.dismiss()
        assert asked == await house.dm(
            "Tanya", f"k8s-connector: “{WORDS}” is out of the way. Boris: “Legal signed”"
        )
        assert asked.buttons == []
        await house.slack.until(lambda: "Blocked" not in card.text)
        assert len(about(house, "Tanya", "k8s-connector")) == 1

        late = modal(await tanya.press("Resolve", on=seen))
        assert "It was resolved by Boris on 1 December: “Legal signed”" in late.text
        await late.dismiss()
        page = modal(await tanya.press("More", on=card))
        assert f"1 December, Boris: “{WORDS}” is out of the way. “Legal signed”" in page.text
        assert (await listed(boris)).text == "Nothing is in the way of anything."


@pytest.mark.parametrize(
    ("owner", "zone", "told"),
    [
        ("Ravi", "Asia/Kolkata", ["Mon 15:00", "Wed 09:00", "Fri 09:00", "Tue 09:00", "Thu 09:00"]),
        ("Ines", "Europe/Lisbon", ["Mon 09:30", "Wed 09:00", "Fri 09:00", "Tue 09:00", "Thu 09:00"]),
    ],
)
async def test_its_owner_hears_of_it_five_times_in_their_own_working_hours(
    sqlite_url: str, owner: str, zone: str, told: list[str]
) -> None:
    async with opened(sqlite_url) as house:
        await filed(house, "k8s-connector")
        await blocked(house, "k8s-connector", owner)
        await house.dm(owner, "k8s-connector waits for you")
        times, until = [spoken(house, zone)], house.calendar.now + timedelta(days=16)
        async with app.open_database(house.settings) as db:
            job = Jobs(db=db, clocks=house.calendar.clocks).nudge_about_blockers
            while house.calendar.now < until:
                house.calendar.forward(minutes=30)
                await job()
                await settled(house, db)
                if len(about(house, owner, "k8s-connector")) > len(times):
                    times.append(spoken(house, zone))
        assert times == told
        dms = [dm.text for dm in about(house, owner, "k8s-connector")]
        assert len(dms) == 5
        assert f"k8s-connector still waits for you: “{WORDS}”. Alice said so on Monday." in dms[1]
        assert "Alice said so on 23 November. I won't ask again; the weekly digest still shows it." in dms[4]


# ---- side stories -------------------------------------------------------------------------------

on_one_house = pytest.mark.asyncio(loop_scope="module")


@on_one_house
@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("blocker", "Which request? Write: /coordination blocker k8s-connector waits for the legal text"),
        ("blocker nope it waits", "There is no nope on the board. /board lists what is there."),
        ("blocker R-999 it waits", "There is no R-999 on the board. /board lists what is there."),
    ],
)
async def test_a_line_that_names_no_request_says_how_to(house: House, line: str, words: str) -> None:
    seen = await house.person("Alice").slash(f"/coordination {line}")
    assert isinstance(seen, Message)
    assert words in seen.text


@on_one_house
async def test_a_form_delivered_twice_says_it_once(house: House) -> None:
    await filed(house, "Bulk upload")
    form = modal(await house.person("Alice").slash("/coordination blocker bulk-upload"))
    await form.fill({WHAT: WORDS, WHO: "Boris"})
    house.slack.deliver_twice()
    try:
        await form.submit()
        asked = await house.dm("Boris", "Bulk upload waits for you")
        how = modal(await house.person("Boris").press("It's resolved", on=asked))
        await how.fill({HOW: "They signed"})
        await how.submit()
    finally:
        house.slack.deliver_twice(False)
    await house.dm("Boris", "Bulk upload", "is out of the way. You: “They signed”")
    assert len(about(house, "Boris", "Bulk upload")) == 1
    page = modal(await house.person("Alice").press("More", on=await house.card("Bulk upload")))
    assert page.text.count("blocked:") == 1
    assert page.text.count("is out of the way") == 1
    await page.dismiss()


@on_one_house
async def test_it_is_said_from_the_page_and_handed_over(house: House) -> None:
    card = await filed(house, "Webhooks")
    ines = house.person("Ines")
    page = modal(await ines.press("More", on=card))
    form = modal(await ines.press("Blocked?", on=page))
    wrong = modal(await (await form.fill({WHAT: "x" * 301, WHO: "Boris"})).submit())
    assert wrong.errors == {WHAT: "That's 301 characters; keep it under 300."}
    receipt = modal(await (await wrong.fill({WHAT: "No budget <!here> & *none*", WHO: "Boris"})).submit())
    assert "Webhooks is blocked: “No budget <!here> & *none*”. Boris is told now." in receipt.text
    await receipt.dismiss()

    asked = await house.dm("Boris", "Webhooks waits for you: “No budget <!here> & *none*”. Ines said so today.")
    again = modal(await ines.slash("/coordination blocker webhooks"))
    assert "In the way since today: “No budget <!here> & *none*” · Boris" in again.text
    await again.dismiss()
    form = modal(await house.person("Boris").press("Hand over", on=asked))
    same = modal(await (await form.fill({WHO: "Boris"})).submit())
    assert same.errors == {WHO: "That's who has it now. Choose somebody else."}
    receipt = modal(await (await same.fill({WHO: "Olga"})).submit())
    assert "is with Olga now. Olga is told now." in receipt.text
    await receipt.dismiss()
    await house.dm("Olga", "Webhooks waits for you", "Ines said so today.")
    assert asked == await house.dm("Boris", "Webhooks", "is with Olga now. You needn't do anything.")
    assert asked.buttons == []


@on_one_house
async def test_bots_and_guests_get_nothing_out_of_the_way(house: House) -> None:
    await filed(house, "Audit trail")
    await house.slack.change_user("Clara", is_restricted=True)
    form = modal(await house.person("Alice").slash("/coordination blocker audit-trail it waits"))
    refused = modal(await (await form.fill({WHO: "Clara"})).submit())
    assert refused.errors == {WHO: "Tandem serves full members only. Choose a colleague."}
    await refused.dismiss()
    seen = await house.person("Clara").slash("/coordination blocker audit-trail it waits")
    assert isinstance(seen, Message)
    assert "Tandem is for full members." in seen.text


@on_one_house
async def test_an_old_button_says_what_became_of_it(house: House) -> None:
    card = await filed(house, "Saved views")
    await blocked(house, "Saved views", "Boris")
    boris, alice = house.person("Boris"), house.person("Alice")
    asked = await house.dm("Boris", "Saved views waits for you")
    mine = modal(await boris.press("Still in the way", on=asked))
    page = modal(await alice.press("More", on=card))
    how = modal(await alice.press("Resolve", on=page))
    await modal(await (await how.fill({HOW: "Done"})).submit()).dismiss()
    late = modal(await (await mine.fill({LOOKS: "No news"})).submit())
    assert late.errors == {LOOKS: "It was resolved by Alice meanwhile, so there is nothing left to do."}
    await late.dismiss()


@on_one_house
@pytest.mark.parametrize("value", ["", "-1", "x²x", "9" * 30])
async def test_a_forged_button_opens_nothing(house: House, value: str) -> None:
    title = f"Forged {len(value)}"
    await filed(house, title)
    await blocked(house, title, "Boris")
    asked, boris = await house.dm("Boris", f"{title} waits for you"), house.person("Boris")
    for button in asked.blocks[-1]["elements"]:
        button["value"] = value
    for label in ("It's resolved", "Still in the way", "Hand over"):
        seen = modal(await boris.press(label, on=asked))
        assert "This button is from an older Tandem. /coordination blockers lists" in seen.text
        await seen.dismiss()


@on_one_house
@pytest.mark.parametrize("blocker", [None, 0, 999_999, "x"])
async def test_a_form_about_nothing_is_refused(house: House, blocker: object) -> None:
    title = f"About {blocker}"
    await filed(house, title)
    await blocked(house, title, "Boris")
    asked, boris = await house.dm("Boris", f"{title} waits for you"), house.person("Boris")
    form = modal(await (modal(await boris.press("It's resolved", on=asked))).fill({HOW: "Done"}))
    sent = view_of(form)
    sent["private_metadata"] = json.dumps(json.loads(sent["private_metadata"]) | {"blocker": blocker})
    gone = "I can't find what was in the way. /coordination blockers lists what is now."
    stale = "This form is from an older Tandem. Close it and open it again."
    reply = await send(house, boris, sent)
    assert reply["errors"] == {"note": gone if blocker == 999_999 else stale}
    await form.dismiss()


# ---- how it is done -----------------------------------------------------------------------------


async def filed(house: House, title: str) -> Message:
    """A request's card, filed by Alice."""
    form = modal(await house.person("Alice").slash(f"/request {title}"))
    await form.fill({"Business problem": "It takes them a day."})
    await modal(await form.submit()).dismiss()
    return await house.card(title)


async def blocked(house: House, title: str, owner: str) -> None:
    """Alice says that it waits for the legal text, and that this person gets it."""
    key = title.lower().replace(" ", "-")
    form = modal(await house.person("Alice").slash(f"/coordination blocker {key} {WORDS}"))
    await modal(await (await form.fill({WHO: owner})).submit()).dismiss()


async def listed(who: Person) -> Message:
    seen = await who.slash("/coordination blockers")
    assert isinstance(seen, Message)
    return seen


def about(house: House, name: str, title: str) -> list[Message]:
    """Direct messages to this person that begin with this request."""
    return [dm for dm in house.person(name).dms() if dm.text.startswith(title)]


def spoken(house: House, zone: str) -> str:
    return f"{house.calendar.now.astimezone(ZoneInfo(zone)):%a %H:%M}"


async def settled(house: House, db: Database) -> None:
    """Once everything has been said whose time has come."""
    while await db.read(is_busy, house):  # noqa: ASYNC110 - nobody tells a test of it
        await asyncio.sleep(0.01)


def is_busy(store: Store, house: House) -> bool:
    clocks = house.calendar.clocks
    return bool(store.outbox.counts().get("sending") or store.outbox.heads(clocks.business(), clocks.wall(), 1))
