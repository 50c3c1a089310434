"""Free slots to choose from: a digit takes one at once, other characters begin a typed time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from interworky_tui.ui.widgets.texts import put

if TYPE_CHECKING:
    from interworky_tui.domain.slots import Slot

NONE_FREE = "No slot is free within two months of the wish; type a time."

NOT_TYPED = " p"
"""No typed time begins with them; p draws the curtain."""


class Suggestions(Static, can_focus=True):
    """``typed`` is given the characters that are meant for a field, as soon as they come."""

    DEFAULT_CSS = """
    Suggestions {
        height: auto;
        min-height: 3;
        text-wrap: nowrap;
        text-overflow: ellipsis;
    }
    """
    BINDINGS = [  # noqa: RUF012
        Binding("down", "step(1)", "Next slot", show=False),
        Binding("up", "step(-1)", "Previous slot", show=False),
    ]

    @dataclass
    class Moved(Message):
        """Another slot stands under the cursor."""

    @dataclass
    class Taken(Message):
        slot: Slot

    @dataclass
    class Left(Message):
        """Up from the first, or down from the last."""

    def __init__(
        self,
        zone: ZoneInfo,
        typed: Callable[[str], None],
        slots: tuple[Slot, ...],
        *,
        focused: bool,
        id: str,
    ) -> None:
        """``focused``: it is going to have the focus as it is shown first."""
        self._zone, self._typed, self._held = zone, typed, focused
        self.slots, self._at = slots, 0
        super().__init__(self._drawn(), markup=False, id=id)

    @property
    def current(self) -> Slot | None:
        return self.slots[self._at] if self.slots else None

    @property
    def digits(self) -> frozenset[str]:
        return frozenset(str(number) for number in range(1, len(self.slots) + 1))

    def of_digit(self, text: str) -> Slot | None:
        return self.slots[int(text) - 1] if text in self.digits else None

    def show(self, slots: Sequence[Slot]) -> None:
        self.slots, self._at = tuple(slots), 0
        self.redraw()

    def redraw(self) -> None:
        put(self, self._drawn())

    def _drawn(self) -> Content:
        if not self.slots:
            return Content.styled(NONE_FREE, "$text-muted")
        return Content("\n").join(map(self._line, range(len(self.slots))))

    def _line(self, number: int) -> Content:
        slot = self.slots[number]
        chosen = self._held and number == self._at
        start, end = (at.astimezone(self._zone) for at in (slot.starts_at, slot.ends_at))
        when = f"{start:%a} {start.day:>2} {start:%b %H:%M}–{end:%H:%M}"
        return Content.assemble(
            Content.styled(
                f"{'▶' if chosen else ' '} {number + 1}  {when}",
                "bold reverse" if chosen else "bold",
            ),
            f"  {slot.why}",
        )

    def action_step(self, step: int) -> None:
        if not 0 <= self._at + step < len(self.slots):
            self.post_message(self.Left())
            return
        self._at += step
        self.redraw()
        self.post_message(self.Moved())

    def watch_has_focus(self, focused: bool) -> None:
        super().watch_has_focus(focused)
        self._held = focused
        self.redraw()

    def on_key(self, event: events.Key) -> None:
        slot = self.of_digit(event.key)
        if slot is not None:
            event.stop()
            self.post_message(self.Taken(slot))
        elif event.is_printable and event.character and event.character not in NOT_TYPED:
            event.stop()
            self._typed(event.character)

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        self._typed(event.text)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Not when it is let go: by then what is said of the slot may have moved the frame."""
        if event.y < len(self.slots):
            self._at = event.y
            self.redraw()
            self.post_message(self.Moved())
