"""The command palette: every key's action by name."""

from __future__ import annotations

from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from interworky_tui.ui import themes
from interworky_tui.ui.keys import KEYS


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
        looks = [
            (f"Theme: {name}", "Change the colours", f"app.set_theme('{name}')")
            for name in themes.NAMES
        ]
        return named + looks

    async def _run(self, action: str) -> None:
        await self.screen.run_action(action)
