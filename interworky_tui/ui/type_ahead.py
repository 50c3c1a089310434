"""Keys pressed faster than the desk answers: they wait for what the key before them opens.

Over a slow line ``t`` and ``fri 14:30`` come in one piece; none of the letters may be taken
for another key of the desk.
"""

from typing import Any

from textual import events
from textual.app import App, ReturnType
from textual.widgets import Input

from interworky_tui.ui.messages import KeysReady

PATIENCE = 5.0
"""Seconds after which waiting keys are let through, whatever was opened."""


class TypeAheadApp(App[ReturnType]):
    """A screen names in ``opening_keys`` the keys after which it posts KeysReady, or has a method
    ``opens`` that says so of each key it is going to have.
    """

    _waiting: list[events.Key] | None = None

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and not event.is_forwarded:
            if self._waiting is not None:
                self._waiting.append(event)
                return
            if self._opens(event):
                self._waiting = []
                self.set_timer(PATIENCE, lambda: self.post_message(KeysReady()))
        await super().on_event(event)

    async def on_keys_ready(self, _event: KeysReady) -> None:
        waiting, self._waiting = self._waiting or [], None
        while waiting and self._waiting is None:
            await self.on_event(waiting.pop(0))
        if self._waiting is not None:
            self._waiting[:0] = waiting

    def _opens(self, event: events.Key) -> bool:
        screen: Any = self.screen
        if hasattr(screen, "opens"):
            return bool(screen.opens(event))
        if event.key not in getattr(screen, "opening_keys", ()):
            return False
        return screen.is_modal or not isinstance(self.focused, Input)
