"""A look at the store that changes nothing in it, for the doctor."""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from sqlite3 import OperationalError

from interworky_tui.storage.moments import from_text, to_text
from interworky_tui.storage.problems import driver_told_plainly
from interworky_tui.storage.schema import open_driver

STEPS = 100_000
"""Of the database's engine, between two looks at the time: a few milliseconds."""


@dataclass(frozen=True, slots=True)
class Checkup:
    """``sound`` is None when the time did not do to read all of the file.

    ``overdue`` counts messages that should have left, since ``overdue_since``; ``waiting`` the
    texts that came in and wait for a person. ``newest`` is the moment of the last change.
    """

    size: int
    sound: bool | None
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
        states = dict(
            connection.execute(
                "SELECT state, count(*) FROM notification WHERE state IN ('failed', 'held')"
                " GROUP BY state"
            ).fetchall()
        )
        [(overdue, since)] = connection.execute(
            "SELECT count(*), min(due_at) FROM notification WHERE state = 'pending'"
            " AND due_at <= ?",
            (to_text(now),),
        ).fetchall()
        [(clients, appointments, waiting, newest)] = connection.execute(
            "SELECT (SELECT count(*) FROM client), (SELECT count(*) FROM appointment),"
            " (SELECT count(*) FROM inbound_sms WHERE handled_at IS NULL),"
            " (SELECT at FROM appointment_event ORDER BY id DESC LIMIT 1)"
        ).fetchall()
        end = monotonic() + seconds
        connection.set_progress_handler(lambda: monotonic() > end, STEPS)
        sound: bool | None
        try:
            sound = connection.execute("PRAGMA quick_check(1)").fetchall() == [("ok",)]
        except OperationalError as error:
            if "interrupted" not in str(error):
                raise
            sound = None
    return Checkup(
        size=file.stat().st_size,
        sound=sound,
        clients=clients,
        appointments=appointments,
        failed=states.get("failed", 0),
        held=states.get("held", 0),
        overdue=overdue,
        overdue_since=from_text(since) if since else None,
        waiting=waiting,
        newest=from_text(newest) if newest else None,
    )
