"""Texts through the provider's own protocol: what is sent, and what each answer means."""

import logging
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from types import SimpleNamespace
from typing import Any

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from interworky_tui.delivery.channel import FailureKind, Outgoing, SendFailed
from interworky_tui.delivery.outcomes import LONGEST_WAIT
from interworky_tui.delivery.sms import SmsAccount, SmsSender
from interworky_tui.delivery.sms_answers import BUSY, MISSET, REFUSED, refusal
from interworky_tui.domain.events import Channel, Event, MessageState, Reason, Recipient
from tests.conftest import FixedClock
from tests.delivery.sms_server import (
    DROPPED,
    NUMBER,
    POOL,
    SID,
    SILENT,
    TAKEN_AND_DROPPED,
    TAKEN_AND_SILENT,
    TOKEN,
    Fault,
    SmsServer,
)

PERMANENT, CONFIGURATION = FailureKind.PERMANENT, FailureKind.CONFIGURATION
RETRY, AMBIGUOUS = FailureKind.RETRY, FailureKind.AMBIGUOUS
UNREACHABLE = FailureKind.UNREACHABLE
THEIRS = "+4930111222"
TEXT = Outgoing(
    id=42,
    appointment_id=7,
    event=Event.SCHEDULED,
    recipient=Recipient.CLIENT,
    channel=Channel.SMS,
    to_address=THEIRS,
    subject="",
    body="Hello Jörg,\nsee you on Fri 20 Mar 2026 at 10:00.",
    html="",
    message_id=None,
    created_at=datetime(2026, 3, 16, 8, 10, tzinfo=UTC),
    attempts=1,
)


def none_known(_: str) -> bool:
    return False


@pytest.fixture
def sender(server: SmsServer, clock: FixedClock) -> SmsSender:
    return SmsSender(server.sms_account(), clock, none_known)


@pytest.fixture
def pool(server: SmsServer, clock: FixedClock) -> SmsSender:
    account = server.sms_account(from_number="", messaging_service_sid=POOL)
    return SmsSender(account, clock, none_known)


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Threads take turns much more often, so that they meet where they should not."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def at(url: str, clock: FixedClock, timeouts: tuple[float, float] = (0.2, 0.2)) -> SmsSender:
    account = SmsAccount(SID, TOKEN, NUMBER, api_base_url=url)
    return SmsSender(account, clock, none_known, timeouts=timeouts)


def failure(call: Any, *arguments: Any) -> SendFailed:
    with pytest.raises(SendFailed) as raised:
        call(*arguments)
    return raised.value


def test_a_text_leaves_as_it_is(server: SmsServer, sender: SmsSender) -> None:
    sid = sender.send(TEXT)
    assert (sender.name, sender.final_state) == ("SMS", MessageState.SENT)
    assert sid == server.messages[0]["sid"]
    assert server.seen[0].fields == {"To": THEIRS, "From": NUMBER, "Body": TEXT.body}


def test_a_pool_sends_from_any_of_its_numbers(server: SmsServer, pool: SmsSender) -> None:
    assert pool.send(TEXT) == server.messages[0]["sid"]
    fields = {"To": THEIRS, "MessagingServiceSid": POOL, "Body": TEXT.body}
    assert server.seen[0].fields == fields


@pytest.mark.parametrize("problem", [False, True])
@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        *((400, code, PERMANENT) for code in (*sorted(REFUSED), 21617, 99999)),
        *((400, code, CONFIGURATION) for code in sorted(MISSET)),
        *((400, code, RETRY) for code in sorted(BUSY)),
        (403, 21408, PERMANENT),
        (401, 20003, CONFIGURATION),
        (403, 20403, CONFIGURATION),
        (404, 20404, CONFIGURATION),
        (429, 20429, RETRY),
        (408, 20408, RETRY),
        (425, 20425, RETRY),
        (500, 20500, AMBIGUOUS),
        (503, 21211, AMBIGUOUS),
    ],
)
def test_a_refusal_is_one_of_four_kinds(
    server: SmsServer, sender: SmsSender, status: int, code: int, kind: FailureKind, problem: bool
) -> None:
    server.script("POST", Fault(status, code, problem=problem))
    failed = failure(sender.send, TEXT)
    assert (failed.kind, failed.detail) == (kind, f"HTTP {status}, code {code}")
    assert failed.reason is (Reason.OPTED_OUT if code == 21610 else Reason.REJECTED)
    assert server.posts() == 1


@pytest.mark.parametrize("body", [b"", b"<html>Bad gateway</html>", b"[]", b'{"code": "many"}'])
@pytest.mark.parametrize(("status", "kind"), [(400, PERMANENT), (502, AMBIGUOUS)])
def test_a_refusal_without_a_code_is_told_by_its_status(
    server: SmsServer, sender: SmsSender, body: bytes, status: int, kind: FailureKind
) -> None:
    server.script("POST", Fault(status, body=body))
    failed = failure(sender.send, TEXT)
    assert (failed.kind, failed.detail) == (kind, f"HTTP {status}")


