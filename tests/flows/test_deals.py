"""A deal's date passes: its account executive says how it ended, the money moves, the request keeps it for ever."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from sandbox import Message, Modal
from tests.flows.house import House, modal, opened
from tests.flows.test_bad_input import send, spots_of, view_of

LOST = "Was one of these gaps the reason?"
WON = "Did one of these win it?"
PAYS = "What they pay a year now"
CLOSES = "When do they decide now?"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One Tandem for the side stories: each speaks of a customer of its own."""
    async with opened(f"sqlite:///{tmp_path_factory.mktemp('deals') / 'tandem.db'}") as house:
        yield house


# ---- the main story, on both databases ----------------------------------------------------------


async def test_marek_and_alice_say_how_their_deals_ended(database_url: str) -> None:
    async with opened(database_url) as house:
        alice, marek, tanya = house.person("Alice"), house.person("Marek"), house.person("Tanya")
        await filed(house, "Alice", "k8s-connector", "Acme Bank", "€120k", "2026-12-12")  # a Saturday
        await joined(house, "Marek", "k8s-connector", "Harbor Health", "€40k", "2026-12-12")
        await ring_after(house, 20)
        assert asked(house, "Alice") == asked(house, "Marek") == []  # it is Sunday
        house.calendar.forward(days=1)

        question = await house.dm("Alice", "Acme Bank's deal (€120k) was to close on 12 December. How did it end?")
        # What they need most comes first; nobody said, so it goes by the board.
        assert "They asked for Single sign-on, Customisable savings reports and k8s-connector." in question.text
        assert question.buttons == ["Won", "Lost", "Still open"]

        form = modal(await alice.press("Lost", on=question))
        assert (form.title, form.labels) == ("Lost", [LOST])
        assert form.options(LOST) == [
            "Single sign-on",
            "Customisable savings reports",
            "k8s-connector",
            "None of them",
        ]
        receipt = modal(await (await form.fill({LOST: "k8s-connector"})).submit())
        lost = "Acme Bank's deal (€120k) is lost, for want of k8s-connector, says Alice."
        assert f"{lost} The request shows it, and it no longer counts as money to win." in receipt.text
        await receipt.dismiss()
        said = await house.dm("Alice", lost)
        assert (said, said.buttons) == (question, ["Change"])

        his = await house.dm("Marek", "Harbor Health's deal (€40k) was to close on 12 December.")
        form = modal(await marek.press("Won", on=his))
        assert form.labels == [WON, PAYS]
        assert (form.value(PAYS), "€240k so far. From now on this is money to keep." in form.text) == (
            "€280,000",
            True,
        )
        receipt = modal(await (await form.fill({WON: "k8s-connector"})).submit())
        assert "Harbor Health's deal (€40k) is won, with k8s-connector, says Marek." in receipt.text
        await receipt.dismiss()
        await house.dm("Marek", "Harbor Health's deal (€40k) is won, with k8s-connector, says Marek.")

        page = await opened_page(house, "Boris", "k8s-connector")
        assert "Lost without it: €120k (Acme Bank). Won with it: €40k (Harbor Health)." in page.text
        assert "Harbor Health · €280k a year" in page.text
        assert "14 December, Marek: a deal was won with it." in page.text
        await page.dismiss()
        page = await opened_page(house, "Tanya", "k8s-connector")
        assert "Lost without it: 1 deal (Acme Bank). Won with it: 1 deal (Harbor Health)." in page.text
        assert "€" not in page.text
        await page.dismiss()
        assert (asked(house, "Boris"), asked(house, tanya.name)) == ([], [])

        await alice.press("Change", on=said)
        again = await house.dm("Alice", "Acme Bank's deal (€120k) was to close on 12 December.")
        assert (again, again.buttons) == (question, ["Won", "Lost", "Still open"])
        page = await opened_page(house, "Boris", "k8s-connector")
        assert "Lost without it" not in page.text
        await page.dismiss()
        form = modal(await alice.press("Still open", on=again))
        assert (
            "That day has passed. Choose when they decide now."
            in (modal(await (await form.fill({CLOSES: "2026-12-01"})).submit()).errors[CLOSES])
        )
        receipt = modal(await (await form.fill({CLOSES: "2027-01-20"})).submit())
        assert "Acme Bank's deal (€120k) is to close on 20 January. I'll ask after that." in receipt.text
        await receipt.dismiss()
        moved = await house.dm("Alice", "Acme Bank's deal (€120k) is to close on 20 January.")
        assert (moved, moved.buttons) == (question, [])

        await ring_after(house, 1)
        settled = await house.dm("Marek", "Harbor Health's deal (€40k) is won")
        await house.slack.until(lambda: settled.buttons == [])
        await ring_after(house, 37)  # a Thursday, the day after
        anew = await house.dm("Alice", "Acme Bank's deal (€120k) was to close on 20 January.")
        assert anew != question
        assert len(asked(house, "Alice")) == 2
        assert len(asked(house, "Marek")) == 1


