"""What came in since the last look: answers, what was said after them, requests from the web, and
who took a time that was offered.

By the primary keys, so that a look costs by what is new and not by what is there.
"""

from dataclasses import dataclass
from datetime import datetime

from interworky_tui.domain.feedback import Source
from interworky_tui.storage.moments import from_text
from interworky_tui.storage.plain import Plain

AT_MOST = 100
"""Of each kind in one look; who says how many there are says no more than that."""
_AND = "CASE WHEN s.good <> '' AND s.bad <> '' THEN ' / ' ELSE '' END"
SAID = (
    f"substr(CASE WHEN s.rating > 3 THEN s.good || {_AND} || s.bad"
    f" ELSE s.bad || {_AND} || s.good END, 1, 200)"
)
"""The first words of the answer ``s``: of a good one what was good, else what was bad."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest of each kind that was there."""

    answer: int
    note: int
    appointment: int
    change: int = 0


@dataclass(frozen=True, slots=True)
class Said:
    """``later``: it came after the first answer, or too late; then it may have no rating."""

    appointment_id: int
    name: str
    rating: int | None
    words: str
    source: Source
    later: bool = False


@dataclass(frozen=True, slots=True)
class Filed:
    """A request that arrived by itself."""

    appointment_id: int
    name: str


@dataclass(frozen=True, slots=True)
class Took:
    """A client who said yes to a time that was offered."""

    appointment_id: int
    name: str
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Each kind oldest first."""

    seen: Seen
    said: tuple[Said, ...] = ()
    filed: tuple[Filed, ...] = ()
    took: tuple[Took, ...] = ()


# CROSS JOIN keeps what is new outermost.
_CLIENT = "CROSS JOIN client c WHERE c.id = a.client_id"
_ANSWERS = f"""SELECT s.appointment_id, c.name, s.rating, {SAID}, s.source
 FROM survey_response s NOT INDEXED CROSS JOIN appointment a {_CLIENT}
 AND a.id = s.appointment_id AND s.id > ? ORDER BY s.id LIMIT {AT_MOST}"""
_NOTES = f"""SELECT n.appointment_id, c.name, n.rating, substr(n.text, 1, 200), n.source
 FROM survey_note n NOT INDEXED CROSS JOIN appointment a {_CLIENT}
 AND a.id = n.appointment_id AND n.id > ? ORDER BY n.id LIMIT {AT_MOST}"""
_FILED = f"""SELECT a.id, c.name FROM appointment a NOT INDEXED {_CLIENT}
 AND a.id > ? AND a.source IN ('web', 'api') ORDER BY a.id LIMIT {AT_MOST}"""
_TOOK = f"""SELECT a.id, c.name, a.starts_at
 FROM appointment_event e NOT INDEXED CROSS JOIN appointment a {_CLIENT}
 AND a.id = e.appointment_id AND e.id > ? AND e.actor = 'client'
 AND e.verb IN ('schedule', 'reschedule') AND a.status = 'scheduled'
 ORDER BY e.id LIMIT {AT_MOST}"""
_NEWEST = """SELECT coalesce((SELECT max(id) FROM survey_response), 0),
 coalesce((SELECT max(id) FROM survey_note), 0), coalesce((SELECT max(id) FROM appointment), 0),
 coalesce((SELECT max(id) FROM appointment_event), 0)"""


def read_arrivals(plain: Plain, since: Seen | None) -> Arrivals:
    """None: only what is there. Several reads; the caller holds the snapshot that makes them one.

    What was undone is gone from the end, and its number may come again.
    """
    seen = Seen(*plain.rows(_NEWEST)[0])
    if since is None:
        return Arrivals(seen)
    answers = plain.rows(_ANSWERS, (since.answer,))
    notes = plain.rows(_NOTES, (since.note,))
    filed = plain.rows(_FILED, (since.appointment,))
    took = plain.rows(_TOOK, (since.change,))
    said = (
        *(_said(*row, later=False) for row in answers),
        *(_said(*row, later=True) for row in notes),
    )
    return Arrivals(
        seen,
        said,
        tuple(Filed(*row) for row in filed),
        tuple(Took(visit, name, from_text(starts_at)) for visit, name, starts_at in took),
    )


def _said(
    appointment_id: int, name: str, rating: int | None, words: str, source: str, *, later: bool
) -> Said:
    return Said(appointment_id, name, rating, words, Source(source), later)
