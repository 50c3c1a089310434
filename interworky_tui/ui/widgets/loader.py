"""Reads what the window in view asks for, one thing after another. Knows no Textual."""

from collections.abc import Awaitable, Callable

from interworky_tui.domain.errors import Refusal
from interworky_tui.ui.widgets.row_source import Ask, Rank, RowSource, read
from interworky_tui.ui.widgets.window import Window


class Loader:
    """``window`` is asked before every read, so that a tab left meanwhile is not read on.

    ``came`` is called after every answer, ``failed`` when the source refused one. What is
    only read ahead waits for ``painted``: the reading thread would take time from the painting.
    """

    def __init__(
        self,
        source: RowSource,
        window: Callable[[], Window],
        came: Callable[[], None],
        failed: Callable[[Refusal], None],
        painted: Callable[[], Awaitable[object]],
    ) -> None:
        self._source, self._window, self._came, self._failed = source, window, came, failed
        self._painted = painted
        self.busy = False

    async def rows(self) -> None:
        """Read until nothing is wanted. ``busy`` until then; one of these runs at a time."""
        ahead = False
        try:
            while (ask := self._window().ask()) is not None:
                window = self._window()
                if window.settled and not ahead:
                    ahead = True
                    await self._painted()
                    continue
                ahead = False
                try:
                    await self._one(window, ask)
                except Refusal as problem:
                    window.give_up()
                    if window is self._window():  # else that tab has been left meanwhile
                        self._failed(problem)
                        return
        finally:
            self.busy = False

    async def _one(self, window: Window, ask: Ask | Rank) -> None:
        window.begin(ask)
        if isinstance(ask, Rank):
            await self._numbers(window, ask)
        else:
            window.take(ask, await read(self._source, window.view, ask))
            self._came()

    async def rank(self) -> None:
        """Read the scrollbar's numbers."""
        window = self._window()
        if ask := window.ask_rank():
            try:
                await self._numbers(window, ask)
            except Refusal as problem:
                self._failed(problem)

    async def _numbers(self, window: Window, ask: Rank) -> None:
        view = window.view
        numbers = await self._source.position(view.status, ask.key, search=view.search)
        window.take_rank(ask, *numbers)
        self._came()
