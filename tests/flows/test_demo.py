"""The demo, as a sceptic tries it in a browser: ask, size, pull the plug."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.async_api import BrowserContext, Locator, Page, expect

from tests.flows.house import ROOT

pytestmark = pytest.mark.browser


@pytest.fixture
def demo() -> Iterator[str]:
    """`tandem demo` in a process of its own; its address."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        (sys.executable, "-m", "bot", "demo", "--port", "0"), env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    yield next(line for line in process.stdout if line.startswith("Open ")).removeprefix("Open ").strip()
    process.terminate()
    process.communicate(timeout=30)
    assert process.returncode == 0


async def opened(context: BrowserContext, address: str) -> Page:
    page = await context.new_page()
    await page.goto(address)
    return page


def cards(page: Page) -> Locator:
    return page.get_by_role("log").get_by_text("k8s-connector", exact=True)


async def fill_in(page: Page) -> None:
    await page.get_by_role("button", name="Fill in the form for me").click()
    await expect(page.get_by_role("button", name="Put on the board")).to_be_visible()


async def test_ask_and_size_side_by_side(demo: str, context: BrowserContext) -> None:
    page = await opened(context, f"{demo}/?as=alice&in=board")
    await fill_in(page)
    await page.get_by_role("button", name="Put on the board").click()
    await expect(page.get_by_text("k8s-connector is on the board: WSJF 1.0, #3 of 10.")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="2 Size").click()
    await page.get_by_role("button", name="Put them side by side").click()
    await expect(cards(page)).to_have_count(2)  # the card is posted after the receipt
    await page.get_by_role("button", name="Estimate").last.click()
    await page.get_by_label("Job size").select_option("5")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("k8s-connector: WSJF 1.0 → 2.6, now #1 of 10.")).to_be_visible()
    await expect(page.get_by_text("· #1 · WSJF 2.6")).to_have_count(2)  # the same card, before both


async def test_the_week_ends_with_what_was_just_asked_for(demo: str, context: BrowserContext) -> None:
    page = await opened(context, f"{demo}/?as=alice&in=board")
    await fill_in(page)
    await page.get_by_role("button", name="Put on the board").click()
    await expect(page.get_by_text("k8s-connector is on the board")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="5 Monday at ten").click()
    await page.get_by_role("button", name="An hour before").click()
    await expect(page.get_by_text("The weekly digest goes out at 10:00")).to_be_visible()
    await page.get_by_role("button", name="Monday, ten o'clock").click()  # the step is still open
    channel = page.get_by_role("log")
    await expect(channel.get_by_text("Activation 54 %, up 2, target 65 %")).to_be_visible()
    await expect(channel.get_by_text("One new request: k8s-connector.")).to_be_visible()
    await page.get_by_role("button", name="Start review").click()
    await expect(channel.get_by_text("Review · 1 of 1")).to_be_visible()


async def test_sales_asks_leadership_and_the_decision_shows_its_price(demo: str, context: BrowserContext) -> None:
    page = await opened(context, f"{demo}/?as=alice&in=board")
    await page.get_by_role("button", name="Why #3?").click()
    await expect(
        page.get_by_text("Customisable savings reports is #3 of 9: (8 + 3 + 1) / 13 = 0.9")
    ).to_be_visible()
    await page.keyboard.press("Escape")
    card = page.get_by_role("article").filter(has_text="Customisable savings reports")
    await card.get_by_role("button", name="More", exact=True).click()
    await expect(page.get_by_text("€93k in open deals, of 4 customers")).to_be_visible()
    await page.get_by_role("button", name="Take it to strategy").click()
    await page.get_by_label("What speaks for it now?").fill("Two deals wait for it.")
    await page.get_by_role("button", name="Take it there").click()
    await expect(page.get_by_text("I'll tell you what is decided.")).to_be_visible()
    page = await opened(context, f"{demo}/?as=olga&in=strategy")
    await page.get_by_role("button", name="Decide", exact=True).click()
    await page.get_by_label("What do you decide?").select_option(label="It goes first")
    await page.get_by_label("What waits for it?").select_option(index=1)
    await page.get_by_label("Why?").fill("Two deals hang on it.")
    await page.get_by_role("button", name="Decide", exact=True).last.click()
    await expect(page.get_by_role("log").get_by_text("Its price: Audit log (#2) waits")).to_be_visible()


async def test_a_form_sent_to_a_dead_bot_is_kept_and_counts_once_when_it_is_back(
    demo: str, context: BrowserContext
) -> None:
    page = await opened(context, f"{demo}/?as=alice&in=board")
    await fill_in(page)
    await plug(page, "Kill it now", "The bot is dead.")
    await page.get_by_role("button", name="Put on the board").click()
    await expect(page.get_by_text("We had some trouble connecting. Try again?").first).to_be_visible()
    await expect(page.get_by_label("Title")).to_have_value("k8s-connector")
    await plug(page, "Start it again", "It is up again.")
    await page.get_by_role("button", name="Put on the board").click()
    await expect(page.get_by_text("k8s-connector is on the board: WSJF 1.0, #3 of 10.")).to_be_visible()
    await expect(cards(page)).to_have_count(1)


async def test_a_bot_that_dies_right_after_its_answer_has_kept_it_and_says_it_once(
    demo: str, context: BrowserContext
) -> None:
    page = await opened(context, f"{demo}/?as=alice&in=board")
    await fill_in(page)
    await plug(page, "Kill it after the next form", "Armed")
    await page.get_by_role("button", name="Put on the board").click()
    await expect(page.get_by_text("k8s-connector is on the board")).to_be_visible()
    await plug(page, "Start it again", "It is up again.")
    await expect(cards(page)).to_have_count(1, timeout=40_000)  # a lease may have to run out first
    await page.wait_for_timeout(2_000)
    await expect(cards(page)).to_have_count(1)


async def plug(page: Page, button: str, said: str) -> None:
    tab = page.get_by_role("button", name="7 Pull the plug")
    if await tab.get_attribute("aria-expanded") != "true":
        await tab.click()
    await page.get_by_role("button", name=button, exact=True).click()
    await expect(page.get_by_text(said)).to_be_visible()
