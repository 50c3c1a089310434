"""The day on the screen, by keys: turning, moving visits, double bookings, closed days."""

import threading
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from interworky_tui.services import scheduling, visits
from interworky_tui.ui.screens.day import DayScreen

FRIDAY_10 = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)
"""10:00 in Berlin."""


@pytest.fixture
def booked(office, asked):
    """Schedules somebody, for Friday at 10:00 unless told otherwise."""

    def book(name="Ana Ruiz", at=FRIDAY_10, minutes=30, **more):
        one = asked(name, **more).appointment
        return scheduling.schedule(office, one.id, at, minutes=minutes, override=True).appointment

    return book


def line(desk, words):
    return next((row for row in desk.text().splitlines() if words in row), "")


async def open_friday(desk):
    await desk.press("d")
    await desk.sees("Mon 16 Mar 2026, today")
    await desk.press("g")
    await desk.sees("Go to a day")
    await desk.type("fri")
    await desk.sees("Fri 20 Mar 2026", "in 4 days")
    await desk.press("enter")
    await desk.until(lambda: "Fri 20 Mar 2026   open" in desk.text())


async def put_cursor(desk, id):
    timeline = desk.app.screen.timeline
    await desk.press("home")
    for _ in range(30):
        if timeline.chosen == id:
            return
        await desk.press("down")
    raise AssertionError(f"{id} is not there:\n{desk.text()}")


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_a_day_shows_visits_room_and_the_present(open_desk, booked, clock, size):
    booked(at=clock.now - timedelta(minutes=-20), service="Check-up")
    async with open_desk(size) as desk:
        await desk.press("d")
        await desk.sees("Mon 16 Mar 2026, today", "open 08:00-20:00", "1 visit; 10 h 15 min free")
        shown = desk.text()
        assert shown.index("09:10 ── now") < shown.index("09:15-09:30  · free 15 min")
        assert shown.index("09:15-09:30") < shown.index("09:30-10:00  Ana Ruiz")
        assert "Check-up" in line(desk, "09:30-10:00")
        assert "[Today 16]" in shown
        assert "closed" in shown


async def test_keys_turn_the_days_and_the_weeks(open_desk):
    async with open_desk() as desk:
        await desk.press("d")
        await desk.sees("[Today 16]")
        await desk.press("right")
        await desk.sees("Tue 17 Mar 2026, tomorrow", "[Tue 17]")
        await desk.press("left", "left")
        await desk.sees("Sun 15 Mar 2026, yesterday", "closed: every Sunday", "No visits.")
        await desk.press("right_square_bracket")
        await desk.sees("Sun 22 Mar 2026")
        await desk.press("full_stop")
        await desk.sees("Mon 16 Mar 2026, today")
        await desk.press("escape")
        await desk.sees("1 Req")


async def test_the_heading_turns_before_the_day_is_read(open_desk):
    gate = threading.Event()
    async with open_desk() as desk:
        await desk.press("d")
        await desk.sees("[Today 16]")
        try:
            for _ in range(2):  # all the threads that read
                desk.app.hands._threads.submit(gate.wait)
            # The days beside the shown one are read before they are asked for.
            await desk.press("right_square_bracket")
            await desk.sees("Mon 23 Mar 2026   …", "[Today 16]")
        finally:
            gate.set()
        await desk.sees("Mon 23 Mar 2026   open", "[Mon 23]")


async def test_a_day_that_is_not_understood_is_refused_and_stays_typed(open_desk):
    async with open_desk() as desk:
        await desk.press("d")
        await desk.sees("[Today 16]")
        await desk.press("g")
        await desk.sees("Go to a day")
        await desk.type("easter")
        await desk.press("enter")
        await desk.sees("'easter' was not understood")
        await desk.press("escape")
        await desk.until(lambda: isinstance(desk.app.screen, DayScreen))
        assert "[Today 16]" in desk.text()


async def test_a_closed_day_says_why(open_desk, booked):
    booked(at=datetime(2026, 4, 3, 8, 0, tzinfo=UTC))
    async with open_desk() as desk:
        await desk.press("d")
        await desk.sees("[Today 16]")
        await desk.press("g")
        await desk.sees("Go to a day")
        await desk.type("3 apr")
        await desk.press("enter")
        await desk.sees("closed: Good Friday", "10:00-10:30  Ana Ruiz", "1 closed")


