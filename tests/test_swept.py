"""One database for many tests: nothing of one is left for the next."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.postgres import Server
from tests.swept import SMALL, Swept


@pytest.fixture
def swept(postgres_server: Server, empty_database: str) -> Iterator[Swept]:
    yield Swept(postgres_server, empty_database, "swept")
    postgres_server.drop("swept")


def run(url: str, *statements: str) -> Any:
    """What the last statement found."""
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            found = connection.execute(statement)
        return found.fetchall() if found.description else []


ADA = (
    "INSERT INTO client (name, match_name, phone, search_text, created_at)"
    " VALUES ('Ada', 'ada', '+4930111222', 'ada', now()) RETURNING id"
)
IDENTITY = "SELECT oid FROM pg_database WHERE datname = current_database()"


def test_rows_and_numbers_are_as_at_first(swept: Swept) -> None:
    url = swept.fresh()
    first = run(url, IDENTITY)
    assert run(url, "DELETE FROM alembic_version", ADA) == [(1,)]
    assert swept.fresh() == url
    assert run(url, "SELECT count(*) FROM alembic_version") == [(1,)]
    assert run(url, ADA) == [(1,)]
    assert run(url, IDENTITY) == first


def test_a_table_that_grew_has_no_room_left_of_it(swept: Swept) -> None:
    fill = "INSERT INTO office_fact SELECT n::text, repeat('x', 99) FROM generate_series(1, 2000) n"
    size = "SELECT pg_relation_size('office_fact')"
    assert run(swept.fresh(), fill, size) > [(SMALL * 8192,)]
    assert run(swept.fresh(), size) == [(0,)]


@pytest.mark.parametrize(
    "change",
    [
        "DROP TABLE survey_note CASCADE",
        "ALTER TABLE client DROP COLUMN language CASCADE",
        "ALTER TABLE appointment_event DISABLE TRIGGER USER",
        "ALTER TABLE client ALTER COLUMN name DROP NOT NULL",
        "CREATE TABLE song (title text)",
        "GRANT SELECT ON client TO PUBLIC",
        "DROP INDEX ix_client_search_text",
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off',"
        " current_database()); END $$",
    ],
)
def test_what_is_more_than_rows_is_made_anew(swept: Swept, change: str) -> None:
    url = swept.fresh()
    first = run(url, IDENTITY)
    run(url, change)
    assert run(swept.fresh(), IDENTITY) != first
    assert run(url, IDENTITY) == run(swept.fresh(), IDENTITY)


def test_who_is_left_over_is_cut_off(swept: Swept) -> None:
    with psycopg.connect(swept.fresh()) as left_over:
        left_over.execute("LOCK TABLE client")
        assert run(swept.fresh(), ADA) == [(1,)]
        with pytest.raises(psycopg.OperationalError):
            left_over.execute("SELECT 1")
