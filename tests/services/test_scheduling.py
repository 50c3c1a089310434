"""Times: in the past, taken, moved; cancelling; and mending a request."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert

from interworky_tui.domain.appointment import CancelReason
from interworky_tui.domain.errors import (
    BadInput,
    ChangedElsewhere,
    DoubleBooked,
    IllegalMove,
    InThePast,
    NotDue,
    NotFound,
    Refusal,
)
from interworky_tui.services import scheduling, visits
from interworky_tui.services.scheduling import (
    cancel,
    conflicts,
    overlapping,
    schedule,
)
from interworky_tui.storage import schema
from interworky_tui.storage.database import Database
from interworky_tui.storage.tables import APPOINTMENT, CLIENT, EVENT
from tests.mending import mend_request

MIDNIGHT = datetime(2026, 3, 16, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def request(desk: Any) -> int:
    return int(desk.request().appointment.id)


def test_a_time_is_set_for_half_an_hour_unless_told_otherwise(desk: Any) -> None:
    start = desk.clock.now + HOUR
    made = schedule(desk.office, request(desk), start)
    row = desk.appointment(made.appointment.id)
    assert (row["status"], row["starts_at"], row["ends_at"], row["sort_at"]) == (
        "scheduled",
        start,
        start + 30 * MINUTE,
        start,
    )
    assert (made.verb, made.queued) == ("schedule", 4)
    longer = schedule(desk.office, request(desk), start + HOUR, minutes=90).appointment
    assert longer.ends_at == start + HOUR + 90 * MINUTE


def test_a_visit_that_is_moved_keeps_its_length(desk: Any) -> None:
    start = desk.clock.now + HOUR
    number = schedule(desk.office, request(desk), start, minutes=50).appointment.id
    moved = schedule(desk.office, number, start + HOUR)
    assert moved.verb == "reschedule"
    assert moved.appointment.ends_at == start + HOUR + 50 * MINUTE
    assert schedule(desk.office, number, start, minutes=20).appointment.ends_at == (
        start + 20 * MINUTE
    )


def test_a_time_in_another_zone_is_the_same_moment(desk: Any) -> None:
    start = desk.local(datetime(2026, 3, 20, tzinfo=UTC).date(), 14, 30)
    made = schedule(desk.office, request(desk), start).appointment
    assert desk.appointment(made.id)["starts_at"] == datetime(2026, 3, 20, 13, 30, tzinfo=UTC)
    (line,) = [line for line in desk.rows(EVENT) if line["verb"] == "schedule"]
    assert '"2026-03-20T13:30:00+00:00"' in line["detail"]


@pytest.mark.parametrize("minutes", [0, -5, 24 * 60 + 1, 10**13, -(10**13)])
def test_a_length_that_no_visit_has_is_refused(desk: Any, minutes: int) -> None:
    number = request(desk)
    before = desk.dump()
    with pytest.raises(BadInput) as caught:
        schedule(desk.office, number, desk.clock.now + HOUR, minutes=minutes)
    assert caught.value.field == "minutes"
    assert desk.dump() == before


@pytest.mark.parametrize(
    "start", [datetime(9999, 12, 31, 23, 50, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)]
)
def test_a_time_out_of_range_is_refused(desk: Any, start: datetime) -> None:
    with pytest.raises(BadInput) as caught:
        schedule(desk.office, request(desk), start)
    assert caught.value.field == "when"


def test_the_past_is_refused_and_the_minute_on_the_clock_is_not(desk: Any) -> None:
    desk.clock.forward(seconds=59)
    now = desk.clock.now.replace(second=0)
    number = request(desk)
    before = desk.dump()
    with pytest.raises(InThePast):
        schedule(desk.office, number, now - MINUTE, override=True)
    assert desk.dump() == before
    schedule(desk.office, number, now)


@pytest.mark.parametrize("number", [0, -1, 77, 2**63, 2**80])
def test_an_appointment_that_is_not_there(desk: Any, number: int) -> None:
    for verb in (
        lambda: schedule(desk.office, number, desk.clock.now),
        lambda: cancel(desk.office, number, CancelReason.OFFICE),
        lambda: visits.attend(desk.office, number),
    ):
        with pytest.raises(NotFound):
            verb()


def test_a_double_booking_is_refused_and_an_override_is_on_record(desk: Any) -> None:
    start = desk.clock.now + HOUR
    schedule(desk.office, request(desk), start)
    number = request(desk)
    before = desk.dump()
    with pytest.raises(DoubleBooked) as caught:
        schedule(desk.office, number, start + 29 * MINUTE)
    assert caught.value.appointment_ids == (1,)
    assert "Ada Lovelace 1 has Mon 16 Mar 2026, 10:10" in caught.value.sentence
    assert desk.dump() == before
    schedule(desk.office, number, start + 29 * MINUTE, override=True)
    assert '"override":true' in desk.rows(EVENT)[-1]["detail"]


def test_all_that_is_in_the_way_is_counted_and_on_record(desk: Any) -> None:
    desk.set(slots={"capacity": 6})
    first = desk.scheduled().appointment
    full = [first, *(desk.scheduled(first.starts_at).appointment for _ in range(5))]
    late = desk.request().appointment.id
    with pytest.raises(DoubleBooked, match="and 5 more"):
        scheduling.schedule(desk.office, late, first.starts_at)
    scheduling.schedule(desk.office, late, first.starts_at, override=True)
    detail = json.loads(desk.rows(EVENT, appointment_id=late)[-1]["detail"])
    assert (detail["count"], detail["over"]) == (6, [one.id for one in full])


def test_an_override_that_was_not_needed_is_not_on_record(desk: Any) -> None:
    schedule(desk.office, request(desk), desk.clock.now + HOUR, override=True)
    assert "override" not in desk.rows(EVENT)[-1]["detail"]


def test_a_time_that_cannot_be_is_refused_for_that_not_for_a_double_booking(desk: Any) -> None:
    """Else somebody would override, only to be refused again."""
    number = desk.due().appointment.id
    desk.clock.forward(minutes=5)
    start = desk.appointment(number)["starts_at"]
    with pytest.raises(InThePast):
        schedule(desk.office, request(desk), start)
    attended = visits.attend(desk.office, number).appointment.id
    desk.due()
    with pytest.raises(IllegalMove):
        schedule(desk.office, attended, desk.clock.now)


def test_visits_that_touch_do_not_overlap_nor_does_one_with_itself(desk: Any) -> None:
    start = desk.clock.now + HOUR
    number = schedule(desk.office, request(desk), start).appointment.id
    schedule(desk.office, request(desk), start + 30 * MINUTE)
    schedule(desk.office, request(desk), start - 30 * MINUTE)
    schedule(desk.office, number, start, minutes=29)
    assert [b.appointment_id for b in conflicts(desk.office, start, start + MINUTE)] == [1]
    assert conflicts(desk.office, start, start + MINUTE, but=number) == []


def test_only_what_is_scheduled_is_in_the_way(desk: Any) -> None:
    number = desk.due().appointment.id
    start = desk.clock.now
    assert conflicts(desk.office, start, start + MINUTE)
    visits.attend(desk.office, number)
    other = schedule(desk.office, request(desk), start).appointment.id
    cancel(desk.office, other, CancelReason.OFFICE)
    assert conflicts(desk.office, start, start + MINUTE) == []


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('booked') / 'office.db'}")
    schema.migrate(database)
    with database.write() as connection:
        client = {"name": "Ada", "match_name": "ada", "phone": "+4930901820", "search_text": ""}
        connection.execute(insert(CLIENT).values(created_at=MIDNIGHT, **client))
    yield database
    database.close()


lengths = st.one_of(st.integers(1, 120), st.integers(1, 24 * 60))


@settings(deadline=None)
@example(spans=[(0, 24 * 60)], start=24 * 60 - 1, length=1)
@example(spans=[(0, 24 * 60), (10, 5)], start=24 * 60, length=1)
@given(
    spans=st.lists(st.tuples(st.integers(0, 4000), lengths), max_size=5),
    start=st.integers(0, 4000),
    length=lengths,
)
def test_conflicts_are_those_of_the_definition(
    store: Database, spans: list[tuple[int, int]], start: int, length: int
) -> None:
    """The search is narrowed by an index; the definition is not."""
    with store.write() as connection:
        connection.execute(delete(APPOINTMENT))
        for number, (at, minutes) in enumerate(spans, 1):
            connection.execute(insert(APPOINTMENT).values(a_visit(number, at, minutes)))
        found = overlapping(
            connection, MIDNIGHT + start * MINUTE, MIDNIGHT + (start + length) * MINUTE, None
        )
    assert {booked.appointment_id for booked in found} == {
        number
        for number, (at, minutes) in enumerate(spans, 1)
        if at < start + length and start < at + minutes
    }


def a_visit(number: int, at: int, minutes: int) -> dict[str, Any]:
    return {
        "id": number,
        "client_id": 1,
        "status": "scheduled",
        "requested_date": "2026-03-16",
        "band": "morning",
        "requested_until": MIDNIGHT,
        "requested_at": MIDNIGHT,
        "starts_at": MIDNIGHT + at * MINUTE,
        "sort_at": MIDNIGHT + at * MINUTE,
        "ends_at": MIDNIGHT + (at + minutes) * MINUTE,
    }


def test_of_two_desks_at_once_one_gets_the_time(desk: Any) -> None:
    start = desk.clock.now + HOUR
    for turn in range(5):
        numbers = [request(desk) for _ in range(4)]
        gate = threading.Barrier(len(numbers))
        told: list[str] = []

        def take(number: int, at: datetime, gate: Any = gate, told: Any = told) -> None:
            gate.wait()
            try:
                schedule(desk.office, number, at)
                told.append("done")
            except DoubleBooked:
                told.append("taken")

        at = start + turn * HOUR
        threads = [threading.Thread(target=take, args=(n, at)) for n in numbers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(told) == ["done", "taken", "taken", "taken"]


def test_who_saw_an_older_version_changes_nothing(desk: Any) -> None:
    start = desk.clock.now + HOUR
    number = schedule(desk.office, request(desk), start, version=1).appointment.id
    before = desk.dump()
    for verb in (
        lambda: schedule(desk.office, number, start + HOUR, version=1),
        lambda: cancel(desk.office, number, CancelReason.OFFICE, version=1),
        lambda: mend_request(desk.office, number, service="x", note="", version=1),
        lambda: visits.attend(desk.office, number, version=3),
    ):
        with pytest.raises(ChangedElsewhere) as caught:
            verb()
        assert "in the meantime" in caught.value.sentence
    assert desk.dump() == before


def test_of_two_who_saw_the_same_version_one_is_told(desk: Any) -> None:
    for turn in range(5):
        number = desk.scheduled().appointment.id
        gate = threading.Barrier(2)
        told: list[str] = []

        def run(verb: Any, gate: Any = gate, told: Any = told) -> None:
            gate.wait()
            try:
                told.append(verb().verb)
            except ChangedElsewhere:
                told.append("too late")

        start = desk.appointment(number)["starts_at"] + HOUR
        verbs = [
            lambda n=number, s=start: schedule(desk.office, n, s, version=2),
            lambda n=number: cancel(desk.office, n, CancelReason.OFFICE, version=2),
        ]
        threads = [threading.Thread(target=run, args=(verb,)) for verb in verbs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(told) == 2, turn
        assert told.count("too late") == 1
        assert desk.appointment(number)["version"] == 3


def test_a_cancel_keeps_its_reason_and_its_time(desk: Any) -> None:
    number = desk.scheduled().appointment.id
    start = desk.appointment(number)["starts_at"]
    made = cancel(desk.office, number, CancelReason.OTHER, " moved\x1b \n away ")
    row = desk.appointment(number)
    assert (row["status"], row["cancel_reason"], row["cancel_text"], row["starts_at"]) == (
        "cancelled",
        "other",
        "moved\naway",
        start,
    )
    assert row["cancelled_at"] == desk.clock.now
    assert {m["event"] for m in desk.messages(number, made.appointment.version)} == {"cancelled"}


@pytest.mark.parametrize(
    ("reason", "text", "kind"),
    [
        (CancelReason.OTHER, "", BadInput),
        (CancelReason.OTHER, "\x1b\u202e", BadInput),
        (CancelReason.OFFICE, "x" * 501, BadInput),
        (CancelReason.NO_SHOW, "", NotDue),
    ],
)
def test_a_cancel_that_does_not_say_why(
    desk: Any, reason: CancelReason, text: str, kind: type[Refusal]
) -> None:
    number = desk.scheduled().appointment.id
    before = desk.dump()
    with pytest.raises(kind):
        cancel(desk.office, number, reason, text)
    assert desk.dump() == before


def test_a_no_show_is_possible_from_the_start_of_the_visit_on(desk: Any) -> None:
    number = desk.scheduled(desk.clock.now + HOUR).appointment.id
    desk.clock.forward(minutes=59, seconds=59)
    with pytest.raises(NotDue):
        cancel(desk.office, number, CancelReason.NO_SHOW)
    desk.clock.forward(seconds=1)
    assert cancel(desk.office, number, CancelReason.NO_SHOW).appointment.status == "cancelled"
    with pytest.raises(NotDue):
        cancel(desk.office, request(desk), CancelReason.NO_SHOW)


def test_an_edit_tells_nobody_and_its_line_says_nothing_personal(desk: Any) -> None:
    number = request(desk)
    told, woken = len(desk.messages(number)), len(desk.woken)
    edited = mend_request(desk.office, number, service=" Massage ", note="left\x07 knee")
    assert (edited.service, edited.note, edited.version) == ("Massage", "left knee", 2)
    assert desk.history(number)[-1] == ("edit", "requested", "requested")
    assert "knee" not in str(desk.rows(EVENT))
    assert len(desk.messages(number)) == told
    assert len(desk.woken) == woken
    again = mend_request(desk.office, number, service="Massage", note="left knee")
    assert again.version == 2
    for field, values in (
        ("note", {"service": "", "note": "x" * 2001}),
        ("service", {"service": "x" * 101, "note": ""}),
    ):
        with pytest.raises(BadInput) as caught:
            mend_request(desk.office, number, **values)
        assert caught.value.field == field


def test_what_is_typed_is_read_by_the_offices_clock(desk: Any) -> None:
    reading = scheduling.read_when(desk.office, "fri 14:30")
    assert reading.starts_at == datetime(2026, 3, 20, 13, 30, tzinfo=UTC)
    assert scheduling.read_when(desk.office, "2026-03-20 14:30").starts_at == reading.starts_at


def test_figures_are_read_in_the_order_of_the_country(desk: Any) -> None:
    for country, month in (("DE", 4), ("US", 3)):
        desk.set(office={"country": country, "locale_day_first": None})
        starts_at = scheduling.read_when(desk.office, "3/4/2027 14:30").starts_at
        assert starts_at.month == month
