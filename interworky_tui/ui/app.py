"""The application: opens the office behind the first rows, and closes it in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import work
from textual.app import App
from textual.binding import Binding

from interworky_tui.config import BadSettings, Settings
from interworky_tui.domain.clock import Clock
from interworky_tui.domain.errors import Refusal
from interworky_tui.lanes import Lane
from interworky_tui.paths import Paths
from interworky_tui.storage import schema
from interworky_tui.ui import opening, themes, tidying
from interworky_tui.ui.hands import Hands
from interworky_tui.ui.messages import (
    MinutePassed,
    OfficeOpened,
    PagesFailed,
    StoreChanged,
    VisitsCameDue,
)
from interworky_tui.ui.news import TICK_SECONDS, NewsApp
from interworky_tui.ui.reads import Reads
from interworky_tui.ui.screens.desk import DeskScreen
from interworky_tui.ui.stylesheet import RememberingStylesheet

if TYPE_CHECKING:
    from textual.command import Provider
    from textual.screen import Screen
    from textual.worker import Worker

    from interworky_tui.jobs import Jobs
    from interworky_tui.ui.screens.desk_view import Place


def _palette() -> type[Provider]:
    from interworky_tui.ui.commands import DeskCommands

    return DeskCommands


class DeskApp(NewsApp):
    """The store may not exist yet. ``place`` is where the desk begins.

    Made without a word to the terminal; raises StoreProblem when the store cannot be used.
    """

    TITLE = "Front desk"
    # Textual reads no CSS_PATH of a default screen.
    CSS_PATH = ["app.tcss", "screens/desk.tcss"]  # noqa: RUF012
    COMMANDS = {_palette}  # noqa: RUF012
    BINDINGS = [Binding("ctrl+c", "leave", "Quit", show=False, priority=True)]  # noqa: RUF012

    def __init__(
        self,
        settings: Settings,
        paths: Paths,
        *,
        clock: Clock,
        demo: bool = False,
        pages: opening.ServePages | None = None,
        place: Place | None = None,
    ) -> None:
        super().__init__(settings, paths, clock)
        self.demo = demo
        self._url = settings.database.url or schema.sqlite_url(paths.database)
        self._readable = schema.look_at(self._url) is schema.SchemaState.CURRENT
        self.hands = Hands(self.curtain)
        self.reads = Reads(self._url, settings.feedback.low_rating, self.curtain)
        self.jobs: Jobs | None = None
        self.place, self.reopens = place, False
        """``reopens``: left to be opened again at once, with the settings as they are then."""
        self._beside = opening.Beside(pages)
        self._office_opening: Worker[None] | None = None
        for theme in themes.THEMES:
            self.register_theme(theme)
        # Without the watcher, which would read all CSS a second time.
        self.set_reactive(App.theme, settings.desk.theme)
        self.stylesheet = RememberingStylesheet(variables=self.get_css_variables())
        self.animation_level = "none"
        self.set_class(self.console.color_system in (None, "standard"), "-few-colors")

    def get_default_screen(self) -> Screen[None]:
        return DeskScreen(
            self.settings,
            self.clock,
            self.reads,
            self.hands,
            previews=self.paths.previews,
            ready=self._readable,
            demo=self.demo,
            place=self.place,
        )

    def on_first_rows_shown(self) -> None:
        self.open_once()

    async def on_unmount(self) -> None:
        if self._office_opening is not None:
            self._office_opening.cancel()
        self._beside.leave()
        if self.jobs is not None:
            await self.jobs.stop()
        self.company.stop()
        await self._beside.stop()
        self.store_watch.close()
        self.hands.close()
        self.reads.close()

    def _open(self) -> None:
        self._office_opening = self._open_office()

    @work(name="open the office")
    async def _open_office(self) -> None:
        """Import what is heavy and open the store, in a thread, with the rows on screen."""
        # A keyring may keep it waiting, and the end of the program does not wait for it.
        lane = Lane("opening")
        try:
            office, jobs = await lane.ask(
                lambda: opening.open_office(self, self._wake, self._came_due)
            )
            self.store_watch.begin(self._url)
        except (Refusal, BadSettings) as refused:
            self.exit(return_code=1, message=str(refused))
            return
        finally:
            lane.close()
        self.company.look()
        self.hands.opened(office)
        self.jobs = jobs
        jobs.start()
        self.tell(OfficeOpened)
        await opening.read_styles(self)
        tidying.begin()
        self.set_interval(self.settings.desk.refresh_ms / 1000, self._look)
        self.set_interval(TICK_SECONDS, self._tick)
        if bad := await self.hands.ask(opening.bad_templates):
            self.notify(bad, severity="warning", markup=False, timeout=10)
        if problem := await self._beside.open(office):
            self.tell(lambda: PagesFailed(problem))
        await self.hands.ask(opening.look_at_the_day)

    def _wake(self) -> None:
        if self.jobs is not None:
            self.jobs.wake()

    def _look(self) -> None:
        if self.store_watch.changed():
            self.tell(StoreChanged)
            self.company.look()
            if self.jobs is not None:
                self.jobs.arm_due()
                self.jobs.wake()

    def _tick(self) -> None:
        self.watch_idle()
        self.say_where()
        self.tell(MinutePassed)
        if self.rests:
            tidying.at_rest()

    def _came_due(self) -> None:
        self.tell(VisitsCameDue)

    def action_leave(self) -> None:
        self.exit()

    def reopen(self, place: Place) -> None:
        self.place, self.reopens = place, True
        self.exit()

    def action_set_theme(self, name: str) -> None:
        self.theme = name

    def action_next_theme(self) -> None:
        self.theme = themes.following(self.theme)
