"""What may I tell the customer? Written by product, copied by sales, noted, moved, released."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest
import pytest_asyncio

from bot import app
from bot.domain.acts import Act, Actor, Via
from bot.domain.ids import RequestNumber, Slug, UserId
from bot.domain.requests import Status
from bot.services import board, promises
from sandbox import Message, Modal
from storage.store import Store
from tests.flows.house import House, modal, opened

side = pytest.mark.asyncio(loop_scope="module")

DECEMBER, JANUARY = date(2026, 12, 3), date(2027, 1, 20)
GUESSES = {"User/Business value": 8, "Time criticality": 2, "Risk reduction": 3, "Job size": 13}
PLANNED = "We plan it for December."


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One Tandem for the side stories: each speaks of requests of its own."""
    async with opened(f"sqlite:///{tmp_path_factory.mktemp('promises') / 'tandem.db'}", sample=False) as house:
        yield house


async def test_a_promise_from_its_first_words_to_the_release(database_url: str) -> None:
    async with opened(database_url) as house:
        alice, boris = house.person("Alice"), house.person("Boris")
        card = await a_request(house, "k8s-connector", "Acme Bank", "Fjord Insurance", "Zephyr Wind")

        seen = await what_may_i_tell(house, "Alice", card)
        assert read(seen) == [
            "What may I tell?",
            "k8s-connector · backlog",
            "Nothing yet. Ask product before you promise anything.",
            "Acme Bank, Fjord Insurance and Zephyr Wind · not told yet",
        ]
        assert seen.labels == []

        await move(house, "k8s-connector", Status.PLANNED, DECEMBER)
        form = await what_may_i_tell(house, "Boris", card)
        assert "Nobody has written yet what customers may hear. Here is a draft." in form.text
        assert (form.labels, form.value("What customers may hear")) == (["What customers may hear"], PLANNED)
        receipt = modal(await form.submit())
        assert f"Customers may hear: “{PLANNED}”\nAlice hears of it in a few minutes." in receipt.text
        await house.slack.until(lambda: boris.modal is not None)
        house.calendar.forward(minutes=6)
        await house.dm("Alice", "k8s-connector", PLANNED)

        form = await what_may_i_tell(house, "Alice", card)
        assert read(form)[1:4] == ["k8s-connector · planned, aimed at 3 December", PLANNED, "Boris, 23 November"]
        assert form.labels == ["I told"]
        receipt = modal(await (await form.fill({"I told": ["Acme Bank"]})).submit())
        assert "Noted: you told Acme Bank." in receipt.text
        form = await what_may_i_tell(house, "Marek", card)
        assert form.options("I told") == ["Fjord Insurance", "Zephyr Wind"]  # the first is his own customer
        assert "Acme Bank · heard it from Alice on 23 November" in form.text

        house.calendar.forward(days=7)
        await move(house, "k8s-connector", Status.IN_PROGRESS, JANUARY)
        seen = await what_may_i_tell(house, "Alice", card)
        assert "The date has changed since: ask Boris before you use it." in seen.text
        form = await what_may_i_tell(house, "Boris", card)
        assert f"Acme Bank · heard “{PLANNED}” from Alice on 23 November" in form.text
        drafted = "We're building it now; we expect it in January 2027."
        assert form.value("What customers may hear") == drafted
        assert drafted in modal(await form.submit()).text
        house.calendar.forward(minutes=6)
        await house.dm("Alice", "k8s-connector", drafted)

        await release(house, "k8s-connector")
        house.calendar.forward(minutes=6)
        note = await house.dm("Alice", "k8s-connector is released.", "Three of your customers wait for it.")
        assert note.buttons == ["I told Acme Bank", "I told Fjord Insurance", "I told Zephyr Wind"]
        assert "Acme Bank: “You asked for k8s-connector. It's there: you can use it now.”" in note.text
        assert not [dm for dm in house.person("Marek").dms() if "is released" in dm.text]

        await alice.press("I told Acme Bank", on=note)
        again = await house.dm("Alice", "Two of your customers wait for it.")
        assert again == note
        assert "You told Acme Bank on 30 November" in again.text
        assert again.buttons == ["I told Fjord Insurance", "I told Zephyr Wind"]

        form = await what_may_i_tell(house, "Boris", card)
        await (await form.fill({"I told": ["Fjord Insurance", "Zephyr Wind"]})).submit()
        known = await house.dm("Alice", "All your customers know.")
        assert known == note
        assert "Boris told Fjord Insurance on 30 November" in known.text


