"""What the setup asks for, and whether an answer can be used."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from interworky_tui import config
from interworky_tui.config import Settings
from interworky_tui.domain.errors import BadInput
from interworky_tui.domain.text import clean_line
from interworky_tui.services.contacts import clean_email, clean_phone
from interworky_tui.settings_file import Value

Key = tuple[str, str]
PORTS = {"starttls": "587", "tls": "465", "none": "25"}


@dataclass
class Answers:
    """Texts by key: ``there`` is what holds already, ``given`` what was answered since.

    ``proposed`` stands in the place of what nobody has set.
    """

    there: dict[Key, str]
    proposed: dict[Key, str] = field(default_factory=dict)
    given: dict[Key, str] = field(default_factory=dict, repr=False)

    def __getitem__(self, key: Key) -> str:
        return self.given.get(key, self.there.get(key, ""))

    def offer(self, key: Key) -> str:
        """What Enter answers."""
        return self[key] if key in self.given else self.proposed.get(key, self[key])

    def changes(self, section: str) -> dict[Key, str]:
        """The answers that are news."""
        return {
            key: text
            for key, text in self.given.items()
            if key[0] == section and (text != self.there.get(key, "") or key in self.proposed)
        }

    def settle(self, section: str, *, kept: bool) -> None:
        """They hold from now on, or are dropped."""
        changes = self.changes(section)
        self.given = {key: text for key, text in self.given.items() if key[0] != section}
        if kept:
            self.there |= changes
            self.proposed = {k: text for k, text in self.proposed.items() if k not in changes}


Check = Callable[[str, Answers], str]
"""The answer in the form that is stored. Raises BadInput."""


@dataclass(frozen=True)
class Question:
    """``skipped`` says when it need not be asked, given the answers to those before it."""

    key: Key
    words: str
    check: Check
    secret: bool = False
    clearable: bool = True
    skipped: Callable[[Answers], bool] = lambda _: False

    @property
    def option(self) -> str:
        return "-".join(self.key).replace("_", "-")


def _name(text: str, _: Answers) -> str:
    if not text:
        raise BadInput("Every message is signed with the name; give one.")
    return text


def _country(text: str, _: Answers) -> str:
    from phonenumbers import SUPPORTED_REGIONS

    if text.upper() not in SUPPORTED_REGIONS:
        raise BadInput(f"'{text}' is not a country's two letters, as in US or DE.")
    return text.upper()


def _phone(text: str, answers: Answers) -> str:
    return clean_phone(text, answers["office", "country"]) or ""


def _email(text: str, _: Answers) -> str:
    return clean_email(text) or ""


def _zone(text: str, _: Answers) -> str:
    try:
        config.zone(text)
    except ValueError as error:
        raise BadInput(f"{error}.") from None
    return text


def _host(text: str, _: Answers) -> str:
    if re.fullmatch(r"[\w.-]+:\d+", text):
        raise BadInput("Give the host alone; its port is asked for next.")
    if not re.fullmatch(
        r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9a-fA-F:]*:[0-9a-fA-F:]+", text
    ):
        raise BadInput(f"'{text}' is not the name of a mail server, as in smtp.example.com.")
    return text.lower()


def _security(text: str, answers: Answers) -> str:
    if text.lower() not in PORTS:
        raise BadInput("Answer starttls (mostly port 587), tls (mostly 465) or none.")
    if text.lower() == "none" and not config.is_loopback(answers["email", "host"]):
        raise BadInput("Without TLS only a mail server on this machine may be used.")
    return text.lower()


def _port(text: str, _: Answers) -> str:
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:6]) <= 65535):
        raise BadInput("A port is a number from 1 to 65535, mostly 587 or 465.")
    return str(int(text))


def _line(text: str, _: Answers) -> str:
    return text


def _plain(text: str, _: Answers) -> str:
    # Nothing of a secret is repeated.
    if not text.isascii() or not text.isprintable():
        raise BadInput("That holds a letter beyond ASCII, which cannot be sent; type it again.")
    return text


def _account(text: str, _: Answers) -> str:
    return _sid(text, "AC")


def _pool(text: str, _: Answers) -> str:
    return _sid(text, "MG")


def _sid(text: str, kind: str) -> str:
    if not re.fullmatch(kind + "[0-9a-f]{32}", text):
        raise BadInput(f"That is {kind} and 32 digits or letters from a to f, as in the console.")
    return text


def _sender(text: str, _: Answers) -> str:
    number = re.sub(r"[\s()./-]", "", text)
    if re.fullmatch(r"\+[1-9]\d{6,14}|[1-9]\d{2,7}", number):
        return number
    if re.fullmatch(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}", text):
        return text
    raise BadInput("That is no number that texts are from; write it with +, as in +4930123456.")


def _no_host(answers: Answers) -> bool:
    return not answers["email", "host"]


def _no_user(answers: Answers) -> bool:
    return _no_host(answers) or not answers["email", "user"]


def _no_account(answers: Answers) -> bool:
    return not answers["sms", "account_sid"]


def _has_number(answers: Answers) -> bool:
    return _no_account(answers) or bool(answers["sms", "from_number"])


OFFICE = (
    Question(("office", "name"), "Name of the office", _name, clearable=False),
    Question(("office", "country"), "Country, two letters", _country, clearable=False),
    Question(("office", "phone"), "Phone that gets the office's texts", _phone),
    Question(("office", "email"), "Address that gets the office's emails", _email),
    Question(("office", "timezone"), "Time zone", _zone, clearable=False),
)
EMAIL = (
    Question(("email", "host"), "Mail server, as in smtp.example.com", _host),
    Question(
        ("email", "security"),
        "Its security: starttls, tls or none",
        _security,
        clearable=False,
        skipped=_no_host,
    ),
    Question(("email", "port"), "Its port", _port, clearable=False, skipped=_no_host),
    Question(("email", "user"), "User to log in as", _plain, skipped=_no_host),
    Question(
        ("email", "from_name"),
        "Name that emails are from, unless it is the office's",
        _line,
        skipped=_no_host,
    ),
    Question(("email", "password"), "Password", _plain, secret=True, skipped=_no_user),
)
SMS = (
    Question(("sms", "account_sid"), "SMS account, its account_sid (AC...)", _account),
    Question(
        ("sms", "from_number"),
        "Number that texts are from, as +49...; none for a messaging service",
        _sender,
        skipped=_no_account,
    ),
    Question(
        ("sms", "messaging_service_sid"),
        "Messaging service, its sid (MG...)",
        _pool,
        skipped=_has_number,
    ),
    Question(("sms", "auth_token"), "Its auth_token", _plain, secret=True, skipped=_no_account),
)
QUESTIONS = OFFICE + EMAIL + SMS


def read(question: Question, text: str, answers: Answers) -> str:
    """The answer as it is stored; "" and "-" clear. Raises BadInput."""
    line = text if question.secret else clean_line(text)
    if line in ("", "-"):
        if not question.clearable:
            raise BadInput("This is needed and cannot be left out.")
        return ""
    return question.check(line, answers)


def as_stored(key: Key, text: str) -> Value:
    """For the settings file: what is cleared goes out of it."""
    if not text:
        return None
    return int(text) if key == ("email", "port") else text


def first_answers(settings: Settings, written: frozenset[Key]) -> Answers:
    """From the settings that hold, and, for what is not ``written`` anywhere, from the machine."""
    there = {
        question.key: str(getattr(getattr(settings, question.key[0]), question.key[1]))
        for question in QUESTIONS
        if not question.secret
    }
    return Answers(there, {k: v for k, v in _by_machine().items() if v and k not in written})


def _by_machine() -> dict[Key, str]:
    try:
        name = config.zone("").key
    except (ValueError, config.BadSettings):
        name = ""
    return {("office", "timezone"): name, ("office", "country"): _country_of(name)}


def _country_of(zone: str) -> str:
    """By the table of zones and countries that comes with them; "" for one of no country."""
    from importlib.resources import files

    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    found = re.search(rf"^([A-Z]{{2}})\t\S+\t{re.escape(zone)}(?:\t|$)", table, re.MULTILINE)
    return found[1] if zone and found else ""


def keys_in(raw: object) -> frozenset[Key]:
    """The keys that a parsed file sets."""
    table = msgspec.convert(raw, dict[str, object])
    return frozenset(
        (section, key) for section, keys in table.items() if isinstance(keys, dict) for key in keys
    )
