"""Customers join a request that is on the board: from its card, and from the look-alike in the form."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import create_engine, select

from sandbox import Message, Modal
from storage.engines import plain
from storage.tables import account, ask, change, deal, request
from tests.flows.house import House, modal, opened

pytestmark = pytest.mark.asyncio(loop_scope="module")

DEAL_OF_ONE = "A deal belongs to one customer. Leave size and date empty: the next step asks for each customer's."


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One Tandem for all the stories here: each speaks of requests of its own."""
    async with opened(f"sqlite:///{tmp_path_factory.mktemp('joining') / 'tandem.db'}") as house:
        yield house


async def test_a_known_customer_joins_from_the_card(house: House) -> None:
    card = await a_request(house, "Bulk upload", customers=["Acme Bank"])
    form = modal(await house.person("Marek").press("Add my customer", on=card))
    assert "Bulk upload · 1 company waits" in form.text
    assert form.labels == ["Customers", "Deal size", "Close date"]

    receipt = modal(await (await form.fill({"Customers": ["Fjord Insurance"]})).submit())

    assert "Done: Fjord Insurance waits for Bulk upload. Now 2 companies wait." in receipt.text
    await house.card("Bulk upload", "2 companies wait")


async def test_a_new_name_becomes_a_customer_and_is_offered_from_then_on(house: House) -> None:
    card = await a_request(house, "Webhooks")
    marek = house.person("Marek")
    form = modal(await marek.press("Add my customer", on=card))
    assert await form.suggestions("Customers", "Zephyr Wind") == ["Zephyr Wind"]
    receipt = modal(await (await form.fill({"Customers": ["Zephyr Wind"]})).submit())
    assert "Done: Zephyr Wind waits for Webhooks. Now 1 company waits." in receipt.text

    form = modal(await marek.press("Add my customer", on=await house.card("Webhooks", "1 company waits")))
    assert await form.suggestions("Customers", "zephyr") == ["Zephyr Wind", "zephyr"]
    assert await form.suggestions("Customers", "ZEPHYR wind") == ["Zephyr Wind"]


async def test_nobody_is_counted_twice(house: House) -> None:
    card = await a_request(house, "Saved views", customers=["Acme Bank"])
    marek = house.person("Marek")
    form = modal(await marek.press("Add my customer", on=card))
    receipt = modal(await (await form.fill({"Customers": ["Acme Bank"]})).submit())
    assert receipt.title == "Nothing to add"
    assert "Acme Bank waits for Saved views already. Nothing to add; nobody counts twice." in receipt.text

    form = modal(await marek.press("Add my customer", on=card))
    both = {"Customers": ["Acme Bank", "Harbor Health"]}
    receipt = modal(await (await form.fill(both)).submit())
    assert (
        "Done: Harbor Health waits for Saved views. Acme Bank waited already. Now 2 companies wait." in receipt.text
    )
    await house.card("Saved views", "2 companies wait")


async def test_the_same_form_delivered_twice_adds_once(house: House) -> None:
    card = await a_request(house, "Nightly export")
    form = modal(await house.person("Marek").press("Add my customer", on=card))
    await form.fill({"Customers": ["Cobalt Retail", "Quartz Labs"]})
    house.slack.deliver_twice()
    try:
        await form.submit()
    finally:
        house.slack.deliver_twice(False)
    await house.card("Nightly export", "2 companies wait")
    assert [name for name, *_ in waiting(house, "Nightly export")] == ["Cobalt Retail", "Quartz Labs"]


@pytest.mark.parametrize(
    ("typed", "minor", "currency"),
    [
        ("120k", 12_000_000, "USD"),
        ("€120 000", 12_000_000, "EUR"),
        ("120k eur", 12_000_000, "EUR"),
        ("1,5m", 150_000_000, "USD"),
        ("£ 99.50", 9_950, "GBP"),
        ("¥120000", 120_000, "JPY"),
        ("120к", 12_000_000, "USD"),
        ("12'000.00 CHF", 1_200_000, "CHF"),
    ],
)
async def test_a_deal_is_read_as_people_write_it(house: House, typed: str, minor: int, currency: str) -> None:
    title = f"Deal {typed}"
    card = await a_request(house, title)
    form = modal(await house.person("Marek").press("Add my customer", on=card))
    await form.fill({"Customers": ["Acme Bank"], "Deal size": typed, "Close date": "2026-12-18"})
    assert "Done: Acme Bank" in modal(await form.submit()).text
    assert waiting(house, title) == [("Acme Bank", minor, currency, "2026-12-18")]


