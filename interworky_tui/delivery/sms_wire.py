"""Connections to the SMS provider that cannot be dragged out. Imports the HTTP library.

The library's own timeout is for each piece of an answer, and a far end may send byte after byte;
and it does not tell a handshake that failed, after which nothing has left, from a lost answer.
"""

import http.client
import io
import socket
import ssl
import time
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NewConnectionError

from interworky_tui.delivery.sms import ADDRESSES
from interworky_tui.delivery.smtp import Deadline

_CUT_OFF = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)


class NoHandshake(ssl.SSLError):
    """The far end speaks no TLS, or another one."""


class Adapter(HTTPAdapter):
    """Mount it for both schemes."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager


class _Incoming(io.RawIOBase):
    """What comes in by a socket, until the deadline."""

    def __init__(self, sock: Any, deadline: Deadline) -> None:
        self._sock = sock
        # With a reference of its own: the socket may be closed before all of it is read.
        self._raw = sock.makefile("rb", buffering=0)
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._deadline.left())
        got: int | None = self._raw.readinto(buffer)
        return got

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Hurried:
    """Stands for a socket from which an answer is read: its timeout is for all of the answer."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._deadline = Deadline(time.monotonic, sock.gettimeout() or 0)

    def makefile(self, *_: Any, **__: Any) -> io.BufferedReader:
        return io.BufferedReader(_Incoming(self._sock, self._deadline))


class _Answer(http.client.HTTPResponse):
    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        hurried: Any = _Hurried(sock)
        super().__init__(hurried, *args, **kwargs)


class _Connection(HTTPConnection):
    """Raises NewConnectionError for all that went wrong before anything of the request left.

    Only a wrong certificate and a far end without TLS, which do not mend by themselves, are
    raised as what they are. Looking up a name may take longer than is allowed, but then nothing
    is sent any more: another worker may have taken over.
    """

    response_class = _Answer

    def connect(self) -> None:
        began = time.monotonic()
        assert self.timeout is not None
        allowed = ADDRESSES * self.timeout
        try:
            super().connect()
            if time.monotonic() - began > allowed:
                raise TimeoutError("out of time")
        except (HTTPError, ssl.SSLCertVerificationError):
            raise
        except ssl.SSLError as error:
            if not isinstance(error, _CUT_OFF):
                raise NoHandshake(error.reason) from None
            raise NewConnectionError(self, type(error).__name__) from None
        except OSError as error:
            raise NewConnectionError(self, type(error).__name__) from error


class _TlsConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


_POOLS = {"http": _Pool, "https": _TlsPool}
