"""How much customers need it: said after filing, changed on the opened request; and their money, counted once."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from sandbox import Failure, Message, Modal
from tests.flows.house import House, modal, opened

pytestmark = pytest.mark.asyncio(loop_scope="module")

NEED, AIM, SIZE, CLOSES = "How much do they need it?", "What is it for?", "Deal size", "Close date"
NICE, BLOCKS, MUST = "1 · nice to have", "2 · blocks expansion", "3 · will churn, or not buy, without it"
KEEP, WIN = "Keep what they pay", "Win what they don't pay yet"
ONCE = "Each customer's money is counted once, split over what it asks for by how much it needs it."


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One Tandem for the side stories: each speaks of customers of its own."""
    async with opened(f"sqlite:///{tmp_path_factory.mktemp('asks') / 'tandem.db'}") as house:
        yield house


async def test_what_customers_need_is_said_after_filing_and_their_money_counts_once(database_url: str) -> None:
    async with opened(database_url) as house:
        step = await filed(house, "k8s-connector", ["Acme Bank"], {SIZE: "€120k", CLOSES: "2026-12-18"})
        assert "Acme Bank · €180k a year, €120k in open deals, behind 3 asks" in step.text
        assert step.labels == [NEED, AIM]
        assert (step.options(NEED), step.value(AIM)) == ([NICE, BLOCKS, MUST], WIN)
        saved = modal(await (await step.fill({NEED: BLOCKS})).submit())
        assert saved.text.splitlines()[:3] == [
            "Saved",
            "Acme Bank needs it: blocks expansion.",
            "For Acme Bank it's to win what they don't pay yet.",
        ]

        step = await filed(house, "Audit trail", ["Acme Bank", "Delta Freight", "Zephyr Wind"])
        assert step.text.count("R-13. Its card goes to #board") == 1
        assert [label for label in step.labels if label.startswith("Delta")] == [
            "Delta Freight: how much do they need it?",
            "Delta Freight: deal size",
            "Delta Freight: close date",
        ]
        assert step.value("Acme Bank: deal size") == "€120,000"
        await step.fill(
            {
                "Acme Bank: how much do they need it?": MUST,
                "Acme Bank: what is it for?": KEEP,
                "Delta Freight: how much do they need it?": MUST,
                "Delta Freight: deal size": "€80k",
                "Delta Freight: close date": "2027-01-15",
            }
        )
        saved = modal(await step.submit())
        assert saved.text.splitlines()[1:5] == [
            "Acme Bank needs it: will churn, or not buy, without it.",
            "Delta Freight needs it: will churn, or not buy, without it.",
            "For Acme Bank it's to keep what they pay.",
            "Deals up to date: Delta Freight.",
        ]

        page = await opened_up(house, "Boris", "Audit trail")
        # Acme's €180k a year: 1 : 1 : 3 over what keeps it; Delta's €80k: 1 : 1 : 3 over all it asks for.
        assert f"Behind this: €108k a year to protect, €48k in open deals, of 2 customers.\n{ONCE}" in page.text
        assert (
            "Acme Bank · €180k a year, €120k in open deals, behind 4 asks · will churn, or not buy, without it"
            " · from Alice"
        ) in page.text
        assert "Zephyr Wind · behind 1 ask · from Alice" in page.text
        assert (
            "23 November, Alice: Acme Bank needs it: will churn, or not buy, without it; "
            "for Acme Bank it's to keep what they pay; "
            "Delta Freight needs it: will churn, or not buy, without it; brought a deal up to date."
        ) in page.text

        page = await opened_up(house, "Tanya", "Audit trail")
        assert "Acme Bank · behind 4 asks · will churn, or not buy, without it · from Alice" in page.text
        assert not re.search(r"[€$]\d", page.text)


