"""The doctor looks at every part for real, says what to do, and changes nothing."""

import json
import os
import shutil
import socket
import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec import structs

from interworky_tui import config, doctor, pin, secret
from interworky_tui.doctor import outside
from interworky_tui.doctor.findings import State
from interworky_tui.storage.moments import to_text
from interworky_tui.web.server import WebServer
from tests.delivery.smtp_server import HOST
from tests.end_to_end.practice import practicing

PARTS = ["program", "settings", "office", "secrets", "clock", "data"]
AFTER = ["templates", "email", "sms", "web", "log", "disk"]


@pytest.fixture
def practice(shell, clock):
    with practicing(shell, clock) as made:
        yield made


@pytest.fixture
def store(practice, empty_store):
    shutil.copyfile(empty_store, practice.places.database)
    practice.places.database.chmod(0o600)
    return practice.places.database


def states(found):
    return {part: one["state"] for part, one in found.items()}


def test_nothing_is_set_up(shell, places):
    places.settings_file.unlink()
    found = json.loads(shell("doctor", "--json").stdout)
    assert [one["part"] for one in found] == PARTS + AFTER
    notes = {one["part"] for one in found if one["state"] == "note"}
    assert notes == {"settings", "office", "clock", "data", "email", "sms"}
    assert os.listdir(places.data) == []


def test_all_is_good(practice, store):
    practice.shell("backup")
    found = practice.look()
    assert set(states(found).values()) == {"ok"}
    assert list(found) == [*PARTS, "desks", "messages", "history", "backups", *AFTER]
    assert "0 appointments" in found["data"]["told"]
    assert practice.mails.logins
    assert practice.texts.seen
    assert (practice.mails.copies, practice.texts.messages) == ([], [])


def test_a_lock_that_cannot_lock(practice, store):
    assert "lock" not in practice.look()
    file = practice.places.settings_file
    file.write_text(file.read_text().replace("[desk]", "[desk]\nlock_minutes = 5"))
    assert "pin set" in practice.look(status=1)["lock"]["advice"]
    pin.store(practice.places.config, "2468")
    assert "lock" not in practice.look()
    (practice.places.config / "pin").chmod(0o644)
    assert "chmod 600" in practice.look(status=1)["lock"]["advice"]


@pytest.mark.parametrize(
    ("kept", "told"),
    [("DE-BY", ""), ("none", ""), ("DE-QQ", "known for DE-QQ."), ("ZZ", "known for ZZ.")],
)
def test_holidays_that_nobody_knows_are_told_of(practice, store, kept, told):
    file = practice.places.settings_file
    file.write_text(file.read_text().replace("[office]", f"[office]\nholidays_country = '{kept}'"))
    found = practice.look().get("holidays", {"told": ""})
    assert told in found["told"]
    assert bool(told) == bool(found["told"])


def test_in_words(practice, store):
    practice.texts.account["status"] = "suspended"
    said = practice.shell("doctor", status=1).stdout
    assert "OK       email      The login works.\n" in said
    assert "PROBLEM  sms        It does not work.\n" in said
    assert "-> The SMS account is not active" in said


def test_wrong_secrets(practice, store):
    secret.store("email", "password", "guessed", practice.places.config)
    secret.store("sms", "auth_token", "guessed", practice.places.config)
    found = practice.look(status=1)
    assert states(found)["email"] == states(found)["sms"] == "problem"
    assert "user or the password" in found["email"]["advice"]
    assert "auth_token" in found["sms"]["advice"]
    assert "guessed" not in str(found)


@pytest.fixture
def free_port():
    with socket.create_server(("127.0.0.1", 0)) as there:
        return there.getsockname()[1]


