"""Answers on the desk: the list, the survey in full, and the code at the counter."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
import segno

from interworky_tui.config import Web
from interworky_tui.domain.feedback import Recommend, Source, Survey
from interworky_tui.services import feedback, scheduling, survey_links, visits
from interworky_tui.ui import qr
from interworky_tui.ui.messages import PagesFailed

FRIDAY_1430 = datetime(2026, 3, 20, 13, 30, tzinfo=UTC)
PUBLIC = "https://desk.lindenhof.example"


@pytest.fixture
def pending(office, clock, asked):
    """A visit whose client was asked for feedback."""
    one = asked().appointment.id
    scheduling.schedule(office, one, FRIDAY_1430)
    clock.now = FRIDAY_1430
    visits.attend(office, one)
    feedback.collect(office, one)
    return one


@pytest.fixture
def served(settings):
    def make(**web):
        return msgspec.structs.replace(settings, web=Web(enabled=True, **web))

    return make


def says(office, id, survey):
    with office.database.write() as connection:
        return feedback.take(connection, office, id, survey, office.clock())


def rows(office, sql):
    with office.database.read() as connection:
        return [dict(row) for row in connection.exec_driver_sql(sql).mappings()]


async def test_a_low_rating_stands_out_until_it_is_read(open_desk, pending, office, clock):
    low = Survey(2, "the chairs", "the wait", Recommend.NO, source=Source.WEB)
    says(office, pending, low)
    clock.forward(hours=2)
    says(office, pending, Survey(4, "you called me back", source=Source.SMS))
    async with open_desk() as desk:
        await desk.press("5")
        await desk.sees("LOW", "1 low", "★★☆☆☆", "the wait / the chairs", "unread: v reads it")
        await desk.sees("Later    by SMS: 4 of 5, you called me back")
        await desk.press("v")
        await desk.sees("answered on the web page, Fri 20 Mar 2026, 14:30", "Marked as read now")
        await desk.sees("Would recommend: no", "Said later by SMS, Fri 20 Mar 2026, 16:30")
        await desk.sees("4 of 5", "the first rating stays: 2")
        await desk.press("escape")
        await desk.until(lambda: "LOW" not in desk.text() and "1 low" not in desk.text())
        await desk.press("v")
        await desk.sees("First read Fri 20 Mar 2026, 16:30")


async def test_what_came_too_late_is_on_the_card(open_desk, pending, office, clock):
    with office.database.write() as connection:
        late = Survey(2, "", "the chairs", source=Source.SMS)
        feedback.keep_as_note(connection, pending, late, clock.now)
    async with open_desk() as desk:
        await desk.press("4")
        await desk.sees("Asked", "Later    by SMS: 2 of 5, the chairs")


async def test_the_code_is_that_of_a_link_which_takes_an_answer(open_desk, pending, office, served):
    async with open_desk(settings=served(public_url=PUBLIC)) as desk:
        await desk.press("4")
        await desk.sees("s Show QR")
        before = len(rows(office, "SELECT 1 FROM notification"))
        await desk.press("s")
        await desk.sees("camera", "Write down what they say", "╰")
        url = desk.app.screen._url
        assert url.startswith(f"{PUBLIC}/s/")
        assert all(line in desk.text() for line in qr.lines(url))
        assert len(rows(office, "SELECT 1 FROM survey_link")) == 1
        assert len(rows(office, "SELECT 1 FROM notification")) == before
        survey_links.answer(office, url.rsplit("/", 1)[1], Survey(5))
        # It closes by itself, and the desk says who has answered.
        await desk.sees("Ana Ruiz answered, by web", "No answer is awaited")


@pytest.mark.parametrize("text", ["http://127.0.0.1:8080/s/" + "A" * 22, f"{PUBLIC}/s/{'b' * 22}"])
def test_the_code_fits_beside_the_words_and_is_what_was_meant(text):
    lines = qr.lines(text)
    assert len(lines) <= 21
    assert {len(line) for line in lines} <= {37, 41}
    drawn = []
    for line in lines:
        drawn.append([character in "█▀" for character in line])
        drawn.append([character in "█▄" for character in line])
    code = segno.make(text, error="l", micro=False)
    wanted = [[not module for module in row] for row in code.matrix_iter(border=4)]
    assert drawn[: len(wanted)] == wanted
    assert all(all(row) for row in drawn[len(wanted) :])


async def test_a_code_that_would_be_cut_off_is_not_shown(open_desk, pending, served):
    async with open_desk(size=(80, 20), settings=served(public_url=PUBLIC)) as desk:
        await desk.press("4")
        await desk.sees("Ana Ruiz", "Asked")
        await desk.press("s")
        await desk.sees("needs a larger window", "/s/", "Write down")
        assert "█" not in desk.text()


async def test_what_a_phone_cannot_reach_is_said(open_desk, pending, served):
    async with open_desk(settings=served()) as desk:
        desk.app.screen.post_message(PagesFailed("Port 8080 is in use."))
        await desk.press("4")
        await desk.sees("s Show QR", "Port 8080 is in use.")
        await desk.press("s")
        await desk.sees("camera", "Phones outside this machine", "web.public_url.")
        assert desk.text().count("Port 8080 is in use.") == 1


async def test_with_the_pages_off_it_says_how_to_switch_them_on(open_desk, pending, office):
    async with open_desk() as desk:
        await desk.press("4")
        await desk.sees("s Show QR")
        await desk.press("s")
        await desk.sees("web.enabled = true", "config path")
        assert not rows(office, "SELECT 1 FROM survey_link")
        await desk.press("w")
        await desk.sees("Write down the feedback of Ana Ruiz")


async def test_the_code_is_only_for_a_question_that_is_open(open_desk, asked):
    asked()
    async with open_desk() as desk:
        await desk.sees("Set time")
        await desk.press("s")
        await desk.sees("once feedback was asked for")


async def test_who_was_asked_today_is_said_before_it_is_tried(open_desk, pending, asked, office):
    other = asked(date=FRIDAY_1430.date() + timedelta(days=1), service="Eye test").appointment.id
    scheduling.schedule(office, other, FRIDAY_1430, override=True)
    visits.attend(office, other)
    async with open_desk() as desk:
        await desk.press("4")
        await desk.sees("f Again tomorrow", "Asked    today at 14:30; next: tomorrow")
        await desk.press("3", "f")
        await desk.sees("This client was asked today at 14:30 already", "Yes, ask", "╰")
