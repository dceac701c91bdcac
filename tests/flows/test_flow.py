"""Requests move, and those who follow them hear of it: as little as possible, and all of it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import insert, update

from bot.domain.notices import Mode, Topic
from sandbox import Message, Modal
from storage.tables import person, preference
from tests.flows.house import House, modal, opened
from tests.flows.test_joining import rows

pytestmark = pytest.mark.asyncio(loop_scope="module")

LABELS = {"to": "Move to", "by": "Target date", "why": "Why", "say": "For the customer"}
FIGURES = {
    "User/Business value": "8 · a whole segment waits (about 400 companies)",
    "Time criticality": "2 · before quarter end, or we lose one big client",
    "Risk reduction": "3 · opens the door to new partners",
}
FOOT = "Fewer of these? Choose under preferences, on Home."


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One Tandem for the side stories: each speaks of requests of its own."""
    async with opened(f"sqlite:///{tmp_path_factory.mktemp('flow') / 'tandem.db'}") as house:
        yield house


# ---- the story ----------------------------------------------------------------------------------


async def test_a_request_is_planned_slips_is_started_once_it_has_a_size_and_all_hear_of_it_once(
    database_url: str,
) -> None:
    async with opened(database_url) as house:
        await a_request(house, "k8s-connector", customers=["Acme Bank"])
        await watches(house, "Ines", "k8s-connector")

        planned = await moves(house, "Boris", "k8s-connector", to="Planned", by="2026-12-12")
        assert "k8s-connector is planned for 12 December." in planned.text
        assert "Alice hears of it in five minutes, within working hours." in planned.text
        assert "Ines hears of it in the daily message." in planned.text
        await house.card("k8s-connector", "planned, aimed at 12 December")
        assert dms(house, "Alice") == []

        await five_minutes(house)
        assert (await house.dm("Alice", "is planned")).text == (
            "k8s-connector is planned for 12 December.\n"
            "You may tell Acme Bank: “We plan it for December.”\n"
            f"You asked for R-12. {FOOT}"
        )
        assert await thread(house, "k8s-connector", 1) == [
            "Boris: it is planned for 12 December. Customers may hear: “We plan it for December.”"
        ]

        await tells(house, "Alice", "k8s-connector", "Acme Bank")
        await moves(house, "Boris", "k8s-connector", by="2026-12-20")
        slipped = await moves(house, "Boris", "k8s-connector", by="2027-01-15", why="SSO goes first")
        assert "Acme Bank heard “We plan it for December.” from Alice on 23 November." in slipped.text
        await five_minutes(house)
        assert (await house.dm("Alice", "slips")).text == (
            "k8s-connector slips to 15 January (was 12 December). Why, from Boris: SSO goes first.\n"
            "Acme Bank heard “We plan it for December.” from you.\n"
            "You may now say: “We plan it for January 2027.”\n"
            f"You asked for R-12. {FOOT}"
        )
        assert len(await thread(house, "k8s-connector", 2)) == 2

        await estimates(house, "Boris", "k8s-connector", FIGURES)
        held = await moves(house, "Boris", "k8s-connector", to="In progress")
        assert (held.title, held.buttons) == ("Not yet", [])
        assert "Not yet: tech hasn't sized k8s-connector." in held.text
        assert "I've asked Ravi and Tanya now and tell you when it has a size." in held.text
        asked = await house.dm("Tanya", "Boris wants to start k8s-connector; it needs a size first.")
        await house.dm("Ravi", "Boris wants to start k8s-connector; it needs a size first.")
        assert "planned" in (await house.card("k8s-connector")).text

        await house.person("Tanya").choose("Size", "5 · two weeks", on=asked)
        ready = await house.dm("Boris", "k8s-connector has its estimate: WSJF 2.6, #1 of 10. You can start it now.")
        for who in ("Tanya", "Ravi"):
            await house.dm(who, "k8s-connector has its estimate, WSJF 2.6. Boris can start it.")

        form = modal(await house.person("Boris").press("Move it", on=ready))
        assert form.value("Move to") == "In progress"
        assert form.value("For the customer") == "We're building it now; we expect it in January 2027."
        started = modal(await form.submit())
        assert "k8s-connector is in progress, aimed at 15 January." in started.text
        await five_minutes(house)
        await house.dm("Alice", "k8s-connector is in progress, aimed at 15 January.")
        await house.card("k8s-connector", "in progress, aimed at 15 January")
        await thread(house, "k8s-connector", 3)

        news = {who: len(dms(house, who, "k8s-connector")) for who in ("Alice", "Boris", "Tanya", "Ravi", "Ines")}
        assert news == {"Alice": 3, "Boris": 1, "Tanya": 1, "Ravi": 1, "Ines": 0}


