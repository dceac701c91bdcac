"""The weekly review: one message walks the team through what waits, and its thread keeps what was decided."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.domain.reviews import WORDS_LIMIT
from sandbox import Message, Modal
from tests.flows.house import House, modal, opened
from tests.flows.test_flow import a_request, become, close, move_form, moves
from tests.flows.test_setup import the_form

pytestmark = pytest.mark.asyncio(loop_scope="module")

WHERE = "#coordination"
WORDS = "What was decided?"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One Tandem for the side stories: each has a review of its own."""
    async with opened(f"sqlite:///{tmp_path_factory.mktemp('review') / 'tandem.db'}", sample=False) as house:
        await a_channel(house)
        for title in ("Saved views", "Dark mode", "Audit log"):
            await late(house, title)
        house.calendar.forward(days=3)
        yield house


# ---- the story ----------------------------------------------------------------------------------


async def test_three_requests_are_looked_at_in_one_message_and_two_decisions_are_its_minutes(
    database_url: str,
) -> None:
    async with opened(database_url, sample=False) as house:
        await a_channel(house)
        for title in ("savings reports", "SAML", "Bulk edit"):
            await late(house, title)
        house.calendar.forward(days=3)
        boris, alice = house.person("Boris"), house.person("Alice")
        before = len(house.slack.messages(WHERE))

        first = await a_review(house)
        assert boris.ephemerals() == []
        assert first.text.splitlines()[:-1] == [
            "Review · 1 of 3",
            "savings reports (R-1) · planned, aimed at 25 November",
            "Its date has passed (Boris).",
        ]
        assert first.buttons == ["New date or move", "Blocked?", "Decision", "Next", "End"]

        await decides(house, "Alice", first, "Ship without SSO first.")
        await review(house, "✓ Decision, Alice: Ship without SSO first.")
        form = modal(await boris.press("New date or move", on=first))
        await (await form.fill({"Target date": "2026-12-12", "Why": "Legal is late."})).submit()
        await close(house, "Boris")
        moved = await review(house, "✓ Boris: aimed at 12 December (was 25 November). Why: Legal is late.")
        assert "Its date has passed" not in moved.text

        await alice.press("Next", on=first)
        await review(house, "2 of 3", "SAML (R-2)")
        form = modal(await boris.press("Blocked?", on=first))
        await form.fill({form.labels[0]: "waits for the legal text", form.labels[1]: "Olga"})
        await form.submit()
        await close(house, "Boris")
        stuck = await review(house, "Blocked since today: “waits for the legal text” (Olga).")
        form = modal(await house.person("Olga").press("Resolve", on=stuck))
        await (await form.fill({form.labels[0]: "Legal signed it."})).submit()
        await close(house, "Olga")
        await review(house, "✓ Blocker resolved by Olga: Legal signed it.")

        await alice.press("Next", on=first)
        await review(house, "3 of 3", "Bulk edit (R-3)")
        await alice.press("Next", on=first)
        over = await review(house, "Review over: 3 looked at, 2 decided.")
        assert (over, over.buttons) == (first, [])
        minutes = await its_minutes(house, over)
        assert minutes.text.splitlines() == [
            "Minutes",
            "savings reports (R-1)",
            "• Decision, Alice: Ship without SSO first.",
            "• Boris: aimed at 12 December (was 25 November). Why: Legal is late.",
            "SAML (R-2)",
            "• Blocker, from Boris: waits for the legal text",
            "• Blocker resolved by Olga: Legal signed it.",
            "Nothing decided about Bulk edit.",
        ]
        assert len(over.thread) == 1
        assert len(house.slack.messages(WHERE)) - before == 1 + len(over.thread)

        page = modal(await boris.press("More", on=await house.card("savings reports")))
        assert "26 November, Alice: decided: “Ship without SSO first.”" in page.text


# ---- pressed twice, by several, too late --------------------------------------------------------


async def test_a_second_start_shows_where_the_first_is(house: House) -> None:
    said = await a_review(house)
    answer = await house.person("Alice").slash("/coordination review")
    assert isinstance(answer, Message)
    assert answer.text == "A review is under way in #coordination. See it"
    assert await reviews(house) == [said]
    await ends(house, said)


