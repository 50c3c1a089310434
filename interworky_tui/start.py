"""The way in and the way out: opening the desk, and what a person is told of an error."""

import logging
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from interworky_tui import paths
from interworky_tui.domain.clock import Clock, system_clock

if TYPE_CHECKING:
    from interworky_tui.config import Settings
    from interworky_tui.services.context import Context
    from interworky_tui.web.server import WebServer

log = logging.getLogger(__name__)

FAILED, INTERRUPTED = 1, 130
"""Exit statuses. A command that was typed wrongly ends with 2."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the program is started in. ``environment`` None is the process's own."""

    paths: paths.Paths
    clock: Clock = system_clock
    environment: Mapping[str, str] | None = None

    def settings(self) -> "Settings":
        """Raises BadSettings."""
        from interworky_tui import config

        return config.load(self.paths.settings_file, self.environment)


def here() -> Surroundings:
    return Surroundings(paths.locate())


def open_desk(around: Surroundings, *, demo: bool = False) -> int:
    """Show the desk until it is left; the exit status.

    The demo opens an office of its own, which is gone afterwards.
    """
    from interworky_tui import logs

    settings = around.settings()
    logs.write_to(around.paths.log_file)
    if demo:
        from interworky_tui import bootstrap, config

        with bootstrap.demo(settings, around.clock) as (told, places):
            reload = partial(config.load, places.settings_file, {})
            return _show(told, places, around.clock, reload, demo=True)
    return _show(settings, around.paths, around.clock, around.settings)


def _show(
    settings: "Settings",
    places: paths.Paths,
    clock: Clock,
    reload: "Callable[[], Settings]",
    *,
    demo: bool = False,
) -> int:
    from interworky_tui.ui.run import run_desk
    from interworky_tui.ui.screens.desk_view import Place

    place: Place | None = None
    while True:
        # The demo listens nowhere: the office's own desk may, on the same port.
        pages = pages_of(settings) if not demo else None
        ended = run_desk(settings, places, clock=clock, demo=demo, pages=pages, place=place)
        if isinstance(ended, int):
            return ended
        place = ended
        settings = reload()


def pages_of(settings: "Settings") -> "Callable[[Context], WebServer] | None":
    """What serves an office's web pages from now on; None when they are switched off."""
    return serve_pages if settings.web.enabled else None


def serve_pages(office: "Context") -> "WebServer":
    """Raises Refusal, one sentence that says why the pages are not served."""
    from interworky_tui.web.server import WebServer

    server = WebServer(office)
    server.start()
    return server


def explain(error: BaseException, around: Surroundings) -> int:
    """Say on stderr why the program ends, in one sentence, and return the exit status.

    What nobody expected goes to the log with its traceback.
    """
    from interworky_tui.config import BadSettings
    from interworky_tui.domain.errors import DamagedStore, Refusal
    from interworky_tui.domain.text import clean_line

    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(error, Refusal | BadSettings):
        sentence = str(error)
        if isinstance(error, DamagedStore):
            sentence += _newest_backup(around)
    else:
        from interworky_tui import logs

        logs.write_to(around.paths.log_file)
        log.error("Unexpected", exc_info=error)
        sentence = f"Something went wrong here; the log says more: {around.paths.log_file}"
    print(clean_line(sentence), file=sys.stderr)
    return FAILED


def _newest_backup(around: Surroundings) -> str:
    """A sentence that says how to put it back, or nothing."""
    from interworky_tui import bootstrap
    from interworky_tui.config import BadSettings
    from interworky_tui.domain.errors import Refusal

    try:
        kept = bootstrap.backups(around.settings(), around.paths, around.clock)
        newest = kept.newest()
    except (BadSettings, Refusal):
        return ""
    if newest is None:
        return ""
    made = f"{newest.made:%a %d %b %Y, %H:%M}"
    return f" The newest is of {made}: interworky-tui restore {newest.path}"
