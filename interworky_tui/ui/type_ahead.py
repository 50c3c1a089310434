"""Keys pressed faster than the desk answers: they wait for what the key before them opens.

Over a slow line ``t`` and ``fri 14:30`` come in one piece; none of the letters may be taken
for another key of the desk.
"""

from collections.abc import Collection
from typing import Any

from textual import events
from textual.app import App, ReturnType
from textual.await_complete import AwaitComplete
from textual.widgets import Input

from interworky_tui.ui.messages import KeysReady

PATIENCE = 5.0
"""Seconds after which waiting keys are let through, whatever was opened."""


class TypeAheadApp(App[ReturnType]):
    """A screen names in ``opening_keys`` the keys after which it posts KeysReady, or has a method
    ``opens`` that says so of each key it is going to have.
    """

    _waiting: list[events.Key] | None = None
    opened = 0
    """How many keys have been waited for."""
    closed_at = 0
    """What ``opened`` was when the last screen was left: keys pressed since are none of its."""

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and not event.is_forwarded:
            if self._waiting is not None:
                self._waiting.append(event)
                return
            if self._opens(event):
                self._waiting = []
                self.opened += 1
                late = KeysReady(self.opened)
                self.set_timer(PATIENCE, lambda: self.post_message(late))
        await super().on_event(event)

    def pop_screen(self) -> AwaitComplete:
        self.closed_at = self.opened
        return super().pop_screen()

    async def on_keys_ready(self, event: KeysReady) -> None:
        if event.opened is not None and event.opened < self.opened:
            return
        waiting, self._waiting = self._waiting or [], None
        while waiting and self._waiting is None:
            await self.on_event(waiting.pop(0))
        if self._waiting is not None:
            self._waiting[:0] = waiting

    def forget_waiting(self, keys: Collection[str]) -> None:
        """Those that were pressed before what they would now answer could be read."""
        if self._waiting is not None:
            self._waiting = [event for event in self._waiting if event.key not in keys]

    def _opens(self, event: events.Key) -> bool:
        screen: Any = self.screen
        if hasattr(screen, "opens"):
            return bool(screen.opens(event))
        if event.key not in getattr(screen, "opening_keys", ()):
            return False
        return screen.is_modal or not isinstance(self.focused, Input)
