"""A free slot offered by text: who gets which words, who has it in the end, and when it is over."""

import contextlib
import threading
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from interworky_tui.delivery import claims, outcomes
from interworky_tui.domain.appointment import CancelReason
from interworky_tui.domain.errors import BadInput, IllegalMove, InThePast, NotFound
from interworky_tui.domain.replies import Kind
from interworky_tui.services import inbox, offers, scheduling, undo
from interworky_tui.services.context import Context
from interworky_tui.services.offer_ends import settle
from interworky_tui.services.reminders import queue_reminders
from interworky_tui.storage.database import Database
from interworky_tui.storage.tables import (
    APPOINTMENT,
    CLIENT,
    EVENT,
    INBOUND_SMS,
    NOTIFICATION,
    SLOT_OFFER,
    SLOT_OFFER_TO,
)
from tests.rounds import rounds
from tests.services.conftest import Desk

HALF_HOUR = timedelta(minutes=30)
FRIDAY = date(2026, 3, 20)


@pytest.fixture
def gap(desk: Desk) -> tuple[datetime, datetime]:
    """Friday from half past ten to eleven."""
    start = desk.local(FRIDAY, 10, 30)
    return start, start + HALF_HOUR


def number_of(desk: Desk, visit: int) -> str:
    client = desk.appointment(visit)["client_id"]
    return str(desk.rows(CLIENT, id=client)[0]["phone"])


def offered(desk: Desk, gap: tuple[datetime, datetime], *visits: int) -> offers.Draft:
    """Made, and sent at once."""
    made = offers.make(desk.office, *gap, visits)
    desk.deliver("sent", event="offer")
    return made


def requests(desk: Desk, count: int) -> list[int]:
    return [desk.request().appointment.id for _ in range(count)]


def says(desk: Desk, visit: int, text: str, at: datetime | None = None) -> Kind | None:
    """What a text of the visit's client is taken for; it comes a minute later."""
    desk.clock.forward(minutes=1)
    return inbox.receive(
        desk.office,
        sid=f"SM{len(desk.rows(INBOUND_SMS))}",
        from_number=number_of(desk, visit),
        to_number="+4930999000",
        body=text,
        at=at or desk.clock(),
    )


def waiting(desk: Desk) -> list[str]:
    return [row["body"] for row in desk.rows(INBOUND_SMS) if row["handled_at"] is None]


def gone_texts(desk: Desk) -> list[str]:
    return [row["body"] for row in desk.rows(NOTIFICATION, event="offer_gone")]


def outcome(desk: Desk) -> str | None:
    (row,) = desk.rows(SLOT_OFFER)
    return row["outcome"] and str(row["outcome"])


