"""The savings-reports story: a request goes to strategy, both sides speak, it is decided, and all hear of it."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.ui.cases import FEWER
from sandbox import Message, Modal, company
from tests.flows.house import House, modal, opened
from tests.flows.test_bad_input import send, view_of

WHAT, OTHER = "What speaks for it now?", "Who can say the other side?"
YOURS = "What should Olga know from your side?"
VERDICT, WAITS, WHY = "What do you decide?", "What waits for it?", "Why?"
PRESSING = "Five prospects hold back for it."
DEBT = "The sprint is full of debt work."
FIGURES = {"User/Business value": 8, "Time criticality": 2, "Risk reduction": 3, "Job size": 13}
NO_CHANNEL = "There is no strategy channel yet. Olga can choose one with /tandem setup."


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One Tandem for the side stories: each speaks of requests of its own."""
    async with opened(f"sqlite:///{tmp_path_factory.mktemp('escalations') / 'tandem.db'}") as house:
        await choose_the_channel(house)
        yield house


# ---- the story, on both databases ---------------------------------------------------------------


async def test_savings_reports_go_to_strategy_and_what_is_decided_stays_on_the_request(database_url: str) -> None:
    async with opened(database_url) as house:
        alice, boris, olga = map(house.person, ("Alice", "Boris", "Olga"))
        await with_a_deal(house, "R-3", "Granite Media", "€50 000", "2026-12-18")
        card = await house.card("Customisable savings", "3 companies wait")
        page = modal(await alice.press("More", on=card))
        refused = modal(await alice.press("Take it to strategy", on=page))
        assert NO_CHANNEL in refused.text
        await refused.dismiss()
        await choose_the_channel(house)

        form = modal(await alice.press("Take it to strategy", on=modal(await alice.press("More", on=card))))
        assert form.labels == [WHAT, OTHER]
        assert form.value(OTHER) == "Boris"
        for words in (
            "Customisable savings reports · R-3 · #3 of 9, WSJF 0.9",
            "At stake: 3 companies, €156k a year and €25k in open deals; Granite Media decides on 18 December.",
            "two requests stand above it, Single sign-on 2.2 and Audit log 1.2. One of these would have to wait:",
            "• Audit log (#2): 2 companies, €195k a year",
        ):
            assert words in form.text
        assert modal(await (await form.fill({WHAT: " "})).submit()).errors == {WHAT: "Say it in a few words."}
        receipt = modal(await (await form.fill({WHAT: PRESSING})).submit())
        assert "reports is before the strategy channel. Boris is asked for product's side." in receipt.text
        await receipt.dismiss()

        case = await the_case(house, "Does Customisable savings reports go first?", "Boris is asked.")
        assert f"Alice, for sales: “{PRESSING}”" in case.text
        assert "At stake: 3 companies, €156k a year and €25k in open deals; Granite Media decides" in case.text
        assert case.buttons == ["Decide", "Say product's side", "Open"]
        assert card == await house.card("Customisable savings", "With strategy since 23 November")

        asked = await house.dm("Boris", f"to the strategy level: “{PRESSING}” {YOURS}")
        assert asked.buttons == ["Say it", "Open"]
        side = modal(await boris.press("Say it", on=asked))
        assert side.labels == [YOURS]
        await modal(await (await side.fill({YOURS: DEBT})).submit()).dismiss()
        assert case == await the_case(house, f"Boris, for product: “{DEBT}”")
        assert case.buttons == ["Decide", "Open"]
        assert asked == await house.dm("Boris", f"You said on Customisable savings reports: “{DEBT}”")

        refused = modal(await boris.press("Decide", on=case))
        assert "Only leadership may decide at the strategy level." in refused.text
        await refused.dismiss()
        form = modal(await olga.press("Decide", on=case))
        assert form.options(WAITS) == ["Audit log (#2)", "Single sign-on (#1)", "Nothing"]
        assert "It goes first: Audit log (#2), 2 companies, €195k a year; or Single sign-on (#1)" in form.text
        assert "It keeps its place, #3, or not now: 3 companies go on waiting, with €156k a year" in form.text
        wrong = modal(await (await form.fill({VERDICT: "It goes first", WHY: "Two renewals hang on it."})).submit())
        assert wrong.errors == {WAITS: "What has to wait for it? Choose it, or “Nothing”."}
        receipt = modal(await (await wrong.fill({WAITS: "Audit log (#2)"})).submit())
        assert "Customisable savings reports goes first. Its price: Audit log (#2) waits;" in receipt.text
        assert "Alice, Boris and Marek hear of it." in receipt.text
        await receipt.dismiss()

        decided = (
            "Olga decided: “Two renewals hang on it.” Its price: Audit log (#2) waits; 2 companies, €195k a year."
        )
        for name in ("Alice", "Boris"):
            await house.dm(name, f"Customisable savings reports goes first. {decided}", "Fewer of these?")
        await house.dm("Marek", f"Audit log waits: Customisable savings reports goes first. {decided}")
        assert case == await the_case(house, "reports goes first. Olga decided on 23 November: “Two renewals")
        assert case.buttons == ["Move", "Open"]
        assert "Move R-3" in modal(await boris.press("Move", on=case)).title
        assert card == await house.card("Customisable savings", "#3", "Goes first, decided by Olga on 23 November")
        assert those_told(house, "Customisable savings reports goes first.") == ["Alice", "Boris", "Marek"]

        house.calendar.forward(days=40)
        for name, price in (("Alice", "2 companies, €195k a year."), ("Tanya", "2 companies.\n")):
            page = modal(await house.person(name).press("More", on=card))
            assert "Decided on 23 November by Olga: it goes first. “Two renewals hang on it.”" in page.text
            assert f"Price then: Audit log (#2) waits; {price}" in page.text
            assert "23 November, Olga: decided: it goes first." in page.text
            await page.dismiss()
        page = modal(await boris.press("More", on=await house.card("Audit log")))
        assert "23 November, Olga: waits for R-3, decided at the strategy level." in page.text


