"""Typed settings: one TOML file, every key overridable by an environment variable.

``INTERWORKY_TUI_<SECTION>__<KEY>`` wins over the file. Unknown keys and bad values are
refused by name and, in the file, by line. Defaults suit an office that has set nothing.
"""

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from interworky_tui.spans import parse_lead, parse_night, parse_span
from interworky_tui.toml_lines import line_of

PREFIX = "INTERWORKY_TUI_"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
THEMES = ("desk-dark", "desk-dusk", "desk-light", "desk-paper")
SECRETS = (("email", "password"), ("sms", "auth_token"))
"""Never settings: they have variables of the same pattern, and no place in the file."""
LISTS = (("messages", "reminders"), ("web", "countries"))
"""Settings that are lists; in a variable their parts stand between commas."""


class BadSettings(Exception):
    """One sentence that names the key and the line, or the variable."""


class BadValue(ValueError):
    """A value that its own section refuses; ``key`` is the setting's name in it."""

    def __init__(self, key: str, told: str) -> None:
        super().__init__(told)
        self.key = key


class Section(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    pass


def doc(text: str, **limits: Any) -> Meta:
    return Meta(description=text, **limits)


def zone(name: str) -> ZoneInfo:
    """The zone by its IANA name, or this machine's. Raises ValueError for an unknown name."""
    name = name or _own_zone()
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"'{name}' is not a known zone; use a name like Europe/Berlin") from None


def _own_zone() -> str:
    import tzlocal

    try:
        return tzlocal.get_localzone_name() or "UTC"
    except (LookupError, ValueError, OSError):
        raise BadSettings(
            "This machine does not tell its time zone; set office.timezone, as in Europe/Berlin."
        ) from None


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
    review_url: Annotated[
        str, doc("Where clients may review you; the thanks name it, to everyone")
    ] = ""

    @property
    def day_first(self) -> bool:
        return self.country != "US" if self.locale_day_first is None else self.locale_day_first

    def __post_init__(self) -> None:
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


class Email(Section, frozen=True):
    host: Annotated[str, doc("The mail server; empty means that emails are kept as files")] = ""
    port: Annotated[int, doc("Its port", ge=1, le=65535)] = 587
    security: Annotated[
        Literal["starttls", "tls", "none"], doc("none for a server on this machine only")
    ] = "starttls"
    user: Annotated[str, doc("The login; empty means that none is needed")] = ""
    from_name: Annotated[str, doc("Whom emails are from; empty means the office's name")] = ""
    per_minute: Annotated[int, doc("At most so many emails a minute", ge=1, le=100_000)] = 60

    def __post_init__(self) -> None:
        if self.security == "none" and self.host and not is_loopback(self.host):
            raise BadValue("security", "without TLS only a mail server on this machine may be used")


class Sms(Section, frozen=True):
    account_sid: Annotated[str, doc("The account; empty means that texts are kept as files")] = ""
    from_number: Annotated[str, doc("The number that texts are from, as +49...")] = ""
    messaging_service_sid: Annotated[str, doc("Instead of a number: a pool of numbers")] = ""
    api_base_url: Annotated[str, doc("Another server that speaks the provider's protocol")] = ""
    per_minute: Annotated[int, doc("At most so many texts a minute", ge=1, le=100_000)] = 60

    def __post_init__(self) -> None:
        if self.account_sid and not (self.from_number or self.messaging_service_sid):
            raise BadValue("from_number", "is needed, or messaging_service_sid")


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
    quiet_hours: Annotated[
        str, doc("When reminders, thanks and questions wait; empty means never")
    ] = "20:00-08:00"
    reminders: Annotated[
        tuple[str, ...], doc("How long before a visit the client is reminded; [] means never")
    ] = ("24h",)
    language: Annotated[
        str, doc("Of messages, as in es; a client's own language goes before it")
    ] = "en"
    matrix: Annotated[Matrix, doc("Which of the 28 messages are sent")] = Matrix()

    def __post_init__(self) -> None:
        try:
            parse_night(self.quiet_hours)
        except ValueError as error:
            raise BadValue("quiet_hours", str(error)) from None
        try:
            _ = self.leads
        except ValueError as error:
            raise BadValue("reminders", str(error)) from None
        if not re.fullmatch(r"[a-z]{2,3}(-[A-Z]{2})?", self.language):
            raise BadValue("language", f"'{self.language}' is not a language code like en or es")

    @property
    def quiet(self) -> tuple[time, time] | None:
        """When the quiet hours begin and end, in the office's local time."""
        return parse_night(self.quiet_hours)

    @property
    def leads(self) -> tuple[timedelta, ...]:
        """How long before a visit its reminders go out, the longest first."""
        return tuple(sorted({parse_lead(text) for text in self.reminders}, reverse=True))


