"""Which backups are kept: seven days, and the last one of each of four weeks before."""

import os
from datetime import date, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from interworky_tui.storage import keeping
from tests.storage.conftest import NOW, QUICK

MONDAY = date(2026, 3, 16)
DAYS = st.frozensets(st.integers(-80, 10).map(lambda n: MONDAY + timedelta(days=n)))
NUMBERS = st.integers(1, 9), st.integers(0, 9)


def run_for(days: int, daily: int, weekly: int, last: date = MONDAY) -> frozenset[date]:
    """What is there after a backup and a rotation on each of so many days."""
    there: frozenset[date] = frozenset()
    for back in reversed(range(days)):
        today = last - timedelta(days=back)
        there = keeping.days_to_keep(there | {today}, today, daily, weekly)
    return there


def test_of_two_months_seven_days_and_four_weeks_are_left() -> None:
    assert sorted(run_for(60, 7, 4)) == [
        date(2026, 2, 22),
        date(2026, 3, 1),
        date(2026, 3, 8),
        *(date(2026, 3, day) for day in range(10, 17)),
    ]


@QUICK
@given(DAYS, *NUMBERS)
def test_what_is_kept(days: frozenset[date], daily: int, weekly: int) -> None:
    kept = keeping.days_to_keep(days, MONDAY, daily, weekly)
    assert kept <= days
    past = sorted(day for day in days if day <= MONDAY)
    assert kept >= frozenset(past[-daily:]) | {day for day in days if day > MONDAY}
    assert len([day for day in kept if day <= MONDAY]) <= daily + weekly
    # What goes has a newer one of its own week, or is older than all that is wanted.
    assert keeping.days_to_keep(kept, MONDAY, daily, weekly) == kept


@QUICK
@given(DAYS, *NUMBERS, st.integers(0, 40))
def test_what_has_gone_would_never_be_wanted_again(
    days: frozenset[date], daily: int, weekly: int, later: int
) -> None:
    """Rotating every day leaves what rotating once at the end does."""
    past = frozenset(day for day in days if day <= MONDAY)
    end = MONDAY + timedelta(days=later)
    new = frozenset(MONDAY + timedelta(days=n) for n in range(1, later + 1))
    there = keeping.days_to_keep(past, MONDAY, daily, weekly)
    for day in sorted(new):
        there = keeping.days_to_keep(there | {day}, day, daily, weekly)
    assert there == keeping.days_to_keep(past | new, end, daily, weekly)


@QUICK
@given(st.integers(36, 90), st.integers(1, 9), st.integers(0, 6))
def test_after_some_weeks_it_reaches_back_so_many(days: int, daily: int, weekly: int) -> None:
    reach = MONDAY - min(run_for(days, daily, min(weekly, 5)))
    assert reach >= timedelta(days=max(daily - 1, 7 * (min(weekly, 5) - 1)))


def write(folder: Path, *names: str) -> None:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_text("x")


def test_a_rotation_removes_backups_alone(tmp_path: Path) -> None:
    folder, file = tmp_path / "backups", tmp_path / "interworky.db"
    mine = [f"interworky-2026-03-{day:02}-091000.db" for day in range(1, 17)]
    others = [
        "notes.txt",
        "interworky-2026-01-01.db",
        "interworky-2026-99-01-091000.db",
        "other-2026-01-01-091000.db",
        "interworky-2026-01-01-091000.db.bak",
        "interworky-x-2026-01-01-091000.db",
    ]
    write(folder, *mine, *others, "interworky-2026-01-05-120000.db.gz.age")
    (folder / "interworky-2025-01-01-091000.db").mkdir()
    now = datetime(2026, 3, 16, 9, 10, tzinfo=NOW.tzinfo)
    gone = keeping.rotate(folder, file, now, weekly=2)
    assert {path.name for path in gone} == {
        *(mine[day - 1] for day in (1, 2, 3, 4, 5, 6, 7, 9)),
        "interworky-2026-01-05-120000.db.gz.age",
    }
    left = {path.name for path in folder.iterdir()}
    assert left >= {*others, "interworky-2025-01-01-091000.db"}
    assert keeping.rotate(folder, file, now, weekly=2) == []


def test_all_of_a_day_stay_or_go_together(tmp_path: Path) -> None:
    folder, file = tmp_path / "backups", tmp_path / "office.db"
    write(
        folder, *(f"office-2026-03-{d}-{t}.db" for d in (14, 15, 16) for t in ("080000", "170000"))
    )
    keeping.rotate(folder, file, NOW, daily=2, weekly=0)
    assert [one.path.name for one in keeping.found(folder, file)] == [
        f"office-2026-03-{d}-{t}.db" for d in (16, 15) for t in ("170000", "080000")
    ]


def test_those_from_before_a_move_to_a_server_go_in_time_too(tmp_path: Path) -> None:
    folder, file = tmp_path / "backups", tmp_path / "interworky.db"
    days = [*range(1, 10)]
    write(folder, *(f"interworky-2026-03-{day:02}-091000.db" for day in days))
    days = [*range(10, 17)]
    write(folder, *(f"interworky-2026-03-{day:02}-091000.pgdump" for day in days))
    write(folder, "interworky-2026-03-16-101000.pgdump.gz.age")
    keeping.rotate(folder, file, NOW, daily=7, weekly=0)
    left = keeping.found(folder, file)
    assert {one.ending for one in left} == {keeping.SERVER}
    assert len(left) == 8


def test_what_was_put_aside_or_left_by_a_kill_goes_when_it_is_old(tmp_path: Path) -> None:
    folder, file = tmp_path / "backups", tmp_path / "interworky.db"
    old = {
        "interworky-before-0005.db",
        "interworky-replaced-20260101-090000.db",
        "interworky-replaced-20260101-090000.db-wal",
        "interworky-replaced-20260101-090000-1.db",
        ".interworky-abc.making",
        ".interworky-abc.making-wal",
        ".interworky-abc.restoring",
    }
    kept = {"interworky.db", "interworky.db-wal", "interworky-before-the-holidays.db"}
    write(tmp_path, *old, *kept)
    write(folder, ".interworky-2026.making", "interworky-before-0006.pgdump")
    for name in ("interworky-replaced-20260101-090000-1.pgdump.gz.age", "interworky-x.pgdump"):
        write(folder, name)
    for days, there in ((0, old), (2, {name for name in old if name[0] != "."}), (43, set())):
        made = (NOW - timedelta(days=days)).timestamp()
        for name in (*old, *kept):
            if (tmp_path / name).exists():
                os.utime(tmp_path / name, (made, made))
        for path in folder.iterdir():
            os.utime(path, (made, made))
        keeping.rotate(folder, file, NOW)
        left = {path.name for path in tmp_path.iterdir() if path.is_file()}
        assert left == there | kept, days
    assert [path.name for path in folder.iterdir()] == ["interworky-x.pgdump"]
