"""A typed day, read back in full before the day is turned to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import date

from textual import on, work
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from interworky_tui.domain.calendar import say_day
from interworky_tui.domain.errors import Refusal
from interworky_tui.ui.modals.dialog import Dialog, field


class GoToDayDialog(Dialog[date]):
    title_text = "Go to a day"
    keys = (("Enter", "Go", "submit"), ("Esc", "Back", "leave"))

    def __init__(self, read: Callable[[str], Awaitable[date]], today: date) -> None:
        super().__init__()
        self._read, self._today = read, today

    def content(self) -> Iterable[Widget]:
        yield field("Day", "when", placeholder="fri, tomorrow, 20 mar, in 2 weeks, 2026-03-20")
        yield Static("", id="echo", classes="said", markup=False)

    @on(Input.Changed)
    def _typed(self) -> None:
        self.tell("")
        self._echo()

    @work(group="echo", exclusive=True)
    async def _echo(self) -> None:
        said = Content("")
        if self.typed("when").strip():
            try:
                said = self._say(await self._read(self.typed("when")))
            except Refusal as refused:
                said = Content.styled(refused.sentence, "$warning")
        self.say("echo", said)

    def _say(self, day: date) -> Content:
        days = (day - self._today).days
        number = f"{abs(days)} day{'' if abs(days) == 1 else 's'}"
        away = "today" if not days else f"in {number}" if days > 0 else f"{number} ago"
        return Content.assemble(
            Content.styled(say_day(day), "bold $success"),
            Content.styled(f"   {away}", "$text-muted"),
        )

    async def send(self) -> date:
        return await self._read(self.typed("when"))
