"""Tandem in a real browser: the main job as people do it, and what stands on the page afterwards.

Every test ends with a clean console and no request to another machine; pictures for the eye go to the folder
that TANDEM_PICTURES names.
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Locator, Page, Route, expect

from sandbox import Sandbox
from sandbox.faults import ServerErrorAfterDoing
from sandbox.page import Step
from sandbox.people import Modal
from tests.flows.house import House, opened
from tests.sandbox import apps
from tests.sandbox.page.test_page import HOSTILE

PROBLEM = "They can't see what their clusters cost, so finance blocks the rollout."

pytestmark = pytest.mark.browser


@pytest.fixture
async def slack() -> AsyncIterator[Sandbox]:
    """A workspace without Tandem, for forms that Tandem doesn't have."""
    async with apps.opened() as slack:
        yield slack


@pytest.fixture
async def house(sqlite_url: str) -> AsyncIterator[House]:
    async with opened(sqlite_url) as house:
        yield house


@pytest.fixture
async def page(context: BrowserContext) -> Page:
    return await context.new_page()


def pane(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=f"{name}’s Slack")


def cards(within: Locator, title: str) -> Locator:
    return within.get_by_role("log").get_by_role("article").filter(has_text=title)


async def picture(page: Page, name: str) -> None:
    if folder := os.environ.get("TANDEM_PICTURES"):
        await page.wait_for_timeout(200)
        await page.screenshot(path=Path(folder) / f"{name}.png")


STICKS_OUT = """() => [...document.querySelectorAll('.pane *, .top *, .steps *')]
    .filter((e) => e.checkVisibility() && !e.closest('pre, svg, .log, .topic, .unseen, textarea, [popover]'))
    .filter((e) => e.getBoundingClientRect().right > innerWidth + 1
        || (e.matches('button, h2, a') && e.scrollWidth > e.clientWidth + 1))
    .map((e) => e.outerHTML.slice(0, 120))"""


async def nothing_is_cut_off(page: Page) -> None:
    """Nothing is wider than the window, and no words stick out of a button."""
    assert await page.evaluate(STICKS_OUT) == []


# -- the main job


async def test_two_people_side_by_side_by_mouse(page: Page, house: House) -> None:
    await page.goto(f"{house.slack.url}/?as=alice&in=sales&and=tanya&and_in=board")
    alice, tanya = pane(page, "Alice"), pane(page, "Tanya")

    await alice.get_by_placeholder("Message #sales").fill("/req")
    await alice.get_by_role("option", name="/request").click()
    await page.keyboard.type("k8s-connector")
    await expect(alice.get_by_text("/request [title]", exact=True)).to_be_visible()
    await alice.get_by_role("button", name="Send").click()

    form = alice.get_by_role("dialog", name="New request")
    await expect(form.get_by_label("Title")).to_have_value("k8s-connector")
    await form.get_by_label("Business problem").fill(PROBLEM)
    await form.get_by_role("combobox", name="Customers").click()
    await page.keyboard.type("Acme")
    await alice.get_by_role("option", name="Acme Bank").click()
    await expect(form.get_by_role("button", name="Remove Acme Bank")).to_be_visible()
    for label, step in {
        "User/Business value": 8,
        "Time criticality": 2,
        "Risk reduction": 3,
        "Job size": 13,
    }.items():
        await form.get_by_label(label).select_option(str(step))
    await expect(form.get_by_text("WSJF 1.0")).to_be_visible()
    await expect(form.get_by_label("Business problem")).to_have_value(PROBLEM)
    await picture(page, "form")
    await form.get_by_role("button", name="Put on the board").click()
    await expect(alice.get_by_role("dialog")).to_contain_text("k8s-connector is on the board: WSJF 1.0, #3 of 10.")
    await picture(page, "receipt")

    card = cards(tanya, "k8s-connector")
    await expect(card).to_contain_text("size 13")
    await card.get_by_role("button", name="Estimate").click()
    await tanya.get_by_role("dialog").get_by_label("Job size").select_option("5")
    await tanya.get_by_role("button", name="Save").click()
    await expect(tanya.get_by_role("dialog")).to_contain_text("WSJF 1.0 → 2.6, now #1 of 10")
    await tanya.get_by_role("button", name="Close", exact=True).last.click()
    await expect(tanya.get_by_role("dialog")).to_have_count(0)

    await expect(card).to_contain_text("WSJF 2.6")
    await expect(card).to_contain_text("(edited)")
    await expect(card).to_have_count(1)
    await alice.get_by_role("button", name="Close", exact=True).last.click()
    await expect(alice.get_by_role("link", name="board (unread)")).to_be_visible()
    await alice.get_by_role("link", name="board").click()
    await expect(cards(alice, "k8s-connector")).to_contain_text("WSJF 2.6")
    await expect(alice.get_by_role("link", name="board (unread)")).to_have_count(0)
    await nothing_is_cut_off(page)
    await picture(page, "side-by-side")