@side
async def test_sales_reads_and_notes_but_does_not_write(house: House) -> None:
    card = await a_request(house, "Webhooks", "Acme Bank")
    await write(house, "Webhooks", "We plan it.")
    form = await what_may_i_tell(house, "Alice", card)
    assert form.labels == ["I told"]

    form.view.spec["blocks"].append(a_field())  # forged: it is offered to those who may write
    form.view.typed["sentence", "sentence"] = {"type": "plain_text_input", "value": "Tomorrow!"}
    refused = modal(await form.submit())
    assert list(refused.errors.values()) == [
        (
            "Only product and leadership may write what customers may hear. "
            "Ask one of them, or an admin to change that."
        )
    ]
    assert "We plan it." in (await what_may_i_tell(house, "Marek", card)).text


@side
async def test_saved_as_it_was_nothing_is_said(house: House) -> None:
    card = await a_request(house, "Bulk upload", "Acme Bank")
    await write(house, "Bulk upload", "We plan it.")
    receipt = modal(await (await what_may_i_tell(house, "Boris", card)).submit())
    assert receipt.title == "Nothing to save"
    form = await what_may_i_tell(house, "Boris", card)
    receipt = modal(await (await form.fill({"What customers may hear": None})).submit())
    assert receipt.title == "Nothing to save"
    assert "We plan it." in (await what_may_i_tell(house, "Marek", card)).text


@side
async def test_the_same_form_delivered_twice_writes_once(house: House) -> None:
    card = await a_request(house, "Nightly export", "Acme Bank")
    form = await what_may_i_tell(house, "Boris", card)
    await form.fill({"What customers may hear": "In your menu,\n soon: <!channel> & *bold*"})
    house.slack.deliver_twice()
    try:
        await form.submit()
    finally:
        house.slack.deliver_twice(False)
    house.calendar.forward(minutes=6)
    await house.dm("Alice", "Nightly export", "In your menu, soon")
    assert len([dm for dm in house.person("Alice").dms() if "Nightly export" in dm.text]) == 1
    assert "In your menu, soon: <!channel> & *bold*" in (await what_may_i_tell(house, "Marek", card)).text


@side
async def test_two_who_write_at_once_are_told_of_each_other(house: House) -> None:
    card = await a_request(house, "Saved views", "Acme Bank")
    boris, olga = [await what_may_i_tell(house, name, card) for name in ("Boris", "Olga")]
    await (await boris.fill({"What customers may hear": "We plan it."})).submit()
    refused = modal(await (await olga.fill({"What customers may hear": "We won't."})).submit())
    assert refused.errors == {
        "What customers may hear": (
            "Boris wrote a new one while you did: “We plan it.” Open this again to go on from there."
        )
    }
    assert refused.value("What customers may hear") == "We won't."


@side
async def test_a_customer_who_no_longer_waits_is_refused(house: House) -> None:
    card = await a_request(house, "Data room", "Acme Bank", "Lumen Schools")
    await write(house, "Data room", "We plan it.")
    form = await what_may_i_tell(house, "Marek", card)
    await form.fill({"I told": ["Lumen Schools"]})
    await no_longer(house, "Data room", "Lumen Schools")
    refused = modal(await form.submit())
    assert refused.errors == {
        "I told": "Not all of these wait for Data room any more. Open this again to see who does."
    }


@side
@pytest.mark.parametrize(
    "forged", [{}, {"key": "x"}, {"number": 0}, {"number": None}, {"version": -1}, {"version": 99}, {"more": 1}]
)
async def test_a_forged_form_is_refused(house: House, forged: dict[str, object]) -> None:
    title = f"Forged {uuid4().hex[:6]}"
    card = await a_request(house, title, "Acme Bank")
    await write(house, title, "We plan it.")
    form = await what_may_i_tell(house, "Alice", card)
    memory = json.loads(form.view.spec["private_metadata"])
    form.view.spec["private_metadata"] = json.dumps({**memory, **forged}) if forged else "?"
    refused = modal(await (await form.fill({"I told": ["Acme Bank"]})).submit())
    assert list(refused.errors) == ["I told"]
    assert "older Tandem. Close it and open it again." in refused.errors["I told"]
    assert "Acme Bank · not told yet" in (await what_may_i_tell(house, "Alice", card)).text


