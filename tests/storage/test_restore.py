"""A backup in the store's place: checked before, and what was there is kept."""

import os
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from interworky_tui.domain.errors import StoreProblem
from interworky_tui.storage import restore, schema
from interworky_tui.storage.backup import backup, contents
from interworky_tui.storage.database import Database
from tests.storage.conftest import NOW, SECRET, TOMORROW, Start, Store
from tests.storage.test_backup import names, spoil
from tests.storage.test_damage import HOLD

KEPT = "interworky-replaced-20260316-081000.db"


@pytest.fixture
def saved(store: Store, tmp_path: Path) -> Path:
    """Of Ada's visit; since then Ben has come, and the store has a log."""
    store.connection.execute("PRAGMA journal_mode = WAL")
    store.visit()
    made = backup(store.file, tmp_path / "backups" / "a.db", NOW)
    store.client("Ben")
    return made


def put_back(source: Path, file: Path, passphrase: str = "") -> Path | None:
    with restore.fetched(source, file, passphrase) as copy:
        return restore.put_in_place(copy, file, NOW)


def clients(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return [name for (name,) in connection.execute("SELECT name FROM client ORDER BY id")]


def test_a_backup_takes_the_place_and_what_was_there_is_kept(store: Store, saved: Path) -> None:
    store.connection.close()
    kept = put_back(saved, store.file)
    assert kept == store.file.with_name(KEPT)
    assert clients(store.file) == ["Ada Lovelace"]
    assert clients(kept) == ["Ada Lovelace", "Ben"]
    assert names(store.file.parent) == {store.file.name, KEPT, "backups"}
    assert stat.S_IMODE(store.file.stat().st_mode) == 0o600
    assert schema.look(store.file) is schema.SchemaState.CURRENT
    with closing(sqlite3.connect(store.file)) as connection:
        assert contents(connection).made is None
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_second_restore_in_the_same_second_keeps_both(store: Store, saved: Path) -> None:
    store.connection.close()
    first, second = put_back(saved, store.file), put_back(saved, store.file)
    assert first
    assert second
    assert clients(first) == ["Ada Lovelace", "Ben"]
    assert clients(second) == ["Ada Lovelace"]


def test_what_was_kept_can_be_restored_in_its_turn(store: Store, saved: Path) -> None:
    store.connection.close()
    kept = put_back(saved, store.file)
    assert kept
    put_back(kept, store.file)
    assert clients(store.file) == ["Ada Lovelace", "Ben"]


def test_an_encrypted_one_is_restored(sealed: Path, store: Store) -> None:
    store.connection.close()
    store.file.unlink()
    with pytest.raises(StoreProblem, match=r"no backup\.passphrase"):
        put_back(sealed, store.file)
    assert put_back(sealed, store.file, SECRET) is None
    assert clients(store.file) == ["Ada Lovelace"]


def with_log(file: Path) -> None:
    """A file that was changed since its log was written, as by a copy over it."""
    log = file.with_name(file.name + "-wal")
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("PRAGMA wal_autocheckpoint = 0")
        other.execute("UPDATE client SET name = 'Mallory'")
        content = log.read_bytes()
    log.write_bytes(content)


def gone(file: Path) -> None:
    with_log(file)
    file.unlink()


def emptied(file: Path) -> None:
    with_log(file)
    os.truncate(file, 0)


def no_database(file: Path) -> None:
    with_log(file)
    file.write_bytes(b"\x89PNG" * 2000)


def bad_header(file: Path) -> None:
    with_log(file)
    content = bytearray(file.read_bytes())
    content[16:100] = b"\xff" * 84
    file.write_bytes(content)


def bad_pages(file: Path) -> None:
    with_log(file)
    spoil(file)


def cut(file: Path) -> None:
    with_log(file)
    os.truncate(file, 60)


@pytest.mark.parametrize("damage", [gone, emptied, no_database, bad_header, bad_pages, cut])
def test_whatever_is_wrong_with_the_store_a_restore_mends(
    store: Store, saved: Path, damage: Callable[[Path], None]
) -> None:
    store.connection.close()
    damage(store.file)
    log = store.file.with_name(store.file.name + "-wal").read_bytes()
    before = store.file.read_bytes() if store.file.exists() else None
    kept = put_back(saved, store.file)
    assert clients(store.file) == ["Ada Lovelace"]
    assert kept
    if damage not in (bad_pages, bad_header):
        # Those two SQLite can still open, and so brings file and log together.
        assert kept.with_name(kept.name + "-wal").read_bytes() == log
        assert (kept.read_bytes() if kept.exists() else None) == before
    assert not list(store.file.parent.glob("interworky.db-*"))


@pytest.mark.parametrize("damage", [None, no_database, cut])
@pytest.mark.parametrize("holds", ["SELECT count(*) FROM client", "PRAGMA data_version"])
def test_a_store_that_somebody_has_open_is_left_alone(
    store: Store, saved: Path, start: Start, holds: str, damage: Callable[[Path], None] | None
) -> None:
    store.connection.close()
    holder = start(HOLD, store.file, holds)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    if damage:
        content = store.file.read_bytes()
        store.file.write_bytes(b"\x89PNG" + content[4:])
    before = store.file.read_bytes(), names(store.file.parent)
    with pytest.raises(StoreProblem, match="close them all"):
        put_back(saved, store.file)
    assert (store.file.read_bytes(), names(store.file.parent)) == before
    holder.communicate("\n", timeout=10)
    assert put_back(saved, store.file)
    assert clients(store.file) == ["Ada Lovelace"]


def foreign(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")


def version(number: str) -> Callable[[Path], None]:
    def write(file: Path) -> None:
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("UPDATE alembic_version SET version_num = ?", (number,))
            connection.commit()

    return write


@pytest.mark.parametrize(
    ("spoiling", "sentence"),
    [
        (spoil, "damaged; take an earlier backup"),
        (lambda file: file.write_text("Dear Mr Weber"), "no backup of this program"),
        (lambda file: file.write_bytes(b""), "no backup of this program"),
        (lambda file: os.truncate(file, 60), "damaged; take an earlier"),
        (lambda file: os.truncate(file, 4096 * 20), "damaged"),
        (foreign, "no backup of this program"),
        (version("8a3f2c91d0b4"), "no backup of this program"),
        (version(TOMORROW), "newer version"),
        (Path.unlink, "There is no file"),
    ],
)
def test_what_is_no_sound_backup_is_refused_and_nothing_changes(
    store: Store, saved: Path, spoiling: Callable[[Path], object], sentence: str
) -> None:
    spoiling(saved)
    before = store.file.read_bytes(), names(store.file.parent)
    with pytest.raises(StoreProblem, match=sentence):
        put_back(saved, store.file)
    assert (store.file.read_bytes(), names(store.file.parent)) == before


def test_the_store_itself_is_no_backup(store: Store) -> None:
    with pytest.raises(StoreProblem, match="itself"):
        put_back(store.file, store.file)


def test_one_of_an_older_version_is_upgraded_afterwards(tmp_path: Path) -> None:
    old, file = tmp_path / "old.db", tmp_path / "interworky.db"
    database = Database(schema.sqlite_url(old))
    schema.migrate(database, revisions=schema.REVISIONS[:1])
    database.close()
    put_back(backup(old, tmp_path / "a.db", NOW), file)
    assert schema.look(file) is schema.SchemaState.OLDER
    database = Database(schema.sqlite_url(file))
    schema.migrate(database)
    database.close()
    assert schema.look(file) is schema.SchemaState.CURRENT


def test_from_where_nothing_may_be_written(store: Store, saved: Path) -> None:
    saved.chmod(0o400)
    saved.parent.chmod(0o500)
    store.connection.close()
    try:
        put_back(saved, store.file)
    finally:
        saved.parent.chmod(0o700)
    assert names(saved.parent) == {saved.name}
    assert clients(store.file) == ["Ada Lovelace"]


def test_without_hard_links_a_copy_is_kept(
    store: Store, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no hard links here")

    monkeypatch.setattr(os, "link", refuse)
    store.connection.close()
    kept = put_back(saved, store.file)
    assert kept
    assert clients(kept) == ["Ada Lovelace", "Ben"]
