"""A message in a channel becomes a request: by an emoji, by a mention. Only who asked for it sees the offer."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import create_engine, func, select, update

from sandbox import Message, Person, User
from storage.engines import plain
from storage.tables import job_run, request
from tests.flows.house import House, modal, opened

pytestmark = pytest.mark.asyncio(loop_scope="module")

TRAY = ":inbox_tray:"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One Tandem for all the side stories: each speaks of a message of its own."""
    async with opened(f"sqlite:///{tmp_path_factory.mktemp('capture') / 'tandem.db'}") as house:
        yield house


# ---- the main story -----------------------------------------------------------------------------


@pytest.mark.asyncio(loop_scope="function")
async def test_a_message_becomes_one_request_whoever_finds_it(database_url: str) -> None:
    async with opened(database_url) as house:
        alice, marek, ines = (house.person(name) for name in ("Alice", "Marek", "Ines"))
        said = await ines.say("#general", "Acme can't see what their clusters cost, so finance blocks it.")

        await alice.react(said, TRAY)
        offer = await offered(house, alice, "Put this on the board?")
        assert offer.text == (
            "Put this on the board? “Acme can't see what their clusters cost, so finance blocks it.”\n"
            "[Add to the board]"
        )
        await marek.react(said, TRAY)
        late = await offered(house, marek, "Put this on the board?")

        form = modal(await alice.press("Add to the board", on=offer))
        assert form.value("Business problem") == said.text
        await form.fill({"Title": "k8s-connector", "Customers": ["Acme Bank"]})
        await form.submit()
        card = await house.card("k8s-connector", "1 company waits")

        seen = modal(await marek.press("Add to the board", on=late))
        assert seen.text.startswith("On the board\nThis is on the board already: k8s-connector, R-")
        form = modal(await marek.press("Add my customer", on=seen))
        await form.fill({"Customers": ["Fjord Insurance"]})
        await form.submit()
        await house.card("k8s-connector", "2 companies wait")

        await ines.react(card, TRAY)
        joins = await offered(house, ines, "k8s-connector")
        assert joins.text.endswith("Does your customer wait for it too?\n[Add my customer]")
        assert modal(await ines.press("Add my customer", on=joins)).title == "Add my customer"


# ---- the emoji ----------------------------------------------------------------------------------


async def test_a_long_message_is_quoted_by_its_beginning(house: House) -> None:
    alice = house.person("Alice")
    said = await alice.say("#general", "@Boris *They* <wait> & wait\nfor it " + "x" * 200)
    await alice.react(said, TRAY)
    offer = await offered(house, alice, "They")
    quote = offer.text.partition("“")[2].partition("”")[0]
    assert quote.startswith("@Boris *They* <wait> & wait for it xxx")
    assert (len(quote), quote[-1]) == (80, "…")


async def test_other_emojis_cost_nothing(house: House) -> None:
    alice = house.person("Alice")
    said = await alice.say("#general", "Just a joke")
    await quiet(house)
    calls, claims = len(house.slack.traffic.calls), claimed(house)
    for emoji in (":joy:", ":inbox:", ":outbox_tray:"):
        await alice.react(said, emoji)
    assert (len(house.slack.traffic.calls), claimed(house)) == (calls, claims)


async def test_an_event_told_twice_is_offered_once(house: House) -> None:
    alice = house.person("Alice")
    said = await alice.say("#general", "Told twice")
    house.slack.deliver_twice()
    try:
        await alice.react(said, TRAY)
        await offered(house, alice, "Told twice")
    finally:
        house.slack.deliver_twice(False)
    assert len([m for m in alice.ephemerals() if "Told twice" in m.text]) == 1


