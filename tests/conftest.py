"""Shared parts of the tests: a clock that is set by hand, and an office on a real SQLite file."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from interworky_tui import config, paths
from interworky_tui.services.context import Context
from interworky_tui.storage import schema
from interworky_tui.storage.database import Database
from tests import postgres


class FixedClock:
    """Monday 16 March 2026, 09:10 in Berlin, until a test sets ``now``."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 16, 8, 10, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def settings() -> config.Settings:
    return msgspec.convert(
        {
            "office": {
                "name": "Lindenhof Practice",
                "phone": "+493012345678",
                "email": "desk@lindenhof.example",
                "timezone": "Europe/Berlin",
                "country": "DE",
            },
            "desk": {"actor": "ana"},
        },
        config.Settings,
    )


@pytest.fixture
def places(tmp_path: Path) -> paths.Paths:
    return paths.at(tmp_path)


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store as an upgrade leaves it; made once, because that takes longer than most tests."""
    file = tmp_path_factory.mktemp("empty") / "office.db"
    database = Database(f"sqlite:///{file}")
    schema.migrate(database)
    database.close()
    return file


@pytest.fixture
def office(
    settings: config.Settings, places: paths.Paths, clock: FixedClock, empty_store: Path
) -> Iterator[Context]:
    shutil.copyfile(empty_store, places.database)
    database = Database(f"sqlite:///{places.database}")
    yield Context(settings, database, clock, settings.actor)
    database.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """One for each process of the tests; started when the first test asks."""
    with postgres.running() as server:
        yield server
