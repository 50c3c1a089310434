"""An offered slot: undone, beside other questions, over, left, and raced for."""

import contextlib
import threading
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from interworky_tui.delivery import claims, outcomes
from interworky_tui.domain.appointment import CancelReason
from interworky_tui.domain.errors import IllegalMove, NotFound
from interworky_tui.domain.replies import Kind
from interworky_tui.services import inbox, offers, scheduling, undo
from interworky_tui.services.context import Context
from interworky_tui.services.offer_ends import settle
from interworky_tui.services.reminders import queue_reminders
from interworky_tui.storage.database import Database
from interworky_tui.storage.tables import (
    CLIENT,
    NOTIFICATION,
    SLOT_OFFER,
)
from tests.rounds import rounds
from tests.services.conftest import Desk
from tests.services.offering import (
    FRIDAY,
    HALF_HOUR,
    gone_texts,
    number_of,
    offered,
    outcome,
    requests,
    says,
    waiting,
)


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


RACES = rounds(30)


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
