"""What is wrong with the store is said in one sentence, and nothing is written."""

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError

from interworky_tui.domain.errors import DamagedStore, StoreProblem
from interworky_tui.storage import problems, schema
from interworky_tui.storage.changes import SqliteChangeFeed
from interworky_tui.storage.database import Database
from interworky_tui.storage.queries import open_reader
from tests.storage.conftest import TOMORROW, Start, Store

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40


def foreign(version: str | None) -> Callable[[Path], None]:
    """A database of another program."""

    def write(file: Path) -> None:
        file.unlink()
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("CREATE TABLE songs (title TEXT)")
            if version:
                connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
                connection.execute("INSERT INTO alembic_version VALUES (?)", (version,))
            connection.commit()

    return write


def bare(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA user_version = 7")


def truncated(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2 // 4096 * 4096)


def cut_short(file: Path) -> None:
    os.truncate(file, 60)


def version(number: str) -> Callable[[Path], None]:
    def write(file: Path) -> None:
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("UPDATE alembic_version SET version_num = ?", (number,))
            connection.commit()

    return write


def unversioned(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DELETE FROM alembic_version")
        connection.commit()


def folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def dangling(file: Path) -> None:
    file.unlink()
    file.symlink_to(file.with_name("gone.db"))


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda file: file.write_bytes(PNG), "not an office database"),
        (lambda file: file.write_bytes(b"x"), "does not hold an office"),
        (lambda file: file.write_bytes(b""), "is empty"),
        (cut_short, "damaged"),
        (truncated, "damaged"),
        (foreign(None), "does not hold an office"),
        (foreign("8a3f2c91d0b4"), "does not hold an office"),
        (foreign("0001"), "does not hold an office"),
        (bare, "does not hold an office"),
        (unversioned, "does not hold an office"),
        (version("first"), "does not hold an office"),
        (version(TOMORROW), "newer version"),
        (version("0417"), "newer version"),
        (folder, "not a file"),
        (dangling, "points to a file that is not there"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_cannot_be_used_is_refused_and_left_alone(
    file: Path, damage: Callable[[Path], Any], sentence: str
) -> None:
    damage(file)
    content = file.read_bytes() if file.is_file() else None
    names = set(file.parent.iterdir())
    database = Database(schema.sqlite_url(file))
    for action in (lambda: schema.look(file), lambda: schema.migrate(database)):
        with pytest.raises(StoreProblem, match=sentence) as told:
            action()
        assert told.value.sentence.endswith(".")
    assert (file.read_bytes() if file.is_file() else None) == content
    assert set(file.parent.iterdir()) == names


def test_a_file_in_the_place_of_a_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "office").write_text("a note")
    for file in (tmp_path / "office" / "interworky.db", tmp_path / "office" / "a" / "b.db"):
        with pytest.raises(StoreProblem):
            schema.look(file)
        with pytest.raises(StoreProblem):
            schema.migrate(Database(schema.sqlite_url(file)))


def test_an_old_sqlite_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "OLDEST_SQLITE", (99, 0, 0))
    with pytest.raises(StoreProblem, match="too old"):
        schema.look(file)


def test_a_reader_and_a_feed_refuse_what_is_not_there(tmp_path: Path) -> None:
    missing = tmp_path / "interworky.db"
    with pytest.raises(StoreProblem):
        open_reader(schema.sqlite_url(missing))
    with pytest.raises(StoreProblem):
        SqliteChangeFeed(missing)
    assert list(tmp_path.iterdir()) == []


def test_damage_that_shows_later_is_told_as_such(store: Store, database: Database) -> None:
    for _ in range(300):
        store.visit()
    store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.connection.close()
    content = bytearray(store.file.read_bytes())
    content[5 * 4096 :] = b"\xff" * (len(content) - 5 * 4096)
    store.file.write_bytes(content)
    with pytest.raises(StoreProblem, match="damaged"), database.read() as connection:
        connection.exec_driver_sql("SELECT * FROM appointment ORDER BY note").all()


def test_a_bad_page_is_told_of_by_a_change_too(store: Store, database: Database) -> None:
    for _ in range(300):
        store.visit()
    store.run("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(store.file.read_bytes())
    content[5 * 4096 :] = b"\xff" * (len(content) - 5 * 4096)
    store.file.write_bytes(content)
    with pytest.raises(DamagedStore, match="latest backup"), database.write() as connection:
        connection.exec_driver_sql("UPDATE appointment SET note = 'x'")


def test_a_disk_that_may_only_be_read_from_now_on(store: Store) -> None:
    """As the system mounts it again after an error of the disk."""
    visit = store.visit()
    database = Database(store.url)
    event.listen(database.engine, "connect", lambda made, _: made.execute("PRAGMA query_only = ON"))
    with pytest.raises(StoreProblem, match="may not be written"), database.write() as connection:
        connection.exec_driver_sql("UPDATE appointment SET note = 'x'")
    with database.read() as connection:
        told = connection.exec_driver_sql("SELECT id, note FROM appointment").all()
    assert told == [(visit, "")]
    database.close()


# Permissions bind only who is not root: as root the program runs as nobody in a process of its own.
AS_NOBODY = """
import os, sys
from pathlib import Path
from interworky_tui.domain.errors import DamagedStore, StoreProblem
from interworky_tui.storage import schema
from interworky_tui.storage.database import Database
import alembic.command, sqlalchemy.dialects.sqlite.pysqlite
import interworky_tui.storage.models
if os.name == "posix" and os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
file = Path(sys.argv[1])
for action in (schema.look, lambda f: schema.migrate(Database(schema.sqlite_url(f)))):
    try:
        print(action(file))
    except StoreProblem as problem:
        print(problem.sentence)
"""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may reach, unlike the one that pytest gives."""
    made = Path(tempfile.mkdtemp())
    made.chmod(0o777)
    yield made
    for path in (made, *made.rglob("*")):
        path.chmod(0o777)
    shutil.rmtree(made)


@pytest.mark.parametrize(
    ("locked", "there", "sentence"),
    [
        ("folder", False, "Nothing may be written in"),
        ("folder", True, "Nothing may be written in"),
        ("file", True, "may not be read and written"),
    ],
)
def test_what_may_not_be_written_is_said(
    template: Path, open_folder: Path, locked: str, there: bool, sentence: str
) -> None:
    inner = open_folder / "office"
    inner.mkdir(mode=0o755)
    inner.chmod(0o777)
    file = inner / "interworky.db"
    if there:
        shutil.copy(template, file)
        file.chmod(0o666)
    target = inner if locked == "folder" else file
    target.chmod(0o555 if locked == "folder" else 0o444)
    ran = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, file], capture_output=True, text=True, check=True
    )
    assert [line for line in ran.stdout.splitlines() if sentence not in line] == []
    assert len(ran.stdout.splitlines()) == 2
    assert stat.S_IMODE(target.stat().st_mode) in (0o555, 0o444)
    assert list(inner.iterdir()) == ([file] if there else [])


HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
for statement in sys.argv[2:]:
    connection.execute(statement).fetchall()
print("held", flush=True)
sys.stdin.readline()
"""


def test_a_write_gives_up_when_another_process_keeps_on_writing(file: Path, start: Start) -> None:
    holder = start(HOLD, file, "BEGIN EXCLUSIVE")
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    database = Database(schema.sqlite_url(file), busy_ms=50)
    with pytest.raises(StoreProblem, match="Another program is writing"), database.write():
        pytest.fail("the write began")
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM client").scalar() == 0
    database.close()


def test_a_store_that_another_process_keeps_to_itself_is_not_opened(
    file: Path, start: Start
) -> None:
    holder = start(HOLD, file, "PRAGMA locking_mode = EXCLUSIVE", "BEGIN EXCLUSIVE")
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(StoreProblem, match="Another program is writing"):
        schema.look(file, busy_ms=50)
    with pytest.raises(StoreProblem, match="Another program is writing"):
        open_reader(schema.sqlite_url(file), busy_ms=50)
    database = Database(schema.sqlite_url(file), busy_ms=50)
    with pytest.raises(StoreProblem, match="Another program is writing"), database.read():
        pytest.fail("the read began")
    database.close()


def test_a_full_disk_changes_nothing(store: Store) -> None:
    kept = store.client()
    database = Database(store.url)
    pages = store.one("PRAGMA page_count")

    def fill(connection: Any, _record: Any) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages + 1}")

    event.listen(database.engine, "connect", fill)
    insert = "INSERT INTO office_fact (name, value) VALUES (?, ?)"
    facts = [(f"{number}", "x" * 4000) for number in range(100)]
    with pytest.raises(StoreProblem, match="disk is full"), database.write() as connection:
        connection.exec_driver_sql(insert, facts)
    assert store.one("SELECT count(*) FROM office_fact") == 0
    assert store.one("SELECT id FROM client") == kept
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE client SET name = 'Ada'")
    assert store.one("SELECT name FROM client") == "Ada"
    database.close()


NO_ROOM = """
import resource, sys
from pathlib import Path
from interworky_tui.domain.errors import DamagedStore, StoreProblem
from interworky_tui.storage import schema
from interworky_tui.storage.database import Database
import alembic.command
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
try:
    schema.migrate(Database(schema.sqlite_url(Path(sys.argv[1]))))
except StoreProblem as problem:
    print(problem.sentence)
"""


def migrated_in(room: int, file: Path) -> str:
    """What is told when no file may be larger than so many bytes."""
    ran = subprocess.run(
        [sys.executable, "-c", NO_ROOM, file, str(room)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    return ran.stdout


def test_a_store_that_does_not_fit_is_not_begun(tmp_path: Path) -> None:
    assert "disk" in migrated_in(20_000, tmp_path / "interworky.db")
    assert list(tmp_path.iterdir()) == []


def test_an_upgrade_without_room_for_its_copy_is_not_begun(tmp_path: Path) -> None:
    file = tmp_path / "interworky.db"
    database = Database(schema.sqlite_url(file))
    schema.migrate(database, revisions=schema.REVISIONS[:1])
    database.close()
    before = file.read_bytes()
    room = len(before) // 2
    assert room > 2**15, "the index of the log fits"
    assert "disk" in migrated_in(room, file)
    assert schema.look(file) is schema.SchemaState.OLDER
    assert file.read_bytes() == before
    assert [path for path in tmp_path.iterdir() if "before" in path.name] == []


def test_a_broken_rule_is_no_matter_of_the_disk(database: Database) -> None:
    with database.write() as connection:
        connection.exec_driver_sql('CREATE TABLE "full" (locked TEXT UNIQUE)')
    insert = "INSERT INTO \"full\" VALUES ('malformed')"
    with pytest.raises(IntegrityError, match=r"full\.locked"), database.write() as connection:
        connection.exec_driver_sql(f"{insert}, ('malformed')")


def test_every_known_failure_has_a_sentence_of_its_own() -> None:
    asked = (
        "database is locked",
        "database or disk is full",
        "disk I/O error",
        "file is not a database",
    )
    told = {problems.plain_sentence(message) for message in asked}
    assert len(told) == len(asked)
    assert problems.plain_sentence("anything", "other") == "other"
