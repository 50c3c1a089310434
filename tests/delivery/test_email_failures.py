"""What each failure of a mail server means, at each step, and how long it may take."""

import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest

from interworky_tui.delivery.channel import FailureKind
from interworky_tui.delivery.email import EmailSender, Patience, Security
from interworky_tui.delivery.outbox import LEASE, MARGIN
from tests.delivery.conftest import Steady
from tests.delivery.mailing import (
    AMBIGUOUS,
    CONFIGURATION,
    EMAIL,
    PERMANENT,
    RETRY,
    UNREACHABLE,
    a_second_a_look,
    assert_silent_about_the_password,
    failure_of,
    sender_to,
    server_of,
)
from tests.delivery.smtp_server import (
    DROP,
    HANG,
    KEEP_AND_DROP,
    KEEP_AND_HANG,
    Fault,
    MailHost,
    certificate,
    refusing_port,
    serve,
)


@pytest.fixture
def plain() -> Iterator[MailHost]:
    with serve("none") as host:
        yield host


TABLE = [
    ("connect", DROP, UNREACHABLE),
    ("connect", "421 4.3.2 too busy", UNREACHABLE),
    ("connect", "554 5.7.1 not from there", CONFIGURATION),
    ("connect", "SSH-2.0-something", CONFIGURATION),
    ("EHLO", DROP, UNREACHABLE),
    ("EHLO", "421 4.3.2 too busy", UNREACHABLE),
    ("EHLO", "501 5.5.4 no such host", CONFIGURATION),
    ("AUTH", DROP, UNREACHABLE),
    ("AUTH", "454 4.7.0 ask again later", UNREACHABLE),
    ("AUTH", "535 5.7.8 wrong", CONFIGURATION),
    ("AUTH", "534 5.7.9 use another password", CONFIGURATION),
    ("MAIL", DROP, RETRY),
    ("MAIL", "451 4.3.0 later", RETRY),
    ("MAIL", "530 5.7.0 log in", CONFIGURATION),
    ("MAIL", "553 5.1.8 not your address", CONFIGURATION),
    ("MAIL", "552 5.3.4 too big", PERMANENT),
    ("RCPT", DROP, RETRY),
    ("RCPT", "450 4.2.1 come back in five minutes", RETRY),
    ("RCPT", "421 4.7.0 too many", RETRY),
    ("RCPT", "550 5.1.1 nobody here", PERMANENT),
    ("RCPT", "530 5.7.0 log in", CONFIGURATION),
    ("DATA", DROP, RETRY),
    ("DATA", "451 4.3.0 later", RETRY),
    ("DATA", "554 5.5.1 no", PERMANENT),
    ("DATA", "250 what", RETRY),
    ("content", "451 4.7.1 greylisted", RETRY),
    ("content", "421 4.3.2 going down", RETRY),
    ("content", "552 5.3.4 too big", PERMANENT),
    ("content", "554 5.7.1 looks like an advertisement", PERMANENT),
    ("content", DROP, AMBIGUOUS),
    ("content", KEEP_AND_DROP, AMBIGUOUS),
    ("content", "354 go on", AMBIGUOUS),
    ("content", "what?", AMBIGUOUS),
    ("content", "250 " + "x" * 9000, AMBIGUOUS),
]


