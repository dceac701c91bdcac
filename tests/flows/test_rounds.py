"""The daily message: what waits for each person, at their ten o'clock; and what people prefer to hear."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import Select, create_engine, select

from sandbox import Message, Modal
from sandbox.workspace import User
from storage.engines import plain
from storage.tables import change, notice
from tests.flows.house import House, modal, opened

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOT_FOR_GUESTS = "Tandem is for full members. Ask the colleague who invited you to file this for you."


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One Tandem for the stories that don't care for the day: each begins with a day of its own."""
    url = f"sqlite:///{tmp_path_factory.mktemp('rounds') / 'tandem.db'}"
    async with opened(url, sample=False) as house:
        yield house


# ---- the message --------------------------------------------------------------------------------


async def test_tech_is_asked_for_sizes_at_ten_and_answers_by_one_click(database_url: str) -> None:
    async with opened(database_url, sample=False) as house:
        await a_request(house, "k8s-connector", size="13")
        await a_request(house, "Dark mode")
        await at(house, "2026-11-24 04:25")  # 09:55 in Bangalore
        assert rounds(house, "Ravi") == []
        await at(house, "2026-11-24 04:35")
        await house.dm("Ravi", "Good morning Ravi, two requests need a size.")
        await at(house, "2026-11-24 08:55")  # 09:55 in Berlin
        assert rounds(house, "Tanya") == []
        await at(house, "2026-11-24 09:05")
        message = await house.dm("Tanya", "two requests need a size.")
        assert message.fallback == (
            "Good morning Tanya, two requests need a size. Rough is fine, you can change it any time."
        )
        assert "k8s-connector · R-1" in message.text
        assert "Alice guesses size 13" in message.text

        tanya = house.person("Tanya")
        await tanya.choose("Size (Alice says 13)", "5 · two weeks", on=message)
        await house.card("k8s-connector", "Size 5")
        assert await house.dm("Tanya", "k8s-connector: size 5, thank you", "one request needs a size") == message
        await tanya.choose("Size", "2 · a few days", on=message)
        assert await house.dm("Tanya", "Thank you Tanya, nothing else waits for you.") == message
        assert "k8s-connector: size 5, thank you" in message.text

        await at(house, "2026-11-24 15:00")
        assert len(rounds(house, "Tanya")) == 1
        assert len(rounds(house, "Ravi")) == 1
        assert {"Marek", "Ines", "Clara"}.isdisjoint(who for who in PEOPLE if rounds(house, who))


async def test_it_comes_on_working_days_and_is_not_repeated_for_nothing(database_url: str) -> None:
    async with opened(database_url, sample=False) as house:
        await at(house, "2026-11-24 10:30")
        assert [who for who in PEOPLE if rounds(house, who)] == []
        await at(house, "2026-11-25 17:30")
        await a_request(house, "Audit trail")
        heard = []
        for day in ("26", "27", "28", "29", "30"):
            await at(house, f"2026-11-{day} 10:30")
            heard.append(len(rounds(house, "Tanya")))
        assert heard == [1, 1, 1, 1, 1]  # the 28th is a Saturday
        await at(house, "2026-12-01 10:30")
        await until(house, "Tanya", 2)
        await a_request(house, "Bulk export")
        await at(house, "2026-12-02 10:30")
        await until(house, "Tanya", 3)
        assert "two requests need a size" in rounds(house, "Tanya")[-1].text


async def test_tech_says_what_it_needs_first_and_is_asked_again_once_it_knows(house: House) -> None:
    await a_request(house, "Grid connector")
    message = await the_next_morning(house, "Tanya", "Grid connector")
    tanya, alice = house.person("Tanya"), house.person("Alice")
    form = modal(await tanya.press("Can't size yet", on=message))
    assert form.value("From whom") == "Alice"
    house.slack.deliver_twice()
    try:
        receipt = modal(await (await form.fill({"What do you need?": "Which clouds first?"})).submit())
    finally:
        house.slack.deliver_twice(False)
    assert "Alice is asked. Nobody in tech is asked for this size until the answer is there" in receipt.text
    await receipt.dismiss()
    await house.dm("Tanya", "Grid connector: Alice is asked, thank you")

    question = await house.dm("Alice", "Tanya can't size Grid connector yet, and needs: “Which clouds first?”")
    assert len([m for m in alice.dms() if "can't size" in m.text]) == 1
    for _ in range(5):
        await the_next_morning(house, None)
    assert len([m for m in rounds(house, "Tanya") if "Grid connector" in m.text]) == 1
    answering = modal(await alice.press("Answer", on=question))
    await (await answering.fill({"Your answer": "AWS first."})).submit()
    await house.dm("Tanya", "Alice answered on Grid connector:")
    message = await the_next_morning(house, "Tanya", "Grid connector", "needs a size")
    await tanya.choose("Size", "8 · a month", on=message)
    await house.dm("Tanya", "Grid connector: size 8, thank you")


