"""The gate at the start: what is in the store's place, and making or upgrading it.

Looking costs a few milliseconds, because it is done before the first rows are shown; Alembic is
imported only when there is something to migrate.
"""

import os
import sqlite3
import stat
from collections.abc import Callable, Sequence
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from interworky_tui.domain.errors import DamagedStore, StoreProblem
from interworky_tui.storage import forwarding, server
from interworky_tui.storage.problems import driver_told_plainly

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from interworky_tui.storage.database import Database

REVISIONS: tuple[str, ...] = ("0001", "0002", "0003", "0004", "0005", "0006")
"""Every version that a store may have, oldest first."""
HEAD = REVISIONS[-1]
BUSY_MS = 5000
OLDEST_SQLITE = (3, 37, 0)
FULL_TEXT = "fts5"
"""The part of SQLite that indexes the search; a build of it may be without."""
MIGRATIONS = Path(__file__).parent / "migrations"
WRITE_LOCK = 0x1A7E_0FF1CE
"""The advisory lock on PostgreSQL that a write holds, so that writes are alone."""
UPGRADE_LOCK = WRITE_LOCK + 1
"""The one that keeps out, beside that, what else is written: one process migrates, and nobody
writes meanwhile.
"""
UPGRADE_WAITS = "10min"
"""How long a desk waits for another one that upgrades."""
OURS = ("alembic_version", "appointment", "client", "notification")
_TAIL = (
    "Restore the latest backup (interworky-tui restore), or move the file away to begin with an"
    " empty office."
)


class SchemaState(StrEnum):
    MISSING = "missing"
    CURRENT = "current"
    OLDER = "older"


def sqlite_path(url: str) -> Path | None:
    """The file that an SQLAlchemy URL names; None for another database or one in memory."""
    scheme, _, rest = url.partition("://")
    if scheme.partition("+")[0] != "sqlite" or not rest.startswith("/"):
        return None
    name = unquote(rest[1:].partition("?")[0])
    return Path(name) if name and name != ":memory:" else None


def sqlite_url(file: Path) -> str:
    """The SQLAlchemy URL of a file, whatever characters its name has."""
    return "sqlite:///" + quote(str(file), safe="/\\:")


def look(
    file: Path, *, revisions: Sequence[str] = REVISIONS, busy_ms: int = BUSY_MS
) -> SchemaState:
    """What stands in the store's place. Writes nothing.

    Raises StoreProblem when it cannot be used as it is, or was made by a newer program, and
    OfficeMoved when the office is elsewhere.
    """
    check_sqlite()
    if not _is_there(file):
        return SchemaState.MISSING
    with driver_told_plainly(), closing(open_driver(file, busy_ms=busy_ms)) as connection:
        found = _version(connection, file)
        state = _state(found, revisions, str(file), _foreign(file))
        forwarding.refuse(connection.execute(forwarding.READ).fetchall())
    return state


def look_at(
    url: str, *, revisions: Sequence[str] = REVISIONS, busy_ms: int = BUSY_MS
) -> SchemaState:
    """As ``look``, wherever the URL leads."""
    if not server.is_server(url):
        file = sqlite_path(url)
        if file is None:
            raise StoreProblem("The office's data is kept in an SQLite file or on PostgreSQL.")
        return look(file, revisions=revisions, busy_ms=busy_ms)
    found = server.version_on(url, OURS, busy_ms=busy_ms)
    if found is None:
        return SchemaState.MISSING
    return _state(found, revisions, "The database", server.foreign())


def migrate(
    database: "Database",
    *,
    revisions: Sequence[str] = REVISIONS,
    scripts: Sequence[Path] = (MIGRATIONS / "versions",),
    keep: Callable[[str], object] | None = None,
) -> None:
    """Create the store, or bring it up to date, unless another process did so meanwhile.

    A file is created beside its place and put there whole; before an upgrade it is copied to
    ``<name>-before-<revision>.db``, and on a server ``keep`` makes a backup, given the revision to
    come, while nobody writes. Raises StoreProblem, and then nothing has changed.
    ``revisions`` and ``scripts`` are the program's own unless a test has others.
    """
    from interworky_tui.storage.database import Database, told_plainly

    file = sqlite_path(database.url)
    if file is None:
        if look_at(database.url, revisions=revisions) is not SchemaState.CURRENT:
            with told_plainly():
                _migrate_server(database, revisions, scripts, keep)
        return
    if look(file, revisions=revisions) is SchemaState.MISSING:
        with told_plainly():
            _create(file, revisions[-1], scripts)
    if look(file, revisions=revisions) is SchemaState.OLDER:
        own = Database(database.url)
        try:
            with told_plainly():
                _upgrade_file(own, file, revisions[-1], scripts)
        finally:
            own.close()


def create_in(connection: "Connection") -> None:
    """The tables in an empty database, in the caller's transaction."""
    _upgrade(connection, HEAD, (MIGRATIONS / "versions",))


