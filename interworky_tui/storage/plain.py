"""The store by the driver alone, for reads that are wanted before anything heavy is imported.

Both databases are asked in one text, SQLite's: with ``:name`` or ``?`` for a value, and the index
that SQLite is to go by. Moments are text as SQLite keeps them, whichever database it is. Every
statement is fetched whole in autocommit, so that no read transaction stays open: it would hold a
snapshot, and changes by others would not be seen.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

from interworky_tui.domain.errors import StoreProblem
from interworky_tui.storage.problems import driver_told_plainly
from interworky_tui.storage.schema import BUSY_MS, open_driver, sqlite_path
from interworky_tui.storage.server import check_driver, is_server

Values = Sequence[Any] | Mapping[str, Any]
_READABLE = "SELECT 1 FROM appointment LIMIT 1"


class Plain(Protocol):
    """One connection, for one thread at a time. All but ``close`` may raise StoreProblem."""

    @property
    def on_server(self) -> bool:
        """Whether it is PostgreSQL."""

    def rows(self, sql: str, values: Values = ()) -> list[tuple[Any, ...]]: ...

    def dicts(self, sql: str, values: Values = ()) -> list[dict[str, Any]]:
        """The rows by the names of their columns."""

    def ids(self, sql: str, values: Values = ()) -> list[int]:
        """The column ``id``, of which there may be very many."""

    def snapshot(self) -> AbstractContextManager[None]:
        """All that is read within it is of one moment."""

    def version(self) -> Hashable:
        """Another one whenever anybody else has changed the store."""

    def close(self) -> None: ...


class FilePlain:
    """An SQLite file."""

    on_server = False

    def __init__(self, file: Path, busy_ms: int) -> None:
        with driver_told_plainly():
            self.connection = open_driver(file, busy_ms=busy_ms)

    def rows(self, sql: str, values: Values = ()) -> list[tuple[Any, ...]]:
        with driver_told_plainly():
            return self.connection.execute(sql, values).fetchall()

    def dicts(self, sql: str, values: Values = ()) -> list[dict[str, Any]]:
        with driver_told_plainly():
            cursor = self.connection.execute(sql, values)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def ids(self, sql: str, values: Values = ()) -> list[int]:
        return [id for (id,) in self.rows(sql, values)]

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        with driver_told_plainly():
            self.connection.execute("BEGIN")
        try:
            yield
        finally:
            self.connection.rollback()

    def version(self) -> int:
        return int(self.rows("PRAGMA data_version")[0][0])

    def close(self) -> None:
        self.connection.close()


def open_plain(url: str, *, busy_ms: int = BUSY_MS) -> Plain:
    """For reading alone. Raises StoreProblem when there is no store to be read."""
    plain = _open(url, busy_ms)
    try:
        plain.rows(_READABLE)
    except StoreProblem:
        plain.close()
        raise
    return plain


def _open(url: str, busy_ms: int) -> Plain:
    if is_server(url):
        check_driver()
        from interworky_tui.storage.plain_server import ServerPlain

        return ServerPlain(url, busy_ms)
    file = sqlite_path(url)
    if file is None:
        raise StoreProblem("The office's data is kept in an SQLite file or on PostgreSQL.")
    return FilePlain(file, busy_ms)
