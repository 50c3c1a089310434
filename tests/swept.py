"""A database for one test after another: what each leaves in it is taken out, not the database.

To copy a template and to drop the copy is a thousand files, and takes longer than most tests.
"""

from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql

from tests.postgres import Server

SMALL = 10
"""Pages for which the planner takes a table that was never looked at anyway; a table that has
grown beyond them is made anew, because it would plan as if the rows were still there."""

TABLES = """
    SELECT relname, pg_relation_size(oid) / current_setting('block_size')::int FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname
"""
CUT_OFF = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
FROM_ONE = """
    SELECT setval(oid, 1, false) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'S'
"""
MADE = """
    WITH ours AS (SELECT * FROM pg_class WHERE relnamespace = 'public'::regnamespace)
    SELECT md5(string_agg(one, ' ' ORDER BY one)) FROM (
        SELECT concat(oid, relname, relkind, relowner, relhastriggers, relacl, reloptions) FROM ours
        UNION ALL SELECT concat(attrelid, attnum, xmin) FROM pg_attribute
            WHERE attrelid IN (SELECT oid FROM ours)
        UNION ALL SELECT concat(oid, xmin) FROM pg_trigger
        UNION ALL SELECT concat(oid, xmin) FROM pg_constraint
        UNION ALL SELECT concat(oid, xmin) FROM pg_proc WHERE oid > 16383
        UNION ALL SELECT concat(oid, xmin) FROM pg_extension
        UNION ALL SELECT concat(oid, xmin) FROM pg_default_acl
        UNION ALL SELECT concat(nspname, nspacl) FROM pg_namespace WHERE nspname !~ '^pg_'
        UNION ALL SELECT concat(setrole, setconfig) FROM pg_db_role_setting
            JOIN pg_database on pg_database.oid = setdatabase WHERE datname = current_database()
        UNION ALL SELECT concat(datname, datacl, datdba) FROM pg_database
            WHERE datname = current_database()
    ) AS all_of_it (one)
"""
"""A digest of all but the rows: tables, triggers, rights, settings."""


@dataclass(slots=True)
class Swept:
    """``fresh`` copies the template again only when more than rows was changed."""

    server: Server
    template: str
    name: str
    made: str | None = None
    seeds: dict[str, bytes] = field(default_factory=dict)
    """What the template has in its tables."""

    def fresh(self) -> str:
        """The URL of a database that is as the template; whoever was connected is cut off."""
        if not self._swept():
            self.server.drop(self.name)
            with psycopg.connect(self.server.create(self.name, self.template)) as connection:
                self.made = _value(connection, MADE)
                self.seeds = {
                    table: seed
                    for table, _pages in connection.execute(TABLES).fetchall()
                    if (seed := _copied_out(connection, table))
                }
        return self.server.url(self.name)

    def _swept(self) -> bool:
        if self.made is None:
            return False
        try:
            with psycopg.connect(self.server.url(self.name)) as connection:
                connection.execute(CUT_OFF)
                if _value(connection, MADE) != self.made:
                    return False
                # Neither triggers nor foreign keys: neither the order nor a rule matters.
                connection.execute("SET LOCAL session_replication_role = replica")
                self._take_out(connection)
                connection.execute(FROM_ONE)
        except psycopg.Error:
            return False  # it is gone, or the role is not the server's own
        return True

    def _take_out(self, connection: psycopg.Connection[Any]) -> None:
        tables = connection.execute(TABLES).fetchall()
        grown = [sql.Identifier(table) for table, pages in tables if pages > SMALL]
        if grown:
            connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(grown)))
        small = [sql.Identifier(table) for table, pages in tables if 0 < pages <= SMALL]
        for table in small:
            connection.execute(sql.SQL("DELETE FROM {}").format(table))
        for name, seed in self.seeds.items():
            into = sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(name))
            with connection.cursor().copy(into) as copy:
                copy.write(seed)


def _value(connection: psycopg.Connection[Any], query: str) -> Any:
    row = connection.execute(query).fetchone()
    return row[0] if row else None


def _copied_out(connection: psycopg.Connection[Any], table: str) -> bytes:
    out = sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))
    with connection.cursor().copy(out) as copy:
        return b"".join(bytes(part) for part in copy)
