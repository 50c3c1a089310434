"""What ``plain`` says of the store, for a PostgreSQL server by psycopg."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Loader

from interworky_tui.storage import server
from interworky_tui.storage.plain import Values

LONG = 4_000
"""Texts that are longer list ids, and are not asked again for long."""
_FRACTION, _SECONDS = ".000000", len("08:10:00")
_SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_SETTINGS = {
    "timezone": "UTC",
    "datestyle": "ISO, YMD",
    "default_transaction_read_only": "on",
    # What is read along an index is soon full; to compile it or to start workers takes longer.
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
}
_PARTS = re.compile(
    r"""(?P<text>'[^']*')
    | (?P<index>\s(?:NOT\sINDEXED|INDEXED\sBY\s\w+))
    | (?P<instr>\binstr\()
    | :(?P<name>\w+)
    | (?P<place>\?)
    | (?P<percent>%)""",
    re.VERBOSE,
)


def translated(sql: str) -> str:
    """SQLite's text for psycopg: values are marked another way, and no index is named."""
    return _translated(sql) if len(sql) < LONG else _PARTS.sub(_part, sql)


@lru_cache(256)
def _translated(sql: str) -> str:
    return _PARTS.sub(_part, sql)


def _part(found: re.Match[str]) -> str:
    if found["name"]:
        return f"%({found['name']})s"
    if found["place"]:
        return "%s"
    if found["index"]:
        return ""
    if found["instr"]:
        return "strpos("
    return found[0].replace("%", "%%")


class ServerPlain:
    """A server. Once the connection is lost, the next read opens another one."""

    on_server = True

    def __init__(self, url: str, busy_ms: int) -> None:
        self._url, self._busy_ms = url, busy_ms
        self._connection: psycopg.Connection[Any] | None = None

    def rows(self, sql: str, values: Values = ()) -> list[tuple[Any, ...]]:
        with self._told_plainly() as connection:
            return _execute(connection, sql, values).fetchall()

    def dicts(self, sql: str, values: Values = ()) -> list[dict[str, Any]]:
        with self._told_plainly() as connection:
            cursor = _execute(connection, sql, values)
            names = [column.name for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def ids(self, sql: str, values: Values = ()) -> list[int]:
        # In one text, which takes half as long as row by row.
        joined = f"SELECT string_agg(CAST(id AS text), ',') FROM ({sql}) AS t"
        found = self.rows(joined, values)[0][0]
        return [*map(int, found.split(","))] if found else []

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        with self._told_plainly() as connection:
            connection.execute(_SNAPSHOT)
        try:
            yield
        finally:
            if self._connection is connection:
                with self._told_plainly():
                    connection.rollback()

    def version(self) -> str:
        """Which transactions are to be seen, of the whole server: it also moves for nothing."""
        return str(self.rows("SELECT CAST(pg_current_snapshot() AS text)")[0][0])

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    @contextmanager
    def _told_plainly(self) -> Iterator["psycopg.Connection[Any]"]:
        with server.driver_told_plainly():
            if self._connection is None:
                self._connection = connect(self._url, self._busy_ms)
            try:
                yield self._connection
            except psycopg.errors.UndefinedTable as error:
                raise server.foreign() from error
            finally:
                if self._connection.closed:
                    self._connection = None


def connect(url: str, busy_ms: int) -> "psycopg.Connection[Any]":
    """In autocommit, for reading alone. Raises psycopg.Error."""
    connection = server.open_server(url, busy_ms=busy_ms)
    connection.autocommit = True
    # A plan that is kept knows no values, and goes by none of the partial indexes.
    connection.prepare_threshold = None
    connection.adapters.register_loader("timestamptz", _Moment)
    told = ", ".join("set_config(%s, %s, false)" for _ in _SETTINGS)
    pairs = [word for setting in _SETTINGS.items() for word in setting]
    try:
        connection.execute(f"SELECT {told}", pairs)
    except psycopg.Error:
        connection.close()
        raise
    return connection


def _execute(
    connection: "psycopg.Connection[Any]", sql: str, values: Values
) -> "psycopg.Cursor[Any]":
    return connection.execute(translated(sql), values)


class _Moment(Loader):
    """``2026-03-16 08:10:00.5+00``, which UTC and ISO make sure of, in SQLite's one width."""

    def load(self, data: Buffer) -> str:
        day, _, time = bytes(data).decode().removesuffix("+00").partition(" ")
        return f"{day}T{time}{_FRACTION[len(time) - _SECONDS :]}Z"
