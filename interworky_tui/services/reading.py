"""Reading without changing: the lists, one appointment in full, the messages; and their JSON.

The JSON is an interface to scripts: its fields, their names and their order stay. Moments in
it are ISO 8601 with the offset of the office's zone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Table, func, select

from interworky_tui.domain.appointment import Appointment, Client, Status
from interworky_tui.domain.errors import NotFound
from interworky_tui.domain.events import MessageState
from interworky_tui.services import records
from interworky_tui.services.context import Changed, Context
from interworky_tui.storage.card import MESSAGE_COLUMNS, Card, MessageLine
from interworky_tui.storage.queries import open_reader
from interworky_tui.storage.rows import NEWEST_FIRST
from interworky_tui.storage.search import ESCAPE, terms
from interworky_tui.storage.tables import (
    APPOINTMENT,
    CLIENT,
    INBOUND_SMS,
    NOTIFICATION,
    SMS_RECEIPT,
    SURVEY_RESPONSE,
)

AT_ONCE = 500
"""Rows in one read, so that no reader holds a snapshot for as long as it prints."""


@dataclass(frozen=True, slots=True)
class Listed:
    """``rating`` is the client's answer, None before there is one."""

    appointment: Appointment
    client: Client
    rating: int | None


def listing(
    office: Context,
    *,
    status: Status | None = None,
    due: bool = False,
    search: str = "",
    limit: int | None = 50,
) -> list[Listed]:
    """Appointments in the desk's order: status by status, each in the order of its tab.

    ``due`` keeps the visits whose start is reached and of which nobody has said who came.
    """
    wanted: list[ColumnElement[bool]] = []
    patterns = terms(search).patterns
    if patterns:
        likes = [CLIENT.c.search_text.like(pattern, escape=ESCAPE) for pattern in patterns]
        wanted.append(APPOINTMENT.c.client_id.in_(select(CLIENT.c.id).where(*likes)))
    tabs = (status,) if status else tuple(Status)
    if due:
        tabs = tuple(one for one in tabs if one is Status.SCHEDULED)
        wanted.append(APPOINTMENT.c.sort_at <= office.clock())
    listed: list[Listed] = []
    for one in tabs:
        left = None if limit is None else limit - len(listed)
        if left != 0:
            of_status = [APPOINTMENT.c.status == one.value, *wanted]
            listed += _listed(office, of_status, _order(one), left)
    return listed


def everything(office: Context) -> Iterator[Listed]:
    """Every appointment by its number, read a part at a time."""
    last = 0
    while found := _listed(office, [APPOINTMENT.c.id > last], [APPOINTMENT.c.id.asc()], AT_ONCE):
        yield from found
        last = found[-1].appointment.id


def _order(status: Status) -> list[ColumnElement[Any]]:
    columns = (APPOINTMENT.c.sort_at, APPOINTMENT.c.id)
    return [column.desc() if status in NEWEST_FIRST else column.asc() for column in columns]


def _listed(
    office: Context,
    wanted: list[ColumnElement[bool]],
    order: list[ColumnElement[Any]],
    limit: int | None,
) -> list[Listed]:
    query = (
        select(APPOINTMENT, CLIENT, SURVEY_RESPONSE.c.rating)
        .join(CLIENT, CLIENT.c.id == APPOINTMENT.c.client_id)
        .outerjoin(SURVEY_RESPONSE, SURVEY_RESPONSE.c.appointment_id == APPOINTMENT.c.id)
        .where(*wanted)
        .order_by(*order)
        .limit(limit)
    )
    with office.database.read() as connection:
        return [
            Listed(
                records.to_appointment(_part(row, APPOINTMENT)),
                records.to_client(_part(row, CLIENT)),
                row[SURVEY_RESPONSE.c.rating],
            )
            for row in connection.execute(query).mappings()
        ]


def _part(row: RowMapping, table: Table) -> Any:
    return {column.name: row[column] for column in table.c}


def get(office: Context, appointment_id: int) -> Card:
    """One appointment with all that is known of it. Raises NotFound."""
    reader = open_reader(office.database.url)
    try:
        card = reader.card(appointment_id)
    finally:
        reader.close()
    if card is None:
        raise NotFound(f"There is no appointment {appointment_id}.")
    return card


