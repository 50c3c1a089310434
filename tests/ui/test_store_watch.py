"""What is wrong with the office's data is on every screen, and a file that is gone is kept."""

import threading
from contextlib import closing
from pathlib import Path

import pytest

from interworky_tui.domain.errors import StoreMoved
from interworky_tui.paths import Paths
from interworky_tui.storage.backup import contents, read_only
from interworky_tui.storage.database import Database
from interworky_tui.ui.store_watch import StoreWatch


def backups(places: Paths) -> list[Path]:
    return sorted(places.backups.glob("*.db")) if places.backups.exists() else []


@pytest.mark.parametrize("replaced", [False, True])
async def test_a_file_that_is_gone_is_told_of_and_what_was_in_it_is_kept(
    open_desk, asked, places, clock, empty_store, replaced
):
    asked(name="Ana Ruiz")
    # Another program has the office of today backed up already.
    async with open_desk(size=(140, 40)) as desk:
        await desk.until(lambda: desk.app.jobs is not None)
        await desk.until(lambda: backups(places))
        clock.forward(minutes=5)
        asked(name="Ben Ode")
        for end in ("", "-wal", "-shm"):
            Path(f"{places.database}{end}").unlink()
        if replaced:
            places.database.write_bytes(empty_store.read_bytes())
        await desk.sees("replaced by another one" if replaced else "is gone from its place")
        await desk.sees("All that was saved until then is in")
        made = backups(places)[-1]
        with closing(read_only(made)) as copy:
            assert contents(copy).appointments == 2
        # No other screen, and no other change, goes on as if nothing were.
        await desk.press("m")
        await desk.sees("Close every desk")
        with pytest.raises(StoreMoved):
            asked(name="Cleo Fox")
    if not replaced:
        assert not places.database.exists()


async def test_a_backup_that_cannot_be_made_is_on_the_banner_until_it_is(open_desk, places):
    places.backups.write_text("in the way")
    async with open_desk(size=(120, 40)) as desk:
        await desk.sees("Today's backup was not made")
        places.backups.unlink()


def test_a_write_into_a_file_that_was_replaced_is_refused(office, places, empty_store):
    with office.database.write() as connection:
        connection.exec_driver_sql("SELECT 1")
    other = places.data / "other.db"
    other.write_bytes(empty_store.read_bytes())
    other.replace(places.database)
    with pytest.raises(StoreMoved, match="interworky-tui doctor"), office.database.write():
        pytest.fail("the write began")
    again = Database(office.database.url)
    with again.write() as connection:
        connection.exec_driver_sql("SELECT 1")
    again.close()


def test_what_could_not_be_read_is_read_again_once(settings, places, clock, office):
    watch = StoreWatch(settings, places, clock, lambda: None)
    watch.begin(office.database.url)
    with closing(watch):
        assert not watch.changed()
        watch.not_read()
        assert not watch.changed(), "not at once"
        assert any(threading.Event().wait(0.01) or watch.changed() for _ in range(2000))
        assert not watch.changed()
