"""Undo: precisely the status before, while no word of the change has left."""

from datetime import timedelta
from typing import Any

import pytest

from interworky_tui.domain.appointment import CancelReason
from interworky_tui.domain.errors import ChangedElsewhere, DoubleBooked, NotFound, UndoTooLate
from interworky_tui.domain.feedback import Survey
from interworky_tui.services import feedback, intake, scheduling, visits
from interworky_tui.services.undo import latest, undo
from interworky_tui.storage.tables import (
    EVENT,
    FEEDBACK_REQUEST,
    NOTIFICATION,
    SMS_RECEIPT,
    SURVEY_RESPONSE,
)
from tests.mending import mend_request

HOUR = timedelta(hours=1)


def request(desk: Any) -> int:
    return int(desk.request().appointment.id)


def verbs(desk: Any) -> dict[str, Any]:
    """Each verb as (what comes before it, the verb itself)."""
    office = desk.office

    def later(number: int) -> None:
        start = desk.appointment(number)["starts_at"] or desk.clock.now
        scheduling.schedule(office, number, start + HOUR, minutes=45)

    return {
        "schedule": (request, later),
        "reschedule": (lambda d: d.scheduled().appointment.id, later),
        "attend": (lambda d: d.due().appointment.id, lambda n: visits.attend(office, n)),
        "collect_feedback": (
            lambda d: d.attended().appointment.id,
            lambda n: feedback.collect(office, n),
        ),
        "resend": (asked_yesterday, lambda n: feedback.collect(office, n)),
        "submit_feedback": (
            lambda d: d.asked().appointment.id,
            lambda n: feedback.record(office, n, Survey(2, "x", "y")),
        ),
        "cancel": (
            lambda d: d.scheduled().appointment.id,
            lambda n: scheduling.cancel(office, n, CancelReason.OTHER, "moved away"),
        ),
        "cancel a request": (
            request,
            lambda n: scheduling.cancel(office, n, CancelReason.DUPLICATE),
        ),
        "no-show": (
            lambda d: d.due().appointment.id,
            lambda n: scheduling.cancel(office, n, CancelReason.NO_SHOW),
        ),
    }


def asked_yesterday(desk: Any) -> int:
    number = desk.asked().appointment.id
    desk.deliver()
    desk.clock.forward(days=1)
    return int(number)


VERBS = (
    "schedule",
    "reschedule",
    "attend",
    "collect_feedback",
    "resend",
    "submit_feedback",
    "cancel",
    "cancel a request",
    "no-show",
)


@pytest.mark.parametrize("verb", VERBS)
def test_everything_is_as_before_but_for_the_history(desk: Any, verb: str) -> None:
    before_it, do = verbs(desk)[verb]
    number = before_it(desk)
    before = desk.dump()
    do(number)
    version = desk.appointment(number)["version"]
    changed = undo(desk.office)
    after = desk.dump()

    (was,), (now,) = before["appointment"], after["appointment"]
    assert now == was | {"version": version + 1}
    for table in ("client", "feedback_request", "survey_response"):
        assert after[table] == before[table]
    messages = desk.messages(number)
    assert messages[: len(before["notification"])] == before["notification"]
    taken_back = messages[len(before["notification"]) :]
    assert {(row["state"], row["reason"]) for row in taken_back} == {("cancelled", "undone")}
    done, line = desk.rows(EVENT, appointment_id=number)[-2:]
    assert (line["verb"], line["from_status"], line["to_status"]) == (
        "undo",
        done["to_status"],
        done["from_status"],
    )
    assert (line["version"], done["version"]) == (version + 1, version)
    assert (changed.verb, changed.queued, changed.undo_until) == ("undo", 0, None)


