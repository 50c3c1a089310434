"""All settings of one office."""

from typing import Annotated
from zoneinfo import ZoneInfo

from interworky_tui.config.backup import Backup
from interworky_tui.config.channels import Email, Feedback, Messages, Sms, Web
from interworky_tui.config.office import BandHours, Office, Slots
from interworky_tui.config.retention import Retention
from interworky_tui.config.section import BadValue, Section, doc, zone

THEMES = ("desk-dark", "desk-dusk", "desk-light", "desk-paper")


class Database(Section, frozen=True):
    url: Annotated[str, doc("SQLAlchemy URL; empty means an SQLite file in the data folder")] = ""


class Desk(Section, frozen=True):
    actor: Annotated[str, doc("The name in the history; empty means the login")] = ""
    theme: Annotated[str, doc("desk-dark, desk-dusk, desk-light or desk-paper")] = THEMES[0]
    refresh_ms: Annotated[int, doc("How often to look for changes by others", ge=50, le=10_000)] = (
        200
    )
    lock_minutes: Annotated[
        int, doc("The desk locks itself after so many idle minutes, if it has a PIN", ge=0, le=480)
    ] = 0

    def __post_init__(self) -> None:
        if self.theme not in THEMES:
            raise BadValue("theme", f"'{self.theme}' is not one of {', '.join(THEMES)}")


class Settings(Section, frozen=True):
    office: Office = Office()
    bands: BandHours = BandHours()
    slots: Slots = Slots()
    email: Email = Email()
    sms: Sms = Sms()
    messages: Messages = Messages()
    feedback: Feedback = Feedback()
    web: Web = Web()
    database: Database = Database()
    desk: Desk = Desk()
    backup: Backup = Backup()
    retention: Retention = Retention()

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
