"""Email over a real server: what arrives, and whose words can do what."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interworky_tui.delivery import mail
from interworky_tui.delivery.channel import FailureKind, SendFailed
from interworky_tui.delivery.email import EmailSender, Security
from interworky_tui.domain.events import Event, MessageState, Recipient
from tests.delivery.mailing import (
    AMBIGUOUS,
    CONFIGURATION,
    EMAIL,
    OFFICE,
    PERMANENT,
    SECURITIES,
    a_second_a_look,
    failure_of,
    sender_to,
    server_of,
)
from tests.delivery.smtp_server import USER, MailHost, certificate, serve, trusting


@pytest.fixture
def plain() -> Iterator[MailHost]:
    with serve("none") as host:
        yield host


@pytest.fixture(scope="module")
def shared() -> Iterator[MailHost]:
    with serve("none") as host:
        yield host


def test_it_says_what_it_is(plain: MailHost) -> None:
    sender = sender_to(plain)
    assert (sender.name, sender.final_state) == ("email", MessageState.SENT)


@pytest.mark.parametrize("security", SECURITIES)
def test_a_mail_arrives_as_it_was_made(security: Security) -> None:
    with serve(security, certificate()) as host:
        sender = sender_to(host)
        assert sender.send(EMAIL) == EMAIL.message_id
    [copy] = host.copies
    assert (copy.sender, copy.recipient, copy.user) == (USER, EMAIL.to_address, USER)
    assert copy.by_tls == (security != "none")
    # The machine's own name is nobody's business.
    assert copy.greeting == "lindenhof.example"
    assert copy.content == mail.build(EMAIL, mail.office_address(OFFICE, USER)).as_bytes()
    assert host.connections == 1
    assert host.steps[-2:] == ["content", "QUIT"]


def test_both_texts_read_well_and_nothing_is_attached(plain: MailHost, tmp_path: Path) -> None:
    secret = tmp_path / "patients.txt"
    secret.write_text("not for anybody")
    sender_to(plain).send(replace(EMAIL, body=f"{secret}\n", html=f"{secret}\n"))
    sender_to(plain).send(EMAIL)
    for copy in plain.copies:
        kinds = [part.get_content_type() for part in copy.mail.walk()]
        assert kinds == ["multipart/alternative", "text/plain", "text/html"]
        assert list(copy.mail.iter_attachments()) == []
    path, copy = plain.copies
    assert path.texts == [f"{secret}\n"] * 2
    assert copy.texts == [EMAIL.body, EMAIL.html]
    words = copy.mail
    assert words["Subject"] == EMAIL.subject
    assert words["Date"].datetime == EMAIL.created_at
    assert words["Message-ID"] == EMAIL.message_id


@pytest.mark.parametrize("security", SECURITIES)
def test_a_long_mail_arrives_whole_or_not_at_all(security: Security) -> None:
    long = replace(EMAIL, body="All of this.\n" * 60_000)
    with serve(security, certificate()) as host:
        sender_to(host).send(long)
        slow = EmailSender(server_of(host), context=trusting(), monotonic=a_second_a_look())
        assert failure_of(slow, long).kind is AMBIGUOUS
    [copy] = host.copies
    assert copy.texts == [long.body, long.html]
    # Not even a word of farewell may end up in what was cut off.
    [part] = host.unfinished
    assert copy.content.startswith(part)


def test_the_content_has_a_time_of_its_own(plain: MailHost) -> None:
    middling = replace(EMAIL, body="All of this.\n" * 18_000)
    EmailSender(server_of(plain), monotonic=a_second_a_look()).send(middling)
    assert len(plain.copies) == 1


def test_many_threads_reach_each_the_right_one(plain: MailHost) -> None:
    sender = sender_to(plain)

    def send_ten(thread: int) -> None:
        for number in range(10):
            name = f"{thread}-{number}"
            sender.send(
                replace(
                    EMAIL,
                    to_address=f"client{name}@example.com",
                    body=f"For {name} alone.\n",
                    html="",
                    message_id=f"<{name}@lindenhof.example>",
                )
            )

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(send_ten, range(8)))
    assert len({copy.recipient for copy in plain.copies}) == len(plain.copies) == 80
    for copy in plain.copies:
        name = copy.recipient.removeprefix("client").removesuffix("@example.com")
        assert copy.mail["To"] == copy.recipient
        assert copy.mail["Message-ID"] == f"<{name}@lindenhof.example>"
        assert copy.texts == [f"For {name} alone.\n"]


def test_answers_go_to_the_office(plain: MailHost) -> None:
    own = EmailSender(server_of(plain), office_email=USER)
    other = EmailSender(
        server_of(plain), office_name="Lindenhof", office_email="visits@lindenhof.example"
    )
    own.send(EMAIL)
    other.send(EMAIL)
    assert [copy.mail["Reply-To"] for copy in plain.copies] == [
        None,
        "Lindenhof <visits@lindenhof.example>",
    ]
    assert {copy.mail["From"] for copy in plain.copies} == {f"{OFFICE} <{USER}>"}


@pytest.mark.parametrize("recipient", Recipient)
@pytest.mark.parametrize("event", Event)
def test_only_what_is_not_owed_can_be_unsubscribed(event: Event, recipient: Recipient) -> None:
    sender = mail.office_address(OFFICE, "d%sk@lindenhof.example")
    built = mail.build(replace(EMAIL, event=event, recipient=recipient), sender)
    not_owed = event in (Event.FEEDBACK_REQUESTED, Event.REMINDER)
    asked = not_owed and recipient is Recipient.CLIENT
    wanted = "<mailto:d%25sk@lindenhof.example?subject=unsubscribe>" if asked else None
    assert built["List-Unsubscribe"] == wanted


def test_a_long_address_stays_whole_in_its_headers() -> None:
    long = f"{'x' * 64}@{'d' * 60}.{'e' * 60}.example"
    message = replace(EMAIL, event=Event.FEEDBACK_REQUESTED, to_address=long)
    lines = mail.build(message, mail.office_address("", long)).as_bytes().decode().splitlines()
    assert f"List-Unsubscribe: <mailto:{long}?subject=unsubscribe>" in lines
    assert f"To: {long}" in lines


BREAKS = ["\r\nBcc: eve@example.com", "\n", "\r", "\x00", "\x85", "\u2028"]


@pytest.mark.parametrize("broken", BREAKS)
@pytest.mark.parametrize("field", ["to_address", "subject", "message_id"])
def test_no_message_writes_a_header_or_a_command(plain: MailHost, field: str, broken: str) -> None:
    values: dict[str, Any] = {field: f"{getattr(EMAIL, field)}{broken}"}
    assert failure_of(sender_to(plain), replace(EMAIL, **values)).kind is PERMANENT
    assert plain.connections == 0


@pytest.mark.parametrize("broken", BREAKS)
@pytest.mark.parametrize("field", ["from_name", "from_address", "office_name", "office_email"])
def test_no_setting_writes_a_header_or_a_command(plain: MailHost, field: str, broken: str) -> None:
    values: dict[str, Any] = {field: f"desk@lindenhof.example{broken}"}
    if field.startswith("from"):
        sender = sender_to(plain, **values)
    else:
        sender = EmailSender(server_of(plain), **values)
    assert failure_of(sender).kind is CONFIGURATION
    assert plain.connections == 0


@pytest.mark.parametrize("address", ["jörg@example.com", "joerg@größe.example", "a@b, c@d.example"])
def test_an_address_that_cannot_be_is_refused_before_anybody_is_called(
    plain: MailHost, address: str
) -> None:
    assert failure_of(sender_to(plain), replace(EMAIL, to_address=address)).kind is PERMANENT
    assert plain.connections == 0


WORDS = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cn")), max_size=200)
ATOM = st.text("abcXYZ0189!#$%&'*+/=?^_`{|}~-", min_size=1, max_size=20)
ADDRESSES = st.builds(
    lambda user, domain: f"{'.'.join(user)}@{domain}.example",
    st.lists(ATOM, min_size=1, max_size=3),
    st.from_regex("[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True),
)


@settings(max_examples=40, deadline=None)
@given(subject=WORDS, name=WORDS, body=WORDS, page=WORDS, to=ADDRESSES, office=ADDRESSES)
def test_any_words_reach_any_address(
    shared: MailHost, subject: str, name: str, body: str, page: str, to: str, office: str
) -> None:
    sender = EmailSender(server_of(shared, from_name=name, from_address=office))
    html = f"<p>{page}</p>\n"
    sender.send(replace(EMAIL, subject=subject, body=f"{body}\n", html=html, to_address=to))
    copy = shared.copies.pop()
    assert (copy.sender, copy.recipient) == (office, to)
    names = {"From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"}
    assert set(copy.mail.keys()) == names
    assert copy.mail["To"].addresses[0].addr_spec == to
    assert copy.mail["From"].addresses[0].addr_spec == office
    assert copy.mail["Subject"].strip() == subject.strip()
    assert copy.texts == [f"{body}\n", html]


@pytest.mark.parametrize("copies", [0, 1, 2])
def test_it_cannot_look_for_what_may_have_left(plain: MailHost, copies: int) -> None:
    sender, message = sender_to(plain), replace(EMAIL, attempts=3, copies=copies)
    if copies:
        with pytest.raises(SendFailed) as caught:
            sender.reconcile(message)
        assert caught.value.kind is FailureKind.BLIND
    else:
        assert sender.reconcile(message) is None
    assert plain.connections == 0