@pytest.mark.parametrize(("step", "reply", "kind"), TABLE)
def test_what_each_failure_means(
    plain: MailHost, step: str, reply: str, kind: FailureKind, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    plain.faults.append(Fault(step, reply))
    failure = failure_of(sender_to(plain))
    assert (failure.kind, len(plain.copies)) == (kind, reply == KEEP_AND_DROP)
    # Never a second connection: the library's own send made three copies of one.
    assert plain.connections == 1
    code, _, words = reply.partition(" ")
    if code.isdigit() and int(code) >= 400:
        assert f"{code} {words.split()[0]}" in failure.detail
    assert_silent_about_the_password(failure, caplog.text)
    assert EMAIL.to_address not in str(failure)


@pytest.mark.parametrize(
    ("step", "reply"),
    [("RCPT", "251 2.1.5 will forward"), ("QUIT", DROP), ("QUIT", "500 what?"), ("content", "252")],
)
def test_what_is_no_failure(plain: MailHost, step: str, reply: str) -> None:
    plain.faults.append(Fault(step, reply))
    assert sender_to(plain).send(EMAIL) == EMAIL.message_id


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize(
    ("step", "reply", "kind"),
    [
        ("handshake", DROP, UNREACHABLE),
        ("STARTTLS", DROP, UNREACHABLE),
        ("STARTTLS", "454 4.7.0 not now", UNREACHABLE),
        ("STARTTLS", "501 5.5.4 what?", CONFIGURATION),
        ("AUTH", DROP, UNREACHABLE),
        ("RCPT", DROP, RETRY),
        ("content", DROP, AMBIGUOUS),
        ("content", KEEP_AND_DROP, AMBIGUOUS),
    ],
)
def test_what_each_failure_means_under_tls(
    security: Security, step: str, reply: str, kind: FailureKind
) -> None:
    if (security, step) == ("tls", "STARTTLS"):
        step = "connect"
    with serve(security, certificate()) as host:
        host.faults.append(Fault(step, reply))
        assert failure_of(sender_to(host)).kind is kind
        assert (host.connections, len(host.copies)) == (1, reply == KEEP_AND_DROP)


@pytest.mark.parametrize(
    ("step", "kind"),
    [(step, UNREACHABLE) for step in ("connect", "EHLO", "AUTH")]
    + [(step, RETRY) for step in ("MAIL", "RCPT", "DATA")]
    + [("content", AMBIGUOUS), ("QUIT", None)],
)
def test_no_server_is_waited_for_longer_than_was_said(
    plain: MailHost, step: str, kind: FailureKind | None
) -> None:
    # Only what is waited for in vain is short.
    short = {"content": "after", "QUIT": "farewell"}.get(step, "before")
    patience = replace(Patience(), **{short: 0.3})
    sender = EmailSender(server_of(plain), patience=patience)
    plain.faults.append(Fault(step, KEEP_AND_HANG if step == "content" else HANG))
    if kind is None:
        assert sender.send(EMAIL) == EMAIL.message_id
    else:
        assert failure_of(sender).kind is kind
    assert len(plain.copies) == (step in ("content", "QUIT"))


@pytest.mark.parametrize("step", ["connect", "EHLO", "MAIL", "RCPT", "DATA"])
def test_the_content_does_not_go_out_late(plain: MailHost, steady: Steady, step: str) -> None:
    """A server that answers, but so slowly that another worker may have taken over."""
    sender = EmailSender(server_of(plain), monotonic=steady)
    late = sender.timeout
    lines = {"connect": "220 ok", "EHLO": "250-mail\r\n250 AUTH PLAIN", "DATA": "354 go on"}
    line = lines.get(step, "250 ok")
    plain.faults.append(Fault(step, line, lambda: setattr(steady, "seconds", 1000 + late)))
    before_the_login = step in ("connect", "EHLO")
    assert failure_of(sender).kind is (UNREACHABLE if before_the_login else RETRY)
    assert "content" not in plain.steps
    assert plain.copies == []


def test_an_answer_without_end_is_not_listened_to(plain: MailHost) -> None:
    endless = "250-and\r\n" * 100_000
    plain.faults.append(Fault("RCPT", f"{endless}250 ok"))
    sender = EmailSender(server_of(plain), monotonic=a_second_a_look())
    assert failure_of(sender).kind is RETRY
    assert "DATA" not in plain.steps


def test_a_send_fits_into_a_lease(plain: MailHost) -> None:
    assert sender_to(plain).timeout + MARGIN.total_seconds() < LEASE.total_seconds()


def test_a_server_that_is_not_there_is_no_message_s_fault() -> None:
    with serve("none") as host:
        absent = replace(server_of(host), port=refusing_port())
        assert failure_of(EmailSender(absent)).detail == "ConnectionRefusedError"
    assert failure_of(EmailSender(absent)).kind is UNREACHABLE
    nameless = replace(absent, host="mail.invalid", security="tls")
    assert (failed := failure_of(EmailSender(nameless))).kind is UNREACHABLE
    # Without a network the system says "try again" of every name.
    assert failed.detail in ("gaierror", "gaierror EAI_AGAIN")


@pytest.mark.parametrize("name", ["", "a..b", ".example", "x" * 64 + ".example"])
def test_a_host_that_is_no_name_is_a_matter_of_settings(plain: MailHost, name: str) -> None:
    sender = sender_to(plain, host=name, security="tls")
    assert failure_of(sender).kind is CONFIGURATION
    assert plain.connections == 0
