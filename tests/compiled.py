"""Each statement is compiled once in a process, for all the stores that tests open.

SQLAlchemy keeps what it compiled in the engine, so a test with a store of its own would pay for
each of its statements anew, which takes longer than to run them.
"""

from collections.abc import Hashable
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.util import LRUCache

ENOUGH = 4000


class Kept(LRUCache[Any, Any]):
    """What is compiled for a database serves every engine of the same kind and version."""

    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        return super().get(_of(key), default)

    def __setitem__(self, key: tuple[Any, ...], value: Any) -> None:
        super().__setitem__(_of(key), value)


def _of(key: tuple[Any, ...]) -> Hashable:
    dialect, *statement = key
    return (type(dialect), dialect.server_version_info, *statement)


def install() -> None:
    """Let every engine of this process keep it in one place from now on."""
    kept = Kept(ENOUGH)
    Engine._compiled_cache = property(lambda _engine: kept, lambda _engine, _own: None)  # type: ignore[assignment]
