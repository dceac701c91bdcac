"""Two requests turn out to be the same, and then not."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import select

from sandbox import Modal, inputs
from storage.tables import change
from tests.flows.house import House, modal, opened
from tests.flows.test_triage import a_request, row_of, rows, same_as, sort_form, waiting

side = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One Tandem for the side stories: each speaks of requests of its own."""
    async with opened(f"sqlite:///{tmp_path_factory.mktemp('merging') / 'tandem.db'}", sample=False) as house:
        yield house


async def test_two_become_one_and_part_again(database_url: str) -> None:
    async with opened(database_url, sample=False) as house:
        boris = house.person("Boris")
        await a_request(house, "Kubernetes connector", by="Marek", customers=["Acme Bank"])
        house.calendar.forward(days=1)
        await a_request(house, "Connector for Kubernetes", customers=["Acme Bank", "Harbor Health"])

        form = await sort_form(house, "Kubernetes connector")
        receipt = modal(await (await form.fill({"Same as": "R-2 Connector for Kubernetes"})).submit())
        assert (
            "R-2 is closed: it's the same as R-1 Kubernetes connector, which came first. "
            "Harbor Health waits for that one now. Alice hears of it and follows R-1 now. Boris answers for R-1. "
            "You can take this back for a day.\n[It's not the same]" in receipt.text
        )
        await receipt.close()
        await house.card("Kubernetes connector · ", "2 companies wait")
        joined = await house.card("Connector for Kubernetes", "the same as R-1")
        assert "compan" not in joined.text
        house.calendar.forward(minutes=6)
        heard = await house.dm("Alice", "Connector for Kubernetes is closed.")
        assert "It's the same as R-1 Kubernetes connector. Its customers wait for that one now." in heard.text

        await plan(house, "Kubernetes connector · ")
        house.calendar.forward(minutes=6)
        heard = await house.dm("Alice", "Kubernetes connector is planned for 3 December.")
        assert "You asked for R-2, which is the same as" in heard.text

        page = await opened_page(house, "Kubernetes connector · ")
        assert "Also asked for in\nR-2 Connector for Kubernetes · from Alice\n[It's not the same]" in page.text
        page = await opened_page(house, "Connector for Kubernetes")
        assert (
            "It's the same as R-1 Kubernetes connector. Acme Bank and Harbor Health wait for that one.\n"
            "[Open R-1] [It's not the same]" in page.text
        )
        seen = modal(await boris.press("What may I tell customers?", on=page))
        assert "Kubernetes connector · planned, aimed at 3 December" in seen.text
        await seen.close()
        parted = modal(await boris.press("It's not the same", on=page))
        assert parted.text.splitlines()[1] == (
            "R-2 Connector for Kubernetes stands for itself again, as before. "
            "Acme Bank and Harbor Health wait for it again. Alice hears of it."
        )
        page = modal(await boris.press("Open R-2", on=parted))
        assert "Boris: backlog; not the same as R-1 after all." in page.text
        assert "[Estimate] [Add my customer]" in page.text
        await page.close()
        await house.card("Kubernetes connector · ", "1 company waits")
        await house.card("Connector for Kubernetes", "2 companies wait")
        house.calendar.forward(minutes=6)
        heard = await house.dm("Alice", "Connector for Kubernetes is back in the backlog.")
        assert "Why, from Boris: It isn't the same as R-1 Kubernetes connector after all." in heard.text
        assert "R-2 asks for something else after all" in (await opened_page(house, "Kubernetes connector · ")).text


@side
async def test_the_one_further_along_stands_though_it_is_younger(house: House) -> None:
    await a_request(house, "Slow lane", customers=["Acme Bank"])
    await a_request(house, "Fast lane", customers=["Borealis"])
    await plan(house, "Fast lane")
    await same_as(house, "Fast lane", "Slow lane")
    assert row_of(house, "Slow lane").survivor == row_of(house, "Fast lane").number
    card = await house.card("Fast lane", "2 companies wait")
    assert "planned, aimed at 3 December" in card.text


@side
async def test_after_a_day_it_stays(house: House) -> None:
    await a_request(house, "Left shoe")
    await a_request(house, "Right shoe")
    await same_as(house, "Right shoe", "Left shoe")
    page = await opened_page(house, "Right shoe")
    house.calendar.forward(days=1, minutes=1)
    refused = modal(await house.person("Boris").press("It's not the same", on=page))
    left, right = row_of(house, "Left shoe").number, row_of(house, "Right shoe").number
    assert (
        f"R-{right} has been the same as R-{left} for more than a day, so it stays. "
        "If the needs differ, file this one as its own request." in refused.text
    )
    assert "It's not the same" not in (await opened_page(house, "Right shoe")).buttons


@side
async def test_a_press_delivered_twice_parts_them_once(house: House) -> None:
    await a_request(house, "Upper deck", customers=["Acme Bank"])
    await a_request(house, "Lower deck", customers=["Acme Bank"])
    await same_as(house, "Lower deck", "Upper deck")
    page = await opened_page(house, "Lower deck")
    house.slack.deliver_twice()
    try:
        await house.person("Boris").press("It's not the same", on=page)
    finally:
        house.slack.deliver_twice(False)
    lower = row_of(house, "Lower deck").number
    await house.card("Lower deck", "1 company waits")
    log = select(change.c.old).where(change.c.field == "merged", change.c.old.is_not(None))
    assert [row.old for row in rows(house, log) if row.old == lower] == [lower]
    assert (waiting(house, "Upper deck"), waiting(house, "Lower deck")) == (["Acme Bank"], ["Acme Bank"])


@side
async def test_sales_see_what_is_the_same_but_part_nothing(house: House) -> None:
    await a_request(house, "Day shift")
    await a_request(house, "Night shift")
    await same_as(house, "Night shift", "Day shift")
    marek, card = house.person("Marek"), await house.card("Night shift", "the same as")
    page = modal(await marek.press("More", on=card))
    assert f"It's the same as R-{row_of(house, 'Day shift').number} Day shift." in page.text
    assert "It's not the same" not in page.buttons
    await page.dismiss()
    spot = next(s for s in inputs.spots(card.blocks) if s.element.get("action_id") == "page")
    pressed = type(spot)(spot.block, {**spot.element, "action_id": "unlink"})
    refused = modal(await marek.do(house.slack.acts.act(marek.user, card.post, pressed, {}), wait=3))
    assert "Only product and leadership may sort new requests." in refused.text


@side
async def test_a_form_opened_before_says_which_one_stands_for_it(house: House) -> None:
    await a_request(house, "First floor")
    await a_request(house, "Ground floor")
    alice = house.person("Alice")
    form = modal(await alice.press("Add my customer", on=await house.card("Ground floor")))
    await same_as(house, "Ground floor", "First floor")
    refused = modal(await (await form.fill({"Customers": ["Acme Bank"]})).submit())
    number = row_of(house, "First floor").number
    assert f"It's the same as R-{number} First floor; add your customer there." in str(refused.errors)


async def plan(house: House, card: str) -> None:
    boris = house.person("Boris")
    page = modal(await boris.press("More", on=await house.card(card)))
    form = modal(await boris.press("Move", on=page))
    await form.fill({"Move to": "Planned", "Target date": "2026-12-03"})
    await modal(await form.submit()).dismiss()


async def opened_page(house: House, card: str) -> Modal:
    boris = house.person("Boris")
    if boris.modal:
        await boris.modal.dismiss()
    return modal(await boris.press("More", on=await house.card(card)))
