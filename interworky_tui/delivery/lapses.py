"""What a clock that was set, or a worker that died, left behind in the outbox is put right here.

The wall's clock may be put back at any time. Whatever was written before then lies in its
future: a message would wait for an hour that has passed already, and so would the lease of a
worker that died.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from interworky_tui.delivery.outcomes import backoff
from interworky_tui.storage import outbox as rows

SLACK = timedelta(minutes=1)
"""By which the clocks of several desks may differ without anybody having put one back."""
LOOK_EVERY = 60.0
"""Seconds from one look for messages of the future to the next."""
FALL = 1.0
"""Seconds by which a clock has fallen that was put back, against one that cannot be set."""
LONGEST_UNDO = timedelta(minutes=10)
"""The most that the settings allow."""


class Lapses:
    """One worker's eye on leases and clocks. ``lease`` is how long a lease lasts."""

    def __init__(self, lease: timedelta) -> None:
        self._lease = lease
        self._seen: dict[tuple[int, datetime], float] = {}
        self._looked: tuple[float, float] | None = None

    def put_right(self, connection: Connection, now: datetime, tick: float) -> None:
        """Give back what nobody holds any more, and end waits that a clock made too long.

        ``tick`` is in seconds, on a clock that cannot be set.
        """
        found = rows.ended_leases(connection, now=now, far=now + self._lease + SLACK)
        lapsed = [row.id for row in found if row.lease_until <= now]
        outlived = self._outlived([row for row in found if row.lease_until > now], tick)
        if lapsed or outlived:
            rows.give_back(connection, lapsed + outlived)
        for id in outlived:
            # It was due when it was taken.
            rows.bring_forward(connection, id, now)
        if self._may_be_put_back(now, tick):
            for row in rows.of_the_future(connection, now=now, soon=now + SLACK):
                if due_at := _due_after_all(row, now):
                    rows.bring_forward(connection, row.id, due_at)

    def _may_be_put_back(self, now: datetime, tick: float) -> bool:
        """For all that is known: at first, after a fall against the steady clock, and at times,
        because there are other desks.
        """
        offset = now.timestamp() - tick
        if self._looked is not None:
            looked_at, highest = self._looked
            if tick - looked_at < LOOK_EVERY and offset > highest - FALL:
                self._looked = looked_at, max(offset, highest)
                return False
        self._looked = tick, offset
        return True

    def _outlived(self, odd: Iterable[Row[Any]], tick: float) -> list[int]:
        """Of leases that lie beyond the reach of any, those that have run out all the same.

        Their worker may be sending right now. So the length of a lease must pass here, on the
        clock that cannot be set: by then the worker has renewed it, ended it, or is gone.
        """
        leases = [(row.id, row.lease_until) for row in odd]
        self._seen = {one: self._seen.get(one, tick) for one in leases}
        length = self._lease.total_seconds()
        return [id for (id, _), seen in self._seen.items() if tick - seen >= length]


def _due_after_all(row: Row[Any], now: datetime) -> datetime | None:
    """When a message falls due that was created later than now; None when it waits as it should.

    It waits as long as it would have waited, so that a time to undo or to leave the far end
    alone is kept. What was to wait for longer than any time to undo is meant for a time of the
    day. What is due before it was created has been put right already.
    """
    if row.attempts:
        wait = backoff(row.attempts, 1)
    else:
        wait = row.due_at - row.created_at
        if wait > LONGEST_UNDO:
            return None
        if wait < timedelta(0):
            return now if row.due_at > now + LONGEST_UNDO else None
    return now + wait if row.due_at > now + wait else None
