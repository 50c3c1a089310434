"""The lines of one day, by time; the cursor stays on what it is on while the day changes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option


@dataclass(frozen=True, slots=True)
class TimeLine:
    """``id`` is "" for what cannot be chosen; it stays the same from one reading to the next."""

    at: datetime
    text: Content
    id: str = ""


class Timeline(OptionList):
    """A click moves the cursor, a second one chooses; Enter chooses."""

    @dataclass
    class Chosen(Message):
        """``id`` is "" when there is nothing to choose."""

        id: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)
        self._of_day: tuple[TimeLine, ...] = ()

    @property
    def chosen(self) -> str:
        """The id under the cursor, or ""."""
        option = self.highlighted_option
        return (option.id or "") if option else ""

    def show(self, lines: Sequence[TimeLine], *, at: str | datetime | None = None) -> None:
        """Show a day. The cursor goes to ``at``, an id or a moment; else it stays where it is.

        What it was on may be gone: then it goes to what is at that time now.
        """
        before, self._of_day = self._of_day, tuple(lines)
        kept: str | datetime | None = at if at is not None else self._place(before)
        if [line.id for line in before] == [line.id for line in lines]:
            for index, (old, new) in enumerate(zip(before, lines, strict=True)):
                if old.text != new.text:
                    self.replace_option_prompt_at_index(index, new.text)
        else:
            self._rebuild(kept if at is None else None)
        if at is not None:
            self._go_to(at)

    def _place(self, lines: Sequence[TimeLine]) -> datetime | None:
        return lines[self.highlighted].at if self.highlighted is not None and lines else None

    def _rebuild(self, place: str | datetime | None) -> None:
        kept, top = self.chosen, self.scroll_offset.y
        options = [Option(line.text, line.id or None, not line.id) for line in self._of_day]
        with self.app.batch_update():
            self.clear_options()
            self.add_options(options)
            if any(line.id == kept for line in self._of_day if kept):
                self._go_to(kept)
            elif place is not None:
                self._go_to(place)
            self.scroll_to(y=top, animate=False)
            if self.highlighted is not None:
                self.scroll_to_highlight()

    def _go_to(self, at: str | datetime) -> None:
        """To a line that can be chosen: this one, else the one at that time or the next."""
        can = [index for index, line in enumerate(self._of_day) if line.id]
        if isinstance(at, str):
            can = [index for index in can if self._of_day[index].id == at] or can[:1]
            wanted = 0
        else:
            wanted = max(0, bisect_right([self._of_day[index].at for index in can], at) - 1)
        if can:
            self.highlighted = can[wanted]

    def action_select(self) -> None:
        self.post_message(self.Chosen(self.chosen))

    def on_click(self, event: Click) -> None:
        event.prevent_default()
        index = event.style.meta.get("option")
        if index is not None and not self.options[index].disabled:
            self.highlighted = index
            if event.chain == 2:
                self.action_select()
