"""How many visits take place at once, worked out once for all moments."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from itertools import accumulate


class Crowd:
    """Of spans of time; the end of one is no longer part of it."""

    def __init__(self, taken: Iterable[tuple[datetime, datetime]]) -> None:
        steps: defaultdict[datetime, int] = defaultdict(int)
        for begins, ends in taken:
            steps[begins] += 1
            steps[ends] -= 1
        self._moments = sorted(steps)
        self._levels = list(accumulate(steps[moment] for moment in self._moments))

    def most(self, start: datetime, end: datetime) -> int:
        """The most visits at once at any moment of a span."""
        first = max(0, bisect_right(self._moments, start) - 1)
        return max(self._levels[first : bisect_left(self._moments, end)], default=0)

    def moments(self, start: datetime, end: datetime) -> list[datetime]:
        """The moments within a span at which their number changes, its edges among them."""
        first, last = bisect_right(self._moments, start), bisect_left(self._moments, end)
        return [start, *self._moments[first:last], end]