@pytest.fixture
def taken():
    """A port that another program listens on, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def test_the_web_pages_are_looked_at(practice, store, free_port):
    practice.write(web=f"enabled = true\nport = {free_port}")
    found = practice.look()["web"]
    assert found["state"] == "note"
    assert "phones outside this machine cannot open its links" in found["told"]
    assert "public_url" in found["advice"]


def test_links_that_lead_to_every_address_are_warned_of(practice, store, free_port):
    practice.write(web=f"enabled = true\nhost = '0.0.0.0'\nport = {free_port}")
    found = practice.look()["web"]
    assert found["state"] == "note"
    assert "no phone can open a link to 0.0.0.0." in found["told"]
    assert "public_url" in found["advice"]


def test_clients_reach_the_web_pages(practice, store, free_port):
    practice.write(
        web=f"enabled = true\nport = {free_port}\npublic_url = 'https://desk.lindenhof.example'"
    )
    found = practice.look()["web"]
    assert found["state"] == "ok"
    assert "https://desk.lindenhof.example" in found["told"]


def test_another_program_is_where_the_web_pages_should_be(practice, store, taken, monkeypatch):
    monkeypatch.setattr(outside, "KNOCKING", 0.1)
    practice.write(web=f"enabled = true\nport = {taken}")
    found = practice.look(status=1)["web"]
    assert found["state"] == "problem"
    assert "in use" in found["told"]


def test_the_web_pages_are_served_already(practice, store, office):
    web = config.Web(enabled=True, port=0, public_url="https://desk.lindenhof.example")
    server = WebServer(replace(office, settings=structs.replace(office.settings, web=web)))
    server.start()
    try:
        port = server.url.rpartition(":")[2]
        practice.write(web=f"enabled = true\nport = {port}\npublic_url = '{web.public_url}'")
        found = practice.look()["web"]
        assert found["state"] == "ok"
        assert "the pages are there" in found["told"]
    finally:
        assert server.stop()


def test_missing_secrets(practice, store):
    (practice.places.config / "secrets.toml").unlink()
    found = practice.look(status=1)
    assert "no email.password and no sms.auth_token" in found["secrets"]["told"]


@pytest.mark.skipif(os.name != "posix", reason="no modes elsewhere")
def test_what_others_may_read(practice, store):
    for file in (store, practice.places.settings_file, practice.places.config / "secrets.toml"):
        file.chmod(0o644)
    found = practice.look(status=1)
    assert states(found)["data"] == states(found)["secrets"] == "problem"
    assert states(found)["settings"] == "note"
    assert found["data"]["advice"] == f"chmod 600 {store}"


def test_messages_that_did_not_leave(practice, store, clock):
    number = practice.shell.add()
    clock.forward(hours=1)
    found = practice.look()
    assert found["messages"]["state"] == "note"
    assert found["messages"]["told"] == "4 should have left"
    with sqlite3.connect(store) as connection:
        connection.execute(
            "UPDATE notification SET state = 'failed', reason = 'rejected'"
            " WHERE appointment_id = ? AND channel = 'sms'",
            (number,),
        )
    connection.close()
    assert practice.look()["messages"]["told"] == "2 failed, 2 should have left"


def test_who_is_there_is_told(practice, store, clock):
    with sqlite3.connect(store) as connection:
        for kind, actor, ago in (
            ("desk", "ana", 29),
            ("serve", "bo", 1),
            ("desk", "eve", 31),
            ("desk", "ed", -9),
        ):
            seen = to_text(clock() - timedelta(seconds=ago))
            row = (actor, kind, actor, "front", seen, seen)
            connection.execute(
                "INSERT INTO desk_session (id, kind, actor, machine, begun_at, seen_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                row,
            )
    connection.close()
    assert practice.look()["desks"]["told"] == "ana on front, the web pages on front"


def test_a_clock_that_went_back(practice, store, clock):
    practice.shell.add()
    clock.now -= timedelta(hours=1)
    found = practice.look(status=1)
    assert "later than now" in found["data"]["told"]


def test_bad_settings_are_told_of_and_the_rest_is_looked_at(practice):
    practice.write(desk_="x = 1")
    found = practice.look(status=1)
    assert found["settings"]["state"] == "problem"
    assert "desk_: is not a setting" in found["settings"]["told"]
    assert list(found) == ["program", "settings", "log", "disk"]


def test_a_bad_template(practice, store):
    folder = practice.places.config / "templates" / "cancelled" / "client"
    folder.mkdir(parents=True)
    (folder / "sms.txt").write_text("Gone, {nmae}.\n")
    found = practice.look(status=1)
    assert "cancelled/client/sms.txt, line 1" in found["templates"]["told"]


def test_a_server_that_never_answers_holds_nothing_up(practice, store):
    with socket.create_server((HOST, 0)) as silent:
        port = silent.getsockname()[1]
        text = practice.places.settings_file.read_text()
        text = text.replace(f"port = {practice.mails.port}", f"port = {port}")
        practice.places.settings_file.write_text(text)
        found = doctor.examine(practice.places, practice.shell.clock, {}, longest=1.0)
    [email] = [one for one in found if one.part == "email"]
    assert (email.state, email.told) == (State.PROBLEM, "There was no answer in time.")
    assert [one.state for one in found if one.part == "sms"] == [State.OK]
