"""Attended and Collect Feedback: says exactly who will be told what, then asks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import work
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from interworky_tui.domain.errors import Refusal
from interworky_tui.services.context import Changed
from interworky_tui.ui.modals.dialog import Dialog
from interworky_tui.ui.notice_content import texts, who_is_told

if TYPE_CHECKING:
    from interworky_tui.services.notice_preview import Preview
    from interworky_tui.ui.card_content import Told


@dataclass(frozen=True, slots=True)
class Question:
    words: str
    preview: Preview


class ConfirmDialog(Dialog[Changed]):
    """``again`` is the question as it is once somebody else has changed the visit."""

    of_visit = True
    BINDINGS = [  # noqa: RUF012
        Binding("y", "submit", "Yes"),
        Binding("n", "leave", "No"),
        Binding("down", "scroll(3)", "Down"),
        Binding("up", "scroll(-3)", "Up"),
    ]

    def __init__(
        self,
        title: str,
        yes: str,
        question: Question,
        told: Told,
        confirm: Callable[[], Awaitable[Changed]],
        again: Callable[[], Awaitable[Question]],
    ) -> None:
        super().__init__()
        self.title_text = title
        self.keys = (("Enter", yes, "submit"), ("Esc", "Back", "leave"), ("↓ ↑", "Read on", ""))
        self._question, self._told = question, told
        self._confirm, self._again = confirm, again

    def content(self) -> Iterable[Widget]:
        warned, messages = self._question.preview.warnings, self._question.preview.messages
        words = Content.styled(self._question.words, "bold")
        yield Static(words, id="question", classes="said", markup=False)
        if warned:
            warnings = Content("\n").join(map(Content, warned))
            yield Static(warnings.stylize("$warning bold"), classes="said", markup=False)
        whom = who_is_told(messages, self._told)
        yield Static(whom, id="told", classes="said", markup=False)
        brief = " -brief" if warned else ""
        with VerticalScroll(classes=f"scroll{brief}", can_focus=False):
            yield Static(texts(messages), id="texts", markup=False)

    @work(group="again", exclusive=True)
    async def overtaken(self) -> None:
        try:
            question = await self._again()
        except Refusal as refused:
            self.refuse(refused)
            return
        messages = question.preview.messages
        self.say("question", Content.styled(question.words, "bold"))
        self.say("told", who_is_told(messages, self._told))
        self.say("texts", texts(messages))

    async def send(self) -> Changed:
        return await self._confirm()