def test_a_request_that_is_undone_is_cancelled_and_nobody_hears_of_it(desk: Any) -> None:
    number = request(desk)
    undo(desk.office)
    row = desk.appointment(number)
    assert (row["status"], row["cancel_reason"]) == ("cancelled", "other")
    assert desk.history(number)[-1] == ("undo", "requested", "cancelled")
    assert {r["reason"] for r in desk.messages(number)} == {"undone"}
    with pytest.raises(UndoTooLate, match="nothing"):
        undo(desk.office)
    assert latest(desk.office) is None


def test_undo_again_goes_one_further_back(desk: Any) -> None:
    number = desk.scheduled().appointment.id
    first = desk.appointment(number)["starts_at"]
    for hours in (3, 5):
        scheduling.schedule(desk.office, number, first + hours * HOUR)
    starts = []
    for _ in range(3):
        undo(desk.office)
        starts.append(desk.appointment(number)["starts_at"])
    assert starts == [first + 3 * HOUR, first, None]
    undo(desk.office)
    assert desk.appointment(number)["status"] == "cancelled"
    with pytest.raises(UndoTooLate):
        undo(desk.office, number)


def test_after_an_undo_a_new_change_can_be_undone(desk: Any) -> None:
    number = request(desk)
    start = desk.clock.now + HOUR
    for _ in range(3):
        scheduling.schedule(desk.office, number, start)
        undo(desk.office)
    assert desk.appointment(number)["status"] == "requested"
    assert desk.appointment(number)["version"] == 7


@pytest.mark.parametrize("state", ["sending", "sent", "previewed", "failed", "held"])
@pytest.mark.parametrize("one", [{"recipient": "office", "channel": "sms"}, {}])
def test_too_late_once_a_message_is_on_its_way(desk: Any, state: str, one: dict[str, str]) -> None:
    number = desk.scheduled().appointment.id
    desk.deliver(state, appointment_version=2, **one)
    before = desk.dump()
    assert latest(desk.office) is None
    for how in (None, number):
        with pytest.raises(UndoTooLate, match="already left"):
            undo(desk.office, how)
    assert desk.dump() == before


def test_too_late_for_what_was_tried_before(desk: Any) -> None:
    """A worker that died while sending leaves a waiting message that may have arrived."""
    desk.scheduled()
    desk.deliver("pending", channel="sms")
    with pytest.raises(UndoTooLate):
        undo(desk.office)


def test_too_late_for_what_the_provider_took_and_could_not_deliver(desk: Any) -> None:
    """It waits to be sent once more as if nothing had been tried."""
    desk.scheduled()
    message = desk.rows(NOTIFICATION, channel="sms", recipient="client")[-1]
    receipt = {"sid": "SM1", "notification_id": message["id"], "accepted_at": desk.clock.now}
    with desk.office.database.write() as connection:
        connection.execute(SMS_RECEIPT.insert().values(receipt))
    with pytest.raises(UndoTooLate, match="already left"):
        undo(desk.office)


def test_what_nobody_is_told_of_can_be_undone_later(desk: Any) -> None:
    desk.set(office={"phone": "", "email": ""})
    number = request(desk)
    desk.deliver("sent")
    off = {r: {"email": False, "sms": False} for r in ("client", "office")}
    desk.set(messages={"matrix": {"scheduled": off}})
    scheduling.schedule(desk.office, number, desk.clock.now + HOUR)
    desk.clock.forward(hours=3)
    found = latest(desk.office)
    assert found is not None
    assert found.until is None
    undo(desk.office)
    assert desk.appointment(number)["status"] == "requested"


def test_what_would_be_undone_is_named(desk: Any) -> None:
    made = desk.scheduled(name="Ana Lindt")
    found = latest(desk.office)
    assert found is not None
    assert (found.appointment_id, found.version, found.verb, found.client_name) == (
        made.appointment.id,
        2,
        "schedule",
        "Ana Lindt",
    )
    assert found.until == made.undo_until == desk.clock.now + timedelta(seconds=10)


def test_an_edit_in_between_is_kept(desk: Any) -> None:
    number = desk.scheduled().appointment.id
    mend_request(desk.office, number, service="Massage", note="Knee")
    undo(desk.office)
    row = desk.appointment(number)
    assert (row["status"], row["service"], row["note"]) == ("requested", "Massage", "Knee")


