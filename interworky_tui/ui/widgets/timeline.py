"""The lines of one day, by time; the cursor stays on what it is on while the day changes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from interworky_tui.ui.widgets.texts import strip_of

_WHEEL = 3
_SIGN, _BLANK = ">", " "


@dataclass(frozen=True)
class TimeLine:
    """``id`` is "" for what cannot be chosen; it stays the same from one reading to the next.

    Of a long day few lines are seen: ``draw`` is asked for those alone. The first cell of the
    text is kept for the cursor's sign when it is blank.
    """

    at: datetime
    draw: Callable[[], Content]
    id: str = ""

    @cached_property
    def text(self) -> Content:
        return self.draw()


class Timeline(Widget, can_focus=True):
    """A click moves the cursor, a second one chooses; Enter chooses.

    It paints the lines that differ, so that a key costs two of them.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "step(1)", "Down", show=False, tooltip="The next line"),
        Binding("up,k", "step(-1)", "Up", show=False, tooltip="The line before"),
        Binding("pagedown", "page(1)", "Page down", show=False, tooltip="A screenful down"),
        Binding("pageup", "page(-1)", "Page up", show=False, tooltip="A screenful up"),
        Binding("home", "edge(False)", "First", show=False, tooltip="The first line"),
        Binding("end", "edge(True)", "Last", show=False, tooltip="The last line"),
        Binding(
            "enter",
            "choose",
            "Choose",
            show=False,
            tooltip="Turn to the visit on the desk; give free time to somebody, or put down"
            " what is being moved",
        ),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"timeline--cursor", "timeline--scrollbar"}
    DEFAULT_CSS = """
    Timeline {
        width: 1fr;
        height: 1fr;
        & > .timeline--scrollbar { color: $scrollbar; }
        & > .timeline--cursor {
            color: $block-cursor-foreground;
            background: $block-cursor-background;
            text-style: bold;
        }
        &:nocolor > .timeline--cursor { text-style: bold underline; }
    }
    """
    ALLOW_SELECT = False

    @dataclass
    class Chosen(Message):
        """``id`` is "" when there is nothing to choose."""

        id: str

    @dataclass
    class CursorMoved(Message):
        id: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.auto_links = False
        self._of_day: tuple[TimeLine, ...] = ()
        self._can: list[int] = []
        self._cursor: int | None = None
        self._top = 0
        self._strips: dict[tuple[Content, bool], Strip] = {}

    @property
    def chosen(self) -> str:
        """The id under the cursor, or ""."""
        return self._of_day[self._cursor].id if self._cursor is not None else ""

    def show(self, lines: Sequence[TimeLine], *, at: str | datetime | None = None) -> None:
        """Show a day. The cursor goes to ``at``, an id or a moment; else it stays where it is.

        What it was on may be gone: then it goes to what is at that time now.
        """
        on, cursor, before, shown = self.chosen, self._cursor, self._of_day, self._look()
        offset = cursor - self._top if cursor is not None else 0
        self._of_day = tuple(lines)
        self._can = [index for index, line in enumerate(lines) if line.id]
        if at is None and cursor is not None:
            there = any(line.id == on for line in lines)
            at = on if there else before[cursor].at
        self._cursor = self._find(at if at is not None else "")
        # The line under the cursor stays where it is on the screen.
        self._top = (self._cursor or 0) - offset
        self._reach()
        if self._look() != shown:
            self._strips.clear()
            self.refresh()
        if self.chosen != on:
            self.post_message(self.CursorMoved(self.chosen))

    def _look(self) -> tuple[object, ...]:
        """All that the picture hangs on, but for the size and the styles."""
        seen = self._of_day[self._top : self._top + self.size.height]
        return self._top, self._cursor, len(self._of_day), [line.text for line in seen]

    def _find(self, at: str | datetime) -> int | None:
        """A line that can be chosen: this one, else the last until then, else the first."""
        can = self._can
        if not can:
            return None
        if isinstance(at, str):
            return next((index for index in can if self._of_day[index].id == at), can[0])
        return can[max(0, bisect_right([self._of_day[index].at for index in can], at) - 1)]

    def _reach(self) -> bool:
        """Scroll as little as shows the cursor; whether that was anything."""
        before, height = self._top, max(1, self.size.height)
        cursor = self._cursor or 0
        # What stands above the first line that can be chosen is shown with it.
        first = 0 if cursor == next(iter(self._can), 0) else cursor
        self._top = max(min(self._top, first), cursor - height + 1, 0)
        self._top = min(self._top, max(0, len(self._of_day) - height))
        return self._top != before

    def render_line(self, y: int) -> Strip:
        index, room = self._top + y, max(0, self.size.width - 1)
        if index >= len(self._of_day):
            return Strip.blank(self.size.width, self.rich_style)
        strip = self._drawn(self._of_day[index].text, index == self._cursor, room)
        bar = self.get_component_rich_style("timeline--scrollbar")
        return Strip([*strip, Segment(self._bar(y), bar)], room + 1)

    def _drawn(self, text: Content, on: bool, room: int) -> Strip:
        key = text, on
        if key not in self._strips:
            style = self.visual_style
            if on:  # without the marks' own colours, which may not be readable there
                style = self.get_visual_style("timeline--cursor")
                sign = _SIGN if text.plain[:1] == _BLANK else text.plain[:1]
                text = Content(sign + text.plain[1:])
            self._strips[key] = strip_of(self, text, room, style)
        return self._strips[key]

    def _bar(self, y: int) -> str:
        total, height = len(self._of_day), self.size.height
        if total <= height:
            return _BLANK
        size = max(1, height * height // total)
        first = self._top * (height - size) // (total - height)
        return "█" if first <= y < first + size else "│"

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._strips.clear()

    def on_resize(self) -> None:
        self._strips.clear()
        self._reach()
        self.refresh()

    def _go(self, index: int) -> None:
        before, self._cursor = self._cursor, index
        if self._reach():
            self.refresh()
        elif before != index:
            self._paint(one for one in (before, index) if one is not None)
        if before != index:
            self.post_message(self.CursorMoved(self.chosen))

    def _paint(self, indexes: Iterable[int]) -> None:
        self.refresh(*(Region(0, index - self._top, self.size.width, 1) for index in indexes))

    def action_step(self, by: int) -> None:
        can = self._can
        if self._cursor is not None:
            place = can.index(self._cursor) + by
            self._go(can[max(0, min(place, len(can) - 1))])

    def action_page(self, by: int) -> None:
        if self._cursor is not None:
            wanted = self._cursor + by * max(1, self.size.height - 1)
            self._go(min(self._can, key=lambda index: abs(index - wanted)))

    def action_edge(self, last: bool) -> None:
        if self._can:
            self._go(self._can[-1 if last else 0])

    def action_choose(self) -> None:
        self.post_message(self.Chosen(self.chosen))

    def on_click(self, event: events.Click) -> None:
        at = event.get_content_offset(self)
        index = self._top + at.y if at else -1
        if 0 <= index < len(self._of_day) and self._of_day[index].id:
            self._go(index)
            if event.chain == 2:
                self.action_choose()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._scroll(_WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._scroll(-_WHEEL)

    def _scroll(self, lines: int) -> None:
        most = max(0, len(self._of_day) - self.size.height)
        self._top = max(0, min(self._top + lines, most))
        self.refresh()