async def test_the_main_job_by_keyboard_alone(page: Page, house: House) -> None:
    await page.goto(f"{house.slack.url}/?as=alice&in=sales")
    await _tab_to(page, "Message #sales")
    await _keys(page, "/r", "Enter", "k8s-connector", "Enter")

    form = page.get_by_role("dialog", name="New request")
    await expect(form.get_by_label("Title")).to_be_focused()
    await _keys(page, "Control+Enter")
    await expect(form.get_by_text("Please complete this required field.")).to_be_visible()
    await expect(form.get_by_label("Business problem")).to_be_focused()
    await picture(page, "field-error")
    await _keys(page, PROBLEM, "Tab", "Tab", "Acm")
    await expect(page.get_by_role("option", name="Acme Bank")).to_have_attribute("aria-selected", "true")
    await _keys(page, "Enter")
    await expect(form.get_by_role("button", name="Remove Acme Bank")).to_be_visible()
    for label, step in {
        "User/Business value": "8",
        "Time criticality": "2",
        "Risk reduction": "3",
        "Job size": "13",
    }.items():
        await _tab_to(page, label)
        await _keys(page, step)
        await expect(form.get_by_label(label)).to_have_value(step)
    await _keys(page, "Control+Enter")
    await expect(page.get_by_role("dialog", name="On the board")).to_contain_text("WSJF 1.0")
    await _keys(page, "Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(page.get_by_placeholder("Message #sales")).to_be_focused()

    await _keys(page, "/board", "Enter")
    answer = page.get_by_role("article").filter(has_text="Only visible to you")
    await expect(answer).to_contain_text("k8s-connector")


async def test_focus_stays_in_a_modal_and_comes_back(page: Page, house: House) -> None:
    await page.goto(f"{house.slack.url}/?as=alice&in=sales&and=tanya")
    alice = pane(page, "Alice")
    await alice.get_by_role("button", name="Shortcuts").click()
    await alice.get_by_role("menuitem", name="New request").click()
    form = alice.get_by_role("dialog")
    await expect(form.get_by_label("Title")).to_be_focused()
    for key in ("Tab", "Shift+Tab"):
        for _ in range(20):
            await page.keyboard.press(key)
            assert await form.evaluate("form => form.contains(document.activeElement)")
    await page.keyboard.press("Escape")
    await expect(form).to_have_count(0)
    await expect(alice.get_by_role("button", name="Shortcuts")).to_be_focused()


async def test_what_is_being_typed_survives_what_happens(page: Page, house: House) -> None:
    await page.goto(f"{house.slack.url}/?as=alice&in=board")
    writing = page.get_by_placeholder("Message #board")
    await writing.type("Half a sen")
    await house.person("Tanya").say("#board", "Good morning")
    await expect(page.get_by_role("log")).to_contain_text("Good morning")
    await expect(writing).to_be_focused()
    await writing.press_sequentially("tence")
    await expect(writing).to_have_value("Half a sentence")
    await _keys(page, "Shift+Enter", "and another", "Enter")
    await expect(page.get_by_role("log")).to_contain_text(re.compile("Half a sentence\\s*and another"))
    await expect(writing).to_have_value("")


async def test_look_alikes_appear_above_without_taking_what_was_typed(page: Page, house: House) -> None:
    await page.goto(f"{house.slack.url}/?as=alice&in=sales")
    await page.get_by_placeholder("Message #sales").fill("/request")
    await page.keyboard.press("Enter")
    title = page.get_by_role("dialog").get_by_label("Title")
    await title.fill("dark mode")
    await title.press("Enter")
    await expect(page.get_by_text("Is it one of these?")).to_be_visible()
    await expect(title).to_be_focused()
    await expect(title).to_have_value("dark mode")
    await page.get_by_role("dialog").get_by_role("button", name="Add my customer").click()
    await expect(page.get_by_role("button", name="Back")).to_be_visible()
    await picture(page, "stacked")
    await page.keyboard.press("Escape")
    await expect(title).to_have_value("dark mode")


async def test_a_message_becomes_a_request_by_its_menu(page: Page, house: House) -> None:
    await house.person("Marek").say("#sales", "Borealis asks for *dark mode* again")
    await page.goto(f"{house.slack.url}/?as=alice&in=sales")
    said = page.get_by_role("article").filter(has_text="Borealis")
    await said.hover()
    await said.get_by_role("button", name="More actions").click()
    await picture(page, "message-menu")
    await page.get_by_role("menuitem", name="Add to the board").click()
    await expect(page.get_by_role("dialog").get_by_label("Business problem")).to_have_value(re.compile("Borealis"))


async def test_a_thread_opens_at_the_side_and_closes(page: Page, house: House) -> None:
    await house.person("Marek").say("#general", "Lunch?")
    await page.goto(f"{house.slack.url}/?as=alice&in=general")
    await page.get_by_role("article").hover()
    await page.get_by_role("button", name="Reply in thread").click()
    thread = page.get_by_role("complementary", name="Thread")
    await expect(thread.get_by_placeholder("Reply…")).to_be_focused()
    await _keys(page, "At noon", "Enter")
    await expect(thread.get_by_role("log")).to_contain_text("At noon")
    await expect(page.get_by_role("button", name="1 reply")).to_be_visible()
    await nothing_is_cut_off(page)
    await picture(page, "thread")
    await _keys(page, "Escape")
    await expect(thread).to_have_count(0)


async def test_home_and_the_traffic(page: Page, house: House) -> None:
    await page.goto(f"{house.slack.url}/?as=alice")
    await page.get_by_role("navigation", name="Alice’s conversations").get_by_role("link", name="Home").click()
    await expect(page.get_by_role("heading", name="My requests")).to_be_visible()
    await page.get_by_role("button", name="Traffic").click()
    traffic = page.get_by_role("complementary", name="Traffic")
    await expect(traffic).to_contain_text("app_home_opened")
    await traffic.get_by_text("views.publish").click()
    await expect(traffic).to_contain_text('"user_id"')
    await nothing_is_cut_off(page)
    await picture(page, "home-and-traffic")
    house.slack.faults.next("chat.postMessage", ServerErrorAfterDoing())
    await page.get_by_role("navigation", name="Alice’s conversations").get_by_role("link", name="general").click()
    await page.get_by_placeholder("Message #general").fill("/request k8s-connector")
    await page.keyboard.press("Enter")
    await page.get_by_role("dialog").get_by_label("Business problem").fill(PROBLEM)
    await page.get_by_role("button", name="Put on the board").click()
    await expect(traffic).to_contain_text("server error after doing")
    await house.card("k8s-connector")


async def test_the_bot_comes_back_to_a_page_that_stayed(page: Page, house: House) -> None:
    await page.goto(f"{house.slack.url}/?as=alice&in=sales")
    await page.get_by_role("button", name="Make Slack misbehave").click()
    await picture(page, "trouble")
    await page.get_by_role("menuitem", name="Cut the sockets").click()
    await expect(page.get_by_role("status")).to_contain_text("Cut 1 socket.")
    await house.slack.connected(within=20)
    await page.get_by_placeholder("Message #sales").fill("/board")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("article")).to_contain_text("The board: 9 requests")