# ---- side stories -------------------------------------------------------------------------------

on_one_house = pytest.mark.asyncio(loop_scope="module")


@on_one_house
async def test_a_second_press_shows_the_case_that_is_under_way(house: House) -> None:
    card = await filed(house, "Cost alerts")
    open_already = await case_form(house, "Marek", card)
    await take(house, "Alice", card)
    await the_case(house, "Does Cost alerts go first?")
    is_there = (
        "Cost alerts is with strategy since 23 November.",
        f"Alice, for sales: “{PRESSING}”",
        "See the case",
    )
    beaten = modal(await (await open_already.fill({WHAT: "Two deals wait."})).submit())
    assert all(words in beaten.text for words in is_there)
    await beaten.dismiss()
    again = await case_form(house, "Marek", card)
    assert all(words in again.text for words in is_there)
    await again.dismiss()
    assert len(cases(house, "Cost alerts")) == 1
    assert len([dm for dm in house.person("Boris").dms() if "Cost alerts" in dm.text]) == 1


@on_one_house
async def test_forms_delivered_twice_say_it_once(house: House) -> None:
    card = await filed(house, "Saved views")
    house.slack.deliver_twice()
    try:
        await take(house, "Alice", card)
        case = await the_case(house, "Does Saved views go first?")
        asked = await house.dm("Boris", "takes Saved views to the strategy level")
        form = modal(await house.person("Boris").press("Say it", on=asked))
        await modal(await (await form.fill({YOURS: DEBT})).submit()).dismiss()
        await decide(house, case, "It keeps its place")
    finally:
        house.slack.deliver_twice(False)
    await house.dm("Alice", "Saved views keeps its place. Olga decided: “Nothing speaks")
    await the_case(house, "Saved views keeps its place. Olga decided on 23 November")
    assert len(cases(house, "Saved views")) == 1
    assert len([dm for dm in house.person("Alice").dms() if "Saved views keeps" in dm.text]) == 1
    await house.dm("Boris", "Saved views keeps its place.", "Fewer of these")
    asked_and_told = [dm for dm in house.person("Boris").dms() if "Saved views" in dm.text]
    assert len([dm for dm in asked_and_told if not dm.text.startswith("Good morning")]) == 2
    page = await page_of(house, "Alice", card)
    assert page.text.count("Decided on") == 1
    assert page.text.count("decided: it keeps its place") == 1
    await page.dismiss()


