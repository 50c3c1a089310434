"""The texts that came in, as the desk shows them."""

from dataclasses import dataclass
from datetime import datetime

from interworky_tui.domain.appointment import Status
from interworky_tui.storage.moments import from_text
from interworky_tui.storage.plain import Plain


@dataclass(frozen=True, slots=True)
class InboundLine:
    """One text that came in, as stored. It waits for a person until ``handled_at``.

    ``answer`` is the newest message that answers it, ``answer_state`` what became of that.
    ``visit_status`` and ``visit_starts_at`` are those of the appointment that it belongs to.
    """

    id: int
    from_number: str
    body: str
    received_at: datetime
    kind: str
    client_id: int | None
    client_name: str | None
    appointment_id: int | None
    handled_at: datetime | None
    answer: str | None
    answer_state: str | None
    visit_status: Status | None = None
    visit_starts_at: datetime | None = None


_LINE = """SELECT i.id, i.from_number, i.body, i.received_at, i.kind, i.client_id, c.name,
 i.appointment_id, i.handled_at, n.body, n.state, v.status, v.starts_at
 FROM inbound_sms i{by}
 LEFT JOIN appointment v ON v.id = i.appointment_id
 LEFT JOIN client c ON c.id = i.client_id
 LEFT JOIN notification n ON n.id =
  (SELECT m.id FROM notification m INDEXED BY ix_notification_in_reply_to_id
   WHERE m.in_reply_to = i.id ORDER BY m.id DESC LIMIT 1)"""
_UNDONE = _LINE.format(by=" INDEXED BY ix_inbound_sms_waiting") + " WHERE i.handled_at IS NULL"
_WAITING = f"{_UNDONE} ORDER BY i.id LIMIT ?"
_BESIDE = (
    f"{_UNDONE} AND (i.appointment_id = :id OR (i.appointment_id IS NULL AND i.client_id ="
    " (SELECT a.client_id FROM appointment a WHERE a.id = :id))) ORDER BY i.id LIMIT 20"
)
_OF_CLIENT = (
    f"{_UNDONE} AND (i.client_id = :id OR (i.client_id IS NULL AND i.from_number = :number))"
    " ORDER BY i.id LIMIT 20"
)
# By the primary key: few wait, so few are passed over.
_HANDLED = (
    _LINE.format(by=" NOT INDEXED") + " WHERE i.handled_at IS NOT NULL ORDER BY i.id DESC LIMIT ?"
)


def read_inbox(plain: Plain, limit: int) -> list[InboundLine]:
    """Two reads; the caller holds the snapshot that makes them one."""
    rows = plain.rows(_WAITING, (limit,))
    if len(rows) < limit:
        rows += plain.rows(_HANDLED, (limit - len(rows),))
    return [_to_line(*row) for row in rows]


def read_beside(plain: Plain, appointment_id: int) -> list[InboundLine]:
    """What waits for a person and belongs to the appointment, or to its client and no other one,
    the oldest first.
    """
    return [_to_line(*row) for row in plain.rows(_BESIDE, {"id": appointment_id})]


def read_of_client(plain: Plain, client_id: int, number: str | None) -> list[InboundLine]:
    """What waits for a person and is the client's, or of nobody known and from their number."""
    values = {"id": client_id, "number": number}
    return [_to_line(*row) for row in plain.rows(_OF_CLIENT, values)]


def _to_line(
    id: int,
    from_number: str,
    body: str,
    received_at: str,
    kind: str,
    client_id: int | None,
    client_name: str | None,
    appointment_id: int | None,
    handled_at: str | None,
    answer: str | None,
    answer_state: str | None,
    visit_status: str | None,
    visit_starts_at: str | None,
) -> InboundLine:
    return InboundLine(
        id,
        from_number,
        body,
        from_text(received_at),
        kind,
        client_id,
        client_name,
        appointment_id,
        from_text(handled_at) if handled_at else None,
        answer,
        answer_state,
        Status(visit_status) if visit_status else None,
        from_text(visit_starts_at) if visit_starts_at else None,
    )
