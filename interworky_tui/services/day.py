"""A day as the office works it: its visits in order, where there is room, how full its week is.

The index on the start answers both: a day reads a day, the strip of a week seven of them.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, select

from interworky_tui.domain import slots, typed_date
from interworky_tui.domain.appointment import TOOK_PLACE, Status
from interworky_tui.domain.bands import EXACT
from interworky_tui.domain.calendar import at_local, day_bounds, office_day
from interworky_tui.domain.crowd import Crowd
from interworky_tui.domain.lifecycle import Verb
from interworky_tui.domain.slots import Rules, Span
from interworky_tui.domain.typed_words import WEEKDAY_NAMES
from interworky_tui.services import diary
from interworky_tui.services.context import Context
from interworky_tui.services.diary import LONGEST_VISIT
from interworky_tui.storage.tables import APPOINTMENT, CLIENT, EVENT

WITH_TIME = (Status.SCHEDULED, *TOOK_PLACE)
LEAST_GAP = timedelta(minutes=5)
"""Less is no room."""
_MINUTE = timedelta(minutes=1)
_COLUMNS = (
    *("id", "client_id", "status", "starts_at", "ends_at", "service", "arrived_at"),
    *("confirmed_at", "change_asked_at", "version"),
)


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit of the day, to come or done.

    ``double``: in its time more visits take place at once than the office can. ``override``: its
    time was set although it was full.
    """

    id: int
    client_id: int
    client_name: str
    phone: str | None
    email: str | None
    starts_at: datetime
    ends_at: datetime
    status: Status
    service: str
    arrived_at: datetime | None
    confirmed: bool
    change_asked: bool
    double: bool
    override: bool
    version: int

    @property
    def span(self) -> Span:
        return self.starts_at, self.ends_at

    @property
    def length(self) -> timedelta:
        return self.ends_at - self.starts_at

    def is_due(self, now: datetime) -> bool:
        return self.status is Status.SCHEDULED and self.starts_at <= now


@dataclass(frozen=True, slots=True)
class Counts:
    """``due`` and ``waiting`` (in the waiting room) are among ``scheduled``.

    ``requests`` are open requests that wish for this day.
    """

    scheduled: int
    came: int
    due: int
    waiting: int
    double: int
    cancelled: int
    requests: int


@dataclass(frozen=True, slots=True)
class DaySheet:
    """One day of the office's calendar; all moments are in UTC.

    ``closed`` says why, "" when it is open. ``gaps`` is where one more visit fits from ``now`` on,
    ``held`` what is offered to clients and waits for an answer.
    """

    day: date
    now: datetime
    closed: str
    open: tuple[Span, ...]
    breaks: tuple[Span, ...]
    visits: tuple[Visit, ...]
    gaps: tuple[Span, ...]
    held: tuple[Span, ...]
    counts: Counts
    capacity: int


@dataclass(frozen=True, slots=True)
class DayLoad:
    """``booked`` and ``open`` are minutes; with more than one visit at once, each counts.

    ``full``: open, and no visit of the usual length fits any more between those that are set.
    """

    day: date
    closed: str
    visits: int
    booked: int
    open: int
    full: bool
    double: bool


def read_day(office: Context, text: str) -> date:
    """A typed day; an empty text is today. Raises TimeNotUnderstood."""
    today = office_day(office.clock(), office.zone)
    if not text.strip():
        return today
    return typed_date.read_day(text, today=today, day_first=office.settings.office.day_first)


def look(
    office: Context, day: date, *, but: int | None = None
) -> tuple[DaySheet, tuple[DayLoad, ...]]:
    """The day with its week, both as they are at one moment."""
    now, rules = office.clock(), diary.rules(office)
    with office.database.read() as connection:
        one = _sheet(connection, office, rules, day, now, but)
        return one, _week(connection, office, rules, day, now)


def sheet(office: Context, day: date, *, but: int | None = None) -> DaySheet:
    """The day now. ``but`` is a visit that is being moved: where it is, there is room."""
    now, rules = office.clock(), diary.rules(office)
    with office.database.read() as connection:
        return _sheet(connection, office, rules, day, now, but)


def week(office: Context, day: date) -> tuple[DayLoad, ...]:
    """The seven days, from Monday, of the week that holds ``day``."""
    now, rules = office.clock(), diary.rules(office)
    with office.database.read() as connection:
        return _week(connection, office, rules, day, now)


