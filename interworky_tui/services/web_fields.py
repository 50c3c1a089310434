"""A request as strangers write it: every field is read, and all that is wrong is told at once."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date as Date
from datetime import datetime, time
from enum import StrEnum
from typing import TypeVar

from interworky_tui.domain.appointment import Urgency
from interworky_tui.domain.calendar import YEARS, office_day
from interworky_tui.domain.errors import BadInput, Refusal
from interworky_tui.domain.language import clean_language
from interworky_tui.domain.text import clean_line, clean_text, echo, fold
from interworky_tui.services import intake
from interworky_tui.services.contacts import clean_email, clean_phone
from interworky_tui.services.context import Context

LONGEST_NAME = 120
"""Shorter than at the desk: what strangers write here goes out in messages to others."""
LONGEST_PHONE = 40
LONGEST_EMAIL = 254
LONGEST_TAG = 35

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
_ADDRESS = re.compile(r"://|www\.|@", re.IGNORECASE)

T = TypeVar("T")


class Kind(StrEnum):
    """What is wrong with a field, for who says it in words of their own."""

    NEEDED = "needed"
    UNREADABLE = "unreadable"
    TOO_LONG = "too_long"
    PAST = "past"
    TOO_FAR = "too_far"
    COUNTRY = "country"
    MISMATCH = "mismatch"
    """It contradicts another field."""
    UNKNOWN = "unknown"
    """There is no such field."""


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """``field`` is a name of WebRequest's, and ``sentence`` is English."""

    field: str
    sentence: str
    kind: Kind = Kind.UNREADABLE


