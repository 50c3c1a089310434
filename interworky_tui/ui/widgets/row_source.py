"""What a list asks for, and how each question is answered by a source of rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from interworky_tui.domain.appointment import Status
from interworky_tui.storage.rows import NEWEST_FIRST, Key, Row


class RowSource(Protocol):
    """Reads for the list, off the event loop. Rows come in the tab's display order.

    Any of them may raise a Refusal; the list keeps what it shows and says so.
    """

    async def page(
        self,
        status: Status,
        *,
        after: Key | None = None,
        before: Key | None = None,
        limit: int,
        search: str = "",
    ) -> Sequence[Row]: ...

    async def last_page(self, status: Status, *, limit: int, search: str = "") -> Sequence[Row]: ...

    async def page_at(
        self, status: Status, offset: int, *, limit: int, search: str = ""
    ) -> Sequence[Row]: ...

    async def row(self, id: int, /) -> Row | None: ...

    async def among(self, status: Status, ids: Sequence[int], /) -> Sequence[int]:
        """Which of the appointments are in the tab."""
        ...

    async def position(self, status: Status, key: Key, *, search: str = "") -> tuple[int, int]:
        """Rows before the key, and rows in all."""
        ...


@dataclass(frozen=True, slots=True)
class View:
    """One tab as it is searched."""

    status: Status
    search: str = ""


@dataclass(slots=True)
class First:
    limit: int


@dataclass(slots=True)
class Last:
    limit: int


@dataclass(slots=True)
class After:
    key: Key
    limit: int


@dataclass(slots=True)
class Before:
    key: Key
    limit: int


@dataclass(slots=True)
class At:
    offset: int
    limit: int


@dataclass(slots=True)
class Around:
    """``limit`` rows on each side of an appointment; where it stood when it has left the view."""

    key: Key
    id: int
    limit: int


@dataclass(slots=True)
class Find:
    """``limit`` rows on each side of an appointment whose key is not known."""

    id: int
    limit: int


@dataclass(slots=True)
class Rank:
    key: Key


Ask = First | Last | After | Before | At | Around | Find


@dataclass(slots=True)
class Run:
    """Neighbouring rows. ``start`` and ``end`` say whether the view's first and last are there.

    ``found`` is the index of the row that was asked for, or None; ``place`` the index at
    which it is or would be.
    """

    rows: list[Row]
    start: bool
    end: bool
    place: int = 0
    found: int | None = None


async def read(source: RowSource, view: View, ask: Ask) -> Run:
    """Answer one question. Raises what the source raises."""
    status, search = view.status, view.search
    match ask:
        case First(limit):
            rows = list(await source.page(status, limit=limit, search=search))
            return Run(rows, start=True, end=len(rows) < limit)
        case Last(limit):
            rows = list(await source.last_page(status, limit=limit, search=search))
            return Run(rows, start=len(rows) < limit, end=True)
        case After(key, limit):
            rows = list(await source.page(status, after=key, limit=limit, search=search))
            return Run(rows, start=False, end=len(rows) < limit)
        case Before(key, limit):
            rows = list(await source.page(status, before=key, limit=limit, search=search))
            return Run(rows, start=len(rows) < limit, end=False)
        case At(offset, limit):
            rows = list(await source.page_at(status, offset, limit=limit, search=search))
            return Run(rows, start=offset == 0, end=len(rows) < limit)
        case Around(key, id, limit):
            return await _around(source, view, key, id, limit)
        case Find(id, limit):
            row = await source.row(id)
            if row is None or row.status is not status:
                return Run([], start=False, end=False)
            return await _beside(source, view, row.key, id, limit)


async def _around(source: RowSource, view: View, key: Key, id: int, limit: int) -> Run:
    """Beside the row, at its new place when it has moved within the view."""
    run = await _beside(source, view, key, id, limit)
    if run.found is None:
        row = await source.row(id)
        if row is not None and row.status is view.status:
            moved = await _beside(source, view, row.key, id, limit)
            if moved.found is not None:
                return moved
    return run


async def _beside(source: RowSource, view: View, key: Key, id: int, limit: int) -> Run:
    """Two reads that meet at the key; a row that moved between them is taken once."""
    status, search = view.status, view.search
    edge = Key(key.sort_at, key.id + (1 if status in NEWEST_FIRST else -1))
    tail = list(await source.page(status, after=edge, limit=limit, search=search))
    later = {row.id for row in tail}
    read = await source.page(status, before=key, limit=limit, search=search)
    head = [row for row in read if row.id not in later]
    return Run(
        head + tail,
        start=len(read) < limit,
        end=len(tail) < limit,
        place=len(head) if tail else max(0, len(head) - 1),
        found=len(head) if tail and tail[0].id == id else None,
    )
