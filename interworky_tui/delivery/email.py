"""Email by way of the office's mail server: one message, one recipient, one connection, once.

The library connects and logs in, and no more: its own ``send`` delivers several copies when a
connection breaks, mixes up the recipients of threads, and attaches the files that a text names.
It is imported at first use, in the thread that sends.
"""

import errno
import functools
import ipaddress
import re
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.headerregistry import Address
from typing import Any, Literal

from interworky_tui.delivery import mail
from interworky_tui.delivery.channel import FailureKind, Outgoing, SendFailed
from interworky_tui.delivery.smtp import Deadline, TlsWire, Wire
from interworky_tui.domain.errors import BadInput
from interworky_tui.domain.events import Channel, MessageState

Security = Literal["starttls", "tls", "none"]

CONNECT = 8.0
"""Seconds for one address of the server; a name may have several."""

_STATUS = re.compile(rb"[245]\.\d{1,3}\.\d{1,3}(?=\s)")
_NOT_THERE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL})
_CUT_OFF = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)
_LOG_IN_FIRST = frozenset({530, 534, 535, 538})
_TOO_BIG = 552


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where emails are handed in, and in whose name. Without a ``user`` nobody logs in."""

    host: str
    port: int
    security: Security
    user: str
    password: str = field(repr=False)
    from_name: str
    from_address: str


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: ``before`` the content goes out, ``after`` that for the answer, then to part."""

    before: float = 20.0
    after: float = 25.0
    farewell: float = 2.0


def check_security(security: Security, host: str) -> None:
    """Raises BadInput when mail, and the password, would cross a network in the open."""
    if security == "none" and not _is_loopback(host):
        raise BadInput(
            f"Without TLS only a mail server on this machine may be used, not '{host}';"
            " set security to starttls or tls.",
            "security",
        )