async def test_begun_elsewhere_it_says_where_it_is(house: House) -> None:
    answer = await house.person("Boris").slash("/coordination review", channel="#general")
    assert isinstance(answer, Message)
    assert answer.ephemeral
    assert answer.text == "The review begins in #coordination. Three requests wait for a decision."
    await ends(house, await review(house, "Review · 1 of 3"))


async def test_two_presses_go_on_once(house: House) -> None:
    said = await a_review(house)
    stale = said.blocks
    house.slack.deliver_twice()
    try:
        await house.person("Boris").press("Next", on=said)
    finally:
        house.slack.deliver_twice(False)
    await review(house, "2 of 3")
    now, said.post.blocks = said.post.blocks, stale
    await house.person("Alice").press("Next", on=said)
    said.post.blocks = now
    await decides(house, "Boris", said, "Later.")
    assert "2 of 3" in (await review(house, "Later.")).text
    await ends(house, said)


async def test_a_decision_sent_twice_is_kept_once(house: House) -> None:
    said = await a_review(house)
    form = await decision_form(house, "Boris", said)
    await form.fill({WORDS: "Keep it small."})
    house.slack.deliver_twice()
    try:
        await form.submit()
    finally:
        house.slack.deliver_twice(False)
    await review(house, "Keep it small.")
    over = await ends(house, said)
    minutes = await its_minutes(house, over)
    assert minutes.text.count("Keep it small.") == 1


async def test_a_decision_that_comes_after_the_end_is_kept_with_its_request(house: House) -> None:
    said = await a_review(house)
    form = await decision_form(house, "Boris", said)
    await ends(house, said)
    receipt = modal(await (await form.fill({WORDS: "Ask legal."})).submit())
    assert "Recorded with Saved views. It stands in its history, behind More on the card." in receipt.text
    await close(house, "Boris")


async def test_what_is_released_meanwhile_is_shown_as_such(house: House) -> None:
    await late(house, "Fax export")
    house.calendar.forward(days=3)
    said = await a_review(house, "of 4")
    for place in (2, 3, 4):
        await house.person("Boris").press("Next", on=said)
        await review(house, f"{place} of 4")
    await moves(house, "Boris", "Fax export", to="Declined", why="Nobody has a fax.", say="We won't build it.")
    closed = await review(house, "Fax export", "· declined")
    assert closed.buttons == ["Next", "End"]
    await house.person("Boris").press("Next", on=closed)
    over = await review(house, "Review over: 4 looked at, 1 decided.")
    assert "Boris: declined; " in (await its_minutes(house, over)).text


async def test_nobody_going_on_it_ends_after_twelve_hours(house: House) -> None:
    said = await a_review(house)
    await decides(house, "Boris", said, "Wait for Acme.")
    await review(house, "Wait for Acme.")
    house.calendar.forward(hours=11)
    await house.ring("reviews")
    house.calendar.forward(hours=1.1)
    for _ in range(2):
        await house.ring("reviews")
    over = await review(house, "Review over: 1 of 3 looked at, 1 decided.")
    assert (await its_minutes(house, over)).text.endswith("2 requests not looked at.")
    assert over.buttons == []


async def test_a_review_that_decided_nothing_has_no_minutes(house: House) -> None:
    said = await a_review(house)
    over = await ends(house, said)
    assert "Review over: 1 of 3 looked at, nothing decided." in over.text
    await a_request(house, "Something else")
    assert over.thread == []


# ---- who may, and what is refused ---------------------------------------------------------------


async def test_support_may_read_the_review_and_not_run_it(house: House) -> None:
    said = await a_review(house)
    ines = house.person("Ines")
    for button in ("Decision", "Next", "End"):
        refused = modal(await ines.press(button, on=said))
        assert "Only product and sales and tech and leadership may run the weekly coordination." in refused.text
        await close(house, "Ines")
    answer = await ines.slash("/coordination review")
    assert isinstance(answer, Message)
    assert "may run the weekly coordination" in answer.text
    assert "1 of 3" in said.text
    await ends(house, said)


async def test_who_became_a_guest_meanwhile_records_nothing(house: House) -> None:
    said = await a_review(house)
    form = await decision_form(house, "Tanya", said)
    await form.fill({WORDS: "All in."})
    await become(house, "Tanya", is_guest=True)
    try:
        refused = modal(await form.submit())
    finally:
        await become(house, "Tanya", is_guest=False)
    assert "Tandem is for full members." in next(iter(refused.errors.values()))
    await close(house, "Tanya")
    assert "All in." not in (await ends(house, said)).text


