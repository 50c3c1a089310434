"""Each failure of the senders becomes one sentence that a person can act on."""

import re
import ssl
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
import trustme

from interworky_tui.delivery.advice import EMAIL, SMS, Rule, advice
from interworky_tui.delivery.channel import FailureKind, SendFailed
from interworky_tui.delivery.email import EmailSender, MailServer, Patience
from interworky_tui.delivery.sms import SmsSender
from interworky_tui.delivery.sms_answers import BUSY, MISSET, REFUSED
from interworky_tui.domain.events import Channel
from tests.conftest import FixedClock
from tests.delivery.sms_server import NUMBER, Fault, SmsServer
from tests.delivery.smtp_server import (
    DROP,
    HOST,
    PASSWORD,
    USER,
    MailHost,
    certificate,
    refusing_port,
    serve,
    trusting,
)
from tests.delivery.smtp_server import Fault as MailFault

OTHER_NAME = "mail.elsewhere.example"


def told(channel: Channel, detail: str, kind: FailureKind = FailureKind.CONFIGURATION) -> str:
    return advice(channel, SendFailed(kind, detail))


def asked(server: MailHost | int, *, patience: float = 4, **values: str) -> str:
    """What a person is told when the mail server is asked whether it would take an email."""
    port = server if isinstance(server, int) else server.port
    given: dict[str, Any] = {"security": "starttls", "user": USER, "password": PASSWORD} | values
    there = MailServer(
        **({"host": HOST} | given), port=port, from_name="Practice Lindenhof", from_address=USER
    )
    sender = EmailSender(there, context=trusting(), patience=Patience(patience, 4, 1))
    with pytest.raises(SendFailed) as caught:
        sender.check()
    return advice(Channel.EMAIL, caught.value)


def texted(server: SmsServer, clock: FixedClock, **values: str) -> str:
    account = replace(server.sms_account(), **values)
    with pytest.raises(SendFailed) as caught:
        SmsSender(account, clock, lambda _: False, timeouts=(2, 2)).check()
    return advice(Channel.SMS, caught.value)


@pytest.fixture
def starttls() -> Iterator[MailHost]:
    with serve("starttls", certificate()) as host:
        yield host


@pytest.fixture
def tls() -> Iterator[MailHost]:
    with serve("tls", certificate()) as host:
        yield host


