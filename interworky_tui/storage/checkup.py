"""A look at the store that changes nothing in it, for the doctor."""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from sqlite3 import OperationalError
from typing import Any

from interworky_tui.storage.moments import from_text, to_text
from interworky_tui.storage.problems import driver_told_plainly
from interworky_tui.storage.schema import open_driver

STEPS = 100_000
"""Of the database's engine, between two looks at the time: a few milliseconds."""
PRESENT = timedelta(seconds=30)
"""Who was not seen for so long is gone."""
STATES = "SELECT state, count(*) FROM notification WHERE state IN ('failed', 'held') GROUP BY state"
OVERDUE = (
    "SELECT count(*), min(due_at) FROM notification WHERE state = 'pending' AND due_at <= :now"
)
COUNTS = (
    "SELECT (SELECT count(*) FROM client), (SELECT count(*) FROM appointment),"
    " (SELECT count(*) FROM inbound_sms WHERE handled_at IS NULL),"
    " (SELECT at FROM appointment_event ORDER BY id DESC LIMIT 1)"
)
THERE = (
    "SELECT kind, actor, machine FROM desk_session WHERE seen_at > :since AND seen_at <= :now"
    " ORDER BY kind, begun_at"
)


@dataclass(frozen=True, slots=True)
class Present:
    """A program that has the office open; ``kind`` is desk, worker or serve."""

    kind: str
    actor: str
    machine: str


@dataclass(frozen=True, slots=True)
class Checkup:
    """``sound`` is None when the time did not do to read all of the file.

    ``overdue`` counts messages that should have left, since ``overdue_since``; ``waiting`` the
    texts that came in and wait for a person. ``newest`` is the moment of the last change.
    """

    size: int
    sound: bool | None
    present: tuple[Present, ...]
    clients: int
    appointments: int
    failed: int
    held: int
    overdue: int
    overdue_since: datetime | None
    waiting: int
    newest: datetime | None


def look_over(
    file: Path, now: datetime, seconds: float, monotonic: Callable[[], float] = time.monotonic
) -> Checkup:
    """Count, and read the file through for damage for so long. Raises StoreProblem."""
    with driver_told_plainly(), closing(open_driver(file)) as connection:
        told = {
            "states": connection.execute(STATES).fetchall(),
            "overdue": connection.execute(OVERDUE, {"now": to_text(now)}).fetchone(),
            "counts": connection.execute(COUNTS).fetchone(),
            "there": connection.execute(
                THERE, {"since": to_text(now - PRESENT), "now": to_text(now)}
            ).fetchall(),
        }
        end = monotonic() + seconds
        connection.set_progress_handler(lambda: monotonic() > end, STEPS)
        sound: bool | None
        try:
            sound = connection.execute("PRAGMA quick_check(1)").fetchall() == [("ok",)]
        except OperationalError as error:
            if "interrupted" not in str(error):
                raise
            sound = None
    return checkup(file.stat().st_size, sound, **told)


def checkup(
    size: int, sound: bool | None, states: Any, overdue: Any, counts: Any, there: Any
) -> Checkup:
    """From the rows of the statements above, on whichever database."""
    by_state = dict(map(tuple, states))
    clients, appointments, waiting, newest = counts
    late, since = overdue
    return Checkup(
        size=size,
        sound=sound,
        present=tuple(Present(*row) for row in there),
        clients=clients,
        appointments=appointments,
        failed=by_state.get("failed", 0),
        held=by_state.get("held", 0),
        overdue=late,
        overdue_since=_moment(since),
        waiting=waiting,
        newest=_moment(newest),
    )


def _moment(value: Any) -> datetime | None:
    return from_text(value) if isinstance(value, str) else value
