"""What every use case is given, and what it gives back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from interworky_tui.config import Settings
from interworky_tui.domain.appointment import Appointment, Client
from interworky_tui.domain.bands import Bands
from interworky_tui.domain.clock import Clock
from interworky_tui.domain.lifecycle import Verb
from interworky_tui.messages.catalogue import SHIPPED, Catalogue
from interworky_tui.storage.database import Database
from interworky_tui.storage.shared_clock import SharedClock, shared_clock

CLIENT_ACTOR = "client"
"""Who the history says has answered, by web or by SMS."""


def _nobody_waits() -> None:
    pass


@dataclass(frozen=True)
class Context:
    """The wired services of one process. ``wake`` is called when a commit has queued messages.

    ``catalogue`` is where the texts of messages come from.
    """

    settings: Settings
    database: Database
    clock: Clock
    actor: str
    wake: Callable[[], None] = field(default=_nobody_waits)
    catalogue: Catalogue = SHIPPED

    @cached_property
    def zone(self) -> ZoneInfo:
        return self.settings.zone

    @cached_property
    def shared(self) -> SharedClock:
        """What is waited for, and by which others, goes by it."""
        return shared_clock(self.database.url, self.clock)

    @cached_property
    def bands(self) -> Bands:
        return Bands(self.settings.bands.spans())


@dataclass(frozen=True, slots=True)
class Changed:
    """A committed change. ``undo_until`` is when word of it may leave; None when none is owed.

    ``also`` are the other appointments that the same act has changed, ``queued`` what all owe.
    """

    verb: Verb
    appointment: Appointment
    client: Client
    queued: int
    undo_until: datetime | None
    also: tuple[int, ...] = ()
