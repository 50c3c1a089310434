"""A backup of an office on PostgreSQL: made by pg_dump, checked, put back whole or not at all."""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import insert, select, text

from interworky_tui.domain.errors import StoreProblem
from interworky_tui.storage import dump, programs, schema, server_restore
from interworky_tui.storage.database import Database
from interworky_tui.storage.tables import CLIENT, DESK_SESSION
from tests import postgres
from tests.storage.conftest import NOW, SECRET, TOMORROW, Start

TOOLS = str(postgres.of_wheel())
"""Newer than most servers, and on every machine that runs the tests."""


def names(folder: Path) -> set[str]:
    return set(os.listdir(folder))


def client(url: str, name: str, number: int = 0) -> None:
    row = {
        "name": name,
        "match_name": name,
        "phone": f"+49301112{number}",
        "search_text": name.casefold(),
        "created_at": NOW,
    }
    with closing(Database(url)) as database, database.write() as connection:
        connection.execute(insert(CLIENT).values(row))


def clients(url: str) -> list[str]:
    with closing(Database(url)) as database, database.read() as connection:
        return list(connection.execute(select(CLIENT.c.name).order_by(CLIENT.c.id)).scalars())


def run(url: str, *statements: str) -> None:
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.fixture
def saved(postgres_url: str, tmp_path: Path) -> Path:
    """Of Ada, whose name COPY must escape; since then Ben has come."""
    client(postgres_url, "Ada\tLove\\lace\nII")
    made = dump.dump(postgres_url, tmp_path / "backups" / "a.pgdump", tmp_path, folder=TOOLS)
    client(postgres_url, "Ben", 1)
    return made


def put_back(source: Path, url: str, passphrase: str = "") -> Path | None:
    private = source.parent / "private"
    aside = source.with_name(f"before-{source.name}")
    with dump.opened(source, private, passphrase, TOOLS) as held:
        return server_restore.put_in_place(
            held, url, lambda: dump.dump(url, aside, private, folder=TOOLS)
        )


def test_a_backup_is_whole_and_for_its_owner_alone(saved: Path, tmp_path: Path) -> None:
    assert names(saved.parent) == {"a.pgdump"}
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    assert stat.S_IMODE(saved.parent.stat().st_mode) == 0o700
    with dump.opened(saved, tmp_path, folder=TOOLS) as held:
        found = held.contents
    assert (found.clients, found.appointments, found.revision) == (1, 0, schema.HEAD)
    assert found.made is not None


def test_a_backup_takes_the_place_and_what_was_there_is_kept(
    saved: Path, postgres_url: str
) -> None:
    kept = put_back(saved, postgres_url)
    assert clients(postgres_url) == ["Ada\tLove\\lace\nII"]
    assert schema.look_at(postgres_url) is schema.SchemaState.CURRENT
    client(postgres_url, "Cleo", 2)  # the numbers go on
    assert kept is not None
    put_back(kept, postgres_url)
    assert clients(postgres_url) == ["Ada\tLove\\lace\nII", "Ben"]


def test_it_is_restored_into_an_empty_database(
    saved: Path, postgres_server: postgres.Server
) -> None:
    url = postgres_server.create("anew")
    try:
        assert put_back(saved, url) is None
        assert clients(url) == ["Ada\tLove\\lace\nII"]
        client(url, "Ben", 1)
        with closing(psycopg.connect(url)) as connection:
            found = connection.execute("SELECT to_regclass('ix_client_search_text')").fetchone()
            assert found != (None,)
            with pytest.raises(psycopg.errors.RestrictViolation):
                connection.execute("DELETE FROM appointment_event")
    finally:
        postgres_server.drop("anew")


def test_an_encrypted_one_says_nothing_and_is_restored(postgres_url: str, tmp_path: Path) -> None:
    client(postgres_url, "Ada Lovelace")
    made = dump.dump(postgres_url, tmp_path / "b" / "a.pgdump", tmp_path, SECRET, TOOLS)
    assert made.name == "a.pgdump.gz.age"
    assert names(made.parent) == {made.name}
    assert names(tmp_path) == {"b"}
    assert b"PGDMP" not in made.read_bytes()
    run(postgres_url, "DELETE FROM client")
    with pytest.raises(StoreProblem, match=r"no backup\.passphrase"):
        put_back(made, postgres_url)
    put_back(made, postgres_url, SECRET)
    assert clients(postgres_url) == ["Ada Lovelace"]


def test_an_earlier_backup_is_replaced_and_nothing_else(
    saved: Path, postgres_url: str, tmp_path: Path
) -> None:
    dump.dump(postgres_url, saved, tmp_path, folder=TOOLS)
    with dump.opened(saved, tmp_path, folder=TOOLS) as held:
        assert held.contents.clients == 2
    for content in (b"Dear Mr Weber", b"", b"PGDMP and more"):
        saved.write_bytes(content)
        with pytest.raises(StoreProblem, match="name another file"):
            dump.dump(postgres_url, saved, tmp_path, folder=TOOLS)
        assert saved.read_bytes() == content
    assert names(saved.parent) == {"a.pgdump"}


def cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size - 3000)


def other(url: str) -> Callable[[Path], None]:
    """An archive of another program's database."""

    def write(file: Path) -> None:
        run(url, "CREATE TABLE songs (title text)")
        [found] = programs.found(TOOLS)
        told = [found.path("pg_dump"), "--format=custom", "--table=songs", f"--file={file}", url]
        programs.run(told)

    return write


@pytest.mark.parametrize(
    ("spoiling", "sentence"),
    [
        (lambda file: file.write_text("Dear Mr Weber"), "no backup of this program"),
        (lambda file: file.write_bytes(b""), "no backup of this program"),
        (lambda file: file.write_bytes(b"PGDMP" + bytes(500)), "damaged|older than"),
        (cut, "damaged"),
        (Path.unlink, "There is no file"),
    ],
)
def test_what_is_no_sound_backup_is_refused_and_nothing_changes(
    saved: Path, postgres_url: str, spoiling: Callable[[Path], Any], sentence: str
) -> None:
    spoiling(saved)
    with pytest.raises(StoreProblem, match=sentence):
        put_back(saved, postgres_url)
    assert len(clients(postgres_url)) == 2
    assert names(saved.parent) <= {"a.pgdump"}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (f"UPDATE alembic_version SET version_num = '{TOMORROW}'", "newer version"),
        ("UPDATE alembic_version SET version_num = '8a3f2c91d0b4'", "no backup of this"),
        ("CREATE TABLE songs (title text)", "no backup of this"),
        ("DROP TABLE notification CASCADE", "no backup of this"),
    ],
)
def test_an_archive_that_is_not_ours_or_newer_is_refused(
    postgres_url: str, tmp_path: Path, change: str, sentence: str
) -> None:
    run(postgres_url, change)
    source = tmp_path / "x.pgdump"
    [found] = programs.found(TOOLS)
    told = [found.path("pg_dump"), "--format=custom", "--schema=public", f"--file={source}"]
    programs.run([*told, postgres_url])
    with pytest.raises(StoreProblem, match=sentence):
        put_back(source, postgres_url)


def test_one_of_an_older_version_is_upgraded_afterwards(
    postgres_server: postgres.Server, tmp_path: Path
) -> None:
    url = postgres_server.create("old")
    try:
        with closing(Database(url)) as database:
            schema.migrate(database, revisions=schema.REVISIONS[:1])
            made = dump.dump(url, tmp_path / "a.pgdump", tmp_path, folder=TOOLS)
            schema.migrate(database)
        put_back(made, url)
        assert schema.look_at(url) is schema.SchemaState.OLDER
        with closing(Database(url)) as database:
            schema.migrate(database)
        assert schema.look_at(url) is schema.SchemaState.CURRENT
    finally:
        postgres_server.drop("old")


def test_an_office_that_is_open_is_left_alone(saved: Path, postgres_url: str) -> None:
    database = Database(postgres_url)
    with database.read() as connection:
        connection.execute(text("SELECT 1"))
    with pytest.raises(StoreProblem, match="close them all"):
        put_back(saved, postgres_url)
    database.close()
    assert len(clients(postgres_url)) == 2


def test_nobody_writes_between_what_is_kept_and_what_is_put(
    saved: Path, postgres_url: str, tmp_path: Path
) -> None:
    busy = Database(postgres_url, busy_ms=50)

    def keep() -> Path:
        with pytest.raises(StoreProblem, match="Another desk is writing"), busy.write():
            pytest.fail("it was written")
        return tmp_path / "kept"

    with dump.opened(saved, tmp_path, folder=TOOLS) as held:
        assert server_restore.put_in_place(held, postgres_url, keep) == tmp_path / "kept"
    busy.close()
    assert len(clients(postgres_url)) == 1


def test_without_a_copy_of_what_is_there_nothing_is_replaced(
    saved: Path, postgres_url: str, tmp_path: Path
) -> None:
    def keep() -> Path:
        raise StoreProblem("The disk is full.")

    with (
        dump.opened(saved, tmp_path, folder=TOOLS) as held,
        pytest.raises(StoreProblem, match=r"cannot be kept.*The disk is full.*empty database"),
    ):
        server_restore.put_in_place(held, postgres_url, keep)
    assert len(clients(postgres_url)) == 2


def test_another_programs_database_is_left_alone(
    saved: Path, postgres_server: postgres.Server
) -> None:
    url = postgres_server.create("songs")
    try:
        run(url, "CREATE TABLE songs (title text)")
        with pytest.raises(StoreProblem, match="something else"):
            put_back(saved, url)
    finally:
        postgres_server.drop("songs")


