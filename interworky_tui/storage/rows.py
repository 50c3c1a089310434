"""A row of the list, the counts of its tabs, and how the driver's tuples become them."""

from dataclasses import dataclass
from datetime import datetime

from interworky_tui.domain.appointment import Status, waits
from interworky_tui.storage.arrivals import SAID
from interworky_tui.storage.moments import from_text

PAGE = 100
LOW_RATING = 3
NEWEST_FIRST = frozenset(
    (Status.ATTENDED, Status.FEEDBACK_PENDING, Status.FEEDBACK_COLLECTED, Status.CANCELLED)
)
"""The other tabs begin with what is soonest, so that stale and due come first."""


@dataclass(frozen=True, slots=True)
class Key:
    """The place of a row in every list; ``sort_at`` exactly as stored."""

    sort_at: str
    id: int


@dataclass(frozen=True, slots=True)
class Row:
    """``requested_date`` and ``wish_time`` are the office's, as ISO text.

    ``arrived_at`` is since when the client is in the waiting room.
    ``trouble``: a message of it failed or is held. ``confirmed`` and ``change_asked`` are the
    client's answers to the reminder. ``opted_out``: the client's phone gets no texts.
    ``unread_low``: the rating is low, and nobody of the office has read it yet. ``said``: the
    first words of the client's answer.
    """

    id: int
    version: int
    status: Status
    client_id: int
    name: str
    phone: str | None
    email: str | None
    requested_date: str
    band: str | None
    wish_time: str | None
    sort_at: str
    requested_until: datetime
    requested_at: datetime
    starts_at: datetime | None
    ends_at: datetime | None
    service: str
    urgency: str
    arrived_at: datetime | None
    confirmed: bool
    change_asked: bool
    opted_out: bool
    trouble: bool
    rating: int | None
    unread_low: bool = False
    said: str = ""

    @property
    def key(self) -> Key:
        return Key(self.sort_at, self.id)

    def is_due(self, now: datetime) -> bool:
        return (
            self.status is Status.SCHEDULED and self.starts_at is not None and self.starts_at <= now
        )

    def is_here(self, now: datetime) -> bool:
        return self.status is Status.SCHEDULED and waits(self.arrived_at, now)

    def is_stale(self, now: datetime) -> bool:
        return self.status is Status.REQUESTED and self.requested_until <= now


@dataclass(frozen=True, slots=True)
class Counts:
    """Each is CAP at most. Of the whole office, whatever is searched for: ``trouble`` counts
    messages, ``waiting`` the texts that came in and wait for a person, ``unread_low`` the low
    ratings that nobody has read; ``here`` the clients in the waiting room, the first of whom came
    ``here_since``. The others count the appointments that the search lets through.
    """

    of: dict[Status, int]
    due: int
    stale: int
    trouble: int
    waiting: int
    unread_low: int = 0
    here: int = 0
    here_since: datetime | None = None


COLUMNS = """a.id, a.version, a.status, a.client_id, c.name, c.phone, c.email,
 a.requested_date, a.band, a.wish_time, a.sort_at, a.requested_until, a.requested_at,
 a.starts_at, a.ends_at, a.service, a.urgency, a.arrived_at,
 a.confirmed_at IS NOT NULL, a.change_asked_at IS NOT NULL,
 EXISTS (SELECT 1 FROM sms_opt_out o WHERE o.number = c.phone),
 EXISTS (SELECT 1 FROM notification n
         WHERE n.appointment_id = a.id AND n.state IN ('failed', 'held')),
 s.rating"""
SAYS = f"coalesce({SAID}, '')"
# CROSS JOIN keeps the appointment outermost, in the order of its index.
JOINED = """CROSS JOIN client c LEFT JOIN survey_response s ON s.appointment_id = a.id
 WHERE c.id = a.client_id"""


def to_row(
    id: int,
    version: int,
    status: str,
    client_id: int,
    name: str,
    phone: str | None,
    email: str | None,
    requested_date: str,
    band: str | None,
    wish_time: str | None,
    sort_at: str,
    requested_until: str,
    requested_at: str,
    starts_at: str | None,
    ends_at: str | None,
    service: str,
    urgency: str,
    arrived_at: str | None,
    confirmed: int,
    change_asked: int,
    opted_out: int,
    trouble: int,
    rating: int | None,
    unread_low: int,
    said: str,
) -> Row:
    return Row(
        id,
        version,
        Status(status),
        client_id,
        name,
        phone,
        email,
        requested_date,
        band,
        wish_time,
        sort_at,
        from_text(requested_until),
        from_text(requested_at),
        from_text(starts_at) if starts_at else None,
        from_text(ends_at) if ends_at else None,
        service,
        urgency,
        from_text(arrived_at) if arrived_at else None,
        bool(confirmed),
        bool(change_asked),
        bool(opted_out),
        bool(trouble),
        rating,
        bool(unread_low),
        said,
    )