class TestMaking:
    def test_each_gets_the_words_that_were_shown_before(self, desk: Desk, gap: Any) -> None:
        ada, bob = requests(desk, 2)
        draft = offers.draft(desk.office, *gap, [ada, bob])
        assert desk.rows(SLOT_OFFER) == []
        assert offers.make(desk.office, *gap, [ada, bob]) == draft
        texts = desk.rows(NOTIFICATION, event="offer")
        assert [row["body"] for row in texts] == [letter.text for letter in draft.letters]
        assert {(row["state"], row["channel"], row["due_at"]) for row in texts} == {
            ("pending", "sms", desk.clock())
        }
        first = draft.letters[0]
        assert first.text.startswith("Lindenhof Practice: Fri 20 Mar 2026, 10:30 is free.")
        assert "Reply C by 10:10 to take it." in first.text
        assert first.segments == 1
        assert [row["number"] for row in desk.rows(SLOT_OFFER_TO)] == [
            letter.phone for letter in draft.letters
        ]
        (row,) = desk.rows(SLOT_OFFER)
        assert (row["starts_at"], row["ends_at"]) == gap
        assert row["expires_at"] == desk.clock() + timedelta(hours=1)
        assert row["made_by"] == "ana"

    def test_the_first_text_to_a_number_says_how_to_stop(self, desk: Desk, gap: Any) -> None:
        ada = desk.request().appointment.id
        with desk.office.database.write() as connection:
            connection.execute(update(NOTIFICATION).values(state="cancelled", reason="undone"))
        (letter,) = offers.draft(desk.office, *gap, [ada]).letters
        assert letter.text.endswith("Reply STOP to opt out.")
        offers.make(desk.office, *gap, [ada])
        assert desk.rows(NOTIFICATION, event="offer")[0]["body"] == letter.text

    def test_who_has_a_later_visit_is_told_what_it_would_replace(
        self, desk: Desk, gap: Any
    ) -> None:
        later = desk.local(date(2026, 3, 24), 10, 0)
        ada = desk.scheduled(later).appointment.id
        (letter,) = offers.draft(desk.office, *gap, [ada]).letters
        assert "instead of your visit on Tue 24 Mar 2026, 10:00" in letter.text

    def test_in_the_language_of_the_client(self, desk: Desk, gap: Any) -> None:
        ada = desk.request(language="es").appointment.id
        (letter,) = offers.draft(desk.office, *gap, [ada]).letters
        assert "Responda C antes de las 10:10" in letter.text

    def test_it_is_never_held_beyond_its_start(self, desk: Desk) -> None:
        start = desk.clock() + timedelta(minutes=20)
        (ada,) = requests(desk, 1)
        made = offers.make(desk.office, start, start + HALF_HOUR, [ada])
        assert made.expires_at == start

    def test_it_is_as_long_as_the_longest_of_them_needs(self, desk: Desk) -> None:
        desk.set(slots={"services": {"Root canal": 60}})
        ada = desk.request(service="root canal").appointment.id
        (bob,) = requests(desk, 1)
        start = desk.local(FRIDAY, 10)
        made = offers.make(desk.office, start, start + 4 * HALF_HOUR, [bob, ada])
        assert made.ends_at == start + 2 * HALF_HOUR

    def test_who_cannot_get_one_is_left_out_and_said(self, desk: Desk, gap: Any) -> None:
        ada, mute, out, silent, twin = (
            desk.request().appointment.id,
            desk.request(phone="").appointment.id,
            desk.request(phone="030 777001").appointment.id,
            desk.request(phone="030 777002").appointment.id,
            desk.request(phone="030 777003").appointment.id,
        )
        other = desk.request(phone="030 777003", name="Twin").appointment.id
        inbox.stop_texts(desk.office, "030 777001")
        with desk.office.database.write() as connection:
            no = update(CLIENT).where(CLIENT.c.phone == "+4930777002").values(sms_consent=0)
            connection.execute(no)
        made = offers.make(desk.office, *gap, [ada, mute, out, silent, twin, other])
        assert {letter.appointment_id: letter.blocked for letter in made.letters} == {
            ada: "",
            mute: "no phone number",
            out: "opted out of texts",
            silent: "has not agreed to texts",
            twin: "",
            other: "has the number of another",
        }
        assert [row["appointment_id"] for row in desk.rows(SLOT_OFFER_TO)] == [ada, twin]

    def test_nobody_is_asked_two_things_at_once_or_too_often(self, desk: Desk) -> None:
        (ada,) = requests(desk, 1)
        start = desk.local(FRIDAY, 10)
        for number in range(3):
            offered(desk, (start + number * HALF_HOUR, start + (number + 1) * HALF_HOUR), ada)
            last = (start + 4 * HALF_HOUR, start + 5 * HALF_HOUR)
            with pytest.raises(BadInput, match="has an offer already"):
                offers.make(desk.office, *last, [ada])
            desk.clock.forward(hours=1)
        with pytest.raises(BadInput, match="3 offers since yesterday"):
            offers.make(desk.office, *last, [ada])
        desk.clock.forward(hours=22)
        offers.make(desk.office, *last, [ada])

    def test_what_cannot_be_offered(self, desk: Desk, gap: Any) -> None:
        ada, bob = requests(desk, 2)
        with pytest.raises(BadInput):
            offers.make(desk.office, *gap, [])
        with pytest.raises(NotFound):
            offers.make(desk.office, *gap, [99])
        with pytest.raises(IllegalMove, match="too short"):
            offers.make(desk.office, gap[0], gap[0] + HALF_HOUR / 2, [ada])
        with pytest.raises(IllegalMove, match="Only to a request"):
            offers.make(desk.office, *gap, [desk.attended().appointment.id])
        with pytest.raises(InThePast):
            offers.make(desk.office, desk.clock(), desk.clock() + HALF_HOUR, [ada])
        offers.make(desk.office, *gap, [ada])
        with pytest.raises(IllegalMove, match="taken, or offered"):
            offers.make(desk.office, *gap, [bob])
        assert len(desk.rows(SLOT_OFFER)) == 1

    def test_a_booked_time_is_not_offered(self, desk: Desk, gap: Any) -> None:
        desk.scheduled(gap[0] + HALF_HOUR / 2)
        with pytest.raises(IllegalMove, match="taken"):
            offers.make(desk.office, *gap, requests(desk, 1))
        desk.set(slots={"capacity": 2})
        offers.make(desk.office, *gap, requests(desk, 1))

    def test_in_quiet_hours_no_offer_is_made(self, desk: Desk, gap: Any) -> None:
        (ada,) = requests(desk, 1)
        desk.clock.now = desk.local(FRIDAY - timedelta(days=1), 23)
        desk.set(messages={"quiet_hours": "21:00-08:00"})
        with pytest.raises(IllegalMove, match="quiet hours, until 08:00"):
            offers.make(desk.office, *gap, [ada])