@on_one_house
async def test_what_is_released_before_it_is_decided_says_so(house: House) -> None:
    card = await filed(house, "Dark charts")
    await take(house, "Alice", card)
    case = await the_case(house, "Does Dark charts go first?")
    asked = await house.dm("Boris", "takes Dark charts to the strategy level")
    form = modal(await house.person("Olga").press("Decide", on=case))
    await release(house, card)

    assert case == await the_case(house, "Dark charts was released before it was decided.")
    assert case.buttons == ["Open"]
    assert asked == await house.dm("Boris", "Dark charts was released before it was decided.")
    assert asked.buttons == ["Open"]
    await form.fill({VERDICT: "Not now", WHY: "Later."})
    late = modal(await form.submit())
    assert "This request is already released, so there is nothing left to decide." in "".join(late.errors.values())
    await late.dismiss()
    page = await page_of(house, "Alice", card)
    assert "Taken to strategy on 23 November." in page.text
    assert "Take it to strategy" not in page.buttons
    await page.dismiss()


@on_one_house
async def test_a_page_left_open_takes_nothing_there_that_was_closed_meanwhile(house: House) -> None:
    card = await filed(house, "Old wish")
    page = await page_of(house, "Alice", card)
    await release(house, card)
    refused = modal(await house.person("Alice").press("Take it to strategy", on=page))
    assert "This request is already released, so there is nothing left to decide." in refused.text
    await refused.dismiss()


@on_one_house
async def test_hostile_words_are_shown_as_they_were_typed(house: House) -> None:
    nasty = "<!channel> *b* <https://evil.test|safe.test> &lt;"
    card = await filed(house, "Nasty words")
    await take(house, "Alice", card, nasty)
    case = await the_case(house, "Does Nasty words go first?")
    assert f"Alice, for sales: “{nasty}”" in case.text
    asked = await house.dm("Boris", "takes Nasty words to the strategy level")
    assert nasty in asked.text
    assert "<!" not in asked.fallback
    await decide(house, case, "Not now", why=nasty)
    told = await house.dm("Alice", "Nasty words: not now. Olga decided")
    assert nasty in told.text
    assert "<!" not in told.fallback
    await the_case(house, "Nasty words: not now.", nasty)


@on_one_house
async def test_where_others_read_along_no_amounts_are_shown(house: House) -> None:
    card = await filed(house, "Shared secrets", ["Acme Bank"])
    await house.slack.share("#strategy", "Partner Inc")
    try:
        await take(house, "Alice", card)
        case = await the_case(house, "Does Shared secrets go first?")
        assert "At stake: 1 company." in case.text
        assert not [word for word in ("€", "Acme", "decides on") if word in case.text]
        await decide(house, case, "It goes first", "Audit log (#2)")
        case = await the_case(house, "Shared secrets goes first. Olga decided")
        assert "Its price: Audit log (#2) waits; 2 companies." in case.text
        assert "€" not in case.text
        told = await house.dm("Alice", "Shared secrets goes first.")
        assert "2 companies, €" in told.text
    finally:
        await house.slack.share("#strategy")


@on_one_house
async def test_whoever_is_asked_or_of_that_side_may_say_it_and_nobody_else(house: House) -> None:
    card = await filed(house, "Audit trail")
    await take(house, "Alice", card)
    case = await the_case(house, "Does Audit trail go first?")
    refused = modal(await house.person("Alice").press("Say product's side", on=case))
    assert "This is for product to say. Boris was asked." in refused.text
    await refused.dismiss()
    form = modal(await house.person("Tanya").press("Say product's side", on=case))
    await modal(await (await form.fill({YOURS: "It is three weeks of work."})).submit()).dismiss()
    await the_case(house, "Tanya, for product: “It is three weeks of work.”")
    asked = await house.dm("Boris", "Tanya said on Audit trail: “It is three weeks of work.”")
    assert asked.buttons == ["Open"]


@on_one_house
async def test_product_takes_something_there_too_and_sales_is_asked(house: House) -> None:
    card = await filed(house, "Debt work")
    form = await case_form(house, "Boris", card)
    assert form.value(OTHER) == "Alice"
    wrong = modal(await (await form.fill({WHAT: "x" * 1001, OTHER: "Boris"})).submit())
    assert wrong.errors == {WHAT: "That's 1,001 characters; keep it under 1,000."}
    wrong = modal(await (await wrong.fill({WHAT: DEBT})).submit())
    assert wrong.errors == {OTHER: "That's you. Choose somebody who can say the other side."}
    receipt = modal(await (await wrong.fill({OTHER: None})).submit())
    assert "Debt work is before the strategy channel. I'll tell you what is decided." in receipt.text
    await receipt.dismiss()
    case = await the_case(house, "Sales' side: nobody is asked.")
    assert case.buttons == ["Decide", "Say sales' side", "Open"]


