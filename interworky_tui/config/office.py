"""The office: who it is, when it is open, and how it gives its time."""

import re
from datetime import date, time
from itertools import pairwise
from typing import Annotated, cast

from interworky_tui.config.section import BadValue, Section, doc, is_web_url, zone
from interworky_tui.spans import parse_days, parse_span

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Hours(Section, frozen=True):
    mon: Annotated[str, doc("Opening hours; an empty text means closed")] = "08:00-20:00"
    tue: Annotated[str, doc("as above")] = "08:00-20:00"
    wed: Annotated[str, doc("as above")] = "08:00-20:00"
    thu: Annotated[str, doc("as above")] = "08:00-20:00"
    fri: Annotated[str, doc("as above")] = "08:00-20:00"
    sat: Annotated[str, doc("as above")] = ""
    sun: Annotated[str, doc("as above")] = ""

    def __post_init__(self) -> None:
        for number, day in enumerate(DAYS):
            try:
                self.of(number)
            except ValueError as error:
                raise BadValue(day, str(error)) from None

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


_EMAIL = r"[^@\s<>]+@[^@\s<>]+"


class Office(Section, frozen=True):
    name: Annotated[str, doc("How messages sign")] = "Our office"
    phone: Annotated[str, doc("Where the office gets its SMS, and what clients may call")] = ""
    email: Annotated[str, doc("Where the office gets its emails")] = ""
    timezone: Annotated[str, doc("IANA name; empty means this machine's zone")] = ""
    country: Annotated[str, doc("Two letters; how national phone numbers are read")] = "US"
    locale_day_first: Annotated[
        bool | None, doc("12/3 is the 12th of March; unless set, it is not in the US only")
    ] = None
    hours: Annotated[Hours, doc("Opening hours by weekday; they decide am or pm")] = Hours()
    breaks: Annotated[
        tuple[str, ...], doc('When no visits are given on any day, as in ["12:00-13:00"]')
    ] = ()
    closures: Annotated[
        tuple[str, ...],
        doc('Days on which the office is closed, as in ["2026-12-24..2026-12-31", "2027-01-04"]'),
    ] = ()
    holidays_country: Annotated[
        str,
        doc("Whose public holidays it keeps, as in DE-BY; empty is its country's, none is none"),
    ] = ""
    review_url: Annotated[
        str, doc("Where clients may review you; the thanks name it, to everyone")
    ] = ""

    @property
    def day_first(self) -> bool:
        return self.country != "US" if self.locale_day_first is None else self.locale_day_first

    @property
    def pauses(self) -> tuple[tuple[time, time], ...]:
        """The breaks as local times."""
        return tuple(parse_span(text) for text in self.breaks)

    @property
    def closed_days(self) -> tuple[tuple[date, date], ...]:
        """The closures as first and last days."""
        return tuple(parse_days(text) for text in self.closures)

    @property
    def holidays_of(self) -> tuple[str, str] | None:
        """The country and its part whose public holidays are kept, or None for no holidays."""
        if self.holidays_country == "none":
            return None
        country, _, part = (self.holidays_country or self.country).partition("-")
        return country, part

    def __post_init__(self) -> None:
        for key in ("breaks", "closures"):
            try:
                _ = self.pauses if key == "breaks" else self.closed_days
            except ValueError as error:
                raise BadValue(key, str(error)) from None
        if not re.fullmatch("|none|[A-Z]{2}(-[A-Z0-9]{1,3})?", self.holidays_country):
            raise BadValue(
                "holidays_country", f"'{self.holidays_country}' is not like DE, DE-BY or none"
            )
        if not self.name.strip():
            raise BadValue("name", "every message is signed with it; give a name")
        if self.phone and not re.fullmatch(r"\+?[\d ()./-]{3,30}", self.phone):
            raise BadValue("phone", f"'{self.phone}' is not a phone number")
        if self.email and not (self.email.isascii() and re.fullmatch(_EMAIL, self.email)):
            raise BadValue("email", f"'{self.email}' is not an email address")
        if self.review_url and not is_web_url(self.review_url):
            raise BadValue("review_url", f"'{self.review_url}' is not an address like https://...")
        if not re.fullmatch("[A-Z]{2}", self.country):
            raise BadValue("country", f"'{self.country}' is not a two-letter code like US or DE")
        if self.timezone:
            try:
                zone(self.timezone)
            except ValueError as error:
                raise BadValue("timezone", str(error)) from None


class BandHours(Section, frozen=True):
    early_morning: Annotated[str, doc("Local time, from-to")] = "08:00-10:00"
    morning: Annotated[str, doc("Local time, from-to")] = "10:00-12:00"
    afternoon: Annotated[str, doc("Local time, from-to")] = "12:00-17:00"
    evening: Annotated[str, doc("Local time, from-to")] = "17:00-20:00"

    def __post_init__(self) -> None:
        for key in self.__struct_fields__:
            try:
                parse_span(getattr(self, key))
            except ValueError as error:
                raise BadValue(key, str(error)) from None
        for first, second in pairwise(sorted(self.spans().items(), key=lambda item: item[1])):
            if second[1][0] < first[1][1]:
                # Of the two, the one that was changed is the one to mend.
                key, other = first[0], second[0]
                if getattr(self, key) == getattr(type(self)(), key):
                    key, other = other, key
                raise BadValue(key, f"overlaps bands.{other}; let each begin where another ends")

    def spans(self) -> dict[str, tuple[time, time]]:
        return {key: parse_span(getattr(self, key)) for key in self.__struct_fields__}


class Slots(Section, frozen=True):
    minutes: Annotated[int, doc("How long a visit takes", ge=5, le=1440)] = 30
    services: Annotated[
        dict[str, int], doc('How long visits for a service take, as in {"Root canal" = 60}')
    ] = {}  # noqa: RUF012
    capacity: Annotated[int, doc("How many visits may take place at once", ge=1, le=100)] = 1
    step_minutes: Annotated[
        int, doc("Free slots begin at such minutes of the hour, as in :00, :15, :30", ge=5, le=60)
    ] = 15
    lead_minutes: Annotated[
        int, doc("How soon a suggested slot may begin, from now", ge=0, le=10_080)
    ] = 15
    hold_minutes: Annotated[
        int, doc("How long a slot that is offered by SMS is held for an answer", ge=5, le=1440)
    ] = 60

    def __post_init__(self) -> None:
        for name, minutes in self.services.items():
            if not 5 <= minutes <= 1440:
                raise BadValue("services", f"'{name}' takes from 5 to 1440 minutes")