# ---- what is said, and what isn't ---------------------------------------------------------------


async def test_there_and_back_says_nothing(house: House) -> None:
    await a_request(house, "Saved views", customers=["Acme Bank"])
    await moves(house, "Boris", "Saved views", to="Planned", by="2026-12-18")
    await moves(house, "Boris", "Saved views", to="Backlog", say=None)
    await five_minutes(house)
    await something_else_is_said(house)
    assert dms(house, "Alice", "Saved views") == []
    assert (await house.card("Saved views")).thread == []


async def test_who_watches_hears_in_the_daily_message_until_they_want_it_now(house: House) -> None:
    await a_request(house, "Bulk edit")
    await watches(house, "Ines", "Bulk edit")
    await wants_it_now(house, "Ines")
    await moves(house, "Boris", "Bulk edit", to="Planned", by="2026-12-18")
    await five_minutes(house)
    heard = await house.dm("Ines", "Bulk edit is planned for 18 December.")
    assert heard.text.endswith(f"You watch {number_of(house, 'Bulk edit')}. {FOOT}")

    page = modal(await house.person("Ines").press("More", on=await house.card("Bulk edit")))
    seen = modal(await house.person("Ines").press("Stop watching", on=page))
    assert "You won't hear of it any more." in seen.text
    await seen.dismiss()
    await moves(house, "Boris", "Bulk edit", by="2026-12-19")
    await five_minutes(house)
    await house.dm("Alice", "Bulk edit slips to 19 December")
    assert len(dms(house, "Ines", "Bulk edit")) == 1


async def test_what_is_folded_into_the_daily_message_is_said_there_once(sqlite_url: str) -> None:
    async with opened(sqlite_url) as house:
        await a_request(house, "Bulk delete")
        await watches(house, "Ines", "Bulk delete")
        await moves(house, "Boris", "Bulk delete", to="Planned", by="2026-12-18")
        await five_minutes(house)
        await house.dm("Alice", "Bulk delete is planned")
        await moves(house, "Boris", "Bulk delete", by="2026-12-20")
        await five_minutes(house)
        await house.dm("Alice", "Bulk delete slips")
        house.calendar.forward(days=1, hours=1)
        await house.ring("rounds")
        daily = await house.dm("Ines", "Good morning Ines, one piece of news.")
        assert daily.text.count("Bulk delete") == 1
        assert "Bulk delete is planned for 20 December." in daily.text


async def test_who_asked_needs_no_watching(house: House) -> None:
    await a_request(house, "Tags")
    seen = await watches(house, "Alice", "Tags")
    assert "You hear when it moves in any case" in seen.text


