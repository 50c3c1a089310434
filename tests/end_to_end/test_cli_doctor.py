"""The doctor looks at every part for real, says what to do, and changes nothing."""

import json
import os
import shutil
import socket
import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from interworky_tui import config, doctor, pin, secret
from interworky_tui.doctor import machine, outside
from interworky_tui.doctor.findings import State
from interworky_tui.paths import Paths
from interworky_tui.storage.moments import to_text
from interworky_tui.web.server import WebServer
from tests.delivery.sms_server import NUMBER, SID, TOKEN, SmsServer
from tests.delivery.smtp_server import HOST, PASSWORD, USER, MailHost, serve
from tests.end_to_end.conftest import Shell

PARTS = ["program", "settings", "office", "secrets", "clock", "data"]
AFTER = ["templates", "email", "sms", "web", "log", "disk"]


@dataclass(frozen=True)
class Practice:
    """An office that is set up. Both servers are there unless a test takes them away."""

    shell: Shell
    mails: MailHost
    texts: SmsServer

    @property
    def places(self) -> Paths:
        return self.shell.paths

    def look(self, status: int = 0) -> dict[str, dict[str, Any]]:
        found = json.loads(self.shell("doctor", "--json", status=status).stdout)
        assert all(list(one) == ["part", "state", "told", "advice"] for one in found)
        return {one["part"]: one for one in found}

    def write(self, **channels: str) -> None:
        file = self.places.settings_file
        with file.open("a") as settings:
            for name, lines in channels.items():
                settings.write(f"\n[{name}]\n{lines}\n")
        file.chmod(0o600)


@pytest.fixture
def practice(shell, clock):
    with serve("none") as mails, SmsServer(clock).running() as texts:
        made = Practice(shell, mails, texts)
        made.write(
            email=f"host = '{HOST}'\nport = {mails.port}\nsecurity = 'none'\nuser = '{USER}'",
            sms=f"account_sid = '{SID}'\nfrom_number = '{NUMBER}'\napi_base_url = '{texts.url}'",
        )
        secret.store("email", "password", PASSWORD, made.places.config)
        secret.store("sms", "auth_token", TOKEN, made.places.config)
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


def test_the_store_is_missing_and_stays_so(practice):
    before = sorted(os.listdir(practice.places.data))
    found = practice.look()
    assert found["data"]["state"] == "note"
    assert "messages" not in found
    assert sorted(os.listdir(practice.places.data)) == before


@pytest.mark.parametrize("content", [b"", b"not a database" * 400])
def test_a_store_that_is_none(practice, content):
    practice.places.database.write_bytes(content)
    assert practice.look(status=1)["data"]["state"] == "problem"
    assert practice.places.database.read_bytes() == content


def test_a_damaged_store(practice, store):
    content = bytearray(store.read_bytes())
    with sqlite3.connect(store) as connection:
        [(page,)] = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'sms_receipt'"
        ).fetchall()
        [(size,)] = connection.execute("PRAGMA page_size").fetchall()
    connection.close()
    content[(page - 1) * size : page * size] = b"\x55" * size
    store.write_bytes(content)
    assert practice.look(status=1)["data"]["state"] == "problem"


def test_a_network_share_is_no_place_for_it(practice, store, monkeypatch, tmp_path):
    table = tmp_path / "mounts"
    monkeypatch.setattr(machine, "MOUNTS", table)
    assert practice.look()["data"]["state"] == "ok"
    table.write_text(f"40 22 0:40 / {store.parent} rw - nfs4 //nas/desk rw")
    assert "a network share (nfs4)" in practice.look(status=1)["data"]["told"]


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


