"""Headless Chromium with a profile of its own, and what its console complains about."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import ConsoleMessage, Page, expect, sync_playwright

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# A click or an expectation that takes longer has failed; the machine may be busy.
DEADLINE_MILLIS = 60_000


def executable() -> str:
    """Return the path of a Chromium: $CHROMIUM, or the first one on PATH."""
    for name in (os.environ.get("CHROMIUM", ""), *NAMES):
        path = shutil.which(name) if name else None
        if path is not None:
            return path
    pytest.skip("there is no Chromium here; set CHROMIUM to the path of one")


@contextmanager
def browser_page(profile: Path, complaints: list[str]) -> Iterator[Page]:
    """Open a page; errors in its console and uncaught exceptions are appended to `complaints`."""

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(f"{message.text} ({message.location.get('url', '')})")

    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=executable(),
            args=FLAGS,
            headless=True,
            viewport={"width": 1440, "height": 900},
            color_scheme="dark",
            accept_downloads=True,
        )
        try:
            context.set_default_timeout(DEADLINE_MILLIS)
            expect.set_options(timeout=DEADLINE_MILLIS)
            page = context.pages[0] if context.pages else context.new_page()
            page.on("console", note)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            yield page
        finally:
            context.close()
