"""Which appointments are marked, tab by tab. Knows no Textual."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from interworky_tui.domain.appointment import Status
from interworky_tui.domain.limits import AT_ONCE
from interworky_tui.storage.rows import NEWEST_FIRST, Key, Row


@dataclass(slots=True)
class Marks:
    """Of one tab. ``keys`` are the places of the marked, by id; ``last`` that of the last mark."""

    keys: dict[int, Key] = field(default_factory=dict)
    last: Key | None = None

    def toggle(self, row: Row) -> bool:
        """False when there are as many as there may be."""
        if row.id in self.keys:
            del self.keys[row.id]
            return True
        return self.add([row])

    def add(self, rows: Iterable[Row]) -> bool:
        """Mark what is not marked; False when not all could be. The last of them is the last."""
        for row in rows:
            if row.id not in self.keys and len(self.keys) >= AT_ONCE:
                return False
            self.keys[row.id] = self.last = row.key
        return True

    def keep(self, ids: Iterable[int]) -> None:
        """Drop the marks of all others."""
        kept = set(ids)
        self.keys = {id: key for id, key in self.keys.items() if id in kept}


def in_order(keys: dict[int, Key], status: Status) -> tuple[int, ...]:
    """The ids in the order of the tab."""
    return tuple(sorted(keys, key=lambda id: order(keys[id]), reverse=status in NEWEST_FIRST))


def order(key: Key) -> tuple[str, int]:
    return key.sort_at, key.id


def before(key: Key, status: Status) -> Key:
    """The place right before one in the order of the tab, where no appointment is."""
    return Key(key.sort_at, key.id + (1 if status in NEWEST_FIRST else -1))
