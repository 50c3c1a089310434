"""Who is at the desks, clients who are forgotten, and a signal of every change on PostgreSQL."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

from interworky_tui.storage.types import Id, UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

CLIENT = "client"
REACHABLE = "phone IS NOT NULL OR email IS NOT NULL OR erased_at IS NOT NULL"
WATCHED = (
    "client",
    "appointment",
    "notification",
    "sms_receipt",
    "inbound_sms",
    "sms_opt_out",
    "feedback_request",
    "survey_response",
    "survey_note",
    "slot_offer",
    "slot_offer_to",
)
"""What the desks show. History is written together with these."""


def upgrade() -> None:
    _desk_session()
    _suppressed_number()
    if op.get_context().dialect.name == "sqlite":
        _rebuild_client()
    else:
        op.add_column(CLIENT, _moment("erased_at", nullable=True))
        op.drop_constraint("ck_client_reachable", CLIENT)
        op.create_check_constraint("ck_client_reachable", CLIENT, sa.text(REACHABLE))
        for column in ("match_name", "phone"):
            op.alter_column(CLIENT, column, type_=sa.Text(collation="C"))
        _signal_changes()


def _desk_session() -> None:
    table = "desk_session"
    op.create_table(
        table,
        _text("id"),
        _text("kind"),
        _text("actor"),
        _text("machine"),
        _moment("begun_at"),
        _moment("seen_at"),
        sa.Column("appointment_id", Id, nullable=True),
        _text("channels", nullable=True),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sa.CheckConstraint("kind IN ('desk', 'worker', 'serve')", name=f"ck_{table}_kind"),
        sqlite_strict=True,
    )


def _suppressed_number() -> None:
    table = "suppressed_number"
    op.create_table(
        table,
        _text("digest"),
        _moment("at"),
        sa.PrimaryKeyConstraint("digest", name=f"pk_{table}"),
        sqlite_strict=True,
    )


def _rebuild_client() -> None:
    """A rule cannot be changed in place. The other tables refer to it by its name."""
    new = f"{CLIENT}_new"
    op.create_table(
        new,
        sa.Column("id", Id, nullable=False),
        _text("name"),
        _text("match_name"),
        _text("phone", nullable=True),
        _text("email", nullable=True),
        _text("language", nullable=True),
        _text("search_text"),
        _moment("created_at"),
        _int("version"),
        _int("sms_consent"),
        _moment("erased_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_client"),
        sa.CheckConstraint(REACHABLE, name="ck_client_reachable"),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 300", name="ck_client_name_length"),
        sa.UniqueConstraint("phone", "match_name", name="uq_client_phone_match_name"),
        sqlite_strict=True,
    )
    columns = (
        "id, name, match_name, phone, email, language, search_text, created_at, version,"
        " sms_consent"
    )
    op.execute(f"INSERT INTO {new} ({columns}) SELECT {columns} FROM {CLIENT}")
    op.drop_table(CLIENT)
    op.rename_table(new, CLIENT)
    op.create_index("ix_client_match_name", CLIENT, ["match_name"])
    op.create_index("ix_client_email", CLIENT, ["email"])


def _signal_changes() -> None:
    """One signal for each statement; those of one transaction arrive as one."""
    op.execute(
        "CREATE FUNCTION interworky_changed() RETURNS trigger LANGUAGE plpgsql AS $$"
        " BEGIN PERFORM pg_notify('interworky_changed', ''); RETURN NULL; END $$"
    )
    for table in WATCHED:
        _signal(table, "INSERT OR UPDATE OR DELETE")
    # Not that a desk is still there.
    _signal("desk_session", "INSERT OR DELETE OR UPDATE OF appointment_id, channels")


def _signal(table: str, changes: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_changed AFTER {changes} ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION interworky_changed()"
    )


def _text(name: str, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _int(name: str) -> sa.Column[int]:
    return sa.Column(name, Id, server_default=sa.text("1"), nullable=False)


def _moment(name: str, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, UtcDateTime, nullable=nullable)
