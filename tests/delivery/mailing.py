"""An email, a sender for it, and what a test asks of them."""

import base64
import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import Any

import pytest

from interworky_tui.delivery.channel import FailureKind, Outgoing, SendFailed
from interworky_tui.delivery.email import EmailSender, MailServer, Security
from interworky_tui.domain.events import Channel, Event, Recipient
from tests.delivery.smtp_server import HOST, PASSWORD, USER, MailHost, trusting

EMAIL = Outgoing(
    id=42,
    appointment_id=7,
    event=Event.SCHEDULED,
    recipient=Recipient.CLIENT,
    channel=Channel.EMAIL,
    to_address="joerg+visits@example.com",
    subject="Your visit on Fri 20 Mar 2026 – Größe",
    body="Hello Jörg,\n\nsee you on Friday.\n.\n..\nFrom here on: nothing.\n",
    html="<p>Hello J&ouml;rg</p>\n",
    message_id="<0f3a@lindenhof.example>",
    created_at=datetime(2026, 3, 16, 8, 10, tzinfo=UTC),
    attempts=1,
)
OFFICE = "Praxis am Lindenhof"
RETRY, PERMANENT = FailureKind.RETRY, FailureKind.PERMANENT
UNREACHABLE = FailureKind.UNREACHABLE
CONFIGURATION, AMBIGUOUS = FailureKind.CONFIGURATION, FailureKind.AMBIGUOUS
SECURITIES: tuple[Security, ...] = ("starttls", "tls", "none")


def server_of(there: MailHost, **values: Any) -> MailServer:
    server = MailServer(HOST, there.port, there.security, USER, PASSWORD, OFFICE, USER)
    return replace(server, **values)


def sender_to(there: MailHost, **values: Any) -> EmailSender:
    return EmailSender(server_of(there, **values), context=trusting())


def failure_of(sender: EmailSender, message: Outgoing = EMAIL) -> SendFailed:
    with pytest.raises(SendFailed) as caught:
        sender.send(message)
    return caught.value


def a_second_a_look() -> Callable[[], float]:
    """A clock on which every look at it takes a second."""
    return partial(next, count(1000.0))


def assert_silent_about_the_password(failure: BaseException, *texts: str) -> None:
    """Not in its words, nor in what a report with the values of variables would show."""
    told = traceback.TracebackException.from_exception(failure, capture_locals=True)
    for text in (*texts, "".join(told.format())):
        for secret in (PASSWORD, base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode()):
            assert secret not in text
