"""A real browser: Debian's Chromium without a window, and what it complained of."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS: Final = 15_000

# What the browser itself says of members that are dead and of refused writes, which are meant here.
_EXPECTED: Final = "Failed to load resource"

_WATCH_POLICY: Final = """
window.violations = [];
document.addEventListener("securitypolicyviolation",
    (event) => window.violations.push(event.violatedDirective + " " + event.blockedURI));
"""


def chromium_path() -> str:
    """Where Chromium is; without one the test is skipped, but fails in CI."""
    path = shutil.which("chromium")
    if path is None and os.environ.get("CI"):
        pytest.fail("The tests of the page need Debian's chromium.")
    if path is None:
        pytest.skip("chromium is not installed: the page is not tried in a browser")
    return path


@contextlib.contextmanager
def running_browser() -> Iterator[Browser]:
    """A browser with nothing open."""
    path = chromium_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@contextlib.contextmanager
def opened(browser: Browser, url: str, **context: Any) -> Iterator[Page]:
    """The page at `url`, which at its end must have broken no rule of its policy, nor thrown."""
    with contextlib.closing(browser.new_context(**context)) as fresh:
        fresh.set_default_timeout(PATIENCE_MS)
        page = fresh.new_page()
        page.add_init_script(_WATCH_POLICY)
        complaints: list[str] = []

        def note(said: ConsoleMessage) -> None:
            if said.type in ("error", "warning") and not said.text.startswith(_EXPECTED):
                complaints.append(said.text)

        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{url}/ui")
        yield page
        assert page.evaluate("window.violations") == []
        assert complaints == []
