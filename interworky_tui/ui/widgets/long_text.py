"""A text of many lines: wrapped once, and painted only where it is in view."""

from collections.abc import Sequence

from textual.content import Content
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from interworky_tui.ui.widgets.texts import strip_of


class LongText(ScrollView, can_focus=False):
    DEFAULT_CSS = "LongText { height: auto; overflow-x: hidden; }"

    def __init__(self, lines: Sequence[Content], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines = lines
        self._wrapped: tuple[int, list[Content]] = (0, [])
        self._painted: dict[int, Strip] = {}

    def get_content_width(self, container: Size, viewport: Size) -> int:
        return container.width

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        lines = self._at(width)
        # Not by the watcher, which would ask for another layout in the middle of this one.
        self.set_reactive(Widget.virtual_size, Size(width, len(lines)))
        return len(lines)

    def on_resize(self) -> None:
        """Beside a scrollbar there is room for less."""
        width = self.scrollable_content_region.width
        self.virtual_size = Size(width, len(self._at(width)))

    def notify_style_update(self) -> None:
        self._painted.clear()
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        width, index = self.scrollable_content_region.width, round(self.scroll_y) + y
        lines = self._at(width)
        if index not in self._painted:
            line = lines[index] if index < len(lines) else Content("")
            self._painted[index] = strip_of(self, line, width, self.visual_style)
        return self._painted[index]

    def _at(self, width: int) -> list[Content]:
        if self._wrapped[0] != width:
            lines = [
                part
                for line in self._lines
                for part in ([line] if line.cell_length <= width else line.wrap(width))
            ]
            self._wrapped = width, lines
            self._painted.clear()
        return self._wrapped[1]
