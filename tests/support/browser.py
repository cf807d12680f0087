"""Headless Chromium for tests that look at pages: Debian's, by its path or from PATH."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Page, async_playwright

from tests.support.postgres import skip_or_fail

_DEBIAN = Path("/usr/bin/chromium")
_QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")


def chromium() -> str:
    """Where the browser is; skips the test (or fails it, in CI) where there is none."""
    found = str(_DEBIAN) if _DEBIAN.exists() else shutil.which("chromium")
    if found is None:
        skip_or_fail("no Chromium on this machine: install Debian's package chromium")
        raise AssertionError
    return found


@asynccontextmanager
async def browsing(url: str, *, width: int = 1280, height: int = 900) -> AsyncIterator[Page]:
    """A page that was opened at a URL; a script error on it fails the test."""
    executable = chromium()
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=executable, args=[*_QUIET])
        try:
            page = await browser.new_page(viewport={"width": width, "height": height})
            problems: list[str] = []
            page.on("pageerror", lambda error: problems.append(str(error)))
            await page.goto(url)
            yield page
            assert problems == []
        finally:
            await browser.close()