# ---- side stories -------------------------------------------------------------------------------

on_one_house = pytest.mark.asyncio(loop_scope="module")


@on_one_house
async def test_a_form_delivered_twice_is_said_once(house: House) -> None:
    await filed(house, "Alice", "Bulk upload", "Borealis Energy", "90k", closes(house))
    await pass_days(house, 3)
    question = await house.dm("Alice", "Borealis Energy's deal")
    form = modal(await house.person("Alice").press("Lost", on=question))
    await form.fill({LOST: "Bulk upload"})
    house.slack.deliver_twice()
    try:
        await modal(await form.submit()).dismiss()
        said = await house.dm("Alice", "Borealis Energy's deal ($90k) is lost, for want of Bulk upload")
        await house.person("Alice").press("Change", on=said)
    finally:
        house.slack.deliver_twice(False)
    await house.dm("Alice", "Borealis Energy's deal ($90k) was to close")
    page = await opened_page(house, "Alice", "Bulk upload")
    assert page.text.count("a deal was lost without it") == page.text.count("that deal is open again") == 1
    await page.dismiss()


@on_one_house
async def test_the_first_word_counts_and_the_form_says_so(house: House) -> None:
    await filed(house, "Alice", "Cost alerts", "Granite Media", "30k", closes(house))
    await pass_days(house, 3)
    question = await house.dm("Alice", "Granite Media's deal")
    late = modal(await house.person("Alice").press("Won", on=question))
    forms = modal(await choice(house, "Olga", question))
    form = modal(await house.person("Olga").press("Lost", on=forms))
    await modal(await (await form.fill({LOST: "None of them"})).submit()).dismiss()
    await house.dm("Alice", "Granite Media's deal ($30k) is lost, for other reasons, says Olga.")
    refused = modal(await (await late.fill({WON: "Cost alerts"})).submit())
    assert refused.errors == {
        WON: "Olga has said already that it is lost, so there is nothing left to say.",
    }
    await refused.dismiss()


@on_one_house
async def test_the_choice_stands_in_one_modal_from_question_to_taking_it_back(house: House) -> None:
    await filed(house, "Alice", "Audit trail", "Kestrel Robotics", "", closes(house))
    await pass_days(house, 3)
    question, alice = await house.dm("Alice", "Kestrel Robotics's deal was to close"), house.person("Alice")
    shown = modal(await choice(house, "Alice", question))
    assert (shown.title, shown.buttons) == ("How did it end?", ["Won", "Lost", "Still open"])
    form = modal(await alice.press("Won", on=shown))
    assert (form.labels, form.value(PAYS)) == ([WON, PAYS], None)
    saved = modal(await (await form.fill({WON: "Audit trail", PAYS: "12k"})).submit())
    assert "Kestrel Robotics's deal is won, with Audit trail, says Alice." in saved.text
    page = await opened_page(house, "Boris", "Audit trail")
    assert "Won with it: 1 deal (Kestrel Robotics)." in page.text
    assert "Kestrel Robotics · $12k a year" in page.text
    await page.dismiss()
    shown = modal(await alice.press("Change", on=saved))
    assert (shown.title, shown.buttons) == ("How did it end?", ["Won", "Lost", "Still open"])
    assert alice.modal == shown
    await shown.dismiss()
    page = await opened_page(house, "Boris", "Audit trail")
    assert "Won with it" not in page.text
    assert "$12k" not in page.text
    await page.dismiss()


@on_one_house
async def test_three_a_day_are_enough_to_answer(house: House) -> None:
    names = ("Uno", "Dos", "Tres", "Quattro")
    for name in names:
        await filed(house, "Clara", f"Wish of {name}", f"{name} Ltd", "10k", closes(house))
    await pass_days(house, 3)
    await house.dm("Clara", "Tres Ltd's deal")
    assert len(asked(house, "Clara")) == 3
    await pass_days(house, 1)
    await house.dm("Clara", "Quattro Ltd's deal ($10k) was to close on")
    assert len(asked(house, "Clara")) == 4


@on_one_house
async def test_who_neither_looks_after_it_nor_sees_amounts_says_nothing(house: House) -> None:
    await filed(house, "Alice", "Dark mode", "Ember Games", "15k", closes(house))
    await pass_days(house, 3)
    question = await house.dm("Alice", "Ember Games's deal")
    refused = modal(await choice(house, "Tanya", question))
    assert "for those to say who look after Ember Games, or may see amounts. Ask Alice." in refused.text
    await refused.dismiss()


