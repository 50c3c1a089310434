"""Pages against a plain sorted list: every row once, in order, both ways, whatever the size."""

import shutil
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interworky_tui.domain.appointment import Status
from interworky_tui.storage import matching, schema
from interworky_tui.storage.queries import Reader, open_reader
from interworky_tui.storage.rows import NEWEST_FIRST, Key, Row
from tests.storage.conftest import NOW, QUICK, Store

NAMES = ("Ada Lovelace", "Grace Hopper", "Alan Turing")


# Few minutes and many visits, so that many share their moment.
VISITS = st.lists(
    st.tuples(st.sampled_from(Status), st.integers(-3, 3), st.integers(0, 2)), max_size=30
)
WALKED = (Status.SCHEDULED, Status.FEEDBACK_COLLECTED)
"""One tab of each order, so that lists are long enough for several pages."""
LONG = st.lists(
    st.tuples(st.sampled_from(WALKED), st.integers(-3, 3), st.integers(0, 2)), max_size=30
)
SEARCHES = st.sampled_from(["", "ada", "a", "opper"])
Visits = list[tuple[Status, int, int]]


def fill(store: Store, visits: Visits) -> None:
    with store.together():
        store.clear()
        clients = [store.client(name) for name in NAMES]
        for status, minute, client in visits:
            store.visit(status, NOW + timedelta(minutes=minute), client_id=clients[client])


def expected(store: Store, status: Status, search: str) -> list[int]:
    """The ids in the order of the tab, by a full scan."""
    rows = store.run(
        "SELECT a.sort_at, a.id, c.name FROM appointment a JOIN client c ON c.id = a.client_id"
        " WHERE a.status = ?",
        status.value,
    ).fetchall()
    found = [row[:2] for row in rows if matches(row[2], search)]
    return [id for _, id in sorted(found, reverse=status in NEWEST_FIRST)]


def matches(name: str, search: str) -> bool:
    return any(word.startswith(search) for word in name.lower().split())


def forwards(reader: Reader, status: Status, limit: int, search: str) -> list[Row]:
    walked: list[Row] = []
    rows = reader.page(status, limit=limit, search=search)
    while rows:
        walked += rows
        assert len(rows) <= limit
        assert len(walked) <= 30
        rows = reader.page(status, after=rows[-1].key, limit=limit, search=search)
    return walked


def backwards(reader: Reader, status: Status, limit: int, search: str) -> list[Row]:
    walked: list[Row] = []
    rows = reader.last_page(status, limit=limit, search=search)
    while rows:
        walked = rows + walked
        assert len(rows) <= limit
        assert len(walked) <= 30
        rows = reader.page(status, before=rows[0].key, limit=limit, search=search)
    return walked


