"""What the card of one appointment shows, and the outbox as the desk shows it."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, time
from heapq import nlargest
from typing import Any

from interworky_tui.domain.appointment import Appointment, CancelReason, Client, Status, Urgency
from interworky_tui.domain.events import MessageState
from interworky_tui.domain.feedback import Recommend, Source, Survey
from interworky_tui.storage.asking import STANDS
from interworky_tui.storage.inbox import InboundLine, read_beside
from interworky_tui.storage.moments import from_text
from interworky_tui.storage.plain import Plain


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One change, as stored; the values are those of Verb and Status."""

    at: datetime
    actor: str
    verb: str
    from_status: str | None
    to_status: str
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class MessageLine:
    """One message of the outbox, as stored; the values are those of the enums of the domain.

    ``receipt`` is the provider's last word on a text that it took. The client is the one of the
    appointment, or of the text that the message answers.
    """

    id: int
    event: str
    recipient: str
    channel: str
    to_address: str | None
    subject: str
    body: str
    state: str
    reason: str | None
    attempts: int
    due_at: datetime
    sent_at: datetime | None
    provider_ref: str | None
    appointment_id: int | None
    receipt: str | None
    client_id: int | None
    client_name: str | None


_JOINED = ("receipt", "client_id", "client_name")
MESSAGE_COLUMNS = tuple(f.name for f in fields(MessageLine) if f.name not in _JOINED)
"""Those of the outbox itself."""


@dataclass(frozen=True, slots=True)
class NoteLine:
    """What came after the first answer; ``rating`` None when it was only words."""

    at: datetime
    source: Source
    rating: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Card:
    """History, messages and notes are oldest first. ``asked_on``: the office's day on which
    feedback was last asked for, and ``asked_at`` that moment; a request of which nothing could
    leave does not count. ``opted_out_at``: since when the client's phone gets no texts.
    ``answered_at`` and ``read_at``: when the survey came, and when staff first read it.
    ``sms_consent``: False when the client has not agreed to texts.
    ``source`` is by which way the request came, as stored; ``waiting`` the texts beside it that
    wait for a person.
    """

    appointment: Appointment
    client: Client
    requested_at: datetime
    history: tuple[HistoryLine, ...]
    messages: tuple[MessageLine, ...]
    survey: Survey | None
    asked_on: date | None
    opted_out_at: datetime | None
    asked_at: datetime | None = None
    answered_at: datetime | None = None
    read_at: datetime | None = None
    notes: tuple[NoteLine, ...] = ()
    source: str = "desk"
    waiting: tuple[InboundLine, ...] = ()
    sms_consent: bool = True

    @property
    def texts(self) -> bool:
        """Whether the client may be sent texts."""
        return self.opted_out_at is None and self.sms_consent


_MESSAGE = f"""SELECT {", ".join(f"n.{name}" for name in MESSAGE_COLUMNS)},
 r.status AS receipt, c.id AS client_id, c.name AS client_name
 FROM notification n
 LEFT JOIN sms_receipt r ON r.sid = n.provider_ref
 LEFT JOIN appointment a ON a.id = n.appointment_id
 LEFT JOIN inbound_sms i ON i.id = n.in_reply_to
 LEFT JOIN client c ON c.id = coalesce(a.client_id, i.client_id)"""
NEEDS_A_PERSON = (MessageState.FAILED, MessageState.HELD)


def read_card(plain: Plain, appointment_id: int) -> Card | None:
    """Several reads; the caller holds the snapshot that makes them one."""

    def rows(sql: str) -> list[dict[str, Any]]:
        return plain.dicts(sql, (appointment_id,))

    found = rows("SELECT * FROM appointment WHERE id = ?")
    if not found:
        return None
    client = rows(
        "SELECT c.* FROM client c JOIN appointment a ON a.client_id = c.id WHERE a.id = ?"
    )
    history = rows("SELECT * FROM appointment_event WHERE appointment_id = ? ORDER BY version, id")
    messages = rows(f"{_MESSAGE} WHERE n.appointment_id = ? ORDER BY n.id")
    survey = rows("SELECT * FROM survey_response WHERE appointment_id = ?")
    notes = rows("SELECT * FROM survey_note WHERE appointment_id = ? ORDER BY id")
    asked = rows(
        f"SELECT office_day, at FROM feedback_request WHERE appointment_id = ? AND {STANDS}"
        " ORDER BY office_day DESC LIMIT 1"
    )
    opted_out = rows(
        "SELECT o.at FROM appointment a JOIN client c ON c.id = a.client_id"
        " JOIN sms_opt_out o ON o.number = c.phone WHERE a.id = ?"
    )
    return Card(
        appointment=to_appointment(found[0]),
        client=to_client(client[0]),
        requested_at=from_text(found[0]["requested_at"]),
        history=tuple(map(_history_line, history)),
        messages=tuple(map(_message_line, messages)),
        survey=_survey(survey[0]) if survey else None,
        asked_on=date.fromisoformat(asked[0]["office_day"]) if asked else None,
        opted_out_at=from_text(opted_out[0]["at"]) if opted_out else None,
        sms_consent=bool(client[0]["sms_consent"]),
        asked_at=from_text(asked[0]["at"]) if asked else None,
        answered_at=from_text(survey[0]["at"]) if survey else None,
        read_at=to_moment(survey[0]["read_at"]) if survey else None,
        notes=tuple(map(_note_line, notes)),
        source=found[0]["source"],
        waiting=tuple(read_beside(plain, appointment_id)),
    )


