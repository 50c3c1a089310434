"""Backups of one office: where they are, making them, and putting one back."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from interworky_tui.config import Backup, Settings
from interworky_tui.domain.calendar import office_day
from interworky_tui.domain.clock import Clock
from interworky_tui.domain.errors import StoreProblem
from interworky_tui.storage import (
    backup,
    dump,
    keeping,
    programs,
    restore,
    schema,
    server_restore,
)
from interworky_tui.storage.archive import Archive, is_archive
from interworky_tui.storage.backup import Contents
from interworky_tui.storage.forwarding import OfficeMoved
from interworky_tui.storage.restore import Fetched
from interworky_tui.storage.schema import BUSY_MS, OURS
from interworky_tui.storage.sealing import SEALED
from interworky_tui.storage.server import driver_told_plainly, open_server, place_of, version_on


@dataclass(frozen=True, slots=True)
class Backups:
    """``file`` is the office's, or would be if it were kept in one: backups are named after it.

    ``url`` is that of its server, "" when it is kept in the file. ``passphrase`` gives "" when
    backups are not encrypted, and may raise BadSettings.
    """

    file: Path
    folder: Path
    settings: Backup
    office: Settings
    clock: Clock
    passphrase: Callable[[], str]
    url: str = ""

    @property
    def place(self) -> str:
        """Where the office is, for a person. Raises StoreProblem."""
        return place_of(self.url) if self.url else str(self.file)

    @property
    def ending(self) -> str:
        return keeping.SERVER if self.url else keeping.FILE

    def make(self, target: Path | None = None) -> Path:
        """Raises StoreProblem, BadSettings."""
        return self._make(self._target(target))

    def make_before(self, revision: str) -> Path | None:
        """One of an office on a server that is about to be upgraded to that version.

        None where there is no program that makes one. Raises StoreProblem, BadSettings.
        """
        if not self.programs():
            return None
        return self._make(self.folder / f"{self.file.stem}-before-{revision}{keeping.SERVER}")

    def programs(self) -> list[programs.Programs]:
        """Those that make backups of an office on a server."""
        return programs.found(self.settings.programs)

    def rescue(self, connection: sqlite3.Connection) -> Path:
        """A backup of what a connection has open whose file is gone. Raises StoreProblem."""
        return backup.backup_of(
            connection, self._target(None), self.clock(), self.passphrase(), self.file.parent
        )

    @contextmanager
    def opened(self, source: Path) -> Iterator[Fetched | Archive]:
        """A backup that was read and is sound, until the end. Raises StoreProblem, BadSettings."""
        _refuse_the_other_kind(source, server=bool(self.url))
        if not self.url:
            with restore.fetched(source, self.file, self.passphrase()) as fetched:
                yield fetched
            return
        private, folder = self.file.parent, self.settings.programs
        with dump.opened(source, private, self.passphrase(), folder) as archive:
            yield archive

    def refuse_moved(self) -> None:
        """Raises StoreProblem when the office is elsewhere: put back here, there would be two."""
        try:
            schema.look_at(self.url or schema.sqlite_url(self.file))
        except OfficeMoved as moved:
            raise StoreProblem(
                f"The office is {moved.note.place}; a backup that is put back here would make a"
                " second one. Restore it there, or give --although-moved if that one is lost."
            ) from moved
        except StoreProblem:
            # That is what a backup is put back for.
            pass

    def put_in_place(self, opened: Fetched | Archive) -> Path | None:
        """Make it the office. Returns where what it replaced is; None if nothing was there.

        Raises StoreProblem, BadSettings, and then nothing has changed.
        """
        if isinstance(opened, Fetched):
            return restore.put_in_place(opened, self.file, self.now())
        return server_restore.put_in_place(opened, self.url, self._set_aside)

    def contents(self) -> Contents | None:
        """Of the office that is there; None when there is none. Raises StoreProblem."""
        if not self.url:
            return backup.contents_of(self.file)
        if version_on(self.url, OURS, busy_ms=BUSY_MS) is None:
            return None
        with driver_told_plainly(), open_server(self.url, busy_ms=BUSY_MS) as connection:
            return dump.contents(connection)

    def found(self) -> list[keeping.Kept]:
        """Those of this kind of office, the newest first. Raises StoreProblem."""
        with backup.told_of(self.folder, "looked into"):
            every = keeping.found(self.folder, self.file)
        return [one for one in every if one.ending == self.ending]

    def newest(self) -> keeping.Kept | None:
        """Raises StoreProblem."""
        return next(iter(self.found()), None)

    def rotate(self, *, elsewhere: bool = False) -> list[Path]:
        """``elsewhere``: another machine has newer ones. Raises StoreProblem."""
        with backup.told_of(self.folder, "tidied up"):
            return keeping.rotate(
                self.folder,
                self.file,
                self.now(),
                daily=self.settings.keep_daily,
                weekly=self.settings.keep_weekly,
                elsewhere=elsewhere,
            )

    def has_todays(self) -> bool:
        today = office_day(self.clock(), self.office.zone)
        return any(one.made.date() == today for one in self.found())

    def now(self) -> datetime:
        """In the office's zone."""
        return self.clock().astimezone(self.office.zone)

    def _make(self, target: Path) -> Path:
        if not self.url:
            return backup.backup(self.file, target, self.clock(), self.passphrase())
        return dump.dump(
            self.url, target, self.file.parent, self.passphrase(), self.settings.programs
        )

    def _set_aside(self) -> Path:
        """A backup of what is about to be replaced, beside the others."""
        stem = f"{self.file.stem}-replaced-{self.now():%Y%m%d-%H%M%S}"
        names = (f"{stem}{f'-{n}' if n else ''}{keeping.SERVER}" for n in range(1000))
        free = (
            self.folder / name
            for name in names
            if not any((self.folder / f"{name}{end}").exists() for end in ("", SEALED))
        )
        return self._make(next(free))

    def _target(self, target: Path | None) -> Path:
        if target is None or target.is_dir():
            return (target or self.folder) / keeping.name_of(self.file, self.now(), self.ending)
        return target


def _refuse_the_other_kind(source: Path, *, server: bool) -> None:
    """Raises StoreProblem."""
    if not source.is_file():
        return
    with backup.told_of(source, "read"):
        is_servers = is_archive(source) or f"{keeping.SERVER}{SEALED}" in source.name
        is_files = backup.is_database(source) or f"{keeping.FILE}{SEALED}" in source.name
    if is_servers and not server:
        raise StoreProblem(
            f"{source} is of an office on PostgreSQL; set [database] url to a server to restore it"
            " there."
        )
    if is_files and server:
        raise StoreProblem(
            f"{source} is of an office in a file; restore it with [database] url empty, and move"
            " the office to the server then (interworky-tui move-to)."
        )
