"""The line in which a search is typed."""

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input, Label


class SearchBox(Horizontal):
    DEFAULT_CSS = """
    SearchBox { height: 1; }
    SearchBox Input { width: 1fr; }
    SearchBox Label { color: $primary; text-style: bold; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.entry = Input(placeholder="name, phone digits or email", id="query", compact=True)

    def compose(self) -> ComposeResult:
        yield Label("Search")
        yield self.entry
