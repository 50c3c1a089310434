"""A program under test in a pseudo-terminal, its screen in pyte, its bytes with their times.

The clock is ``time.perf_counter``. A change of the screen has the time at which the bytes that
made it were read: bytes are taken off the terminal first and given to pyte when the program is
quiet, so that the emulation delays neither the program nor the measurement. The terminal says
that it knows synchronized output (mode 2026), as current ones do; a screen in the middle of such
an update is never looked at, because a person would not see it either.
"""

import contextlib
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Mapping
from fcntl import ioctl
from pathlib import Path
from types import TracebackType

import pyte

COLUMNS, ROWS = 120, 40
QUIET = 0.012
"""Seconds without bytes after which what was read is looked at."""
_CHUNK = 65_536
_SYNC_QUERY, _SYNC_ANSWER = b"\x1b[?2026$p", b"\x1b[?2026;2$y"
_SYNC_END = b"\x1b[?2026l"
_SYNC_MODE = 2026 << 5  # pyte shifts private modes by five bits

KEYS = {
    "down": b"\x1b[B",
    "up": b"\x1b[A",
    "right": b"\x1b[C",
    "left": b"\x1b[D",
    "backspace": b"\x7f",
    "pagedown": b"\x1b[6~",
    "home": b"\x1b[H",
    "end": b"\x1b[F",
    "ctrl+home": b"\x1b[1;5H",
    "ctrl+end": b"\x1b[1;5F",
    "escape": b"\x1b",
    "enter": b"\r",
    "ctrl+q": b"\x11",
}


class Screen(pyte.Screen):
    """What a person sees."""

    @property
    def whole(self) -> bool:
        """Not in the middle of a synchronized update."""
        return _SYNC_MODE not in self.mode

    def line(self, y: int) -> str:
        cells = self.buffer[y]
        return "".join(cells[x].data for x in range(self.columns))

    def lines_of_text(self) -> list[str]:
        return [self.line(y) for y in range(self.lines)]

    def shows(self, text: str) -> bool:
        return any(text in self.line(y) for y in range(self.lines))

    def look(self, y: int, x: int) -> tuple[str, bool]:
        """Background and reverse of a cell: what makes a cursor row stand out."""
        cell = self.buffer[y][x]
        return cell.bg, cell.reverse


Predicate = Callable[[Screen], bool]


class NeverSeen(Exception):
    """The screen that was waited for did not come; the message has the last screen."""


