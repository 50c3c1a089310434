"""Answers to a survey by text, fetched from the provider: recorded, asked about, or read."""

import re
import threading
from datetime import UTC, date, timedelta

import pytest
from sqlalchemy import update

from interworky_tui.domain.feedback import Source, Survey
from interworky_tui.services import feedback, inbox, survey_links, undo
from interworky_tui.services.clients import edit_client
from interworky_tui.services.context import Context
from interworky_tui.storage.tables import (
    CLIENT,
    EVENT,
    INBOUND_SMS,
    NOTIFICATION,
    SURVEY_NOTE,
    SURVEY_RESPONSE,
)
from tests.conftest import FixedClock, on_both
from tests.delivery.sms_server import SmsServer
from tests.delivery.texting import STRANGER, THEIRS, Line, make_line

pytest_generate_tests = on_both

OTHER, RATING = "other", "rating"


@pytest.fixture
def line(office: Context, server: SmsServer, clock: FixedClock) -> Line:
    return make_line(office, server, clock)


def status(line: Line, visit: int) -> str:
    return str(line.appointment(visit)["status"])


def stored(line: Line) -> list[tuple[str, bool, int | None]]:
    """Kind, whether it waits for a person, and the visit beside which it stands."""
    rows = line.rows(INBOUND_SMS)
    return [(row["kind"], row["handled_at"] is None, row["appointment_id"]) for row in rows]


def clarified(line: Line) -> list[str]:
    return [row["state"] for row in line.rows(NOTIFICATION, event="clarify")]


def notes(line: Line) -> list[tuple[int, str, int | None, str]]:
    rows = line.rows(SURVEY_NOTE)
    return [(row["appointment_id"], row["source"], row["rating"], row["text"]) for row in rows]


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
        edit_client(line.office, client, name="Ada", phone=STRANGER, email="")
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
