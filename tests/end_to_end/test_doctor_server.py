"""The doctor of an office on PostgreSQL."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import insert, text

from interworky_tui.doctor.server import say_server
from interworky_tui.domain.clock import system_clock
from interworky_tui.paths import Paths
from interworky_tui.services import intake
from interworky_tui.services.context import Context
from interworky_tui.storage import rights, schema
from interworky_tui.storage.database import Database
from interworky_tui.storage.server_checkup import Server
from interworky_tui.storage.tables import DESK_SESSION
from tests import postgres
from tests.conftest import FixedClock
from tests.end_to_end.conftest import SETTINGS, Shell

DAY = date(2026, 3, 20)
TOOLS = str(postgres.of_wheel())
LAX = {"durability"}
"""The server of the tests does not wait for its disk."""


def setting(url: str) -> str:
    return f'{SETTINGS}\n[database]\nurl = "{url}"\n[backup]\nprograms = "{TOOLS}"\n'


@pytest.fixture
def desk(places: Paths, postgres_url: str) -> Shell:
    """With the clock of this machine, which is the server's too."""
    places.settings_file.write_text(setting(postgres_url))
    return Shell(places, system_clock)


def look(desk: Shell, status: int = 1) -> dict[str, dict[str, Any]]:
    found = json.loads(desk("doctor", "--json", status=status).stdout)
    return {one["part"]: one for one in found}


def change(url: str, *statements: str) -> None:
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.fixture
def store_url(postgres_url: str) -> str:
    return postgres_url


def test_all_is_looked_at(desk: Shell, postgres_url: str) -> None:
    found = look(desk)
    parts = ["server", "role", "durability", "data", "desks", "messages", "history"]
    at = list(found).index("server")
    assert list(found)[at : at + len(parts)] == parts
    assert {one for one in parts if found[one]["state"] == "problem"} == LAX
    assert "fsync" in found["durability"]["told"]
    assert found["server"]["told"].startswith("PostgreSQL ")
    assert "0 appointments, 0 clients" in found["data"]["told"]
    assert found["desks"]["told"] == "Nobody has the office open."
    assert found["history"]["told"] == "Nothing has happened yet."
    assert "search" not in found


def test_a_password_is_never_shown(desk: Shell, postgres_server: postgres.Server) -> None:
    for url in (
        postgres_server.url("office").replace("postgres@", "postgres:hunter2@"),
        "postgresql://ana:hunter2@127.0.0.1:9/office?connect_timeout=2",
    ):
        desk.paths.settings_file.write_text(setting(url))
        said = desk("doctor", status=1).output
        assert "hunter2" not in said
        assert " data " in said


def test_a_server_that_is_away(desk: Shell, tmp_path: Any) -> None:
    desk.paths.settings_file.write_text(setting(f"postgresql:///office?host={tmp_path}"))
    found = look(desk)
    assert "does not answer" in found["data"]["told"]
    assert "database" in found["data"]["advice"]
    assert "history" not in found


def test_an_empty_database_is_not_begun(desk: Shell, postgres_server: postgres.Server) -> None:
    url = postgres_server.create("bare")
    try:
        desk.paths.settings_file.write_text(setting(url))
        assert "is empty; the desk makes" in look(desk, status=0)["data"]["told"]
        assert schema.look_at(url) is schema.SchemaState.MISSING
    finally:
        postgres_server.drop("bare")


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("UPDATE alembic_version SET version_num = '0417'", "newer version"),
        ("UPDATE alembic_version SET version_num = 'song'", "something else"),
        ("DROP TABLE notification CASCADE", "something else"),
        ("DELETE FROM alembic_version", "something else"),
    ],
)
def test_what_is_no_office_of_this_version(
    desk: Shell, postgres_url: str, statement: str, sentence: str
) -> None:
    change(postgres_url, statement)
    assert sentence in look(desk)["data"]["told"]


def test_an_older_one_is_upgraded_by_the_desk(
    desk: Shell, postgres_server: postgres.Server
) -> None:
    url = postgres_server.create("older")
    try:
        with closing(Database(url)) as database:
            schema.migrate(database, revisions=schema.REVISIONS[:1])
        desk.paths.settings_file.write_text(setting(url))
        assert "older version" in look(desk, status=0)["data"]["told"]
    finally:
        postgres_server.drop("older")


