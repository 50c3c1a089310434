"""Undo: the status before, as long as no word of the change has left the house."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, exists, func, select, update

from interworky_tui.domain.appointment import Appointment, CancelReason, Client, Status
from interworky_tui.domain.errors import UndoTooLate
from interworky_tui.domain.events import Channel, Event, MessageState, Reason, Recipient
from interworky_tui.domain.feedback import Source
from interworky_tui.domain.lifecycle import Verb
from interworky_tui.services import feedback, offer_ends, records
from interworky_tui.services.addressing import undeliverable
from interworky_tui.services.change import tell
from interworky_tui.services.context import Changed, Context
from interworky_tui.services.intake import wished_until
from interworky_tui.services.notices import when_due
from interworky_tui.services.scheduling import in_the_way
from interworky_tui.storage.tables import (
    EVENT,
    FEEDBACK_REQUEST,
    NOTIFICATION,
    SMS_RECEIPT,
    SURVEY_RESPONSE,
)

LOOK_BACK = 50
"""How many of one's own acts that are undone already are passed over."""
RECENT = 10_000
"""Lines of history in which one's own last change is looked for, so that it costs little."""
_MARKS = (Verb.EDIT.value, Verb.CONFIRM.value, Verb.ASK_CHANGE.value)
"""Changes of no status and no time; there is nothing to go back to."""
_NO_STEP = (Verb.UNDO.value, *_MARKS)
_WHO_IS_HERE = (Verb.ARRIVE.value, Verb.NOT_ARRIVED.value)
"""Changes that leave the visit's time alone, and overtake no message."""
_TAKES_A_SLOT = (Verb.SCHEDULE.value, Verb.RESCHEDULE.value, Verb.UNDO.value)


@dataclass(frozen=True, slots=True)
class Undoable:
    """A change that can be taken back. ``until`` is when word of it may leave, None if never.

    ``also`` are the other appointments that the same act changed.
    """

    appointment_id: int
    version: int
    verb: Verb
    client_name: str
    until: datetime | None
    also: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Step:
    """A change that is to be taken back: ``before`` that it is so, and ``after``.

    ``standing`` are the changes of the appointment that stand, oldest first.
    """

    event: RowMapping
    standing: Sequence[RowMapping]
    before: Appointment
    client: Client
    after: Appointment


def latest(office: Context) -> Undoable | None:
    """This person's last act, if it can be undone; what an undo without a number takes back."""
    with office.database.read() as connection:
        now = office.clock()
        steps = _read(connection, office, _own_last(connection, office.actor), now)
        taken = (_slot_taken(connection, office, step, steps, now) for step in steps)
        if not steps or _why_not(connection, steps) or any(taken):
            return None
        until = _leaves(connection, steps)
    first, *others = steps
    return Undoable(
        first.before.id,
        first.event["version"],
        Verb(first.event["verb"]),
        first.client.name,
        until,
        tuple(step.before.id for step in others),
    )


def undo(
    office: Context, appointment_id: int | None = None, *, version: int | None = None
) -> Changed:
    """Take back this person's last act, or the last change of one appointment.

    An act that changed many is taken back as a whole or not at all. Raises UndoTooLate, and for a
    number NotFound or ChangedElsewhere. A new request that is undone becomes cancelled and nobody
    is told.
    """
    with office.database.write() as connection:
        now = office.clock()
        if appointment_id is None:
            changes = _own_last(connection, office.actor)
        else:
            records.load(connection, appointment_id, version)
            standing = _standing(connection, [appointment_id])[appointment_id]
            last = _last(standing)
            changes = [(last, standing)] if last else []
        steps = _read(connection, office, changes, now)
        if not steps:
            raise UndoTooLate("There is nothing to undo.")
        refused = _why_not(connection, steps)
        if refused is not None:
            raise UndoTooLate(refused)
        revived = 0
        for step in steps:
            # One after the other, because each of them takes up room again.
            taken = _slot_taken(connection, office, step, steps, now)
            if taken is not None:
                raise UndoTooLate(taken)
            revived += _restore(connection, office, step, now)
        # Once more: a worker may have taken a message before it was cancelled here.
        refused = _left(connection, steps)
        if refused is not None:
            raise UndoTooLate(refused)
        offer_ends.settle_within(connection, office, now)
    if revived:
        office.wake()
    changed = tell(office, Verb.UNDO, steps[0].after, steps[0].client, 0, now)
    return replace(changed, also=tuple(step.after.id for step in steps[1:]))


def _restore(connection: Connection, office: Context, step: _Step, now: datetime) -> int:
    """Take one change back. Returns how many messages leave after all because of that."""
    event = step.event
    records.save(
        connection,
        step.before,
        step.after,
        Verb.UNDO,
        actor=office.actor,
        at=now,
        detail={"undone": event["version"], "verb": event["verb"]},
    )
    _take_back(connection, event)
    return _revive(connection, office, event, step.standing[:-1], step.after.starts_at)


