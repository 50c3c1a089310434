"""Which backups there are, and which of them are kept: by their names alone."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from interworky_tui.storage.sealing import SEALED

KEEP_DAILY, KEEP_WEEKLY = 7, 4
UNFINISHED = timedelta(days=1)
"""After which what was being made is what a killed process has left."""
FILE, SERVER = ".db", ".pgdump"
"""How the names of backups end: of an office in a file, and of one on a PostgreSQL server."""
_SEALED = f"({re.escape(SEALED)})?"
_NAME = re.compile(r"(\d{4}-\d\d-\d\d)-(\d{6})(\.db|\.pgdump)" + _SEALED)
_ASIDE = re.compile(
    r"(before-\d+|replaced-\d{8}-\d{6}(-\d+)?)(\.db(-wal|-journal)?|\.pgdump" + _SEALED + ")"
)


@dataclass(frozen=True, slots=True)
class Kept:
    """One backup; when it was made in the office's time, as its name says."""

    path: Path
    made: datetime
    ending: str = FILE


def name_of(file: Path, moment: datetime, ending: str = FILE) -> str:
    """``interworky-2026-03-16-091000.db``, for a moment in the office's zone."""
    return f"{file.stem}-{moment:%Y-%m-%d-%H%M%S}{ending}"


def found(folder: Path, file: Path) -> list[Kept]:
    """The backups of a store in a folder, the newest first, of whichever ending.

    Raises OSError.
    """
    if not folder.is_dir():
        return []
    kept = []
    for path in folder.iterdir():
        told = _NAME.fullmatch(path.name.removeprefix(f"{file.stem}-"))
        if told and path.name.startswith(f"{file.stem}-") and path.is_file():
            try:
                # Office time without a zone, as it is written: only days and the order count.
                made = datetime.strptime(f"{told[1]} {told[2]}", "%Y-%m-%d %H%M%S")  # noqa: DTZ007
            except ValueError:
                continue
            kept.append(Kept(path, made, told[3]))
    return sorted(kept, key=lambda one: (one.made, one.path.name), reverse=True)


def days_to_keep(
    days: Iterable[date], today: date, daily: int = KEEP_DAILY, weekly: int = KEEP_WEEKLY
) -> frozenset[date]:
    """The newest days that have a backup, and the last such day of each of the weeks before.

    Weeks begin on Monday; the newest backup's own week does not count among them. What lies
    ahead of today, as after the clock was set back, neither counts nor goes.
    """
    every = frozenset(days)
    past = sorted((day for day in every if day <= today), reverse=True)
    last_of_week: dict[date, date] = {}
    for day in past:
        last_of_week.setdefault(_monday(day), day)
    before = list(last_of_week.values())[1:]
    return frozenset(past[:daily]) | frozenset(before[:weekly]) | (every - frozenset(past))


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def rotate(
    folder: Path,
    file: Path,
    now: datetime,
    *,
    daily: int = KEEP_DAILY,
    weekly: int = KEEP_WEEKLY,
    elsewhere: bool = False,
) -> list[Path]:
    """Remove the backups of days that are not kept, and what killed processes have left.

    Copies from before an upgrade or a restore go as the oldest backup would, and so do all when
    newer ones are kept ``elsewhere``. ``now`` is in the office's zone. Returns what was removed.
    Raises OSError.
    """
    there = found(folder, file)
    kept = days_to_keep((one.made.date() for one in there), now.date(), daily, weekly)
    oldest = timedelta(days=daily + 7 * (weekly + 1))
    if elsewhere:
        kept = frozenset(day for day in kept if now.date() - day <= oldest)
    gone = [one.path for one in there if one.made.date() not in kept]
    gone += [path for path in _aside(folder, file) if _older(path, now, oldest)]
    gone += [path for path in _unfinished(folder, file) if _older(path, now, UNFINISHED)]
    for path in gone:
        path.unlink(missing_ok=True)
    return gone


def _aside(folder: Path, file: Path) -> list[Path]:
    start = f"{file.stem}-"
    return [
        path
        for where in {folder, file.parent}
        if where.is_dir()
        for path in where.iterdir()
        if path.name.startswith(start) and _ASIDE.fullmatch(path.name.removeprefix(start))
    ]


def _unfinished(folder: Path, file: Path) -> list[Path]:
    """With what SQLite keeps beside them."""
    patterns = (f".{file.stem}-*.making*", f".{file.stem}-*.restoring*")
    folders = {folder, file.parent}
    return [path for where in folders for pattern in patterns for path in where.glob(pattern)]


def _older(path: Path, now: datetime, age: timedelta) -> bool:
    try:
        return now.timestamp() - path.stat().st_mtime > age.total_seconds()
    except FileNotFoundError:
        return False
