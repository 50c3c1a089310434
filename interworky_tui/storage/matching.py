"""Which appointments a search lets through, as a condition for the list's own reads.

A few clients are named by their ids. More are looked up along the order of the list, in a string
with one byte for each client; and where a page is soon full, the clients themselves are tried.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from interworky_tui.storage.plain import Plain
from interworky_tui.storage.search import SearchTerms, clients_sql, likes, terms

FEW_ROWS = 40_000
"""Up to about so many appointments it is quicker to collect them by client than to walk along
the list until enough are met.
"""
MOST_IDS = 10_000
"""So many clients at most are named in a statement."""
MOST_SORTED = 1_500
"""Of more clients than these a page is full sooner along the list than by sorting their rows."""


@dataclass(frozen=True, slots=True)
class Filter:
    """``condition`` follows a WHERE on ``appointment a``, to be read by ``index``.

    ``few``: the condition is on the client alone, and few rows meet it.
    """

    index: str = "ix_appointment_list"
    condition: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    few: bool = False


EVERYTHING = Filter()


@dataclass(slots=True)
class _Found:
    """What is known of the last search; it holds while nobody writes."""

    terms: SearchTerms
    version: Hashable
    few: list[int] | None
    marks: bytes | None = None


class Matching:
    """The filters of one connection. What a search found is kept for the reads that follow it."""

    def __init__(self, plain: Plain) -> None:
        self._plain = plain
        self._found: _Found | None = None

    def for_page(self, search: str) -> Filter:
        """For reads that stop early. The client must be joined as ``c``."""
        found = self._look_up(terms(search))
        if found is None:
            return EVERYTHING
        if found.few is not None and len(found.few) <= MOST_SORTED:
            return _among(found.few)
        if found.marks is None and found.few is not None:
            found.marks = _marks(found.few)
        if found.marks is not None:
            return _marked(found.marks)
        condition, values = likes(found.terms, "c.search_text")
        return Filter(condition=f" AND {condition}", values=values)

    def for_all(self, search: str) -> Filter:
        """For reads that have to try every row."""
        found = self._look_up(terms(search))
        if found is None:
            return EVERYTHING
        if found.few is not None:
            return _among(found.few)
        if found.marks is None:
            found.marks = _marks(self._clients(found.terms))
        return _marked(found.marks)

    def _look_up(self, wanted: SearchTerms) -> _Found | None:
        if not wanted:
            return None
        version = self._plain.version()
        found = self._found
        if found is None or (found.terms, found.version) != (wanted, version):
            self._found = found = _Found(wanted, version, self._few(wanted))
        return found

    def _few(self, wanted: SearchTerms) -> list[int] | None:
        """The clients that match, or None when they are many."""
        visits, clients = self._plain.rows(
            "SELECT (SELECT max(id) FROM appointment), (SELECT max(id) FROM client)"
        )[0]
        most = min(MOST_IDS, FEW_ROWS * (clients or 0) // (visits or 1))
        found = self._clients(wanted, f" LIMIT {most + 1}")
        return found if len(found) <= most else None

    def _clients(self, wanted: SearchTerms, limit: str = "") -> list[int]:
        sql, values = clients_sql(wanted, on_server=self._plain.on_server)
        return self._plain.ids(f"{sql}{limit}", values)


def _marks(ids: list[int]) -> bytes:
    marks = bytearray(max(ids, default=0) + 1)
    for client_id in ids:
        marks[client_id] = 1
    return bytes(marks)


def _among(ids: list[int]) -> Filter:
    listed = ",".join(map(str, ids)) or "NULL"
    return Filter("ix_appointment_client", f" AND a.client_id IN ({listed})", few=True)


def _marked(marks: bytes) -> Filter:
    return Filter(
        condition=" AND substr(:marks, CAST(a.client_id AS INTEGER) + 1, 1) = :mark",
        values={"marks": marks, "mark": b"\x01"},
    )
