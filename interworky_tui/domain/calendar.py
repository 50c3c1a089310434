"""Moments and the office's calendar: days, gaps and folds of its time zone, and how they read."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

YEARS = range(1900, 2200)
"""What a date may be in: beyond these it is a slip, and moments run out of range in some zones."""


def office_day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From local midnight to the next local midnight, in UTC: 23, 24 or 25 hours."""
    start = datetime.combine(day, time(), zone)
    end = datetime.combine(day + timedelta(days=1), time(), zone)
    return start.astimezone(UTC), end.astimezone(UTC)


def at_local(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The moment of a local date and time; the earlier one when the clock shows it twice."""
    return datetime.combine(day, at, zone).astimezone(UTC)


@lru_cache(maxsize=8192)
def moments_of(local: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """The moments (none, one or two, in order) at which the clock shows a naive local time.

    Found by a round trip through UTC: zoneinfo itself answers for times that do not exist.
    """
    found = []
    for fold in (0, 1):
        moment = local.replace(tzinfo=zone, fold=fold).astimezone(UTC)
        back = moment.astimezone(zone).replace(tzinfo=None)
        if back == local.replace(fold=0) and moment not in found:
            found.append(moment)
    return tuple(sorted(found))


def jump_over(local: datetime, zone: ZoneInfo) -> datetime:
    """The moment, in UTC, at which the clock is put forward over a naive local time of a gap."""
    before, after = sorted(local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def visit_uid(appointment_id: int, requested_at: datetime) -> str:
    """An appointment's name in calendars (RFC 5545), the same for all its life.

    The moment of the request never changes and tells the same number of two offices apart.
    """
    return f"{appointment_id}-{requested_at.astimezone(UTC):%Y%m%dT%H%M%S%f}@interworky-tui"


def say_day(day: date) -> str:
    """``Fri 20 Mar 2026``"""
    return f"{day:%a} {day.day} {day:%b %Y}"


def say_moment(moment: datetime, zone: ZoneInfo) -> str:
    """``Fri 20 Mar 2026, 14:30``, in the office's zone."""
    local = moment.astimezone(zone)
    return f"{say_day(local.date())}, {local:%H:%M}"


def say_span(seconds: float) -> str:
    """A short distance in time without its sign: ``now``, ``5 min``, ``3 h``, ``2 d``."""
    minutes = int(abs(seconds)) // 60
    if minutes < 1:
        return "now"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // (24 * 60)} d"


def say_wait(since: datetime, now: datetime) -> str:
    """How long somebody has waited, in few letters: ``0m``, ``12m``, ``1h05``."""
    hours, minutes = divmod(max(0, int((now - since).total_seconds())) // 60, 60)
    return f"{hours}h{minutes:02}" if hours else f"{minutes}m"