class TestTaking:
    def test_the_first_yes_has_it_and_everybody_is_told(self, desk: Desk, gap: Any) -> None:
        ada, bob = requests(desk, 2)
        offered(desk, gap, ada, bob)
        desk.woken.clear()
        assert says(desk, bob, "C") is Kind.CONFIRM
        row = desk.appointment(bob)
        assert (row["status"], row["starts_at"], row["ends_at"]) == ("scheduled", *gap)
        last = desk.rows(EVENT, appointment_id=bob)[-1]
        assert (last["verb"], last["actor"]) == ("schedule", "client")
        told = {(m["event"], m["recipient"]) for m in desk.messages(bob, row["version"])}
        assert told == {("scheduled", "client"), ("scheduled", "office")}
        assert (outcome(desk), desk.rows(SLOT_OFFER)[0]["taken_by"]) == ("taken", bob)
        assert (waiting(desk), gone_texts(desk), len(desk.woken)) == ([], [], 1)
        assert desk.appointment(ada)["status"] == "requested"

    def test_the_second_is_told_once_that_it_is_gone(self, desk: Desk, gap: Any) -> None:
        ada, bob = requests(desk, 2)
        offered(desk, gap, ada, bob)
        says(desk, ada, "C")
        assert says(desk, bob, "yes take it!") is Kind.CONFIRM
        (text,) = gone_texts(desk)
        assert text.startswith("Lindenhof Practice: Sorry, Fri 20 Mar 2026, 10:30 is no longer")
        assert desk.rows(NOTIFICATION, event="offer_gone")[0]["in_reply_to"] == 2
        assert waiting(desk) == []
        assert says(desk, bob, "C") is Kind.OTHER
        assert (len(gone_texts(desk)), waiting(desk)) == (1, ["C"])
        assert desk.appointment(bob)["status"] == "requested"

    def test_a_later_visit_moves_and_keeps_its_length(self, desk: Desk) -> None:
        later = desk.local(date(2026, 3, 24), 10)
        visit = desk.request().appointment.id
        scheduling.schedule(desk.office, visit, later, minutes=45)
        start = desk.local(FRIDAY, 10)
        desk.deliver()
        offered(desk, (start, start + 2 * HALF_HOUR), visit)
        assert says(desk, visit, "c") is Kind.CONFIRM
        row = desk.appointment(visit)
        assert (row["starts_at"], row["ends_at"]) == (start, start + timedelta(minutes=45))
        assert desk.history(visit)[-1][0] == "reschedule"

    def test_a_yes_said_twice_is_said_once(self, desk: Desk, gap: Any) -> None:
        (ada,) = requests(desk, 1)
        offered(desk, gap, ada)
        says(desk, ada, "C")
        before = desk.appointment(ada)
        assert says(desk, ada, "C") is Kind.CONFIRM
        assert (desk.appointment(ada), waiting(desk), gone_texts(desk)) == (before, [], [])

    @pytest.mark.parametrize("text", ["C?", "no thanks", "can I come at 11?", "R", "5"])
    def test_what_is_no_yes_waits_for_a_person(self, desk: Desk, gap: Any, text: str) -> None:
        (ada,) = requests(desk, 1)
        offered(desk, gap, ada)
        assert says(desk, ada, text) is Kind.OTHER
        assert (waiting(desk), outcome(desk)) == ([text], None)

    def test_what_ran_out_is_gone_with_no_job_at_work(self, desk: Desk, gap: Any) -> None:
        (ada,) = requests(desk, 1)
        offered(desk, gap, ada)
        desk.clock.forward(hours=1)
        assert says(desk, ada, "C") is Kind.CONFIRM
        assert desk.appointment(ada)["status"] == "requested"
        assert len(gone_texts(desk)) == 1

    @pytest.mark.parametrize("settled", [True, False])
    def test_a_yes_in_time_counts_however_late_it_is_fetched(
        self, desk: Desk, gap: Any, settled: bool
    ) -> None:
        (ada,) = requests(desk, 1)
        offered(desk, gap, ada)
        in_time = desk.clock() + timedelta(minutes=59)
        desk.clock.forward(hours=2)
        if settled:
            assert settle(desk.office) == 1
        says(desk, ada, "C", at=in_time)
        assert (desk.appointment(ada)["status"], outcome(desk)) == ("scheduled", "taken")

    def test_but_not_when_the_time_is_another_s_by_then(self, desk: Desk, gap: Any) -> None:
        ada, bob = requests(desk, 2)
        offered(desk, gap, ada)
        in_time = desk.clock() + timedelta(minutes=59)
        desk.clock.forward(hours=2)
        scheduling.schedule(desk.office, bob, gap[0])
        says(desk, ada, "C", at=in_time)
        assert (desk.appointment(ada)["status"], len(gone_texts(desk))) == ("requested", 1)

    def test_a_visit_that_takes_longer_by_now_waits_for_a_person(
        self, desk: Desk, gap: Any
    ) -> None:
        ada, bob = requests(desk, 2)
        offered(desk, gap, ada)
        offered(desk, (gap[1], gap[1] + HALF_HOUR), bob)
        desk.set(slots={"services": {"Root canal": 60}})
        with desk.office.database.write() as connection:
            longer = update(APPOINTMENT).where(APPOINTMENT.c.id == ada)
            connection.execute(longer.values(service="Root canal"))
        assert says(desk, ada, "C") is Kind.OTHER
        assert (desk.appointment(ada)["status"], waiting(desk)) == ("requested", ["C"])
        assert says(desk, bob, "C") is Kind.CONFIRM
        assert desk.appointment(bob)["starts_at"] == gap[1]

    def test_nor_when_it_has_begun(self, desk: Desk, gap: Any) -> None:
        (ada,) = requests(desk, 1)
        desk.clock.now = gap[0] - timedelta(minutes=10)
        offered(desk, gap, ada)
        in_time = desk.clock()
        desk.clock.now = gap[0] - timedelta(seconds=30)
        says(desk, ada, "C", at=in_time)
        assert (desk.appointment(ada)["status"], len(gone_texts(desk))) == ("requested", 1)

    def test_days_later_it_is_a_text_like_any_other(self, desk: Desk, gap: Any) -> None:
        (ada,) = requests(desk, 1)
        offered(desk, gap, ada)
        desk.clock.forward(days=2)
        assert says(desk, ada, "C") is Kind.OTHER
        assert (waiting(desk), gone_texts(desk)) == (["C"], [])

    def test_before_the_offer_left_a_yes_is_not_to_it(self, desk: Desk, gap: Any) -> None:
        (ada,) = requests(desk, 1)
        offers.make(desk.office, *gap, [ada])
        assert says(desk, ada, "C") is Kind.OTHER
        assert outcome(desk) is None


