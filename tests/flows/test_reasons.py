"""Why this place: a button opens up how a request came to where it stands, and what would take it up."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.cli import explain
from bot.domain.errors import Refused
from sandbox import Message, Modal
from tests.flows.house import House, modal, opened

FIGURES = {"User/Business value": 8, "Time criticality": 2, "Risk reduction": 3, "Job size": 13}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One Tandem for the side stories: each speaks of requests of its own."""
    async with opened(f"sqlite:///{tmp_path_factory.mktemp('reasons') / 'tandem.db'}") as house:
        yield house


# ---- the main story, on both databases ----------------------------------------------------------


async def test_a_request_says_how_it_came_to_its_place_and_what_would_take_it_up(database_url: str) -> None:
    async with opened(database_url) as house:
        alice, boris = house.person("Alice"), house.person("Boris")
        card = await filed(house, "k8s-connector")
        assert card.buttons == ["Estimate", "Add my customer", "Why #3?", "More"]

        house.calendar.forward(days=8)  # what came before the last week is not told
        await sized(house, "k8s-connector", 8)
        await moved(house, "single-sign-on", "Released")
        await sized(house, "k8s-connector", 20)
        await filed(house, "Cost export", **{"User/Business value": 13})

        card = await house.card("k8s-connector", "Size 20")
        why = modal(await alice.press("Why #6?", on=card))  # the card is as of its own last change
        assert why.title == "Why #7?"
        assert lines(why) == [
            "k8s-connector is #7 of 10: (8 + 2 + 3) / 20 = 0.7",
            "Value 8, time 2, risk & opportunity 3: Alice's guess. Job size 20: confirmed by Tanya.",
            "#3 (1.0) on 24 November, #7 (0.7) now:",
            "• #3 → #2: +0.6 from job size 13 to 8 · Tanya, 1 December",
            "• #2 → #1: Single sign-on was released · 1 December",
            "• #1 → #6: −0.9 from job size 8 to 20 · Tanya, 1 December",
            "• #6 → #7: Cost export came in above · 1 December",
            "To reach #3: job size 13.",
        ]

        page = modal(await boris.press("More", on=card))
        assert modal(await boris.press("Why #7?", on=page)).title == "Why #7?"
        printed = await explain.request(house.settings, "k8s-connector")
        assert "  To reach #3: job size 13." in printed.splitlines()


# ---- side stories -------------------------------------------------------------------------------

on_one_house = pytest.mark.asyncio(loop_scope="module")


@on_one_house
async def test_without_a_place_the_card_still_asks_and_the_page_says_what_is_missing(house: House) -> None:
    card = await filed(house, "Audit trail", **{"Job size": None})
    assert card.buttons == ["Estimate", "Add my customer", "Ask Alice", "More"]
    page = modal(await house.person("Boris").press("More", on=card))
    why = modal(await house.person("Boris").press("Why no place?", on=page))
    assert lines(why)[0] == "Audit trail has no place yet: it needs a size"
    assert lines(why)[-1].startswith("A size puts it anywhere from #1 (size ")


@on_one_house
async def test_what_nothing_happened_to_says_since_when(house: House) -> None:
    house.calendar.forward(days=20)
    board = await house.person("Alice").slash("/board partner-price-list")
    assert isinstance(board, Message)
    why = modal(await house.person("Alice").press(board.buttons[2], on=board))
    assert "Nothing has moved it since 6 December." in why.text


@on_one_house
async def test_a_card_from_before_it_was_closed_says_how_it_ended(house: House) -> None:
    await filed(house, "Dark cockpit")
    alice = house.person("Alice")
    before = await alice.slash("/board dark-cockpit")
    assert isinstance(before, Message)
    await moved(house, "dark-cockpit", "Released")
    why = modal(await alice.press(before.buttons[2], on=before))
    assert (why.title, lines(why)[0]) == ("How it ended", "Dark cockpit is released")
    assert "→ no place: it was released · Boris, " in lines(why)[-1]


@on_one_house
async def test_a_request_that_is_not_there_is_refused_in_one_line(house: House) -> None:
    with pytest.raises(Refused, match="There is no R-404 on the board"):
        await explain.request(house.settings, "R-404")


# ---- how it is told -----------------------------------------------------------------------------


def lines(why: Modal) -> list[str]:
    return [line for line in why.text.splitlines()[1:] if not line.startswith("[")]


async def filed(house: House, title: str, **figures: int | None) -> Message:
    form = modal(await house.person("Alice").slash(f"/request {title}"))
    chosen: dict[str, Any] = {name: step for name, step in {**FIGURES, **figures}.items() if step is not None}
    receipt = modal(await (await form.fill({"Business problem": "It takes them a day.", **chosen})).submit())
    await receipt.dismiss()
    return await house.card(title)


async def sized(house: House, title: str, size: int) -> None:
    tanya = house.person("Tanya")
    form = modal(await tanya.press("Estimate", on=await house.card(title)))
    await modal(await (await form.fill({"Job size": size})).submit()).dismiss()
    await house.card(title, f"Size {size}")


async def moved(house: House, slug: str, status: str) -> None:
    boris = house.person("Boris")
    found = await boris.slash(f"/board {slug}")
    assert isinstance(found, Message)
    page = modal(await boris.press("More", on=found))
    form = modal(await boris.press("Move", on=page))
    receipt = modal(await (await form.fill({"Move to": status})).submit())
    assert not receipt.errors, receipt.errors
    await receipt.dismiss()
