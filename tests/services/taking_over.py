"""Files of requests to take over, and what of them is in the store."""

from pathlib import Path

from sqlalchemy import Table, func, select

from interworky_tui.services.context import Context
from interworky_tui.services.importing import ImportReport, import_csv
from interworky_tui.storage.tables import APPOINTMENT, CLIENT

HEADER = "name,phone,email,date,band,time,service,note,urgency"
ANN = "Ann Lee,030 901820,ann@example.com,2026-03-20,morning,,Check-up,,low"
BOB = "Bob Ray,+49 30 901821,,2026-03-21,,14:30,,,"


def lines(*rows: str, header: str = HEADER) -> str:
    return "\n".join([header, *rows, ""])


def take(office: Context, file: Path, content: str | bytes, **how: bool) -> ImportReport:
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return import_csv(office, file, **how)


def stored(office: Context, *columns: str) -> list[tuple[object, ...]]:
    """Columns of every request in the order in which they were added."""
    table = APPOINTMENT.join(CLIENT)
    known = {column.name: column for column in [*CLIENT.c, *APPOINTMENT.c]}
    with office.database.read() as connection:
        query = select(*(known[name] for name in columns)).select_from(table)
        return [tuple(row) for row in connection.execute(query.order_by(APPOINTMENT.c.id))]


def counted(office: Context, *tables: Table) -> list[int]:
    with office.database.read() as connection:
        return [connection.scalar(select(func.count()).select_from(t)) or 0 for t in tables]
