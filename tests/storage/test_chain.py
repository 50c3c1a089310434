"""The history's chain: what was written fits, and nothing that was changed since does."""

import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from interworky_tui.domain.appointment import Status
from interworky_tui.services import chain as writing
from interworky_tui.storage import chain, chain_check, schema
from interworky_tui.storage.chain_check import ChainCheck, Kind, Misfit
from interworky_tui.storage.database import Database
from interworky_tui.storage.moments import to_text
from tests.storage.conftest import NOW, QUICK, Store

VISITS = 3
LINES = 12
LONG = 60.0


def lines(number: int) -> list[dict[str, Any]]:
    """Each visit in turn, with something in every column."""
    return [
        {
            "appointment_id": line % VISITS + 1,
            "version": line // VISITS + 1,
            "at": NOW,
            "actor": "ana",
            "verb": "schedule",
            "from_status": "requested" if line >= VISITS else None,
            "to_status": "scheduled",
            "detail": f'{{"now":{{"starts_at":"2026-03-{line + 10}"}}}}',
            "batch": f"act {line}" if line % 2 else None,
        }
        for line in range(number)
    ]


def write(file: Path, *parts: list[dict[str, Any]]) -> None:
    database = Database(schema.sqlite_url(file))
    for part in parts:
        with database.write() as connection:
            writing.append(connection, part)
    database.close()


def check(file: Path) -> ChainCheck:
    return chain_check.check_file(file, LONG)


@pytest.fixture
def kept(store: Store) -> Store:
    """Twelve lines, written one by one and several at once."""
    for _ in range(VISITS):
        store.visit(Status.SCHEDULED)
    made = lines(LINES)
    write(store.file, made[:1], made[1:6], [], made[6:])
    return store


def unlock(store: Store) -> Store:
    """As somebody would who can write the file."""
    for verb in ("update", "delete"):
        store.connection.execute(f"DROP TRIGGER appointment_event_no_{verb}")
    store.connection.execute("PRAGMA foreign_keys = OFF")
    return store


@pytest.fixture
def opened(kept: Store) -> Store:
    return unlock(kept)


def test_an_empty_history_fits(store: Store) -> None:
    assert check(store.file) == ChainCheck(0, chain.Head(), 0, None)


def test_what_was_written_fits_and_ends_where_the_record_says(kept: Store) -> None:
    last = kept.one("SELECT hash FROM appointment_event WHERE id = ?", LINES)
    assert check(kept.file) == ChainCheck(LINES, chain.Head(LINES, last), 0, None)
    assert kept.one("SELECT value FROM office_fact") == f"{LINES} {last}"


def test_the_form_of_a_line_stays() -> None:
    """A store that was made before would not fit any more."""
    third, fourth = chain.chained(chain.Head(), lines(4)[2:])
    at = b"27:2026-03-16T08:10:00.000000Z"
    told = [b'34:{"now":{"starts_at":"2026-03-%d"}}' % day for day in (12, 13)]
    of_third = b"1,3,1,%b,3:ana,8:schedule,-1:,9:scheduled,%b,-1:" % (at, told[0])
    of_fourth = b"2,1,2,%b,3:ana,8:schedule,9:requested,9:scheduled,%b,5:act 3" % (at, told[1])
    assert third["hash"] == sha256(b"\n" + of_third).hexdigest()
    assert fourth["hash"] == sha256(third["hash"].encode() + b"\n" + of_fourth).hexdigest()


@pytest.fixture(scope="module")
def shared_kept(shared: Store) -> Store:
    for _ in range(VISITS):
        shared.visit(Status.SCHEDULED)
    write(shared.file, lines(LINES))
    return unlock(shared)


def changed_byte(value: Any, place: int, bit: int) -> Any:
    """The value with one bit of one of its bytes turned over."""
    if isinstance(value, int):
        return value ^ (1 << bit + 8 * (place % 4))
    raw = bytearray(value.encode())
    raw[place % len(raw)] ^= 1 << bit
    return bytes(raw)


@QUICK
@given(
    number=st.integers(1, LINES),
    column=st.sampled_from((*chain.COLUMNS, "hash")),
    place=st.integers(0, 200),
    bit=st.integers(0, 7),
)
def test_any_changed_bit_is_found_in_its_line(
    shared_kept: Store, number: int, column: str, place: int, bit: int
) -> None:
    before = shared_kept.one(f"SELECT {column} FROM appointment_event WHERE id = ?", number)
    after = b"\0" if before is None else changed_byte(before, place, bit)
    if not put(shared_kept, number, column, after):
        return  # Another line has that number.
    found = check(shared_kept.file)
    moved = after if column == "id" else number
    assert put(shared_kept, moved, column, before)
    assert found.first
    if column == "id":
        assert found.first.number in (number, after)  # It has left its place.
        return
    assert (found.first.kind, found.first.number) == (Kind.CHANGED, number)
    if column not in ("at", "appointment_id"):
        assert found.first.at == to_text(NOW)
        assert found.first.appointment_id == (number - 1) % VISITS + 1
    assert check(shared_kept.file).first is None


def put(store: Store, number: int, column: str, value: Any) -> bool:
    mark = "CAST(? AS TEXT)" if isinstance(value, bytes) else "?"
    change = f"UPDATE OR IGNORE appointment_event SET {column} = {mark} WHERE id = ?"
    store.connection.execute("PRAGMA ignore_check_constraints = ON")
    return store.connection.execute(change, (value, number)).rowcount == 1