_Changes = list[tuple[RowMapping, list[RowMapping]]]
"""Changes of one act, each with all that stands of its appointment."""


def _read(connection: Connection, office: Context, changes: _Changes, now: datetime) -> list[_Step]:
    steps = []
    for event, standing in changes:
        before, client = records.load(connection, event["appointment_id"])
        after = _restored(office, before, event, now)
        steps.append(_Step(event, standing, before, client, after))
    return steps


def _own_last(connection: Connection, actor: str) -> _Changes:
    """The last act of this person that nobody has undone; of many, what stands of it."""
    recent = select(func.max(EVENT.c.id)).scalar_subquery() - RECENT
    own = (
        select(EVENT)
        .where(EVENT.c.id > recent, EVENT.c.actor == actor, EVENT.c.verb.notin_(_NO_STEP))
        .order_by(EVENT.c.id.desc())
        .limit(1)
    )
    for _ in range(LOOK_BACK):
        event = connection.execute(own).mappings().first()
        if event is None:
            break
        changes = _act(connection, event)
        if changes:
            return changes if _last([event]) else []
        own = own.where(EVENT.c.id < event["id"])
        if event["batch"]:
            own = own.where(EVENT.c.batch.is_distinct_from(event["batch"]))
    return []


def _act(connection: Connection, event: RowMapping) -> _Changes:
    """What stands of the act that a change was a part of."""
    events = [event]
    if event["batch"]:
        of_it = select(EVENT).where(EVENT.c.batch == event["batch"]).order_by(EVENT.c.id)
        events = list(connection.execute(of_it).mappings())
    standing = _standing(connection, [one["appointment_id"] for one in events])
    return [
        (one, standing[one["appointment_id"]])
        for one in events
        if any(step["id"] == one["id"] for step in standing[one["appointment_id"]])
    ]


def _standing(
    connection: Connection, appointment_ids: Sequence[int]
) -> dict[int, list[RowMapping]]:
    """The changes of appointments that stand, oldest first: no edits, nothing undone."""
    lines = connection.execute(
        select(EVENT)
        .where(EVENT.c.appointment_id.in_(appointment_ids))
        .order_by(EVENT.c.appointment_id, EVENT.c.version)
    )
    found: dict[int, list[RowMapping]] = {number: [] for number in appointment_ids}
    for line in lines.mappings():
        standing = found[line["appointment_id"]]
        if line["verb"] == Verb.UNDO.value:
            undone = json.loads(line["detail"])["undone"]
            standing[:] = [step for step in standing if step["version"] != undone]
        elif line["verb"] not in _MARKS:
            standing.append(line)
    return found


def _last(steps: Sequence[RowMapping]) -> RowMapping | None:
    """The last of them; None when it is a line of an import, which is no change of one's own."""
    if not steps or json.loads(steps[-1]["detail"]).get("source") == "import":
        return None
    return steps[-1]


def _leaves(connection: Connection, steps: Sequence[_Step]) -> datetime | None:
    """When the first word of the act may leave."""
    found = [
        connection.execute(
            select(func.min(NOTIFICATION.c.due_at)).where(
                _messages_of(step.event), NOTIFICATION.c.state == "pending"
            )
        ).scalar()
        for step in steps
    ]
    return min((moment for moment in found if moment), default=None)


def _why_not(connection: Connection, steps: Sequence[_Step]) -> str | None:
    """One sentence about what stands against it, of whichever of them it is."""
    many = len(steps) > 1
    for step in steps:
        if records.is_erased(connection, step.client.id):
            return records.FORGOTTEN
        if step.standing[-1]["id"] != step.event["id"]:
            if not many:
                return "The appointment was changed again since; undo that change first."
            return (
                f"The appointment of {step.client.name} was changed again since; undo that change"
                f" first, and then all {len(steps)}."
            )
    return _left(connection, steps)


def _left(connection: Connection, steps: Sequence[_Step]) -> str | None:
    """One sentence when word of any of them may have left."""
    # One that was tried may have arrived, whatever became of the attempt; one that the provider
    # took has left, even when it waits to be sent again.
    taken = exists().where(SMS_RECEIPT.c.notification_id == NOTIFICATION.c.id)
    gone = NOTIFICATION.c.state.notin_(("pending", "cancelled")) | (
        (NOTIFICATION.c.state == "pending") & ((NOTIFICATION.c.attempts > 0) | taken)
    )
    for step in steps:
        left = select(NOTIFICATION.c.id).where(_messages_of(step.event), gone).limit(1)
        if connection.execute(left).first():
            if len(steps) == 1:
                return "Too late: word of that change has already left."
            return (
                f"Too late: word of these {len(steps)} changes has already left; none of them is"
                " taken back."
            )
    return None


