"""What a change owes in the night: what waits, what leaves at once, and what nobody gets."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from interworky_tui.domain.appointment import CancelReason
from interworky_tui.domain.errors import UndoTooLate
from interworky_tui.domain.events import Channel, Event, Recipient
from interworky_tui.domain.feedback import Survey
from interworky_tui.messages.render import Rendered
from interworky_tui.services import feedback, notice_preview, notices, opt_outs, scheduling, visits
from interworky_tui.services.undo import latest, undo
from interworky_tui.storage.tables import NOTIFICATION
from tests.mending import mend_client

HOUR = timedelta(hours=1)
MONDAY = date(2026, 3, 16)
TUESDAY = MONDAY + timedelta(days=1)


def due_at_night(desk: Any, hour: int = 21) -> int:
    """A visit that begins at nine in the evening, which it is now."""
    start = desk.local(MONDAY, hour)
    number = desk.scheduled(start).appointment.id
    desk.deliver("sent")
    desk.clock.now = start
    return int(number)


def opt_out(desk: Any, number: str) -> None:
    with desk.office.database.write() as connection:
        opt_outs.opt_out(connection, number, opt_outs.Source.REPLY, desk.clock.now)


def waiting(desk: Any, **equal: Any) -> list[dict[str, Any]]:
    return list(desk.rows(NOTIFICATION, state="pending", **equal))


def test_thanks_wait_for_the_morning_and_the_office_hears_at_once(desk: Any) -> None:
    made = visits.attend(desk.office, due_at_night(desk))
    soon = desk.clock.now + timedelta(seconds=10)
    assert (made.queued, made.undo_until) == (4, soon)
    for row in waiting(desk, recipient="office"):
        assert (row["due_at"], row["reason"]) == (soon, None)
        assert row["stream"] == f"office:1:{row['channel']}"
    for row in waiting(desk, recipient="client"):
        assert (row["due_at"], row["reason"]) == (desk.local(TUESDAY, 8), "quiet_hours")
        assert row["stream"] == f"client:1:{row['channel']}:quiet"


def test_what_staff_do_by_hand_goes_at_once_with_a_warning(desk: Any) -> None:
    desk.clock.now = desk.local(MONDAY, 22)
    number = desk.request().appointment.id
    start = desk.local(TUESDAY, 9)
    shown = notice_preview.schedule(desk.office, number, start).messages
    assert {(m.recipient.value, m.at_night, m.waits_until) for m in shown} == {
        ("client", True, None),
        ("office", False, None),
    }
    scheduling.schedule(desk.office, number, start)
    scheduling.schedule(desk.office, number, start + HOUR)
    scheduling.cancel(desk.office, number, CancelReason.CLIENT_ASKED)
    soon = desk.clock.now + timedelta(seconds=10)
    assert {(row["due_at"], row["reason"]) for row in waiting(desk)} == {(soon, None)}


def test_the_preview_says_what_waits(desk: Any) -> None:
    number = due_at_night(desk)
    desk.set(messages={"matrix": {"attended": {"client": {"email": False}}}})
    shown = notice_preview.attend(desk.office, number).messages
    morning = desk.local(TUESDAY, 8)
    assert [(m.recipient.value, m.channel.value, m.waits_until, m.at_night) for m in shown] == [
        ("client", "email", None, False),
        ("client", "sms", morning, False),
        ("office", "email", None, False),
        ("office", "sms", None, False),
    ]


@pytest.mark.parametrize(
    ("local", "seconds", "waits"),
    [
        ((19, 59, 49), 10, False),
        ((19, 59, 50), 10, True),
        ((20, 0, 0), 0, True),
        ((7, 59, 50), 10, False),
        ((7, 59, 49), 10, True),
    ],
)
def test_the_moment_that_counts_is_when_it_would_leave(
    desk: Any, local: tuple[int, int, int], seconds: int, waits: bool
) -> None:
    desk.set(messages={"undo_seconds": seconds})
    desk.clock.now = datetime(2026, 3, 16, *local, tzinfo=desk.office.zone)
    number = desk.scheduled(desk.clock.now.replace(second=0)).appointment.id
    visits.attend(desk.office, number)
    rows = waiting(desk, recipient="client", event="attended")
    assert {row["reason"] == "quiet_hours" for row in rows} == {waits}


def test_quiet_hours_can_be_none(desk: Any) -> None:
    desk.set(messages={"quiet_hours": ""})
    visits.attend(desk.office, due_at_night(desk))
    assert {row["reason"] for row in waiting(desk)} == {None}


def test_what_waits_for_the_night_to_end_can_be_undone_until_it_leaves(desk: Any) -> None:
    number = due_at_night(desk)
    off = {"email": False, "sms": False}
    desk.set(messages={"matrix": {"attended": {"office": off}}})
    visits.attend(desk.office, number)
    desk.clock.forward(hours=3)
    found = latest(desk.office)
    assert found is not None
    assert found.until == desk.local(TUESDAY, 8)
    undo(desk.office)
    assert desk.appointment(number)["status"] == "scheduled"
    rows = desk.rows(NOTIFICATION, event="attended", recipient="client")
    assert {(row["state"], row["reason"]) for row in rows} == {("cancelled", "undone")}


def test_what_waits_keeps_no_undo_open_once_the_office_has_heard(desk: Any) -> None:
    visits.attend(desk.office, due_at_night(desk))
    desk.deliver("sent", recipient="office")
    desk.clock.forward(seconds=20)
    assert latest(desk.office) is None
    with pytest.raises(UndoTooLate):
        undo(desk.office)


def test_what_undo_revives_in_the_night_waits_too(desk: Any) -> None:
    number = due_at_night(desk)
    visits.attend(desk.office, number)
    desk.deliver("sent")
    feedback.collect(desk.office, number)
    desk.deliver("sent", recipient="office")
    feedback.record(desk.office, number, Survey(5))
    with desk.office.database.write() as connection:
        connection.execute(
            NOTIFICATION.update()
            .where(NOTIFICATION.c.event == "feedback_requested", NOTIFICATION.c.state == "pending")
            .values(state="cancelled", reason="stale")
        )
    opt_out(desk, "+49301230001")
    undo(desk.office)
    asks = desk.rows(NOTIFICATION, event="feedback_requested", recipient="client")
    assert {row["channel"]: (row["state"], row["reason"]) for row in asks} == {
        "email": ("pending", "quiet_hours"),
        "sms": ("cancelled", "stale"),
    }
    (ask,) = waiting(desk, event="feedback_requested")
    assert ask["due_at"] == desk.local(TUESDAY, 8)


# The first text to a number says how to stop.


def stops(desk: Any, **equal: Any) -> list[bool]:
    return ["STOP" in row["body"] for row in desk.rows(NOTIFICATION, channel="sms", **equal)]


def test_a_text_that_waits_is_not_the_first_before_one_that_leaves_at_once(desk: Any) -> None:
    off = {"client": {"sms": False}}
    desk.set(messages={"matrix": {"requested": off, "scheduled": off}})
    visits.attend(desk.office, due_at_night(desk))
    assert stops(desk, event="attended", recipient="client") == [True]
    desk.set(messages={"matrix": {"scheduled": off}})
    desk.request(name="Ada Lovelace 1", phone="030 1230001")
    assert stops(desk, appointment_id=2, recipient="client") == [True]
    desk.request(name="Ada Lovelace 1", phone="030 1230001")
    assert stops(desk, appointment_id=3, recipient="client") == [False]


def test_of_texts_that_wait_the_first_is_the_first(desk: Any) -> None:
    off = {"client": {"sms": False}}
    desk.set(messages={"matrix": {"requested": off, "scheduled": off}})
    number = due_at_night(desk)
    visits.attend(desk.office, number)
    feedback.collect(desk.office, number)
    assert stops(desk, event="attended", recipient="client") == [True]
    assert stops(desk, event="feedback_requested", recipient="client") == [False]


def test_the_office_that_is_its_own_client_hears_how_to_stop_first(desk: Any) -> None:
    off = {"client": {"sms": False}, "office": {"sms": False}}
    desk.set(messages={"matrix": {"requested": off, "scheduled": off}})
    start = desk.local(MONDAY, 21)
    number = desk.scheduled(start, phone="030 12345678").appointment.id
    desk.clock.now = start
    visits.attend(desk.office, number)
    assert stops(desk, event="attended", recipient="office") == [True]


# Numbers that opted out.


def test_who_opted_out_is_not_texted_but_mailed(desk: Any) -> None:
    made = desk.request(phone="030 901820")
    opt_out(desk, "+4930901820")
    shown = notice_preview.schedule(desk.office, 1, desk.clock.now + HOUR).messages
    assert [m.blocked and m.blocked.value for m in shown] == [None, "opted_out", None, None]
    made = scheduling.schedule(desk.office, 1, desk.clock.now + HOUR)
    assert made.queued == 3
    (row,) = desk.rows(NOTIFICATION, event="scheduled", recipient="client", channel="sms")
    assert (row["state"], row["reason"], row["to_address"]) == (
        "cancelled",
        "opted_out",
        "+4930901820",
    )


def test_the_office_may_opt_out_as_well(desk: Any) -> None:
    opt_out(desk, "+493012345678")
    desk.request()
    assert [row["reason"] for row in desk.rows(NOTIFICATION, recipient="office")] == [
        None,
        "opted_out",
    ]


def test_a_text_is_not_sent_on_to_a_number_that_opted_out(desk: Any) -> None:
    desk.request(name="Ada", phone="030 901820")
    opt_out(desk, "+4930901821")
    mend_client(desk.office, 1, name="Ada", phone="030 901821", email="a@b.example")
    states = {r["channel"]: r["reason"] for r in desk.rows(NOTIFICATION, recipient="client")}
    assert states == {"sms": "opted_out", "email": None}


# What no change owes.


def beside(desk: Any, **values: Any) -> bool:
    told = {
        "event": Event.REPLY,
        "recipient": Recipient.CLIENT,
        "channel": Channel.SMS,
        "to": "+4930901820",
        "text": Rendered("", "Come at ten.", ""),
        "client_id": None,
        "appointment": None,
        "dedupe_key": "reply:1",
        "now": desk.clock.now,
    }
    with desk.office.database.write() as connection:
        return notices.queue_beside(connection, desk.office, **(told | values))


def test_a_message_beside_is_written_once(desk: Any) -> None:
    assert beside(desk)
    before = desk.dump()
    assert not beside(desk, text=Rendered("", "Come at noon.", ""))
    assert desk.dump() == before


def test_an_answer_leaves_at_once_even_at_night(desk: Any) -> None:
    desk.clock.now = desk.local(MONDAY, 23)
    beside(desk)
    (row,) = desk.rows(NOTIFICATION)
    assert (row["state"], row["reason"], row["due_at"]) == ("pending", None, desk.clock.now)
    assert row["stream"] == "number:+4930901820:sms"
    assert (row["appointment_id"], row["appointment_version"]) == (None, None)
    assert row["body"] == "Lindenhof Practice: Come at ten. Reply STOP to opt out."


def test_a_message_beside_may_be_due_later_and_wait_then(desk: Any) -> None:
    evening = desk.local(MONDAY, 21)
    beside(desk, event=Event.REMINDER, due_at=evening)
    beside(desk, dedupe_key="reply:2", due_at=evening)
    reminder, reply = desk.rows(NOTIFICATION)
    assert (reminder["due_at"], reminder["reason"]) == (desk.local(TUESDAY, 8), "quiet_hours")
    assert (reply["due_at"], reply["reason"]) == (evening, None)


def test_a_message_beside_says_why_it_does_not_leave(desk: Any) -> None:
    opt_out(desk, "+4930901820")
    assert beside(desk)
    assert beside(desk, to=None, dedupe_key="reply:2")
    assert [(r["state"], r["reason"]) for r in desk.rows(NOTIFICATION)] == [
        ("cancelled", "opted_out"),
        ("cancelled", "no_address"),
    ]


def test_undo_has_nothing_to_do_with_what_no_change_owes(desk: Any) -> None:
    made = desk.scheduled(phone="030 901820").appointment
    beside(desk, appointment=made, client_id=1, event=Event.REMINDER, dedupe_key="r")
    desk.deliver("sent", event="reminder")
    undo(desk.office)
    assert desk.appointment(made.id)["status"] == "requested"