async def test_what_does_not_work_is_said_and_what_was_typed_stays(page: Page, house: House) -> None:
    await house.person("Marek").say("#general", "Hello")
    await page.goto(f"{house.slack.url}/?as=alice&in=general")
    await page.get_by_role("article").hover()
    await page.get_by_role("button", name="Reply in thread").click()
    await expect(page.get_by_placeholder("Reply…")).to_be_focused()
    await _keys(page, "/board", "Enter")
    await expect(page.get_by_role("alert").filter(has_text="not supported in threads")).to_be_visible()
    await expect(page.get_by_placeholder("Reply…")).to_have_value("/board")


async def test_steps_to_try(page: Page, house: House) -> None:
    async def show() -> str:
        return "/?as=marek&in=board"

    async def press() -> str:
        return "Pressed again: still one digest."

    house.slack.page.add(
        Step(number=1, title="Ask", words="File a request while Tanya looks on.", actions=[("Show me", show)]),
        Step(number=3, title="Monday", words="Press twice.", actions=[("To Monday 10:00", press)]),
    )
    await page.goto(house.slack.url)
    await page.get_by_role("button", name="3 Monday").click()
    await expect(page.get_by_text("Press twice.")).to_be_visible()
    await expect(page.get_by_text("File a request while")).to_be_hidden()
    await page.get_by_role("button", name="To Monday 10:00").click()
    await expect(page.get_by_role("status")).to_have_text("Pressed again: still one digest.")
    await page.get_by_role("button", name="1 Ask").click()
    await page.get_by_role("button", name="Show me").click()
    await expect(pane(page, "Marek")).to_be_visible()


