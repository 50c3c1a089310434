"""A server that stands still: nobody waits for it for ever, and what is slow is waited for."""

import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text

from interworky_tui.domain.errors import StoreAway, StoreProblem
from interworky_tui.storage import answering
from interworky_tui.storage.database import UNKNOWN_END, Database
from interworky_tui.storage.plain_server import ServerPlain
from tests import wire

SOON = 30.0
"""Seconds; without an end to the wait the test would never be over."""


@pytest.fixture
def line(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[wire.Wire]:
    monkeypatch.setattr(answering, "PATIENCE", 0.2)
    monkeypatch.setattr(answering, "ANSWER", 2)
    with wire.laid(postgres_url) as line:
        yield line


@pytest.fixture
def database(line: wire.Wire, postgres_url: str) -> Iterator[Database]:
    database = Database(line.url)
    with database.write() as connection:
        connection.execute(text("CREATE TABLE noted (word text)"))
    yield database
    database.close()
    line.mend()
    there = Database(postgres_url)
    with there.write() as connection:
        connection.execute(text("DROP TABLE noted"))
    there.close()


def nothing() -> None:
    pass


def note(
    database: Database,
    *,
    before: Callable[[], None] = nothing,
    after: Callable[[], None] = nothing,
) -> None:
    with database.write() as connection:
        before()
        connection.execute(text("INSERT INTO noted VALUES ('once')"))
        after()


def noted(url: str) -> int:
    there = Database(url)
    with there.read() as connection:
        count = int(connection.execute(text("SELECT count(*) FROM noted")).scalar_one())
    there.close()
    return count


def test_what_is_slow_is_waited_for(database: Database) -> None:
    with database.read() as connection:
        began = time.monotonic()
        connection.execute(text("SELECT pg_sleep(1)"))
        assert time.monotonic() - began >= 1


def test_a_change_that_was_not_saved_yet_is_not_saved(
    database: Database, line: wire.Wire, postgres_url: str
) -> None:
    began = time.monotonic()
    with pytest.raises(StoreAway, match="does not answer; nothing was changed"):
        note(database, before=line.freeze)
    assert time.monotonic() - began < SOON
    line.mend()
    assert noted(postgres_url) == 0
    note(database)
    assert noted(postgres_url) == 1


def test_of_a_change_that_was_being_saved_it_is_said_that_nobody_knows(
    database: Database, line: wire.Wire, postgres_url: str
) -> None:
    with pytest.raises(StoreProblem) as told:
        note(database, after=line.freeze)
    assert told.value.sentence == UNKNOWN_END
    line.mend()
    assert noted(postgres_url) <= 1


def test_the_list_is_told_of_it_too(line: wire.Wire) -> None:
    plain = ServerPlain(line.url, 5000)
    assert plain.rows("SELECT 1") == [(1,)]
    line.freeze()
    with pytest.raises(StoreAway):
        plain.rows("SELECT 1")
    line.mend()
    assert plain.rows("SELECT 1") == [(1,)]
    plain.close()
