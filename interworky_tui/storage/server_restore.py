"""Putting a backup of pg_dump in the place of the office on a PostgreSQL server.

In one transaction: whenever the machine or the connection stops, the office is what it was or
what it is to be. pg_restore reads the archive; what it says is carried out here, so that it is
counted before it is kept.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interworky_tui.domain.errors import StoreProblem
from interworky_tui.storage import archive, programs, schema
from interworky_tui.storage.archive import Archive, Rows
from interworky_tui.storage.database import UNKNOWN_END
from interworky_tui.storage.dump import UNHURRIED, rows
from interworky_tui.storage.models import Base
from interworky_tui.storage.rights import VERSION_TABLE
from interworky_tui.storage.server import (
    check_driver,
    driver_told_plainly,
    foreign,
    open_server,
)

if TYPE_CHECKING:
    from psycopg import Connection

FUNCTIONS = ("appointment_event_keep", "interworky_changed")
LOOKS = 10
"""For others, a tenth of a second apart."""
IN_USE = "The office is open in a desk, a worker or the web pages; close them all and try again."
_OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid() AND application_name = 'interworky-tui'"
)
_NOT_OWNED = (
    "SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace(current_schema())"
    " AND relkind = 'r' AND NOT pg_has_role(relowner, 'USAGE')"
)
_GRANTS = (
    "SELECT c.relname, c.relkind = 'S', a.grantee = 0, pg_get_userbyid(a.grantee),"
    " a.privilege_type FROM pg_class c, aclexplode(c.relacl) a"
    " WHERE c.relnamespace = to_regnamespace(current_schema()) AND c.relkind IN ('r', 'S')"
    " AND a.grantee <> c.relowner"
)
_SESSION = (
    "SET LOCAL search_path = ''",
    "SET LOCAL check_function_bodies = off",
    "SET LOCAL client_min_messages = warning",
    "SET LOCAL row_security = off",
)
_TRIGRAMS = (
    "DO $$ BEGIN"
    " BEGIN CREATE EXTENSION IF NOT EXISTS pg_trgm;"
    " EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported"
    " THEN RETURN; END;"
    f" CREATE INDEX {archive.SEARCH_INDEX} ON client USING gin (search_text gin_trgm_ops);"
    " END $$"
)


def put_in_place(held: Archive, url: str, keep: Callable[[], Path]) -> Path | None:
    """Make the archive the office. Returns where what it replaced is; None if nothing was there.

    ``keep`` makes a backup of what is there, while nobody can change it. Raises StoreProblem when
    the office is open anywhere, or the database holds something else, and then nothing has
    changed.
    """
    check_driver()
    with (
        _told_of_the_rest(),
        driver_told_plainly(),
        open_server(url, busy_ms=schema.BUSY_MS) as connection,
    ):
        there = _alone(connection, held)
        kept = _keep(keep) if there else None
        grants = connection.execute(_GRANTS).fetchall()
        _remove(connection, there)
        _carry_out(connection, held)
        _grant(connection, grants)
        if rows(connection, lambda name: name in held.rows) != held.rows:
            raise StoreProblem("Not all of the backup arrived; nothing was changed. Try again.")
        _commit(connection)
    return kept


def _alone(connection: "Connection[Any]", held: Archive) -> set[str]:
    """Nobody writes from now on. Returns the office's tables that are there."""
    connection.execute(UNHURRIED)
    for lock in (schema.WRITE_LOCK, schema.UPGRADE_LOCK):
        connection.execute(f"SELECT pg_advisory_xact_lock({lock})")
    [(where,)] = connection.execute("SELECT current_schema()").fetchall()
    if where != held.schema:
        raise StoreProblem(
            f"The backup is of the schema {held.schema}, and the database uses {where}; let the"
            " search_path of the user begin with that of the backup."
        )
    found = connection.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
    ).fetchall()
    there = {name for (name,) in found}
    if not there:
        return there
    if not set(schema.OURS) <= there:
        raise foreign()
    if connection.execute(_NOT_OWNED).fetchall() != [(0,)]:
        raise StoreProblem(
            "Only the owner of the office's tables may replace them; let [database] url name"
            " that user for it."
        )
    _refuse_others(connection)
    return there & {*Base.metadata.tables, VERSION_TABLE}


