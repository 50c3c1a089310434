"""What the desk and the messages share: the office's parts, flows begun by keys, the banner."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar, cast

from textual import on, work
from textual.binding import Binding
from textual.geometry import Size
from textual.screen import Screen

from interworky_tui.config import Settings
from interworky_tui.delivery.health import ChannelState
from interworky_tui.domain.bands import Bands
from interworky_tui.domain.clock import Clock
from interworky_tui.domain.errors import Refusal, StoreAway
from interworky_tui.domain.events import Channel
from interworky_tui.ui.card_content import Told
from interworky_tui.ui.channel_content import OUT, banner
from interworky_tui.ui.company import Company
from interworky_tui.ui.curtain import Curtain
from interworky_tui.ui.hands import Hands
from interworky_tui.ui.messages import (
    ChannelsChanged,
    CompanyChanged,
    CurtainMoved,
    KeysReady,
    OfficeTroubled,
    PagesFailed,
    StoreChanged,
)
from interworky_tui.ui.reads import Reads
from interworky_tui.ui.widgets.bars import Banner

if TYPE_CHECKING:
    from interworky_tui.ui.app import DeskApp
    from interworky_tui.ui.guarded import GuardedApp
    from interworky_tui.ui.help_content import HelpPart

R = TypeVar("R")

log = logging.getLogger(__name__)


class OfficeScreen(Screen[R]):
    """A subclass yields ``banner`` from its ``compose``."""

    BINDINGS = [  # noqa: RUF012
        Binding("question_mark", "help", "Help", tooltip="What can be done here"),
        Binding("p", "app.curtain", "Curtain", tooltip="Hide names, numbers and texts", show=False),
    ]
    help_title = "Here"

    def __init__(self, settings: Settings, clock: Clock, reads: Reads, hands: Hands) -> None:
        super().__init__()
        self.settings, self.clock, self.reads, self.hands = settings, clock, reads, hands
        self.zone, self.bands = settings.zone, Bands(settings.bands.spans())
        self.phone: Callable[[str], str] = str
        self.channels: tuple[ChannelState, ...] = ()
        self.pages_problem = ""
        self.banner = Banner(id="banner")
        self.fresh = asyncio.Event()
        """Set once what the screen is about is read; not every screen does."""

    @property
    def company(self) -> Company:
        return cast("DeskApp", self.app).company

    @property
    def about(self) -> int | None:
        """The appointment that the person is on here, if any."""
        return None

    def _screen_resized(self, size: Size) -> None:
        # As it is opened it is told of the size at which it was laid out just before.
        if size != self._size:
            super()._screen_resized(size)

    async def settled(self) -> None:
        """Wait until what was asked for is on the screen, or the screen is left."""
        await self.fresh.wait()

    def on_unmount(self) -> None:
        self.fresh.set()

    def cover(self, curtain: Curtain) -> None:
        """The curtain moved: what is held passes it and is painted at once. Afterwards what the
        screen shows is read again, as after any change.
        """

    @on(CurtainMoved)
    def _curtain_moved(self) -> None:
        self.post_message(StoreChanged())

    def action_help(self) -> None:
        from interworky_tui.ui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen(self.help_parts()))

    def help_parts(self) -> list[HelpPart]:
        """What the help says of this screen."""
        from interworky_tui.ui.help_content import of_screen

        return of_screen(self.help_title, self.active_bindings)

    def told(self) -> Told:
        low = self.settings.feedback.low_rating
        return Told(self.zone, self.bands, self.phone, self.clock(), self.channels, low)

    @work(group="flow")
    async def begin(self, task: Callable[[], Awaitable[None]]) -> None:
        """Run what a key started; a refusal becomes a toast, a fault goes to the log."""
        app = cast("GuardedApp", self.app)
        opened = app.opened
        app.retract()
        try:
            await task()
        except Refusal as refused:
            app.refuse(refused)
        except Exception as error:
            log.exception("A key's work failed")
            self.notify(
                f"Something went wrong ({type(error).__name__}); nothing was lost."
                " The log says more.",
                severity="error",
                markup=False,
                timeout=10,
            )
        finally:
            # What the person pressed in its screens was its own, what came after them is not.
            self.post_message(KeysReady(max(opened, app.closed_at)))

    @on(ChannelsChanged)
    def _take_channels(self, event: ChannelsChanged) -> None:
        self.channels = event.states
        self.show_channels()

    @on(CompanyChanged)
    def _take_company(self) -> None:
        self.show_company()

    @on(PagesFailed)
    def _take_pages(self, event: PagesFailed) -> None:
        self.pages_problem = event.sentence
        self._show_banner()

    @on(OfficeTroubled)
    def _take_troubles(self) -> None:
        self._show_banner()

    def show_company(self) -> None:
        """Who else is here, and on what, has changed."""

    def show_channels(self) -> None:
        self._show_banner()

    @on(StoreChanged)
    def _count_again(self) -> None:
        if any(state.health in OUT for state in self.channels):
            self._show_banner()

    @work(group="banner", exclusive=True)
    async def _show_banner(self) -> None:
        """What is out of order, for as long as it is, and how much waits for it."""
        waiting: dict[Channel, int] = {}
        if any(state.health in OUT for state in self.channels):
            # A store that is away is told of here, too.
            with suppress(StoreAway):
                waiting = await self.reads.waiting()
        troubles = cast("DeskApp", self.app).store_watch.troubles
        others = [*troubles, self.pages_problem] if self.pages_problem else troubles
        self.banner.show(banner(self.channels, waiting, self.zone, self.clock(), others=others))
