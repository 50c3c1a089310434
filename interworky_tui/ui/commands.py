"""The command palette: every key's action by name."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.screen import Screen

from interworky_tui.ui import themes
from interworky_tui.ui.help_content import FACES
from interworky_tui.ui.keys import KEYS
from interworky_tui.ui.screens.desk_view import DeskView


class DeskCommands(Provider):
    async def discover(self) -> Hits:
        for name, told, action in self._commands():
            yield DiscoveryHit(Content(name), partial(self._run, action), help=told)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for name, told, action in self._commands():
            score = matcher.match(name)
            if score > 0:
                yield Hit(score, matcher.highlight(name), partial(self._run, action), help=told)

    def _commands(self) -> list[tuple[str, str, str]]:
        named = [(f"{key.label} ({key.face})", key.help, key.action) for key in KEYS]
        if not isinstance(self.screen, DeskView):
            named = list(_of_screen(self.screen))
        looks = [
            (f"Theme: {name}", "Change the colours", f"app.set_theme('{name}')")
            for name in themes.NAMES
        ]
        return named + looks

    async def _run(self, action: str) -> None:
        await self.screen.run_action(action)


def _of_screen(screen: Screen[Any]) -> Iterable[tuple[str, str, str]]:
    """What the keys of a screen do that has no table of its own; each once."""
    told = set()
    for key, active in screen.active_bindings.items():
        binding = active.binding
        if binding.system or not binding.description or binding.action in told:
            continue
        if active.node is screen:
            told.add(binding.action)
            face = FACES.get(key, key)
            yield f"{binding.description} ({face})", active.tooltip or "", binding.action
