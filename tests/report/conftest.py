"""A browser for the tests of the page: Playwright's own, or one that is installed."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
ADVICE = (
    "no browser: `uv run playwright install chromium`, or install chromium or google-chrome "
    "(Debian: apt-get install chromium)"
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium; without one tests skip, or fail where REQUIRE_BROWSER is set."""
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
        found = own if Path(own).exists() else next(filter(None, map(shutil.which, NAMES)), None)
        if found is None and os.environ.get("REQUIRE_BROWSER"):
            pytest.fail(ADVICE)
        if found is None:
            pytest.skip(ADVICE)
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()
