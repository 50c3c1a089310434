"""Who came: from the start of the visit on, never before, never twice."""

from datetime import timedelta
from typing import Any

import pytest

from interworky_tui.domain.errors import IllegalMove, NotDue
from interworky_tui.services import scheduling
from interworky_tui.services.visits import attend


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
