"""An SMTP connection that cannot be dragged out: all of its conversation has one deadline."""

import io
import smtplib
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any

PIECE = 16_384
"""Bytes that go out under one timeout."""


class Deadline:
    """When a conversation must be over, on a clock that cannot be set."""

    def __init__(self, monotonic: Callable[[], float], seconds: float) -> None:
        self._monotonic = monotonic
        self.extend(seconds)

    def extend(self, seconds: float) -> None:
        """So long from now."""
        self._end = self._monotonic() + seconds

    def left(self) -> float:
        """Seconds, more than none. Raises TimeoutError."""
        left = self._end - self._monotonic()
        if left <= 0:
            raise TimeoutError("out of time")
        return left


class Wire(smtplib.SMTP):
    """The library's own timeout is for each piece, and a server may send byte after byte.

    It is closed as soon as anything but a reply comes of it.
    """

    sock: socket.socket | None
    file: Any

    def __init__(self, *args: Any, deadline: Deadline, **kwargs: Any) -> None:
        self.deadline = deadline
        super().__init__(*args, **kwargs)

    def send(self, s: Any) -> None:
        whole = s.encode(self.command_encoding) if isinstance(s, str) else s
        for start in range(0, len(whole), PIECE):
            self._wait_no_longer()
            super().send(whole[start : start + PIECE])

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = io.BufferedReader(_Incoming(self.sock, self.deadline))
        return super().getreply()

    def ehlo(self, name: str = "") -> tuple[int, bytes]:
        """Raises SMTPHeloError: a server that is too busy to greet does not lack what it offers."""
        code, reply = super().ehlo(name)
        if code != 250:
            raise smtplib.SMTPHeloError(code, reply)
        return code, reply

    def leave(self, seconds: float) -> None:
        """End the conversation politely, if it still stands; how it ends does not matter."""
        if self.sock is not None:
            self.deadline.extend(seconds)
            with suppress(OSError, smtplib.SMTPException):
                self.docmd("QUIT")
        self.close()

    def _wait_no_longer(self) -> None:
        if self.sock is not None:
            try:
                self.sock.settimeout(self.deadline.left())
            except TimeoutError:
                self.close()
                raise


class TlsWire(Wire, smtplib.SMTP_SSL):
    """With TLS from the first byte."""


class _Incoming(io.RawIOBase):
    """What comes in by a socket, until the deadline."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(self._deadline.left())
        return self._sock.recv_into(buffer)