@pytest.mark.parametrize("memory", ["", "{}", '{"key": "' + "0" * 32 + '"}'])
async def test_a_forged_form_is_refused(house: House, memory: str) -> None:
    said = await a_review(house)
    form = await decision_form(house, "Boris", said)
    await form.fill({WORDS: "Forged."})
    form.view.spec["private_metadata"] = memory
    refused = modal(await form.submit())
    assert refused.errors == {WORDS: "This form is from an older Tandem. Close it and open it again."}
    await close(house, "Boris")
    await ends(house, said)


@pytest.mark.parametrize("value", ["", "x", "1", "-1:0", "1:0:0", "9" * 40 + ":1", "999:0"])
async def test_a_forged_button_is_refused(house: House, value: str) -> None:
    said = await a_review(house)
    buttons = said.post.blocks[-1]["elements"]
    real = [button["value"] for button in buttons]
    buttons[3]["value"] = value
    refused = modal(await house.person("Boris").press("Next", on=said))
    assert "/coordination review" in refused.text
    for button, was in zip(buttons, real, strict=True):
        button["value"] = was
    await close(house, "Boris")
    await ends(house, said)


async def test_what_is_too_long_or_empty_is_said_beside_the_field(house: House) -> None:
    said = await a_review(house)
    form = await decision_form(house, "Boris", said)
    refused = modal(await (await form.fill({WORDS: "x" * (WORDS_LIMIT + 1)})).submit())
    assert refused.errors == {WORDS: "That's 501 characters; keep it under 500."}
    refused = modal(await (await refused.fill({WORDS: "\u200b"})).submit())
    assert refused.errors == {WORDS: "Say what was decided."}
    await close(house, "Boris")
    await ends(house, said)


async def test_when_nothing_waits_only_whoever_asked_hears_it(sqlite_url: str) -> None:
    async with opened(sqlite_url, sample=False) as house:
        boris = house.person("Boris")
        answer = await boris.slash("/coordination review")
        assert isinstance(answer, Message)
        missing = "There is no coordination channel yet. Olga can choose one with /tandem setup."
        assert missing in answer.text
        await a_channel(house)
        answer = await boris.slash("/coordination review", channel=WHERE)
        assert isinstance(answer, Message)
        assert (answer.text, answer.ephemeral) == ("Nothing waits for a decision.", True)
        assert await reviews(house) == []


# ---- how it is done -----------------------------------------------------------------------------


async def a_channel(house: House) -> None:
    form = await the_form(house)
    await (await form.fill({"Coordination channel": WHERE})).submit()
    await close(house, "Olga")
    await house.slack.until(lambda: bool(house.slack.messages(WHERE)))


async def late(house: House, title: str) -> None:
    """Planned for two days from now."""
    await a_request(house, title)
    form = await move_form(house, "Boris", title)
    day = house.calendar.now.date().replace(day=house.calendar.now.day + 2)
    await (
        await form.fill({"Move to": "Planned", "Target date": day.isoformat(), "For the customer": None})
    ).submit()
    await close(house, "Boris")


async def a_review(house: House, holding: str = "1 of 3") -> Message:
    await house.person("Boris").slash("/coordination review", channel=WHERE)
    return await review(house, "Review · 1", holding)


async def review(house: House, *holding: str) -> Message:
    """The newest review, once it says all of this."""

    def found() -> list[Message]:
        return [m for m in said_in(house)[-1:] if all(words in m.text for words in holding)]

    await house.slack.until(lambda: bool(found()))
    return found()[0]


async def reviews(house: House) -> list[Message]:
    """Those that are under way."""
    return [m for m in said_in(house) if "Review over" not in m.text]


def said_in(house: House) -> list[Message]:
    return [m for m in house.slack.messages(WHERE) if m.text.startswith("Review")]


async def ends(house: House, said: Message) -> Message:
    await house.person("Boris").press("End", on=said)
    return await review(house, "Review over")


async def its_minutes(house: House, over: Message) -> Message:
    await house.slack.until(lambda: bool(over.thread))
    return over.thread[0]


async def decision_form(house: House, who: str, said: Message) -> Modal:
    return modal(await house.person(who).press("Decision", on=said))


async def decides(house: House, who: str, said: Message, words: str) -> Any:
    form = await decision_form(house, who, said)
    assert await (await form.fill({WORDS: words})).submit() is None
