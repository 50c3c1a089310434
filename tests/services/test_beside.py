"""A worker of the outbox writes beside a desk on PostgreSQL, and neither overtakes the other."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from interworky_tui.domain.appointment import CancelReason
from interworky_tui.domain.errors import Refusal, UndoTooLate
from interworky_tui.services import scheduling
from interworky_tui.services.undo import undo
from interworky_tui.storage import outbox as rows
from tests.mending import mend_client

pytestmark = pytest.mark.postgresql_only
WAITING = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@contextmanager
def a_worker(desk: Any) -> Iterator[Connection]:
    """In the middle of its transaction."""
    with desk.office.database.write(alone=False) as connection:
        yield connection


def take_all(desk: Any, connection: Connection) -> list[int]:
    now = desk.clock() + timedelta(hours=1)
    room = {"sms": 20, "email": 20}
    until = now + timedelta(minutes=1)
    leased = rows.claim(connection, room, owner="worker", now=now, until=until, limit=40)
    return [row.id for row in leased]


class Colleague:
    """Does something in another thread, which has to wait for what is under way."""

    def __init__(self, desk: Any, do: Callable[[], object]) -> None:
        self.refused: Refusal | None = None
        self._thread = threading.Thread(target=self._run, args=(do,))
        self._thread.start()
        waits = False
        while not waits and self._thread.is_alive():
            with desk.office.database.read() as connection:
                waits = bool(connection.execute(text(WAITING)).scalar())
        self.waited = waits

    def _run(self, do: Callable[[], object]) -> None:
        try:
            do()
        except Refusal as refused:
            self.refused = refused

    def end(self) -> None:
        self._thread.join(30)
        assert not self._thread.is_alive()


def scheduled(desk: Any) -> Any:
    """A visit of which only word of its time waits."""
    asked = desk.request().appointment
    desk.deliver("sent")
    return scheduling.schedule(desk.office, asked.id, desk.clock() + timedelta(days=2)).appointment


def test_what_a_worker_is_taking_cannot_be_undone(desk: Any) -> None:
    visit = scheduled(desk)
    before = desk.appointment(visit.id)
    with a_worker(desk) as connection:
        taken = take_all(desk, connection)
        colleague = Colleague(desk, lambda: undo(desk.office, visit.id))
    colleague.end()
    assert colleague.waited
    assert taken
    assert isinstance(colleague.refused, UndoTooLate)
    assert desk.appointment(visit.id) == before
    now = {row["id"]: row["state"] for row in desk.messages(visit.id)}
    assert {now[one] for one in taken} == {"sending"}


def test_what_a_worker_is_taking_keeps_its_address(desk: Any) -> None:
    asked = desk.request()
    before = {row["id"]: row["to_address"] for row in desk.messages(asked.appointment.id)}
    number = asked.client.id
    edit = lambda: mend_client(  # noqa: E731
        desk.office, number, name=asked.client.name, phone="030 901 820", email="new@example.com"
    )
    with a_worker(desk) as connection:
        taken = take_all(desk, connection)
        colleague = Colleague(desk, edit)
    colleague.end()
    assert colleague.waited
    assert colleague.refused is None
    for row in desk.messages(asked.appointment.id):
        if row["id"] in taken:
            assert (row["state"], row["to_address"]) == ("sending", before[row["id"]])


def test_a_visit_holds_still_while_a_worker_decides_by_it(desk: Any) -> None:
    visit = desk.scheduled().appointment
    cancel = lambda: scheduling.cancel(  # noqa: E731
        desk.office, visit.id, CancelReason.OFFICE
    )
    with a_worker(desk) as connection:
        assert rows.appointment_now(connection, visit.id).status == "scheduled"
        colleague = Colleague(desk, cancel)
    colleague.end()
    assert colleague.waited
    assert colleague.refused is None
    assert desk.appointment(visit.id)["status"] == "cancelled"


def test_a_text_stands_for_one_message_alone(desk: Any) -> None:
    """Two workers hear of the same text from the provider at the same time."""
    visit = desk.request().appointment
    first, second, *_ = [row["id"] for row in desk.messages(visit.id)]
    now = desk.clock()
    got: list[bool] = []

    def take(number: int) -> None:
        with a_worker(desk) as connection:
            got.append(rows.add_receipt(connection, "SM1", number, now=now, poll_at=now))

    with a_worker(desk) as connection:
        got.append(rows.add_receipt(connection, "SM1", first, now=now, poll_at=now))
        colleague = Colleague(desk, lambda: take(second))
    colleague.end()
    assert colleague.waited
    assert got == [True, False]
