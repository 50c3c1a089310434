"""An office for the tests of slots: its rules, its bands, and visits on its days."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from interworky_tui.domain.bands import Band
from interworky_tui.domain.slots import Rules, Span

BERLIN = ZoneInfo("Europe/Berlin")
FRIDAY = date(2026, 3, 20)
MONDAY_0910 = datetime(2026, 3, 16, 8, 10, tzinfo=UTC)
MINUTE, HALF_HOUR = timedelta(minutes=1), timedelta(minutes=30)
EARLY = Band("early_morning", time(8), time(10))
MORNING = Band("morning", time(10), time(12))
EVENING = Band("evening", time(20), time(22))
GOOD_FRIDAY = date(2026, 4, 3)
WEEKDAYS = Rules(
    zone=BERLIN,
    hours=((time(8), time(20)),) * 5 + (None, None),
    breaks=((time(13), time(14)),),
    closed=lambda day: "Good Friday" if day == GOOD_FRIDAY else None,
    capacity=1,
    step=timedelta(minutes=15),
    lead=timedelta(minutes=15),
)


def rules(**other: Any) -> Rules:
    """Weekdays from eight to eight without lunch, one visit at a time."""
    return replace(WEEKDAYS, **other)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), BERLIN).astimezone(UTC)


def visit(hour: int, minute: int, until: tuple[int, int], day: date = FRIDAY) -> Span:
    return at(day, hour, minute), at(day, *until)