def test_a_changed_byte_in_the_history_is_named(
    desk: Shell, postgres_url: str, office: Context
) -> None:
    for number in range(3):
        wanted = intake.NewRequest(
            name=f"Ada {number}", phone=f"+4930 90182{number}", date=DAY, band="morning"
        )
        intake.request(office, wanted)
    good = look(desk)["history"]
    assert good["told"].startswith("3 lines as written")
    change(
        postgres_url,
        "ALTER TABLE appointment_event DISABLE TRIGGER USER",
        "UPDATE appointment_event SET actor = 'anb' WHERE id = 2",
    )
    found = look(desk)["history"]
    assert found["state"] == "problem"
    assert found["told"].startswith("Line 2 (appointment 2, ")
    assert "is not as it was written" in found["told"]


def test_who_is_there(desk: Shell, office: Context) -> None:
    rows = [("d", "desk", "ana", 5), ("w", "worker", "bo", 20), ("x", "desk", "eve", 31)]
    with office.database.write(alone=False) as connection:
        now = connection.execute(text("SELECT now()")).scalar_one()
        for key, kind, actor, ago in rows:
            seen = now - timedelta(seconds=ago)
            row = {"id": key, "kind": kind, "actor": actor, "machine": f"front-{key}"}
            connection.execute(insert(DESK_SESSION).values(**row, begun_at=seen, seen_at=seen))
    assert look(desk)["desks"]["told"] == "ana on front-d, a worker on front-w"


def test_a_wrong_clock(desk: Shell) -> None:
    for minutes, state in ((-10, "problem"), (2, "note")):
        wrong = desk.at(lambda m=minutes: system_clock() + timedelta(minutes=m))
        found = look(wrong)["server"]
        assert found["state"] == state
        assert ("ahead of" if minutes < 0 else "behind") in found["told"]


SERVER = Server("15.3", 150_003, "desk", False, "TLSv1.3", False, timedelta(0), (), (), False)


@pytest.mark.parametrize(
    ("found", "here", "state", "told"),
    [
        (SERVER, False, "ok", "PostgreSQL 15.3, office on db, encrypted (TLSv1.3)"),
        (replace(SERVER, tls=""), True, "ok", "PostgreSQL 15.3, office on db"),
        (replace(SERVER, tls=""), False, "problem", "everybody on the network can read along"),
        (replace(SERVER, number=120_000), True, "note", "older than what is tested"),
        (replace(SERVER, refuses=True), True, "problem", "takes no changes"),
    ],
)
def test_what_is_said_of_the_server(found: Server, here: bool, state: str, told: str) -> None:
    finding = say_server("office on db", found, here)
    assert finding.state == state
    assert told in finding.told


