"""The other ways in: a message's menu, the global shortcut, commands with a title or a whole text, `/tandem`."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import create_engine, select

from sandbox import Message
from storage.engines import plain
from storage.tables import request
from tests.flows.house import House, modal, opened

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One Tandem for all the stories here: each speaks of requests of its own."""
    async with opened(f"sqlite:///{tmp_path_factory.mktemp('shortcuts') / 'tandem.db'}") as house:
        yield house


# ---- a message's menu ---------------------------------------------------------------------------


async def test_a_message_becomes_the_problem_and_its_address_is_kept(house: House) -> None:
    alice = house.person("Alice")
    said = await alice.say("#general", "@Boris: Borealis can't <print> invoices & asks #sales every week")
    form = modal(await alice.shortcut("Add to the board", on=said))
    assert form.value("Business problem") == "@Boris: Borealis can't <print> invoices & asks #sales every week"
    assert form.value("Title") is None

    await form.fill({"Title": "Printed invoices", "Customers": ["Borealis Energy"]})
    await form.submit()

    card = await house.card("Printed invoices")
    assert "@Boris: Borealis can't <print> invoices" in card.text
    channel = house.slack.channel_id("#general")
    assert origin(house, "Printed invoices") == (channel, said.ts, address(house, channel, said))


async def test_a_message_in_a_channel_tandem_is_not_in_works_too(house: House) -> None:
    alice = house.person("Alice")
    said = await alice.say("#sales", "Harbor wants a sandbox")
    form = modal(await alice.shortcut("Add to the board", on=said))
    await form.fill({"Title": "Sandbox for trials"})
    await form.submit()
    assert origin(house, "Sandbox for trials")[:2] == (house.slack.channel_id("#sales"), said.ts)


async def test_a_message_in_a_thread_keeps_the_address_that_opens_the_thread(house: House) -> None:
    alice = house.person("Alice")
    start = await alice.say("#general", "What did you hear this week?")
    reply = await alice.say("#general", "Ember wants achievements", thread=start)
    form = modal(await alice.shortcut("Add to the board", on=reply))
    await form.fill({"Title": "Achievements"})
    await form.submit()
    channel = house.slack.channel_id("#general")
    link = f"{address(house, channel, reply)}?thread_ts={start.ts}&cid={channel}"
    assert origin(house, "Achievements") == (channel, reply.ts, link)


async def test_a_message_that_is_on_the_board_is_refused_with_where_it_is(house: House) -> None:
    alice, marek = house.person("Alice"), house.person("Marek")
    said = await alice.say("#general", "Kestrel wants a robot arm mode")
    form = modal(await alice.shortcut("Add to the board", on=said))
    await form.fill({"Title": "Robot arm *mode*"})
    await form.submit()
    name = (await house.card("Robot arm")).text.partition("R-")[2].split()[0]

    where = (
        f"This message is already on the board as R-{name}, Robot arm *mode*. "
        f"Add your customer from its card; /board R-{name} shows it."
    )
    seen = modal(await marek.shortcut("Add to the board", on=said))
    assert where in seen.text


async def test_two_who_take_up_the_same_message_at_once_make_one_request(house: House) -> None:
    alice, marek = house.person("Alice"), house.person("Marek")
    said = await alice.say("#general", "Granite wants podcasts")
    early = modal(await alice.shortcut("Add to the board", on=said))
    late = modal(await marek.shortcut("Add to the board", on=said))
    await (await early.fill({"Title": "Podcasts"})).submit()
    refused = modal(await (await late.fill({"Title": "Audio", "Deal size": None})).submit())
    assert "This message is already on the board as R-" in refused.errors["Title"]
    assert refused.value("Title") == "Audio"
    assert refused.value("Business problem") == "Granite wants podcasts"


async def test_a_message_without_words_asks_for_the_problem(house: House) -> None:
    """A file or a picture alone: its message has no text."""
    alice = house.person("Alice")
    said = await alice.say("#general", " ")
    form = modal(await alice.shortcut("Add to the board", on=said))
    assert form.value("Business problem") is None


async def test_a_message_longer_than_the_field_is_cut_to_fit(house: House) -> None:
    alice = house.person("Alice")
    said = await alice.say("#general", "They & we " * 1000)
    form = modal(await alice.shortcut("Add to the board", on=said))
    assert form.value("Business problem") == ("They & we " * 1000)[:3000]


# ---- the global shortcut, Home ------------------------------------------------------------------


async def test_a_request_is_filed_from_anywhere(house: House) -> None:
    ines = house.person("Ines")
    form = modal(await ines.shortcut("New request"))
    assert form.value("Source") == "CS / support"
    await form.fill({"Title": "From anywhere", "Business problem": "They call us."})
    assert "Got it, R-" in modal(await form.submit()).text
    card = await house.card("From anywhere", "asked by Ines (Support)")
    assert card.buttons == ["Estimate", "Add my customer", "Ask Ines", "More"]


