"""One setting: typed, checked as the file is, and saved."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from textual.widget import Widget
from textual.widgets import Static

from interworky_tui.ui.modals.dialog import Dialog, field
from interworky_tui.ui.setting_lines import SettingLine


class SettingDialog(Dialog[bool]):
    """``save`` keeps what was typed, or raises Refusal."""

    def __init__(self, line: SettingLine, save: Callable[[str], Awaitable[None]]) -> None:
        super().__init__()
        self.title_text = f"{line.title}: {line.label}"
        self._line, self._save = line, save

    def content(self) -> Iterable[Widget]:
        line = self._line
        yield Static(f"{line.told}.", classes="said", markup=False)
        yield field("Value", "value", value=line.shown)
        default = line.default or "nothing"
        yield Static(f"Unless it is changed: {default}", classes="said", markup=False)

    async def send(self) -> bool:
        await self._save(self.typed("value"))
        return True
