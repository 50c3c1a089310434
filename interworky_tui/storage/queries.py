"""The list's own reads: plain SQL by the driver, because they are wanted before anything else.

Every statement is fetched whole in autocommit, so that no read transaction stays open: it would
hold a snapshot, and changes by others would not be seen. The index of each read is named, so
that no statistics can turn a page into a scan.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from interworky_tui.domain.appointment import Status
from interworky_tui.domain.events import MessageState
from interworky_tui.storage.arrivals import SAID, Arrivals, Seen, read_arrivals
from interworky_tui.storage.card import Card, MessageLine, read_card, read_messages
from interworky_tui.storage.inbox import InboundLine, read_inbox
from interworky_tui.storage.matching import Filter, Matching
from interworky_tui.storage.moments import from_text, to_text
from interworky_tui.storage.problems import driver_told_plainly
from interworky_tui.storage.schema import BUSY_MS, open_driver

PAGE = 100
CAP = 1000
"""Counts stop here: CAP stands for CAP and more."""
LOW_RATING = 3
NEWEST_FIRST = frozenset(
    (Status.ATTENDED, Status.FEEDBACK_PENDING, Status.FEEDBACK_COLLECTED, Status.CANCELLED)
)
"""The other tabs begin with what is soonest, so that stale and due come first."""


@dataclass(frozen=True, slots=True)
class Key:
    """The place of a row in every list; ``sort_at`` exactly as stored."""

    sort_at: str
    id: int


@dataclass(frozen=True, slots=True)
class Row:
    """``requested_date`` and ``wish_time`` are the office's, as ISO text.

    ``trouble``: a message of it failed or is held. ``confirmed`` and ``change_asked`` are the
    client's answers to the reminder. ``opted_out``: the client's phone gets no texts.
    ``unread_low``: the rating is low, and nobody of the office has read it yet. ``said``: the
    first words of the client's answer.
    """

    id: int
    version: int
    status: Status
    client_id: int
    name: str
    phone: str | None
    email: str | None
    requested_date: str
    band: str | None
    wish_time: str | None
    sort_at: str
    requested_until: datetime
    requested_at: datetime
    starts_at: datetime | None
    ends_at: datetime | None
    service: str
    urgency: str
    arrived: bool
    confirmed: bool
    change_asked: bool
    opted_out: bool
    trouble: bool
    rating: int | None
    unread_low: bool = False
    said: str = ""

    @property
    def key(self) -> Key:
        return Key(self.sort_at, self.id)

    def is_due(self, now: datetime) -> bool:
        return (
            self.status is Status.SCHEDULED and self.starts_at is not None and self.starts_at <= now
        )

    def is_stale(self, now: datetime) -> bool:
        return self.status is Status.REQUESTED and self.requested_until <= now


@dataclass(frozen=True, slots=True)
class Counts:
    """Each is CAP at most. Of the whole office, whatever is searched for: ``trouble`` counts
    messages, ``waiting`` the texts that came in and wait for a person, ``unread_low`` the low
    ratings that nobody has read. The others count the appointments that the search lets through.
    """

    of: dict[Status, int]
    due: int
    stale: int
    trouble: int
    waiting: int
    unread_low: int = 0


_COLUMNS = """a.id, a.version, a.status, a.client_id, c.name, c.phone, c.email,
 a.requested_date, a.band, a.wish_time, a.sort_at, a.requested_until, a.requested_at,
 a.starts_at, a.ends_at, a.service, a.urgency, a.arrived_at IS NOT NULL,
 a.confirmed_at IS NOT NULL, a.change_asked_at IS NOT NULL,
 EXISTS (SELECT 1 FROM sms_opt_out o WHERE o.number = c.phone),
 EXISTS (SELECT 1 FROM notification n
         WHERE n.appointment_id = a.id AND n.state IN ('failed', 'held')),
 s.rating"""
_SAID = f"coalesce({SAID}, '')"
# CROSS JOIN keeps the appointment outermost, in the order of its index.
_JOINED = """CROSS JOIN client c LEFT JOIN survey_response s ON s.appointment_id = a.id
 WHERE c.id = a.client_id"""


def _to_row(
    id: int,
    version: int,
    status: str,
    client_id: int,
    name: str,
    phone: str | None,
    email: str | None,
    requested_date: str,
    band: str | None,
    wish_time: str | None,
    sort_at: str,
    requested_until: str,
    requested_at: str,
    starts_at: str | None,
    ends_at: str | None,
    service: str,
    urgency: str,
    arrived: int,
    confirmed: int,
    change_asked: int,
    opted_out: int,
    trouble: int,
    rating: int | None,
    unread_low: int,
    said: str,
) -> Row:
    return Row(
        id,
        version,
        Status(status),
        client_id,
        name,
        phone,
        email,
        requested_date,
        band,
        wish_time,
        sort_at,
        from_text(requested_until),
        from_text(requested_at),
        from_text(starts_at) if starts_at else None,
        from_text(ends_at) if ends_at else None,
        service,
        urgency,
        bool(arrived),
        bool(confirmed),
        bool(change_asked),
        bool(opted_out),
        bool(trouble),
        rating,
        bool(unread_low),
        said,
    )


class Reader:
    """One connection, for one thread at a time. Every read may raise StoreProblem.

    ``low_rating`` and worse is low.
    """

    def __init__(self, connection: sqlite3.Connection, low_rating: int) -> None:
        self._connection = connection
        unread = f"s.rating <= {low_rating:d} AND s.read_at IS NULL"
        self._columns = f"{_COLUMNS}, coalesce({unread}, 0), {_SAID}"
        self._beside = f"{_TROUBLE}, {_WAITING}, {_UNREAD.format(low=low_rating)}"
        self._matching = Matching(connection)

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
        with driver_told_plainly():
            if before is not None:
                return self._rows(status, ("<", before), limit, search, backwards=True)
            return self._rows(status, (">", after) if after else None, limit, search)

    def last_page(self, status: Status, *, limit: int = PAGE, search: str = "") -> list[Row]:
        """The end of the tab, in its order."""
        with driver_told_plainly():
            return self._rows(status, None, limit, search, backwards=True)

    def page_at(
        self, status: Status, offset: int, limit: int = PAGE, search: str = ""
    ) -> list[Row]:
        """From the row that ``offset`` rows come before. Costs by the offset: for leaps only."""
        with driver_told_plainly():
            found = self._matching.for_all(search)
            way = _direction(status, backwards=False)
            keys = self._connection.execute(
                f"SELECT a.sort_at, a.id FROM appointment a INDEXED BY {found.index}"
                f" WHERE a.status = :status{found.condition}"
                f" ORDER BY a.sort_at {way}, a.id {way} LIMIT 1 OFFSET :offset",
                {**found.values, "status": status.value, "offset": max(0, offset)},
            ).fetchall()
            return self._rows(status, (">=", Key(*keys[0])), limit, search) if keys else []

    def row(self, id: int) -> Row | None:
        with driver_told_plainly():
            rows = self._connection.execute(
                f"SELECT {self._columns} FROM appointment a {_JOINED} AND a.id = ?", (id,)
            ).fetchall()
        return _to_row(*rows[0]) if rows else None

    def position(self, status: Status, key: Key, *, search: str = "") -> tuple[int, int]:
        """How many rows of the tab come before the key, and how many there are. Exact, so it
        costs by their number.
        """
        with driver_told_plainly():
            found = self._matching.for_all(search)
            counted = (
                f"SELECT count(*) FROM appointment a INDEXED BY {found.index}"
                f" WHERE a.status = :status{found.condition}"
            )
            compare = _compare("<", status)
            rows = self._connection.execute(
                f"SELECT ({counted} AND (a.sort_at, a.id) {compare} (:sort_at, :id)), ({counted})",
                {**found.values, "status": status.value, "sort_at": key.sort_at, "id": key.id},
            ).fetchall()
        return rows[0][0], rows[0][1]

    def counts(self, now: datetime, *, search: str = "") -> Counts:
        with driver_told_plainly():
            found = self._matching.for_all(search)
            return self._counts_few(now, found) if found.few else self._counts_along(now, found)

    def next_start(self, now: datetime) -> datetime | None:
        """When the next visit becomes due."""
        with driver_told_plainly():
            rows = self._connection.execute(
                "SELECT a.sort_at FROM appointment a INDEXED BY ix_appointment_list"
                " WHERE a.status = 'scheduled' AND a.sort_at > ? ORDER BY a.sort_at LIMIT 1",
                (to_text(now),),
            ).fetchall()
        return from_text(rows[0][0]) if rows else None

    def card(self, id: int) -> Card | None:
        """All that is known of one appointment, at one moment."""
        with driver_told_plainly(), self._snapshot():
            return read_card(self._connection, id)

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
        with driver_told_plainly(), self._snapshot():
            return read_messages(self._connection, states, limit, after)

    def inbox(self, limit: int = PAGE) -> list[InboundLine]:
        """The texts that came in: what waits for a person first, the oldest first; then what is
        done with, the newest first.
        """
        with driver_told_plainly(), self._snapshot():
            return read_inbox(self._connection, limit)

    def arrivals(self, since: Seen | None) -> Arrivals:
        """What came in since; None only asks what is there."""
        with driver_told_plainly(), self._snapshot():
            return read_arrivals(self._connection, since)

    def data_version(self) -> int:
        """Moves whenever anybody else has changed the store."""
        with driver_told_plainly():
            return int(self._connection.execute("PRAGMA data_version").fetchall()[0][0])

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        self._connection.execute("BEGIN")
        try:
            yield
        finally:
            self._connection.rollback()

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
        rows = self._connection.execute(
            f"SELECT {self._columns} FROM {source} {_JOINED} AND {condition} {order} LIMIT :limit",
            values,
        ).fetchall()
        return [_to_row(*row) for row in (reversed(rows) if backwards else rows)]

    def _counts_along(self, now: datetime, found: Filter) -> Counts:
        """Along the list's index, each count stopping at CAP."""

        def capped(condition: str) -> str:
            return (
                f"(SELECT count(*) FROM (SELECT 1 FROM appointment a INDEXED BY {found.index}"
                f" WHERE {condition}{found.condition} LIMIT {CAP}))"
            )

        reached = "a.sort_at <= :now"
        wanted = [capped(f"a.status = '{status.value}'") for status in Status]
        wanted.append(capped(f"a.status = 'scheduled' AND {reached}"))
        wanted.append(capped(f"a.status = 'requested' AND {reached}"))
        values = {**found.values, "now": to_text(now)}
        rows = self._connection.execute(
            f"SELECT {', '.join(wanted)}, {self._beside}", values
        ).fetchall()
        *of, due, stale, trouble, waiting, unread = rows[0]
        return Counts(dict(zip(Status, of, strict=True)), due, stale, trouble, waiting, unread)

    def _counts_few(self, now: datetime, found: Filter) -> Counts:
        """All in one pass over the few rows there are."""
        rows = self._connection.execute(
            "SELECT a.status, count(*), count(CASE WHEN a.sort_at <= :now THEN 1 END)"
            f" FROM appointment a INDEXED BY {found.index} WHERE 1{found.condition}"
            " GROUP BY a.status",
            {**found.values, "now": to_text(now)},
        ).fetchall()
        of = {Status(status): (min(count, CAP), min(past, CAP)) for status, count, past in rows}
        beside = self._connection.execute(f"SELECT {self._beside}").fetchall()
        trouble, waiting, unread = beside[0]
        return Counts(
            {status: of.get(status, (0, 0))[0] for status in Status},
            due=of.get(Status.SCHEDULED, (0, 0))[1],
            stale=of.get(Status.REQUESTED, (0, 0))[1],
            trouble=trouble,
            waiting=waiting,
            unread_low=unread,
        )