class Feedback(Section, frozen=True):
    survey_days: Annotated[int, doc("How many days a survey link is good for", ge=1, le=365)] = 14
    low_rating: Annotated[
        int, doc("The office is told at once of this rating and worse", ge=0, le=5)
    ] = 3


class Web(Section, frozen=True):
    enabled: Annotated[bool, doc("Serve the survey, the request page and the API")] = False
    host: Annotated[str, doc("The address to listen on; 0.0.0.0 is every one")] = "127.0.0.1"
    port: Annotated[int, doc("The port to listen on", ge=0, le=65535)] = 8080
    public_url: Annotated[
        str, doc("How clients reach it, as https://desk.example.com; empty means host and port")
    ] = ""

    countries: Annotated[
        tuple[str, ...],
        doc('Whose phone numbers requests may give, as in ["US", "CA"]; [] is the office\'s own'),
    ] = ()

    def __post_init__(self) -> None:
        for country in self.countries:
            if not re.fullmatch("[A-Z]{2}", country):
                raise BadValue("countries", f"'{country}' is not a two-letter code like US or DE")
        if self.public_url and not is_web_url(self.public_url):
            raise BadValue("public_url", f"'{self.public_url}' is not an address like https://...")


class Database(Section, frozen=True):
    url: Annotated[str, doc("SQLAlchemy URL; empty means an SQLite file in the data folder")] = ""


class Desk(Section, frozen=True):
    actor: Annotated[str, doc("The name in the history; empty means the login")] = ""
    theme: Annotated[str, doc("desk-dark, desk-dusk, desk-light or desk-paper")] = THEMES[0]
    refresh_ms: Annotated[int, doc("How often to look for changes by others", ge=50, le=10_000)] = (
        200
    )

    def __post_init__(self) -> None:
        if self.theme not in THEMES:
            raise BadValue("theme", f"'{self.theme}' is not one of {', '.join(THEMES)}")


class Settings(Section, frozen=True):
    office: Office = Office()
    bands: BandHours = BandHours()
    email: Email = Email()
    sms: Sms = Sms()
    messages: Messages = Messages()
    feedback: Feedback = Feedback()
    web: Web = Web()
    database: Database = Database()
    desk: Desk = Desk()

    @property
    def previewed(self) -> tuple[str, ...]:
        """The channels that are not set up, so that their messages are kept as files."""
        channels = (("SMS", self.sms.account_sid), ("email", self.email.host))
        return tuple(name for name, given in channels if not given)

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
        except (OSError, KeyError, ImportError):
            return "desk"


def is_loopback(host: str) -> bool:
    """Whether a server's name stands for this machine, without asking any other."""
    return host == "localhost" or host == "::1" or host.startswith("127.")


