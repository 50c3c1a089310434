"""The least that Textual can do: one line of text, a one-line cursor, and an empty modal.

``TEXTUAL_FPS`` and the like stay at their defaults here: this is what a plain program gets.
"""

from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen
from textual.widgets import Static


class Note(ModalScreen[None]):
    BINDINGS: ClassVar[list[BindingType]] = [("x", "dismiss", "Close")]

    def compose(self) -> ComposeResult:
        yield Static("A bare modal", markup=False)


class Hello(App[None]):
    BINDINGS: ClassVar[list[BindingType]] = [("down", "down", "Down"), ("t", "note", "Note")]

    def __init__(self) -> None:
        super().__init__()
        self.line = 0

    def compose(self) -> ComposeResult:
        yield Static("Hello, world", markup=False)
        yield Static("> line 0", id="cursor", markup=False)

    def action_down(self) -> None:
        self.line += 1
        self.query_one("#cursor", Static).update(f"> line {self.line}", layout=False)

    def action_note(self) -> None:
        self.push_screen(Note())


if __name__ == "__main__":
    Hello().run()
