"""How fast a channel may send: a bucket of tokens that fills at an even rate."""

import math
from collections.abc import Callable

BURST = 10
_WHOLE = 1e-6
"""A token is whole when no more than this is missing: sums of floats are not exact."""


class Pace:
    """``per_minute`` messages in the long run, and a burst of a sixth of that or ten at once.

    ``monotonic`` is a clock in seconds that cannot be set. One thread at a time takes tokens,
    and any may look.
    """

    def __init__(self, per_minute: int, monotonic: Callable[[], float]) -> None:
        self._rate = per_minute / 60
        self._most = min(per_minute, max(BURST, per_minute // 6))
        self._monotonic = monotonic
        self._filled = float(self._most), monotonic()

    def tokens(self) -> int:
        """How many messages may leave now."""
        return max(math.floor(self._level()[0] + _WHOLE), 0)

    def take(self) -> None:
        """One message leaves."""
        level, now = self._level()
        self._filled = level - 1, now

    def wait(self) -> float:
        """Seconds until the next token is there; 0 when one is."""
        missing = 1 - self._level()[0]
        return 0.0 if missing <= _WHOLE else missing / self._rate

    def _level(self) -> tuple[float, float]:
        """How full the bucket is, and when that was."""
        (level, at), now = self._filled, self._monotonic()
        return min(level + (now - at) * self._rate, self._most), now
