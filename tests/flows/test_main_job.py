"""The main job, end to end, as the people of the sample company live it."""

import asyncio
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from sandbox.faults import Do
from sandbox.wire import SlackError
from tests.flows.house import modal, opened


@pytest.mark.parametrize("over_http", [False, True], ids=["socket", "http"])
async def test_a_request_is_filed_scored_ranked_announced_and_sized(database_url: str, over_http: bool) -> None:
    async with opened(database_url, over_http=over_http) as house:
        alice, tanya = house.person("Alice"), house.person("Tanya")

        form = modal(await alice.slash("/request k8s-connector", channel="#sales"))
        assert form.value("Title") == "k8s-connector"
        assert form.value("Source") == "Sales: customer"
        await form.fill(
            {
                "Business problem": "They can't see what their clusters cost.",
                "Customers": ["Acme Bank"],
                "User/Business value": 8,
                "Time criticality": 2,
                "Risk reduction": 3,
                "Job size": 13,
            }
        )
        receipt = modal(await form.submit())
        assert "k8s-connector is on the board: WSJF 1.0, #3 of 10." in receipt.text
        assert "(8 + 2 + 3) / 13" in receipt.text

        card = await house.card("k8s-connector", "WSJF 1.0", "#3", "asked by Alice (Sales)")
        estimate = modal(await tanya.press("Estimate", on=card))
        assert estimate.value("Job size") == "13 · a quarter"
        await estimate.fill({"Job size": 5})
        saved = modal(await estimate.submit())
        assert "WSJF 1.0 → 2.6, now #1 of 10" in saved.text

        card = await house.card("k8s-connector", "WSJF 2.6", "#1", "Size 5")
        assert card.edited


async def test_the_preview_is_that_of_the_last_choice_however_fast_they_come(sqlite_url: str) -> None:
    async with opened(sqlite_url) as house:
        form = modal(await house.person("Alice").slash("/request k8s-connector", channel="#sales"))
        figures = {"User/Business value": 8, "Time criticality": 2, "Risk reduction": 3, "Job size": 13}
        await asyncio.gather(*(form.fill({label: figure}) for label, figure in figures.items()))
        await house.slack.until(lambda: "(8 + 2 + 3) / 13 = WSJF 1.0, that's #3 of 10." in form.text)


async def test_a_late_preview_leaves_the_receipt_alone(sqlite_url: str) -> None:
    async with opened(sqlite_url) as house:
        form = modal(await house.person("Alice").slash("/request k8s-connector", channel="#sales"))
        await form.fill({"Business problem": "They can't see what their clusters cost."})
        late = Late()
        house.slack.faults.next("views.update", late)
        choosing = asyncio.create_task(form.fill({"Job size": 13}))
        await late.asked.wait()
        await form.submit()
        late.goes_on.set()
        await choosing
        assert form.title == "On the board"


@dataclass
class Late:
    """Slack takes its time over one call."""

    asked: asyncio.Event = field(default_factory=asyncio.Event)
    goes_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def around(self, do: Do, request: web.Request) -> web.Response:
        self.asked.set()
        await self.goes_on.wait()
        try:
            return web.json_response(await do())
        except SlackError as error:
            return web.json_response(error.answer)
