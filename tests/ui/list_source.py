"""Appointments in Python lists, answering as the store does."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from interworky_tui.domain.appointment import Status
from interworky_tui.domain.errors import Refusal
from interworky_tui.storage.moments import to_text
from interworky_tui.storage.rows import NEWEST_FIRST, PAGE, Key, Row

MONDAY = datetime(2026, 3, 16, 8, 10, tzinfo=UTC)
"""09:10 in Berlin."""
PLAIN = {
    "version": 1,
    "client_id": 1,
    "name": "Ada Lovelace",
    "phone": "+493012345678",
    "email": "ada@example.org",
    "band": "morning",
    "wish_time": None,
    "requested_at": MONDAY - timedelta(days=3),
    "service": "",
    "urgency": "medium",
    "arrived_at": None,
    "confirmed": False,
    "change_asked": False,
    "opted_out": False,
    "trouble": False,
    "rating": None,
}


def make_row(id: int = 1, status: Status = Status.SCHEDULED, **values: Any) -> Row:
    """``at`` (an hour from now unless given) is the start, or the end of the wish."""
    at = values.pop("at", MONDAY + timedelta(hours=1))
    assert isinstance(at, datetime)
    booked = None if status is Status.REQUESTED else at
    fields: dict[str, Any] = {
        **PLAIN,
        "requested_date": at.date().isoformat(),
        "requested_until": at,
        "starts_at": booked,
        "ends_at": booked and booked + timedelta(minutes=30),
        "sort_at": to_text(at),
        **values,
    }
    return Row(id=id, status=status, **fields)


def many(count: int, status: Status = Status.SCHEDULED) -> list[Row]:
    """Ids from 1, ten minutes apart, several to a moment."""
    return [
        make_row(n, status, name=f"Client {n:05}", at=MONDAY + timedelta(minutes=30 * (n // 3)))
        for n in range(1, count + 1)
    ]


class ListSource:
    """``asked`` is the log of reads; ``problem`` is raised while it is set."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self.rows = {row.id: row for row in rows}
        self.asked: list[str] = []
        self.problem: Refusal | None = None

    def put(self, *rows: Row) -> None:
        self.rows.update({row.id: row for row in rows})

    def view(self, status: Status, search: str = "") -> list[Row]:
        """All of a tab in its order."""
        found = (r for r in self.rows.values() if r.status is status and search in r.name)
        return sorted(found, key=_key, reverse=status in NEWEST_FIRST)

    async def page(
        self,
        status: Status,
        *,
        after: Key | None = None,
        before: Key | None = None,
        limit: int = PAGE,
        search: str = "",
    ) -> list[Row]:
        self._ask("page")
        rows, sign = self.view(status, search), -1 if status in NEWEST_FIRST else 1
        if before is not None:
            return [r for r in rows if _beyond(before, r.key, sign)][-limit:]
        if after is not None:
            rows = [r for r in rows if _beyond(r.key, after, sign)]
        return rows[:limit]

    async def last_page(self, status: Status, *, limit: int = PAGE, search: str = "") -> list[Row]:
        self._ask("last_page")
        return self.view(status, search)[-limit:]

    async def page_at(
        self, status: Status, offset: int, *, limit: int = PAGE, search: str = ""
    ) -> list[Row]:
        self._ask("page_at")
        return self.view(status, search)[offset : offset + limit]

    async def row(self, id: int, /) -> Row | None:
        self._ask("row")
        return self.rows.get(id)

    async def among(self, status: Status, ids: Sequence[int], /) -> list[int]:
        self._ask("among")
        return [id for id in ids if id in self.rows and self.rows[id].status is status]

    async def position(self, status: Status, key: Key, *, search: str = "") -> tuple[int, int]:
        self._ask("position")
        rows, sign = self.view(status, search), -1 if status in NEWEST_FIRST else 1
        return sum(_beyond(key, r.key, sign) for r in rows), len(rows)

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if self.problem is not None:
            raise self.problem


def _key(row: Row) -> tuple[str, int]:
    return row.sort_at, row.id


def _beyond(a: Key, b: Key, sign: int) -> bool:
    """The key ``a`` comes after ``b`` in the order of the tab."""
    here, there = (a.sort_at, a.id), (b.sort_at, b.id)
    return here > there if sign > 0 else here < there
