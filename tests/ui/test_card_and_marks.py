"""What became of every message on the card, what the client said, and the marks for it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from interworky_tui.domain.appointment import Status
from interworky_tui.services import inbox, reminders, scheduling
from interworky_tui.storage.card import MessageLine
from interworky_tui.ui.fates import fate
from tests.ui.list_source import MONDAY, make_row
from tests.ui.test_channels import text
from tests.ui.test_desk_lifecycle import FRIDAY_1430
from tests.ui.test_list_columns import said

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 16, 20, 10, tzinfo=UTC)
LINE = MessageLine(
    id=1,
    event="attended",
    recipient="client",
    channel="sms",
    to_address="+4915112345601",
    subject="",
    body="Thank you",
    state="pending",
    reason=None,
    attempts=0,
    due_at=NOW + timedelta(seconds=8),
    sent_at=None,
    provider_ref=None,
    appointment_id=1,
    receipt=None,
    client_id=1,
    client_name="Ana Ruiz",
)
MORNING = datetime(2026, 3, 17, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, "leaves in 8 s"),
        ({"due_at": NOW}, "waits"),
        ({"attempts": 1}, "tries again in 8 s"),
        ({"due_at": NOW + timedelta(minutes=20)}, "waits until 21:30"),
        ({"due_at": MORNING, "reason": "quiet_hours"}, "waits until 08:00 (quiet hours)"),
        ({"state": "sending"}, "being sent"),
        ({"state": "sent"}, "sent"),
        ({"state": "sent", "receipt": "queued"}, "sent"),
        ({"state": "sent", "receipt": "delivered"}, "delivered"),
        ({"state": "failed", "reason": "unreachable"}, "FAILED (the phone is off or out of reach)"),
        ({"state": "held", "reason": "uncertain"}, "HELD (it may have arrived;"),
        ({"state": "cancelled", "reason": "opted_out"}, "not sent (the number opted out)"),
        ({"state": "previewed"}, "kept as a file"),
    ],
)
def test_the_fate_of_a_message_in_words(values, expected):
    assert fate(replace(LINE, **values), BERLIN, NOW).startswith(expected)


@pytest.mark.parametrize(
    ("status", "values", "expected"),
    [
        (Status.SCHEDULED, {"confirmed": True}, "CONF"),
        (Status.SCHEDULED, {"change_asked": True}, "MOVE"),
        (Status.SCHEDULED, {"change_asked": True, "confirmed": True}, "MOVE"),
        (Status.SCHEDULED, {"at": MONDAY, "confirmed": True}, "DUE C"),
        (Status.SCHEDULED, {"at": MONDAY, "change_asked": True}, "MOVE D"),
        (Status.REQUESTED, {"opted_out": True}, "NOSMS"),
        (Status.SCHEDULED, {"confirmed": True, "opted_out": True, "trouble": True}, "CONF N!"),
        (Status.ATTENDED, {"confirmed": True}, ""),
        (
            Status.SCHEDULED,
            {
                "at": MONDAY,
                "change_asked": True,
                "arrived_at": MONDAY,
                "urgency": "urgent",
                "opted_out": True,
                "trouble": True,
            },
            "M DHUN!",
        ),
    ],
)
def test_what_the_client_said_is_marked(status, values, expected):
    assert said(make_row(1, status, **values))[:9] == f" {expected:7} "


@pytest.fixture
def reminded(asked, office, clock):
    """A visit on Friday at 14:30, whose reminder has gone out on Thursday."""
    one = asked().appointment
    scheduling.schedule(office, one.id, FRIDAY_1430)
    clock.now = FRIDAY_1430 - timedelta(hours=24)
    reminders.queue_reminders(office)
    with office.database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE notification SET state = 'sent', sent_at = due_at, provider_ref = 'SM' || id"
        )
        connection.exec_driver_sql(
            "INSERT INTO sms_receipt (sid, notification_id, accepted_at, status)"
            " SELECT 'SM' || id, id, due_at, 'delivered' FROM notification WHERE channel = 'sms'"
        )
    clock.forward(hours=1)
    return one


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_a_confirmed_visit_and_its_delivered_texts(open_desk, office, reminded, size):
    text(office, "C")
    async with open_desk(size=size) as desk:
        await desk.press("2")
        await desk.sees("CONF", "Client   confirmed, now")
        if size[0] == 80:
            await desk.press("shift+down")
        await desk.sees("Reminder", "email sent, SMS delivered")


async def test_a_wish_for_another_time_stands_out_and_waits_in_the_inbox(
    open_desk, office, reminded
):
    text(office, "R")
    async with open_desk() as desk:
        await desk.press("2")
        await desk.sees("MOVE", "asks for another time, now", "1 reply waits: press m")
        await desk.press("m")
        await desk.sees("Means    asks for another time", "← Ana Ruiz")


async def test_a_number_that_opted_out_is_marked_on_list_and_card(open_desk, asked, office):
    asked()
    text(office, "STOP")
    async with open_desk() as desk:
        await desk.sees("NOSMS", "Opted out of texts on Mon 16 Mar 2026: no SMS")
        inbox.allow_texts(office, "+4915112345601")
        await desk.until(lambda: "NOSMS" not in desk.text())
        await desk.until(lambda: "Opted out" not in desk.text())


async def test_the_help_explains_every_mark(open_desk):
    async with open_desk(size=(80, 90)) as desk:
        await desk.press("question_mark")
        for word in ("STALE S", "MOVE  M", "DUE   D", "HERE  H", "URG   U", "CONF  C", "NOSMS N"):
            await desk.sees(word)


async def test_the_help_leaves_room_for_its_keys(open_desk):
    async with open_desk() as desk:
        await desk.press("question_mark")
        await desk.sees("Esc Back", "The desk")
        assert "Esc Back" in desk.text().splitlines()[-1]