class BadFields(Refusal):
    """All that is wrong with a request, at most one problem a field, in the order of the form."""

    title = "Please check what you typed"

    def __init__(self, problems: Iterable[FieldProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__(" ".join(problem.sentence for problem in self.problems))


@dataclass(frozen=True, slots=True, kw_only=True)
class WebRequest:
    """A request as it was written, all in text; "" is not given.

    ``date`` is YYYY-MM-DD and ``time`` HH:MM, both the office's; a ``band`` or a time is needed,
    as are a phone or an email. ``consent`` is to texts. ``key`` is the name of the API's key that
    it was sent with, "" for the public form.
    """

    name: str = ""
    phone: str = ""
    email: str = ""
    date: str = ""
    band: str = ""
    time: str = ""
    service: str = ""
    note: str = ""
    urgency: str = ""
    language: str = ""
    consent: bool = False
    key: str = ""

    @property
    def source(self) -> str:
        return "api" if self.key else "web"

    @property
    def actor(self) -> str:
        """Who the history says it was."""
        return f"api:{self.key}" if self.key else "web"


class _Wrong(BadInput):
    def __init__(self, field: str, sentence: str, kind: Kind) -> None:
        super().__init__(sentence, field)
        self.kind = kind


@dataclass(slots=True)
class _Problems:
    found: dict[str, FieldProblem] = field(default_factory=dict)

    def take(self, name: str, read: Callable[[], T], instead: T) -> T:
        """What is read, or ``instead`` of it when it is refused."""
        try:
            return read()
        except BadInput as error:
            kind = error.kind if isinstance(error, _Wrong) else Kind.UNREADABLE
            self.add(FieldProblem(name, error.sentence, kind))
            return instead

    def add(self, problem: FieldProblem) -> None:
        self.found.setdefault(problem.field, problem)


def read_fields(office: Context, new: WebRequest, now: datetime) -> intake.CleanRequest:
    """The request as it can be stored. Raises BadFields with everything that is wrong."""
    problems = _Problems()
    today = office_day(now, office.zone)
    name = problems.take("name", lambda: _name(new.name), "")
    phone = problems.take("phone", lambda: _phone(office, new.phone), None)
    email = problems.take("email", lambda: _email(new.email), None)
    if not (clean_line(new.phone) or clean_line(new.email)):
        told = "Give a phone number or an email, so that we can answer."
        problems.add(FieldProblem("phone", told, Kind.NEEDED))
    day = problems.take("date", lambda: _date(new.date, today), today)
    wish = problems.take("time", lambda: _time(new.time), None)
    band = None
    if "time" not in problems.found:
        band = problems.take("band", lambda: _band(office, new.band, wish), None)
    asked = intake.CleanRequest(
        name=name,
        phone=phone,
        email=email,
        date=day,
        band=band,
        wish_time=wish,
        service=problems.take("service", lambda: _service(new.service), ""),
        note=problems.take("note", lambda: _note(new.note), ""),
        urgency=problems.take("urgency", lambda: _urgency(new.urgency), Urgency.MEDIUM),
        language=problems.take("language", lambda: clean_language(new.language), None),
        source=new.source,
        sms_consent=new.consent,
    )
    when_is_good = not problems.found.keys() & {"date", "band", "time"}
    if when_is_good and intake.window_end(office, asked) <= now:
        told = "That date and part of the day have passed; choose a later one."
        problems.add(FieldProblem("date", told, Kind.PAST))
    if problems.found:
        raise BadFields(problems.found.values())
    return asked


def _name(text: str) -> str:
    name = clean_line(text)
    if not fold(name):
        raise _Wrong("name", "Give a name.", Kind.NEEDED)
    _no_longer_than("name", "A name", name, LONGEST_NAME)
    if _ADDRESS.search(name):
        # It greets in the message that goes to the phone or the email given: no one's advert.
        raise _Wrong("name", "Give the name alone, without an address.", Kind.UNREADABLE)
    return name


def _phone(office: Context, text: str) -> str | None:
    _no_longer_than("phone", "A phone number", clean_line(text), LONGEST_PHONE)
    number = clean_phone(text, office.settings.office.country)
    if number is None:
        return None
    allowed = office.settings.web.countries or (office.settings.office.country,)
    if not _reachable(number, allowed):
        names = ", ".join(allowed)
        told = f"We cannot text or call that number; give one of {names}, or an email instead."
        raise _Wrong("phone", told, Kind.COUNTRY)
    return number


def _reachable(e164: str, countries: Iterable[str]) -> bool:
    """Of one of the countries, and not one that costs whoever texts it."""
    import phonenumbers

    number = phonenumbers.parse(e164, None)
    costly = (phonenumbers.PhoneNumberType.PREMIUM_RATE, phonenumbers.PhoneNumberType.SHARED_COST)
    if phonenumbers.number_type(number) in costly:
        return False
    return phonenumbers.region_code_for_number(number) in set(countries)


def _email(text: str) -> str | None:
    _no_longer_than("email", "An email", clean_line(text), LONGEST_EMAIL)
    return clean_email(text)


def _date(text: str, today: Date) -> Date:
    line = clean_line(text)
    if not line:
        raise _Wrong("date", "Give a date.", Kind.NEEDED)
    try:
        day = Date.fromisoformat(line) if _DAY.fullmatch(line) else None
    except ValueError:
        day = None
    if day is None:
        told = f"'{echo(line)}' is not a date; write it as in {today.isoformat()}."
        raise _Wrong("date", told, Kind.UNREADABLE)
    if day < today:
        raise _Wrong("date", "That date has passed; choose a later one.", Kind.PAST)
    if day > _in_a_year(today) or day.year not in YEARS:
        raise _Wrong("date", "Choose a date within a year from today.", Kind.TOO_FAR)
    return day


def _in_a_year(day: Date) -> Date:
    try:
        return day.replace(year=day.year + 1)
    except ValueError:  # the 29th of February
        return day.replace(year=day.year + 1, day=28)


def _time(text: str) -> time | None:
    line = clean_line(text)
    if not line:
        return None
    if not _TIME.fullmatch(line):
        told = f"'{echo(line)}' is not a time of day; write it as in 09:30."
        raise _Wrong("time", told, Kind.UNREADABLE)
    return time.fromisoformat(line)


def _band(office: Context, text: str, wish: time | None) -> str | None:
    line = clean_line(text)
    if not line and wish is None:
        raise _Wrong("band", "Choose a part of the day, or give a time.", Kind.NEEDED)
    if line and wish is not None and office.bands.parse(line) != office.bands.containing(wish):
        told = f"{wish:%H:%M} is not in that part of the day; give one of them."
        raise _Wrong("band", told, Kind.MISMATCH)
    return intake.read_band(office, line, wish)


def _service(text: str) -> str:
    service = clean_line(text)
    _no_longer_than("service", "A service", service, intake.LONGEST_SERVICE)
    return service


def _note(text: str) -> str:
    note = clean_text(text)
    _no_longer_than("note", "A note", note, intake.LONGEST_NOTE)
    return note


def _urgency(text: str) -> Urgency:
    line = clean_line(text).lower()
    if not line:
        return Urgency.MEDIUM
    try:
        return Urgency(line)
    except ValueError:
        names = ", ".join(urgency.value for urgency in Urgency)
        told = f"'{echo(line)}' is not an urgency; use one of {names}."
        raise _Wrong("urgency", told, Kind.UNREADABLE) from None


def _no_longer_than(name: str, what: str, text: str, most: int) -> None:
    if len(text) > most:
        told = f"{what} may have {most} characters at most."
        raise _Wrong(name, told, Kind.TOO_LONG)
