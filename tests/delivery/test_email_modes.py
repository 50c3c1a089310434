"""Every way in which a mail server fails, through the outbox: what becomes of the message.

Each fails once and works from then on; what counts is where the message ends, and how many
copies of it there are then.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
import trustme

from interworky_tui.delivery.email import EmailSender, MailServer, Patience, Security
from interworky_tui.delivery.outbox import Outbox
from interworky_tui.domain.events import Channel
from interworky_tui.storage.database import Database
from tests.conftest import FixedClock
from tests.delivery.conftest import Post, Steady
from tests.delivery.smtp_server import (
    CUT,
    DRIP,
    DROP,
    HANG,
    HOST,
    KEEP_AND_DROP,
    KEEP_AND_HANG,
    PASSWORD,
    USER,
    Fault,
    MailHost,
    certificate,
    expired,
    refusing_port,
    serve,
    trusting,
)

SHORT = Patience(before=0.4, after=0.4, farewell=0.2)
USUAL = Patience()
LATER, WHOLE = "pending 1", ("sent 2", 1)
NOBODY = ("pending 0", "sent 1", 1)
MISSET = ("pending/not_configured 0", "sent 1", 1)
REFUSED = ("failed/rejected 1", "failed/rejected 1", 0)
UNCLEAR = "pending/unconfirmed 1"
ENDLESS = "250-and\r\n" * 9000 + "250-"
BAD_SERVER = Callable[[ExitStack, MailHost], EmailSender]


@dataclass(frozen=True)
class Mode:
    """``first`` and ``end`` are states of the message, ``copies`` how many there are at the end."""

    first: str
    end: str
    copies: int
    faults: tuple[Fault, ...] = ()
    patience: Patience = USUAL
    sender: BAD_SERVER | None = None
    message: dict[str, Any] = field(default_factory=dict)


def sender_to(there: MailHost, patience: Patience = USUAL, **values: Any) -> EmailSender:
    given = {"host": HOST, "port": there.port, "security": there.security, "password": PASSWORD}
    server = MailServer(**(given | values), user=USER, from_name="Lindenhof", from_address=USER)
    return EmailSender(server, context=trusting(), patience=patience)


def another(spoken: Security, leaf: trustme.LeafCert | None, **values: Any) -> BAD_SERVER:
    """A sender to another server, with that certificate."""
    offers = values.pop("offers", None)

    def make(stack: ExitStack, _: MailHost) -> EmailSender:
        other = stack.enter_context(serve(spoken, leaf))
        if offers is not None:
            other.offers = offers
        return sender_to(other, SHORT, **values)

    return make


def misset(**values: Any) -> BAD_SERVER:
    return lambda _, host: sender_to(host, SHORT, **values)


def at(step: str, reply: str, *end: Any, patience: Patience = USUAL) -> Mode:
    return Mode(*end, faults=(Fault(step, reply),), patience=patience)


MODES = {
    "nobody listens": Mode(*NOBODY, sender=lambda _, host: sender_to(host, port=refusing_port())),
    "no such host": Mode(*NOBODY, sender=misset(host="mail.invalid")),
    "dropped when greeted": at("connect", DROP, *NOBODY),
    "too busy to greet": at("connect", "421 4.3.2 too busy", *NOBODY),
    "not from there": at("connect", "554 5.7.1 not from there", *MISSET),
    "hangs at once": at("connect", HANG, *NOBODY, patience=SHORT),
    "drips its greeting": at("connect", DRIP, *NOBODY, patience=SHORT),
    "another protocol": at("connect", "SSH-2.0-something", *MISSET),
    "a web server": at("connect", "HTTP/1.1 400 Bad Request\r\n\r\n<html>What?</html>", *MISSET),
    "does not know the greeting": at("EHLO", "501 5.5.4 no such host", *MISSET),
    "drips its offers": at("EHLO", DRIP, *NOBODY, patience=SHORT),
    "no STARTTLS offered": Mode(*MISSET, sender=another("none", None, security="starttls")),
    "no login offered": Mode(*MISSET, sender=another("tls", certificate(), offers=())),
    "no TLS for now": at("STARTTLS", "454 4.7.0 not now", *NOBODY),
    "dropped in the handshake": at("handshake", DROP, *NOBODY),
    "a certificate of its own": Mode(
        *MISSET, sender=another("starttls", trustme.CA().issue_cert(HOST))
    ),
    "a certificate for another name": Mode(
        *MISSET, sender=another("tls", certificate("mail.elsewhere.example"))
    ),
    "an expired certificate": Mode(*MISSET, sender=another("starttls", expired())),
    "TLS where none is spoken": Mode(*MISSET, sender=misset(security="tls")),
    "no TLS where it is spoken": Mode(
        *NOBODY, sender=another("tls", certificate(), security="starttls")
    ),
    "a wrong password": Mode(*MISSET, sender=misset(password="guessed")),
    "a password that is no more accepted": at("AUTH", "534 5.7.9 use another", *MISSET),
    "no login for now": at("AUTH", "454 4.7.0 later", *NOBODY),
    "dropped at the login": at("AUTH", DROP, *NOBODY),
    "hangs at the login": at("AUTH", HANG, *NOBODY, patience=SHORT),
    "the office may not send": at("MAIL", "553 5.1.8 not your address", *MISSET),
    "too big, says its size": at("MAIL", "552 5.3.4 too big", *REFUSED),
    "no such recipient": at("RCPT", "550 5.1.1 nobody here", *REFUSED),
    "greylisted": at("RCPT", "450 4.2.1 in five minutes", LATER, *WHOLE),
    "an answer without end": at(
        "RCPT", "250-and\r\n" * 9000 + "250-", LATER, *WHOLE, patience=SHORT
    ),
    "wants no content now": at("DATA", "451 4.3.0 later", LATER, *WHOLE),
    "dropped before the content": at("DATA", DROP, LATER, *WHOLE),
    "hangs before the content": at("DATA", HANG, LATER, *WHOLE, patience=SHORT),
    "cut in the middle of the content": at("DATA", CUT, UNCLEAR, *WHOLE),
    "looks like an advertisement": at("content", "554 5.7.1 no", *REFUSED),
    "going down": at("content", "421 4.3.2 going down", LATER, *WHOLE),
    "dropped after the content": at("content", DROP, UNCLEAR, *WHOLE),
    "hangs after the content": at("content", HANG, UNCLEAR, *WHOLE, patience=SHORT),
    "drips after the content": at("content", DRIP, UNCLEAR, *WHOLE, patience=SHORT),
    "a riddle after the content": at("content", "what?", UNCLEAR, *WHOLE),
    "takes it and drops": at("content", KEEP_AND_DROP, UNCLEAR, "sent 2", 2),
    "takes it and hangs": at("content", KEEP_AND_HANG, UNCLEAR, "sent 2", 2, patience=SHORT),
    "takes it twice and drops": Mode(
        UNCLEAR, "held/uncertain 2", 2, faults=(Fault("content", KEEP_AND_DROP),) * 2
    ),
    "dropped at the farewell": at("QUIT", DROP, "sent 1", "sent 1", 1),
    "a line break in an address": Mode(*REFUSED, message={"to_address": "a@b.c\r\nBcc: x@y.z"}),
    "an address beyond ASCII": Mode(*REFUSED, message={"to_address": "jörg@example.com"}),
    "a line break in a subject": Mode(*REFUSED, message={"subject": "Visit\nBcc: x@y.z"}),
}


def test_there_are_enough_of_them() -> None:
    assert len(MODES) >= 19


@pytest.fixture
def host() -> Iterator[MailHost]:
    with serve("starttls", certificate()) as host:
        yield host


@pytest.mark.parametrize("name", MODES)
def test_what_becomes_of_a_message(
    host: MailHost, database: Database, post: Post, clock: FixedClock, steady: Steady, name: str
) -> None:
    mode = MODES[name]
    message = post.email(**mode.message)
    host.faults.extend(mode.faults)
    with ExitStack() as stack:
        bad = mode.sender(stack, host) if mode.sender else sender_to(host, mode.patience)
        outbox_of(database, clock, steady, bad).drain()
        assert post.state(message) == mode.first
    clock.forward(minutes=1)
    good = outbox_of(database, clock, steady, sender_to(host))
    while (due := good.next_due()) is not None:
        clock.now = max(clock.now, due)
        good.drain()
    assert post.state(message) == mode.end
    assert len(host.copies) == mode.copies
    assert len({(copy.recipient, copy.content) for copy in host.copies}) <= 1


def outbox_of(database: Database, clock: FixedClock, steady: Steady, sender: EmailSender) -> Outbox:
    senders = {Channel.EMAIL: sender}
    return Outbox(database, clock, senders, monotonic=steady, chance=lambda: 0.5)
