"""Questions come back to whom they concern, and their answers land on the request."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import create_engine, insert, select

from sandbox import Message, Modal
from sandbox.workspace import User
from storage.engines import plain
from storage.tables import account, ask, change, preference, question, request
from tests.flows.house import House, modal, opened

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One Tandem for all the stories here: each speaks of requests of its own."""
    async with opened(f"sqlite:///{tmp_path_factory.mktemp('questions') / 'tandem.db'}") as house:
        yield house


async def test_a_question_is_asked_and_answered_by_button(database_url: str) -> None:
    async with opened(database_url) as house:
        await a_request(house, "Grid connector")
        form = modal(await house.person("Boris").press("Ask Alice", on=await new_requests(house)))
        assert form.value("Ask") == "Alice"
        receipt = modal(await (await form.fill({"Your question": "Which clouds first?"})).submit())
        assert "Alice is asked. I'll tell you the answer, and it goes on the request." in receipt.text

        asked = await house.dm("Alice", "Boris has a question on Grid connector")
        assert "“Which clouds first?” Your answer goes on the request." in asked.text
        answering = modal(await house.person("Alice").press("Answer", on=asked))
        receipt = modal(await (await answering.fill({"Your answer": "AWS first."})).submit())
        assert "Thanks, Boris hears of it. It's on R-" in receipt.text

        told = await house.dm("Boris", "Alice answered on Grid connector:")
        assert told.text.splitlines()[0].endswith("“AWS first.”")
        assert told.fallback == "Alice answered on Grid connector: “AWS first.”"
        assert await house.dm("Alice", "You answered: “AWS first.”") == asked, "the same message, drawn anew"
        assert answers(house, "Grid connector") == [("Which clouds first?", "AWS first.")]
        assert logged(house, "Grid connector") == ["question", "answer"]


async def test_a_question_is_a_first_answer(house: House) -> None:
    await a_request(house, "Usage alerts")
    assert "Usage alerts" in (await new_requests(house)).text
    await a_question(house, "Usage alerts", "For whom?")
    assert "Usage alerts" not in (await new_requests(house)).text
    await answer(house, "Usage alerts", "For finance.")


async def test_a_question_of_a_colleague_outside_product_is_none(house: House) -> None:
    await a_request(house, "Dark mode")
    await a_question(house, "Dark mode", "On phones too?", by="Tanya")
    assert "Dark mode" in (await new_requests(house)).text
    await answer(house, "Dark mode", "Yes.")


async def test_a_reply_in_its_thread_answers_and_a_second_one_adds_to_it(house: House) -> None:
    await a_request(house, "Cost tags")
    asked = await a_question(house, "Cost tags", "Who sets them?")
    alice = house.person("Alice")
    await alice.say("@Tandem", "Their platform team", thread=asked)
    await house.dm("Alice", "You answered: “Their platform team”")
    await alice.say("@Tandem", "and <finance> & co.", thread=asked)
    answer = await house.dm("Alice", "You answered: “Their platform team\nand <finance> & co.”")
    assert answer == asked
    await house.dm("Boris", "Alice answered on Cost tags", "and <finance> & co.”")
    assert answers(house, "Cost tags") == [("Who sets them?", "Their platform team\nand <finance> & co.")]


async def test_a_plain_message_answers_the_one_question_that_waits(house: House) -> None:
    await a_request(house, "Pivot tables")
    await a_question(house, "Pivot tables", "How many rows?")
    await house.person("Alice").say("@Tandem", "A million")
    await house.dm("Boris", "Alice answered on Pivot tables:", "“A million”")


