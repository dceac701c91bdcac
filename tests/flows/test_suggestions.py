"""The Estimate form suggests a value and a time criticality, and says why; a person takes them or doesn't."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from bot import app
from bot.domain.accounts import Account
from bot.domain.ids import AccountId
from sandbox import Message, Modal
from storage.store import Store
from tests.builders import MONDAY
from tests.flows.house import House, modal, opened

VALUE, TIME = "User/Business value", "Time criticality"
FIGURES = {VALUE: 5, TIME: 2, "Risk reduction": 3, "Job size": 13}
DAY = "23 November"

on_one_house = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One Tandem for the side stories: each speaks of requests of its own."""
    async with opened(f"sqlite:///{tmp_path_factory.mktemp('suggestions') / 'tandem.db'}") as house:
        await house.ring("customers")
        yield house


# ---- the main stories, on both databases --------------------------------------------------------


async def test_boris_sees_why_takes_it_and_saves_while_tanya_sees_no_amount(database_url: str) -> None:
    async with opened(database_url) as house:
        await house.ring("customers")
        boris, tanya = house.person("Boris"), house.person("Tanya")
        card = await filed(house, "k8s-connector", "Acme Bank", days=20)

        sizing = modal(await tanya.press("Estimate", on=card))
        assert "Suggested 2: 1 company waits. One step more for the money behind it." in sizing.text
        assert "€" not in sizing.text
        assert "$" not in sizing.text
        await sizing.dismiss()

        form = modal(await boris.press("Estimate", on=card))
        assert (
            "Suggested 2: 1 company waits. One step more for money: €60k, 7.3 % of what all pay in EUR."
            in form.text
        )
        assert (
            "Suggested 5: Acme Bank decides on 13 December (in 20 days); nobody has said how much they need it."
            in form.text
        )
        await form.fill({"Risk reduction": step(form, "Risk reduction", 8), "Why": "They told us."})
        for _ in range(2):  # pressing again is harmless
            await take(house, form, 5)
        assert form.value(VALUE).startswith("5 ·")
        assert form.value("Risk reduction").startswith("8 ·")
        assert form.value("Why") == "They told us."
        assert "(5 + 5 + 8) / 13 = WSJF 1.4" in form.text.replace("*", "")
        assert "WSJF 0.8" in card_text(house, "k8s-connector"), "nothing is decided yet"

        receipt = modal(await form.submit())
        assert "(5 + 5 + 8) / 13." in receipt.text
        await receipt.dismiss()
        card = await house.card("k8s-connector", "WSJF 1.4", "Time 5")
        page = modal(await boris.press("More", on=card))
        assert f"{DAY}, Boris: time 2 → 5; risk & opportunity 3 → 8; took the suggested time 5. “They" in page.text
        assert "a close date suggests" not in page.text


async def test_a_date_draws_near_and_the_score_waits_for_a_person(database_url: str) -> None:
    async with opened(database_url) as house:
        boris, tanya = house.person("Boris"), house.person("Tanya")
        card = await filed(house, "Cost alerts", "Acme Bank", days=25)
        assert await page_line(house, boris.name, card) == "Time criticality 2; a close date suggests 5."
        before = card_text(house, "Cost alerts")

        house.calendar.forward(days=15)
        await ring_all(house)
        assert await page_line(house, boris.name, card) == "Time criticality 2; a close date suggests 8."
        assert await page_line(house, tanya.name, card) == ""

        joining = modal(await house.person("Alice").press("Add my customer", on=card))
        later = (house.calendar.now + timedelta(days=50)).date()
        await modal(
            await (await joining.fill({"Customers": ["Acme Bank"], "Close date": later})).submit()
        ).dismiss()
        assert await page_line(house, boris.name, card) == "Time criticality 2; a close date suggests 3."

        house.calendar.forward(days=51)
        await ring_all(house)
        assert await page_line(house, boris.name, card) == ""
        form = modal(await boris.press("Estimate", on=card))
        assert "decides on" not in form.text
        assert card_text(house, "Cost alerts") == before


# ---- side stories -------------------------------------------------------------------------------


@on_one_house
async def test_reach_counts_once_enough_customers_are_known(house: House) -> None:
    async with app.open_database(house.settings) as db:
        await db.write(forty_more)
    await house.ring("customers")
    card = await filed(house, "Audit trail", "Ember Games", "Indigo Travel", "Kestrel Robotics", days=None)
    form = modal(await house.person("Boris").press("Estimate", on=card))
    assert "Suggested 8: 3 of the 52 customers we know wait for it, 5.7 %." in form.text
    await form.dismiss()


@on_one_house
async def test_what_is_no_other_than_the_figure_in_force_is_not_suggested(house: House) -> None:
    card = await filed(house, "Saved views", "Kestrel Robotics", days=None, **{VALUE: 1})
    form = modal(await house.person("Boris").press("Estimate", on=card))
    assert "Suggested" not in form.text
    assert form.buttons == []
    await form.dismiss()


@on_one_house
async def test_who_decides_against_a_taken_suggestion_just_chooses(house: House) -> None:
    boris = house.person("Boris")
    card = await filed(house, "Dark rooms", "Lumen Schools", days=10)
    form = modal(await boris.press("Estimate", on=card))
    await take(house, form, 8)
    await form.fill({TIME: step(form, TIME, 3)})
    await take(house, form, 8)
    await form.fill({TIME: step(form, TIME, 3)})
    await modal(await form.submit()).dismiss()
    page = modal(await boris.press("More", on=await house.card("Dark rooms", "Time 3")))
    assert f"{DAY}, Boris: time 2 → 3." in page.text
    await page.dismiss()


