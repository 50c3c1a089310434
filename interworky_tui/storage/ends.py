"""The two ends of a move: an office as rows, by the driver alone.

Rows are told as SQLite keeps them, moments as text, whichever database it is: so what was written
can be held against what was read.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from interworky_tui.domain.errors import DamagedStore, StoreProblem
from interworky_tui.storage.backup import is_sound
from interworky_tui.storage.forwarding import MOVED, NOTES, SIGNAL
from interworky_tui.storage.models import Base, DeskSession
from interworky_tui.storage.types import UtcDateTime

if TYPE_CHECKING:
    import psycopg

AT_ONCE = 5_000
"""Rows in one read and one write, so that a large office needs little memory."""
STAY = frozenset({DeskSession.__tablename__})
"""Who is at the desks is there, and not at those of the other place."""
_MOMENT = "to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """A table: ``key`` orders it, and is a number that is given by itself or a text."""

    name: str
    columns: tuple[str, ...]
    moments: frozenset[str]
    key: str
    numbered: bool

    @property
    def rest(self) -> str:
        """What is not moved of it is left out."""
        return f" WHERE name NOT IN ({NOTES})" if self.name == "office_fact" else ""


class End(Protocol):
    """In one transaction. Every method may raise the driver's error, or StoreProblem."""

    def count(self, table: Listed) -> int: ...

    def rows(self, table: Listed) -> Iterator[list[Row]]:
        """In the order of the key, a part at a time."""

    def add(self, table: Listed, rows: Sequence[Row]) -> None: ...

    def write_fact(self, name: str, value: str) -> None: ...

    def leave(self, note: str) -> None:
        """Say that the office is elsewhere, to the open desks too."""

    def settle(self) -> None:
        """After all rows were added: what goes with them."""


def tables() -> tuple[Listed, ...]:
    """All that is moved; a table comes after those that it refers to."""
    return tuple(
        Listed(
            table.name,
            tuple(column.name for column in table.columns),
            frozenset(c.name for c in table.columns if isinstance(c.type, UtcDateTime)),
            table.primary_key.columns[0].name,
            "id" in table.primary_key.columns,
        )
        for table in Base.metadata.sorted_tables
        if table.name not in STAY
    )


class FileEnd:
    """An SQLite file."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def count(self, table: Listed) -> int:
        query = f"SELECT count(*) FROM {table.name}{table.rest}"
        return int(self._connection.execute(query).fetchone()[0])

    def rows(self, table: Listed) -> Iterator[list[Row]]:
        columns = ", ".join(table.columns)
        reading = self._connection.execute(
            f"SELECT {columns} FROM {table.name}{table.rest} ORDER BY {table.key}"
        )
        while rows := reading.fetchmany(AT_ONCE):
            yield rows

    def add(self, table: Listed, rows: Sequence[Row]) -> None:
        columns, values = ", ".join(table.columns), ", ".join("?" * len(table.columns))
        self._connection.executemany(
            f"INSERT INTO {table.name} ({columns}) VALUES ({values})", rows
        )

    def write_fact(self, name: str, value: str) -> None:
        self._connection.execute("INSERT OR REPLACE INTO office_fact VALUES (?, ?)", (name, value))

    def leave(self, note: str) -> None:
        self.write_fact(MOVED, note)

    def settle(self) -> None:
        self._connection.execute("INSERT INTO client_search(client_search) VALUES ('rebuild')")
        # They are off while rows are added.
        broken = self._connection.execute("PRAGMA foreign_key_check").fetchone()
        if broken is not None or not is_sound(self._connection):
            raise DamagedStore("The copy is not sound; nothing was changed. Look at the disk.")


class ServerEnd:
    """A database on PostgreSQL."""

    def __init__(self, connection: "psycopg.Connection[Row]") -> None:
        self._connection = connection

    def count(self, table: Listed) -> int:
        return int(self._one(f"SELECT count(*) FROM {table.name}{table.rest}"))

    def rows(self, table: Listed) -> Iterator[list[Row]]:
        columns = ", ".join(
            _MOMENT.format(name) if name in table.moments else name for name in table.columns
        )
        # As SQLite orders text, whatever the language of the database.
        order = table.key if table.numbered else f'{table.key} COLLATE "C"'
        with self._connection.cursor(name="moving") as reading:
            reading.execute(f"SELECT {columns} FROM {table.name}{table.rest} ORDER BY {order}")
            while rows := reading.fetchmany(AT_ONCE):
                yield rows

    def add(self, table: Listed, rows: Sequence[Row]) -> None:
        import psycopg

        columns = ", ".join(table.columns)
        try:
            with (
                self._connection.cursor() as cursor,
                cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN") as copy,
            ):
                for row in rows:
                    copy.write_row(row)
        except (psycopg.DataError, UnicodeEncodeError) as error:
            raise StoreProblem(
                f"A text in {table.name}, between {rows[0][0]} and {rows[-1][0]}, has a character"
                " that PostgreSQL cannot hold; nothing was changed."
            ) from error

    def write_fact(self, name: str, value: str) -> None:
        self._connection.execute(
            "INSERT INTO office_fact VALUES (%s, %s)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, value),
        )

    def leave(self, note: str) -> None:
        self.write_fact(MOVED, note)
        self._connection.execute(f"SELECT pg_notify('{SIGNAL}', 'moved')")

    def settle(self) -> None:
        for table in tables():
            if table.numbered:
                self._one(
                    f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'),"
                    f" (SELECT coalesce(max(id), 0) + 1 FROM {table.name}), false)"
                )
            # So that the first desk is as quick as the last.
            self._connection.execute(f"ANALYZE {table.name}")

    def _one(self, query: str) -> Any:
        [(found,)] = self._connection.execute(query).fetchall()
        return found
