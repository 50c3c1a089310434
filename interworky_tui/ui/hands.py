"""The hands of the desk: use cases run off the event loop, once the office is open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from interworky_tui.domain.errors import Refusal
from interworky_tui.ui.curtain import Curtain

if TYPE_CHECKING:
    from interworky_tui.services.context import Context

P = ParamSpec("P")
T = TypeVar("T")


class Hands:
    """Screens and modals ask through it; they never hold the office themselves.

    The end of the program waits for its threads: what a person has begun is written. So nothing
    may run here that waits for a network. While the ``curtain`` is drawn, what is personal in an
    answer is masked, and no mask is taken for a text.
    """

    def __init__(self, curtain: Curtain | None = None) -> None:
        self.curtain = curtain or Curtain()
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="services")
        self._office: asyncio.Future[Context] | None = None

    def opened(self, office: Context) -> None:
        self._future().set_result(office)

    async def office(self) -> Context:
        """The open office; waits for it in the first moments of the program."""
        return await asyncio.shield(self._future())

    async def ask(
        self, use_case: Callable[Concatenate[Context, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run one use case in a thread. Raises what it raises, and CurtainDrawn for a mask."""
        self.curtain.refuse_masked((*args, *kwargs.values()))
        office = await self.office()
        return await self.run(lambda: use_case(office, *args, **kwargs))

    async def run(self, work: Callable[[], T]) -> T:
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except Refusal as refused:
            self.curtain.reword(refused)
            raise
        return self.curtain.over(found)

    def close(self) -> None:
        """Let what was begun finish; take nothing new."""
        self._threads.shutdown(wait=False)
        if self._office is not None and self._office.done():
            self._office.result().database.close()

    def _future(self) -> asyncio.Future[Context]:
        if self._office is None:
            self._office = asyncio.get_running_loop().create_future()
        return self._office
