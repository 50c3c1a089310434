"""The sheet of a day and the load of its week: order, room, capacity, and whole days."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, insert, text, update

from interworky_tui.domain.appointment import CancelReason, Status
from interworky_tui.domain.calendar import at_local, day_bounds
from interworky_tui.services import day, scheduling, undo
from interworky_tui.storage.tables import APPOINTMENT, SLOT_OFFER

MONDAY, FRIDAY = date(2026, 3, 16), date(2026, 3, 20)


@pytest.fixture
def at(desk):
    """Schedules a visit at a local time of Friday, as long as told."""

    def schedule(hour, minute=0, minutes=30, on=FRIDAY, **values):
        asked = desk.request(**values).appointment
        start = desk.local(on, hour, minute)
        return scheduling.schedule(
            desk.office, asked.id, start, minutes=minutes, override=True
        ).appointment

    return schedule


def spans(office, found):
    return [
        "-".join(f"{moment.astimezone(office.zone):%H:%M}" for moment in span) for span in found
    ]


def test_an_empty_day_is_all_free(desk):
    sheet = day.sheet(desk.office, FRIDAY)
    assert (sheet.visits, sheet.closed, sheet.breaks) == ((), "", ())
    assert spans(desk.office, sheet.gaps) == ["08:00-20:00"]


def test_visits_stand_in_order_with_what_is_known_of_them(desk, at):
    late = at(11, name="Bo Berg", service="Eye test")
    early = at(9, 30)
    sheet = day.sheet(desk.office, FRIDAY)
    assert [visit.id for visit in sheet.visits] == [early.id, late.id]
    visit = sheet.visits[1]
    assert (visit.client_name, visit.service, visit.version) == ("Bo Berg", "Eye test", 2)
    assert (visit.status, visit.double, visit.override) == (Status.SCHEDULED, False, False)
    assert spans(desk.office, sheet.gaps) == ["08:00-09:30", "10:00-11:00", "11:30-20:00"]


def test_breaks_are_no_room(desk, at):
    desk.set(office={"breaks": ("12:00-13:00", "07:00-08:30")})
    at(13, minutes=60)
    sheet = day.sheet(desk.office, FRIDAY)
    assert spans(desk.office, sheet.breaks) == ["08:00-08:30", "12:00-13:00"]
    assert spans(desk.office, sheet.gaps) == ["08:30-12:00", "14:00-20:00"]


@pytest.mark.parametrize(
    ("on", "why"),
    [
        (date(2026, 3, 21), "every Saturday"),
        (date(2026, 4, 3), "Good Friday"),
        (date(2026, 8, 3), "days off"),
    ],
)
def test_a_closed_day_says_why_and_still_shows_who_was_put_there(desk, at, on, why):
    desk.set(office={"closures": ("2026-08-01..2026-08-09",)})
    at(10, on=on)
    sheet = day.sheet(desk.office, on)
    assert (sheet.closed, sheet.gaps, sheet.breaks) == (why, (), ())
    assert len(sheet.visits) == 1
    load = day.week(desk.office, on)[on.weekday()]
    assert (load.closed, load.open, load.visits, load.full) == (why, 0, 1, False)


def test_more_at_once_than_the_office_can_is_double(desk, at):
    first, second = at(10, minutes=60), at(10, 30)
    apart = at(11)
    sheet = day.sheet(desk.office, FRIDAY)
    found = {visit.id: visit for visit in sheet.visits}
    assert {id for id, visit in found.items() if visit.double} == {first.id, second.id}
    assert [found[one.id].override for one in (first, second, apart)] == [False, True, False]
    assert sheet.counts.double == 2
    assert day.week(desk.office, FRIDAY)[4].double


def test_with_two_chairs_two_at_once_are_none(desk, at):
    desk.set(slots={"capacity": 2})
    at(10)
    at(10)
    sheet = day.sheet(desk.office, FRIDAY)
    assert not any(visit.double for visit in sheet.visits)
    assert spans(desk.office, sheet.gaps) == ["08:00-10:00", "10:30-20:00"]
    third = at(10, 15)
    assert [visit.id for visit in day.sheet(desk.office, FRIDAY).visits if visit.double][-1] == (
        third.id
    )
    load = day.week(desk.office, FRIDAY)[4]
    assert (load.booked, load.open, load.double) == (90, 2 * 720, True)


def test_an_override_that_was_moved_away_is_one_no_more(desk, at):
    at(10)
    over = at(10)
    desk.clock.forward(seconds=1)
    moved = scheduling.schedule(desk.office, over.id, desk.local(FRIDAY, 12))
    assert not any(visit.override for visit in day.sheet(desk.office, FRIDAY).visits)
    assert moved.queued
    desk.clock.forward(seconds=1)
    undo.undo(desk.office)
    assert [visit.override for visit in day.sheet(desk.office, FRIDAY).visits] == [False, True]


def test_a_wish_for_the_last_minutes_is_one_for_that_day(desk):
    desk.request(band="", wish_time=time(23, 45))
    (friday, saturday) = (day.sheet(desk.office, FRIDAY + timedelta(days=n)) for n in (0, 1))
    assert (friday.counts.requests, saturday.counts.requests) == (1, 0)


def test_what_was_cancelled_is_counted_and_gives_its_room_back(desk, at):
    gone = at(10)
    scheduling.cancel(desk.office, gone.id, CancelReason.OFFICE)
    asked = desk.request().appointment
    scheduling.cancel(desk.office, asked.id, CancelReason.DUPLICATE)
    desk.request()
    desk.request(date=FRIDAY + timedelta(days=3))
    sheet = day.sheet(desk.office, FRIDAY)
    assert sheet.visits == ()
    assert (sheet.counts.cancelled, sheet.counts.requests) == (1, 1)
    assert spans(desk.office, sheet.gaps) == ["08:00-20:00"]


def test_today_has_room_from_now_on(desk, at):
    at(9, 30, on=MONDAY)
    desk.clock.forward(minutes=3)
    sheet = day.sheet(desk.office, MONDAY)
    assert spans(desk.office, sheet.gaps) == ["09:15-09:30", "10:00-20:00"]
    desk.clock.forward(days=1)
    assert day.sheet(desk.office, MONDAY).gaps == ()


def test_due_here_and_came_are_counted(desk):
    desk.attended()
    due = desk.request().appointment
    scheduling.schedule(desk.office, due.id, desk.clock.now, override=True)
    here = desk.scheduled(desk.clock.now + timedelta(hours=1)).appointment
    with desk.office.database.write() as connection:
        connection.execute(
            update(APPOINTMENT).where(APPOINTMENT.c.id == here.id).values(arrived_at=desk.clock.now)
        )
    counts = day.sheet(desk.office, MONDAY).counts
    assert (counts.scheduled, counts.came, counts.due, counts.waiting) == (2, 1, 1, 1)


def test_a_visit_that_is_moved_leaves_room_where_it_is(desk, at):
    one = at(10)
    at(10, 30)
    assert spans(desk.office, day.sheet(desk.office, FRIDAY, but=one.id).gaps) == [
        "08:00-10:30",
        "11:00-20:00",
    ]


def test_what_is_held_for_an_answer_is_no_room_until_it_expires(desk):
    start = desk.local(FRIDAY, 10)
    with desk.office.database.write() as connection:
        connection.execute(
            insert(SLOT_OFFER).values(
                starts_at=start,
                ends_at=start + timedelta(minutes=30),
                made_at=desk.clock.now,
                made_by="ana",
                expires_at=desk.clock.now + timedelta(hours=1),
            )
        )
    sheet = day.sheet(desk.office, FRIDAY)
    assert spans(desk.office, sheet.held) == ["10:00-10:30"]
    assert spans(desk.office, sheet.gaps) == ["08:00-10:00", "10:30-20:00"]
    desk.clock.forward(hours=2)
    assert spans(desk.office, day.sheet(desk.office, FRIDAY).gaps) == ["08:00-20:00"]


def test_a_visit_over_midnight_is_on_both_days_and_counted_once(desk, at):
    night = at(23, 45)
    tomorrow = FRIDAY + timedelta(days=1)
    for on, number in ((FRIDAY, 1), (tomorrow, 0)):
        sheet = day.sheet(desk.office, on)
        assert [visit.id for visit in sheet.visits] == [night.id]
        assert sheet.counts.scheduled == number
    week = day.week(desk.office, FRIDAY)
    assert [(load.visits, load.booked) for load in week[4:6]] == [(1, 15), (0, 15)]


def test_midnight_itself_belongs_to_the_day_that_begins(desk, at):
    at(0, on=FRIDAY)
    assert day.sheet(desk.office, FRIDAY - timedelta(days=1)).visits == ()
    assert len(day.sheet(desk.office, FRIDAY).visits) == 1
    assert [load.visits for load in day.week(desk.office, FRIDAY)] == [0, 0, 0, 0, 1, 0, 0]


def test_a_week_is_full_when_no_visit_fits_any_more(desk, at):
    desk.set(office={"hours": {**HOURS, "fri": "10:00-12:00"}})
    at(10, minutes=50)
    at(11, 10, minutes=50)
    load = day.week(desk.office, MONDAY)[4]
    assert (load.day, load.visits, load.booked, load.open, load.full) == (FRIDAY, 2, 100, 120, True)
    assert not any(load.full for load in day.week(desk.office, MONDAY)[:4])


HOURS = {
    name: "08:00-20:00" if name not in ("sat", "sun") else ""
    for name in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
}
ALL_DAY = dict.fromkeys(HOURS, "00:00-23:59")


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    ("on", "hours"),
    [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 3, 28), 24)],
)
def test_days_on_which_the_clock_is_changed_are_whole(desk, at, on, hours):
    desk.set(office={"hours": ALL_DAY})
    start, end = day_bounds(on, desk.office.zone)
    assert end - start == timedelta(hours=hours)
    desk.clock.now = datetime(2026, 3, 1, tzinfo=UTC)
    for hour in range(hours):
        asked = desk.request().appointment
        moment = start + timedelta(hours=hour)
        scheduling.schedule(desk.office, asked.id, moment, minutes=60, override=True)
    sheet = day.sheet(desk.office, on)
    assert [visit.starts_at for visit in sheet.visits] == [
        start + timedelta(hours=hour) for hour in range(hours)
    ]
    assert not sheet.gaps
    load = day.week(desk.office, on)[on.weekday()]
    assert (load.visits, load.booked, load.open) == (hours, hours * 60, hours * 60 - 1)
    assert not any(visit.double for visit in sheet.visits)


BUSY = st.lists(st.tuples(st.integers(0, 24 * 12), st.integers(1, 40)), max_size=8)
"""Visits by five minutes of the day, and as long."""


@pytest.mark.sqlite_only
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(BUSY, st.integers(1, 3), st.sampled_from([FRIDAY, date(2026, 3, 29), date(2026, 10, 25)]))
def test_gaps_and_visits_never_exceed_the_capacity(desk, visits, capacity, on):
    """Where there is said to be room, one more visit makes nothing double."""
    desk.set(slots={"capacity": capacity}, office={"hours": ALL_DAY, "breaks": ("12:00-13:00",)})
    start, end = day_bounds(on, desk.office.zone)
    with desk.office.database.write() as connection:
        connection.execute(text("DELETE FROM notification"))
        connection.execute(
            text(
                "UPDATE appointment SET status = 'cancelled',"
                " cancelled_at = requested_at, cancel_reason = 'other' WHERE status = 'scheduled'"
            )
        )
    for at, length in visits:
        asked = desk.request().appointment
        scheduling.schedule(
            desk.office,
            asked.id,
            start + timedelta(minutes=5 * at),
            minutes=5 * length,
            override=True,
        )
    sheet = day.sheet(desk.office, on)
    taken = [visit.span for visit in sheet.visits]
    for gap in sheet.gaps:
        assert start <= gap[0] < gap[1] <= end
        noon = at_local(on, time(12), desk.office.zone), at_local(on, time(13), desk.office.zone)
        assert gap[1] <= noon[0] or gap[0] >= noon[1]
        moment = gap[0]
        while moment < gap[1]:
            assert sum(a <= moment < b for a, b in taken) < capacity
            moment += timedelta(minutes=5)
    most = max((sum(a <= m < b for a, b in taken) for m, _ in taken), default=0)
    assert any(visit.double for visit in sheet.visits) == (most > capacity)


@pytest.mark.sqlite_only
def test_a_day_and_a_week_are_read_by_the_index(desk, at):
    at(10)
    asked = []
    engine = desk.office.database.engine
    event.listen(engine, "before_cursor_execute", lambda *told: asked.append(told[2:4]))
    day.sheet(desk.office, FRIDAY)
    day.week(desk.office, FRIDAY)
    reads = [(sql, values) for sql, values in asked if "FROM appointment" in sql]
    assert len(reads) == 3
    with desk.office.database.read() as connection:
        plans = [
            str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).all())
            for sql, values in reads
        ]
    for plan in plans:
        assert "SCAN appointment" not in plan
        assert "sort_at>? AND sort_at<?" in plan


def test_the_json_has_all_of_it_in_the_office_s_zone(desk, at):
    one = at(10, name="Bo Berg")
    told = day.sheet_json(desk.office, day.sheet(desk.office, FRIDAY))
    assert (told["date"], told["timezone"], told["capacity"]) == ("2026-03-20", "Europe/Berlin", 1)
    assert told["visits"][0]["id"] == one.id
    assert told["visits"][0]["starts_at"] == "2026-03-20T10:00:00+01:00"
    assert told["visits"][0]["client"]["name"] == "Bo Berg"
    assert told["gaps"][0] == {
        "starts_at": "2026-03-20T08:00:00+01:00",
        "ends_at": "2026-03-20T10:00:00+01:00",
    }
    assert told["counts"]["scheduled"] == 1
