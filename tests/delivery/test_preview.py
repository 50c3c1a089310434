"""The preview channel: one whole file for each message, and no header from somebody's name."""

import email
import os
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interworky_tui.delivery import mail
from interworky_tui.delivery.channel import FailureKind, Outgoing, SendFailed
from interworky_tui.delivery.outbox import Drained, Outbox
from interworky_tui.delivery.preview import NO_ADDRESS, PreviewSender
from interworky_tui.domain.clock import Clock
from interworky_tui.domain.events import Channel, Event, Recipient
from interworky_tui.storage.database import Database
from tests.delivery.conftest import Post

EMAIL = Outgoing(
    id=42,
    appointment_id=7,
    event=Event.SCHEDULED,
    recipient=Recipient.CLIENT,
    channel=Channel.EMAIL,
    to_address="jörg".encode("idna").decode() + "@example.com",
    subject="Your visit on Fri 20 Mar 2026 – Größe",
    body="Hello Jörg,\n\nsee you on Friday.\n.\nFrom here on: nothing.\n",
    html="<p>Hello J&ouml;rg</p>\n",
    message_id="<0f3a@lindenhof.example>",
    created_at=datetime(2026, 3, 16, 8, 10, tzinfo=UTC),
    attempts=1,
)
TEXT = replace(
    EMAIL, channel=Channel.SMS, to_address="+4930111222", subject="", html="", message_id=None
)
POSIX = os.name == "posix"


def emails(folder: Path) -> PreviewSender:
    return PreviewSender(folder, Channel.EMAIL, "Praxis am Lindenhof", "desk@lindenhof.example")


def texts(folder: Path) -> PreviewSender:
    return PreviewSender(folder, Channel.SMS, "Praxis am Lindenhof", "")