def messages(
    office: Context,
    *,
    state: MessageState | None = None,
    appointment_id: int | None = None,
    limit: int | None = None,
) -> Iterator[MessageLine]:
    """The outbox, newest first."""
    wanted: list[ColumnElement[bool]] = []
    if state:
        wanted.append(NOTIFICATION.c.state == state.value)
    if appointment_id is not None:
        wanted.append(NOTIFICATION.c.appointment_id == appointment_id)
    before: list[ColumnElement[bool]] = []
    left = limit
    while left is None or left > 0:
        size = AT_ONCE if left is None else min(left, AT_ONCE)
        found = _messages(office, wanted + before, size)
        yield from found
        if len(found) < size:
            return
        before = [NOTIFICATION.c.id < found[-1].id]
        left = None if left is None else left - size


def _messages(office: Context, wanted: list[ColumnElement[bool]], size: int) -> list[MessageLine]:
    columns = [NOTIFICATION.c[name] for name in MESSAGE_COLUMNS]
    client_id = func.coalesce(APPOINTMENT.c.client_id, INBOUND_SMS.c.client_id)
    query = (
        select(
            *columns,
            SMS_RECEIPT.c.status.label("receipt"),
            CLIENT.c.id.label("client_id"),
            CLIENT.c.name.label("client_name"),
        )
        .select_from(NOTIFICATION)
        .outerjoin(SMS_RECEIPT, SMS_RECEIPT.c.sid == NOTIFICATION.c.provider_ref)
        .outerjoin(APPOINTMENT, APPOINTMENT.c.id == NOTIFICATION.c.appointment_id)
        .outerjoin(INBOUND_SMS, INBOUND_SMS.c.id == NOTIFICATION.c.in_reply_to)
        .outerjoin(CLIENT, CLIENT.c.id == client_id)
        .where(*wanted)
        .order_by(NOTIFICATION.c.id.desc())
        .limit(size)
    )
    with office.database.read() as connection:
        return [MessageLine(**row) for row in connection.execute(query).mappings()]


def queued_by(office: Context, changed: Changed) -> list[MessageLine]:
    """The messages of one change, those that will not leave among them."""
    after = changed.appointment
    wanted = [
        NOTIFICATION.c.appointment_id == after.id,
        NOTIFICATION.c.appointment_version == after.version,
    ]
    return _messages(office, wanted, AT_ONCE)[::-1]


def appointment_json(office: Context, listed: Listed) -> dict[str, Any]:
    one, client, now = listed.appointment, listed.client, office.clock()
    return {
        "id": one.id,
        "status": one.status.value,
        "due": one.is_due(now),
        "stale": one.is_stale(now),
        "client": {
            "id": client.id,
            "name": client.name,
            "phone": client.phone,
            "email": client.email,
        },
        "requested_date": one.requested_date.isoformat(),
        "band": one.band,
        "starts_at": _iso(office, one.starts_at),
        "ends_at": _iso(office, one.ends_at),
        "service": one.service,
        "note": one.note,
        "rating": listed.rating,
        "version": one.version,
    }


def card_json(office: Context, card: Card) -> dict[str, Any]:
    """The appointment with its ``history`` and ``messages``, both oldest first."""
    rating = card.survey.rating if card.survey else None
    return appointment_json(office, Listed(card.appointment, card.client, rating)) | {
        "history": [
            {
                "at": _iso(office, line.at),
                "actor": line.actor,
                "verb": line.verb,
                "from_status": line.from_status,
                "to_status": line.to_status,
                "detail": line.detail,
            }
            for line in card.history
        ],
        "messages": [message_json(office, line) for line in card.messages],
    }


def message_json(office: Context, line: MessageLine) -> dict[str, Any]:
    return {
        "id": line.id,
        "appointment_id": line.appointment_id,
        "event": line.event,
        "recipient": line.recipient,
        "channel": line.channel,
        "to": line.to_address,
        "subject": line.subject,
        "body": line.body,
        "state": line.state,
        "reason": line.reason,
        "attempts": line.attempts,
        "due_at": _iso(office, line.due_at),
        "sent_at": _iso(office, line.sent_at),
        "provider_ref": line.provider_ref,
    }


def _iso(office: Context, moment: datetime | None) -> str | None:
    return moment.astimezone(office.zone).isoformat() if moment else None
