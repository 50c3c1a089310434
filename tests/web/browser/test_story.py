"""The whole way of a question: asked at the desk, sent by real servers, answered in a real browser.

The desk is the real one with its own jobs and pages; nobody presses a key when the answer comes.
"""

import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date
from email import message_from_bytes
from email.policy import default
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from interworky_tui import config
from interworky_tui.paths import Paths
from interworky_tui.services import intake, scheduling, visits
from interworky_tui.services.context import Context
from interworky_tui.start import pages_of
from interworky_tui.storage.server import is_server
from interworky_tui.ui.app import DeskApp
from tests.conftest import FixedClock
from tests.delivery.sms_server import NUMBER, SID, TOKEN, SmsServer
from tests.delivery.smtp_server import PASSWORD, USER, MailHost, refusing_port, serve
from tests.ui.conftest import Desk
from tests.web.browser.conftest import PHONE, Visit, heading, tab_to, type_into

both = pytest.mark.both_databases

pytestmark = pytest.mark.asyncio(loop_scope="session")

SETTINGS = """\
[office]
name = "Lindenhof Practice"
phone = "+493012345678"
email = "desk@lindenhof.example"
timezone = "Europe/Berlin"
country = "DE"

[desk]
actor = "ana"

[messages]
quiet_hours = ""
undo_seconds = 0

[email]
host = "127.0.0.1"
port = {mails.port}
security = "none"
user = "{user}"

[sms]
account_sid = "{sid}"
from_number = "{number}"
api_base_url = "{texts.url}"

[web]
enabled = true
port = {port}
"""
PHONE_OF_ANA, OFFICE = "+4930901820", "+493012345678"


@dataclass(frozen=True)
class Town:
    """The office that is to be opened, and the far ends of its channels."""

    settings: config.Settings
    places: Paths
    office: Context
    clock: FixedClock
    mails: MailHost
    texts: SmsServer

    @property
    def site(self) -> str:
        return f"http://127.0.0.1:{self.settings.web.port}"

    @property
    def link(self) -> str:
        """What every link to one of its surveys looks like."""
        return rf"{re.escape(self.site)}/s/[\w-]{{22}}"

    def attended(self, **client: str) -> int:
        asked = {"name": "Ana Ruiz", "phone": PHONE_OF_ANA, "email": "ana@ruiz.example"} | client
        new = intake.NewRequest(date=date(2026, 3, 20), band="morning", **asked)
        visit = intake.request(self.office, new).appointment.id
        scheduling.schedule(self.office, visit, self.clock())
        visits.attend(self.office, visit)
        return visit

    @asynccontextmanager
    async def desk(self) -> AsyncIterator[Desk]:
        app = DeskApp(self.settings, self.places, clock=self.clock, pages=pages_of(self.settings))
        async with app.run_test(size=(100, 30), notifications=True) as pilot:
            desk = Desk(pilot, app, self.office)
            await app.hands.office()
            # The desk shows its rows first, and then it serves the pages.
            await desk.until(lambda: answers(self.site))
            yield desk

    def emailed(self) -> list[str]:
        """The links in what the mail server has taken, byte for byte, once by each mail."""
        found = []
        for copy in self.mails.copies:
            mail = message_from_bytes(copy.content, policy=default)
            parts = [str(p.get_content()) for p in mail.walk() if not p.is_multipart()]
            links = {link for part in parts for link in re.findall(self.link, part)}
            assert len(links) <= 1
            found += links
        return found

    def texted(self) -> list[str]:
        """The links in the texts that the provider has taken."""
        bodies = [one["body"] for one in self.texts.messages]
        return [link for body in bodies for link in re.findall(self.link, body)]


@pytest.fixture
def town(places: Paths, office: Context, clock: FixedClock) -> Iterator[Town]:
    with serve("none") as mails, SmsServer(clock).running() as texts:
        told = SETTINGS.format(
            mails=mails, texts=texts, user=USER, sid=SID, number=NUMBER, port=refusing_port()
        )
        url = office.database.url
        named = f"\n[database]\nurl = {json.dumps(url)}\n" if is_server(url) else ""
        places.settings_file.write_text(told + named)
        secrets = places.config / "secrets.toml"
        secrets.write_text(f"[email]\npassword = '{PASSWORD}'\n[sms]\nauth_token = '{TOKEN}'\n")
        secrets.chmod(0o600)
        settings = config.load(places.settings_file, {})
        own = replace(office, settings=settings)
        yield Town(settings, places, own, clock, mails, texts)


async def ask(desk: Desk, visit: int) -> None:
    """Collect Feedback, as a receptionist does."""
    await desk.press("3")
    await desk.sees("Ana Ruiz")
    await desk.press("f")
    await desk.sees("Ask Ana Ruiz for feedback")
    await desk.press("enter")
    await desk.until(lambda: desk.row(visit)["status"] == "feedback_pending")