_TROUBLE = (
    "(SELECT count(*) FROM (SELECT 1 FROM notification INDEXED BY ix_notification_trouble"
    f" WHERE state IN ('failed', 'held') LIMIT {CAP}))"
)
_WAITING = (
    "(SELECT count(*) FROM (SELECT 1 FROM inbound_sms INDEXED BY ix_inbound_sms_waiting"
    f" WHERE handled_at IS NULL LIMIT {CAP}))"
)

_UNREAD = (
    "(SELECT count(*) FROM (SELECT 1 FROM survey_response INDEXED BY ix_survey_response_unread"
    f" WHERE read_at IS NULL AND rating <= {{low:d}} LIMIT {CAP}))"
)


def _direction(status: Status, *, backwards: bool) -> str:
    return "DESC" if (status in NEWEST_FIRST) != backwards else "ASC"


def _compare(sign: str, status: Status) -> str:
    """The comparison in the store for one in the order of the tab."""
    if status not in NEWEST_FIRST:
        return sign
    return sign.translate(str.maketrans("<>", "><"))


def open_reader(file: Path, *, busy_ms: int = BUSY_MS, low_rating: int = LOW_RATING) -> Reader:
    """``low_rating`` is the settings'. Raises StoreProblem when there is no store to be read."""
    with driver_told_plainly():
        connection = open_driver(file, busy_ms=busy_ms)
        try:
            connection.execute("SELECT 1 FROM appointment LIMIT 1").fetchall()
        except sqlite3.Error:
            connection.close()
            raise
    return Reader(connection, low_rating)
