"""The desk rings when an answer comes in, and says quietly that a request did."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from interworky_tui.domain.feedback import Source, Survey
from interworky_tui.services import feedback, inbox, offers, scheduling, visits
from interworky_tui.services import undo as undoing
from interworky_tui.services.web_requests import WebRequest, file_request
from interworky_tui.storage.arrivals import Arrivals, Filed, Said, Seen
from interworky_tui.ui.arrivals import ArrivalWatch

FRIDAY_1430 = datetime(2026, 3, 20, 13, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
NAMES = ("Ana Ruiz", "Björn Åkesson", "Chloé Dubois", "Daniel Kim", "Emma Schmidt", "Fatima Zahra")


@pytest.fixture
def pending(office, clock, asked):
    """Visits whose clients were asked for feedback."""

    def make(count=1):
        clock.now = FRIDAY_1430 - timedelta(days=1)
        made = []
        for number, name in enumerate(NAMES[:count]):
            phone, email = f"+49151123456{number:02}", f"c{number}@example.com"
            made.append(asked(name, phone, email).appointment.id)
            scheduling.schedule(office, made[-1], FRIDAY_1430, override=True)
        clock.now = FRIDAY_1430
        for id in made:
            visits.attend(office, id)
            feedback.collect(office, id)
        return made

    return make


@pytest.fixture
def rung(monkeypatch):
    """A bell that counts."""
    rings = []
    monkeypatch.setattr("interworky_tui.ui.app.DeskApp.bell", lambda _app: rings.append(1))
    return rings


def says(office, id, rating, words="", source=Source.WEB):
    survey = Survey(rating, good=words, source=source)
    with office.database.write() as connection:
        return feedback.take(connection, office, id, survey, office.clock())


async def watching(desk):
    await desk.until(lambda: desk.app.screen_stack[0].arrivals._seen)


async def test_an_answer_rings_once_and_says_who_and_what(open_desk, pending, office, rung):
    (one,) = pending()
    async with open_desk() as desk:
        await watching(desk)
        await desk.press("4")
        await desk.sees("Write answer")
        says(office, one, 5, "[bold]lovely\x1b[31m staff", Source.SMS)
        await desk.sees("Ana Ruiz answered, by SMS", "★★★★★ 5 of 5", "[bold]lovely[31m staff")
        await desk.sees("Coll 1")
        assert rung == [1]
        says(office, one, 2, "the wait", Source.WEB)
        await desk.sees("Ana Ruiz said more, by web", "★★☆☆☆ 2 of 5  Good: the wait")
        assert rung == [1, 1]


async def test_it_rings_over_a_modal_and_over_the_messages(open_desk, pending, office, rung):
    first, second = pending(2)
    async with open_desk() as desk:
        await watching(desk)
        await desk.press("n")
        await desk.sees("New request")
        says(office, first, 4)
        await desk.sees("Ana Ruiz answered, by web")
        await desk.press("escape", "m")
        await desk.sees("Messages:")
        says(office, second, 4)
        await desk.sees("Björn Åkesson answered, by web")
        assert rung == [1, 1]


async def test_what_was_there_before_does_not_ring(open_desk, pending, office, rung):
    first, second = pending(2)
    says(office, first, 1)
    async with open_desk() as desk:
        await watching(desk)
        says(office, second, 5)
        await desk.sees("Björn Åkesson answered")
        assert "Ana Ruiz answered" not in desk.toasts()
        assert rung == [1]


async def test_what_is_typed_here_does_not_ring_but_what_another_desk_types_does(
    open_desk, pending, office, rung
):
    pending(2)
    async with open_desk() as desk:
        await watching(desk)
        await desk.press("4")
        await desk.sees("Ana Ruiz")
        here = desk.app.screen.rows.cursor_row
        await desk.press("w")
        await desk.sees("Write down the feedback")
        await desk.press("4", "enter")
        await desk.sees("is written down")
        other = 1 if here.id == 2 else 2
        feedback.record(replace(office, actor="ben"), other, Survey(3))
        await desk.sees("answered, written down by staff")
        assert f"{here.name} answered" not in desk.toasts()
        assert rung == [1]
        # Taken back, and then the client answers after all.
        undoing.undo(office)
        says(office, other, 5)
        await desk.until(lambda: len(rung) == 2)


async def test_a_request_from_the_web_is_told_without_a_ring(open_desk, office, rung):
    request = WebRequest(
        name="Mia Sommer",
        phone="+4915112345677",
        date="2026-03-20",
        band="morning",
        consent=True,
    )
    async with open_desk() as desk:
        await watching(desk)
        file_request(office, request)
        await desk.sees("New request from the web: Mia Sommer", "Filed    from the web, now")
        assert rung == []


async def test_a_text_that_waits_stands_on_the_card_of_its_visit(open_desk, pending, office):
    (one,) = pending()
    phone = office.settings.office.phone
    async with open_desk(size=(80, 40)) as desk:
        await desk.press("4")
        await desk.sees("Write answer")
        text = {"from_number": "+4915112345600", "to_number": phone, "at": office.clock()}
        inbox.receive(office, sid="SM1", body="Where do I\npark?", **text)
        await desk.sees("Wrote    “Where do I park?”, now; m answers it")
        await desk.press("m")
        await desk.sees("← Ana Ruiz")
        await desk.press("enter")
        await desk.sees("Write answer")
        assert desk.app.screen.rows.cursor_row.id == one


class Looks:
    """Reads that find what they are told to."""

    def __init__(self, *found):
        self._found = [Arrivals(Seen(0, 0, 0)), *found]

    async def arrivals(self, _since):
        return self._found.pop(0)


def said(name, rating, words="", source=Source.WEB, *, later=False):
    return Said(len(name), name, rating, words, source, later)


async def toasts(*found):
    watch = ArrivalWatch(Looks(Arrivals(Seen(9, 9, 9), *found)), 3, BERLIN)
    assert await watch.look() == []
    return await watch.look()


async def test_several_are_one_toast_and_the_worst_come_first():
    ratings = [5, 4, None, 1, 5, 3]
    several = tuple(said(name, rate, "so") for name, rate in zip(NAMES, ratings, strict=True))
    (toast,) = await toasts(several)
    assert toast.title == "6 answers came in"
    assert toast.message.splitlines() == [
        "★☆☆☆☆ Daniel Kim: so",
        "★★★☆☆ Fatima Zahra: so",
        "★★★★☆ Björn Åkesson: so",
        "★★★★★ Ana Ruiz: so",
        "and 2 more",
    ]
    assert (toast.severity, toast.rings) == ("warning", True)


async def test_requests_are_joined_and_none_of_them_rings():
    (toast,) = await toasts((), tuple(Filed(1, name) for name in NAMES[:3]))
    assert toast.title == "3 new requests from the web"
    assert toast.message.splitlines() == list(NAMES[:3])
    assert not toast.rings


@pytest.mark.parametrize(("rating", "severity"), [(3, "warning"), (4, "information")])
async def test_a_low_rating_warns(rating, severity):
    (toast,) = await toasts((said("Ana Ruiz", rating),))
    assert (toast.message, toast.severity) == (f"{'★' * rating:☆<5} {rating} of 5", severity)


async def test_who_takes_a_time_that_was_offered_rings(open_desk, office, clock, asked, rung):
    one = asked().appointment.id
    start = FRIDAY_1430
    offers.make(office, start, start + timedelta(minutes=30), [one])
    with office.database.write() as connection:
        connection.exec_driver_sql("UPDATE notification SET state = 'sent'")
    async with open_desk() as desk:
        await watching(desk)
        clock.forward(minutes=1)
        given = {"from_number": "+4915112345601", "to_number": "+4930999000", "at": clock()}
        inbox.receive(office, sid="SM1", body="C", **given)
        await desk.sees("Ana Ruiz took the time offered", "Fri 20 Mar 2026, 14:30")
        assert len(rung) == 1