class Terminal:
    """Starts ``argv`` at once. Leave the ``with`` block to end the program."""

    def __init__(self, argv: tuple[str, ...], env: Mapping[str, str]) -> None:
        self.screen = Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self.screen)
        self._argv = argv
        self._pressed: tuple[str, ...] = ()
        self._ended = False
        self.bytes_read = 0
        self._main, side = pty.openpty()
        ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        name = os.ttyname(side)
        # The first open by the leader of a new session makes it the controlling terminal.
        opened = [(os.POSIX_SPAWN_OPEN, 0, name, os.O_RDWR, 0)]
        copies = [(os.POSIX_SPAWN_DUP2, 0, fd) for fd in (1, 2)]
        self.started = time.perf_counter()
        self.pid = os.posix_spawn(
            argv[0], argv, dict(env), file_actions=[*opened, *copies], setsid=True
        )
        os.close(side)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def press(self, *keys: str) -> float:
        """Type keys (names of KEYS or text itself) and return the moment before the first byte."""
        data = b"".join(KEYS.get(key, key.encode()) for key in keys)
        self._pressed = keys
        pressed = time.perf_counter()
        os.write(self._main, data)
        return pressed

    def wait(self, holds: Predicate, timeout: float = 30.0) -> float:
        """The moment at which the bytes were read that made ``holds`` true.

        Raises NeverSeen after ``timeout`` seconds, or when the program ends first.
        """
        deadline = time.perf_counter() + timeout
        while not self._ended and time.perf_counter() < deadline:
            seen: float | None = None
            for moment, data in self._read(deadline):
                if self._feed(data, holds) and seen is None:
                    seen = moment
            if seen is not None:
                return seen
        raise self._never_seen()

    def key(self, *keys: str, until: Predicate, timeout: float = 30.0) -> float:
        """Seconds from the key to the screen that ``until`` waits for."""
        self.settle()
        if until(self.screen):
            raise AssertionError(f"before {keys} the screen is already the one after it")
        pressed = self.press(*keys)
        return self.wait(until, timeout) - pressed

    def settle(self, quiet: float = QUIET) -> None:
        """Read until the program has been quiet for ``quiet`` seconds (two seconds at most)."""
        deadline = time.perf_counter() + 2.0
        while time.perf_counter() < deadline:
            chunks = self._read(time.perf_counter() + quiet)
            for _, data in chunks:
                self._feed(data)
            if not chunks:
                break

    def rest(self, most: float = 10.0) -> None:
        """Wait until the program has used almost no processor time for a fifth of a second."""
        deadline = time.perf_counter() + most
        before, calm = self._processor_time(), 0
        while calm < 2 and time.perf_counter() < deadline:
            self.settle()
            time.sleep(0.1)
            now = self._processor_time()
            calm = calm + 1 if now - before < 0.02 else 0
            before = now
        self.settle()

    def until(self, happened: Callable[[], bool], timeout: float = 30.0) -> float:
        """The moment at which something outside the screen came true, asked in a tight loop.

        Raises NeverSeen after ``timeout`` seconds.
        """
        deadline = time.perf_counter() + timeout
        chunks: list[tuple[float, bytes]] = []
        try:
            while not happened():
                if time.perf_counter() > deadline:
                    raise self._never_seen()
                if not self._ended and select.select([self._main], [], [], 0)[0]:
                    chunks.append(self._read_once())
            return time.perf_counter()
        finally:
            for _, data in chunks:
                self._feed(data)

    def _never_seen(self) -> NeverSeen:
        screen = "\n".join(line.rstrip() for line in self.screen.lines_of_text())
        ended = ", and it has ended" if self._ended else ""
        return NeverSeen(f"{' '.join(self._argv[1:])}, after {self._pressed}{ended}:\n{screen}")

    def _processor_time(self) -> float:
        """Seconds of processor time used so far, or zero where the system does not say."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            time.sleep(0.5)
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_memory(self) -> int:
        """The most memory that was ever resident, in bytes; the program must still run."""
        status = Path(f"/proc/{self.pid}/status")
        if status.exists():
            found = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
            return int(found.split()[1]) * 1024
        self.close()
        return self._usage

    def close(self) -> float:
        """Ask the program to quit, and end it if it has not within five seconds.

        Returns how many it took, also when it is called again.
        """
        if self._main < 0:
            return self._quit_took
        with contextlib.suppress(OSError):
            self.press("ctrl+q")
        asked = time.perf_counter()
        deadline = asked + 5.0
        while not self._reap(os.WNOHANG):
            if time.perf_counter() > deadline:
                os.kill(self.pid, signal.SIGKILL)
                self._reap(0)
                break
            self._read(time.perf_counter() + 0.01)
            time.sleep(0.002)
        self._quit_took = time.perf_counter() - asked
        os.close(self._main)
        self._main = -1
        return self._quit_took

    def _reap(self, options: int) -> bool:
        pid, _, usage = os.wait4(self.pid, options)
        self._usage = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        return pid == self.pid

    def _feed(self, data: bytes, holds: Predicate | None = None) -> bool:
        """Give bytes to the screen; true when any whole screen on the way was as wanted."""
        seen = False
        *frames, rest = data.split(_SYNC_END)
        for piece in (*(frame + _SYNC_END for frame in frames), rest):
            self._stream.feed(piece)
            seen = seen or (holds is not None and self.screen.whole and holds(self.screen))
        return seen

    def _read(self, deadline: float) -> list[tuple[float, bytes]]:
        """Wait for bytes, then take them, with their moments, until the program is quiet.

        A program that never pauses is looked at every quarter of a second.
        """
        chunks: list[tuple[float, bytes]] = []
        patience = deadline - time.perf_counter()
        while not self._ended and select.select([self._main], [], [], max(0.0, patience))[0]:
            chunks.append(self._read_once())
            if chunks[-1][0] - chunks[0][0] > 0.25:
                break
            patience = QUIET
        return chunks

    def _read_once(self) -> tuple[float, bytes]:
        try:
            data = os.read(self._main, _CHUNK)
        except OSError:  # Linux says EIO when the program has closed its side
            data = b""
        moment = time.perf_counter()
        if _SYNC_QUERY in data:
            os.write(self._main, _SYNC_ANSWER)
        self._ended = not data
        self.bytes_read += len(data)
        return moment, data
