"""Backups are whole or not there, and nothing else is written over."""

import os
import shutil
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from interworky_tui.domain.errors import StoreProblem
from interworky_tui.storage import schema
from interworky_tui.storage.backup import backup, contents, read_only
from interworky_tui.storage.sealing import is_sealed, unseal
from tests.storage.conftest import NOW, SECRET, Start, Store


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("umask", [0o022, 0])
def test_a_backup_is_the_store_in_one_file(store: Store, tmp_path: Path, umask: int) -> None:
    store.connection.execute("PRAGMA journal_mode = WAL")
    store.visit()
    before = os.umask(umask)
    try:
        made = backup(store.file, tmp_path / "away" / "office.db", NOW)
    finally:
        os.umask(before)
    assert made == tmp_path / "away" / "office.db"
    assert names(made.parent) == {"office.db"}
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.parent.stat().st_mode) == 0o700
    assert schema.look(made) is schema.SchemaState.CURRENT
    with closing(read_only(made)) as copy:
        found = contents(copy)
        assert (found.appointments, found.clients) == (1, 1)
        assert (found.made, found.revision) == (NOW, schema.HEAD)
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert contents(store.connection).made is None


def test_a_writer_goes_on_meanwhile(store: Store, tmp_path: Path) -> None:
    store.connection.execute("PRAGMA journal_mode = WAL")
    store.connection.execute("BEGIN IMMEDIATE")
    store.visit()
    made = backup(store.file, tmp_path / "office.db", NOW)
    store.connection.execute("COMMIT")
    with closing(read_only(made)) as copy:
        assert contents(copy).appointments == 0


def test_an_earlier_backup_is_replaced(store: Store, tmp_path: Path) -> None:
    target = tmp_path / "office.db"
    backup(store.file, target, NOW)
    store.visit()
    backup(store.file, target, NOW)
    with closing(read_only(target)) as copy:
        assert contents(copy).appointments == 1


def a_store(target: Path, store: Store) -> None:
    shutil.copy(store.file, target)


def a_letter(target: Path, store: Store) -> None:
    target.write_text("Dear Mr Weber")


def an_empty_file(target: Path, store: Store) -> None:
    target.touch()


def a_folder(target: Path, store: Store) -> None:
    target.mkdir()


def a_name_of_the_store(target: Path, store: Store) -> None:
    target.symlink_to(store.file)


@pytest.mark.parametrize("there", [a_store, a_letter, an_empty_file, a_folder, a_name_of_the_store])
@pytest.mark.parametrize("passphrase", ["", SECRET])
def test_nothing_else_is_written_over(
    store: Store, tmp_path: Path, there: Callable[[Path, Store], None], passphrase: str
) -> None:
    target = tmp_path / ("office.db.gz.age" if passphrase else "office.db")
    there(target, store)
    content = target.read_bytes() if target.is_file() else None
    before = names(tmp_path)
    with pytest.raises(StoreProblem, match="name another file"):
        backup(store.file, target, NOW, passphrase)
    assert (target.read_bytes() if target.is_file() else None) == content
    assert names(tmp_path) == before


@pytest.mark.parametrize("end", ["", "-wal", "-shm", "-journal"])
def test_the_store_and_what_belongs_to_it_are_no_target(store: Store, end: str) -> None:
    with pytest.raises(StoreProblem, match="itself"):
        backup(store.file, store.file.with_name(store.file.name + end), NOW)


def spoil(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[5 * 4096 :] = b"\xff" * (len(content) - 5 * 4096)
    file.write_bytes(content)


def test_a_damaged_store_makes_no_backup_and_leaves_the_last_one(
    store: Store, tmp_path: Path
) -> None:
    target = tmp_path / "office.db"
    backup(store.file, target, NOW)
    kept = target.read_bytes()
    store.connection.close()
    spoil(store.file)
    before = names(tmp_path)
    with pytest.raises(StoreProblem, match="damaged"):
        backup(store.file, target, NOW)
    assert target.read_bytes() == kept
    assert names(tmp_path) == before


NO_ROOM = """
import resource, sys
from datetime import datetime, UTC
from pathlib import Path
from interworky_tui.domain.errors import StoreProblem
from interworky_tui.storage.backup import backup
file, target, room, secret = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_FSIZE, (int(room),) * 2)
try:
    backup(Path(file), Path(target), datetime.now(UTC), secret)
except StoreProblem as problem:
    print(problem.sentence)
"""


@pytest.mark.parametrize("secret", ["", SECRET])
def test_without_room_the_last_one_stays(
    store: Store, tmp_path: Path, start: Start, secret: str
) -> None:
    store.visit()
    target = tmp_path / "office.db"
    if not secret:
        backup(store.file, target, NOW)
    kept, before = target.exists() and target.read_bytes(), names(tmp_path)
    ran = start(NO_ROOM, store.file, target, 100_000, secret)
    told, fault = ran.communicate(timeout=60)
    assert fault == ""
    assert "disk" in told
    assert (target.exists() and target.read_bytes(), names(tmp_path)) == (kept, before)


def test_what_is_not_there_makes_no_backup(tmp_path: Path) -> None:
    with pytest.raises(StoreProblem):
        backup(tmp_path / "gone.db", tmp_path / "office.db", NOW)
    assert names(tmp_path) == set()


def test_an_encrypted_one_says_nothing_and_opens_by_its_passphrase(
    sealed: Path, store: Store, tmp_path: Path
) -> None:
    assert sealed.name == "office.db.gz.age"
    assert names(sealed.parent) == {sealed.name}
    assert stat.S_IMODE(sealed.stat().st_mode) == 0o600
    assert is_sealed(sealed)
    assert b"Lovelace" not in sealed.read_bytes()
    plain = tmp_path / "plain.db"
    plain.touch(0o600)
    unseal(sealed, plain, SECRET)
    with closing(sqlite3.connect(plain)) as copy:
        assert copy.execute("SELECT name FROM client").fetchall() == [("Ada Lovelace",)]


def test_one_that_is_encrypted_otherwise_is_neither_opened_nor_written_over(
    sealed: Path, store: Store, tmp_path: Path
) -> None:
    plain, other = tmp_path / "plain.db", tmp_path / sealed.name
    plain.touch()
    content = bytearray(sealed.read_bytes())
    content[-20] ^= 1
    other.write_bytes(content)
    with pytest.raises(StoreProblem, match="does not open"):
        unseal(sealed, plain, "guessed")
    with pytest.raises(StoreProblem, match=r"no backup\.passphrase"):
        unseal(sealed, plain, "")
    with pytest.raises(StoreProblem, match="name another file"):
        backup(store.file, other, NOW, SECRET)
    assert other.read_bytes() == content
    assert plain.read_bytes() == b""
