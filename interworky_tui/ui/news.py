"""What changed is told to every screen: the store, the channels, and who else is there."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from interworky_tui.config import Settings
from interworky_tui.domain.clock import Clock
from interworky_tui.domain.errors import StoreProblem
from interworky_tui.paths import Paths
from interworky_tui.ui import faults
from interworky_tui.ui.company import Company, where
from interworky_tui.ui.guarded import GuardedApp
from interworky_tui.ui.messages import ChannelsChanged, CompanyChanged, OfficeTroubled
from interworky_tui.ui.store_watch import StoreWatch

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.message import Message

    from interworky_tui.delivery.health import ChannelState

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0


class NewsApp(GuardedApp):
    """Watches the store, the channels and the company; a fault is told, too."""

    def __init__(self, settings: Settings, paths: Paths, clock: Clock) -> None:
        super().__init__(settings, paths, clock)
        self.channels: tuple[ChannelState, ...] = ()
        """How each channel is; empty until that is known."""
        self.store_watch = StoreWatch(settings, paths, clock, lambda: self.tell(OfficeTroubled))
        self.company = Company(self._company_changed)

    def tell(self, news: Callable[[], Message]) -> None:
        """Every screen, those under a modal too."""
        for screen in self.screen_stack:
            screen.post_message(news())

    def not_read(self, problem: StoreProblem) -> None:
        """Rows could not be read: what is shown stays, and they are read again by themselves."""
        log.warning("%s", problem)
        self.store_watch.not_read()
        # The connection that is watched may hear of it a moment later, and then the banner tells.
        self.set_timer(TICK_SECONDS, lambda: self._tell_not_read(problem))

    def _tell_not_read(self, problem: StoreProblem) -> None:
        if not self.store_watch.away:
            self.refuse(problem)

    def channels_are(self, states: tuple[ChannelState, ...]) -> None:
        """``states`` is empty while a worker sends, who says itself how its channels are."""
        self.channels = states or self.company.channels
        self.tell(lambda: ChannelsChanged(self.channels))

    def _company_changed(self) -> None:
        if self.company.worker:
            self.channels_are(())
        self.tell(CompanyChanged)

    def say_where(self) -> None:
        """Let the others know which appointment the person here is on."""
        self.company.on(None if self.away else where(self.screen_stack))

    def _handle_exception(self, error: Exception) -> None:
        if problem := faults.not_read(error):
            self.not_read(problem)
            return
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        self._return_code = faults.tell(self, error) or self._return_code