@pytest.mark.parametrize(
    "limits",
    [{}, {"MOST_SORTED": 0}, {"FEW_ROWS": 0}],
    ids=["few clients", "more clients", "many clients"],
)
@QUICK
@given(visits=LONG, limit=st.integers(1, 8), search=SEARCHES, status=st.sampled_from(WALKED))
def test_a_walk_meets_every_row_once_in_order(
    shared: Store,
    shared_reader: Reader,
    limits: dict[str, int],
    visits: Visits,
    limit: int,
    search: str,
    status: Status,
) -> None:
    fill(shared, visits)
    ids = expected(shared, status, search)
    with pytest.MonkeyPatch.context() as patch:
        for name, most in limits.items():
            patch.setattr(matching, name, most)
        assert [row.id for row in forwards(shared_reader, status, limit, search)] == ids
        walked = backwards(shared_reader, status, limit, search)
        assert [row.id for row in walked] == ids
        for index, row in enumerate(walked):
            assert row.status is status
            assert shared_reader.position(status, row.key, search=search) == (index, len(ids))
        for offset in (0, len(ids) // 2, len(ids)):
            page = shared_reader.page_at(status, offset, limit, search)
            assert [row.id for row in page] == ids[offset : offset + limit]


@QUICK
@given(visits=VISITS, minute=st.integers(-4, 4), id=st.integers(0, 40))
def test_a_key_that_no_row_has_is_a_place_too(
    shared: Store, shared_reader: Reader, visits: Visits, minute: int, id: int
) -> None:
    fill(shared, visits)
    moment = (NOW + timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    key = Key(moment, id)
    for status in Status:
        before = shared_reader.page(status, before=key, limit=99)
        after = shared_reader.page(status, after=key, limit=99)
        there = [row for row in (shared_reader.row(id),) if row and row.key == key]
        there = [row for row in there if row.status is status]
        ids = [row.id for row in (*before, *there, *after)]
        assert ids == expected(shared, status, "")
        assert shared_reader.position(status, key) == (len(before), len(ids))


@QUICK
@given(visits=VISITS, search=SEARCHES)
def test_counts_are_those_of_the_lists(
    shared: Store, shared_reader: Reader, visits: Visits, search: str
) -> None:
    fill(shared, visits)
    for few in (matching.FEW_ROWS, 0):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(matching, "FEW_ROWS", few)
            counts = shared_reader.counts(NOW, search=search)
        rows = [row for status in Status for row in forwards(shared_reader, status, 50, search)]
        assert counts.of == {s: sum(row.status is s for row in rows) for s in Status}
        assert counts.due == sum(row.is_due(NOW) for row in rows)
        assert counts.stale == sum(row.is_stale(NOW) for row in rows)


@QUICK
@given(visits=VISITS)
def test_the_next_start_is_the_first_after_now(
    shared: Store, shared_reader: Reader, visits: Visits
) -> None:
    fill(shared, visits)
    starts = [NOW + timedelta(minutes=m) for s, m, _ in visits if s is Status.SCHEDULED and m > 0]
    assert shared_reader.next_start(NOW) == min(starts, default=None)


@pytest.mark.sqlite_only
@pytest.mark.parametrize("analyzed", [False, True])
def test_no_page_sorts_and_none_scans(store: Store, analyzed: bool) -> None:
    clients = [store.client(f"{name} {n}") for n in range(20) for name in NAMES]
    for number in range(300):
        status = list(Status)[number % 6]
        at = NOW + timedelta(minutes=number % 40)
        store.visit(status, at, client_id=clients[number % 60])
    if analyzed:
        store.run("ANALYZE")
    said: list[str] = []
    with closing(open_reader(store.url)) as reader, closing(open_reader(store.url)) as asking:
        reader.plain.connection.set_trace_callback(said.append)
        key = reader.page(Status.SCHEDULED)[3].key
        for status in Status:
            reader.page(status)
            reader.page(status, after=key)
            reader.page(status, before=key)
            reader.last_page(status)
            reader.page_at(status, 10)
            reader.position(status, key)
        reader.counts(NOW)
        reader.next_start(NOW)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(matching, "FEW_ROWS", 0)
            reader.page(Status.SCHEDULED, after=key, search="ada")
        assert len(said) > 35
        plans = [plan(asking.plain.connection, sql) for sql in said if "appointment a" in sql]
    for lines in plans:
        assert not [line for line in lines if "TEMP B-TREE" in line]
        assert not [
            line
            for line in lines
            if line.startswith(("SCAN a", "SCAN n", "SCAN o", "SCAN inbound_sms"))
            and not line.endswith(("ix_notification_trouble", "ix_inbound_sms_waiting"))
        ]
        assert any("ix_appointment_list" in line for line in lines)


def plan(connection: sqlite3.Connection, sql: str) -> list[str]:
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]


def test_counts_stop_at_a_thousand(store: Store) -> None:
    client = store.client()
    store.run("BEGIN")
    for number in range(1003):
        store.visit(Status.SCHEDULED, NOW - timedelta(minutes=number), client_id=client)
    store.run("COMMIT")
    with closing(open_reader(store.url)) as reader:
        for search in ("", "ada"):
            counts = reader.counts(NOW, search=search)
            assert (counts.of[Status.SCHEDULED], counts.due) == (1000, 1000)
            assert (counts.of[Status.REQUESTED], counts.stale) == (0, 0)
        assert reader.position(Status.SCHEDULED, reader.page(Status.SCHEDULED)[0].key) == (0, 1003)


def test_a_row_comes_back_as_it_was_stored(store: Store) -> None:
    client = store.client("  Ada\x1b[31m [b]Löv ", phone=None, email="Ada@Example.org")
    visit = store.visit(
        Status.FEEDBACK_COLLECTED,
        NOW,
        client_id=client,
        requested_until=NOW + timedelta(days=1),
        wish_time="10:15",
        service="Check-up",
        urgency="high",
        arrived_at=NOW,
        confirmed_at=NOW,
        change_asked_at=NOW,
        version=7,
    )
    store.insert(
        "survey_response", appointment_id=visit, rating=2, publish=0, source="staff", at=NOW
    )
    store.message(visit, "held")
    with closing(open_reader(store.url)) as reader:
        found = reader.row(visit)
        assert reader.page(Status.FEEDBACK_COLLECTED) == [found]
        assert reader.row(99) is None
    assert found == Row(
        id=visit,
        version=7,
        status=Status.FEEDBACK_COLLECTED,
        client_id=client,
        name="  Ada\x1b[31m [b]Löv ",
        phone=None,
        email="Ada@Example.org",
        requested_date="2026-03-20",
        band="morning",
        wish_time="10:15",
        sort_at="2026-03-16T08:10:00.000000Z",
        requested_until=NOW + timedelta(days=1),
        requested_at=NOW,
        starts_at=NOW,
        ends_at=NOW + timedelta(minutes=30),
        service="Check-up",
        urgency="high",
        arrived_at=NOW,
        confirmed=True,
        change_asked=True,
        opted_out=False,
        trouble=True,
        rating=2,
        unread_low=True,
    )


@pytest.mark.parametrize(
    ("state", "trouble"),
    [("failed", True), ("held", True), ("sent", False), ("pending", False), ("cancelled", False)],
)
def test_a_message_that_needs_a_person_marks_its_row(
    store: Store, state: str, trouble: bool
) -> None:
    marked, other = store.visit(), store.visit()
    store.message(marked, state)
    with closing(open_reader(store.url)) as reader:
        rows = {row.id: row.trouble for row in reader.page(Status.REQUESTED)}
        assert rows == {marked: trouble, other: False}
        assert reader.counts(NOW).trouble == int(trouble)


def test_the_marks_are_those_of_the_visit_and_of_the_number(store: Store) -> None:
    phone = {"phone": "+4930333444"}
    store.insert("sms_opt_out", number=phone["phone"], at=NOW, source="reply")
    confirmed = store.visit(confirmed_at=NOW)
    moved = store.visit(change_asked_at=NOW)
    silent = store.visit(client_id=store.client("Grace Hopper", **phone))
    mate = store.visit(client_id=store.client("Alan Turing", **phone))
    unreachable = store.visit(client_id=store.client(phone=None, email="ada@example.org"))
    with closing(open_reader(store.url)) as reader:
        rows = {
            row.id: (row.confirmed, row.change_asked, row.opted_out)
            for row in reader.page(Status.REQUESTED)
        }
    assert rows == {
        confirmed: (True, False, False),
        moved: (False, True, False),
        silent: (False, False, True),
        mate: (False, False, True),
        unreachable: (False, False, False),
    }


@pytest.mark.parametrize(("seconds", "reached"), [(-1, True), (0, True), (1, False)])
def test_due_and_stale_begin_with_the_moment_itself(
    store: Store, seconds: int, reached: bool
) -> None:
    at: datetime = NOW + timedelta(seconds=seconds)
    store.visit(Status.SCHEDULED, at)
    store.visit(Status.REQUESTED, at)
    with closing(open_reader(store.url)) as reader:
        counts = reader.counts(NOW)
        assert (counts.due, counts.stale) == (int(reached), int(reached))
        assert reader.page(Status.SCHEDULED)[0].is_due(NOW) is reached
        assert reader.page(Status.REQUESTED)[0].is_stale(NOW) is reached
        assert (reader.next_start(NOW) is None) is reached


@pytest.mark.sqlite_only
def test_no_read_leaves_a_transaction_open(store: Store) -> None:
    visit = store.visit()
    store.message(visit, "failed")
    with closing(open_reader(store.url)) as reader:
        key = reader.page(Status.REQUESTED)[0].key
        reads = (
            lambda: reader.page(Status.REQUESTED, search="ada"),
            lambda: reader.page_at(Status.REQUESTED, 0),
            lambda: reader.position(Status.REQUESTED, key, search="ada"),
            lambda: reader.row(visit),
            lambda: reader.counts(NOW, search="ada"),
            lambda: reader.next_start(NOW),
            lambda: reader.card(visit),
            lambda: reader.messages(None),
            lambda: reader.inbox(),
            lambda: reader.plain.version(),
        )
        for read in reads:
            seen = reader.plain.version()
            store.run("UPDATE appointment SET version = version + 1")
            read()
            # A checkpoint can empty the log only when nobody is reading from it.
            assert store.one("PRAGMA wal_checkpoint(TRUNCATE)") == 0
            assert reader.plain.version() != seen


@pytest.mark.sqlite_only
def test_a_reader_cannot_write(store: Store) -> None:
    with closing(open_reader(store.url)) as reader, pytest.raises(sqlite3.OperationalError):
        reader.plain.connection.execute("DELETE FROM client")


@pytest.mark.sqlite_only
def test_a_reader_opens_a_file_whatever_its_name(template: Path, tmp_path: Path) -> None:
    file = Path(shutil.copy(template, tmp_path / "a b%41?c#d é.db"))
    with closing(open_reader(schema.sqlite_url(file))) as reader:
        assert reader.page(Status.REQUESTED) == []
    assert schema.look(file) is schema.SchemaState.CURRENT


def test_which_of_them_are_still_in_the_tab(store: Store) -> None:
    one, two = (store.visit(Status.SCHEDULED, NOW) for _ in range(2))
    gone = store.visit(Status.CANCELLED, NOW)
    with closing(open_reader(store.url)) as reader:
        assert sorted(reader.among(Status.SCHEDULED, [one, two, gone, 99])) == [one, two]
        assert reader.among(Status.SCHEDULED, []) == []
