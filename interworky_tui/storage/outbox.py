"""The outbox in SQL: leases on waiting messages, on SQLite and on PostgreSQL alike.

States stand in the SQL as literals, word for word as in the partial indexes: with bound values
SQLite would not use them. On PostgreSQL rows that another worker has locked are passed over;
on SQLite the write transaction itself keeps the others out.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    bindparam,
    delete,
    func,
    literal_column,
    select,
    update,
)

from interworky_tui.storage.once import insert_once
from interworky_tui.storage.tables import (
    APPOINTMENT,
    NOTIFICATION,
    SLOT_OFFER,
    SLOT_OFFER_TO,
    SMS_RECEIPT,
)

_ROW = NOTIFICATION.c


def claim(
    connection: Connection,
    room: Mapping[str, int],
    *,
    owner: str,
    now: datetime,
    until: datetime,
    limit: int,
) -> list[Row[Any]]:
    """Lease what is due, the most due first; each row's attempt is counted.

    Of each stream only the first unfinished row is taken, and of each channel as many as there
    is ``room`` for, which is one or more.
    """
    left = dict(room)
    due = []
    for row in connection.execute(due_heads(tuple(room), limit), {"now": now}):
        if left[row.channel]:
            left[row.channel] -= 1
            due.append(row.id)
    if not due:
        return []
    leased = connection.execute(
        update(NOTIFICATION)
        .where(_ROW.id.in_(due), *_in_state("pending"))
        .values(state="sending", attempts=_ROW.attempts + 1, lease_owner=owner, lease_until=until)
        .returning(NOTIFICATION)
    ).all()
    return sorted(leased, key=lambda row: (row.due_at, row.id))


def ended_leases(
    connection: Connection, *, now: datetime, far: datetime
) -> Sequence[Row[*tuple[Any, ...]]]:
    """The id and ``lease_until`` of leases that ran out, or that end after ``far``."""
    return connection.execute(
        select(_ROW.id, _ROW.lease_until)
        .where(*_in_state("sending"), (_ROW.lease_until <= now) | (_ROW.lease_until > far))
        .with_for_update(skip_locked=True)
    ).all()


def of_the_future(
    connection: Connection, *, now: datetime, soon: datetime
) -> Sequence[Row[*tuple[Any, ...]]]:
    """What waits although it was created after ``soon``, which says that the clock was put back:
    ``id``, ``attempts``, ``created_at`` and ``due_at``.
    """
    # The end of the quiet hours is a time of the day, whatever a message waited before.
    by_day = _ROW.reason.is_not_distinct_from(literal_column("'quiet_hours'"))
    return connection.execute(
        select(_ROW.id, _ROW.attempts, _ROW.created_at, _ROW.due_at)
        .where(*_in_state("pending"), _ROW.due_at > now, _ROW.created_at > soon, ~by_day)
        .with_for_update(skip_locked=True)
    ).all()


def give_back(connection: Connection, ids: Sequence[int]) -> None:
    """End leases: their worker died or froze, and what it did is not known."""
    connection.execute(
        update(NOTIFICATION)
        .where(_ROW.id.in_(ids), *_in_state("sending"))
        .values(state="pending", lease_owner=None, lease_until=None)
    )


def bring_forward(connection: Connection, message_id: int, due_at: datetime) -> None:
    connection.execute(
        update(NOTIFICATION)
        .where(_ROW.id == message_id, *_in_state("pending"))
        .values(due_at=due_at)
    )


def renew(
    connection: Connection, ids: Sequence[int], *, owner: str, until: datetime
) -> set[tuple[int, int]]:
    """Lengthen the leases that the owner still has; their ids and attempts."""
    rows = connection.execute(
        update(NOTIFICATION)
        .where(_ROW.id.in_(ids), _ROW.lease_owner == owner, *_in_state("sending"))
        .values(lease_until=until)
        .returning(_ROW.id, _ROW.attempts)
    )
    return {(row.id, row.attempts) for row in rows}


def mark(connection: Connection, message_id: int, copies: int, *, owner: str) -> None:
    """Write on a leased row how many copies may have left if its worker never comes back."""
    connection.execute(
        update(NOTIFICATION)
        .where(_ROW.id == message_id, _ROW.lease_owner == owner, *_in_state("sending"))
        .values(copies=copies, reason="unconfirmed")
    )


def settle(
    connection: Connection,
    message_id: int,
    values: Mapping[str, Any],
    *,
    owner: str,
    attempts: int,
) -> bool:
    """End a lease, and write what became of the message. False when the lease was lost."""
    settled = connection.execute(
        update(NOTIFICATION)
        .where(
            _ROW.id == message_id,
            _ROW.lease_owner == owner,
            _ROW.attempts == attempts,
            *_in_state("sending"),
        )
        .values(lease_owner=None, lease_until=None, **values)
    )
    return settled.rowcount == 1


def appointment_now(connection: Connection, appointment_id: int) -> Row[*tuple[Any, ...]]:
    """Its ``status``, ``starts_at``, ``ends_at`` and ``requested_at``, and nobody changes it
    before this transaction ends: a change that it overtakes must see what became of a message.
    """
    one = APPOINTMENT.c
    columns = one.status, one.starts_at, one.ends_at, one.requested_at
    held = select(*columns).where(one.id == appointment_id).with_for_update(read=True)
    return connection.execute(held).one()


def offer_stands(connection: Connection, message_id: int, now: datetime) -> bool:
    """Whether the slot that a message offers is held still, and its reader still waits for it."""
    to, offer, visit = SLOT_OFFER_TO.c, SLOT_OFFER.c, APPOINTMENT.c
    query = (
        select(to.id)
        .join(SLOT_OFFER, offer.id == to.offer_id)
        .join(APPOINTMENT, visit.id == to.appointment_id)
        .where(
            to.notification_id == message_id,
            offer.closed_at.is_(None),
            offer.expires_at > now,
            visit.status.in_(("requested", "scheduled")),
            visit.starts_at.is_not_distinct_from(to.visit_starts_at),
        )
    )
    return connection.execute(query).first() is not None


def is_known(connection: Connection, sid: str) -> bool:
    """Whether a message stands under the provider's name for a text."""
    query = select(SMS_RECEIPT.c.sid).where(SMS_RECEIPT.c.sid == sid)
    return connection.execute(query).first() is not None


