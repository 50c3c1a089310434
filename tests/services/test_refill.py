"""The time that came free last, and who of those in the store could have it."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from interworky_tui.domain.appointment import CancelReason, Status, Urgency
from interworky_tui.domain.errors import IllegalMove, InThePast
from interworky_tui.services import inbox, offers, refill, scheduling, undo
from interworky_tui.services.refill import candidates, free_part, latest_gap
from interworky_tui.storage.tables import APPOINTMENT
from tests.services.conftest import Desk

HALF_HOUR = timedelta(minutes=30)
FRIDAY = date(2026, 3, 20)


@pytest.fixture
def gap(desk: Desk) -> tuple[datetime, datetime]:
    start = desk.local(FRIDAY, 10, 30)
    return start, start + HALF_HOUR


def ids(desk: Desk, gap: Any) -> list[int]:
    return [one.appointment_id for one in candidates(desk.office, *gap)]


def test_requests_come_before_later_visits_each_with_its_reason(desk: Desk, gap: Any) -> None:
    later = desk.scheduled(desk.local(date(2026, 3, 24), 11)).appointment.id
    asked = desk.scheduled(desk.local(date(2026, 3, 25), 11)).appointment.id
    with desk.office.database.write() as connection:
        of_them = APPOINTMENT.c.id == asked
        connection.execute(update(APPOINTMENT).where(of_them).values(change_asked_at=desk.clock()))
    evening = desk.request(band="evening").appointment.id
    morning = desk.request().appointment.id
    urgent = desk.request(urgency=Urgency.URGENT).appointment.id
    desk.request(date=FRIDAY + timedelta(days=1))
    desk.scheduled(desk.local(date(2026, 3, 24), 15))
    desk.scheduled(desk.local(date(2026, 3, 19), 11))
    found = candidates(desk.office, *gap)
    assert [one.appointment_id for one in found] == [urgent, morning, evening, asked, later]
    assert found[0].reason == "URGENT: asked for Fri 20 Mar, morning"
    assert found[-1].reason == "has Tue 24 Mar 2026, 11:00"
    assert {(one.starts_at, one.ends_at) for one in found} == {gap}
    assert found[0].version == 1
    assert found[-1].status is Status.SCHEDULED
    assert found[0].minutes == 30


def test_a_request_whose_time_has_passed_waits_for_any(desk: Desk, gap: Any) -> None:
    stale = desk.request(date=date(2026, 3, 16)).appointment.id
    assert ids(desk, gap) == []
    desk.clock.now = desk.local(date(2026, 3, 16), 12)
    assert ids(desk, gap) == [stale]


def test_who_was_moved_away_from_it_is_not_asked_back(desk: Desk, gap: Any) -> None:
    visit = desk.scheduled(gap[0]).appointment.id
    other = desk.scheduled(gap[0] + timedelta(days=4)).appointment.id
    scheduling.schedule(desk.office, visit, gap[1])
    scheduling.schedule(desk.office, other, gap[0] + timedelta(days=3))
    assert ids(desk, gap) == [other]


def test_what_does_not_fit_in_is_left_out(desk: Desk, gap: Any) -> None:
    desk.set(slots={"services": {"Root canal": 60}})
    long = desk.request(service="Root canal").appointment.id
    short = desk.request().appointment.id
    assert ids(desk, gap) == [short]
    assert ids(desk, (gap[0], gap[0] + 2 * HALF_HOUR)) == [long, short]


def test_who_cannot_be_texted_is_found_and_it_is_said(desk: Desk, gap: Any) -> None:
    for phone in ("030 777001", "", "030 777002", "030 777003", "030 777004"):
        desk.request(phone=phone)
    inbox.stop_texts(desk.office, "030 777001")
    offers.make(desk.office, gap[0] + HALF_HOUR, gap[1] + HALF_HOUR, [3])
    found = candidates(desk.office, *gap)
    assert [one.no_text for one in found] == [
        "opted out of texts",
        "no phone number",
        "has an offer already",
        "",
        "",
    ]
    assert refill.best_for_texts(found) == (4, 5)
    assert refill.best_for_texts(found, 1) == (4,)


def test_only_what_is_free_and_to_come_can_be_given(desk: Desk, gap: Any) -> None:
    desk.request()
    assert free_part(desk.office, *gap) == gap
    desk.clock.now = gap[0] + timedelta(minutes=2)
    assert free_part(desk.office, *gap) == (gap[0] + timedelta(minutes=5), gap[1])
    desk.clock.now = gap[1]
    with pytest.raises(InThePast):
        free_part(desk.office, *gap)
    assert candidates(desk.office, *gap) == ()


def test_what_is_booked_meanwhile_is_cut_off(desk: Desk, gap: Any) -> None:
    wide = (gap[0], gap[0] + 4 * HALF_HOUR)
    visit = desk.scheduled(gap[0]).appointment.id
    assert free_part(desk.office, *wide) == (gap[1], wide[1])
    desk.scheduled(gap[1] + HALF_HOUR)
    assert free_part(desk.office, *wide) == (gap[1], gap[1] + HALF_HOUR)
    with pytest.raises(IllegalMove):
        free_part(desk.office, *gap)
    assert candidates(desk.office, *gap) == ()
    desk.set(slots={"capacity": 2})
    assert free_part(desk.office, *wide) == wide
    scheduling.cancel(desk.office, visit, CancelReason.OFFICE)


def test_the_time_that_came_free_last(desk: Desk, gap: Any) -> None:
    assert latest_gap(desk.office) is None
    first = desk.scheduled(gap[0]).appointment.id
    second = desk.scheduled(gap[1]).appointment.id
    assert latest_gap(desk.office) is None
    scheduling.cancel(desk.office, first, CancelReason.CLIENT_ASKED)
    assert latest_gap(desk.office) == gap
    scheduling.schedule(desk.office, second, gap[0] + timedelta(days=3))
    assert latest_gap(desk.office) == (gap[1], gap[1] + HALF_HOUR)
    undo.undo(desk.office, second)
    assert latest_gap(desk.office) == gap
    undo.undo(desk.office, first)
    assert latest_gap(desk.office) is None


def test_what_a_visit_that_begins_later_leaves(desk: Desk, gap: Any) -> None:
    quarter = HALF_HOUR / 2
    visit = desk.scheduled(gap[0]).appointment.id
    scheduling.schedule(desk.office, visit, gap[0] + quarter, minutes=15)
    assert latest_gap(desk.office) == (gap[0], gap[0] + quarter)
    scheduling.schedule(desk.office, visit, gap[0] + quarter, minutes=10)
    scheduling.schedule(desk.office, visit, gap[0], minutes=25)
    assert latest_gap(desk.office) is None


def test_a_time_that_has_passed_did_not_come_free(desk: Desk, gap: Any) -> None:
    visit = desk.scheduled(gap[0]).appointment.id
    scheduling.cancel(desk.office, visit, CancelReason.CLIENT_ASKED)
    desk.clock.now = gap[0]
    assert latest_gap(desk.office) == (gap[0], gap[1])
    desk.clock.now = gap[1]
    assert latest_gap(desk.office) is None


def test_what_a_change_frees(desk: Desk, gap: Any) -> None:
    before = desk.scheduled(gap[0]).appointment
    moved = scheduling.schedule(desk.office, before.id, gap[1]).appointment
    gone = scheduling.cancel(desk.office, before.id, CancelReason.OFFICE).appointment
    now = desk.clock()
    assert refill.freed_by(before, moved, now) == gap
    assert refill.freed_by(moved, gone, now) == (gap[1], gap[1] + HALF_HOUR)
    assert refill.freed_by(before, before, now) is None
    assert refill.freed_by(before, gone, gap[0]) is None
    assert refill.freed_by(desk.request().appointment, gone, now) is None
