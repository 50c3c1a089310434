"""Every page in every state by the accessibility checker: WCAG 2.2 AA, and its best practice.

Each in both languages, in the light on a desktop and in the dark on a phone; forms the other way
round as well.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Literal

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

from interworky_tui.domain.appointment import CancelReason
from interworky_tui.services import scheduling, undo
from tests.web.browser.conftest import DESKTOP, PHONE, Visit
from tests.web.conftest import Serve, Site

pytestmark = pytest.mark.asyncio(loop_scope="session")

NARROWEST = {"width": 320, "height": 640}
"""What WCAG asks to do without scrolling sideways."""
LONG_NAME = "Zahnarztgemeinschaftspraxis Dr. Lindenhof-Oberammergau, Müller-Westernhagen & Partner"
RULES = {
    "rules": {"target-size": {"enabled": True}},
    # Nobody reads what was found good; and no rule in use asks for the style sheets themselves.
    "resultTypes": ["violations", "incomplete"],
    "preload": False,
}
"""With a rule beyond those that are on by default, which came with WCAG 2.2."""
LOCALES = {"en": "en-GB", "es": "es-ES"}
Look = tuple[dict[str, int], Literal["light", "dark"]]
LOOKS: tuple[Look, ...] = ((DESKTOP, "light"), (PHONE, "dark"))
ALL_LOOKS: tuple[Look, ...] = (*LOOKS, (DESKTOP, "dark"), (PHONE, "light"))
"""For the forms, where the tint behind the ratings depends on the width."""

State = Callable[[Site], str]
"""Brings a page about and returns its path."""


def open_survey(site: Site) -> str:
    return site.invited()[1]


def answered(site: Site) -> str:
    _, link = site.invited()
    site.post(link, {"rating": "4"})
    return link


def thanked(site: Site) -> str:
    return f"{answered(site)}/thanks"


def expired(site: Site) -> str:
    _, link = site.invited()
    site.clock.now += timedelta(days=14)
    return link


def cancelled(site: Site) -> str:
    visit, link = site.invited()
    undo.undo(site.office, visit)
    undo.undo(site.office, visit)
    scheduling.cancel(site.office, visit, CancelReason.OFFICE)
    return link


PAGES: dict[str, State] = {
    "survey": open_survey,
    "thanks": thanked,
    "answered": answered,
    "expired": expired,
    "cancelled": cancelled,
    "unknown": lambda _: f"/s/{'A' * 22}",
    "request": lambda _: "/request",
    "request thanks": lambda _: "/request/thanks",
    "no such page": lambda _: "/nowhere",
}
FORMS: dict[str, State] = {"survey": open_survey, "request": lambda _: "/request"}
OFFICE = {"review_url": "https://reviews.example/lindenhof"}


async def check(page: Page, looks: Sequence[Look] = LOOKS) -> None:
    """Raises AssertionError with whatever is wrong with the page in those looks."""
    await page.evaluate(Axe().axe_script)
    for viewport, scheme in looks:
        await page.set_viewport_size(viewport)
        await page.emulate_media(color_scheme=scheme)
        assert await faults(page) == [], (viewport, scheme)
    await page.set_viewport_size(NARROWEST)
    assert await page.evaluate("document.documentElement.scrollWidth") <= NARROWEST["width"]


async def faults(page: Page) -> list[str]:
    """What is wrong, and what the checker could not decide: a person would have to look."""
    found: dict[str, Any] = await page.evaluate("rules => axe.run(rules)", RULES)
    return [
        f"{rule['id']}: {node['html']}: {node['failureSummary']}"
        for kind in ("violations", "incomplete")
        for rule in found[kind]
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.parametrize("name", PAGES)
async def test_a_page_has_no_fault(serve: Serve, visit: Visit, name: str, language: str) -> None:
    with serve(office=OFFICE) as site:
        path = PAGES[name](site)
        async with visit(locale=LOCALES[language]) as page:
            await page.goto(site.server.url + path)
            assert await page.locator("html").get_attribute("lang") == language
            await check(page, ALL_LOOKS if name in FORMS else LOOKS)


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.parametrize("name", FORMS)
async def test_a_form_with_errors_has_no_fault(
    site: Site, visit: Visit, name: str, language: str
) -> None:
    async with visit(locale=LOCALES[language]) as page:
        await page.goto(site.server.url + FORMS[name](site))
        site.clock.now += timedelta(seconds=20)
        await page.locator("button").click()
        await page.locator(".errors").wait_for()
        # Each error at its field is one of the summary, which leads there.
        links = page.locator(".errors a")
        assert await links.count() == await page.locator(".error").count() > 0
        for link in await links.all():
            target = await link.get_attribute("href")
            assert await page.locator(str(target)).count() == 1
        await check(page, ALL_LOOKS)


async def test_the_trap_that_a_person_fell_into_has_no_fault(site: Site, visit: Visit) -> None:
    async with visit() as page:
        await page.goto(f"{site.server.url}/request")
        await page.locator("#website").evaluate("field => field.value = 'https://mia.example'")
        await page.locator("button").click()
        await page.locator("#website-error").wait_for()
        await check(page)


async def test_a_long_name_of_the_office_has_no_fault(serve: Serve, visit: Visit) -> None:
    with serve(office={"name": LONG_NAME}) as site:
        _, link = site.invited()
        async with visit() as page:
            await page.goto(site.server.url + link)
            await check(page)


async def test_the_checker_does_find_faults(site: Site, visit: Visit) -> None:
    async with visit() as page:
        await page.goto(f"{site.server.url}/request")
        await page.evaluate(Axe().axe_script)
        assert await faults(page) == []
        await page.locator("label[for=name]").evaluate("label => label.remove()")
        await page.locator("h1").evaluate("title => title.style.color = '#999999'")
        assert {fault.partition(":")[0] for fault in await faults(page)} == {
            "label",
            "color-contrast",
        }