def test_what_the_provider_refuses_by_itself(
    server: SmsServer, sender: SmsSender, clock: FixedClock
) -> None:
    server.opted_out.add("+4930999999")
    server.numbers["+4930999001"] = False
    impostor = SmsSender(server.sms_account(auth_token="guessed"), clock, none_known)
    voice = SmsSender(server.sms_account(from_number="+4930999001"), clock, none_known)
    failures = [
        failure(sender.send, replace(TEXT, to_address="+4930999999")),
        failure(sender.send, replace(TEXT, to_address="030 111222")),
        failure(impostor.send, TEXT),
        failure(voice.send, TEXT),
    ]
    assert [(one.kind, one.reason) for one in failures] == [
        (PERMANENT, Reason.OPTED_OUT),
        (PERMANENT, Reason.REJECTED),
        (CONFIGURATION, Reason.REJECTED),
        (CONFIGURATION, Reason.REJECTED),
    ]
    assert server.messages == []


@pytest.mark.parametrize(
    "body", [b"<html>", b"", b"[]", b"null", b'"SM1"', b"{}", b'{"sid": ""}', b"\xff"]
)
def test_a_success_that_cannot_be_read_is_unclear(
    server: SmsServer, sender: SmsSender, body: bytes
) -> None:
    server.script("POST", Fault(201, body=body, takes=True))
    assert failure(sender.send, TEXT).kind is AMBIGUOUS
    assert (server.posts(), len(server.messages)) == (1, 1)


@pytest.mark.parametrize("fault", [DROPPED, TAKEN_AND_DROPPED, SILENT, TAKEN_AND_SILENT])
def test_no_answer_is_unclear_and_nothing_is_repeated(
    server: SmsServer, clock: FixedClock, fault: Fault
) -> None:
    server.script("POST", fault)
    failed = failure(at(server.url, clock, (5, 0.1)).send, TEXT)
    assert failed.kind is AMBIGUOUS
    assert failed.detail == ("ReadTimeout" if fault.silent else "ConnectionError")
    assert server.posts() == 1


def test_a_redirection_is_unclear_and_not_followed(server: SmsServer, sender: SmsSender) -> None:
    server.script("POST", Fault(307, headers={"Location": f"{server.url}/elsewhere"}))
    assert failure(sender.send, TEXT).kind is AMBIGUOUS
    assert len(server.seen) == 1


def test_an_answer_on_a_kept_line_that_was_cut(server: SmsServer, sender: SmsSender) -> None:
    server.script("POST", Fault(429), DROPPED)
    kinds = [failure(sender.send, TEXT).kind for _ in range(2)]
    assert kinds == [RETRY, AMBIGUOUS]


def test_a_closed_door_may_be_tried_again(clock: FixedClock) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        assert failure(at(url, clock).send, TEXT).kind is UNREACHABLE


def test_a_door_that_does_not_open_may_be_tried_again(clock: FixedClock) -> None:
    with ExitStack() as stack:
        busy = stack.enter_context(socket.socket())
        busy.bind(("127.0.0.1", 0))
        busy.listen(0)
        for _ in range(8):
            caller = stack.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(busy.getsockname())
        url = f"http://127.0.0.1:{busy.getsockname()[1]}"
        assert failure(at(url, clock).send, TEXT).kind is UNREACHABLE


