"""Inserting what may be there already, in one statement, so that nobody can come in between."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_once(connection: Connection, table: Table, values: Mapping[str, Any], *key: str) -> bool:
    """False when a row with that ``key`` stands already, which then stays as it is."""
    server = connection.dialect.name == "postgresql"
    insert = postgresql.insert(table) if server else sqlite.insert(table)
    once = insert.on_conflict_do_nothing(index_elements=key).values(dict(values))
    # Not by the count of rows: PostgreSQL's driver has none where an id is made.
    return connection.execute(once.returning(*table.primary_key)).first() is not None
