"""Who is told of a change, and in which words: planned, shown before, and queued."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Connection,
    RowMapping,
    Select,
    exists,
    insert,
    literal_column,
    select,
    update,
)

from interworky_tui.domain.appointment import Appointment, Client
from interworky_tui.domain.errors import BadInput
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
from interworky_tui.domain.staleness import is_stale
from interworky_tui.messages.render import Rendered, first_text, render
from interworky_tui.messages.segments import count_segments
from interworky_tui.services.contacts import clean_phone
from interworky_tui.services.context import Context
from interworky_tui.services.facts import News, facts_of
from interworky_tui.storage.tables import APPOINTMENT, NOTIFICATION


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


def plan(
    connection: Connection, office: Context, verb: Verb, news: News, now: datetime
) -> list[Planned]:
    """Every message of the change in a fixed order, those that are blocked among them."""
    planned: list[Planned] = []
    texted: set[str | None] = set()
    for event in events_of(office, verb, news.survey):
        for recipient, channel in messages_of(event):
            to = address_of(office, news.client, recipient, channel)
            blocked = _blocked(office, event, recipient, channel, to)
            first = False
            if channel is Channel.SMS and not blocked and to and to not in texted:
                texted.add(to)
                first = not _texted(connection, to, news.after, now)
            text = render(event, recipient, channel, facts_of(office, news, first))
            planned.append(Planned(event, recipient, channel, to, text, blocked))
    return planned


def queue(connection: Connection, office: Context, verb: Verb, news: News, now: datetime) -> int:
    """Write the change's messages to the outbox. Returns how many will leave."""
    planned = plan(connection, office, verb, news, now)
    if planned:
        connection.execute(insert(NOTIFICATION), _rows(office, news, planned, now))
    return sum(message.blocked is None for message in planned)


def redirect(connection: Connection, office: Context, client: Client) -> None:
    """What still waits for a client goes to what is on file now, or nowhere."""
    waiting = (
        select(NOTIFICATION)
        .join(APPOINTMENT, APPOINTMENT.c.id == NOTIFICATION.c.appointment_id)
        .where(
            APPOINTMENT.c.client_id == client.id,
            NOTIFICATION.c.recipient == Recipient.CLIENT.value,
            NOTIFICATION.c.state == literal_column("'pending'"),
        )
        .order_by(NOTIFICATION.c.id)
    )
    for row in connection.execute(waiting).mappings().all():
        values = readdressed(connection, office, row, client)
        if values["to_address"] is None:
            values |= {"state": MessageState.CANCELLED.value, "reason": Reason.NO_ADDRESS.value}
        connection.execute(
            update(NOTIFICATION).where(NOTIFICATION.c.id == row["id"]).values(values)
        )


def readdressed(
    connection: Connection, office: Context, row: RowMapping, client: Client
) -> dict[str, Any]:
    """What changes on a message's row for the address on file now, which may be None."""
    recipient, channel = Recipient(row["recipient"]), Channel(row["channel"])
    to = address_of(office, client, recipient, channel)
    values: dict[str, Any] = {"to_address": to}
    if to and to != row["to_address"] and channel is Channel.SMS and not _texted(connection, to):
        notice = first_text(recipient, office.settings.office.name)
        if not row["body"].endswith(notice):
            values["body"] = f"{row['body']} {notice}"
    return values


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


def address_of(
    office: Context, client: Client, recipient: Recipient, channel: Channel
) -> str | None:
    """Where a message goes by what is on file and in the settings now."""
    if recipient is Recipient.CLIENT:
        return client.phone if channel is Channel.SMS else client.email
    if channel is Channel.EMAIL:
        return office.settings.office.email or None
    return _office_number(office)


def _office_number(office: Context) -> str | None:
    settings = office.settings.office
    if re.fullmatch(r"\+[1-9]\d{6,14}", settings.phone):
        return settings.phone
    try:
        return clean_phone(settings.phone, settings.country)
    except BadInput:
        return None


def _blocked(
    office: Context, event: Event, recipient: Recipient, channel: Channel, to: str | None
) -> Reason | None:
    if not office.settings.messages.matrix.allows(event.value, recipient.value, channel.value):
        return Reason.SWITCHED_OFF
    return None if to else Reason.NO_ADDRESS


def _texted(
    connection: Connection,
    number: str,
    after: Appointment | None = None,
    now: datetime | None = None,
) -> bool:
    """Whether an SMS to the number has left, or is sure to leave before the next one.

    What waits and is overtaken by what the appointment becomes (``after``) will not leave.
    """
    row = NOTIFICATION.c
    # Literals, because bound values would keep SQLite from the partial index.
    texts = select(row.event, row.visit_starts_at).where(
        row.channel == literal_column("'sms'"), row.to_address == number
    )
    left = row.state.in_(("sending", "sent", "previewed"))
    waits = row.state == "pending"
    if after is None or now is None:
        return _any(connection, texts.where(left | waits))
    if _any(connection, texts.where(left | (waits & (row.appointment_id != after.id)))):
        return True
    return any(
        not is_stale(
            Event(event),
            speaks_of,
            status=after.status,
            starts_at=after.starts_at,
            ends_at=after.ends_at,
            now=now,
        )
        for event, speaks_of in connection.execute(texts.where(waits))
    )


def _any(connection: Connection, query: Select[Any]) -> bool:
    return bool(connection.execute(select(exists(query))).scalar_one())