def test_an_edit_is_not_undone(desk: Any) -> None:
    number = request(desk)
    desk.deliver("sent")
    mend_request(desk.office, number, service="Massage", note="")
    with pytest.raises(UndoTooLate):
        undo(desk.office)


def test_without_a_number_it_is_ones_own_last_change(desk: Any) -> None:
    ben = desk.another("ben")
    mine = desk.scheduled().appointment.id
    his = ben.scheduled(name="His").appointment.id
    assert latest(desk.office).appointment_id == mine
    undo(desk.office)
    assert desk.appointment(mine)["status"] == "requested"
    assert desk.appointment(his)["status"] == "scheduled"
    undo(desk.office, his)
    assert desk.appointment(his)["status"] == "requested"


def test_a_change_is_undone_once_whoever_does_it(desk: Any) -> None:
    """Ben takes Ana's change back and makes one of his own: hers is not to be undone again."""
    ben = desk.another("ben")
    number = request(desk)
    start = desk.clock.now + HOUR
    scheduling.schedule(desk.office, number, start)
    undo(ben.office, number)
    scheduling.schedule(ben.office, number, start + HOUR)
    before = desk.dump()
    with pytest.raises(UndoTooLate, match="changed again"):
        undo(desk.office)
    assert latest(desk.office) is None
    assert desk.dump() == before
    undo(ben.office)
    assert desk.appointment(number)["status"] == "requested"


def test_what_a_colleague_took_back_already_leads_further_back(desk: Any) -> None:
    first, second = request(desk), request(desk)
    scheduling.schedule(desk.office, second, desk.clock.now + HOUR)
    undo(desk.another("ben").office, second)
    undo(desk.office)
    undo(desk.office)
    assert desk.appointment(second)["status"] == "cancelled"
    assert desk.appointment(first)["status"] == "cancelled"


def test_a_colleagues_later_change_comes_first(desk: Any) -> None:
    number = desk.scheduled().appointment.id
    scheduling.cancel(desk.another("ben").office, number, CancelReason.OFFICE)
    with pytest.raises(UndoTooLate, match="changed again"):
        undo(desk.office)
    undo(desk.office, number)
    assert desk.appointment(number)["status"] == "scheduled"
    undo(desk.office)
    assert desk.appointment(number)["status"] == "requested"


def test_what_was_seen_is_what_is_undone(desk: Any) -> None:
    number = desk.scheduled().appointment.id
    scheduling.cancel(desk.another("ben").office, number, CancelReason.OFFICE)
    with pytest.raises(ChangedElsewhere):
        undo(desk.office, number, version=2)
    undo(desk.office, number, version=3)


@pytest.mark.parametrize("number", [999, 0, -1, 2**70])
def test_an_appointment_that_is_not_there(desk: Any, number: int) -> None:
    with pytest.raises(NotFound):
        undo(desk.office, number)


def test_a_slot_that_is_taken_by_now_is_not_taken_back_in_silence(desk: Any) -> None:
    number = desk.scheduled().appointment.id
    start = desk.appointment(number)["starts_at"]
    scheduling.schedule(desk.office, number, start + 5 * HOUR)
    other = desk.another("ben").scheduled(start, name="Cleo").appointment.id
    before = desk.dump()
    with pytest.raises(UndoTooLate, match="Cleo"):
        undo(desk.office)
    assert desk.dump() == before
    undo(desk.office, other)
    undo(desk.office)
    assert desk.appointment(number)["starts_at"] == start


def test_nor_is_one_among_many_at_once(desk: Any) -> None:
    desk.set(slots={"capacity": 7})
    first = desk.scheduled().appointment
    full = [first, *(desk.scheduled(first.starts_at).appointment for _ in range(6))]
    later = request(desk)
    scheduling.cancel(desk.office, full[0].id, CancelReason.OFFICE)
    scheduling.schedule(desk.office, later, first.starts_at)
    with pytest.raises(UndoTooLate, match="has that time by now"):
        undo(desk.office, full[0].id)


