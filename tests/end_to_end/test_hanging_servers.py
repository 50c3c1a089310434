"""Servers that take a connection and never answer: the desk goes on, ends at once, loses nothing.

What was on its way is looked for by the next worker, and arrives once.
"""

import os
import sqlite3
import threading
import time
from datetime import datetime, timedelta

import pytest

from interworky_tui import config
from interworky_tui.ui.app import DeskApp
from tests.delivery import sms_server
from tests.delivery.sms_server import SILENT, TAKEN_AND_SILENT
from tests.delivery.smtp_server import HANG, Fault, serve
from tests.ui.conftest import Desk
from tests.ui.test_terminal import read_until, start

PATIENCE = 5
"""Seconds for the program to be gone; the servers hang longer than the test runs."""
TO_THE_CLIENT = """\
quiet_hours = ""
undo_seconds = 0
[messages.matrix.requested.office]
email = false
sms = false
"""


@pytest.fixture(autouse=True)
def for_ever(monkeypatch):
    monkeypatch.setattr(sms_server, "PATIENCE", 600)


def quit_while(places, sending):
    """The real program in a terminal, left when it is ``sending``."""
    process, main = start(places.data)
    try:
        seen = read_until(main, b"Ana")
        end = time.monotonic() + 30
        while not sending():
            assert time.monotonic() < end
            time.sleep(0.01)
        os.write(main, b"q")
        seen += read_until(main, b"\x1b[?1049l", PATIENCE)
        assert process.wait(PATIENCE) == 0
        assert b"Traceback" not in seen
    finally:
        process.kill()
        os.close(main)


def only_row(places):
    """That of the one message that is owed."""
    with sqlite3.connect(places.database) as store:
        store.row_factory = sqlite3.Row
        query = "SELECT * FROM notification WHERE state <> 'cancelled'"
        (row,) = store.execute(query).fetchall()
    store.close()
    return row


def after_the_lease(row):
    last = max(datetime.fromisoformat(row[name]) for name in ("due_at", "lease_until") if row[name])
    return lambda: last + timedelta(minutes=2)


def test_a_mail_server_that_hangs_does_not_hold_up_the_end(shell, set_up, places):
    with serve("none") as mails:
        mails.faults.append(Fault("connect", HANG))
        set_up(mails, None, messages=TO_THE_CLIENT)
        shell.add(phone="")
        quit_while(places, lambda: mails.connections)
        row = only_row(places)
        assert row["state"] in ("sending", "pending")
        assert mails.copies == []

        later = shell.at(after_the_lease(row))
        later("worker", "--once")
        later("worker", "--once")
        assert only_row(places)["state"] == "sent"
        (copy,) = mails.copies
        assert copy.recipient == "ana@ruiz.example"
        assert copy.mail["Message-ID"] == row["message_id"]


@pytest.mark.parametrize("fault", [SILENT, TAKEN_AND_SILENT])
def test_an_sms_provider_that_hangs_does_not_hold_up_the_end(shell, set_up, places, texts, fault):
    texts.script("POST", fault)
    set_up(None, texts, messages=TO_THE_CLIENT)
    shell.add(email="")
    quit_while(places, texts.posts)
    row = only_row(places)
    assert row["state"] in ("sending", "pending")

    later = shell.at(after_the_lease(row))
    later("worker", "--once")
    later("worker", "--once")
    (text,) = texts.messages
    assert (text["to"], text["body"]) == ("+4930901820", row["body"])
    sent = only_row(places)
    assert (sent["state"], sent["provider_ref"]) == ("sent", text["sid"])


async def test_keys_are_answered_while_a_mail_server_hangs(shell, set_up, places, clock):
    answer = threading.Event()
    with serve("none") as mails:
        mails.faults.append(Fault("connect", "421 too busy", lambda: answer.wait(60)))
        set_up(mails, None, messages=TO_THE_CLIENT)
        shell.add(phone="")
        app = DeskApp(config.load(places.settings_file, {}), places, clock=clock)
        try:
            async with app.run_test(size=(80, 24)) as pilot:
                desk = Desk(pilot, app, await app.hands.office())
                await desk.sees("Ana Ruiz")
                await desk.until(lambda: mails.connections)
                await desk.press("6")
                await desk.sees("Nothing was cancelled")
                await desk.press("1", "x")
                await desk.sees("Cancel: Ana Ruiz")
                # The send is still where it was.
                assert only_row(places)["state"] == "sending"
                answer.set()
        finally:
            answer.set()