async def test_an_answer_in_a_thread_is_offered_in_that_thread(house: House) -> None:
    alice, boris = house.person("Alice"), house.person("Boris")
    start = await boris.say("#general", "What did you hear?")
    await alice.say("#general", "Nothing", thread=start)
    said = await alice.say("#general", "Ember wants achievements", thread=start)
    await boris.react(said, TRAY)
    offer = await offered(house, boris, "Ember wants")
    assert offer.parent == start
    form = modal(await boris.press("Add to the board", on=offer))
    assert form.value("Business problem") == "Ember wants achievements"
    await form.fill({"Title": "Achievements"})
    await form.submit()
    channel = house.slack.channel_id("#general")
    assert kept(house, "Achievements") == (
        channel,
        said.ts,
        f"{house.slack.url}/archives/{channel}/p{said.ts.replace('.', '')}?thread_ts={start.ts}&cid={channel}",
    )
    await alice.react(said, TRAY)
    known = await offered(house, alice, "This is on the board already: Achievements, R-")
    assert known.parent == start
    assert known.buttons == ["Add my customer"]


async def test_a_request_that_is_closed_takes_nobody_more(house: House) -> None:
    alice = house.person("Alice")
    said = await alice.say("#general", "Fax, please")
    form = modal(await alice.shortcut("Add to the board", on=said))
    await form.fill({"Title": "Fax gateway"})
    await form.submit()
    close(house, "Fax gateway")
    await alice.react(said, TRAY)
    known = await offered(house, alice, "This is on the board: Fax gateway, released.")
    assert known.buttons == ["Open"]


async def test_what_we_say_ourselves_is_not_offered(house: House) -> None:
    alice = house.person("Alice")
    await alice.slash("/board audit", channel="#general")
    answer = alice.ephemerals()[-1]
    await alice.react(answer, TRAY)
    await quiet(house)
    assert alice.ephemerals()[-1] == answer


async def test_guests_and_strangers_are_offered_nothing(house: House) -> None:
    boris = house.person("Boris")
    said = await boris.say("#general", "For members only")
    await house.slack.add_user(User("Gus", is_restricted=True))
    await house.slack.add_user(User("Stranger", team="Globex"))
    for name in ("Gus", "Stranger"):
        person = house.person(name)
        await person.join("#general")
        await person.react(said, TRAY)
        if name == "Gus":
            await person.say("#general", "@Tandem they want dark mode")
        await quiet(house)
        assert person.ephemerals() == []


async def test_a_message_that_is_gone_when_the_offer_is_taken_up(house: House) -> None:
    alice = house.person("Alice")
    said = await alice.say("#general", "Soon deleted")
    await alice.react(said, TRAY)
    offer = await offered(house, alice, "Soon deleted")
    said.post.deleted = True
    seen = modal(await alice.press("Add to the board", on=offer))
    assert "That message is gone. Ask for it with /request." in seen.text


async def test_who_took_us_out_of_the_channel_reads_how_to_ask_us_back(house: House) -> None:
    alice = house.person("Alice")
    said = await alice.say("#general", "Without the bot")
    await alice.react(said, TRAY)
    offer = await offered(house, alice, "Without the bot")
    house.slack.remove("#general")
    try:
        seen = modal(await alice.press("Add to the board", on=offer))
    finally:
        await house.slack.invite("#general")
    assert "Invite me with /invite @Tandem, then press again." in seen.text


@pytest.mark.parametrize("value", ["", "C1", "C1:1.1", "../:1.1", "<general>:x", "<general>:1.1:2.2"])
async def test_a_forged_button_opens_nothing(house: House, value: str) -> None:
    alice = house.person("Alice")
    said = await alice.say("#general", f"Forged {value}.")
    await alice.react(said, TRAY)
    offer = await offered(house, alice, f"Forged {value}.")
    button = offer.blocks[-1]["elements"][0]
    button["value"] = value.replace("<general>", house.slack.channel_id("#general"))
    seen = modal(await alice.press("Add to the board", on=offer))
    assert "React to the message once more." in seen.text


# ---- a mention ----------------------------------------------------------------------------------


async def test_words_to_us_are_offered_without_our_name(house: House) -> None:
    alice = house.person("Alice")
    said = await alice.say("#general", "@Tandem Kestrel wants a robot arm mode")
    offer = await offered(house, alice, "Kestrel wants")
    assert "“Kestrel wants a robot arm mode”" in offer.text
    form = modal(await alice.press("Add to the board", on=offer))
    assert form.value("Business problem") == "Kestrel wants a robot arm mode"
    await form.fill({"Title": "Robot arm mode"})
    await form.submit()
    assert kept(house, "Robot arm mode")[1] == said.ts


