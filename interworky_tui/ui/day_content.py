"""A day in lines and its week in a strip. Pure: content and widths, no widgets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from textual.content import Content

from interworky_tui.domain.text import clean_line
from interworky_tui.services import day_words as words
from interworky_tui.ui.widgets.list_columns import fit
from interworky_tui.ui.widgets.timeline import TimeLine

if TYPE_CHECKING:
    from interworky_tui.domain.slots import Span
    from interworky_tui.services.day import DayLoad, DaySheet, Visit
    from interworky_tui.ui.card_content import Told

_BARS = "▁▂▃▄▅▆▇█"
_STATES = 24
_TIMES = 11
_LEAST_NAME, _MOST_NAME = 14, 34
_LEAST_SERVICE, _MOST_SERVICE = 10, 28
_PHONE = 18
_ROOM_FOR_PHONE = 100
_LOOKS = {
    "DOUBLE": "$text-error bold reverse",
    "DUE": "$text-success bold",
    "HERE": "$text-accent bold",
    "MOVE": "$text-warning bold",
    "CONF": "$text-success",
    "CAME": "$text-muted",
    "MOVING": "bold reverse",
}


def visit_id(appointment_id: int) -> str:
    return f"visit-{appointment_id}"


def id_of_visit(line_id: str) -> int | None:
    """The appointment of a line; None when it is none."""
    kind, _, number = line_id.partition("-")
    return int(number) if kind == "visit" else None


def gap_id(span: Span) -> str:
    """By its end: the start of a gap that has begun moves with the clock."""
    return f"gap-{span[1]:%Y%m%dT%H%M}"


def lines(sheet: DaySheet, told: Told, width: int, moving: Visit | None) -> list[TimeLine]:
    """Everything of the day by time; the present stands between what began and what will."""
    of_visit, of_gap = partial(_visit_line, sheet, told, width, moving), partial(_gap_line, told)
    found = [
        TimeLine(visit.starts_at, partial(of_visit, visit), visit_id(visit.id))
        for visit in sheet.visits
    ]
    found += [
        TimeLine(span[0], partial(of_gap, width, moving, span), gap_id(span)) for span in sheet.gaps
    ]
    for spans, said, look in (
        (sheet.breaks, "break", "$text-muted"),
        (sheet.held, "held: offered by SMS", "$text-warning"),
    ):
        found += [TimeLine(span[0], partial(_between, span, told, said, look)) for span in spans]
    found.sort(key=lambda line: (line.at, not line.id.startswith("visit")))
    if told.now.astimezone(told.zone).date() == sheet.day:
        local = told.now.astimezone(told.zone)
        rule = f" {local:%H:%M} ── now ".ljust(max(0, width - 1), "─")
        place = sum(line.at <= told.now for line in found)
        found.insert(place, TimeLine(told.now, partial(Content.styled, rule, "$primary bold")))
    said = f" {_nothing(sheet)}"
    return found or [TimeLine(sheet.now, partial(Content.styled, said, "$text-muted"))]


def _nothing(sheet: DaySheet) -> str:
    return f"Closed: {sheet.closed}. No visits." if sheet.closed else "No visits."


def _visit_line(
    sheet: DaySheet, told: Told, width: int, moving: Visit | None, visit: Visit
) -> Content:
    lifted = moving is not None and moving.id == visit.id
    name, service, phone = _widths(width)
    parts = [
        Content("»" if lifted else " "),
        Content.styled(_times(visit.span, sheet, told), "bold"),
        Content(f"  {fit(clean_line(visit.client_name), name)}  "),
        Content.styled(fit(clean_line(visit.service), service), "$text-muted"),
    ]
    if phone:
        number = told.phone(visit.phone) if visit.phone else clean_line(visit.email or "")
        parts.append(Content(f"  {fit(number, phone)}"))
    states = (("MOVING",) if lifted else ()) + words.states(visit, told.now)
    parts += [Content("  "), *_marked(states)]
    return Content.assemble(*parts)


def _times(span: Span, sheet: DaySheet, told: Told) -> str:
    """What runs over midnight is shown as it is on this day."""
    start, end = (moment.astimezone(told.zone) for moment in span)
    before, after = start.date() < sheet.day, end.date() > sheet.day and f"{end:%H:%M}" != "00:00"
    return f"{'..:..' if before else f'{start:%H:%M}'}-{'..:..' if after else f'{end:%H:%M}'}"


def _widths(width: int) -> tuple[int, int, int]:
    """Of the name, the service and the phone."""
    phone = _PHONE if width >= _ROOM_FOR_PHONE else 0
    left = width - 1 - _TIMES - _STATES - 6 - (phone + 2 if phone else 0)
    name = max(_LEAST_NAME, min(_MOST_NAME, left * 3 // 5))
    return name, max(_LEAST_SERVICE, min(_MOST_SERVICE, left - name)), phone


def _marked(states: Sequence[str]) -> Iterator[Content]:
    for number, state in enumerate(states):
        if number:
            yield Content(" ")
        yield Content.styled(state, _LOOKS[state.split()[0]])


def _gap_line(told: Told, width: int, moving: Visit | None, span: Span) -> Content:
    length = span[1] - span[0]
    said, look = f"free {words.say_length(length)}", "$text-success"
    if moving is not None and length < moving.length:
        said, look = f"{said}, too short for {words.say_length(moving.length)}", "$text-muted"
    return _between(span, told, fit(said, width - 16), look)


def _between(span: Span, told: Told, said: str, look: str) -> Content:
    times = words.say_times(span, told.zone)
    return Content.assemble(f" {times}  ", Content.styled(f"· {said}", look))


def heading(sheet: DaySheet, told: Told) -> Content:
    return Content.assemble(
        Content.styled(f" {words.say_title(sheet, told.zone)}", "bold"),
        Content.styled(
            f"   {words.say_open(sheet, told.zone)}", "$warning" if sheet.closed else "$text-muted"
        ),
    )


def turning(day: date, today: date) -> Content:
    """The heading until the day is read."""
    said = Content.styled(f" {words.say_near(day, today)}", "bold")
    return Content.assemble(said, Content.styled("   …", "$text-muted"))


def counted(sheet: DaySheet) -> Content:
    return Content(f" {words.say_counts(sheet)}")


def moving_words(visit: Visit, told: Told) -> Content:
    """What is in the hand, and what can be done with it."""
    start = visit.starts_at.astimezone(told.zone)
    return Content.styled(
        f" MOVING {clean_line(visit.client_name)}, {start:%a} {start.day} {start:%b %H:%M},"
        f" {words.say_length(visit.length)}: choose where it is free",
        "$warning bold",
    )


def gap_words(gap: Span, moving: Visit | None, told: Told) -> Content:
    """What Enter does on free time."""
    if moving is None:
        said = "Enter gives it to somebody who waits; t on a visit picks that up to put it here"
    elif gap[1] - gap[0] < moving.length:
        said = f"Shorter than the visit: {words.say_length(moving.length)}"
    else:
        said = f"Enter puts {clean_line(moving.client_name)} here, from {_clock(gap[0], told)} on"
    return Content.styled(f" {said}", "$text-muted")


def _clock(moment: datetime, told: Told) -> str:
    return f"{moment.astimezone(told.zone):%H:%M}"


def in_full(visit: Visit, told: Told) -> Content:
    """The visit under the cursor, with what has no room in its line."""
    contact = told.phone(visit.phone) if visit.phone else visit.email or ""
    parts = [visit.client_name, contact, visit.service, *words.in_words(visit, told.now)]
    return Content(f" {', '.join(filter(None, map(clean_line, parts)))}")


def strip(week: Sequence[DayLoad], day: date, today: date, width: int) -> Content:
    """Two lines: the seven days, the shown one in brackets, and how full each is."""
    column = (width - 1) // 7
    names, loads = [Content(" ")], [Content(" ")]
    for load in week:
        names.append(_day_name(load.day, day, today, column))
        loads.append(_load(load, column))
    return Content.assemble(*names, "\n", *loads)


def _day_name(day: date, shown: date, today: date, column: int) -> Content:
    word = "Today" if day == today and column > len("[Today 23]") else f"{day:%a}"
    name = f"{word} {day.day}"
    text = f"[{name}]" if day == shown else f" {name}"
    style = "bold reverse" if day == shown else "bold" if day == today else ""
    return Content.assemble(Content.styled(text, style), " " * (column - len(text)))


def _load(load: DayLoad, column: int) -> Content:
    """``▃ 5``, ``█ 12 full``, ``6 double``, ``closed``; the bar goes first when it is tight."""
    word = "double" if load.double else "closed" if load.closed else "full" if load.full else ""
    count = str(load.visits) if load.visits or not load.closed else ""
    said = " ".join(filter(None, (count, word)))
    bar = "" if load.closed else _bar(load, column - 10)
    if bar and len(bar) + len(said) + 2 < column:
        said = f"{bar} {said}"
    style = "$text-muted" if load.closed else "$text-warning" if load.full else "$text-success"
    style = "$text-error bold" if load.double else style
    return Content.styled(f" {said}".ljust(column)[:column], style)


def _bar(load: DayLoad, room: int) -> str:
    """How much of the open time is booked: as height in one cell, or as length in several."""
    share = min(1.0, load.booked / load.open) if load.open else 0.0
    if room < 6:
        return _BARS[round(share * 7)] if load.visits else "·"
    filled = max(round(share * room), 1 if load.visits else 0)
    return "█" * filled + "·" * (room - filled)


def following(day: date, days: int) -> date:
    """``days`` on; the calendar's own ends are never passed."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return day
