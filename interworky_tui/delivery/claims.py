"""A message that this process has leased, and whether it may still leave."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from interworky_tui.delivery import outcomes
from interworky_tui.delivery.channel import Outgoing, Visit
from interworky_tui.delivery.outcomes import Verdict
from interworky_tui.domain.appointment import Status
from interworky_tui.domain.calendar import visit_uid
from interworky_tui.domain.events import Channel, Event, Recipient
from interworky_tui.domain.staleness import is_stale
from interworky_tui.services.opt_outs import has_opted_out
from interworky_tui.storage import outbox as rows

Hold = Callable[[Event, Recipient, datetime], datetime | None]
"""When a message may leave that waits for the end of the quiet hours; None for at once."""


@dataclass(frozen=True, slots=True)
class Claim:
    """``visit_starts_at`` and ``visit_ends_at`` are the time that its text speaks of;
    ``version`` is that of the appointment when it was queued.
    """

    message: Outgoing
    stream: str
    version: int | None
    visit_starts_at: datetime | None
    visit_ends_at: datetime | None


def never_held(_event: Event, _recipient: Recipient, _now: datetime) -> datetime | None:
    return None


def checked(connection: Connection, claim: Claim, now: datetime, hold: Hold) -> Claim | Verdict:
    """What stands against the message now, or the claim with what was read on the way."""
    message = claim.message
    if not message.to_address:
        return outcomes.NO_ADDRESS
    if message.appointment_id is not None:
        appointment = rows.appointment_now(connection, message.appointment_id)
        if _overtaken(claim, appointment, now):
            return outcomes.STALE
        if message.event is Event.OFFER and not rows.offer_stands(connection, message.id, now):
            return outcomes.STALE
        visit = _visit(claim, message.appointment_id, appointment.requested_at)
        claim = replace(claim, message=replace(message, visit=visit))
    if message.channel is Channel.SMS and has_opted_out(connection, message.to_address):
        return outcomes.OPTED_OUT
    until = hold(message.event, message.recipient, now)
    if until is not None and until > now:
        return outcomes.at_night(message, claim.stream, until)
    return claim


def to_claim(row: Row[Any]) -> Claim:
    return Claim(
        Outgoing(
            id=row.id,
            appointment_id=row.appointment_id,
            event=Event(row.event),
            recipient=Recipient(row.recipient),
            channel=Channel(row.channel),
            to_address=row.to_address or "",
            subject=row.subject,
            body=row.body,
            html=row.html,
            message_id=row.message_id,
            created_at=row.created_at,
            attempts=row.attempts,
            copies=row.copies,
        ),
        row.stream,
        row.appointment_version,
        row.visit_starts_at,
        row.visit_ends_at,
    )


def _overtaken(claim: Claim, appointment: Row[Any], now: datetime) -> bool:
    return is_stale(
        claim.message.event,
        claim.visit_starts_at,
        status=Status(appointment.status),
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        now=now,
    )


def _visit(claim: Claim, appointment_id: int, requested_at: datetime) -> Visit | None:
    """By the message's own row alone, so that a second attempt says the very same."""
    starts_at, ends_at, version = claim.visit_starts_at, claim.visit_ends_at, claim.version
    if starts_at is None or ends_at is None or version is None:
        return None
    return Visit(visit_uid(appointment_id, requested_at), starts_at, ends_at, version)
