"""A real browser for tests: Debian's Chromium, driven by Playwright."""

import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import BrowserContext, async_playwright, expect

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
PATIENCE = 8_000.0  #: milliseconds
left_out: list[str] = []


@pytest.fixture
def chromium(request: pytest.FixtureRequest) -> Path:
    """Without one: a failure in CI; elsewhere one line says that these tests were left out."""
    if CHROMIUM.exists():
        return CHROMIUM
    if os.environ.get("CI"):
        pytest.fail(f"CI needs {CHROMIUM}: apt-get install chromium")
    if not left_out:
        left_out.append("said")
        with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
            print(f"\nThe tests in a browser are left out: there is no {CHROMIUM}.", file=sys.stderr)
    pytest.skip(f"there is no {CHROMIUM}")


@pytest.fixture
async def context(chromium: Path) -> AsyncIterator[BrowserContext]:
    """A browser in which nothing goes wrong unseen, and which asks this machine only."""
    errors: list[str] = []
    asked: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        context = await browser.new_context(viewport={"width": 1280, "height": 800})
        context.set_default_timeout(PATIENCE)
        context.on("request", lambda request: asked.append(request.url))
        context.on("weberror", lambda error: errors.append(str(error.error)))
        context.on("console", lambda said: errors.append(said.text) if said.type in ("error", "warning") else None)
        expect.set_options(timeout=PATIENCE)
        yield context
        await browser.close()
    assert not errors, "; ".join(errors)
    assert asked
    assert [url for url in asked if urlsplit(url).hostname != "127.0.0.1"] == []
