"""Lines that can be left out one by one, of which as many are shown as there is room for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from interworky_tui.ui.widgets.list_columns import fit
from interworky_tui.ui.widgets.texts import strip_of

_MORE = 12


@dataclass(frozen=True, slots=True)
class Checked:
    """``said`` is what the line says beside the name; ``possible`` whether it can be chosen."""

    name: str
    said: str
    possible: bool


class CheckList(Widget, can_focus=True):
    """``[x]`` is done, ``[ ]`` was left out, and a dash is what cannot be done at all."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "step(-1)", "Up", show=False),
        Binding("down,j", "step(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "edge(0)", "First", show=False),
        Binding("end", "edge(-1)", "Last", show=False),
        Binding("space", "leave_out", "Leave out", show=False),
    ]
    DEFAULT_CSS = "CheckList { height: 1; width: 1fr; }"
    ALLOW_SELECT = False
    NAME = 20

    class Moved(Message):
        """The cursor is on another line, or a line was left out or taken in."""

    def __init__(self, *, most: int, id: str | None = None) -> None:
        """``most`` lines are shown, in a tall window more."""
        super().__init__(id=id)
        self._most = most
        self._lines: Sequence[Checked] = ()
        self._top = 0
        self.cursor = 0
        self.left_out: set[int] = set()

    def show(self, lines: Sequence[Checked]) -> None:
        """Lines by their index; what was left out stays so."""
        self._lines = lines
        most = self._most + (_MORE if self.screen.has_class("-tall") else 0)
        self.styles.height = max(1, min(len(lines), most))
        self._go(self.cursor)
        self.refresh()

    @property
    def chosen(self) -> list[int]:
        """The indexes of what is to be done."""
        return [
            index
            for index, line in enumerate(self._lines)
            if line.possible and index not in self.left_out
        ]

    def render_line(self, y: int) -> Strip:
        index, width = self._top + y, self.size.width
        line = self._line(index, width) if index < len(self._lines) else Content("")
        return strip_of(self, line, width, self.visual_style)

    def on_resize(self) -> None:
        self._in_view()

    def _line(self, index: int, width: int) -> Content:
        line, here = self._lines[index], index == self.cursor
        box = " – " if not line.possible else "[ ]" if index in self.left_out else "[x]"
        head = f"{'>' if here else ' '} {box} {fit(line.name, self.NAME)}  "
        text = head + fit(line.said, max(0, width - len(head)))
        if here:
            return Content.styled(text, "bold reverse" if self.has_focus else "underline")
        return Content.styled(text, "" if box == "[x]" else "$text-muted")

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        index = self._top + event.y
        if index < len(self._lines):
            self._go(index)
            self.action_leave_out()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.action_step(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.action_step(-3)

    def action_step(self, by: int) -> None:
        self._go(self.cursor + by)

    def action_page(self, by: int) -> None:
        self._go(self.cursor + by * max(1, self.size.height))

    def action_edge(self, index: int) -> None:
        self._go(index % max(1, len(self._lines)))

    def action_leave_out(self) -> None:
        if self._lines and self._lines[self.cursor].possible:
            self.left_out ^= {self.cursor}
            self._go(self.cursor + 1)

    def _go(self, index: int) -> None:
        before, self.cursor = self.cursor, max(0, min(index, len(self._lines) - 1))
        self._in_view()
        for place in {before, self.cursor}:
            self.refresh(Region(0, place - self._top, self.size.width, 1))
        self.post_message(self.Moved())

    def _in_view(self) -> None:
        top = min(max(self._top, self.cursor - max(1, self.size.height) + 1), self.cursor)
        if top != self._top:
            self._top = top
            self.refresh()
