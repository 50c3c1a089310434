"""Whether something has changed in the store, by whichever process; what, is read again."""

from pathlib import Path
from typing import Protocol

from interworky_tui.domain.errors import StoreProblem
from interworky_tui.storage import forwarding
from interworky_tui.storage.moved import identity, refuse_moved
from interworky_tui.storage.problems import driver_told_plainly
from interworky_tui.storage.schema import BUSY_MS, open_driver, sqlite_path
from interworky_tui.storage.server import is_server


class ChangeFeed(Protocol):
    """Asked often, from one thread, which it never holds up."""

    @property
    def trouble(self) -> str:
        """Why it cannot be said now what changed, in one sentence; empty while it can. It is
        tried again by itself.
        """

    def changed(self) -> bool:
        """Whether anything was committed since the last call, or may have been.

        Raises StoreProblem when it will never be known again.
        """

    def close(self) -> None: ...


def open_feed(url: str, *, busy_ms: int = BUSY_MS) -> ChangeFeed:
    """Raises StoreProblem when there is no store to be watched."""
    if is_server(url):
        from interworky_tui.storage.listening import ServerChangeFeed

        return ServerChangeFeed(url, busy_ms)
    file = sqlite_path(url)
    if file is None:
        raise StoreProblem("The office's data is kept in an SQLite file or on PostgreSQL.")
    return SqliteChangeFeed(file, busy_ms=busy_ms)


class SqliteChangeFeed:
    """PRAGMA data_version on a connection of its own: a few microseconds, and it sees every
    other connection, those of this process among them. It is blind inside a read transaction,
    so it never opens one.
    """

    trouble = ""

    def __init__(self, file: Path, *, busy_ms: int = BUSY_MS) -> None:
        self._file, self._opened = file, identity(file)
        with driver_told_plainly():
            self.connection = open_driver(file, busy_ms=busy_ms)
        """Sees what was committed even when the file is gone from its place."""
        self._seen = self._version()

    def changed(self) -> bool:
        """Whether anything was committed since the last call.

        Raises StoreMoved when the file was removed or replaced, OfficeMoved once the office is
        elsewhere, and StoreProblem.
        """
        refuse_moved(self._file, self._opened)
        version = self._version()
        changed, self._seen = version != self._seen, version
        if changed:
            with driver_told_plainly():
                forwarding.refuse(self.connection.execute(forwarding.READ).fetchall())
        return changed

    def close(self) -> None:
        self.connection.close()

    def _version(self) -> int:
        with driver_told_plainly():
            return int(self.connection.execute("PRAGMA data_version").fetchall()[0][0])
