"""SQLite's full-text index of the clients: in step with them, and needed from the start."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from interworky_tui.domain.errors import StoreProblem
from interworky_tui.domain.text import fold
from interworky_tui.storage import schema
from interworky_tui.storage.client_index import index_new, reindexed
from interworky_tui.storage.database import Database
from interworky_tui.storage.search import ESCAPE, search_text, terms
from tests.storage.conftest import QUICK

NAMES = st.sampled_from(["Ada", "Bo", "Ada Bond", "Øyvind", "李"])
ASKED = ("ada", "b", "bo", "oy", "李", "ada@bo")


@pytest.fixture(scope="module")
def desk(template: Path) -> Iterator[Database]:
    """A desk's own connection, for which the schema is not trusted; it never commits."""
    database = Database(schema.sqlite_url(template))
    yield database
    database.close()


@QUICK
@given(first=st.lists(NAMES, max_size=4), renamed=st.lists(st.tuples(st.integers(0), NAMES)))
def test_the_index_follows_the_clients(
    desk: Database, first: list[str], renamed: list[tuple[int, str]]
) -> None:
    with desk.write() as connection:
        ids = [insert(connection, name) for name in first]
        index_new(connection, ids)
        assert_in_step(connection)
        for place, name in renamed if ids else ():
            client_id = ids[place % len(ids)]
            with reindexed(connection, client_id):
                text = search_text(name, None, "ada@bo.de")
                connection.exec_driver_sql(
                    "UPDATE client SET search_text = ? WHERE id = ?", (text, client_id)
                )
            assert_in_step(connection)
        connection.rollback()


def insert(connection: Connection, name: str) -> int:
    made = connection.exec_driver_sql(
        "INSERT INTO client (name, match_name, email, search_text, created_at)"
        " VALUES (?, '', 'ada@bo.de', ?, '2026-03-16T08:10:00.000000Z')",
        (name, search_text(name, None, "ada@bo.de")),
    )
    return int(made.lastrowid)


def assert_in_step(connection: Connection) -> None:
    for query in ASKED:
        assert matched(connection, query) == liked(connection, query)


def matched(connection: Connection, query: str) -> list[int]:
    sql = "SELECT rowid FROM client_search WHERE client_search MATCH ?"
    return list(connection.exec_driver_sql(sql, (terms(query).match,)).scalars())


def liked(connection: Connection, query: str) -> list[int]:
    sql = f"SELECT id FROM client WHERE search_text LIKE ? ESCAPE '{ESCAPE}' ORDER BY id"
    return list(connection.exec_driver_sql(sql, terms(query).patterns).scalars())


def test_no_capital_is_left_by_which_like_and_the_index_would_differ() -> None:
    folded = {fold(chr(code)) for code in range(sys.maxunicode + 1)}
    assert not [text for text in folded if re.search("[A-Z]", text)]


def test_a_desk_without_full_text_search_is_refused(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "FULL_TEXT", "fts99")
    for place in (file, file.with_name("new.db")):
        with pytest.raises(StoreProblem, match="full-text search"):
            schema.look(place)
        with pytest.raises(StoreProblem, match="full-text search"):
            schema.migrate(Database(schema.sqlite_url(place)))
    assert not file.with_name("new.db").exists()
