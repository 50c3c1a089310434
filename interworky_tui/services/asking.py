"""Once a day: when feedback was asked for, what counts, and what takes its place."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, delete, func, insert, literal_column, select, text, update

from interworky_tui.domain.appointment import Appointment
from interworky_tui.domain.calendar import office_day, say_moment
from interworky_tui.domain.errors import IllegalMove
from interworky_tui.domain.events import Event, MessageState, Reason, Recipient
from interworky_tui.services.context import Context
from interworky_tui.storage.asking import RELEASED, STANDS
from interworky_tui.storage.tables import APPOINTMENT, FEEDBACK_REQUEST, NOTIFICATION

_RELEASED, _STANDS = text(RELEASED), text(STANDS)
_ROW = FEEDBACK_REQUEST.c


@dataclass(frozen=True, slots=True)
class Asked:
    """``day`` is the office's of that time, which a changed time zone does not move."""

    day: date
    at: datetime


def last_asked(connection: Connection, appointment_id: int) -> Asked | None:
    """The latest request that counts. One of which no message could leave does not."""
    row = connection.execute(
        select(_ROW.office_day, _ROW.at)
        .where(_ROW.appointment_id == appointment_id, _STANDS)
        .order_by(_ROW.office_day.desc())
        .limit(1)
    ).first()
    return Asked(date.fromisoformat(row.office_day), row.at) if row else None


def write_down(connection: Connection, office: Context, after: Appointment, now: datetime) -> None:
    """The request of today, instead of one that does not count; what still waits of an earlier
    one stays in the house.
    """
    today = office_day(now, office.zone).isoformat()
    connection.execute(
        delete(FEEDBACK_REQUEST).where(
            _ROW.appointment_id == after.id, _ROW.office_day >= today, _RELEASED
        )
    )
    connection.execute(
        insert(FEEDBACK_REQUEST).values(
            appointment_id=after.id, office_day=today, at=now, appointment_version=after.version
        )
    )
    waiting = NOTIFICATION.c
    connection.execute(
        update(NOTIFICATION)
        .where(
            waiting.appointment_id == after.id,
            waiting.event == Event.FEEDBACK_REQUESTED.value,
            waiting.recipient == Recipient.CLIENT.value,
            waiting.state == literal_column("'pending'"),
        )
        .values(state=MessageState.CANCELLED.value, reason=Reason.STALE.value)
    )


def ask_anew(
    connection: Connection, office: Context, appointment_id: int, version: int, now: datetime
) -> None:
    """A message of that request is tried again by hand, which makes it a request of today.

    Raises IllegalMove when feedback was asked for again since, or that was undone.
    """
    latest = select(func.max(_ROW.appointment_version)).where(_ROW.appointment_id == appointment_id)
    if connection.execute(latest).scalar() != version:
        raise IllegalMove("Another request for feedback has taken its place; ask again instead.")
    today = office_day(now, office.zone).isoformat()
    connection.execute(
        update(FEEDBACK_REQUEST)
        .where(
            _ROW.appointment_id == appointment_id,
            _ROW.appointment_version == version,
            _ROW.office_day < today,
        )
        .values(office_day=today, at=now)
    )


def warnings(
    connection: Connection, office: Context, appointment: Appointment, now: datetime
) -> tuple[str, ...]:
    """What to think of before the client is asked: who was asked today for another visit."""
    visit = APPOINTMENT.c
    others = connection.execute(
        select(_ROW.at, visit.starts_at)
        .join(APPOINTMENT, visit.id == _ROW.appointment_id)
        .where(
            visit.client_id == appointment.client_id,
            visit.id != appointment.id,
            _ROW.office_day == office_day(now, office.zone).isoformat(),
            _STANDS,
        )
        .order_by(_ROW.at)
    )
    return tuple(
        f"This client was asked today at {at.astimezone(office.zone):%H:%M} already,"
        f" for the visit of {say_moment(starts_at, office.zone)}."
        for at, starts_at in others
    )
