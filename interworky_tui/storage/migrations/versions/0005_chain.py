"""A history that can be trusted: each line's hash is over the line and the hash before it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from interworky_tui.storage.chain import COLUMNS, HEAD_FACT, Head, encoded, hash_of
from interworky_tui.storage.types import Id, UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLE = "appointment_event"
BEFORE = f"{TABLE}_before"
AT_ONCE = 10_000
"""Lines in one read and one write, so that a long history needs little memory."""


def upgrade() -> None:
    on_file = op.get_context().dialect.name == "sqlite"
    head = _rebuild_sqlite() if on_file else _add_postgresql()
    if not head.number:
        return
    fact = sa.table("office_fact", sa.column("name", sa.Text), sa.column("value", sa.Text))
    op.execute(sa.insert(fact).values(name=HEAD_FACT, value=head.to_fact()))


def _rebuild_sqlite() -> Head:
    """A column that may not be empty cannot be added in place."""
    op.rename_table(TABLE, BEFORE)
    op.create_table(
        TABLE,
        _id(),
        _id("appointment_id"),
        _id("version"),
        _moment("at"),
        _text("actor"),
        _text("verb"),
        _text("from_status", nullable=True),
        _text("to_status"),
        _text("detail", "{}"),
        _text("batch", nullable=True),
        _text("hash"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{TABLE}"),
        sa.UniqueConstraint("appointment_id", "version", name=f"uq_{TABLE}_appointment_id_version"),
        sa.CheckConstraint("length(hash) = 64", name=f"ck_{TABLE}_hash"),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=f"fk_{TABLE}_appointment_id_appointment"
        ),
        sqlite_strict=True,
    )
    columns = (*COLUMNS, "hash")
    copy = f"INSERT INTO {TABLE} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
    connection, head = op.get_bind(), Head()
    for rows, hashes in _hashed(BEFORE):
        lines = [(*row, hash) for row, hash in zip(rows, hashes, strict=True)]
        connection.exec_driver_sql(copy, lines)
        head = Head(rows[-1][0], hashes[-1])
    # Its triggers go with it, and the names of its indexes are free then.
    op.drop_table(BEFORE)
    line = ("verb", "appointment_id")
    _index("undo", *line, "to_status", where="verb = 'undo'")
    _index("time", *line, "at", where="verb = 'schedule'")
    _index("moved", *line, where="verb = 'reschedule'")
    _index("batch", "batch", where="batch IS NOT NULL")
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_{verb.lower()} BEFORE {verb} ON {TABLE}"
            " BEGIN SELECT RAISE(ABORT, 'history is only ever added to'); END"
        )
    return head


def _add_postgresql() -> Head:
    op.add_column(TABLE, _text("hash", nullable=True))
    head = Head()
    if not op.get_context().as_sql:
        op.execute(f"ALTER TABLE {TABLE} DISABLE TRIGGER {TABLE}_keep")
        connection, row = op.get_bind(), sa.table(TABLE, sa.column("id"), sa.column("hash"))
        change = (
            sa.update(row).where(row.c.id == sa.bindparam("number")).values(hash=sa.bindparam("is"))
        )
        for rows, hashes in _hashed(TABLE):
            lines = [
                {"number": line[0], "is": hash} for line, hash in zip(rows, hashes, strict=True)
            ]
            connection.execute(change, lines)
            head = Head(rows[-1][0], hashes[-1])
        op.execute(f"ALTER TABLE {TABLE} ENABLE TRIGGER {TABLE}_keep")
    op.alter_column(TABLE, "hash", nullable=False)
    op.create_check_constraint(f"ck_{TABLE}_hash", TABLE, sa.text("length(hash) = 64"))
    return head


def _hashed(table: str) -> Iterator[tuple[list[Any], list[str]]]:
    """The lines of a table in their order, a part at a time, with their hashes."""
    connection, before, last = op.get_bind(), b"", 0
    query = f"SELECT {', '.join(COLUMNS)} FROM {table} WHERE id > %d ORDER BY id LIMIT {AT_ONCE}"
    while rows := connection.exec_driver_sql(query % last).fetchall():
        hashes = []
        for row in rows:
            hashes.append(hash_of(before, encoded(row)))
            before = hashes[-1].encode()
        yield [tuple(row) for row in rows], hashes
        last = rows[-1][0]


def _id(name: str = "id") -> sa.Column[int]:
    return sa.Column(name, Id, nullable=False)


def _text(name: str, default: str | None = None, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, server_default=default, nullable=nullable)


def _moment(name: str) -> sa.Column[datetime]:
    return sa.Column(name, UtcDateTime, nullable=False)


def _index(name: str, *columns: str, where: str) -> None:
    op.create_index(f"ix_{TABLE}_{name}", TABLE, list(columns), sqlite_where=sa.text(where))
