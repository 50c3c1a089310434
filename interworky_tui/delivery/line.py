"""A channel as one process uses it: who sends, whether it may, and how fast."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from interworky_tui.delivery.advice import advice
from interworky_tui.delivery.channel import Sender, SendFailed
from interworky_tui.delivery.health import Circuit, Health
from interworky_tui.delivery.pace import Pace
from interworky_tui.domain.events import Channel, MessageState


class Line:
    """``working`` is held by the one thread that sends by it. There is no limit without
    ``per_minute``, and none for files.
    """

    def __init__(
        self,
        channel: Channel,
        sender: Sender,
        per_minute: int | None,
        monotonic: Callable[[], float],
    ) -> None:
        live = sender.final_state is MessageState.SENT
        self.channel = channel
        self.sender = sender
        self.circuit = Circuit(channel, Health.LIVE if live else Health.PREVIEW)
        self.working = threading.Lock()
        self._pace = Pace(per_minute, monotonic) if per_minute and live else None

    def room(self, now: datetime, most: int) -> int:
        """How many messages may be taken on now; one, while it is not known to work."""
        if self.circuit.shut_until(now) is not None:
            return 0
        if not self.circuit.state.health.working:
            most = 1
        return min(most, self._pace.tokens()) if self._pace else most

    def breath(self) -> float:
        """Seconds until it may send again, after as much as it may at a time; 0 when it may."""
        return self._pace.wait() if self._pace else 0.0

    def opens(self, now: datetime) -> datetime | None:
        """When there is room next; None when there is."""
        shut = self.circuit.shut_until(now)
        wait = self.breath()
        if not wait:
            return shut
        token = now + timedelta(seconds=wait)
        return max(shut, token) if shut else token

    def take(self) -> None:
        """A message is about to leave."""
        if self._pace:
            self._pace.take()

    def failed(self, failure: SendFailed, now: datetime) -> None:
        self.circuit.failed(failure, now, advice(self.channel, failure))
