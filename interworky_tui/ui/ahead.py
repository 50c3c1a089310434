"""What is read before it is asked for, and kept for as long as nothing changes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from interworky_tui.domain.errors import Refusal
from interworky_tui.ui.hands import Hands

if TYPE_CHECKING:
    from interworky_tui.services.context import Context

P = ParamSpec("P")
T = TypeVar("T")

REST = 0.15
"""Seconds that the person rests before more is read."""


class Ahead:
    """For use cases that only read, and whose arguments can be compared.

    Whoever hears of a change, or that the minute passed, drops what was read before it.
    """

    def __init__(self, hands: Hands) -> None:
        self._hands = hands
        self._found: dict[Hashable, Any] = {}
        self._drops = 0
        self.days = False
        """Whether the person looks at days: then today is worth reading."""

    async def ask(
        self, use_case: Callable[Concatenate[Context, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """As ``Hands.ask``, at once when it was read before."""
        asked = use_case, args, tuple(sorted(kwargs.items()))
        if self._key(asked) in self._found:
            kept: T = self._found[self._key(asked)]
            return kept
        drops = self._drops
        found = await self._hands.ask(use_case, *args, **kwargs)
        if drops == self._drops:
            self._found[self._key(asked)] = found
        return found

    async def read(self, *wanted: Callable[[], Awaitable[object]]) -> None:
        """Ask for these, one after the other, unless the person goes on meanwhile."""
        await asyncio.sleep(REST)
        for ask in wanted:
            # Whoever comes to it asks again, and is told then.
            with suppress(Refusal):
                await ask()

    def drop(self) -> None:
        self._found.clear()
        self._drops += 1

    def _key(self, asked: Hashable) -> Hashable:
        """What was read under the curtain is masked, and nothing else may be shown there."""
        return asked, self._hands.curtain.drawn