@pytest.mark.parametrize(
    ("title", "typed", "said"),
    [
        (
            "Two and a deal",
            {"Customers": ["Acme Bank", "Borealis Energy"], "Deal size": "120k"},
            {"Customers": DEAL_OF_ONE},
        ),
        (
            "A deal in words",
            {"Customers": ["Acme Bank"], "Deal size": "abc"},
            {"Deal size": "Write an amount like 120k, 1.5m or €120 000."},
        ),
        (
            "A deal below nothing",
            {"Customers": ["Acme Bank"], "Deal size": "-5"},
            {"Deal size": "Write an amount like 120k, 1.5m or €120 000."},
        ),
    ],
)
async def test_a_deal_that_makes_no_sense_is_refused_and_nothing_is_lost(
    house: House, title: str, typed: dict[str, Any], said: dict[str, str]
) -> None:
    card = await a_request(house, title)
    form = modal(await house.person("Marek").press("Add my customer", on=card))
    await form.fill(typed)
    refused = modal(await form.submit())
    assert refused.errors == said
    assert {label: refused.value(label) for label in typed} == typed
    assert waiting(house, title) == []

    receipt = modal(await (await refused.fill({"Customers": ["Acme Bank"], "Deal size": "120k"})).submit())
    assert f"Done: Acme Bank waits for {title}" in receipt.text


async def test_a_deal_of_who_waits_already_is_brought_up_to_date_and_what_is_left_empty_stays(house: House) -> None:
    card = await a_request(house, "Data room")
    marek = house.person("Marek")

    async def say(**deal: str) -> Modal:
        form = modal(await marek.press("Add my customer", on=card))
        labels = {"size": "Deal size", "closes": "Close date"}
        await form.fill({"Customers": ["Delta Freight"]} | {labels[name]: value for name, value in deal.items()})
        return modal(await form.submit())

    await say(size="€50k")
    assert waiting(house, "Data room") == [("Delta Freight", 5_000_000, "EUR", None)]
    receipt = await say(closes="2027-01-15")
    assert receipt.title == "Deal updated"
    assert "Delta Freight waits for Data room already. The deal is brought up to date; nobody counts twice." in (
        receipt.text
    )
    assert waiting(house, "Data room") == [("Delta Freight", 5_000_000, "EUR", "2027-01-15")]
    await say(size="€60k")
    assert waiting(house, "Data room") == [("Delta Freight", 6_000_000, "EUR", "2027-01-15")]
    assert changes(house, "Data room").count("deal") == 3


async def test_a_company_that_all_wait_for_still_fits_the_receipt(house: House) -> None:
    card = await a_request(house, "Everybody wants it")
    form = modal(await house.person("Marek").press("Add my customer", on=card))
    names = [f"{n} {'&' * 60}" for n in range(10, 35)]
    receipt = modal(await (await form.fill({"Customers": names})).submit())
    assert receipt.text.splitlines()[1].count("&" * 60) == 5
    assert "and 20 more wait for Everybody wants it. Now 25 companies wait." in receipt.text
    assert "15 more customers: see More on the card." in receipt.text


async def test_a_customer_joins_from_the_look_alike_in_the_form(house: House) -> None:
    await a_request(house, "Kubernetes connector")
    marek = house.person("Marek")
    form = modal(await marek.slash("/request kubernetes connector"))
    assert "Is it one of these? Then add your customer to it." in form.text
    assert "Kubernetes connector · no place yet · no customer named yet" in form.text

    joining = modal(await marek.press("Add my customer", on=form))
    assert joining != form
    receipt = modal(await (await joining.fill({"Customers": ["Lumen Schools"]})).submit())
    assert "Done: Lumen Schools waits for Kubernetes connector. Now 1 company waits." in receipt.text
    await house.card("Kubernetes connector", "1 company waits")

    beneath = modal(await receipt.close())
    assert beneath == form
    assert beneath.value("Title") == "kubernetes connector"


# ---- how it is done -----------------------------------------------------------------------------


async def a_request(house: House, title: str, customers: list[str] | None = None) -> Message:
    """A request's card, filed by Alice."""
    form = modal(await house.person("Alice").slash(f"/request {title}"))
    await form.fill({"Business problem": "It takes them a day.", "Customers": customers})
    await form.submit()
    return await house.card(title)


def rows(house: House, statement: Any) -> list[Any]:
    engine = create_engine(plain(house.settings.database_url.get_secret_value()))
    try:
        with engine.begin() as connection:
            found = connection.execute(statement)
            return list(found) if found.returns_rows else []
    finally:
        engine.dispose()


def waiting(house: House, title: str) -> list[tuple[str, int | None, str | None, str | None]]:
    """Who waits for a request, with what deal."""
    wanted = select(account.c.name, deal.c.minor, deal.c.currency, deal.c.closes).join_from(ask, account)
    wanted = wanted.join(request, request.c.number == ask.c.behind).outerjoin(deal, deal.c.account == account.c.id)
    found = rows(house, wanted.where(request.c.title == title).order_by(ask.c.id))
    return [(r.name, r.minor, r.currency, r.closes.isoformat() if r.closes else None) for r in found]


def changes(house: House, title: str) -> list[str]:
    """Which fields of a request the change log speaks of."""
    number = re.findall(r"R-(\d+)", next(m.text for m in house.board() if title in m.text))[0]
    return [r.field for r in rows(house, select(change.c.field).where(change.c.subject == f"request:{number}"))]
