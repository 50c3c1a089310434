"""The engine, set up so that an acknowledged commit is never lost, and its transactions.

SQLAlchemy's default pysqlite mode loses commits under several writers; here that driver is in
autocommit and BEGIN is ours: plain for reads, IMMEDIATE for writes. On PostgreSQL reads are
REPEATABLE READ, and writes READ COMMITTED under a lock.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError

from interworky_tui.domain.errors import StoreProblem
from interworky_tui.storage import forwarding
from interworky_tui.storage.moved import Identity, identity, refuse_moved
from interworky_tui.storage.problems import plain_sentence, problem_of, server_problem
from interworky_tui.storage.schema import BUSY_MS, HEAD, UPGRADE_LOCK, WRITE_LOCK, sqlite_path
from interworky_tui.storage.server import check_driver, is_server, open_server

PRAGMAS = (
    "PRAGMA foreign_keys = ON",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA trusted_schema = OFF",
    # So that INSERT OR REPLACE cannot get round the trigger that keeps history.
    "PRAGMA recursive_triggers = ON",
)

READ_ONLY = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
ALONE = f"SELECT pg_advisory_xact_lock({WRITE_LOCK})"
BESIDE = f"SELECT pg_advisory_xact_lock_shared({UPGRADE_LOCK})"
_HERE = (
    f"SELECT version_num, (SELECT value FROM office_fact WHERE name = '{forwarding.MOVED}')"
    " FROM alembic_version"
)
UNKNOWN_END = (
    "The connection was lost just as the change was saved; look whether it was made before you"
    " try again."
)


class Database:
    """One engine. ``read()`` and ``write()`` are its only transactions.

    Writes are alone, one after the other, whatever the database. On SQLite the file sees to
    that; on PostgreSQL every write first takes the office's advisory lock, and from then on each
    statement sees all that was committed before. So whoever looks, decides and writes in one
    transaction (a free slot, once a day, a cap, a key that is new) needs no lock of its own.

    The outbox alone writes beside the others (``alone=False``), because a message must not wait
    for a long import, nor a desk for messages. It changes nothing but the rows of messages, which
    it locks, and passes over those that are locked (SKIP LOCKED). Therefore:

    - Whoever decides by the state of a waiting message does so in the statement that changes it,
      or locks the row first, or looks again afterwards (undo).
    - Only rows that wait are locked by others than the outbox, so that no two wait for each other.
    - Where the outbox decides by an appointment it holds that still (FOR SHARE) until it is done.

    So does each program with its own row among those that have the office open.

    ``busy_ms``: how long a write waits for another one to finish.
    """

    def __init__(self, url: str, *, busy_ms: int = BUSY_MS) -> None:
        self.url = url
        self.engine = _engine(url, busy_ms)
        told = READ_ONLY if is_server(url) else {}
        self._reading = self.engine.execution_options(**told)
        self._writing = self.engine.execution_options(interworky_write=ALONE)
        self._beside = self.engine.execution_options(interworky_write=BESIDE)
        self._versioned = False
        self._file = sqlite_path(url)
        self._opened: Identity | None = None
        event.listen(self.engine, "connect", self._remember_file)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view. Raises StoreProblem when the store cannot be read."""
        with told_plainly(), self._reading.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self, *, alone: bool = True) -> Iterator[Connection]:
        """All or nothing; committed at the end. Never hold it across I/O.

        Raises StoreProblem when nothing could be written, or when the connection was lost just
        as it was committed: its sentence says which.
        """
        engine = self._writing if alone else self._beside
        committing = False
        try:
            with told_plainly(), engine.connect() as connection, connection.begin():
                self._refuse_other_version(connection)
                yield connection
                committing = True
        except StoreProblem as problem:
            if committing and _was_cut(problem.__cause__):
                raise StoreProblem(UNKNOWN_END) from problem.__cause__
            raise

    def close(self) -> None:
        """What a thread still works with is closed as soon as it gives it back."""
        pool = self.engine.pool
        self.engine.dispose()
        event.listen(pool, "checkin", _close)
        pool.dispose()

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
        found, left = connection.exec_driver_sql(_HERE).first() or ("", None)
        if found != HEAD:
            raise StoreProblem(
                "The office's data now belongs to another version of this program; nothing was"
                " changed. Close this desk and start it again."
            )
        if left is not None:
            forwarding.refuse([(forwarding.MOVED, left)])


def _engine(url: str, busy_ms: int) -> Engine:
    if is_server(url):
        return _server_engine(url, busy_ms)
    engine = create_engine(
        url, hide_parameters=True, connect_args={"timeout": busy_ms / 1000, "isolation_level": None}
    )
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _server_engine(url: str, busy_ms: int) -> Engine:
    # Before SQLAlchemy looks for it, so that a driver that is missing is told of in a sentence.
    check_driver()
    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: open_server(url, busy_ms=busy_ms),
        hide_parameters=True,
        pool_pre_ping=True,
    )
    event.listen(engine, "begin", _begin_postgresql)
    return engine


def _close(connection: Any, _record: Any) -> None:
    if connection is not None:
        connection.close()


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in PRAGMAS:
        connection.execute(pragma)


def _begin_sqlite(connection: Connection) -> None:
    write = connection.get_execution_options().get("interworky_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    take = connection.get_execution_options().get("interworky_write")
    if take:
        connection.exec_driver_sql(take)


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn a failure of the store into one sentence; let faults in the program through."""
    try:
        yield
    except DBAPIError as error:
        problem = _problem(error)
        if problem is None:
            raise
        raise problem from error


def _problem(error: DBAPIError) -> StoreProblem | None:
    if hasattr(error.orig, "sqlstate"):
        problem = server_problem(error.orig)
        if problem is None:
            _leave_out_values(error)
        return problem
    sentence = ""
    if isinstance(error, OperationalError):
        sentence = plain_sentence(str(error.orig))
    elif type(error) is DatabaseError:
        # A broken constraint or a wrong statement has a class of its own, and its words may be
        # a name out of the data; damage to the file has none.
        sentence = plain_sentence(str(error.orig), "")
    return problem_of(sentence) if sentence else None


def _leave_out_values(error: DBAPIError) -> None:
    """PostgreSQL puts the values that broke a rule into its words, and these go to the log."""
    fault: Any = error.orig
    if not fault.sqlstate:  # the driver's own words, about a statement
        return
    where = fault.diag.constraint_name or fault.diag.table_name or ""
    fault.args = (f"{fault.sqlstate} {where}".strip(),)
    error.args = (f"({type(fault).__name__}) {fault.args[0]}",)


def _was_cut(error: BaseException | None) -> bool:
    return isinstance(error, DBAPIError) and error.connection_invalidated
