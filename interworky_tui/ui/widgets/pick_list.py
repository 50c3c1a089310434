"""A list of lines to choose from, painted line by line: only those in view, only what changed."""

from bisect import bisect
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from interworky_tui.ui.widgets.texts import strip_of

LINE, CURSOR, TITLE = "pick-list--line", "pick-list--cursor", "pick-list--title"


class PickList(ScrollView, can_focus=True):
    """The cursor goes round, and never stands on a title."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "step(1)", "Down", show=False),
        Binding("end", "edge(-1)", "Last", show=False),
        Binding("enter", "choose", "Select", show=False),
        Binding("home", "edge(0)", "First", show=False),
        Binding("pagedown", "page(1)", "Page Down", show=False),
        Binding("pageup", "page(-1)", "Page Up", show=False),
        Binding("up", "step(-1)", "Up", show=False),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {LINE, CURSOR, TITLE}
    DEFAULT_CSS = """
    PickList {
        height: 1fr;
        width: 1fr;
        color: $foreground;
        background: $background;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        &:focus { background-tint: $foreground 5%; }
        & > .pick-list--title { color: $primary; text-style: bold; }
        & > .pick-list--cursor {
            color: $block-cursor-blurred-foreground;
            background: $block-cursor-blurred-background;
        }
        &:focus > .pick-list--cursor {
            color: $block-cursor-foreground;
            background: $block-cursor-background;
            text-style: bold;
        }
    }
    """
    ALLOW_SELECT = False

    @dataclass
    class Moved(Message):
        """The cursor stands on another line."""

    @dataclass
    class Chosen(Message):
        """The line under the cursor."""

    def __init__(
        self,
        lines: Sequence[Content] = (),
        titles: Collection[int] = (),
        *,
        id: str | None = None,
    ) -> None:
        """``titles`` are the indexes of lines that only say what comes after them."""
        super().__init__(id=id)
        self._lines: list[Content] = []
        self._places: list[int] = []
        self._painted: dict[tuple[int, int, bool], Strip] = {}
        self._take(lines, titles)
        self.at = self._places[0] if self._places else None
        """The index of the line under the cursor; None in an empty list."""

    def show(self, lines: Sequence[Content], at: int = 0) -> None:
        """Other lines, none of them a title."""
        self._take(lines, ())
        self.at = at if lines else None
        self._in_view()
        self.refresh()

    def put(self, index: int, line: Content) -> None:
        """Another text for one line."""
        self._lines[index] = line
        self._painted.clear()
        self._refresh_line(index)

    def go(self, index: int) -> None:
        before, self.at = self.at, index
        if before != index:
            for one in (before, index):
                self._refresh_line(one)
            self._in_view()
            self.post_message(self.Moved())

    def action_step(self, by: int) -> None:
        if self.at is not None:
            self.go(self._places[(self._places.index(self.at) + by) % len(self._places)])

    def action_page(self, by: int) -> None:
        if self.at is not None:
            wanted = self.at + by * max(1, self.size.height)
            place = bisect(self._places, wanted - 1 if by > 0 else wanted) - (by < 0)
            self.go(self._places[max(0, min(place, len(self._places) - 1))])

    def action_edge(self, place: int) -> None:
        if self._places:
            self.go(self._places[place])

    def action_choose(self) -> None:
        if self.at is not None:
            self.post_message(self.Chosen())

    def on_click(self, event: events.Click) -> None:
        index = round(self.scroll_y) + event.y
        if index in self._places:
            self.go(index)
            self.action_choose()

    def on_resize(self) -> None:
        self._painted.clear()
        self.virtual_size = Size(self._width, len(self._lines))
        self._in_view()

    def notify_style_update(self) -> None:
        self._painted.clear()
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        index, width = round(self.scroll_y) + y, self._width
        if index >= len(self._lines):
            return Strip.blank(width, self.get_visual_style(LINE).rich_style)
        key = index, width, index == self.at
        if key not in self._painted:
            self._painted[key] = self._paint(*key)
        return self._painted[key]

    def _paint(self, index: int, width: int, here: bool) -> Strip:
        kind = CURSOR if here else LINE if index in self._places else TITLE
        return strip_of(self, self._lines[index], width, self.get_visual_style(kind))

    @property
    def _width(self) -> int:
        """Without the scrollbar's."""
        return self.scrollable_content_region.width

    def _take(self, lines: Sequence[Content], titles: Collection[int]) -> None:
        self._lines = list(lines)
        self._places = [index for index in range(len(lines)) if index not in titles]
        self._painted.clear()
        self.virtual_size = Size(self._width, len(self._lines))

    def _refresh_line(self, index: int | None) -> None:
        if index is not None:
            self.refresh(Region(0, index - round(self.scroll_y), self._width, 1))

    def _in_view(self) -> None:
        if self.at is not None and self.size:
            self.scroll_to_region(
                Region(0, self.at, self._width, 1), animate=False, force=True, immediate=True
            )
