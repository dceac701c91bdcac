"""Boris says which metric everybody steers by; its figures come from the form and from a CSV."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.cli import imports
from bot.domain.digest import NorthStar
from bot.services import north_star
from sandbox import Message, Modal
from storage.database import Database
from tests.flows.house import House, modal, opened

NAME = "The one metric everybody steers by"
COUNTS = "What it counts"
WEEK = "This week's figure (week 48)"
ACTIVATION: dict[str, Any] = {NAME: "Activation", COUNTS: "New users active within 30 days of sign-up"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One Tandem for the side stories: each sets a north star of its own."""
    async with opened(f"sqlite:///{tmp_path_factory.mktemp('star') / 'tandem.db'}", sample=False) as house:
        yield house


async def test_the_north_star_is_set_in_slack_and_followed_by_csv(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, sample=False) as house:
        form = await the_form(house)
        assert form.labels == [NAME, COUNTS, "Unit", WEEK, "Target"]
        assert form.value("Unit") == "%"
        await form.fill({**ACTIVATION, WEEK: "54 %", "Target": "65"})
        receipt = modal(await form.submit())
        assert (
            "Activation is the north star: 54 % now, target 65 %. It is the first line of every weekly digest."
            in receipt.text
        )
        assert await figures(house) == (("2026-W48", 54.0),)

        file = tmp_path / "metrics.csv"
        file.write_text("metric,period,value\nactivation,2026-W47,51.5\nactivation,2026-W49,56\n")
        await imports.metrics(house.settings, file)
        assert await figures(house) == (("2026-W47", 51.5), ("2026-W48", 54.0), ("2026-W49", 56.0))

        form = await the_form(house)
        assert "Now 56 %. Leave empty to keep it." in form.text
        assert (form.value(NAME), form.value("Target"), form.value("Figures")) == ("Activation", "65", "activation")
        receipt = modal(await (await form.fill({NAME: "Activation rate", "Target": "70"})).submit())
        assert "Activation rate is the north star: 56 % now, target 70 %." in receipt.text


on_one_house = pytest.mark.asyncio(loop_scope="module")


@on_one_house
async def test_a_metric_that_was_imported_is_chosen_by_its_name(house: House, tmp_path: Path) -> None:
    file = tmp_path / "metrics.csv"
    file.write_text("metric,period,value\nWeekly active teams,2026-W46,1200\nWeekly active teams,2026-W47,1250.5\n")
    await imports.metrics(house.settings, file)
    form = await the_form(house)
    assert form.options("Figures")[-2:] == ["Weekly active teams", "A metric of its own"]
    await form.fill({NAME: "Active teams", COUNTS: "Teams with a synced connector", "Unit": "A number"})
    receipt = modal(await (await form.fill({"Target": "1 500", "Figures": "Weekly active teams"})).submit())
    assert "Active teams is the north star: 1,250.5 now, target 1,500." in receipt.text


@on_one_house
async def test_without_a_figure_the_receipt_says_how_to_bring_one(house: House) -> None:
    form = await the_form(house)
    await form.fill({NAME: "Net revenue", COUNTS: "New less lost", "Unit": "$", "Target": "1.2m"})
    await own_metric(form)
    receipt = modal(await form.submit())
    assert (
        "Net revenue is the north star: target $1,200,000. It is the first line of every weekly digest. "
        "It has no figure yet: enter this week's, or import a CSV with metric “net-revenue”."
    ) in receipt.text
    again = await the_form(house)
    assert again.value("Target") == "1200000"
    receipt = modal(await again.submit())
    assert receipt.title == "Nothing changed"


@on_one_house
@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        (
            {NAME: " ", COUNTS: "\u200b"},
            {
                NAME: "Give it a name, like Activation.",
                COUNTS: "Say in one sentence what it counts, so that everybody counts the same.",
            },
        ),
        (
            {"Unit": "%", WEEK: "half", "Target": "1..2"},
            {WEEK: "Write a number like 54 or 54.5.", "Target": "Write a number like 54 or 54.5."},
        ),
        ({"Unit": "A number", WEEK: "54 %"}, {WEEK: "Write a number like 1 200 or 1.2m."}),
        ({NAME: "x" * 61}, {NAME: "That's 61 characters; a name has room for 60."}),
        ({COUNTS: "x" * 201}, {COUNTS: "That's 201 characters; keep it under 200."}),
    ],
)
async def test_what_can_not_be_read_is_said_beside_its_field(
    house: House, fields: dict[str, Any], errors: dict[str, str]
) -> None:
    form = await the_form(house)
    refused = modal(await (await form.fill({**ACTIVATION, **fields})).submit())
    assert refused.errors == errors


@on_one_house
async def test_the_same_form_delivered_twice_counts_once(house: House) -> None:
    form = await the_form(house)
    await form.fill({**ACTIVATION, "Unit": "%", WEEK: "54,5"})
    await own_metric(form)
    house.slack.deliver_twice()
    try:
        receipt = modal(await form.submit())
    finally:
        house.slack.deliver_twice(False)
    assert "Activation is the north star: 54.5 % now" in receipt.text
    lines = await in_memory(house, lambda store: store.changes.newest(north_star.SUBJECT, 2))
    assert [(line.field, line.new) for line in lines] == [
        ("figure", 54.5),
        ("star", {**lines[1].new, "name": "Activation"}),
    ]


@on_one_house
async def test_sales_may_not_set_it_and_hears_who_may(house: House) -> None:
    refused = await house.person("Alice").slash("/coordination north star")
    assert isinstance(refused, Message)
    assert "Only product and leadership may set the north star" in refused.text


# ---- how it is done -----------------------------------------------------------------------------


async def the_form(house: House) -> Modal:
    boris = house.person("Boris")
    while boris.modal:
        await boris.modal.dismiss()
    return modal(await boris.slash("/coordination north star"))


async def own_metric(form: Modal) -> None:
    if "Figures" in form.labels:
        await form.fill({"Figures": "A metric of its own"})


async def figures(house: House) -> tuple[tuple[str, float], ...]:
    now: NorthStar | None = await in_memory(house, north_star.now)
    assert now
    return now.figures


async def in_memory(house: House, look: Any) -> Any:
    async with Database.open(house.settings.database_url.get_secret_value()) as db:
        return await db.read(look)
