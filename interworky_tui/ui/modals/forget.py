"""Forgetting a client: says what goes, and asks for a word, for it cannot be taken back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from interworky_tui.domain.errors import BadInput
from interworky_tui.domain.text import clean_line, fold
from interworky_tui.services.erasing import goes
from interworky_tui.ui.modals.dialog import Dialog, field

if TYPE_CHECKING:
    from interworky_tui.services.erasing import Erasable, Erased

WORD = "forget"
_STAYS = (
    "It cannot be taken back, and nobody is told. The days of the visits and the ratings stay,"
    " without a name. Backups keep it until they are rotated away."
)


class ForgetDialog(Dialog["Erased"]):
    keys = (("Enter", "Forget for good", "submit"), ("Esc", "Back", "leave"))

    def __init__(self, found: Erasable, forget: Callable[[], Awaitable[Erased]]) -> None:
        super().__init__()
        self.title_text = f"Forget: {clean_line(found.client.name)}"
        self._found, self._forget = found, forget

    def content(self) -> Iterable[Widget]:
        lines = [Content(f"- {line}") for line in goes(self._found)]
        yield Static(Content("What goes, for good:").stylize("bold"), classes="said", markup=False)
        yield Static(Content("\n").join(lines), markup=False)
        yield Static(Content.styled(_STAYS, "$warning"), classes="said", markup=False)
        yield field("To do it", "word", placeholder=f"type {WORD}")

    async def send(self) -> Erased:
        if fold(self.typed("word")) != WORD:
            raise BadInput(f"Type {WORD} to forget this client, or press Esc.", "word")
        return await self._forget()
