"""Clients whom the office has not seen for as long as it keeps them are forgotten by themselves."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    exists,
    false,
    literal_column,
    not_,
    or_,
    select,
)

from interworky_tui.domain.appointment import Status
from interworky_tui.services import erasing
from interworky_tui.services.context import Context
from interworky_tui.storage import overwriting
from interworky_tui.storage.tables import APPOINTMENT, CLIENT, INBOUND_SMS, NOTIFICATION

AT_ONCE = 100
"""Clients in one transaction, so that a desk does not wait for all."""
_VISIT, _MESSAGE = APPOINTMENT.c, NOTIFICATION.c


def days_of(office: Context) -> dict[Status, int]:
    """For how many days clients are kept after a visit that ended so; for ever where it is not."""
    kept = office.settings.retention
    found = {
        Status.CANCELLED: kept.cancelled,
        Status.ATTENDED: kept.attended,
        Status.FEEDBACK_PENDING: kept.feedback_pending,
        Status.FEEDBACK_COLLECTED: kept.feedback_collected,
    }
    return {status: days for status, days in found.items() if days}


def due(office: Context) -> Sequence[int]:
    """The clients who would be forgotten now.

    Every visit of theirs is as old as the settings say, no message for them waits, and no text
    of theirs waits for a person.
    """
    if not days_of(office):
        return []
    with office.database.read() as connection:
        return _due(connection, office, None)


def forget_old(office: Context, previews: Path) -> int:
    """Forget them, a part at a time; how many. What was erased before and could not be
    overwritten in the file then is now. ``previews`` is the folder of the preview channel.
    """
    forgotten = 0
    while days_of(office):
        with office.database.write() as connection:
            found = _due(connection, office, AT_ONCE)
            if found:
                erasing.erase_within(connection, office, found, previews)
        if not found:
            break
        erasing.tell(found)
        forgotten += len(found)
    overwriting.overwrite(office.database.url)
    return forgotten


def _due(connection: Connection, office: Context, limit: int | None) -> Sequence[int]:
    now = office.clock()
    old = [
        and_(_VISIT.status == status.value, _VISIT.sort_at <= now - timedelta(days=days))
        for status, days in days_of(office).items()
    ]
    mine = _VISIT.client_id == CLIENT.c.id
    query = (
        select(CLIENT.c.id)
        .where(
            CLIENT.c.erased_at.is_(None),
            exists().where(mine),
            not_(exists().where(mine, not_(or_(false(), *old)))),
            not_(_is_written_to()),
            not_(_has_written()),
        )
        .order_by(CLIENT.c.id)
        .limit(limit)
    )
    return connection.execute(query).scalars().all()


def _is_written_to() -> ColumnElement[bool]:
    # Literals, because bound values would keep SQLite from the partial index.
    waits = _MESSAGE.state.in_([literal_column("'pending'"), literal_column("'sending'")])
    waiting = (
        select(_VISIT.client_id)
        .join(NOTIFICATION, _MESSAGE.appointment_id == _VISIT.id)
        .where(waits)
        .correlate(None)
    )
    return CLIENT.c.id.in_(waiting)


def _has_written() -> ColumnElement[bool]:
    text = INBOUND_SMS.c
    return CLIENT.c.id.in_(
        select(text.client_id).where(text.handled_at.is_(None), text.client_id.is_not(None))
    )
