"""A visit for the client's calendar (RFC 5545, sent by email as RFC 6047 says)."""

from dataclasses import dataclass
from datetime import UTC
from email.headerregistry import Address
from urllib.parse import quote

from interworky_tui.delivery.channel import Outgoing
from interworky_tui.domain.events import Event, Recipient

_METHODS = {Event.SCHEDULED: "REQUEST", Event.RESCHEDULED: "REQUEST", Event.CANCELLED: "CANCEL"}


@dataclass(frozen=True, slots=True)
class Invitation:
    """``method`` stands in the text, too, and belongs in the part's Content-Type."""

    method: str
    text: str


def invitation(message: Outgoing, office: Address) -> Invitation | None:
    """What puts the visit into a calendar, moves it, or takes it out; None when nothing does.

    Calendars are shared and shown on walls: it says where and when, never what for. The same
    message has the same text whenever it is made.
    """
    method, visit = _METHODS.get(message.event), message.visit
    if method is None or visit is None or message.recipient is not Recipient.CLIENT:
        return None
    from icalendar import Calendar, vCalAddress
    from icalendar import Event as CalendarEvent

    organizer = vCalAddress(mailto(office.addr_spec))
    if office.display_name:
        organizer.params["CN"] = office.display_name
    attendee = vCalAddress(mailto(message.to_address))
    # Nobody reads the answers that calendars send.
    attendee.params.update({"ROLE": "REQ-PARTICIPANT", "RSVP": "FALSE"})
    event = CalendarEvent()
    event.add("uid", visit.uid)
    event.add("sequence", visit.sequence)
    event.add("dtstamp", message.created_at.astimezone(UTC))
    event.add("dtstart", visit.starts_at.astimezone(UTC))
    event.add("dtend", visit.ends_at.astimezone(UTC))
    event.add("summary", f"Visit at {office.display_name or office.addr_spec}")
    event.add("organizer", organizer)
    event.add("attendee", attendee)
    event.add("status", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//interworky-tui//appointments//EN")
    calendar.add("method", method)
    calendar.add_component(event)
    return Invitation(method, str(calendar.to_ical(), "utf-8"))


def mailto(address: str) -> str:
    """The address as a URL (RFC 6068)."""
    return f"mailto:{quote(address, safe='@+')}"