def test_a_double_booking_that_was_there_before_comes_back(desk: Any) -> None:
    number = desk.scheduled().appointment.id
    start = desk.appointment(number)["starts_at"]
    other = request(desk)
    with pytest.raises(DoubleBooked):
        scheduling.schedule(desk.office, other, start)
    scheduling.schedule(desk.office, other, start, override=True)
    scheduling.cancel(desk.office, number, CancelReason.OFFICE)
    undo(desk.office)
    assert desk.appointment(number)["starts_at"] == desk.appointment(other)["starts_at"]


def test_feedback_may_be_asked_for_again_after_an_undo(desk: Any) -> None:
    number = desk.asked().appointment.id
    undo(desk.office)
    assert desk.rows(FEEDBACK_REQUEST) == []
    feedback.collect(desk.office, number)
    feedback.record(desk.office, number, Survey(1))
    undo(desk.office)
    assert desk.rows(SURVEY_RESPONSE) == []
    feedback.record(desk.office, number, Survey(4))
    assert desk.rows(SURVEY_RESPONSE)[0]["rating"] == 4


def overtaken(desk: Any, number: int, version: int) -> None:
    """What a worker does with a message that no longer says the truth."""
    with desk.office.database.write() as connection:
        connection.execute(
            NOTIFICATION.update()
            .where(
                NOTIFICATION.c.appointment_id == number,
                NOTIFICATION.c.appointment_version == version,
            )
            .values(state="cancelled", reason="stale", attempts=1)
        )


@pytest.mark.parametrize("wait", [5, 3600])
def test_what_the_undone_change_had_overtaken_leaves_after_all(desk: Any, wait: int) -> None:
    """Also when the first messages had waited for long, because no worker was running."""
    number = request(desk)
    desk.deliver("sent")
    scheduling.schedule(desk.office, number, desk.clock.now + 3 * HOUR)
    desk.clock.forward(seconds=wait)
    scheduling.schedule(desk.office, number, desk.clock.now + 5 * HOUR)
    desk.clock.forward(seconds=5)
    overtaken(desk, number, 2)
    woken = len(desk.woken)
    undo(desk.office)
    states = {
        (row["appointment_version"], row["state"], row["reason"]) for row in desk.messages(number)
    }
    assert states == {(1, "sent", None), (2, "pending", None), (3, "cancelled", "undone")}
    assert len(desk.woken) == woken + 1


def test_what_was_overtaken_by_a_change_that_stands_stays_so(desk: Any) -> None:
    number = request(desk)
    start = desk.clock.now + 3 * HOUR
    scheduling.schedule(desk.office, number, start)
    desk.clock.forward(seconds=2)
    scheduling.schedule(desk.office, number, start + HOUR)
    desk.clock.forward(seconds=20)
    overtaken(desk, number, 2)
    desk.deliver("sent", appointment_version=3)
    scheduling.schedule(desk.office, number, start + 2 * HOUR)
    undo(desk.office)
    states = {(row["appointment_version"], row["state"]) for row in desk.messages(number)}
    assert states == {(1, "pending"), (2, "cancelled"), (3, "sent"), (4, "cancelled")}


def test_an_import_is_not_undone_line_by_line(desk: Any) -> None:
    asked = intake.clean(desk.office, desk.new())
    line = intake.CleanRequest(
        **{name: getattr(asked, name) for name in asked.__slots__} | {"source_key": "1"}
    )
    with desk.office.database.write() as connection:
        intake.insert_requests(desk.office, connection, [line], desk.clock.now)
    for how in (None, 1):
        with pytest.raises(UndoTooLate, match="nothing"):
            undo(desk.office, how)
    scheduling.schedule(desk.office, 1, desk.clock.now + HOUR)
    undo(desk.office)
    assert desk.appointment(1)["status"] == "requested"
