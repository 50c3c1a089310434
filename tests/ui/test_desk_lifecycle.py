"""A visit from the request to its feedback, by keys; what is seen and what is stored."""

from datetime import UTC, date, datetime, timedelta

import pytest

from interworky_tui.domain.appointment import CancelReason
from interworky_tui.services import feedback, scheduling, visits
from interworky_tui.storage.moments import from_text

pytestmark = pytest.mark.both_databases
FRIDAY_1430 = datetime(2026, 3, 20, 13, 30, tzinfo=UTC)


def events(desk, appointment_id):
    return [(m["event"], m["recipient"], m["channel"]) for m in desk.messages(appointment_id)]


def four(event):
    return [(event, r, c) for r in ("client", "office") for c in ("email", "sms")]


async def test_a_typed_time_is_read_back_and_saved(open_desk, asked):
    one = asked().appointment
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz", "Set time")
        await desk.press("t")
        await desk.sees("Wished for: Fri 20 Mar 2026, Morning")
        await desk.type("fri 14:30")
        await desk.sees("Fri 20 Mar 2026, 14:30–15:00", "outside the wished Morning")
        await desk.press("enter")
        await desk.sees("set for Fri 20 Mar 2026, 14:30")
        row = desk.row(one.id)
        assert row["status"] == "scheduled"
        assert from_text(row["starts_at"]) == FRIDAY_1430
        assert events(desk, one.id) == four("requested") + four("scheduled")


async def test_a_time_that_is_not_understood_stays_in_the_form(open_desk, asked):
    one = asked().appointment
    async with open_desk() as desk:
        await desk.press("t")
        await desk.sees("Minutes")
        await desk.type("fri 14:30 with bob")
        await desk.press("enter")
        await desk.sees("bob")
        assert desk.app.screen.query_one("#when").value == "fri 14:30 with bob"
        assert desk.row(one.id)["status"] == "requested"
        await desk.press("escape")
        await desk.sees("Wishes")


async def test_a_double_booking_needs_an_explicit_override(open_desk, asked, office):
    other = asked("Björn Åkesson", "+4915112345602", "b@example.com").appointment
    scheduling.schedule(office, other.id, FRIDAY_1430)
    one = asked().appointment
    async with open_desk() as desk:
        await desk.press("t")
        await desk.sees("Minutes")
        await desk.type("fri 14:30")
        await desk.sees("DOUBLE BOOKING: Björn Åkesson")
        await desk.press("enter")
        await desk.sees("Ctrl+O books both")
        assert desk.row(one.id)["status"] == "requested"
        await desk.press("ctrl+o")
        await desk.sees("set for")
        assert desk.row(one.id)["status"] == "scheduled"


async def test_attended_appears_by_itself_and_takes_two_keys(open_desk, asked, office, clock):
    one = asked().appointment
    scheduling.schedule(office, one.id, FRIDAY_1430)
    clock.now = FRIDAY_1430 - timedelta(minutes=1)
    async with open_desk() as desk:
        await desk.press("2")
        await desk.sees("Ana Ruiz", "Update time")
        assert "Attended  " not in desk.text().splitlines()[-3]
        await desk.press("a")
        await desk.sees("has not begun yet")
        clock.now = FRIDAY_1430
        await desk.sees("DUE", "a Attended")
        await desk.press("a")
        await desk.sees("Did Ana Ruiz come", "→ client", "SMS to the client", "1 segment")
        await desk.press("enter")
        await desk.sees("Ana Ruiz attended")
        assert desk.row(one.id)["status"] == "attended"
        assert events(desk, one.id)[-4:] == four("attended")


async def test_feedback_is_asked_for_once_a_day_and_written_down(open_desk, asked, office, clock):
    one = asked().appointment
    scheduling.schedule(office, one.id, FRIDAY_1430)
    clock.now = FRIDAY_1430
    visits.attend(office, one.id)
    async with open_desk() as desk:
        await desk.press("3")
        await desk.sees("Collect Feedback")
        await desk.press("f")
        await desk.sees("Ask Ana Ruiz for feedback")
        await desk.press("enter")
        await desk.sees("is asked for feedback")
        await desk.press("4")
        await desk.sees("today at 14:30; next: tomorrow")
        await desk.press("f")
        await desk.sees("Asked today already")
        await desk.press("enter")
        await desk.sees("Write down the feedback of Ana Ruiz")
        await desk.type("6")
        await desk.press("enter")
        await desk.sees("A rating is a number from 1 to 5")
        await desk.press("backspace")
        await desk.type("2")
        await desk.press("tab")
        await desk.type("friendly")
        await desk.press("enter")
        await desk.sees("is written down")
        assert desk.row(one.id)["status"] == "feedback_collected"
        assert events(desk, one.id)[-6:] == [
            *four("feedback_collected"),
            ("low_rating", "office", "email"),
            ("low_rating", "office", "sms"),
        ]
        await desk.press("5")
        await desk.sees("★★☆☆☆")
        await desk.press("enter")
        await desk.sees("What was good", "friendly")


