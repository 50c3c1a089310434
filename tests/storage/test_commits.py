"""What was acknowledged is there: four processes that write at once, and one that is killed."""

from collections import Counter

import pytest

from interworky_tui.storage.database import Database
from tests.storage.conftest import Start, Store

# Each commit is told only after it was made. A value that was read before is written back, so
# that a transaction that does not keep the others out shows itself as well.
WRITE = """
import sys
from interworky_tui.storage.database import Database
url, owner, times = sys.argv[1], sys.argv[2], int(sys.argv[3])
database = Database(url, busy_ms=60_000)
sys.stdin.readline()
for number in range(times):
    with database.write() as connection:
        run = connection.exec_driver_sql
        sum = int(run("SELECT value FROM office_fact WHERE name = 'sum'").scalar())
        run("INSERT INTO office_fact (name, value) VALUES (?, ?)", (f"{owner} {number}", "x"))
        run("UPDATE office_fact SET value = ? WHERE name = 'sum'", (str(sum + 1),))
    print(owner, number, flush=True)
"""
PROCESSES, TIMES = 4, 80


def test_no_acknowledged_commit_is_lost(store: Store, start: Start) -> None:
    store.insert("office_fact", name="sum", value="0")
    writers = [start(WRITE, store.url, owner, TIMES) for owner in range(PROCESSES)]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    told: list[str] = []
    for writer in writers:
        out, err = writer.communicate(timeout=60)
        assert err == ""
        told += out.splitlines()
    assert len(told) == PROCESSES * TIMES
    kept = {row[0] for row in store.connection.execute("SELECT name FROM office_fact")}
    assert Counter(told) == Counter(kept - {"sum"})
    assert store.one("SELECT value FROM office_fact WHERE name = 'sum'") == str(len(told))


def test_a_killed_process_loses_nothing_it_has_told_of(store: Store, start: Start) -> None:
    store.insert("office_fact", name="sum", value="0")
    writer = start(WRITE, store.url, "killed", 100_000)
    assert writer.stdin is not None
    assert writer.stdout is not None
    writer.stdin.write("\n")
    writer.stdin.flush()
    told = [writer.stdout.readline().strip() for _ in range(40)]
    writer.kill()
    told += writer.stdout.read().splitlines()
    kept = {row[0] for row in store.connection.execute("SELECT name FROM office_fact")}
    assert set(told) <= kept
    assert store.one("SELECT value FROM office_fact WHERE name = 'sum'") == str(len(kept) - 1)
    assert store.one("PRAGMA integrity_check") == "ok"


def test_a_write_that_fails_leaves_nothing(store: Store, database: Database) -> None:
    insert = "INSERT INTO office_fact (name, value) VALUES ('a', 'b')"
    with pytest.raises(OSError, match="after"), database.write() as connection:
        fail(connection.exec_driver_sql(insert))
    assert store.one("SELECT count(*) FROM office_fact") == 0


def test_a_read_is_one_view(store: Store, database: Database) -> None:
    with database.read() as connection:
        before = connection.exec_driver_sql("SELECT count(*) FROM client").scalar()
        store.client()
        assert connection.exec_driver_sql("SELECT count(*) FROM client").scalar() == before


def fail(_: object) -> None:
    raise OSError("after the row was written")