def test_a_name_that_is_not_found_may_be_tried_again(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    # An interface that does not exist: no server of names is asked.
    assert failure(at("https://[fe80::1%25nowhere]:1", clock).send, TEXT).kind is UNREACHABLE


def test_a_wrong_certificate_is_a_matter_of_settings(clock: FixedClock) -> None:
    server = SmsServer(clock)
    context = SSLContext(PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    server.encrypt(context)
    with server.running():
        failed = failure(at(server.url, clock, (5, 5)).send, TEXT)
    assert (failed.kind, server.seen) == (CONFIGURATION, [])
    assert failed.detail == "SSLError: unable to get local issuer certificate"


NOW = FixedClock().now


@pytest.mark.parametrize(
    ("told", "wait"),
    [
        ("120", timedelta(seconds=120)),
        ("0", timedelta(0)),
        (format_datetime(NOW + timedelta(minutes=5), usegmt=True), timedelta(minutes=5)),
        (format_datetime(NOW - timedelta(minutes=5), usegmt=True), timedelta(0)),
        ("99999999999999999999", LONGEST_WAIT),
        ("-5", None),
        ("soon", None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_that_is_asked_for_is_told(
    server: SmsServer, sender: SmsSender, status: int, told: str, wait: timedelta | None
) -> None:
    server.script("POST", Fault(status, headers={"Retry-After": told}), Fault(status))
    assert failure(sender.send, TEXT).retry_after == wait
    assert failure(sender.send, TEXT).retry_after is None


def test_a_date_to_wait_for_is_the_providers(
    server: SmsServer, sender: SmsSender, clock: FixedClock
) -> None:
    server.clock = lambda: NOW + timedelta(hours=5)
    until = format_datetime(NOW + timedelta(hours=5, minutes=1), usegmt=True)
    server.script("POST", Fault(429, headers={"Retry-After": until}))
    assert failure(sender.send, TEXT).retry_after == timedelta(minutes=1)


@given(
    st.integers(100, 999),
    st.text() | st.from_regex(r'\{"code": ?"?\d{1,9}"?\}', fullmatch=True),
    st.text() | st.integers().map(str) | st.datetimes().map(format_datetime),
)
def test_any_answer_means_something(status: int, text: str, told: str) -> None:
    answer = SimpleNamespace(status_code=status, text=text, headers={"Retry-After": told})
    failed = refusal(answer, NOW, refused=PERMANENT, missing=CONFIGURATION)
    assert failed.retry_after is None or timedelta(0) <= failed.retry_after <= LONGEST_WAIT
    assert (failed.kind is AMBIGUOUS) == (not 400 <= status < 500)
    assert re.fullmatch(r"HTTP \d{3}(, code \d+)?", failed.detail)


def test_a_text_that_nobody_can_encode_is_not_sent(server: SmsServer, sender: SmsSender) -> None:
    assert failure(sender.send, replace(TEXT, body="\ud800")).kind is PERMANENT
    assert server.seen == []


def test_nothing_personal_is_said_or_logged(
    server: SmsServer, sender: SmsSender, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("twilio.http_client", "urllib3.connectionpool"):
        caplog.set_level(logging.DEBUG, name)
    sender.send(TEXT)
    server.script("POST", Fault(400, 21211), DROPPED, Fault(201, body=b"x"))
    server.script("GET", Fault(500), DROPPED)
    failures = [failure(sender.send, TEXT) for _ in range(3)]
    failures += [failure(sender.reconcile, TEXT) for _ in range(2)]
    assert all(one.__cause__ is one.__context__ is None for one in failures)
    said = " ".join([*map(str, failures), *(r.getMessage() for r in caplog.records)])
    assert not re.search(r"\d{6}|Jörg|\x1b", said)
    assert TOKEN not in repr(server.sms_account())


def test_one_client_serves_eight_threads(
    server: SmsServer, sender: SmsSender, hasty_threads: None
) -> None:
    gone = {f"+49301112{n:02}" for n in range(0, 80, 2)}
    server.opted_out = gone

    def send(number: int) -> tuple[str, str]:
        to = f"+49301112{number:02}"
        try:
            return to, sender.send(replace(TEXT, to_address=to))
        except SendFailed as failed:
            return to, failed.reason

    with ThreadPoolExecutor(8) as threads:
        ends = dict(threads.map(send, range(80)))
    assert {to for to, end in ends.items() if end is Reason.OPTED_OUT} == gone
    assert {to: end for to, end in ends.items() if to not in gone} == {
        record["to"]: record["sid"] for record in server.messages
    }


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com",
        "http://127.0.0.1.example.com",
        "http://127.0.0.1@example.com",
        "http://10.0.0.1",
        "ftp://127.0.0.1",
        "127.0.0.1:8000",
        "https://",
        "https://example.com/path",
        "https://example.com?to=here",
        "https://example.com:70000",
        "https://user:word@example.com",
    ],
)
def test_an_address_that_would_give_the_credentials_away(clock: FixedClock, url: str) -> None:
    failed = failure(at(url, clock).send, TEXT)
    assert failed.kind is CONFIGURATION
    assert failed.detail.startswith("api_base_url must be ")


def test_this_machine_is_reached_by_name_and_by_no_proxy(
    server: SmsServer, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    for host in ("127.0.0.1", "localhost"):
        url = f"{server.url.replace('127.0.0.1', host)}/"
        assert at(url, clock, (5, 15)).send(TEXT) == server.messages[-1]["sid"]


@pytest.mark.parametrize(
    "account",
    [
        SmsAccount("", TOKEN, NUMBER),
        SmsAccount(SID, "", NUMBER),
        SmsAccount(SID, "Schlüssel", NUMBER),
        SmsAccount(SID, TOKEN),
    ],
)
def test_half_an_account_is_a_matter_of_settings(clock: FixedClock, account: SmsAccount) -> None:
    sender = SmsSender(account, clock, none_known)
    assert failure(sender.check).kind is failure(sender.send, TEXT).kind is CONFIGURATION


def test_the_library_is_imported_late() -> None:
    program = """
import sys
from interworky_tui.delivery.sms import SmsAccount, SmsSender
SmsSender(SmsAccount("AC1", "token", "+1"), print, bool)
print(sorted({"twilio", "requests", "urllib3"} & set(sys.modules)))
"""
    run = [sys.executable, "-c", program]
    assert subprocess.run(run, capture_output=True, text=True, check=True).stdout == "[]\n"
