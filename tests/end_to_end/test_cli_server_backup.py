"""Backups of an office on PostgreSQL as they are typed, and the daily one."""

import os
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from interworky_tui import bootstrap, config, secret
from interworky_tui.cli import commands
from interworky_tui.paths import Paths
from interworky_tui.start import Surroundings
from interworky_tui.storage import schema
from interworky_tui.storage.database import Database
from tests import postgres
from tests.end_to_end.conftest import SETTINGS, Shell

TOOLS = str(postgres.of_wheel())
NAME = "interworky-2026-03-16-091000.pgdump"


def set_up(places: Paths, url: str, tools: str = TOOLS) -> None:
    places.settings_file.write_text(
        f'{SETTINGS}\n[database]\nurl = "{url}"\n[backup]\nprograms = "{tools}"\n'
    )


@pytest.fixture
def practice(shell: Shell, postgres_url: str) -> Shell:
    set_up(shell.paths, postgres_url)
    shell.add()
    return shell


def run(url: str, statement: str) -> None:
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        connection.execute(statement)


def typed(practice: Shell, *words: str, answer: str) -> tuple[int, str, str]:
    around = Surroundings(practice.paths, practice.clock, {})
    ended = CliRunner().invoke(commands, list(words), obj=around, input=answer)
    return ended.exit_code, ended.stdout, ended.stderr


def test_the_newest_backup_is_put_back_after_a_question(practice: Shell) -> None:
    folder = practice.paths.data / "backups"
    assert practice("backup").stdout == f"{folder / NAME}\n"
    practice.add(name="Ben Ode", phone="030 901821", email="")
    status, _, asked = typed(practice, "restore", answer="n\n")
    assert status == 1
    assert "1 appointments, 1 clients; last change Mon 16 Mar 2026, 09:10" in asked
    assert "2 appointments, 2 clients" in asked
    assert "on this machine" in asked
    status, told, _ = typed(practice, "restore", answer="y\n")
    assert status == 0
    kept = folder / "interworky-replaced-20260316-091000.pgdump"
    assert str(kept) in told
    assert [one["client"]["name"] for one in practice.json("list")] == ["Ana Ruiz"]
    again = practice("restore", kept, "--yes").stdout
    assert "interworky-replaced-20260316-091000-1.pgdump" in again
    assert len(practice.json("list")) == 2
    practice.add(name="Cleo", phone="030 901822", email="")


def test_with_a_passphrase_it_is_encrypted(practice: Shell) -> None:
    secret.store("backup", "passphrase", "wax and candles", practice.paths.config)
    made = Path(practice("backup").stdout.strip())
    assert made.name == f"{NAME}.gz.age"
    assert os.listdir(made.parent) == [made.name]


def test_an_office_whose_database_is_empty_is_not_begun_anew(
    practice: Shell, postgres_server: postgres.Server
) -> None:
    practice("backup")
    url = postgres_server.create("anew")
    try:
        set_up(practice.paths, url)
        assert "is empty, but there are backups of it" in practice.refused("list")
        practice("restore", "--yes")
        assert len(practice.json("list")) == 1
    finally:
        postgres_server.drop("anew")


def test_a_backup_of_the_other_kind_says_where_it_belongs(
    practice: Shell, postgres_url: str
) -> None:
    made = practice("backup").stdout.strip()
    file = practice.paths.data / "old.db"
    with closing(Database(schema.sqlite_url(file))) as database:
        schema.migrate(database)
    assert "is of an office in a file" in practice.refused("restore", file, "--yes")
    practice.paths.settings_file.write_text(SETTINGS)
    assert "is of an office on PostgreSQL" in practice.refused("restore", made, "--yes")
    assert "There is no backup" in practice.refused("restore", "--yes"), "of this kind"


def test_without_the_programs_a_sentence_says_so(practice: Shell, postgres_url: str) -> None:
    set_up(practice.paths, postgres_url, str(practice.paths.data))
    assert "pg_dump and pg_restore are not found" in practice.refused("backup")


def test_the_daily_backup_is_made_once_by_whoever_can(practice: Shell, postgres_url: str) -> None:
    folder = practice.paths.data / "backups"
    assert practice("worker", "--once").stderr == ""
    assert os.listdir(folder) == [NAME]
    (folder / NAME).rename(practice.paths.data / NAME)
    assert practice("worker", "--once").stderr == ""
    assert os.listdir(folder) == [], "another machine has made today's"
    tomorrow = practice.clock() + timedelta(days=1)
    practice.at(lambda: tomorrow)("worker", "--once")
    assert os.listdir(folder) == ["interworky-2026-03-17-091000.pgdump"]


def test_who_has_no_programs_says_so_when_nobody_makes_a_backup(
    practice: Shell, postgres_url: str
) -> None:
    practice("worker", "--once")
    set_up(practice.paths, postgres_url, str(practice.paths.data))
    tomorrow = practice.clock() + timedelta(days=1)
    assert practice.at(lambda: tomorrow)("worker", "--once").stderr == ""
    later = practice.clock() + timedelta(days=3)
    told = practice.at(lambda: later)("worker", "--once").stderr
    assert "Today's backup was not made: PostgreSQL's programs" in told


def test_a_copy_is_made_before_an_upgrade(
    places: Paths, shell: Shell, postgres_server: postgres.Server
) -> None:
    url = postgres_server.create("older")
    copy = places.data / "backups" / f"interworky-before-{schema.HEAD}.pgdump"
    try:
        with closing(Database(url)) as database:
            schema.migrate(database, revisions=schema.REVISIONS[:2])
        set_up(places, url)
        copy.parent.mkdir()
        copy.write_text("in the way")
        assert "name another file" in shell.refused("list")
        assert schema.look_at(url) is schema.SchemaState.OLDER
        copy.unlink()
        assert shell.json("list") == []
        assert schema.look_at(url) is schema.SchemaState.CURRENT
        shell("restore", copy, "--yes")
        assert shell.json("list") == []
    finally:
        postgres_server.drop("older")


def test_without_the_programs_an_upgrade_is_made_all_the_same(
    places: Paths, shell: Shell, postgres_server: postgres.Server
) -> None:
    url = postgres_server.create("older")
    try:
        with closing(Database(url)) as database:
            schema.migrate(database, revisions=schema.REVISIONS[:2])
        set_up(places, url, str(places.data))
        assert shell.json("list") == []
    finally:
        postgres_server.drop("older")


def test_an_open_desk_keeps_the_data(practice: Shell, postgres_url: str) -> None:
    practice("backup")
    settings = config.load(practice.paths.settings_file, {})
    office = bootstrap.build(settings, practice.paths, practice.clock)
    assert "close them all" in practice.refused("restore", "--yes")
    office.database.close()
    practice("restore", "--yes")


def test_a_lost_server_is_one_sentence(practice: Shell, tmp_path: Path) -> None:
    set_up(practice.paths, f"postgresql:///office?host={tmp_path}")
    assert "does not answer" in practice.refused("backup")
    assert not (practice.paths.data / "backups").exists()
