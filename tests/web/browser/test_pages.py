"""The pages as a visitor meets them: by keyboard, with and without scripts, in two languages."""

from datetime import timedelta

import pytest

from interworky_tui.storage.tables import APPOINTMENT, CLIENT, SURVEY_RESPONSE
from tests.web.browser.conftest import PHONE, Visit, heading, tab_to, type_into
from tests.web.conftest import Site

both = pytest.mark.both_databases

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_survey_without_a_rating_comes_back_with_what_was_typed(
    site: Site, visit: Visit
) -> None:
    _, link = site.invited()
    async with visit() as page:
        await page.goto(site.server.url + link)
        await type_into(page, "#good", "Warm tea & <b>cake</b>")
        await tab_to(page, "#recommend-1")
        await page.keyboard.press("ArrowDown")
        await tab_to(page, "#publish")
        await page.keyboard.press("Space")
        await tab_to(page, "button")
        await page.keyboard.press("Enter")

        # Whose screen is read out is told at once, and who looks at the tab sees it there.
        await page.locator("[role=alert]:focus").wait_for()
        assert await page.title() == "Please check: How was your visit? - Lindenhof Practice"
        assert site.rows(SURVEY_RESPONSE) == []
        assert await page.locator("#good").input_value() == "Warm tea & <b>cake</b>"
        assert await page.locator("#recommend-2").is_checked()
        assert await page.locator("#publish").is_checked()

        await tab_to(page, "[role=alert] a")
        await page.keyboard.press("Enter")
        await page.locator("#rating-1:focus").wait_for()
        await page.keyboard.press("Space")
        await tab_to(page, "button")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/thanks?lang=en")
        assert await heading(page) == "Thank you"
    (kept,) = site.rows(SURVEY_RESPONSE)
    said = {name: kept[name] for name in ("rating", "good", "recommend", "publish")}
    assert said == {
        "rating": 1,
        "good": "Warm tea & <b>cake</b>",
        "recommend": "no",
        "publish": 1,
    }


@both
async def test_going_back_after_an_answer_asks_nobody_twice(site: Site, visit: Visit) -> None:
    _, link = site.invited()
    async with visit() as page:
        await page.goto(site.server.url + link)
        await page.locator("label[for=rating-4]").click()
        await page.locator("button").click()
        await page.wait_for_url("**/thanks?lang=en")
        await page.reload()
        assert await heading(page) == "Thank you"
        await page.go_back()
        assert await heading(page) == "We have your answers"
    assert [row["rating"] for row in site.rows(SURVEY_RESPONSE)] == [4]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
@both
async def test_a_request_is_filed_by_keyboard(site: Site, visit: Visit, scripts: bool) -> None:
    async with visit(java_script_enabled=scripts, viewport=PHONE) as page:
        await page.goto(f"{site.server.url}/")
        assert await heading(page) == "Ask for an appointment"
        await type_into(page, "#name", "Mia Sommer")
        await type_into(page, "#phone", "030 1")
        await type_into(page, "#email", "mia@sommer.example")
        await tab_to(page, "#consent")
        await page.keyboard.press("Space")
        await tab_to(page, "#date")
        # Whether the day or the month is typed first is the browser's own affair.
        await page.locator("#date").fill("2026-03-20")
        await tab_to(page, "#band-1")
        await page.keyboard.press("ArrowDown")
        await type_into(page, "#note", "A quiet room, please.")
        site.clock.now += timedelta(seconds=20)
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")

        await page.locator(".errors").wait_for()
        assert site.rows(APPOINTMENT) == []
        assert await page.locator("#phone-error").is_visible()
        assert await page.locator("#name").input_value() == "Mia Sommer"
        assert await page.locator("#date").input_value() == "2026-03-20"
        await tab_to(page, "#phone")
        await page.keyboard.press("ControlOrMeta+A")
        await page.keyboard.type("030 901820")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/request/thanks?lang=en")
        assert await heading(page) == "We have your request"
    (filed,) = site.rows(APPOINTMENT)
    assert (filed["status"], filed["source"], filed["band"]) == ("requested", "web", "morning")
    assert filed["note"] == "A quiet room, please."
    (client,) = site.rows(CLIENT)
    assert (client["name"], client["phone"], client["sms_consent"]) == (
        "Mia Sommer",
        "+4930901820",
        1,
    )


async def test_the_language_of_the_browser_is_kept_to_the_end(site: Site, visit: Visit) -> None:
    _, link = site.invited()
    async with visit(locale="es-MX") as page:
        await page.goto(site.server.url + link)
        assert await heading(page) == "¿Qué tal fue su visita?"
        await page.locator("button").click()
        errors = page.locator("[role=alert]")
        assert "Elija una valoración del 1 al 5." in await errors.inner_text()
        assert await page.locator("html").get_attribute("lang") == "es"
        await page.get_by_text("5 –").click()
        await page.locator("button").click()
        await page.wait_for_url("**/thanks?lang=es")
        assert await heading(page) == "Muchas gracias"
        await page.get_by_role("link", name="English").click()
        assert await heading(page) == "Thank you"


async def test_the_policy_lets_our_own_style_in_and_no_script(site: Site, visit: Visit) -> None:
    async with visit() as page:
        await page.goto(f"{site.server.url}/request")
        button = page.locator("button")
        colour = await button.evaluate("button => getComputedStyle(button).backgroundColor")
        assert colour == "rgb(11, 79, 158)"
        assert await page.locator("script").count() == 0
