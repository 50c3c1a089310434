"""The unguessable part of a survey link, and where such links lead."""

import hashlib
import re
import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert

from interworky_tui.config import Settings, Web
from interworky_tui.domain.appointment import Appointment
from interworky_tui.services.context import Context
from interworky_tui.storage.tables import SURVEY_LINK

LENGTH = 22
"""Characters of a token: 128 bits in the URL-safe alphabet."""
PLACEHOLDER = "." * LENGTH
"""Stands in a preview for a token that is not made yet: as long, and as dear in an SMS."""


def new_token() -> str:
    return secrets.token_urlsafe(16)


def token_hash(token: str) -> str | None:
    """What the store knows of it; None for what can be no token."""
    if not re.fullmatch(rf"[A-Za-z0-9_-]{{{LENGTH}}}", token):
        return None
    return hashlib.sha256(token.encode("ascii")).hexdigest()


def link_url(office: Context, token: str) -> str:
    """By the public address, or by the one that is listened on, which only this machine or
    network reaches.
    """
    return _url(office.settings.web, token)


def placeholder_link(settings: Settings) -> str:
    """As long as a link will be, for a preview; "" when the web pages are off."""
    return _url(settings.web, PLACEHOLDER) if settings.web.enabled else ""


def _url(web: Web, token: str) -> str:
    host = f"[{web.host}]" if ":" in web.host else web.host
    base = web.public_url.rstrip("/") or f"http://{host}:{web.port}"
    return f"{base}/s/{token}"


def keep_link(
    connection: Connection, office: Context, asked: Appointment, token: str, now: datetime
) -> None:
    """From now on the token answers for the visit; only its hash is written."""
    connection.execute(
        insert(SURVEY_LINK).values(
            token_hash=token_hash(token),
            appointment_id=asked.id,
            appointment_version=asked.version,
            created_at=now,
            expires_at=now + timedelta(days=office.settings.feedback.survey_days),
        )
    )