def _refuse_others(connection: "Connection[Any]") -> None:
    """What was killed just now, the server knows to be gone a moment later."""
    for _ in range(LOOKS):
        if connection.execute(_OTHERS).fetchall() == [(0,)]:
            return
        connection.execute("SELECT pg_sleep(0.1), pg_stat_clear_snapshot()")
    raise StoreProblem(IN_USE)


def _keep(keep: Callable[[], Path]) -> Path:
    try:
        return keep()
    except StoreProblem as problem:
        raise StoreProblem(
            f"What is there cannot be kept, so nothing was changed: {problem} You can restore"
            " into an empty database instead, and name that in [database] url."
        ) from problem


def _remove(connection: "Connection[Any]", there: set[str]) -> None:
    from psycopg import sql

    if there:
        names = sql.SQL(", ").join(map(sql.Identifier, sorted(there)))
        connection.execute(sql.SQL("DROP TABLE {}").format(names))
    for name in FUNCTIONS:
        connection.execute(sql.SQL("DROP FUNCTION IF EXISTS {}()").format(sql.Identifier(name)))


def _carry_out(connection: "Connection[Any]", held: Archive) -> None:
    from psycopg import sql

    [(path,)] = connection.execute("SELECT current_setting('search_path')").fetchall()
    for statement in _SESSION:
        connection.execute(statement)
    with _script(held) as script:
        for part in archive.parts(script):
            if isinstance(part, Rows):
                _fill(connection, part)
            else:
                connection.execute(part.text)
    connection.execute("SELECT set_config('search_path', %s, true)", (path,))
    connection.execute(_TRIGRAMS)
    names = sql.SQL(", ").join(map(sql.Identifier, sorted(held.rows)))
    connection.execute(sql.SQL("ANALYZE {}").format(names))


@contextmanager
def _script(held: Archive) -> Iterator[Any]:
    with tempfile.TemporaryDirectory(prefix="interworky-restore-") as folder:
        listed = Path(folder) / "entries"
        listed.write_text(held.entries)
        command = [held.programs.path("pg_restore"), f"--use-list={listed}", "--no-owner"]
        with programs.reading([*command, "--no-acl", "--file", "-", str(held.path)]) as script:
            yield script


def _fill(connection: "Connection[Any]", part: Rows) -> None:
    with connection.cursor() as cursor, cursor.copy(part.statement) as copy:
        for block in part.blocks:
            copy.write(b"".join(block))


def _grant(connection: "Connection[Any]", grants: list[Any]) -> None:
    """Whoever might do something with a table that was replaced, may do it with the new one."""
    from psycopg import sql

    found = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(current_schema())"
    ).fetchall()
    there = {name for (name,) in found}
    for name, is_sequence, is_public, role, right in grants:
        if name in there:
            connection.execute(
                sql.SQL("GRANT {} ON {} {} TO {}").format(
                    sql.SQL(right),
                    sql.SQL("SEQUENCE" if is_sequence else "TABLE"),
                    sql.Identifier(name),
                    sql.SQL("PUBLIC") if is_public else sql.Identifier(role),
                )
            )


def _commit(connection: "Connection[Any]") -> None:
    import psycopg

    try:
        connection.commit()
    except psycopg.OperationalError as error:
        raise StoreProblem(UNKNOWN_END) from error


@contextmanager
def _told_of_the_rest() -> Iterator[None]:
    """What else the server says about a script that it does not carry out."""
    import psycopg

    try:
        yield
    except psycopg.errors.DependentObjectsStillExist as error:
        raise StoreProblem(
            "Something else in the database depends on the office's tables, as a view does;"
            " nothing was changed. Remove it, and try again."
        ) from error
    except psycopg.Error as error:
        raise StoreProblem(
            f"The server does not take the backup ({error.sqlstate}); nothing was changed."
            " Restore on a server that is not older than the one that it was made on."
        ) from error
