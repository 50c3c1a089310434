"""Whether the office's day is over."""

from datetime import datetime
from zoneinfo import ZoneInfo

from interworky_tui.config import Office


def is_closed(office: Office, zone: ZoneInfo, now: datetime) -> bool:
    """The hours of the weekday are over, have not begun, or there are none."""
    local = now.astimezone(zone)
    hours = office.hours.of(local.weekday())
    return hours is None or not hours[0] <= local.time() < hours[1]
