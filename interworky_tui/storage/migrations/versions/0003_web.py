"""Answers and requests that come by themselves: survey links, late answers, keys of the API."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

from interworky_tui.storage.types import Id, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "client", sa.Column("sms_consent", Id, server_default=sa.text("1"), nullable=False)
    )
    op.add_column("appointment", _text("source", "desk"))
    op.execute("UPDATE appointment SET source = 'import' WHERE source_key IS NOT NULL")
    op.add_column("survey_response", _moment("read_at", nullable=True))
    # Who typed an answer in has read it.
    op.execute("UPDATE survey_response SET read_at = at WHERE source = 'staff'")
    unread = sa.text("read_at IS NULL")
    op.create_index(
        "ix_survey_response_unread",
        "survey_response",
        ["rating", "read_at"],
        sqlite_where=unread,
        postgresql_where=unread,
    )
    _survey_link()
    _survey_note()
    _api_key()
    _api_call()
    _figures()


def _id(name: str = "id", nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, Id, nullable=nullable)


def _text(name: str, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.Text, server_default=default, nullable=False)


def _moment(name: str, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, UtcDateTime, nullable=nullable)


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=f"fk_{table}_{column}_{to}")


def _survey_link() -> None:
    table = "survey_link"
    op.create_table(
        table,
        _id(),
        _text("token_hash"),
        _id("appointment_id"),
        _id("appointment_version"),
        _moment("created_at"),
        _moment("expires_at"),
        sa.PrimaryKeyConstraint("id", name="pk_survey_link"),
        sa.UniqueConstraint("token_hash", name="uq_survey_link_token_hash"),
        _refers(table, "appointment_id", "appointment"),
        sqlite_strict=True,
    )
    op.create_index("ix_survey_link_appointment_id_id", table, ["appointment_id", "id"])


def _survey_note() -> None:
    table = "survey_note"
    op.create_table(
        table,
        _id(),
        _id("appointment_id"),
        _moment("at"),
        _text("source"),
        _id("rating", nullable=True),
        _text("text", ""),
        sa.PrimaryKeyConstraint("id", name="pk_survey_note"),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name="ck_survey_note_rating"),
        _refers(table, "appointment_id", "appointment"),
        sqlite_strict=True,
    )
    op.create_index("ix_survey_note_appointment_id_id", table, ["appointment_id", "id"])


def _api_key() -> None:
    op.create_table(
        "api_key",
        _id(),
        _text("name"),
        _text("key_hash"),
        _moment("created_at"),
        _moment("revoked_at", nullable=True),
        _moment("last_used_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_api_key"),
        sa.UniqueConstraint("key_hash", name="uq_api_key_key_hash"),
        sqlite_strict=True,
    )


def _api_call() -> None:
    table = "api_call"
    op.create_table(
        table,
        _id(),
        _id("api_key_id"),
        _text("idempotency_key"),
        _text("request_hash"),
        _id("appointment_id"),
        _moment("at"),
        sa.PrimaryKeyConstraint("id", name="pk_api_call"),
        sa.UniqueConstraint(
            "api_key_id", "idempotency_key", name="uq_api_call_api_key_id_idempotency_key"
        ),
        _refers(table, "api_key_id", "api_key"),
        _refers(table, "appointment_id", "appointment"),
        sqlite_strict=True,
    )


def _figures() -> None:
    """Indexes by which the insights count what was in a span of days."""
    wish = ("status", "source", "band", "requested_date", "starts_at")
    _index("appointment", "figures", "requested_at", *wish)
    ended = "cancelled_at IS NOT NULL"
    _index("appointment", "cancelled", "cancelled_at", "cancel_reason", where=ended)
    line = ("verb", "appointment_id")
    _index("appointment_event", "undo", *line, "to_status", where="verb = 'undo'")
    _index("appointment_event", "time", *line, "at", where="verb = 'schedule'")
    _index("feedback_request", "at_appointment_id", "at", "appointment_id")
    _index("survey_response", "at_rating_recommend", "at", "rating", "recommend")
    _index("notification", "sent", "channel", "state", "sent_at", where="state = 'sent'")
    stayed = "state IN ('previewed', 'failed', 'held')"
    _index("notification", "left", "channel", "state", "created_at", where=stayed)
    arrived = "status IN ('delivered', 'read')"
    _index("sms_receipt", "arrived", "status", "accepted_at", where=arrived)


def _index(table: str, name: str, *columns: str, where: str | None = None) -> None:
    condition = sa.text(where) if where else None
    op.create_index(
        f"ix_{table}_{name}",
        table,
        list(columns),
        sqlite_where=condition,
        postgresql_where=condition,
    )