# -- no press is lost


async def test_a_press_waits_until_the_page_listens(page: Page, house: House) -> None:
    await house.person("Alice").slash("/request k8s-connector", channel="#board")
    listens = asyncio.Event()

    async def hold(route: Route) -> None:
        await listens.wait()
        await route.continue_()

    await page.route("**/page.js", hold)
    await page.goto(f"{house.slack.url}/?as=alice&in=board", wait_until="commit")
    press = asyncio.create_task(page.get_by_role("button", name="Put on the board").click())
    await page.wait_for_timeout(300)
    listens.set()
    await press
    await expect(page.get_by_text("Please complete this required field.")).to_be_visible()
    assert page.url.endswith("/?as=alice&in=board")  # the browser has not sent the form by itself


@pytest.mark.parametrize("there", ["as=alice&in=board", "as=alice&in=board&and=tanya&and_in=board"])
async def test_what_a_step_fills_in_is_not_sent_half_filled(page: Page, house: House, there: str) -> None:
    goes_on = asyncio.Event()

    async def fill_in() -> str:
        form = await house.person("Alice").slash("/request k8s-connector", channel="#board")
        await goes_on.wait()
        assert isinstance(form, Modal)
        await form.fill({"Business problem": PROBLEM})
        return f"/?{there}"

    house.slack.page.add(Step(number=1, title="Ask", words="As Alice.", actions=[("Fill it in", fill_in)]))
    await page.goto(f"{house.slack.url}/?as=alice&in=board")
    await page.get_by_role("button", name="Fill it in").click()
    press = asyncio.create_task(page.get_by_role("button", name="Put on the board").click())
    await page.wait_for_timeout(300)
    goes_on.set()
    await press
    await expect(page.get_by_role("dialog")).to_contain_text("R-12 is on the board")


async def test_a_press_outlives_a_cut_line(page: Page, slack: Sandbox) -> None:
    await page.add_init_script(REMEMBER_LINES)
    async with asked_for_a_form(page, slack) as asked:
        await page.get_by_role("button", name="File").click()
        await asked.arrived.wait()
        await page.evaluate("lines.forEach((line) => line.close())")
        await expect(page.locator("body.lost")).to_be_visible()
        asked.answered.set()
        await expect(page.locator("body:not(.lost)")).to_be_visible()
        await expect(page.get_by_role("dialog")).to_have_count(0)
        assert asked.times == 1


async def test_a_press_outlives_a_redraw_while_the_button_is_down(page: Page, slack: Sandbox) -> None:
    async with asked_for_a_form(page, slack) as asked:
        asked.answered.set()
        await page.get_by_role("button", name="File").hover()
        await page.mouse.down()
        await slack.person("Bob Brown").say("#board", "Good morning")
        await expect(page.get_by_text("Good morning")).to_be_attached()
        await page.mouse.up()
        await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_a_second_press_before_the_answer_is_seen_to_wait(page: Page, slack: Sandbox) -> None:
    async with asked_for_a_form(page, slack) as asked:
        button = page.get_by_role("button", name="File")
        await button.dblclick()
        await expect(button).to_have_attribute("aria-busy", "true")
        asked.answered.set()
        await expect(page.get_by_role("dialog")).to_have_count(0)
        assert asked.times == 1