def test_what_others_hung_on_the_tables_is_not_dropped(saved: Path, postgres_url: str) -> None:
    run(postgres_url, "CREATE VIEW people AS SELECT name FROM client")
    with pytest.raises(StoreProblem, match="depends on"):
        put_back(saved, postgres_url)
    assert len(clients(postgres_url)) == 2


@pytest.fixture
def role(postgres_server: postgres.Server, postgres_url: str) -> Iterator[str]:
    name = f"{postgres_server.prefix}clerk"
    run(postgres_url, f'CREATE ROLE "{name}" LOGIN')
    yield name
    run(postgres_url, f'DROP OWNED BY "{name}"', f'DROP ROLE "{name}"')


def test_who_might_use_the_tables_still_may(saved: Path, postgres_url: str, role: str) -> None:
    run(
        postgres_url,
        f'GRANT SELECT, INSERT ON client TO "{role}"',
        f'GRANT USAGE ON SEQUENCE client_id_seq TO "{role}"',
        "GRANT SELECT ON alembic_version TO PUBLIC",
    )
    put_back(saved, postgres_url)
    mine = postgres_url.replace("postgres@", f"{role}@")
    with closing(psycopg.connect(mine)) as connection:
        assert connection.execute("SELECT count(*) FROM client").fetchone() == (1,)
        connection.execute("SELECT nextval('client_id_seq'), (SELECT 1 FROM alembic_version)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT 1 FROM appointment")


def test_only_the_owner_may_replace_them_and_make_no_backup_of_what_it_may_not_read(
    saved: Path, postgres_url: str, role: str, tmp_path: Path
) -> None:
    mine = postgres_url.replace("postgres@", f"{role}@")
    with pytest.raises(StoreProblem, match="Only the owner"):
        put_back(saved, mine)
    with pytest.raises(StoreProblem, match="does not allow a backup to this user"):
        dump.dump(mine, tmp_path / "b.pgdump", tmp_path, folder=TOOLS)
    assert names(tmp_path) == {"backups"}


def test_who_was_there_is_not_put_back(saved: Path, postgres_url: str, tmp_path: Path) -> None:
    with closing(Database(postgres_url)) as database, database.write() as connection:
        row = {"id": "x", "kind": "desk", "actor": "ana", "machine": "front"}
        connection.execute(insert(DESK_SESSION).values(**row, begun_at=NOW, seen_at=NOW))
    made = dump.dump(postgres_url, tmp_path / "b.pgdump", tmp_path, folder=TOOLS)
    put_back(made, postgres_url)
    with closing(Database(postgres_url)) as database, database.read() as connection:
        assert connection.execute(select(DESK_SESSION)).all() == []


NO_ROOM = """
import resource, sys
from pathlib import Path
from interworky_tui.domain.errors import StoreProblem
from interworky_tui.storage.dump import dump
url, target, tools, room = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_FSIZE, (int(room),) * 2)
try:
    dump(url, Path(target), Path(target).parent, folder=tools)
except StoreProblem as problem:
    print(problem.sentence)
"""


def test_without_room_the_last_one_stays(saved: Path, postgres_url: str, start: Start) -> None:
    kept = saved.read_bytes()
    told, fault = start(NO_ROOM, postgres_url, saved, TOOLS, 20_000).communicate(timeout=60)
    assert (fault, told) == ("", "The disk is full; free some space and try again.\n")
    assert saved.read_bytes() == kept
    assert names(saved.parent) == {saved.name}


class TestThePrograms:
    def test_without_them_a_sentence_says_so(self, postgres_url: str, tmp_path: Path) -> None:
        with pytest.raises(StoreProblem, match="pg_dump and pg_restore are not found"):
            dump.dump(postgres_url, tmp_path / "a.pgdump", tmp_path, folder=str(tmp_path))
        assert names(tmp_path) == set()

    def test_one_that_is_new_enough_is_taken(self) -> None:
        there = [programs.Programs(Path(str(n)), n) for n in (14, 16, 18)]
        assert programs.choose(there, 15).version == 16
        assert programs.newest(there).version == 18
        with pytest.raises(StoreProblem, match=r"pg_dump 18 is too old .* PostgreSQL 19"):
            programs.choose(there, 19)

    def test_a_password_is_on_no_command_line(self) -> None:
        told, password = dump.address("postgresql://ana:hunter2@db.example/office")
        assert password == "hunter2"
        assert "hunter2" not in told
        assert "sslmode=require" in told


def test_a_server_that_is_away_makes_no_backup(tmp_path: Path) -> None:
    with pytest.raises(StoreProblem, match="does not answer"):
        dump.dump(f"postgresql:///x?host={tmp_path}", tmp_path / "a", tmp_path, folder=TOOLS)
    assert names(tmp_path) == set()
