"""What was erased from an SQLite file is overwritten, in the file and in the log beside it.

A row that changes leaves its old text in the pages until others need the room. On PostgreSQL
that is the server's own work (autovacuum).
"""

import logging
import sqlite3
from contextlib import closing

from sqlalchemy import Connection

from interworky_tui.domain.errors import StoreProblem
from interworky_tui.storage.once import insert_once
from interworky_tui.storage.problems import driver_told_plainly
from interworky_tui.storage.schema import BUSY_MS, sqlite_path
from interworky_tui.storage.tables import OFFICE_FACT

ASKED = "erased bytes are left"
"""The row of office_fact that stands from the erasing until the file is overwritten."""

AT_ONCE = 64 * 1024 * 1024
"""Bytes of a file that is written anew while nobody notices that changes wait."""

log = logging.getLogger(__name__)


def ask_for(connection: Connection) -> None:
    """In the transaction that erases, so that it is made up for whatever happens to the program."""
    if connection.dialect.name == "sqlite":
        insert_once(connection, OFFICE_FACT, {"name": ASKED, "value": "yes"}, "name")


def overwrite(url: str, *, largest: int | None = None) -> bool:
    """Write the file anew without what was erased, if that was asked for.

    Takes seconds for a large office; other desks wait with their changes. False when it was not
    done now, because the file has more bytes than ``largest``, the disk is full or the store is
    in use; it is still asked for then.
    """
    file = sqlite_path(url)
    if file is None:
        return True
    try:
        if largest is not None and file.stat().st_size > largest:
            return False
        with (
            driver_told_plainly(),
            closing(sqlite3.connect(file, timeout=BUSY_MS / 1000, isolation_level=None)) as store,
        ):
            return _overwrite(store)
    except (StoreProblem, OSError) as problem:
        log.warning("what was erased is not overwritten yet: %s", problem)
        return False


def _overwrite(store: sqlite3.Connection) -> bool:
    asked = (ASKED,)
    if not store.execute("SELECT 1 FROM office_fact WHERE name = ?", asked).fetchall():
        return True
    # The index of the search keeps pieces of what was taken out until it is merged.
    store.execute("INSERT INTO client_search(client_search) VALUES ('optimize')")
    store.execute("VACUUM")
    if not _empty_log(store):
        return False
    store.execute("DELETE FROM office_fact WHERE name = ?", asked)
    return True


def _empty_log(store: sqlite3.Connection) -> bool:
    """False when somebody reads in what was before."""
    [(busy, _pages, _moved)] = store.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return not busy
