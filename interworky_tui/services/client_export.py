"""All that the office holds of one person, as they may ask for it.

The names of the staff are left out. The fields, their names and their order stay; moments are
ISO 8601 with the offset of the office's zone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, select

from interworky_tui.services import erasing, traces
from interworky_tui.services.context import Context
from interworky_tui.storage.tables import (
    APPOINTMENT,
    CLIENT,
    EVENT,
    FEEDBACK_REQUEST,
    INBOUND_SMS,
    NOTIFICATION,
    SLOT_OFFER,
    SLOT_OFFER_TO,
    SMS_OPT_OUT,
    SURVEY_NOTE,
    SURVEY_RESPONSE,
)

CLIENT_FIELDS = ("id", "name", "phone", "email", "language", "sms_consent", "created_at")
VISIT_FIELDS = (
    *("id", "status", "source", "requested_at", "requested_date", "band", "wish_time", "urgency"),
    *("service", "note", "starts_at", "ends_at", "scheduled_at", "confirmed_at"),
    *("change_asked_at", "arrived_at", "attended_at", "cancelled_at", "cancel_reason"),
    "cancel_text",
)
HISTORY_FIELDS = ("at", "verb", "from_status", "to_status")
ANSWER_FIELDS = ("at", "source", "rating", "good", "bad", "recommend", "publish")
NOTE_FIELDS = ("at", "source", "rating", "text")
OFFER_FIELDS = ("made_at", "starts_at", "ends_at", "expires_at")
TO_FIELDS = ("number", "answered_at")
MESSAGE_FIELDS = (
    *("id", "appointment_id", "event", "recipient", "channel", "to_address", "subject", "body"),
    *("state", "reason", "created_at", "sent_at"),
)
TEXT_FIELDS = ("id", "appointment_id", "from_number", "received_at", "body", "kind")
_FLAGS = ("sms_consent", "publish")


def everything(office: Context, client_id: int) -> dict[str, Any]:
    """The ``client``, their ``opt_outs``, ``appointments``, ``messages`` and ``texts``.

    An appointment has its ``history``, ``asked_on``, ``feedback``, ``notes`` and ``offers``. All is
    oldest first. Raises NotFound, and IllegalMove for one who was forgotten.
    """
    with office.database.read() as connection:
        known = erasing.load(connection, client_id)
        found = traces.find(connection, [client_id])
        read = _Reader(office, connection)
        numbers = found.numbers | {known.phone} if known.phone else found.numbers
        return {
            "client": read(CLIENT, CLIENT_FIELDS, CLIENT.c.id == client_id)[0],
            "opt_outs": read(SMS_OPT_OUT, ("number", "at"), SMS_OPT_OUT.c.number.in_(numbers)),
            "appointments": [
                visit | _beside(read, visit["id"])
                for visit in read(APPOINTMENT, VISIT_FIELDS, APPOINTMENT.c.id.in_(found.visits))
            ],
            "messages": read(NOTIFICATION, MESSAGE_FIELDS, NOTIFICATION.c.id.in_(found.messages)),
            "texts": read(INBOUND_SMS, TEXT_FIELDS, INBOUND_SMS.c.id.in_(found.texts)),
        }


@dataclass(frozen=True, slots=True)
class _Reader:
    """Rows as they are told, in the order of their keys."""

    office: Context
    connection: Connection

    def __call__(
        self, table: Table, fields: Sequence[str], where: ColumnElement[bool]
    ) -> list[dict[str, Any]]:
        query = select(*(table.c[name] for name in fields)).where(where)
        rows = self.connection.execute(query.order_by(*table.primary_key)).mappings()
        return [{name: self._told(name, row[name]) for name in fields} for row in rows]

    def _told(self, name: str, value: Any) -> Any:
        if isinstance(value, datetime):
            return value.astimezone(self.office.zone).isoformat()
        return bool(value) if name in _FLAGS else value


def _beside(read: _Reader, visit: int) -> dict[str, Any]:
    """What is kept beside one appointment."""
    asked = read(FEEDBACK_REQUEST, ("office_day",), FEEDBACK_REQUEST.c.appointment_id == visit)
    answers = read(SURVEY_RESPONSE, ANSWER_FIELDS, SURVEY_RESPONSE.c.appointment_id == visit)
    to = read(SLOT_OFFER_TO, ("offer_id", *TO_FIELDS), SLOT_OFFER_TO.c.appointment_id == visit)
    return {
        "history": read(EVENT, HISTORY_FIELDS, EVENT.c.appointment_id == visit),
        "asked_on": [row["office_day"] for row in asked],
        "feedback": answers[0] if answers else None,
        "notes": read(SURVEY_NOTE, NOTE_FIELDS, SURVEY_NOTE.c.appointment_id == visit),
        "offers": [
            read(SLOT_OFFER, OFFER_FIELDS, SLOT_OFFER.c.id == row.pop("offer_id"))[0] | row
            for row in to
        ],
    }