async def test_a_no_has_a_reason_and_a_sentence_and_may_be_questioned(house: House) -> None:
    await a_request(house, "dark-mode", customers=["Ember Games"])
    await moves(house, "Boris", "dark-mode", to="Planned", by="2026-12-18")
    form = await move_form(house, "Boris", "dark-mode")
    await form.fill({"Move to": "Declined"})
    assert form.value("For the customer") in (None, "")
    refused = modal(await form.submit())
    assert refused.errors == {
        "Why": "Why not? Whoever asked will read it.",
        "For the customer": "What may customers hear of this no? Say it in a sentence, anew.",
    }
    await refused.fill({"Why": "2 of 340 accounts asked", "For the customer": "We won't build it this year."})
    receipt = modal(await refused.submit())
    assert "dark-mode won't be built." in receipt.text
    await receipt.dismiss()
    await five_minutes(house)

    heard = await house.dm("Alice", "dark-mode won't be built.")
    assert heard.text == (
        "dark-mode won't be built. Why, from Boris: 2 of 340 accounts asked.\n"
        "For the customer: “We won't build it this year.”\n"
        "[Ask Boris]\n"
        f"You asked for {number_of(house, 'dark-mode')}. {FOOT}"
    )
    await house.card("dark-mode", "declined")

    again = await move_form(house, "Boris", "dark-mode")
    assert again.value("Why") == "2 of 340 accounts asked"
    await again.fill({"Move to": "Backlog"})
    receipt = modal(await again.submit())
    assert "dark-mode is in the backlog." in receipt.text
    await receipt.dismiss()
    await five_minutes(house)
    back = await house.dm("Alice", "dark-mode is back in the backlog.")
    assert "2 of 340" not in back.text


async def test_at_release_the_notes_for_customers_say_it_and_nothing_else_does(house: House) -> None:
    await a_request(house, "Quick filters", customers=["Acme Bank"])
    await estimates(house, "Boris", "Quick filters", FIGURES)
    await estimates(house, "Tanya", "Quick filters", {"Job size": "20 · more than a quarter: better cut it first"})
    await moves(house, "Boris", "Quick filters", to="Released")
    await five_minutes(house)
    await thread(house, "Quick filters", 1)
    await house.slack.until(lambda: len(dms(house, "Alice", "Quick filters")) == 1)
    await something_else_is_said(house)
    (note,) = dms(house, "Alice", "Quick filters")
    assert "Acme Bank" in note.text
    assert FOOT not in note.text


async def test_a_form_left_as_it_was_moves_nothing(house: House) -> None:
    await a_request(house, "Undo")
    await moves(house, "Boris", "Undo", to="Planned", by="2026-12-18")
    same = await moves(house, "Boris", "Undo")
    assert same.title == "Nothing changed"
    assert "Undo is planned for 18 December." in same.text


async def test_the_same_form_delivered_twice_moves_once(house: House) -> None:
    await a_request(house, "Redo")
    form = await move_form(house, "Boris", "Redo")
    await form.fill({"Move to": "Planned", "Target date": "2026-12-18"})
    house.slack.deliver_twice()
    try:
        await form.submit()
    finally:
        house.slack.deliver_twice(False)
    await close(house, "Boris")
    await five_minutes(house)
    assert len(await thread(house, "Redo", 1)) == 1
    await house.dm("Alice", "Redo is planned")
    assert len(dms(house, "Alice", "Redo")) == 1


async def test_what_a_form_left_alone_stays_as_others_put_it_meanwhile(house: House) -> None:
    await a_request(house, "Drafts")
    form = await move_form(house, "Boris", "Drafts")
    await moves(house, "Tanya", "Drafts", to="Planned", by="2026-12-18")
    receipt = modal(await (await form.fill({"For the customer": "You will hear soon."})).submit())
    assert "Drafts is planned for 18 December." in receipt.text
    await close(house, "Boris")


# ---- the burning path ---------------------------------------------------------------------------