class TestUndoing:
    def test_a_yes_that_is_taken_back_frees_the_time_for_the_others(
        self, desk: Desk, gap: Any
    ) -> None:
        ada, bob = requests(desk, 2)
        offered(desk, gap, ada, bob)
        says(desk, ada, "C")
        undo.undo(desk.office, ada)
        assert (desk.appointment(ada)["status"], outcome(desk)) == ("requested", None)
        assert says(desk, ada, "C") is Kind.OTHER
        assert says(desk, bob, "C") is Kind.CONFIRM
        assert (desk.appointment(bob)["starts_at"], gone_texts(desk)) == (gap[0], [])
        assert (outcome(desk), desk.rows(SLOT_OFFER)[0]["taken_by"]) == ("taken", bob)

    def test_it_is_held_for_nobody_who_has_had_it(self, desk: Desk, gap: Any) -> None:
        (ada,) = requests(desk, 1)
        offered(desk, gap, ada)
        says(desk, ada, "C")
        undo.undo(desk.office, ada)
        assert offers.open_at(desk.office, *gap) is None
        assert (outcome(desk), desk.rows(SLOT_OFFER)[0]["taken_by"]) == ("withdrawn", None)
        assert says(desk, ada, "C") is Kind.OTHER

    def test_it_is_over_when_its_time_has_run_out(self, desk: Desk, gap: Any) -> None:
        ada, bob = requests(desk, 2)
        offered(desk, gap, ada, bob)
        in_time = desk.clock()
        desk.clock.forward(hours=1)
        says(desk, ada, "C", at=in_time)
        undo.undo(desk.office, ada)
        assert outcome(desk) == "expired"

    def test_a_time_that_its_visit_has_again_is_offered_no_longer(
        self, desk: Desk, gap: Any
    ) -> None:
        ada = desk.scheduled(gap[0]).appointment.id
        desk.deliver()
        scheduling.schedule(desk.office, ada, gap[0] + timedelta(days=4))
        (bob,) = requests(desk, 1)
        offers.make(desk.office, *gap, [ada, bob])
        undo.undo(desk.office, ada)
        assert (offers.open_at(desk.office, *gap), outcome(desk)) == (None, "booked")