def told(desk: Desk, visit: int, event: str) -> dict[tuple[str, str], dict[str, Any]]:
    rows = desk.messages(visit)
    return {(row["recipient"], row["channel"]): row for row in rows if row["event"] == event}


@both
async def test_the_link_in_the_email_is_answered_and_the_desk_rings(
    town: Town, visit: Visit
) -> None:
    number = town.attended()
    async with town.desk() as desk:
        await ask(desk, number)
        await desk.until(town.emailed)
        (link,) = town.emailed()
        await desk.press("5")
        await desk.sees("No feedback")

        async with visit() as page:
            await page.goto(link)
            assert await heading(page) == "How was your visit?"
            await tab_to(page, "#rating-1")
            await page.keyboard.press("ArrowLeft")
            await type_into(page, "#good", "Lovely staff, señor Müller above all")
            await tab_to(page, "#recommend-1")
            await page.keyboard.press("Space")
            await tab_to(page, "button")
            await page.keyboard.press("Enter")
            await page.wait_for_url("**/thanks?lang=en")
            assert await heading(page) == "Thank you"

        await desk.sees("Ana Ruiz", "★★★★★", "Lovely staff")
        await desk.until(lambda: "Ana Ruiz answered, by web" in desk.toasts())
        assert "★★★★★ 5 of 5  Lovely staff, señor Müller" in desk.toasts()
        assert desk.row(number)["status"] == "feedback_collected"
        await desk.until(lambda: told_of_all(desk, number))
        thanks = told(desk, number, "feedback_collected")
        assert [row["state"] for row in thanks.values()] == ["sent"] * 4
        arrived = {str(copy.mail["Message-ID"]) for copy in town.mails.copies}
        arrived |= {one["sid"] for one in town.texts.messages}
        assert {row["provider_ref"] for row in thanks.values()} <= arrived
        assert told(desk, number, "low_rating") == {}


@both
async def test_the_link_in_the_text_is_answered_on_a_phone_without_scripts(
    town: Town, visit: Visit
) -> None:
    number = town.attended(email="")
    async with town.desk() as desk:
        await ask(desk, number)
        await desk.until(town.texted)
        (link,) = town.texted()
        assert town.emailed() == []

        async with visit(
            viewport=PHONE, locale="es-ES", has_touch=True, java_script_enabled=False
        ) as page:
            await page.goto(link)
            assert await heading(page) == "¿Qué tal fue su visita?"
            await page.locator("label[for=rating-2]").tap()
            await page.locator("#bad").fill("Una hora de espera")
            await page.locator("button").tap()
            await page.wait_for_url("**/thanks?lang=es")
            assert await heading(page) == "Muchas gracias"

        await desk.press("5")
        await desk.sees("Ana Ruiz", "Una hora de espera")
        await desk.until(lambda: "2 of 5  Una hora de espera" in desk.toasts())
        assert desk.row(number)["status"] == "feedback_collected"
        await desk.until(lambda: told_of_all(desk, number))
        warned = told(desk, number, "low_rating")
        assert {recipient for recipient, _ in warned} == {"office"}
        assert {one["body"] for one in town.texts.messages if one["to"] == OFFICE} >= {
            warned["office", "sms"]["body"]
        }


@both
async def test_a_reply_to_the_text_does_the_same(town: Town) -> None:
    number = town.attended()
    async with town.desk() as desk:
        await ask(desk, number)
        await desk.until(town.texted)
        town.clock.forward(minutes=1)
        town.texts.receive(PHONE_OF_ANA, "5 lovely staff")
        await desk.press("5")
        await desk.sees("Ana Ruiz", "★★★★★", "lovely staff")
        await desk.until(lambda: "Ana Ruiz answered, by SMS" in desk.toasts())
        await desk.until(lambda: told_of_all(desk, number))


@both
async def test_a_request_arrives_by_itself(town: Town, visit: Visit) -> None:
    async with town.desk() as desk:
        await desk.press("1")
        async with visit(viewport=PHONE) as page:
            await page.goto(town.site)
            await page.get_by_label("Your name").fill("Mia Sommer")
            await page.get_by_label("Email").fill("mia@sommer.example")
            await page.get_by_label("On which day?").fill("2026-03-20")
            await page.get_by_text("Morning (10:00").click()
            town.clock.forward(seconds=20)
            await page.get_by_role("button").click()
            await page.wait_for_url("**/request/thanks?lang=en")
        await desk.sees("Mia Sommer", "New request from the web: Mia Sommer")
        await desk.until(lambda: len(town.mails.copies) == 2)
        told_so = {copy.recipient for copy in town.mails.copies}
        assert told_so == {"mia@sommer.example", "desk@lindenhof.example"}


def answers(url: str) -> bool:
    try:
        urlopen(f"{url}/health", timeout=10).close()
    except URLError:
        return False
    return True


def told_of_all(desk: Desk, visit: int) -> bool:
    """Whatever is to be told of the answer has left."""
    states = {row["state"] for row in told(desk, visit, "feedback_collected").values()}
    return "sent" in states and states <= {"sent", "cancelled"}
