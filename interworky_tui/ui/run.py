"""Opening the desk in this terminal, and leaving the terminal whole."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

from interworky_tui.config import Settings
from interworky_tui.domain.clock import Clock, system_clock
from interworky_tui.paths import Paths
from interworky_tui.ui.app import DeskApp
from interworky_tui.ui.screens.desk_view import Place
from interworky_tui.ui.terminal import not_a_terminal, signals_leave, survive_stray_bytes

if TYPE_CHECKING:
    from interworky_tui.ui.opening import ServePages


def run_desk(
    settings: Settings,
    paths: Paths,
    *,
    clock: Clock = system_clock,
    demo: bool = False,
    pages: ServePages | None = None,
    place: Place | None = None,
) -> int | Place:
    """Open the desk, at that ``place``, and return the exit status, or the place at which it is to
    be opened again, with the settings as they are now. ``pages`` serves them. Raises StoreProblem.
    """
    problem = not_a_terminal()
    if problem:
        print(problem, file=sys.stderr)
        return 1
    survive_stray_bytes()
    gc.disable()
    # Paint first: a thread that imports gives way to a key at once.
    sys.setswitchinterval(0.001)
    app = DeskApp(settings, paths, clock=clock, demo=demo, pages=pages, place=place)
    with signals_leave(app):
        app.run()
    return app.place if app.reopens and app.place else app.return_code or 0