async def test_when_several_wait_tandem_asks_which_one_is_meant(house: House) -> None:
    await a_request(house, "Big screen")
    await a_request(house, "Small screen")
    big = await a_question(house, "Big screen", "How big?")
    await a_question(house, "Small screen", "How small?")
    alice = house.person("Alice")
    said = await alice.say("@Tandem", "Eighty inches")
    [reply] = said.thread
    assert "Which question is this for? Answer in its thread, or here with the button." in reply.text
    assert "“How big?”" in reply.text
    assert "“How small?”" in reply.text
    assert answers(house, "Big screen") == [("How big?", None)]

    form = modal(await alice.press("Answer", on=reply))
    await (await form.fill({"Your answer": "Eighty inches"})).submit()
    assert await house.dm("Alice", "You answered: “Eighty inches”") == big
    await alice.say("@Tandem", "Five")
    await house.dm("Alice", "You answered: “Five”")
    assert answers(house, "Small screen") == [("How small?", "Five")]


async def test_small_talk_is_left_alone(house: House) -> None:
    alice = house.person("Alice")
    before = len(alice.dms())
    said = await alice.say("@Tandem", "Good morning!")
    assert said.thread == []
    assert len(alice.dms()) == before


async def test_a_message_delivered_twice_is_heard_once(house: House) -> None:
    await a_request(house, "Night shift")
    asked = await a_question(house, "Night shift", "When does it begin?")
    house.slack.deliver_twice()
    try:
        await house.person("Alice").say("@Tandem", "At ten", thread=asked)
        await house.dm("Boris", "Alice answered on Night shift")
    finally:
        house.slack.deliver_twice(False)
    await house.dm("Alice", "You answered: “At ten”")
    assert answers(house, "Night shift") == [("When does it begin?", "At ten")]
    assert len([m for m in house.person("Boris").dms() if "Night shift" in m.text]) == 1
    assert logged(house, "Night shift") == ["question", "answer"]


async def test_a_form_delivered_twice_asks_and_answers_once(house: House) -> None:
    await a_request(house, "Twin beds")
    house.slack.deliver_twice()
    try:
        asked = await a_question(house, "Twin beds", "Two?")
        await answer(house, "Twin beds", "Two.")
    finally:
        house.slack.deliver_twice(False)
    await house.dm("Boris", "Alice answered on Twin beds")
    assert answers(house, "Twin beds") == [("Two?", "Two.")]
    assert logged(house, "Twin beds") == ["question", "answer"]
    assert [m for m in house.person("Alice").dms() if "Twin beds" in m.text] == [asked]


async def test_an_answer_is_changed(house: House) -> None:
    await a_request(house, "Second thoughts")
    asked = await a_question(house, "Second thoughts", "Sure?")
    await answer(house, "Second thoughts", "Yes.")
    asked = await house.dm("Alice", "You answered: “Yes.”", "Second thoughts")
    form = modal(await house.person("Alice").press("Change", on=asked))
    assert form.value("Your answer") == "Yes."
    await (await form.fill({"Your answer": "No."})).submit()
    await house.dm("Boris", "Alice answered on Second thoughts: “No.”")
    assert answers(house, "Second thoughts") == [("Sure?", "No.")]


async def test_where_no_message_shows_the_answer_tandem_says_that_it_has_it(house: House) -> None:
    clara = house.person("Clara")
    daily = {"user": clara.user.id, "topic": "question", "mode": "daily", "at": house.calendar.now}
    rows(house, insert(preference).values(daily))
    form = await ask_form(house, "Every morning")
    await modal(await (await form.fill({"Ask": "Clara", "Your question": "At what time?"})).submit()).dismiss()
    said = await clara.say("@Tandem", "At nine")
    [reply] = said.thread
    assert reply.text == "Your answer is on Every morning.\n[Change]"
    assert answers(house, "Every morning") == [("At what time?", "At nine")]


@pytest.mark.parametrize(
    ("whom", "said"),
    [
        ("Boris", "That's you. Choose whom you want to ask."),
        ("Tandem", "Tandem serves full members only. Choose a colleague."),
    ],
)
async def test_who_cannot_be_asked(house: House, whom: str, said: str) -> None:
    form = await ask_form(house, "Whom to ask", by="Boris")
    await form.fill({"Ask": whom, "Your question": "Which one?"})
    refused = modal(await form.submit())
    assert refused.errors == {"Ask": said}
    assert refused.value("Your question") == "Which one?"


