"""The doctor over the store: damage, its place, its backups, and a history that was changed."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from interworky_tui import secret
from interworky_tui.doctor import machine
from tests.end_to_end.practice import practicing


@pytest.fixture
def practice(shell, clock):
    with practicing(shell, clock) as made:
        yield made


@pytest.fixture
def store(practice, empty_store):
    shutil.copyfile(empty_store, practice.places.database)
    practice.places.database.chmod(0o600)
    return practice.places.database


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