@on_one_house
async def test_whose_word_it_is_not_suggests_it_in_turn(house: House) -> None:
    alice, boris = house.person("Alice"), house.person("Boris")
    card = await filed(house, "Price list", "Lumen Schools", days=10)
    form = modal(await boris.press("Estimate", on=card))
    await modal(await (await form.fill({TIME: step(form, TIME, 3)})).submit()).dismiss()
    form = modal(await alice.press("Estimate", on=card))
    await take(house, form, 8)
    receipt = modal(await form.submit())
    assert "Time criticality stays 3 until product agrees; your suggestion is kept." in receipt.text
    await receipt.dismiss()


@on_one_house
async def test_what_is_no_longer_suggested_is_not_taken_and_the_form_shows_what_is(house: House) -> None:
    alice, boris = house.person("Alice"), house.person("Boris")
    card = await filed(house, "Night mode", "Lumen Schools", days=10)
    form = modal(await boris.press("Estimate", on=card))
    joining = modal(await alice.press("Add my customer", on=card))
    later = (house.calendar.now + timedelta(days=70)).date()
    joining = await joining.fill({"Customers": ["Lumen Schools"], "Close date": later})
    await modal(await joining.submit()).dismiss()
    await boris.press("Take 8", on=form)
    await house.slack.until(lambda: "Take 8" not in form.buttons)
    assert form.value(TIME).startswith("2 ·")
    assert "Lumen Schools decides" not in form.text, "in seventy days it is as pressing as it says already"
    await form.dismiss()


@on_one_house
@pytest.mark.parametrize(
    "forged", ["", "value", "value:4", "job_size:5", "value:8:8", "time_criticality:x", "8" * 999]
)
async def test_a_forged_button_takes_nothing(house: House, forged: str) -> None:
    boris = house.person("Boris")
    card = await house.card("Audit trail")
    form = modal(await boris.press("Estimate", on=card))
    acts = house.slack.acts
    spot = next(s for s in form.view.spots() if s.element.get("action_id") == "take_suggestion")
    pressed = type(spot)(spot.block, {**spot.element, "value": forged})
    seen = modal(await boris.do(acts.act(boris.user, form.view, pressed, {}), wait=3))
    assert "This button is from an older Tandem. Close the form and open it again." in seen.text
    assert form.value(VALUE).startswith("5 ·")
    await seen.dismiss()


@on_one_house
async def test_a_press_delivered_twice_fills_the_field_once(house: House) -> None:
    boris = house.person("Boris")
    card = await filed(house, "Bulk edit", "Lumen Schools", days=10)
    form = modal(await boris.press("Estimate", on=card))
    house.slack.deliver_twice()
    try:
        await take(house, form, 8)
    finally:
        house.slack.deliver_twice(False)
    remembered = json.loads(form.view.spec["private_metadata"])
    assert (remembered["taken"], remembered["editions"]) == ({"time_criticality": 8}, {"time_criticality": 2})
    await modal(await form.submit()).dismiss()
    page = modal(await boris.press("More", on=await house.card("Bulk edit", "Time 8")))
    assert page.text.count("took the suggested time 8") == 1
    await page.dismiss()


@on_one_house
async def test_nothing_is_taken_once_the_request_is_released(house: House) -> None:
    boris, tanya = house.person("Boris"), house.person("Tanya")
    card = await filed(house, "Quick search", "Lumen Schools", days=10)
    form = modal(await boris.press("Estimate", on=card))
    moving = modal(await tanya.press("Move", on=modal(await tanya.press("More", on=card))))
    moved = await (await moving.fill({"Move to": "Released"})).submit()
    if isinstance(moved, Modal):
        await moved.dismiss()
    told = modal(await boris.press("Take 8", on=form))
    assert "This request is already released, so its estimate is closed." in told.text
    await told.dismiss()


# ---- how it is done -----------------------------------------------------------------------------


def forty_more(store: Store) -> None:
    store.accounts.put([Account(id=AccountId(f"c-{n}"), name=f"Customer {n}") for n in range(40)], MONDAY)


async def filed(house: House, title: str, *customers: str, days: int | None, **figures: int) -> Message:
    """A request's card, filed by Alice with figures; its customer decides in so many days."""
    form = modal(await house.person("Alice").slash(f"/request {title}"))
    deal = {} if days is None else {"Close date": (house.calendar.now + timedelta(days=days)).date()}
    chosen = {label: step(form, label, figure) for label, figure in {**FIGURES, **figures}.items()}
    await form.fill({"Business problem": "It takes a day.", "Customers": list(customers), **deal, **chosen})
    await modal(await form.submit()).dismiss()
    return await house.card(title)


async def take(house: House, form: Modal, figure: int) -> None:
    """Take the time criticality that is suggested."""
    await form.person.press(f"Take {figure}", on=form)
    await house.slack.until(lambda: form.value(TIME).startswith(f"{figure} ·"))


def step(form: Modal, label: str, figure: int) -> str:
    return next(option for option in form.options(label) if option.startswith(f"{figure} "))


def card_text(house: House, title: str) -> str:
    [card] = [message for message in house.board() if title in message.text]
    return card.text


async def page_line(house: House, name: str, card: Message) -> str:
    """What the opened page says of close dates."""
    page = modal(await house.person(name).press("More", on=card))
    line = next((line for line in page.text.splitlines() if "a close date suggests" in line), "")
    await page.dismiss()
    return line


async def ring_all(house: House) -> None:
    """Everything the clock does on its own."""
    for name in ("customers", "ranks", "rounds", "outcomes", "digests"):
        await house.ring(name)
