"""Creating and upgrading the store: the same schema as the models, once, and never by halves."""

import errno
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from contextlib import closing
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, create_mock_engine
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url

from interworky_tui.domain.errors import StoreProblem
from interworky_tui.storage import schema
from interworky_tui.storage.database import Database
from interworky_tui.storage.models import Base
from interworky_tui.storage.schema import SchemaState
from tests.storage.conftest import QUICK, Start, Store

NEXT = ("0001", "0002")
ADD_A_COLUMN = """
import os, sqlalchemy as sa
from pathlib import Path
from alembic import op
revision, down_revision, branch_labels, depends_on = "0002", "0001", None, None
def upgrade():
    op.add_column("client", sa.Column("nickname", sa.Text))
    with Path({log!r}).open("a") as log:
        log.write("ran ")
    {then}
"""
MIGRATE = """
import sys
from pathlib import Path
from interworky_tui.storage import schema
from interworky_tui.storage.database import Database
url, revisions, *scripts = sys.argv[1:]
sys.stdin.readline()
schema.migrate(Database(url), revisions=revisions.split(), scripts=[Path(s) for s in scripts])
"""


def versions(tmp_path: Path, then: str = "pass") -> list[Path]:
    """The program's scripts and one of tomorrow."""
    folder = tmp_path / "versions"
    folder.mkdir(exist_ok=True)
    script = ADD_A_COLUMN.format(log=str(tmp_path / "log"), then=then)
    (folder / "0002_nickname.py").write_text(script)
    return [schema.MIGRATIONS / "versions", folder]


def statements(text: str) -> set[tuple[str, ...]]:
    """The CREATE statements for tables and indexes, indifferent to white space."""
    found = set()
    for part in text.split(";"):
        lines = sorted(line.strip().rstrip(",") for line in part.splitlines() if line.strip())
        if any(line.startswith(("CREATE TABLE", "CREATE INDEX")) for line in lines):
            found.add(tuple(lines))
    return {lines for lines in found if not any("alembic_version" in line for line in lines)}


def shown(dialect: str) -> str:
    """What the migrations would run, as text."""
    out = StringIO()
    options = {"as_sql": True, "output_buffer": out}
    context = MigrationContext.configure(dialect_name=dialect, opts=options)
    with Operations.context(context):
        for script in reversed(list(scripts().walk_revisions())):
            script.module.upgrade()
    return out.getvalue()


def scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


@pytest.mark.parametrize("dialect", [sqlite.dialect(), postgresql.dialect()], ids=lambda d: d.name)
def test_the_migrations_make_what_the_models_say(dialect: Any) -> None:
    made: list[str] = []
    engine = create_mock_engine(
        f"{dialect.name}://", lambda ddl, *_: made.append(str(ddl.compile(dialect=dialect)))
    )
    Base.metadata.create_all(engine, checkfirst=False)
    assert statements(shown(dialect.name)) == statements(";".join(made))


def test_a_migrated_file_is_what_the_models_create(file: Path, tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'created.db'}")
    Base.metadata.create_all(engine)
    engine.dispose()
    # The full-text index keeps itself in tables of its own.
    query = "SELECT sql FROM sqlite_master WHERE sql NOT NULL AND name NOT LIKE 'client_search%'"
    with closing(sqlite3.connect(file)) as migrated:
        ours = ";".join(row[0] for row in migrated.execute(query))
    with closing(sqlite3.connect(tmp_path / "created.db")) as created:
        theirs = ";".join(row[0] for row in created.execute(query))
    assert statements(ours) == statements(theirs)


def test_every_constraint_has_a_name_and_every_table_is_strict() -> None:
    for lines in statements(shown("sqlite")):
        if any(line.startswith("CREATE TABLE") for line in lines):
            assert any(line.endswith("STRICT") for line in lines)
            rules = ("PRIMARY KEY", "CHECK", "UNIQUE", "FOREIGN KEY")
            assert not [line for line in lines if line.startswith(rules)]


