"""The visit in the client's calendar: put in, moved, taken out, and nothing told besides."""

import email
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from interworky_tui.delivery import mail
from interworky_tui.delivery.channel import Outgoing, Visit
from interworky_tui.delivery.invitation import invitation
from interworky_tui.domain.events import Channel, Event, Recipient

BERLIN_SUMMER = timezone(timedelta(hours=2))
VISIT = Visit(
    uid="7-20260316T081000000000@interworky-tui",
    starts_at=datetime(2026, 7, 20, 14, 30, tzinfo=BERLIN_SUMMER),
    ends_at=datetime(2026, 7, 20, 15, 0, tzinfo=BERLIN_SUMMER),
    sequence=2,
)
SCHEDULED = Outgoing(
    id=42,
    appointment_id=7,
    event=Event.SCHEDULED,
    recipient=Recipient.CLIENT,
    channel=Channel.EMAIL,
    to_address="joerg+visits@example.com",
    subject="Your visit",
    body="See you on Monday. Service: Root canal\n",
    html="<p>See you on Monday. Service: Root canal</p>\n",
    message_id="<0f3a@lindenhof.example>",
    created_at=datetime(2026, 3, 16, 8, 10, 5, 999, tzinfo=UTC),
    attempts=1,
    visit=VISIT,
)
LATER = replace(VISIT, starts_at=VISIT.starts_at + timedelta(days=1), sequence=3)
LATER = replace(LATER, ends_at=VISIT.ends_at + timedelta(days=1))
RESCHEDULED = replace(SCHEDULED, event=Event.RESCHEDULED, visit=LATER)
CANCELLED = replace(SCHEDULED, event=Event.CANCELLED, visit=replace(LATER, sequence=4))
OFFICE = Address("Praxis am Lindenhof", "desk", "lindenhof.example")


def calendar_of(message: Outgoing, office: Address = OFFICE) -> Any:
    """The one event, as a calendar program reads it from the email, and the part's method."""
    built = mail.build(message, office).as_bytes()
    parsed = email.message_from_bytes(built, policy=default)
    assert isinstance(parsed, EmailMessage)
    *_, part = parsed.iter_parts()
    assert part.get_content_type() == "text/calendar"
    assert part.get_content_disposition() is None
    text = part.get_content()
    assert not {"\r", "\n"} & set(text.replace("\r\n", ""))
    calendar = Calendar.from_ical(text)
    assert calendar["METHOD"] == part["Content-Type"].params["method"]
    [event] = calendar.walk("VEVENT")
    return calendar, event


def test_a_visit_is_put_in_moved_and_taken_out() -> None:
    (put, first), (move, second), (take, third) = map(
        calendar_of, (SCHEDULED, RESCHEDULED, CANCELLED)
    )
    assert [c["METHOD"] for c in (put, move, take)] == ["REQUEST", "REQUEST", "CANCEL"]
    assert [e["STATUS"] for e in (first, second, third)] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert {str(e["UID"]) for e in (first, second, third)} == {VISIT.uid}
    assert [e["SEQUENCE"] for e in (first, second, third)] == [2, 3, 4]
    assert first["DTSTART"].to_ical() == b"20260720T123000Z"
    assert first["DTEND"].to_ical() == b"20260720T130000Z"
    assert second["DTSTART"].to_ical() == b"20260721T123000Z"
    assert third["DTSTART"].to_ical() == b"20260721T123000Z"
    assert {e["DTSTAMP"].to_ical() for e in (first, second, third)} == {b"20260316T081005Z"}


def test_it_comes_from_the_office_and_is_for_the_client() -> None:
    _, event = calendar_of(SCHEDULED)
    assert event["ORGANIZER"] == "mailto:desk@lindenhof.example"
    assert event["ORGANIZER"].params["CN"] == "Praxis am Lindenhof"
    assert event["ATTENDEE"] == "mailto:joerg+visits@example.com"
    assert event["ATTENDEE"].params["RSVP"] == "FALSE"
    assert event["SUMMARY"] == "Visit at Praxis am Lindenhof"


def test_a_calendar_on_a_wall_does_not_say_what_for() -> None:
    calendar, event = calendar_of(SCHEDULED)
    assert "Root canal" not in str(calendar.to_ical(), "utf-8")
    assert not {"DESCRIPTION", "LOCATION", "COMMENT", "URL"} & set(event)


def test_the_office_and_not_the_account_invites() -> None:
    built = mail.build(SCHEDULED, Address("", "relay", "provider.example"), OFFICE)
    *_, part = built.iter_parts()
    [event] = Calendar.from_ical(part.get_content()).walk("VEVENT")
    assert event["ORGANIZER"] == "mailto:desk@lindenhof.example"


def test_an_office_without_a_name_is_known_by_its_address() -> None:
    _, event = calendar_of(SCHEDULED, Address("", "desk", "lindenhof.example"))
    assert event["SUMMARY"] == "Visit at desk@lindenhof.example"
    assert "CN" not in event["ORGANIZER"].params


@pytest.mark.parametrize("event", Event)
@pytest.mark.parametrize("recipient", Recipient)
def test_only_the_client_is_invited_and_only_to_a_time(event: Event, recipient: Recipient) -> None:
    message = replace(SCHEDULED, event=event, recipient=recipient)
    times = {Event.SCHEDULED, Event.RESCHEDULED, Event.CANCELLED}
    invited = invitation(message, OFFICE) is not None
    assert invited == (recipient is Recipient.CLIENT and event in times)
    assert invitation(replace(message, visit=None), OFFICE) is None


def test_a_cancelled_request_that_never_had_a_time_takes_nothing_out() -> None:
    built = mail.build(replace(CANCELLED, visit=None), OFFICE)
    kinds = [part.get_content_type() for part in built.iter_parts()]
    assert kinds == ["text/plain", "text/html"]


def test_it_is_the_last_alternative_also_of_plain_text() -> None:
    built = mail.build(replace(SCHEDULED, html=""), OFFICE)
    assert built.get_content_type() == "multipart/alternative"
    kinds = [part.get_content_type() for part in built.iter_parts()]
    assert kinds == ["text/plain", "text/calendar"]


def test_a_second_attempt_is_byte_for_byte_the_first() -> None:
    later = replace(SCHEDULED, attempts=2, copies=1)
    assert mail.build(SCHEDULED, OFFICE).as_bytes() == mail.build(later, OFFICE).as_bytes()
    other = replace(SCHEDULED, message_id="<0f3b@lindenhof.example>")
    assert mail.build(other, OFFICE).get_boundary() != mail.build(SCHEDULED, OFFICE).get_boundary()


NAMES = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cn")), max_size=200)


@settings(max_examples=40, deadline=None)
@given(name=NAMES, user=st.from_regex("[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,30}", fullmatch=True))
def test_no_name_and_no_address_writes_a_line_of_its_own(name: str, user: str) -> None:
    office = Address(name, user, "lindenhof.example")
    calendar, event = calendar_of(replace(SCHEDULED, to_address=f"{user}@example.com"), office)
    assert set(calendar) == {"VERSION", "PRODID", "METHOD"}
    assert set(event) == {
        *("UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND"),
        *("SUMMARY", "ORGANIZER", "ATTENDEE", "STATUS"),
    }
    assert event["SUMMARY"] == f"Visit at {name or office.addr_spec}"
    assert set(event["ATTENDEE"].params) == {"ROLE", "RSVP"}
    assert set(event["ORGANIZER"].params) <= {"CN"}