@side
async def test_a_note_pressed_after_the_release_was_taken_back_says_so(house: House) -> None:
    await a_request(house, "Sandboxes", "Acme Bank")
    await release(house, "Sandboxes")
    house.calendar.forward(minutes=6)
    note = await house.dm("Alice", "Sandboxes is released.", "One of your customers waits for it.")
    await move(house, "Sandboxes", Status.TESTING, None)
    refused = modal(await house.person("Alice").press("I told Acme Bank", on=note))
    assert "Sandboxes isn't released any more. Ask product what customers may hear now." in refused.text


@side
async def test_moved_to_released_the_notes_say_what_product_wrote_for_it(house: House) -> None:
    card = await a_request(house, "Status page", "Acme Bank", sized=True)
    boris = house.person("Boris")
    page = modal(await boris.press("More", on=card))
    form = modal(await boris.press("Move", on=page))
    await form.fill({"Move to": "Released", "For the customer": "It's in your menu, under Status."})
    await form.submit()
    house.calendar.forward(minutes=6)
    note = await house.dm("Alice", "Status page is released.")
    assert "Acme Bank: “You asked for Status page. It's in your menu, under Status.”" in note.text
    assert len([dm for dm in house.person("Alice").dms() if "Status page" in dm.text]) == 1
    await house.person("Alice").press("I told Acme Bank", on=note)
    await house.dm("Alice", "Status page is released. All your customers know.", "You told Acme Bank on")


# ---- how it is done -----------------------------------------------------------------------------


async def a_request(house: House, title: str, *customers: str, sized: bool = False) -> Message:
    """A request's card, filed by Alice; `sized`: with her guesses."""
    form = modal(await house.person("Alice").slash(f"/request {title}"))
    await form.fill({"Business problem": "It takes them a day.", "Customers": list(customers)})
    await form.fill(GUESSES if sized else {})
    await form.submit()
    return await house.card(title)


async def what_may_i_tell(house: House, name: str, card: Message) -> Modal:
    """Opened from the request's page."""
    person = house.person(name)
    page = modal(await person.press("More", on=card))
    return modal(await person.press("What may I tell customers?", on=page))


def read(form: Modal) -> list[str]:
    return [line for line in form.text.splitlines() if line and not line.startswith("[")]


def a_field() -> dict[str, object]:
    """What only those who may write it are shown."""
    element = {"type": "plain_text_input", "action_id": "sentence"}
    return {
        "type": "input",
        "block_id": "sentence",
        "label": {"type": "plain_text", "text": "What customers may hear"},
        "element": element,
    }


def boris(house: House) -> Act:
    user = UserId(house.slack.state.named("Boris").id)
    return house.calendar.clocks.act(Actor(user=user), Via.SLACK, uuid4().hex)


def number_of(store: Store, title: str) -> RequestNumber:
    found = store.requests.by_slug(Slug(title.casefold().replace(" ", "-")))
    assert found
    return found.number


async def write(house: House, title: str, words: str) -> None:
    def do(store: Store, act: Act) -> None:
        promises.keep(store, act, board.the(store, number_of(store, title)), words)

    async with app.open_database(house.settings) as db:
        await db.write(do, boris(house))


async def move(house: House, title: str, status: Status, target: date | None) -> None:
    def do(store: Store, act: Act) -> None:
        before = board.the(store, number_of(store, title))
        at = act.at if status is Status.RELEASED else None
        after = board.save(store, act, before, replace(before, status=status, target=target, released_at=at))
        if status is Status.RELEASED:
            promises.released(store, act, after)

    async with app.open_database(house.settings) as db:
        await db.write(do, boris(house))


async def release(house: House, title: str) -> None:
    await move(house, title, Status.RELEASED, None)


async def no_longer(house: House, title: str, customer: str) -> None:
    def do(store: Store, act: Act) -> None:
        account = store.accounts.named(customer)
        assert account
        store.accounts.remove_asks(number_of(store, title), [account.id])

    async with app.open_database(house.settings) as db:
        await db.write(do, boris(house))
