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
    func,
    literal_column,
    select,
    update,
)

from interworky_tui.storage.tables import APPOINTMENT, NOTIFICATION

_ROW = NOTIFICATION.c


def claim(
    connection: Connection,
    channels: Sequence[str],
    *,
    owner: str,
    now: datetime,
    until: datetime,
    limit: int,
) -> list[Row[Any]]:
    """Lease what is due, the most due first; each row's attempt is counted.

    Of each stream only the first unfinished row is taken. Leases that ran out are given back
    before: their worker died or froze, and what it did is not known.
    """
    over = select(_ROW.id).where(*_in_state("sending"), _ROW.lease_until <= now)
    lapsed = connection.execute(over.with_for_update(skip_locked=True)).scalars().all()
    if lapsed:
        connection.execute(
            update(NOTIFICATION)
            .where(_ROW.id.in_(lapsed), *_in_state("sending"))
            .values(state="pending", lease_owner=None, lease_until=None)
        )
    due = connection.execute(due_heads(channels, limit), {"now": now}).scalars().all()
    if not due:
        return []
    leased = connection.execute(
        update(NOTIFICATION)
        .where(_ROW.id.in_(due), *_in_state("pending"))
        .values(state="sending", attempts=_ROW.attempts + 1, lease_owner=owner, lease_until=until)
        .returning(NOTIFICATION)
    ).all()
    return sorted(leased, key=lambda row: (row.due_at, row.id))


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


def trace(connection: Connection, message_id: int, reason: str | None, *, owner: str) -> None:
    """Write on a leased row what shall be known if its worker never comes back."""
    connection.execute(
        update(NOTIFICATION)
        .where(_ROW.id == message_id, _ROW.lease_owner == owner, *_in_state("sending"))
        .values(reason=reason)
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
    """Its ``status``, ``starts_at`` and ``ends_at``."""
    columns = APPOINTMENT.c.status, APPOINTMENT.c.starts_at, APPOINTMENT.c.ends_at
    return connection.execute(select(*columns).where(APPOINTMENT.c.id == appointment_id)).one()


def next_moments(connection: Connection, channels: Sequence[str]) -> list[datetime]:
    """When the next message falls due, and when the next lease runs out."""
    head = connection.execute(_heads(channels).limit(1)).first()
    lapse = connection.execute(
        select(func.min(_ROW.lease_until)).where(*_in_state("sending"))
    ).scalar()
    return ([head.due_at] if head else []) + ([lapse] if lapse else [])


def due_heads(channels: Sequence[str], limit: int) -> Select[int, datetime]:
    """The rows that may leave at the parameter ``now``, locked for the claim."""
    return (
        _heads(channels)
        .where(_ROW.due_at <= bindparam("now"))
        .limit(limit)
        .with_for_update(skip_locked=True, of=NOTIFICATION)
    )


def _heads(channels: Sequence[str]) -> Select[int, datetime]:
    mate = NOTIFICATION.alias("mate")
    # A minimum, for NOT EXISTS is 150 times slower on PostgreSQL.
    first = (
        select(func.min(mate.c.id))
        .where(mate.c.stream == _ROW.stream, _unfinished(mate.c.state))
        .scalar_subquery()
    )
    return (
        select(_ROW.id, _ROW.due_at)
        .where(*_in_state("pending"), _ROW.channel.in_(channels), first == _ROW.id)
        .order_by(_ROW.due_at, _ROW.id)
    )


def _unfinished(state: ColumnElement[Any]) -> ColumnElement[bool]:
    return state.in_([literal_column("'pending'"), literal_column("'sending'")])


def _in_state(state: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return _unfinished(_ROW.state), _ROW.state == literal_column(f"'{state}'")
