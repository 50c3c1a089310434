"""A look at an office on PostgreSQL that changes nothing in it, for the doctor."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from interworky_tui.domain.clock import Clock
from interworky_tui.storage import rights
from interworky_tui.storage.checkup import (
    COUNTS,
    OVERDUE,
    PRESENT,
    STATES,
    THERE,
    Checkup,
    checkup,
)
from interworky_tui.storage.database import Database

MUST_BE_ON = ("fsync", "full_page_writes", "synchronous_commit")
"""Without one of these a power cut loses what was acknowledged."""
SEARCH_INDEX = "ix_client_search_text"
_SERVER = (
    "SELECT current_setting('server_version'), current_setting('server_version_num')::int,"
    " current_user, (SELECT rolsuper FROM pg_roles WHERE rolname = current_user),"
    " coalesce((SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl), ''),"
    " pg_is_in_recovery() OR (SELECT setting = 'on' FROM pg_settings"
    " WHERE name = 'default_transaction_read_only'),"
    " pg_database_size(current_database()), to_regclass(:index) IS NOT NULL,"
    " coalesce((SELECT checksum_failures FROM pg_stat_database"
    " WHERE datname = current_database()), 0), current_schema()"
)


@dataclass(frozen=True, slots=True)
class Server:
    """The server and what it lets this desk do. ``tls`` is the protocol, "" for none.

    ``ahead``: its clock before this machine's. ``lax``: what is off of MUST_BE_ON. ``refuses``:
    it takes no changes. ``missing``: rights that the role lacks, and ``grants`` gives them.
    """

    version: str
    number: int
    role: str
    superuser: bool
    tls: str
    refuses: bool
    ahead: timedelta
    lax: tuple[str, ...]
    missing: tuple[str, ...]
    may_upgrade: bool
    grants: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ServerCheckup:
    """``indexed``: whether the search has its index of trigrams."""

    server: Server
    indexed: bool
    held: Checkup


def look_over_server(database: Database, clock: Clock) -> ServerCheckup:
    """In one read. Raises StoreProblem."""
    with database.read() as connection:
        before = clock()
        now: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        ahead = now - (before + (clock() - before) / 2)
        version, number, role, superuser, tls, refuses, size, indexed, failures, schema = (
            connection.execute(text(_SERVER), {"index": SEARCH_INDEX}).one()
        )
        settings = connection.execute(
            text("SELECT name FROM pg_settings WHERE name = ANY(:names) AND setting = 'off'"),
            {"names": list(MUST_BE_ON)},
        )
        server = Server(
            version=version,
            number=number,
            role=role,
            superuser=superuser,
            tls=tls,
            refuses=refuses,
            ahead=ahead,
            lax=tuple(sorted(settings.scalars())),
            missing=rights.missing(connection),
            may_upgrade=rights.may_upgrade(connection),
            grants=tuple(rights.grants(role, schema)),
        )
        held = checkup(
            size,
            False if failures else None,
            states=connection.execute(text(STATES)).all(),
            overdue=connection.execute(text(OVERDUE), {"now": clock()}).one(),
            counts=connection.execute(text(COUNTS)).one(),
            there=connection.execute(text(THERE), {"since": now - PRESENT, "now": now}).all(),
        )
    return ServerCheckup(server, indexed, held)


def major_version(connection: Connection) -> int:
    """15 for a PostgreSQL 15.3."""
    told = connection.execute(text("SELECT current_setting('server_version_num')::int"))
    return int(told.scalar_one()) // 10_000
