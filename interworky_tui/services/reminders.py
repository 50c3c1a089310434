"""Reminders: who has a visit before long, and has not been told of its time lately."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import Connection, Row, exists, literal_column, select, tuple_

from interworky_tui.domain.appointment import Appointment, Client
from interworky_tui.domain.events import Channel, Event, Recipient
from interworky_tui.domain.quiet_hours import waits_until
from interworky_tui.messages.render import render
from interworky_tui.services import notices, records
from interworky_tui.services.addressing import address_of
from interworky_tui.services.context import Context
from interworky_tui.services.facts import News, facts_of
from interworky_tui.storage.tables import APPOINTMENT, NOTIFICATION

BATCH = 200
"""Visits in one transaction, so that no other desk waits long."""

_VISIT = APPOINTMENT.c
_Place = tuple[datetime, int]


def queue_reminders(office: Context) -> int:
    """Queue what clients are to be reminded of by now. Returns how many messages were written.

    A visit is reminded of once for each lead of the settings, to its client by both channels,
    when the lead is reached. Of several that were reached while no desk was open, only the
    shortest is made up for. Left out are visits

    - whose time was set within the lead: that was news enough;
    - that the client has confirmed, whichever channel it would be;
    - that begin before the quiet hours end for which the reminder would wait; and when a shorter
      lead is reached by then, that one is enough.

    Any number of processes may call it at once, and as often as they like.
    """
    written = 0
    ascending = (timedelta(), *reversed(office.settings.messages.leads))
    for shorter, lead in pairwise(ascending):
        for batch in _batches(office, shorter, lead):
            with office.database.write() as connection:
                written += _remind(connection, office, batch, shorter, lead)
    if written:
        office.wake()
    return written


def _batches(office: Context, shorter: timedelta, lead: timedelta) -> Iterator[Sequence[int]]:
    """The ids of those who are to be reminded, read without holding up anybody."""
    now, after = office.clock(), None
    while True:
        with office.database.read() as connection:
            page = _candidates(connection, now, shorter, lead, after)
        wanted = [visit.id for visit in page if _wanted(office, visit, shorter, lead, now)]
        if wanted:
            yield wanted
        if len(page) < BATCH:
            return
        after = (page[-1].starts_at, page[-1].id)


def _candidates(
    connection: Connection,
    now: datetime,
    shorter: timedelta,
    lead: timedelta,
    after: _Place | None = None,
    ids: Sequence[int] = (),
) -> Sequence[Row[int, datetime, datetime | None]]:
    """Scheduled visits that begin within the lead and were not reminded of it, in order."""
    sent = NOTIFICATION.c
    reminded = exists().where(
        sent.appointment_id == _VISIT.id,
        sent.event == Event.REMINDER.value,
        sent.visit_starts_at == _VISIT.starts_at,
        sent.dedupe_key.like(f"%:{_seconds(lead)}:%"),
    )
    query = (
        select(_VISIT.id, _VISIT.starts_at, _VISIT.scheduled_at)
        .where(
            # A literal and the order of the list, so that its index serves.
            _VISIT.status == literal_column("'scheduled'"),
            _VISIT.sort_at > now + shorter,
            _VISIT.sort_at <= now + lead,
            _VISIT.confirmed_at.is_(None),
            ~reminded,
        )
        .order_by(_VISIT.sort_at, _VISIT.id)
        .limit(BATCH)
    )
    if after:
        query = query.where(tuple_(_VISIT.sort_at, _VISIT.id) > after)
    if ids:
        query = query.where(_VISIT.id.in_(ids))
    return connection.execute(query).all()


def _wanted(
    office: Context,
    visit: Row[int, datetime, datetime | None],
    shorter: timedelta,
    lead: timedelta,
    now: datetime,
) -> bool:
    if visit.scheduled_at and visit.scheduled_at > visit.starts_at - lead:
        return False
    quiet = office.settings.messages.quiet
    until = waits_until(Event.REMINDER, Recipient.CLIENT, now, quiet, office.zone)
    return until is None or until < visit.starts_at - shorter


def _remind(
    connection: Connection,
    office: Context,
    ids: Sequence[int],
    shorter: timedelta,
    lead: timedelta,
) -> int:
    """Look again, now that nobody else writes, and queue."""
    now = office.clock()
    written = 0
    for visit in _candidates(connection, now, shorter, lead, ids=ids):
        if _wanted(office, visit, shorter, lead, now):
            appointment, client = records.load(connection, visit.id)
            written += _queue(connection, office, appointment, client, lead, now)
    return written


def _queue(
    connection: Connection,
    office: Context,
    appointment: Appointment,
    client: Client,
    lead: timedelta,
    now: datetime,
) -> int:
    assert appointment.starts_at
    facts = facts_of(office, News(None, appointment, client), first_text=False)
    whom, event = Recipient.CLIENT, Event.REMINDER
    written = 0
    for channel in Channel:
        key = f"{appointment.id}:reminder:{appointment.starts_at.isoformat()}:{_seconds(lead)}"
        written += notices.queue_beside(
            connection,
            office,
            event=event,
            recipient=whom,
            channel=channel,
            to=address_of(office, client, whom, channel),
            text=render(event, whom, channel, facts, office.catalogue, client.language),
            client_id=client.id,
            appointment=appointment,
            dedupe_key=f"{key}:{channel.value}",
            now=now,
        )
    return written


def _seconds(lead: timedelta) -> int:
    return lead // timedelta(seconds=1)