async def test_a_visit_is_moved_into_free_time(open_desk, booked, clock):
    ana = booked(service="Check-up")
    booked("Bo Berg", FRIDAY_10 + timedelta(hours=1))
    async with open_desk() as desk:
        await open_friday(desk)
        await put_cursor(desk, f"visit-{ana.id}")
        await desk.press("t")
        await desk.sees("MOVING Ana Ruiz, Fri 20 Mar 10:00, 30 min")
        assert "MOVING" in line(desk, "»10:00-10:30")
        await desk.press("end")
        await desk.sees("Enter puts Ana Ruiz here, from 11:30 on")
        await desk.press("enter")
        await desk.sees("Fri 20 Mar 2026, 11:30–12:00   30 min")
        await desk.sees("Tells client", "SMS to the client")
        await desk.press("enter")
        await desk.sees("11:30-12:00  Ana Ruiz", "Fri 20 Mar 10:00 is free again", "u Undo")
        row = desk.row(ana.id)
        assert row["starts_at"].startswith("2026-03-20T10:30")
        await desk.until(lambda: desk.app.screen.timeline.chosen == f"visit-{ana.id}")
        assert desk.app.screen.moving is None
        await desk.press("escape")
        await desk.sees("1 Req", "Fri 20 Mar 10:00 is free again", "u Undo")
        await desk.press("u")
        await desk.sees("Undone: Ana Ruiz is at Fri 20 Mar 2026, 10:00 again")
        assert desk.row(ana.id)["starts_at"].startswith("2026-03-20T09:00")


async def test_a_typed_time_within_the_gap_takes_the_place_of_its_start(open_desk, booked):
    ana = booked()
    async with open_desk() as desk:
        await open_friday(desk)
        await put_cursor(desk, f"visit-{ana.id}")
        await desk.press("space", "right")
        await desk.until(lambda: "Sat 21 Mar 2026" in desk.text())
        await desk.press("left", "left")
        await desk.until(lambda: "Thu 19 Mar 2026   open" in desk.text())
        await desk.press("enter")
        await desk.sees("Thu 19 Mar 2026, 08:00–08:30")
        await desk.type("16:20")
        await desk.sees("Thu 19 Mar 2026, 16:20–16:50")
        await desk.press("enter")
        await desk.sees("Ana Ruiz moved to Thu 19 Mar 2026, 16:20", "16:20-16:50  Ana Ruiz")
        assert desk.row(ana.id)["starts_at"].startswith("2026-03-19T15:20")


async def test_a_time_outside_the_hours_is_noted_and_a_double_needs_a_second_word(
    open_desk, booked
):
    ana = booked()
    bo = booked("Bo Berg", FRIDAY_10 + timedelta(hours=1))
    async with open_desk() as desk:
        await open_friday(desk)
        await put_cursor(desk, f"visit-{ana.id}")
        await desk.press("t")
        await desk.sees("MOVING")
        await desk.press("t")
        await desk.sees("Move Ana Ruiz")
        await desk.type("20:30")
        await desk.sees("Note: outside the hours")
        await desk.press("home", "ctrl+k")
        await desk.type("11:15")
        await desk.sees("DOUBLE BOOKING: Bo Berg has 11:00–11:30")
        await desk.press("enter")
        await desk.sees("Ctrl+O books both.")
        assert desk.row(ana.id)["starts_at"].startswith("2026-03-20T09:00")
        await desk.press("ctrl+o")
        await desk.sees("2 double booked", "double booking, on purpose")
        assert "DOUBLE" in line(desk, "11:15-11:45  Ana Ruiz")
        assert "DOUBLE" in line(desk, "11:00-11:30  Bo Berg")
        assert "2 double" in desk.text().splitlines()[2]
        await put_cursor(desk, f"visit-{bo.id}")
        await desk.until(lambda: "Bo Berg, 01511" in desk.text())
        assert "on purpose" not in desk.text()


async def test_escape_drops_what_is_being_moved_and_then_leaves(open_desk, booked):
    ana = booked()
    async with open_desk() as desk:
        await open_friday(desk)
        await put_cursor(desk, f"visit-{ana.id}")
        await desk.press("t")
        await desk.sees("MOVING")
        await desk.press("enter")
        await desk.sees("Choose a line that is free")
        await desk.press("escape")
        await desk.until(lambda: "MOVING" not in desk.text())
        assert isinstance(desk.app.screen, DayScreen)
        await desk.press("escape")
        await desk.sees("1 Req")
        assert desk.row(ana.id)["version"] == ana.version


async def test_a_visit_that_another_desk_moved_leaves_the_hand(open_desk, booked, office):
    ana = booked()
    async with open_desk() as desk:
        await open_friday(desk)
        await put_cursor(desk, f"visit-{ana.id}")
        await desk.press("t")
        await desk.sees("MOVING")
        scheduling.schedule(office, ana.id, FRIDAY_10 + timedelta(hours=3))
        await desk.sees("was changed in the meantime", "13:00-13:30  Ana Ruiz")
        assert desk.app.screen.moving is None


async def test_what_took_place_is_not_moved(open_desk, booked, office, clock):
    one = booked(at=clock.now)
    visits.attend(office, one.id)
    async with open_desk() as desk:
        await desk.press("d")
        await desk.sees("Ana Ruiz", "CAME")
        await put_cursor(desk, f"visit-{one.id}")
        await desk.press("t")
        await desk.sees("Only a scheduled visit can be moved")


