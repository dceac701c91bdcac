"""App Home: what waits for me, what is mine, my team's board with filters and pages."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import create_engine, update

from sandbox import Message, Person
from sandbox.people import Home
from storage.engines import plain
from storage.tables import request
from tests.flows.house import House, modal, opened

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """The sample company's board; the stories below only read it, or change what no other speaks of."""
    async with opened(f"sqlite:///{tmp_path_factory.mktemp('home') / 'tandem.db'}") as house:
        yield house


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def long(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """Twenty-five requests: Ines of support heard of every third."""
    async with opened(f"sqlite:///{tmp_path_factory.mktemp('long') / 'tandem.db'}", sample=False) as house:
        for n in range(1, 26):
            size = None if n > 22 else (1, 2, 3, 5, 8, 13, 20)[n % 7]
            await file(house, f"Wish {n}", by="Ines" if n % 3 == 0 else "Alice", size=size)
        yield house


# ---- the main story -----------------------------------------------------------------------------


@pytest.mark.asyncio(loop_scope="function")
async def test_home_says_what_moved_since_another_day(database_url: str) -> None:
    async with opened(database_url) as house:
        alice, tanya = house.person("Alice"), house.person("Tanya")
        form = modal(await alice.slash("/request k8s-connector"))
        figures = {"User/Business value": 8, "Time criticality": 2, "Risk reduction": 3, "Job size": 13}
        receipt = modal(await (await form.fill({"Business problem": "It takes them a day.", **figures})).submit())
        await receipt.dismiss()
        assert section(await alice.home(), "My requests").startswith("#3 k8s-connector · WSJF 1.0")
        estimate = modal(await tanya.press("Estimate", on=await house.card("k8s-connector")))
        await (await estimate.fill({"Job size": 5})).submit()
        assert section(await alice.home(), "My requests").startswith("#1 k8s-connector · WSJF 2.6")
        house.calendar.forward(days=1)
        assert section(await alice.home(), "My requests").startswith("#1 (was #3) k8s-connector · WSJF 2.6")
        house.calendar.forward(days=1)
        assert section(await alice.home(), "My requests").startswith("#1 k8s-connector · WSJF 2.6")


@pytest.mark.asyncio(loop_scope="function")
async def test_home_is_where_work_waits_and_where_one_finds_it_again(database_url: str) -> None:
    async with opened(database_url) as house:
        alice, boris, tanya = (house.person(name) for name in ("Alice", "Boris", "Tanya"))
        await file(house, "Dark cockpit", customers=["Acme Bank"])

        waits = section(await boris.home(), "Waits for me")
        assert waits.splitlines()[:3] == ["1 request to sort", "Dark cockpit · R-12", "[Sort]"]
        assert "Dark cockpit" not in waits.partition("To estimate")[2]
        assert "To estimate\nUsage by department · R-10\n[Estimate]" in section(await tanya.home(), "Waits for me")
        assert modal(await tanya.press("Estimate", on=await tanya.home())).title.startswith("Estimate")

        home = await alice.home()
        assert section(home, "Waits for me") == ""
        assert section(home, "My requests").startswith("– Dark cockpit · no estimate yet · 1 company waits · R-12")

        planned = {"owner": house.slack.user_id("Boris"), "target": date(2026, 12, 12), "status": "planned"}
        change(house, "Dark cockpit", **planned)
        home = await boris.home()
        mine = "– Dark cockpit · no estimate yet · 1 company waits · planned, aimed at 12 December · R-12"
        assert section(home, "Requests I answer for").startswith(mine)
        assert "to sort" not in home.text

        home = seen(await boris.choose("Everybody's", "Mine to answer for", on=home))
        assert board(home).splitlines()[1:3] == [mine, "[Open]"]
        assert modal(await boris.press("Open", on=home)).title == "R-5"  # the first: what Boris asked for

        found = await alice.slash("/board acme")
        assert isinstance(found, Message)
        assert found.text.splitlines() == [
            "Acme Bank waits for 3 requests · €180k a year",
            "#1 Single sign-on · in progress · R-1",
            "#3 Customisable savings reports · backlog · R-3",
            "– Dark cockpit · planned, aimed at 12 December · R-12",
        ]


# ---- what waits, what is mine -------------------------------------------------------------------


async def test_who_may_not_sort_and_owns_no_figure_has_nothing_waiting(house: House) -> None:
    for name in ("Alice", "Clara"):
        assert "Waits for me" not in (await house.person(name).home()).text


async def test_a_question_waits_until_it_is_answered(house: House) -> None:
    boris, alice = house.person("Boris"), house.person("Alice")
    card = await boris.slash("/board single-sign-on")
    assert isinstance(card, Message)
    page = modal(await boris.press("More", on=card))
    form = modal(await boris.press("Ask Alice", on=page))
    await form.fill({"Your question": "Which *clouds* first?"})
    await form.submit()
    home = await alice.home()
    asked = "Boris has a question on Single sign-on: “Which *clouds* first?”"
    assert section(home, "Waits for me").startswith(asked)
    assert modal(await alice.press("Answer", on=home)).title == "Your answer"


# ---- the board's filters ------------------------------------------------------------------------


async def test_sales_begins_with_its_own_requests_and_product_with_all(house: House) -> None:
    alice, boris = await house.person("Alice").home(), await house.person("Boris").home()
    assert menus(alice) == ["Any open", "My team"]
    assert menus(boris) == ["Any open", "All sources"]
    assert "R-5" not in board(alice)
    assert "R-5" in board(boris)
    everything = seen(await house.person("Alice").choose("My team", "All sources", on=alice))
    assert board(everything).splitlines()[1:] == board(boris).splitlines()[1:]


@pytest.mark.parametrize(
    ("menu", "choice", "shown"),
    [
        ("Any open", "In progress", ["R-1"]),
        ("Any open", "Planned", ["R-2"]),
        ("Any open", "In testing", []),
        ("All sources", "CS / support", ["R-4", "R-6", "R-8", "R-11"]),
    ],
)
async def test_the_board_is_narrowed_down(house: House, menu: str, choice: str, shown: list[str]) -> None:
    boris = house.person("Boris")
    home = seen(await boris.choose(menu, choice, on=await fresh(boris)))
    assert sorted(numbers(home), key=lambda name: int(name[2:])) == shown
    assert choice in menus(home)
    if not shown:
        assert "Nothing like that on the board." in home.text


async def test_a_filter_stays_while_another_is_chosen_and_when_home_is_opened_again(house: House) -> None:
    boris = house.person("Boris")
    home = seen(await boris.choose("All sources", "Sales: customer", on=await fresh(boris)))
    home = seen(await boris.choose("Any open", "Planned", on=home))
    assert menus(home) == ["Planned", "Sales: customer"]
    assert numbers(home) == ["R-2"]
    assert menus(await boris.home()) == ["Planned", "Sales: customer"]


async def test_directions_are_offered_once_there_are_some(house: House) -> None:
    boris = house.person("Boris")
    change(house, "Partner price list", direction="Growth & <partners>")
    home = await fresh(boris)
    assert menus(home) == ["Any open", "All sources", "All directions"]
    home = seen(await boris.choose("All directions", "Growth & <partners>", on=home))
    assert numbers(home) == ["R-9"]


async def test_what_was_released_comes_newest_first(long: House) -> None:
    for n, day in ((4, 3), (2, 17), (1, 9)):
        at = datetime(2026, 11, day, 12, tzinfo=UTC)
        change(long, f"Wish {n}", status="released", rank_score=None, released_at=at)
    boris = long.person("Boris")
    home = seen(await boris.choose("Any open", "Released", on=await fresh(boris)))
    assert [line for line in board(home).splitlines() if line.startswith("–")] == [
        "– Wish 2 · released 17 November · R-2",
        "– Wish 1 · released 9 November · R-1",
        "– Wish 4 · released 3 November · R-4",
    ]


# ---- its pages ----------------------------------------------------------------------------------


async def test_pages_are_turned_and_together_show_everything_once(long: House) -> None:
    boris = long.person("Boris")
    home = await fresh(boris)
    pages = [numbers(home)]
    assert "1 to 10" in home.text
    assert "Previous" not in home.buttons
    while "Next" in home.buttons:
        home = seen(await boris.press("Next", on=home))
        pages.append(numbers(home))
    count = sum(map(len, pages))
    assert [len(page) for page in pages[:-1]] == [10, 10]
    assert len({number for page in pages for number in page}) == count >= 22
    assert f"21 to {count}" in home.text
    back = seen(await boris.press("Previous", on=home))
    assert numbers(back) == pages[1]
    assert numbers(await boris.home()) == pages[0]  # opened anew, it begins at the top


async def test_a_filter_begins_at_its_first_page(long: House) -> None:
    boris = long.person("Boris")
    home = seen(await boris.press("Next", on=await fresh(boris)))
    home = seen(await boris.choose("All sources", "CS / support", on=home))
    assert "Previous" not in home.buttons
    assert len(numbers(home)) == 8


@pytest.mark.parametrize(
    "kept",
    [
        "",
        "{}x",
        '{"page": -1}',
        '{"page": 99999999999999999999}',
        '{"status": "gone"}',
        '{"source": "acme"}',
        '{"mine": {}}',
        '{"more": 1}',
        '{"page": 2',
        "[]",
        '"team"',
    ],
)
async def test_what_home_remembers_is_checked(long: House, kept: str) -> None:
    boris = long.person("Boris")
    home = await fresh(boris)
    first = numbers(home)
    home.view.spec["private_metadata"] = kept
    home = seen(await boris.press("Next", on=home))
    assert len(numbers(home)) == 10
    home.view.spec["private_metadata"] = kept
    assert numbers(await boris.home()) == first


async def test_a_page_far_behind_the_last_is_empty_and_leads_back(long: House) -> None:
    boris = long.person("Boris")
    home = await fresh(boris)
    home.view.spec["private_metadata"] = json.dumps({"page": 900})
    turn = next(b for b in home.view.spec["blocks"] if b.get("block_id") == "pages")
    turn["elements"][0]["value"] = "901"
    home = seen(await boris.press("Next", on=home))
    assert "Nothing on this page." in home.text
    assert home.buttons[-1] == "Previous"


async def test_home_holds_wide_titles(long: House) -> None:
    await file(long, "W" * 120)
    home = await long.person("Alice").home()
    assert f"{'W' * 69}… · no estimate yet" in home.text


# ---- finding ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("customer", "title", "words"),
    [
        ("Укрзалізниця", "Скидки для партнёров", ["укрзал", "УКРЗАЛІЗНИЦЯ", "скидки", "ПАРТНЁРОВ"]),
        ("東京電力", "請求書の印刷", ["東京", "電力", "東京電力", "請求書の印刷"]),
    ],
)
async def test_customers_and_titles_are_found_in_any_alphabet(
    long: House, customer: str, title: str, words: list[str]
) -> None:
    await file(long, title, customers=[customer])
    for typed in words:
        assert title in await look(long, typed), typed
    assert (await look(long, words[0])).startswith(f"{customer} waits for 1 request\n")


