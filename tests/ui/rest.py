"""When the app is at rest, by what it has to do and not by how busy the machine is.

Textual's own wait sleeps for twenty milliseconds at a time, twice a key, until the process has
used little of them.
"""

import asyncio
from concurrent.futures import Future
from time import monotonic
from typing import Any
from weakref import WeakSet

import textual.app
import textual.pilot
from textual._context import active_app
from textual.app import App

QUIET = 3
"""Turns of the event loop with nothing to do, one after the other."""
A_MOMENT = 0.001
MOMENTS = 250
"""To wait for a thread: one that takes longer waits for something that the test will do."""
AT_MOST = 5.0
"""Seconds, where it never rests."""

_begun: WeakSet[Future[Any]] = WeakSet()


async def rest(min_sleep: float = 0, max_sleep: float = AT_MOST) -> None:
    """In the place of ``textual._wait.wait_for_idle``."""
    loop: Any = asyncio.get_running_loop()
    give_up = monotonic() + AT_MOST
    await asyncio.sleep(min_sleep)
    quiet = moments = 0
    while quiet < QUIET and monotonic() < give_up:
        waiting = moments < MOMENTS and any(not future.done() for future in tuple(_begun))
        moments += waiting
        await asyncio.sleep(A_MOMENT if waiting else 0)
        busy = waiting or loop._ready or _painted(active_app.get())
        quiet = 0 if busy else quiet + 1


def _painted(app: App[Any]) -> bool:
    """Whether it had something to lay out or to paint, which is then done without its timer."""
    screen = app._screen_stack[-1] if app._screen_stack else None
    if screen is None or not screen.is_current or app._batch_count:
        return False
    if not (
        screen._layout_required
        or screen._scroll_required
        or screen._repaint_required
        or screen._recompose_required
        or screen._dirty_widgets
        or screen._callbacks
    ):
        return False
    screen._on_timer_update()
    return True


def install() -> None:
    """Let the pilot wait so from now on, in this process."""
    begin = Future.__init__

    def noted(future: Future[Any]) -> None:
        begin(future)
        _begun.add(future)

    Future.__init__ = noted
    textual.app.wait_for_idle = textual.pilot.wait_for_idle = rest
