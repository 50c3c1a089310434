"""One visit from the request to its end, by commands alone, with real servers at the far end."""

import pytest
from icalendar import Calendar

from tests.delivery.smtp_server import USER, certificate, serve

CLIENT = "+4930901820"
OFFICE = "+493012345678"
AT_ONCE = 'undo_seconds = 0\nquiet_hours = ""\nreminders = []\n'


@pytest.fixture
def mails(trusted):
    with serve("starttls", certificate()) as running:
        yield running


def queued(shell, number, event):
    """What was to be told of an event, by recipient and channel."""
    told = shell.json("messages", "--appointment", number)
    return {(m["recipient"], m["channel"]): m for m in told if m["event"] == event}


def calendar_of(copy):
    (part,) = (part for part in copy.mail.walk() if part.get_content_type() == "text/calendar")
    calendar = Calendar.from_ical(part.get_content())
    (event,) = calendar.walk("VEVENT")
    return str(calendar["METHOD"]), str(event["UID"]), int(event["SEQUENCE"])


def arrived(mails, message):
    """The one mail that a row has become, the same in every part that a person sees."""
    (copy,) = (c for c in mails.copies if c.mail["Message-ID"] == message["provider_ref"])
    assert copy.by_tls
    assert copy.user == USER
    assert copy.recipient == message["to"]
    assert copy.mail["Subject"] == message["subject"]
    assert copy.texts[0].rstrip() == message["body"].rstrip()
    return copy


def test_a_visit_is_told_of_and_who_texts_stop_gets_no_more_texts(
    shell, set_up, mails, texts, clock
):
    set_up(mails, texts, messages=AT_ONCE)
    number = shell.add()
    shell("schedule", number, "2026-03-20 10:30")
    assert shell("worker", "--once").stdout == "Messages: 8 sent.\n"

    for event in ("requested", "scheduled"):
        told = queued(shell, number, event)
        assert {m["state"] for m in told.values()} == {"sent"}
        for (_, channel), message in told.items():
            if channel == "sms":
                (text,) = (t for t in texts.messages if t["sid"] == message["provider_ref"])
                assert (text["to"], text["body"]) == (message["to"], message["body"])
            else:
                arrived(mails, message)
    first, second = (t["body"] for t in texts.messages if t["to"] == CLIENT)
    assert "STOP" in first
    assert "10:30" in second
    invited = calendar_of(arrived(mails, queued(shell, number, "scheduled")["client", "email"]))
    assert invited[0] == "REQUEST"

    for text in texts.messages:
        texts.deliver(text["sid"])
    texts.receive(CLIENT, "Stop.")
    clock.forward(minutes=1)
    said = shell("worker", "--once").stdout
    assert "Replies: 1, receipts: 4." in said
    so_far = len(texts.messages)

    shell("cancel", number, "--reason", "client_asked")
    clock.forward(seconds=1)
    assert "3 sent" in shell("worker", "--once").stdout
    told = queued(shell, number, "cancelled")
    to_client = told["client", "sms"]
    assert (to_client["state"], to_client["reason"]) == ("cancelled", "opted_out")
    assert [t["to"] for t in texts.messages[so_far:]] == [OFFICE]
    assert texts.messages[so_far]["body"] == told["office", "sms"]["body"]
    method, uid, sequence = calendar_of(arrived(mails, told["client", "email"]))
    assert (method, uid) == ("CANCEL", invited[1])
    assert sequence > invited[2]

    assert shell("worker", "--once").stdout == "No messages were due.\n"
    assert len(mails.copies) == 6
    assert len({copy.content for copy in mails.copies}) == 6


def test_a_client_is_reminded_once_and_confirms_by_a_letter(shell, set_up, mails, texts, clock):
    set_up(mails, texts, messages='undo_seconds = 0\nquiet_hours = ""\nreminders = ["24h"]\n')
    number = shell.add()
    shell("schedule", number, "2026-03-20 10:30")
    shell("worker", "--once")
    so_far = len(mails.copies)

    clock.forward(days=3, hours=2)
    assert shell("worker", "--once").stdout.splitlines()[0] == "Messages: 2 sent."
    told = queued(shell, number, "reminder")
    assert {m["state"] for m in told.values()} == {"sent"}
    assert texts.messages[-1]["to"] == CLIENT
    assert texts.messages[-1]["body"] == told["client", "sms"]["body"]
    arrived(mails, told["client", "email"])

    texts.receive(CLIENT, "C")
    clock.forward(minutes=1)
    assert "Replies: 1" in shell("worker", "--once").stdout
    assert "Answer: the client has confirmed\n" in shell("show", number).stdout
    assert shell("list").stdout.endswith(", confirmed\n")
    assert len(mails.copies) == so_far + 1

    texts.receive(CLIENT, "R")
    clock.forward(minutes=1)
    shell("worker", "--once")
    assert "Answer: the client asks for another time\n" in shell("show", number).stdout
    assert shell("list").stdout.endswith(", asks for another time\n")
