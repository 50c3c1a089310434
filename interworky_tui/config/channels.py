"""What is said, by which channels, and what comes back."""

import re
from datetime import time, timedelta
from typing import Annotated, Literal

from interworky_tui.config.section import BadValue, Section, doc, is_loopback, is_web_url
from interworky_tui.spans import parse_lead, parse_night


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

    @property
    def shut_out(self) -> str:
        """Who cannot open the links, without a full stop; "" with an address for everybody."""
        if self.public_url:
            return ""
        if self.host in ("", "0.0.0.0", "::"):
            return f"no phone can open a link to {self.host or 'no address'}"
        beyond = "this machine" if is_loopback(self.host) else "this network"
        return f"phones outside {beyond} cannot open its links"