async def test_a_mention_without_words_is_told_what_we_can_do(house: House) -> None:
    ravi = house.person("Ravi")
    await ravi.say("#general", "@Tandem")
    seen = await offered(house, ravi, "Mention me")
    assert seen.text == (
        "Mention me with what your customer can't do today, and I offer to put it on the board. "
        "/board shows what is there, /tandem help the rest."
    )
    assert seen.buttons == []


async def test_nobody_else_sees_an_offer_and_it_wakes_nobody(house: House) -> None:
    alice = house.person("Alice")
    await alice.say("#general", "@Tandem @Boris wants SSO")
    offer = await offered(house, alice, "wants SSO")
    assert "“@Boris wants SSO”" in offer.text
    assert "<@" not in offer.fallback
    assert not [m for m in house.slack.messages("#general") if "Put this on the board" in m.text]
    for name in ("Boris", "Tanya"):
        assert not [m for m in house.person(name).ephemerals() if "wants SSO" in m.text]


# ---- no money where a channel reads -------------------------------------------------------------


async def test_a_card_and_a_shared_link_to_it_show_no_money(house: House) -> None:
    alice = house.person("Alice")
    form = modal(await alice.slash("/request Secret deal"))
    deal = {"Customers": ["Acme Bank"], "Deal size": "€123456", "Close date": "2026-12-18"}
    await form.fill({"Business problem": "They pay by hand.", "Job size": 5} | deal)
    await form.submit()
    card = await house.card("Secret deal", "1 company waits")  # Slack unfurls a link as the message itself
    shown = f"{card.text} {card.fallback} {card.blocks} {card.metadata}"
    for trace in ("123456", "123,456", "123 456", "123k", "EUR", "€", "2026-12-18"):
        assert trace not in shown
    found = await house.person("Tanya").slash("/board acme")
    assert isinstance(found, Message)
    assert "Secret deal" in found.text
    assert "123" not in f"{found.text} {found.blocks}"
    found = await alice.slash("/board acme")
    assert isinstance(found, Message)
    assert "€123k in open deals" in found.text
    assert found.ephemeral  # who may see amounts reads them alone


# ---- how it is done -----------------------------------------------------------------------------


async def offered(house: House, person: Person, words: str) -> Message:
    """The newest message for this person's eyes alone that says this, once it is there."""

    def found() -> list[Message]:
        return [m for m in person.ephemerals() if words in m.text]

    await house.slack.until(lambda: bool(found()))
    return found()[-1]


async def quiet(house: House) -> None:
    """Whatever an event was to cause has happened: another one's effect is there."""
    clara = house.person("Clara")
    count = len(clara.ephemerals())
    await clara.say("#general", "@Tandem")
    await house.slack.until(lambda: len(clara.ephemerals()) > count)


def claimed(house: House) -> int:
    engine = create_engine(plain(house.settings.database_url.get_secret_value()))
    try:
        with engine.connect() as connection:
            return connection.execute(
                select(func.count()).select_from(job_run).where(job_run.c.job == "offer")
            ).scalar_one()
    finally:
        engine.dispose()


def kept(house: House, title: str) -> tuple[str, str, str]:
    """The message a request came from: channel, ts, address."""
    engine = create_engine(plain(house.settings.database_url.get_secret_value()))
    try:
        with engine.connect() as connection:
            wanted = select(request.c.origin_channel, request.c.origin_ts, request.c.origin_permalink)
            found = connection.execute(wanted.where(request.c.title == title)).one()
            return found[0], found[1], found[2]
    finally:
        engine.dispose()


def close(house: House, title: str) -> None:
    engine = create_engine(plain(house.settings.database_url.get_secret_value()))
    try:
        with engine.begin() as connection:
            this = update(request).where(request.c.title == title)
            connection.execute(this.values(status="released", rank_score=None))
    finally:
        engine.dispose()
