"""Requests that arrive by themselves: from the public form and by the API.

Nothing that a stranger gets back tells whether a client is known.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, insert, select

from interworky_tui.domain.appointment import Status
from interworky_tui.domain.errors import Refusal
from interworky_tui.domain.lifecycle import Verb
from interworky_tui.services import intake, web_caps
from interworky_tui.services.change import tell
from interworky_tui.services.context import Context
from interworky_tui.services.web_caps import TooMany
from interworky_tui.services.web_fields import (
    BadFields,
    FieldProblem,
    Kind,
    WebRequest,
    read_fields,
)
from interworky_tui.storage.tables import API_CALL, APPOINTMENT

__all__ = [
    "BadFields",
    "FieldProblem",
    "Kind",
    "Once",
    "OtherBody",
    "TooMany",
    "WebRequest",
    "file_request",
    "find_problems",
    "status_of",
]


@dataclass(frozen=True, slots=True)
class Once:
    """Under which name of the sender's a call is carried out once; ``request_hash`` is of it."""

    api_key_id: int
    idempotency_key: str
    request_hash: str


class OtherBody(Refusal):
    """The idempotency key was used before, with another request."""

    title = "Not the same request"


def file_request(office: Context, new: WebRequest, once: Once | None = None) -> int:
    """File it and tell of it; the appointment's id.

    The same wish of the same person within a day, or the same call, is filed once.

    Raises BadFields with all that is wrong, TooMany above a cap, OtherBody, or StoreProblem.
    """
    if once:
        # Before the fields are read: a date that was good may have passed since.
        with office.database.read() as connection:
            earlier = _filed_before(connection, once)
        if earlier:
            return earlier
    asked = read_fields(office, new, office.clock())
    office = replace(office, actor=new.actor)
    # A flood is refused by looking alone, so that the desk does not wait for its writes.
    with office.database.read() as connection:
        now = office.clock()
        if web_caps.look_alike(connection, asked, now) is None:
            web_caps.refuse_floods(connection, asked, now)
    with office.database.write() as connection:
        now = office.clock()
        earlier = _filed_before(connection, once) if once else None
        if earlier:
            return earlier
        known = web_caps.look_alike(connection, asked, now)
        if known:
            _remember(connection, once, known, now)
            return known
        web_caps.refuse_floods(connection, asked, now)
        cap = web_caps.TextCap(connection, now)
        appointment, client, queued = intake.file(connection, office, asked, now, cap)
        _remember(connection, once, appointment.id, now)
    tell(office, Verb.REQUEST, appointment, client, queued, now)
    return appointment.id


def find_problems(office: Context, new: WebRequest) -> BadFields | None:
    """All that is wrong with the fields, and nothing is filed."""
    try:
        read_fields(office, new, office.clock())
    except BadFields as refused:
        return refused
    return None


def status_of(office: Context, appointment_id: int) -> Status | None:
    """Of a request that was filed from outside; of any other, None."""
    row = APPOINTMENT.c
    query = select(row.status).where(
        row.id == appointment_id, row.source.in_(intake.FROM_STRANGERS)
    )
    with office.database.read() as connection:
        status = connection.execute(query).scalar()
    return Status(status) if status else None


def _filed_before(connection: Connection, once: Once) -> int | None:
    """The appointment's id. Raises OtherBody when it was another request."""
    row = API_CALL.c
    found = connection.execute(
        select(row.request_hash, row.appointment_id).where(
            row.api_key_id == once.api_key_id, row.idempotency_key == once.idempotency_key
        )
    ).first()
    if found is None:
        return None
    if found.request_hash != once.request_hash:
        raise OtherBody("This Idempotency-Key was used with another request; use a new one.")
    return int(found.appointment_id)


def _remember(
    connection: Connection, once: Once | None, appointment_id: int, now: datetime
) -> None:
    if once is None:
        return
    values = {
        "api_key_id": once.api_key_id,
        "idempotency_key": once.idempotency_key,
        "request_hash": once.request_hash,
        "appointment_id": appointment_id,
        "at": now,
    }
    connection.execute(insert(API_CALL).values(values))
