"""What a clock that was set, or a worker that died, left behind in the outbox is put right here.

The wall's clock may be put back at any time. Whatever was written before then lies in its
future: a message would wait for an hour that has passed already, and so would the lease of a
worker that died.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from interworky_tui.delivery.outcomes import JITTER, LONGEST_WAIT, backoff
from interworky_tui.storage import outbox as rows

SLACK = timedelta(minutes=1)
"""By which the clocks of several desks may differ without anybody having put one back."""


class Lapses:
    """One worker's memory of leases that lie in the future. ``lease`` is how long one lasts."""

    def __init__(self, lease: timedelta) -> None:
        self._lease = lease
        self._seen: dict[tuple[int, datetime], float] = {}

    def put_right(self, connection: Connection, now: datetime, tick: float) -> None:
        """Give back what nobody holds any more, and end waits that a clock made too long.

        ``tick`` is in seconds, on a clock that cannot be set.
        """
        found = rows.out_of_time(
            connection, now=now, far=now + self._lease + SLACK, soon=now + SLACK
        )
        ended = self._ended([row for row in found if row.state == "sending"], now, tick)
        if ended:
            rows.give_back(connection, ended)
        for row in found:
            if row.state == "pending" and (due_at := _due_after_all(row, now)):
                rows.bring_forward(connection, row.id, due_at)

    def _ended(self, leased: Iterable[Row[Any]], now: datetime, tick: float) -> list[int]:
        """A lease beyond the reach of any is as old as it was when it was first seen, or older.

        Its worker may be sending right now, so that its length must pass once more, here, on the
        clock that cannot be set: by then the worker has renewed it, ended it, or is gone.
        """
        ended = [row.id for row in leased if row.lease_until <= now]
        odd = {(row.id, row.lease_until) for row in leased if row.lease_until > now}
        self._seen = {one: self._seen.get(one, tick) for one in odd}
        length = self._lease.total_seconds()
        return ended + [id for (id, _), seen in self._seen.items() if tick - seen >= length]


def _due_after_all(row: Row[Any], now: datetime) -> datetime | None:
    """When a message falls due that was created later than now; None when it waits as it should.

    It waits as long as it would have waited, so that a time to undo or to leave the far end
    alone is kept. A longer one was meant for a time of the day, and one that ends before the
    message was created has been put right already.
    """
    wait = backoff(row.attempts, 1) if row.attempts else row.due_at - row.created_at
    possible = timedelta(0) <= wait <= LONGEST_WAIT * (1 + JITTER)
    return now + wait if possible and row.due_at > now + wait else None
