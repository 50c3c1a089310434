"""Times: reading what was typed, setting and updating them, and cancelling."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from interworky_tui.domain.appointment import Appointment, CancelReason, Status
from interworky_tui.domain.calendar import YEARS, say_moment
from interworky_tui.domain.errors import BadInput, DoubleBooked
from interworky_tui.domain.lifecycle import Change, Verb, refusal
from interworky_tui.domain.slots import crowd
from interworky_tui.domain.text import clean_line, clean_text
from interworky_tui.domain.typed_time import Reading, read_time
from interworky_tui.services import change, diary, meanwhile, records
from interworky_tui.services.context import Changed, Context
from interworky_tui.services.intake import LONGEST_NOTE, LONGEST_SERVICE
from interworky_tui.storage.tables import APPOINTMENT, CLIENT

LONGEST_CANCEL_TEXT = 500
OFFERED = "An offer by SMS"
"""What is in the way when a slot is held for whoever answers first."""


@dataclass(frozen=True, slots=True)
class Booked:
    """A visit that is in the way, or an offer that a slot is held for: that has no id."""

    appointment_id: int | None
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


def slot(
    office: Context, appointment: Appointment, starts_at: datetime, minutes: int | None
) -> Change:
    """The slot from ``starts_at``: as long as asked, else as before, else as its service takes."""
    length = diary.length(office, appointment, minutes)
    if starts_at.year not in YEARS:
        raise BadInput("That time is too far away; check the year.", "when")
    start = starts_at.astimezone(UTC)
    return Change(starts_at=start, ends_at=start + length)


def conflicts(
    office: Context, starts_at: datetime, ends_at: datetime, *, but: int | None = None
) -> list[Booked]:
    """What fills a span so that no other visit has room, but for one's own, in order."""
    with office.database.read() as connection:
        return in_the_way(connection, office, starts_at, ends_at, but, office.clock())[0]


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
    detail: dict[str, Any] = {}
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
    detail: dict[str, Any] | None = None,
) -> change.ChangeOf:
    """Books the slot, in the transaction that writes. Raises DoubleBooked unless ``override``.

    Then ``detail`` says so, with how many visits at once it was booked over, and which.
    """

    def change_of(connection: Connection, before: Appointment, now: datetime) -> Change:
        wanted = slot(office, before, starts_at, minutes)
        assert wanted.starts_at
        assert wanted.ends_at
        # An override helps against nothing else, so what else stands against it comes first.
        if refusal(before, schedule_verb(before), now, wanted) is None:
            taken, most = in_the_way(
                connection, office, wanted.starts_at, wanted.ends_at, before.id, now
            )
            if taken and not override:
                raise _double(office, taken)
            if taken and detail is not None:
                over = [booked.appointment_id for booked in taken if booked.appointment_id]
                detail.update(override=True, count=most, over=over)
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
    """Mend what is clean already; tells nobody. The history says that, not what."""
    before, _ = records.load(connection, appointment_id)
    if version is not None and version != before.version:
        raise meanwhile.changed(connection, office.zone, before, version, None)
    if wanted == (before.service, before.note):
        return before
    after = replace(before, service=wanted.service, note=wanted.note, version=before.version + 1)
    records.save(connection, before, after, Verb.EDIT, actor=office.actor, at=office.clock())
    return after


def in_the_way(
    connection: Connection,
    office: Context,
    starts_at: datetime,
    ends_at: datetime,
    but: int | None,
    now: datetime,
) -> tuple[list[Booked], int]:
    """The visits and held offers that fill a span, and how many are at once; none if it has room.

    Only what a transaction that writes is told here still holds when it commits.
    """
    most = crowd(diary.taken(connection, starts_at, ends_at, but, now), starts_at, ends_at)
    if most < office.settings.slots.capacity:
        return [], most
    offers = diary.held(connection, starts_at, ends_at, but, now)
    found = [
        *overlapping(connection, starts_at, ends_at, but),
        *(Booked(None, OFFERED, start, end) for start, end in offers),
    ]
    return sorted(found, key=lambda booked: booked.starts_at), most


def overlapping(
    connection: Connection, starts_at: datetime, ends_at: datetime, but: int | None
) -> list[Booked]:
    """The scheduled visits that overlap a span, but for one's own, in order."""
    visit = APPOINTMENT.c
    found = connection.execute(
        select(visit.id, CLIENT.c.name, visit.starts_at, visit.ends_at)
        .join(CLIENT, CLIENT.c.id == visit.client_id)
        .where(*diary.is_booked(starts_at, ends_at, but))
        .order_by(visit.sort_at, visit.id)
    )
    return [Booked(*row) for row in found]


def _double(office: Context, taken: list[Booked]) -> DoubleBooked:
    first, room = taken[0], office.settings.slots.capacity
    more = f" and {len(taken) - 1} more" if len(taken) > 1 else ""
    full = f", and there is room for {room} at once" if room > 1 else ""
    return DoubleBooked(
        f"{first.client_name} has {say_moment(first.starts_at, office.zone)}{more}{full};"
        f" choose another time, or override to book {'it as well' if room > 1 else 'both'}.",
        tuple(booked.appointment_id for booked in taken if booked.appointment_id),
    )
