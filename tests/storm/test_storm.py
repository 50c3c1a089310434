"""Several desks and a worker on one office, while everything falls over that can."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from interworky_tui.storage import schema
from interworky_tui.storage.database import Database
from tests import postgres
from tests.storm.weather import IN_TIME, Aftermath, Storm, rage

pytestmark = pytest.mark.skipif(os.name != "posix", reason="a server is killed by a signal")


@pytest.fixture(autouse=True)
def crews_find_their_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parents[2])


@pytest.fixture
def own_server() -> Iterator[postgres.Server]:
    """Not that of the other tests, because it falls over."""
    with postgres.launched(postgres.programs()) as server:
        yield server


def check(storm: Storm, url: str) -> Aftermath:
    with closing(Database(url)) as database:
        schema.migrate(database)
        after = rage(storm, database)
    assert after.wrongs == []
    assert after.late is not None, "a screen does not show what is in the store"
    assert after.late < IN_TIME
    assert after.verbs >= storm.verbs
    assert sum(after.blows.values()) > 3, "it was no storm"
    assert after.texts > 0
    return after


def test_four_desks_and_a_worker_on_a_server(own_server: postgres.Server) -> None:
    """``python -m benchmarks.storms`` is the same at full size."""
    check(Storm(verbs=100, desks=4, persons=1, between=8), own_server.create("storm"))


def test_two_desks_and_a_worker_on_a_file(tmp_path: Path) -> None:
    check(
        Storm(verbs=120, desks=2, persons=1, between=12), schema.sqlite_url(tmp_path / "office.db")
    )
