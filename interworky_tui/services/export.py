"""Giving appointments out: all of them as CSV, which the import reads, and as JSON; the visits
as a calendar. In pieces of text, so that none of it waits for the rest.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import RowMapping, and_, select

from interworky_tui.domain.appointment import Status
from interworky_tui.domain.calendar import visit_uid
from interworky_tui.domain.text import clean_text
from interworky_tui.services import reading
from interworky_tui.services.contacts import show_phone
from interworky_tui.services.context import Context
from interworky_tui.storage.tables import APPOINTMENT, CLIENT, EVENT

COLUMNS = (
    "id", "status", "name", "phone", "email", "date", "band", "time", "service", "note",
    "urgency", "starts_at", "ends_at", "rating",
)  # fmt: skip
WITH_VISIT = (
    Status.SCHEDULED,
    Status.ATTENDED,
    Status.FEEDBACK_PENDING,
    Status.FEEDBACK_COLLECTED,
)
_FORMULA = re.compile(r"\s*'*[=+\-@]")


def as_csv(office: Context) -> Iterator[str]:
    """The lines, the header first. A cell that a spreadsheet would run begins with an apostrophe.

    The import takes that away again; phones need none, they are a plus sign and digits.
    """
    yield _line(COLUMNS)
    for listed in reading.everything(office):
        yield _line(_cells(reading.appointment_json(office, listed), listed))


def as_json(office: Context) -> Iterator[str]:
    """An array of the objects of a list, in pieces."""
    return json_array(reading.appointment_json(office, one) for one in reading.everything(office))


def json_array(objects: Iterable[dict[str, Any]]) -> Iterator[str]:
    """The text of an array, object by object, so that none of it waits for the rest.

    In ASCII, so that it survives every terminal and every pipe.
    """
    opened = False
    for one in objects:
        yield (",\n" if opened else "[\n") + json.dumps(one, indent=2)
        opened = True
    yield "\n]\n" if opened else "[]\n"


def as_ics(office: Context) -> Iterator[str]:
    """A calendar (RFC 5545) of the visits that have a time and were not cancelled, in UTC.

    A visit keeps its UID, so that importing a later export moves it and does not repeat it.
    """
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//interworky-tui//appointments//EN")
    calendar.add("x-wr-calname", office.settings.office.name)
    begin, end, rest = str(calendar.to_ical(), "utf-8").partition("END:VCALENDAR")
    yield begin
    for row in _visits(office):
        yield _visit(office, row)
    yield end + rest


def _visits(office: Context) -> Iterator[RowMapping]:
    """By their number, a part at a time, each with the moment of its latest change."""
    one, latest = APPOINTMENT.c, EVENT.c
    query = (
        select(APPOINTMENT, CLIENT.c.name, CLIENT.c.phone, latest.at)
        .join_from(APPOINTMENT, CLIENT)
        .join(EVENT, and_(latest.appointment_id == one.id, latest.version == one.version))
        .where(one.status.in_([status.value for status in WITH_VISIT]))
        .order_by(one.id)
        .limit(reading.AT_ONCE)
    )
    last = 0
    while True:
        with office.database.read() as connection:
            found = connection.execute(query.where(one.id > last)).mappings().all()
        yield from found
        if len(found) < reading.AT_ONCE:
            return
        last = found[-1]["id"]


def _visit(office: Context, row: RowMapping) -> str:
    from icalendar import Event

    phone = row["phone"] and show_phone(row["phone"], office.settings.office.country)
    event = Event()
    event.add("uid", visit_uid(row["id"], row["requested_at"]))
    event.add("dtstamp", row["at"])
    event.add("sequence", row["version"])
    event.add("dtstart", row["starts_at"])
    event.add("dtend", row["ends_at"])
    event.add("summary", ", ".join(filter(None, (row["name"], row["service"]))))
    event.add("description", "\n".join(filter(None, (phone, row["note"]))))
    event.add("status", "CONFIRMED")
    return str(event.to_ical(), "utf-8")


def _cells(told: dict[str, Any], listed: reading.Listed) -> Iterator[str]:
    one, client = listed.appointment, told["client"]
    values = told | {
        "name": _text(client["name"]),
        "phone": client["phone"],
        "email": _text(client["email"] or ""),
        "date": told["requested_date"],
        "time": f"{one.wish_time:%H:%M}" if one.wish_time else None,
        "service": _text(one.service),
        "note": _text(one.note),
        "urgency": one.urgency.value,
    }
    return ("" if values[name] is None else str(values[name]) for name in COLUMNS)


def _text(typed: str) -> str:
    text = clean_text(typed)
    return f"'{text}" if _FORMULA.match(text) else text


def _line(cells: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()
