"""How a channel is, for the person at the desk."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from interworky_tui.domain.events import Channel


class Health(StrEnum):
    LIVE = "live"
    PREVIEW = "preview"
    """Not set up: its messages are kept as files."""
    PAUSED = "paused"
    """Set up wrongly: a person must act."""
    DOWN = "down"
    """Out of reach: it is tried again by itself."""


@dataclass(frozen=True, slots=True)
class ChannelState:
    """``since`` when, and when it is tried ``again_at``. Aware.

    ``advice`` is one sentence for the person, empty when all is well or kept as files.
    """

    channel: Channel
    health: Health
    since: datetime | None
    again_at: datetime | None
    advice: str
