"""Moving an office to another database: all of it, checked, and never in two places.

Whoever else writes meanwhile waits, or is told that another program writes: what would be written
after it was read would be lost. Reading goes on. See ``forwarding`` for what happens at the end.
"""

import platform
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from interworky_tui.domain.errors import DamagedStore, StoreProblem
from interworky_tui.storage import arrival, schema, server
from interworky_tui.storage.arrival import HOLD_MS, STILL
from interworky_tui.storage.database import Database, told_plainly
from interworky_tui.storage.ends import End, FileEnd, Listed, Row, ServerEnd, tables
from interworky_tui.storage.forwarding import (
    ARRIVED,
    ARRIVING,
    MOVED,
    READ,
    Note,
    OfficeMoved,
    notes_of,
    refuse,
)
from interworky_tui.storage.problems import driver_told_plainly

OnRows = Callable[[str, int, int], None]
"""The table, how many rows are done, and of how many; each is read at both ends."""


@dataclass(frozen=True, slots=True)
class Carried:
    """A table that is the same at both ends: ``checksum`` is a SHA-256 over its rows."""

    table: str
    rows: int
    checksum: str


@dataclass(frozen=True, slots=True)
class Moved:
    """``carried`` is empty when an earlier move was only ended. ``kept`` is where the office is
    that stood at the target and had been moved away before.
    """

    place: str
    carried: tuple[Carried, ...] = ()
    kept: Path | None = None


def move(source: str, target: str, now: datetime, on_rows: OnRows = lambda *_: None) -> Moved:
    """Move the office of one URL to another one, or end such a move. ``now`` in its zone.

    Raises StoreProblem, and then the office is where it was, unless the sentence says otherwise.
    """
    with _told(source, target):
        place = place_of(target)
        if source == target:
            raise StoreProblem("The office is there already.")
        try:
            state = schema.look_at(source)
        except OfficeMoved as moved:
            if moved.found == MOVED and _open(target, moved.note):
                return Moved(place)
            raise
        if state is schema.SchemaState.MISSING:
            raise StoreProblem("There is no office yet that could be moved.")
        if state is schema.SchemaState.OLDER:
            with closing(Database(source)) as database:
                schema.migrate(database)
        return _move(source, target, now, on_rows)


def place_of(url: str) -> str:
    """Where it is, for a person and without a password. Raises StoreProblem."""
    file = schema.sqlite_path(url)
    if file is not None:
        return f"in {file.absolute()} on {platform.node() or 'this machine'}"
    if not server.is_server(url):
        raise StoreProblem("The office's data is kept in an SQLite file or on PostgreSQL.")
    return f"in {server.place_of(url)}"


def _move(source: str, target: str, now: datetime, on_rows: OnRows) -> Moved:
    move, here, there = uuid4().hex, place_of(source), place_of(target)
    copied = False
    try:
        with _told(source, target), _leaving(source) as old:
            standing = arrival.look_at(target, here)
            with arrival.arriving(target, standing, now) as new:
                carried = _carry(old, new.end, on_rows)
                new.end.write_fact(ARRIVING, Note(move, here).to_fact())
                # Not committed before the other end is, but what may go wrong is known now.
                old.leave(Note(move, there).to_fact())
            copied = True
    except StoreProblem as problem:
        if copied:
            raise StoreProblem(
                "The move was cut off just at its end; run the same command once more to end it."
            ) from problem
        raise
    _open(target, Note(move, here))
    return Moved(there, carried, new.kept)


@contextmanager
def _leaving(url: str) -> Iterator[End]:
    """The office as it is at one moment, for as long as nobody else writes.

    Looked at again, because another move may have been quicker.
    """
    file = schema.sqlite_path(url)
    if file is not None:
        where = f"{file.absolute().as_uri()}?mode=rw"
        with (
            closing(
                sqlite3.connect(where, uri=True, timeout=HOLD_MS / 1000, isolation_level=None)
            ) as connection,
            connection,
        ):
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("BEGIN IMMEDIATE")
            refuse(connection.execute(READ).fetchall())
            yield FileEnd(connection)
        return
    from psycopg import IsolationLevel

    with closing(server.open_server(url, busy_ms=HOLD_MS)) as opened:
        opened.autocommit = True
        opened.execute(f"SET idle_in_transaction_session_timeout = '{STILL}'")
        # Of the session, because the view must be one of after they were had.
        for lock in (schema.WRITE_LOCK, schema.UPGRADE_LOCK):
            opened.execute(f"SELECT pg_advisory_lock({lock})")
        opened.autocommit = False
        opened.isolation_level = IsolationLevel.REPEATABLE_READ
        with opened.transaction():
            refuse(opened.execute(READ).fetchall())
            yield ServerEnd(opened)


def _carry(old: End, new: End, on_rows: OnRows) -> tuple[Carried, ...]:
    """Copy all tables, then hold each against what was read."""
    listed = [(table, old.count(table)) for table in tables()]
    count = _Count(2 * sum(rows for _, rows in listed), on_rows)
    carried = []
    for table, rows in listed:
        sent = count.over(old, table, partial(new.add, table))
        if sent.rows != rows:
            raise DamagedStore(f"Not all of {table.name} can be read; restore the latest backup.")
        carried.append(sent)
    new.settle()
    for (table, _), sent in zip(listed, carried, strict=True):
        if count.over(new, table) != sent:
            raise StoreProblem(
                f"{table.name} did not arrive as it was, so the office stays where it is."
            )
    return tuple(carried)


@dataclass(slots=True)
class _Count:
    total: int
    on_rows: OnRows
    done: int = 0

    def over(
        self, end: End, table: Listed, then: Callable[[Sequence[Row]], None] | None = None
    ) -> Carried:
        """Read a table, and give its rows on."""
        rows, digest = 0, sha256()
        for part in end.rows(table):
            if then is not None:
                then(part)
            digest.update("".join(map(repr, part)).encode())
            rows += len(part)
            self.done += len(part)
            self.on_rows(table.name, self.done, self.total)
        return Carried(table.name, rows, digest.hexdigest())


def _open(target: str, note: Note) -> bool:
    """Let the copy of this move be used. Whether it is there, opened now or before."""
    try:
        if schema.look_at(target) is schema.SchemaState.MISSING:
            return False
    except OfficeMoved as moved:
        if moved.found != ARRIVING:
            return False
    with closing(Database(target, busy_ms=HOLD_MS)) as database, database.write() as connection:
        notes = notes_of(connection.exec_driver_sql(READ).fetchall())
        arriving, arrived = notes.get(ARRIVING), notes.get(ARRIVED)
        if arriving is None:
            return arrived is not None and arrived.move == note.move
        if arriving.move != note.move:
            return False
        connection.exec_driver_sql(
            f"UPDATE office_fact SET name = '{ARRIVED}' WHERE name = '{ARRIVING}'"
        )
    return True


@contextmanager
def _told(*urls: str) -> Iterator[None]:
    """Whatever fails at one of the ends, in one sentence."""
    with ExitStack() as stack:
        stack.enter_context(driver_told_plainly())
        stack.enter_context(told_plainly())
        if any(map(server.is_server, urls)):
            server.check_driver()
            stack.enter_context(server.driver_told_plainly())
        yield
