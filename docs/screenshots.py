"""Makes the README's pictures from the demo's own page: `make screenshots`."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

PICTURES = Path(__file__).parent / "pictures"
CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


def main() -> None:
    if not Path(CHROMIUM).exists():
        sys.exit(f"There is no {CHROMIUM}: apt-get install chromium")
    PICTURES.mkdir(exist_ok=True)
    with demo() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        take(browser, url)
        browser.close()


@contextmanager
def demo() -> Iterator[str]:
    """The demo, at its address."""
    process = subprocess.Popen(
        (sys.executable, "-m", "bot", "demo", "--port", "0"), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    try:
        yield next(line for line in process.stdout if line.startswith("Open ")).removeprefix("Open ").strip()
    finally:
        process.terminate()
        process.communicate()


def take(browser: Browser, url: str) -> None:
    """The main job, a picture at each turn."""
    page = browser.new_page(viewport={"width": 1280, "height": 860})
    page.goto(f"{url}/?as=alice&in=board")
    page.get_by_role("button", name="Fill in the form for me").click()
    expect(page.get_by_role("button", name="Put on the board")).to_be_visible()
    shoot(page, "form")
    page.get_by_role("button", name="Put on the board").click()
    expect(page.get_by_text("k8s-connector is on the board")).to_be_visible()
    page.keyboard.press("Escape")
    page.goto(f"{url}/?as=alice&in=board&and=tanya&and_in=board")
    expect(page.get_by_role("log").get_by_text("k8s-connector", exact=True)).to_have_count(2)
    page.get_by_role("button", name="Estimate").last.click()
    page.get_by_label("Job size").select_option("5")
    expect(page.get_by_text("WSJF 2.6").first).to_be_visible()
    shoot(page, "side-by-side")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("now #1 of 10")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="4 Next morning").click()
    page.get_by_role("button", name="Go to the next morning").click()
    expect(page.get_by_text("Good morning Tanya")).to_be_visible()
    expect(page.get_by_text("waits for a first answer")).to_be_visible(timeout=10_000)
    shoot(page, "next-morning")
    page.goto(f"{url}/?as=boris&in=board")
    page.get_by_role("button", name="More", exact=True).last.click()
    expect(page.get_by_text("What happened")).to_be_visible()
    shoot(page, "opened")
    close(page)
    page.goto(f"{url}/?as=alice&in=coordination")
    page.get_by_role("button", name="5 Monday at ten").click()
    page.get_by_role("button", name="Monday, ten o'clock").click()
    page.get_by_text("1 reply").click()
    expect(page.get_by_text("Top five")).to_be_visible()
    page.get_by_role("button", name="Start review").first.click()
    expect(page.get_by_text("Review · 1 of")).to_be_visible()
    shoot(page, "monday")
    page.goto(f"{url}/?as=alice&in=board")
    card = page.get_by_role("article").filter(has_text="Customisable savings reports")
    card.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("button", name="Take it to strategy").click()
    page.get_by_label("What speaks for it now?").fill("Two deals wait for it, and finance asks every week.")
    page.get_by_role("button", name="Take it there").click()
    expect(page.get_by_text("I'll tell you what is decided.")).to_be_visible()
    close(page)
    page.goto(f"{url}/?as=boris&in=strategy&and=olga&and_in=strategy")
    page.get_by_role("button", name="Say product's side").first.click()
    words = page.get_by_role("dialog").get_by_role("textbox").first
    words.fill("The audit log is half done; stopping it costs two weeks.")
    page.get_by_role("button", name="Say it").click()
    close(page)
    expect(page.get_by_role("log").first.get_by_text("half done")).to_be_visible()
    page.get_by_role("button", name="Decide", exact=True).last.click()
    expect(page.get_by_label("What do you decide?")).to_be_visible()
    shoot(page, "strategy")
    narrow = browser.new_page(viewport={"width": 390, "height": 800}, color_scheme="dark")
    narrow.goto(f"{url}/?as=tanya&in=home")
    expect(narrow.get_by_text("To estimate")).to_be_visible()
    shoot(narrow, "home-narrow-dark")


def close(page: Page) -> None:
    """Whatever is open in front of somebody."""
    page.wait_for_timeout(700)
    for _ in range(2):
        page.keyboard.press("Escape")
        page.wait_for_timeout(300)


def shoot(page: Page, name: str) -> None:
    page.wait_for_timeout(300)  # fonts and focus rings settle
    page.screenshot(path=PICTURES / f"{name}.png")


if __name__ == "__main__":
    main()
