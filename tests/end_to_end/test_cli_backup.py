"""A backup by hand, and the office put back by one command."""

import os
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from interworky_tui import secret
from interworky_tui.cli import commands
from interworky_tui.start import Surroundings
from tests.end_to_end.conftest import Shell


@pytest.fixture
def practice(shell: Shell) -> Shell:
    shell.add()
    return shell


def test_a_backup_goes_where_the_daily_ones_are(practice: Shell) -> None:
    folder = practice.paths.data / "backups"
    made = Path(practice("backup").stdout.strip())
    assert made == folder / "interworky-2026-03-16-091000.db"
    assert os.listdir(folder) == [made.name]


def test_a_backup_goes_where_it_is_told_to(practice: Shell, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    assert practice("backup", stick / "office.db").stdout == f"{stick / 'office.db'}\n"
    assert practice("backup", stick).stdout == f"{stick / 'interworky-2026-03-16-091000.db'}\n"
    assert "name another file" in practice.refused("backup", practice.paths.settings_file)


def test_without_an_office_there_is_no_backup(shell: Shell) -> None:
    shell.refused("backup")
    assert "no backup" in shell.refused("restore", "--yes")
    assert not shell.paths.database.exists()


def test_the_newest_backup_is_put_back_after_a_question(practice: Shell) -> None:
    practice("backup")
    practice.add(name="Ben Ode", phone="030 901821", email="")
    around = Surroundings(practice.paths, practice.clock, {})
    asked = CliRunner().invoke(commands, ["restore"], obj=around, input="n\n")
    assert asked.exit_code == 1
    assert "made Mon 16 Mar 2026, 09:10, 1 appointments, 1 clients" in asked.stderr
    assert "2 appointments, 2 clients" in asked.stderr
    assert len(practice.json("list")) == 2
    done = CliRunner().invoke(commands, ["restore"], obj=around, input="y\n")
    assert done.exit_code == 0
    kept = practice.paths.data / "interworky-replaced-20260316-091000.db"
    assert str(kept) in done.stdout
    assert [one["client"]["name"] for one in practice.json("list")] == ["Ana Ruiz"]
    practice("restore", kept, "--yes")
    assert len(practice.json("list")) == 2


def test_an_office_whose_file_is_gone_is_not_begun_anew(practice: Shell) -> None:
    practice("backup")
    practice.paths.database.unlink()
    assert "interworky-tui restore" in practice.refused("list")
    assert not practice.paths.database.exists()
    practice("restore", "--yes")
    assert len(practice.json("list")) == 1


@pytest.mark.parametrize("content", [b"", b"\x89PNG" * 3000], ids=["empty", "picture"])
def test_a_damaged_office_names_the_newest_backup(practice: Shell, content: bytes) -> None:
    practice("backup")
    practice.paths.database.write_bytes(content)
    told = practice.refused("list")
    assert "The newest is of Mon 16 Mar 2026, 09:10: interworky-tui restore " in told
    practice("restore", told.rpartition("restore ")[2], "--yes")
    assert len(practice.json("list")) == 1


def test_a_backup_of_an_older_version_is_upgraded(practice: Shell) -> None:
    from interworky_tui.storage import schema
    from interworky_tui.storage.database import Database

    old = practice.paths.data / "old.db"
    database = Database(schema.sqlite_url(old))
    schema.migrate(database, revisions=schema.REVISIONS[:1])
    database.close()
    practice("restore", old, "--yes")
    assert schema.look(practice.paths.database) is schema.SchemaState.CURRENT
    assert practice.json("list") == []


def test_with_a_passphrase_it_is_encrypted(practice: Shell, tmp_path: Path) -> None:
    secret.store("backup", "passphrase", "wax and candles", practice.paths.config)
    made = Path(practice("backup").stdout.strip())
    assert made.name == "interworky-2026-03-16-091000.db.gz.age"
    practice.paths.database.unlink()
    practice("restore", "--yes")
    assert len(practice.json("list")) == 1


def test_an_open_desk_keeps_the_data(practice: Shell) -> None:
    practice("backup")
    code = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]);"
        "c.execute('PRAGMA data_version').fetchall(); print('open', flush=True); sys.stdin.read()"
    )
    import subprocess
    import sys

    with subprocess.Popen(
        [sys.executable, "-c", code, practice.paths.database],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as desk:
        assert desk.stdout
        assert desk.stdout.readline() == b"open\n"
        assert "close them all" in practice.refused("restore", "--yes")
        desk.communicate(timeout=10)
    practice("restore", "--yes")


def test_the_daily_backup_is_made_once_a_day_by_whoever_runs(practice: Shell) -> None:
    folder = practice.paths.data / "backups"
    practice("worker", "--once")
    assert os.listdir(folder) == ["interworky-2026-03-16-091000.db"]
    practice("worker", "--once")
    assert len(os.listdir(folder)) == 1
    tomorrow = practice.clock() + timedelta(days=1)
    practice.at(lambda: tomorrow)("worker", "--once")
    assert len(os.listdir(folder)) == 2
    with closing(sqlite3.connect(folder / "interworky-2026-03-17-091000.db")) as copy:
        assert copy.execute("SELECT count(*) FROM appointment").fetchone() == (1,)


def test_a_backup_that_cannot_be_made_is_told_and_made_later(practice: Shell) -> None:
    folder = practice.paths.data / "backups"
    folder.write_text("in the way")
    told = practice("worker", "--once").stderr
    assert "Today's backup was not made" in told
    assert "tried again by itself" in told
    folder.unlink()
    practice("worker", "--once")
    assert not folder.exists(), "somebody has just tried"
    later = practice.clock() + timedelta(minutes=16)
    assert practice.at(lambda: later)("worker", "--once").stderr == ""
    assert os.listdir(folder) == ["interworky-2026-03-16-092600.db"]


def test_a_clock_that_was_set_back_is_told(practice: Shell) -> None:
    earlier = practice.clock() - timedelta(days=400)
    assert "later than now" in practice.at(lambda: earlier)("worker", "--once").stderr
