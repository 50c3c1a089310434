"""The office's diary: when it gives visits, what is taken, and which slots suit a wish."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, exists, select

from interworky_tui.domain import slots
from interworky_tui.domain.appointment import Appointment, Status
from interworky_tui.domain.calendar import day_bounds, office_day
from interworky_tui.domain.errors import BadInput
from interworky_tui.domain.lifecycle import Verb, refusal
from interworky_tui.domain.slots import Rules, Slot, Span, Wish
from interworky_tui.domain.text import fold
from interworky_tui.services import records
from interworky_tui.services.context import Context
from interworky_tui.storage.tables import APPOINTMENT, SLOT_OFFER, SLOT_OFFER_TO

LONGEST_VISIT = timedelta(hours=24)

_MINUTE = timedelta(minutes=1)
_DAYS_AT_ONCE = 8


def rules(office: Context) -> Rules:
    """When the office gives visits, by its settings."""
    told, slot = office.settings.office, office.settings.slots
    closures, holidays_of = told.closed_days, told.holidays_of

    def closed(day: date) -> str | None:
        if any(first <= day <= last for first, last in closures):
            return "days off"
        return _holidays(*holidays_of, day.year).get(day) if holidays_of else None

    return Rules(
        zone=office.zone,
        hours=tuple(told.hours.of(weekday) for weekday in range(7)),
        breaks=told.pauses,
        closed=closed,
        capacity=slot.capacity,
        step=slot.step_minutes * _MINUTE,
        lead=slot.lead_minutes * _MINUTE,
    )


@lru_cache(maxsize=64)
def _holidays(country: str, part: str, year: int) -> Mapping[date, str]:
    """The public holidays by their English names; those of the whole country for a part that is
    not known, none for a country that is not.
    """
    # Late: it takes a tenth of a second.
    from holidays import country_holidays

    for known in (part or None, None):
        with suppress(NotImplementedError):
            found = country_holidays(country, subdiv=known, years=year, language="en_US")
            return MappingProxyType(dict(found.items()))
    return MappingProxyType({})


def knows_holidays(country: str, part: str) -> bool:
    """Whether there is a list of a country's public holidays, and of the part's, "" being none."""
    from holidays import list_supported_countries

    parts = list_supported_countries(include_aliases=True).get(country)
    return parts is not None and (not part or part in parts)


def length_of(office: Context, service: str) -> timedelta:
    """How long a visit for a service takes; letter case and accents do not matter."""
    slot = office.settings.slots
    wanted = fold(service)
    minutes = next((m for name, m in slot.services.items() if fold(name) == wanted), slot.minutes)
    return minutes * _MINUTE


def length(office: Context, appointment: Appointment, minutes: int | None = None) -> timedelta:
    """As long as asked, else as before, else as its service takes. Raises BadInput."""
    if minutes is not None:
        if not 0 < minutes <= LONGEST_VISIT // _MINUTE:
            raise BadInput("A visit takes from 1 minute to 24 hours.", "minutes")
        return minutes * _MINUTE
    if appointment.starts_at and appointment.ends_at:
        return appointment.ends_at - appointment.starts_at
    return length_of(office, appointment.service)


def length_for(office: Context, appointment_id: int) -> timedelta:
    """How long the visit is, or would be by its service. Raises NotFound."""
    with office.database.read() as connection:
        appointment, _ = records.load(connection, appointment_id)
    return length(office, appointment)


def taken(
    connection: Connection,
    start: datetime,
    end: datetime,
    but: int | None = None,
    now: datetime | None = None,
) -> list[Span]:
    """The scheduled visits and the slots held for who is asked by SMS, that overlap a span.

    Left out are the visit ``but`` and what is held for it. With ``now`` an offer counts no
    longer than it is held, also before it is closed.
    """
    return sorted(booked(connection, start, end, but) + held(connection, start, end, but, now))


def booked(
    connection: Connection, start: datetime, end: datetime, but: int | None = None
) -> list[Span]:
    """The scheduled visits that overlap a span, but for one's own."""
    columns = select(APPOINTMENT.c.starts_at, APPOINTMENT.c.ends_at)
    visits = connection.execute(columns.where(*is_booked(start, end, but)))
    return [(row.starts_at, row.ends_at) for row in visits]


