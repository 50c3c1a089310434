"""What is wrong with an office on PostgreSQL is said in one sentence, and nothing is changed."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import insert, select, text

from interworky_tui.domain.errors import DamagedStore, StoreAway, StoreProblem
from interworky_tui.storage import schema
from interworky_tui.storage.database import Database
from interworky_tui.storage.queries import open_reader
from interworky_tui.storage.tables import OFFICE_FACT
from tests import postgres
from tests.storage.conftest import NOW, TOMORROW


def run(url: str, *statements: str) -> None:
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        for statement in statements:
            connection.execute(statement)


def name_of(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


def put(database: Database, name: str) -> None:
    with database.write() as connection:
        connection.execute(insert(OFFICE_FACT).values(name=name, value="x"))


def facts(url: str) -> set[str]:
    with closing(psycopg.connect(url)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM office_fact")}


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    with closing(Database(postgres_url, busy_ms=200)) as database:
        yield database


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (f"UPDATE alembic_version SET version_num = '{TOMORROW}'", "newer version"),
        ("UPDATE alembic_version SET version_num = '8a3f2c91d0b4'", "something else"),
        ("DELETE FROM alembic_version", "something else"),
        ("DROP TABLE alembic_version", "something else"),
        ("DROP TABLE notification CASCADE", "something else"),
    ],
)
def test_what_cannot_be_used_is_refused_and_left_alone(
    postgres_url: str, damage: str, sentence: str
) -> None:
    run(postgres_url, damage)
    with closing(Database(postgres_url)) as database:
        for action in (
            lambda: schema.look_at(postgres_url),
            lambda: schema.migrate(database),
        ):
            with pytest.raises(StoreProblem, match=sentence) as told:
                action()
            assert told.value.sentence.endswith(".")
    with closing(psycopg.connect(postgres_url)) as connection:
        kept = connection.execute("SELECT to_regclass('client') IS NOT NULL").fetchone()
    assert kept == (True,)


def test_another_programs_database_gets_no_tables(postgres_server: postgres.Server) -> None:
    url = postgres_server.create("songs")
    try:
        run(url, "CREATE TABLE songs (title text)")
        with (
            closing(Database(url)) as database,
            pytest.raises(StoreProblem, match="something else"),
        ):
            schema.migrate(database)
        with closing(psycopg.connect(url)) as connection:
            found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname='public'")
            assert found.fetchall() == [("songs",)]
    finally:
        postgres_server.drop("songs")


def test_a_database_without_room_for_every_letter(postgres_server: postgres.Server) -> None:
    made = f"{postgres_server.prefix}latin"
    run(
        postgres_server.address,
        f"CREATE DATABASE {made} TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'",
    )
    try:
        with pytest.raises(StoreProblem, match="every letter"):
            schema.look_at(postgres_server.url("latin"))
    finally:
        postgres_server.drop("latin")


def test_a_server_that_takes_no_changes_can_still_be_read(postgres_url: str) -> None:
    run(
        postgres_url,
        f'ALTER DATABASE "{name_of(postgres_url)}" SET default_transaction_read_only = on',
    )
    with closing(Database(postgres_url)) as database:
        with pytest.raises(StoreProblem, match="takes no changes now"):
            put(database, "late")
        with database.read() as connection:
            assert connection.execute(select(OFFICE_FACT)).all() == []
    with closing(open_reader(postgres_url)):
        pass


@pytest.mark.parametrize(
    ("state", "sentence", "kind"),
    [
        ("53100", "disk of the database's server is full; nothing was changed", StoreProblem),
        ("53200", "short of memory; nothing was changed", StoreProblem),
        ("58030", "cannot use its disk; nothing was changed", StoreProblem),
        ("57P01", "does not answer; nothing was changed", StoreAway),
        ("57P03", "does not answer; nothing was changed", StoreAway),
        ("40P01", "Another desk is writing", StoreProblem),
        ("XX001", "damaged; restore the latest backup", DamagedStore),
        ("XX002", "damaged; restore the latest backup", DamagedStore),
    ],
)
def test_what_the_server_says_is_told_and_nothing_was_changed(
    database: Database, state: str, sentence: str, kind: type[StoreProblem]
) -> None:
    put_and_fail = text(
        f"DO $$ BEGIN INSERT INTO office_fact VALUES ('half', 'x');"
        f" RAISE EXCEPTION 'hunter2' USING ERRCODE = '{state}'; END $$"
    )
    with pytest.raises(kind, match=sentence) as told, database.write() as connection:
        connection.execute(put_and_fail)
    assert type(told.value) is kind
    assert "hunter2" not in str(told.value)
    assert facts(database.url) == set()
    put(database, "next")


@pytest.fixture
def near_server(request: pytest.FixtureRequest) -> Iterator[postgres.Server]:
    """One whose files are on this machine."""
    if postgres.GIVEN not in os.environ:
        yield request.getfixturevalue("postgres_server")
        return
    with postgres.launched(postgres.programs({"PATH": os.environ["PATH"]})) as server:
        yield server


def test_a_damaged_page_is_told_as_damage(near_server: postgres.Server) -> None:
    """A page is overwritten in the files of a database that the server has not read yet."""
    url = near_server.create("sound")
    with closing(Database(url)) as database:
        schema.migrate(database)
        put(database, "x")
    with closing(psycopg.connect(url)) as connection:
        made = connection.execute(
            "SELECT current_setting('data_directory'), relfilenode FROM pg_class"
            " WHERE relname = 'office_fact'"
        ).fetchone()
        whole = connection.info.server_version >= 150_000
    assert made is not None
    copy = f"{near_server.prefix}damaged"
    by_file = " STRATEGY FILE_COPY" if whole else ""
    run(near_server.address, f"CREATE DATABASE {copy} TEMPLATE {name_of(url)}{by_file}")
    with closing(psycopg.connect(near_server.address)) as connection:
        number = connection.execute(
            "SELECT oid FROM pg_database WHERE datname = %s", (copy,)
        ).fetchone()
    assert number is not None
    (Path(made[0]) / "base" / str(number[0]) / str(made[1])).write_bytes(b"\x55" * 8192)
    try:
        with (
            closing(Database(near_server.url("damaged"))) as database,
            pytest.raises(DamagedStore, match="restore the latest backup"),
            database.read() as found,
        ):
            found.execute(select(OFFICE_FACT)).all()
    finally:
        for name in ("sound", "damaged"):
            near_server.drop(name)


def test_an_office_whose_tables_are_gone_under_the_desk(database: Database) -> None:
    put(database, "x")
    run(database.url, "DROP TABLE office_fact")
    with pytest.raises(DamagedStore, match="gone from the database"):
        put(database, "y")


def test_an_office_whose_database_is_gone_under_the_desk(
    postgres_server: postgres.Server, empty_database: str
) -> None:
    url = postgres_server.create("doomed", empty_database)
    with closing(Database(url)) as database, closing(open_reader(url)) as reader:
        put(database, "x")
        postgres_server.drop("doomed")
        with pytest.raises(StoreProblem, match=r"does not answer|no such database"):
            put(database, "y")
        with pytest.raises(StoreProblem, match="no such database"):
            put(database, "y")
        with pytest.raises(StoreProblem):
            reader.counts(NOW)


def test_an_older_desk_writes_no_more_once_another_one_has_upgraded(database: Database) -> None:
    put(database, "x")
    run(database.url, f"UPDATE alembic_version SET version_num = '{TOMORROW}'")
    with pytest.raises(StoreProblem, match="another version"):
        put(database, "y")
    assert facts(database.url) == {"x"}