async def test_product_sorts_what_is_new_and_then_confirms_its_figures(sqlite_url: str) -> None:
    async with opened(sqlite_url, sample=False) as house:
        await a_request(house, "Single sign-on")
        message = await the_next_morning(house, "Boris", "Single sign-on", "Asked by Alice", "a first answer")
        boris = house.person("Boris")
        form = modal(await boris.press("Sort", on=message))
        await modal(await (await form.fill({"Owner": "Boris"})).submit()).dismiss()
        await house.dm("Boris", "Single sign-on: sorted, thank you", "one request needs your figures")
        await boris.choose("Value", "8 · a whole segment waits (about 400 companies)", on=message)
        await house.dm("Boris", "Single sign-on: value 8, thank you")


async def test_a_figure_can_be_changed_from_the_message_and_says_why(house: House) -> None:
    await a_request(house, "Webhooks", size="20")
    message = await the_next_morning(house, "Tanya", "Webhooks")
    tanya = house.person("Tanya")
    await tanya.choose("Size (Alice says 20)", "8 · a month", on=message)
    await house.dm("Tanya", "Webhooks: size 8, thank you")
    form = modal(await tanya.press("Change", on=message))
    assert "Only if you change a figure somebody else set." in form.text
    await form.fill({"Job size": "3 · a week", "Why": "There is a library for it."})
    await modal(await form.submit()).dismiss()
    await house.dm("Tanya", "Webhooks: size 3, thank you")
    assert values(house, select(change.c.why).where(change.c.why.is_not(None))) == ["There is a library for it."]


async def test_what_was_closed_meanwhile_or_comes_from_elsewhere_is_refused(house: House) -> None:
    await a_request(house, "Fax gateway")
    message = await the_next_morning(house, "Tanya", "Fax gateway")
    tanya = house.person("Tanya")
    menu = next(e for b in message.blocks for e in b.get("elements", []) if e.get("type") == "static_select")
    kept = json.dumps(message.blocks)
    for forged in ("14:99", "abc:5", "", "999999:5"):
        menu["options"][2]["value"] = forged
        said = await tanya.choose(menu["placeholder"]["text"], menu["options"][2]["text"]["text"], on=message)
        assert isinstance(said, Modal), forged
        await said.dismiss()
    message.blocks[:] = json.loads(kept)


# ---- preferences --------------------------------------------------------------------------------


async def test_who_prefers_it_daily_hears_it_once_in_the_daily_message(house: House) -> None:
    await prefer(house, "Ines", {"Answers to my questions": "In the daily message"})
    await a_request(house, "Pivot tables")
    ines, alice = house.person("Ines"), house.person("Alice")
    page = modal(await ines.press("More", on=await house.card("Pivot tables")))
    form = modal(await ines.press("Ask Alice", on=page))
    await modal(await (await form.fill({"Your question": "How many rows?"})).submit()).dismiss()
    asked = await house.dm("Alice", "How many rows?")
    answering = modal(await alice.press("Answer", on=asked))
    await (await answering.fill({"Your answer": "A million."})).submit()
    await house.slack.until(lambda: values(house, select(notice.c.state).where(notice.c.state == "folded")))
    message = await the_next_morning(house, "Ines", "Good morning Ines, one piece of news.")
    assert "• Alice answered on Pivot tables: “A million.”" in message.text
    await the_next_morning(house, None)
    assert len(rounds(house, "Ines")) == 1
    assert len([m for m in ines.dms() if "A million." in m.text]) == 1