def test_the_newest_backup_is_put_back_for_a_trial(practice, store):
    assert practice.look()["backups"]["state"] == "note"
    made = Path(practice.shell("backup").stdout.strip())
    before = sorted(os.listdir(store.parent)), sorted(os.listdir(made.parent))
    good = practice.look()["backups"]
    assert (good["state"], good["advice"]) == ("ok", "")
    assert f"{made}: 0 appointments, 0 clients, sound" == good["told"]
    assert (sorted(os.listdir(store.parent)), sorted(os.listdir(made.parent))) == before
    content = made.read_bytes()
    made.write_bytes(content[: len(content) // 2])
    bad = practice.look(status=1)["backups"]
    assert "damaged" in bad["told"]
    assert "interworky-tui backup" in bad["advice"]
    made.write_bytes(content)
    made.rename(made.with_name("interworky-2026-03-12-091000.db"))
    assert "4 days old" in practice.look(status=1)["backups"]["told"]
    store.unlink()
    gone = practice.look(status=1)["backups"]
    assert "interworky-tui restore" in gone["advice"]


def test_an_encrypted_backup_wants_its_passphrase(practice, store):
    secret.store("backup", "passphrase", "wax and candles", practice.places.config)
    practice.shell("backup")
    assert practice.look()["backups"]["state"] == "ok"
    secret.store("backup", "passphrase", "", practice.places.config)
    assert "no backup.passphrase" in practice.look(status=1)["backups"]["told"]


def history(practice):
    """Six lines of three appointments, and the driver's connection to change them by."""
    for number in (1, 2, 3):
        practice.shell.add(name=f"Ana Ruiz {number}")
        practice.shell("schedule", number, "2026-03-20", f"1{number}:00")
    made = sqlite3.connect(practice.places.database, isolation_level=None)
    for verb in ("update", "delete"):
        made.execute(f"DROP TRIGGER appointment_event_no_{verb}")
    return made


def test_a_changed_byte_in_the_history_is_named(practice, store):
    with closing(history(practice)) as made:
        made.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    whole = store.read_bytes()
    good = b'"scheduled_at":"2026-03-16T08:10:00'
    assert whole.count(good) == 3
    place = whole.rindex(good)  # Rows are stored from the end of a page on: the oldest is last.
    store.write_bytes(whole[:place] + good.replace(b"08:10", b"08:11") + whole[place + len(good) :])
    found = practice.look(status=1)
    assert found["data"]["state"] == "ok"
    line = "Line 2 (appointment 1, Mon 16 Mar 2026, 09:10)"
    assert found["history"] == {
        "part": "history",
        "state": "problem",
        "told": f"{line} is not as it was written",
        "advice": "Something has changed the office's data past this program. Keep a copy of it,"
        " and compare appointment 1 (interworky-tui show 1) with the latest backup from before.",
    }


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("UPDATE appointment_event SET actor = 'eve'", "Line 1 (appointment 1, Mon 16 Mar 2026,"),
        ("UPDATE appointment_event SET actor = 'eve'", "as it was written; and 5 more places"),
        ("UPDATE appointment_event SET at = 'then' WHERE id = 3", "Line 3 (appointment 2, then)"),
        ("DELETE FROM appointment_event WHERE id = 3", "Line 3 is missing, before line 4 (app"),
        ("DELETE FROM appointment_event WHERE id IN (2, 3)", "Lines 2 to 3 are missing, before"),
        ("DELETE FROM appointment_event WHERE id > 4", "Lines 5 to 6 are missing at the end"),
        ("DELETE FROM office_fact", "not on record any more; the last there is line 6 (appointm"),
    ],
)
def test_what_does_not_fit_in_the_history_is_told(practice, store, change, told):
    with closing(history(practice)) as made:
        made.execute(change)
    assert told in practice.look(status=1)["history"]["told"]


def test_the_history_is_as_it_was_written(practice, store):
    history(practice).close()
    told = practice.look()["history"]["told"]
    assert told.startswith("6 lines as written, the last is ")
    practice.shell("cancel", 1, "--reason", "office")
    assert practice.look()["history"]["told"].partition(",")[0] == "7 lines as written"
