"""The engine, set up so that an acknowledged commit is never lost, and its transactions.

SQLAlchemy's default pysqlite mode loses commits under several writers; here the driver is in
autocommit and BEGIN is ours: plain for reads, IMMEDIATE for writes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, OperationalError

from interworky_tui.domain.errors import StoreProblem
from interworky_tui.storage.moved import Identity, identity, refuse_moved
from interworky_tui.storage.problems import plain_sentence
from interworky_tui.storage.schema import BUSY_MS, HEAD, sqlite_path

PRAGMAS = (
    "PRAGMA foreign_keys = ON",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA trusted_schema = OFF",
    # So that INSERT OR REPLACE cannot get round the trigger that keeps history.
    "PRAGMA recursive_triggers = ON",
)


class Database:
    """One engine. ``read()`` and ``write()`` are its only transactions.

    ``busy_ms``: how long a write waits for another process to finish its own.
    """

    def __init__(self, url: str, *, busy_ms: int = BUSY_MS) -> None:
        self.url = url
        self.engine = _engine(url, busy_ms)
        self._writing = self.engine.execution_options(interworky_write=True)
        self._versioned = False
        self._file = sqlite_path(url)
        self._opened: Identity | None = None
        event.listen(self.engine, "connect", self._remember_file)

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
            self._refuse_other_version(connection)
            yield connection

    def close(self) -> None:
        self.engine.dispose()

    def _remember_file(self, _connection: Any, _record: Any) -> None:
        if self._file is not None and self._opened is None:
            self._opened = identity(self._file)

    def _refuse_other_version(self, connection: Connection) -> None:
        """Another desk may have upgraded the store while this one was open, or it was replaced."""
        if self._file is not None:
            refuse_moved(self._file, self._opened)
        if not self._versioned:
            self._versioned = inspect(connection).has_table("alembic_version")
        if not self._versioned:
            return
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        if found != HEAD:
            raise StoreProblem(
                "The office's data now belongs to another version of this program; nothing was"
                " changed. Close this desk and start it again."
            )


def _engine(url: str, busy_ms: int) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, hide_parameters=True, pool_pre_ping=True)
    engine = create_engine(
        url, hide_parameters=True, connect_args={"timeout": busy_ms / 1000, "isolation_level": None}
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
    except DatabaseError as error:
        # A broken constraint or a wrong statement has a class of its own, and its words may be
        # a name out of the data; damage to the file has none.
        sentence = plain_sentence(str(error.orig), "") if type(error) is DatabaseError else ""
        if not sentence:
            raise
        raise StoreProblem(sentence) from error
