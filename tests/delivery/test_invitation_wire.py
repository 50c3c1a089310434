"""A visit's way into the client's calendar, from the desk to the mail server."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar

from interworky_tui.delivery.email import EmailSender, MailServer
from interworky_tui.delivery.outbox import Outbox
from interworky_tui.domain.appointment import CancelReason
from interworky_tui.domain.events import Channel
from interworky_tui.services import export, intake, scheduling
from interworky_tui.services.context import Context
from tests.conftest import FixedClock
from tests.delivery.smtp_server import (
    HOST,
    KEEP_AND_DROP,
    PASSWORD,
    USER,
    Copy,
    Fault,
    MailHost,
    serve,
)
from tests.mending import mend_request

ADA = "ada@example.com"


@pytest.fixture
def host() -> Iterator[MailHost]:
    with serve("none") as host:
        yield host


@pytest.fixture
def outbox(office: Context, clock: FixedClock, host: MailHost) -> Outbox:
    server = MailServer(HOST, host.port, "none", USER, PASSWORD, "Lindenhof", USER)
    return Outbox(office.database, clock, {Channel.EMAIL: EmailSender(server)})


def request(office: Context) -> int:
    asked = intake.NewRequest(name="Ada", email=ADA, date=date(2026, 3, 20), band="morning")
    return intake.request(office, asked).appointment.id


def told(outbox: Outbox, host: MailHost, clock: FixedClock) -> list[Copy]:
    """The mails to the client that a change brings."""
    before = len(host.copies)
    clock.now = max(clock.now, outbox.next_due() or clock.now)
    outbox.drain()
    return [copy for copy in host.copies[before:] if copy.recipient == ADA]


def invited(copy: Copy) -> tuple[str, Any] | None:
    """The method, which the part's header and its text agree on, and the visit."""
    for part in copy.mail.walk():
        if part.get_content_type() == "text/calendar":
            calendar = Calendar.from_ical(part.get_content())
            method = part["Content-Type"].params["method"]
            assert calendar["METHOD"] == method
            [event] = calendar.walk("VEVENT")
            return method, event
    return None


def test_it_is_put_in_moved_and_taken_out(
    office: Context, outbox: Outbox, host: MailHost, clock: FixedClock
) -> None:
    visit = request(office)
    [asked] = told(outbox, host, clock)
    assert invited(asked) is None

    starts = clock.now.replace(microsecond=0, second=0) + timedelta(days=4)
    moved = starts + timedelta(hours=2)
    scheduling.schedule(office, visit, starts)
    seen = [invited(copy) for copy in told(outbox, host, clock)]
    calendar = "".join(export.as_ics(office))
    scheduling.schedule(office, visit, moved, minutes=45)
    seen += [invited(copy) for copy in told(outbox, host, clock)]
    scheduling.cancel(office, visit, CancelReason.CLIENT_ASKED)
    seen += [invited(copy) for copy in told(outbox, host, clock)]

    methods, events = zip(*filter(None, seen), strict=True)
    assert methods == ("REQUEST", "REQUEST", "CANCEL")
    assert len({str(event["UID"]) for event in events}) == 1
    sequences = [int(event["SEQUENCE"]) for event in events]
    assert sequences == sorted(set(sequences))
    assert [event["DTSTART"].dt for event in events] == [starts, moved, moved]
    assert [(event["DTEND"].dt - event["DTSTART"].dt) for event in events[1:]] == [
        timedelta(minutes=45)
    ] * 2
    # A file that the office gives out speaks of the same visit.
    [given] = Calendar.from_ical(calendar).walk("VEVENT")
    assert (given["UID"], given["SEQUENCE"]) == (events[0]["UID"], events[0]["SEQUENCE"])


def test_a_request_that_had_no_time_is_in_no_calendar(
    office: Context, outbox: Outbox, host: MailHost, clock: FixedClock
) -> None:
    visit = request(office)
    told(outbox, host, clock)
    scheduling.cancel(office, visit, CancelReason.OFFICE)
    [cancelled] = told(outbox, host, clock)
    assert invited(cancelled) is None


def test_a_second_attempt_is_the_very_same_though_the_visit_has_moved_on(
    office: Context, outbox: Outbox, host: MailHost, clock: FixedClock
) -> None:
    visit = request(office)
    told(outbox, host, clock)
    scheduling.schedule(office, visit, datetime.fromisoformat("2026-03-20T09:00:00+00:00"))
    told(outbox, host, clock)
    scheduling.cancel(office, visit, CancelReason.OFFICE)
    host.faults.append(Fault("content", KEEP_AND_DROP))
    [first] = told(outbox, host, clock)
    # The note is edited between the attempts, which is a version more.
    mend_request(office, visit, service="", note="Called twice")
    [second] = told(outbox, host, clock)
    assert first.content == second.content
    assert b"METHOD:CANCEL" in first.content
