"""What all sections of the settings share: how they are told of, and how they refuse."""

import re
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta


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


def is_loopback(host: str) -> bool:
    """Whether a server's name stands for this machine, without asking any other."""
    return host == "localhost" or host == "::1" or host.startswith("127.")


def is_web_url(text: str) -> bool:
    """Whether it is an http or https address without a user, a query or a fragment."""
    return bool(re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?(/[A-Za-z0-9._~/-]*)?", text))
