"""The office: clients, appointments and their history, the outbox, feedback."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

from interworky_tui.storage.types import Id, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

STATUSES = (
    "'requested', 'scheduled', 'attended', 'feedback_pending', 'feedback_collected', 'cancelled'"
)
WITH_SLOT = "'scheduled', 'attended', 'feedback_pending', 'feedback_collected'"


def upgrade() -> None:
    _client()
    _appointment()
    _appointment_event()
    _notification()
    _feedback()
    _office_fact()
    if op.get_context().dialect.name == "sqlite":
        _keep_history_sqlite()
        _index_search_sqlite()
    else:
        _keep_history_postgresql()
        _index_search_postgresql()


def _id() -> sa.Column[int]:
    return sa.Column("id", Id, nullable=False)


def _text(name: str, default: str | None = None, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, server_default=default, nullable=nullable)


def _int(name: str, default: str | None = None) -> sa.Column[int]:
    return sa.Column(name, Id, server_default=sa.text(default) if default else None, nullable=False)


def _moment(name: str, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, UtcDateTime, nullable=nullable)


def _appointment_id() -> sa.Column[int]:
    return sa.Column("appointment_id", Id, nullable=False)


def _client() -> None:
    op.create_table(
        "client",
        _id(),
        _text("name"),
        _text("match_name"),
        _text("phone", nullable=True),
        _text("email", nullable=True),
        _text("language", nullable=True),
        _text("search_text"),
        _moment("created_at"),
        _int("version", "1"),
        sa.PrimaryKeyConstraint("id", name="pk_client"),
        sa.CheckConstraint("phone IS NOT NULL OR email IS NOT NULL", name="ck_client_reachable"),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 300", name="ck_client_name_length"),
        sa.UniqueConstraint("phone", "match_name", name="uq_client_phone_match_name"),
        sqlite_strict=True,
    )
    op.create_index("ix_client_match_name", "client", ["match_name"])
    op.create_index("ix_client_email", "client", ["email"])


def _appointment() -> None:
    op.create_table(
        "appointment",
        _id(),
        sa.Column("client_id", Id, nullable=False),
        _text("status"),
        _text("requested_date"),
        _text("band", nullable=True),
        _text("wish_time", nullable=True),
        _moment("requested_until"),
        _moment("starts_at", nullable=True),
        _moment("ends_at", nullable=True),
        _moment("sort_at"),
        _text("service", ""),
        _text("note", ""),
        _text("urgency", "medium"),
        _moment("requested_at"),
        _moment("arrived_at", nullable=True),
        _moment("attended_at", nullable=True),
        _moment("feedback_requested_at", nullable=True),
        _moment("feedback_collected_at", nullable=True),
        _moment("cancelled_at", nullable=True),
        _text("cancel_reason", nullable=True),
        _text("cancel_text", ""),
        _text("source_key", nullable=True),
        _int("version", "1"),
        sa.PrimaryKeyConstraint("id", name="pk_appointment"),
        *(
            sa.CheckConstraint(rule, name=f"ck_appointment_{name}")
            for name, rule in APPOINTMENT_RULES.items()
        ),
        sa.UniqueConstraint("source_key", name="uq_appointment_source_key"),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name="fk_appointment_client_id_client"
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_appointment_list", "appointment", ["status", "sort_at", "id", "client_id"])
    op.create_index("ix_appointment_sort_at_id", "appointment", ["sort_at", "id"])
    op.create_index(
        "ix_appointment_client", "appointment", ["client_id", "status", "sort_at", "id"]
    )


APPOINTMENT_RULES = {
    "status": f"status IN ({STATUSES})",
    "slot_whole": "(starts_at IS NULL) = (ends_at IS NULL)",
    "slot_order": "ends_at > starts_at",
    "slot_present": f"(status IN ({WITH_SLOT})) <= (starts_at IS NOT NULL)",
    "slot_absent": "status <> 'requested' OR starts_at IS NULL",
    "sort_at": "sort_at = coalesce(starts_at, requested_until)",
    "wish": "band IS NOT NULL OR wish_time IS NOT NULL",
    "attended_at": (
        "(status IN ('attended', 'feedback_pending', 'feedback_collected'))"
        " = (attended_at IS NOT NULL)"
    ),
    "feedback_requested_at": (
        "(status IN ('feedback_pending', 'feedback_collected'))"
        " = (feedback_requested_at IS NOT NULL)"
    ),
    "feedback_collected_at": (
        "(status = 'feedback_collected') = (feedback_collected_at IS NOT NULL)"
    ),
    "cancelled_at": "(status = 'cancelled') = (cancelled_at IS NOT NULL)",
    "cancel_reason": "(status = 'cancelled') = (cancel_reason IS NOT NULL)",
    "cancel_reason_known": (
        "cancel_reason IN ('client_asked', 'no_show', 'office', 'duplicate', 'other')"
    ),
    "arrived_has_slot": "arrived_at IS NULL OR starts_at IS NOT NULL",
    "urgency": "urgency IN ('low', 'medium', 'high', 'urgent')",
}


def _appointment_event() -> None:
    op.create_table(
        "appointment_event",
        _id(),
        _appointment_id(),
        _int("version"),
        _moment("at"),
        _text("actor"),
        _text("verb"),
        _text("from_status", nullable=True),
        _text("to_status"),
        _text("detail", "{}"),
        sa.PrimaryKeyConstraint("id", name="pk_appointment_event"),
        sa.UniqueConstraint(
            "appointment_id", "version", name="uq_appointment_event_appointment_id_version"
        ),
        _of_appointment("appointment_event"),
        sqlite_strict=True,
    )


def _notification() -> None:
    op.create_table(
        "notification",
        _id(),
        _appointment_id(),
        _int("appointment_version"),
        _text("event"),
        _text("recipient"),
        _text("channel"),
        _text("to_address", nullable=True),
        _text("subject", ""),
        _text("body", ""),
        _text("html", ""),
        _moment("visit_starts_at", nullable=True),
        _text("state"),
        _text("reason", nullable=True),
        _text("stream"),
        _text("dedupe_key"),
        _text("message_id", nullable=True),
        _moment("created_at"),
        _moment("due_at"),
        _int("attempts", "0"),
        _text("lease_owner", nullable=True),
        _moment("lease_until", nullable=True),
        _moment("sent_at", nullable=True),
        _text("provider_ref", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_notification"),
        *(
            sa.CheckConstraint(rule, name=f"ck_notification_{name}")
            for name, rule in NOTIFICATION_RULES.items()
        ),
        sa.UniqueConstraint("dedupe_key", name="uq_notification_dedupe_key"),
        sa.UniqueConstraint("message_id", name="uq_notification_message_id"),
        _of_appointment("notification"),
        sqlite_strict=True,
    )
    op.create_index("ix_notification_appointment_id_id", "notification", ["appointment_id", "id"])
    for name, (columns, part) in NOTIFICATION_PARTS.items():
        op.create_index(
            f"ix_notification_{name}",
            "notification",
            columns,
            sqlite_where=sa.text(part),
            postgresql_where=sa.text(part),
        )


NOTIFICATION_RULES = {
    "state": "state IN ('pending', 'sending', 'sent', 'previewed', 'failed', 'held', 'cancelled')",
    "recipient": "recipient IN ('client', 'office')",
    "channel": "channel IN ('email', 'sms')",
    "lease_owner": "(state = 'sending') = (lease_owner IS NOT NULL)",
    "lease_until": "(state = 'sending') = (lease_until IS NOT NULL)",
    "reason": "state NOT IN ('failed', 'held', 'cancelled') OR reason IS NOT NULL",
}
NOTIFICATION_PARTS = {
    "due": (["due_at", "id"], "state IN ('pending', 'sending')"),
    "stream": (["stream", "id"], "state IN ('pending', 'sending')"),
    "texts": (["to_address"], "channel = 'sms'"),
    "trouble": (["appointment_id"], "state IN ('failed', 'held')"),
    "finished": (["state", "id"], "state IN ('sent', 'previewed', 'cancelled')"),
}


def _feedback() -> None:
    op.create_table(
        "feedback_request",
        _id(),
        _appointment_id(),
        _text("office_day"),
        _moment("at"),
        _int("appointment_version"),
        sa.PrimaryKeyConstraint("id", name="pk_feedback_request"),
        sa.UniqueConstraint(
            "appointment_id", "office_day", name="uq_feedback_request_appointment_id_office_day"
        ),
        _of_appointment("feedback_request"),
        sqlite_strict=True,
    )
    op.create_table(
        "survey_response",
        _id(),
        _appointment_id(),
        _int("rating"),
        _text("good", ""),
        _text("bad", ""),
        _text("recommend", nullable=True),
        _int("publish"),
        _text("source"),
        _moment("at"),
        sa.PrimaryKeyConstraint("id", name="pk_survey_response"),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name="ck_survey_response_rating"),
        sa.CheckConstraint(
            "recommend IN ('yes', 'no', 'maybe')", name="ck_survey_response_recommend"
        ),
        sa.CheckConstraint("publish IN (0, 1)", name="ck_survey_response_publish"),
        sa.UniqueConstraint("appointment_id", name="uq_survey_response_appointment_id"),
        _of_appointment("survey_response"),
        sqlite_strict=True,
    )


def _office_fact() -> None:
    op.create_table(
        "office_fact",
        _text("name"),
        _text("value"),
        sa.PrimaryKeyConstraint("name", name="pk_office_fact"),
        sqlite_strict=True,
    )


def _of_appointment(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["appointment_id"], ["appointment.id"], name=f"fk_{table}_appointment_id_appointment"
    )


def _keep_history_sqlite() -> None:
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER appointment_event_no_{verb.lower()}"
            f" BEFORE {verb} ON appointment_event"
            " BEGIN SELECT RAISE(ABORT, 'history is only ever added to'); END"
        )


def _index_search_sqlite() -> None:
    """Everything that is searched for is folded already. Sizes are for ranking only."""
    op.execute(
        "CREATE VIRTUAL TABLE client_search USING fts5(search_text, content='client',"
        " content_rowid='id', tokenize='trigram case_sensitive 1', columnsize=0)"
    )


def _keep_history_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION appointment_event_keep() RETURNS trigger LANGUAGE plpgsql AS $$"
        " BEGIN RAISE EXCEPTION 'history is only ever added to'"
        " USING ERRCODE = 'restrict_violation'; END $$"
    )
    op.execute(
        "CREATE TRIGGER appointment_event_keep BEFORE UPDATE OR DELETE OR TRUNCATE"
        " ON appointment_event FOR EACH STATEMENT EXECUTE FUNCTION appointment_event_keep()"
    )


def _index_search_postgresql() -> None:
    """Where the server has trigrams and lets this role use them; without, a search reads all."""
    op.execute(
        "DO $$ BEGIN"
        " BEGIN CREATE EXTENSION IF NOT EXISTS pg_trgm;"
        " EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported"
        " THEN RETURN; END;"
        " CREATE INDEX ix_client_search_text ON client USING gin (search_text gin_trgm_ops);"
        " END $$"
    )