class EmailSender:
    """Sends from any number of threads, each time by a connection of its own.

    ``office_name`` and ``office_email`` get the answers and stand in invitations; they are the
    sender's own unless given. Raises BadInput as ``check_security`` does.
    """

    def __init__(
        self,
        server: MailServer,
        *,
        office_name: str = "",
        office_email: str = "",
        context: ssl.SSLContext | None = None,
        patience: Patience = Patience(),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        check_security(server.security, server.host)
        self._server = server
        self._office_name = office_name or server.from_name
        self._office_email = office_email or server.from_address
        self._context = context
        self._making_context = threading.Lock()
        self._patience = patience
        self._monotonic = monotonic

    @property
    def name(self) -> str:
        return Channel.EMAIL.label

    @property
    def final_state(self) -> MessageState:
        return MessageState.SENT

    @property
    def timeout(self) -> float:
        """Looking up the server's name may take longer, but then nothing is sent any more."""
        return self._patience.before + self._patience.after + self._patience.farewell

    def send(self, message: Outgoing) -> str:
        """Hand it in, and return its Message-ID, by which both ends know it.

        Until its content goes out every failure is safe; from then on only an answer is.
        """
        sender = self._sender()
        office = mail.office_address(self._office_name, self._office_email)
        content = mail.build(message, sender, office).as_bytes()
        failure = self._hand_in(message.to_address, content)
        if failure is not None:
            raise failure
        return message.message_id or ""

    def reconcile(self, message: Outgoing) -> str | None:
        """A mail server has nothing to look at; a mailbox knows a copy by its Message-ID."""
        if message.copies:
            raise SendFailed(FailureKind.BLIND, "a mail server cannot be asked")
        return None

    def check(self) -> None:
        """Connect and log in, and send nothing. Raises SendFailed."""
        self._sender()
        wire = self._log_in(Deadline(self._monotonic, self._patience.before))
        if isinstance(wire, SendFailed):
            raise wire
        wire.leave(self._patience.farewell)

    def _sender(self) -> Address:
        """The From. Raises SendFailed for settings that the library would trip over."""
        server = self._server
        if not (server.user.isascii() and server.password.isascii()):
            # It would put the password into its error.
            raise SendFailed(FailureKind.CONFIGURATION, "a user or password beyond ASCII")
        if server.user and not server.password:
            raise SendFailed(FailureKind.CONFIGURATION, "no password")
        if not server.host:
            raise SendFailed(FailureKind.CONFIGURATION, "no host")
        return mail.office_address(server.from_name, server.from_address)

    def _hand_in(self, to: str, content: bytes) -> SendFailed | None:
        deadline = Deadline(self._monotonic, self._patience.before)
        wire = self._log_in(deadline)
        if isinstance(wire, SendFailed):
            return wire
        try:
            refused = _announce(wire, self._server.from_address, to, len(content))
            if refused is None:
                deadline.extend(self._patience.after)
                refused = _transmit(wire, content)
        finally:
            wire.leave(self._patience.farewell)
        return refused

    def _log_in(self, deadline: Deadline) -> Wire | SendFailed:
        """The failures are returned, not raised: the library's frames hold the password."""
        server = self._server
        secure: dict[str, Any] = {"smtp_ssl": False, "smtp_starttls": False}
        if server.security == "starttls":
            secure["smtp_starttls"] = {"context": self._verifying()}
        elif server.security == "tls":
            secure = {"smtp_ssl": True, "context": self._verifying()}
        client = _library()(
            # As text, a name without a domain would be given another's.
            user={server.user: server.user},
            password=server.password,
            host=server.host,
            port=server.port,
            smtp_skip_login=not server.user,
            soft_email_validation=False,
            timeout=min(CONNECT, self._patience.before),
            local_hostname=server.from_address.partition("@")[2],
            deadline=deadline,
            **secure,
        )
        try:
            client.login()
        except (OSError, ValueError, smtplib.SMTPException) as error:
            if client.smtp is None and _nobody_there(error):
                return SendFailed(FailureKind.UNREACHABLE, _named(error))
            if client.smtp is not None:
                client.smtp.close()
            return _not_in(error)
        wire: Wire = client.smtp
        return wire

    def _verifying(self) -> ssl.SSLContext:
        with self._making_context:
            if self._context is None:
                self._context = ssl.create_default_context()
            return self._context


@functools.cache
def _library() -> Any:
    """The library's client, without its log on the terminal and without work in its end."""
    import yagmail

    class Client(yagmail.SMTP):
        @property
        def connection(self) -> Any:
            return TlsWire if self.ssl else Wire

        def set_logging(
            self, log_level: int | None = None, file_path_name: str | None = None
        ) -> None:
            super().set_logging(None)

        def __del__(self) -> None:
            pass

    return Client


def _announce(wire: Wire, sender: str, to: str, size: int) -> SendFailed | None:
    """Everything before the content. None when the server waits for it."""
    length = f" SIZE={size}" if wire.has_extn("size") else ""
    steps = (
        ("MAIL", f"FROM:<{sender}>{length}", (250,)),
        ("RCPT", f"TO:<{to}>", (250, 251)),
        ("DATA", "", (354,)),
    )
    try:
        for verb, argument, wanted in steps:
            code, reply = wire.docmd(verb, argument)
            if code not in wanted:
                return _refused(verb, code, reply, otherwise=FailureKind.RETRY)
        # The last moment at which nothing has left.
        wire.deadline.left()
    except (OSError, smtplib.SMTPException) as error:
        wire.close()
        return SendFailed(FailureKind.RETRY, type(error).__name__)
    return None


def _transmit(wire: Wire, content: bytes) -> SendFailed | None:
    """The content, once."""
    stuffed = re.sub(rb"(?m)^\.", b"..", content)
    try:
        wire.send(stuffed + b".\r\n")
        code, reply = wire.getreply()
    except (OSError, smtplib.SMTPException) as error:
        return SendFailed(FailureKind.AMBIGUOUS, type(error).__name__)
    if 200 <= code <= 299:
        return None
    return _refused("content", code, reply, otherwise=FailureKind.AMBIGUOUS)


def _refused(step: str, code: int, reply: bytes, *, otherwise: FailureKind) -> SendFailed:
    """What a reply means. ``otherwise`` is for one that is no refusal and no answer either."""
    kind = otherwise
    if 400 <= code <= 499:
        kind = FailureKind.RETRY
    elif code in _LOG_IN_FIRST or (step == "MAIL" and 500 <= code <= 599 and code != _TOO_BIG):
        # The server does not take the office for a sender; no message is to blame.
        kind = FailureKind.CONFIGURATION
    elif 500 <= code <= 599:
        kind = FailureKind.PERMANENT
    return SendFailed(kind, _told(step, code, reply))


def _nobody_there(error: Exception) -> bool:
    """No name, no way, no door or no answer at it: no word was exchanged with a server."""
    if isinstance(error, (socket.gaierror, ConnectionRefusedError, TimeoutError)):
        return True
    return isinstance(error, OSError) and error.errno in _NOT_THERE


def _not_in(error: OSError | ValueError | smtplib.SMTPException) -> SendFailed:
    """What a failed connection or login means: nobody got in, so no message is to blame."""
    name = _named(error)
    if isinstance(error, smtplib.SMTPResponseException):
        busy = 400 <= error.smtp_code <= 499
        reply = error.smtp_error
        told = _told(name, error.smtp_code, reply if isinstance(reply, bytes) else b"")
        return SendFailed(FailureKind.UNREACHABLE if busy else FailureKind.CONFIGURATION, told)
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return SendFailed(FailureKind.UNREACHABLE, name)
    if isinstance(error, ssl.SSLCertVerificationError):
        return SendFailed(FailureKind.CONFIGURATION, f"{name}: {error.verify_message}")
    if isinstance(error, ssl.SSLError) and not isinstance(error, _CUT_OFF):
        return SendFailed(FailureKind.CONFIGURATION, f"{name}: {error.reason}")
    if isinstance(error, (smtplib.SMTPException, ValueError)):
        # What is needed is not offered, or the host is no name.
        return SendFailed(FailureKind.CONFIGURATION, name)
    return SendFailed(FailureKind.UNREACHABLE, name)


def _named(error: Exception) -> str:
    """The error's name, and what tells one cause from another where the name alone does not."""
    name = type(error).__name__
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return f"{name} STARTTLS" if "STARTTLS" in str(error) else f"{name} AUTH"
    if isinstance(error, socket.gaierror):
        return f"{name} EAI_AGAIN" if error.errno == socket.EAI_AGAIN else name
    if isinstance(error, smtplib.SMTPServerDisconnected) and isinstance(
        error.__context__, TimeoutError
    ):
        return f"{name} TimeoutError"
    if type(error) is OSError and error.errno:
        return f"{name} {errno.errorcode.get(error.errno, '').removeprefix('WSA')}"
    return name


def _told(step: str, code: int, reply: bytes) -> str:
    """The numbers of a reply; its words may hold an address."""
    status = _STATUS.match(reply)
    return f"{step} {code}" + (f" {status[0].decode()}" if status else "")


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
