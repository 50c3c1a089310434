"""A copy of the store that is whole, checked, and under its name only then."""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from interworky_tui.domain.errors import DamagedStore, StoreProblem
from interworky_tui.storage import schema
from interworky_tui.storage.moments import from_text, to_text
from interworky_tui.storage.problems import driver_told_plainly, plain_sentence
from interworky_tui.storage.sealing import SEALED, is_sealed, seal, unseal

MADE = "backup made"
"""The row of office_fact that only a backup has: when it was made."""
MAGIC = b"SQLite format 3\0"
BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a file, by the ends of their names."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a store holds. ``made`` is None unless it is a backup, ``newest`` the last change."""

    revision: str
    clients: int
    appointments: int
    newest: datetime | None
    made: datetime | None


def backup(file: Path, target: Path, now: datetime, passphrase: str = "") -> Path:
    """Copy the store as it is now, check the copy, and put it in its place in one step.

    With a passphrase it is encrypted, and ``.gz.age`` is added to its name. Returns where it
    is. Raises StoreProblem, and then what was there before still is.
    """
    target = named(target, passphrase)
    with told_of(target):
        _refuse_to_replace(target, file, passphrase)
    with driver_told_plainly(), closing(schema.open_driver(file)) as source:
        return backup_of(source, target, now, passphrase, file.parent)


def backup_of(
    source: sqlite3.Connection, target: Path, now: datetime, passphrase: str, folder: Path
) -> Path:
    """The same of what a connection has open, wherever its file is by now.

    Whatever is at the target is replaced. ``folder`` is where the store is or was: who encrypts
    does not trust the other one, so nothing plain comes near it. Raises StoreProblem.
    """
    target = named(target, passphrase)
    with told_of(target):
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with making(folder / target.name if passphrase else target) as plain:
            copy_of(source, plain, now)
            if not passphrase:
                put(plain, target)
                return target
            with making(target) as sealed:
                seal(plain, sealed, passphrase)
                put(sealed, target)
    return target


def named(target: Path, passphrase: str) -> Path:
    if not passphrase or target.name.endswith(SEALED):
        return target
    return target.with_name(target.name + SEALED)


def copy_of(source: sqlite3.Connection, copy: Path, now: datetime) -> None:
    """The plain copy, in a file that is there and empty.

    Raises sqlite3.Error, OSError, and StoreProblem when it is not sound.
    """
    with closing(sqlite3.connect(copy, isolation_level=None)) as target:
        target.execute("PRAGMA synchronous = OFF")  # it is written out when it is whole
        source.backup(target, pages=-1)
        # One file that can be carried about, with nothing beside it.
        target.execute("PRAGMA journal_mode = DELETE")
        target.execute("INSERT OR REPLACE INTO office_fact VALUES (?, ?)", (MADE, to_text(now)))
        if not is_sound(target):
            raise DamagedStore("The office's data is damaged; restore the latest backup.")
    sync(copy)


def contents(connection: sqlite3.Connection) -> Contents:
    """Raises sqlite3.Error for what is no store of this program."""
    [(revision,)] = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    [(clients, appointments, newest, made)] = connection.execute(
        "SELECT (SELECT count(*) FROM client), (SELECT count(*) FROM appointment),"
        " (SELECT at FROM appointment_event ORDER BY id DESC LIMIT 1),"
        f" (SELECT value FROM office_fact WHERE name = '{MADE}')"
    ).fetchall()
    return Contents(
        str(revision),
        clients,
        appointments,
        from_text(newest) if newest else None,
        from_text(made) if made else None,
    )


def contents_of(file: Path) -> Contents | None:
    """Of the office in a file; None when there is none. Raises StoreProblem."""
    if not file.exists():
        return None
    try:
        with driver_told_plainly(), closing(schema.open_driver(file)) as connection:
            return contents(connection)
    except ValueError as error:
        raise DamagedStore("The office's data is damaged; restore the latest backup.") from error


def is_database(file: Path) -> bool:
    """Whether it begins as an SQLite file does. Raises OSError."""
    with file.open("rb") as opened:
        return opened.read(len(MAGIC)) == MAGIC


def read_only(file: Path) -> sqlite3.Connection:
    """Nothing is left beside it. Raises sqlite3.Error, OSError."""
    # Who may only read would leave an empty log beside a file that is used with one.
    mode = "rw" if has_log(file) else "ro"
    where = f"{file.absolute().as_uri()}?mode={mode}"
    opened = sqlite3.connect(where, uri=True, isolation_level=None)
    opened.execute("PRAGMA query_only = ON")
    opened.execute("PRAGMA trusted_schema = OFF")
    return opened


def has_log(file: Path) -> bool:
    """Whether it is used with a log beside it, which no backup is. Raises OSError."""
    with file.open("rb") as opened:
        return opened.read(20)[18:] == b"\2\2"


def is_sound(connection: sqlite3.Connection) -> bool:
    return connection.execute("PRAGMA quick_check(1)").fetchall() == [("ok",)]


@contextmanager
def making(target: Path, kind: str = "making") -> Iterator[Path]:
    """An empty file beside the target for its owner alone; gone at the end unless it was moved."""
    number, name = tempfile.mkstemp(
        prefix=f".{target.stem}-", suffix=f".{kind}", dir=target.absolute().parent
    )
    os.close(number)
    made = Path(name)
    try:
        yield made
    finally:
        # Half a copy would only take up the room that was wanting.
        for end in ("", *BESIDE):
            made.with_name(made.name + end).unlink(missing_ok=True)


def sync(file: Path) -> None:
    """Out of the memory and onto the disk."""
    with file.open("r+b") as written:
        os.fsync(written.fileno())


def sync_folder(folder: Path) -> None:
    """The names in it, too. Not every system does that."""
    if os.name != "posix":
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # nor every file system
            os.fsync(number)
    finally:
        os.close(number)


@contextmanager
def told_of(target: Path, done: str = "written") -> Iterator[None]:
    """A failure there, in one sentence."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreProblem(plain_sentence(str(error))) from error
    except OSError as error:
        raise StoreProblem(f"{target} cannot be {done} ({error.strerror}).") from error


def put(made: Path, target: Path) -> None:
    sync(made)
    made.replace(target)
    sync_folder(target.absolute().parent)


def _refuse_to_replace(target: Path, file: Path, passphrase: str) -> None:
    if target.absolute() in {file.with_name(file.name + end).absolute() for end in ("", *BESIDE)}:
        raise StoreProblem(f"{target} is the office's data itself; name another file.")
    if not target.exists():
        return
    if file.exists() and target.samefile(file):
        raise StoreProblem(f"{target} is the office's data itself; name another file.")
    if not target.is_file() or not _is_backup(target, file, passphrase):
        raise StoreProblem(f"{target} is there, and is no backup of ours; name another file.")


def _is_backup(target: Path, file: Path, passphrase: str) -> bool:
    """A sealed one is opened for it: nobody's other file is to be lost by a slip of the hand."""
    try:
        if not is_sealed(target):
            if has_log(target):
                return False
            with closing(read_only(target)) as connection:
                return contents(connection).made is not None
        with making(file) as plain:
            unseal(target, plain, passphrase)
            with closing(read_only(plain)) as connection:
                return contents(connection).made is not None
    except (sqlite3.Error, StoreProblem, ValueError):
        return False
