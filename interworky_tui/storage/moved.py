"""Whether the store's file still stands under its name: who has it open does not notice."""

from pathlib import Path

from interworky_tui.domain.errors import StoreMoved

Identity = tuple[int, int]


def identity(file: Path) -> Identity | None:
    """Which file stands there; None when there is none, or the system gives files no numbers."""
    try:
        there = file.stat()
    except OSError:
        return None
    return (there.st_dev, there.st_ino) if there.st_ino else None


def refuse_moved(file: Path, opened: Identity | None) -> None:
    """Raises StoreMoved when another file, or none, is where ``opened`` was.

    What was written from then on would be in a file that nobody finds again.
    """
    if opened is None or (found := identity(file)) == opened:
        return
    what = "was replaced by another one" if found else "is gone from its place"
    raise StoreMoved(
        f"The file of the office's data {what}; nothing was changed. Close every desk, then"
        f" {'look at it' if found else 'put a backup back'} by interworky-tui"
        f" {'doctor' if found else 'restore'}."
    )
