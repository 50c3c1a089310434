"""What needs a person next: after a step in its tab, and by ``N`` wherever it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from interworky_tui.domain.appointment import Status
from interworky_tui.domain.text import clean_line
from interworky_tui.storage.attention import Need, Place, Waiting, place_of
from interworky_tui.storage.rows import PAGE, Row
from interworky_tui.ui.channel_content import clock_time

if TYPE_CHECKING:
    from interworky_tui.ui.reads import Reads

NOTHING = "Nothing waits for you."


@dataclass(slots=True)
class Standing:
    """Where the last ``N`` led, and the row of the desk that the cursor was on then."""

    place: Place | None = None
    row: int | None = None

    def at(self, row: Row | None, now: datetime) -> Place | None:
        """Where one stands: on the row, if it needs a person, else where ``N`` led."""
        if row is None or row.id == self.row:
            return self.place
        return place_of(row, now) or self.place


def needs_a_person(row: Row, now: datetime) -> bool:
    match row.status:
        case Status.REQUESTED | Status.ATTENDED:
            return True
        case Status.SCHEDULED:
            return row.is_due(now) or row.change_asked
        case Status.FEEDBACK_COLLECTED:
            return row.unread_low
        case _:
            return False


async def following(reads: Reads, row: Row, now: datetime, search: str) -> int | None:
    """The next in the row's tab that needs a person, after the last the first; None if none does.

    Of a long tab a page after the row is looked through, and the first page.
    """
    for after in (row.key, None):
        page = await reads.page(row.status, after=after, limit=PAGE, search=search)
        for other in page:
            if other.id != row.id and needs_a_person(other, now):
                return other.id
    return None


def say(found: Waiting, zone: ZoneInfo, now: datetime, phone: Callable[[str], str]) -> str:
    """``Due: Ana Ruiz, 10:30``"""
    name = clean_line(found.name or (phone(found.number) if found.number else ""))
    at = clock_time(found.at, zone, now) if found.at else ""
    match found.place.need:
        case Need.DUE:
            return f"Due: {name}, {at}"
        case Need.REPLY:
            return f"Waits for an answer: {name}, {at}"
        case Need.TROUBLE:
            return f"Not sent: a message about {name}" if name else "Not sent: an answer"
        case Need.LOW:
            return f"Low rating, unread: {name}, {found.rating} of 5"
        case Need.STALE:
            return f"Stale: {name}, wished for until {at}"