class TestSeveralQuestions:
    def reminded(self, desk: Desk) -> int:
        """Of a visit of tomorrow at ten past ten; the number is the first client's."""
        visit = desk.scheduled(desk.clock.now + timedelta(days=2)).appointment.id
        desk.deliver()
        desk.clock.forward(days=1, hours=1)
        assert queue_reminders(desk.office) == 2
        desk.deliver()
        return visit

    @pytest.mark.parametrize("text", ["C", "Yes", "I confirm"])
    def test_beside_a_reminder_nobody_guesses(self, desk: Desk, gap: Any, text: str) -> None:
        visit = self.reminded(desk)
        desk.clock.forward(minutes=5)
        offered(desk, gap, visit)
        before = desk.appointment(visit)
        assert says(desk, visit, text) is Kind.OTHER
        assert (desk.appointment(visit), waiting(desk), outcome(desk)) == (before, [text], None)

    def test_unless_the_words_say_which(self, desk: Desk, gap: Any) -> None:
        visit = self.reminded(desk)
        offered(desk, gap, visit)
        assert says(desk, visit, "I'll take it") is Kind.CONFIRM
        assert desk.appointment(visit)["starts_at"] == gap[0]

    def test_another_time_is_asked_for_of_the_reminder(self, desk: Desk, gap: Any) -> None:
        visit = self.reminded(desk)
        offered(desk, gap, visit)
        assert says(desk, visit, "R") is Kind.CHANGE
        assert desk.appointment(visit)["change_asked_at"] == desk.clock()

    def test_an_answered_reminder_is_no_question(self, desk: Desk, gap: Any) -> None:
        visit = self.reminded(desk)
        says(desk, visit, "C")
        desk.clock.forward(minutes=5)
        offered(desk, gap, visit)
        says(desk, visit, "C")
        assert desk.appointment(visit)["starts_at"] == gap[0]

    def test_a_reminder_after_the_offer_ended_is_what_is_answered(self, desk: Desk) -> None:
        visit = desk.scheduled(desk.clock.now + timedelta(days=2)).appointment.id
        desk.deliver()
        start = desk.local(FRIDAY, 10, 30)
        desk.clock.forward(hours=22, minutes=50)
        offered(desk, (start, start + HALF_HOUR), visit)
        desk.clock.forward(hours=2)
        queue_reminders(desk.office)
        desk.deliver()
        assert says(desk, visit, "C") is Kind.CONFIRM
        assert desk.appointment(visit)["confirmed_at"] == desk.clock()
        assert gone_texts(desk) == []

    def test_what_staff_asked_since_may_be_what_is_answered(self, desk: Desk, gap: Any) -> None:
        (ada,) = requests(desk, 1)
        says(desk, ada, "Any time on Friday?")
        offered(desk, gap, ada)
        desk.clock.forward(minutes=2)
        inbox.answer(desk.office, 1, "Would Monday do?")
        desk.deliver()
        assert says(desk, ada, "take it") is Kind.OTHER
        assert (len(waiting(desk)), outcome(desk)) == (1, None)

    def test_beside_a_survey_only_the_letter_is_clear(self, desk: Desk, gap: Any) -> None:
        asked = desk.asked().appointment
        number = number_of(desk, asked.id)
        desk.deliver()
        desk.clock.forward(minutes=5)
        ada = desk.request(phone=number, name="Ada Lovelace 1").appointment.id
        offered(desk, gap, ada)
        assert says(desk, ada, "yes") is Kind.OTHER
        assert says(desk, ada, "5") is Kind.RATING
        assert says(desk, ada, "C") is Kind.CONFIRM
        assert desk.appointment(ada)["status"] == "scheduled"

    def test_two_offers_to_one_number_are_two_questions(self, desk: Desk, gap: Any) -> None:
        ada, bob = requests(desk, 2)
        offered(desk, gap, ada)
        offered(desk, (gap[1], gap[1] + HALF_HOUR), bob)
        with desk.office.database.write() as connection:
            # As when a number is mended on file while its text waits.
            for table in (CLIENT.c.phone, NOTIFICATION.c.to_address):
                was = update(table.table).where(table == number_of(desk, bob))
                connection.execute(was.values({table: "+4930555"}))
                was = update(table.table).where(table == number_of(desk, ada))
                connection.execute(was.values({table: "+4930555"}))
        assert says(desk, ada, "take it") is Kind.OTHER
        assert waiting(desk) == ["take it"]
        assert {row["outcome"] for row in desk.rows(SLOT_OFFER)} == {None}

    def test_the_number_of_somebody_else_by_now(self, desk: Desk, gap: Any) -> None:
        ada, bob = requests(desk, 2)
        offered(desk, gap, ada)
        number = number_of(desk, ada)
        with desk.office.database.write() as connection:
            for visit, phone in ((ada, "+4930555"), (bob, number)):
                who = CLIENT.c.id == desk.appointment(visit)["client_id"]
                connection.execute(update(CLIENT).where(who).values(phone=phone))
        assert says(desk, bob, "C") is Kind.OTHER
        assert outcome(desk) is None


