"""The wire between a desk and a PostgreSQL server, which can be cut and mended.

Whoever is at its end sees what a server that goes down shows: connections end, and no new one is
taken.
"""

import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from psycopg.conninfo import conninfo_to_dict

NAME = ".s.PGSQL.5432"
"""Of the socket in its folder, as PostgreSQL's programs look for it."""
CHUNK = 65536


class Wire:
    """From a socket of its own to the server of ``url``."""

    def __init__(self, url: str, folder: Path) -> None:
        self._far = conninfo_to_dict(url)
        self._near = folder / NAME
        parts = urlsplit(url)
        who, at, _ = parts.netloc.rpartition("@")
        self.url = urlunsplit(parts._replace(netloc=who + at, query=f"host={folder}"))
        self._lock = threading.Lock()
        self._ends: list[socket.socket] = []
        self._door: socket.socket | None = None
        self._flows = threading.Event()
        self._flows.set()
        self.mend()

    def freeze(self) -> None:
        """Connections stay, and nothing comes through."""
        self._flows.clear()

    def mend(self) -> None:
        self._flows.set()
        if self._door is not None:
            return
        door = socket.socket(socket.AF_UNIX)
        door.bind(str(self._near))
        door.listen()
        self._door = door
        threading.Thread(target=self._take, args=(door,), daemon=True).start()

    def cut(self) -> None:
        """Nobody gets through, nor has from now on."""
        self._flows.set()
        door, self._door = self._door, None
        if door is not None:
            self._near.unlink()
            _end(door)
        with self._lock:
            ends, self._ends = self._ends, []
        for end in ends:
            _end(end)

    def _take(self, door: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = door.accept()
                far = self._reach()
                with self._lock:
                    open_still = self._door is door
                    if open_still:
                        self._ends += [near, far]
                if not open_still:
                    _end(near)
                    _end(far)
                    return
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _reach(self) -> socket.socket:
        host, port = str(self._far["host"]), self._far.get("port", 5432)
        if not host.startswith("/"):
            return socket.create_connection((host, int(port)))
        far = socket.socket(socket.AF_UNIX)
        far.connect(f"{host}/.s.PGSQL.{port}")
        return far

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(CHUNK):
                self._flows.wait()
                other.sendall(data)
        _end(one)
        _end(other)


def _end(end: socket.socket) -> None:
    """Whoever waits for it is woken, which closing alone does not do."""
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


@contextmanager
def laid(url: str) -> Iterator[Wire]:
    """A wire to the server of ``url``."""
    # A socket's name must be short.
    folder = Path(tempfile.mkdtemp(prefix="wire-", dir="/tmp" if Path("/tmp").is_dir() else None))
    wire = Wire(url, folder)
    try:
        yield wire
    finally:
        wire.cut()
        shutil.rmtree(folder, ignore_errors=True)