def is_web_url(text: str) -> bool:
    """Whether it is an http or https address without a user, a query or a fragment."""
    return bool(re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?(/[A-Za-z0-9._~/-]*)?", text))


Where = Callable[[list[str]], str]
"""Names a key for a person: with its line in the file, or as its variable."""


def load(file: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """Read the file (none is fine) and the environment. Raises BadSettings."""
    return parse(read_text(file), file.name, environment)


def parse(text: str, named: str, environment: Mapping[str, str] | None = None) -> Settings:
    """The same from the text of a file of that name."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadSettings(f"{named} is not valid TOML: {error}.") from None

    def in_file(path: list[str]) -> str:
        name, line = ".".join(path) or "the file", line_of(text, path)
        return f"{named}, line {line}, {name}" if line else f"{named}, {name}"

    for section, key in SECRETS:
        if isinstance(raw.get(section), dict) and key in raw[section]:
            raise BadSettings(
                f"{in_file([section, key])}: a secret has no place in this file;"
                f" set {variable((section, key))} instead."
            )
    found = convert(raw, in_file, strict=True)
    overrides = _overrides(os.environ if environment is None else environment)
    if not overrides:
        return found
    for names, value in overrides.items():
        _put(raw, names, _listed(value) if names in LISTS else value)

    def overridden(path: list[str]) -> str:
        names = next((n for n in overrides if list(n[: len(path)]) == path), None)
        return variable(names) if names else in_file(path)

    return convert(raw, overridden, strict=False)


def read_text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(f"{file} cannot be read as text ({type(error).__name__}).") from None


def convert(raw: dict[str, Any], where: Where, *, strict: bool) -> Settings:
    """Settings from what a parser gives, or, unless strict, from texts. Raises BadSettings."""
    try:
        return msgspec.convert(raw, Settings, strict=strict)
    except msgspec.ValidationError as error:
        message, _, tail = str(error).partition(" - at `$")
        path = [part for part in tail.rstrip("`").split(".") if part]
        unknown = re.search(r"unknown field `(.+?)`", message)
        if isinstance(error.__cause__, BadValue):
            path.append(error.__cause__.key)
        elif unknown:
            path.append(unknown[1])
            message = f"is not a setting{_did_you_mean(path)}"
        raise BadSettings(f"{where(path)}: {_plainly(message)}.") from None


_EXPECTED = {
    "int": "must be a whole number",
    "bool": "must be true or false",
    "bool | null": "must be true or false",
    "str": "must be a text in quotes",
    "object": "must be a table of settings",
    "array": 'must be a list of texts, as in ["24h"]',
}


def _plainly(message: str) -> str:
    """The converter's message in words for the person who writes the file."""
    limit = re.fullmatch(r"Expected `int` ([<>])= (\d+)", message)
    if limit:
        return f"must be at {'least' if limit[1] == '>' else 'most'} {limit[2]}"
    expected = re.match(r"Expected `([\w |]+)`, got", message)
    return _EXPECTED.get(expected[1], message) if expected else message


def _did_you_mean(path: list[str]) -> str:
    import difflib

    from interworky_tui.settings_doc import describe

    near = difflib.get_close_matches(".".join(path), [doc.name for doc in describe()], 1, 0.75)
    return f"; did you mean {near[0]}?" if near else ""


def _overrides(environment: Mapping[str, str]) -> dict[tuple[str, ...], str]:
    found = {
        tuple(name.removeprefix(PREFIX).lower().split("__")): value
        for name, value in environment.items()
        if name.startswith(PREFIX) and "__" in name
    }
    return {names: value for names, value in found.items() if names not in SECRETS}


def _listed(value: str) -> list[str]:
    """``24h, 2h`` in a variable is a list of two; nothing is an empty one."""
    return [part.strip() for part in value.split(",") if part.strip()]


def _put(raw: dict[str, Any], names: tuple[str, ...], value: str | list[str]) -> None:
    for name in names[:-1]:
        inner = raw.setdefault(name, {})
        if not isinstance(inner, dict):
            raise BadSettings(f"{variable(names)}: is not a setting.")
        raw = inner
    raw[names[-1]] = value


def variable(names: tuple[str, ...]) -> str:
    return PREFIX + "__".join(names).upper()
