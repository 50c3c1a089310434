"""A PIN for the lock, where there is none yet."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from textual.widget import Widget
from textual.widgets import Input, Static

from interworky_tui import pin
from interworky_tui.config import BadSettings
from interworky_tui.domain.errors import BadInput
from interworky_tui.lanes import Lane
from interworky_tui.ui.modals.dialog import Dialog, field


class NewPinDialog(Dialog[bool]):
    title_text = "A PIN for the lock"
    keys = (
        ("Enter", "Set it and lock", "submit"),
        ("Tab", "Next field", ""),
        ("Esc", "Back", "leave"),
    )

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def content(self) -> Iterable[Widget]:
        yield Static(
            "The desk has no PIN yet, so it cannot be locked. Type one of"
            f" {pin.SHORTEST} to {pin.LONGEST} digits here, or set it by"
            " interworky-tui pin set. Ctrl+L locks the desk from then on; left alone it locks"
            " itself after [desk] lock_minutes. Messages go on leaving.",
            classes="said",
            markup=False,
        )
        for label, name in (("PIN", "pin"), ("Once more", "again")):
            yield field(label, name, short=True)

    def on_mount(self) -> None:
        for entry in self.query(Input):
            entry.password = True

    async def send(self) -> bool:
        typed = pin.checked(self.typed("pin").strip())
        if self.typed("again").strip() != typed:
            raise BadInput("The two are not the same.", "again")
        lane = Lane("pin")
        try:
            await lane.ask(lambda: pin.store(self._folder, typed))
        except BadSettings as problem:
            raise BadInput(str(problem), "pin") from None
        finally:
            lane.close()
        return True
