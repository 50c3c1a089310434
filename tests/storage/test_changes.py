"""The feed says that something was committed, whoever did it, and says it once."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from interworky_tui.storage.changes import SqliteChangeFeed
from interworky_tui.storage.database import Database
from tests.storage.conftest import Start, Store


@pytest.fixture
def feed(store: Store) -> Iterator[SqliteChangeFeed]:
    with closing(SqliteChangeFeed(store.file)) as feed:
        yield feed


def test_a_commit_is_told_once(feed: SqliteChangeFeed, store: Store) -> None:
    assert not feed.changed()
    store.client()
    assert feed.changed()
    assert not feed.changed()


def test_several_commits_are_one_change(feed: SqliteChangeFeed, store: Store) -> None:
    for _ in range(3):
        store.client()
    assert (feed.changed(), feed.changed()) == (True, False)


def test_only_what_is_committed_counts(feed: SqliteChangeFeed, store: Store) -> None:
    store.connection.execute("BEGIN IMMEDIATE")
    store.client()
    assert not feed.changed()
    store.connection.execute("ROLLBACK")
    assert not feed.changed()


def test_the_writes_of_the_same_process_count(feed: SqliteChangeFeed, database: Database) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("INSERT INTO office_fact (name, value) VALUES ('a', 'b')")
    assert feed.changed()
    with database.read() as connection:
        connection.exec_driver_sql("SELECT * FROM office_fact").all()
    assert not feed.changed()


def test_the_writes_of_another_process_count(
    feed: SqliteChangeFeed, store: Store, start: Start
) -> None:
    code = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1])\n"
        "c.execute(\"INSERT INTO office_fact VALUES ('a', 'b')\"); c.commit()"
    )
    assert start(code, store.file).wait(timeout=30) == 0
    assert feed.changed()