async def test_the_cursor_stays_on_its_visit_while_the_day_changes(open_desk, booked, clock):
    ana = booked()
    async with open_desk() as desk:
        await open_friday(desk)
        await put_cursor(desk, f"visit-{ana.id}")
        for number in range(4):
            booked(f"Bo Berg {number}", FRIDAY_10 - timedelta(minutes=30 * (number + 1)))
        await desk.sees("Bo Berg 3")
        assert desk.app.screen.timeline.chosen == f"visit-{ana.id}"


async def test_a_minute_passes(open_desk, booked, clock):
    booked(at=clock.now + timedelta(minutes=1))
    async with open_desk() as desk:
        await desk.press("d")
        await desk.sees("09:10 ── now")
        assert "DUE" not in line(desk, "Ana Ruiz")
        clock.forward(minutes=1)
        await desk.sees("09:11 ── now", "1 due")
        assert "DUE" in line(desk, "09:11-09:41")


async def test_enter_goes_to_the_visit_on_the_desk(open_desk, booked, asked):
    asked("Zoe Zimmer")
    ana = booked()
    async with open_desk() as desk:
        await open_friday(desk)
        await put_cursor(desk, f"visit-{ana.id}")
        await desk.press("enter")
        await desk.sees("1 Req", f"Ana Ruiz  Scheduled  #{ana.id}")


async def test_the_verbs_of_a_visit_work_on_the_day(open_desk, booked, clock):
    one = booked(at=clock.now)
    async with open_desk() as desk:
        await desk.press("d")
        await desk.sees("DUE")
        await put_cursor(desk, f"visit-{one.id}")
        await desk.press("a")
        await desk.sees("Did Ana Ruiz come")
        await desk.press("enter")
        await desk.sees("CAME", "Ana Ruiz attended", "u Undo")
        assert desk.row(one.id)["status"] == "attended"
        await desk.press("x")
        await desk.sees("Only a request or a scheduled visit")


async def test_a_rush_of_keys_is_the_same_as_the_keys_one_by_one(open_desk, booked):
    ana = booked()
    async with open_desk() as desk:
        await open_friday(desk)
        await put_cursor(desk, f"visit-{ana.id}")
        for key in ("t", "t", *"1610", "enter"):
            desk.app.simulate_key(key)
        await desk.sees("Ana Ruiz moved to Fri 20 Mar 2026, 16:10")


async def test_breaks_full_days_and_held_time_are_said(open_desk, booked, settings):
    told = msgspec.structs.replace(
        settings,
        office=msgspec.structs.replace(settings.office, breaks=("12:00-13:00",)),
    )
    booked(at=FRIDAY_10 - timedelta(hours=2), minutes=240)
    booked("Bo Berg", FRIDAY_10 + timedelta(hours=3), minutes=420)
    async with open_desk(settings=told) as desk:
        await open_friday(desk)
        await desk.sees("12:00-13:00  · break", "break 12:00-13:00", "2 full")


async def test_free_time_is_given_to_somebody_who_waits(open_desk, asked):
    one = asked("Zoe Zimmer", date=date(2026, 3, 16)).appointment
    async with open_desk() as desk:
        await desk.press("d")
        await desk.sees("09:15-20:00  · free 10 h 45 min", "Enter gives it to somebody who waits")
        await desk.press("enter")
        await desk.sees("Zoe Zimmer")
        await desk.press("enter")
        await desk.sees("Zoe Zimmer set for Mon 16 Mar 2026, 09:15", "09:15-09:45  Zoe Zimmer")
        assert desk.row(one.id)["status"] == "scheduled"


async def test_a_move_says_that_the_old_time_is_free_again(open_desk, booked, asked):
    asked("Zoe Zimmer")
    ana = booked()
    async with open_desk() as desk:
        await open_friday(desk)
        await put_cursor(desk, f"visit-{ana.id}")
        await desk.press("t")
        await desk.sees("MOVING")
        await desk.press("home", "enter")
        await desk.sees("Fri 20 Mar 2026, 08:00–08:30")
        await desk.type("15:00")
        await desk.press("enter")
        await desk.sees("15:00-15:30  Ana Ruiz", "Fri 20 Mar 10:00 is free again")


async def test_the_curtain_hides_who_comes_and_who_is_being_moved(open_desk, booked):
    ana = booked(service="Check-up")
    async with open_desk() as desk:
        await open_friday(desk)
        await put_cursor(desk, f"visit-{ana.id}")
        await desk.press("t")
        await desk.sees("MOVING Ana Ruiz")
        await desk.press("p")
        await desk.until(lambda: "Ana" not in desk.text() and "Check-up" not in desk.text())
        assert "10:00-10:30" in desk.text()
        await desk.press("p")
        await desk.sees("MOVING Ana Ruiz", "Check-up")
