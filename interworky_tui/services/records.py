"""Appointments and clients, from rows to the domain's values and back."""

import json
from dataclasses import fields
from datetime import date, datetime, time
from enum import Enum
from typing import Any

from sqlalchemy import Connection, CursorResult, RowMapping, select, update

from interworky_tui.domain.appointment import Appointment, CancelReason, Client, Status, Urgency
from interworky_tui.domain.errors import ChangedElsewhere, IllegalMove, NotFound
from interworky_tui.domain.feedback import Recommend, Source, Survey
from interworky_tui.domain.lifecycle import Verb
from interworky_tui.services import chain
from interworky_tui.storage.tables import APPOINTMENT, CLIENT

TRACKED = (
    "starts_at",
    "ends_at",
    "scheduled_at",
    "confirmed_at",
    "change_asked_at",
    "arrived_at",
    "attended_at",
    "feedback_requested_at",
    "feedback_collected_at",
    "cancelled_at",
    "cancel_reason",
)
"""What the history keeps of a change, and undo restores; nothing personal is among it."""


FORGOTTEN = "That client was forgotten; nothing of it can be changed any more."


def load(
    connection: Connection, appointment_id: int, version: int | None = None
) -> tuple[Appointment, Client]:
    """Raises NotFound, and ChangedElsewhere when it is no longer at ``version``."""
    require_id("appointment", appointment_id)
    row = (
        connection.execute(select(APPOINTMENT).where(APPOINTMENT.c.id == appointment_id))
        .mappings()
        .first()
    )
    if row is None:
        raise NotFound(f"There is no appointment {appointment_id}.")
    appointment = to_appointment(row)
    if version is not None and version != appointment.version:
        raise ChangedElsewhere(
            f"Someone changed this appointment in the meantime; it is now"
            f" {appointment.status.label.lower()}. Nothing was changed, please look again."
        )
    return appointment, load_client(connection, appointment.client_id)


def load_client(connection: Connection, client_id: int) -> Client:
    require_id("client", client_id)
    row = connection.execute(select(CLIENT).where(CLIENT.c.id == client_id)).mappings().first()
    if row is None:
        raise NotFound(f"There is no client {client_id}.")
    return to_client(row)


def is_erased(connection: Connection, client_id: int) -> bool:
    query = select(CLIENT.c.erased_at).where(CLIENT.c.id == client_id)
    return connection.execute(query).scalar() is not None


def refuse_erased(connection: Connection, client_id: int) -> None:
    """Raises IllegalMove for a client who was forgotten."""
    if is_erased(connection, client_id):
        raise IllegalMove(FORGOTTEN)


def require_id(what: str, number: int) -> None:
    """Raises NotFound for a number that no row can have; the driver would fail on it."""
    if not 0 < number < 2**63:
        raise NotFound(f"There is no {what} {number}.")


def inserted_id(made: CursorResult[Any]) -> int:
    """The id that an INSERT of one row gave."""
    key = made.inserted_primary_key
    assert key is not None
    return int(key[0])


def to_client(row: RowMapping) -> Client:
    return Client(**{field.name: row[field.name] for field in fields(Client)})


def to_appointment(row: RowMapping) -> Appointment:
    values = {field.name: row[field.name] for field in fields(Appointment)}
    reason, wish = values["cancel_reason"], values["wish_time"]
    values |= {
        "status": Status(values["status"]),
        "urgency": Urgency(values["urgency"]),
        "requested_date": date.fromisoformat(values["requested_date"]),
        "wish_time": time.fromisoformat(wish) if wish else None,
        "cancel_reason": CancelReason(reason) if reason else None,
    }
    return Appointment(**values)


def to_survey(row: RowMapping) -> Survey:
    """The answer that a row of survey_response holds."""
    values = {field.name: row[field.name] for field in fields(Survey)}
    values |= {
        "recommend": Recommend(row["recommend"]) if row["recommend"] else None,
        "publish": bool(row["publish"]),
        "source": Source(row["source"]),
    }
    return Survey(**values)


def to_columns(appointment: Appointment) -> dict[str, Any]:
    """The row's values, ``sort_at`` among them; the id stays out."""
    values = {field.name: getattr(appointment, field.name) for field in fields(Appointment)}
    del values["id"]
    values |= {
        "requested_date": appointment.requested_date.isoformat(),
        "wish_time": f"{appointment.wish_time:%H:%M}" if appointment.wish_time else None,
        "sort_at": appointment.starts_at or appointment.requested_until,
    }
    return {name: v.value if isinstance(v, Enum) else v for name, v in values.items()}


def save(
    connection: Connection,
    before: Appointment,
    after: Appointment,
    verb: Verb,
    *,
    actor: str,
    at: datetime,
    detail: dict[str, Any] | None = None,
    batch: str | None = None,
) -> None:
    """Write the change and its line of history. Raises ChangedElsewhere if another was first.

    Raises IllegalMove when the client was forgotten.
    ``batch`` names the act that this change is a part of; its changes are undone together.
    """
    refuse_erased(connection, before.client_id)
    written = connection.execute(
        update(APPOINTMENT)
        .where(APPOINTMENT.c.id == before.id, APPOINTMENT.c.version == before.version)
        .values(to_columns(after))
    )
    if written.rowcount != 1:
        raise ChangedElsewhere("Someone else was first; nothing was changed, please look again.")
    line = history_line(before, after, verb, actor=actor, at=at, detail=detail, batch=batch)
    chain.append(connection, [line])


def history_line(
    before: Appointment | None,
    after: Appointment,
    verb: Verb,
    *,
    actor: str,
    at: datetime,
    detail: dict[str, Any] | None = None,
    batch: str | None = None,
) -> dict[str, Any]:
    was = {name: getattr(before, name) for name in TRACKED} if before else {}
    now = {name: getattr(after, name) for name in TRACKED}
    changed = [name for name in was if was[name] != now[name]]
    told = {
        **(detail or {}),
        **({"was": {n: _plain(was[n]) for n in changed}} if changed else {}),
        **({"now": {n: _plain(now[n]) for n in changed}} if changed else {}),
    }
    return {
        "appointment_id": after.id,
        "version": after.version,
        "at": at,
        "actor": actor,
        "verb": verb.value,
        "from_status": before.status.value if before else None,
        "to_status": after.status.value,
        "detail": json.dumps(told, ensure_ascii=False, separators=(",", ":")),
        "batch": batch,
    }


def from_plain(name: str, value: str | None) -> Any:
    """A tracked value as the history keeps it, back to what it was."""
    if value is None:
        return None
    return CancelReason(value) if name == "cancel_reason" else datetime.fromisoformat(value)


def _plain(value: Any) -> str | None:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value.value) if isinstance(value, Enum) else None
