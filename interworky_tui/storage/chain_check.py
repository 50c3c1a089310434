"""Whether the history is still as it was written, line by line."""

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from interworky_tui.storage.chain import COLUMNS, HEAD_FACT, Head, Row, encoded, hash_of, head_of
from interworky_tui.storage.problems import driver_told_plainly
from interworky_tui.storage.schema import open_driver

if TYPE_CHECKING:
    from sqlalchemy import Connection

LINES = f"SELECT {', '.join(COLUMNS)}, hash FROM appointment_event ORDER BY id"
AT_ONCE = 5_000
"""Lines between two looks at the time."""


class Kind(StrEnum):
    CHANGED = "changed"
    """The line, or what stood before it, is not what was written."""
    MISSING = "missing"
    CUT_OFF = "cut_off"
    """Lines that were at the end are missing."""
    ADDED = "added"
    """After the last line that the program has written."""
    NO_END = "no_end"
    """Where the history ends is not on record any more."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """``number`` is the line's, of missing ones the first, and ``until`` the last.

    ``appointment_id`` and ``at`` (as SQLite keeps it) are those of the line itself; beside
    missing lines those of the line that follows. None where no line is left to tell.
    """

    kind: Kind
    number: int
    until: int
    appointment_id: int | None = None
    at: str | None = None


@dataclass(frozen=True, slots=True)
class ChainCheck:
    """``first`` is the first of ``misfits``; ``whole`` is False when the time did not do to read
    all. ``head`` is the last line that was read.
    """

    lines: int
    head: Head
    misfits: int
    first: Misfit | None
    whole: bool = True


def check_file(
    file: Path, seconds: float, monotonic: Callable[[], float] = time.monotonic
) -> ChainCheck:
    """Read the history of an SQLite store for so long at most. Raises StoreProblem."""
    end = monotonic() + seconds
    with driver_told_plainly(), closing(open_driver(file)) as connection:
        # A damaged text may not be readable as one.
        connection.text_factory = bytes
        connection.execute("BEGIN")
        kept = connection.execute(
            "SELECT value FROM office_fact WHERE name = ?", (HEAD_FACT,)
        ).fetchone()
        head = head_of(kept[0].decode(errors="replace")) if kept else None
        reading = connection.execute(LINES)
        check = ChainChecker()
        while rows := reading.fetchmany(AT_ONCE):
            check.read(rows)
            if monotonic() > end:
                return check.told(whole=not reading.fetchmany(1), kept=head)
        return check.told(whole=True, kept=head)


def check(
    connection: "Connection", seconds: float, monotonic: Callable[[], float] = time.monotonic
) -> ChainCheck:
    """As ``check_file``, of any database, in the caller's read transaction."""
    end = monotonic() + seconds
    kept = connection.exec_driver_sql(
        f"SELECT value FROM office_fact WHERE name = '{HEAD_FACT}'"
    ).scalar()
    checker = ChainChecker()
    # On this statement alone: options of a connection stay on it.
    apart = {"yield_per": AT_ONCE}
    with connection.exec_driver_sql(LINES, execution_options=apart) as reading:
        for rows in reading.partitions(AT_ONCE):
            checker.read([encoded(row) for row in rows])
            if monotonic() > end:
                whole = reading.fetchone() is None
                return checker.told(whole=whole, kept=head_of(kept or ""))
    return checker.told(whole=True, kept=head_of(kept or ""))


class ChainChecker:
    """Follows the chain over rows of ``LINES``, of which the texts are bytes."""

    def __init__(self) -> None:
        self._lines = self._misfits = self._number = 0
        self._before = b""
        self._first: Misfit | None = None
        self._last: Row = ()

    def read(self, rows: Sequence[Row]) -> None:
        """The next lines, in the order of their numbers."""
        before, number = self._before, self._number
        for row in rows:
            if _hash(before, row) != row[-1]:
                gone = row[0] > number + 1
                self._miss(Kind.MISSING if gone else Kind.CHANGED, row, number)
            # What follows was written after this hash.
            number, before = row[0], row[-1]
        self._lines += len(rows)
        self._before, self._number, self._last = before, number, rows[-1]

    def told(self, *, whole: bool, kept: Head | None) -> ChainCheck:
        """``kept`` is what office_fact has of the last line."""
        found = Head(self._number, self._before.decode(errors="replace"))
        # An office in which nothing has happened yet has neither.
        if whole and (kept or Head()) != found:
            self._miss_end(found, kept)
        return ChainCheck(self._lines, found, self._misfits, self._first, whole)

    def _miss_end(self, found: Head, kept: Head | None) -> None:
        if kept is None:
            self._note(Misfit(Kind.NO_END, found.number, found.number, *_of(self._last)))
        elif kept.number > found.number:
            self._note(Misfit(Kind.CUT_OFF, found.number + 1, kept.number))
        elif kept.number < found.number:
            self._note(Misfit(Kind.ADDED, kept.number + 1, found.number, *_of(self._last)))
        else:
            self._note(Misfit(Kind.CHANGED, found.number, found.number, *_of(self._last)))

    def _miss(self, kind: Kind, row: Row, before: int) -> None:
        first, last = (before + 1, row[0] - 1) if kind is Kind.MISSING else (row[0], row[0])
        self._note(Misfit(kind, first, last, *_of(row)))

    def _note(self, misfit: Misfit) -> None:
        self._misfits += 1
        self._first = self._first or misfit


def _hash(before: bytes, row: Row) -> bytes:
    try:
        return hash_of(before, row).encode()
    except TypeError:
        # A damaged file may have a number where a text was.
        return b""


def _of(row: Row) -> tuple[int | None, str | None]:
    if not row:
        return None, None
    at = row[3]
    return row[1], at.decode(errors="replace") if isinstance(at, bytes) else None
