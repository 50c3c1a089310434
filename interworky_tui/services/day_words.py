"""How a day reads, at the desk and at the command line."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from interworky_tui.domain.appointment import Status
from interworky_tui.domain.calendar import say_day, say_span
from interworky_tui.domain.slots import Span
from interworky_tui.services.day import DaySheet, Visit

_MINUTE = timedelta(minutes=1)


def states(visit: Visit, now: datetime) -> tuple[str, ...]:
    """``DOUBLE``, ``DUE``, ``HERE 12 min``, ``MOVE``, ``CONF``, ``CAME``: what holds, weightiest
    first.
    """
    said = ["DOUBLE"] if visit.double else []
    if visit.status is not Status.SCHEDULED:
        return (*said, "CAME")
    if visit.is_due(now):
        said.append("DUE")
    if visit.arrived_at:
        waited = say_span((now - visit.arrived_at).total_seconds())
        said.append("HERE" if waited == "now" else f"HERE {waited}")
    if visit.change_asked:
        said.append("MOVE")
    elif visit.confirmed:
        said.append("CONF")
    return tuple(said)


def in_words(visit: Visit, now: datetime) -> tuple[str, ...]:
    """The same for a screen reader: ``in the waiting room for 12 min``."""
    said = ["double booking, on purpose" if visit.override else "double booking"]
    said = said if visit.double else []
    if visit.status is not Status.SCHEDULED:
        return (*said, "came")
    if visit.is_due(now):
        said.append("due")
    if visit.arrived_at:
        waited = say_span((now - visit.arrived_at).total_seconds())
        here = "in the waiting room"
        said.append(here if waited == "now" else f"{here} for {waited}")
    if visit.change_asked:
        said.append("asks for another time")
    elif visit.confirmed:
        said.append("confirmed")
    return tuple(said)


def say_length(length: timedelta) -> str:
    """``45 min``, ``1 h``, ``2 h 15 min``"""
    hours, minutes = divmod(length // _MINUTE, 60)
    parts = [f"{hours} h"] if hours else []
    return " ".join([*parts, f"{minutes} min"] if minutes or not hours else parts)


def say_times(span: Span, zone: ZoneInfo, dash: str = "-") -> str:
    """``10:00-10:30``, in the office's zone."""
    start, end = (moment.astimezone(zone) for moment in span)
    return f"{start:%H:%M}{dash}{end:%H:%M}"


def say_open(sheet: DaySheet, zone: ZoneInfo) -> str:
    """``open 08:00-20:00, break 12:00-13:00``, or why it is closed."""
    if sheet.closed:
        return f"closed: {sheet.closed}"
    if not sheet.open:
        return "closed all day"
    said = f"open {say_times((sheet.open[0][0], sheet.open[-1][1]), zone)}"
    breaks = [say_times(span, zone) for span in sheet.breaks]
    return said + (f", break {' and '.join(breaks)}" if breaks else "")


def say_counts(sheet: DaySheet) -> str:
    """``12 visits, 4 came, 2 due, 1 double booked; 3 h 30 min free``"""
    counts = sheet.counts
    number = counts.scheduled + counts.came
    said = [f"{number} visit{'' if number == 1 else 's'}" if number else "no visits"]
    for count, what in (
        (counts.came, "came"),
        (counts.due, "due"),
        (counts.waiting, "in the waiting room"),
        (counts.double, "double booked"),
        (counts.cancelled, "cancelled"),
    ):
        if count:
            said.append(f"{count} {what}")
    free = sum(((end - start) for start, end in sheet.gaps), timedelta())
    room = f"; {say_length(free)} free" if free else ""
    wishes = counts.requests
    asked = f"; {wishes} request{'' if wishes == 1 else 's'} for this day" if wishes else ""
    return ", ".join(said) + room + asked


def say_title(sheet: DaySheet, zone: ZoneInfo) -> str:
    """``Mon 16 Mar 2026, today``"""
    return say_near(sheet.day, sheet.now.astimezone(zone).date())


def say_near(day: date, today: date) -> str:
    """``Tue 17 Mar 2026, tomorrow``"""
    near = {0: ", today", 1: ", tomorrow", -1: ", yesterday"}.get((day - today).days, "")
    return f"{say_day(day)}{near}"