def read(file: Path) -> EmailMessage:
    message = email.message_from_bytes(file.read_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    return message


def test_an_email_says_what_the_row_says(tmp_path: Path) -> None:
    assert emails(tmp_path).send(EMAIL) == "000042-scheduled-client-email.eml"
    message = read(tmp_path / "000042-scheduled-client-email.eml")
    assert message["From"] == "Praxis am Lindenhof <desk@lindenhof.example>"
    assert message["To"] == EMAIL.to_address
    assert message["Subject"] == EMAIL.subject
    assert message["Date"].datetime == EMAIL.created_at
    assert message["Message-ID"] == EMAIL.message_id
    assert message["X-Interworky-Preview"] == "yes"
    assert message.get_content_type() == "multipart/alternative"
    plain, html = message.iter_parts()
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert (plain.get_content(), html.get_content()) == (EMAIL.body, EMAIL.html)


def test_an_email_without_html_is_plain(tmp_path: Path) -> None:
    message = read(tmp_path / emails(tmp_path).send(replace(EMAIL, html="")))
    assert message.get_content_type() == "text/plain"
    assert message.get_content() == EMAIL.body


def test_a_text_shows_its_number_and_what_it_costs(tmp_path: Path) -> None:
    name = texts(tmp_path).send(replace(TEXT, body="x" * 161))
    assert name == "000042-scheduled-client-sms.txt"
    lines = (tmp_path / name).read_text("utf-8").splitlines()
    assert lines == ["To: +4930111222", "Segments: 2 (GSM-7)", "", "x" * 161]


def test_an_office_without_an_address_is_no_obstacle(tmp_path: Path) -> None:
    nameless = PreviewSender(tmp_path, Channel.EMAIL, "Our office", "")
    assert NO_ADDRESS in read(tmp_path / nameless.send(EMAIL))["From"]


def test_every_attempt_writes_the_same_bytes_to_the_same_file(tmp_path: Path) -> None:
    sender = emails(tmp_path)
    first = (tmp_path / sender.send(EMAIL)).read_bytes()
    assert (tmp_path / sender.send(replace(EMAIL, attempts=2))).read_bytes() == first
    assert len(list(tmp_path.iterdir())) == 1


def test_what_a_dead_attempt_left_is_cleared_away(tmp_path: Path) -> None:
    left = tmp_path / ".000042-scheduled-client-email.eml.1.part"
    left.write_bytes(b"half a mess")
    name = emails(tmp_path).send(replace(EMAIL, attempts=3))
    assert [file.name for file in tmp_path.iterdir()] == [name]


@pytest.mark.skipif(not POSIX, reason="this system has no file modes")
def test_only_this_user_may_read_previews(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "preview"
    name = texts(folder).send(TEXT)
    assert (folder.stat().st_mode & 0o777, (folder / name).stat().st_mode & 0o777) == (0o700, 0o600)
    folder.chmod(0o755)
    texts(folder).send(TEXT)
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_written_is_tried_again_later(tmp_path: Path) -> None:
    (tmp_path / "preview").write_text("a file is in the way")
    with pytest.raises(SendFailed) as caught:
        texts(tmp_path / "preview").send(TEXT)
    assert caught.value.kind is FailureKind.RETRY
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize(
    "broken", ["\r\nBcc: eve@example.com", "\n", "\r", "\x00", "\x85", "\u2028"]
)
@pytest.mark.parametrize("field", ["to_address", "subject", "message_id"])
def test_no_field_can_write_a_header(tmp_path: Path, field: str, broken: str) -> None:
    bad = replace(EMAIL, **{field: f"{getattr(EMAIL, field)}{broken}"})
    with pytest.raises(SendFailed) as caught:
        emails(tmp_path).send(bad)
    assert caught.value.kind is FailureKind.PERMANENT
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", ["+4930\nSegments: 0", "+49\x1b[2J", "+49\udc80"])
def test_no_number_can_write_a_line(tmp_path: Path, number: str) -> None:
    with pytest.raises(SendFailed) as caught:
        texts(tmp_path).send(replace(TEXT, to_address=number))
    assert caught.value.kind is FailureKind.PERMANENT


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ada",
        "@",
        "a@",
        "a@[",
        '"a',
        "a b@c",
        "a@b, c@d",
        "a@b@c",
        "<a@b.c>",
        "é@b.de",
        "(a@b.c",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(SendFailed) as caught:
        mail.build(replace(EMAIL, to_address=address), mail.office_address("A", "a@b.example"))
    assert caught.value.kind is FailureKind.PERMANENT


@pytest.mark.parametrize(("name", "address"), [("A\nBcc: e@b.c", "a@b.c"), ("A", "a b@c")])
def test_an_office_address_that_cannot_be_is_a_matter_of_settings(name: str, address: str) -> None:
    with pytest.raises(SendFailed) as caught:
        mail.office_address(name, address)
    assert caught.value.kind is FailureKind.CONFIGURATION


PRINTABLE = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cn")))


@given(subject=PRINTABLE, name=PRINTABLE, body=PRINTABLE)
def test_any_words_survive_the_way(subject: str, name: str, body: str) -> None:
    built = mail.build(
        replace(EMAIL, subject=subject, body=body + "\n"),
        mail.office_address(name, "desk@lindenhof.example"),
    )
    message = email.message_from_bytes(built.as_bytes(), policy=default)
    assert message["Subject"].strip() == subject.strip()
    assert isinstance(message, EmailMessage)
    assert set(message.keys()) == set(built.keys())
    assert message["To"].addresses[0].addr_spec == EMAIL.to_address
    assert message["From"].addresses[0].addr_spec == "desk@lindenhof.example"
    plain, html = message.iter_parts()
    parts = [part.get_content().replace("\r\n", "\n") for part in (plain, html)]
    assert parts == [body + "\n", EMAIL.html]


def test_through_the_outbox_it_is_previewed_and_never_sent(
    database: Database, clock: Clock, post: Post, tmp_path: Path
) -> None:
    folder = tmp_path / "preview"
    senders = {Channel.EMAIL: emails(folder), Channel.SMS: texts(folder)}
    sms, mails, refused = post.message(), post.email(), post.email(subject="a\nb")
    assert Outbox(database, clock, senders).drain() == Drained(previewed=2, failed=1)
    assert [post.state(m) for m in (sms, mails, refused)] == [
        "previewed 1",
        "previewed 1",
        "failed/rejected 1",
    ]
    references = {post.row(m).provider_ref for m in (sms, mails)}
    assert {file.name for file in folder.iterdir()} == references
    assert post.row(mails).sent_at is None
