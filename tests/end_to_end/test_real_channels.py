"""The program's own settings lead to real servers: each message arrives there once."""

import os
import sqlite3
from contextlib import closing

import pytest

from interworky_tui import bootstrap, config
from interworky_tui.config import BadSettings
from interworky_tui.delivery.health import Health
from interworky_tui.secret import find
from tests.delivery.sms_server import NUMBER, SID, TOKEN
from tests.delivery.smtp_server import serve


def test_a_change_reaches_client_and_office_by_both_channels_once(shell, texts, set_up, clock):
    with serve("none") as mails:
        set_up(mails, texts)
        number = shell.add()
        clock.forward(seconds=11)
        shell("worker", "--once")
        shell("worker", "--once")
        told = shell.json("messages", "--appointment", number)
        assert {m["state"] for m in told} == {"sent"}
        assert len(mails.copies) == 2
        assert sorted(text["to"] for text in texts.messages) == sorted(
            m["to"] for m in told if m["channel"] == "sms"
        )


def test_a_wrong_token_pauses_the_texts_and_the_mails_go_on(shell, texts, set_up, clock):
    with serve("none") as mails:
        set_up(mails, texts, token="wrong")
        number = shell.add()
        clock.forward(seconds=11)
        told = shell("worker", "--once").stderr.splitlines()
        assert len(told) == 1
        assert told[0].startswith("SMS: The SMS provider does not accept the account_sid")
        told = {m["channel"]: m["state"] for m in shell.json("messages", "--appointment", number)}
        assert told == {"email": "sent", "sms": "pending"}
        assert not texts.messages


def test_texts_are_not_asked_for_unless_they_are_set_up(shell, set_up, texts, clock):
    with serve("none") as mails:
        set_up(mails, None)
        shell.add()
        clock.forward(seconds=11)
        assert shell("worker", "--once").stdout == "Messages: 2 sent, 2 previewed.\n"
    assert texts.seen == []


def test_a_text_that_cannot_be_dealt_with_holds_up_no_message(shell, set_up, texts, clock, places):
    with serve("none") as mails:
        set_up(mails, texts)
        shell.add()
        texts.receive("+4930901820", "Thank you")
        clock.forward(seconds=11)
        with closing(sqlite3.connect(places.database)) as store:
            store.execute("ALTER TABLE inbound_sms RENAME TO away")
        result = shell("worker", "--once")
        assert result.stdout == "Messages: 4 sent.\n"
        assert result.stderr == "Not all replies could be dealt with; the log says more.\n"


def test_secrets_that_others_can_read_are_refused(places):
    file = places.config / "secrets.toml"
    file.write_text("[email]\npassword = 'x'\n")
    file.chmod(0o644)
    if os.name == "posix":
        with pytest.raises(BadSettings, match="chmod 600"):
            find("email", "password", places.config, {})


def test_a_secret_comes_from_its_variable_first(places):
    file = places.config / "secrets.toml"
    file.write_text("[email]\npassword = 'from the file'\n")
    file.chmod(0o600)
    assert find("email", "password", places.config, {}) == "from the file"
    given = {"INTERWORKY_TUI_EMAIL__PASSWORD": "from the variable"}
    assert find("email", "password", places.config, given) == "from the variable"
    assert find("sms", "auth_token", places.config, {}) == ""


def test_a_mail_server_elsewhere_needs_tls(shell, places):
    settings = places.settings_file.read_text()
    places.settings_file.write_text(
        f"{settings}\n[email]\nhost = 'mail.example.com'\nsecurity = 'none'\n"
    )
    assert "email.security" in shell.refused("list")


def test_the_demo_keeps_everything_as_files_whatever_is_set_up(
    shell, texts, set_up, places, clock, monkeypatch
):
    """Also what comes in is not asked for: the office's account is not the demo's."""
    with serve("none") as mails:
        set_up(mails, texts)
        for section, key, value in (
            ("EMAIL", "PASSWORD", "secret"),
            ("SMS", "AUTH_TOKEN", TOKEN),
            ("SMS", "ACCOUNT_SID", SID),
            ("SMS", "FROM_NUMBER", NUMBER),
        ):
            monkeypatch.setenv(f"INTERWORKY_TUI_{section}__{key}", value)
        settings = config.load(places.settings_file)
        assert settings.previewed == ()
        with bootstrap.demo(settings, clock) as (told, its_places):
            office = bootstrap.build(told, its_places, clock)
            clock.forward(hours=1)
            delivery = bootstrap.delivery(office, its_places)
            for chore in delivery.chores:
                chore.run()
            enough = iter([False] * 12)
            drained = delivery.outbox.drain(lambda: next(enough, True))
            # Of the hundreds, a few; the channels are known to be no others.
            assert {state.health for state in delivery.outbox.states} == {Health.PREVIEW}
            office.database.close()
        assert drained.previewed > 0
        assert drained.sent == 0
        assert mails.connections == 0
        assert texts.seen == []
