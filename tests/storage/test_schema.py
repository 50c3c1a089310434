"""Creating and upgrading the store: once, and never by halves."""

import errno
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import make_url

from interworky_tui.domain.errors import StoreProblem
from interworky_tui.storage import schema
from interworky_tui.storage.database import Database
from interworky_tui.storage.schema import SchemaState
from tests.storage.conftest import MIGRATE, NEXT, QUICK, TOMORROW, Start, Store, next_versions


def test_a_missing_store_is_made_with_its_folder(tmp_path: Path) -> None:
    file = tmp_path / "new" / "it's 100% new?#.db"
    database = Database(schema.sqlite_url(file))
    assert schema.look(file) is SchemaState.MISSING
    assert not file.parent.exists()
    schema.migrate(database)
    assert schema.look(file) is SchemaState.CURRENT
    with database.write() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == schema.BUSY_MS
        assert connection.exec_driver_sql("PRAGMA trusted_schema").scalar() == 0
    database.close()
    assert list(file.parent.iterdir()) == [file]


def test_migrating_again_changes_nothing(store: Store, database: Database) -> None:
    store.visit()
    before = store.file.read_bytes()
    schema.migrate(database)
    assert store.file.read_bytes() == before
    assert store.one("SELECT count(*) FROM appointment") == 1


def test_an_upgrade_keeps_the_rows_and_a_copy_of_the_state_before(
    store: Store, database: Database, tmp_path: Path
) -> None:
    store.visit()
    assert schema.look(store.file, revisions=NEXT) is SchemaState.OLDER
    schema.migrate(database, revisions=NEXT, scripts=next_versions(tmp_path))
    assert schema.look(store.file, revisions=NEXT) is SchemaState.CURRENT
    assert store.one("SELECT nickname FROM client") is None
    copy = tmp_path / f"interworky-before-{TOMORROW}.db"
    assert schema.look(copy) is SchemaState.CURRENT
    with closing(sqlite3.connect(copy)) as kept:
        assert kept.execute("SELECT name FROM client").fetchall() == [("Ada Lovelace",)]
    assert not list(tmp_path.glob("*.making*"))


@pytest.mark.parametrize("umask", [0o022, 0])
def test_nobody_else_may_read_a_store_or_its_copy(tmp_path: Path, umask: int) -> None:
    folder = tmp_path / "office"
    file = folder / "interworky.db"
    database = Database(schema.sqlite_url(file))
    before = os.umask(umask)
    try:
        schema.migrate(database)
        with database.write() as connection:
            connection.exec_driver_sql("INSERT INTO office_fact VALUES ('a', 'b')")
        found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
        schema.migrate(database, revisions=NEXT, scripts=next_versions(tmp_path))
    finally:
        os.umask(before)
        database.close()
    assert found == dict.fromkeys(
        ("interworky.db", "interworky.db-wal", "interworky.db-shm"), 0o600
    )
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    copy = folder / f"interworky-before-{TOMORROW}.db"
    assert {path.name for path in folder.iterdir()} == {file.name, copy.name}
    assert stat.S_IMODE(copy.stat().st_mode) == stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_failed_upgrade_leaves_all_as_it_was(
    store: Store, database: Database, tmp_path: Path
) -> None:
    store.visit()
    broken = "op.execute('INSERT INTO nowhere VALUES (1)')"
    with pytest.raises(StoreProblem):
        schema.migrate(database, revisions=NEXT, scripts=next_versions(tmp_path, broken))
    assert schema.look(store.file) is SchemaState.CURRENT
    assert "nickname" not in store.one("SELECT sql FROM sqlite_master WHERE name = 'client'")


def test_an_upgrade_that_orphans_rows_is_taken_back(
    store: Store, database: Database, tmp_path: Path
) -> None:
    store.visit()
    orphan = "op.execute('DELETE FROM client')"
    with pytest.raises(StoreProblem, match="refer to nothing"):
        schema.migrate(database, revisions=NEXT, scripts=next_versions(tmp_path, orphan))
    assert schema.look(store.file) is SchemaState.CURRENT
    assert store.one("SELECT count(*) FROM client") == 1


def test_an_upgrade_may_rebuild_a_table_that_others_refer_to(
    store: Store, database: Database, tmp_path: Path
) -> None:
    store.visit()
    rebuild = (
        "with op.batch_alter_table('client', recreate='always') as t: t.drop_column('language')"
    )
    schema.migrate(database, revisions=NEXT, scripts=next_versions(tmp_path, rebuild))
    assert store.one("SELECT count(*) FROM appointment JOIN client ON client.id = client_id") == 1


