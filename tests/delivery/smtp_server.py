"""A mail server of this machine's own: TLS, a login, and faults at any step, as a test has them.

It is strict: what a real one may refuse or spoil (a command out of order, a login in the open,
eight bits, long lines, a lone CR or LF) it refuses. What it takes for a copy it keeps, also when
it never says so. The system chooses the port.
"""

import base64
import functools
import re
import socket
import socketserver
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import trustme

from interworky_tui.delivery.email import Security

HOST = "127.0.0.1"
USER, PASSWORD = "desk@lindenhof.example", "Wax seal, 7 Candles"
PATIENCE = 30
"""Seconds without a word, after which a connection is given up so that a test can fail."""

DROP = "drop"
"""Instead of a reply: the connection is torn down."""
HANG = "hang"
"""Instead of a reply: nothing, until the other side goes away."""
DRIP = "drip"
"""Instead of a reply: a byte now and then, and never the end of the line."""
CUT = "cut"
"""At DATA: the connection is torn down in the middle of the content."""
KEEP_AND_DROP, KEEP_AND_HANG = "keep and drop", "keep and hang"
"""After the content: there is a copy, and no reply."""


@dataclass(frozen=True)
class Fault:
    """What comes at a step instead of the usual reply: one of the above, or a reply's line.

    A step is a verb, or ``connect``, or ``handshake`` of TLS, or ``content`` when all of it is
    there. ``then`` is called before, in the server's thread.
    """

    step: str
    reply: str
    then: Callable[[], object] = bool


@dataclass(frozen=True)
class Copy:
    """A mail that the server took, and how and when it came, on the steady clock."""

    sender: str
    recipient: str
    content: bytes
    user: str
    by_tls: bool
    greeting: str
    at: float = field(default_factory=time.monotonic)

    @property
    def mail(self) -> EmailMessage:
        parsed = message_from_bytes(self.content, policy=default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    @property
    def texts(self) -> list[str]:
        """Of each part, with line ends as files have them."""
        parts = [part for part in self.mail.walk() if not part.is_multipart()]
        return [str(part.get_content()).replace("\r\n", "\n") for part in parts]


class Gone(Exception):
    """The connection has ended."""


@dataclass(repr=False)
class MailHost:
    """What a test sees. Each connection plays the next fault, if there is one; None is none."""

    security: Security
    context: ssl.SSLContext | None
    offers: tuple[str, ...] = ("SIZE 1000000", "STARTTLS", "AUTH PLAIN")
    port: int = 0
    faults: deque[Fault | None] = field(default_factory=deque)
    copies: list[Copy] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    unfinished: list[bytes] = field(default_factory=list)
    connections: int = 0


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, host: MailHost) -> None:
        self.host = host
        self.closing = threading.Event()
        super().__init__((HOST, 0), _Talk)