async def test_what_is_yours_to_estimate_you_are_told_at_once(house: House) -> None:
    await a_request(house, "Audit trail")
    held = await moves(house, "Boris", "Audit trail", to="In progress", leave=False)
    assert "A value, a time and a risk & opportunity figure: that's yours to say." in held.text
    assert held.buttons == ["Estimate"]
    form = modal(await house.person("Boris").press("Estimate", on=held))
    await (await form.fill(FIGURES)).submit()
    await close(house, "Boris")
    asked = await house.dm("Tanya", "Boris wants to start Audit trail; it needs a size first.")
    await moves(house, "Boris", "Audit trail", to="In progress")
    await house.person("Tanya").choose("Size", "5 · two weeks", on=asked)
    await house.dm("Boris", "Audit trail has its estimate")
    assert len(dms(house, "Tanya", "Audit trail")) == 1
    assert len(dms(house, "Boris", "Audit trail")) == 1


async def test_nobody_is_asked_any_more_once_it_is_declined(house: House) -> None:
    await a_request(house, "Fax export")
    await moves(house, "Boris", "Fax export", to="In progress")
    await house.dm("Tanya", "Boris wants to start Fax export")
    await moves(house, "Boris", "Fax export", to="Declined", why="Nobody has a fax.", say="We won't build it.")
    told = await house.dm("Tanya", "Fax export is declined: nothing to estimate any more.")
    assert told.buttons == []


# ---- who may, and what is refused ---------------------------------------------------------------


async def test_sales_may_not_move_and_tech_may_not_decline(house: House) -> None:
    card = await a_request(house, "Themes")
    page = modal(await house.person("Alice").press("More", on=card))
    assert "Move" not in page.buttons
    await page.dismiss()
    form = await move_form(house, "Tanya", "Themes")
    assert form.options("Move to") == ["Backlog", "Planned", "In progress", "In testing", "Released"]
    assert "For the customer" not in form.labels
    await form.dismiss()
    form = await move_form(house, "Olga", "Themes")
    assert form.options("Move to") == ["Backlog", "Declined"]
    await form.dismiss()


async def test_a_right_lost_meanwhile_is_refused_in_the_form(house: House) -> None:
    await a_request(house, "Badges")
    form = await move_form(house, "Tanya", "Badges")
    await form.fill({"Move to": "Planned", "Target date": "2026-12-18"})
    await become(house, "Tanya", is_guest=True)
    try:
        refused = modal(await form.submit())
    finally:
        await become(house, "Tanya", is_guest=False)
    assert "Tandem is for full members." in next(iter(refused.errors.values()))
    await close(house, "Tanya")


@pytest.mark.parametrize("memory", ["", "{}", '{"key": "x"}', '{"key": "' + "0" * 32 + '"}'])
async def test_a_forged_form_is_refused(house: House, memory: str) -> None:
    title = f"Forged {len(memory)}"
    await a_request(house, title)
    form = await move_form(house, "Boris", title)
    await form.fill({"Move to": "Planned", "Target date": "2026-12-18"})
    form.view.spec["private_metadata"] = memory
    refused = modal(await form.submit())
    assert "This form is from an older Tandem. Close it and open it again." in refused.errors.values()
    await close(house, "Boris")


async def test_a_day_that_has_passed_is_refused(house: House) -> None:
    await a_request(house, "Yesterday")
    form = await move_form(house, "Boris", "Yesterday")
    await form.fill({"Move to": "Planned", "Target date": "2026-11-20"})
    refused = modal(await form.submit())
    assert refused.errors == {"Target date": "That day has passed. Choose one from today on."}
    await refused.fill({"Target date": None})
    refused = modal(await refused.submit())
    assert refused.errors == {"Target date": "When should it be released? A plan has a date; it may change."}
    await close(house, "Boris")


async def test_own_words_are_never_overwritten_by_a_draft(house: House) -> None:
    await a_request(house, "Own words")
    form = await move_form(house, "Boris", "Own words")
    await form.fill({"For the customer": "Ask me in June.", "Move to": "Planned", "Target date": "2027-06-18"})
    assert form.value("For the customer") == "Ask me in June."
    await form.submit()
    await close(house, "Boris")