class Days:
    """What is ``taken`` on each day, read as it is asked for: of a day, then of several at once.

    Most wishes are granted on their day; all two months of a big office take a tenth of a second.
    """

    def __init__(
        self, connection: Connection, zone: ZoneInfo, now: datetime, but: int | None = None
    ) -> None:
        self._connection, self._zone, self._now, self._but = connection, zone, now, but
        self._read: dict[date, list[Span]] = {}
        self._ahead = 1

    def taken_on(self, day: date) -> list[Span]:
        """Also what ends or begins at its midnights."""
        if day not in self._read:
            self._read_from(day)
        return self._read[day]

    def _read_from(self, day: date) -> None:
        days = [day + timedelta(days=number) for number in range(self._ahead)]
        self._ahead = min(_DAYS_AT_ONCE, 2 * self._ahead)
        bounds = [day_bounds(one, self._zone) for one in days]
        # Wider, so that what only touches a midnight is among it.
        start, end = bounds[0][0] - _MINUTE, bounds[-1][1] + _MINUTE
        spans = taken(self._connection, start, end, self._but, self._now)
        for one, (first, last) in zip(days, bounds, strict=True):
            self._read[one] = [span for span in spans if span[0] <= last and span[1] >= first]


def is_booked(
    start: datetime, end: datetime, but: int | None = None
) -> tuple[ColumnElement[bool], ...]:
    """What is true of an appointment that is ``booked``."""
    visit = APPOINTMENT.c
    return (
        visit.status == Status.SCHEDULED.value,
        # No visit is longer, so that the index on the start narrows the search.
        visit.sort_at > start - LONGEST_VISIT,
        visit.sort_at < end,
        visit.ends_at > start,
        visit.id != (but or 0),
    )


def held(
    connection: Connection,
    start: datetime,
    end: datetime,
    but: int | None = None,
    now: datetime | None = None,
) -> list[Span]:
    """The slots of open offers that overlap a span, as in ``taken``."""
    offer, to = SLOT_OFFER, SLOT_OFFER_TO
    query = select(offer.c.starts_at, offer.c.ends_at).where(
        offer.c.closed_at.is_(None), offer.c.starts_at < end, offer.c.ends_at > start
    )
    if now is not None:
        query = query.where(offer.c.expires_at > now)
    if but is not None:
        mine = exists().where(to.c.offer_id == offer.c.id, to.c.appointment_id == but)
        query = query.where(~mine)
    return [(row.starts_at, row.ends_at) for row in connection.execute(query)]


def suggest(
    office: Context, appointment_id: int, minutes: int | None = None, count: int = 3
) -> tuple[Slot, ...]:
    """The best free slots for what a request wishes for, or for a visit that is to be moved.

    Raises NotFound, IllegalMove when it cannot be given a time any more, and BadInput for a length
    that no visit has.
    """
    with office.database.read() as connection:
        appointment, _ = records.load(connection, appointment_id)
        moved = appointment.status is Status.SCHEDULED
        verb = Verb.RESCHEDULE if moved else Verb.SCHEDULE
        stands = refusal(appointment, verb, office.clock())
        if stands is not None:
            raise stands
        return suggest_within(connection, office, appointment, minutes, count)


def suggest_within(
    connection: Connection,
    office: Context,
    appointment: Appointment,
    minutes: int | None = None,
    count: int = 3,
) -> tuple[Slot, ...]:
    """As ``suggest``, by what a transaction sees."""
    now, wish = office.clock(), wish_of(office, appointment)
    span = length(office, appointment, minutes)
    days = Days(connection, office.zone, now, appointment.id)
    return slots.suggest(rules(office), wish, span, days.taken_on, now, count)


def wish_of(office: Context, appointment: Appointment) -> Wish:
    """What the client wishes for; a visit that has a time is moved from the day that it is on."""
    day, has = appointment.requested_date, None
    if appointment.status is Status.SCHEDULED and appointment.starts_at:
        has = appointment.starts_at
        day = office_day(has, office.zone)
    return Wish(day, office.bands.get(appointment.band), appointment.wish_time, has)


def slot_json(office: Context, slot: Slot) -> dict[str, str]:
    starts, ends = (at.astimezone(office.zone) for at in (slot.starts_at, slot.ends_at))
    return {"starts_at": starts.isoformat(), "ends_at": ends.isoformat(), "why": slot.why}


def against(office: Context, start: datetime, end: datetime) -> tuple[str, ...]:
    """What the calendar says against a visit then, in a few words each; it forbids nothing."""
    return slots.against(rules(office), start, end)