def add_receipt(
    connection: Connection, sid: str, message_id: int, *, now: datetime, poll_at: datetime
) -> bool:
    """The provider took a text, and what becomes of it is asked from ``poll_at`` on.

    False when another message stands under the provider's name for it.
    """
    receipt = {
        "sid": sid,
        "notification_id": message_id,
        "accepted_at": now,
        "poll_at": poll_at,
    }
    return insert_once(connection, SMS_RECEIPT, receipt, "sid")


def drop_receipt(connection: Connection, sid: str) -> None:
    """It was added in this transaction, for a message that turned out to be another worker's."""
    connection.execute(delete(SMS_RECEIPT).where(SMS_RECEIPT.c.sid == sid))


def next_head(connection: Connection, channel: str) -> datetime | None:
    """When the next message of a channel falls due."""
    head = connection.execute(_heads((channel,)).limit(1)).first()
    return head.due_at if head else None


def next_lapse(connection: Connection) -> datetime | None:
    """When the next lease runs out."""
    query = select(func.min(_ROW.lease_until)).where(*_in_state("sending"))
    return connection.execute(query).scalar()


def due_heads(channels: Sequence[str], limit: int) -> Select[int, datetime, str]:
    """The rows that may leave at the parameter ``now``, locked for the claim."""
    return (
        _heads(channels)
        .where(_ROW.due_at <= bindparam("now"))
        .limit(limit)
        .with_for_update(skip_locked=True, of=NOTIFICATION)
    )


def _heads(channels: Sequence[str]) -> Select[int, datetime, str]:
    mate = NOTIFICATION.alias("mate")
    # A minimum, for NOT EXISTS is 150 times slower on PostgreSQL.
    first = (
        select(func.min(mate.c.id))
        .where(mate.c.stream == _ROW.stream, _unfinished(mate.c.state))
        .scalar_subquery()
    )
    return (
        select(_ROW.id, _ROW.due_at, _ROW.channel)
        .where(*_in_state("pending"), _ROW.channel.in_(channels), first == _ROW.id)
        .order_by(_ROW.due_at, _ROW.id)
    )


def _unfinished(state: ColumnElement[Any]) -> ColumnElement[bool]:
    return state.in_([literal_column("'pending'"), literal_column("'sending'")])


def _in_state(state: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return _unfinished(_ROW.state), _ROW.state == literal_column(f"'{state}'")
