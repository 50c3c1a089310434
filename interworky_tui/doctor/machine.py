"""The program itself and the machine that it runs on."""

import os
import platform
import re
import shutil
import sqlite3
from pathlib import Path

from interworky_tui import __version__
from interworky_tui.doctor.findings import Finding, note, ok, problem
from interworky_tui.domain.errors import Refusal
from interworky_tui.paths import Paths, nearest
from interworky_tui.storage import schema

LITTLE, TOO_LITTLE = 1_000_000_000, 100_000_000
"""Bytes that are free."""

SHARES = frozenset({"cifs", "smb3", "smbfs", "9p", "afs", "ceph", "davfs", "fuse.rclone"})
MOUNTS = Path("/proc/self/mountinfo")
_SPACE = re.compile(r"\\([0-7]{3})")


def look_at_program() -> Finding:
    told = (
        f"interworky-tui {__version__}, Python {platform.python_version()},"
        f" SQLite {sqlite3.sqlite_version}"
    )
    try:
        schema.check_sqlite()
    except Refusal as error:
        return problem("program", told, str(error))
    return ok("program", told)


def look_at_log(paths: Paths) -> Finding:
    file = paths.log_file
    there = file if file.exists() else nearest(file.parent)
    if not os.access(there, os.W_OK):
        return problem("log", f"{file} cannot be written.", "Check the folder's permissions.")
    if not file.exists():
        return ok("log", f"{file}: nothing was written yet")
    return ok("log", f"{file}, {megabytes(file.stat().st_size)}")


def look_at_disk(folder: Path) -> Finding:
    free = shutil.disk_usage(nearest(folder)).free
    told = f"{megabytes(free)} free"
    if free < TOO_LITTLE:
        return problem("disk", told, "Free some space soon: the desk cannot keep changes without.")
    return note("disk", told, "Free some space.") if free < LITTLE else ok("disk", told)


def share_of(folder: Path, mounts: str) -> str:
    """The kind of network share that a folder is on, "" for a disk of this machine.

    ``mounts`` as Linux has them in ``/proc/self/mountinfo``.
    """
    at, kind = "", ""
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        if len(told := before.split()) < 5 or not after:
            continue
        point = _SPACE.sub(lambda found: chr(int(found[1], 8)), told[4])
        if folder.is_relative_to(point) and len(point) >= len(at):
            at, kind = point, after.split()[0]
    return kind if kind in SHARES or kind.startswith(("nfs", "fuse.sshfs")) else ""


def mounts() -> str:
    """What is mounted where on this machine; "" where the system does not say."""
    try:
        return MOUNTS.read_text(errors="replace")
    except OSError:
        return ""


def megabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"
