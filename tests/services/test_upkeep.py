"""What a process looks after beside its work, while the office's server is away or back."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from interworky_tui import bootstrap
from interworky_tui.config import Backup
from interworky_tui.config import Database as Where
from interworky_tui.paths import Paths, at
from interworky_tui.services.context import Context
from interworky_tui.services.upkeep import Upkeep, last_made
from interworky_tui.storage.database import Database
from tests import postgres
from tests.conftest import FixedClock

TOOLS = str(postgres.of_wheel())


def upkeep(office: Context, places: Paths, url: str, told: list[tuple[str, ...]]) -> Upkeep:
    settings = structs.replace(
        office.settings, database=Where(url=url), backup=Backup(programs=TOOLS)
    )
    kept = bootstrap.backups(settings, places, office.clock, {})
    return Upkeep(replace(office, settings=settings), kept, told.append)


@pytest.mark.sqlite_only
def test_a_server_that_is_away_is_told_of_elsewhere(
    office: Context, places: Paths, tmp_path: Path
) -> None:
    url = f"postgresql:///office?host={tmp_path}"
    told: list[tuple[str, ...]] = []
    with closing(Database(url)) as database:
        upkeep(replace(office, database=database), places, url, told).run()
    assert told == []
    assert not places.backups.exists()


@pytest.mark.sqlite_only
def test_of_four_desks_one_makes_the_backup_of_the_day(
    office: Context, places: Paths, postgres_url: str, clock: FixedClock
) -> None:
    with closing(Database(postgres_url)) as database:
        one_a_day(replace(office, database=database), places, clock)


def one_a_day(office: Context, places: Paths, clock: FixedClock) -> None:
    url = office.database.url
    told: list[tuple[str, ...]] = []
    away = at(places.data / "far")
    away.backups.mkdir(parents=True)
    for name in ("2026-01-01-091000.db", "2026-01-02-091000.pgdump", "2026-03-14-091000.db"):
        (away.backups / f"interworky-{name}").write_text("x")
    desks = [upkeep(office, where, url, told) for where in (places, places, away)]
    for day in (16, 17):
        for desk in desks:
            desk.run()
        names = sorted(path.name for path in places.backups.iterdir())
        assert [name[:21] for name in names] == [
            f"interworky-2026-03-{d}" for d in range(16, day + 1)
        ]
        clock.forward(days=1)
    # What is older than the oldest that is kept has gone there, too.
    assert [path.name for path in away.backups.iterdir()] == ["interworky-2026-03-14-091000.db"]
    with office.database.read() as connection:
        made = last_made(connection)
    assert made is not None
    assert made.at.day == 17
    assert made.machine
    assert told == []
