"""What a process does for the store beside its work, over and over."""

import platform
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from interworky_tui.config import BadSettings
from interworky_tui.domain.calendar import office_day
from interworky_tui.domain.errors import StoreAway, StoreProblem
from interworky_tui.paths import nearest
from interworky_tui.services.backups import Backups
from interworky_tui.services.context import Context
from interworky_tui.storage.moments import from_text, to_text
from interworky_tui.storage.tables import EVENT, OFFICE_FACT

CLAIM = "daily backup begun"
"""The row of office_fact with the moment, so that of several processes one makes it."""
MADE = "daily backup made"
"""The one with the moment and the machine, of an office on a server: others need make none."""
RETRY = timedelta(minutes=15)
"""After which somebody tries again if there is still no backup of the day."""
PATIENCE = timedelta(days=2)
"""Without one of any machine, until one that cannot make any says so."""
LEEWAY = timedelta(minutes=5)
"""Between the clocks of two machines."""
TOO_LITTLE = 100_000_000
"""Bytes that are free."""


@dataclass(frozen=True, slots=True)
class Made:
    """The last daily backup of an office on a server."""

    at: datetime
    machine: str


def last_made(connection: Connection) -> Made | None:
    told = connection.execute(select(OFFICE_FACT.c.value).where(OFFICE_FACT.c.name == MADE))
    at, _, machine = (told.scalar() or "").partition(" ")
    return Made(from_text(at), machine) if at else None


class Upkeep:
    """The backup of the day, and a look at the disk and the clock. ``on_troubles`` is told the
    sentences when they change, in the thread that calls ``run``.
    """

    def __init__(
        self, office: Context, backups: Backups, on_troubles: Callable[[tuple[str, ...]], None]
    ) -> None:
        self._office, self._backups, self._on_troubles = office, backups, on_troubles
        self._troubles: tuple[str, ...] = ()
        self._not_made = ""
        self._tidied: date | None = None

    def run(self) -> None:
        try:
            if self._backups.settings.enabled:
                self._daily()
            found = (self._not_made, self._clock_trouble(), self._disk_trouble())
        except StoreAway:
            return  # that is told of by itself, and tried again
        troubles = tuple(trouble for trouble in found if trouble)
        if troubles != self._troubles:
            self._troubles = troubles
            self._on_troubles(troubles)

    def _daily(self) -> None:
        made = False
        try:
            if self._is_elsewhere():
                self._tidy_up()
            elif not self._backups.has_todays():
                if not self._may_try() or not self._claim():
                    return
                self._backups.make()
                made = True
                self._tell_others()
                self._backups.rotate()
        except StoreAway:
            raise
        except (StoreProblem, BadSettings) as problem:
            which = "Old backups stay" if made else "Today's backup was not made"
            self._not_made = f"{which}: {problem} It is tried again by itself."
        else:
            self._not_made = ""

    def _is_elsewhere(self) -> bool:
        """Whether another machine has made the one of the day, of an office on a server."""
        if not self._backups.url or self._backups.has_todays():
            return False
        with self._office.database.read() as connection:
            last = last_made(connection)
        zone = self._office.zone
        today = office_day(self._office.clock(), zone)
        return last is not None and office_day(last.at, zone) == today

    def _tidy_up(self) -> None:
        """Once a day: what this machine made when it was its turn does not stay for ever."""
        today = office_day(self._office.clock(), self._office.zone)
        if self._tidied != today:
            self._backups.rotate(elsewhere=True)
            self._tidied = today

    def _may_try(self) -> bool:
        """Who has no pg_dump leaves it to a machine that has, and says so when none did."""
        if not self._backups.url or self._backups.programs():
            return True
        with self._office.database.read() as connection:
            last = last_made(connection)
        if last is not None and self._office.clock() - last.at < PATIENCE:
            self._not_made = ""
            return False
        return True

    def _claim(self) -> bool:
        """Whether it is this process's turn to try. One from ahead of now was a wrong clock's."""
        now = self._office.clock()
        with self._office.database.write() as connection:
            told = select(OFFICE_FACT.c.value).where(OFFICE_FACT.c.name == CLAIM)
            last = connection.execute(told).scalar()
            if last is not None and timedelta(0) <= now - from_text(last) < RETRY:
                return False
            _note(connection, CLAIM, to_text(now))
        return True

    def _tell_others(self) -> None:
        if self._backups.url:
            with self._office.database.write() as connection:
                made = f"{to_text(self._office.clock())} {platform.node()}"
                _note(connection, MADE, made)

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
        url, folder = self._backups.url, self._backups.file.parent
        free = shutil.disk_usage(nearest(folder)).free
        if free >= TOO_LITTLE:
            return ""
        what = "this machine's disk" if url else "the disk of the office's data"
        fear = "backups and logs" if url else "changes"
        return (
            f"Only {free // 1_000_000} MB are free on {what}: free some space before {fear} can no"
            " longer be kept."
        )


def _note(connection: Connection, name: str, value: str) -> None:
    named = OFFICE_FACT.c.name == name
    if not connection.execute(update(OFFICE_FACT).where(named).values(value=value)).rowcount:
        connection.execute(insert(OFFICE_FACT).values(name=name, value=value))
