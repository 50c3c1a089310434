"""A PostgreSQL server as the office's store: how it is reached, and what stands on it.

The driver alone is used here, because this is looked at before the first rows are shown.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from interworky_tui.domain.errors import StoreProblem
from interworky_tui.storage import forwarding
from interworky_tui.storage.problems import server_problem

if TYPE_CHECKING:
    from psycopg import Connection

SCHEMES = ("postgresql", "postgres")
CONNECT_SECONDS = 5
FROZEN_SECONDS = 15
"""How long a desk that stands still in the middle of a write keeps the others waiting."""
ALIVE = {
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "12000",
}
"""So that a connection that was cut is known to be within seconds, not hours."""
_LOCAL_NAME = "localhost"


def is_server(url: str) -> bool:
    """Whether an SQLAlchemy URL names a PostgreSQL server."""
    return url.partition("://")[0].partition("+")[0] in SCHEMES


def settings_of(url: str, busy_ms: int) -> dict[str, Any]:
    """What the driver is told for a URL; what the URL says itself stands.

    TLS is required unless the server is on this machine; whether its certificate is to be
    checked too, ``sslmode`` and ``sslrootcert`` of the URL say. A statement waits ``busy_ms`` for
    a lock. Raises StoreProblem, without the URL's words, which may be a password.
    """
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    scheme, _, rest = url.partition("://")
    try:
        told = conninfo_to_dict(f"{scheme.partition('+')[0]}://{rest}")
    except psycopg.Error as error:
        raise StoreProblem("The address of the office's database cannot be read.") from error
    asked = {
        "lock_timeout": str(busy_ms),
        "idle_in_transaction_session_timeout": f"{FROZEN_SECONDS}s",
        "timezone": "UTC",
    }
    options = [f"-c {name}={value}" for name, value in asked.items()]
    found: dict[str, Any] = {
        "connect_timeout": str(CONNECT_SECONDS),
        "application_name": "interworky-tui",
        **ALIVE,
        **told,
        "client_encoding": "utf8",
        "options": " ".join([*options, str(told.get("options") or "")]).strip(),
    }
    if "sslmode" not in told and "PGSSLMODE" not in os.environ and not _is_here(told):
        found["sslmode"] = "require"
    return found


def check_driver() -> None:
    """Raises StoreProblem when PostgreSQL cannot be spoken to at all."""
    try:
        import psycopg  # noqa: F401
    except ImportError as error:
        raise StoreProblem(
            "PostgreSQL needs a driver that is not installed; install interworky-tui[postgres]."
        ) from error


def open_server(url: str, *, busy_ms: int) -> "Connection[Any]":
    """A connection, in a transaction from its first statement on. Raises psycopg.Error, and
    StoreProblem for an address that cannot be read.
    """
    from interworky_tui.storage import answering

    return answering.connect(settings_of(url, busy_ms))


def version_on(url: str, ours: Sequence[str], *, busy_ms: int) -> str | None:
    """The version of the office that is there; None where there is nothing at all.

    ``ours`` are tables by which an office is known. Raises StoreProblem for anything else, and
    OfficeMoved when the office is elsewhere.
    """
    check_driver()
    with driver_told_plainly(), open_server(url, busy_ms=busy_ms) as connection:
        connection.read_only = True
        encoding = connection.execute("SELECT current_setting('server_encoding')").fetchall()
        if encoding != [("UTF8",)]:
            raise StoreProblem(
                "The database cannot hold every letter; create it anew with the encoding UTF8."
            )
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
        ).fetchall()
        if not tables:
            return None
        if not set(ours) <= {name for (name,) in tables}:
            raise foreign()
        found = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        forwarding.refuse(connection.execute(forwarding.READ).fetchall())
    if len(found) != 1:
        raise foreign()
    return str(found[0][0])


def foreign() -> StoreProblem:
    return StoreProblem(
        "The database holds something else than an office of this program; name an empty one."
    )


@contextmanager
def driver_told_plainly() -> Iterator[None]:
    """Turn a failure of the PostgreSQL driver itself into a StoreProblem."""
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        problem = server_problem(error)
        if problem is None:
            raise
        raise problem from error


def _is_here(told: dict[str, Any]) -> bool:
    """Whether every server that may be meant is this machine itself."""
    if told.get("service") or "PGSERVICE" in os.environ:
        return False
    named = (
        told.get("hostaddr")
        or told.get("host")
        or os.environ.get("PGHOSTADDR")
        or os.environ.get("PGHOST")
        or ""
    )
    return all(map(_is_local, str(named).split(",")))


def _is_local(host: str) -> bool:
    if not host or host.startswith(("/", "@")) or host.casefold() == _LOCAL_NAME:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def place_of(url: str) -> str:
    """Where it leads, for a person: the database and the server, and never the password.

    Raises StoreProblem for an address that cannot be read.
    """
    check_driver()
    told = settings_of(url, 0)
    base = told.get("dbname") or told.get("user") or "the database"
    host = str(told.get("hostaddr") or told.get("host") or "")
    if not host or host.startswith(("/", "@")):
        return f"{base} on this machine"
    return f"{base} on {host}" + (f", port {told['port']}" if told.get("port") else "")


def is_on_this_machine(url: str) -> bool:
    """Whether no network lies between. Raises StoreProblem for an address that cannot be read."""
    check_driver()
    return _is_here(settings_of(url, 0))
