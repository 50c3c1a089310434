"""What strangers may cause: how many requests, and how many texts because of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import ColumnElement, Connection, or_, select

from interworky_tui.domain.errors import Refusal
from interworky_tui.domain.events import Channel, Event, MessageState, Recipient
from interworky_tui.domain.text import fold
from interworky_tui.services.intake import FROM_STRANGERS, CleanRequest
from interworky_tui.storage.tables import APPOINTMENT, CLIENT, NOTIFICATION

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

TEXTS_PER_NUMBER = 2
TEXTS_IN_TOTAL = 30
"""Texts an hour because of requests from the web: to one number of a client's, and to all numbers
with the office's own.

Who fills in a public form with the numbers of others makes the office pay for texts to them, and
some do so for a share of the price (SMS pumping); what is above is not sent, emails still are.
"""
REQUESTS_PER_CONTACT = 5
"""Requests a day with one phone or one email."""
OPEN_REQUESTS = ((HOUR, 60), (DAY, 240))
"""How many requests from the web may wait in the desk's list that came in the last hour or day."""

_FROM_WEB = APPOINTMENT.c.source.in_(FROM_STRANGERS)


class TooMany(Refusal):
    """More than is taken in at the moment. ``retry_after`` is in seconds, at least 1."""

    title = "Too many requests"

    def __init__(self, retry_after: int) -> None:
        minutes = ceil(retry_after / 60)
        wait = f"{minutes} min" if minutes < 120 else f"{ceil(minutes / 60)} h"
        super().__init__(f"We got too many requests; please try again in {wait}, or call us.")
        self.retry_after = retry_after


def look_alike(connection: Connection, asked: CleanRequest, now: datetime) -> int | None:
    """The same wish of the same person, filed by the web within a day and not cancelled."""
    row, wish = APPOINTMENT.c, asked.wish_time
    query = (
        select(row.id)
        .join(CLIENT, CLIENT.c.id == row.client_id)
        .where(
            CLIENT.c.match_name == fold(asked.name),
            _contact(asked),
            _FROM_WEB,
            row.requested_at > now - DAY,
            row.status != "cancelled",
            row.requested_date == asked.date.isoformat(),
            row.band.is_not_distinct_from(asked.band),
            row.wish_time.is_not_distinct_from(f"{wish:%H:%M}" if wish else None),
        )
        .order_by(row.id)
    )
    return connection.execute(query).scalars().first()


def refuse_floods(connection: Connection, asked: CleanRequest, now: datetime) -> None:
    """Raises TooMany when this request would be one above a cap."""
    row = APPOINTMENT.c
    filed = (
        select(row.requested_at, row.status)
        .where(_FROM_WEB, row.requested_at > now - DAY)
        .order_by(row.requested_at.desc())
    )
    of_contact = filed.join(CLIENT, CLIENT.c.id == row.client_id).where(_contact(asked))
    by_contact = [one.requested_at for one in connection.execute(of_contact)]
    _refuse(by_contact, ((DAY, REQUESTS_PER_CONTACT),), now)
    # Not by the status in the query: SQLite would read all that ever waited instead of a day.
    newest = connection.execute(filed).all()
    waiting = [one.requested_at for one in newest if one.status == "requested"]
    _refuse(waiting, OPEN_REQUESTS, now)


def _refuse(
    moments: Sequence[datetime], caps: Iterable[tuple[timedelta, int]], now: datetime
) -> None:
    """The moments are those of the last day, the newest first."""
    waits = [
        moments[most - 1] + span - now
        for span, most in caps
        if len(moments) >= most and moments[most - 1] > now - span
    ]
    if waits:
        raise TooMany(max(1, ceil(max(waits).total_seconds())))


def _contact(asked: CleanRequest) -> ColumnElement[bool]:
    ways = ((CLIENT.c.phone, asked.phone), (CLIENT.c.email, asked.email))
    return or_(*(column == value for column, value in ways if value))


@dataclass(slots=True)
class TextCap:
    """Whether one more text is too many; what it lets through it counts."""

    connection: Connection
    now: datetime
    let_through: list[str] = field(default_factory=list)

    def __call__(self, recipient: Recipient, number: str) -> bool:
        sent = [*self._sent(), *self.let_through]
        to_client = recipient is Recipient.CLIENT
        if len(sent) >= TEXTS_IN_TOTAL or (to_client and sent.count(number) >= TEXTS_PER_NUMBER):
            return True
        self.let_through.append(number)
        return False

    def _sent(self) -> Sequence[str]:
        one, row = APPOINTMENT.c, NOTIFICATION.c
        lately = select(one.id).where(_FROM_WEB, one.requested_at > self.now - HOUR)
        # The numbers themselves: with a join SQLite would read every text of the office.
        ids = self.connection.execute(lately).scalars().all()
        query = select(row.to_address).where(
            row.appointment_id.in_(ids),
            row.event == Event.REQUESTED.value,
            row.channel == Channel.SMS.value,
            row.state != MessageState.CANCELLED.value,
        )
        return self.connection.execute(query).scalars().all()
