"""What the desk keeps: clients and their appointments. All moments are aware and in UTC."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

LONGEST_WAIT = timedelta(hours=12)
"""After so long nobody is in the waiting room any more; it is a visit that was not resolved."""


class Status(StrEnum):
    """The six statuses, in the order in which they are shown everywhere."""

    REQUESTED = "requested"
    SCHEDULED = "scheduled"
    ATTENDED = "attended"
    FEEDBACK_PENDING = "feedback_pending"
    FEEDBACK_COLLECTED = "feedback_collected"
    CANCELLED = "cancelled"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").title()


TOOK_PLACE = (Status.ATTENDED, Status.FEEDBACK_PENDING, Status.FEEDBACK_COLLECTED)
"""Those of a visit that the client came to."""


class CancelReason(StrEnum):
    CLIENT_ASKED = "client_asked"
    NO_SHOW = "no_show"
    OFFICE = "office"
    DUPLICATE = "duplicate"
    OTHER = "other"

    @property
    def label(self) -> str:
        return _CANCEL_LABELS[self]


_CANCEL_LABELS = {
    CancelReason.CLIENT_ASKED: "The client asked",
    CancelReason.NO_SHOW: "The client did not come",
    CancelReason.OFFICE: "The office has to cancel",
    CancelReason.DUPLICATE: "It is a duplicate",
    CancelReason.OTHER: "Another reason",
}


class Urgency(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    URGENT = "urgent"


@dataclass(frozen=True, slots=True)
class Client:
    """``phone`` is E.164; ``language`` is a BCP 47 tag or None for the office's own."""

    id: int
    name: str
    phone: str | None
    email: str | None
    language: str | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class Appointment:
    """One request and what became of it.

    ``band`` is None only for an exact wish outside every band; ``wish_time`` is the
    office's local time. ``requested_until`` is the moment the wished-for window ends.
    ``scheduled_at`` is when the start was set; ``confirmed_at`` and ``change_asked_at`` are when
    the client said that it suits, or that it does not; ``arrived_at`` is since when the client is
    in the waiting room.
    """

    id: int
    client_id: int
    status: Status
    requested_date: date
    band: str | None
    wish_time: time | None
    requested_until: datetime
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    service: str = ""
    note: str = ""
    urgency: Urgency = Urgency.MEDIUM
    scheduled_at: datetime | None = None
    confirmed_at: datetime | None = None
    change_asked_at: datetime | None = None
    arrived_at: datetime | None = None
    attended_at: datetime | None = None
    feedback_requested_at: datetime | None = None
    feedback_collected_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancel_reason: CancelReason | None = None
    cancel_text: str = ""
    version: int = 1

    def is_due(self, now: datetime) -> bool:
        """The start time is reached (inclusive) and nobody has said who came."""
        return (
            self.status is Status.SCHEDULED and self.starts_at is not None and self.starts_at <= now
        )

    def is_here(self, now: datetime) -> bool:
        """The client is in the waiting room."""
        return self.status is Status.SCHEDULED and waits(self.arrived_at, now)

    def is_stale(self, now: datetime) -> bool:
        """Still only requested although the wished-for window has passed."""
        return self.status is Status.REQUESTED and self.requested_until <= now


def waits(arrived_at: datetime | None, now: datetime) -> bool:
    """Whoever arrived then is still waiting, unless somebody has said otherwise."""
    return arrived_at is not None and now - arrived_at < LONGEST_WAIT
