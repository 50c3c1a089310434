"""The list's own reads: plain SQL by the driver, because they are wanted before anything else.

The index of each read is named, so that no statistics of SQLite's can turn a page into a scan.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from interworky_tui.domain.appointment import Status
from interworky_tui.domain.events import MessageState
from interworky_tui.storage.arrivals import Arrivals, Seen, read_arrivals
from interworky_tui.storage.attention import Place, Waiting, read_next
from interworky_tui.storage.callers import Callers, ClientCard, read_callers, read_client_card
from interworky_tui.storage.card import Card, MessageLine, read_card, read_messages
from interworky_tui.storage.inbox import InboundLine, read_inbox
from interworky_tui.storage.matching import Filter, Matching
from interworky_tui.storage.moments import from_text, to_text
from interworky_tui.storage.plain import Plain, open_plain
from interworky_tui.storage.rows import (
    COLUMNS,
    JOINED,
    LOW_RATING,
    NEWEST_FIRST,
    PAGE,
    SAYS,
    Counts,
    Key,
    Row,
    to_row,
)
from interworky_tui.storage.schema import BUSY_MS
from interworky_tui.storage.waiting import CAP, beside_counts, beside_moments, beside_sql


class Reader:
    """One connection, for one thread at a time. Every read may raise StoreProblem.

    ``low_rating`` and worse is low.
    """

    def __init__(self, plain: Plain, low_rating: int) -> None:
        self.plain, self._low_rating = plain, low_rating
        unread = f"s.rating <= {low_rating:d} AND s.read_at IS NULL"
        self._columns = f"{COLUMNS}, coalesce({unread}, FALSE), {SAYS}"
        self._beside = beside_sql(low_rating)
        self._matching = Matching(plain)

    def page(
        self,
        status: Status,
        *,
        after: Key | None = None,
        before: Key | None = None,
        limit: int = PAGE,
        search: str = "",
    ) -> list[Row]:
        """Rows in the order of the tab: those after a key, those before it, or the first ones."""
        if before is not None:
            return self._rows(status, ("<", before), limit, search, backwards=True)
        return self._rows(status, (">", after) if after else None, limit, search)

    def last_page(self, status: Status, *, limit: int = PAGE, search: str = "") -> list[Row]:
        """The end of the tab, in its order."""
        return self._rows(status, None, limit, search, backwards=True)

    def page_at(
        self, status: Status, offset: int, limit: int = PAGE, search: str = ""
    ) -> list[Row]:
        """From the row that ``offset`` rows come before. Costs by the offset: for leaps only."""
        found = self._matching.for_all(search)
        way = _direction(status, backwards=False)
        keys = self.plain.rows(
            f"SELECT a.sort_at, a.id FROM appointment a INDEXED BY {found.index}"
            f" WHERE a.status = :status{found.condition}"
            f" ORDER BY a.sort_at {way}, a.id {way} LIMIT 1 OFFSET :offset",
            {**found.values, "status": status.value, "offset": max(0, offset)},
        )
        return self._rows(status, (">=", Key(*keys[0])), limit, search) if keys else []

    def row(self, id: int) -> Row | None:
        rows = self.plain.rows(
            f"SELECT {self._columns} FROM appointment a {JOINED} AND a.id = ?", (id,)
        )
        return to_row(*rows[0]) if rows else None

    def among(self, status: Status, ids: Sequence[int]) -> list[int]:
        """Which of the appointments are in the tab."""
        if not ids:
            return []
        listed = ",".join(f"{id:d}" for id in ids)
        rows = self.plain.rows(
            f"SELECT a.id FROM appointment a WHERE a.id IN ({listed}) AND a.status = ?",
            (status.value,),
        )
        return [id for (id,) in rows]

    def position(self, status: Status, key: Key, *, search: str = "") -> tuple[int, int]:
        """How many rows of the tab come before the key, and how many there are. Exact, so it
        costs by their number.
        """
        found = self._matching.for_all(search)
        counted = (
            f"SELECT count(*) FROM appointment a INDEXED BY {found.index}"
            f" WHERE a.status = :status{found.condition}"
        )
        compare = _compare("<", status)
        rows = self.plain.rows(
            f"SELECT ({counted} AND (a.sort_at, a.id) {compare} (:sort_at, :id)), ({counted})",
            {**found.values, "status": status.value, "sort_at": key.sort_at, "id": key.id},
        )
        return rows[0][0], rows[0][1]

    def counts(self, now: datetime, *, search: str = "") -> Counts:
        found = self._matching.for_all(search)
        return self._counts_few(now, found) if found.few else self._counts_along(now, found)

    def next_start(self, now: datetime) -> datetime | None:
        """When the next visit becomes due."""
        rows = self.plain.rows(
            "SELECT a.sort_at FROM appointment a INDEXED BY ix_appointment_list"
            " WHERE a.status = 'scheduled' AND a.sort_at > ? ORDER BY a.sort_at LIMIT 1",
            (to_text(now),),
        )
        return from_text(rows[0][0]) if rows else None

    def card(self, id: int) -> Card | None:
        """All that is known of one appointment, at one moment."""
        with self.plain.snapshot():
            return read_card(self.plain, id)

    def messages(
        self,
        states: Sequence[MessageState] | None = None,
        *,
        limit: int = PAGE,
        after: MessageLine | None = None,
    ) -> list[MessageLine]:
        """The outbox: what failed or is held first, then the rest, the newest first in each.

        ``after``: the last line of the page before.
        """
        with self.plain.snapshot():
            return read_messages(self.plain, states, limit, after)

    def inbox(self, limit: int = PAGE) -> list[InboundLine]:
        """The texts that came in: what waits for a person first, the oldest first; then what is
        done with, the newest first.
        """
        with self.plain.snapshot():
            return read_inbox(self.plain, limit)

    def callers(self, query: str, begins: Sequence[str] = ()) -> Callers:
        """Whose number or name it is; see ``read_callers``."""
        with self.plain.snapshot():
            return read_callers(self.plain, query, begins)

    def client(self, client_id: int) -> ClientCard | None:
        """All about one client, at one moment."""
        with self.plain.snapshot():
            return read_client_card(self.plain, client_id, self._low_rating)

    def next_waiting(self, now: datetime, after: Place | None) -> Waiting | None:
        """The next thing that needs a person, after the last the first again."""
        with self.plain.snapshot():
            return read_next(self.plain, now, self._low_rating, after)

    def arrivals(self, since: Seen | None) -> Arrivals:
        """What came in since; None only asks what is there."""
        with self.plain.snapshot():
            return read_arrivals(self.plain, since)

    def close(self) -> None:
        self.plain.close()

    def _rows(
        self,
        status: Status,
        bound: tuple[str, Key] | None,
        limit: int,
        search: str,
        *,
        backwards: bool = False,
    ) -> list[Row]:
        """``bound``: how a row compares with a key in the order of the tab."""
        found = self._matching.for_page(search)
        values: dict[str, Any] = {**found.values, "status": status.value, "limit": limit}
        condition = f"a.status = :status{found.condition}"
        if bound is not None:
            sign, key = bound
            condition += f" AND (a.sort_at, a.id) {_compare(sign, status)} (:sort_at, :id)"
            values |= {"sort_at": key.sort_at, "id": key.id}
        way = _direction(status, backwards=backwards)
        order = f"ORDER BY a.sort_at {way}, a.id {way}"
        source = f"appointment a INDEXED BY {found.index}"
        if found.few:  # out of order: the keys are sorted before the rows are read
            chosen = f"SELECT a.id FROM {source} WHERE {condition} {order} LIMIT :limit"
            source, condition = "appointment a", f"a.id IN ({chosen})"
        rows = self.plain.rows(
            f"SELECT {self._columns} FROM {source} {JOINED} AND {condition} {order} LIMIT :limit",
            values,
        )
        return [to_row(*row) for row in (reversed(rows) if backwards else rows)]

    def _counts_along(self, now: datetime, found: Filter) -> Counts:
        """Along the list's index, each count stopping at CAP."""

        def capped(condition: str) -> str:
            return (
                f"(SELECT count(*) FROM (SELECT 1 FROM appointment a INDEXED BY {found.index}"
                f" WHERE {condition}{found.condition} LIMIT {CAP}) AS t)"
            )

        reached = "a.sort_at <= :now"
        wanted = [capped(f"a.status = '{status.value}'") for status in Status]
        wanted.append(capped(f"a.status = 'scheduled' AND {reached}"))
        wanted.append(capped(f"a.status = 'requested' AND {reached}"))
        values = {**found.values, **beside_moments(now)}
        rows = self.plain.rows(f"SELECT {', '.join(wanted)}, {self._beside}", values)
        *of, due, stale = rows[0][: len(Status) + 2]
        beside = beside_counts(*rows[0][len(Status) + 2 :])
        return Counts(dict(zip(Status, of, strict=True)), due, stale, **beside)

    def _counts_few(self, now: datetime, found: Filter) -> Counts:
        """All in one pass over the few rows there are."""
        rows = self.plain.rows(
            "SELECT a.status, count(*), count(CASE WHEN a.sort_at <= :now THEN 1 END)"
            f" FROM appointment a INDEXED BY {found.index} WHERE TRUE{found.condition}"
            " GROUP BY a.status",
            {**found.values, "now": to_text(now)},
        )
        of = {Status(status): (min(count, CAP), min(past, CAP)) for status, count, past in rows}
        beside = self.plain.rows(f"SELECT {self._beside}", beside_moments(now))
        return Counts(
            {status: of.get(status, (0, 0))[0] for status in Status},
            due=of.get(Status.SCHEDULED, (0, 0))[1],
            stale=of.get(Status.REQUESTED, (0, 0))[1],
            **beside_counts(*beside[0]),
        )


def _direction(status: Status, *, backwards: bool) -> str:
    return "DESC" if (status in NEWEST_FIRST) != backwards else "ASC"


def _compare(sign: str, status: Status) -> str:
    """The comparison in the store for one in the order of the tab."""
    if status not in NEWEST_FIRST:
        return sign
    return sign.translate(str.maketrans("<>", "><"))


def open_reader(url: str, *, busy_ms: int = BUSY_MS, low_rating: int = LOW_RATING) -> Reader:
    """``low_rating`` is the settings'. Raises StoreProblem when there is no store to be read."""
    return Reader(open_plain(url, busy_ms=busy_ms), low_rating)
