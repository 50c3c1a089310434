"""What can be done here and now, and every key."""

from collections.abc import Iterable, Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content

from interworky_tui.ui.help_content import HelpPart
from interworky_tui.ui.modals.modal import Modal
from interworky_tui.ui.widgets.bars import KeyBar
from interworky_tui.ui.widgets.long_text import LongText


class HelpScreen(Modal[None]):
    CSS_PATH = "help.tcss"
    BINDINGS = [  # noqa: RUF012
        Binding("escape,question_mark,q", "leave", "Back"),
        Binding("down,j", "scroll(2)", "Down"),
        Binding("up,k", "scroll(-2)", "Up"),
        Binding("pagedown,space", "scroll(12)", "Page down"),
        Binding("pageup", "scroll(-12)", "Page up"),
    ]

    def __init__(self, parts: Sequence[HelpPart]) -> None:
        super().__init__()
        self._parts = parts

    def compose(self) -> ComposeResult:
        text = LongText(list(self._lines()), id="help")
        text.border_title = Content("Help")
        yield text
        yield KeyBar(id="help-keys")

    def on_mount(self) -> None:
        bar = self.query_one("#help-keys", KeyBar)
        keys = (("Esc", "Back", "leave"), ("↓ ↑", "Read on", "scroll(2)"))
        self.call_after_refresh(lambda: bar.show(keys))

    def _lines(self) -> Iterable[Content]:
        for part in self._parts:
            yield Content.styled(part.title, "bold $primary")
            for face, told in part.lines:
                yield Content.assemble(
                    Content.styled(f"  {face:<10}" if face else "  ", "bold"), told
                )
            yield Content("")

    def action_scroll(self, lines: int) -> None:
        self.query_one(LongText).scroll_relative(y=lines, animate=False, immediate=True)

    def action_leave(self) -> None:
        self.dismiss(None)
