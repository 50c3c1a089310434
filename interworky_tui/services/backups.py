"""Backups of one office: where they are, and making them by hand and by the day."""

import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import insert, select, update

from interworky_tui.config import Backup, BadSettings, Settings
from interworky_tui.domain.calendar import office_day
from interworky_tui.domain.clock import Clock
from interworky_tui.domain.errors import StoreProblem
from interworky_tui.services.context import Context
from interworky_tui.storage import backup, keeping
from interworky_tui.storage.moments import from_text, to_text
from interworky_tui.storage.tables import EVENT, OFFICE_FACT

CLAIM = "daily backup begun"
"""The row of office_fact with the moment, so that of several processes one makes it."""
RETRY = timedelta(minutes=15)
"""After which somebody tries again if there is still no backup of the day."""
LEEWAY = timedelta(minutes=5)
"""Between the clocks of two machines."""
TOO_LITTLE = 100_000_000
"""Bytes that are free."""


@dataclass(frozen=True, slots=True)
class Backups:
    """``passphrase`` gives "" when backups are not encrypted, and may raise BadSettings."""

    file: Path
    folder: Path
    settings: Backup
    office: Settings
    clock: Clock
    passphrase: Callable[[], str]

    def make(self, target: Path | None = None) -> Path:
        """Raises StoreProblem, BadSettings."""
        return backup.backup(self.file, self._target(target), self.clock(), self.passphrase())

    def rescue(self, connection: sqlite3.Connection) -> Path:
        """A backup of what a connection has open whose file is gone. Raises StoreProblem."""
        return backup.backup_of(
            connection, self._target(None), self.clock(), self.passphrase(), self.file.parent
        )

    def found(self) -> list[keeping.Kept]:
        """The newest first. Raises StoreProblem."""
        with backup.told_of(self.folder, "looked into"):
            return keeping.found(self.folder, self.file)

    def newest(self) -> keeping.Kept | None:
        """Raises StoreProblem."""
        return next(iter(self.found()), None)

    def rotate(self) -> list[Path]:
        """Raises StoreProblem."""
        with backup.told_of(self.folder, "tidied up"):
            return keeping.rotate(
                self.folder,
                self.file,
                self.now(),
                daily=self.settings.keep_daily,
                weekly=self.settings.keep_weekly,
            )

    def has_todays(self) -> bool:
        today = office_day(self.clock(), self.office.zone)
        return any(one.made.date() == today for one in self.found())

    def now(self) -> datetime:
        """In the office's zone."""
        return self.clock().astimezone(self.office.zone)

    def _target(self, target: Path | None) -> Path:
        if target is None or target.is_dir():
            return (target or self.folder) / keeping.name_of(self.file, self.now())
        return target


class Upkeep:
    """What a process does for the store beside its work, over and over: the backup of the day,
    and a look at the disk and the clock. ``on_troubles`` is told the sentences when they change,
    in the thread that calls ``run``.
    """

    def __init__(
        self, office: Context, backups: Backups, on_troubles: Callable[[tuple[str, ...]], None]
    ) -> None:
        self._office, self._backups, self._on_troubles = office, backups, on_troubles
        self._troubles: tuple[str, ...] = ()
        self._not_made = ""

    def run(self) -> None:
        if self._backups.settings.enabled:
            self._daily()
        found = (self._not_made, self._clock_trouble(), self._disk_trouble())
        troubles = tuple(trouble for trouble in found if trouble)
        if troubles != self._troubles:
            self._troubles = troubles
            self._on_troubles(troubles)

    def _daily(self) -> None:
        made = False
        try:
            if not self._backups.has_todays():
                if not self._claim():
                    return
                self._backups.make()
                made = True
                self._backups.rotate()
        except (StoreProblem, BadSettings) as problem:
            which = "Old backups stay" if made else "Today's backup was not made"
            self._not_made = f"{which}: {problem} It is tried again by itself."
        else:
            self._not_made = ""

    def _claim(self) -> bool:
        """Whether it is this process's turn to try. One from ahead of now was a wrong clock's."""
        now, named = self._office.clock(), OFFICE_FACT.c.name == CLAIM
        with self._office.database.write() as connection:
            last = connection.execute(select(OFFICE_FACT.c.value).where(named)).scalar()
            if last is not None and timedelta(0) <= now - from_text(last) < RETRY:
                return False
            if last is None:
                connection.execute(insert(OFFICE_FACT).values(name=CLAIM, value=to_text(now)))
            else:
                connection.execute(update(OFFICE_FACT).where(named).values(value=to_text(now)))
        return True

    def _clock_trouble(self) -> str:
        with self._office.database.read() as connection:
            newest = select(EVENT.c.at).order_by(EVENT.c.id.desc()).limit(1)
            last: datetime | None = connection.execute(newest).scalar()
        if last is None or last <= self._office.clock() + LEEWAY:
            return ""
        return (
            "The last change to the office's data is later than now:"
            " check the date and time of this machine."
        )

    def _disk_trouble(self) -> str:
        free = shutil.disk_usage(self._backups.file.parent).free
        if free >= TOO_LITTLE:
            return ""
        return (
            f"Only {free // 1_000_000} MB are free on the disk of the office's data: free some"
            " space before changes can no longer be kept."
        )
