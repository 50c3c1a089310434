"""What can be done here and now, and every key."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from interworky_tui.ui.keys import KEYS, LIST_KEYS, MOVE, Key
from interworky_tui.ui.widgets.bars import KeyBar


class HelpScreen(ModalScreen[None]):
    """``offered`` are the keys that the selected appointment allows."""

    CSS_PATH = "help.tcss"
    BINDINGS = [  # noqa: RUF012
        Binding("escape,question_mark,q", "leave", "Back"),
        Binding("down,j", "scroll(2)", "Down"),
        Binding("up,k", "scroll(-2)", "Up"),
        Binding("pagedown,space", "scroll(12)", "Page down"),
        Binding("pageup", "scroll(-12)", "Page up"),
    ]

    def __init__(self, offered: Sequence[Key]) -> None:
        super().__init__()
        self._offered = offered

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help", can_focus=False) as frame:
            frame.border_title = Content("Help")
            yield Static(Content("\n").join(self._lines()), markup=False)
        yield KeyBar(id="help-keys")

    def on_mount(self) -> None:
        bar = self.query_one("#help-keys", KeyBar)
        keys = (("Esc", "Back", "leave"), ("↓ ↑", "Read on", "scroll(2)"))
        self.call_after_refresh(lambda: bar.show(keys))

    def _lines(self) -> Iterable[Content]:
        if self._offered:
            yield Content.styled("Now, with the selected appointment", "bold $primary")
            yield from (_line(key.face, key.help) for key in self._offered)
            yield Content("")
        for group, keys in groupby(KEYS, key=lambda key: key.group):
            yield Content.styled(group, "bold $primary")
            yield from (_line(key.face, key.help) for key in keys)
            if group == MOVE:
                yield from (_line(face, told) for face, told in LIST_KEYS)
            yield Content("")
        yield Content.styled("Marks in the list", "bold $primary")
        yield Content("  The first mark of a row is a word, each further one its letter.")
        yield _line("STALE S", "the wished-for time has passed and no time was set")
        yield _line("MOVE  M", "the client asks for another time: t sets it")
        yield _line("DUE   D", "the visit's time has come: did the client come?")
        yield _line("HERE  H", "the client is in the waiting room")
        yield _line("URG   U", "urgent")
        yield _line("LOW   L", "a low rating that nobody has read yet: v reads it")
        yield _line("CONF  C", "the client confirmed the visit")
        yield _line("NOSMS N", "the client's number opted out of texts; email still goes")
        yield _line("!", "a message could not be sent; m shows which and why")

    def action_scroll(self, lines: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def action_leave(self) -> None:
        self.dismiss(None)


def _line(face: str, told: str) -> Content:
    return Content.assemble(Content.styled(f"  {face:<10}", "bold"), told)