def open_driver(file: Path, *, busy_ms: int = BUSY_MS) -> sqlite3.Connection:
    """The file by the driver alone, in autocommit and never creating it, for reading.

    Raises sqlite3.Error.
    """
    connection = sqlite3.connect(
        f"{file.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=busy_ms / 1000,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection


def check_sqlite() -> None:
    """Raises StoreProblem when this Python's SQLite will not do."""
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise StoreProblem(
            f"SQLite {sqlite3.sqlite_version} is too old; use a Python with SQLite 3.37 or newer."
        )
    with closing(sqlite3.connect(":memory:")) as connection:
        modules = connection.execute("PRAGMA module_list").fetchall()
    if (FULL_TEXT,) not in modules:
        raise StoreProblem(
            "This Python's SQLite is without full-text search (FTS5); use a Python that has it."
        )


def _state(found: str, revisions: Sequence[str], place: str, foreign: StoreProblem) -> SchemaState:
    if found == revisions[-1]:
        return SchemaState.CURRENT
    if found in revisions:
        return SchemaState.OLDER
    if len(found) == len(HEAD) and found.isdecimal():
        raise StoreProblem(
            f"{place} was made by a newer version of this program; install that version to open it."
        )
    raise foreign


def _is_there(file: Path) -> bool:
    """Whether a file is in the place; what can be refused without opening it is."""
    try:
        there = file.stat()
    except FileNotFoundError:
        if file.is_symlink():
            raise StoreProblem(f"{file} points to a file that is not there.") from None
        _check_folder(file)
        return False
    except OSError as error:
        raise StoreProblem(f"{file} cannot be looked at ({error.strerror}).") from error
    if not stat.S_ISREG(there.st_mode):
        raise StoreProblem(f"{file} is not a file; name another one for the office's data.")
    if there.st_size == 0:
        raise DamagedStore(f"{file} is empty, so something else has emptied it. {_TAIL}")
    if not os.access(file, os.R_OK | os.W_OK):
        raise StoreProblem(f"{file} may not be read and written; check its permissions.")
    _check_folder(file)
    return True


def _check_folder(file: Path) -> None:
    """SQLite keeps files beside the store, so the folder must be writable too."""
    folder = file.absolute().parent
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir():
        raise StoreProblem(f"{folder} is not a folder; the office's data cannot be kept in it.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise StoreProblem(f"Nothing may be written in {folder}; check the folder's permissions.")


def _version(connection: sqlite3.Connection, file: Path) -> str:
    names = ", ".join(f"'{name}'" for name in OURS)
    tables = connection.execute(
        f"SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ({names})"
    ).fetchall()
    if tables != [(len(OURS),)]:
        raise _foreign(file)
    found = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    if len(found) != 1:
        raise _foreign(file)
    return str(found[0][0])


def _foreign(file: Path) -> StoreProblem:
    return DamagedStore(f"{file} does not hold an office of this program. {_TAIL}")


def _create(file: Path, head: str, scripts: Sequence[Path]) -> None:
    from interworky_tui.storage.database import Database

    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with TemporaryDirectory(prefix=".new-", dir=file.parent) as folder:
            made = Path(folder) / file.name
            database = Database(sqlite_url(made))
            try:
                with database.write() as connection:
                    _upgrade(connection, head, scripts)
            finally:
                database.close()
            made.chmod(0o600)
            _put_in_place(made, file)
    except OSError as error:
        raise StoreProblem(
            f"The office's data cannot be created in {file.parent} ({error.strerror})."
        ) from error


def _put_in_place(made: Path, file: Path) -> None:
    """Under its name in one step; when another process was quicker, its file stays."""
    try:
        os.link(made, file)
    except FileExistsError:
        return
    except OSError:
        # A file system without hard links. Windows refuses to rename over a file.
        if not file.exists():
            made.rename(file)


def _upgrade_file(database: "Database", file: Path, head: str, scripts: Sequence[Path]) -> None:
    from interworky_tui.domain.clock import system_clock
    from interworky_tui.storage.backup import backup_of

    with database.engine.connect() as plain:
        connection = plain.execution_options(interworky_write=True)
        # Inside a transaction this would be ignored, and a table that is rebuilt would take
        # the rows that refer to it along.
        driver = connection.connection.dbapi_connection
        assert driver is not None
        driver.cursor().execute("PRAGMA foreign_keys = OFF")
        with connection.begin():
            found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
            if found == head:
                return
            copy = file.with_name(f"{file.stem}-before-{head}.db")
            # The write lock is held, so that nothing can change meanwhile.
            with driver_told_plainly(), closing(open_driver(file)) as source:
                backup_of(source, copy, system_clock(), "", file.parent)
            _upgrade(connection, head, scripts)
            if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
                raise StoreProblem(
                    "The upgrade would leave rows that refer to nothing; nothing was changed."
                    " Restore the latest backup."
                )


def _migrate_server(
    database: "Database",
    revisions: Sequence[str],
    scripts: Sequence[Path],
    keep: Callable[[str], object] | None,
) -> None:
    """In one transaction, alone: of two that migrate at once the second finds nothing to do."""
    from sqlalchemy import inspect

    from interworky_tui.storage import rights

    with database.engine.begin() as connection:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{UPGRADE_WAITS}'")
        for lock in (WRITE_LOCK, UPGRADE_LOCK):
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({lock})")
        if inspect(connection).has_table("alembic_version"):
            found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
            state = _state(str(found), revisions, "The database", server.foreign())
            if state is SchemaState.CURRENT:
                return
            if not rights.may_upgrade(connection):
                raise StoreProblem(
                    "The office's data is of an older version, and only the owner of its tables"
                    " may upgrade it: run any command of this version once as that role."
                )
            if keep is not None:
                # A backup of a large office takes a while, and this connection waits for it.
                connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
                keep(revisions[-1])
        _upgrade(connection, revisions[-1], scripts)


def _upgrade(connection: "Connection", head: str, scripts: Sequence[Path]) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.set_main_option(
        "version_locations", os.pathsep.join(map(str, scripts)).replace("%", "%%")
    )
    command.upgrade(config, head)