@pytest.mark.parametrize("number", [1, 2, 7, LINES - 1])
def test_a_missing_line_is_named(opened: Store, number: int) -> None:
    opened.connection.execute("DELETE FROM appointment_event WHERE id = ?", (number,))
    next_of = number % VISITS + 1
    found = check(opened.file)
    assert found.first == Misfit(Kind.MISSING, number, number, next_of, to_text(NOW))
    assert (found.lines, found.misfits) == (LINES - 1, 1)


def test_several_missing_lines_are_named(opened: Store) -> None:
    opened.connection.execute("DELETE FROM appointment_event WHERE id IN (3, 4, 5, 9)")
    found = check(opened.file)
    assert found.first == Misfit(Kind.MISSING, 3, 5, 3, to_text(NOW))
    assert found.misfits == 2


def test_a_line_that_was_taken_out_and_the_rest_moved_up_is_found(opened: Store) -> None:
    opened.connection.execute("DELETE FROM appointment_event WHERE id = 4")
    for number in range(5, LINES + 1):
        opened.connection.execute(
            "UPDATE appointment_event SET id = ? WHERE id = ?", (number - 1, number)
        )
    assert check(opened.file).first == Misfit(Kind.CHANGED, 4, 4, 2, to_text(NOW))


@pytest.mark.parametrize(("one", "other"), [(1, 2), (4, 9), (LINES - 1, LINES)])
def test_swapped_lines_are_found(opened: Store, one: int, other: int) -> None:
    for was, to in ((one, 0), (other, one), (0, other)):
        opened.connection.execute("UPDATE appointment_event SET id = ? WHERE id = ?", (to, was))
    first = check(opened.file).first
    assert first
    assert (first.kind, first.number) == (Kind.CHANGED, one)


@pytest.mark.parametrize("left", [0, 1, LINES - 1])
def test_a_tail_that_was_cut_off_is_missed(opened: Store, left: int) -> None:
    opened.connection.execute("DELETE FROM appointment_event WHERE id > ?", (left,))
    assert check(opened.file).first == Misfit(Kind.CUT_OFF, left + 1, LINES)


def test_a_tail_that_was_cut_off_is_missed_when_the_desk_has_gone_on(opened: Store) -> None:
    opened.connection.execute("DELETE FROM appointment_event WHERE id > 9")
    write(opened.file, lines(LINES + 1)[LINES:])
    found = check(opened.file)
    assert found.first == Misfit(Kind.MISSING, 10, LINES, 1, to_text(NOW))
    assert found.head.number == LINES + 1


def test_a_line_that_was_put_in_behind_the_end_is_found(opened: Store) -> None:
    """Even when it is chained; and the desk's own next line is no more a part of it."""
    kept = chain.head_of(opened.one("SELECT value FROM office_fact"))
    assert kept
    (made,) = chain.chained(kept, lines(LINES + 1)[LINES:])
    opened.insert("appointment_event", **made)
    assert check(opened.file).first == Misfit(Kind.ADDED, 13, 13, 1, to_text(NOW))
    write(opened.file, lines(LINES + 2)[LINES + 1 :])
    assert check(opened.file).first == Misfit(Kind.CHANGED, 14, 14, 2, to_text(NOW))


@pytest.mark.parametrize("fact", [None, "", "lots", "-1 x", "٣ x"])
def test_an_end_that_is_not_on_record_any_more_is_told(opened: Store, fact: str | None) -> None:
    opened.connection.execute("DELETE FROM office_fact")
    if fact is not None:
        opened.insert("office_fact", name=chain.HEAD_FACT, value=fact)
    assert check(opened.file).first == Misfit(Kind.NO_END, 12, 12, 3, to_text(NOW))
    # The desk works on, and that does not hide it.
    write(opened.file, lines(LINES + 1)[LINES:])
    assert check(opened.file).first == Misfit(Kind.CHANGED, 13, 13, 1, to_text(NOW))


def test_an_end_that_says_something_else_is_told(opened: Store) -> None:
    opened.connection.execute("UPDATE office_fact SET value = '12 ' || hex(zeroblob(32))")
    assert check(opened.file).first == Misfit(Kind.CHANGED, 12, 12, 3, to_text(NOW))


def test_bytes_that_were_changed_on_the_disk_are_found(kept: Store) -> None:
    """By no statement, past every trigger and without a trace in the log."""
    kept.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    kept.connection.close()
    whole = kept.file.read_bytes()
    place = whole.index(b"2026-03-15")
    kept.file.write_bytes(whole[:place] + b"2026-03-16" + whole[place + 10 :])
    assert check(kept.file).first == Misfit(Kind.CHANGED, 6, 6, 3, to_text(NOW))
    with closing(sqlite3.connect(kept.file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_reading_ends_in_time(kept: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain_check, "AT_ONCE", 5)
    ticks = iter(range(0, 100, 10))
    found = chain_check.check_file(kept.file, 15, lambda: float(next(ticks)))
    assert (found.lines, found.whole, found.first) == (10, False, None)
    assert check(kept.file).whole


def test_a_write_that_fails_leaves_the_end_as_it_was(kept: Store) -> None:
    before = check(kept.file)
    database = Database(kept.url)
    with pytest.raises(IntegrityError), database.write() as connection:
        # The last one is there already.
        writing.append(connection, [*lines(LINES + 1)[LINES:], *lines(1)])
    database.close()
    assert check(kept.file) == before
