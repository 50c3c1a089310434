"""Undo: the status before, as long as no word of the change has left the house."""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, select, update

from interworky_tui.domain.appointment import Appointment, CancelReason, Status
from interworky_tui.domain.errors import UndoTooLate
from interworky_tui.domain.lifecycle import Verb
from interworky_tui.services import records
from interworky_tui.services.change import tell
from interworky_tui.services.context import Changed, Context
from interworky_tui.storage.tables import EVENT, FEEDBACK_REQUEST, NOTIFICATION, SURVEY_RESPONSE

LOOK_BACK = 50
_STEP = {Verb.UNDO.value: -1, Verb.EDIT.value: 0}
"""How a later line of history counts: an undo takes one change back, an edit changes no status."""


@dataclass(frozen=True, slots=True)
class Undoable:
    """A change that can be taken back. ``until`` is when word of it may leave, None if never."""

    appointment_id: int
    version: int
    verb: Verb
    client_name: str
    until: datetime | None


def latest(office: Context) -> Undoable | None:
    """This person's last change, if it can be undone; what an undo without a number takes back."""
    with office.database.read() as connection:
        event = _last_change(connection, office.actor, None)
        if event is None or _why_not(connection, event) is not None:
            return None
        _, client = records.load(connection, event["appointment_id"])
        until = connection.execute(
            select(func.min(NOTIFICATION.c.due_at)).where(
                _messages_of(event), NOTIFICATION.c.state == "pending"
            )
        ).scalar()
    return Undoable(
        event["appointment_id"], event["version"], Verb(event["verb"]), client.name, until
    )


def undo(office: Context, appointment_id: int | None = None) -> Changed:
    """Take back this person's last change, or the last change of one appointment.

    Raises UndoTooLate. A new request that is undone becomes cancelled and nobody is told.
    """
    now = office.clock()
    with office.database.write() as connection:
        actor = office.actor if appointment_id is None else None
        event = _last_change(connection, actor, appointment_id)
        if event is None:
            raise UndoTooLate("There is nothing to undo.")
        refused = _why_not(connection, event)
        if refused is not None:
            raise UndoTooLate(refused)
        before, client = records.load(connection, event["appointment_id"])
        after = _restored(before, event, now)
        records.save(
            connection,
            before,
            after,
            Verb.UNDO,
            actor=office.actor,
            at=now,
            detail={"undone": event["version"], "verb": event["verb"]},
        )
        _take_back(connection, event, now)
    return tell(office, Verb.UNDO, after, client, 0, now)


def _last_change(
    connection: Connection, actor: str | None, appointment_id: int | None
) -> RowMapping | None:
    table = EVENT
    query = select(table).where(table.c.verb != Verb.EDIT.value).order_by(table.c.id.desc())
    if actor is not None:
        query = query.where(table.c.actor == actor)
    if appointment_id is not None:
        query = query.where(table.c.appointment_id == appointment_id)
    undone: set[tuple[int, int]] = set()
    for event in connection.execute(query.limit(LOOK_BACK)).mappings():
        detail = json.loads(event["detail"])
        if event["verb"] == Verb.UNDO.value:
            undone.add((event["appointment_id"], detail["undone"]))
        elif (event["appointment_id"], event["version"]) not in undone:
            return None if detail.get("source") == "import" else event
    return None


def _why_not(connection: Connection, event: RowMapping) -> str | None:
    later = connection.execute(
        select(EVENT.c.verb).where(
            EVENT.c.appointment_id == event["appointment_id"],
            EVENT.c.version > event["version"],
        )
    ).scalars()
    open_changes = sum(_STEP.get(verb, 1) for verb in later)
    if open_changes < 0:
        return "That change was undone already."
    if open_changes > 0:
        return "The appointment was changed again since; undo that change first."
    left = connection.execute(
        select(NOTIFICATION.c.id)
        .where(_messages_of(event), NOTIFICATION.c.state.notin_(("pending", "cancelled")))
        .limit(1)
    ).first()
    return "Too late: word of that change has already left." if left else None


def _messages_of(event: RowMapping) -> Any:
    return (NOTIFICATION.c.appointment_id == event["appointment_id"]) & (
        NOTIFICATION.c.appointment_version == event["version"]
    )


def _restored(before: Appointment, event: RowMapping, now: datetime) -> Appointment:
    version = before.version + 1
    if event["from_status"] is None:
        return replace(
            before,
            status=Status.CANCELLED,
            cancelled_at=now,
            cancel_reason=CancelReason.OTHER,
            cancel_text="Undone when it was filed",
            version=version,
        )
    was = json.loads(event["detail"]).get("was", {})
    values = {name: records.from_plain(name, value) for name, value in was.items()}
    text = "" if event["verb"] == Verb.CANCEL.value else before.cancel_text
    return replace(
        before, status=Status(event["from_status"]), cancel_text=text, version=version, **values
    )


def _take_back(connection: Connection, event: RowMapping, now: datetime) -> None:
    """Cancel the change's messages, and drop the rows it wrote beside the status."""
    connection.execute(
        update(NOTIFICATION)
        .where(_messages_of(event), NOTIFICATION.c.state == "pending")
        .values(state="cancelled", reason="undone")
    )
    # What the undone change had overtaken speaks the truth again.
    connection.execute(
        update(NOTIFICATION)
        .where(
            NOTIFICATION.c.appointment_id == event["appointment_id"],
            NOTIFICATION.c.state == "cancelled",
            NOTIFICATION.c.reason == "stale",
            NOTIFICATION.c.due_at >= event["at"],
        )
        .values(state="pending", reason=None, due_at=now)
    )
    mine = event["appointment_id"]
    if event["verb"] in (Verb.COLLECT_FEEDBACK.value, Verb.RESEND.value):
        asked = FEEDBACK_REQUEST.c
        connection.execute(
            delete(FEEDBACK_REQUEST).where(
                asked.appointment_id == mine, asked.appointment_version == event["version"]
            )
        )
    if event["verb"] == Verb.SUBMIT_FEEDBACK.value:
        answer = SURVEY_RESPONSE.c
        connection.execute(delete(SURVEY_RESPONSE).where(answer.appointment_id == mine))
