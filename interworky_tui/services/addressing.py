"""Where a message goes, whether it may, and whether it is the first text to a number."""

import re
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, exists, literal_column, or_, select, update

from interworky_tui.domain.appointment import Appointment, Client
from interworky_tui.domain.errors import BadInput
from interworky_tui.domain.events import Channel, Event, MessageState, Reason, Recipient
from interworky_tui.domain.staleness import is_stale
from interworky_tui.domain.text import clean_line
from interworky_tui.messages.render import first_text
from interworky_tui.messages.segments import to_gsm
from interworky_tui.services.contacts import clean_phone
from interworky_tui.services.context import Context
from interworky_tui.services.opt_outs import has_opted_out
from interworky_tui.storage.tables import APPOINTMENT, NOTIFICATION

QUIET = ":quiet"
"""Ends the stream of what waits for the end of quiet hours, so that it holds up nothing else."""
ANSWERS = (Event.REPLY, Event.HELP, Event.CLARIFY, Event.OFFER_GONE)
"""They go to the number that a text came from, whatever is on file."""
LONGEST_NAME = 30
"""Characters of the office's name by which a text is known as the office's."""


def address_of(
    office: Context, client: Client, recipient: Recipient, channel: Channel
) -> str | None:
    """Where a message goes by what is on file and in the settings now."""
    if recipient is Recipient.CLIENT:
        return client.phone if channel is Channel.SMS else client.email
    return office_address(office, channel)


def office_address(office: Context, channel: Channel) -> str | None:
    settings = office.settings.office
    if channel is Channel.EMAIL:
        return settings.email or None
    if re.fullmatch(r"\+[1-9]\d{6,14}", settings.phone):
        return settings.phone
    try:
        return clean_phone(settings.phone, settings.country)
    except BadInput:
        return None


def undeliverable(connection: Connection, channel: Channel, to: str | None) -> Reason | None:
    """Why nothing may be sent to the address; an opted-out number still gets its emails."""
    if not to:
        return Reason.NO_ADDRESS
    if channel is Channel.SMS and has_opted_out(connection, to):
        return Reason.OPTED_OUT
    return None


def redirect(connection: Connection, office: Context, client: Client) -> None:
    """What still waits for a client goes to what is on file now, or nowhere."""
    waiting = (
        select(NOTIFICATION)
        .join(APPOINTMENT, APPOINTMENT.c.id == NOTIFICATION.c.appointment_id)
        .where(
            APPOINTMENT.c.client_id == client.id,
            NOTIFICATION.c.recipient == Recipient.CLIENT.value,
            NOTIFICATION.c.event.notin_([event.value for event in ANSWERS]),
            NOTIFICATION.c.state == literal_column("'pending'"),
        )
        .order_by(NOTIFICATION.c.due_at, NOTIFICATION.c.id)
        .with_for_update(of=NOTIFICATION)  # or a worker may be taking it
    )
    for row in connection.execute(waiting).mappings().all():
        values = readdressed(connection, office, row, client, row["due_at"])
        blocked = undeliverable(connection, Channel(row["channel"]), values["to_address"])
        if blocked:
            values |= {"state": MessageState.CANCELLED.value, "reason": blocked.value}
        connection.execute(
            update(NOTIFICATION).where(NOTIFICATION.c.id == row["id"]).values(values)
        )


def readdressed(
    connection: Connection, office: Context, row: RowMapping, client: Client | None, due: datetime
) -> dict[str, Any]:
    """What changes on a message's row for the address on file now, which may be None.

    ``client`` is None for a message about no appointment; ``due`` is when it is to leave.
    """
    event, recipient = Event(row["event"]), Recipient(row["recipient"])
    channel, to = Channel(row["channel"]), row["to_address"]
    if recipient is Recipient.OFFICE:
        to = office_address(office, channel)
    elif client and event not in ANSWERS:
        to = address_of(office, client, recipient, channel)
    values: dict[str, Any] = {"to_address": to}
    if to and to != row["to_address"] and channel is Channel.SMS:
        language = client.language if client else None
        body = row["body"]
        values["body"] = with_notice(
            connection, office, event, recipient, body, to, due, language=language
        )
    return values


def with_notice(
    connection: Connection,
    office: Context,
    event: Event,
    recipient: Recipient,
    body: str,
    to: str,
    due: datetime,
    *,
    language: str | None,
) -> str:
    """The text of an SMS that leaves at ``due``: the first to a number says from whom it is, and
    how to stop.
    """
    notice = first_text(recipient, office.settings.office.name, office.catalogue, language)
    # The answer to HELP says it of itself.
    if body.endswith(notice) or (event is Event.HELP and "STOP" in body):
        return body
    if texted(connection, to, due):
        return body
    name = to_gsm(clean_line(office.settings.office.name))[:LONGEST_NAME]
    # A full stop would become a part of a link that the text ends with.
    bare = body[-1:].isalnum() and not re.search(r"https?://\S+$", body)
    said = f"{body}." if bare else body
    return f"{said} {notice}" if name in body else f"{name}: {said} {notice}"


def texted(
    connection: Connection,
    number: str,
    due: datetime,
    after: Appointment | None = None,
    now: datetime | None = None,
) -> bool:
    """Whether an SMS to the number has left, or is sure to leave before one due then.

    What waits for quiet hours to end is not sure to; nor is what is overtaken by what the
    appointment becomes (``after``).
    """
    row = NOTIFICATION.c
    # Literals, because bound values would keep SQLite from the partial index.
    texts = select(row.event, row.visit_starts_at).where(
        row.channel == literal_column("'sms'"), row.to_address == number
    )
    left = row.state.in_(("sending", "sent", "previewed"))
    at_once = row.stream.not_like(f"%{QUIET}")
    waits = (row.state == "pending") & or_(at_once, row.due_at <= due)
    if after is None or now is None:
        return _any(connection, texts.where(left | waits))
    others = row.appointment_id.is_distinct_from(after.id)
    if _any(connection, texts.where(left | (waits & others))):
        return True
    return any(
        # A question that still waits is overtaken by the answer, and by being asked again.
        event != Event.FEEDBACK_REQUESTED.value
        and not is_stale(
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
