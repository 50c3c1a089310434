"""Killed in the middle of a backup, a restore or an upgrade: the office opens with all its data.

Children are forked from a worker that has its imports done, so that a kill comes at any moment of
the work itself; what is left is looked at from outside and the work is done again.
"""

import os
import random
import shutil
import signal
import sqlite3
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from interworky_tui.storage import keeping, restore, schema
from interworky_tui.storage.backup import backup, contents, read_only
from interworky_tui.storage.database import Database
from tests.storage.conftest import NEXT, NOW, Store, next_versions
from tests.storage.test_restore import KEPT, clients

KILLS = int(os.environ.get("KILLS", "10"))
"""Of each; ``python -m benchmarks.kills`` does more of them."""
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked")


@pytest.fixture(scope="module")
def office(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of some hundred clients, so that what is done to it takes a while."""
    file = Path(shutil.copy(template, tmp_path_factory.mktemp("many")))
    store = Store(schema.sqlite_url(file))
    with closing(store.connection):
        store.connection.execute("BEGIN")
        for number in range(400):
            store.visit(client_id=store.client(f"Client {number}"), note="x" * 400)
        store.connection.execute("COMMIT")
    return file


def forked(work: Callable[[], object], wait: float | None) -> tuple[bool, float]:
    """Do the work in a child that is killed after so many seconds, unless it is done by then.

    Returns whether it was killed, and how long it took.
    """
    begun = time.monotonic()
    with warnings.catch_warnings():
        # Of threads that a fork leaves behind; the child needs none of them.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    if wait is not None:
        # Not to wait for something: this is the random moment.
        time.sleep(wait)
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    ended = os.waitstatus_to_exitcode(status)
    assert ended in (0, -signal.SIGKILL), "it died of itself"
    return ended != 0, time.monotonic() - begun


def moments(
    work: Callable[[], object], again: Callable[[], None], kills: int = KILLS
) -> Iterator[bool]:
    """Kill the work at random moments until it was so often in the middle of it.

    Yields after each whether it was. A machine that is busy for a while takes longer then, so the
    quickest that was seen says how long the work takes.
    """
    again()
    _, whole = forked(work, None)
    chance = random.Random(11)
    in_the_middle = 0
    for _ in range(10 * kills):
        again()
        killed, took = forked(work, chance.uniform(0.0, whole))
        in_the_middle += killed
        if not killed:
            whole = min(whole, took)
        yield killed
        if in_the_middle == kills:
            return
    pytest.fail(f"only {in_the_middle} were killed before they were done")


def refill(folder: Path, *files: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for file in files:
        shutil.copy(file, folder)


def test_a_killed_backup(office: Path, tmp_path: Path) -> None:
    folder = tmp_path / "office"
    earlier = tmp_path / "interworky-2026-03-16-091000.db"
    file, target = folder / office.name, folder / "backups" / earlier.name
    backup(office, earlier, NOW)

    def again() -> None:
        refill(folder, office)
        target.parent.mkdir()
        shutil.copy(earlier, target)
        with closing(sqlite3.connect(file, isolation_level=None)) as connection:
            connection.execute("UPDATE client SET name = 'Ben'")

    for killed in moments(lambda: backup(file, target, NOW), again):
        with closing(read_only(target)) as copy:
            assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert contents(copy).clients == 400
            names = {name for (name,) in copy.execute("SELECT DISTINCT name FROM client")}
        assert killed or names == {"Ben"}
        assert names == {"Ben"} or len(names) == 400
        assert set(clients(file)) == {"Ben"}
        backup(file, target, NOW)
        old = NOW.timestamp() - 3 * 86400
        for left in target.parent.glob(".*"):
            os.utime(left, (old, old))
        keeping.rotate(target.parent, file, NOW)
        assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_a_killed_restore(office: Path, tmp_path: Path) -> None:
    folder = tmp_path / "office"
    file, saved = folder / office.name, tmp_path / "a.db"
    backup(office, saved, NOW)

    def again() -> None:
        refill(folder, office)
        pid = os.fork()
        if pid == 0:
            # A desk that was cut off, too: its last change is in the log alone.
            connection = sqlite3.connect(file, isolation_level=None)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("UPDATE client SET name = 'Ben'")
            os._exit(0)
        os.waitpid(pid, 0)

    def put_back() -> None:
        with restore.fetched(saved, file) as copy:
            restore.put_in_place(copy, file, NOW)

    for killed in moments(put_back, again):
        assert schema.look(file) is schema.SchemaState.CURRENT
        names = set(clients(file))
        assert names == {"Ben"} or (len(names) == 400 and set(clients(folder / KEPT)) == {"Ben"})
        assert killed or len(names) == 400
        put_back()
        assert len(set(clients(file))) == 400


def test_a_killed_upgrade(office: Path, tmp_path: Path) -> None:
    folder = tmp_path / "office"
    file = folder / office.name
    scripts = next_versions(
        tmp_path,
        "with op.batch_alter_table('client', recreate='always') as t: t.drop_column('language')",
    )

    def upgrade() -> None:
        database = Database(schema.sqlite_url(file))
        schema.migrate(database, revisions=NEXT, scripts=scripts)
        database.close()

    for killed in moments(upgrade, lambda: refill(folder, office)):
        state = schema.look(file, revisions=NEXT)
        assert killed or state is schema.SchemaState.CURRENT
        assert len(set(clients(file))) == 400
        upgrade()
        assert schema.look(file, revisions=NEXT) is schema.SchemaState.CURRENT
        assert len(set(clients(file))) == 400
