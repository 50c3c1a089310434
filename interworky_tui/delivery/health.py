"""Whether a channel can be used: a circuit that opens when its far end is not there, or refuses.

While it is open nothing is sent by that channel, so that an outage costs no message an attempt.
After the pause one message is tried; the circuit closes when that one gets through.
"""

import json
import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from interworky_tui.delivery.channel import FailureKind, SendFailed
from interworky_tui.domain.events import Channel
from interworky_tui.domain.text import clean_line

PAUSE = timedelta(minutes=5)
"""How long a channel that is set up wrongly is left alone."""
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(seconds=60)
IN_A_ROW = 3
"""So many failures without a success between them are no longer those of single messages."""


class Health(StrEnum):
    LIVE = "live"
    PREVIEW = "preview"
    """Each message becomes a file; nothing leaves the machine."""
    PAUSED = "paused"
    """Set up wrongly: a person must act."""
    DOWN = "down"
    """Out of reach: it is tried again by itself."""

    @property
    def working(self) -> bool:
        return self in (Health.LIVE, Health.PREVIEW)


@dataclass(frozen=True, slots=True)
class ChannelState:
    """A channel as a person sees it.

    ``since`` is when its trouble began and ``again_at`` when it is tried again; both are None
    without trouble. ``advice`` is one sentence on what to do, empty when there is nothing.
    """

    channel: Channel
    health: Health
    since: datetime | None = None
    again_at: datetime | None = None
    advice: str = ""


def to_text(states: Iterable[ChannelState]) -> str:
    """For a desk beside the worker whose channels they are."""
    return json.dumps([asdict(state) for state in states], default=datetime.isoformat)


def from_text(text: str) -> tuple[ChannelState, ...]:
    """What ``to_text`` made. Nothing when it is of another version, and says more or less."""
    try:
        return tuple(_state(**told) for told in json.loads(text))
    except (ValueError, TypeError):
        return ()


def _state(
    channel: str, health: str, since: str | None, again_at: str | None, advice: str
) -> ChannelState:
    return ChannelState(
        Channel(channel),
        Health(health),
        datetime.fromisoformat(since) if since else None,
        datetime.fromisoformat(again_at) if again_at else None,
        clean_line(advice),
    )


class Circuit:
    """The state of one channel in this process; safe to use from any thread."""

    def __init__(self, channel: Channel, whole: Health = Health.LIVE) -> None:
        self._whole = ChannelState(channel, whole)
        self._state = self._whole
        self._opened_at: datetime | None = None
        self._pause = FIRST_PAUSE
        self._failures = 0
        self._lock = threading.Lock()

    @property
    def state(self) -> ChannelState:
        return self._state

    def shut_until(self, now: datetime) -> datetime | None:
        """When it may be tried again; None when it may be now.

        A clock that was put back behind the beginning of the pause ends it.
        """
        with self._lock:
            begun, until = self._opened_at, self._state.again_at
        if begun is None or until is None or not begun <= now < until:
            return None
        return until

    def worked(self) -> None:
        """The far end took a message."""
        with self._lock:
            self._state, self._opened_at = self._whole, None
            self._pause, self._failures = FIRST_PAUSE, 0

    def failed(self, failure: SendFailed, now: datetime, advice: str = "") -> None:
        """A refusal of a message says nothing about its channel, everything else does."""
        with self._lock:
            if failure.kind is FailureKind.CONFIGURATION:
                self._open(Health.PAUSED, now, failure.retry_after or PAUSE, advice)
            elif failure.kind in (
                FailureKind.UNREACHABLE,
                FailureKind.RETRY,
                FailureKind.AMBIGUOUS,
            ):
                self._failures += 1
                if failure.retry_after:
                    self._open(Health.DOWN, now, failure.retry_after, advice)
                elif failure.kind is FailureKind.UNREACHABLE or self._many():
                    self._open(Health.DOWN, now, self._pause, advice)
                    self._pause = min(self._pause * 2, LONGEST_PAUSE)

    def try_again(self) -> None:
        """End the pause; what the channel's state is, the next message will show."""
        with self._lock:
            self._opened_at = None
            self._state = replace(self._state, again_at=None)

    def _many(self) -> bool:
        return self._failures >= IN_A_ROW or not self._state.health.working

    def _open(self, health: Health, now: datetime, pause: timedelta, advice: str) -> None:
        since = self._state.since if self._state.health is health else now
        channel = self._whole.channel
        self._state = ChannelState(channel, health, since, now + pause, advice)
        self._opened_at = now