@on_one_house
async def test_a_forged_case_is_told_to_be_gone(house: House) -> None:
    card = await filed(house, "Forged")
    await take(house, "Alice", card)
    form = modal(await house.person("Olga").press("Decide", on=await the_case(house, "Does Forged go first?")))
    await form.fill({VERDICT: "Not now", WHY: "Later."})
    for memory, words in (
        ({"escalation": 999}, "This case is gone. Find the request with /board."),
        ({"escalation": None}, "This form is from an older Tandem."),
        ({"escalation": -1}, "This form is from an older Tandem."),
    ):
        view = view_of(form)
        view["private_metadata"] = json.dumps({**json.loads(view["private_metadata"]), **memory})
        reply = await send(house, house.person("Olga"), view)
        assert words in reply["errors"]["verdict"]
    await form.dismiss()


# ---- how it is done -----------------------------------------------------------------------------


async def choose_the_channel(house: House) -> None:
    form = modal(await house.person("Olga").slash("/tandem setup"))
    receipt = modal(await (await form.fill({"Strategy channel": "#strategy"})).submit())
    assert "Test messages are on their way to #board and #strategy." in receipt.text
    await receipt.dismiss()
    await house.slack.until(lambda: any("now the strategy channel" in m.text for m in in_strategy(house)))


async def filed(house: House, title: str, customers: list[str] | None = None) -> Message:
    """A request's card, filed by Alice with figures that keep it below the first two."""
    form = modal(await house.person("Alice").slash(f"/request {title}"))
    figures = {label: option(form, label, f"{step} ") for label, step in FIGURES.items()}
    await form.fill({"Business problem": "It takes them a day.", "Customers": customers, **figures})
    await modal(await form.submit()).dismiss()
    return await house.card(title)


def option(form: Modal, label: str, begins: str) -> str:
    return next(words for words in form.options(label) if words.startswith(begins))


async def with_a_deal(house: House, key: str, customer: str, size: str, closes: str) -> None:
    alice = house.person("Alice")
    found = await alice.slash(f"/board {key}")
    assert isinstance(found, Message)
    form = modal(await alice.press("Add my customer", on=found))
    await form.fill({"Customers": [customer], "Deal size": size, "Close date": closes})
    await modal(await form.submit()).dismiss()


async def page_of(house: House, name: str, card: Message) -> Modal:
    return modal(await house.person(name).press("More", on=card))


async def case_form(house: House, name: str, card: Message) -> Modal:
    return modal(await house.person(name).press("Take it to strategy", on=await page_of(house, name, card)))


async def take(house: House, name: str, card: Message, words: str = PRESSING) -> None:
    form = await case_form(house, name, card)
    await modal(await (await form.fill({WHAT: words, OTHER: "Boris"})).submit()).dismiss()


async def decide(
    house: House, case: Message, verdict: str, waits: str | None = None, why: str = "Nothing speaks for more."
) -> None:
    form = modal(await house.person("Olga").press("Decide", on=case))
    chosen: dict[str, Any] = {VERDICT: verdict, WHY: why, **({WAITS: waits} if waits else {})}
    await modal(await (await form.fill(chosen)).submit()).dismiss()


async def release(house: House, card: Message) -> None:
    move = modal(await house.person("Boris").press("Move", on=await page_of(house, "Boris", card)))
    await modal(await (await move.fill({"Move to": "Released"})).submit()).dismiss()


def in_strategy(house: House) -> list[Message]:
    return list(house.slack.messages("#strategy"))


def cases(house: House, title: str) -> list[Message]:
    return [m for m in in_strategy(house) if title in m.text]


async def the_case(house: House, *holding: str) -> Message:
    """The one message in the strategy channel that says all of this, once it is there."""

    def found() -> list[Message]:
        return [m for m in in_strategy(house) if all(words in m.text for words in holding)]

    await house.slack.until(lambda: bool(found()))
    (case,) = found()
    return case


def those_told(house: House, words: str) -> list[str]:
    """Who has a direct message about the decision, once for each."""
    names = [user.name for user in company.workspace().people]
    dms = [(name, dm.text) for name in names for dm in house.person(name).dms()]
    return sorted(name for name, text in dms if words in text and text.endswith(FEWER))