async def test_who_left_or_became_a_guest_hears_nothing(house: House) -> None:
    await a_request(house, "Handover")
    await watches(house, "Clara", "Handover")
    await wants_it_now(house, "Clara")
    await become(house, "Clara", is_guest=True)
    try:
        await moves(house, "Boris", "Handover", to="Planned", by="2026-12-18")
        await five_minutes(house)
        await house.dm("Alice", "Handover is planned")
        await something_else_is_said(house)
    finally:
        await become(house, "Clara", is_guest=False)
    assert dms(house, "Clara", "Handover") == []


# ---- how it is done -----------------------------------------------------------------------------


async def a_request(house: House, title: str, customers: list[str] | None = None) -> Message:
    """A request's card, filed by Alice."""
    form = modal(await house.person("Alice").slash(f"/request {title}"))
    await form.fill({"Business problem": "It takes them a day.", "Customers": customers})
    await form.submit()
    await close(house, "Alice")
    return await house.card(title)


async def move_form(house: House, who: str, title: str) -> Modal:
    page = modal(await house.person(who).press("More", on=await house.card(title)))
    return modal(await house.person(who).press("Move", on=page))


async def moves(house: House, who: str, title: str, *, leave: bool = True, **fields: Any) -> Modal:
    """The receipt."""
    form = await move_form(house, who, title)
    await form.fill({LABELS[name]: value for name, value in fields.items()})
    receipt = modal(await form.submit())
    assert not receipt.errors
    if leave:
        await close(house, who)
    return receipt


async def estimates(house: House, who: str, title: str, figures: dict[str, str]) -> None:
    form = modal(await house.person(who).press("Estimate", on=await house.card(title)))
    await (await form.fill(figures)).submit()
    await close(house, who)


async def watches(house: House, who: str, title: str) -> Modal:
    page = modal(await house.person(who).press("More", on=await house.card(title)))
    seen = modal(await house.person(who).press("Watch", on=page))
    await seen.dismiss()
    return seen


async def tells(house: House, who: str, title: str, customer: str) -> None:
    page = modal(await house.person(who).press("More", on=await house.card(title)))
    form = modal(await house.person(who).press("What may I tell customers?", on=page))
    await (await form.fill({"I told": [customer]})).submit()
    await close(house, who)


async def wants_it_now(house: House, who: str) -> None:
    row = {"user": house.person(who).user.id, "topic": Topic.WATCH, "mode": Mode.NOW, "at": house.calendar.now}
    rows(house, insert(preference).values(**row))


async def become(house: House, who: str, *, is_guest: bool) -> None:
    user = house.person(who).user
    rows(house, update(person).where(person.c.id == user.id).values(is_guest=is_guest))


async def close(house: House, who: str) -> None:
    seen = house.person(who).modal
    if seen:
        await seen.dismiss()


async def five_minutes(house: House) -> None:
    house.calendar.forward(minutes=6)


async def something_else_is_said(house: House) -> None:
    """Whatever was due before it has been said by then, or will not be."""
    title = f"Said at {house.calendar.now:%H:%M:%S.%f}"
    await a_request(house, title)
    await moves(house, "Boris", title, to="Planned", by="2026-12-18")
    await five_minutes(house)
    await house.dm("Alice", f"{title} is planned")
    await thread(house, title, 1)


async def thread(house: House, title: str, answers: int) -> list[str]:
    card = await house.card(title)
    await house.slack.until(lambda: len(card.thread) >= answers)
    return [answer.text.strip() for answer in card.thread]


def dms(house: House, who: str, title: str = "") -> list[Message]:
    """What somebody was told of a request, besides the daily message."""
    told = [m for m in house.person(who).dms() if not m.text.startswith(("Good morning", "Thank you", "Nothing"))]
    return [m for m in told if title in m.text]


def number_of(house: House, title: str) -> str:
    text = next(m.text for m in house.board() if title in m.text)
    return next(word for word in text.split() if word.startswith("R-"))
