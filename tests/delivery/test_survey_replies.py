"""Answers to a survey by text, fetched from the provider: which question a text answers."""

from datetime import UTC, date, timedelta

import pytest
from sqlalchemy import update

from interworky_tui.domain.feedback import Survey
from interworky_tui.services import feedback, inbox, undo
from interworky_tui.services.context import Context
from interworky_tui.storage.tables import CLIENT, EVENT, INBOUND_SMS, NOTIFICATION, SURVEY_RESPONSE
from tests.conftest import FixedClock, on_both
from tests.delivery.sms_server import SmsServer
from tests.delivery.survey_texts import OTHER, RATING, clarified, notes, status, stored
from tests.delivery.texting import STRANGER, THEIRS, Line, make_line

pytest_generate_tests = on_both


@pytest.fixture
def line(office: Context, server: SmsServer, clock: FixedClock) -> Line:
    return make_line(office, server, clock)


class TestTheAnswer:
    def test_one_poll_records_it_and_thanks(self, line: Line) -> None:
        visit = line.asked_by_text()
        line.woken.clear()
        assert line.text("5 lovely staff") == 1
        row = line.appointment(visit)
        assert (row["status"], row["feedback_collected_at"]) == (
            "feedback_collected",
            line.clock(),
        )
        (answer,) = line.rows(SURVEY_RESPONSE)
        assert (answer["rating"], answer["good"], answer["bad"]) == (5, "lovely staff", "")
        assert (answer["source"], answer["publish"], answer["read_at"]) == ("sms", 0, None)
        last = line.rows(EVENT, appointment_id=visit)[-1]
        assert (last["verb"], last["actor"]) == ("submit_feedback", "client")
        assert stored(line) == [(RATING, False, visit)]
        told = line.rows(NOTIFICATION, event="feedback_collected")
        assert {(row["recipient"], row["channel"], row["state"]) for row in told} == {
            (who, way, "pending") for who in ("client", "office") for way in ("email", "sms")
        }
        assert len(line.woken) == 1
        line.drain()
        assert "hank you" in line.texts()[-1]

    def test_the_office_hears_of_a_low_one(self, line: Line) -> None:
        line.asked_by_text()
        line.text("2, waited an hour")
        (answer,) = line.rows(SURVEY_RESPONSE)
        assert (answer["rating"], answer["good"], answer["bad"]) == (2, "", "waited an hour")
        low = line.rows(NOTIFICATION, event="low_rating")
        assert {row["recipient"] for row in low} == {"office"}

    def test_the_words_stay_as_they_were_typed(self, line: Line) -> None:
        line.asked_by_text()
        line.text("4 - OK;  but\r\nthe  Door & <b>loud</b> 😀")
        (answer,) = line.rows(SURVEY_RESPONSE)
        assert answer["good"] == "OK; but\nthe Door & <b>loud</b> 😀"

    def test_the_same_listing_twice_is_one_answer(self, line: Line) -> None:
        line.asked_by_text()
        assert line.text("5") == 1
        before = line.dump()
        assert line.take() == 0
        assert line.dump() == before

    def test_a_question_in_it_waits_for_a_person(self, line: Line) -> None:
        visit = line.asked_by_text()
        line.text("5 great! May I have the invoice?")
        assert status(line, visit) == "feedback_collected"
        assert stored(line) == [(RATING, True, visit)]

    def test_after_asking_twice(self, line: Line) -> None:
        visit = line.asked_by_text()
        line.clock.forward(days=1)
        feedback.collect(line.office, visit)
        line.drain()
        line.text("4")
        assert status(line, visit) == "feedback_collected"

    def test_of_an_old_and_an_open_survey_the_open_one(self, line: Line) -> None:
        first = line.asked_by_text()
        line.text("5")
        second = line.asked_by_text()
        line.text("1")
        ratings = {row["appointment_id"]: row["rating"] for row in line.rows(SURVEY_RESPONSE)}
        assert ratings == {first: 5, second: 1}
        assert notes(line) == []

    def test_thanks_wait_for_the_end_of_quiet_hours(self, line: Line) -> None:
        line.set(messages={"quiet_hours": "20:00-08:00"})
        visit = line.asked_by_text()
        line.clock.now = line.local(date(2026, 3, 16), 22).astimezone(UTC)
        line.text("5")
        assert status(line, visit) == "feedback_collected"
        told = line.rows(NOTIFICATION, event="feedback_collected", channel="sms")
        morning = line.local(date(2026, 3, 17), 8)
        assert {row["recipient"]: row["due_at"] == morning for row in told} == {
            "client": True,
            "office": False,
        }

    def test_when_undone_it_is_asked_again(self, line: Line) -> None:
        visit = line.asked_by_text()
        line.text("5 lovely")
        undo.undo(line.office, visit)
        line.text("4")
        assert [row["rating"] for row in line.rows(SURVEY_RESPONSE)] == [4]

    def test_who_opted_out_is_heard_and_not_thanked_by_text(self, line: Line) -> None:
        visit = line.asked_by_text()
        line.text("STOP")
        line.text("5")
        assert status(line, visit) == "feedback_collected"
        (thanks,) = line.rows(
            NOTIFICATION, event="feedback_collected", channel="sms", recipient="client"
        )
        assert (thanks["state"], thanks["reason"]) == ("cancelled", "opted_out")


