"""Messages that arrive: receipts, texts that come in, opt-outs, reminders and their answers."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

from interworky_tui.storage.types import Id, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _inbound_sms()
    _appointment()
    if op.get_context().dialect.name == "sqlite":
        _notification_sqlite()
    else:
        _notification_postgresql()
    _partial(
        "ix_notification_in_reply_to_id",
        "notification",
        ["in_reply_to", "id"],
        "in_reply_to IS NOT NULL",
    )
    _sms_receipt()
    _sms_opt_out()


def _id(name: str = "id", nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, Id, nullable=nullable)


def _text(name: str, default: str | None = None, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, server_default=default, nullable=nullable)


def _moment(name: str, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, UtcDateTime, nullable=nullable)


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=f"fk_{table}_{column}_{to}")


def _inbound_sms() -> None:
    table = "inbound_sms"
    op.create_table(
        table,
        _id(),
        _text("sid"),
        _text("from_number"),
        _text("to_number"),
        _text("body"),
        _moment("received_at"),
        _moment("recorded_at"),
        _text("kind"),
        _id("client_id", nullable=True),
        _id("appointment_id", nullable=True),
        _moment("handled_at", nullable=True),
        _text("handled_by", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_inbound_sms"),
        sa.CheckConstraint(
            "kind IN ('stop', 'start', 'help', 'confirm', 'change', 'rating', 'other')",
            name="ck_inbound_sms_kind",
        ),
        sa.UniqueConstraint("sid", name="uq_inbound_sms_sid"),
        _refers(table, "client_id", "client"),
        _refers(table, "appointment_id", "appointment"),
        sqlite_strict=True,
    )
    op.create_index("ix_inbound_sms_from_number_id", table, ["from_number", "id"])
    _partial("ix_inbound_sms_waiting", table, ["id"], "handled_at IS NULL")


def _appointment() -> None:
    for name in ("scheduled_at", "confirmed_at", "change_asked_at"):
        op.add_column("appointment", _moment(name, nullable=True))
    op.execute(f"UPDATE appointment SET scheduled_at = {SCHEDULED_AT} WHERE starts_at IS NOT NULL")


SCHEDULED_AT = (
    "(SELECT max(e.at) FROM appointment_event e"
    " WHERE e.appointment_id = appointment.id AND e.verb IN ('schedule', 'reschedule')"
    " AND NOT EXISTS (SELECT 1 FROM appointment_event u"
    " WHERE u.appointment_id = e.appointment_id AND u.version > e.version AND u.verb = 'undo'"
    """ AND u.detail LIKE '{"undone":' || e.version || ',%'))"""
)
"""When the start was last set; a change that was undone did not set it."""


RULES = {
    "state": "state IN ('pending', 'sending', 'sent', 'previewed', 'failed', 'held', 'cancelled')",
    "recipient": "recipient IN ('client', 'office')",
    "channel": "channel IN ('email', 'sms')",
    "lease_owner": "(state = 'sending') = (lease_owner IS NOT NULL)",
    "lease_until": "(state = 'sending') = (lease_until IS NOT NULL)",
    "reason": "state NOT IN ('failed', 'held', 'cancelled') OR reason IS NOT NULL",
    "of_appointment": "appointment_id IS NOT NULL OR appointment_version IS NULL",
}
PARTS = {
    "due": (["due_at", "id"], "state IN ('pending', 'sending')"),
    "stream": (["stream", "id"], "state IN ('pending', 'sending')"),
    "texts": (["to_address"], "channel = 'sms'"),
    "trouble": (["appointment_id"], "state IN ('failed', 'held')"),
    "finished": (["state", "id"], "state IN ('sent', 'previewed', 'cancelled')"),
}
KEPT = (
    "id, appointment_id, appointment_version, event, recipient, channel, to_address, subject,"
    " body, html, visit_starts_at, state, reason, stream, dedupe_key, message_id, created_at,"
    " due_at, attempts, lease_owner, lease_until, sent_at, provider_ref"
)
COPIES = (
    "CASE WHEN state IN ('pending', 'sending') AND reason = 'unconfirmed' THEN 1"
    " WHEN state IN ('pending', 'sending') AND reason = 'uncertain' THEN 2 ELSE 0 END"
)
"""Until now the reason said it."""
VISIT_ENDS_AT = (
    "(SELECT a.ends_at FROM appointment a WHERE a.id = appointment_id"
    " AND a.starts_at = visit_starts_at)"
)


def _notification_sqlite() -> None:
    """A column cannot be made nullable in place."""
    table = "notification"
    op.rename_table(table, "notification_before")
    op.create_table(
        table,
        _id(),
        _id("appointment_id", nullable=True),
        _id("appointment_version", nullable=True),
        _id("in_reply_to", nullable=True),
        _text("event"),
        _text("recipient"),
        _text("channel"),
        _text("to_address", nullable=True),
        _text("subject", ""),
        _text("body", ""),
        _text("html", ""),
        _moment("visit_starts_at", nullable=True),
        _moment("visit_ends_at", nullable=True),
        _text("state"),
        _text("reason", nullable=True),
        _text("stream"),
        _text("dedupe_key"),
        _text("message_id", nullable=True),
        _moment("created_at"),
        _moment("due_at"),
        sa.Column("attempts", Id, server_default=sa.text("0"), nullable=False),
        sa.Column("copies", Id, server_default=sa.text("0"), nullable=False),
        _text("lease_owner", nullable=True),
        _moment("lease_until", nullable=True),
        _moment("sent_at", nullable=True),
        _text("provider_ref", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_notification"),
        *(sa.CheckConstraint(rule, name=f"ck_notification_{name}") for name, rule in RULES.items()),
        sa.UniqueConstraint("dedupe_key", name="uq_notification_dedupe_key"),
        sa.UniqueConstraint("message_id", name="uq_notification_message_id"),
        _refers(table, "appointment_id", "appointment"),
        _refers(table, "in_reply_to", "inbound_sms"),
        sqlite_strict=True,
    )
    op.execute(
        f"INSERT INTO notification ({KEPT}, copies, visit_ends_at)"
        f" SELECT {KEPT}, {COPIES}, {VISIT_ENDS_AT} FROM notification_before"
    )
    op.drop_table("notification_before")
    op.create_index("ix_notification_appointment_id_id", table, ["appointment_id", "id"])
    for name, (columns, part) in PARTS.items():
        _partial(f"ix_notification_{name}", table, columns, part)


def _notification_postgresql() -> None:
    table = "notification"
    for name in ("appointment_id", "appointment_version"):
        op.alter_column(table, name, nullable=True)
    op.add_column(table, _id("in_reply_to", nullable=True))
    op.create_foreign_key(
        "fk_notification_in_reply_to_inbound_sms", table, "inbound_sms", ["in_reply_to"], ["id"]
    )
    op.add_column(table, _moment("visit_ends_at", nullable=True))
    op.add_column(table, sa.Column("copies", Id, server_default=sa.text("0"), nullable=False))
    op.execute(f"UPDATE notification SET copies = {COPIES}, visit_ends_at = {VISIT_ENDS_AT}")
    op.create_check_constraint(
        "ck_notification_of_appointment", table, sa.text(RULES["of_appointment"])
    )


def _sms_receipt() -> None:
    table = "sms_receipt"
    op.create_table(
        table,
        _text("sid"),
        _id("notification_id"),
        _moment("accepted_at"),
        _text("status", nullable=True),
        _id("error_code", nullable=True),
        _moment("poll_at", nullable=True),
        sa.PrimaryKeyConstraint("sid", name="pk_sms_receipt"),
        _refers(table, "notification_id", "notification"),
        sqlite_strict=True,
    )
    op.create_index("ix_sms_receipt_notification_id", table, ["notification_id"])
    _partial("ix_sms_receipt_poll", table, ["poll_at"], "poll_at IS NOT NULL")
    op.execute(
        "INSERT INTO sms_receipt (sid, notification_id, accepted_at)"
        " SELECT provider_ref, min(id), min(sent_at) FROM notification"
        " WHERE channel = 'sms' AND state = 'sent' AND provider_ref IS NOT NULL"
        " AND sent_at IS NOT NULL GROUP BY provider_ref"
    )


def _sms_opt_out() -> None:
    op.create_table(
        "sms_opt_out",
        _text("number"),
        _moment("at"),
        _text("source"),
        sa.PrimaryKeyConstraint("number", name="pk_sms_opt_out"),
        sa.CheckConstraint("source IN ('reply', 'provider', 'desk')", name="ck_sms_opt_out_source"),
        sqlite_strict=True,
    )


def _partial(name: str, table: str, columns: list[str], part: str) -> None:
    condition = sa.text(part)
    op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)
