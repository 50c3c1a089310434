"""Spans of time as the settings write them."""

import re
from datetime import date, time, timedelta


def parse_span(text: str) -> tuple[time, time]:
    """``"08:00-10:00"`` as two local times. Raises ValueError."""
    found = re.fullmatch(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})", text.strip())
    if not found:
        raise ValueError(f"'{text}' is not a span like 09:00-17:00")
    h1, m1, h2, m2 = map(int, found.groups())
    try:
        start, end = time(h1, m1), time(h2, m2)
    except ValueError:
        raise ValueError(f"'{text}' has an hour or minute that does not exist") from None
    if start >= end:
        raise ValueError(f"'{text}' ends before it begins")
    return start, end


def parse_lead(text: str) -> timedelta:
    """``"24h"``, ``"90m"`` or ``"2d"``: how long before a visit. Raises ValueError."""
    found = re.fullmatch(r"([1-9]\d{0,3})\s*([mhd])", text.strip().lower())
    if not found:
        raise ValueError(f"'{text}' is not a time before a visit like 24h, 90m or 2d")
    number, unit = int(found[1]), found[2]
    lead = timedelta(minutes=number * {"m": 1, "h": 60, "d": 1440}[unit])
    if not timedelta(minutes=15) <= lead <= timedelta(days=30):
        raise ValueError(f"'{text}' is not between 15m and 30d")
    return lead


def parse_night(text: str) -> tuple[time, time] | None:
    """``"20:00-08:00"`` as two local times, over midnight or not; "" is None. Raises ValueError."""
    if not text.strip():
        return None
    found = re.fullmatch(r"(\d{1,2}:\d{2})\s*-\s*(\d{1,2}:\d{2})", text.strip())
    try:
        if not found:
            raise ValueError
        start, end = (time.fromisoformat(part.zfill(5)) for part in found.groups())
    except ValueError:
        raise ValueError(f"'{text}' is not a span like 20:00-08:00") from None
    if start == end:
        raise ValueError(f"'{text}' ends when it begins; leave it empty for none")
    return start, end


def parse_days(text: str) -> tuple[date, date]:
    """``"2026-12-24"`` or ``"2026-12-24..2026-12-31"`` as first and last day. Raises ValueError."""
    first, _, last = text.strip().partition("..")
    try:
        start, end = date.fromisoformat(first.strip()), date.fromisoformat((last or first).strip())
    except ValueError:
        raise ValueError(
            f"'{text}' is not a day like 2026-12-24, or 2026-12-24..2026-12-31"
        ) from None
    if end < start:
        raise ValueError(f"'{text}' ends before it begins")
    return start, end