@on_one_house
@pytest.mark.parametrize("value", ["", "-1", "x²x", "9" * 30])
async def test_a_forged_button_opens_nothing(house: House, value: str) -> None:
    await filed(house, "Alice", f"Forged {len(value)}", f"Forged {len(value)} Ltd", "15k", closes(house))
    await pass_days(house, 3)
    question = await house.dm("Alice", f"Forged {len(value)} Ltd's deal")
    for button in question.blocks[-1]["elements"]:
        button["value"] = value
    for label in ("Won", "Lost", "Still open"):
        seen = modal(await house.person("Alice").press(label, on=question))
        assert "This button is from an older Tandem. Open the customer from its request" in seen.text
        await seen.dismiss()


@on_one_house
async def test_a_forged_form_is_refused_beside_its_field(house: House) -> None:
    await filed(house, "Alice", "Saved views", "Indigo Travel", "15k", closes(house))
    await pass_days(house, 3)
    question, alice = await house.dm("Alice", "Indigo Travel's deal"), house.person("Alice")
    form = modal(await alice.press("Lost", on=question))
    sent = view_of(await form.fill({LOST: "None of them"}))
    stale = "This form is from an older Tandem. Close it and open it again."
    gone = "I can't find this deal any more. Its customer's request on the board shows what is known."
    for deal, words in ((None, stale), (0, stale), ("x", stale), (999_999, gone)):
        memory = json.dumps(json.loads(sent["private_metadata"]) | {"deal": deal})
        assert (await send(house, alice, {**sent, "private_metadata": memory}))["errors"] == {"because": words}
    for chosen, words in (
        ("1²", "Please choose this one again."),
        ("999", "This one can't be chosen any more. Choose again."),
    ):
        state = json.loads(json.dumps(sent["state"]))
        state["values"]["because"]["because"]["selected_option"]["value"] = chosen
        assert (await send(house, alice, {**sent, "state": state}))["errors"] == {"because": words}
    await form.dismiss()


@on_one_house
async def test_a_deal_is_ended_before_its_date_where_its_customer_is_edited(house: House) -> None:
    await filed(house, "Alice", "Single invoices", "Lumen Schools", "20k", closes(house))
    olga, page = house.person("Olga"), await opened_page(house, "Olga", "Single invoices")
    edit = modal(await olga.press("Edit", on=page))
    assert "The deal of $20k, until" in edit.text
    shown = modal(await olga.press("How did it end?", on=edit))
    form = modal(await olga.press("Lost", on=shown))
    saved = modal(await (await form.fill({LOST: "Single invoices"})).submit())
    assert "Lumen Schools's deal ($20k) is lost, for want of Single invoices, says Olga." in saved.text
    await saved.dismiss()
    await pass_days(house, 3)
    page = await opened_page(house, "Olga", "Single invoices")
    assert "Lost without it: $20k (Lumen Schools)." in page.text
    await page.dismiss()
    assert not [dm for dm in asked(house, "Marek") if "Lumen" in dm.text]


# ---- how it is done -----------------------------------------------------------------------------


async def filed(house: House, who: str, title: str, customer: str, size: str, closes: str) -> Message:
    """A request's card, filed for a customer with an open deal."""
    form = modal(await house.person(who).slash(f"/request {title}"))
    await form.fill({"Business problem": "It takes them a day.", "Customers": [customer]})
    await form.fill({"Deal size": size or None, "Close date": closes})
    await modal(await form.submit()).dismiss()
    return await house.card(title)


async def joined(house: House, who: str, title: str, customer: str, size: str, closes: str) -> None:
    form = modal(await house.person(who).press("Add my customer", on=await house.card(title)))
    await form.fill({"Customers": [customer], "Deal size": size, "Close date": closes})
    await modal(await form.submit()).dismiss()


async def opened_page(house: House, who: str, title: str) -> Modal:
    return modal(await house.person(who).press("More", on=await house.card(title)))


async def choice(house: House, who: str, question: Message) -> object:
    """The choice opened from elsewhere: any button that leads to a deal."""
    person, spot = house.person(who), spots_of(question)[0]
    button = {**spot.element, "action_id": "deal"}
    pressed = house.slack.acts.act(person.user, question.post, type(spot)(spot.block, button), {})
    return await person.do(pressed, wait=3)


def closes(house: House) -> str:
    """The day after tomorrow, as the story has it."""
    return (house.calendar.now.date() + timedelta(days=2)).isoformat()


async def ring_after(house: House, days: int) -> None:
    house.calendar.forward(days=days)
    await house.ring("deals")


async def pass_days(house: House, days: int) -> None:
    """To a working day that is so far off: nobody is asked on a Sunday."""
    house.calendar.forward(days=days)
    while house.calendar.now.weekday() > 4:
        house.calendar.forward(days=1)
    await house.ring("deals")


def asked(house: House, name: str) -> list[Message]:
    """Direct messages about deals."""
    return [dm for dm in house.person(name).dms() if "'s deal" in dm.text]
