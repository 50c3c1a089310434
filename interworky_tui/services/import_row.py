"""One line of an import: which column means what, and what its cells say."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time
from functools import lru_cache

from interworky_tui.domain.appointment import Urgency
from interworky_tui.domain.bands import Bands
from interworky_tui.domain.errors import BadInput
from interworky_tui.domain.text import clean_line, echo, fold
from interworky_tui.domain.typed_words import MONTHS
from interworky_tui.services.context import Context
from interworky_tui.services.csv_reading import UNREADABLE, BadFile
from interworky_tui.services.intake import NewRequest

ALIASES: Mapping[str, frozenset[str]] = {
    field: frozenset({field, *names.split()})
    for field, names in {
        "name": "full_name client client_name customer customer_name patient patient_name",
        "first_name": "firstname first given_name forename client_first_name",
        "last_name": "lastname last surname family_name client_last_name",
        "phone": "phone_number phone_no telephone telephone_number tel mobile mobile_number"
        " mobile_phone cell cell_phone cellphone client_phone",
        "email": "e_mail mail email_address e_mail_address client_email",
        "date": "day preferred_date requested_date appointment_date",
        "band": "part_of_day time_of_day preferred_band requested_band",
        "time": "hour preferred_time requested_time wish_time appointment_time",
        "service": "treatment service_name appointment_type",
        "note": "notes comment comments client_notes remark remarks",
        "urgency": "priority",
        "language": "lang preferred_language client_language",
    }.items()
}
"""The columns that an import knows, and the other names they go by, as _plain() writes them."""

_INSTEAD = {
    "name": ("last_name", "first_name"),
    "phone": ("email",),
    "email": ("phone",),
    "band": ("time",),
    "time": ("band",),
}
_SHOWN_COLUMNS = 15
_ISO = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})")
_LOCAL = re.compile(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})")
_DAY_NAMED = re.compile(r"([0-9]{1,2})\.?[ -]?([a-z]+)\.?,?[ -]?([0-9]{4})")
_NAMED_DAY = re.compile(r"([a-z]+)\.? ([0-9]{1,2}),? ([0-9]{4})")
_MIDNIGHT = re.compile(r"[T ]0?0:00(:00(\.0+)?)?$")
_CLOCK = re.compile(r"([0-9]{1,2})(?:[:h]([0-9]{2})(?::00(?:\.0+)?)?)?\s*(?:([ap])\.?m\.?)?")
_AS_TEXT = re.compile(r'="(.*)"', re.DOTALL)
_GUARDED = re.compile(r"'+[=+\-@\t\r]")


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the known columns are. ``header`` is as the file has it."""

    header: tuple[str, ...]
    places: Mapping[str, int]

    @property
    def ignored(self) -> tuple[str, ...]:
        known = set(self.places.values())
        return tuple(
            name or f"column {place + 1}"
            for place, name in enumerate(self.header)
            if place not in known
        )

    def title(self, field: str) -> str:
        """The file's own name for a field, or for what could stand in its place."""
        for name in (field, *_INSTEAD.get(field, ())):
            if name in self.places:
                return self.header[self.places[name]]
        return field


def find_columns(header: tuple[str, ...]) -> Columns:
    """Raises BadFile that lists what is there and what is needed."""
    places: dict[str, int] = {}
    for place, name in enumerate(header):
        field = next((f for f, aliases in ALIASES.items() if _plain(name) in aliases), None)
        if field is None:
            continue
        if field in places:
            raise BadFile(
                f"The columns '{header[places[field]]}' and '{name}' both mean {field};"
                " keep one of them."
            )
        places[field] = place
    if "name" in places and ("first_name" in places) != ("last_name" in places):
        raise BadFile("Give either one column name, or first_name and last_name, not a mixture.")
    wanted = {
        "name (or first_name and last_name)": {"name", "first_name", "last_name"},
        "phone or email": {"phone", "email"},
        "date": {"date"},
        "band or time": {"band", "time"},
    }
    missing = [told for told, fields in wanted.items() if not fields & places.keys()]
    if missing:
        raise BadFile(_lacks(header, missing))
    return Columns(header, places)


def read_cells(columns: Columns, cells: tuple[str, ...]) -> dict[str, str]:
    """The known cells by field, without what spreadsheets put around them. Raises BadInput."""
    width = len(columns.header)
    if len(cells) < width or any(cell.strip() for cell in cells[width:]):
        raise BadInput(f"The line has {len(cells)} cells where the header has {width}.")
    found = {field: _bare(cells[place]) for field, place in columns.places.items()}
    for field, text in found.items():
        if UNREADABLE in text:
            raise BadInput("Some characters cannot be read; save the file as UTF-8.", field)
        if "\0" in text:
            raise BadInput("There is a NUL character in it; the file was damaged.", field)
    return found


