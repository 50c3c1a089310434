"""What every modal shares: a frame, an error line that keeps what was typed, and its keys."""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.widget import Widget
from textual.widgets import Input, Static

from interworky_tui.domain.errors import BadInput, ChangedElsewhere, Refusal
from interworky_tui.ui.messages import CompanyChanged, KeysReady
from interworky_tui.ui.modals.modal import Modal
from interworky_tui.ui.screens.office_screen import OfficeScreen
from interworky_tui.ui.widgets.bars import KeyBar
from interworky_tui.ui.widgets.brief_text import BriefText
from interworky_tui.ui.widgets.field import Field
from interworky_tui.ui.widgets.texts import put

if TYPE_CHECKING:
    from interworky_tui.ui.app import DeskApp

R = TypeVar("R")

ROOMY, TALL = 20, 38
"""Lines of the screen that a modal needs for blank ones, and from which on it shows more."""
LATE, WAITING = 2.0, "No answer of the office's database yet; what you typed is kept."
"""Seconds after which Enter has an answer of some kind."""
_SOON = 1.0
_HEAD, _LEAST = 72, 20
"""Cells of a title with who else is there, and those that are left to the title at least."""


def field(
    label: str, id: str, *, value: str = "", placeholder: str = "", short: bool = False
) -> Widget:
    """A labelled line of input."""
    entry = Field(label, id, value=value, placeholder=placeholder)
    entry.set_class(short, "-short")
    return entry


def reading(id: str, begins: Content | str = "") -> Widget:
    """A text that may be long: a few lines of it, scrolled by the page keys."""
    return BriefText(begins, id=id)


class Dialog(Modal[R | None], Generic[R]):
    """Dismissed with None by Escape, with a result by whatever ``submit`` achieved.

    An ``on_mount`` of a subclass is called besides the one here, and must not call it.
    """

    CSS_PATH = "dialog.tcss"
    BINDINGS = [  # noqa: RUF012
        Binding("escape", "leave", "Back", priority=True),
        Binding("enter", "submit", "Done", priority=True),
        # With priority, so that a letter typed right after Tab is in the next field.
        Binding("tab", "app.focus_next", "Next field", priority=True, show=False),
        Binding("shift+tab", "app.focus_previous", "Previous field", priority=True, show=False),
        Binding("pagedown", "scroll(3)", "Read on", show=False),
        Binding("pageup", "scroll(-3)", "Read back", show=False),
        Binding("p", "app.curtain", "Curtain", show=False),
    ]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (TALL, "-tall")]  # noqa: RUF012
    opening_keys = frozenset({"enter"})
    title_text = ""
    of_visit = False
    """Whether it is about the appointment that the screen beneath it is about."""
    about: int | None = None
    """The appointment that it is about."""
    keys: Sequence[tuple[str, str, str]] = (("Enter", "Save", "submit"), ("Esc", "Back", "leave"))

    def __init__(self) -> None:
        super().__init__()
        self._busy = False
        self._refusal = ""

    def compose(self) -> ComposeResult:
        # Textual tells of the size after the first layout, and then there would be a second.
        height = self.app.size.height
        self.set_class(height < ROOMY, "-cramped")
        self.set_class(height < TALL, "-low")
        self.set_class(height >= TALL, "-tall")
        with Vertical(classes="dialog") as frame:
            if self.of_visit:
                beneath = (one for one in self.app.screen_stack if isinstance(one, OfficeScreen))
                self.about = [one.about for one in beneath][-1]
            frame.border_title = self._title()
            yield from self.content()
            yield Static("", classes="error", markup=False)
            keys = KeyBar(id="dialog-keys")
            keys.add_class("hint")
            yield keys

    def content(self) -> Iterable[Widget]:
        raise NotImplementedError

    def _title(self) -> Content:
        title = Content(self.title_text)
        company = cast("DeskApp", self.app).company.said_of(self.about)
        if not company:
            return title
        said = Content.assemble(" · ", Content.styled(company, "$warning bold"))
        return title.truncate(max(_LEAST, _HEAD - said.cell_length), ellipsis=True) + said

    @on(CompanyChanged)
    def _show_company(self) -> None:
        self.query_one(".dialog").border_title = self._title()

    def on_mount(self) -> None:
        self.call_after_refresh(self.show_keys)
        self.call_after_refresh(self.ready)

    def on_resize(self, event: Resize) -> None:
        self.set_class(event.size.height < ROOMY, "-cramped")

    def ready(self) -> None:
        """The keys pressed since this was opened are let through."""
        self.post_message(KeysReady())

    def show_keys(self) -> None:
        for bar in self.query("#dialog-keys").results(KeyBar):
            bar.show(self.keys)

    async def send(self) -> R | None:
        """Do what the modal is for; None keeps it open. Raises Refusal, which is shown."""
        raise NotImplementedError

    def typed(self, id: str) -> str:
        return self.query_one(f"#{id}", Input).value

    def say(self, id: str, content: Content) -> None:
        """Update a text; nothing to do when the modal was left while the answer was on its way."""
        for text in self.query(f"#{id}").results(Static):
            put(text, self._once(content))

    def _once(self, content: Content) -> Content:
        """Without a line that stands as the refusal already."""
        if not self._refusal:
            return content
        lines = (line for line in content.split("\n") if line.plain != self._refusal)
        return Content("\n").join(lines)

    def refuse(self, refused: Refusal) -> None:
        """Show the sentence, keep what was typed, and go to the field that it is about."""
        self.tell(refused.sentence)
        if isinstance(refused, BadInput) and refused.field:
            for entry in self.query(Input):
                if entry.id == refused.field:
                    self.set_focus(entry)

    def overtaken(self) -> object:
        """Somebody else changed what it is about: show what is true by now."""

    def tell(self, sentence: str) -> None:
        self._refusal = sentence
        for echo in self.query("#echo").results(Static):
            if isinstance(echo.visual, Content):
                put(echo, self._once(echo.visual))
        for error in self.query(".error").results(Static):
            put(error, sentence)
            error.set_class(bool(sentence), "-told")

    def action_scroll(self, lines: int) -> None:
        for text in self.query(BriefText):
            text.scroll_lines(lines)
        for box in self.query(VerticalScroll):
            box.scroll_relative(y=lines, animate=False, immediate=True)

    def action_leave(self) -> None:
        self.dismiss(None)

    def action_submit(self) -> None:
        if not self._busy:
            self._busy = True
            self._submit()

    async def _typed_out(self) -> None:
        """What was typed right before Enter may still be on its way to its field."""
        done = asyncio.Event()
        if self.focused is not None and self.focused.call_later(done.set):
            with suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), _SOON)

    @work(group="submit")
    async def _submit(self) -> None:
        result = None
        late = self.set_timer(LATE, lambda: self.tell(WAITING)) if self.of_visit else None
        try:
            await self._typed_out()
            result = await self.send()
        except ChangedElsewhere as changed:
            self.refuse(changed)
            cast("DeskApp", self.app).forget_waiting(self.opening_keys)
            if changed.current is not None:
                self.overtaken()
        except Refusal as refused:
            self.refuse(refused)
        finally:
            if late is not None:
                late.stop()
            self._busy = False
            # Whatever happened: the keys pressed since Enter must not wait for more.
            if result is None:
                self.post_message(KeysReady())
        # Escape may have been pressed in the moment in which it was done.
        if result is not None and self in self.app.screen_stack:
            self.dismiss(result)
