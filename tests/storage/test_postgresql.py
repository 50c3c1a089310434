"""The store on PostgreSQL: how it is reached, made, locked and lost."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import IntegrityError

from interworky_tui.domain.errors import StoreProblem
from interworky_tui.storage import schema, server
from interworky_tui.storage.database import UNKNOWN_END, Database
from interworky_tui.storage.models import Base
from interworky_tui.storage.schema import SchemaState
from interworky_tui.storage.search import search_text, terms
from interworky_tui.storage.tables import CLIENT, OFFICE_FACT
from tests import postgres
from tests.storage.conftest import MIGRATE, NOW, Start

BUSY = "Another desk is writing to the office's data; nothing was changed. Try again."


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    database = Database(postgres_url, busy_ms=50)
    yield database
    database.close()


@pytest.fixture
def empty_url(postgres_server: postgres.Server) -> Iterator[str]:
    """A database with nothing in it."""
    yield postgres_server.create("bare")
    postgres_server.drop("bare")


def put(database: Database, name: str, *, alone: bool = True) -> None:
    with database.write(alone=alone) as connection:
        connection.execute(insert(OFFICE_FACT).values(name=name, value="x"))


def names(database: Database) -> set[str]:
    with database.read() as connection:
        return set(connection.execute(select(OFFICE_FACT.c.name)).scalars())


def driver(url: str) -> Any:
    return psycopg.connect(url, autocommit=True)


def test_what_is_read_while_the_desk_is_left_is_closed_after_that(database: Database) -> None:
    with database.read() as connection:
        driven = connection.connection.dbapi_connection
        assert driven is not None
        database.close()
        assert connection.execute(text("SELECT 1")).scalar() == 1
    assert driven.closed


class TestTheAddress:
    @pytest.fixture(autouse=True)
    def _no_words_of_the_machine(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("PGHOST", "PGHOSTADDR", "PGSERVICE", "PGSSLMODE"):
            monkeypatch.delenv(name, raising=False)

    @pytest.mark.parametrize(
        "url",
        [
            "postgresql://db.example/office",
            "postgresql+psycopg://desk:secret@192.168.1.5/office",
            "postgres://127.0.0.1,db.example/office",
            "postgresql:///office?host=db.example",
            "postgresql://localhost/office?hostaddr=192.168.1.5",
            "postgresql:///?service=office",
        ],
    )
    def test_a_way_through_a_network_is_encrypted(self, url: str) -> None:
        assert server.settings_of(url, 50)["sslmode"] == "require"

    @pytest.mark.parametrize(
        "url",
        [
            "postgresql:///office",
            "postgresql:///office?host=/run/postgresql",
            "postgresql://localhost/office",
            "postgresql://127.0.0.1:5433/office",
            "postgresql://[::1]/office",
        ],
    )
    def test_this_machine_needs_none(self, url: str) -> None:
        assert "sslmode" not in server.settings_of(url, 50)

    def test_a_host_out_of_the_environment_counts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PGHOST", "db.example")
        assert server.settings_of("postgresql:///office", 50)["sslmode"] == "require"
        assert "sslmode" not in server.settings_of("postgresql://localhost/office", 50)

    def test_what_the_url_says_stands(self, monkeypatch: pytest.MonkeyPatch) -> None:
        url = "postgresql://db.example/o?sslmode=verify-full&connect_timeout=9&options=-c%20a%3Db"
        told = server.settings_of(url, 50)
        assert (told["sslmode"], told["connect_timeout"]) == ("verify-full", "9")
        assert told["options"].endswith("-c a=b")
        monkeypatch.setenv("PGSSLMODE", "verify-ca")
        assert "sslmode" not in server.settings_of("postgresql://db.example/o", 50)

    def test_one_that_cannot_be_read_is_not_said_again(self) -> None:
        with pytest.raises(StoreProblem) as refused:
            server.settings_of("postgresql://desk:secret@h/o?nonsense=1", 50)
        assert "secret" not in str(refused.value)
        with pytest.raises(StoreProblem):
            schema.look_at("mysql://localhost/office")


class TestTheSchema:
    def test_it_is_made_as_the_models_say(self, empty_url: str) -> None:
        assert schema.look_at(empty_url) is SchemaState.MISSING
        database = Database(empty_url)
        schema.migrate(database)
        schema.migrate(database)
        assert schema.look_at(empty_url) is SchemaState.CURRENT
        with database.read() as connection:
            found = compare_metadata(MigrationContext.configure(connection), Base.metadata)
            # Which stands where the server allows it.
            assert [what.name for _, what in found] == ["ix_client_search_text"]
        database.close()

    def test_of_four_at_once_one_makes_it(self, empty_url: str, start: Start) -> None:
        scripts = str(schema.MIGRATIONS / "versions")
        desks = [start(MIGRATE, empty_url, " ".join(schema.REVISIONS), scripts) for _ in range(4)]
        for desk in desks:
            desk.stdin.write("go\n")
            desk.stdin.flush()
        for desk in desks:
            assert desk.communicate(timeout=60)[1] == ""
            assert desk.returncode == 0
        assert schema.look_at(empty_url) is SchemaState.CURRENT

    def test_a_newer_one_is_left_alone(self, database: Database) -> None:
        with driver(database.url) as other:
            other.execute("UPDATE alembic_version SET version_num = '0999'")
        with pytest.raises(StoreProblem, match="newer version"):
            schema.look_at(database.url)
        with pytest.raises(StoreProblem, match="newer version"):
            schema.migrate(database)
        for alone in (True, False):
            with pytest.raises(StoreProblem, match="another version of this program"):
                put(database, "late", alone=alone)

    def test_an_older_one_is_known(self, database: Database) -> None:
        with driver(database.url) as other:
            other.execute("UPDATE alembic_version SET version_num = '0001'")
        assert schema.look_at(database.url) is SchemaState.OLDER

    @pytest.mark.parametrize("table", ["wp_posts", "client"])
    def test_something_else_is_left_alone(self, empty_url: str, table: str) -> None:
        with driver(empty_url) as other:
            other.execute(f"CREATE TABLE {table} (id int)")
        with pytest.raises(StoreProblem, match="something else"):
            schema.migrate(Database(empty_url))

    def test_letters_that_it_could_not_hold(self, postgres_server: postgres.Server) -> None:
        with driver(postgres_server.address) as admin:
            name = postgres_server.prefix + "latin"
            admin.execute(f"CREATE DATABASE {name} ENCODING 'LATIN1' TEMPLATE template0")
        with pytest.raises(StoreProblem, match="UTF8"):
            schema.look_at(postgres_server.url("latin"))
        postgres_server.drop("latin")

    def test_without_trigrams_it_does(self, empty_url: str) -> None:
        """A role that may not have the extension has an office all the same."""
        with driver(empty_url) as admin:
            admin.execute("DROP ROLE IF EXISTS humble")
            admin.execute("CREATE ROLE humble LOGIN")
            admin.execute("GRANT CREATE ON SCHEMA public TO humble")
        database = Database(empty_url.replace("postgres@", "humble@"))
        schema.migrate(database)
        with driver(empty_url) as admin:
            found = admin.execute("SELECT to_regclass('ix_client_search_text')").fetchall()
            assert found == [(None,)]
            database.close()
            admin.execute("DROP OWNED BY humble CASCADE")
            admin.execute("DROP ROLE humble")


class TestTransactions:
    def test_a_write_waits_for_the_one_before(self, database: Database) -> None:
        with database.write(), pytest.raises(StoreProblem, match=BUSY):
            put(database, "second")
        put(database, "third")
        assert names(database) == {"third"}

    def test_what_was_looked_at_holds_until_it_is_written(self, postgres_url: str) -> None:
        """As on SQLite: look, decide and write, and nobody comes in between."""
        database = Database(postgres_url)
        with database.write() as connection:
            connection.execute(insert(OFFICE_FACT).values(name="count", value="0"))

        def add() -> None:
            for _ in range(25):
                with database.write() as connection:
                    found = connection.execute(select(OFFICE_FACT.c.value)).scalar_one()
                    connection.execute(update(OFFICE_FACT).values(value=str(int(found) + 1)))

        desks = [threading.Thread(target=add) for _ in range(4)]
        for desk in desks:
            desk.start()
        for desk in desks:
            desk.join()
        with database.read() as connection:
            assert connection.execute(select(OFFICE_FACT.c.value)).scalar() == "100"
        database.close()

    def test_the_outbox_waits_for_nobody(self, database: Database) -> None:
        with database.write():
            put(database, "beside", alone=False)
        with database.write(alone=False):
            put(database, "alone")
        assert names(database) == {"beside", "alone"}

    @pytest.mark.parametrize("alone", [True, False])
    def test_nobody_writes_while_one_upgrades(self, database: Database, alone: bool) -> None:
        with driver(database.url) as other, other.transaction():
            for lock in (schema.WRITE_LOCK, schema.UPGRADE_LOCK):
                other.execute(f"SELECT pg_advisory_xact_lock({lock})")
            with pytest.raises(StoreProblem, match=BUSY):
                put(database, "late", alone=alone)

    def test_a_read_is_of_one_moment_and_writes_nothing(self, database: Database) -> None:
        with database.read() as connection:
            assert connection.execute(select(OFFICE_FACT)).all() == []
            put(database, "since")
            assert connection.execute(select(OFFICE_FACT)).all() == []
            with pytest.raises(Exception, match="read-only"):
                connection.execute(insert(OFFICE_FACT).values(name="x", value="x"))

    def test_a_broken_rule_says_nothing_of_the_data(self, database: Database) -> None:
        put(database, "Ada Lovelace")
        with pytest.raises(IntegrityError) as broken:
            put(database, "Ada Lovelace")
        assert "pk_office_fact" in str(broken.value)
        assert "Ada" not in str(broken.value) + str(broken.value.orig)


class TestALostConnection:
    CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname ="

    def cut(self, database: Database) -> None:
        with driver(database.url) as other:
            other.execute(f"{self.CUT} current_database() AND pid <> pg_backend_pid()")

    def half(self, database: Database, *then: str) -> None:
        """A change whose connection is cut."""
        with database.write() as connection:
            connection.execute(insert(OFFICE_FACT).values(name="half", value="x"))
            self.cut(database)
            for statement in then:
                connection.execute(text(statement))

    def test_between_two_changes_nobody_sees_it(self, database: Database) -> None:
        put(database, "first")
        self.cut(database)
        put(database, "second")
        assert names(database) == {"first", "second"}

    def test_in_the_middle_nothing_was_changed(self, database: Database) -> None:
        with pytest.raises(StoreProblem, match="does not answer; nothing was changed"):
            self.half(database, "SELECT 1")
        assert names(database) == set()

    def test_at_the_end_it_is_not_known(self, database: Database) -> None:
        with pytest.raises(StoreProblem) as lost:
            self.half(database)
        assert str(lost.value) == UNKNOWN_END
        assert names(database) == set()

    def test_a_server_that_is_not_there(self, tmp_path: Any) -> None:
        url = f"postgresql:///office?host={tmp_path}"
        with pytest.raises(StoreProblem, match="does not answer"):
            schema.look_at(url)
        database = Database(url)
        with pytest.raises(StoreProblem, match="does not answer"), database.read():
            pass
        database.close()

    def test_no_such_database(self, postgres_server: postgres.Server) -> None:
        with pytest.raises(StoreProblem, match="no such database"):
            schema.look_at(postgres_server.url("nowhere"))

    def test_a_desk_that_stands_still_lets_the_others_go_on(self, database: Database) -> None:
        with database.write() as connection:
            told = "SELECT current_setting('idle_in_transaction_session_timeout')"
            assert connection.execute(text(told)).scalar() == "15s"

    def test_without_the_driver_a_sentence_says_so(self) -> None:
        code = (
            "import sys; sys.modules['psycopg'] = None\n"
            "from interworky_tui.storage.database import Database\n"
            "from interworky_tui.domain.errors import StoreProblem\n"
            "try:\n    Database('postgresql:///office')\n"
            "except StoreProblem as error:\n    print(error)"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert "install interworky-tui[postgres]" in done.stdout


def test_a_search_finds_by_the_index_of_trigrams(database: Database) -> None:
    people = ("Ada Lovelace", "Åsa 50%_off", "Adalbert O'Brien")
    with database.write() as connection:
        for n, name in enumerate(people):
            phone = f"+4930{901820 + n}"
            row = {"name": name, "match_name": name, "phone": phone, "created_at": NOW}
            row["search_text"] = search_text(name, phone, None)
            connection.execute(insert(CLIENT).values(row))

    def found(query: str) -> list[str]:
        matching = select(CLIENT.c.name).order_by(CLIENT.c.id)
        for pattern in terms(query).patterns:
            matching = matching.where(CLIENT.c.search_text.like(pattern, escape="\\"))
        with database.read() as connection:
            return list(connection.execute(matching).scalars())

    assert found("ada") == ["Ada Lovelace", "Adalbert O'Brien"]
    assert found("asa 50%") == ["Åsa 50%_off"]
    assert found("5%") == []
    assert found("030 901821") == ["Åsa 50%_off"]
    assert found("brien") == ["Adalbert O'Brien"]
    with database.read() as connection:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plan = connection.exec_driver_sql(
            "EXPLAIN SELECT id FROM client WHERE search_text LIKE '%% love%%'"
        ).all()
    assert "ix_client_search_text" in str(plan)
