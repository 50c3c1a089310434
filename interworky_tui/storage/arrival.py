"""The target of a move: an empty office that appears whole, in one step, or not at all."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect

from interworky_tui.domain.errors import StoreProblem
from interworky_tui.storage import restore, schema
from interworky_tui.storage.backup import BESIDE, contents, sync, sync_folder, told_of
from interworky_tui.storage.database import Database
from interworky_tui.storage.ends import End, FileEnd, ServerEnd
from interworky_tui.storage.forwarding import ARRIVING, MOVED, READ, OfficeMoved, notes_of
from interworky_tui.storage.models import Base

if TYPE_CHECKING:
    from sqlalchemy import Connection

HOLD_MS = 30_000
"""How long is waited for others to be done with an office."""
STILL = "10min"
"""How long a server lets one end wait while there is work at the other one."""
_BEGUN = ".moving-"
_NOT_EMPTY = "There is an office already; name an empty place to move to."


class Standing(StrEnum):
    """What is where an office is to be moved to."""

    NOTHING = "nothing"
    UNFINISHED = "unfinished"
    """A copy by a move that was stopped, and that nobody could use."""
    LEFT = "left"
    """A file that an office was moved away from; it is kept beside."""


@dataclass(slots=True)
class Arrival:
    """``kept``: where the file is, in the end, that an office was moved away from."""

    end: End
    kept: Path | None = None


def look_at(url: str, source: str) -> Standing:
    """Raises StoreProblem unless an office may be moved there from that place."""
    try:
        state = schema.look_at(url)
    except OfficeMoved as moved:
        if moved.found == ARRIVING and moved.note.place == source:
            return Standing.UNFINISHED
        if moved.found == MOVED and schema.sqlite_path(url):
            return Standing.LEFT
        raise StoreProblem(_NOT_EMPTY) from moved
    if state is not schema.SchemaState.MISSING:
        raise StoreProblem(_NOT_EMPTY)
    return Standing.NOTHING


@contextmanager
def arriving(url: str, standing: Standing, now: datetime) -> Iterator[Arrival]:
    """Yields the end that is to be filled; it is there when this is left without an error.

    Raises StoreProblem, sqlite3.Error, psycopg.Error.
    """
    file = schema.sqlite_path(url)
    if file is None:
        with _on_server(url, standing) as end:
            yield Arrival(end)
        return
    file = file.absolute()
    with told_of(file), _beside(file) as made:
        with _filling(made) as end:
            arrival = Arrival(end)
            yield arrival
        arrival.kept = _put(made, file, standing, now)


@contextmanager
def _on_server(url: str, standing: Standing) -> Iterator[End]:
    database = Database(url, busy_ms=HOLD_MS)
    try:
        with database.engine.begin() as connection:
            connection.exec_driver_sql(f"SET LOCAL idle_in_transaction_session_timeout = '{STILL}'")
            for lock in (schema.WRITE_LOCK, schema.UPGRADE_LOCK):
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({lock})")
            if standing is Standing.UNFINISHED:
                _drop(connection)
            if inspect(connection).get_table_names():
                raise StoreProblem(_NOT_EMPTY)
            schema.create_in(connection)
            driver: Any = connection.connection.dbapi_connection
            yield ServerEnd(driver)
    finally:
        database.close()


def _drop(connection: "Connection") -> None:
    """What a stopped move has left. Raises StoreProblem if it was ended meanwhile."""
    notes = notes_of(connection.exec_driver_sql(READ).fetchall())
    if ARRIVING not in notes:
        raise StoreProblem(_NOT_EMPTY)
    tables = ", ".join((*Base.metadata.tables, "alembic_version"))
    connection.exec_driver_sql(f"DROP TABLE {tables}")
    connection.exec_driver_sql("DROP FUNCTION appointment_event_keep, interworky_changed")


@contextmanager
def _beside(file: Path) -> Iterator[Path]:
    """The name of a file in a folder of its own, which is gone at the end."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    for left in file.parent.glob(f"{_BEGUN}*"):
        shutil.rmtree(left, ignore_errors=True)
    with TemporaryDirectory(prefix=_BEGUN, dir=file.parent) as folder:
        yield Path(folder) / file.name


@contextmanager
def _filling(made: Path) -> Iterator[End]:
    with closing(Database(schema.sqlite_url(made))) as database:
        schema.migrate(database)
    with closing(sqlite3.connect(made, isolation_level=None)) as connection:
        # Nobody sees it before it is whole and written out.
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("BEGIN")
        yield FileEnd(connection)
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = WAL")
    sync(made)


def _put(made: Path, file: Path, standing: Standing, now: datetime) -> Path | None:
    """Under its name in one step. Returns where what stood there is kept."""
    if standing is Standing.LEFT:
        with closing(schema.open_driver(made)) as connection:
            found = contents(connection)
        return restore.put_in_place(restore.Fetched(made, found), file, now)
    if standing is Standing.UNFINISHED:
        for end in (*BESIDE, ""):
            file.with_name(file.name + end).unlink(missing_ok=True)
    try:
        os.link(made, file)
    except FileExistsError:
        raise StoreProblem(_NOT_EMPTY) from None
    except OSError:
        # A file system without hard links. Windows refuses to rename over a file.
        if file.exists():
            raise StoreProblem(_NOT_EMPTY) from None
        made.rename(file)
    sync_folder(file.parent)
    return None
