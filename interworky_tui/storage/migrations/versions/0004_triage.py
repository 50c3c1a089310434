"""Changes that are one act, who is in the waiting room, and slots offered to those who wait."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

from interworky_tui.storage.types import Id, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("appointment_event", sa.Column("batch", sa.Text, nullable=True))
    _index("appointment_event", "batch", "batch", where="batch IS NOT NULL")
    here = "status = 'scheduled' AND arrived_at IS NOT NULL"
    _index("appointment", "here", "arrived_at", where=here)
    _figures()
    _slot_offer()
    _slot_offer_to()


def _id(name: str = "id", nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, Id, nullable=nullable)


def _moment(name: str, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, UtcDateTime, nullable=nullable)


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=f"fk_{table}_{column}_{to}")


def _index(table: str, name: str, *columns: str, where: str) -> None:
    op.create_index(
        f"ix_{table}_{name}",
        table,
        list(columns),
        sqlite_where=sa.text(where),
        postgresql_where=sa.text(where),
    )


def _figures() -> None:
    """What the insights need to know how soon a request is given a time, without a look at its
    history; but for the visits that were moved later.
    """
    op.drop_index("ix_appointment_figures", "appointment")
    wish = ("requested_at", "status", "source", "band", "requested_date")
    op.create_index("ix_appointment_figures", "appointment", [*wish, "starts_at", "scheduled_at"])
    moved = "verb = 'reschedule'"
    _index("appointment_event", "moved", "verb", "appointment_id", where=moved)


def _slot_offer() -> None:
    table = "slot_offer"
    op.create_table(
        table,
        _id(),
        _moment("starts_at"),
        _moment("ends_at"),
        _moment("made_at"),
        sa.Column("made_by", sa.Text, nullable=False),
        _moment("expires_at"),
        _moment("closed_at", nullable=True),
        sa.Column("outcome", sa.Text, nullable=True),
        _id("taken_by", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_slot_offer"),
        sa.CheckConstraint("ends_at > starts_at", name="ck_slot_offer_slot_order"),
        sa.CheckConstraint(
            "outcome IN ('taken', 'booked', 'expired', 'withdrawn')", name="ck_slot_offer_outcome"
        ),
        sa.CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name="ck_slot_offer_closed"),
        sa.CheckConstraint(
            "(coalesce(outcome, '') = 'taken') = (taken_by IS NOT NULL)",
            name="ck_slot_offer_taken_by",
        ),
        sa.CheckConstraint("expires_at <= starts_at", name="ck_slot_offer_held"),
        _refers(table, "taken_by", "appointment"),
        sqlite_strict=True,
    )
    _index(table, "open", "starts_at", "ends_at", where="closed_at IS NULL")


def _slot_offer_to() -> None:
    table = "slot_offer_to"
    op.create_table(
        table,
        _id(),
        _id("offer_id"),
        _id("appointment_id"),
        sa.Column("number", sa.Text, nullable=False),
        _id("notification_id"),
        _moment("visit_starts_at", nullable=True),
        _moment("answered_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_slot_offer_to"),
        sa.UniqueConstraint(
            "offer_id", "appointment_id", name="uq_slot_offer_to_offer_id_appointment_id"
        ),
        sa.UniqueConstraint("number", "offer_id", name="uq_slot_offer_to_number_offer_id"),
        sa.UniqueConstraint("notification_id", name="uq_slot_offer_to_notification_id"),
        _refers(table, "offer_id", "slot_offer"),
        _refers(table, "appointment_id", "appointment"),
        _refers(table, "notification_id", "notification"),
        sqlite_strict=True,
    )
