"""`/board` and the Home tab, as the people of the sample company read them."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import create_engine, update

from sandbox import Message, Person, User
from storage.engines import plain
from storage.tables import request
from tests.flows.house import House, modal, opened

pytestmark = pytest.mark.asyncio(loop_scope="module")

MEANS = "WSJF is value, time and risk added up, divided by job size. The highest goes first."


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """The sample company's board, which the first stories only read."""
    async with opened(f"sqlite:///{tmp_path_factory.mktemp('board') / 'tandem.db'}") as house:
        yield house


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def empty(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A Tandem on its first day."""
    async with opened(f"sqlite:///{tmp_path_factory.mktemp('empty') / 'tandem.db'}", sample=False) as house:
        yield house


# ---- the first day ------------------------------------------------------------------------------


async def test_an_empty_board_says_so(empty: House) -> None:
    seen = await board(empty.person("Alice"))
    assert seen.splitlines() == [
        "The board is empty",
        "Put the first request on it with /request: what can't your customer do today?",
    ]
    assert (await board(empty.person("Alice"), "k8s")).splitlines() == [
        "Nothing on the board for “k8s”",
        "Fewer words find more. Or ask for it with /request.",
    ]


async def test_an_empty_home_invites(empty: House) -> None:
    home = await empty.person("Alice").home()
    assert home.text.splitlines() == [
        "[New request] [Preferences]",
        "The board",
        "[Any open] [My team]",
        "Nothing from your team yet. What can't your customer do today?",
        MEANS,
    ]


# ---- the board ----------------------------------------------------------------------------------


async def test_the_board_is_ranked_and_only_the_asker_sees_it(house: House) -> None:
    alice = house.person("Alice")
    seen = await alice.slash("/board", channel="#general")
    assert isinstance(seen, Message)
    assert seen.ephemeral
    first, *rows, foot = seen.text.splitlines()
    assert first == "The board: 9 requests, the most worth doing first"
    assert rows[0] == "#1 Single sign-on · WSJF 2.2 · 3 companies wait · in progress · R-1"
    assert foot == f"2 requests without an estimate. {MEANS}"
    assert len(rows) == 9
    assert seen.fallback == first


async def test_those_who_stand_level_share_a_place(house: House) -> None:
    rows = (await board(house.person("Boris"))).splitlines()
    level = [row for row in rows if row.startswith("#=")]
    assert len(level) >= 2, rows
    places = [re.findall(r"^#=?(\d+)", row)[0] for row in rows[1:-1]]
    assert places == sorted(places, key=int)
    assert len(set(places)) < len(places)


async def test_words_find_requests_by_title_and_by_problem(house: House) -> None:
    boris = house.person("Boris")
    assert (await board(boris, "audit")).splitlines()[0] == "1 request for “audit”"
    assert "Audit log" in await board(boris, "AUDITOR")
    assert "Audit log" in await board(boris, "audi")
    two = (await board(boris, "dark log")).splitlines()
    assert two[0] == "2 requests for “dark log”"
    assert "Offline checklists · no estimate yet" in await board(boris, "drivers signal")


@pytest.mark.parametrize("words", ["teleportation", "%", "_", "R-999", "999999999999", "🚀", "' OR 1=1 --x"])
async def test_words_that_find_nothing_say_what_to_try(house: House, words: str) -> None:
    seen = (await board(house.person("Boris"), words)).splitlines()
    assert seen == [
        f"Nothing on the board for “{words}”",
        "Fewer words find more. Or ask for it with /request.",
    ]


@pytest.mark.parametrize("key", ["R-2", "r-2", "2", "audit-log", "Audit-Log"])
async def test_a_number_or_a_name_shows_that_request(house: House, key: str) -> None:
    tanya = house.person("Tanya")
    seen = await tanya.slash(f"/board {key}")
    assert isinstance(seen, Message)
    assert "Audit log" in seen.text
    assert "pay a consultant to write it up" in seen.text
    assert seen.buttons[:2] == ["Estimate", "Add my customer"]
    assert "Estimate R-2" in modal(await tanya.press("Estimate", on=seen)).text


async def test_cyrillic_words_find_cyrillic_requests(empty: House) -> None:
    await file(empty, "Скидки для партнёров", "Партнёры СЧИТАЮТ сами")
    for words in ("скидки", "ПАРТНЁРОВ", "считают", "скид"):
        assert "Скидки для партнёров" in await board(empty.person("Boris"), words)


async def test_a_closed_request_is_shown_as_closed_and_takes_nothing_more(empty: House) -> None:
    await file(empty, "Fax gateway", "Nobody answers.", size=1)
    close(empty, "Fax gateway", "released")
    found = await empty.person("Boris").slash("/board fax-gateway")
    assert isinstance(found, Message)
    assert "Fax gateway · released" in found.text
    assert "Estimate" not in found.buttons
    assert "#" not in found.fallback, found.fallback
    assert "released" in found.fallback
    assert "– Fax gateway · released · R-" in await board(empty.person("Boris"), "fax")


# ---- Home ---------------------------------------------------------------------------------------


async def test_a_guests_home_says_why(house: House) -> None:
    await house.slack.add_user(User("Gus", is_restricted=True))
    home = await house.person("Gus").home()
    assert home.text == "Tandem is for full members. Ask the colleague who invited you to file this for you."


# ---- what changes the shared board comes last ---------------------------------------------------


async def test_a_long_board_shows_the_top_and_says_how_to_find_the_rest(house: House) -> None:
    for n in range(21):
        await file(house, f"Filler {n}", "To fill the board.", size=20)
    seen = (await board(house.person("Boris"))).splitlines()
    assert seen[0] == "The board: 30 requests, the most worth doing first"
    assert len(seen[1:-1]) == 20
    assert seen[-1] == f"2 requests without an estimate. Top 20 shown; /board words finds the others. {MEANS}"
    found = (await board(house.person("Boris"), "filler")).splitlines()
    assert found[0] == "More than 20 requests for “filler”"
    assert len(found[1:-1]) == 20
    assert found[-1] == "The 20 that hold most of these words."
    assert "Filler 7 ·" in await board(house.person("Boris"), "filler 7")


# ---- how it is done -----------------------------------------------------------------------------


async def board(person: Person, words: str = "") -> str:
    seen = await person.slash(f"/board {words}".strip())
    assert isinstance(seen, Message)
    return seen.text


async def file(house: House, title: str, problem: str, size: int | None = None) -> None:
    form = modal(await house.person("Alice").slash(f"/request {title}"))
    figures = {"User/Business value": 1, "Time criticality": 1, "Risk reduction": 1, "Job size": size}
    await form.fill({"Business problem": problem} | (figures if size else {}))
    await form.submit()


def close(house: House, title: str, status: str) -> None:
    """Somebody has closed a request; there is no door for it yet."""
    engine = create_engine(plain(house.settings.database_url.get_secret_value()))
    try:
        with engine.begin() as connection:
            connection.execute(
                update(request).where(request.c.title == title).values(status=status, rank_score=None)
            )
    finally:
        engine.dispose()