class TestOver:
    def test_withdrawn_it_is_held_no_more_and_nothing_waits(self, desk: Desk, gap: Any) -> None:
        ada, bob = requests(desk, 2)
        offers.make(desk.office, *gap, [ada])
        found = offers.open_at(desk.office, *gap)
        assert found
        assert [one.appointment_id for one in found.to] == [ada]
        offers.withdraw(desk.office, found.id)
        assert desk.rows(NOTIFICATION, event="offer")[0]["state"] == "cancelled"
        assert (outcome(desk), offers.open_at(desk.office, *gap)) == ("withdrawn", None)
        with pytest.raises(IllegalMove, match="is withdrawn"):
            offers.withdraw(desk.office, found.id)
        with pytest.raises(NotFound):
            offers.withdraw(desk.office, 99)
        scheduling.schedule(desk.office, bob, gap[0])

    def test_who_says_yes_to_what_was_withdrawn_is_told(self, desk: Desk, gap: Any) -> None:
        (ada,) = requests(desk, 1)
        offered(desk, gap, ada)
        offers.withdraw(desk.office, 1)
        says(desk, ada, "C")
        assert (len(gone_texts(desk)), outcome(desk)) == (1, "withdrawn")

    def test_booked_by_hand_it_is_over(self, desk: Desk, gap: Any) -> None:
        ada, bob = requests(desk, 2)
        offered(desk, gap, ada)
        scheduling.schedule(desk.office, bob, gap[0], override=True)
        assert outcome(desk) == "booked"
        says(desk, ada, "C")
        assert len(gone_texts(desk)) == 1
        assert desk.appointment(ada)["status"] == "requested"

    def test_given_that_very_time_by_hand_a_yes_changes_nothing(self, desk: Desk, gap: Any) -> None:
        (ada,) = requests(desk, 1)
        offered(desk, gap, ada)
        scheduling.schedule(desk.office, ada, gap[0])
        before = desk.appointment(ada)
        assert says(desk, ada, "C") is Kind.CONFIRM
        assert (desk.appointment(ada), gone_texts(desk), waiting(desk)) == (before, [], [])

    def test_when_nobody_waits_any_more_it_is_over(self, desk: Desk, gap: Any) -> None:
        ada, bob = requests(desk, 2)
        offered(desk, gap, ada, bob)
        scheduling.cancel(desk.office, ada, CancelReason.CLIENT_ASKED)
        assert outcome(desk) is None
        scheduling.schedule(desk.office, bob, gap[0] + timedelta(days=3))
        assert outcome(desk) == "withdrawn"
        assert says(desk, ada, "C") is Kind.OTHER
        assert says(desk, bob, "C") is Kind.CONFIRM
        assert "Your visit on Mon 23 Mar 2026, 10:30 stays as it is." in gone_texts(desk)[0]

    def test_the_job_closes_what_ran_out_once(self, desk: Desk, gap: Any) -> None:
        offers.make(desk.office, *gap, requests(desk, 1))
        assert settle(desk.office) == 0
        desk.clock.forward(minutes=59, seconds=59)
        assert settle(desk.office) == 0
        desk.clock.forward(seconds=1)
        assert settle(desk.office) == 1
        assert settle(desk.office) == 0
        assert outcome(desk) == "expired"
        assert desk.rows(NOTIFICATION, event="offer")[0]["reason"] == "stale"

    def test_stop_ends_the_texts_and_not_the_offer(self, desk: Desk, gap: Any) -> None:
        ada, bob = requests(desk, 2)
        offers.make(desk.office, *gap, [ada, bob])
        assert says(desk, ada, "STOP") is Kind.STOP
        states = [row["state"] for row in desk.rows(NOTIFICATION, event="offer")]
        assert states == ["cancelled", "pending"]


