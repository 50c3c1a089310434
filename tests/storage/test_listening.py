"""The signals of a PostgreSQL server, and what is made of a connection that is lost."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, update

from interworky_tui.domain.errors import StoreProblem
from interworky_tui.storage.changes import ChangeFeed, SqliteChangeFeed, open_feed
from interworky_tui.storage.database import Database
from interworky_tui.storage.listening import ServerChangeFeed
from interworky_tui.storage.schema import sqlite_url
from interworky_tui.storage.tables import CLIENT, DESK_SESSION
from tests import wire
from tests.storage.conftest import NOW

PATIENCE = 4000
"""Looks, a few milliseconds apart."""


@pytest.fixture
def line(postgres_url: str) -> Iterator[wire.Wire]:
    with wire.laid(postgres_url) as line:
        yield line


@pytest.fixture
def feed(line: wire.Wire) -> Iterator[ChangeFeed]:
    with closing(open_feed(line.url)) as feed:
        until(feed.changed)
        yield feed


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    database = Database(postgres_url)
    yield database
    database.close()


def until(there: Callable[[], object]) -> None:
    for _ in range(PATIENCE):
        if there():
            return
        time.sleep(0.003)
    raise AssertionError("it did not come to pass")


def file_clients(database: Database, *names: str) -> None:
    with database.write() as connection:
        for name in names:
            row = {"name": name, "match_name": name, "phone": "+4930", "search_text": name}
            connection.execute(insert(CLIENT).values(**row, created_at=NOW, version=1))


def is_quiet(feed: ChangeFeed, database: Database, change: Callable[[], None]) -> bool:
    """Whether nothing is told of a change: what is told comes in the order of the commits."""
    change()
    with closing(open_feed(database.url)) as other:
        until(other.changed)
        assert not feed.changed()
        file_clients(database, "the next")
        until(other.changed)
    until(feed.changed)
    return not feed.changed()


def test_the_feed_begins_with_what_may_have_been_missed(postgres_url: str) -> None:
    with closing(open_feed(postgres_url)) as feed:
        until(feed.changed)
        assert not feed.changed()


def test_a_commit_is_told_once_however_much_is_in_it(feed: ChangeFeed, database: Database) -> None:
    file_clients(database, *map(str, range(20)))
    until(feed.changed)
    assert not feed.changed()


def test_each_change_is_told(feed: ChangeFeed, database: Database) -> None:
    file_clients(database, "Ana")
    until(feed.changed)
    for statement in (update(CLIENT).values(email="a@b.example"), delete(CLIENT)):
        with database.write() as connection:
            connection.execute(statement)
        until(feed.changed)


def test_reads_and_what_is_rolled_back_are_no_changes(feed: ChangeFeed, database: Database) -> None:
    def rolled_back() -> None:
        with database.write() as connection:
            connection.execute(delete(CLIENT))
            raise KeyError

    def none() -> None:
        with database.read() as connection:
            connection.execute(select(CLIENT)).all()
        with pytest.raises(KeyError):
            rolled_back()

    assert is_quiet(feed, database, none)


def test_that_a_desk_is_still_there_is_no_change(feed: ChangeFeed, database: Database) -> None:
    someone = {"id": "a", "kind": "desk", "actor": "ana", "machine": "front"}
    with database.write() as connection:
        connection.execute(insert(DESK_SESSION).values(**someone, begun_at=NOW, seen_at=NOW))
    until(feed.changed)

    def still_there() -> None:
        with database.write(alone=False) as connection:
            connection.execute(update(DESK_SESSION).values(seen_at=NOW))

    assert is_quiet(feed, database, still_there)
    with database.write(alone=False) as connection:
        connection.execute(update(DESK_SESSION).values(appointment_id=7))
    until(feed.changed)


def test_what_was_missed_while_the_connection_was_lost_is_a_change(
    feed: ChangeFeed, line: wire.Wire
) -> None:
    assert feed.trouble == ""
    line.cut()
    until(lambda: "does not answer" in feed.trouble)
    assert not feed.changed()
    line.mend()
    until(lambda: feed.trouble == "")
    until(feed.changed)
    assert not feed.changed()


def test_a_connection_that_the_server_ends_is_opened_again(
    feed: ChangeFeed, database: Database
) -> None:
    for _ in range(3):
        with database.read() as connection:
            ended = connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            ).all()
        assert ended
        until(feed.changed)
        file_clients(database, f"after {len(ended)} {time.monotonic_ns()}")
        until(feed.changed)


def test_a_server_that_is_away_at_the_beginning_is_waited_for(line: wire.Wire) -> None:
    line.cut()
    with closing(open_feed(line.url)) as feed:
        until(lambda: "does not answer" in feed.trouble)
        line.mend()
        until(feed.changed)
        assert feed.trouble == ""


def test_a_frozen_server_is_known_by_its_silence(line: wire.Wire, database: Database) -> None:
    with closing(ServerChangeFeed(line.url, 50, quiet=0.01, silent=0.3)) as feed:
        until(feed.changed)
        file_clients(database, "among the questions")
        until(feed.changed)
        line.freeze()
        until(lambda: "does not answer" in feed.trouble)
        line.mend()
        until(lambda: feed.trouble == "")
        until(feed.changed)


def test_the_end_leaves_no_connection_open(postgres_url: str, database: Database) -> None:
    others = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid()"
    )

    def count() -> int:
        with database.read() as connection:
            return int(connection.exec_driver_sql(others).scalar_one())

    feed = open_feed(postgres_url)
    until(feed.changed)
    assert count() == 1
    feed.close()
    until(lambda: count() == 0)


def test_no_word_of_the_address_is_told() -> None:
    with pytest.raises(StoreProblem) as refused:
        open_feed("postgresql://ana:secret@[nowhere/office")
    assert "secret" not in str(refused.value)


def test_a_file_has_its_own_feed(empty_store: Path) -> None:
    with closing(open_feed(sqlite_url(empty_store))) as feed:
        assert isinstance(feed, SqliteChangeFeed)
        assert feed.trouble == ""
    with pytest.raises(StoreProblem):
        open_feed("mysql://localhost/office")