def test_a_server_that_takes_no_changes(desk: Shell, postgres_url: str) -> None:
    name = postgres_url.partition("?")[0].rpartition("/")[2]
    change(postgres_url, f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    assert "takes no changes" in look(desk)["server"]["told"]


def test_acknowledged_changes_must_outlive_a_power_cut(desk: Shell, postgres_url: str) -> None:
    name = postgres_url.partition("?")[0].rpartition("/")[2]
    change(postgres_url, f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    assert "synchronous_commit" in look(desk)["durability"]["told"]


def test_without_an_index_the_search_is_slow(desk: Shell, postgres_url: str) -> None:
    change(postgres_url, "DROP INDEX ix_client_search_text")
    advice = look(desk)["search"]["advice"]
    change(postgres_url, advice.partition(": ")[2])
    assert "search" not in look(desk)


@pytest.fixture
def role(postgres_server: postgres.Server, postgres_url: str) -> Iterator[str]:
    """One that may do what a desk needs; the address for it."""
    name = f"{postgres_server.prefix}desk"
    change(postgres_url, f'CREATE ROLE "{name}" LOGIN', *rights.grants(name))
    yield postgres_url.replace("postgres@", f"{name}@")
    change(postgres_url, f'DROP OWNED BY "{name}"', f'DROP ROLE "{name}"')


def test_a_role_that_may_just_enough(desk: Shell, role: str, postgres_url: str) -> None:
    assert look(desk)["role"]["state"] == "note", "the server's own user"
    desk.paths.settings_file.write_text(setting(role))
    found = look(desk)["role"]
    assert found["state"] == "ok"
    assert "upgrades are made by the owner" in found["told"]
    made = desk("backup").stdout.strip()
    assert "Only the owner" in desk.refused("restore", made, "--yes")
    name = role.partition("//")[2].partition("@")[0]
    change(postgres_url, f'REVOKE INSERT, UPDATE ON client FROM "{name}"')
    change(postgres_url, f'REVOKE USAGE ON ALL SEQUENCES IN SCHEMA public FROM "{name}"')
    found = look(desk)["role"]
    assert found["state"] == "problem"
    assert "lacks INSERT on client, UPDATE on client, USAGE on api_" in found["told"]
    change(postgres_url, found["advice"].partition(": ")[2])
    assert look(desk)["role"]["state"] == "ok"


def test_with_that_role_every_verb_works(shell: Shell, role: str, clock: FixedClock) -> None:
    shell.paths.settings_file.write_text(setting(role))
    first, second = shell.add(), shell.add(name="Ben Ode", phone="030 901821", email="")
    shell("schedule", first, "2026-03-16 10:00")
    shell("schedule", second, "2026-03-17 11:00")
    shell("undo")
    shell("cancel", second, "--reason", "office")
    clock.forward(hours=2)
    shell("worker", "--once")
    shell("attend", first)
    shell("collect-feedback", first)
    shell("undo")
    shell("collect-feedback", first)
    shell("record-feedback", first, "--rating", 4)
    shell("undo")
    shell("record-feedback", first, "--rating", 2)
    clock.forward(hours=1)
    shell("worker", "--once")
    client = shell.json("show", second)["client"]["id"]
    for words in (["list"], ["messages"], ["insights"], ["history"], ["export-client", client]):
        shell(*words)
    shell("erase-client", client, "--yes")


def test_messages_that_wait(desk: Shell, office: Context) -> None:
    wanted = intake.NewRequest(name="Ada", phone="+4930 901820", date=DAY, band="morning")
    intake.request(office, wanted)
    with office.database.write() as connection:
        connection.execute(text("UPDATE notification SET due_at = now() - interval '1 hour'"))
    assert "should have left" in look(desk)["messages"]["told"]


def test_the_newest_backup_is_read_through(desk: Shell, office: Context) -> None:
    assert "There is none in" in look(desk)["backups"]["told"]
    made = Path(desk("backup").stdout.strip())
    good = look(desk)["backups"]
    assert good["told"] == f"{made}: 0 appointments, 0 clients, sound"
    content = made.read_bytes()
    made.write_bytes(content[:-3000])
    assert "damaged" in look(desk)["backups"]["told"]
    made.write_bytes(content)
    made.rename(made.with_name("interworky-2026-03-12-091000.pgdump"))
    assert "days old" in look(desk)["backups"]["told"]


def test_a_backup_on_another_machine_is_told_of(desk: Shell, postgres_url: str) -> None:
    desk("worker", "--once")
    [made] = desk.paths.backups.iterdir()
    made.unlink()
    found = look(desk)["backups"]
    assert found["state"] == "ok"
    assert "The last was made on " in found["told"]
    later = desk.at(lambda: system_clock() + timedelta(days=3))
    assert "none since" in look(later)["backups"]["told"]
    written = desk.paths.settings_file.read_text()
    desk.paths.settings_file.write_text(written.replace(TOOLS, str(desk.paths.data)))
    assert "here none can be made" in look(desk)["backups"]["told"]
    found = look(later)["backups"]
    assert found["state"] == "problem"
    assert "install its client programs" in found["advice"]
    assert "enabled = false" in found["advice"]


def test_an_empty_database_that_has_backups(desk: Shell, postgres_server: postgres.Server) -> None:
    desk("backup")
    url = postgres_server.create("bare")
    try:
        desk.paths.settings_file.write_text(setting(url))
        found = look(desk)["backups"]
        assert "is empty, but there are backups" in found["told"]
        assert "restore" in found["advice"]
    finally:
        postgres_server.drop("bare")
