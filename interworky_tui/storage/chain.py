"""The history as a chain: each line's hash is over the line and over the hash before it.

So no line can be changed, taken out, put in or moved without all that follow no longer fitting.
The order is that of the lines' numbers (``appointment_event.id``), one chain a store. Every column
is hashed, for none is personal: to forget a client leaves the chain as it is.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from interworky_tui.storage.moments import to_text

HEAD_FACT = "history ends with"
"""The row of office_fact that is written with every line: a tail that is cut off is missed."""
NUMBERS = ("id", "appointment_id", "version")
TEXTS = ("at", "actor", "verb", "from_status", "to_status", "detail", "batch")
COLUMNS = (*NUMBERS, *TEXTS)
"""What is hashed, in this order. Stores hold what came of it, so it stays as it is."""
_FORM = b"%b\n%d,%d,%d,%d:%b,%d:%b,%d:%b,%d:%b,%d:%b,%d:%b,%d:%b"

Row = Sequence[Any]
"""The columns in their order, text as bytes: what is damaged may be no text any more."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last line: its number, 0 when there is none, and its hash."""

    number: int = 0
    hash: str = ""

    def to_fact(self) -> str:
        return f"{self.number} {self.hash}"


def head_of(fact: str) -> Head | None:
    """None for what the program has not written."""
    number, _, kept = fact.partition(" ")
    return Head(int(number), kept) if number.isascii() and number.isdecimal() else None


def hash_of(before: bytes, row: Row) -> str:
    """The hash of a line, SHA-256 in hex, from that of the line before it.

    Each text goes with its length, so that nothing can be moved from one column to the next.
    Written out, because a doctor hashes a million lines.
    """
    number, appointment, version, at, actor, verb, was, now, detail, batch = row[:10]
    text = _FORM % (
        before,
        *(number, appointment, version, len(at), at, len(actor), actor, len(verb), verb),
        *(-1 if was is None else len(was), b"" if was is None else was, len(now), now),
        *(len(detail), detail, -1 if batch is None else len(batch), batch or b""),
    )
    return sha256(text).hexdigest()


def encoded(row: Sequence[Any]) -> Row:
    """As SQLite keeps it, moments among the text, whatever the database."""
    return tuple(map(_encoded, row))


def _encoded(value: Any) -> Any:
    told = to_text(value) if isinstance(value, datetime) else value
    return told.encode() if isinstance(told, str) else told


def chained(head: Head, lines: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The lines with their numbers and hashes, to follow on ``head``."""
    number, before = head.number, head.hash
    for line in lines:
        number += 1
        numbered = line | {"id": number}
        before = hash_of(before.encode(), encoded([numbered[name] for name in COLUMNS]))
        yield numbered | {"hash": before}
