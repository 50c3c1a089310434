"""A history of before the chain is chained as it stands, and guarded again."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from interworky_tui.domain.appointment import Status
from interworky_tui.storage import chain_check
from interworky_tui.storage.chain import COLUMNS, HEAD_FACT
from tests.storage.conftest import NOW, Store
from tests.storage.upgrading import office_of, upgrade

BEFORE = ("0001", "0002", "0003", "0004")
LINES = 25_003
"""More than are read at once, and the last part is not full."""


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Store]:
    with office_of(tmp_path / "interworky.db", BEFORE) as store:
        yield store


def remember(store: Store, count: int) -> list[tuple[Any, ...]]:
    """Lines with something in every column, of which one is missing for ever so long."""
    visit = store.visit(Status.SCHEDULED)
    made = [
        (
            number if number < 10 else number + 1,
            visit,
            number,
            f"2026-03-16T08:{number % 60:02}:00.000000Z",
            "Zoë 'Öz'",
            "undo",
            "requested" if number % 2 else None,
            "scheduled",
            '{"undone":1,"verb":"édit"}',
            "act" if number % 3 else None,
        )
        for number in range(1, count + 1)
    ]
    names, marks = ", ".join(COLUMNS), ", ".join("?" * len(COLUMNS))
    store.connection.execute("BEGIN")
    store.connection.executemany(f"INSERT INTO appointment_event ({names}) VALUES ({marks})", made)
    store.connection.execute("COMMIT")
    return made


def test_every_line_is_chained_and_none_is_changed(old: Store) -> None:
    made = remember(old, LINES)
    upgrade(old)
    names = ", ".join(COLUMNS)
    lines = old.connection.execute(f"SELECT {names} FROM appointment_event ORDER BY id")
    assert lines.fetchall() == made
    found = chain_check.check_file(old.file, 60)
    assert (found.lines, found.misfits, found.head.number) == (LINES, 0, LINES + 1)
    assert old.one("SELECT value FROM office_fact") == found.head.to_fact()
    assert old.one("PRAGMA integrity_check") == "ok"
    assert old.connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_an_empty_history_has_no_end_yet(old: Store) -> None:
    upgrade(old)
    assert old.one("SELECT count(*) FROM office_fact WHERE name = ?", HEAD_FACT) == 0
    assert chain_check.check_file(old.file, 60).first is None


def test_the_rebuilt_table_is_guarded_as_before(old: Store) -> None:
    remember(old, 3)
    before = "SELECT type, name FROM sqlite_master WHERE tbl_name = 'appointment_event' ORDER BY 2"
    known = old.connection.execute(before).fetchall()
    upgrade(old)
    assert old.connection.execute(before).fetchall() == known
    assert ("trigger", "appointment_event_no_update") in known
    for statement in ("UPDATE appointment_event SET actor = ''", "DELETE FROM appointment_event"):
        with pytest.raises(sqlite3.IntegrityError, match="only ever added"):
            old.connection.execute(statement)
    with pytest.raises(sqlite3.IntegrityError, match="NOT NULL"):
        old.insert(
            "appointment_event",
            appointment_id=1, version=9, at=NOW, actor="a", verb="edit", to_status="requested",
        )  # fmt: skip