class TestLeaving:
    """A text that is leased by a worker already is looked at once more."""

    def verdict(self, desk: Desk) -> Any:
        with desk.office.database.write(alone=False) as connection:
            row = connection.execute(
                select(NOTIFICATION).where(NOTIFICATION.c.event == "offer")
            ).one()
            return claims.checked(connection, claims.to_claim(row), desk.clock(), claims.never_held)

    def test_it_leaves_while_it_is_true(self, desk: Desk, gap: Any) -> None:
        offers.make(desk.office, *gap, requests(desk, 1))
        assert isinstance(self.verdict(desk), claims.Claim)

    @pytest.mark.parametrize("how", ["time", "withdrawn", "booked", "cancelled", "moved"])
    def test_and_not_when_the_world_has_overtaken_it(self, desk: Desk, gap: Any, how: str) -> None:
        visit = desk.scheduled(gap[0] + timedelta(days=3)).appointment.id
        (other,) = requests(desk, 1)
        offers.make(desk.office, *gap, [visit])
        if how == "time":
            desk.clock.forward(hours=1)
        elif how == "withdrawn":
            offers.withdraw(desk.office, 1)
        elif how == "booked":
            scheduling.schedule(desk.office, other, gap[0], override=True)
        elif how == "cancelled":
            scheduling.cancel(desk.office, visit, CancelReason.OFFICE)
        else:
            scheduling.schedule(desk.office, visit, gap[0] + timedelta(days=4))
        assert self.verdict(desk) == outcomes.STALE


