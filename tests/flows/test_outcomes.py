"""A release is measured: its owner is asked, its requester told, its card shows it. And who enters the top five."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.cli import imports
from bot.domain.errors import Refused
from sandbox import Message, Modal
from tests.flows.house import House, modal, opened

TARGET = "How many active accounts should use it? (percent)"
EVENT = "Usage event that shows it"
USED = "Used by (percent of active accounts)"
FIGURES = {"User/Business value": 8, "Time criticality": 2, "Risk reduction": 3, "Job size": 13}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One Tandem for the side stories: each speaks of requests of its own."""
    async with opened(f"sqlite:///{tmp_path_factory.mktemp('outcomes') / 'tandem.db'}") as house:
        yield house


# ---- the main stories, on both databases --------------------------------------------------------


async def test_a_release_is_measured_after_thirty_and_sixty_days(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url) as house:
        boris = house.person("Boris")
        card = await released(house, "k8s-connector", target="40 %", event="connector_synced")
        await pass_days(house, 30)
        asked = await house.dm("Boris", "k8s-connector was released 30 days ago.")
        assert "How many active accounts use it? Target 40 %. “connector_synced” shows it." in asked.text
        assert asked.buttons == ["Enter the figure"]
        assert not [dm for dm in house.person("Alice").dms() if "30 days" in dm.text]

        form = modal(await boris.press("Enter the figure", on=asked))
        assert form.labels == [USED, TARGET, EVENT]
        assert (form.value(TARGET), form.value(EVENT)) == ("40", "connector_synced")
        wrong = modal(await (await form.fill({USED: "146"})).submit())
        assert wrong.errors == {USED: "Write a percentage from 0 to 100."}
        receipt = modal(await (await wrong.fill({USED: "46"})).submit())
        assert (
            "k8s-connector: used by 46 % of active accounts, target 40 %. It's on the card, and Alice hears of it."
            in receipt.text
        )

        used = "k8s-connector is used by 46 % of active accounts 30 days after its release; the target was 40 %."
        told = await house.dm("Alice", used)
        assert told.buttons == []
        redrawn = await house.dm("Boris", used)
        assert (redrawn, redrawn.buttons) == (asked, ["Change the figure"])
        await house.card("k8s-connector", "Used by 46 % of active accounts, target 40 %")
        assert card == await house.card("k8s-connector")

        file = tmp_path / "metrics.csv"
        file.write_text("metric;period;value\nadoption:k8s-connector;2027-01-20;51\n")
        assert [await imports.metrics(house.settings, file) for _ in range(2)] == [1, 0]
        await house.card("k8s-connector", "Used by 51 % of active accounts")
        await pass_days(house, 30)
        for name in ("Alice", "Boris"):
            await house.dm(name, "used by 51 % of active accounts 60 days", "30 days: 46 %, 60 days: 51 %.")


async def test_entering_and_leaving_the_first_five_is_told_once(database_url: str) -> None:
    async with opened(database_url, sample=False) as house:
        titles = [f"Export {letter}" for letter in "ABCDEF"]
        for title, value in zip(titles, (20, 20, 13, 8, 5, 1), strict=True):
            await filed(house, title, **{"User/Business value": value})
        await house.ring("ranks")

        await sized(house, "Export F", 8)  # 6 / 8 is 0.8 against (1 + 2 + 3) / 13
        await ring_for(house, minutes=4)
        await sized(house, "Export F", 13)  # and back, which is noise
        await ring_for(house, minutes=6)
        assert moves(house) == []

        await sized(house, "Export F", 1)
        await ring_for(house, minutes=10)
        await house.dm("Alice", "Export F is among the first five now: #1 of 6. Size 13 → 1 moved it.")
        await house.dm(
            "Alice", "Export E left the first five: #6 of 6. Nothing about it changed; others passed it."
        )
        await ring_for(house, minutes=10)
        assert len(moves(house)) == 2


# ---- side stories -------------------------------------------------------------------------------

on_one_house = pytest.mark.asyncio(loop_scope="module")


@on_one_house
async def test_a_target_is_set_before_the_release_and_changed(house: House) -> None:
    card = await filed(house, "Cost alerts")
    form = await aim_form(house, card)
    assert form.labels == [TARGET, EVENT]
    wrong = modal(await (await form.fill({TARGET: "0", EVENT: "x" * 121})).submit())
    assert wrong.errors == {
        TARGET: "Write a whole percentage from 1 to 100.",
        EVENT: "That's 121 characters; an event's name has room for 120.",
    }
    receipt = modal(await (await wrong.fill({TARGET: "40", EVENT: "alert_read"})).submit())
    assert "Cost alerts: 40 % of active accounts should use it. I ask whoever owns it 30, 60 and 90" in receipt.text
    await receipt.dismiss()

    form = await aim_form(house, card)
    assert (form.value(TARGET), form.value(EVENT)) == ("40", "alert_read")
    receipt = modal(await (await form.fill({TARGET: None})).submit())
    assert "Cost alerts: no target. I won't ask about it." in receipt.text


@on_one_house
async def test_sales_and_tech_may_not_set_targets(house: House) -> None:
    card = await filed(house, "Audit trail")
    for name in ("Alice", "Tanya"):
        page = modal(await house.person(name).press("More", on=card))
        assert "Is it used?" not in page.buttons
        await page.dismiss()


