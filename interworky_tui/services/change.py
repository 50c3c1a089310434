"""The one way a status changes: status, history and outbox in one transaction."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from interworky_tui.domain.appointment import Appointment, Client, Status
from interworky_tui.domain.errors import DoubleBooked, Refusal
from interworky_tui.domain.feedback import Survey
from interworky_tui.domain.lifecycle import Change, Verb, advance, refusal
from interworky_tui.services import meanwhile, notices, offer_ends, records
from interworky_tui.services.context import Changed, Context
from interworky_tui.services.facts import News

ChangeOf = Callable[[Connection, Appointment, datetime], Change]
"""What a verb is to know of the appointment as it is: (connection, before, now)."""
Extra = Callable[[Connection, Appointment, Appointment, datetime], None]
"""What a verb writes besides: (connection, before, after, now), in the same transaction."""


def apply(
    office: Context,
    appointment_id: int,
    verb_of: Callable[[Appointment], Verb],
    change_of: ChangeOf,
    *,
    version: int | None,
    extra: Extra | None = None,
    survey: Survey | None = None,
    survey_link: str = "",
    detail: dict[str, Any] | None = None,
) -> Changed:
    """Advance one appointment. Raises the Refusal that stands against it; then nothing changed."""
    with office.database.write() as connection:
        # Read once the store is ours, so that the lines of history are in the order of time.
        now = office.clock()
        changed = within(
            connection,
            office,
            appointment_id,
            verb_of,
            change_of,
            now,
            version=version,
            extra=extra,
            survey=survey,
            survey_link=survey_link,
            detail=detail,
        )
    if changed.queued:
        office.wake()
    return changed


def within(
    connection: Connection,
    office: Context,
    appointment_id: int,
    verb_of: Callable[[Appointment], Verb],
    change_of: ChangeOf,
    now: datetime,
    *,
    version: int | None = None,
    extra: Extra | None = None,
    survey: Survey | None = None,
    survey_link: str = "",
    detail: dict[str, Any] | None = None,
    batch: str | None = None,
) -> Changed:
    """As ``apply``, in a transaction that does more; its caller wakes the delivery afterwards.

    Changes of one ``batch`` are one act, and are undone together.
    """
    before, client = records.load(connection, appointment_id)
    verb = verb_of(before)
    if version is not None and version != before.version:
        against = _against(connection, before, verb, now, change_of)
        raise meanwhile.changed(connection, office.zone, before, version, against)
    after = advance(before, verb, now, change_of(connection, before, now))
    actor = office.actor
    records.save(connection, before, after, verb, actor=actor, at=now, detail=detail, batch=batch)
    if extra:
        extra(connection, before, after, now)
    if after.starts_at != before.starts_at or after.status is Status.CANCELLED:
        offer_ends.settle_within(connection, office, now)
    news = News(before, after, client, survey, survey_link)
    queued = notices.queue(connection, office, verb, news, now)
    return _changed(office, verb, after, client, queued, now)


def _against(
    connection: Connection, before: Appointment, verb: Verb, now: datetime, change_of: ChangeOf
) -> Refusal | None:
    """Why that change is not possible; a double booking is, if the person wants it."""
    wanted = None
    try:
        wanted = change_of(connection, before, now)
    except DoubleBooked:
        pass
    except Refusal as refused:
        return refused
    return refusal(before, verb, now, wanted)


def tell(
    office: Context,
    verb: Verb,
    appointment: Appointment,
    client: Client,
    queued: int,
    now: datetime,
) -> Changed:
    """After the commit: wake the delivery, and say what was done."""
    if queued:
        office.wake()
    return _changed(office, verb, appointment, client, queued, now)


def _changed(
    office: Context,
    verb: Verb,
    appointment: Appointment,
    client: Client,
    queued: int,
    now: datetime,
) -> Changed:
    window = timedelta(seconds=office.settings.messages.undo_seconds)
    return Changed(verb, appointment, client, queued, now + window if queued else None)
