"""The real desk on a real store, driven by keys, with a clock that is set by hand."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Select, select
from textual.pilot import Pilot

from interworky_tui.config import Database, Settings
from interworky_tui.services import intake
from interworky_tui.services.context import Changed, Context
from interworky_tui.storage.moments import to_text
from interworky_tui.storage.server import is_server
from interworky_tui.storage.tables import APPOINTMENT, NOTIFICATION
from interworky_tui.ui.app import DeskApp
from screenshots import draw, stations
from tests.conftest import on_both
from tests.ui import parsed, rest

rest.install()
parsed.install()

PATIENCE = 2000
"""Turns of the event loop; a condition that never holds fails the test."""


class Desk:
    """What a receptionist has: keys to press and a screen to read."""

    def __init__(self, pilot: Pilot[Any], app: DeskApp, office: Context) -> None:
        self.pilot, self.app, self.office = pilot, app, office

    def text(self) -> str:
        """The whole screen as it is seen, toasts among it."""
        with self.app._context():  # of two desks in one test the one that is asked
            strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text for strip in strips)

    async def until(self, there: Callable[[], object]) -> None:
        for _ in range(PATIENCE):
            if there():
                await self.pilot.pause()
                return
            await self.pilot.pause(0.005)
        raise AssertionError(f"it did not come to pass; on the screen:\n{self.text()}")

    async def sees(self, *words: str) -> None:
        """All the words are on the screen; a toast's may be broken over its lines."""

        def there() -> bool:
            shown = self.text() + self.toasts()
            return all(word in shown for word in words)

        await self.until(there)

    def toasts(self) -> str:
        return "\n".join(f"{note.title} {note.message}" for note in self.app._notifications)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def type(self, text: str) -> None:
        for letter in text:
            await self.pilot.press(NAMES.get(letter, letter))

    def row(self, appointment_id: int) -> dict[str, Any]:
        (row,) = self._rows(select(APPOINTMENT).where(APPOINTMENT.c.id == appointment_id))
        return row

    def messages(self, appointment_id: int) -> list[dict[str, Any]]:
        of_visit = NOTIFICATION.c.appointment_id == appointment_id
        return self._rows(select(NOTIFICATION).where(of_visit).order_by(NOTIFICATION.c.id))

    def _rows(self, query: Select[Any]) -> list[dict[str, Any]]:
        """Moments are text, as SQLite keeps them."""
        with self.office.database.read() as connection:
            return [
                {
                    name: to_text(value) if isinstance(value, datetime) else value
                    for name, value in row.items()
                }
                for row in connection.execute(query).mappings()
            ]


NAMES = {" ": "space", ":": "colon", "@": "at", ".": "full_stop", "+": "plus", "-": "minus"}

OpenDesk = Callable[..., AbstractAsyncContextManager[Desk]]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.definition.get_closest_marker("both_databases"):
        on_both(metafunc)


@pytest.fixture
def settings(settings: Settings, store_url: str) -> Settings:
    """A file is named by nothing, because it is in its place."""
    if not is_server(store_url):
        return settings
    return msgspec.structs.replace(settings, database=Database(url=store_url))


@pytest.fixture
def open_desk(settings: Any, places: Any, clock: Any, office: Context) -> OpenDesk:
    @asynccontextmanager
    async def opened(
        size: tuple[int, int] = (80, 24), settings: Any = settings
    ) -> AsyncIterator[Desk]:
        app = DeskApp(settings, places, clock=clock)
        async with app.run_test(size=size, notifications=True) as pilot:
            desk = Desk(pilot, app, office)
            await app.hands.office()
            await pilot.pause()
            yield desk

    return opened


@pytest.fixture
def asked(office: Context) -> Callable[..., Changed]:
    """Files a request for Friday 20 March 2026."""

    def file(
        name: str = "Ana Ruiz",
        phone: str = "+4915112345601",
        email: str = "ana@example.com",
        **more: Any,
    ) -> Changed:
        wanted = {"date": date(2026, 3, 20), "band": "morning"} | more
        new = intake.NewRequest(name=name, phone=phone, email=email, **wanted)
        return intake.request(office, new)

    return file


@pytest.fixture
def opened(demo: tuple[Settings, Path], tmp_path: Path) -> Callable[..., Any]:
    """A desk on a copy of the demo office, of a size, at the present of one of its stations."""
    told, kept = demo

    def opened(name: str, size: tuple[int, int]) -> Any:
        places = draw.copied(kept, tmp_path / "office")
        return draw.opened(told, places, size=size, at=stations.present(name))

    return opened
