"""What a person is told when the store fails, from the driver's own words."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from interworky_tui.domain.errors import DamagedStore, StoreAway, StoreProblem

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

_BUSY = "Another desk is writing to the office's data; nothing was changed. Try again."
_NO_SERVER = (
    "The office's database does not answer; nothing was changed. Check the network and the"
    " server, and try again."
)
_AWAY = (
    "The office's database does not answer, so nothing can be changed, and what others change is"
    " not seen. It is tried again by itself."
)
_NOT_LET_IN = "The office's database does not let this desk in; check the user and the password."
_SERVER = {
    "08": _NO_SERVER,
    "57P": _NO_SERVER,
    "55P03": _BUSY,
    "57014": _BUSY,
    "40": _BUSY,
    "25P03": "The desk stood still in the middle of a change; nothing was changed. Try again.",
    "25006": "The office's database takes no changes now; ask who looks after it.",
    "28": _NOT_LET_IN,
    "3D000": "There is no such database on the server; check its name.",
    "42501": "The office's database does not allow that to this desk; ask who looks after it.",
    "53100": "The disk of the database's server is full; nothing was changed.",
    "53300": "The office's database has no room for one more desk; ask who looks after it.",
    "58": "The database's server cannot use its disk; nothing was changed. Ask who looks after it.",
    "42P01": "The tables of the office are gone from the database; restore the latest backup.",
    "53": "The database's server is short of memory; nothing was changed. Try again.",
    "XX001": "The office's data is damaged; restore the latest backup.",
    "XX002": "The office's data is damaged; restore the latest backup.",
}
"""By the beginning of PostgreSQL's SQLSTATE, the longer first where one begins another."""
_NOT_CONNECTED = (
    ("password", _NOT_LET_IN),
    ("authentication", _NOT_LET_IN),
    ("pg_hba", _NOT_LET_IN),
    ("certificate", "The certificate of the database's server is not the expected one."),
    (
        "not support ssl",
        "The database's server offers no encrypted connection, and this desk insists on one.",
    ),
    ("does not exist", "There is no such database or user on the server; check the names."),
    ("too many", _SERVER["53300"]),
)
"""A connection that was refused has no SQLSTATE, only words."""


def server_sentence(error: Any) -> str:
    """The sentence for an error of the PostgreSQL driver; empty for a fault in the program."""
    import psycopg

    if error.sqlstate:
        begins = sorted(_SERVER, key=len, reverse=True)
        return next((_SERVER[b] for b in begins if error.sqlstate.startswith(b)), "")
    if not isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return ""
    lowered = str(error).casefold()
    return next((told for words, told in _NOT_CONNECTED if words in lowered), _NO_SERVER)


def server_problem(error: Any) -> StoreProblem | None:
    """What is raised for an error of the PostgreSQL driver; None for a fault in the program."""
    sentence = server_sentence(error)
    if not sentence:
        return None
    return StoreAway(sentence) if sentence == _NO_SERVER else problem_of(sentence)


def lasting_trouble(error: Any) -> str:
    """The sentence for as long as a connection is tried again by itself."""
    sentence = server_sentence(error) or _NO_SERVER
    return _AWAY if sentence == _NO_SERVER else sentence


def plain_sentence(
    message: str,
    otherwise: str = "The office's data cannot be used now; nothing was changed. Try again.",
) -> str:
    """The sentence for a driver's message, or ``otherwise`` for one that is not known."""
    lowered = message.casefold()
    return next((told for words, told in _SENTENCES if words in lowered), otherwise)


def plain_problem(message: str) -> StoreProblem:
    """The same as what is raised."""
    return problem_of(plain_sentence(message))


def problem_of(sentence: str) -> StoreProblem:
    """Where a backup is the way out, whoever tells of it names the newest."""
    return (DamagedStore if "restore" in sentence else StoreProblem)(sentence)


@contextmanager
def driver_told_plainly() -> Iterator[None]:
    """Turn a failure of the SQLite driver itself into a StoreProblem."""
    try:
        yield
    except sqlite3.Error as error:
        raise plain_problem(str(error)) from error