async def test_a_request_is_filed_from_home(house: House) -> None:
    boris = house.person("Boris")
    form = modal(await boris.press("New request", on=await boris.home()))
    assert form.value("Source") == "Market analysis"


# ---- titles like known ones ---------------------------------------------------------------------


async def test_a_title_like_a_known_one_shows_it_at_once(house: House) -> None:
    form = modal(await house.person("Alice").slash("/request audit logs"))
    assert "Is it one of these?" in form.text
    assert "Audit log · #" in form.text
    assert "2 companies wait" in form.text
    assert "Dark mode" not in form.text


async def test_a_title_like_no_other_shows_the_bare_form(house: House) -> None:
    form = modal(await house.person("Alice").slash("/request teleportation"))
    assert "Is it one of these?" not in form.text
    assert form.labels[:3] == ["Title", "Business problem", "Source"]


async def test_typing_a_title_and_enter_shows_look_alikes_and_keeps_what_was_typed(house: House) -> None:
    form = modal(await house.person("Alice").slash("/request"))
    typed = {
        "Title": "single sign on",
        "Business problem": "Logins by hand.",
        "Customers": ["Acme Bank"],
        "Deal size": "120k",
        "Close date": "2026-12-18",
        "Source": "Sales: market intelligence",
    }
    await form.fill(typed)
    await form.enter("Title")
    assert "Single sign-on · #" in form.text
    assert {label: form.value(label) for label in typed} == typed

    await form.fill({"Title": "teleportation"})
    await form.enter("Title")
    assert "Single sign-on" not in form.text
    assert form.value("Customers") == ["Acme Bank"]


async def test_choosing_figures_tells_where_they_would_put_it(house: House) -> None:
    form = modal(await house.person("Alice").slash("/request Preview me"))
    await form.fill({"User/Business value": 20})
    assert "It needs a time, a risk & opportunity figure and a size before it gets a place." in form.text
    await form.fill({"Time criticality": 20, "Risk reduction": 20})
    assert "Without a size it has no place yet: " in form.text
    await form.fill({"Job size": 1})
    assert "(20 + 20 + 20) / 1 = WSJF 60.0, that's #1 of" in form.text


async def test_customers_are_offered_while_one_types(house: House) -> None:
    form = modal(await house.person("Alice").slash("/request"))
    assert await form.suggestions("Customers", "acme") == ["Acme Bank", "acme"]
    assert await form.suggestions("Customers", "ACME BANK") == ["Acme Bank"]
    assert await form.suggestions("Customers", "%") == ["%"]
    assert await form.suggestions("Customers", "_") == ["_"]
    assert await form.suggestions("Customers", "x" * 71) == ["x" * 71]
    assert await form.suggestions("Customers", "x" * 72) == []
    offered = await form.suggestions("Customers", "e")
    assert offered[-1] == "e"
    assert len(offered) <= 21


# ---- /tandem ------------------------------------------------------------------------------------


async def test_every_command_has_a_twin_under_tandem(house: House) -> None:
    alice = house.person("Alice")
    form = modal(await alice.slash("/tandem request k8s-connector"))
    assert form.value("Title") == "k8s-connector"
    assert modal(await alice.slash("/tandem REQUEST  two  words")).value("Title") == "two  words"
    assert modal(await alice.slash("/tandem request")).value("Title") is None
    board = await alice.slash("/tandem board")
    assert isinstance(board, Message)
    assert board.text.startswith("The board: ")
    found = await alice.slash("/tandem board audit log")
    assert isinstance(found, Message)
    assert "Audit log" in found.text


@pytest.mark.parametrize("words", ["", "help", "HELP me", "boards", "what?", "<!channel>", "request-a-pony"])
async def test_unknown_words_are_answered_with_help(house: House, words: str) -> None:
    seen = await house.person("Alice").slash(f"/tandem {words}")
    assert isinstance(seen, Message)
    assert seen.ephemeral
    assert "Tandem keeps product and sales pulling the same way" in seen.text
    for name in ("/request [title]", "/board [words]", "/tandem [help]", "Add to the board", "Add my customer"):
        assert name in seen.text


# ---- how it is done -----------------------------------------------------------------------------


def origin(house: House, title: str) -> tuple[str, str, str]:
    """The message a request came from: channel, ts, address."""
    engine = create_engine(plain(house.settings.database_url.get_secret_value()))
    try:
        with engine.connect() as connection:
            wanted = select(request.c.origin_channel, request.c.origin_ts, request.c.origin_permalink)
            found = connection.execute(wanted.where(request.c.title == title)).one()
            return found[0], found[1], found[2]
    finally:
        engine.dispose()


def address(house: House, channel: str, message: Message) -> str:
    return f"{house.slack.url}/archives/{channel}/p{message.ts.replace('.', '')}"
