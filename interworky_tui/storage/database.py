"""The engine, set up so that an acknowledged commit is never lost, and its transactions.

SQLAlchemy's default pysqlite mode loses commits under several writers; here the driver is in
autocommit and BEGIN is ours: plain for reads, IMMEDIATE for writes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError

from interworky_tui.domain.errors import StoreProblem

BUSY_MS = 5000
PRAGMAS = (
    "PRAGMA foreign_keys = ON",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    f"PRAGMA busy_timeout = {BUSY_MS}",
    "PRAGMA trusted_schema = OFF",
)


class Database:
    """One engine. ``read()`` and ``write()`` are its only transactions."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _engine(url)
        self._writing = self.engine.execution_options(interworky_write=True)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view. Raises StoreProblem when the store cannot be read."""
        with told_plainly(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """All or nothing; committed at the end. Never hold it across I/O.

        Raises StoreProblem when nothing could be written.
        """
        with told_plainly(), self._writing.connect() as connection, connection.begin():
            yield connection

    def close(self) -> None:
        self.engine.dispose()


def _engine(url: str) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, hide_parameters=True, pool_pre_ping=True)
    engine = create_engine(
        url, hide_parameters=True, connect_args={"timeout": BUSY_MS / 1000, "isolation_level": None}
    )
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in PRAGMAS:
        connection.execute(pragma)


def _begin_sqlite(connection: Connection) -> None:
    write = connection.get_execution_options().get("interworky_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn a failure of the store into one sentence; let faults in the program through."""
    try:
        yield
    except OperationalError as error:
        raise StoreProblem(plain_sentence(str(error.orig))) from error
    except DBAPIError as error:
        sentence = plain_sentence(str(error.orig), otherwise="")
        if not sentence:
            raise
        raise StoreProblem(sentence) from error


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
