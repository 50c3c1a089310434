"""Files that only their owner may read, written whole or not at all."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from interworky_tui.config import BadSettings


def write(file: Path, text: str) -> None:
    """Put ``text`` in the file's place in one step, for the owner alone (0600).

    Folders that are missing are made (0700); a link stays one. Whatever interrupts this, the
    file is the old one or the new one. Raises BadSettings when it cannot be written.
    """
    there = file.resolve()
    try:
        there.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Only its owner may read what this makes, from the first byte on.
        number, beside = tempfile.mkstemp(prefix=f".{there.name}-", dir=there.parent)
        try:
            with os.fdopen(number, "w", encoding="utf-8") as new:
                new.write(text)
                new.flush()
                os.fsync(new.fileno())
            os.replace(beside, there)
        except BaseException:
            with suppress(OSError):
                os.unlink(beside)
            raise
        _keep_name(there.parent)
    except OSError as error:
        raise BadSettings(f"{file} cannot be written ({error.strerror}).") from None


def open_to_others(file: Path) -> bool:
    """Whether others than its owner may read or change it; False where no modes say so."""
    return os.name == "posix" and bool(file.stat().st_mode & 0o077)


def _keep_name(folder: Path) -> None:
    """The new name must outlast a power cut, too. Not every system syncs folders."""
    if os.name != "posix":
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
