"""Whether something has changed in the store, by whichever process; what, is read again."""

from pathlib import Path

from interworky_tui.storage.problems import driver_told_plainly
from interworky_tui.storage.schema import BUSY_MS, open_driver


class SqliteChangeFeed:
    """PRAGMA data_version on a connection of its own: a few microseconds, and it sees every
    other connection, those of this process among them. It is blind inside a read transaction,
    so it never opens one.
    """

    def __init__(self, file: Path, *, busy_ms: int = BUSY_MS) -> None:
        with driver_told_plainly():
            self._connection = open_driver(file, busy_ms=busy_ms)
        self._seen = self._version()

    def changed(self) -> bool:
        """Whether anything was committed since the last call. Raises StoreProblem."""
        version = self._version()
        moved, self._seen = version != self._seen, version
        return moved

    def close(self) -> None:
        self._connection.close()

    def _version(self) -> int:
        with driver_told_plainly():
            return int(self._connection.execute("PRAGMA data_version").fetchall()[0][0])