RACES = rounds(60)


def reset(desk: Desk) -> None:
    """The requests as they were, and what was sent as sent."""
    with desk.office.database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE appointment SET status = 'requested', sort_at = requested_until,"
            " starts_at = NULL, ends_at = NULL, scheduled_at = NULL"
        )
        connection.exec_driver_sql("UPDATE notification SET state = 'sent'")


def test_of_two_who_say_yes_at_the_same_instant_one_has_it(desk: Desk) -> None:
    """A colleague who takes the offer back at that instant is one of them, too."""
    desk.set(messages={"quiet_hours": ""})
    visits = requests(desk, 2)
    numbers = [number_of(desk, visit) for visit in visits]
    url = desk.office.database.url
    others = [replace(desk.office, database=Database(url)) for _ in range(3)]
    winners = []
    for race in range(1, RACES + 1):
        start = desk.local(FRIDAY, 10) + timedelta(days=race)
        desk.clock.now = start - timedelta(hours=1)
        offers.make(desk.office, start, start + HALF_HOUR, visits)
        reset(desk)
        desk.clock.forward(minutes=1)
        gate = threading.Barrier(3)
        answers = [(others[n], f"{n}.{race}", numbers[n], desk.clock(), gate) for n in (0, 1)]
        threads = [threading.Thread(target=say_yes, args=answer) for answer in answers]
        threads.append(threading.Thread(target=take_back, args=(others[2], race, gate)))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        got = [one for one in visits if desk.appointment(one)["status"] == "scheduled"]
        (row,) = desk.rows(SLOT_OFFER, id=race)
        assert got == ([row["taken_by"]] if row["outcome"] == "taken" else [])
        assert row["outcome"] in ("taken", "withdrawn")
        winners.append(len(got))
    for other in others:
        other.database.close()
    assert set(winners) <= {0, 1}
    assert sum(winners) > 0
    assert len(desk.rows(NOTIFICATION, event="offer_gone")) == 2 * RACES - sum(winners)


def say_yes(office: Context, sid: str, number: str, at: datetime, gate: threading.Barrier) -> None:
    gate.wait()
    inbox.receive(office, sid=sid, from_number=number, to_number="+4930999000", body="C", at=at)


def take_back(office: Context, offer: int, gate: threading.Barrier) -> None:
    gate.wait()
    with contextlib.suppress(IllegalMove):
        offers.withdraw(office, offer)
