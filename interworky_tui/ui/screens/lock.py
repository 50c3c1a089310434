"""The lock: the office's name and the time, nothing else, until the PIN is typed."""

from __future__ import annotations

from collections.abc import Callable

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from interworky_tui.config import BadSettings, Settings
from interworky_tui.domain.calendar import say_moment
from interworky_tui.domain.clock import Clock
from interworky_tui.domain.errors import Refusal
from interworky_tui.domain.text import clean_line
from interworky_tui.lanes import Lane
from interworky_tui.lock import DeskLock
from interworky_tui.pin import LONGEST
from interworky_tui.ui.messages import MinutePassed
from interworky_tui.ui.widgets.bars import KeyBar

WRONG = "That is not the PIN."


class LockScreen(Screen[None]):
    """``unlock`` is called once the right PIN was typed."""

    CSS_PATH = "lock.tcss"
    ALLOW_SELECT = False
    BINDINGS = [  # noqa: RUF012
        Binding("enter", "submit", "Open"),
        Binding("backspace", "rub_out", "Rub out"),
        Binding("escape", "empty", "Begin again"),
        Binding("q", "app.leave", "Quit"),
    ]

    def __init__(
        self, settings: Settings, clock: Clock, desk_lock: DeskLock, unlock: Callable[[], None]
    ) -> None:
        super().__init__()
        self._office, self._zone = clean_line(settings.office.name), settings.zone
        self._clock, self._desk_lock, self._unlock = clock, desk_lock, unlock
        self._typed = self._told = ""
        self._checking = False
        self._lane = Lane("pin")

    def compose(self) -> ComposeResult:
        with Vertical(id="lock"):
            for part in ("office", "moment", "pin", "told"):
                yield Static("", id=f"lock-{part}", markup=False)
        yield KeyBar(id="lock-keys")

    def on_mount(self) -> None:
        self._paint()
        bar = self.query_one("#lock-keys", KeyBar)
        keys = (("Enter", "Open", "submit"), ("Esc", "Begin again", "empty"))
        self.call_after_refresh(lambda: bar.show((*keys, ("q", "Quit", "app.leave"))))

    def on_unmount(self) -> None:
        self._lane.close()

    def on_key(self, event: events.Key) -> None:
        digit = event.character or ""
        if digit.isascii() and digit.isdigit() and len(self._typed) < LONGEST:
            event.stop()
            self._typed += digit
            self._told = ""
            self._paint()

    def action_rub_out(self) -> None:
        self._typed = self._typed[:-1]
        self._paint()

    def action_empty(self) -> None:
        self._typed = self._told = ""
        self._paint()

    def action_submit(self) -> None:
        if self._typed and not self._checking:
            self._checking = True
            typed, self._typed = self._typed, ""
            self._paint()
            self._check(typed)

    @on(MinutePassed)
    def _paint(self) -> None:
        left = self._desk_lock.seconds_left
        asked = "Type the PIN, then Enter"
        if self._checking:
            asked = "…"
        elif self._typed:
            asked = "●" * len(self._typed)
        elif left:
            asked = f"Wait {left} s, then type the PIN"
        parts = {
            "office": Content.styled(self._office, "bold"),
            "moment": Content(say_moment(self._clock(), self._zone)),
            "pin": Content.styled(asked, "bold" if self._typed else ""),
            "told": Content.styled(self._told, "$warning bold"),
        }
        for part, content in parts.items():
            self.query_one(f"#lock-{part}", Static).update(content)

    @work(group="pin")
    async def _check(self, typed: str) -> None:
        try:
            is_open = await self._lane.ask(lambda: self._desk_lock.open(typed))
            self._told = "" if is_open else WRONG
        except (Refusal, BadSettings) as refused:
            is_open, self._told = False, str(refused)
        finally:
            self._checking = False
        if is_open:
            self._unlock()
        else:
            self._paint()