class _Talk(socketserver.StreamRequestHandler):
    """One connection."""

    server: _Server
    timeout = PATIENCE
    disable_nagle_algorithm = True

    def setup(self) -> None:
        self.host = self.server.host
        self.host.connections += 1
        self.fault = self.host.faults.popleft() if self.host.faults else None
        self.greeting = self.user = self.sender = self.recipient = ""
        super().setup()

    def handle(self) -> None:
        try:
            if self.host.security == "tls":
                self._start_tls()
            self._reply("connect", "220 mail.lindenhof.example at your service")
            while line := self.rfile.readline():
                self._obey(line.decode("ascii").removesuffix("\r\n"))
        except (OSError, ValueError, Gone):
            pass

    def finish(self) -> None:
        self.rfile.close()
        self.connection.close()

    def _obey(self, line: str) -> None:
        verb, _, rest = line.partition(" ")
        if verb.upper() == "EHLO":
            self._greet(rest)
        elif verb.upper() == "STARTTLS" and not self._by_tls:
            self._reply("STARTTLS", "220 go ahead")
            self._start_tls()
            self.greeting = ""
        elif verb.upper() == "AUTH":
            self._log_in(rest)
        elif verb.upper() == "MAIL" and (found := re.fullmatch(r"FROM:<(\S+)>( SIZE=\d+)?", rest)):
            self.sender = found[1]
            self._reply("MAIL", "250 ok" if self.user else "530 5.7.0 log in first")
        elif verb.upper() == "RCPT" and (found := re.fullmatch(r"TO:<(\S+)>", rest)):
            self.recipient = "" if self.recipient else found[1]
            self._reply("RCPT", "250 ok" if self.sender else "503 5.5.1 out of order")
        elif verb.upper() == "DATA" and self.recipient:
            line = self._reply("DATA", "354 go on")
            if line == CUT:
                self.host.unfinished.append(self.rfile.readline())
                raise Gone
            if line.startswith("354"):
                self._take(self._content())
        elif verb.upper() == "QUIT":
            self._reply("QUIT", "221 bye")
            raise Gone
        else:
            self._reply("?", "503 5.5.1 what?")

    @property
    def _by_tls(self) -> bool:
        return isinstance(self.connection, ssl.SSLSocket)

    def _greet(self, name: str) -> None:
        self.greeting = name
        offers = "".join(f"250-{offer}\r\n" for offer in self.host.offers if self._has(offer))
        self._reply("EHLO", f"{offers}250 HELP" if name else "501 5.5.4 who?")

    def _has(self, offer: str) -> bool:
        if offer == "STARTTLS":
            return self.host.security == "starttls" and not self._by_tls
        return self._safe or not offer.startswith("AUTH")

    @property
    def _safe(self) -> bool:
        return self._by_tls or self.host.security == "none"

    def _log_in(self, given: str) -> None:
        way, _, secret = given.partition(" ")
        said = base64.b64decode(secret).decode()
        self.host.logins.append(said)
        if not self._safe:
            self._reply("AUTH", "538 5.7.11 not in the open")
        elif (way, said) == ("PLAIN", f"\0{USER}\0{PASSWORD}"):
            self._reply("AUTH", "235 2.7.0 welcome")
            self.user = USER
        else:
            self._reply("AUTH", f"535 5.7.8 no such login for {USER}")

    def _content(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line)
            if not line:
                self.host.unfinished.append(b"".join(lines))
                raise Gone
        return b"".join(lines)

    def _take(self, stuffed: bytes) -> None:
        content = re.sub(rb"(?m)^\.", b"", stuffed)
        copy = Copy(self.sender, self.recipient, content, self.user, self._by_tls, self.greeting)
        fault = self.fault if self.fault and self.fault.step == "content" else None
        if not _is_clean(content):
            self._reply("content", "554 5.6.0 not clean")
        elif fault is None or fault.reply in (KEEP_AND_DROP, KEEP_AND_HANG):
            self.host.copies.append(copy)
            self._reply("content", "250 2.0.0 ok: queued as 4F3A")
        else:
            self._reply("content", "")

    def _reply(self, step: str, line: str) -> str:
        self.host.steps.append(step)
        if self.fault is not None and self.fault.step == step:
            self.fault.then()
            line = self.fault.reply
        if line in (HANG, KEEP_AND_HANG):
            self.rfile.read()
            raise Gone
        if line in (DROP, KEEP_AND_DROP):
            raise Gone
        while line == DRIP:
            self.connection.sendall(b"2")
            self.server.closing.wait(0.02)
        self.connection.sendall(b"354 go on\r\n" if line == CUT else line.encode() + b"\r\n")
        return line

    def _start_tls(self) -> None:
        assert self.host.context is not None
        if self.fault is not None and self.fault.step == "handshake":
            raise Gone
        self.rfile.close()
        self.connection = self.host.context.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")


def _is_clean(content: bytes) -> bool:
    lines = content.split(b"\r\n")
    alone = any(b"\r" in line or b"\n" in line for line in lines)
    return content.isascii() and not alone and max(map(len, lines)) <= 998


@contextmanager
def serve(security: Security, certificate: trustme.LeafCert | None = None) -> Iterator[MailHost]:
    """A server that runs until the end of the block, with TLS by that certificate."""
    context = None
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        certificate.configure_cert(context)
    host = MailHost(security, context)
    with _Server(host) as server:
        host.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield host
        finally:
            server.shutdown()
            thread.join()


@functools.cache
def authority() -> trustme.CA:
    return trustme.CA()


@functools.cache
def certificate(*names: str) -> trustme.LeafCert:
    """For this machine unless for other names."""
    return authority().issue_cert(*(names or (HOST,)))


@functools.cache
def expired() -> trustme.LeafCert:
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    return authority().issue_cert(
        HOST, not_before=long_ago, not_after=long_ago + timedelta(days=90)
    )


@functools.cache
def trusting(other: trustme.CA | None = None) -> ssl.SSLContext:
    """What a client has that knows this authority alone, and checks names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    (other or authority()).configure_trust(context)
    return context


def refusing_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server((HOST, 0)) as listener:
        return int(listener.getsockname()[1])
