"""Mend one of the two things that are mended together, and leave the other as it is."""

from interworky_tui.domain.appointment import Appointment
from interworky_tui.services import editing, records
from interworky_tui.services.context import Context


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