class TestNoQuestionIsOpen:
    @pytest.mark.parametrize("body", ["5", "5 lovely staff", "10", "★★★"])
    def test_nobody_was_asked(self, line: Line, body: str) -> None:
        line.scheduled(phone=THEIRS)
        line.drain()
        line.text(body)
        assert stored(line) == [(OTHER, True, None)]
        assert (clarified(line), line.rows(SURVEY_RESPONSE)) == ([], [])

    def test_from_another_number(self, line: Line) -> None:
        visit = line.asked_by_text()
        line.text("5", STRANGER)
        assert stored(line) == [(OTHER, True, None)]
        assert status(line, visit) == "feedback_pending"

    def test_what_was_said_before_it(self, line: Line) -> None:
        line.server.receive(THEIRS, "5")
        line.clock.forward(minutes=5)
        visit = line.asked_by_text()
        line.take()
        assert stored(line) == [(OTHER, True, None)]
        assert status(line, visit) == "feedback_pending"

    @pytest.mark.parametrize(
        ("state", "taken"),
        [("previewed", True), ("held", True), ("failed", False), ("cancelled", False)],
    )
    def test_what_never_left_asked_nothing(self, line: Line, state: str, taken: bool) -> None:
        visit = line.asked_by_text()
        with line.office.database.write() as connection:
            change = update(NOTIFICATION).where(NOTIFICATION.c.event == "feedback_requested")
            connection.execute(change.values(state=state, reason="uncertain", sent_at=None))
        line.text("5")
        assert (status(line, visit) == "feedback_collected") is taken
        assert stored(line) == [(RATING, False, visit) if taken else (OTHER, True, None)]

    def test_nor_what_waits_for_the_morning(self, line: Line) -> None:
        line.set(messages={"quiet_hours": "09:00-12:00"})
        visit = line.asked_by_text()
        line.text("5")
        assert stored(line) == [(OTHER, True, None)]
        line.clock.forward(hours=3)
        line.drain()
        line.text("5")
        assert status(line, visit) == "feedback_collected"

    def test_a_number_that_is_no_more_the_clients(self, line: Line) -> None:
        visit = line.asked_by_text()
        with line.office.database.write() as connection:
            connection.execute(update(CLIENT).values(phone=STRANGER))
        line.text("5")
        line.text("5", STRANGER)
        assert stored(line) == [(OTHER, True, None)] * 2
        assert status(line, visit) == "feedback_pending"

    def test_the_office_itself(self, line: Line) -> None:
        visit = line.asked_by_text(phone="+493012345678")
        line.text("5", "+493012345678")
        assert stored(line) == [(OTHER, False, None)]
        assert status(line, visit) == "feedback_pending"


class TestTwoQuestions:
    @pytest.mark.parametrize("body", ["5", "5 lovely staff", "10"])
    def test_of_two_open_surveys_a_person_decides(self, line: Line, body: str) -> None:
        """One telephone of a family, or one client who came twice."""
        asked = [line.asked_by_text(name=name) for name in ("Ann", "Bo")]
        line.text(body)
        assert stored(line) == [(OTHER, True, None)]
        assert [status(line, visit) for visit in asked] == ["feedback_pending"] * 2
        assert clarified(line) == []

    def test_when_one_is_settled_the_other_is_meant(self, line: Line) -> None:
        first, second = (line.asked_by_text(name=name) for name in ("Ann", "Bo"))
        feedback.record(line.office, first, Survey(3))
        line.text("5")
        (answer,) = line.rows(SURVEY_RESPONSE, source="sms")
        assert answer["appointment_id"] == second
        assert line.rows(INBOUND_SMS)[0]["client_id"] == line.appointment(second)["client_id"]

    def test_a_reminder_may_be_what_a_bare_figure_answers(self, line: Line) -> None:
        visit = line.asked_by_text()
        line.reminded()
        line.text("1")
        assert stored(line) == [(OTHER, True, visit)]
        assert (status(line, visit), clarified(line)) == ("feedback_pending", [])

    def test_but_not_one_with_words_whoever_was_reminded(self, line: Line) -> None:
        visit = line.asked_by_text(name="Ann")
        line.reminded(name="Bo")
        line.text("5 lovely staff")
        row = line.appointment(visit)
        assert row["status"] == "feedback_collected"
        assert line.rows(INBOUND_SMS)[0]["client_id"] == row["client_id"]

    def test_then_an_odd_answer_is_not_asked_about(self, line: Line) -> None:
        visit = line.asked_by_text()
        line.reminded()
        line.text("10")
        assert (stored(line), clarified(line)) == ([(OTHER, True, visit)], [])

    def test_nor_one_that_was_answered_or_is_older(self, line: Line) -> None:
        line.reminded()
        visit = line.asked_by_text()
        line.reminded(starts_at=line.clock.now + timedelta(days=3))
        line.text("C")
        line.text("5")
        assert status(line, visit) == "feedback_collected"

    def test_c_still_answers_the_reminder(self, line: Line) -> None:
        line.asked_by_text()
        reminded = line.reminded()
        line.text("C")
        assert line.appointment(reminded)["confirmed_at"] == line.clock()

    def test_what_staff_asked_is_answered_to_them(self, line: Line) -> None:
        visit = line.asked_by_text()
        line.text("When can I come again")
        inbox.answer(line.office, 1, "At 3, 4 or 5 on Tuesday?")
        line.drain()
        line.text("5 great")
        assert stored(line)[-1] == (OTHER, True, visit)
        assert status(line, visit) == "feedback_pending"
        line.text("And for the visit: 5 stars")
        line.text("5 stars")
        assert status(line, visit) == "feedback_collected"
