"""The programs that have the office open, in SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from interworky_tui.storage.tables import DESK_SESSION

_ROW = DESK_SESSION.c
MOST = 100


def there(
    connection: Connection, since: datetime, until: datetime
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Those that were seen after ``since``, the first that came first.

    Who was seen after ``until`` has a clock that was put back since.
    """
    query = (
        select(_ROW.id, _ROW.kind, _ROW.actor, _ROW.machine, _ROW.appointment_id, _ROW.channels)
        .where(_ROW.seen_at > since, _ROW.seen_at <= until)
        .order_by(_ROW.begun_at, _ROW.id)
        .limit(MOST)
    )
    return connection.execute(query).all()


def add(connection: Connection, values: dict[str, Any]) -> None:
    connection.execute(insert(DESK_SESSION).values(**values))


def see(connection: Connection, session: str, values: dict[str, Any]) -> bool:
    """False when there is no such row."""
    seen = connection.execute(update(DESK_SESSION).where(_ROW.id == session).values(**values))
    return seen.rowcount == 1


def sweep(connection: Connection, since: datetime, until: datetime) -> None:
    """Remove those that are not ``there``, but for a row that somebody writes just now."""
    gone = (
        select(_ROW.id)
        .where((_ROW.seen_at <= since) | (_ROW.seen_at > until))
        .with_for_update(skip_locked=True)
    )
    connection.execute(delete(DESK_SESSION).where(_ROW.id.in_(gone)))


def remove(connection: Connection, session: str) -> None:
    connection.execute(delete(DESK_SESSION).where(_ROW.id == session))
