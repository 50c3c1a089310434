"""Killed in the middle of a move: one of the two places is the office, with all its data, and the
same command again ends it.
"""

import os
import random
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from interworky_tui.storage import arrival, moving, schema
from interworky_tui.storage.database import Database
from interworky_tui.storage.forwarding import ARRIVING, MOVED, OfficeMoved
from tests import postgres
from tests.storage.conftest import NOW
from tests.storage.offices import fill
from tests.storage.test_killed_copies import KILLS, forked
from tests.storage.test_moving import Rows, everything

arriving = arrival.arriving
HERE = max(KILLS // 3, 3) if KILLS < 50 else KILLS
"""Of each way; few while a test waits for them."""
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked")


@dataclass(frozen=True)
class Mover:
    """``again`` makes both places as they were before the move."""

    old: str
    new: str
    again: Callable[[], None]

    def move(self) -> moving.Moved:
        return moving.move(self.old, self.new, NOW)

    def check(self, before: Rows) -> tuple[str, str]:
        """All is there, in one place that can be used and never in two; then end the move."""
        found = state(self.old), state(self.new)
        here = self.old if found[0] == "office" else self.new
        assert held(here) == before
        if found != (MOVED, "office"):
            self.move()
        assert (state(self.old), state(self.new)) == (MOVED, "office")
        assert held(self.new) == before
        if file := schema.sqlite_path(self.new):
            assert os.listdir(file.parent) == [file.name]
        return found


def held(url: str) -> Rows:
    return everything(url) | {"desk_session": []}


def state(url: str) -> str:
    try:
        found = schema.look_at(url)
    except OfficeMoved as moved:
        return moved.found
    return "nothing" if found is schema.SchemaState.MISSING else "office"


@pytest.fixture(scope="module", params=["file to server", "server to file"])
def mover(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    template: Path,
    postgres_server: postgres.Server,
    empty_database: str,
) -> Iterator[Mover]:
    """Of a hundred clients, so that it takes a while."""
    folder = tmp_path_factory.mktemp("moves")
    to_server = request.param == "file to server"
    file, whole = folder / "office" / "office.db", folder / "whole.db"
    shutil.copyfile(template, whole)
    on_server = postgres_server.create("whole", empty_database)
    with closing(Database(schema.sqlite_url(whole) if to_server else on_server)) as database:
        fill(database, clients=100)

    def again() -> None:
        shutil.rmtree(file.parent, ignore_errors=True)
        postgres_server.drop("killed")
        postgres_server.create("killed", None if to_server else "whole")
        file.parent.mkdir()
        if to_server:
            shutil.copyfile(whole, file)

    ends = schema.sqlite_url(file), postgres_server.url("killed")
    yield Mover(*(ends if to_server else ends[::-1]), again)
    for name in ("killed", "whole"):
        postgres_server.drop(name)


def test_killed_at_any_moment(mover: Mover) -> None:
    mover.again()
    before = held(mover.old)
    _, whole = forked(mover.move, None)
    chance = random.Random(11)
    kills = 0
    for _ in range(10 * HERE):
        mover.again()
        # Its end is where most could go wrong.
        since = chance.choice((0.0, 0.8))
        killed, took = forked(mover.move, whole * chance.uniform(since, 1.0))
        found = mover.check(before)
        assert killed or found == (MOVED, "office")
        whole = whole if killed else min(whole, took)
        kills += killed
        if kills == HERE:
            return
    pytest.fail(f"only {kills} were killed before they were done")


def _die(*_: object) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def _arriving_to_die(*asked: Any) -> Iterator[arrival.Arrival]:
    with arriving(*asked) as new:
        yield new
    _die()


@pytest.mark.parametrize(
    ("module", "name", "instead", "found"),
    [
        (arrival, "_put", _die, ("office", "nothing")),
        (arrival, "arriving", _arriving_to_die, ("office", ARRIVING)),
        (moving, "_open", _die, (MOVED, ARRIVING)),
    ],
    ids=["before it is there", "before the old one says so", "before it is opened"],
)
def test_killed_between_the_ends(
    module: Any,
    name: str,
    instead: Callable[..., Any],
    found: tuple[str, str],
    mover: Mover,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mover.again()
    before = held(mover.old)
    with monkeypatch.context() as patched:
        patched.setattr(module, name, instead)
        killed, _ = forked(mover.move, None)
    if name == "_put" and not schema.sqlite_path(mover.new):
        assert not killed  # the commit itself puts it there
    else:
        assert mover.check(before) == found
