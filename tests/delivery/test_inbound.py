"""Texts from clients, fetched from a provider over its own protocol: what each one does."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from interworky_tui.services import scheduling
from interworky_tui.services.context import Context
from interworky_tui.services.reminders import queue_reminders
from interworky_tui.storage.tables import (
    APPOINTMENT,
    CLIENT,
    EVENT,
    INBOUND_SMS,
    NOTIFICATION,
)
from tests.conftest import FixedClock, on_both
from tests.delivery.sms_server import NUMBER, SmsServer
from tests.delivery.texting import STRANGER, THEIRS, Line, make_line

pytest_generate_tests = on_both


@pytest.fixture
def line(office: Context, server: SmsServer, clock: FixedClock) -> Line:
    return make_line(office, server, clock)


class TestOptOuts:
    def test_stop_ends_the_texts_and_leaves_emails_alone(self, line: Line) -> None:
        line.scheduled(phone=THEIRS)
        assert line.states("sms") == line.states("email") == {("pending", None)}
        line.woken.clear()
        assert line.text("Stop.") == 1
        assert line.opted_out() == [(THEIRS, "reply")]
        assert line.states("sms") == {("cancelled", "opted_out")}
        assert line.states("email") == {("pending", None)}
        assert line.inbound() == [(THEIRS, "stop", False)]
        line.drain()
        assert (line.texts(), line.woken) == ([], [])

    def test_and_what_comes_later_is_not_sent_either(self, line: Line) -> None:
        line.text("please stop texting me")
        line.scheduled(phone=THEIRS)
        line.drain()
        assert line.states("sms") == {("cancelled", "opted_out")}
        assert line.texts() == []

    def test_the_office_still_gets_its_own(self, line: Line) -> None:
        line.scheduled(phone=THEIRS)
        line.text("STOP")
        office = line.rows(NOTIFICATION, channel="sms", recipient="office")
        assert {row["state"] for row in office} == {"pending"}

    def test_a_stranger_is_heard_too(self, line: Line) -> None:
        line.text("STOP", STRANGER)
        assert line.opted_out() == [(STRANGER, "reply")]
        (row,) = line.rows(INBOUND_SMS)
        assert (row["client_id"], row["body"]) == (None, "STOP")

    def test_among_other_words_it_counts_and_a_person_reads_the_rest(self, line: Line) -> None:
        line.text("Please stop texting me. I can't come on Friday.")
        assert line.opted_out() == [(THEIRS, "reply")]
        assert line.inbound() == [(THEIRS, "stop", True)]

    @pytest.mark.parametrize("word", ["START", "unstop"])
    def test_start_lifts_it(self, line: Line, word: str) -> None:
        line.text("STOP")
        assert line.text(word) == 1
        assert (line.opted_out(), line.inbound()[1]) == ([], (THEIRS, "start", False))
        line.scheduled(phone=THEIRS)
        line.drain()
        assert len(line.texts()) == 2

    def test_the_last_word_counts_whenever_it_is_fetched(self, line: Line) -> None:
        for word in ("STOP", "START", "STOP"):
            line.clock.forward(minutes=1)
            line.server.receive(THEIRS, word)
        assert line.take() == 3
        assert line.opted_out() == [(THEIRS, "reply")]

    def test_again_it_stays_as_it_was(self, line: Line) -> None:
        line.text("STOP")
        line.text("STOP")
        assert line.opted_out() == [(THEIRS, "reply")]


class TestReminders:
    def test_c_confirms(self, line: Line) -> None:
        visit = line.reminded()
        line.woken.clear()
        assert line.text("c.") == 1
        row = line.appointment(visit)
        assert (row["status"], row["confirmed_at"]) == ("scheduled", line.clock())
        last = line.rows(EVENT, appointment_id=visit)[-1]
        assert (last["verb"], last["actor"]) == ("confirm", "client")
        (text,) = line.rows(INBOUND_SMS)
        assert (text["kind"], text["appointment_id"]) == ("confirm", visit)
        assert (text["client_id"], text["handled_at"]) == (row["client_id"], line.clock())
        line.drain()
        assert line.woken == []

    def test_after_the_reminder_of_the_day_before(self, line: Line) -> None:
        visit = line.scheduled(line.clock.now + timedelta(days=2), phone=THEIRS).appointment.id
        line.drain()
        line.text("C")
        assert line.appointment(visit)["confirmed_at"] is None
        line.clock.forward(days=1)
        assert queue_reminders(line.office) == 2
        line.drain()
        assert "C to confirm" in line.texts()[-1]
        line.text("C")
        assert line.appointment(visit)["confirmed_at"] == line.clock()
        line.clock.forward(hours=3)
        assert queue_reminders(line.office) == 0

    def test_r_asks_for_another_time_and_waits(self, line: Line) -> None:
        visit = line.reminded()
        line.text("R")
        row = line.appointment(visit)
        assert (row["status"], row["change_asked_at"]) == ("scheduled", line.clock())
        assert line.inbound() == [(THEIRS, "change", True)]

    def test_who_thinks_again_is_heard(self, line: Line) -> None:
        visit = line.reminded()
        line.text("C")
        line.text("R")
        row = line.appointment(visit)
        assert (row["confirmed_at"], row["change_asked_at"]) == (None, line.clock())
        line.text("C")
        row = line.appointment(visit)
        assert (row["confirmed_at"], row["change_asked_at"]) == (line.clock(), None)

    def test_a_second_c_changes_nothing(self, line: Line) -> None:
        visit = line.reminded()
        line.text("C")
        before = line.appointment(visit)
        line.text("C")
        assert line.appointment(visit) == before
        assert line.inbound() == [(THEIRS, "confirm", False)] * 2

    @pytest.mark.parametrize("body", ["C", "R"])
    def test_without_a_reminder_it_waits_for_a_person(self, line: Line, body: str) -> None:
        line.scheduled(phone=THEIRS)
        line.drain()
        line.text(body)
        assert line.inbound() == [(THEIRS, "other", True)]
        assert line.rows(APPOINTMENT)[0]["confirmed_at"] is None

    @pytest.mark.parametrize(
        ("state", "kind"),
        [("previewed", "confirm"), ("pending", "other"), ("cancelled", "other")],
    )
    def test_only_a_reminder_that_left_can_be_answered(
        self, line: Line, state: str, kind: str
    ) -> None:
        line.reminded()
        with line.office.database.write() as connection:
            change = update(NOTIFICATION).where(NOTIFICATION.c.event == "reminder")
            connection.execute(change.values(state=state, reason="stale", sent_at=None))
        line.text("C")
        assert line.inbound() == [(THEIRS, kind, kind == "other")]

    def test_a_visit_that_was_moved_since_is_not_confirmed(self, line: Line) -> None:
        visit = line.reminded()
        scheduling.schedule(line.office, visit, line.clock.now + timedelta(days=4))
        line.text("C")
        assert line.inbound() == [(THEIRS, "other", True)]

    def test_a_visit_that_has_begun_is_not_confirmed(self, line: Line) -> None:
        line.reminded(starts_at=line.clock.now + timedelta(minutes=10))
        line.clock.forward(minutes=10)
        line.text("C")
        assert line.inbound() == [(THEIRS, "other", True)]

    def test_what_was_said_before_the_reminder_is_no_answer(self, line: Line) -> None:
        line.server.receive(THEIRS, "C")
        line.clock.forward(minutes=10)
        line.reminded()
        line.take()
        assert line.inbound() == [(THEIRS, "other", True)]

    def test_of_two_visits_the_one_of_the_last_reminder_and_then_the_other(
        self, line: Line
    ) -> None:
        first = line.reminded()
        second = line.reminded(starts_at=line.clock.now + timedelta(days=3))
        line.text("C")
        confirmed = [line.appointment(visit)["confirmed_at"] for visit in (first, second)]
        assert confirmed == [None, line.clock()]
        line.text("C")
        assert line.appointment(first)["confirmed_at"] == line.clock()
        owners = [row["client_id"] for row in line.rows(INBOUND_SMS)]
        assert owners == [line.appointment(visit)["client_id"] for visit in (second, first)]

    def test_a_second_reminder_asks_again(self, line: Line) -> None:
        other = line.reminded(starts_at=line.clock.now + timedelta(days=3))
        visit = line.reminded()
        line.text("C")
        line.clock.forward(hours=4)
        line.remind(visit)
        line.text("C")
        assert line.appointment(visit)["confirmed_at"] == line.clock()
        assert line.appointment(other)["confirmed_at"] is None


class TestHelp:
    def test_an_answer_leaves_once_a_day(self, line: Line) -> None:
        line.woken.clear()
        line.text("HELP", STRANGER)
        assert len(line.woken) == 1
        line.text("info", STRANGER)
        line.drain()
        assert len(line.texts(STRANGER)) == 1
        assert "STOP" in line.texts(STRANGER)[0]
        assert line.inbound() == [(STRANGER, "help", False)] * 2
        assert len(line.woken) == 1
        line.clock.forward(days=1)
        line.text("HELP", STRANGER)
        line.drain()
        assert len(line.texts(STRANGER)) == 2

    def test_a_client_gets_it_after_what_waits_already(self, line: Line) -> None:
        line.scheduled(phone=THEIRS)
        line.text("HELP")
        line.drain()
        assert "help" in line.texts()[-1]
        (answer,) = line.rows(NOTIFICATION, event="help")
        client = line.rows(CLIENT)[0]["id"]
        assert answer["stream"] == f"client:{client}:sms"
        assert (answer["appointment_version"], answer["in_reply_to"]) == (None, 1)

    def test_who_opted_out_gets_none(self, line: Line) -> None:
        line.text("STOP")
        line.text("HELP")
        line.drain()
        assert line.texts() == []


class TestWhoWrites:
    def test_anything_else_waits_for_a_person(self, line: Line) -> None:
        line.scheduled(phone=THEIRS)
        line.text("Can I bring my\r\ndog\x1b[2J?")
        (row,) = line.rows(INBOUND_SMS)
        assert row["body"] == "Can I bring my\ndog[2J?"
        assert (row["client_id"], row["received_at"]) == (1, line.clock())
        assert line.inbound() == [(THEIRS, "other", True)]

    def test_of_two_with_one_number_the_one_who_was_texted_last(self, line: Line) -> None:
        asked = [line.scheduled(phone=THEIRS, name=name) for name in ("Ann", "Bo", "Cy")]
        line.drain()
        line.clock.forward(hours=1)
        line.remind(asked[1].appointment.id)
        line.text("hello")
        assert line.rows(INBOUND_SMS)[0]["client_id"] == asked[1].client.id

    @pytest.mark.parametrize("body", ["C", "hello", "HELP"])
    @pytest.mark.parametrize("sender", ["+493012345678", NUMBER])
    def test_the_office_itself_is_not_answered(self, line: Line, sender: str, body: str) -> None:
        line.text(body, sender)
        assert [waits for _, _, waits in line.inbound()] == [False]
        line.drain()
        assert line.texts(sender) == []

    def test_our_own_stop_stops_nothing(self, line: Line) -> None:
        line.text("STOP", NUMBER)
        assert line.opted_out() == []
        line.text("STOP", "+493012345678")
        assert line.opted_out() == [("+493012345678", "reply")]


def test_nothing_of_a_text_is_logged(line: Line, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    line.reminded()
    for body in ("STOP", "START", "C", "HELP", "what is my PIN"):
        line.text(body)
    line.drain()
    said = " ".join(
        record.getMessage() for record in caplog.records if "sqlalchemy" not in record.name
    )
    for private in (THEIRS, "30111222", "PIN", "Ada"):
        assert private not in said


def test_a_changed_actor_is_not_blamed(line: Line) -> None:
    line.office = replace(line.office, actor="ben")
    visit = line.reminded()
    line.text("R")
    assert line.rows(EVENT, appointment_id=visit)[-1]["actor"] == "client"
