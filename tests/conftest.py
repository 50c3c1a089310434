"""Shared parts of the tests: a clock that is set by hand, and an office on a real SQLite file."""

import gc
import os
import shutil
from collections.abc import Generator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import msgspec
import psycopg
import pytest

from interworky_tui import config, paths
from interworky_tui.services.context import Context
from interworky_tui.storage import schema
from interworky_tui.storage.database import Database
from tests import compiled, postgres
from tests.swept import Swept

compiled.install()

DESK_PASSWORD = "no-word-of-it-7"


IN_MEMORY, ROOM = Path("/dev/shm"), 4 * 2**30
"""Where a store is in no disk's hands and a commit waits for none, given that many bytes free."""


def pytest_configure(config: pytest.Config) -> None:
    if IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free > ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(IN_MEMORY))
    config.addinivalue_line("markers", "sqlite_only: about the file, or too slow for both")
    config.addinivalue_line("markers", "postgresql_only: about writers beside each other")
    config.addinivalue_line("markers", "both_databases: of a folder whose others need the file")


@pytest.hookimpl(wrapper=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """One more than there are processors, because tests also wait: for servers, for programs."""
    found = yield
    return found if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ else found + 1


def pytest_collection() -> None:
    gc.disable()


def pytest_collection_finish() -> None:
    """The tests themselves are no garbage, and need not be looked through again and again."""
    gc.freeze()
    gc.enable()


def on_both(metafunc: pytest.Metafunc) -> None:
    """For a folder's ``pytest_generate_tests``: its tests of the store run on both databases."""
    if "store_url" not in metafunc.fixturenames:
        return
    if metafunc.definition.get_closest_marker("sqlite_only") is None:
        stores = [pytest.param("postgres_url", id="postgresql")]
        if metafunc.definition.get_closest_marker("postgresql_only") is None:
            stores.insert(0, pytest.param("file_url", id="sqlite"))
        metafunc.parametrize("store_url", stores, indirect=True)


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


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[config.Settings, Path]:
    """The demo office, filled once, and where it is kept; who needs it takes a copy."""
    from screenshots import draw

    kept = tmp_path_factory.mktemp("demo") / "kept"
    told, _places = draw.demo_office(kept)
    return told, kept


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """One for each process of the tests; started when the first test asks."""
    with postgres.running() as server:
        yield server


@pytest.fixture(scope="session")
def empty_database(postgres_server: postgres.Server) -> str:
    """As ``empty_store``, on PostgreSQL: the name of what is copied."""
    database = Database(postgres_server.create("empty"))
    schema.migrate(database)
    database.close()
    return "empty"


@pytest.fixture(scope="session")
def office_database(postgres_server: postgres.Server, empty_database: str) -> Swept:
    return Swept(postgres_server, empty_database, "office")


@pytest.fixture
def postgres_url(office_database: Swept) -> str:
    """A migrated store on PostgreSQL, without rows."""
    return office_database.fresh()


@pytest.fixture(scope="session")
def desk_database(
    postgres_server: postgres.Server, empty_database: str
) -> Iterator[tuple[Swept, str]]:
    """As ``office_database``, with a role that may do just what a desk must."""
    role = f"{postgres_server.prefix}front_desk"
    owned = postgres_server.create("granted", empty_database)
    grants = (paths.shipped_data() / "desk_role.sql").read_text().replace(':"desk"', f'"{role}"')
    with psycopg.connect(owned, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE \"{role}\" LOGIN PASSWORD '{DESK_PASSWORD}'")
        connection.execute(grants)
    yield Swept(postgres_server, "granted", "desk"), role
    for name in ("granted", "desk"):
        postgres_server.drop(name)
    with psycopg.connect(postgres_server.address, autocommit=True) as connection:
        connection.execute(f'DROP ROLE "{role}"')


@pytest.fixture
def desk_url(desk_database: tuple[Swept, str]) -> str:
    """As ``postgres_url``, for the role of a desk, and with its password."""
    swept, role = desk_database
    parts = urlsplit(swept.fresh())
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{role}:{DESK_PASSWORD}@{host}"))


@pytest.fixture
def file_url(empty_store: Path, places: paths.Paths) -> str:
    """A migrated store in a file, without rows."""
    shutil.copyfile(empty_store, places.database)
    return schema.sqlite_url(places.database)


@pytest.fixture
def store_url(request: pytest.FixtureRequest) -> str:
    """A migrated store without rows: a file, or what a folder's tests are run on, each in turn."""
    return str(request.getfixturevalue(getattr(request, "param", "file_url")))


@pytest.fixture
def office(settings: config.Settings, clock: FixedClock, store_url: str) -> Iterator[Context]:
    database = Database(store_url)
    yield Context(settings, database, clock, settings.actor)
    database.close()
