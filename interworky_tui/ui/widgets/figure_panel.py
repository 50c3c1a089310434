"""A part of the insights: its figures in words, and a picture of them beside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Resize
from textual.message import Message
from textual.widgets import Sparkline, Static

if TYPE_CHECKING:
    from interworky_tui.ui.widgets.plots import Picture


class Plot(Static):
    """A place for a picture. It is drawn elsewhere, for that takes longer than a frame."""

    class Wanted(Message):
        """The picture has to be drawn, anew or in another size."""

    def __init__(self) -> None:
        super().__init__("", markup=False, classes="plot")
        self.picture: Picture | None = None

    def show(self, picture: Picture | None) -> None:
        if picture == self.picture:
            return
        self.picture = picture
        self.display = picture is not None
        self.ask()

    def ask(self) -> None:
        self.set_class(self.picture is not None, "-undrawn")
        if self.picture is not None and self.size.width:
            self.post_message(self.Wanted())

    @property
    def waits(self) -> bool:
        """There is something to draw, and room for it."""
        return self.has_class("-undrawn") and self.size.area > 0

    def on_resize(self, event: Resize) -> None:
        self.ask()

    def drawn(self, text: Text) -> None:
        self.update(text, layout=False)
        self.remove_class("-undrawn")


class FigurePanel(Horizontal):
    """``pictured`` leaves room for a picture, ``sparkling`` for a line of small bars below it."""

    def __init__(self, *, id: str, pictured: bool, sparkling: bool = False) -> None:
        super().__init__(id=id, classes="panel")
        self._lines = Static("", markup=False, classes="panel-lines")
        self.plot = Plot() if pictured else None
        self._spark = Sparkline([], classes="spark") if sparkling else None
        self._height = 0

    def compose(self) -> ComposeResult:
        # Few widgets, for each of them is laid out when the screen opens.
        yield self._lines
        if self.plot is not None and self._spark is not None:
            yield Vertical(self.plot, self._spark, classes="pictures")
        elif self.plot is not None:
            yield self.plot

    def show(
        self,
        title: str,
        lines: Sequence[Content],
        picture: Picture | None,
        small: Sequence[float] = (),
    ) -> None:
        heading = Content.styled(title, "bold $primary")
        # As many lines as before need no new layout of the whole screen.
        again = len(lines) == self._height
        self._lines.update(Content("\n").join([heading, *lines]), layout=not again)
        self._height = len(lines)
        if self.plot is not None:
            self.plot.show(picture)
        if self._spark is not None:
            self._spark.data = list(small)
            self._spark.display = any(small)
