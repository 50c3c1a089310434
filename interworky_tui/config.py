"""Typed settings: one TOML file, every key overridable by an environment variable.

``INTERWORKY_TUI_<SECTION>__<KEY>`` wins over the file. Unknown keys and bad values are
refused by name and, in the file, by line. Defaults suit an office that has set nothing.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from datetime import time
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

PREFIX = "INTERWORKY_TUI_"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class BadSettings(Exception):
    """One sentence that names the key and the line, or the variable."""


class Section(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    pass


def doc(text: str, **limits: Any) -> Meta:
    return Meta(description=text, **limits)


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


def zone(name: str) -> ZoneInfo:
    """The zone by its IANA name, or this machine's. Raises ValueError for an unknown name."""
    if not name:
        import tzlocal

        name = tzlocal.get_localzone_name() or "UTC"
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"timezone '{name}' is not known; use a name like Europe/Berlin") from None


class Hours(Section, frozen=True):
    mon: Annotated[str, doc("Opening hours; an empty text means closed")] = "08:00-20:00"
    tue: Annotated[str, doc("as above")] = "08:00-20:00"
    wed: Annotated[str, doc("as above")] = "08:00-20:00"
    thu: Annotated[str, doc("as above")] = "08:00-20:00"
    fri: Annotated[str, doc("as above")] = "08:00-20:00"
    sat: Annotated[str, doc("as above")] = ""
    sun: Annotated[str, doc("as above")] = ""

    def __post_init__(self) -> None:
        for day in DAYS:
            self.of(DAYS.index(day))

    def of(self, weekday: int) -> tuple[time, time] | None:
        """The hours of a weekday (Monday is 0), None when closed."""
        text = cast(str, getattr(self, DAYS[weekday]))
        return parse_span(text) if text.strip() else None

    def widest(self) -> tuple[time, time]:
        """The earliest opening and the latest closing of the week."""
        spans = [span for day in range(7) if (span := self.of(day))]
        if not spans:
            return time(8), time(20)
        return min(s for s, _ in spans), max(e for _, e in spans)


class Office(Section, frozen=True):
    name: Annotated[str, doc("How messages sign")] = "Our office"
    phone: Annotated[str, doc("Where the office gets its SMS, and what clients may call")] = ""
    email: Annotated[str, doc("Where the office gets its emails")] = ""
    timezone: Annotated[str, doc("IANA name; empty means this machine's zone")] = ""
    country: Annotated[str, doc("Two letters; how national phone numbers are read")] = "US"
    locale_day_first: Annotated[bool, doc("12/3 is the 12th of March")] = True
    hours: Annotated[Hours, doc("Opening hours by weekday; they decide am or pm")] = Hours()

    def __post_init__(self) -> None:
        if not re.fullmatch("[A-Z]{2}", self.country):
            raise ValueError(f"country '{self.country}' is not a two-letter code like US or DE")
        zone(self.timezone)


class BandHours(Section, frozen=True):
    early_morning: Annotated[str, doc("Local time, from-to")] = "08:00-10:00"
    morning: Annotated[str, doc("Local time, from-to")] = "10:00-12:00"
    afternoon: Annotated[str, doc("Local time, from-to")] = "12:00-17:00"
    evening: Annotated[str, doc("Local time, from-to")] = "17:00-20:00"

    def __post_init__(self) -> None:
        spans = sorted(self.spans().values())
        for (_, end), (start, _) in pairwise(spans):
            if start < end:
                raise ValueError("bands overlap; let each begin where another ends")

    def spans(self) -> dict[str, tuple[time, time]]:
        return {key: parse_span(getattr(self, key)) for key in self.__struct_fields__}


class ByChannel(Section, frozen=True):
    email: bool = True
    sms: bool = True


class ByRecipient(Section, frozen=True):
    client: ByChannel = ByChannel()
    office: ByChannel = ByChannel()


class Matrix(Section, frozen=True):
    requested: Annotated[ByRecipient, doc("client.email, client.sms, office.email, office.sms")] = (
        ByRecipient()
    )
    scheduled: Annotated[ByRecipient, doc("as above")] = ByRecipient()
    rescheduled: Annotated[ByRecipient, doc("as above")] = ByRecipient()
    attended: Annotated[ByRecipient, doc("as above")] = ByRecipient()
    feedback_requested: Annotated[ByRecipient, doc("as above")] = ByRecipient()
    feedback_collected: Annotated[ByRecipient, doc("as above")] = ByRecipient()
    cancelled: Annotated[ByRecipient, doc("as above")] = ByRecipient()

    def allows(self, event: str, recipient: str, channel: str) -> bool:
        """Whether a message is switched on; what is outside the 28 always is."""
        by_recipient = getattr(self, event, None)
        return by_recipient is None or bool(getattr(getattr(by_recipient, recipient), channel))


