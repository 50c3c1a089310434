"""How the offer of a slot ends: taken, booked by hand, run out, or taken back.

The rows of an offer say what is true: it is open until ``expires_at``, unless it was closed
before. Whoever takes or books the slot looks there in the transaction that writes, so that no
job has to have run.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, literal_column, or_, select, update

from interworky_tui.domain import slots
from interworky_tui.domain.appointment import Appointment, Status
from interworky_tui.domain.events import MessageState, Reason
from interworky_tui.domain.slots import Span
from interworky_tui.services import diary, records
from interworky_tui.services.context import Context
from interworky_tui.storage.tables import APPOINTMENT, NOTIFICATION, SLOT_OFFER, SLOT_OFFER_TO

WAITS = (Status.REQUESTED, Status.SCHEDULED)
"""What can be given another time."""

_OFFER, _TO = SLOT_OFFER.c, SLOT_OFFER_TO.c


def settle(office: Context) -> int:
    """Close the offers that are over. Returns how many; any number of processes may ask."""
    with office.database.read() as connection:
        some = connection.execute(select(_OFFER.id).where(_OFFER.closed_at.is_(None)).limit(1))
        if some.first() is None:
            return 0
    with office.database.write() as connection:
        return settle_within(connection, office, office.clock())


def settle_within(connection: Connection, office: Context, now: datetime) -> int:
    """Close what ran out, whose slot was booked, and what nobody waits for any more."""
    offers = connection.execute(select(SLOT_OFFER).where(_OFFER.closed_at.is_(None))).all()
    ended = {row.id: _ended(connection, office, row, now) for row in offers}
    return sum(
        close(connection, offer_id, outcome, now) for offer_id, outcome in ended.items() if outcome
    )


def close(
    connection: Connection,
    offer_id: int,
    outcome: str,
    now: datetime,
    taken_by: int | None = None,
) -> bool:
    """End an offer, and keep back the texts of it that have not left. False when it was over.

    A yes that was sent in time takes also what ran out meanwhile.
    """
    is_open = _OFFER.closed_at.is_(None)
    ran_out = _OFFER.outcome == "expired"
    ended = connection.execute(
        update(SLOT_OFFER)
        .where(_OFFER.id == offer_id, or_(is_open, ran_out) if taken_by else is_open)
        .values(closed_at=now, outcome=outcome, taken_by=taken_by)
    )
    texts = select(_TO.notification_id).where(_TO.offer_id == offer_id)
    connection.execute(
        update(NOTIFICATION)
        .where(NOTIFICATION.c.id.in_(texts), NOTIFICATION.c.state == literal_column("'pending'"))
        .values(state=MessageState.CANCELLED.value, reason=Reason.STALE.value)
    )
    return ended.rowcount == 1


def open_again(connection: Connection, offer_id: int | None, appointment_id: int) -> None:
    """A yes was taken back: who has not answered yet may take the slot. It may be over all the
    same; ``settle_within`` says so.
    """
    connection.execute(
        update(SLOT_OFFER)
        .where(_OFFER.id == offer_id, _OFFER.taken_by == appointment_id)
        .values(closed_at=None, outcome=None, taken_by=None)
    )


def has_room(connection: Connection, office: Context, span: Span, but: int | None = None) -> bool:
    """Whether the office can see one more then, whatever is only held."""
    booked = diary.booked(connection, *span, but)
    return slots.crowd(booked, *span) < office.settings.slots.capacity


def is_meant(visit: Appointment, was_at: datetime | None) -> bool:
    """Whether an appointment still waits as it did when it was offered a slot."""
    return visit.status in WAITS and visit.starts_at == was_at


def _ended(connection: Connection, office: Context, row: Row[Any], now: datetime) -> str | None:
    if row.expires_at <= now:
        return "expired"
    if not has_room(connection, office, (row.starts_at, row.ends_at)):
        return "booked"
    people = connection.execute(
        select(APPOINTMENT, _TO.visit_starts_at)
        .join(SLOT_OFFER_TO, _TO.appointment_id == APPOINTMENT.c.id)
        .where(_TO.offer_id == row.id, _TO.answered_at.is_(None))
    ).mappings()
    waiting = any(is_meant(records.to_appointment(one), one["visit_starts_at"]) for one in people)
    return None if waiting else "withdrawn"
