"""SQLite's full-text index of what clients are found by: whoever writes a client writes it too.

Triggers cannot: before SQLite 3.44 they reach such an index only where the schema is trusted,
and no connection trusts it. PostgreSQL keeps its own index of trigrams up to date by itself.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

_ADD = "INSERT INTO client_search(rowid, search_text) SELECT id, search_text FROM client"
_DROP = (
    "INSERT INTO client_search(client_search, rowid, search_text)"
    " SELECT 'delete', id, search_text FROM client"
)


def index_new(connection: Connection, client_ids: Iterable[int]) -> None:
    """After clients were inserted; each once."""
    if connection.dialect.name != "sqlite":
        return
    if added := [(client_id,) for client_id in client_ids]:
        connection.exec_driver_sql(f"{_ADD} WHERE id = ?", added)


@contextmanager
def reindexed(connection: Connection, client_id: int) -> Iterator[None]:
    """Around a change of a client: the index is told of the old text before and the new after."""
    if connection.dialect.name != "sqlite":
        yield
        return
    connection.exec_driver_sql(f"{_DROP} WHERE id = ?", (client_id,))
    yield
    connection.exec_driver_sql(f"{_ADD} WHERE id = ?", (client_id,))
