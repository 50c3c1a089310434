"""The clock that all who use one office go by, however wrong a machine's own may be."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, func, select

from interworky_tui.domain.clock import Clock, system_clock
from interworky_tui.storage.server import is_server
from interworky_tui.storage.types import UtcDateTime

SharedClock = Callable[[Connection], datetime]
"""Now, aware and in UTC. Asked within a transaction."""


def server_clock(connection: Connection) -> datetime:
    """The server's own, and not that of the transaction, which may have waited for others."""
    return connection.execute(select(func.clock_timestamp(type_=UtcDateTime))).scalar_one()


def shared_clock(url: str, clock: Clock) -> SharedClock:
    """The server's. A file's programs are all on one machine and have its clock.

    A ``clock`` that is not the system's is set by hand, and stands for every other.
    """
    if is_server(url) and clock is system_clock:
        return server_clock
    return lambda _connection: clock()