def _sheet(
    connection: Connection, office: Context, rules: Rules, day: date, now: datetime, but: int | None
) -> DaySheet:
    start, end = day_bounds(day, office.zone)
    timed = _rows(connection, start, end)
    wishes = _wishes(connection, start, end, day)
    held = tuple(sorted(diary.held(connection, start, end, but, now)))
    there = Crowd((row.starts_at, row.ends_at) for row in timed if row.status in WITH_TIME)
    too_many = there.most(start - LONGEST_VISIT, end + LONGEST_VISIT) > rules.capacity
    visits = tuple(
        _visit(row, too_many and there.most(row.starts_at, row.ends_at) > rules.capacity)
        for row in timed
        if row.status in WITH_TIME
    )
    taken = [*held, *(visit.span for visit in visits if visit.id != but)]
    return DaySheet(
        day=day,
        now=now,
        closed=closed(rules, day),
        open=slots.open_spans(rules, day),
        breaks=_breaks(rules, day),
        visits=visits,
        gaps=tuple(_ahead(rules, slots.gaps(rules, day, taken), now)),
        held=held,
        counts=_count(visits, timed, start, now, wishes),
        capacity=rules.capacity,
    )


def _week(
    connection: Connection, office: Context, rules: Rules, day: date, now: datetime
) -> tuple[DayLoad, ...]:
    monday = day - timedelta(days=day.weekday())
    days = [monday + timedelta(days=number) for number in range(7)]
    start, end = day_bounds(monday, office.zone)[0], day_bounds(days[-1], office.zone)[1]
    # Many visits of a large office are at the same times: each of these is read once.
    span = APPOINTMENT.c.starts_at, APPOINTMENT.c.ends_at
    query = (
        select(*span, func.count())
        .where(APPOINTMENT.c.status.in_(WITH_TIME), *_about(start, end))
        .group_by(*span)
    )
    found = {(row[0], row[1]): row[2] for row in connection.execute(query)}
    held = diary.held(connection, start, end, now=now)
    least = timedelta(minutes=office.settings.slots.minutes)
    return tuple(_load(rules, one, found, held, least) for one in days)


def closed(rules: Rules, day: date) -> str:
    """Why nobody works on that day, "" when somebody does."""
    if why := rules.closed(day):
        return why
    if rules.hours[day.weekday()] is None:
        return f"every {WEEKDAY_NAMES[day.weekday()]}"
    return ""


def _about(start: datetime, end: datetime) -> tuple[Any, ...]:
    """What the index must find for a span; no visit is longer, but it may begin before, and the
    window of a wish may end after it.
    """
    return APPOINTMENT.c.sort_at > start - LONGEST_VISIT, APPOINTMENT.c.sort_at < end + EXACT


