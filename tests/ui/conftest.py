"""The real desk on a real store, driven by keys, with a clock that is set by hand."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import date
from typing import Any

import pytest
from textual.pilot import Pilot

from interworky_tui.services import intake
from interworky_tui.services.context import Changed, Context
from interworky_tui.ui.app import DeskApp

PATIENCE = 2000
"""Turns of the event loop; a condition that never holds fails the test."""


class Desk:
    """What a receptionist has: keys to press and a screen to read."""

    def __init__(self, pilot: Pilot[Any], app: DeskApp, office: Context) -> None:
        self.pilot, self.app, self.office = pilot, app, office

    def text(self) -> str:
        """The whole screen as it is seen, toasts among it."""
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
        await self.until(lambda: all(word in self.text() + self.toasts() for word in words))

    def toasts(self) -> str:
        return "\n".join(f"{note.title} {note.message}" for note in self.app._notifications)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def type(self, text: str) -> None:
        for letter in text:
            await self.pilot.press(NAMES.get(letter, letter))

    def row(self, appointment_id: int) -> dict[str, Any]:
        with self.office.database.read() as connection:
            found = connection.exec_driver_sql(
                "SELECT * FROM appointment WHERE id = ?", (appointment_id,)
            )
            return dict(found.mappings().one())

    def messages(self, appointment_id: int) -> list[dict[str, Any]]:
        with self.office.database.read() as connection:
            found = connection.exec_driver_sql(
                "SELECT * FROM notification WHERE appointment_id = ? ORDER BY id",
                (appointment_id,),
            )
            return [dict(row) for row in found.mappings()]


NAMES = {" ": "space", ":": "colon", "@": "at", ".": "full_stop", "+": "plus", "-": "minus"}

OpenDesk = Callable[..., AbstractAsyncContextManager[Desk]]


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
