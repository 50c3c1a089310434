"""What keeps the desk private: the curtain, the lock, and the watch over who left it idle."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from textual import events
from textual.binding import Binding
from textual.screen import ModalScreen

from interworky_tui.config import Settings
from interworky_tui.domain.clock import Clock
from interworky_tui.domain.errors import Refusal
from interworky_tui.lock import DeskLock
from interworky_tui.paths import Paths
from interworky_tui.ui.curtain import Curtain
from interworky_tui.ui.messages import CurtainMoved
from interworky_tui.ui.screens.office_screen import OfficeScreen
from interworky_tui.ui.type_ahead import TypeAheadApp

if TYPE_CHECKING:
    from textual.await_complete import AwaitComplete
    from textual.screen import Screen

_LEAVING = ("leave", "quit")
"""What can be done while it is locked."""
_TOLD_LATER = 5
"""Of what was told while it was locked, the latest."""
AWAY_AFTER = timedelta(minutes=5)
"""Without a key or the mouse."""
AT_REST_AFTER = timedelta(seconds=2)
_WITH_MASKS = "The curtain is drawn: names, numbers and texts are hidden. p opens it."


class GuardedApp(TypeAheadApp[None]):
    """While it is locked, whatever opens or closes does so beneath the lock."""

    BINDINGS = [Binding("ctrl+l", "lock", "Lock", show=False, priority=True)]  # noqa: RUF012

    def __init__(self, settings: Settings, paths: Paths, clock: Clock) -> None:
        super().__init__()
        self.settings, self.paths, self.clock = settings, paths, clock
        self.curtain = Curtain()
        self.desk_lock = DeskLock(paths, clock)
        self._lock_screen: Screen[None] | None = None
        self._untold: list[tuple[str, str, dict[str, Any]]] = []
        self._refused = "", ""
        self._touched = clock()
        self._opening = False

    @property
    def locked(self) -> bool:
        return self._lock_screen is not None

    # The curtain

    def action_curtain(self) -> None:
        self.curtain.move()
        self.clear_notifications()
        if self.curtain.drawn:
            # What they show was told them before.
            while isinstance(self.screen, ModalScreen):
                self.screen.dismiss(None)
        for screen in self.screen_stack:
            if isinstance(screen, OfficeScreen):
                screen.cover(self.curtain)
            screen.post_message(CurtainMoved())
        if self.curtain.drawn:
            self.notify(_WITH_MASKS, markup=False, timeout=4)

    def notify(self, message: str, *, title: str = "", **more: Any) -> None:
        """What is to be told while it is locked is told once it is open."""
        if self.locked:
            self._untold = [*self._untold[1 - _TOLD_LATER :], (message, title, more)]
            return
        super().notify(self.curtain.scrub(message), title=self.curtain.scrub(title), **more)

    def refuse(self, refused: Refusal) -> None:
        """Tell why a key did nothing; of all such only the last stays."""
        self.retract()
        self._refused = self.curtain.scrub(refused.sentence), self.curtain.scrub(refused.title)
        sentence, title = self._refused
        self.notify(sentence, title=title, severity="warning", markup=False, timeout=8)

    def retract(self) -> None:
        """What was refused is past once another key was pressed, and would cover what it opens."""
        for told in list(self._notifications):
            if (told.message, told.title) == self._refused:
                self._unnotify(told)

    # The lock

    def action_lock(self) -> None:
        if self.locked:
            return
        if self.desk_lock.has_pin:
            self.shut()
        else:
            self.run_worker(self._offer_pin(), group="pin", exclusive=True)

    async def _offer_pin(self) -> None:
        from interworky_tui.ui.modals.pin import NewPinDialog

        if isinstance(self.screen, NewPinDialog):
            return
        if await self.push_screen_wait(NewPinDialog(self.paths.config)):
            self.shut()

    def shut(self) -> None:
        """Lock, now; it is locked when it is opened again, too."""
        from interworky_tui.ui.screens.lock import LockScreen

        self.desk_lock.shut()
        self._waiting = None
        self.clear_notifications()
        screen = LockScreen(self.settings, self.clock, self.desk_lock, self.unlock)
        super().push_screen(screen)
        self._lock_screen = screen

    def unlock(self) -> None:
        self._lock_screen = None
        self._touched = self.clock()
        super().pop_screen()
        untold, self._untold = self._untold, []
        for message, title, more in untold:
            self.notify(message, title=title, **more)

    def on_mount(self) -> None:
        if self.desk_lock.locked:
            self.shut()
            # No rows are shown that it could wait for, and messages go on leaving.
            self.open_once()

    def open_once(self) -> None:
        """Open the office, unless that is begun already."""
        if not self._opening:
            self._opening = True
            self._open()

    def _open(self) -> None:
        raise NotImplementedError

    def push_screen(self, *given: Any, **more: Any) -> Any:
        with self._beneath():
            return super().push_screen(*given, **more)

    def pop_screen(self) -> AwaitComplete:
        with self._beneath():
            return super().pop_screen()

    @contextmanager
    def _beneath(self) -> Iterator[None]:
        """Nothing is drawn in here: there is no await."""
        lock, stack = self._lock_screen, self._screen_stack
        if lock is None or stack[-1] is not lock:
            yield
            return
        stack.pop()
        try:
            yield
        finally:
            stack.append(lock)
            lock.post_message(events.ScreenResume())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if self.locked and action not in _LEAVING:
            return False
        return super().check_action(action, parameters)

    # Who left it idle

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.InputEvent | events.Paste):
            self._touched = self.clock()
        await super().on_event(event)

    @property
    def away(self) -> bool:
        """Whether the person has left the desk, for all that is known."""
        return self.locked or self.clock() - self._touched >= AWAY_AFTER

    @property
    def rests(self) -> bool:
        """Whether no key was pressed for a moment."""
        return self.clock() - self._touched >= AT_REST_AFTER

    def watch_idle(self) -> None:
        """Lock when nobody has touched key or mouse for as long as the settings allow."""
        minutes = self.settings.desk.lock_minutes
        idle = minutes and self.clock() - self._touched >= timedelta(minutes=minutes)
        if idle and not self.locked and self.desk_lock.has_pin:
            self.shut()
