"""Typed settings: one TOML file, every key overridable by an environment variable.

``INTERWORKY_TUI_<SECTION>__<KEY>`` wins over the file. Unknown keys and bad values are
refused by name and, in the file, by line. Defaults suit an office that has set nothing.
"""

from interworky_tui.config.backup import Backup
from interworky_tui.config.channels import (
    ByChannel,
    ByRecipient,
    Email,
    Feedback,
    Matrix,
    Messages,
    Sms,
    Web,
)
from interworky_tui.config.loading import (
    LISTS,
    PREFIX,
    SECRETS,
    convert,
    load,
    parse,
    read_text,
    variable,
)
from interworky_tui.config.office import DAYS, BandHours, Hours, Office, Slots
from interworky_tui.config.retention import Retention
from interworky_tui.config.section import (
    BadSettings,
    BadValue,
    Section,
    doc,
    is_loopback,
    is_web_url,
    zone,
)
from interworky_tui.config.settings import THEMES, Database, Desk, Settings

__all__ = [
    "DAYS",
    "LISTS",
    "PREFIX",
    "SECRETS",
    "THEMES",
    "Backup",
    "BadSettings",
    "BadValue",
    "BandHours",
    "ByChannel",
    "ByRecipient",
    "Database",
    "Desk",
    "Email",
    "Feedback",
    "Hours",
    "Matrix",
    "Messages",
    "Office",
    "Retention",
    "Section",
    "Settings",
    "Slots",
    "Sms",
    "Web",
    "convert",
    "doc",
    "is_loopback",
    "is_web_url",
    "load",
    "parse",
    "read_text",
    "variable",
    "zone",
]
