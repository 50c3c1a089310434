"""Whether something has changed on a PostgreSQL server: its signals, heard in a thread."""

import select
import socket
import threading
from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

import psycopg

from interworky_tui.storage import forwarding
from interworky_tui.storage.problems import lasting_trouble
from interworky_tui.storage.server import check_driver, settings_of

if TYPE_CHECKING:
    from psycopg import Connection

SOONEST, LATEST = 0.2, 5.0
"""Seconds until a lost connection is tried again: at first, and at most."""
QUIET, SILENT = 3.0, 4.0
"""Seconds without a signal after which the server is asked whether it is there, and in which it
has to answer: a frozen one keeps its connections.
"""


class ServerChangeFeed:
    """LISTEN on a connection of its own, which is opened again whenever it is lost.

    Whatever was changed before it listened may have been missed, and so it begins with a change.
    """

    def __init__(
        self, url: str, busy_ms: int, *, quiet: float = QUIET, silent: float = SILENT
    ) -> None:
        check_driver()
        self._quiet, self._silent = quiet, silent
        self._told = settings_of(url, busy_ms)
        self._news = threading.Event()
        self._trouble = ""
        self._left: forwarding.OfficeMoved | None = None
        self._ending, self._end = socket.socketpair()
        threading.Thread(target=self._run, name="changes", daemon=True).start()

    @property
    def trouble(self) -> str:
        return self._trouble

    def changed(self) -> bool:
        """Raises OfficeMoved once the office is elsewhere."""
        if self._left:
            raise self._left
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
                except forwarding.OfficeMoved as left:
                    self._left = left
                    return
                except psycopg.Error as error:
                    self._trouble = lasting_trouble(error)
                    wait = min(LATEST, max(SOONEST, wait * 2))

    def _listen(self, connection: "Connection[Any]") -> None:
        """Until the end, or until the connection is lost. Raises psycopg.Error, OfficeMoved."""
        connection.autocommit = True
        connection.execute(f"LISTEN {forwarding.SIGNAL}")
        forwarding.refuse(connection.execute(forwarding.READ).fetchall())
        self._trouble = ""
        self._news.set()
        while not self._ended(0):
            self._hear(connection, [heard.payload for heard in connection.notifies(timeout=0)])
            if not self._readable(connection, self._quiet):
                self._ask(connection)

    def _hear(self, connection: "Connection[Any]", payloads: Sequence[str]) -> None:
        if payloads:
            self._news.set()
        if any(payloads):
            forwarding.refuse(connection.execute(forwarding.READ).fetchall())

    def _ask(self, connection: "Connection[Any]") -> None:
        """Raises psycopg.OperationalError when there is no answer in time."""
        wire = connection.pgconn
        wire.send_query(b"SELECT 1")
        answered = False
        while not answered:
            if not self._readable(connection, self._silent):
                raise psycopg.OperationalError("the server does not answer")
            if self._ended(0):
                return
            wire.consume_input()
            while not answered and not wire.is_busy():
                answered = wire.get_result() is None
        # Those that came with the answer: nothing is to be read for them any more.
        self._hear(connection, [heard.extra.decode() for heard in iter(wire.notifies, None)])

    def _readable(self, connection: "Connection[Any]", seconds: float) -> bool:
        """Whether there is something within that time, or the end."""
        return bool(select.select([connection.fileno(), self._ending.fileno()], [], [], seconds)[0])

    def _ended(self, seconds: float) -> bool:
        """Whether the end comes within that time."""
        return bool(select.select([self._ending], [], [], seconds)[0])