def read_messages(
    plain: Plain,
    states: Sequence[MessageState] | None,
    limit: int,
    after: MessageLine | None,
) -> list[MessageLine]:
    """What needs a person first, then the rest; newest first in each."""
    wanted = tuple(MessageState) if states is None else tuple(dict.fromkeys(states))
    urgent = [state for state in wanted if state in NEEDS_A_PERSON]
    others = [state for state in wanted if state not in NEEDS_A_PERSON]
    below = after.id if after else None
    past_urgent = after is not None and after.state not in NEEDS_A_PERSON
    ids = [] if past_urgent else _newest(plain, urgent, below, limit)
    if len(ids) < limit:
        ids += _newest(plain, others, below if past_urgent else None, limit - len(ids))
    if not ids:
        return []
    listed = ",".join(map(str, ids))
    lines = {
        row["id"]: _message_line(row) for row in plain.dicts(f"{_MESSAGE} WHERE n.id IN ({listed})")
    }
    return [lines[id] for id in ids]


_INDEXES = {
    MessageState.PENDING: ("due", "('pending', 'sending')"),
    MessageState.SENDING: ("due", "('pending', 'sending')"),
    MessageState.FAILED: ("trouble", "('failed', 'held')"),
    MessageState.HELD: ("trouble", "('failed', 'held')"),
    MessageState.SENT: ("finished", "('sent', 'previewed', 'cancelled')"),
    MessageState.PREVIEWED: ("finished", "('sent', 'previewed', 'cancelled')"),
    MessageState.CANCELLED: ("finished", "('sent', 'previewed', 'cancelled')"),
}
"""The partial index that has a state, and the condition that SQLite must see to use it."""


def _newest(
    plain: Plain, states: Iterable[MessageState], below: int | None, limit: int
) -> list[int]:
    """State by state along its index, because the rows in between may be many and long."""
    found: list[int] = []
    for state in states:
        index, part = _INDEXES[state]
        within = f" AND id < {below}" if below is not None else ""
        rows = plain.rows(
            f"SELECT id FROM notification INDEXED BY ix_notification_{index}"
            f" WHERE state IN {part} AND state = '{state.value}'{within}"
            " ORDER BY id DESC LIMIT ?",
            (limit,),
        )
        found += [row[0] for row in rows]
    return nlargest(limit, found)


def to_moment(text: str | None) -> datetime | None:
    return from_text(text) if text else None


def to_appointment(row: dict[str, Any]) -> Appointment:
    reason, wish = row["cancel_reason"], row["wish_time"]
    return Appointment(
        id=row["id"],
        client_id=row["client_id"],
        status=Status(row["status"]),
        requested_date=date.fromisoformat(row["requested_date"]),
        band=row["band"],
        wish_time=time.fromisoformat(wish) if wish else None,
        requested_until=from_text(row["requested_until"]),
        starts_at=to_moment(row["starts_at"]),
        ends_at=to_moment(row["ends_at"]),
        service=row["service"],
        note=row["note"],
        urgency=Urgency(row["urgency"]),
        scheduled_at=to_moment(row["scheduled_at"]),
        confirmed_at=to_moment(row["confirmed_at"]),
        change_asked_at=to_moment(row["change_asked_at"]),
        arrived_at=to_moment(row["arrived_at"]),
        attended_at=to_moment(row["attended_at"]),
        feedback_requested_at=to_moment(row["feedback_requested_at"]),
        feedback_collected_at=to_moment(row["feedback_collected_at"]),
        cancelled_at=to_moment(row["cancelled_at"]),
        cancel_reason=CancelReason(reason) if reason else None,
        cancel_text=row["cancel_text"],
        version=row["version"],
    )


def to_client(row: dict[str, Any]) -> Client:
    names = ("id", "name", "phone", "email", "language", "version")
    return Client(**{name: row[name] for name in names})


def _history_line(row: dict[str, Any]) -> HistoryLine:
    return HistoryLine(
        at=from_text(row["at"]),
        actor=row["actor"],
        verb=row["verb"],
        from_status=row["from_status"],
        to_status=row["to_status"],
        detail=json.loads(row["detail"]),
    )


def _message_line(row: dict[str, Any]) -> MessageLine:
    moments = {"due_at": from_text(row["due_at"]), "sent_at": to_moment(row["sent_at"])}
    return MessageLine(**{**row, **moments})


def _note_line(row: dict[str, Any]) -> NoteLine:
    return NoteLine(from_text(row["at"]), Source(row["source"]), row["rating"], row["text"])


def _survey(row: dict[str, Any]) -> Survey:
    return Survey(
        rating=row["rating"],
        good=row["good"],
        bad=row["bad"],
        recommend=Recommend(row["recommend"]) if row["recommend"] else None,
        publish=bool(row["publish"]),
        source=Source(row["source"]),
    )
