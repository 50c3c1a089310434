"""Mend one of the two things that are mended together, and leave the other as it is."""

from sqlalchemy import select

from interworky_tui.domain.appointment import Appointment, Client
from interworky_tui.services import editing, records
from interworky_tui.services.context import Context
from interworky_tui.storage.tables import APPOINTMENT


def mend_client(
    office: Context,
    client_id: int,
    *,
    name: str,
    phone: str,
    email: str,
    language: str | None = None,
    version: int | None = None,
) -> Client:
    """From the newest of the client's appointments. ``version`` is the client's."""
    row = APPOINTMENT.c
    newest = select(row.id, row.service, row.note).where(row.client_id == client_id)
    with office.database.read() as connection:
        records.load_client(connection, client_id)
        appointment_id, service, note = connection.execute(newest.order_by(row.id.desc())).first()
    return editing.edit(
        office,
        client_id,
        appointment_id,
        name=name,
        phone=phone,
        email=email,
        service=service,
        note=note,
        language=language,
        client_version=version,
    )


def mend_request(
    office: Context, appointment_id: int, *, service: str, note: str, version: int | None = None
) -> Appointment:
    with office.database.read() as connection:
        _, client = records.load(connection, appointment_id)
    editing.edit(
        office,
        client.id,
        appointment_id,
        name=client.name,
        phone=client.phone or "",
        email=client.email or "",
        service=service,
        note=note,
        version=version,
    )
    with office.database.read() as connection:
        return records.load(connection, appointment_id)[0]