def read_request(office: Context, found: Mapping[str, str]) -> NewRequest:
    """What the cells say, before the rules of a request are applied. Raises BadInput."""
    name = found.get("name") or f"{found.get('first_name', '')} {found.get('last_name', '')}"
    band, wish = _read_when(office.bands, found.get("band", ""), found.get("time", ""))
    return NewRequest(
        name=name,
        phone=found.get("phone", ""),
        email=found.get("email", ""),
        date=read_date(found["date"], office.settings.office.day_first),
        band=band,
        wish_time=wish,
        service=found.get("service", ""),
        note=found.get("note", ""),
        urgency=_read_urgency(found.get("urgency", "")),
        language=found.get("language", ""),
    )


@lru_cache(maxsize=1024)
def read_date(text: str, day_first: bool) -> date:
    """ISO, with the month's name, or in figures in the office's order; always with the year.

    Raises BadInput.
    """
    line = _MIDNIGHT.sub("", re.sub(r"\s*([./-])\s*", r"\1", clean_line(text)))
    if not line:
        raise BadInput("Give the date.", "date")
    year, month, day = _date_parts(line, day_first)
    try:
        return date(year, month, day)
    except ValueError:
        order = "day/month/year" if day_first else "month/day/year"
        hint = "" if _ISO.fullmatch(line) else f" (read as {order})"
        raise BadInput(f"'{echo(line)}' is not a day of the calendar{hint}.", "date") from None


def _date_parts(line: str, day_first: bool) -> tuple[int, int, int]:
    if found := _ISO.fullmatch(line):
        year, month, day = found.groups()
    elif found := _LOCAL.fullmatch(line):
        first, second, year = found.groups()
        day, month = (first, second) if day_first else (second, first)
    elif found := _DAY_NAMED.fullmatch(line.casefold()):
        day, month, year = found.groups()
    elif found := _NAMED_DAY.fullmatch(line.casefold()):
        month, day, year = found.groups()
    else:
        raise BadInput(f"'{echo(line)}' is not a date; write it like 2026-03-20.", "date")
    number = int(month) if month.isdigit() else MONTHS.get(month)
    if number is None:
        raise BadInput(f"'{echo(line)}' has no month that is known.", "date")
    return int(year), number, int(day)


def _read_when(bands: Bands, band: str, clock: str) -> tuple[str, time | None]:
    """A band and an exact time; a part of the day is understood in the time's column, too."""
    band, clock = clean_line(band), clean_line(clock)
    known = _read_band(bands, band) if band else None
    if not clock:
        return band, None
    wish = read_clock(clock)
    if wish is None:
        named = _read_band(bands, clock, "time")
        if known and named != known:
            raise BadInput(f"'{echo(clock)}' is not the same as '{echo(band)}'.", "time")
        return clock, None
    return band, wish


def read_clock(line: str) -> time | None:
    """``14:30``, ``14h30``, ``2 pm``; None for what is not written as a time.

    Raises BadInput for an hour or a minute that does not exist.
    """
    found = _CLOCK.fullmatch(line.casefold())
    if not found or not (found[2] or found[3]):
        return None
    hour, minute, half = int(found[1]), int(found[2] or 0), found[3]
    if minute > 59 or (not 1 <= hour <= 12 if half else hour > 23):
        raise BadInput(f"'{echo(line)}' is not a time of the day.", "time")
    return time(hour % 12 + (12 if half == "p" else 0) if half else hour, minute)


def _read_band(bands: Bands, line: str, field: str = "band") -> str:
    try:
        return bands.parse(line).key
    except BadInput:
        known = _or(band.key for band in bands.all)
        what = "a time like 14:30" if field == "time" else "a part of the day"
        raise BadInput(f"'{echo(line)}' is not {what}; or use {known}.", field) from None


def _read_urgency(text: str) -> Urgency:
    line = clean_line(text)
    try:
        return Urgency(line.casefold()) if line else Urgency.MEDIUM
    except ValueError:
        raise BadInput(f"'{echo(line)}' is not {_or(Urgency)}.", "urgency") from None


def _or(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}"


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "_", fold(name)).strip("_")


def _bare(cell: str) -> str:
    """Without the apostrophe that keeps a formula from running, and without ``="..."``."""
    text = cell.strip()
    if found := _AS_TEXT.fullmatch(text):
        return found[1].strip()
    return text[1:] if _GUARDED.match(text) else text


def _lacks(header: tuple[str, ...], missing: list[str]) -> str:
    shown = [f"'{echo(name)}'" for name in header if name][:_SHOWN_COLUMNS]
    more = len(header) - len(shown)
    there = ", ".join(shown) + (f" and {more} more" if more > 0 else "") if shown else "none"
    return f"No column for {_and(missing)} was found; the file's columns are: {there}."


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
