"""Whether something has changed in the store, by whichever process; what, is read again."""

from pathlib import Path

from interworky_tui.storage.moved import identity, refuse_moved
from interworky_tui.storage.problems import driver_told_plainly
from interworky_tui.storage.schema import BUSY_MS, open_driver


class SqliteChangeFeed:
    """PRAGMA data_version on a connection of its own: a few microseconds, and it sees every
    other connection, those of this process among them. It is blind inside a read transaction,
    so it never opens one.
    """

    def __init__(self, file: Path, *, busy_ms: int = BUSY_MS) -> None:
        self._file, self._opened = file, identity(file)
        with driver_told_plainly():
            self.connection = open_driver(file, busy_ms=busy_ms)
        """Sees what was committed even when the file is gone from its place."""
        self._seen = self._version()

    def changed(self) -> bool:
        """Whether anything was committed since the last call.

        Raises StoreMoved when the file was removed or replaced, and StoreProblem.
        """
        refuse_moved(self._file, self._opened)
        version = self._version()
        moved, self._seen = version != self._seen, version
        return moved

    def close(self) -> None:
        self.connection.close()

    def _version(self) -> int:
        with driver_told_plainly():
            return int(self.connection.execute("PRAGMA data_version").fetchall()[0][0])