@on_one_house
async def test_a_figure_delivered_twice_is_told_once(house: House) -> None:
    await released(house, "Saved views", target="40")
    await pass_days(house, 30)
    check = await house.dm("Boris", "Saved views was released 30 days ago")
    form = modal(await house.person("Boris").press("Enter the figure", on=check))
    await form.fill({USED: "46"})
    house.slack.deliver_twice()
    try:
        await form.submit()
    finally:
        house.slack.deliver_twice(False)
    await house.dm("Alice", "Saved views is used by 46 %")
    await house.dm("Boris", "Saved views is used by 46 %")
    for name in ("Alice", "Boris"):
        assert (
            len([dm for dm in house.person(name).dms() if "Saved views" in dm.text and "30 days" in dm.text]) == 1
        )


@on_one_house
async def test_what_misses_its_target_says_who_looks_into_it(house: House) -> None:
    await released(house, "Dark mode", target="40")
    for days, percent, words in (
        (30, "22", "I ask again 60 days after its release."),
        (30, "12", "30 days: 22 %, 60 days: 12 %."),
        (30, "4.5", "What fewer than 5 % use is a candidate to retire."),
    ):
        await pass_days(house, days)
        check = await house.dm("Boris", "Dark mode was released", "days ago")
        form = modal(await house.person("Boris").press("Enter the figure", on=check))
        await modal(await (await form.fill({USED: percent})).submit()).dismiss()
        asked = await house.dm("Boris", f"Dark mode is used by {percent} %", words)
        assert "Please look into what keeps the others from it." in asked.text
        told = await house.dm("Alice", f"Dark mode is used by {percent} %", words)
        assert "Boris looks into what keeps the others from it." in told.text


@on_one_house
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("metric,period\nactivation,2026\n", "column value is missing"),
        ("metric,period,value\nactivation,2026-13,5\n", "line 2, period: No calendar has this day, week or month."),
        ("metric,period,value\nactivation,Q4,5\n", "line 2, period: Write 2026-12-31, 2026-12, 2026-W53 or 2026."),
        ("metric,period,value\nactivation,2026,54 %\n", "line 2, value: write a number like 51.5"),
        (
            "metric,period,value\nadoption:sso,2026,146\n",
            "line 2, value: write a percentage from 0",
        ),
        ("metric,period,value\nadoption:R-999,2026,5\n", "line 2, metric: there is no R-999 on the board;"),
        ("metric,period,value\nadoption:nope,2026,5\n", "line 2, metric: there is no nope on the board;"),
        (
            "metric,period,value\nadoption:R-1,2026,5\nadoption:single-sign-on,2026,6\n",
            "line 3, value: another line says 5 for 2026; keep one of the two",
        ),
    ],
)
async def test_a_file_with_a_wrong_line_is_refused_whole(
    house: House, tmp_path: Path, text: str, words: str
) -> None:
    file = tmp_path / "metrics.csv"
    file.write_text(text)
    with pytest.raises(Refused) as refused:
        await imports.metrics(house.settings, file)
    assert "nothing was imported. " in refused.value.text
    assert words in refused.value.text


# ---- how it is done -----------------------------------------------------------------------------


async def filed(house: House, title: str, **figures: int) -> Message:
    """A request's card, filed by Alice with figures."""
    form = modal(await house.person("Alice").slash(f"/request {title}"))
    await form.fill({"Business problem": "It takes them a day.", **chosen(form, {**FIGURES, **figures})})
    await modal(await form.submit()).dismiss()
    return await house.card(title)


def chosen(form: Modal, figures: dict[str, int]) -> dict[str, Any]:
    return {
        label: next(o for o in form.options(label) if o.startswith(f"{step} ")) for label, step in figures.items()
    }


async def sized(house: House, title: str, size: int) -> None:
    form = modal(await house.person("Tanya").press("Estimate", on=await house.card(title)))
    await modal(await (await form.fill(chosen(form, {"Job size": size}))).submit()).dismiss()


async def aim_form(house: House, card: Message) -> Modal:
    boris = house.person("Boris")
    page = modal(await boris.press("More", on=card))
    return modal(await boris.press("Is it used?", on=page))


async def released(house: House, title: str, **aim: str) -> Message:
    """A request's card, aimed at and released by Boris."""
    card, boris = await filed(house, title), house.person("Boris")
    form = await aim_form(house, card)
    labels = {"target": TARGET, "event": EVENT}
    await modal(await (await form.fill({labels[name]: typed for name, typed in aim.items()})).submit()).dismiss()
    page = modal(await boris.press("More", on=await house.card(title)))
    move = modal(await boris.press("Move", on=page))
    seen = await (await move.fill({"Move to": "Released"})).submit()
    if isinstance(seen, Modal):
        await seen.dismiss()
    return await house.card(title, "released")


async def pass_days(house: House, days: int) -> None:
    """To a working day that is so far off: what can wait is not said on a Sunday."""
    house.calendar.forward(days=days)
    while house.calendar.now.weekday() > 4:
        house.calendar.forward(days=1)
    await house.ring("outcomes")


async def ring_for(house: House, *, minutes: int) -> None:
    for _ in range(minutes):
        house.calendar.forward(minutes=1)
        await house.ring("ranks")


def moves(house: House) -> list[str]:
    return [dm.text for dm in house.person("Alice").dms() if "first five" in dm.text]
