"""Who is told of a change, and in which words: planned, shown before, and queued."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert

from interworky_tui.domain.appointment import Appointment
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
from interworky_tui.domain.quiet_hours import quiet_until, waits_until
from interworky_tui.messages.render import Rendered, render
from interworky_tui.messages.segments import count_segments
from interworky_tui.services import records
from interworky_tui.services.addressing import (
    ANSWERS,
    QUIET,
    address_of,
    texted,
    undeliverable,
    with_notice,
)
from interworky_tui.services.clients import has_consented
from interworky_tui.services.context import Context
from interworky_tui.services.facts import News, facts_of
from interworky_tui.storage.once import insert_once
from interworky_tui.storage.tables import NOTIFICATION

_EVER_AFTER = datetime.max.replace(tzinfo=UTC)

Capped = Callable[[Recipient, str], bool]
"""Asked of every text that could leave, in order: whether it is one too many."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One message that a change owes. ``blocked`` says why it will not leave.

    ``waits_until`` is the end of the quiet hours, for one that waits for it; ``at_night`` says
    that it goes to the client at once although these are quiet hours. ``segments`` of an SMS are
    what it costs; 0 for an email.
    """

    event: Event
    recipient: Recipient
    channel: Channel
    to: str | None
    text: Rendered
    blocked: Reason | None
    waits_until: datetime | None
    at_night: bool
    segments: int


def events_of(office: Context, verb: Verb, survey: Survey | None) -> tuple[Event, ...]:
    event = TRANSITIONS[verb].event if verb in TRANSITIONS else None
    if event is None:
        return ()
    if survey and survey.rating <= office.settings.feedback.low_rating:
        return (event, Event.LOW_RATING)
    return (event,)


def plan(
    connection: Connection,
    office: Context,
    verb: Verb,
    news: News,
    now: datetime,
    capped: Capped | None = None,
    told: set[str] | None = None,
) -> list[Planned]:
    """Every message of the change in a fixed order, those that are blocked among them.

    ``told`` are numbers that other changes of the same act text before; those of this one join.
    """
    planned: list[Planned] = []
    leaves = _leaves(office, now)
    firsts: dict[str, datetime] = {}
    for event in events_of(office, verb, news.survey):
        for recipient, channel in messages_of(event):
            to = address_of(office, news.client, recipient, channel)
            blocked = _blocked(connection, office, event, recipient, channel, to)
            blocked = blocked or _texting(connection, event, recipient, channel, news.client.id)
            if capped and to and not blocked and channel is Channel.SMS and capped(recipient, to):
                blocked = Reason.CAPPED
            until = None if blocked else _waits(office, event, recipient, leaves)
            due, first = until or leaves, False
            if channel is Channel.SMS and to and not blocked and due < firsts.get(to, _EVER_AFTER):
                firsts[to] = due
                before = told is not None and to in told
                first = not before and not texted(connection, to, due, news.after, now)
            facts, language = facts_of(office, news, first), news.client.language
            text = render(event, recipient, channel, facts, office.catalogue, language)
            night = not (blocked or until) and _at_night(office, recipient, leaves)
            size = count_segments(text.text).count if channel is Channel.SMS else 0
            planned.append(
                Planned(event, recipient, channel, to, text, blocked, until, night, size)
            )
    if told is not None:
        told.update(firsts)
    return planned


def queue(
    connection: Connection,
    office: Context,
    verb: Verb,
    news: News,
    now: datetime,
    capped: Capped | None = None,
) -> int:
    """Write the change's messages to the outbox. Returns how many will leave.

    The time to undo it begins now by the clock of whoever sends them, not by the desk's.
    """
    planned = plan(connection, office, verb, news, now, capped)
    if planned:
        rows = _rows(office, news, planned, office.shared(connection))
        connection.execute(insert(NOTIFICATION), rows)
    return sum(message.blocked is None for message in planned)


def queue_beside(
    connection: Connection,
    office: Context,
    *,
    event: Event,
    recipient: Recipient,
    channel: Channel,
    to: str | None,
    text: Rendered,
    client_id: int | None,
    appointment: Appointment | None,
    dedupe_key: str,
    now: datetime,
    in_reply_to: int | None = None,
    due_at: datetime | None = None,
) -> bool:
    """Queue a message that no change owes. False when its dedupe key is there already.

    It may leave at ``due_at`` (now, unless told) or when the quiet hours end; no time to undo is
    waited for. Without an address, or for a number that opted out or a client who has not agreed
    to texts, the row only says so. The first text to a number is told how to stop. The caller
    wakes the delivery after the commit.
    """
    about = appointment.id if appointment else None
    stream = _stream(recipient, channel, client_id, about, to)
    when = when_due(office, event, recipient, stream, due_at or now)
    blocked = undeliverable(connection, channel, to)
    blocked = blocked or _texting(connection, event, recipient, channel, client_id)
    body = text.text
    if to and not blocked and channel is Channel.SMS:
        language = records.load_client(connection, client_id).language if client_id else None
        body = with_notice(
            connection, office, event, recipient, body, to, when["due_at"], language=language
        )
    values = {
        "appointment_id": about,
        "in_reply_to": in_reply_to,
        **_columns(office, event, recipient, channel, to, Rendered(text.subject, body, text.html)),
        "visit_starts_at": appointment.starts_at if appointment else None,
        "visit_ends_at": appointment.ends_at if appointment else None,
        "dedupe_key": dedupe_key,
        "created_at": now,
        **when,
        **_fate(blocked),
    }
    # Another process may have written the same.
    return insert_once(connection, NOTIFICATION, values, "dedupe_key")


def when_due(
    office: Context, event: Event, recipient: Recipient, stream: str, leaves: datetime
) -> dict[str, Any]:
    """The columns that say when, and after which others, a row leaves that could leave then."""
    until = _waits(office, event, recipient, leaves)
    own = stream.removesuffix(QUIET)
    if until is None:
        return {"due_at": leaves, "reason": None, "stream": own}
    return {"due_at": until, "reason": Reason.QUIET_HOURS.value, "stream": own + QUIET}


def _rows(
    office: Context, news: News, planned: Sequence[Planned], now: datetime
) -> list[dict[str, Any]]:
    leaves, after = _leaves(office, now), news.after
    rows = []
    for message in planned:
        event, recipient, channel = message.event, message.recipient, message.channel
        stream = _stream(recipient, channel, news.client.id, after.id, message.to)
        rows.append(
            {
                "appointment_id": after.id,
                "appointment_version": after.version,
                **_columns(office, event, recipient, channel, message.to, message.text),
                "visit_starts_at": after.starts_at,
                "visit_ends_at": after.ends_at,
                "dedupe_key": (
                    f"{after.id}:{after.version}:{event.value}:{recipient.value}:{channel.value}"
                ),
                "created_at": now,
                **when_due(office, event, recipient, stream, leaves),
                **_fate(message.blocked),
            }
        )
    return rows


def _columns(
    office: Context,
    event: Event,
    recipient: Recipient,
    channel: Channel,
    to: str | None,
    text: Rendered,
) -> dict[str, Any]:
    return {
        "event": event.value,
        "recipient": recipient.value,
        "channel": channel.value,
        "to_address": to,
        "subject": text.subject,
        "body": text.text,
        "html": text.html,
        "message_id": _message_id(office) if channel is Channel.EMAIL else None,
    }


def _fate(blocked: Reason | None) -> dict[str, str]:
    if blocked:
        return {"state": MessageState.CANCELLED.value, "reason": blocked.value}
    return {"state": MessageState.PENDING.value}


def _stream(
    recipient: Recipient,
    channel: Channel,
    client_id: int | None,
    appointment_id: int | None,
    to: str | None,
) -> str:
    """What must leave in order: all to one client, and each visit's for the office."""
    if recipient is Recipient.OFFICE:
        return f"office:{appointment_id or ''}:{channel.value}"
    if client_id is None:
        return f"number:{to}:{channel.value}"
    return f"client:{client_id}:{channel.value}"


