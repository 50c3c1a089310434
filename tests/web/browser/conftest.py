"""A real browser, and visitors in it whose every complaint fails the test."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Page, Request, async_playwright

from tests.web.browser import chromium

DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 780}
PATIENCE = 20_000
"""Milliseconds that a page may take on a machine that is busy."""

Visit = Callable[..., AbstractAsyncContextManager[Page]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One for all tests of a process. There is none: the tests fail, and say what to do."""
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=chromium.find())
        yield launched
        await launched.close()


@pytest.fixture
def visit(browser: Browser) -> Visit:
    """A visitor's window, with playwright's options of a context.

    What the page may not do (break its own policy, ask another place for anything) is an error.
    """

    @asynccontextmanager
    async def visiting(**options: Any) -> AsyncIterator[Page]:
        context = await browser.new_context(
            **{"viewport": DESKTOP, "locale": "en-GB", "color_scheme": "light"} | options
        )
        context.set_default_timeout(PATIENCE)
        page = await context.new_page()
        complaints: list[str] = []
        asked: set[str] = set()

        def hear(message: ConsoleMessage) -> None:
            # That a page was refused, as an unknown link is, is what some tests are about.
            refused = "Failed to load resource" in message.text
            if message.type in ("error", "warning") and not refused:
                complaints.append(message.text)

        def see(request: Request) -> None:
            asked.add(request.url.split("/")[2])

        page.on("console", hear)
        page.on("request", see)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        try:
            yield page
            assert complaints == []
            assert len(asked) == 1
        finally:
            await context.close()

    return visiting


async def tab_to(page: Page, wanted: str) -> None:
    """Press Tab until it is there, as who has no mouse does."""
    for _ in range(40):
        await page.keyboard.press("Tab")
        if await page.locator(f"{wanted}:focus").count():
            return
    raise AssertionError(f"{wanted} cannot be reached by Tab")


async def type_into(page: Page, wanted: str, text: str) -> None:
    await tab_to(page, wanted)
    await page.keyboard.type(text)


async def heading(page: Page) -> str:
    return await page.locator("h1").inner_text()
