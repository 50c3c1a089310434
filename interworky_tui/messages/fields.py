"""What a message may say, and which of it in which place."""

from dataclasses import dataclass
from datetime import date, datetime, time

from interworky_tui.domain.appointment import CancelReason
from interworky_tui.domain.feedback import Recommend


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known, as values; how it is said is the language's. What is not known stays out.

    ``starts_at``, ``was_at`` and ``held_until`` are aware, in the office's zone. The last is
    until when a slot that is offered is held: within a day, so that its time of the day says it.
    ``first_text`` is about the number that this SMS goes to, the client's or the office's.
    """

    office_name: str
    office_phone: str = ""
    office_email: str = ""
    client_name: str = ""
    client_phone: str = ""
    client_email: str = ""
    appointment_id: int | None = None
    wished_day: date | None = None
    wished_band: str | None = None
    wished_time: time | None = None
    starts_at: datetime | None = None
    was_at: datetime | None = None
    held_until: datetime | None = None
    service: str = ""
    note: str = ""
    cancel_reason: CancelReason | None = None
    cancel_text: str = ""
    rating: int | None = None
    good: str = ""
    bad: str = ""
    recommend: Recommend | None = None
    survey_link: str = ""
    review_link: str = ""
    first_text: bool = False


LINKS = frozenset({"survey_link", "review_link"})
"""Each is of one message to the client alone, and is never cut."""
ADDRESSES = frozenset({"client_email", "office_email"})
OF_OFFER = frozenset({"held_until"})
PHRASES = frozenset({"wished", "when", "was_when"}) | OF_OFFER
PARAGRAPHS = frozenset({"note", "cancel_reason", "good", "bad"})
PRIVATE = PARAGRAPHS | {"service", "recommend"}
OF_OFFICE = frozenset({"office_name", "office_phone", "office_email"})
AT_A_GLANCE = (
    ADDRESSES
    | (PHRASES - OF_OFFER)
    | OF_OFFICE
    | {"client_name", "client_phone", "appointment_id", "rating"}
)
"""A text and a subject are read by whoever glances at the phone."""
IN_BODY = AT_A_GLANCE | PRIVATE
EVERY_FIELD = IN_BODY | LINKS | OF_OFFER
IN_LAYOUT = AT_A_GLANCE | {"subject", "body", "language"}