async def test_a_question_needs_words(house: House) -> None:
    form = await ask_form(house, "Nothing to say")
    assert modal(await (await form.fill({"Your question": " "})).submit()).errors == {
        "Your question": "Write your question in a few words."
    }
    long = modal(await (await form.fill({"Your question": "x" * 2001})).submit())
    assert long.errors == {"Your question": "That's 2,001 characters; keep it under 2,000."}


async def test_only_those_concerned_answer(house: House) -> None:
    await a_request(house, "Private matter")
    asked = await a_question(house, "Private matter", "Whose?", to="Marek")
    await a_question(house, "Private matter", "And hers?", to="Ines")
    form = modal(await house.person("Marek").press("Answer", on=asked))
    await form.fill({"Your answer": "Mine."})
    of_ines = numbers(house, "Private matter")[-1]

    async def refusal(question: int | None) -> str:
        memory = json.loads(form.view.spec["private_metadata"]) | {"question": question}
        form.view.spec["private_metadata"] = json.dumps(memory)
        return str(modal(await form.submit()).errors["Your answer"])

    assert await refusal(of_ines) == "Ines was asked. Whoever asked for it or owns it can answer too."
    assert await refusal(of_ines + 10_000) == "This question is gone. Find the request with /board and ask again."
    assert await refusal(None) == "This form is from an older Tandem. Close it and open it again."
    assert answers(house, "Private matter") == [("Whose?", None), ("And hers?", None)]


async def test_a_question_about_a_request_that_is_gone_is_refused(house: House) -> None:
    form = await ask_form(house, "Here now")
    await form.fill({"Your question": "Still there?"})
    memory = json.loads(form.view.spec["private_metadata"])
    form.view.spec["private_metadata"] = json.dumps(memory | {"number": 9999})
    assert modal(await form.submit()).errors == {
        "Ask": "There is no R-9999 on the board. /board lists what is there."
    }
    form.view.spec["private_metadata"] = json.dumps(memory | {"account": "no-such-customer"})
    assert modal(await form.submit()).errors == {
        "Ask": "This customer doesn't wait for it any more, so there is nobody to talk to about it."
    }


async def test_a_guest_neither_asks_nor_answers(house: House) -> None:
    await a_request(house, "Guest list")
    await house.slack.add_user(User("Gail"))
    form = await ask_form(house, "Guest house", by="Gail")
    asked = await a_question(house, "Guest list", "Who comes?", to="Gail")
    gail = house.person("Gail")
    await house.slack.change_user("Gail", is_restricted=True)
    said = modal(await (await form.fill({"Your question": "Who stays?"})).submit()).errors
    assert said["Ask"].startswith("Tandem is for full members.")
    assert "Tandem is for full members." in modal(await gail.press("Answer", on=asked)).text
    assert (await gail.say("@Tandem", "Me", thread=asked)).thread == []
    assert answers(house, "Guest list") == [("Who comes?", None)]
    refused = await (await ask_form(house, "Guest room")).fill({"Ask": "Gail", "Your question": "Which one?"})
    assert modal(await refused.submit()).errors == {"Ask": "Tandem serves full members only. Choose a colleague."}


async def test_may_we_talk_to_this_customer(house: House) -> None:
    await a_request(house, "Talk of the town", customers=["Acme Bank"])
    await a_question(house, "Talk of the town", "For the log?")
    form = await talk_form(house, "Talk of the town", "Acme Bank")
    assert form.value("Ask") == "Alice"
    assert form.value("Your question") == "May we talk to Acme Bank?"
    await form.submit()
    asked = await house.dm("Alice", "Boris would like to talk to Acme Bank about Talk of the town. May they?")
    answering = modal(await house.person("Alice").press("Answer", on=asked))
    await answering.fill({"May they?": "Yes", "Whom to talk to": "Ines Costa, ines@acme.example"})
    await answering.submit()
    await house.dm("Boris", "Alice answered on Talk of the town:", "“Yes. Talk to Ines Costa, ines@acme.example”")
    assert permissions(house, "Talk of the town") == [("Acme Bank", True, "Ines Costa, ines@acme.example")]

    changed = await house.dm("Alice", "You answered: “Yes. Talk to Ines Costa", "Talk of the town")
    answering = modal(await house.person("Alice").press("Change", on=changed))
    await answering.fill({"May they?": "Not now", "Whom to talk to": "They are in the middle of a move."})
    await answering.submit()
    await house.dm("Boris", "“Not now. They are in the middle of a move.”")
    assert permissions(house, "Talk of the town") == [("Acme Bank", False, "Ines Costa, ines@acme.example")]