async def test_nobody_is_named_by_the_middle_of_a_word(long: House) -> None:
    await file(long, "For the catalogue", customers=["Catalogue Co", "Big Log-House"])
    assert (await look(long, "log")).splitlines()[0] == "Big Log-House waits for 1 request"
    assert "Catalogue Co waits" not in await look(long, "log")
    assert "waits for" not in (await look(long, "b")).splitlines()[0]


async def test_several_customers_of_a_name_are_listed_each_and_what_else_is_found(long: House) -> None:
    names = ["Zenith", "Zenith Air", "Zenith Rail", "Zenith Zoo"]
    await file(long, "Timetables", customers=names)
    await file(long, "Zenith connector")
    lines = (await look(long, "zenith")).splitlines()
    assert [line for line in lines if " waits for " in line] == [f"{n} waits for 1 request" for n in names[:3]]
    assert lines[-2] == "1 other request for “zenith”"
    assert lines[-1].startswith("– Zenith connector · no estimate yet")


async def test_a_customer_that_got_its_wish_sees_when(house: House) -> None:
    released = datetime(2026, 11, 3, 23, 30, tzinfo=UTC)
    await file(house, "Nightly export", customers=["Zephyr Wind"])
    change(house, "Nightly export", status="released", rank_score=None, released_at=released)
    assert (await look(house, "zephyr")).splitlines()[:2] == [
        "Zephyr Wind waits for nothing now",
        "– Nightly export · released 3 November · R-12",
    ]


