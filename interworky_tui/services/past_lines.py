"""Reading the history back: what happened, who did it and when. Oldest first."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, select

from interworky_tui.domain.calendar import day_bounds
from interworky_tui.domain.errors import NotFound
from interworky_tui.services import records
from interworky_tui.services.context import Context
from interworky_tui.storage.search import ESCAPE, terms
from interworky_tui.storage.tables import APPOINTMENT, CLIENT, EVENT

AT_ONCE = 500
"""Lines in one read, so that no reader holds a snapshot for as long as it prints."""
MOST_CLIENTS = 1000
"""More than these a search does not single out."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the history. ``id`` is its number in the chain; the client's name is of now.

    ``batch`` is the same for changes that were one act.
    """

    id: int
    at: datetime
    actor: str
    verb: str
    appointment_id: int
    version: int
    from_status: str | None
    to_status: str
    detail: dict[str, Any]
    batch: str | None
    client_id: int
    client_name: str


def entries(
    office: Context,
    *,
    day: date | None = None,
    client_ids: list[int] | None = None,
    appointment_id: int | None = None,
) -> Iterator[Entry]:
    """What happened on a day of the office, to some clients, to one appointment; None is all."""
    line, wanted = EVENT.c, []
    if day is not None:
        start, end = day_bounds(day, office.zone)
        wanted += [line.at >= start, line.at < end]
    if client_ids is not None:
        wanted.append(APPOINTMENT.c.client_id.in_(client_ids))
    if appointment_id is not None:
        wanted.append(line.appointment_id == appointment_id)
    after = 0
    while found := _entries(office, [*wanted, line.id > after]):
        yield from found
        after = found[-1].id


def _entries(office: Context, wanted: list[ColumnElement[bool]]) -> list[Entry]:
    own = [EVENT.c[field.name] for field in fields(Entry) if field.name in EVENT.c]
    query = (
        select(*own, CLIENT.c.id.label("client_id"), CLIENT.c.name.label("client_name"))
        .select_from(EVENT)
        .join(APPOINTMENT, APPOINTMENT.c.id == EVENT.c.appointment_id)
        .join(CLIENT, CLIENT.c.id == APPOINTMENT.c.client_id)
        .where(*wanted)
        .order_by(EVENT.c.id)
        .limit(AT_ONCE)
    )
    with office.database.read() as connection:
        return [_entry(row) for row in connection.execute(query).mappings()]


def _entry(row: RowMapping) -> Entry:
    return Entry(**{**row, "detail": json.loads(row["detail"])})


def require_appointment(office: Context, appointment_id: int) -> None:
    """Raises NotFound."""
    with office.database.read() as connection:
        records.load(connection, appointment_id)


def clients_named(office: Context, typed: str) -> list[int]:
    """The client of that number, or all whom a search by name, phone or email finds.

    Raises NotFound when it is nobody, or so many that nobody can be meant.
    """
    number = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 19 else 0
    patterns = terms(typed).patterns
    with office.database.read() as connection:
        one = connection.execute(select(CLIENT.c.id).where(CLIENT.c.id == number)).scalar()
        if one is not None:
            return [one]
        likes = [CLIENT.c.search_text.like(pattern, escape=ESCAPE) for pattern in patterns]
        query = select(CLIENT.c.id).where(*likes).limit(MOST_CLIENTS + 1)
        found = list(connection.execute(query).scalars()) if likes else []
    if not found:
        raise NotFound("No client is found by that; give a number, a name, a phone or an email.")
    if len(found) > MOST_CLIENTS:
        raise NotFound(f"More than {MOST_CLIENTS} clients are found by that; say more of the name.")
    return found


def entry_json(office: Context, entry: Entry) -> dict[str, Any]:
    return {
        "number": entry.id,
        "at": entry.at.astimezone(office.zone).isoformat(),
        "actor": entry.actor,
        "verb": entry.verb,
        "appointment_id": entry.appointment_id,
        "version": entry.version,
        "client": {"id": entry.client_id, "name": entry.client_name},
        "from_status": entry.from_status,
        "to_status": entry.to_status,
        "detail": entry.detail,
        "batch": entry.batch,
    }