@pytest.fixture
def web() -> Iterator[int]:
    """A server that is not one for mail."""

    class Quiet(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer((HOST, 0), Quiet) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield int(server.server_address[1])
        server.shutdown()
        thread.join()


class TestMailServers:
    def test_a_wrong_password(self, starttls: MailHost) -> None:
        assert asked(starttls, password="guessed") == (
            "The mail server does not accept the user or the password; check both (some providers"
            " want an app password)."
        )

    def test_a_login_that_is_busy_is_not_a_wrong_one(self, starttls: MailHost) -> None:
        starttls.faults.append(MailFault("AUTH", "454 4.7.0 later"))
        assert "wait a few minutes" in asked(starttls)

    def test_an_app_password_is_wanted(self, starttls: MailHost) -> None:
        starttls.faults.append(MailFault("AUTH", "534 5.7.9 app password required"))
        assert "app password" in asked(starttls)

    def test_a_certificate_that_nobody_knows(self, tls: MailHost) -> None:
        tls.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        trustme.CA().issue_cert(HOST).configure_cert(tls.context)
        assert "not trusted here" in asked(tls, security="tls")

    def test_a_certificate_for_another_name(self) -> None:
        with serve("tls", certificate(OTHER_NAME)) as host:
            assert "for another name" in asked(host, security="tls")

    def test_tls_where_starttls_is(self, starttls: MailHost) -> None:
        assert "does not begin with TLS" in asked(starttls, security="tls")

    def test_starttls_where_tls_is(self, tls: MailHost) -> None:
        assert "does not answer in time" in asked(tls, patience=0.5)

    def test_hanging_up(self, starttls: MailHost) -> None:
        starttls.faults.append(MailFault("EHLO", DROP))
        assert "hung up" in asked(starttls)

    def test_no_starttls(self) -> None:
        with serve("none") as host:
            assert "offers no STARTTLS" in asked(host)

    def test_no_login(self) -> None:
        with serve("none") as host:
            host.offers = ("SIZE 1000",)
            assert "offers no login" in asked(host, security="none")

    @pytest.mark.parametrize(
        ("security", "words"),
        [
            ("starttls", "does not answer in time"),
            ("tls", "does not begin with TLS"),
            ("none", "does not answer in time"),
        ],
    )
    def test_a_web_server(self, web: int, security: str, words: str) -> None:
        assert words in asked(web, security=security, patience=0.5)

    def test_another_protocol(self, starttls: MailHost) -> None:
        starttls.faults.append(MailFault("connect", "SSH-2.0-OpenSSH_9.6"))
        assert "is no mail server" in asked(starttls)

    def test_nobody(self) -> None:
        assert "No mail server listens there" in asked(refusing_port())

    def test_no_such_name(self) -> None:
        said = asked(25, host="mail.invalid")
        assert "name is not known" in said or "internet cannot be reached" in said

    @pytest.mark.parametrize("name", ["a..b", ".example"])
    def test_no_possible_name(self, name: str) -> None:
        assert "not a possible name" in asked(25, host=name)

    def test_no_password(self, starttls: MailHost) -> None:
        assert "password of the mail server is missing" in asked(starttls, password="")


class TestSmsProvider:
    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"auth_token": "guessed"}, "does not accept the account_sid or the auth_token"),
            ({"auth_token": ""}, "is missing or misspelt"),
            ({"from_number": "+4930999009"}, "not one of the SMS account's"),
            ({"from_number": "+4930999001"}, "cannot send texts"),
            ({"from_number": ""}, "nothing to text from"),
            ({"messaging_service_sid": "MG0"}, "does not know the account"),
            ({"api_base_url": "ftp://x"}, "api_base_url is not possible"),
            ({"api_base_url": "https://provider.invalid"}, "cannot be found"),
        ],
    )
    def test_what_is_to_be_set_right(
        self, server: SmsServer, clock: FixedClock, values: dict[str, str], words: str
    ) -> None:
        server.numbers["+4930999001"] = False
        assert words in texted(server, clock, **values)

    def test_a_suspended_account(self, server: SmsServer, clock: FixedClock) -> None:
        server.account["status"] = "suspended"
        assert "not active" in texted(server, clock)

    def test_a_disturbance(self, server: SmsServer, clock: FixedClock) -> None:
        server.script("GET", Fault(503))
        assert "disturbance" in texted(server, clock)

    def test_a_page_for_a_browser(self, server: SmsServer, clock: FixedClock) -> None:
        server.script("GET", Fault(200, body=b"<html>Log in to this network</html>"))
        assert "login in the browser" in texted(server, clock)

    def test_nobody(self, server: SmsServer, clock: FixedClock) -> None:
        url = f"http://{HOST}:{refusing_port()}"
        assert "Nobody listens" in texted(server, clock, api_base_url=url)

    def test_a_certificate_that_nobody_knows(self, clock: FixedClock) -> None:
        server = SmsServer(clock)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trustme.CA().issue_cert(HOST).configure_cert(context)
        server.encrypt(context)
        with server.running():
            assert "not trusted here" in texted(server, clock)

    @pytest.mark.parametrize(
        ("code", "words"),
        [
            (20003, "does not accept"),
            (21211, "does not exist"),
            (21408, "to that country"),
            (21606, "not one of the SMS account's"),
            (21608, "on trial"),
            (21610, "no more texts"),
            (21612, "from the office's"),
            (21614, "not a mobile"),
            (21659, "not one of the SMS account's"),
            (21703, "messaging_service_sid"),
        ],
    )
    def test_codes(self, code: int, words: str) -> None:
        assert words in told(Channel.SMS, f"HTTP 400, code {code}")


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        ("MAIL 550 5.7.1", "does not accept the office's address"),
        ("MAIL 530 5.7.0", "wants a login"),
        ("RCPT 550 5.1.1", "does not exist"),
        ("RCPT 550", "does not exist"),
        ("RCPT 552 5.2.2", "mailbox is full"),
        ("RCPT 550 5.7.1", "will not deliver"),
        ("RCPT 451 4.7.1", "too busy"),
        ("content 552 5.3.4", "too big"),
        ("content 554 5.7.1", "refused the content"),
        ("SMTPConnectError 554", "whether it may send from here"),
        ("SMTPHeloError 421", "too busy"),
        ("OSError ENETUNREACH", "check the network"),
        ("gaierror EAI_AGAIN", "check the network"),
        ("SSLCertVerificationError: certificate has expired", "date and time"),
    ],
)
def test_replies_of_a_mail_server(detail: str, words: str) -> None:
    assert words in told(Channel.EMAIL, detail)


@pytest.mark.parametrize("channel", list(Channel))
@pytest.mark.parametrize("kind", list(FailureKind))
def test_a_general_sentence_for_what_nobody_knows(channel: Channel, kind: FailureKind) -> None:
    said = told(channel, f"EpsilonError {NUMBER} {USER}", kind)
    assert re.fullmatch(r"The (mail server|SMS provider) [^.]+\.", said)
    assert NUMBER not in said
    assert USER not in said


@pytest.mark.parametrize("rule", EMAIL + SMS, ids=lambda rule: rule.pattern[:40])
def test_every_sentence_is_one_and_says_no_address(rule: Rule) -> None:
    assert re.fullmatch(r"[A-Z][^.\n]*( 1\.2 [^.\n]*)?\.", rule.sentence)
    assert len(rule.sentence) < 160
    assert not re.search(r"@|\d{5}", rule.sentence)


@pytest.mark.parametrize("code", sorted(REFUSED | MISSET | BUSY))
def test_every_code_that_means_something_to_the_sender_has_its_own_sentence(code: int) -> None:
    assert told(Channel.SMS, f"HTTP 400, code {code}") != told(Channel.SMS, "HTTP 400")
