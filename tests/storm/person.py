"""One who sits at the desk itself in the storm: the program as it is, without a terminal, with
its own reads, its own scheduler and its own watch over the store, worked by its keys.
"""

import asyncio
import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from textual.events import Key

from interworky_tui import bootstrap, config, paths
from interworky_tui.domain.appointment import Status
from interworky_tui.domain.errors import Refusal, StoreProblem
from interworky_tui.services.context import Changed, Context
from interworky_tui.storage.card import Card
from interworky_tui.storage.queries import Reader
from interworky_tui.storage.rows import Row
from interworky_tui.ui import app as app_module
from interworky_tui.ui.app import DeskApp
from interworky_tui.ui.curtain import Curtain
from interworky_tui.ui.hands import Hands
from interworky_tui.ui.screens.desk import DeskScreen
from tests.storm import crew

T = TypeVar("T")

SIZE = (80, 24)
REFRESH = 500
"""Milliseconds: something changes all the time, and to paint it is most of the work."""
ALL = 1_000_000
"""Rows: more than a tab has."""
TURN, PATIENCE = 0.005, 10.0
"""Seconds between two looks at the screen, and how long something is waited for."""
BY_KEYS, AT_MOST = 0.5, 6
"""How often a change is made by keys alone, and how many are made between them by the desk's
hands without a modal, which is quicker."""
ABOUT = ("1", "2", "3", "4", "5", "6", "down", "up", "pagedown", "pageup", "home", "end")
CHANGES: dict[Status, tuple[tuple[str, ...], ...]] = {
    Status.REQUESTED: (("enter", "1"), ("t", "1", "enter"), ("x", "3", "enter"), ("u",)),
    Status.SCHEDULED: (("a", "enter"), ("r",), ("x", "1", "enter"), ("enter", "enter"), ("u",)),
    Status.ATTENDED: (("f", "enter"), ("enter", "enter"), ("u",)),
    Status.FEEDBACK_PENDING: (("f", "enter"), ("u",)),
    Status.FEEDBACK_COLLECTED: (("u",),),
    Status.CANCELLED: (("u",),),
}
"""The first key is the desk's, the others are those of the modal that it opens."""


@dataclass(frozen=True)
class Picture:
    """What a screen shows: the rows that are in sight, the lines that are painted of them, the
    numbers on the tabs, and the card.
    """

    status: Status
    rows: list[Row]
    lines: list[str]
    counts: dict[Status, int]
    card: Card | None

    def is_right(self, reader: Reader) -> bool:
        """Whether it is what the store has, read anew."""
        tab = reader.page(self.status, limit=ALL)
        return (
            self._in_sight(tab)
            and self.counts == reader.counts(crew.LATER).of
            and (not self.rows or self.card is not None)
            and (self.card is None or self.card == reader.card(self.card.appointment.id))
        )

    def _in_sight(self, tab: list[Row]) -> bool:
        """Neighbours in the tab, as many as there is room for, each of them painted."""
        first = tab.index(self.rows[0]) if self.rows and self.rows[0] in tab else 0
        room = len(self.lines)
        return self.rows == tab[first : first + room] and all(
            row.name in line for row, line in zip(self.rows, self.lines, strict=False)
        )


class Desk(DeskApp):
    """``answers`` counts what the person was refused."""

    # Textual looks for them beside the class.
    CSS_PATH = [Path(app_module.__file__).parent / file for file in DeskApp.CSS_PATH]  # noqa: RUF012
    answers = 0

    def refuse(self, refused: Refusal) -> None:
        self.answers += 1
        super().refuse(refused)


class TellingHands(Hands):
    """Says of each change when it is done, in the thread that has done it."""

    def __init__(self, tell: Callable[[str, Any], None], curtain: Curtain) -> None:
        super().__init__(curtain)
        self._tell = tell

    async def run(self, work: Callable[[], T]) -> T:
        def told() -> T:
            try:
                found = work()
            except Refusal as refused:
                self._tell(*crew.refused(refused))
                raise
            for part in found if isinstance(found, tuple) else (found,):
                if isinstance(part, Changed):
                    self._tell(crew.MADE, (part.appointment.id, part.appointment.version))
            return found

        return await super().run(told)


class Faults(logging.Handler):
    """What nobody expected; the desk goes on after it, and the storm must not."""

    def __init__(self, tell: Callable[[str, Any], None]) -> None:
        super().__init__(logging.ERROR)
        self._tell, self.told = tell, False

    def emit(self, record: logging.LogRecord) -> None:
        self.told = True
        self._tell(crew.FAULT, self.format(record))