async def test_a_press_that_reaches_nobody_says_so_and_can_be_repeated(page: Page, slack: Sandbox) -> None:
    async with asked_for_a_form(page, slack) as asked:
        asked.answered.set()
        await page.evaluate("window.away = [fetch, (window.fetch = () => Promise.reject(new TypeError()))]")
        await page.get_by_role("button", name="File").click()
        await expect(page.get_by_role("status")).to_have_text("We had some trouble connecting. Try again?")
        await page.evaluate("[window.fetch] = window.away")
        await page.get_by_role("button", name="File").click()
        await expect(page.get_by_role("dialog")).to_have_count(0)


REMEMBER_LINES = """
    window.lines = [];
    window.WebSocket = class extends WebSocket { constructor(url) { super(url); lines.push(this); } };
"""


@dataclass
class Asked:
    """What a slow app has got of a form, and when it answers."""

    times: int = 0
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    answered: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def asked_for_a_form(page: Page, slack: Sandbox) -> AsyncIterator[Asked]:
    """Alice has a form before her, whose app takes its time."""
    asked = Asked()
    app = apps.bolt(slack)

    @app.command("/request")
    async def _open(ack: Any, body: Any, client: Any) -> None:
        await client.views_open(trigger_id=body["trigger_id"], view=apps.modal(apps.line(initial="k8s")))
        await ack()

    @app.view("form")
    async def _submitted(ack: Any) -> None:
        asked.times += 1
        asked.arrived.set()
        await asked.answered.wait()
        await ack()

    async with apps.over_http(slack, app):
        await page.goto(f"{slack.url}/?as=alice&in=board")
        await slack.person("Alice").slash("/request", channel="#board")
        await expect(page.get_by_role("dialog")).to_be_visible()
        yield asked


# -- every input there is


def _options(*names: str) -> dict[str, Any]:
    return {"options": [{"text": apps.plain(name), "value": name.lower()} for name in names]}


FIELDS: dict[str, dict[str, Any]] = {
    "Line": {"type": "plain_text_input"},
    "Text": {"type": "plain_text_input", "multiline": True},
    "Number": {"type": "number_input", "is_decimal_allowed": False},
    "Mail": {"type": "email_text_input"},
    "Address": {"type": "url_text_input"},
    "One": {"type": "static_select", **_options("First", "Second")},
    "Many": {"type": "multi_static_select", **_options("First", "Second")},
    "Person": {"type": "users_select"},
    "People": {"type": "multi_users_select"},
    "Channel": {"type": "conversations_select"},
    "Found": {"type": "external_select", "min_query_length": 2},
    "Radio": {"type": "radio_buttons", **_options("Left", "Right")},
    "Boxes": {"type": "checkboxes", **_options("Red", "Green", "Blue")},
    "Day": {"type": "datepicker"},
    "Time": {"type": "timepicker"},
    "Moment": {"type": "datetimepicker"},
}
ASKS = {"title": apps.plain("Sure?"), "text": apps.plain("It cannot be undone."), "confirm": apps.plain("Do it")}