def _message_id(office: Context) -> str:
    domain = office.settings.office.email.rpartition("@")[2] or "interworky.invalid"
    return f"<{secrets.token_hex(16)}@{domain}>"


def _blocked(
    connection: Connection,
    office: Context,
    event: Event,
    recipient: Recipient,
    channel: Channel,
    to: str | None,
) -> Reason | None:
    if not office.settings.messages.matrix.allows(event.value, recipient.value, channel.value):
        return Reason.SWITCHED_OFF
    return undeliverable(connection, channel, to)


def _texting(
    connection: Connection,
    event: Event,
    recipient: Recipient,
    channel: Channel,
    client_id: int | None,
) -> Reason | None:
    """A client who has not agreed to texts gets none but the answer to one of their own."""
    if channel is not Channel.SMS or recipient is not Recipient.CLIENT or event in ANSWERS:
        return None
    if client_id is None or has_consented(connection, client_id):
        return None
    return Reason.NO_CONSENT


def _leaves(office: Context, now: datetime) -> datetime:
    """When word of a change may leave at the earliest."""
    return now + timedelta(seconds=office.settings.messages.undo_seconds)


def _waits(
    office: Context, event: Event, recipient: Recipient, leaves: datetime
) -> datetime | None:
    return waits_until(event, recipient, leaves, office.settings.messages.quiet, office.zone)


def _at_night(office: Context, recipient: Recipient, leaves: datetime) -> bool:
    quiet = quiet_until(leaves, office.settings.messages.quiet, office.zone)
    return recipient is Recipient.CLIENT and quiet is not None
