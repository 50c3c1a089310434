"""A few lines of a modal, painted one by one: only those that differ."""

from collections.abc import Sequence

from textual.content import Content
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from interworky_tui.ui.widgets.texts import strip_of


class Lines(Widget):
    """What is too long for a line has an ellipsis."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "Lines { height: auto; }"

    def __init__(self, lines: Sequence[Content], *, id: str, classes: str) -> None:
        super().__init__(id=id, classes=classes)
        self._lines = tuple(lines)

    def show(self, lines: Sequence[Content]) -> None:
        before, self._lines = self._lines, tuple(lines)
        if len(before) != len(self._lines):
            self.refresh(layout=True)
            return
        pairs = enumerate(zip(before, self._lines, strict=True))
        differ = [y for y, (one, other) in pairs if not one.is_same(other)]
        if differ:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in differ))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines)

    def render_line(self, y: int) -> Strip:
        line = self._lines[y] if y < len(self._lines) else Content("")
        return strip_of(self, line, self.size.width, self.visual_style)