async def test_every_input_by_mouse(page: Page, slack: Sandbox) -> None:
    heard: dict[str, Any] = {"pressed": []}
    app = apps.bolt(slack)

    @app.command("/request")
    async def _open(ack: Any, body: Any, client: Any) -> None:
        press = apps.button("Delete", "delete", style="danger", confirm=ASKS | {"deny": apps.plain("Keep it")})
        more = {"type": "overflow", "action_id": "more", **_options("Archive", "Copy")}
        fields = [apps.field(label, element) for label, element in FIELDS.items()]
        acts = {"type": "actions", "block_id": "acts", "elements": [press, more]}
        await client.views_open(trigger_id=body["trigger_id"], view=apps.modal(acts, *fields))
        await ack()

    @app.options("it")
    async def _suggest(ack: Any, payload: Any) -> None:
        await ack(options=_options(f"{payload['value']}-one", f"{payload['value']}-two")["options"])

    @app.action(re.compile("delete|more"))
    async def _pressed(ack: Any, action: Any) -> None:
        heard["pressed"].append(action.get("selected_option", {}).get("value") or action["action_id"])
        await ack()

    @app.view("form")
    async def _submitted(ack: Any, view: Any) -> None:
        heard["values"] = {name: held["it"] for name, held in view["state"]["values"].items()}
        await ack()

    async with apps.over_http(slack, app):
        await page.goto(f"{slack.url}/?as=alice&in=board")
        await page.get_by_placeholder("Message #board").fill("/request")
        await page.keyboard.press("Enter")
        form = page.get_by_role("dialog", name="New")

        await form.get_by_role("button", name="Delete").click()
        await expect(page.get_by_role("dialog", name="Sure?")).to_contain_text("It cannot be undone.")
        await picture(page, "confirm")
        await page.get_by_role("button", name="Keep it").click()
        await form.get_by_role("button", name="Delete").click()
        await page.get_by_role("button", name="Do it").click()
        await form.locator("summary").click()
        await picture(page, "overflow")
        await form.get_by_role("menuitem", name="Copy").click()

        for label, words in {"Line": "a line", "Text": "two\nlines", "Number": "7"}.items():
            await _labelled(form, label).fill(words)
        await _labelled(form, "Mail").fill("a@b.example")
        await _labelled(form, "Address").fill("https://x.example")
        await _labelled(form, "One").select_option("second")
        await _labelled(form, "Many").select_option(["first", "second"])
        await _search(form, "Person", "Bob", "Bob Brown")
        await _search(form, "People", "Al", "Alice")
        await _search(form, "People", "Gi", "Gina Guest")
        await form.get_by_role("button", name="Remove Alice").click()
        await _search(form, "Channel", "boa", "#board")
        await picture(page, "searched")
        await _search(form, "Found", "ab", "ab-two")
        await _labelled(form, "Right").check()
        await _labelled(form, "Red").check()
        await _labelled(form, "Blue").check()
        await _labelled(form, "Red").uncheck()
        await _labelled(form, "Day").fill("2026-12-12")
        await _labelled(form, "Time").fill("09:30")
        await _labelled(form, "Moment").fill("2026-12-12T09:30")
        await nothing_is_cut_off(page)
        await picture(page, "every-input")
        await form.get_by_role("button", name="File").click()
        await expect(form).to_have_count(0)

    assert heard["pressed"] == ["delete", "copy"]
    assert {name: _held(value) for name, value in heard["values"].items()} == {
        "Line": "a line",
        "Text": "two\nlines",
        "Number": "7",
        "Mail": "a@b.example",
        "Address": "https://x.example",
        "One": "second",
        "Many": ["first", "second"],
        "Person": slack.user_id("Bob Brown"),
        "People": [slack.user_id("Gina Guest")],
        "Channel": slack.channel_id("#board"),
        "Found": "ab-two",
        "Radio": "right",
        "Boxes": ["blue"],
        "Day": "2026-12-12",
        "Time": "09:30",
        "Moment": 1797064200,
    }


def _labelled(form: Locator, label: str) -> Locator:
    """The field of this label; a star may follow it."""
    return form.get_by_label(re.compile(rf"^\s*{label}\b"))


async def _search(form: Locator, label: str, typed: str, wanted: str) -> None:
    await form.get_by_role("combobox", name=re.compile(rf"^{label}\b")).press_sequentially(typed)
    await form.get_by_role("option", name=wanted).click()
    await expect(form.get_by_role("button", name=f"Remove {wanted}")).to_be_visible()


def _held(value: dict[str, Any]) -> Any:
    held = next(content for name, content in value.items() if name != "type")
    match held:
        case list():
            return [each["value"] if isinstance(each, dict) else each for each in held]
        case dict():
            return held["value"]
        case _:
            return held


async def test_a_draft_waits_where_it_was_begun(page: Page, slack: Sandbox) -> None:
    await page.goto(f"{slack.url}/?as=alice&in=board")
    await page.get_by_placeholder("Message #board").fill("Half a")
    await page.get_by_role("link", name="sales").click()
    await expect(page.get_by_placeholder("Message #sales")).to_have_value("")
    await page.get_by_role("link", name="board").click()
    await expect(page.get_by_placeholder("Message #board")).to_have_value("Half a")


