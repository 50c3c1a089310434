"""Attended and Collect Feedback: says exactly who will be told what, then asks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING

from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from interworky_tui.services.context import Changed
from interworky_tui.ui.modals.dialog import Dialog
from interworky_tui.ui.notice_content import texts, who_is_told

if TYPE_CHECKING:
    from interworky_tui.services.notice_preview import Preview
    from interworky_tui.ui.card_content import Told


class ConfirmDialog(Dialog[Changed]):
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
        question: str,
        yes: str,
        preview: Preview,
        told: Told,
        confirm: Callable[[], Awaitable[Changed]],
    ) -> None:
        super().__init__()
        self.title_text = title
        self.keys = (("Enter", yes, "submit"), ("Esc", "Back", "leave"), ("↓ ↑", "Read on", ""))
        self._question, self._preview, self._told = question, preview, told
        self._confirm = confirm

    def content(self) -> Iterable[Widget]:
        messages = self._preview.messages
        yield Static(Content.styled(self._question, "bold"), classes="said", markup=False)
        if self._preview.warnings:
            warnings = Content("\n").join(map(Content, self._preview.warnings))
            yield Static(warnings.stylize("$warning bold"), classes="said", markup=False)
        yield Static(who_is_told(messages, self._told), classes="said", markup=False)
        brief = " -brief" if self._preview.warnings else ""
        with VerticalScroll(classes=f"scroll{brief}", can_focus=False):
            yield Static(texts(messages), markup=False)

    async def send(self) -> Changed:
        return await self._confirm()