def test_the_constants_name_the_scripts() -> None:
    found = [script.revision for script in scripts().walk_revisions()]
    assert tuple(reversed(found)) == schema.REVISIONS


@pytest.mark.parametrize("word", ["UPDATE", "DELETE", "TRUNCATE"])
def test_history_is_kept_by_a_trigger_on_postgresql_too(word: str) -> None:
    trigger = shown("postgresql").partition("CREATE TRIGGER")[2]
    assert word in trigger.partition("FOR EACH")[0]


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
    schema.migrate(database, revisions=NEXT, scripts=versions(tmp_path))
    assert schema.look(store.file, revisions=NEXT) is SchemaState.CURRENT
    assert store.one("SELECT nickname FROM client") is None
    copy = tmp_path / "interworky-before-0002.db"
    assert schema.look(copy) is SchemaState.CURRENT
    with closing(sqlite3.connect(copy)) as kept:
        assert kept.execute("SELECT name FROM client").fetchall() == [("Ada Lovelace",)]
    assert not list(tmp_path.glob("*.making*"))


def test_a_failed_upgrade_leaves_all_as_it_was(
    store: Store, database: Database, tmp_path: Path
) -> None:
    store.visit()
    broken = "op.execute('INSERT INTO nowhere VALUES (1)')"
    with pytest.raises(StoreProblem):
        schema.migrate(database, revisions=NEXT, scripts=versions(tmp_path, broken))
    assert schema.look(store.file) is SchemaState.CURRENT
    assert "nickname" not in store.one("SELECT sql FROM sqlite_master WHERE name = 'client'")


def test_an_upgrade_that_orphans_rows_is_taken_back(
    store: Store, database: Database, tmp_path: Path
) -> None:
    store.visit()
    orphan = "op.execute('DELETE FROM client')"
    with pytest.raises(StoreProblem, match="refer to nothing"):
        schema.migrate(database, revisions=NEXT, scripts=versions(tmp_path, orphan))
    assert schema.look(store.file) is SchemaState.CURRENT
    assert store.one("SELECT count(*) FROM client") == 1


def test_an_upgrade_may_rebuild_a_table_that_others_refer_to(
    store: Store, database: Database, tmp_path: Path
) -> None:
    store.visit()
    rebuild = (
        "with op.batch_alter_table('client', recreate='always') as t: t.drop_column('language')"
    )
    schema.migrate(database, revisions=NEXT, scripts=versions(tmp_path, rebuild))
    assert store.one("SELECT count(*) FROM appointment JOIN client ON client.id = client_id") == 1


def test_a_process_killed_in_an_upgrade_leaves_the_state_before(
    store: Store, tmp_path: Path, start: Start
) -> None:
    store.visit()
    killed = versions(tmp_path, "os.kill(os.getpid(), 9)")
    process = start(MIGRATE, store.url, " ".join(NEXT), *killed)
    process.communicate("\n", timeout=30)
    assert (tmp_path / "log").read_text() == "ran "
    assert schema.look(store.file) is SchemaState.CURRENT
    database = Database(store.url)
    schema.migrate(database, revisions=NEXT, scripts=versions(tmp_path))
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
    folders = versions(tmp_path)
    ended = at_once([start(MIGRATE, store.url, " ".join(NEXT), *folders) for _ in range(4)])
    assert ended == [(0, "")] * 4
    assert (tmp_path / "log").read_text() == "ran "
    assert schema.look(store.file, revisions=NEXT) is SchemaState.CURRENT


def test_who_waited_for_another_upgrade_leaves_it_and_its_copy_alone(
    store: Store, database: Database, tmp_path: Path
) -> None:
    folders = versions(tmp_path)
    schema.migrate(database, revisions=NEXT, scripts=folders)
    schema._upgrade_file(database, store.file, "0002", folders)
    assert (tmp_path / "log").read_text() == "ran "
    assert schema.look(tmp_path / "interworky-before-0002.db") is SchemaState.CURRENT


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
    store.connection.execute("UPDATE alembic_version SET version_num = '0002'")
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


@pytest.mark.parametrize("module", ["queries", "schema", "search", "card", "changes"])
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
