"""Textual's own DataTable with 1,000 rows of the desk's shape, a row cursor and an empty modal."""

from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen
from textual.widgets import DataTable, Static

ROWS = 1_000
COLUMNS = ("Client", "Date", "Time", "Phone", "Email")


class Note(ModalScreen[None]):
    BINDINGS: ClassVar[list[BindingType]] = [("x", "dismiss", "Close")]

    def compose(self) -> ComposeResult:
        yield Static("A bare modal", markup=False)


class Table(App[None]):
    BINDINGS: ClassVar[list[BindingType]] = [("t", "note", "Note")]

    def compose(self) -> ComposeResult:
        yield DataTable(cursor_type="row")

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        table.add_columns(*COLUMNS)
        table.add_rows(
            (
                f"Client {row:04}",
                f"2026-03-{row % 28 + 1:02}",
                f"{8 + row % 9:02}:30",
                f"+4930555{row:04}",
                f"client{row:04}@example.org",
            )
            for row in range(ROWS)
        )

    def action_note(self) -> None:
        self.push_screen(Note())


if __name__ == "__main__":
    Table().run()
