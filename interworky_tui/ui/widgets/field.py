"""A labelled line of input."""

from typing import ClassVar

from rich.segment import Segment
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

LABEL = 12
"""Cells."""


class Field(Input):
    """It draws its label itself, before what is typed: a form of these is there in less than half
    the time that a container, a label and an input take for each line.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"field--label"}
    DEFAULT_CSS = """
    Field > .field--label { color: $foreground; background: $surface; }
    """

    def __init__(
        self,
        label: str,
        id: str,
        *,
        value: str,
        placeholder: str,
        select_on_focus: bool = True,
        room: int = LABEL,
    ) -> None:
        """``room`` is for the label, in cells."""
        super().__init__(
            value=value,
            placeholder=placeholder,
            id=id,
            compact=True,
            select_on_focus=select_on_focus,
        )
        self._label = f"{label:{room}.{room}}"

    def _watch_value(self, value: str) -> None:
        # Not by the watcher: what is typed changes nothing of where the widgets are.
        self.set_reactive(Widget.virtual_size, Size(self.content_width, 1))
        super()._watch_value(value)

    def render_lines(self, crop: Region) -> list[Strip]:
        strips = super().render_lines(crop)
        room = len(self._label)
        if strips and crop.y == 0 and crop.x < room:
            style = self.get_component_rich_style("field--label")
            label = Strip([Segment(self._label, style)], room)
            label = label.crop(crop.x, min(room, crop.right))
            # As Textual does it with what it draws itself; without, NO_COLOR is not heeded.
            for filter in self.get_line_filters():
                label = label.apply_filter(filter, self.background_colors[1])
            strips[0] = Strip.join([label, strips[0].crop(label.cell_length)])
        return strips