@dataclass
class Person:
    """``line`` is the one to whoever has hired them."""

    place: crew.Place
    name: str
    line: Connection

    def __post_init__(self) -> None:
        self.chance = random.Random(self.name)
        self._speaking = threading.Lock()
        self.faults = Faults(self.tell)
        self.ended = False

    def tell(self, what: str, of: Any) -> None:
        with self._speaking:
            self.line.send((what, of))

    async def work(self) -> None:
        """For good, unless something is wrong: a desk that closes because the office is away is
        opened again.
        """
        while not self.faults.told:
            with suppress(StoreProblem):
                await self._at(self._desk())
            await asyncio.sleep(crew.LOOK_EVERY)

    def _desk(self) -> Desk:
        """Raises StoreProblem."""
        told = {**crew.SETTINGS, "desk": {"actor": self.name, "refresh_ms": REFRESH}}
        settings = msgspec.structs.replace(
            msgspec.convert(told, config.Settings),
            database=config.Database(url=self.place.url),
        )
        own = paths.at(self.place.folder / self.name)
        app = Desk(settings, own, clock=self.place.time.clock)
        app.hands = TellingHands(self.tell, app.curtain)
        return app

    async def _at(self, app: Desk) -> None:
        sitting = asyncio.create_task(self._sit(app))
        # Whatever ends it ends the desk, and is raised below.
        sitting.add_done_callback(lambda _done: app.exit())
        try:
            await app.run_async(headless=True, size=SIZE)
        finally:
            sitting.cancel()
            with suppress(asyncio.CancelledError):
                await sitting

    async def _sit(self, app: Desk) -> None:
        await app.hands.office()
        while not self.ended:
            if self.line.poll():
                self.ended = self.line.recv() == crew.END
                self.tell(crew.ENDED, None)
            else:
                await self._do(app)
        while True:
            if self.line.poll():
                self.line.recv()
                self.tell(crew.SHOWN, picture(app))
            await asyncio.sleep(TURN)

    async def _do(self, app: Desk) -> None:
        for _ in range(self.chance.randrange(3)):
            press(app, self.chance.choice(ABOUT))
        desk = desk_of(app)
        with suppress(TimeoutError):
            await asyncio.wait_for(desk.rows.settled(), PATIENCE)
        row = desk.rows.cursor_row
        if row is not None and self.chance.random() < BY_KEYS:
            await self._by_keys(app, self.chance.choice(CHANGES[row.status]))
            return
        for _ in range(self.chance.randint(1, AT_MOST)):
            rows = desk.rows._shown.visible()
            with suppress(Refusal):
                await app.hands.ask(crew.any_verb, self.chance, rows)

    async def _by_keys(self, app: Desk, pressed: tuple[str, ...]) -> None:
        desk, (first, *others) = desk_of(app), pressed
        answered, last = app.answers, desk.last
        press(app, first)
        await until(
            lambda: app.screen is not desk or app.answers > answered or desk.last is not last
        )
        for key in others:
            if app.screen is not desk:
                press(app, key)
        await until(lambda: app.screen is desk or _refused(app))
        while app.screen is not desk:
            # What is being written is waited for, as by one who reads what the modal says.
            await until(lambda: not getattr(app.screen, "_busy", False))
            press(app, "escape")
            await until(lambda: app.screen is desk, 1)
        if desk.last is not last:
            self.tell(crew.KEYED, None)


async def until(there: Callable[[], object], patience: float = PATIENCE / 5) -> None:
    """At most so many seconds: what does not come is done without."""
    end = time.monotonic() + patience
    while not there() and time.monotonic() < end:
        await asyncio.sleep(TURN)


def press(app: DeskApp, key: str) -> None:
    app.post_message(Key(key, key if len(key) == 1 else None))


def desk_of(app: DeskApp) -> DeskScreen:
    desk = app.screen_stack[0]
    assert isinstance(desk, DeskScreen)
    return desk


def _refused(app: DeskApp) -> bool:
    return any(error.has_class("-told") for error in app.screen.query(".error"))


def picture(app: DeskApp) -> Picture:
    desk = desk_of(app)
    with app._context():
        rows = desk.rows
        lines = [rows.render_line(y).text for y in range(1, rows.size.height)]
        counts = desk.counts.of if desk.counts else {}
        return Picture(desk.current, rows._shown.visible(), lines, counts, desk.card)


@contextmanager
def _wired(place: crew.Place) -> Iterator[None]:
    """The desk sends to the storm's far end, at the storm's speed, while no worker does."""

    def delivery(office: Context, *_others: Any, **_more: Any) -> bootstrap.Delivery:
        return bootstrap.Delivery(crew.outbox(place, office.database), ())

    usual = bootstrap.delivery
    setattr(bootstrap, "delivery", delivery)  # noqa: B010
    try:
        yield
    finally:
        setattr(bootstrap, "delivery", usual)  # noqa: B010


def person(place: crew.Place, name: str, line: Connection) -> None:
    """As ``crew.desk``, at a screen that is painted."""
    sitting = Person(place, name, line)
    logging.getLogger().addHandler(sitting.faults)
    with _wired(place):
        asyncio.run(sitting.work())
