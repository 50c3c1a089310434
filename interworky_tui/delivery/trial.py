"""The message by which an office sees that a channel works."""

import secrets
from datetime import datetime

from interworky_tui.config import Settings
from interworky_tui.delivery.channel import Outgoing
from interworky_tui.domain.events import Channel, Event, Recipient
from interworky_tui.messages.catalogue import Catalogue
from interworky_tui.messages.fields import Facts
from interworky_tui.messages.render import render
from interworky_tui.services.contacts import clean_email, clean_phone


def trial(settings: Settings, channel: Channel, catalogue: Catalogue, now: datetime) -> Outgoing:
    """A test for the office itself, for a sender's hands: it is in no outbox.

    ``to_address`` is "" when the office has no address for that channel. Raises BadInput when
    the one that is set is not possible.
    """
    office = settings.office
    if channel is Channel.EMAIL:
        to = clean_email(office.email)
    else:
        to = clean_phone(office.phone, office.country)
    facts = Facts(
        office_name=office.name,
        office_phone=office.phone,
        office_email=office.email,
        first_text=True,
    )
    text = render(Event.TEST, Recipient.OFFICE, channel, facts, catalogue)
    domain = office.email.rpartition("@")[2] or "interworky.invalid"
    return Outgoing(
        id=0,
        appointment_id=None,
        event=Event.TEST,
        recipient=Recipient.OFFICE,
        channel=channel,
        to_address=to or "",
        subject=text.subject,
        body=text.text,
        html=text.html,
        message_id=f"<{secrets.token_hex(16)}@{domain}>",
        created_at=now,
        attempts=1,
    )
