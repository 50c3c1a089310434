"""Draws the web pages as a browser shows them, on a desktop and on a phone, from the demo's office.

python -m screenshots.draw_pages [NAME ...]
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from playwright.sync_api import Page, ViewportSize, sync_playwright

from interworky_tui import bootstrap, config, paths
from interworky_tui.services import demo, feedback, intake, scheduling, survey_links, visits
from interworky_tui.services.context import Context
from interworky_tui.web.server import WebServer
from tests.web.browser import chromium

HERE = Path(__file__).parent
NOW = datetime(2026, 3, 16, 9, 10, tzinfo=UTC)
WEB = {
    "INTERWORKY_TUI_OFFICE__TIMEZONE": "Europe/Berlin",
    "INTERWORKY_TUI_WEB__ENABLED": "true",
    "INTERWORKY_TUI_WEB__PORT": "0",
}


@dataclass
class Site:
    """A served office; every picture that answers a survey has a visit of its own."""

    office: Context
    url: str
    asked: int = 0

    def survey(self) -> str:
        self.asked += 1
        new = intake.NewRequest(
            name="Mia Sommer",
            phone=f"+49151123456{self.asked:02}",
            date=date(2026, 3, 16),
            band="morning",
        )
        visit = intake.request(self.office, new).appointment.id
        scheduling.schedule(self.office, visit, self.office.clock())
        visits.attend(self.office, visit)
        feedback.collect(self.office, visit)
        token = survey_links.link_for_screen(self.office, visit).rpartition("/")[2]
        return f"{self.url}/s/{token}"


def survey(page: Page, site: Site) -> None:
    page.goto(site.survey())
    page.get_by_label("5 –").check()
    page.get_by_label("What was good?").fill("Lovely staff, and I was seen on time.")
    page.get_by_label("Yes").check()


def thanks(page: Page, site: Site) -> None:
    survey(page, site)
    page.get_by_role("button").click()
    page.wait_for_url("**/thanks?lang=en")


def request(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/request")
    page.get_by_label("Your name").fill("Ulrike Brandt")
    page.get_by_label("Phone").fill("030 1234567")
    page.get_by_label("You may send me text messages").check()
    page.get_by_label("On which day?").fill("2026-03-20")
    page.get_by_label("Morning (10:00").check()
    page.get_by_label("What is it for?").fill("First consultation")


DESKTOP: ViewportSize = {"width": 1000, "height": 700}
PHONE: ViewportSize = {"width": 360, "height": 640}


@dataclass(frozen=True)
class Picture:
    name: str
    act: Callable[[Page, Site], None]
    is_phone: bool = False
    scheme: Literal["light", "dark"] = "light"


PICTURES = (
    Picture("pages-survey", survey),
    Picture("pages-survey-phone", survey, True),
    Picture("pages-thanks", thanks),
    Picture("pages-thanks-phone", thanks, True),
    Picture("pages-request", request),
    Picture("pages-request-phone", request, True, "dark"),
)


@contextmanager
def served() -> Iterator[Site]:
    with TemporaryDirectory() as folder:
        places = paths.at(Path(folder))
        told = demo.settings_of(
            paths.shipped_data() / "demo_office.toml", config.load(places.settings_file, WEB)
        )
        office = bootstrap.build(told, places, lambda: NOW)
        server = WebServer(office)
        server.start()
        try:
            yield Site(office, server.url)
        finally:
            server.stop()
            office.database.close()


def draw(page: Page, site: Site, picture: Picture) -> None:
    picture.act(page, site)
    # Neither the field that was filled in last nor what is under the mouse is anything special.
    page.evaluate("document.activeElement.blur()")
    page.mouse.move(0, 0)
    file = HERE / f"{picture.name}.png"
    page.screenshot(path=file, full_page=True, animations="disabled")
    print(f"screenshots/{file.name}")


def main(wanted: list[str]) -> None:
    with served() as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find())
        for picture in PICTURES:
            if wanted and picture.name not in wanted:
                continue
            context = browser.new_context(
                viewport=PHONE if picture.is_phone else DESKTOP,
                color_scheme=picture.scheme,
                locale="en-GB",
            )
            draw(context.new_page(), site, picture)
            context.close()
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
