"""What a person is told when the store fails, from the driver's own words."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from interworky_tui.domain.errors import DamagedStore, StoreProblem

_SENTENCES = (
    ("locked", "Another program is writing to the office's data; nothing was changed. Try again."),
    ("busy", "Another program is writing to the office's data; nothing was changed. Try again."),
    ("full", "The disk is full; nothing was changed. Free some space and try again."),
    ("readonly", "The office's data may not be written here; check the folder's permissions."),
    ("read-only", "The office's data may not be written here; check the folder's permissions."),
    (
        "unable to open",
        "The office's data cannot be opened; check that the folder exists and"
        " may be read and written.",
    ),
    (
        "not a database",
        "The file is not an office database; restore a backup or name another file.",
    ),
    ("malformed", "The office's data is damaged; restore the latest backup."),
    ("disk i/o", "The disk does not answer as it should; nothing was changed. Check the disk."),
)


def plain_sentence(
    message: str,
    otherwise: str = "The office's data cannot be used now; nothing was changed. Try again.",
) -> str:
    """The sentence for a driver's message, or ``otherwise`` for one that is not known."""
    lowered = message.casefold()
    return next((told for words, told in _SENTENCES if words in lowered), otherwise)


def plain_problem(message: str) -> StoreProblem:
    """The same as what is raised."""
    sentence = plain_sentence(message)
    return (DamagedStore if "restore" in sentence else StoreProblem)(sentence)


@contextmanager
def driver_told_plainly() -> Iterator[None]:
    """Turn a failure of the SQLite driver itself into a StoreProblem."""
    try:
        yield
    except sqlite3.Error as error:
        raise plain_problem(str(error)) from error
