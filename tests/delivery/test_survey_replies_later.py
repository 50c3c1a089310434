"""Answers to a survey by text that are odd or late: asked about, corrected, or noted beside it."""

import re
import threading
from datetime import UTC, date

import pytest

from interworky_tui.domain.feedback import Source, Survey
from interworky_tui.services import feedback, survey_links
from interworky_tui.services.context import Context
from interworky_tui.storage.tables import NOTIFICATION, SURVEY_NOTE, SURVEY_RESPONSE
from tests.conftest import FixedClock, on_both
from tests.delivery.sms_server import SmsServer
from tests.delivery.survey_texts import OTHER, RATING, clarified, notes, status, stored
from tests.delivery.texting import STRANGER, THEIRS, Line, make_line
from tests.mending import mend_client

pytest_generate_tests = on_both


@pytest.fixture
def line(office: Context, server: SmsServer, clock: FixedClock) -> Line:
    return make_line(office, server, clock)


class TestClarifying:
    def test_once_for_an_odd_answer(self, line: Line) -> None:
        visit = line.asked_by_text()
        line.woken.clear()
        line.text("4-5")
        assert stored(line) == [(OTHER, True, visit)]
        assert (status(line, visit), len(line.woken)) == ("feedback_pending", 1)
        line.drain()
        assert "one number from 1 to 5" in line.texts()[-1]
        (row,) = line.rows(NOTIFICATION, event="clarify")
        assert (row["appointment_id"], row["in_reply_to"]) == (visit, 1)
        line.text("10/10")
        line.text("6")
        assert clarified(line) == ["sent"]
        assert stored(line) == [(OTHER, True, visit)] * 3

    def test_and_the_answer_to_that_counts(self, line: Line) -> None:
        visit = line.asked_by_text()
        line.text("10")
        line.drain()
        line.text("5")
        assert status(line, visit) == "feedback_collected"

    def test_who_is_quicker_is_not_asked(self, line: Line) -> None:
        line.asked_by_text()
        line.server.receive(THEIRS, "10")
        line.clock.forward(seconds=20)
        line.server.receive(THEIRS, "5 I mean")
        assert line.take() == 2
        line.drain()
        assert clarified(line) == ["cancelled"]

    def test_in_the_clients_language(self, line: Line) -> None:
        line.asked_by_text(language="es")
        line.text("10")
        line.drain()
        assert "del 1 al 5" in line.texts()[-1]

    def test_nobody_is_woken_for_it(self, line: Line) -> None:
        line.set(messages={"quiet_hours": "20:00-08:00"})
        line.asked_by_text()
        line.clock.now = line.local(date(2026, 3, 16), 23).astimezone(UTC)
        line.text("10")
        (row,) = line.rows(NOTIFICATION, event="clarify")
        assert row["due_at"] == line.local(date(2026, 3, 17), 8)

    def test_the_number_that_wrote_is_asked_even_when_another_is_on_file_by_then(
        self, line: Line
    ) -> None:
        visit = line.asked_by_text()
        line.text("10")
        client = line.appointment(visit)["client_id"]
        mend_client(line.office, client, name="Ada", phone=STRANGER, email="")
        (row,) = line.rows(NOTIFICATION, event="clarify")
        assert row["to_address"] == THEIRS

    def test_who_opted_out_is_not_asked(self, line: Line) -> None:
        line.asked_by_text()
        line.text("STOP")
        line.text("10")
        line.drain()
        assert clarified(line) == ["cancelled"]

    @pytest.mark.parametrize(
        "body", ["5pm", "2:30", "5 minutes late", "2 people", "Thank you!", "C", "👍"]
    )
    def test_what_is_no_attempt_stands_beside_the_visit(self, line: Line, body: str) -> None:
        visit = line.asked_by_text()
        line.text(body)
        assert stored(line) == [(OTHER, True, visit)]
        assert (status(line, visit), clarified(line)) == ("feedback_pending", [])


class TestKeywords:
    def test_an_opt_out_goes_first_and_a_person_reads_the_rating(self, line: Line) -> None:
        visit = line.asked_by_text()
        line.text("1. Stop texting me")
        assert line.opted_out() == [(THEIRS, "reply")]
        assert stored(line) == [("stop", True, visit)]
        assert status(line, visit) == "feedback_pending"

    @pytest.mark.parametrize(("body", "kind"), [("HELP", "help"), ("START", "start")])
    def test_a_keyword_alone_is_none_of_it(self, line: Line, body: str, kind: str) -> None:
        visit = line.asked_by_text()
        line.text(body)
        assert stored(line) == [(kind, False, None)]
        assert status(line, visit) == "feedback_pending"