class Messages(Section, frozen=True):
    undo_seconds: Annotated[
        int, doc("How long a change can be undone before word of it leaves", ge=0, le=600)
    ] = 10
    matrix: Annotated[Matrix, doc("Which of the 28 messages are sent")] = Matrix()


class Feedback(Section, frozen=True):
    low_rating: Annotated[
        int, doc("The office is told at once of this rating and worse", ge=0, le=5)
    ] = 3


class Database(Section, frozen=True):
    url: Annotated[str, doc("SQLAlchemy URL; empty means an SQLite file in the data folder")] = ""


class Desk(Section, frozen=True):
    actor: Annotated[str, doc("The name in the history; empty means the login")] = ""
    theme: Annotated[str, doc("desk-dark, desk-dusk, desk-light or desk-paper")] = "desk-dark"
    refresh_ms: Annotated[int, doc("How often to look for changes by others", ge=50, le=10_000)] = (
        200
    )


class Settings(Section, frozen=True):
    office: Office = Office()
    bands: BandHours = BandHours()
    messages: Messages = Messages()
    feedback: Feedback = Feedback()
    database: Database = Database()
    desk: Desk = Desk()

    @property
    def zone(self) -> ZoneInfo:
        return zone(self.office.timezone)

    @property
    def actor(self) -> str:
        if self.desk.actor:
            return self.desk.actor
        import getpass

        try:
            return getpass.getuser()
        except (OSError, KeyError):
            return "desk"


def load(file: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """Read the file (none is fine) and the environment. Raises BadSettings."""
    text = _read(file)
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadSettings(f"{file.name} is not valid TOML: {error}.") from None
    _convert(raw, lambda path: _where(file, text, path))
    overrides = _overrides(os.environ if environment is None else environment)
    for names, value in overrides.items():
        _put(raw, names, value)
    return _convert(raw, lambda path: _variable(path, overrides))


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(f"{file} cannot be read as text ({type(error).__name__}).") from None


def _convert(raw: dict[str, Any], where: Any) -> Settings:
    try:
        return msgspec.convert(raw, Settings, strict=False)
    except msgspec.ValidationError as error:
        message, _, tail = str(error).partition(" - at `$")
        path = [part for part in tail.rstrip("`").split(".") if part]
        unknown = re.search(r"unknown field `(.+?)`", message)
        if unknown:
            path.append(unknown[1])
            message = "is not a setting"
        raise BadSettings(f"{where(path)}: {message}.") from None


def _overrides(environment: Mapping[str, str]) -> dict[tuple[str, ...], Any]:
    found: dict[tuple[str, ...], Any] = {}
    for name, value in environment.items():
        if name.startswith(PREFIX) and "__" in name:
            keys = tuple(name.removeprefix(PREFIX).lower().split("__"))
            found[keys] = value
    return found


def _put(raw: dict[str, Any], names: tuple[str, ...], value: Any) -> None:
    for name in names[:-1]:
        inner = raw.setdefault(name, {})
        if not isinstance(inner, dict):
            raise BadSettings(f"{PREFIX}{'__'.join(names).upper()}: there is no such setting.")
        raw = inner
    raw[names[-1]] = value


def _variable(path: list[str], overrides: Mapping[tuple[str, ...], Any]) -> str:
    exact = next((n for n in overrides if list(n) == path), None)
    names = exact or next((n for n in overrides if list(n[: len(path)]) == path), tuple(path))
    return PREFIX + "__".join(names).upper()


def _where(file: Path, text: str, path: list[str]) -> str:
    name = ".".join(path) or "the file"
    line = _line_of(text, path)
    return f"{file.name}, line {line}, {name}" if line else f"{file.name}, {name}"


def _line_of(text: str, path: list[str]) -> int | None:
    """The line on which a key stands: under its [table], or the table's own line."""
    table: list[str] = []
    best: int | None = None
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[\s*([^\]]+?)\s*\]", line)
        if header:
            table = [part.strip().strip("\"'") for part in header[1].split(".")]
            if table == path:
                best = number
            continue
        key = re.match(r"\s*([\w.\"' -]+?)\s*=", line)
        if key:
            full = table + [part.strip().strip("\"'") for part in key[1].split(".")]
            if full == path:
                return number
            if path[: len(full)] == full:
                best = number
    return best
