"""Survey links: what a page may show by one, and the answer that comes by it."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import Connection, func, select

from interworky_tui.domain.appointment import Appointment, Client, Status
from interworky_tui.domain.errors import ChangedElsewhere, IllegalMove, Refusal, TooManyNotes
from interworky_tui.domain.feedback import Source, Survey
from interworky_tui.services import feedback, records
from interworky_tui.services.context import Changed, Context
from interworky_tui.services.survey_tokens import (
    PLACEHOLDER,
    keep_link,
    link_url,
    new_token,
    token_hash,
)
from interworky_tui.storage.tables import SURVEY_LINK

__all__ = [
    "PLACEHOLDER",
    "Invitation",
    "LinkRefused",
    "Standing",
    "answer",
    "link_for_screen",
    "link_url",
    "look",
    "new_token",
]

_TRIES = 3
"""Other processes may change the visit between its reading and its writing."""


class Standing(StrEnum):
    """What a link is good for now."""

    OPEN = "open"
    ANSWERED = "answered"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class LinkRefused(Refusal):
    """Nothing can be answered by the link; ``standing`` says why."""

    title: ClassVar[str] = "This link cannot be used"

    def __init__(self, standing: Standing) -> None:
        super().__init__(_SENTENCES[standing])
        self.standing = standing


_SENTENCES = {
    Standing.ANSWERED: "We have your answers already; call us if there is more to say.",
    Standing.EXPIRED: "This link has expired; call or write to us instead.",
    Standing.CANCELLED: "That visit was cancelled, so there is nothing to answer.",
    Standing.UNKNOWN: "We do not know this link; check that it is complete.",
}


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a page may say. Of an unknown link it is the office's name alone.

    ``when`` is the visit's day and time in words, ``starts_at`` the same in the office's zone;
    ``language`` is the client's own, None for the office's.
    """

    standing: Standing
    office_name: str
    appointment_id: int | None = None
    starts_at: datetime | None = None
    when: str = ""
    client_name: str = ""
    language: str | None = None


@dataclass(frozen=True, slots=True)
class _Link:
    appointment: Appointment
    client: Client
    expires_at: datetime


def look(office: Context, token: str, language: str | None = None) -> Invitation:
    """Changes nothing. ``when`` is in ``language``, or else in the client's own."""
    with office.database.read() as connection:
        link = _find(connection, token)
    name = office.settings.office.name
    standing = _standing(link, office.clock())
    if link is None or standing is Standing.UNKNOWN:
        return Invitation(Standing.UNKNOWN, name)
    starts_at = link.appointment.starts_at
    local = starts_at.astimezone(office.zone) if starts_at else None
    words = office.catalogue.words(language or link.client.language)
    return Invitation(
        standing,
        name,
        link.appointment.id,
        local,
        words.moment(local) if local else "",
        link.client.name,
        link.client.language,
    )


def answer(office: Context, token: str, survey: Survey) -> Changed | None:
    """The client's answer by a link. None when one was there already: this one is kept as a note.

    Raises LinkRefused, and then nothing is kept: ANSWERED when there are many notes already.
    """
    said = replace(survey, source=Source.WEB)
    for tries_left in reversed(range(_TRIES)):
        try:
            return _answer(office, token, said)
        except ChangedElsewhere:
            if not tries_left:
                raise
    raise AssertionError


def _answer(office: Context, token: str, survey: Survey) -> Changed | None:
    with office.database.write() as connection:
        now = office.clock()
        link = _find(connection, token)
        standing = _standing(link, now)
        if link is None or standing not in (Standing.OPEN, Standing.ANSWERED):
            raise LinkRefused(standing)
        if link.expires_at <= now:
            raise LinkRefused(Standing.EXPIRED)
        try:
            changed = feedback.take(connection, office, link.appointment.id, survey, now)
        except TooManyNotes:
            raise LinkRefused(Standing.ANSWERED) from None
    if changed and changed.queued:
        office.wake()
    return changed


def link_for_screen(office: Context, appointment_id: int) -> str:
    """A fresh link for a visit whose question is open, to be shown at the counter.

    It sends nothing, so it is no second asking; links that were sent stay good. Raises
    IllegalMove when the web pages are off or the question is not open.
    """
    if not office.settings.web.enabled:
        raise IllegalMove("The web pages are off; set web.enabled = true to show a survey link.")
    token = new_token()
    with office.database.write() as connection:
        appointment, _client = records.load(connection, appointment_id)
        if appointment.status is not Status.FEEDBACK_PENDING:
            raise IllegalMove(
                "A survey link is good only while feedback is pending;"
                f" this one is {appointment.status.label.lower()}."
            )
        keep_link(connection, office, appointment, token, office.clock())
    return link_url(office, token)


def _find(connection: Connection, token: str) -> _Link | None:
    """A visit's links are good for as long as its newest one."""
    hashed = token_hash(token)
    if hashed is None:
        return None
    row = SURVEY_LINK.c
    of = select(row.appointment_id).where(row.token_hash == hashed)
    found = connection.execute(of).scalar()
    if found is None:
        return None
    latest = select(func.max(row.expires_at)).where(row.appointment_id == found)
    appointment, client = records.load(connection, found)
    return _Link(appointment, client, connection.execute(latest).scalar_one())


def _standing(link: _Link | None, now: datetime) -> Standing:
    if link is None:
        return Standing.UNKNOWN
    status = link.appointment.status
    if status is Status.CANCELLED:
        return Standing.CANCELLED
    if status is Status.FEEDBACK_COLLECTED:
        return Standing.ANSWERED
    # The asking was undone: the link was never sent.
    if status is not Status.FEEDBACK_PENDING:
        return Standing.UNKNOWN
    return Standing.OPEN if now < link.expires_at else Standing.EXPIRED
