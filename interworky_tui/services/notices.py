"""Who is told of a change, and in which words: planned, shown before, and queued."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, exists, insert, select

from interworky_tui.domain.appointment import Appointment, CancelReason, Client
from interworky_tui.domain.calendar import say_day, say_moment
from interworky_tui.domain.events import (
    Channel,
    Event,
    MessageState,
    Reason,
    Recipient,
    messages_of,
)
from interworky_tui.domain.feedback import Survey
from interworky_tui.domain.lifecycle import TRANSITIONS, Verb
from interworky_tui.messages.render import Facts, Rendered, render
from interworky_tui.messages.segments import count_segments
from interworky_tui.services.context import Context
from interworky_tui.storage.tables import NOTIFICATION


@dataclass(frozen=True, slots=True)
class News:
    """A change as the messages need it; ``before`` is None for a new request."""

    before: Appointment | None
    after: Appointment
    client: Client
    survey: Survey | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """One message that a change owes. ``blocked`` says why it will not leave."""

    event: Event
    recipient: Recipient
    channel: Channel
    to: str | None
    text: Rendered
    blocked: Reason | None

    @property
    def segments(self) -> int:
        """SMS segments, which is what an SMS costs; 0 for an email."""
        return count_segments(self.text.text).count if self.channel is Channel.SMS else 0


def events_of(office: Context, verb: Verb, survey: Survey | None) -> tuple[Event, ...]:
    event = TRANSITIONS[verb].event if verb in TRANSITIONS else None
    if event is None:
        return ()
    if survey and survey.rating <= office.settings.feedback.low_rating:
        return (event, Event.LOW_RATING)
    return (event,)


def plan(connection: Connection, office: Context, verb: Verb, news: News) -> list[Planned]:
    """Every message of the change in a fixed order, those that are blocked among them."""
    planned = []
    for event in events_of(office, verb, news.survey):
        for recipient, channel in messages_of(event):
            to = _address(office, news.client, recipient, channel)
            first = channel is Channel.SMS and to is not None and _first_text(connection, to)
            text = render(event, recipient, channel, _facts(office, news, first))
            blocked = _blocked(office, event, recipient, channel, to)
            planned.append(Planned(event, recipient, channel, to, text, blocked))
    return planned


def queue(connection: Connection, office: Context, verb: Verb, news: News, now: datetime) -> int:
    """Write the change's messages to the outbox. Returns how many will leave."""
    planned = plan(connection, office, verb, news)
    if planned:
        connection.execute(insert(NOTIFICATION), _rows(office, news, planned, now))
    return sum(message.blocked is None for message in planned)


def _rows(
    office: Context, news: News, planned: Sequence[Planned], now: datetime
) -> list[dict[str, Any]]:
    due = now + timedelta(seconds=office.settings.messages.undo_seconds)
    after = news.after
    return [
        {
            "appointment_id": after.id,
            "appointment_version": after.version,
            "event": message.event.value,
            "recipient": message.recipient.value,
            "channel": message.channel.value,
            "to_address": message.to,
            "subject": message.text.subject,
            "body": message.text.text,
            "html": message.text.html,
            "visit_starts_at": after.starts_at,
            "state": (MessageState.CANCELLED if message.blocked else MessageState.PENDING).value,
            "reason": message.blocked.value if message.blocked else None,
            "stream": _stream(message, news),
            "dedupe_key": (
                f"{after.id}:{after.version}:{message.event.value}"
                f":{message.recipient.value}:{message.channel.value}"
            ),
            "message_id": _message_id(office) if message.channel is Channel.EMAIL else None,
            "created_at": now,
            "due_at": due,
        }
        for message in planned
    ]


def _stream(message: Planned, news: News) -> str:
    """What must leave in order: all to one client, and each visit's for the office."""
    if message.recipient is Recipient.CLIENT:
        return f"client:{news.client.id}:{message.channel.value}"
    return f"office:{news.after.id}:{message.channel.value}"


def _message_id(office: Context) -> str:
    domain = office.settings.office.email.rpartition("@")[2] or "interworky.invalid"
    return f"<{secrets.token_hex(16)}@{domain}>"


def _address(office: Context, client: Client, recipient: Recipient, channel: Channel) -> str | None:
    if recipient is Recipient.CLIENT:
        return client.phone if channel is Channel.SMS else client.email
    settings = office.settings.office
    return (settings.phone if channel is Channel.SMS else settings.email) or None


def _blocked(
    office: Context, event: Event, recipient: Recipient, channel: Channel, to: str | None
) -> Reason | None:
    if not office.settings.messages.matrix.allows(event.value, recipient.value, channel.value):
        return Reason.SWITCHED_OFF
    return None if to else Reason.NO_ADDRESS


def _first_text(connection: Connection, number: str) -> bool:
    earlier = select(NOTIFICATION.c.id).where(
        NOTIFICATION.c.channel == "sms",
        NOTIFICATION.c.to_address == number,
        NOTIFICATION.c.state != "cancelled",
    )
    return not connection.execute(select(exists(earlier))).scalar_one()


def _facts(office: Context, news: News, first_text: bool) -> Facts:
    settings, after, client, survey = office.settings.office, news.after, news.client, news.survey
    was = news.before.starts_at if news.before else None
    return Facts(
        client_name=client.name,
        client_phone=client.phone or "",
        client_email=client.email or "",
        office_name=settings.name,
        office_phone=settings.phone,
        office_email=settings.email,
        appointment_id=after.id,
        wished=say_wish(office, after),
        when=say_moment(after.starts_at, office.zone) if after.starts_at else "",
        was_when=say_moment(was, office.zone) if was and was != after.starts_at else "",
        service=after.service,
        note=after.note,
        cancel_reason=_say_reason(after),
        rating=survey.rating if survey else None,
        good=survey.good if survey else "",
        bad=survey.bad if survey else "",
        recommend=survey.recommend.value if survey and survey.recommend else "",
        first_text=first_text,
    )


def say_wish(office: Context, appointment: Appointment) -> str:
    """``Fri 20 Mar 2026, Morning``, or with the exact time that was wished for."""
    day = say_day(appointment.requested_date)
    if appointment.wish_time:
        return f"{day}, {appointment.wish_time:%H:%M}"
    return f"{day}, {office.bands.label(appointment.band)}"


def _say_reason(appointment: Appointment) -> str:
    if appointment.cancel_reason is None:
        return ""
    if appointment.cancel_reason is CancelReason.OTHER:
        return appointment.cancel_text
    said = appointment.cancel_reason.label
    return f"{said}: {appointment.cancel_text}" if appointment.cancel_text else said