async def test_a_link_to_a_message_leads_there(page: Page, slack: Sandbox) -> None:
    far = await slack.person("Alice").say("#sales", "Look here")
    link = await apps.web_client(slack).chat_getPermalink(channel=slack.channel_id("#sales"), message_ts=far.ts)
    await apps.web_client(slack).chat_postMessage(
        channel=slack.channel_id("#board"), text=f"<{link['permalink']}|There>"
    )
    await page.goto(f"{slack.url}/?as=alice&in=board")
    await page.get_by_role("link", name="There").click()
    await expect(page.get_by_role("article").filter(has_text="Look here")).to_be_focused()
    assert "in=C" in page.url or "in=sales" in page.url


# -- whose eyes


async def test_acting_as_somebody_else_shows_their_slack(page: Page, house: House) -> None:
    await page.goto(f"{house.slack.url}/?as=alice&in=sales")
    await page.get_by_label("Act as").select_option("tanya")
    tanya = pane(page, "Tanya")
    await expect(tanya.get_by_text("You are looking at #sales.")).to_be_visible()
    await picture(page, "join")
    await tanya.get_by_role("button", name="Join channel").click()
    await expect(tanya.get_by_placeholder("Message #sales")).to_be_visible()
    await page.get_by_role("link", name="Two people side by side").click()
    await expect(page.get_by_role("region", name="’s Slack")).to_have_count(2)


async def test_hostile_words_run_nothing(page: Page, house: House) -> None:
    for words in HOSTILE:
        await house.person("Marek").say("#general", words)
    await page.goto(f"{house.slack.url}/?as=alice&in=general")
    await expect(page.get_by_role("article")).to_have_count(len(HOSTILE))
    await house.person("Marek").say("#general", HOSTILE[1])
    await expect(page.get_by_role("article")).to_have_count(len(HOSTILE) + 1)
    assert await page.evaluate("window.hacked") is None


# -- small windows, and dark ones


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_narrow_window(page: Page, house: House, scheme: str) -> None:
    await page.set_viewport_size({"width": 390, "height": 800})
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    await page.goto(f"{house.slack.url}/?as=alice&in=board")
    await page.get_by_placeholder("Message #board").fill("/request k8s-connector")
    await page.keyboard.press("Enter")
    form = page.get_by_role("dialog")
    await form.get_by_label("Business problem").fill(PROBLEM)
    await nothing_is_cut_off(page)
    await picture(page, f"narrow-{scheme}-form")
    await form.get_by_role("button", name="Put on the board").click()
    await expect(form).to_contain_text("is on the board")
    await page.keyboard.press("Escape")
    await expect(cards(pane(page, "Alice"), "k8s-connector")).to_be_visible()
    await nothing_is_cut_off(page)
    await picture(page, f"narrow-{scheme}-board")
    await page.get_by_role("button", name="Channels").click()
    await picture(page, f"narrow-{scheme}-drawer")
    await page.get_by_role("link", name="Home").click()
    await expect(page.get_by_role("heading", name="My requests")).to_be_visible()
    await expect(page.get_by_role("link", name="general")).to_be_hidden()
    await nothing_is_cut_off(page)
    await picture(page, f"narrow-{scheme}-home")


async def test_dark_by_wish_is_remembered(page: Page, house: House) -> None:
    await page.emulate_media(color_scheme="light")
    await page.goto(f"{house.slack.url}/?as=alice&in=board&and=tanya")
    light = await _paper(page)
    await page.get_by_role("button", name="Light or dark").click()
    dark = await _paper(page)
    assert light != dark
    await page.reload()
    assert await _paper(page) == dark
    await picture(page, "dark")


async def _paper(page: Page) -> str:
    return str(await page.evaluate("getComputedStyle(document.body).backgroundColor"))


async def _keys(page: Page, *keys: str) -> None:
    """Words are typed, keys are pressed."""
    for key in keys:
        if re.fullmatch(r"((Shift|Control)\+)?(Enter|Tab|Escape|Arrow\w+)", key):
            await page.keyboard.press(key)
        else:
            await page.keyboard.type(key)


IS_THERE = """(name) => {
    const { placeholder, ariaLabel, labels } = document.activeElement;
    return [placeholder, ariaLabel, ...[...(labels ?? [])].map((label) => label.innerText)]
        .some((words) => words?.startsWith(name));
}"""


async def _tab_to(page: Page, name: str) -> None:
    """Press Tab until the field of this label or placeholder has focus."""
    for _ in range(40):
        if await page.evaluate(IS_THERE, name):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {name!r}")
