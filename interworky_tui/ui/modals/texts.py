"""On the messages screen: answering a text, mending an address, and a question of yes or no."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from textual import on
from textual.binding import Binding
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static, TextArea

from interworky_tui.domain.errors import BadInput
from interworky_tui.domain.text import clean_line, clean_text
from interworky_tui.messages.segments import count_segments, to_gsm
from interworky_tui.ui.modals.dialog import Dialog, field
from interworky_tui.ui.notice_content import segments

_SHOWN = 300
"""Characters of their text that stand above the answer."""


class AnswerDialog(Dialog[bool]):
    """Enter sends; the size in SMS segments is counted while the person types."""

    of_visit = True
    keys = (("Enter", "Send the SMS", "submit"), ("Esc", "Back", "leave"))

    def __init__(self, who: str, theirs: str, send: Callable[[str], Awaitable[bool]]) -> None:
        super().__init__()
        self.title_text = f"Answer {who} by SMS"
        self._theirs, self._send = theirs, send

    def content(self) -> Iterable[Widget]:
        said = clean_line(self._theirs)
        said = said if len(said) <= _SHOWN else f"{said[:_SHOWN]}…"
        yield Static(
            Content.assemble(Content.styled("They wrote  ", "$text-muted"), said),
            classes="said",
            markup=False,
        )
        yield TextArea(id="answer", soft_wrap=True, compact=True, highlight_cursor_line=False)
        yield Static("", id="size", markup=False)

    def on_mount(self) -> None:
        self._count()

    @on(TextArea.Changed)
    def _typed(self) -> None:
        self.tell("")
        self._count()

    def _count(self) -> None:
        size = count_segments(to_gsm(self._text()))
        letters = "" if size.encoding == "GSM-7" else ", with letters that make a segment shorter"
        self.say(
            "size",
            Content.styled(
                f"{segments(size.count)}, {size.left} more characters fit{letters}", "$text-muted"
            ),
        )

    def _text(self) -> str:
        return clean_text(self.query_one("#answer", TextArea).text)

    async def send(self) -> bool:
        text = self._text()
        if not text:
            raise BadInput("Type the answer first.", "answer")
        return await self._send(text)


class MendDialog(Dialog[bool]):
    """``field_name`` is Phone or Email; ``on_file`` is what stands there now."""

    of_visit = True
    keys = (("Enter", "Save and try again", "submit"), ("Esc", "Back", "leave"))

    def __init__(
        self,
        who: str,
        what: str,
        field_name: str,
        on_file: str,
        save: Callable[[str], Awaitable[bool]],
    ) -> None:
        super().__init__()
        self.title_text = f"Fix the {field_name.lower()} of {who}"
        self._what, self._field, self._on_file, self._save = what, field_name, on_file, save

    def content(self) -> Iterable[Widget]:
        yield Static(self._what, classes="said", markup=False)
        yield field(self._field, self._field.lower(), value=self._on_file)
        yield Static(
            "It changes on file for all of the client's visits; this message goes out again.",
            classes="said",
            markup=False,
        )

    async def send(self) -> bool:
        return await self._save(self.typed(self._field.lower()))


class AskDialog(Dialog[bool]):
    BINDINGS = [  # noqa: RUF012
        Binding("y", "submit", "Yes"),
        Binding("n", "leave", "No"),
    ]

    def __init__(
        self, title: str, question: str, yes: str, save: Callable[[], Awaitable[bool]]
    ) -> None:
        super().__init__()
        self.title_text = title
        self.keys = (("Enter", yes, "submit"), ("Esc", "Back", "leave"))
        self._question, self._save = question, save

    def content(self) -> Iterable[Widget]:
        yield Static(Content.styled(self._question, "bold"), classes="said", markup=False)

    async def send(self) -> bool:
        return await self._save()