async def test_cancel_takes_a_digit_for_the_reason(open_desk, asked):
    one = asked().appointment
    async with open_desk() as desk:
        await desk.press("x")
        await desk.sees("The client did not come (not due yet)")
        await desk.press("enter")
        await desk.sees("Press 1 to 5")
        await desk.press("1")
        await desk.sees("Tells client (email, SMS)")
        await desk.press("enter")
        await desk.sees("Ana Ruiz is cancelled")
        row = desk.row(one.id)
        assert (row["status"], row["cancel_reason"]) == ("cancelled", "client_asked")


async def test_everything_of_a_cancel_can_be_done_with_the_mouse(open_desk, asked):
    one = asked().appointment
    async with open_desk() as desk:
        await desk.sees("x Cancel")
        lines = desk.text().splitlines()
        y = next(i for i, line in enumerate(lines) if "x Cancel" in line)
        await desk.pilot.click(offset=(lines[y].index("x Cancel"), y))
        await desk.sees("The client asked")
        await desk.pilot.click("#reasons", offset=(8, 2))
        await desk.sees("▶ 3")
        await desk.pilot.click("#dialog-keys", offset=(2, 0))
        await desk.pilot.click("#dialog-keys", offset=(14, 0))
        await desk.sees("is cancelled")
        assert desk.row(one.id)["cancel_reason"] == "office"


async def test_another_reason_needs_words_and_a_no_show_a_due_visit(open_desk, asked):
    one = asked().appointment
    async with open_desk() as desk:
        await desk.press("x", "2")
        await desk.sees("cannot be a no-show")
        await desk.press("enter")
        await desk.press("5")
        await desk.press("enter")
        await desk.sees("Say in a few words why")
        await desk.type("moved away")
        await desk.press("enter")
        await desk.sees("is cancelled")
        assert desk.row(one.id)["cancel_text"] == "moved away"


async def test_undo_takes_back_the_change_and_its_messages(open_desk, asked):
    one = asked().appointment
    async with open_desk() as desk:
        await desk.press("x", "1", "enter")
        await desk.sees("word of it leaves in 10 s", "u Undo")
        await desk.press("u")
        await desk.sees("Undone: Ana Ruiz is requested again")
        assert desk.row(one.id)["status"] == "requested"
        states = {m["state"] for m in desk.messages(one.id) if m["event"] == "cancelled"}
        assert states == {"cancelled"}


async def test_undo_is_refused_when_word_has_left(open_desk, asked, clock):
    one = asked().appointment
    async with open_desk() as desk:
        await desk.press("x", "1", "enter")
        await desk.sees("is cancelled")
        clock.forward(seconds=10)
        await desk.until(lambda: all(m["state"] == "previewed" for m in desk.messages(one.id)[4:]))
        await desk.press("u")
        await desk.sees("word of that change has already left")
        assert desk.row(one.id)["status"] == "cancelled"


async def test_a_change_by_another_desk_wins_and_this_one_is_told(open_desk, asked, office):
    one = asked().appointment
    async with open_desk() as desk:
        await desk.press("x", "1")
        await desk.sees("Tells client")
        scheduling.schedule(office, one.id, FRIDAY_1430)
        await desk.press("enter")
        await desk.sees("in the meantime")
        assert desk.row(one.id)["status"] == "scheduled"


async def test_resend_is_offered_on_another_day(open_desk, asked, office, clock):
    one = asked().appointment
    scheduling.schedule(office, one.id, FRIDAY_1430)
    clock.now = FRIDAY_1430
    visits.attend(office, one.id)
    feedback.collect(office, one.id)
    clock.forward(days=1)
    async with open_desk() as desk:
        await desk.press("4")
        await desk.sees("Ask again")
        await desk.press("f", "enter")
        await desk.sees("is asked for feedback")
        asked_for = [m for m in desk.messages(one.id) if m["event"] == "feedback_requested"]
        assert len(asked_for) == 8


async def test_a_due_visit_can_be_a_no_show(open_desk, asked, office, clock):
    one = asked().appointment
    scheduling.schedule(office, one.id, FRIDAY_1430)
    clock.now = FRIDAY_1430
    async with open_desk() as desk:
        await desk.press("2")
        await desk.sees("DUE")
        await desk.press("x", "2", "enter")
        await desk.sees("is cancelled")
        assert desk.row(one.id)["cancel_reason"] == CancelReason.NO_SHOW.value


async def test_a_time_that_comes_twice_is_asked_about(open_desk, asked, clock):
    clock.now = datetime(2026, 10, 20, 8, 0, tzinfo=UTC)
    one = asked(date=date(2026, 10, 25)).appointment
    async with open_desk() as desk:
        await desk.press("t")
        await desk.sees("Minutes")
        await desk.type("25 oct 2026 02:30")
        await desk.sees("twice that night")
        await desk.press("enter")
        await desk.until(lambda: desk.app.screen.query_one(".error").has_class("-told"))
        assert desk.row(one.id)["status"] == "requested"
        await desk.press("ctrl+b")
        await desk.sees("The later of two")
        await desk.press("enter")
        await desk.sees("set for")
        later = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
        assert from_text(desk.row(one.id)["starts_at"]) == later