# ---- how it is done -----------------------------------------------------------------------------


async def a_request(house: House, title: str, customers: list[str] | None = None) -> None:
    """Filed by Alice."""
    form = modal(await house.person("Alice").slash(f"/request {title}"))
    await form.fill({"Business problem": "It takes them a day.", "Customers": customers})
    await form.submit()
    await house.card(title)


async def new_requests(house: House) -> Message:
    seen = await house.person("Boris").slash("/board new")
    assert isinstance(seen, Message), seen
    return seen


async def ask_form(house: House, title: str, by: str = "Boris") -> Modal:
    """The form that asks about a request, filed when there is none of that title."""
    if not rows(house, select(request.c.number).where(request.c.title == title)):
        await a_request(house, title)
    person = house.person(by)
    page = modal(await person.press("More", on=await house.card(title)))
    return modal(await person.press("Ask Alice", on=page))


async def talk_form(house: House, title: str, customer: str) -> Modal:
    boris = house.person("Boris")
    page = modal(await boris.press("More", on=await house.card(title)))
    assert customer in page.text
    return modal(await boris.press("May we talk?", on=page))


async def a_question(house: House, title: str, words: str, *, by: str = "Boris", to: str = "Alice") -> Message:
    """Asked from the request's page; the message in which it is said."""
    form = await ask_form(house, title, by=by)
    await form.fill({"Ask": to, "Your question": words})
    receipt = modal(await form.submit())
    await receipt.dismiss()
    return await house.dm(to, title, words)


async def answer(house: House, title: str, words: str) -> None:
    """By the button, as Alice."""
    form = modal(await house.person("Alice").press("Answer", on=await house.dm("Alice", title)))
    await (await form.fill({"Your answer": words})).submit()


def rows(house: House, statement: Any) -> list[Any]:
    engine = create_engine(plain(house.settings.database_url.get_secret_value()))
    try:
        with engine.begin() as connection:
            found = connection.execute(statement)
            return list(found) if found.returns_rows else []
    finally:
        engine.dispose()


def answers(house: House, title: str) -> list[tuple[str, str | None]]:
    """What was asked about a request, and what was answered."""
    wanted = select(question.c.words, question.c.answer).join_from(question, request)
    return [tuple(row) for row in rows(house, wanted.where(request.c.title == title).order_by(question.c.id))]


def numbers(house: House, title: str) -> list[int]:
    wanted = select(question.c.id).join_from(question, request).where(request.c.title == title)
    return [row.id for row in rows(house, wanted.order_by(question.c.id))]


def permissions(house: House, title: str) -> list[tuple[str, bool | None, str | None]]:
    wanted = select(account.c.name, ask.c.may_talk, ask.c.contact).join_from(ask, account)
    wanted = wanted.join(request, request.c.number == ask.c.behind)
    return [tuple(row) for row in rows(house, wanted.where(request.c.title == title))]


def logged(house: House, title: str) -> list[str]:
    """Questions and answers in the change log of a request."""
    [(number,)] = rows(house, select(request.c.number).where(request.c.title == title))
    wanted = select(change.c.field).where(change.c.subject == f"request:{number}").order_by(change.c.id)
    return [row.field for row in rows(house, wanted) if row.field in ("question", "answer")]