def test_a_process_killed_in_an_upgrade_leaves_the_state_before(
    store: Store, tmp_path: Path, start: Start
) -> None:
    store.visit()
    killed = next_versions(tmp_path, "os.kill(os.getpid(), 9)")
    process = start(MIGRATE, store.url, " ".join(NEXT), *killed)
    process.communicate("\n", timeout=30)
    assert (tmp_path / "log").read_text() == "ran "
    assert schema.look(store.file) is SchemaState.CURRENT
    database = Database(store.url)
    schema.migrate(database, revisions=NEXT, scripts=next_versions(tmp_path))
    database.close()
    assert schema.look(store.file, revisions=NEXT) is SchemaState.CURRENT


def at_once(processes: Iterable["subprocess.Popen[str]"]) -> list[tuple[int, str]]:
    started = list(processes)
    for process in started:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    ended = [process.communicate(timeout=60) for process in started]
    return [(process.returncode, err) for process, (_, err) in zip(started, ended, strict=True)]


def test_four_processes_at_once_create_one_store(tmp_path: Path, start: Start) -> None:
    file = tmp_path / "office" / "interworky.db"
    own = schema.MIGRATIONS / "versions"
    arguments = schema.sqlite_url(file), " ".join(schema.REVISIONS), own
    ended = at_once([start(MIGRATE, *arguments) for _ in range(4)])
    assert ended == [(0, "")] * 4
    assert schema.look(file) is SchemaState.CURRENT
    assert list(file.parent.iterdir()) == [file]


def test_of_four_processes_at_once_one_upgrades(store: Store, tmp_path: Path, start: Start) -> None:
    store.visit()
    folders = next_versions(tmp_path)
    ended = at_once([start(MIGRATE, store.url, " ".join(NEXT), *folders) for _ in range(4)])
    assert ended == [(0, "")] * 4
    assert (tmp_path / "log").read_text() == "ran "
    assert schema.look(store.file, revisions=NEXT) is SchemaState.CURRENT


def test_who_waited_for_another_upgrade_leaves_it_and_its_copy_alone(
    store: Store, database: Database, tmp_path: Path
) -> None:
    folders = next_versions(tmp_path)
    schema.migrate(database, revisions=NEXT, scripts=folders)
    schema._upgrade_file(database, store.file, TOMORROW, folders)
    assert (tmp_path / "log").read_text() == "ran "
    assert schema.look(tmp_path / f"interworky-before-{TOMORROW}.db") is SchemaState.CURRENT


@pytest.mark.parametrize("links", [True, False], ids=["hard links", "no hard links"])
def test_a_file_that_came_meanwhile_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    if not links:
        monkeypatch.setattr(os, "link", _no_links)
    made, file = tmp_path / "made", tmp_path / "file"
    made.write_text("first")
    schema._put_in_place(made, file)
    assert file.read_text() == "first"
    later = tmp_path / "later"
    later.write_text("second")
    schema._put_in_place(later, file)
    assert file.read_text() == "first"


def _no_links(*_: object) -> None:
    raise OSError(errno.EPERM, "this file system has no hard links")


def test_a_desk_stops_writing_when_another_has_upgraded(store: Store, database: Database) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("SELECT 1")
    store.connection.execute("UPDATE alembic_version SET version_num = ?", (TOMORROW,))
    with pytest.raises(StoreProblem, match="start it again"), database.write():
        pytest.fail("the write began")


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0/"), min_size=1, max_size=20)


@QUICK
@given(name=NAMES)
def test_a_url_names_the_same_file_to_all(name: str) -> None:
    file = Path("/offices") / name
    url = schema.sqlite_url(file)
    assert make_url(url).database == str(file)
    assert schema.sqlite_path(url) == file


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:////var/office.db", Path("/var/office.db")),
        ("sqlite+pysqlite:////var/office.db?timeout=3", Path("/var/office.db")),
        ("sqlite:///office.db", Path("office.db")),
        ("sqlite://", None),
        ("sqlite:///:memory:", None),
        ("postgresql+psycopg://desk@db/office", None),
    ],
)
def test_only_a_url_of_a_file_has_a_path(url: str, path: Path | None) -> None:
    assert schema.sqlite_path(url) == path


@pytest.mark.parametrize("module", ["queries", "schema", "search", "card", "inbox", "changes"])
def test_the_first_reads_load_neither_sqlalchemy_nor_alembic(module: str, file: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        f"import interworky_tui.storage.{module} as m\n"
        "from interworky_tui.storage import schema\n"
        "schema.look(Path(sys.argv[1]))\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules}"
        " & {'sqlalchemy', 'alembic', 'textual', 'msgspec', 'phonenumbers'}))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, file], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "[]"
