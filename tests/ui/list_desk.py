"""A screen with nothing but the list, and the hands that press keys at it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from textual import on
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widgets import Input

from interworky_tui.domain.appointment import Status
from interworky_tui.domain.errors import StoreProblem
from interworky_tui.storage.rows import Row
from interworky_tui.ui.widgets.appointment_list import AppointmentList
from screenshots.waiting import until
from tests.ui.list_source import MONDAY, ListSource

WIDTH, HEIGHT = 80, 12
ROWS = HEIGHT - 2
"""Lines of rows: the screen without the header and the field below."""


class Watched(AppointmentList):
    """Remembers which lines were painted."""

    painted: list[int]

    def render_line(self, y: int) -> Strip:
        self.painted.append(y)
        return super().render_line(y)


class Slow(ListSource):
    """Answers when it is let, with what was true when it was asked; ``fails`` once."""

    def __init__(self, rows: list[Row]) -> None:
        super().__init__(rows)
        self.gate = asyncio.Event()
        self.gate.set()
        self.fails: StoreProblem | None = None

    async def page(self, *args: Any, **how: Any) -> list[Row]:
        rows = await super().page(*args, **how)
        problem, self.fails = self.fails, None
        await self.gate.wait()
        if problem is not None:
            raise problem
        return rows


class Desk(App[None]):
    def __init__(self, source: ListSource, width: int = WIDTH) -> None:
        super().__init__()
        self.now = MONDAY
        self.told: list[Any] = []
        self.list = Watched(
            source,
            zone=ZoneInfo("Europe/Berlin"),
            now=self._clock,
            band_label=lambda key: (key or "").title(),
            rank_delay=0,
            id="list",
        )
        self.list.painted = []

    def _clock(self) -> datetime:
        return self.now

    def compose(self) -> ComposeResult:
        yield self.list
        yield Input(compact=True)

    def on_mount(self) -> None:
        self.list.focus()

    @on(AppointmentList.CursorMoved)
    @on(AppointmentList.RowChosen)
    @on(AppointmentList.CursorRowLeft)
    @on(AppointmentList.LoadFailed)
    @on(AppointmentList.Marked)
    def _told(self, event: Any) -> None:
        self.told.append(event)

    def heard(self, kind: type) -> list[Any]:
        return [event for event in self.told if type(event) is kind]


class Hands:
    """What a test does with the desk, and what it reads off it."""

    def __init__(self, app: Desk, pilot: Pilot[None], source: ListSource) -> None:
        self.app, self.pilot, self.source, self.list = app, pilot, source, app.list

    async def press(self, *keys: str) -> None:
        """As fast as a terminal would send them."""
        for key in keys:
            self.app.simulate_key(key)
        await self.pilot.pause()
        await self.rest()

    async def rest(self) -> None:
        await self.list.settled()
        await self.app.workers.wait_for_complete()
        await self.pilot.pause()
        await self.pilot.pause()

    async def resize(self, width: int, height: int) -> None:
        """Textual lays out anew for a window that has been still for a moment."""
        await self.pilot.resize_terminal(width, height)
        await until(self.pilot, lambda: self.list.size.width == width)
        await self.rest()

    async def show(self, status: Status, search: str = "") -> None:
        self.list.show(status, search)
        await self.rest()

    async def reload(self) -> None:
        self.list.reload()
        await self.rest()

    def lines(self) -> list[str]:
        return [strip.text for strip in self.strips()]

    def strips(self) -> list[Strip]:
        lines = range(self.list.size.height)
        return [AppointmentList.render_line(self.list, y) for y in lines]

    def names(self) -> list[str]:
        return [line[9:21].strip() for line in self.lines()[1:] if line[9:21].strip()]

    def cursor_line(self) -> int:
        signs = [line[0] for line in self.lines()]
        assert signs.count(">") == 1
        return signs.index(">")

    def cursor_name(self) -> str:
        assert self.list.cursor_row is not None
        assert self.list.cursor_row.name in self.lines()[self.cursor_line()]
        return self.list.cursor_row.name

    def bar(self) -> str:
        return "".join(line[-1] for line in self.lines()[1:])


@asynccontextmanager
async def opened(
    rows: list[Row] | ListSource, size: tuple[int, int] = (WIDTH, HEIGHT)
) -> AsyncIterator[Hands]:
    source = rows if isinstance(rows, ListSource) else ListSource(rows)
    app = Desk(source)
    async with app.run_test(size=size) as pilot:
        hands = Hands(app, pilot, source)
        await hands.show(Status.SCHEDULED)
        hands.list.painted.clear()
        yield hands
