"""Who of those that wait fits a time that came free, and in which order they are asked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import IntEnum
from zoneinfo import ZoneInfo

from interworky_tui.domain.appointment import Status, Urgency
from interworky_tui.domain.bands import Bands
from interworky_tui.domain.calendar import office_day, say_moment, say_span


class Fit(IntEnum):
    """Why somebody fits, the best first."""

    EXACT = 0
    """They asked for that very time."""
    BAND = 1
    """They asked for that day and that part of it."""
    DAY = 2
    """They asked for that day."""
    STALE = 3
    """What they asked for has passed, and nobody gave them a time."""
    ASKED = 4
    """They have a later time in that part of the day, and asked for another one."""
    LATER = 5
    """They have a later time in that part of the day."""


_URGENCY = (Urgency.URGENT, Urgency.HIGH, Urgency.MEDIUM, Urgency.LOW)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request, or a visit that has a time; ``length`` is how long it takes."""

    id: int
    status: Status
    requested_date: date
    band: str | None
    wish_time: time | None
    requested_until: datetime
    requested_at: datetime
    urgency: Urgency
    starts_at: datetime | None
    change_asked_at: datetime | None
    length: timedelta


@dataclass(frozen=True, slots=True)
class Ranked:
    waiting: Waiting
    fit: Fit
    reason: str


def rank(
    waiting: Iterable[Waiting],
    gap: tuple[datetime, datetime],
    *,
    zone: ZoneInfo,
    bands: Bands,
    now: datetime,
    most: int,
) -> Sequence[Ranked]:
    """The first who fit the gap from its start on: by how well, urgency, and how long they wait."""
    fits = [(one, fit_of(one, gap, zone=zone, bands=bands, now=now)) for one in waiting]
    found = sorted(((one, fit) for one, fit in fits if fit is not None), key=_order)
    return [
        Ranked(one, fit, say_why(one, fit, zone=zone, bands=bands, now=now))
        for one, fit in found[:most]
    ]


def fit_of(
    one: Waiting,
    gap: tuple[datetime, datetime],
    *,
    zone: ZoneInfo,
    bands: Bands,
    now: datetime,
) -> Fit | None:
    """None for who does not fit, or waits for nothing. The gap's start decides its band."""
    start, end = gap
    if one.length > end - start:
        return None
    at = start.astimezone(zone).time()
    band = bands.containing(at)
    if one.status is Status.SCHEDULED:
        if one.starts_at is None or one.starts_at < end:
            return None
        if bands.containing(one.starts_at.astimezone(zone).time()) != band:
            return None
        return Fit.ASKED if one.change_asked_at else Fit.LATER
    if one.status is not Status.REQUESTED:
        return None
    if one.requested_date == office_day(start, zone):
        if one.wish_time is not None and one.wish_time == at:
            return Fit.EXACT
        wished = bands.containing(one.wish_time) if one.wish_time else bands.get(one.band)
        return Fit.BAND if wished is not None and wished == band else Fit.DAY
    return Fit.STALE if one.requested_until <= now else None


def say_why(one: Waiting, fit: Fit, *, zone: ZoneInfo, bands: Bands, now: datetime) -> str:
    """The reason in words, without a full stop."""
    if one.starts_at is not None:
        has = say_moment(one.starts_at, zone)
        said = f"wants another time than {has}" if fit is Fit.ASKED else f"has {has}"
    elif fit is Fit.EXACT:
        said = "asked for this very time"
    else:
        part = bands.label(one.band).lower()
        part = f"{one.wish_time:%H:%M}" if one.wish_time else part
        day = one.requested_date
        said = f"asked for {day:%a} {day.day} {day:%b}, {part}"
        said += ", which has passed" if fit is Fit.STALE else ""
    urgent = f"{one.urgency.value.upper()}: " if one.urgency in _URGENCY[:2] else ""
    waits = say_span((now - one.requested_at).total_seconds())
    since = "" if waits == "now" or fit in (Fit.ASKED, Fit.LATER) else f"; waits {waits}"
    return f"{urgent}{said}{since}"


def _order(found: tuple[Waiting, Fit]) -> tuple[int, int, datetime, int]:
    waiting, fit = found
    return fit, _URGENCY.index(waiting.urgency), waiting.requested_at, waiting.id
