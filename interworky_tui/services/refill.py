"""A time that came free: which one, and who of those that wait could have it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, literal_column, select

from interworky_tui.domain import refill, slots
from interworky_tui.domain.appointment import Appointment, Status, Urgency
from interworky_tui.domain.bands import EXACT
from interworky_tui.domain.calendar import day_bounds, office_day
from interworky_tui.domain.errors import IllegalMove, InThePast, Refusal
from interworky_tui.domain.lifecycle import Verb
from interworky_tui.domain.slots import Span
from interworky_tui.domain.text import clean_line
from interworky_tui.services import diary, notice_preview, offers, records
from interworky_tui.services.context import Context
from interworky_tui.services.notice_preview import Preview
from interworky_tui.storage.tables import APPOINTMENT, CLIENT, EVENT

MOST = 50
"""People in a list of candidates."""
SCANNED = 300
"""Rows of each kind that are looked at, the oldest requests and the soonest visits first."""
LOOK_BACK = 300
"""Lines of history in which the time that came free last is looked for."""
SHORTEST = timedelta(minutes=5)

_VISIT = APPOINTMENT.c
_SLOT = ("starts_at", "ends_at")


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who could have the free time, from ``starts_at`` to ``ends_at``.

    ``no_text`` says in words why they cannot be offered it by SMS, "" when they can.
    """

    appointment_id: int
    version: int
    client_name: str
    phone: str | None
    status: Status
    starts_at: datetime
    ends_at: datetime
    reason: str
    no_text: str

    @property
    def minutes(self) -> int:
        return (self.ends_at - self.starts_at) // timedelta(minutes=1)


def candidates(office: Context, starts_at: datetime, ends_at: datetime) -> tuple[Candidate, ...]:
    """Who fits a free time, the best first: requests for it, those whose time has passed, and
    later visits. Nobody when it is over or taken.
    """
    now = office.clock()
    with office.database.read() as connection:
        gap = _free(connection, office, (starts_at, ends_at), now)
        if gap is None:
            return ()
        rows: dict[int, RowMapping] = {}
        ranked: list[refill.Ranked] = []
        # All of a kind fit better than those of the next.
        for query in _queries(office, gap, now):
            if len(ranked) == MOST:
                break
            page = {row["id"]: row for row in connection.execute(query).mappings()}
            own = [row for one, row in page.items() if one not in rows]
            rows.update(page)
            ranked += _rank(connection, office, own, gap, now, MOST - len(ranked))
        people = [
            offers.Contactable(one.waiting.id, row["phone"], bool(row["sms_consent"]))
            for one in ranked
            for row in (rows[one.waiting.id],)
        ]
        no_texts = offers.no_texts(connection, people, now)
    return tuple(_to_candidate(one, rows[one.waiting.id], gap, no_texts) for one in ranked)


@dataclass(frozen=True, slots=True)
class Opening:
    """A free time with who could have it, best first, and what is open of it.

    ``first`` is what booking the best would say, or why nobody can tell.
    """

    gap: Span
    found: tuple[Candidate, ...]
    offer: offers.Offer | None
    first: Preview | Refusal | None


def look(office: Context, starts_at: datetime, ends_at: datetime) -> Opening:
    """What of a time that came free can be given away now. Raises as ``free_part``."""
    gap = free_part(office, starts_at, ends_at)
    found = candidates(office, *gap)
    return Opening(gap, found, offers.open_at(office, *gap), _first(office, found))


def latest(office: Context) -> Opening | None:
    """The time to come that was freed last, if any can be given away."""
    gap = latest_gap(office)
    return look(office, *gap) if gap else None


def preview(office: Context, one: Candidate) -> Preview:
    """Raises what stands against it."""
    return notice_preview.schedule(office, one.appointment_id, one.starts_at, one.minutes)


def _first(office: Context, found: Sequence[Candidate]) -> Preview | Refusal | None:
    try:
        return preview(office, found[0]) if found else None
    except Refusal as refused:
        return refused


def _rank(
    connection: Connection,
    office: Context,
    rows: Sequence[RowMapping],
    gap: Span,
    now: datetime,
    most: int,
) -> Sequence[refill.Ranked]:
    visits = [row["id"] for row in rows if row["status"] == Status.SCHEDULED.value]
    left = _left(connection, visits, gap) if visits else ()
    waiting = (_to_waiting(office, row) for row in rows if row["id"] not in left)
    return refill.rank(waiting, gap, zone=office.zone, bands=office.bands, now=now, most=most)


def free_part(office: Context, starts_at: datetime, ends_at: datetime) -> Span:
    """What of a time that came free can be given away now, from its first free minute on.

    What is only offered counts as free. Raises InThePast, and IllegalMove when it is taken.
    """
    now = office.clock()
    if ends_at <= now:
        raise InThePast("That time is over.")
    with office.database.read() as connection:
        gap = _free(connection, office, (starts_at, ends_at), now)
    if gap is None:
        raise IllegalMove("That time is taken by now; d shows the day.")
    return gap


def latest_gap(office: Context) -> Span | None:
    """The time to come that was freed last, by a cancel or a move, and can be given away."""
    now = office.clock()
    with office.database.read() as connection:
        lines = connection.execute(
            select(EVENT.c.appointment_id, EVENT.c.verb, EVENT.c.detail)
            .order_by(EVENT.c.id.desc())
            .limit(LOOK_BACK)
        ).mappings()
        freed = (_freed_by(connection, line) for line in lines)
        found = (_free(connection, office, span, now) for span in freed if span)
        return next((gap for gap in found if gap), None)


