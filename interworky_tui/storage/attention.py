"""The next thing that needs a person, of all there is: plain SQL, for the desk's own reads.

Each kind is looked up by its place along an index, one row at a time, so that a look costs the
same however many there are.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from interworky_tui.storage.moments import from_text, to_text
from interworky_tui.storage.plain import Plain
from interworky_tui.storage.rows import Row


class Need(StrEnum):
    """In the order in which they are gone through."""

    DUE = "due"
    REPLY = "reply"
    TROUBLE = "trouble"
    LOW = "low"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Place:
    """Where one stands among them. ``key`` is what the kind is ordered by, as stored: the moment
    of a visit or a wish, the rating of an answer, nothing of a text, the appointment of messages
    that did not leave (0 when they belong to none); ``id`` the appointment, text or message.
    """

    need: Need
    key: str | int
    id: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """``name`` is the client's, and ``number`` who texted; ``at`` the visit's start, when the text
    came, or when the wished-for window ended. ``entry`` is the line of the messages that it is.
    """

    place: Place
    appointment_id: int | None
    name: str | None
    at: datetime | None = None
    rating: int | None = None
    number: str | None = None
    entry: str = ""


def read_next(plain: Plain, now: datetime, low_rating: int, after: Place | None) -> Waiting | None:
    """The first after that place, and from the beginning again after the last; ``after`` itself
    when it is the only one. Several reads; the caller holds the snapshot that makes them one.
    """
    needs = tuple(Need)
    at = needs.index(after.need) if after else 0
    turns: list[tuple[Need, Place | None]] = [(need, None) for need in needs[at:] + needs[:at]]
    if after is not None:
        turns = [(after.need, after), *turns[1:], (after.need, None)]
    for need, place in turns:
        found = _FIRST[need](plain, now, low_rating, place)
        if found is not None:
            return found
    return None


def place_of(row: Row, now: datetime) -> Place | None:
    """Where a row of the list stands among what needs a person, if it does."""
    if row.is_due(now):
        return Place(Need.DUE, row.sort_at, row.id)
    if row.is_stale(now):
        return Place(Need.STALE, row.sort_at, row.id)
    if row.unread_low:
        return Place(Need.LOW, row.rating or 0, row.id)
    return None


# CROSS JOIN keeps the appointment outermost, in the order of its index.
_LISTED = """SELECT a.sort_at, a.id, c.name
 FROM appointment a INDEXED BY ix_appointment_list CROSS JOIN client c
 WHERE c.id = a.client_id AND a.status = :status AND a.sort_at <= :now{after}
 ORDER BY a.sort_at, a.id LIMIT 1"""


def _listed(status: str, need: Need) -> "_First":
    def first(plain: Plain, now: datetime, _low: int, place: Place | None) -> Waiting | None:
        after = " AND (a.sort_at, a.id) > (:key, :id)" if place else ""
        values: dict[str, Any] = {"status": status, "now": to_text(now)}
        if place:
            values |= {"key": place.key, "id": place.id}
        for sort_at, id, name in plain.rows(_LISTED.format(after=after), values):
            return Waiting(Place(need, sort_at, id), id, name, at=from_text(sort_at))
        return None

    return first


_REPLY = """SELECT i.id, i.received_at, i.from_number, i.appointment_id, c.name
 FROM inbound_sms i INDEXED BY ix_inbound_sms_waiting LEFT JOIN client c ON c.id = i.client_id
 WHERE i.handled_at IS NULL AND i.id > ? ORDER BY i.id LIMIT 1"""


def _reply(plain: Plain, _now: datetime, _low: int, place: Place | None) -> Waiting | None:
    for id, received_at, number, visit, name in plain.rows(_REPLY, (place.id if place else 0,)):
        return Waiting(
            Place(Need.REPLY, 0, id),
            visit,
            name,
            at=from_text(received_at),
            number=number,
            entry=f"in-{id}",
        )
    return None


_TROUBLE = """SELECT n.id, n.appointment_id, c.name
 FROM notification n INDEXED BY ix_notification_trouble
 LEFT JOIN appointment a ON a.id = n.appointment_id
 LEFT JOIN inbound_sms i ON i.id = n.in_reply_to
 LEFT JOIN client c ON c.id = coalesce(a.client_id, i.client_id)
 WHERE n.state IN ('failed', 'held') AND {where} ORDER BY {order} LIMIT 1"""
_BESIDE_NONE = _TROUBLE.format(where="n.appointment_id IS NULL AND n.id > ?", order="n.id")
_OF_A_VISIT = _TROUBLE.format(where="n.appointment_id > ?", order="n.appointment_id, n.id")


def _trouble(plain: Plain, _now: datetime, _low: int, place: Place | None) -> Waiting | None:
    """All that did not leave of one appointment is one thing to see to."""
    for id, visit, name in _troubles(plain, place):
        return Waiting(Place(Need.TROUBLE, visit or 0, id), visit, name, entry=f"out-{id}")
    return None


def _troubles(plain: Plain, place: Place | None) -> Iterator[tuple[Any, ...]]:
    visit = place.key if place else 0
    if not visit:
        yield from plain.rows(_BESIDE_NONE, (place.id if place else 0,))
    yield from plain.rows(_OF_A_VISIT, (visit,))


_LOW = """SELECT s.rating, a.id, c.name
 FROM survey_response s INDEXED BY ix_survey_response_unread
 CROSS JOIN appointment a CROSS JOIN client c
 WHERE a.id = s.appointment_id AND c.id = a.client_id AND s.read_at IS NULL AND s.rating = :rating
 AND s.id > coalesce((SELECT o.id FROM survey_response o WHERE o.appointment_id = :id), 0)
 ORDER BY s.id LIMIT 1"""


def _low(plain: Plain, _now: datetime, low: int, place: Place | None) -> Waiting | None:
    """The worst first; rating by rating, so that the index has them in order."""
    first = int(place.key) if place else 1
    for rating in range(first, low + 1):
        id = place.id if place and rating == first else 0
        for found, visit, name in plain.rows(_LOW, {"rating": rating, "id": id}):
            return Waiting(Place(Need.LOW, found, visit), visit, name, rating=found)
    return None


_First = Callable[[Plain, datetime, int, Place | None], Waiting | None]
_FIRST: dict[Need, _First] = {
    Need.DUE: _listed("scheduled", Need.DUE),
    Need.REPLY: _reply,
    Need.TROUBLE: _trouble,
    Need.LOW: _low,
    Need.STALE: _listed("requested", Need.STALE),
}
