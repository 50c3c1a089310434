"""The reads' own connection to a server: what it makes of SQLite's text, and how it is lost."""

import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta, timezone

import psycopg
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from interworky_tui.domain.appointment import Status
from interworky_tui.domain.errors import StoreProblem
from interworky_tui.storage import plain_server
from interworky_tui.storage.moments import to_text
from interworky_tui.storage.plain import open_plain
from interworky_tui.storage.plain_server import translated
from interworky_tui.storage.queries import Reader, open_reader
from tests import postgres
from tests.storage.conftest import NOW, QUICK, Store

CUT = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
AWAY = "does not answer"


@pytest.fixture
def store(postgres_url: str) -> Iterator[Store]:
    store = Store(postgres_url)
    with closing(store.connection):
        yield store


def cut(store: Store) -> None:
    store.run(CUT)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("a = ? AND b = :name", "a = %s AND b = %(name)s"),
        ("FROM notification n INDEXED BY ix_due WHERE", "FROM notification n WHERE"),
        ("FROM inbound_sms i NOT INDEXED WHERE", "FROM inbound_sms i WHERE"),
        ("FROM a\n INDEXED BY ix_b\n WHERE", "FROM a\n\n WHERE"),
        ("instr(phone, :digits) > 0", "strpos(phone, %(digits)s) > 0"),
        ("x LIKE '%?:a' || ':' AND y % 2", "x LIKE '%%?:a' || ':' AND y %% 2"),
        (f"id IN ({'1,' * 9000}1) AND x = ?", f"id IN ({'1,' * 9000}1) AND x = %s"),
    ],
)
def test_sqlites_text_is_turned_into_the_servers(sql: str, expected: str) -> None:
    assert translated(sql) == expected


@QUICK
@given(st.timedeltas(timedelta(days=-300_000), timedelta(days=2_000_000)), st.booleans())
@example(timedelta(), False)
@example(timedelta(milliseconds=500), False)
def test_a_moment_is_the_text_that_sqlite_keeps(
    moments: "psycopg.Connection[tuple[str]]", since: timedelta, elsewhere: bool
) -> None:
    at = NOW + since
    given = at.astimezone(timezone(timedelta(hours=-3, minutes=-30))) if elsewhere else at
    found = moments.execute(translated("SELECT CAST(? AS timestamptz)"), (given,)).fetchone()
    assert found == (to_text(at),)


@pytest.fixture(scope="module")
def moments(postgres_server: postgres.Server) -> Iterator["psycopg.Connection[tuple[str]]"]:
    with closing(plain_server.connect(postgres_server.address, 1000)) as connection:
        yield connection


def test_the_servers_own_settings_change_nothing(store: Store) -> None:
    [(name,)] = store.run("SELECT current_database()").fetchall()
    for setting in ("timezone = 'Asia/Tokyo'", "datestyle = 'German'"):
        store.run(f'ALTER DATABASE "{name}" SET {setting}')
    visit = store.visit(Status.SCHEDULED, NOW)
    with closing(open_reader(store.url)) as reader:
        row = reader.row(visit)
        assert row is not None
        assert (row.sort_at, row.starts_at) == (to_text(NOW), NOW)
        assert reader.page(Status.SCHEDULED, before=row.key) == []


READS: list[Callable[[Reader], object]] = [
    lambda reader: reader.page(Status.REQUESTED),
    lambda reader: reader.page(Status.REQUESTED, search="ada"),
    lambda reader: reader.counts(NOW),
    lambda reader: reader.card(1),
    lambda reader: reader.messages(),
    lambda reader: reader.inbox(),
    lambda reader: reader.callers("ada"),
    lambda reader: reader.arrivals(None),
]


def test_after_a_lost_connection_the_next_read_opens_another_one(store: Store) -> None:
    store.message(store.visit(), "failed")
    with closing(open_reader(store.url)) as reader:
        for read in READS:
            before = read(reader)
            cut(store)
            with pytest.raises(StoreProblem, match=AWAY):
                read(reader)
            assert read(reader) == before


def test_a_connection_that_is_lost_in_the_middle_leaves_no_half_read(store: Store) -> None:
    with closing(open_plain(store.url)) as plain:
        seen = []

        def read() -> None:
            with plain.snapshot():
                seen.extend(plain.rows("SELECT 1"))
                cut(store)
                seen.extend(plain.rows("SELECT 2"))

        with pytest.raises(StoreProblem, match=AWAY):
            read()
        assert seen == [(1,)]
        with plain.snapshot():
            assert plain.rows("SELECT 3") == [(3,)]


def test_a_snapshot_is_of_one_moment_and_ends(store: Store) -> None:
    count = "SELECT count(*) FROM client"
    with closing(open_plain(store.url)) as plain:
        with plain.snapshot():
            assert plain.rows(count) == [(0,)]
            store.client()
            assert plain.rows(count) == [(0,)]
        assert plain.rows(count) == [(1,)]
        with pytest.raises(ZeroDivisionError), plain.snapshot():
            raise ZeroDivisionError
        store.client()
        assert plain.rows(count) == [(2,)]


def test_the_version_moves_with_every_change_and_not_by_itself(store: Store) -> None:
    with closing(open_plain(store.url)) as plain:
        seen = plain.version()
        assert plain.version() == seen
        store.client()
        assert plain.version() != seen


def test_nothing_can_be_written(store: Store) -> None:
    with (
        closing(open_plain(store.url)) as plain,
        pytest.raises(StoreProblem, match="takes no changes"),
    ):
        plain.rows("INSERT INTO office_fact (name, value) VALUES ('a', 'b') RETURNING name")


def test_a_driver_that_is_missing_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.delitem(sys.modules, "interworky_tui.storage.plain_server")
    with pytest.raises(StoreProblem, match=r"interworky-tui\[postgres\]"):
        open_reader("postgresql:///office")


def test_what_is_no_office_is_refused_in_a_sentence(postgres_server: postgres.Server) -> None:
    bare = postgres_server.create("bare")
    try:
        with pytest.raises(StoreProblem, match="something else than an office"):
            open_reader(bare)
        with pytest.raises(StoreProblem, match="no such database"):
            open_reader(postgres_server.url("nowhere"))
        with pytest.raises(StoreProblem, match=AWAY):
            open_reader("postgresql:///office?host=/nowhere")
        with pytest.raises(StoreProblem, match="SQLite file or on PostgreSQL"):
            open_reader("mysql://localhost/office")
    finally:
        postgres_server.drop("bare")