def freed_by(before: Appointment, after: Appointment, now: datetime) -> Span | None:
    """The time to come that a change of a visit has freed."""
    if before.status is not Status.SCHEDULED or not before.starts_at or not before.ends_at:
        return None
    stays = after.status is Status.SCHEDULED and after.starts_at == before.starts_at
    return None if stays or before.starts_at <= now else (before.starts_at, before.ends_at)


def _freed_by(connection: Connection, line: RowMapping) -> Span | None:
    if line["verb"] == Verb.RESCHEDULE.value:
        return _moved_from(line["detail"])
    if line["verb"] != Verb.CANCEL.value:
        return None
    query = select(_VISIT.starts_at, _VISIT.ends_at, _VISIT.status)
    visit = connection.execute(query.where(_VISIT.id == line["appointment_id"])).one()
    if visit.status != Status.CANCELLED.value or visit.starts_at is None:
        return None
    return visit.starts_at, visit.ends_at


def _moved_from(detail: str) -> Span | None:
    """The time that a visit was moved away from, by the line of its history."""
    said = json.loads(detail)
    was, now = (
        {name: records.from_plain(name, said.get(when, {}).get(name)) for name in _SLOT}
        for when in ("was", "now")
    )
    # An end that is not told of stayed: the visit begins later and is shorter.
    start, end = was["starts_at"], was["ends_at"] or now["starts_at"]
    return (start, end) if start and end and start < end else None


def _left(connection: Connection, ids: Sequence[int], gap: Span) -> set[int]:
    """Visits that were moved away from that very time: nobody is asked to come back to it."""
    line = EVENT.c
    moves = connection.execute(
        select(line.appointment_id, line.detail).where(
            line.verb == literal_column("'reschedule'"), line.appointment_id.in_(ids)
        )
    )
    froms = ((row.appointment_id, _moved_from(row.detail)) for row in moves)
    return {one for one, span in froms if span and span[0] < gap[1] and span[1] > gap[0]}


def _free(connection: Connection, office: Context, gap: Span, now: datetime) -> Span | None:
    """The first stretch of it that is to come, long enough and not booked."""
    start, end = max(gap[0], _round_up(now)), gap[1]
    if end - start < SHORTEST:
        return None
    booked = diary.booked(connection, start, end)
    edges = sorted({start, end, *(e for span in booked for e in span if start < e < end)})
    found: list[Span] = []
    for begins, ends in pairwise(edges):
        if slots.crowd(booked, begins, ends) >= office.settings.slots.capacity:
            continue
        if found and found[-1][1] == begins:
            found[-1] = (found[-1][0], ends)
        else:
            found.append((begins, ends))
    return next((span for span in found if span[1] - span[0] >= SHORTEST), None)


def _round_up(now: datetime) -> datetime:
    """To the next five minutes, so that nobody is booked for an odd one."""
    step = SHORTEST // timedelta(seconds=1)
    return datetime.fromtimestamp(-(-now.timestamp() // step) * step, UTC)


def _queries(office: Context, gap: Span, now: datetime) -> Iterator[Select[Any]]:
    """By the index of the lists. Windows end on their day, or so long after it."""
    opens, closes = day_bounds(office_day(gap[0], office.zone), office.zone)
    requested = _VISIT.status == literal_column("'requested'")
    scheduled = _VISIT.status == literal_column("'scheduled'")
    order = _VISIT.sort_at, _VISIT.id
    today = office_day(gap[0], office.zone).isoformat()
    columns = select(
        *(_VISIT[name] for name in _COLUMNS), CLIENT.c.name, CLIENT.c.phone, CLIENT.c.sms_consent
    ).join(CLIENT, CLIENT.c.id == _VISIT.client_id)
    of_the_day = columns.where(
        requested,
        _VISIT.sort_at > opens,
        _VISIT.sort_at <= closes + EXACT,
        _VISIT.requested_date == today,
    )
    stale = columns.where(requested, _VISIT.sort_at <= now)
    later = columns.where(scheduled, _VISIT.sort_at >= gap[1])
    for query in (of_the_day, stale, later):
        yield query.order_by(*order).limit(SCANNED)


_COLUMNS = (
    "id",
    "version",
    "status",
    "requested_date",
    "band",
    "wish_time",
    "requested_until",
    "requested_at",
    "urgency",
    "starts_at",
    "ends_at",
    "change_asked_at",
    "service",
)


def _to_waiting(office: Context, row: RowMapping) -> refill.Waiting:
    starts_at, ends_at, wish = row["starts_at"], row["ends_at"], row["wish_time"]
    own = ends_at - starts_at if starts_at else diary.length_of(office, row["service"])
    return refill.Waiting(
        id=row["id"],
        status=Status(row["status"]),
        requested_date=date.fromisoformat(row["requested_date"]),
        band=row["band"],
        wish_time=time.fromisoformat(wish) if wish else None,
        requested_until=row["requested_until"],
        requested_at=row["requested_at"],
        urgency=Urgency(row["urgency"]),
        starts_at=starts_at,
        change_asked_at=row["change_asked_at"],
        length=own,
    )


def _to_candidate(
    one: refill.Ranked, row: RowMapping, gap: Span, no_texts: dict[int, str]
) -> Candidate:
    return Candidate(
        appointment_id=row["id"],
        version=row["version"],
        client_name=clean_line(row["name"]),
        phone=row["phone"],
        status=one.waiting.status,
        starts_at=gap[0],
        ends_at=gap[0] + one.waiting.length,
        reason=one.reason,
        no_text=no_texts.get(row["id"], ""),
    )


def best_for_texts(found: Sequence[Candidate], count: int = 3) -> tuple[int, ...]:
    """The first few who can be offered the time by SMS, by appointment."""
    return tuple(one.appointment_id for one in found if not one.no_text)[:count]