async def test_whoever_closes_the_second_step_loses_nothing(house: House) -> None:
    step = await filed(house, "Single invoices", ["Borealis Energy"])
    assert step.labels == [NEED]
    assert step.buttons == []
    assert await step.close() is None
    assert "Borealis Energy" in (await opened_up(house, "Alice", "Single invoices")).text


async def test_without_customers_the_receipt_is_the_last_page(house: House) -> None:
    receipt = await filed(house, "A market trend", [])
    assert receipt.labels == []
    assert receipt.text.endswith("[Close]")


async def test_customers_who_join_are_asked_about_too(house: House) -> None:
    await filed(house, "Team folders", [])
    card = await house.card("Team folders")
    form = modal(await house.person("Marek").press("Add my customer", on=card))
    step = modal(await (await form.fill({"Customers": ["Fjord Insurance"]})).submit())
    assert step.text.splitlines()[:2] == [
        "Customer added",
        "Done: Fjord Insurance waits for Team folders. Now 1 company waits.",
    ]
    saved = modal(await (await step.fill({NEED: NICE})).submit())
    assert "Fjord Insurance needs it: nice to have." in saved.text


async def test_a_step_delivered_twice_is_told_once(house: House) -> None:
    step = await filed(house, "Twice told", ["Harbor Health", "Cobalt Retail"])
    await step.fill({"Harbor Health: how much do they need it?": MUST, "Harbor Health: deal size": "€9k"})
    house.slack.deliver_twice()
    try:
        await step.submit()
    finally:
        house.slack.deliver_twice(False)
    page = await opened_up(house, "Alice", "Twice told")
    assert page.text.count("Harbor Health needs it") == 1
    assert "Harbor Health · €240k a year, €9,000 in open deals" in page.text


async def test_one_customer_is_edited_on_the_opened_request(house: House) -> None:
    await filed(house, "Editable", ["Granite Media"], {SIZE: "€20k"})
    form = await editing(house, "Marek", "Editable")
    assert form.text.splitlines()[1:3] == [
        "Granite Media · €36k a year, €20k in open deals, behind 2 asks",
        "Editable",
    ]
    assert (form.labels, form.value(SIZE)) == ([NEED, AIM, SIZE, CLOSES, "Another size?"], "€20,000")
    await form.fill({NEED: MUST, AIM: KEEP, SIZE: "€25k", CLOSES: "2027-02-01"})
    assert "Granite Media needs it: will churn" in modal(await form.submit()).text
    form = await editing(house, "Alice", "Editable")
    assert [form.value(label) for label in (NEED, AIM, SIZE, CLOSES)] == [MUST, KEEP, "€25,000", "2027-02-01"]

    refused = modal(await (await form.fill({"Another size?": ["It's a second deal"]})).submit())
    assert refused.errors == {SIZE: "Write the other deal's size, or untick that it's another."}
    await (await refused.fill({SIZE: "€5k"})).submit()
    assert "€30k in open deals" in (await opened_up(house, "Alice", "Editable")).text
    form = await editing(house, "Alice", "Editable")
    assert form.labels[2:8] == [SIZE, CLOSES, SIZE, CLOSES, "Another deal's size", "Another deal's close date"]
    assert modal(await form.submit()).title == "Nothing new"


async def test_tech_says_how_much_it_is_needed_and_reads_no_amount(house: House) -> None:
    await filed(house, "Hidden sizes", ["Lumen Schools"], {SIZE: "€77k"})
    form = await editing(house, "Tanya", "Hidden sizes")
    assert "Lumen Schools · behind 2 asks" in form.text
    assert form.value(SIZE) in (None, "")
    assert "Remove" not in form.labels
    saved = modal(await (await form.fill({NEED: BLOCKS})).submit())
    assert "77" not in f"{form.text}{saved.text}"
    assert "€77k in open deals" in (await opened_up(house, "Alice", "Hidden sizes")).text
    said = await house.person("Tanya").slash("/board lumen")
    assert isinstance(said, Message)
    assert "Lumen Schools waits for 2 requests\n" in said.text
    said = await house.person("Alice").slash("/board lumen")
    assert isinstance(said, Message)
    assert "Lumen Schools waits for 2 requests · €60k a year, €77k in open deals\n" in said.text


