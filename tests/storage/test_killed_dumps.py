"""Killed in the middle of a backup, a restore or an upgrade on PostgreSQL: the office opens with
all its data.
"""

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import insert

from interworky_tui.storage import dump, keeping, schema, server_restore
from interworky_tui.storage.database import Database
from interworky_tui.storage.tables import CLIENT
from tests import postgres
from tests.storage.conftest import NEXT, NOW, next_versions
from tests.storage.test_killed_copies import KILLS, moments

TOOLS = str(postgres.of_wheel())
HERE = max(KILLS // 3, 3) if KILLS < 50 else KILLS
"""Of each way; few while a test waits for them."""
MANY = 3_000
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked")


@pytest.fixture(scope="module")
def office(postgres_server: postgres.Server, empty_database: str) -> str:
    """Of some thousand clients, so that what is done to it takes a while: what is copied."""
    url = postgres_server.create("many", empty_database)
    rows = [
        {
            "name": f"Client {number}",
            "match_name": f"client {number}",
            "phone": f"+4930{number:07}",
            "search_text": "x" * 200,
            "created_at": NOW,
        }
        for number in range(MANY)
    ]
    with closing(Database(url)) as database, database.write() as connection:
        connection.execute(insert(CLIENT), rows)
    return "many"


@pytest.fixture
def again(postgres_server: postgres.Server, office: str) -> Callable[[], str]:
    """Makes the office as it was; its address."""

    def make() -> str:
        postgres_server.drop("killed")
        return postgres_server.create("killed", office)

    return make


def names(url: str) -> set[str]:
    assert schema.look_at(url) is schema.SchemaState.CURRENT
    with closing(psycopg.connect(url)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM client")}


def renamed(url: str) -> None:
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        connection.execute("UPDATE client SET name = 'Ben'")


def test_a_killed_backup(again: Callable[[], str], tmp_path: Path) -> None:
    url = again()
    target = tmp_path / "backups" / "interworky-2026-03-16-091000.pgdump"

    def make() -> None:
        dump.dump(url, target, tmp_path, folder=TOOLS)

    make()
    renamed(url)
    for killed in moments(make, lambda: None, HERE):
        with dump.opened(target, tmp_path, folder=TOOLS) as held:
            assert held.contents.clients == MANY
        assert killed or names(url) == {"Ben"}
    old = NOW.timestamp() - 3 * 86400
    for left in target.parent.glob(".*"):
        os.utime(left, (old, old))
    keeping.rotate(target.parent, tmp_path / "interworky.db", NOW)
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_a_killed_restore(again: Callable[[], str], tmp_path: Path) -> None:
    url = again()
    saved = dump.dump(url, tmp_path / "a.pgdump", tmp_path, folder=TOOLS)
    kept = tmp_path / "kept.pgdump"

    def back() -> None:
        renamed(again())

    def put_back() -> None:
        with dump.opened(saved, tmp_path, folder=TOOLS) as held:
            server_restore.put_in_place(
                held, url, lambda: dump.dump(url, kept, tmp_path, folder=TOOLS)
            )

    for killed in moments(put_back, back, HERE):
        found = names(url)
        assert found == {"Ben"} or len(found) == MANY
        assert killed or len(found) == MANY
        put_back()
        assert len(names(url)) == MANY


def test_a_killed_upgrade(again: Callable[[], str], tmp_path: Path) -> None:
    scripts = next_versions(tmp_path, "op.execute(\"UPDATE client SET nickname = 'x'\")")
    url = again()
    kept = tmp_path / "kept.pgdump"

    def upgrade() -> None:
        with closing(Database(url)) as database:
            schema.migrate(
                database,
                revisions=NEXT,
                scripts=scripts,
                keep=lambda _: dump.dump(url, kept, tmp_path, folder=TOOLS),
            )

    for killed in moments(upgrade, lambda: again() and None, HERE):
        state = schema.look_at(url, revisions=NEXT)
        assert killed or state is schema.SchemaState.CURRENT
        upgrade()
        assert schema.look_at(url, revisions=NEXT) is schema.SchemaState.CURRENT
        with closing(psycopg.connect(url)) as connection:
            assert connection.execute("SELECT count(nickname) FROM client").fetchone() == (MANY,)