# ---- how it is done -----------------------------------------------------------------------------


async def fresh(person: Person) -> Home:
    """Home with nothing chosen."""
    home = await person.home()
    home.view.spec["private_metadata"] = ""
    return await person.home()


def seen(home: Any) -> Home:
    assert isinstance(home, Home), f"no Home but {home!r}"
    return home


def section(home: Home, title: str) -> str:
    """What stands under a heading, up to the next."""
    others = ("Waits for me", "My requests", "Requests I answer for", "The board")
    text = f"\n{home.text}".partition(f"\n{title}\n")[2]
    ends = [at for other in others if (at := f"{text}".find(f"\n{other}\n")) >= 0]
    return text[: min(ends, default=len(text))]


def board(home: Home) -> str:
    return section(home, "The board")


def numbers(home: Home) -> list[str]:
    return [line.rpartition(" · ")[2] for line in board(home).splitlines() if " · R-" in line]


def menus(home: Home) -> list[str]:
    return [
        element["initial_option"]["text"]["text"]
        for block in home.view.spec["blocks"]
        for element in block.get("elements", [])
        if element.get("type") == "static_select"
    ]


async def look(house: House, words: str) -> str:
    found = await house.person("Olga").slash(f"/board {words}")
    assert isinstance(found, Message)
    return found.text


async def file(
    house: House, title: str, by: str = "Alice", size: int | None = None, customers: list[str] | None = None
) -> None:
    form = modal(await house.person(by).slash(f"/request {title}"))
    figures = {"User/Business value": 1, "Time criticality": 1, "Risk reduction": 1, "Job size": size}
    await form.fill({"Business problem": "They wait."} | (figures if size else {}))
    if customers:
        await form.fill({"Customers": customers})
    assert "is on the board" in modal(await form.submit()).text


def change(house: House, title: str, **values: Any) -> None:
    """What other rooms do, as far as it shows here."""
    engine = create_engine(plain(house.settings.database_url.get_secret_value()))
    try:
        with engine.begin() as connection:
            connection.execute(update(request).where(request.c.title == title).values(**values))
    finally:
        engine.dispose()
