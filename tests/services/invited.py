"""Visits whose clients were sent a link, and the token that is in it."""

import re
from typing import Any

from interworky_tui.storage.tables import NOTIFICATION
from tests.services.conftest import Desk

PUBLIC = "https://desk.example.com"
LINK = re.compile(r"https?://\S+?/s/([A-Za-z0-9_-]+|\.+)")


def asked(desk: Desk) -> tuple[int, str]:
    """A visit whose question is open, and the token that its client was sent."""
    number = desk.asked().appointment.id
    return number, sent_token(desk, number)


def sent_token(desk: Desk, number: int) -> str:
    """The one that the newest question of the visit carries."""
    rows = desk.rows(NOTIFICATION, appointment_id=number, event="feedback_requested")
    found = {
        token
        for row in rows
        if row["recipient"] == "client" and row["appointment_version"] == newest(rows)
        for token in LINK.findall(row["body"])
    }
    (token,) = found
    return str(token)


def newest(rows: list[dict[str, Any]]) -> int:
    return max(row["appointment_version"] for row in rows)
