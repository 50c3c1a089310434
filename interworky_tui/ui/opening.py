"""Opening the office behind the first rows: in a thread, and with all that is heavy to import."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from textual.widgets import Input

from interworky_tui.domain.calendar import office_day
from interworky_tui.domain.errors import Refusal
from interworky_tui.lanes import Lane
from interworky_tui.ui import flows, keys

if TYPE_CHECKING:
    from interworky_tui.jobs import Jobs
    from interworky_tui.services.context import Context
    from interworky_tui.ui.app import DeskApp

log = logging.getLogger(__name__)

_SCREENS = ("caller", "day", "help", "messages", "settings")
_BREATH = 0.02
"""Seconds."""


class Pages(Protocol):
    """The web pages while they are served."""

    def leave(self) -> None:
        """Take nothing more; does not wait."""

    def stop(self, timeout: float) -> bool:
        """Wait for what is being answered, for at most so many seconds."""


ServePages = Callable[["Context"], Pages]
"""Raises Refusal when they cannot be served."""


def open_office(
    app: DeskApp, wake: Callable[[], None], on_due: Callable[[], None]
) -> tuple[Context, Jobs]:
    """The services and the scheduler, which is not started. Raises StoreProblem, BadSettings."""
    from interworky_tui import bootstrap
    from interworky_tui.jobs import Jobs

    # So that the first key that changes something does not wait for them.
    for key in keys.KEYS:
        if key.flow:
            flows.find(key.flow)
    for screen in _SCREENS:
        import_module(f"interworky_tui.ui.screens.{screen}")
    office = bootstrap.build(app.settings, app.paths, app.clock, wake)
    delivery = bootstrap.delivery(office, app.paths, app.store_watch.troubled)
    jobs = Jobs(
        delivery.outbox,
        app.clock,
        next_start=lambda: bootstrap.next_start(office),
        on_due=on_due,
        chores=delivery.chores,
        on_channels=app.channels_are,
    )
    app.company.begin(office, jobs.rest)
    return office, jobs


async def read_styles(app: DeskApp) -> None:
    """Now, when nobody waits for it, and not when the first screen is opened: then all would be
    parsed anew. Keys come between one file and the next.
    """
    from textual.widgets import OptionList

    for file in sorted(Path(__file__).parent.rglob("*.tcss")):
        if not app.stylesheet.has_source(str(file)):
            app.stylesheet.read(file)
            app.stylesheet.parse()
            await asyncio.sleep(_BREATH)
    for widget in (Input(), OptionList()):
        widget._post_register(app)
        app.stylesheet.parse()
        await asyncio.sleep(_BREATH)


def look_at_the_day(office: Context) -> None:
    """What the first look at a day takes long for: public holidays, and the words of its reads."""
    from interworky_tui.services import day

    day.look(office, office_day(office.clock(), office.zone))


class Beside:
    """The web pages beside the desk. A fault of theirs takes nothing else with it."""

    def __init__(self, serve: ServePages | None) -> None:
        self._serve, self._lane = serve, Lane("pages")
        self._pages: Pages | None = None
        self._left = False

    async def open(self, office: Context) -> str | None:
        """What is heavy about them is imported now. One sentence when they cannot be served."""
        try:
            await self._lane.ask(lambda: self._begin(office))
        except Refusal as refused:
            log.warning("%s", refused)
            return str(refused)
        except Exception as error:
            log.error("The web pages did not start", exc_info=error)
            return "The web pages are not served: something went wrong here; the log says more."
        return None

    def leave(self) -> None:
        self._left = True
        if self._pages is not None:
            self._pages.leave()

    async def stop(self) -> None:
        pages = self._pages
        if pages is not None:
            await self._lane.ask(lambda: pages.stop(timeout=0.5))
        self._lane.close()

    def _begin(self, office: Context) -> None:
        if self._serve is not None and not self._left:
            self._pages = self._serve(office)
            if self._left:
                self._pages.stop(timeout=0.5)


def bad_templates(office: Context) -> str | None:
    """One sentence on those of the office's own templates that cannot be used."""
    problems = office.catalogue.problems()
    if not problems:
        return None
    more = f" ({len(problems) - 1} more.)" if len(problems) > 1 else ""
    return f"{problems[0]}{more} The built-in one is used; see interworky-tui templates check."
