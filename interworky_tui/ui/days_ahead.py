"""Days that are read before they are asked for, and kept for as long as nothing changes."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING

from interworky_tui.domain.errors import Refusal
from interworky_tui.ui.hands import Hands

if TYPE_CHECKING:
    from interworky_tui.services.day import DayLoad, DaySheet

    Found = tuple[DaySheet, tuple[DayLoad, ...]]
    """A day and its week."""

REST = 0.15
"""Seconds that a day is looked at before those beside it are read."""


class DaysAhead:
    """Whoever hears of a change, or that the minute passed, drops what was read before it."""

    def __init__(self, hands: Hands) -> None:
        self._hands = hands
        self._found: dict[tuple[date, int | None, bool], Found] = {}
        self._drops = 0
        self.wanted = False
        """Whether anybody has looked at a day yet."""

    async def look(self, day: date, but: int | None = None) -> Found:
        """As ``services.day.look``. Raises what it raises."""
        from interworky_tui.services import day as days

        found = self._found.get(self._key(day, but))
        if found is None:
            drops = self._drops
            found = await self._hands.ask(days.look, day, but=but)
            if drops == self._drops:
                self._found[self._key(day, but)] = found
        return found

    async def read(self, *wanted: date, but: int | None = None) -> None:
        """Read them soon, one after the other, unless the person goes on meanwhile."""
        await asyncio.sleep(REST)
        for day in wanted:
            # Whoever turns to it reads it again, and is told then.
            with suppress(Refusal):
                await self.look(day, but)

    def drop(self) -> None:
        self._found.clear()
        self._drops += 1

    def _key(self, day: date, but: int | None) -> tuple[date, int | None, bool]:
        """What was read under the curtain is masked, and nothing else may be shown there."""
        return day, but, self._hands.curtain.drawn
