"""Desks that race for the last place of a time: never two winners, and nothing half done."""

import multiprocessing
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, insert, select

from interworky_tui.config import Settings
from interworky_tui.domain.errors import DoubleBooked
from interworky_tui.services.context import Context
from interworky_tui.services.scheduling import schedule
from interworky_tui.storage.database import Database
from interworky_tui.storage.tables import APPOINTMENT, CLIENT, EVENT
from tests.rounds import rounds

RACES, OFFICES = rounds(1_000), 4
RACES_OF_PROCESSES = rounds(30)
ROOM = 2
"""How many visits the office has at once; each time that is raced for has one fewer."""
NOW = datetime(2026, 3, 16, 8, 10, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)
PATIENCE = 60.0


@dataclass(frozen=True)
class Stopped:
    """A clock that another process can be given."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


def settings() -> Settings:
    """Nobody is told, so that the races are quick."""
    off = {"email": False, "sms": False}
    nobody = {"client": off, "office": off}
    return msgspec.convert(
        {"slots": {"capacity": ROOM}, "messages": {"matrix": {"scheduled": nobody}}}, Settings
    )


def start_of(race: int) -> datetime:
    return NOW + timedelta(hours=1) + race * HALF_HOUR


def fill(database: Database, races: int) -> None:
    """One place is left at each time, and there are two requests for it."""
    client = {"name": "Ada", "match_name": "ada", "phone": "+4930901820", "search_text": ""}
    common = {
        "client_id": 1,
        "requested_date": "2026-03-20",
        "band": "morning",
        "requested_until": NOW,
        "requested_at": NOW,
    }
    with database.write() as connection:
        connection.execute(insert(CLIENT).values(created_at=NOW, **client))
        taken = [
            {
                **common,
                "status": "scheduled",
                "starts_at": start_of(race),
                "sort_at": start_of(race),
                "ends_at": start_of(race) + HALF_HOUR,
            }
            for race in range(races)
        ]
        connection.execute(insert(APPOINTMENT), taken)
        asked = {**common, "status": "requested", "sort_at": NOW}
        connection.execute(insert(APPOINTMENT), [asked] * (2 * races))


def run(file: Path, desk: int, races: int, wait: Callable[[], Any]) -> Counter[str]:
    """A desk with an engine of its own; ``wait`` is until both are at the start of a race."""
    database = Database(f"sqlite:///{file}", busy_ms=60_000)
    office = Context(settings(), database, Stopped(NOW), f"desk {desk}")
    told: Counter[str] = Counter()
    for race in range(races):
        wait()
        # Now the one is asked first, now the other; both for the same time.
        number = races + 2 * race + (desk + race) % 2 + 1
        try:
            schedule(office, number, start_of(race))
            told["won"] += 1
        except DoubleBooked:
            told["lost"] += 1
    database.close()
    return told


def run_process(file: Path, desk: int, races: int, gate: Barrier, told: Any) -> None:
    told.put(run(file, desk, races, lambda: gate.wait(PATIENCE)))


def check(file: Path, races: int, told: Counter[str]) -> None:
    assert told == {"won": races, "lost": races}
    database = Database(f"sqlite:///{file}")
    table = APPOINTMENT.c
    with database.read() as connection:
        by_start = connection.execute(
            select(table.starts_at, func.count())
            .where(table.status == "scheduled")
            .group_by(table.starts_at)
        ).all()
        lines = connection.execute(select(func.count()).select_from(EVENT)).scalar()
        left = connection.execute(
            select(func.count()).select_from(APPOINTMENT).where(table.status == "requested")
        ).scalar()
    database.close()
    assert {row[0]: row[1] for row in by_start} == {start_of(race): ROOM for race in range(races)}
    assert (lines, left) == (races, races)


@pytest.fixture
def office_file(empty_store: Path, tmp_path: Path) -> Callable[[str, int], Path]:
    def make(name: str, races: int) -> Path:
        file = tmp_path / name
        file.write_bytes(empty_store.read_bytes())
        database = Database(f"sqlite:///{file}")
        fill(database, races)
        database.close()
        return file

    return make


def test_of_two_desks_one_gets_the_last_place_each_time(
    office_file: Callable[[str, int], Path],
) -> None:
    """In offices side by side: who waits for a store sleeps most of the time."""
    told: dict[Path, Counter[str]] = {
        office_file(f"{name}.db", RACES // OFFICES): Counter() for name in range(OFFICES)
    }

    def desk(file: Path, number: int, gate: threading.Barrier) -> None:
        try:
            told[file] += run(file, number, RACES // OFFICES, lambda: gate.wait(PATIENCE))
        except BaseException:
            # Not at the end: the other may still be on its way out of the last race's gate.
            gate.abort()
            raise

    gates = {file: threading.Barrier(2) for file in told}
    threads = [
        threading.Thread(target=desk, args=(file, number, gate))
        for file, gate in gates.items()
        for number in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for file, found in told.items():
        check(file, RACES // OFFICES, found)


def test_so_it_is_between_two_programs(office_file: Callable[[str, int], Path]) -> None:
    file = office_file("office.db", RACES_OF_PROCESSES)
    around = multiprocessing.get_context("spawn")
    gate, told = around.Barrier(2), around.Queue()
    desks = [
        around.Process(
            target=run_process, args=(file, number, RACES_OF_PROCESSES, gate, told), daemon=True
        )
        for number in range(2)
    ]
    for desk in desks:
        desk.start()
    found = [told.get(timeout=PATIENCE) for _ in desks]
    for desk in desks:
        desk.join(PATIENCE)
    check(file, RACES_OF_PROCESSES, sum(found, Counter()))
