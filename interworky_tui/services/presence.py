"""Who has the office open just now, and which appointment each of them is on.

This is for people to see. Two who change the same appointment are kept apart by its version.
"""

import platform
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from interworky_tui.domain.text import clean_line
from interworky_tui.services.context import Context
from interworky_tui.storage import presence as rows
from interworky_tui.storage.shared_clock import SharedClock, shared_clock

BEAT = timedelta(seconds=10)
"""From one sign of life to the next."""
GONE_AFTER = timedelta(seconds=30)
"""Without one."""
_EARLY = 1.0
"""Seconds by which a beat may come early, so that it is not put off until the next look."""


class Kind(StrEnum):
    """The programs that have an office open for long."""

    DESK = "desk"
    WORKER = "worker"
    SERVE = "serve"


@dataclass(frozen=True, slots=True)
class Someone:
    """``actor`` is at that ``machine``, and on that appointment, if on any.

    ``channels`` is how those of a worker are, in its own words; empty when it did not say.
    """

    session: str
    kind: Kind
    actor: str
    machine: str
    appointment_id: int | None
    channels: str = ""


class Session:
    """One program's own entry, for one thread at a time. Nothing is written before ``seen``."""

    def __init__(
        self,
        office: Context,
        kind: Kind,
        machine: str,
        *,
        clock: SharedClock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.id = secrets.token_hex(8)
        self._office, self._clock, self._monotonic = office, clock, monotonic
        self._entry = {"kind": kind.value, "actor": office.actor, "machine": machine}
        self._beat_at: float | None = None
        self._told: dict[str, Any] = {"appointment_id": None, "channels": None}

    def seen(
        self, appointment_id: int | None = None, channels: str | None = None
    ) -> tuple[Someone, ...]:
        """The program is there, and the person on that appointment; the others who are there.

        To be called every ``BEAT``, and when something changed. Written are a sign of life once
        in that time, and what is told beside it if there is another desk to show it. Raises
        StoreProblem.
        """
        there = _others(self._office, self._clock, self.id)
        tick = self._monotonic()
        beats = self._beat_at is None or tick - self._beat_at >= BEAT.total_seconds() - _EARLY
        watched = any(one.kind is Kind.DESK for one in there)
        tells = {"appointment_id": appointment_id, "channels": channels}
        moved = watched and tells != self._told
        if beats or moved:
            self._write(tells if moved else {})
            self._beat_at = tick
            self._told = tells if moved else self._told
        return there

    def leave(self) -> None:
        """The others know at once. Raises StoreProblem."""
        with self._office.database.write(alone=False) as connection:
            rows.remove(connection, self.id)

    def _write(self, values: dict[str, Any]) -> None:
        # A row of its own, so that nobody has to wait.
        with self._office.database.write(alone=False) as connection:
            now = self._clock(connection)
            seen = values | {"seen_at": now}
            if self._beat_at is None:
                rows.sweep(connection, *_span(now))
            if not rows.see(connection, self.id, seen):
                begun = {"id": self.id, "begun_at": now}
                rows.add(connection, begun | self._entry | self._told | seen)


def begin(office: Context, kind: Kind, machine: str | None = None) -> Session:
    """This program's entry; its name for the ``machine`` is this one's."""
    clock = shared_clock(office.database.url, office.clock)
    return Session(office, kind, machine or platform.node() or "?", clock=clock)


def others(office: Context, but: str = "") -> tuple[Someone, ...]:
    """Who is there, without the session ``but``. Raises StoreProblem."""
    return _others(office, shared_clock(office.database.url, office.clock), but)


def has_worker(there: tuple[Someone, ...]) -> bool:
    return any(one.kind is Kind.WORKER for one in there)


def _others(office: Context, clock: SharedClock, but: str) -> tuple[Someone, ...]:
    with office.database.read() as connection:
        return tuple(one for one in _there(connection, clock(connection)) if one.session != but)


def _there(connection: Connection, now: datetime) -> list[Someone]:
    return [
        Someone(
            session=row.id,
            kind=Kind(row.kind),
            actor=clean_line(row.actor),
            machine=clean_line(row.machine),
            appointment_id=row.appointment_id,
            channels=row.channels or "",
        )
        for row in rows.there(connection, *_span(now))
    ]


def _span(now: datetime) -> tuple[datetime, datetime]:
    return now - GONE_AFTER, now + GONE_AFTER