async def test_a_customer_who_does_not_wait_is_removed(house: House) -> None:
    await filed(house, "Removable", ["Ember Games", "Indigo Travel"])
    form = await editing(house, "Alice", "Removable")
    await form.fill({"Remove": ["Ember Games doesn't wait for it any more"]})
    assert "Ember Games doesn't wait for Removable any more." in modal(await form.submit()).text
    await house.card("Removable", "1 company waits")
    stale = await editing(house, "Boris", "Removable")
    other = await editing(house, "Alice", "Removable")
    await (await other.fill({"Remove": ["Indigo Travel doesn't wait for it any more"]})).submit()
    await stale.fill({"Remove": ["Indigo Travel doesn't wait for it any more"]})
    late = modal(await stale.submit())
    assert "This customer doesn't wait for it any more." in f"{late.text}{late.errors}"


@pytest.mark.parametrize(
    "memory",
    [
        "",
        "{}",
        '{"key":"' + "0" * 32 + '","number":1,"needs":[{"account":"acme-bank","importance":9}]}',
        '{"key":"' + "0" * 32 + '","number":1,"needs":[{"account":"acme-bank","deals":[{"size":"1"}]}]}',
        '{"key":"' + "0" * 32 + '","number":1,"needs":' + str([{"account": "a"}] * 11).replace("'", '"') + "}",
        '{"key":"' + "0" * 32 + '","number":-1,"needs":[{"account":"acme-bank"}]}',
        '{"key":"' + "0" * 32 + '","number":1,"needs":[],"more":1}',
    ],
)
@pytest.mark.parametrize("form", ["the step", "the form"])
async def test_a_form_whose_memory_was_tampered_with_says_so_and_does_nothing(
    house: House, form: str, memory: str
) -> None:
    title = f"Tampered {abs(hash((form, memory)))}"
    view = await filed(house, title, ["Quartz Labs"])
    if form == "the form":
        await view.dismiss()
        view = await editing(house, "Alice", title)
    view.view.spec["private_metadata"] = memory
    await view.fill({NEED: MUST})
    answer = await view.submit()
    assert isinstance(answer, Modal)
    assert "This form is from an older Tandem." in f"{answer.text}{answer.errors}"
    assert "Quartz Labs needs it" not in (await opened_up(house, "Alice", title)).text


@pytest.mark.parametrize("value", ["", ":", "1:", "999:acme-bank", "x:acme-bank", "1:nobody", "1:acme:bank"])
async def test_a_tampered_button_opens_no_form(house: House, value: str) -> None:
    title = f"Pressed {value.replace(':', '-')}."
    await filed(house, title, ["Quartz Labs"])
    page = await opened_up(house, "Alice", title)
    edit = next(block["accessory"] for block in page.view.spec["blocks"] if "accessory" in block)
    edit["value"] = value
    answer = await house.person("Alice").press("Edit", on=page)
    assert isinstance(answer, Failure | Message) or "Who waits" not in modal(answer).title


# ---- how it is done -----------------------------------------------------------------------------


async def filed(house: House, title: str, customers: list[str], more: dict[str, Any] | None = None) -> Modal:
    """Alice files it; what she sees then."""
    form = modal(await house.person("Alice").slash(f"/request {title}"))
    await form.fill({"Business problem": "It takes them a day.", "Customers": customers} | (more or {}))
    return modal(await form.submit())


async def opened_up(house: House, name: str, title: str) -> Modal:
    person = house.person(name)
    if person.modal:
        await person.modal.dismiss()
    return modal(await person.press("More", on=await house.card(title)))


async def editing(house: House, name: str, title: str) -> Modal:
    """The form about the first customer of a request."""
    return modal(await house.person(name).press("Edit", on=await opened_up(house, name, title)))
