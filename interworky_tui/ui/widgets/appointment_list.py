"""One tab's appointments: a window over an index of any size, read off the event loop."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Offset, Region
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer

from interworky_tui.domain.appointment import Status
from interworky_tui.domain.clock import Clock
from interworky_tui.domain.errors import Refusal
from interworky_tui.storage.rows import Key, Row
from interworky_tui.ui.widgets.list_columns import MARK, Wording
from interworky_tui.ui.widgets.list_lines import BAR_WIDTH, Drawn, Painter
from interworky_tui.ui.widgets.list_looks import CSS, LOOKS
from interworky_tui.ui.widgets.loader import Loader
from interworky_tui.ui.widgets.marking import Marking
from interworky_tui.ui.widgets.moves import (
    Edge,
    Goto,
    Mark,
    Page,
    Scroll,
    Select,
    Step,
    Toggle,
    Wish,
)
from interworky_tui.ui.widgets.row_source import RowSource, View
from interworky_tui.ui.widgets.window import Window

RANK_DELAY = 0.15
"""Seconds without a read before the scrollbar's numbers are asked for."""
_WHEEL = 3
_HEADER = 1
_MOST_PLACES = 64


class AppointmentList(Marking, can_focus=True):
    """The cursor belongs to an appointment, not to a line.

    What depends on the time reads as it was at the last ``tick``, ``show`` or ``reload``.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "step(-1)", "Up", False, id="list.up", tooltip="The row above"),
        Binding("down,j", "step(1)", "Down", False, id="list.down", tooltip="The row below"),
        Binding("pageup", "page(-1)", "Page up", False, id="list.page_up", tooltip="A screen up"),
        Binding(
            "pagedown", "page(1)", "Page down", False, id="list.page_down", tooltip="A screen down"
        ),
        Binding("home", "edge(False)", "First", False, id="list.first", tooltip="The first row"),
        Binding("end", "edge(True)", "Last", False, id="list.last", tooltip="The last row"),
    ]

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"appointment-list--{look}" for look in LOOKS}
    DEFAULT_CSS = CSS

    ALLOW_SELECT = False

    @dataclass
    class CursorMoved(Message):
        """The cursor is on another row, or its row reads differently now; None: no rows."""

        row: Row | None

    @dataclass
    class RowChosen(Message):
        """The row was clicked twice."""

        row: Row

    @dataclass
    class CursorRowLeft(Message):
        """A change took the row from under the cursor out of this tab."""

        id: int
        name: str

    @dataclass
    class LoadFailed(Message):
        """Rows could not be read; what was shown stays. ``reload`` tries again."""

        problem: Refusal

    def __init__(
        self,
        source: RowSource,
        *,
        zone: tzinfo,
        now: Clock,
        band_label: Callable[[str | None], str],
        phone: Callable[[str], str] = str,
        rank_delay: float = RANK_DELAY,
        id: str | None = None,
    ) -> None:
        """Nothing is read before the first ``show``. ``phone`` writes an E.164 number."""
        super().__init__(id=id)
        self.auto_links = False
        self._clock, self._now = now, now()
        self._wording = Wording(zone, band_label, phone)
        self._painter = Painter(self._wording, self._now)
        self._window = self._shown = Window(View(Status.REQUESTED), 1)
        self._open = False
        self._hint = ""
        self._lines: list[Drawn] = []
        self._source = source
        self._places: dict[View, Mark] = {}
        self._told: Row | None = None
        self._loader = Loader(
            source, lambda: self._window, self._settle, self._failed, self.wait_for_refresh
        )
        self._quiet = asyncio.Event()
        self._rank_delay = rank_delay
        self._rank_timer: Timer | None = None
        self._grab: int | None = None
        self._dressed = False

    @property
    def view(self) -> View:
        """The tab and the search that were last asked for."""
        return self._window.view

    @property
    def cursor_row(self) -> Row | None:
        """The row under the cursor; None while another tab's rows are not there yet."""
        return self._window.row if self._window is self._shown else None

    async def settled(self) -> Row | None:
        """Wait until all keys pressed and changes told of so far are done; the cursor's row."""
        await self._quiet.wait()
        return self.cursor_row

    def show(self, status: Status, search: str = "") -> None:
        """Turn to a tab; the cursor stands where it last stood there.

        The old rows stay on screen until the new ones are there.
        """
        view = View(status, search)
        if self._open and view == self._window.view:
            return
        if mark := self._window.mark:
            self._places.pop(self._window.view, None)
            self._places[self._window.view] = mark
        if len(self._places) > _MOST_PLACES:
            del self._places[next(iter(self._places))]
        self._window = Window(view, self._height, self._places.get(view))
        self._open = True
        self._mind_the_time()
        self._settle()

    def reload(self) -> None:
        """Something changed somewhere: read again. The cursor's row stays on its line."""
        self._window.renew()
        if self._marks:
            self.run_worker(self._drop_marks(), group="marks", exclusive=False)
        self._mind_the_time()
        self._settle()

    def cover(self, over: Callable[[Row], Row]) -> None:
        """Show the rows as ``over`` gives them until they are read again."""
        for window in {self._window, self._shown}:
            window.rows = [over(row) for row in window.rows]
            window.left = over(window.left) if window.left else None
        self._settle()

    def select(self, target: Key | int) -> None:
        """Put the cursor on an appointment, by key or id, if this tab has it."""
        self._wish(Select(target if isinstance(target, int) else target.id))

    def tick(self) -> None:
        """Time went by: paint the lines that read differently now."""
        self._say(self._wording)

    @property
    def phone(self) -> Callable[[str], str]:
        return self._wording.phone

    @phone.setter
    def phone(self, phone: Callable[[str], str]) -> None:
        self._say(replace(self._wording, phone=phone))

    @property
    def empty_hint(self) -> str:
        """What an empty tab says in a few lines, and what to do."""
        return self._hint

    @empty_hint.setter
    def empty_hint(self, hint: str) -> None:
        self._hint = hint
        self._settle()

    def render_line(self, y: int) -> Strip:
        self._dress()
        return self._painter.strip(self._lines[y] if y < len(self._lines) else Drawn(""))

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._dressed = False

    def on_mount(self) -> None:
        self._settle()

    def on_resize(self) -> None:
        for window in {self._window, self._shown}:
            window.resize(self._height)
        self._painter.fit(self._shown.view.status, self.size.width)
        self._settle()
        self.refresh()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        at = event.get_content_offset(self)
        if at is None or event.button != 1 or self._window is not self._shown:
            return
        thumb = self._window.thumb()
        if at.x >= self.size.width - BAR_WIDTH and thumb:
            first, size = thumb
            on_thumb = first <= at.y - _HEADER < first + size
            self._grab = at.y - _HEADER - first if on_thumb else size // 2
            self.capture_mouse()
            if not on_thumb:
                self._drag(at)
        elif self._window.point(at.y - _HEADER):
            if event.ctrl:
                self._window.wish(Toggle())
            self._settle()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._grab is not None:
            self._drag(event.offset - self.content_offset)

    def on_mouse_up(self) -> None:
        if self._grab is not None:
            self._grab = None
            self.release_mouse()

    def on_click(self, event: events.Click) -> None:
        at, row = event.get_content_offset(self), self.cursor_row
        on_cursor = at is not None and at.y - _HEADER == self._window.cursor - self._window.top
        if event.chain == 2 and row and at and on_cursor and at.x < self.size.width - BAR_WIDTH:
            self.post_message(self.RowChosen(row))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._wish(Scroll(_WHEEL))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._wish(Scroll(-_WHEEL))

    def action_step(self, by: int) -> None:
        self._wish(Step(by))

    def action_page(self, by: int) -> None:
        self._wish(Page(by))

    def action_edge(self, last: bool) -> None:
        self._wish(Edge(last))

    @property
    def _height(self) -> int:
        return max(1, self.size.height - _HEADER)

    def _wish(self, wish: Wish) -> None:
        self._window.wish(wish)
        self._settle()

    def _drag(self, at: Offset) -> None:
        thumb = self._window.thumb()
        if thumb and self._grab is not None:
            room = max(1, self._height - thumb[1])
            self._wish(Goto((at.y - _HEADER - self._grab) / room))

    def _say(self, wording: Wording) -> None:
        self._dress()
        before = [self._painter.segments(drawn) for drawn in self._lines]
        self._wording, self._now = wording, self._clock()
        self._painter.speak(wording, self._now)
        self._refresh(
            y for y, old in enumerate(before) if old != self._painter.segments(self._lines[y])
        )

    def _mind_the_time(self) -> None:
        """As ``tick``, unless every line still reads as it did."""
        then, now = self._now, self._clock()
        if now.replace(second=0, microsecond=0) != then.replace(second=0, microsecond=0) or any(
            row.is_due(then) != row.is_due(now) or row.is_stale(then) != row.is_stale(now)
            for row in self._shown.rows
        ):
            self.tick()

    def _settle(self) -> None:
        """After anything: paint what changed, tell what changed, read what is wanted."""
        if self._window.loaded:
            if self._window is not self._shown:
                self._shown = self._window
                self._painter.fit(self._shown.view.status, self.size.width)
            if self._window.touched:
                self._take_marks()
            self._redraw()
            self._tell()
        self._read_on()
        if (self._window.settled or not self._open) and not self.marking:
            self._quiet.set()
        else:
            self._quiet.clear()

    def _redraw(self) -> None:
        window = self._shown
        marked = self._marked(window.view.status)
        lines = [self._painter.titles(len(marked))]
        thumb = window.thumb()
        if not window.rows:
            lines += self._painter.words(self._hint, self._height)
        for y, row in enumerate(window.visible()):
            bar = thumb[0] <= y < thumb[0] + thumb[1] if thumb else None
            look = "cursor" if window.top + y == window.cursor else ""
            look = f"{look}{MARK}" if row.id in marked else look
            lines.append(Drawn(row, look, bar))
        lines += [Drawn("")] * (1 + self._height - len(lines))
        before, self._lines = self._lines, lines
        if len(before) == len(lines):
            self._refresh(y for y, drawn in enumerate(lines) if drawn != before[y])
        else:
            self.refresh()

    def _refresh(self, lines: Iterable[int]) -> None:
        """Paint these lines, given from the top, neighbours as one region."""
        regions: list[Region] = []
        for y in lines:
            if regions and regions[-1].bottom == y:
                regions[-1] = regions[-1].grow((0, 0, 1, 0))
            else:
                regions.append(Region(0, y, self.size.width, 1))
        if regions:
            self.refresh(*regions)

    def _tell(self) -> None:
        window, row = self._window, self._window.row
        if window.left:
            self.post_message(self.CursorRowLeft(window.left.id, window.left.name))
            window.left = None
        if row != self._told:
            self._told = row
            self.post_message(self.CursorMoved(row))

    def _dress(self) -> None:
        if not self._dressed:
            styles = {
                look: self.get_component_rich_style(f"appointment-list--{look}") for look in LOOKS
            }
            self._painter.dress({"": self.rich_style, **styles})
            self._dressed = True

    def _read_on(self) -> None:
        if self._open and not self._loader.busy and self.is_mounted and self._window.ask():
            self._loader.busy = True
            self.run_worker(self._read(), group="rows")

    async def _read(self) -> None:
        await self._loader.rows()
        # The scrollbar's numbers wait until the rows have been still for a moment.
        if self._rank_timer:
            self._rank_timer.stop()
        if self._window.ask_rank() and self._rank_delay:
            self._rank_timer = self.set_timer(self._rank_delay, self._read_rank)
        elif self._window.ask_rank():
            self._read_rank()

    def _read_rank(self) -> None:
        if not self._loader.busy:
            self.run_worker(self._loader.rank(), group="rank", exclusive=True)

    def _failed(self, problem: Refusal) -> None:
        self._quiet.set()
        self.post_message(self.LoadFailed(problem))