def _slot_taken(
    connection: Connection, office: Context, step: _Step, act: Sequence[_Step], now: datetime
) -> str | None:
    """A time that somebody was given since is not taken back in silence, unless there is room."""
    after = step.after
    if step.event["verb"] in _WHO_IS_HERE:
        return None
    if after.status is not Status.SCHEDULED or not after.starts_at or not after.ends_at:
        return None
    mine = {other.after.id for other in act}
    full, _ = in_the_way(connection, office, after.starts_at, after.ends_at, after.id, now)
    for booked in full:
        if booked.appointment_id is None:
            return "That time is offered to others by SMS by now; undo it when nobody takes it."
        since = select(EVENT.c.id).where(
            EVENT.c.appointment_id == booked.appointment_id,
            EVENT.c.id > step.event["id"],
            EVENT.c.verb.in_(_TAKES_A_SLOT),
        )
        if booked.appointment_id not in mine and connection.execute(since.limit(1)).first():
            return f"{booked.client_name} has that time by now; move that visit first."
    return None


def _messages_of(event: RowMapping) -> Any:
    return (NOTIFICATION.c.appointment_id == event["appointment_id"]) & (
        NOTIFICATION.c.appointment_version == event["version"]
    )


def _restored(
    office: Context, before: Appointment, event: RowMapping, now: datetime
) -> Appointment:
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
    if event["verb"] in _TAKES_A_SLOT:
        # What the client has said since was said of the time that is taken back.
        values = {"confirmed_at": None, "change_asked_at": None} | values
    text = "" if event["verb"] == Verb.CANCEL.value else before.cancel_text
    after = replace(
        before, status=Status(event["from_status"]), cancel_text=text, version=version, **values
    )
    # Windows of open requests follow the settings, and these may have changed meanwhile.
    if after.status is Status.REQUESTED:
        after = replace(after, requested_until=wished_until(office, after))
    return after


def _take_back(connection: Connection, event: RowMapping) -> None:
    """Cancel the change's messages, and drop the rows it wrote beside the status."""
    connection.execute(
        update(NOTIFICATION)
        .where(_messages_of(event), NOTIFICATION.c.state == "pending", NOTIFICATION.c.attempts == 0)
        .values(state="cancelled", reason="undone")
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
        _drop_answer(connection, mine)
    offer_ends.open_again(connection, json.loads(event["detail"]).get("offer"), mine)


def _drop_answer(connection: Connection, appointment_id: int) -> None:
    """What the client has said is not lost by that; what staff typed in is."""
    mine = SURVEY_RESPONSE.c.appointment_id == appointment_id
    row = connection.execute(select(SURVEY_RESPONSE).where(mine)).mappings().first()
    if row and row["source"] != Source.STAFF.value:
        feedback.keep_as_note(connection, appointment_id, records.to_survey(row), row["at"])
    connection.execute(delete(SURVEY_RESPONSE).where(mine))


def _revive(
    connection: Connection,
    office: Context,
    event: RowMapping,
    standing: Sequence[RowMapping],
    starts_at: datetime | None,
) -> int:
    """What the undone change had overtaken speaks the truth again. Returns how many leave.

    Those are the messages of the change that is the last again, however late they were, and
    what else was still to leave when the undone change was made: reminders of the start that
    holds again (``starts_at``) among it.
    """
    if not standing or event["verb"] in _WHO_IS_HERE:
        return 0
    row = NOTIFICATION.c
    reminder = row.appointment_version.is_(None) & (row.event == Event.REMINDER.value)
    earlier = row.appointment_version.in_([step["version"] for step in standing])
    # By the clock that their hours are of, if it owed any message itself.
    made = select(func.min(row.created_at)).where(_messages_of(event))
    since = connection.execute(made).scalar() or event["at"]
    overtaken = (row.appointment_version == standing[-1]["version"]) | (
        (earlier | (reminder & (row.visit_starts_at == starts_at))) & (row.due_at >= since)
    )
    stale = select(row.id, row.event, row.recipient, row.channel, row.to_address, row.stream).where(
        row.appointment_id == event["appointment_id"],
        row.state == MessageState.CANCELLED.value,
        row.reason == Reason.STALE.value,
        overtaken,
    )
    now, revived = office.shared(connection), 0
    for old in connection.execute(stale).all():
        if undeliverable(connection, Channel(old.channel), old.to_address):
            continue
        when = when_due(office, Event(old.event), Recipient(old.recipient), old.stream, now)
        values = {"state": MessageState.PENDING.value, **when}
        connection.execute(update(NOTIFICATION).where(row.id == old.id).values(values))
        revived += 1
    return revived
