"""The past is rebuilt from the history alone, and its chain fits whatever was done."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from interworky_tui.domain.appointment import CancelReason, Status
from interworky_tui.domain.errors import BadInput, NotFound
from interworky_tui.services import past_board, past_lines, past_words, records, scheduling, visits
from interworky_tui.services.undo import undo
from interworky_tui.storage import chain_check
from tests.services.conftest import FRIDAY
from tests.services.test_lifecycle_machine import Lives

LONG = 60.0


class Pasts(Lives):
    """Random verbs; what stood at each moment is kept, and asked for again at the end."""

    boards: ClassVar[int] = 0

    def __init__(self) -> None:
        self.stood: dict[datetime, list[dict[str, Any]]] = {}
        super().__init__()

    @property
    def now(self) -> datetime:
        return self._now

    @now.setter
    def now(self, moment: datetime) -> None:
        """Before the clock goes on: at one moment much may happen, the last of it stood."""
        if hasattr(self, "_now"):
            self.keep()
        self._now = moment

    def keep(self) -> None:
        columns = [row[1] for row in self.eye.execute("PRAGMA table_info(appointment)")]
        rows = self.rows("appointment")
        self.stood[self.now] = [dict(zip(columns, row, strict=True)) for row in rows]

    def teardown(self) -> None:
        try:
            if hasattr(self, "desks"):
                self.keep()
                self.the_past_is_as_it_stood()
                found = chain_check.check_file(
                    Path(self.database.url.removeprefix("sqlite:///")), LONG
                )
                assert found.first is None
                assert found.lines == len(self.rows("appointment_event"))
        finally:
            super().teardown()

    def the_past_is_as_it_stood(self) -> None:
        office = self.desks["ana"]
        for moment, rows in self.stood.items():
            with self.database.read() as connection:
                states = list(past_board.states_at(connection, moment))
            assert [state.appointment_id for state in states] == [row["id"] for row in rows]
            for state, row in zip(states, rows, strict=True):
                assert (state.version, state.status) == (row["version"], row["status"])
                for name in records.TRACKED:
                    if name == "cancel_reason":
                        assert state.facts.get(name) == row[name]
                    else:
                        assert plain(state.moment(name)) == row[name]
            board = past_board.board_at(office, moment)
            for status in Status:
                assert board.counts[status] == sum(row["status"] == status for row in rows)
            now = plain(moment)
            due = [r for r in rows if r["status"] == "scheduled" and r["starts_at"] <= now]
            assert board.due == len(due)
            today = self.local(moment).date()
            of_day = [r["id"] for r in rows if r["starts_at"] and self.day(r) == today]
            assert sorted(one.appointment_id for one in board.visits) == of_day
            Pasts.boards += 1

    def day(self, row: dict[str, Any]) -> Any:
        return self.local(datetime.fromisoformat(row["starts_at"])).date()


def plain(moment: Any) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if moment else None


def test_any_past_moment_is_as_it_stood_and_the_chain_fits(empty_store: Path) -> None:
    Pasts.empty_store = empty_store
    run_state_machine_as_test(
        Pasts,
        settings=settings(
            max_examples=15,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert Pasts.boards > 40, Pasts.boards


def test_the_board_of_a_day(desk: Any) -> None:
    one, other = (desk.scheduled(desk.local(FRIDAY, hour)).appointment.id for hour in (11, 9))
    desk.clock.forward(hours=1)
    before = desk.clock.now
    scheduling.cancel(desk.office, other, CancelReason.OFFICE)
    desk.clock.now = desk.local(FRIDAY, 10, 30)
    scheduling.cancel(desk.office, one, CancelReason.CLIENT_ASKED)
    desk.clock.forward(minutes=1)
    undo(desk.office)
    desk.clock.now = desk.local(FRIDAY, 10, 50)
    visits.arrive(desk.office, one)
    desk.clock.forward(days=30)

    def board(moment: Any) -> Any:
        return past_board.board_at(desk.office, moment)

    assert board(before - timedelta(hours=2)).counts[Status.REQUESTED] == 0
    assert board(before).visits == ()
    then = board(desk.local(FRIDAY, 10, 30))
    assert (then.counts[Status.CANCELLED], then.counts[Status.SCHEDULED], then.due) == (2, 0, 0)
    assert [visit.appointment_id for visit in then.visits] == [other, one]
    assert [visit.cancel_reason for visit in then.visits] == ["office", "client_asked"]
    then = board(desk.local(FRIDAY, 11))
    assert (then.counts[Status.CANCELLED], then.counts[Status.SCHEDULED], then.due) == (1, 1, 1)
    (_, visit) = then.visits
    assert (visit.due, visit.arrived_at) == (True, desk.local(FRIDAY, 10, 50))
    assert (visit.cancel_reason, visit.client_name) == (None, "Ada Lovelace 1")


def test_a_clock_that_was_put_back_loses_nothing(desk: Any) -> None:
    """The change stands from when the next one was made, at the latest."""
    start = desk.clock.now
    one = desk.request().appointment.id
    desk.clock.forward(hours=2)
    scheduling.schedule(desk.office, one, desk.local(FRIDAY, 11))
    desk.clock.now = start + timedelta(hours=1)
    scheduling.cancel(desk.office, one, CancelReason.OFFICE)
    before = past_board.board_at(desk.office, start + timedelta(minutes=30))
    assert before.counts[Status.REQUESTED] == 1
    with desk.office.database.read() as connection:
        (state,) = past_board.states_at(connection, start + timedelta(hours=1))
    assert (state.status, state.moment("starts_at")) == ("cancelled", desk.local(FRIDAY, 11))


def test_a_moment_is_typed(desk: Any) -> None:
    read = past_board.read_moment
    assert read(desk.office, "2026-03-16 08:30") == desk.clock.now - timedelta(minutes=40)
    assert read(desk.office, "now") <= desk.clock.now
    with pytest.raises(BadInput, match="still to come"):
        read(desk.office, "2026-03-16 18:00")
    # The hour that the clock shows twice: at its end all of it has happened.
    desk.clock.now = desk.clock.now.replace(month=11)
    assert read(desk.office, "2026-10-25 02:30").hour == 1


def test_now_is_a_moment_that_has_come(desk: Any) -> None:
    desk.clock.forward(seconds=20)
    assert past_board.read_moment(desk.office, " Now ") == desk.clock.now


def test_the_chain_is_read_in_any_database(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain_check, "AT_ONCE", 2)
    for _ in range(3):
        desk.scheduled()

    def check(step: int = 0) -> chain_check.ChainCheck:
        ticks = count(0, step)
        with desk.office.database.read() as connection:
            return chain_check.check(connection, LONG, lambda: next(ticks))

    found = check()
    assert (found.lines, found.first, found.head.number, found.whole) == (6, None, 6, True)
    assert not check(step=61).whole
    with desk.office.database.write() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("DROP TRIGGER appointment_event_no_update")
        else:
            connection.exec_driver_sql("ALTER TABLE appointment_event DISABLE TRIGGER ALL")
        connection.exec_driver_sql("UPDATE appointment_event SET at = at WHERE id = 2")
        assert chain_check.check(connection, LONG).first is None
        connection.exec_driver_sql("UPDATE appointment_event SET actor = 'eve' WHERE id = 4")
    first = check().first
    assert first
    assert (first.kind, first.number, first.appointment_id) == ("changed", 4, 2)


def said(desk: Any, **chosen: Any) -> list[str]:
    found = past_lines.entries(desk.office, **chosen)
    return [past_words.say_entry(entry, desk.office.zone) for entry in found]


def test_what_happened_is_told(desk: Any) -> None:
    one = desk.request().appointment.id
    scheduling.schedule(desk.office, one, desk.local(FRIDAY, 11))
    desk.clock.forward(minutes=5)
    ben = desk.another("ben")
    scheduling.schedule(ben.office, one, desk.local(FRIDAY, 12))
    undo(ben.office)
    scheduling.schedule(replace(desk.office, actor="client"), one, desk.local(FRIDAY, 14))
    scheduling.cancel(replace(desk.office, actor="api:phone"), one, CancelReason.CLIENT_ASKED)
    ada, at = "Ada Lovelace 1 (appointment 1)", "Mon 16 Mar 2026, 09:1"
    assert said(desk) == [
        f"{at}0: ana filed a request for {ada}.",
        f"{at}0: ana gave {ada} the time Fri 20 Mar 2026, 11:00.",
        f"{at}5: ben moved {ada} to Fri 20 Mar 2026, 12:00, from Fri 20 Mar 2026, 11:00.",
        f"{at}5: ben took back 'reschedule' of {ada}.",
        f"{at}5: Ada Lovelace 1 moved appointment 1 to Fri 20 Mar 2026, 14:00,"
        " from Fri 20 Mar 2026, 11:00.",
        f"{at}5: the program phone cancelled {ada}: {CancelReason.CLIENT_ASKED.label.lower()}.",
    ]


def test_who_and_when_are_chosen(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past_lines, "AT_ONCE", 2)
    for _ in range(3):
        desk.scheduled()
    desk.clock.forward(days=1)
    desk.scheduled()
    numbers = [entry.id for entry in past_lines.entries(desk.office)]
    assert numbers == list(range(1, 9))
    today = desk.clock.now.date()
    assert [e.id for e in past_lines.entries(desk.office, day=today)] == [7, 8]
    assert [e.id for e in past_lines.entries(desk.office, appointment_id=2)] == [3, 4]
    assert past_lines.clients_named(desk.office, "2") == [2]
    assert past_lines.clients_named(desk.office, "lovelace 3") == [3]
    assert past_lines.clients_named(desk.office, "0301230004") == [4]
    of_two = past_lines.entries(desk.office, client_ids=[2, 4], day=today)
    assert [entry.client_id for entry in of_two] == [4, 4]


@pytest.mark.parametrize("typed", ["nobody", "99", "%", "9" * 30])
def test_nobody_is_found(desk: Any, typed: str) -> None:
    desk.request(phone="+49 30 123000")
    with pytest.raises(NotFound):
        past_lines.clients_named(desk.office, typed)


def test_every_verb_has_its_words() -> None:
    assert set(past_words._SAID) == set(past_words.Verb)
