"""The selected appointment's text: as much as fits, and scrolled without a new layout."""

import re
from collections.abc import Iterator

from textual.content import Content
from textual.widgets import Static

_LABEL = re.compile(r"[A-Z]\S* *(?<=^.{9})(?=\S)| +")
"""What a line begins with that its other lines stand clear of."""
MORE = Content.styled("… Shift+↓ reads on", "$text-muted")


class CardView(Static):
    DEFAULT_CSS = "CardView { height: 1fr; width: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__("", markup=False, id=id)
        self._whole = Content("")
        self._top = 0

    def show(self, whole: Content, *, from_top: bool) -> None:
        """``from_top`` for another appointment; the same one stays where it was scrolled to."""
        if from_top:
            self._top = 0
        self._whole = whole
        self._paint()

    def scroll_by(self, lines: int) -> None:
        self._top += lines
        self._paint()

    def on_resize(self) -> None:
        self._paint()

    def on_mouse_scroll_down(self) -> None:
        self.scroll_by(2)

    def on_mouse_scroll_up(self) -> None:
        self.scroll_by(-2)

    def _paint(self) -> None:
        width, height = self.size
        if not width or not height:
            return
        lines = [part for line in self._whole.split("\n") for part in _wrapped(line, width)]
        self._top = max(0, min(self._top, len(lines) - height))
        shown = lines[self._top : self._top + height]
        if self._top + height < len(lines):
            shown[-1] = MORE
        self.update(Content("\n").join(shown), layout=False)


def _wrapped(line: Content, width: int) -> Iterator[Content]:
    """Every line but the first begins below the text, not below its label."""
    begins = _LABEL.match(line.plain)
    indent = begins.end() if begins else 0
    if line.cell_length <= width or not 0 < indent < width // 2:
        yield from line.wrap(width)
        return
    first = line.wrap(width)[0]
    yield first
    rest = line[len(first.plain) :]
    rest = rest[len(rest.plain) - len(rest.plain.lstrip()) :]
    for part in rest.wrap(width - indent):
        yield Content.assemble(" " * indent, part)
