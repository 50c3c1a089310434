"""What the store holds of a person, row by row: found, and blanked so that the counts stay.

The history is left alone, for nothing in it is personal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    cast,
    delete,
    func,
    literal,
    literal_column,
    or_,
    select,
    update,
)

from interworky_tui.domain.events import Channel, Event, MessageState, Reason, Recipient
from interworky_tui.services import preview_files
from interworky_tui.storage.client_index import reindexed
from interworky_tui.storage.tables import (
    API_CALL,
    APPOINTMENT,
    CLIENT,
    INBOUND_SMS,
    NOTIFICATION,
    SLOT_OFFER_TO,
    SMS_RECEIPT,
    SURVEY_LINK,
    SURVEY_NOTE,
    SURVEY_RESPONSE,
)

NAME = "Erased client"
_MESSAGE, _TEXT = NOTIFICATION.c, INBOUND_SMS.c
_UNSETTLED = (MessageState.PENDING.value, MessageState.FAILED.value, MessageState.HELD.value)
"""What waits for its time, and what waits for a person."""


@dataclass(frozen=True, slots=True)
class Traces:
    """The ids of the rows that tell of some clients; ``numbers`` were theirs and nobody else's."""

    clients: Sequence[int]
    visits: Sequence[int]
    texts: Sequence[int]
    messages: Sequence[int]
    numbers: frozenset[str]


def find(connection: Connection, client_ids: Sequence[int]) -> Traces:
    """Of several at once, because the texts of all are read through for it."""
    one = APPOINTMENT.c
    visits = _ids(connection, select(one.id).where(one.client_id.in_(client_ids)))
    numbers = _numbers(connection, client_ids, visits)
    unnamed = _TEXT.client_id.is_(None) & _TEXT.from_number.in_(numbers)
    texts = _ids(connection, select(_TEXT.id).where(or_(_TEXT.client_id.in_(client_ids), unnamed)))
    answers = select(_MESSAGE.id).where(
        _MESSAGE.in_reply_to.is_not(None), _MESSAGE.in_reply_to.in_(texts)
    )
    about = select(_MESSAGE.id).where(_MESSAGE.appointment_id.in_(visits))
    messages = sorted({*_ids(connection, answers), *_ids(connection, about)})
    return Traces(client_ids, visits, texts, messages, numbers)


def _numbers(
    connection: Connection, client_ids: Sequence[int], visits: Sequence[int]
) -> frozenset[str]:
    """Those on file now, those that they were texted at, and those that they wrote from."""
    queries = (
        select(CLIENT.c.phone).where(CLIENT.c.id.in_(client_ids)),
        select(_MESSAGE.to_address).where(
            _MESSAGE.appointment_id.in_(visits),
            _MESSAGE.channel == Channel.SMS.value,
            _MESSAGE.recipient == Recipient.CLIENT.value,
        ),
        select(_TEXT.from_number).where(_TEXT.client_id.in_(client_ids)),
    )
    theirs = {number for query in queries for number in connection.execute(query).scalars()}
    shared = select(CLIENT.c.phone).where(
        CLIENT.c.phone.in_(theirs - {None, ""}), CLIENT.c.id.not_in(client_ids)
    )
    return frozenset(theirs - {None, ""} - set(connection.execute(shared).scalars()))


def stop_messages(connection: Connection, found: Traces, now: datetime) -> bool:
    """Nobody is told any more. False when a message is being sent at this moment."""
    mine, state = _MESSAGE.id.in_(found.messages), _MESSAGE.state
    left_behind = (state == literal_column("'sending'")) & (_MESSAGE.lease_until <= now)
    waits = state.in_(_UNSETTLED)
    connection.execute(
        update(NOTIFICATION)
        .where(mine, waits | left_behind)
        .values(
            state=MessageState.CANCELLED.value,
            reason=Reason.ERASED.value,
            lease_owner=None,
            lease_until=None,
        )
    )
    sending = select(_MESSAGE.id).where(mine, state == literal_column("'sending'")).limit(1)
    return connection.execute(sending).first() is None


def blank(connection: Connection, found: Traces, now: datetime) -> None:
    """Call it when nothing of theirs is open and no message waits."""
    _blank_messages(connection, found, now)
    _blank_visits(connection, found.visits)
    for client_id in found.clients:
        with reindexed(connection, client_id):
            connection.execute(
                update(CLIENT)
                .where(CLIENT.c.id == client_id)
                .values(
                    name=NAME,
                    # Empty, so that no search and no new request comes upon it.
                    match_name="",
                    search_text="",
                    phone=None,
                    email=None,
                    language=None,
                    erased_at=now,
                    version=CLIENT.c.version + 1,
                )
            )


def _blank_messages(connection: Connection, found: Traces, now: datetime) -> None:
    mine = _MESSAGE.id.in_(found.messages)
    connection.execute(
        update(NOTIFICATION)
        .where(mine)
        .values(to_address=None, subject="", body="", html="", stream="erased")
    )
    # The key of an answer to HELP has the number in it.
    connection.execute(
        update(NOTIFICATION)
        .where(mine, _MESSAGE.event == Event.HELP.value)
        .values(dedupe_key=_numbered(_MESSAGE.id))
    )
    connection.execute(
        update(SMS_RECEIPT)
        .where(SMS_RECEIPT.c.notification_id.in_(found.messages))
        .values(poll_at=None)
    )
    # They stay under the provider's names, or they would be taken in again.
    connection.execute(
        update(INBOUND_SMS)
        .where(_TEXT.id.in_(found.texts))
        .values(from_number="", body="", handled_at=func.coalesce(_TEXT.handled_at, now))
    )


def _blank_visits(connection: Connection, visits: Sequence[int]) -> None:
    """What was counted stays: when it was, its service, the rating."""
    changes = (
        (APPOINTMENT, APPOINTMENT.c.id, {"note": "", "cancel_text": ""}),
        (SURVEY_RESPONSE, SURVEY_RESPONSE.c.appointment_id, {"good": "", "bad": ""}),
        (SURVEY_NOTE, SURVEY_NOTE.c.appointment_id, {"text": ""}),
        (API_CALL, API_CALL.c.appointment_id, {"request_hash": ""}),
        # No two of one offer may have the same number.
        (
            SLOT_OFFER_TO,
            SLOT_OFFER_TO.c.appointment_id,
            {"number": _numbered(SLOT_OFFER_TO.c.id)},
        ),
    )
    for table, of, values in changes:
        connection.execute(update(table).where(of.in_(visits)).values(values))
    connection.execute(delete(SURVEY_LINK).where(SURVEY_LINK.c.appointment_id.in_(visits)))


def remove_files(connection: Connection, found: Traces, folder: Path) -> None:
    """What the preview channel has kept of their messages. Raises OSError."""
    columns = _MESSAGE.id, _MESSAGE.event, _MESSAGE.recipient, _MESSAGE.channel, _MESSAGE.attempts
    tried = select(*columns).where(_MESSAGE.id.in_(found.messages), _MESSAGE.attempts > 0)
    for row in connection.execute(tried):
        name = preview_files.name_of(row.id, row.event, row.recipient, row.channel)
        for file in preview_files.all_of(folder, name, row.attempts):
            file.unlink(missing_ok=True)


def _numbered(row_id: ColumnElement[int]) -> ColumnElement[str]:
    return literal("erased:") + cast(row_id, Text)


def _ids(connection: Connection, query: Select[int]) -> Sequence[int]:
    return connection.execute(query).scalars().all()
