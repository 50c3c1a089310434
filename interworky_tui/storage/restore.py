"""Putting a backup in the store's place; what was there is kept beside it.

Whenever the machine stops, the store is what it was or what it is to be: under its name stands
one of the two, and no log of the one is beside the other.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from interworky_tui.domain.errors import StoreProblem
from interworky_tui.storage import schema
from interworky_tui.storage.backup import (
    BESIDE,
    MADE,
    Contents,
    contents,
    is_database,
    is_sound,
    making,
    read_only,
    sync,
    sync_folder,
    told_of,
)
from interworky_tui.storage.sealing import is_sealed, unseal

_IN_USE = "The office is open in a desk, a worker or the web pages; close them all and try again."
_SHARED_FIRST, _SHARED_SIZE = 0x40000002, 510
"""The bytes by which SQLite marks a file as open."""
WAIT_MS = 500
"""For somebody else to be done with the store: what ends by itself, ends soon."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A sound copy of a backup, ready to be put in place."""

    path: Path
    contents: Contents


@contextmanager
def fetched(source: Path, file: Path, passphrase: str = "") -> Iterator[Fetched]:
    """Copy a backup beside the store and check it: ours, sound, of no newer version.

    Raises StoreProblem.
    """
    if not source.is_file():
        raise StoreProblem(f"There is no file {source}.")
    if file.exists() and source.samefile(file):
        raise StoreProblem(f"{source} is the office's data itself; name a backup.")
    with told_of(file):
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with making(file, "restoring") as copy:
            if is_sealed(source):
                unseal(source, copy, passphrase)
            with _told_as_of(source):
                if not is_sealed(source):
                    _copy_plain(source, copy)
                found = _examined(copy, source)
            sync(copy)
            yield Fetched(copy, found)


def put_in_place(copy: Fetched, file: Path, now: datetime) -> Path | None:
    """Make the copy the store. Returns where what it replaced is; None if nothing was there.

    Raises StoreProblem when another process has the store open, and then nothing has changed.
    """
    with told_of(file), _to_itself(file) as settled:
        replaced = _keep(file, now, ("",) if settled else ("", "-wal", "-journal"))
        for end in BESIDE:
            file.with_name(file.name + end).unlink(missing_ok=True)
        copy.path.replace(file)
        sync_folder(file.absolute().parent)
    return replaced


def _copy_plain(source: Path, copy: Path) -> None:
    with closing(read_only(source)) as there, closing(sqlite3.connect(copy)) as target:
        target.execute("PRAGMA synchronous = OFF")
        there.backup(target, pages=-1)


def _examined(copy: Path, source: Path) -> Contents:
    """As a desk expects it, in one file. Raises StoreProblem, sqlite3.Error."""
    with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        if not is_sound(connection):
            raise StoreProblem(f"{source} is damaged; take an earlier backup.")
        found = contents(connection)
        if found.revision not in schema.REVISIONS:
            if len(found.revision) == len(schema.HEAD) and found.revision.isdecimal():
                raise StoreProblem(
                    f"{source} was made by a newer version of this program;"
                    " install that version to restore it."
                )
            raise StoreProblem(f"{source} is no backup of this program.")
        connection.execute("DELETE FROM office_fact WHERE name = ?", (MADE,))
        connection.execute("PRAGMA journal_mode = WAL")
    return found


@contextmanager
def _told_as_of(source: Path) -> Iterator[None]:
    """The driver's words about a backup, which are not about the office's data."""
    try:
        yield
    except (sqlite3.Error, ValueError) as error:
        told = str(error).casefold()
        if "full" in told:
            raise
        what = "is no backup of this program"
        if "malformed" in told:
            what = "is damaged; take an earlier backup"
        elif "unable to open" in told:
            what = "cannot be read where it is; copy it to this machine first"
        raise StoreProblem(f"{source} {what}.") from error


@contextmanager
def _to_itself(file: Path) -> Iterator[bool]:
    """Nobody else has it open. Yields whether its log is in it, as far as it can be opened at all.

    Every connection of a desk, a worker or a server marks the file as open for as long as it
    lasts, and so is known; of a file that is no database any more Windows alone knows it.
    """
    if not file.exists():
        yield False
        return
    connection = _settled(file)
    try:
        if connection is None:
            with _marked(file):
                yield False
            return
        if os.name != "posix":
            connection.close()  # what is open cannot be replaced
        yield True
    except PermissionError as error:
        if os.name == "posix":
            raise
        raise StoreProblem(_IN_USE) from error
    finally:
        if connection is not None:
            connection.close()


def _settled(file: Path) -> sqlite3.Connection | None:
    """The only connection to the file, with all in one file; None if it is too damaged for it."""
    if not is_database(file):
        return None
    connection = sqlite3.connect(file, timeout=WAIT_MS / 1000, isolation_level=None)
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE").fetchall()
        connection.execute("PRAGMA journal_mode = DELETE").fetchall()
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error as error:
        connection.close()
        if "locked" in str(error) or "busy" in str(error):
            raise StoreProblem(_IN_USE) from error
        return None
    return connection


@contextmanager
def _marked(file: Path) -> Iterator[None]:
    """A damaged file: SQLite does not tell who has it open, but its marks do."""
    if os.name != "posix":
        yield
        return
    import fcntl

    with file.open("r+b") as opened:
        try:
            fcntl.lockf(opened, fcntl.LOCK_EX | fcntl.LOCK_NB, _SHARED_SIZE, _SHARED_FIRST)
        except OSError as error:
            raise StoreProblem(_IN_USE) from error
        yield


def _keep(file: Path, now: datetime, ends: Sequence[str]) -> Path | None:
    """What is there under a second name, so that at no moment it has none."""
    there = [end for end in ends if _beside(file, end).exists()]
    if not there:
        return None
    stem = f"{file.stem}-replaced-{now:%Y%m%d-%H%M%S}"
    names = (file.with_name(f"{stem}{f'-{n}' if n else ''}.db") for n in range(1000))
    kept = next(name for name in names if not any(_beside(name, end).exists() for end in there))
    for end in there:
        _under_both(_beside(file, end), _beside(kept, end))
    return kept


def _beside(file: Path, end: str) -> Path:
    return file.with_name(file.name + end)


def _under_both(file: Path, name: Path) -> None:
    try:
        os.link(file, name)
    except OSError:
        # A file system without hard links.
        shutil.copy2(file, name)
        sync(name)
