"""Offices of an earlier version, and their upgrade."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from interworky_tui.storage import schema
from interworky_tui.storage.database import Database
from tests.storage.conftest import Store


@contextmanager
def office_of(file: Path, revisions: Sequence[str]) -> Iterator[Store]:
    """An empty one, in which no later migration was carried out."""
    database = Database(schema.sqlite_url(file))
    schema.migrate(database, revisions=revisions)
    database.close()
    store = Store(schema.sqlite_url(file))
    with closing(store.connection):
        yield store


def upgrade(store: Store) -> None:
    database = Database(store.url)
    schema.migrate(database)
    database.close()
