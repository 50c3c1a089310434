"""Whether something has changed on a PostgreSQL server: its signals, heard in a thread."""

import select
import socket
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import psycopg

from interworky_tui.storage.problems import lasting_trouble
from interworky_tui.storage.server import check_driver, settings_of

if TYPE_CHECKING:
    from psycopg import Connection

SIGNAL = "interworky_changed"
"""What the triggers of the tables send, once for each transaction."""
SOONEST, LATEST = 0.2, 5.0
"""Seconds until a lost connection is tried again: at first, and at most."""


class ServerChangeFeed:
    """LISTEN on a connection of its own, which is opened again whenever it is lost.

    Whatever was changed before it listened may have been missed, and so it begins with a change.
    """

    def __init__(self, url: str, busy_ms: int) -> None:
        check_driver()
        self._told = settings_of(url, busy_ms)
        self._news = threading.Event()
        self._trouble = ""
        self._ending, self._end = socket.socketpair()
        threading.Thread(target=self._run, name="changes", daemon=True).start()

    @property
    def trouble(self) -> str:
        return self._trouble

    def changed(self) -> bool:
        if not self._news.is_set():
            return False
        self._news.clear()
        return True

    def close(self) -> None:
        """Does not wait for the thread, which may be looking for the server."""
        self._end.close()

    def _run(self) -> None:
        wait = 0.0
        with self._ending:
            while not self._ended(wait):
                try:
                    with closing(psycopg.connect(**self._told)) as connection:
                        wait = SOONEST
                        self._listen(connection)
                except psycopg.Error as error:
                    self._trouble = lasting_trouble(error)
                    wait = min(LATEST, max(SOONEST, wait * 2))

    def _listen(self, connection: "Connection[Any]") -> None:
        """Until the end, or until the connection is lost. Raises psycopg.Error."""
        connection.autocommit = True
        connection.execute(f"LISTEN {SIGNAL}")
        self._trouble = ""
        self._news.set()
        while True:
            if list(connection.notifies(timeout=0)):
                self._news.set()
            end = self._ending.fileno()
            heard, _, _ = select.select([connection.fileno(), end], [], [])
            if end in heard:
                return

    def _ended(self, seconds: float) -> bool:
        """Whether the end comes within that time."""
        return bool(select.select([self._ending], [], [], seconds)[0])
