"""A free slot offered by text: who gets which words, and who has it in the end."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from interworky_tui.domain.errors import BadInput, IllegalMove, InThePast, NotFound
from interworky_tui.domain.replies import Kind
from interworky_tui.services import inbox, offers, scheduling
from interworky_tui.services.offer_ends import settle
from interworky_tui.storage.tables import (
    APPOINTMENT,
    CLIENT,
    EVENT,
    NOTIFICATION,
    SLOT_OFFER,
    SLOT_OFFER_TO,
)
from tests.services.conftest import Desk
from tests.services.offering import (
    FRIDAY,
    HALF_HOUR,
    gone_texts,
    offered,
    outcome,
    requests,
    says,
    waiting,
)


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