async def test_preferences_open_from_the_command_and_show_what_holds(house: House) -> None:
    receipt = await prefer(house, "Clara", {"What I watch": "Never", "News of what I asked for": "Never"})
    assert "News of what I asked for: never" in receipt.text
    assert "What I watch: never" in receipt.text
    form = modal(await house.person("Clara").slash("/tandem preferences"))
    assert form.value("What I watch") == "Never"
    assert form.value("What waits for me") == "In the daily message"
    assert form.options("What waits for me") == ["In the daily message", "Never"]
    assert form.options("Questions to me") == ["Now", "In the daily message"]
    assert "Nothing changed." in modal(await form.submit()).text


async def test_whoever_wants_no_reminders_gets_none(house: House) -> None:
    await a_request(house, "Data room")
    message = await the_next_morning(house, "Ravi", "Data room")
    form = modal(await house.person("Ravi").press("Fewer of these", on=message))
    await (await form.fill({"What waits for me": "Never"})).submit()
    before = len(rounds(house, "Ravi"))
    await a_request(house, "Data lake")
    await the_next_morning(house, "Tanya", "Data lake")
    assert len(rounds(house, "Ravi")) == before


async def test_guests_have_no_preferences(house: House) -> None:
    await house.slack.add_user(User("Gus", is_restricted=True))
    assert NOT_FOR_GUESTS in text_of(await house.person("Gus").slash("/tandem preferences"))
    await house.slack.add_user(User("Gail"))
    form = modal(await house.person("Gail").slash("/tandem preferences"))
    await form.fill({"What I watch": "Never"})
    await house.slack.change_user("Gail", is_restricted=True)
    refused = modal(await form.submit())
    assert NOT_FOR_GUESTS in refused.errors.values()


# ---- how it is done -----------------------------------------------------------------------------

PEOPLE = ("Alice", "Marek", "Boris", "Tanya", "Ravi", "Ines", "Clara", "Olga")


async def at(house: House, when: str) -> None:
    """It is that time in UTC, and the clock rings."""
    moment = datetime.fromisoformat(when).replace(tzinfo=UTC)
    house.calendar.forward(seconds=(moment - house.calendar.now).total_seconds())
    await house.ring("rounds")
    await house.slack.until(lambda: not under_way(house))


def under_way(house: House) -> bool:
    """Whether a daily message is still to be said."""
    return bool(values(house, select(notice.c.id).where(notice.c.topic == "round", notice.c.queue.is_not(None))))


def values(house: House, wanted: Select[Any]) -> list[Any]:
    engine = create_engine(plain(house.settings.database_url.get_secret_value()))
    try:
        with engine.connect() as connection:
            return list(connection.scalars(wanted))
    finally:
        engine.dispose()


async def the_next_morning(house: House, reader: str | None, *words: str) -> Message:
    """Half past ten in Berlin on the next working day; the reader's message once it says this."""
    house.calendar.forward(days=3 if house.calendar.now.weekday() == 4 else 1)
    await at(house, f"{house.calendar.now.date()} 10:30")
    return await house.dm(reader, *words) if reader else None  # type: ignore[return-value]


def rounds(house: House, name: str) -> list[Message]:
    return [m for m in house.person(name).dms() if "Once a working day, only when something waits." in m.text]


async def until(house: House, name: str, count: int) -> None:
    await house.slack.until(lambda: len(rounds(house, name)) >= count)
    assert len(rounds(house, name)) == count


async def a_request(house: House, title: str, size: str = "") -> None:
    """Filed by Alice."""
    form = modal(await house.person("Alice").slash(f"/request {title}"))
    await form.fill({"Business problem": "It takes them a day."})
    if size:
        await form.fill({"Job size": next(o for o in form.options("Job size") if o.startswith(f"{size} "))})
    await modal(await form.submit()).dismiss()
    await house.card(title)


async def prefer(house: House, name: str, wishes: dict[str, str]) -> Modal:
    form = modal(await house.person(name).slash("/tandem preferences"))
    receipt = modal(await (await form.fill(wishes)).submit())
    assert receipt.title == "Preferences saved"
    return receipt


def text_of(seen: object) -> str:
    assert isinstance(seen, Message | Modal)
    return seen.text
