"""Who is here on the day, and who came: from the start of the visit on, never twice."""

from datetime import timedelta
from typing import Any

import pytest

from interworky_tui.domain.errors import ChangedElsewhere, IllegalMove, NotDue, NotToday
from interworky_tui.services import scheduling
from interworky_tui.services.undo import latest, undo
from interworky_tui.services.visits import arrive, attend, not_arrived


def test_attended_is_possible_from_the_very_start_on(desk: Any) -> None:
    number = desk.scheduled(desk.clock.now + timedelta(hours=1)).appointment.id
    desk.clock.forward(minutes=60, microseconds=-1)
    before = desk.dump()
    with pytest.raises(NotDue):
        attend(desk.office, number)
    assert desk.dump() == before
    desk.clock.forward(microseconds=1)
    made = attend(desk.office, number, version=2)
    row = desk.appointment(number)
    assert (row["status"], row["attended_at"], row["version"]) == ("attended", desk.clock.now, 3)
    assert (made.verb, made.queued) == ("attend", 4)
    assert desk.history(number)[-1] == ("attend", "scheduled", "attended")


@pytest.mark.parametrize("days", [0, 1, 400])
def test_nor_does_it_end_with_the_visit(desk: Any, days: int) -> None:
    number = desk.due().appointment.id
    desk.clock.forward(days=days, hours=3)
    assert attend(desk.office, number).appointment.status == "attended"


def test_who_was_there_was_there_once(desk: Any) -> None:
    number = desk.attended().appointment.id
    before = desk.dump()
    with pytest.raises(IllegalMove, match="this one is attended"):
        attend(desk.office, number)
    with pytest.raises(IllegalMove):
        scheduling.schedule(desk.office, number, desk.clock.now + timedelta(days=1))
    with pytest.raises(IllegalMove):
        scheduling.cancel(desk.office, number, scheduling.CancelReason.NO_SHOW)
    assert desk.dump() == before


def test_a_request_without_a_time_is_not_attended(desk: Any) -> None:
    with pytest.raises(IllegalMove):
        attend(desk.office, desk.request().appointment.id)


def test_who_is_in_the_waiting_room_is_marked_and_nobody_told(desk: Any) -> None:
    number = desk.scheduled(desk.clock.now + timedelta(hours=1)).appointment.id
    told, woken = desk.messages(number), list(desk.woken)
    desk.clock.forward(minutes=40)
    made = arrive(desk.office, number, version=2)
    row = desk.appointment(number)
    assert (row["status"], row["arrived_at"], row["version"]) == ("scheduled", desk.clock.now, 3)
    assert (made.verb, made.queued, made.undo_until) == ("arrive", 0, None)
    assert desk.history(number)[-1] == ("arrive", "scheduled", "scheduled")
    assert (desk.messages(number), desk.woken) == (told, woken)
    with pytest.raises(ChangedElsewhere):
        not_arrived(desk.office, number, version=2)
    not_arrived(desk.office, number, version=3)
    assert desk.appointment(number)["arrived_at"] is None
    assert desk.messages(number) == told


@pytest.mark.parametrize("days", [-1, 1, 7])
def test_on_another_day_nobody_is_here(desk: Any, days: int) -> None:
    number = desk.scheduled(desk.clock.now + timedelta(days=2)).appointment.id
    desk.clock.forward(days=2 + days)
    before = desk.dump()
    with pytest.raises(NotToday, match="The visit is on Wed 18 Mar 2026"):
        arrive(desk.office, number)
    assert desk.dump() == before


def test_undo_takes_back_who_is_here_whatever_was_booked_since(desk: Any) -> None:
    start = desk.clock.now + timedelta(hours=1)
    number = desk.scheduled(start).appointment.id
    desk.deliver()
    arrive(desk.office, number)
    mine = latest(desk.office)
    assert mine is not None
    assert (mine.appointment_id, mine.verb, mine.until) == (number, "arrive", None)
    ben = desk.another("ben")
    scheduling.schedule(ben.office, ben.request().appointment.id, start, override=True)
    states = [row["state"] for row in desk.messages(number)]
    undo(desk.office)
    row = desk.appointment(number)
    assert (row["status"], row["arrived_at"], row["starts_at"]) == ("scheduled", None, start)
    assert [row["state"] for row in desk.messages(number)] == states


def test_what_was_dropped_before_stays_dropped_when_an_arrival_is_undone(desk: Any) -> None:
    number = desk.scheduled(desk.clock.now + timedelta(hours=1)).appointment.id
    with desk.office.database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE notification SET state = 'cancelled', reason = 'stale', attempts = 1"
        )
    arrive(desk.office, number)
    undo(desk.office)
    assert {row["state"] for row in desk.messages(number, 2)} == {"cancelled"}


def test_another_time_and_its_undo_clear_and_restore_who_is_here(desk: Any) -> None:
    number = desk.scheduled(desk.clock.now + timedelta(hours=1)).appointment.id
    arrive(desk.office, number)
    arrived_at = desk.clock.now
    scheduling.schedule(desk.office, number, desk.clock.now + timedelta(hours=3))
    assert desk.appointment(number)["arrived_at"] is None
    undo(desk.office)
    assert desk.appointment(number)["arrived_at"] == arrived_at
