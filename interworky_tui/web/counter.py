"""Where the pages meet the office's store: off the server's loop, one at a time."""

from collections.abc import Callable
from typing import TypeVar

from interworky_tui.lanes import Lane

T = TypeVar("T")


class Counter:
    """Two threads and no more, so that a flood of visitors leaves the desk its share.

    What looks does not wait for what changes, which may wait for another process.
    """

    def __init__(self) -> None:
        self._looking, self._changing = Lane("interworky-web-look"), Lane("interworky-web-change")

    async def look(self, call: Callable[[], T]) -> T:
        return await self._looking.ask(call)

    async def change(self, call: Callable[[], T]) -> T:
        return await self._changing.ask(call)

    def close(self) -> None:
        self._looking.close()
        self._changing.close()