class TestLate:
    def test_another_rating_is_a_correction_and_the_first_wins(self, line: Line) -> None:
        visit = line.asked_by_text()
        line.text("5 lovely")
        line.text("4")
        assert notes(line) == [(visit, "sms", 4, "")]
        assert [row["rating"] for row in line.rows(SURVEY_RESPONSE)] == [5]
        assert stored(line)[-1] == (RATING, False, visit)
        assert len(line.rows(NOTIFICATION, event="feedback_collected")) == 4

    @pytest.mark.parametrize("body", ["1", "4 but the invoice is wrong"])
    def test_nobody_is_told_of_it_so_that_a_person_reads_it(self, line: Line, body: str) -> None:
        visit = line.asked_by_text()
        line.text("5 lovely")
        line.text(body)
        assert stored(line)[-1] == (RATING, True, visit)

    def test_after_an_answer_by_web_or_at_the_counter(self, line: Line) -> None:
        for source in (Source.WEB, Source.STAFF):
            visit = line.asked_by_text()
            feedback.record(line.office, visit, Survey(2, source=source))
            line.text("5 so kind")
            assert notes(line)[-1] == (visit, "sms", 5, "so kind")
            line.clock.forward(days=31)

    @pytest.mark.parametrize(("days", "kept"), [(29, True), (31, False)])
    def test_for_a_month(self, line: Line, days: int, kept: bool) -> None:
        visit = line.asked_by_text()
        line.text("5")
        line.clock.forward(days=days)
        line.text("4")
        assert bool(notes(line)) is kept
        assert stored(line)[-1] == ((RATING, False, visit) if kept else (OTHER, True, None))

    def test_of_two_answered_visits_a_person_decides(self, line: Line) -> None:
        for _ in range(2):
            line.asked_by_text()
            line.text("5")
        line.text("3")
        assert (notes(line), stored(line)[-1]) == ([], (OTHER, True, None))

    @pytest.mark.parametrize(
        ("days", "expected"), [(13, "feedback_collected"), (15, "feedback_pending")]
    )
    def test_a_survey_is_open_as_long_as_its_link(
        self, line: Line, days: int, expected: str
    ) -> None:
        visit = line.asked_by_text()
        line.clock.forward(days=days)
        line.text("5 sorry for the delay")
        late = expected == "feedback_pending"
        assert status(line, visit) == expected
        assert notes(line) == ([(visit, "sms", 5, "sorry for the delay")] if late else [])
        assert stored(line) == [(RATING, late, visit)]

    def test_words_after_the_answer_stand_beside_it_that_day(self, line: Line) -> None:
        visit = line.asked_by_text()
        line.text("5")
        line.text("the new chairs are nice")
        assert stored(line)[-1] == (OTHER, True, visit)
        line.clock.forward(days=1)
        line.text("see you")
        assert stored(line)[-1] == (OTHER, True, None)

    def test_so_many_notes_and_no_more(self, line: Line) -> None:
        visit = line.asked_by_text()
        line.text("5")
        for number in range(feedback.NOTES_AT_MOST + 1):
            line.text(f"4 ok{number * 'k'}")
        assert len(notes(line)) == feedback.NOTES_AT_MOST
        assert stored(line)[-1] == (OTHER, True, visit)


@pytest.mark.parametrize("turn", range(5))
def test_of_an_answer_by_web_and_one_by_text_one_wins(line: Line, turn: int) -> None:
    line.set(web={"enabled": True})
    visit = line.asked_by_text()
    link = re.search(r"/s/([\w-]{22})", line.texts()[-1])
    assert link
    line.clock.forward(minutes=1)
    line.server.receive(THEIRS, "5 so kind")
    gate = threading.Barrier(2)

    def by_text() -> None:
        gate.wait()
        line.take()

    def by_web() -> None:
        gate.wait()
        survey_links.answer(line.office, link[1], Survey(4, "by web"))

    threads = [threading.Thread(target=way) for way in (by_text, by_web)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (answer,) = line.rows(SURVEY_RESPONSE)
    (note,) = line.rows(SURVEY_NOTE)
    assert {answer["source"], note["source"]} == {"web", "sms"}
    assert status(line, visit) == "feedback_collected"
    assert line.inbound()[0][1] == RATING
    assert len(line.rows(NOTIFICATION, event="feedback_collected")) == 4
