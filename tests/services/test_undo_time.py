"""The time to undo, of a desk whose clock is not that of the worker that sends."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from interworky_tui.domain.clock import system_clock
from interworky_tui.services import scheduling
from interworky_tui.services.undo import undo
from interworky_tui.storage.shared_clock import server_clock
from tests.services.test_undo import overtaken

UNDO = timedelta(seconds=10)
HOUR = timedelta(hours=1)
both_ways = pytest.mark.parametrize("wrong", [HOUR, -HOUR])


def desk_with_a_wrong_clock(desk: Any, wrong: timedelta) -> Any:
    office = replace(desk.office, clock=lambda: desk.clock.now + wrong)
    office.__dict__["shared"] = lambda _connection: desk.clock.now
    return replace(desk, office=office)


@both_ways
def test_it_is_the_same_however_wrong_the_clock_is(desk: Any, wrong: timedelta) -> None:
    ana = desk_with_a_wrong_clock(desk, wrong)
    number = desk.request().appointment.id
    scheduling.schedule(ana.office, number, desk.clock.now + 5 * HOUR)
    due = {row["due_at"] for row in desk.messages(number, 2) if row["state"] == "pending"}
    assert due == {desk.clock.now + UNDO}


@both_ways
def test_what_an_undone_move_had_overtaken_leaves_after_all(desk: Any, wrong: timedelta) -> None:
    ana = desk_with_a_wrong_clock(desk, wrong)
    number = desk.request().appointment.id
    scheduling.schedule(ana.office, number, desk.clock.now + 5 * HOUR)
    scheduling.schedule(ana.office, number, desk.clock.now + 6 * HOUR)
    for version in (1, 2):
        overtaken(desk, number, version)
    undo(ana.office)
    waits = [row for row in desk.messages(number) if row["state"] == "pending"]
    assert {row["appointment_version"] for row in waits} == {1, 2}
    assert {row["due_at"] for row in waits} == {desk.clock.now}


def test_on_a_server_it_goes_by_the_server(desk: Any) -> None:
    office = replace(desk.office, clock=system_clock)
    on_server = desk.office.database.url.startswith("postgresql")
    assert (office.shared is server_clock) == on_server
