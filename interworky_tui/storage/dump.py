"""A backup of an office on PostgreSQL, by pg_dump: checked, and under its name only then."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interworky_tui.domain.errors import StoreProblem
from interworky_tui.storage import archive, programs, schema
from interworky_tui.storage.backup import Contents, making, named, put, told_of
from interworky_tui.storage.programs import Programs
from interworky_tui.storage.sealing import is_sealed, seal, unseal
from interworky_tui.storage.server import (
    check_driver,
    driver_told_plainly,
    open_server,
    settings_of,
)

if TYPE_CHECKING:
    from psycopg import Connection

APPLICATION = "interworky-tui backup"
"""How the server knows pg_dump from a desk."""
ALONE = ("--no-owner", "--no-privileges", "--no-comments", "--no-tablespaces")
"""What another server may not have is left out."""
PLAIN = "interworky.pgdump"
"""What is left of it by a killed process is known by its name."""
UNHURRIED = "SET LOCAL idle_in_transaction_session_timeout = 0"
"""While a program of PostgreSQL's works beside the transaction."""


def dump(url: str, target: Path, private: Path, passphrase: str = "", folder: str = "") -> Path:
    """Copy the office as it is now, check the copy, and put it in its place in one step.

    With a passphrase it is encrypted, ``.gz.age`` is added to its name, and nothing plain comes
    to the target's folder but to ``private``. ``folder`` is that of the programs, if it is set.
    Returns where it is. Raises StoreProblem, and then what was there before still is.
    """
    check_driver()
    there = programs.found(folder)
    target = named(target, passphrase)
    with told_of(target):
        _refuse_to_replace(target, private, passphrase, there)
    with driver_told_plainly(), open_server(url, busy_ms=schema.BUSY_MS) as connection:
        by = programs.choose(there, connection.info.server_version // 10_000)
        with told_of(target):
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            private.mkdir(parents=True, exist_ok=True, mode=0o700)
            with making(private / PLAIN if passphrase else target) as plain:
                _copy(connection, url, plain, by)
                if not passphrase:
                    put(plain, target)
                    return target
                with making(target) as sealed:
                    seal(plain, sealed, passphrase)
                    put(sealed, target)
    return target


@contextmanager
def opened(
    source: Path, private: Path, passphrase: str = "", folder: str = ""
) -> Iterator[archive.Archive]:
    """A backup that was read through and is sound, and decrypted until the end.

    Raises StoreProblem.
    """
    if not source.is_file():
        raise StoreProblem(f"There is no file {source}.")
    by = programs.newest(programs.found(folder))
    with told_of(source, "read"):
        if not is_sealed(source):
            yield archive.examine(source, source, by)
            return
    with told_of(private):
        private.mkdir(parents=True, exist_ok=True, mode=0o700)
        with making(private / PLAIN, "restoring") as plain:
            unseal(source, plain, passphrase)
            yield archive.examine(plain, source, by)


def contents(connection: "Connection[Any]") -> Contents:
    """Of the office that is there. Raises psycopg.Error."""
    [(revision,)] = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    [(clients, appointments, newest)] = connection.execute(
        "SELECT (SELECT count(*) FROM client), (SELECT count(*) FROM appointment),"
        " (SELECT at FROM appointment_event ORDER BY id DESC LIMIT 1)"
    ).fetchall()
    return Contents(str(revision), clients, appointments, newest, None)


def rows(connection: "Connection[Any]", tables: Callable[[str], bool]) -> dict[str, int]:
    """How many there are in each table of the office's for which ``tables`` holds."""
    from psycopg import sql

    names = connection.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"
    ).fetchall()
    count = sql.SQL("SELECT count(*) FROM {}")
    return {
        name: connection.execute(count.format(sql.Identifier(name))).fetchall()[0][0]
        for (name,) in names
        if tables(name)
    }


def _copy(connection: "Connection[Any]", url: str, plain: Path, by: Programs) -> None:
    """In one moment with what is counted. Raises psycopg.Error, OSError, StoreProblem."""
    from psycopg import IsolationLevel

    connection.isolation_level = IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    connection.execute(UNHURRIED)
    [(snapshot, where)] = connection.execute(
        "SELECT pg_export_snapshot(), current_schema()"
    ).fetchall()
    told, password = address(url)
    programs.run(
        [
            by.path("pg_dump"),
            "--format=custom",
            *ALONE,
            f'--schema="{where}"',
            f'--exclude-table-data="{where}".{archive.PRESENCE}',
            f"--lock-wait-timeout={schema.BUSY_MS}",
            "--no-password",
            f"--snapshot={snapshot}",
            f"--file={plain}",
            f"--dbname={told}",
        ],
        password,
    )
    held = archive.examine(plain, plain, by).rows
    # The presence is a table in it, and its rows are not.
    if rows(connection, lambda name: name != archive.PRESENCE) != held:
        raise StoreProblem("The backup does not hold all that the office does; try again.")


def address(url: str) -> tuple[str, str]:
    """For PostgreSQL's programs, and the password apart. Raises StoreProblem."""
    from psycopg.conninfo import make_conninfo

    told = {**settings_of(url, schema.BUSY_MS), "application_name": APPLICATION}
    password = str(told.pop("password", "") or "")
    return make_conninfo(**told), password


def _refuse_to_replace(target: Path, private: Path, passphrase: str, there: list[Programs]) -> None:
    if not target.exists():
        return
    if target.is_file():
        try:
            with _readable(target, private, passphrase) as plain:
                archive.examine(plain, target, programs.newest(there))
            return
        except StoreProblem:
            pass
    raise StoreProblem(f"{target} is there, and is no backup of ours; name another file.")


@contextmanager
def _readable(source: Path, private: Path, passphrase: str) -> Iterator[Path]:
    if not is_sealed(source):
        yield source
        return
    with making(private / PLAIN) as plain:
        unseal(source, plain, passphrase)
        yield plain
