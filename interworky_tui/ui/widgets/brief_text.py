"""A text of which a few lines are shown at a time."""

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.scrollbar import ScrollBarRender
from textual.strip import Strip
from textual.widgets import Static

from interworky_tui.ui.widgets.texts import strip_of

_WHEEL = 2
"""Lines."""


class BriefText(Static):
    """It scrolls its lines and draws its scrollbar itself: a container with a scrollbar in a modal
    is laid out three times before all of it is there.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = "BriefText { height: auto; }"

    def __init__(self, text: Content | str = "", *, id: str) -> None:
        super().__init__(text, id=id, markup=False, classes="scroll -brief")
        self._top = 0
        self._text: object = None
        self._wrapped: dict[int, list[Content]] = {}

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines(width))

    def render_line(self, y: int) -> Strip:
        width, height = self.size
        lines = self._lines(width)
        if len(lines) <= height:
            return self._strip(lines, y, width)
        lines = self._lines(width - 1)
        self._top = max(0, min(self._top, len(lines) - height))
        bar = self._bar(len(lines), height)[y]
        return Strip.join([self._strip(lines, self._top + y, width - 1), bar])

    def scroll_lines(self, by: int) -> None:
        """As far as there are lines."""
        self._top = max(0, self._top + by)
        self.refresh()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.scroll_lines(_WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.scroll_lines(-_WHEEL)

    def on_click(self, event: events.Click) -> None:
        """On the scrollbar: a page on, or back."""
        width, height = self.size
        if event.x == width - 1 and len(self._lines(width)) > height:
            self.scroll_lines(height if event.y >= height / 2 else -height)

    def _strip(self, lines: list[Content], index: int, width: int) -> Strip:
        line = lines[index] if index < len(lines) else Content("")
        return strip_of(self, line, width, self.visual_style)

    def _bar(self, lines: int, height: int) -> list[Strip]:
        styles = self.styles
        drawn = ScrollBarRender.render_bar(
            height,
            lines,
            height,
            self._top,
            back_color=styles.scrollbar_background.rich_color,
            bar_color=styles.scrollbar_color.rich_color,
        )
        # Without what Textual's own scrollbar does when it is clicked.
        return [
            Strip([Segment(text, style and _looks(style))], 1)
            for text, style, _ in drawn.segments
            if text != "\n"
        ]

    def _lines(self, width: int) -> list[Content]:
        """Of two widths in turn: beside the scrollbar there is room for less."""
        text = self.visual
        if self._text is not text:
            self._text = text
            self._wrapped.clear()
        if width not in self._wrapped and isinstance(text, Content):
            self._wrapped[width] = text.wrap(width)
        return self._wrapped.get(width, [])


def _looks(style: Style) -> Style:
    return Style(color=style.color, bgcolor=style.bgcolor, reverse=style.reverse)