def _rows(
    connection: Connection, start: datetime, end: datetime
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Every appointment that has its time within the span, cancelled ones among them."""
    appointment, client = APPOINTMENT.c, CLIENT.c
    columns = [appointment[name] for name in _COLUMNS]
    last_set = (
        select(EVENT.c.detail)
        .where(
            EVENT.c.appointment_id == appointment.id,
            EVENT.c.at == appointment.scheduled_at,
            EVENT.c.verb.in_((Verb.SCHEDULE, Verb.RESCHEDULE)),
        )
        .order_by(EVENT.c.version.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(*columns, client.name, client.phone, client.email, last_set.label("detail"))
        .join(CLIENT, client.id == appointment.client_id)
        .where(*_about(start, end), appointment.starts_at < end, appointment.ends_at > start)
        .order_by(appointment.sort_at, appointment.id)
    )
    return connection.execute(query).all()


def _wishes(connection: Connection, start: datetime, end: datetime, day: date) -> int:
    """How many open requests wish for the day; their window ends then."""
    appointment = APPOINTMENT.c
    query = select(func.count()).where(
        appointment.status == Status.REQUESTED,
        appointment.requested_date == day.isoformat(),
        *_about(start, end),
    )
    return connection.execute(query).scalar_one()


def _visit(row: Row[*tuple[Any, ...]], double: bool) -> Visit:
    return Visit(
        id=row.id,
        client_id=row.client_id,
        client_name=row.name,
        phone=row.phone,
        email=row.email,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        status=Status(row.status),
        service=row.service,
        arrived_at=row.arrived_at,
        confirmed=row.confirmed_at is not None,
        change_asked=row.change_asked_at is not None,
        double=double,
        override=bool(json.loads(row.detail or "{}").get("override")),
        version=row.version,
    )


def _ahead(rules: Rules, gaps: Iterable[Span], now: datetime) -> Iterable[Span]:
    """What is left of the gaps; one that has begun starts at the next step of the clock."""
    local = now.astimezone(rules.zone)
    into = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    soon = now + (-into % rules.step)
    for start, end in gaps:
        begins = start if start >= now else soon
        if end - begins >= LEAST_GAP:
            yield begins, end


def _breaks(rules: Rules, day: date) -> tuple[Span, ...]:
    """The breaks within the hours of an open day."""
    hours = rules.hours[day.weekday()]
    if hours is None or rules.closed(day):
        return ()
    within = [(max(a, hours[0]), min(b, hours[1])) for a, b in sorted(rules.breaks)]
    spans = [(at_local(day, a, rules.zone), at_local(day, b, rules.zone)) for a, b in within]
    return tuple(span for span in spans if span[0] < span[1])


def _count(
    visits: Sequence[Visit],
    timed: Sequence[Row[*tuple[Any, ...]]],
    start: datetime,
    now: datetime,
    requests: int,
) -> Counts:
    """Of what begins on the day; a visit from before midnight is counted where it began."""
    own = [visit for visit in visits if visit.starts_at >= start]
    scheduled = [visit for visit in own if visit.status is Status.SCHEDULED]
    gone = [row for row in timed if row.status == Status.CANCELLED and row.starts_at >= start]
    return Counts(
        scheduled=len(scheduled),
        came=len(own) - len(scheduled),
        due=sum(visit.is_due(now) for visit in own),
        waiting=sum(visit.arrived_at is not None for visit in scheduled),
        double=sum(visit.double for visit in own),
        cancelled=len(gone),
        requests=requests,
    )


def _load(
    rules: Rules,
    day: date,
    visits: Mapping[Span, int],
    held: Sequence[Span],
    least: timedelta,
) -> DayLoad:
    """``visits``: how many there are of each span."""
    start, end = day_bounds(day, rules.zone)
    own = {span: n for span, n in visits.items() if span[0] < end and span[1] > start}
    each = [span for span, number in own.items() for _ in range(number)]
    spans = slots.open_spans(rules, day)
    gaps = slots.gaps(rules, day, [*each, *held])
    there = Crowd(each)
    return DayLoad(
        day=day,
        closed=closed(rules, day),
        visits=sum(number for (begins, _), number in own.items() if start <= begins < end),
        booked=sum(n * _minutes([(max(a, start), min(b, end))]) for (a, b), n in own.items()),
        open=_minutes(spans) * rules.capacity,
        full=bool(spans) and all(end - begin < least for begin, end in gaps),
        double=any(there.most(*span) > rules.capacity for span in own),
    )


def _minutes(spans: Iterable[Span]) -> int:
    return sum((end - start) // _MINUTE for start, end in spans)


def sheet_json(office: Context, one: DaySheet) -> dict[str, Any]:
    """The day for scripts; moments are ISO 8601 with the offset of the office's zone."""
    return {
        "date": one.day.isoformat(),
        "timezone": office.zone.key,
        "closed": one.closed,
        "capacity": one.capacity,
        "open": [_span_json(office, span) for span in one.open],
        "breaks": [_span_json(office, span) for span in one.breaks],
        "visits": [_visit_json(office, visit, one.now) for visit in one.visits],
        "gaps": [_span_json(office, span) for span in one.gaps],
        "held": [_span_json(office, span) for span in one.held],
        "counts": asdict(one.counts),
    }


def _visit_json(office: Context, visit: Visit, now: datetime) -> dict[str, Any]:
    arrived = visit.arrived_at
    return {
        "id": visit.id,
        "status": visit.status.value,
        "due": visit.is_due(now),
        "client": {
            "id": visit.client_id,
            "name": visit.client_name,
            "phone": visit.phone,
            "email": visit.email,
        },
        **_span_json(office, visit.span),
        "service": visit.service,
        "arrived_at": arrived.astimezone(office.zone).isoformat() if arrived else None,
        "confirmed": visit.confirmed,
        "change_asked": visit.change_asked,
        "double": visit.double,
        "override": visit.override,
        "version": visit.version,
    }


def _span_json(office: Context, span: Span) -> dict[str, str]:
    start, end = (moment.astimezone(office.zone).isoformat() for moment in span)
    return {"starts_at": start, "ends_at": end}
