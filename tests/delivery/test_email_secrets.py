"""Whom a sender trusts, what it tells, and what it keeps to itself."""

import gc
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from interworky_tui.delivery.email import EmailSender, Security, check_security
from interworky_tui.domain.errors import BadInput
from tests.delivery.mailing import (
    CONFIGURATION,
    EMAIL,
    assert_silent_about_the_password,
    failure_of,
    sender_to,
    server_of,
)
from tests.delivery.smtp_server import (
    DROP,
    PASSWORD,
    Fault,
    MailHost,
    authority,
    certificate,
    serve,
    trusting,
)


@pytest.fixture
def plain() -> Iterator[MailHost]:
    with serve("none") as host:
        yield host


WRONG = {
    "of an unknown authority": (certificate(), trusting(trustme.CA())),
    "of another host": (certificate("mail.elsewhere.example"), trusting()),
    "by the system's own judgement": (certificate(), None),
}


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_certificate_is_refused_and_nothing_is_told(security: Security, wrong: str) -> None:
    shown, context = WRONG[wrong]
    with serve(security, shown) as host:
        failure = failure_of(EmailSender(server_of(host), context=context))
    assert failure.kind is CONFIGURATION
    assert failure.detail.startswith("SSLCertVerificationError: ")
    assert set(host.steps) <= {"connect", "EHLO", "STARTTLS"}
    assert (host.logins, host.copies) == ([], [])


def test_the_system_decides_whom_to_trust(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority().cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with serve("starttls", certificate()) as host:
        EmailSender(server_of(host)).send(EMAIL)
    assert [copy.by_tls for copy in host.copies] == [True]


@pytest.mark.parametrize(
    ("offered", "wanted"), [("none", "starttls"), ("none", "tls"), ("starttls", "tls")]
)
def test_tls_is_never_given_up(offered: Security, wanted: Security) -> None:
    with serve(offered, certificate()) as host:
        assert failure_of(sender_to(host, security=wanted)).kind is CONFIGURATION
    assert (host.logins, host.copies) == ([], [])


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.8.8.8", "::1"])
def test_without_tls_only_this_machine_is_talked_to(host: str) -> None:
    check_security("none", host)


@pytest.mark.parametrize(
    "host",
    ["", "mail.example.com", "10.0.0.1", "0.0.0.0", "127.0.0.1.example", "localhost.example"],
)
def test_without_tls_no_other_machine_is_talked_to(plain: MailHost, host: str) -> None:
    for security in ("starttls", "tls"):
        check_security(security, host)
    with pytest.raises(BadInput, match="TLS"):
        sender_to(plain, host=host)


@pytest.mark.parametrize("server", [{}, {"user": "", "password": ""}], ids=["login", "no login"])
def test_a_login_happens_only_with_a_user(plain: MailHost, server: dict[str, str]) -> None:
    sender = sender_to(plain, **server)
    if server:
        assert (failure_of(sender).kind, "AUTH" in plain.steps) == (CONFIGURATION, False)
    else:
        sender.check()
        assert plain.steps == ["connect", "EHLO", "AUTH", "QUIT"]
    assert plain.copies == []


def test_a_user_without_a_domain_stays_as_it_is(plain: MailHost) -> None:
    assert failure_of(sender_to(plain, user="apikey")).kind is CONFIGURATION
    assert plain.logins == [f"\0apikey\0{PASSWORD}"]


def test_a_server_without_logins_is_a_matter_of_settings(plain: MailHost) -> None:
    plain.offers = ("SIZE 1000000",)
    assert failure_of(sender_to(plain)).kind is CONFIGURATION
    plain.offers = ("AUTH GSSAPI",)
    assert failure_of(sender_to(plain)).kind is CONFIGURATION
    assert plain.logins == []


@pytest.mark.parametrize("values", [{"password": "Wächter"}, {"user": "bü"}, {"password": ""}])
def test_a_login_that_cannot_be_said_is_not_tried(
    plain: MailHost, values: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nobody sits at this terminal to be asked for a password.
    monkeypatch.setattr("sys.stdin", None)
    failure = failure_of(sender_to(plain, **values))
    assert failure.kind is CONFIGURATION
    assert failure.__context__ is None
    assert plain.connections == 0


def test_the_password_is_nowhere(
    plain: MailHost, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sender = sender_to(plain)
    sender.send(EMAIL)
    plain.faults.append(Fault("AUTH", f"535 5.7.8 {PASSWORD} is wrong"))
    failure = failure_of(sender)
    assert_silent_about_the_password(
        failure, *capfd.readouterr(), caplog.text, repr(server_of(plain)), repr(sender)
    )
    assert failure.__context__ is None
    assert failure.detail == "SMTPAuthenticationError 535 5.7.8"


def test_the_library_says_nothing_and_leaves_nothing_open(
    plain: MailHost, capfd: pytest.CaptureFixture[str]
) -> None:
    plain.faults.extend([Fault("AUTH", "535 5.7.8 no"), Fault("content", DROP)])
    for _ in range(2):
        failure_of(sender_to(plain))
    gc.collect()
    sender_to(plain).send(EMAIL)
    handlers = logging.getLogger("yagmail.log").handlers
    assert [type(handler) for handler in handlers] == [logging.NullHandler]
    assert capfd.readouterr() == ("", "")


def test_the_library_is_imported_at_the_first_send() -> None:
    code = "import sys, interworky_tui.delivery.email as e; e.EmailSender; print(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "interworky_tui.delivery.email" in told.stdout.split()
    assert not {"yagmail", "premailer", "lxml", "icalendar"} & set(told.stdout.split())
