"""Times: reading what was typed, setting and updating them, and cancelling."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, select

from interworky_tui.domain.appointment import (
    DEFAULT_VISIT,
    Appointment,
    CancelReason,
    Status,
)
from interworky_tui.domain.calendar import YEARS, say_moment
from interworky_tui.domain.errors import BadInput, DoubleBooked
from interworky_tui.domain.lifecycle import Change, Verb, refusal
from interworky_tui.domain.text import clean_line, clean_text
from interworky_tui.domain.typed_time import Reading, read_time
from interworky_tui.services import change, records
from interworky_tui.services.context import Changed, Context
from interworky_tui.services.intake import LONGEST_NOTE, LONGEST_SERVICE
from interworky_tui.storage.tables import APPOINTMENT, CLIENT

LONGEST_VISIT = timedelta(hours=24)
LONGEST_CANCEL_TEXT = 500


@dataclass(frozen=True, slots=True)
class Booked:
    """A visit that is in the way."""

    appointment_id: int
    client_name: str
    starts_at: datetime
    ends_at: datetime


def read_when(office: Context, text: str, default_day: date | None = None) -> Reading:
    """Typed time as a moment. Raises TimeNotUnderstood."""
    opens, closes = office.settings.office.hours.widest()
    return read_time(
        text,
        now=office.clock(),
        zone=office.zone,
        day_first=office.settings.office.day_first,
        opens=opens,
        closes=closes,
        default_day=default_day,
    )


def slot(appointment: Appointment, starts_at: datetime, minutes: int | None) -> Change:
    """The slot from ``starts_at``: as long as asked, else as long as before, else 30 minutes."""
    length = DEFAULT_VISIT
    if minutes is not None:
        if not 0 < minutes <= LONGEST_VISIT // timedelta(minutes=1):
            raise BadInput("A visit takes from 1 minute to 24 hours.", "minutes")
        length = timedelta(minutes=minutes)
    elif appointment.starts_at and appointment.ends_at:
        length = appointment.ends_at - appointment.starts_at
    if starts_at.year not in YEARS:
        raise BadInput("That time is too far away; check the year.", "when")
    start = starts_at.astimezone(UTC)
    return Change(starts_at=start, ends_at=start + length)


def conflicts(
    office: Context, starts_at: datetime, ends_at: datetime, *, but: int | None = None
) -> list[Booked]:
    """The scheduled visits that overlap, but for one's own, in order."""
    with office.database.read() as connection:
        return overlapping(connection, starts_at, ends_at, but)


def schedule(
    office: Context,
    appointment_id: int,
    starts_at: datetime,
    *,
    minutes: int | None = None,
    override: bool = False,
    version: int | None = None,
) -> Changed:
    """Set or update the time. Raises DoubleBooked unless ``override``; then the history says so."""
    detail: dict[str, bool] = {}
    change_of = booking(office, starts_at, minutes=minutes, override=override, detail=detail)
    return change.apply(
        office, appointment_id, schedule_verb, change_of, version=version, detail=detail
    )


def booking(
    office: Context,
    starts_at: datetime,
    *,
    minutes: int | None = None,
    override: bool = False,
    detail: dict[str, bool] | None = None,
) -> change.ChangeOf:
    """Books the slot, in the transaction that writes. Raises DoubleBooked unless ``override``;
    then ``detail`` says so.
    """

    def change_of(connection: Connection, before: Appointment, now: datetime) -> Change:
        wanted = slot(before, starts_at, minutes)
        assert wanted.starts_at
        assert wanted.ends_at
        # An override helps against nothing else, so what else stands against it comes first.
        if refusal(before, schedule_verb(before), now, wanted) is None:
            taken = overlapping(connection, wanted.starts_at, wanted.ends_at, before.id)
            if taken and not override:
                raise _double(office, taken)
            if taken and detail is not None:
                detail["override"] = True
        return wanted

    return change_of


def schedule_verb(appointment: Appointment) -> Verb:
    return Verb.RESCHEDULE if appointment.status is Status.SCHEDULED else Verb.SCHEDULE


def cancel(
    office: Context,
    appointment_id: int,
    reason: CancelReason,
    text: str = "",
    *,
    version: int | None = None,
) -> Changed:
    wanted = cancel_change(reason, text)
    return change.apply(
        office, appointment_id, lambda _before: Verb.CANCEL, lambda *_: wanted, version=version
    )


def cancel_change(reason: CancelReason, text: str) -> Change:
    said = clean_text(text)
    if len(said) > LONGEST_CANCEL_TEXT:
        raise BadInput(f"Keep the reason under {LONGEST_CANCEL_TEXT} characters.", "text")
    return Change(reason=reason, text=said)


def edit_request(
    office: Context,
    appointment_id: int,
    *,
    service: str,
    note: str,
    version: int | None = None,
) -> Appointment:
    """Mend the service and the note; tells nobody. The history says that, not what."""
    wanted = clean_words(service, note)
    with office.database.write() as connection:
        return edit_within(connection, office, appointment_id, wanted, version=version)


class Words(NamedTuple):
    """What a request says of itself, as stored."""

    service: str
    note: str


def clean_words(service: str, note: str) -> Words:
    """Raises BadInput by field."""
    words = Words(clean_line(service), clean_text(note))
    if len(words.service) > LONGEST_SERVICE:
        raise BadInput(f"A service may have {LONGEST_SERVICE} characters at most.", "service")
    if len(words.note) > LONGEST_NOTE:
        raise BadInput(f"A note may have {LONGEST_NOTE} characters at most.", "note")
    return words


def edit_within(
    connection: Connection,
    office: Context,
    appointment_id: int,
    wanted: Words,
    *,
    version: int | None = None,
) -> Appointment:
    """As ``edit_request``, of what is clean already, in a transaction that does more."""
    before, _ = records.load(connection, appointment_id, version)
    if wanted == (before.service, before.note):
        return before
    after = replace(before, service=wanted.service, note=wanted.note, version=before.version + 1)
    records.save(connection, before, after, Verb.EDIT, actor=office.actor, at=office.clock())
    return after


def overlapping(
    connection: Connection, starts_at: datetime, ends_at: datetime, but: int | None
) -> list[Booked]:
    table, client = APPOINTMENT, CLIENT
    found = connection.execute(
        select(table.c.id, client.c.name, table.c.starts_at, table.c.ends_at)
        .join(client, client.c.id == table.c.client_id)
        .where(
            table.c.status == "scheduled",
            # No visit is longer, so that the index on the start narrows the search.
            table.c.sort_at > starts_at - LONGEST_VISIT,
            table.c.sort_at < ends_at,
            table.c.ends_at > starts_at,
            table.c.id != (but or 0),
        )
        .order_by(table.c.sort_at, table.c.id)
        .limit(5)
    )
    return [Booked(*row) for row in found]


def _double(office: Context, taken: list[Booked]) -> DoubleBooked:
    first = taken[0]
    more = f" and {len(taken) - 1} more" if len(taken) > 1 else ""
    return DoubleBooked(
        f"{first.client_name} has {say_moment(first.starts_at, office.zone)}{more};"
        " choose another time, or override to book both.",
        tuple(booked.appointment_id for booked in taken),
    )
