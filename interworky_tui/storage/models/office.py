"""Clients, their appointments, and the history of these."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from interworky_tui.storage.models.base import BYTEWISE, Base, partial

STATUSES = (
    "'requested', 'scheduled', 'attended', 'feedback_pending', 'feedback_collected', 'cancelled'"
)
WITH_SLOT = "'scheduled', 'attended', 'feedback_pending', 'feedback_collected'"
UNDOING = "verb = 'undo'"
IN_THE_WAITING_ROOM = "status = 'scheduled' AND arrived_at IS NOT NULL"
GIVES_A_TIME = "verb = 'schedule'"
MOVES_A_TIME = "verb = 'reschedule'"
NO_MORE = "cancelled_at IS NOT NULL"
TOGETHER = "batch IS NOT NULL"


class Client(Base):
    """``match_name`` is the folded name; with the phone it says who is the same person.

    In SQLite ``client_search``, made by the first migration, is an index of ``search_text``;
    what is inserted or changed here goes by ``client_index`` too. Who was forgotten at
    ``erased_at`` has a name that says so and nothing else.
    """

    __tablename__ = "client"
    __table_args__ = (
        CheckConstraint(
            "phone IS NOT NULL OR email IS NOT NULL OR erased_at IS NOT NULL", name="reachable"
        ),
        CheckConstraint("length(name) BETWEEN 1 AND 300", name="name_length"),
        UniqueConstraint("phone", "match_name"),
        Index(None, "match_name"),
        Index(None, "email"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    match_name: Mapped[str] = mapped_column(BYTEWISE)
    phone: Mapped[str | None] = mapped_column(BYTEWISE)
    email: Mapped[str | None]
    language: Mapped[str | None]
    sms_consent: Mapped[int] = mapped_column(server_default=text("1"))
    search_text: Mapped[str]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    erased_at: Mapped[datetime | None]


class Appointment(Base):
    """``sort_at`` orders every list: the start, or the end of the wished-for window.

    ``scheduled_at`` is when the start was last set; ``confirmed_at`` and ``change_asked_at`` are
    the client's answers to the reminder of that start.
    """

    __tablename__ = "appointment"
    __table_args__ = (
        CheckConstraint(f"status IN ({STATUSES})", name="status"),
        CheckConstraint("(starts_at IS NULL) = (ends_at IS NULL)", name="slot_whole"),
        CheckConstraint("ends_at > starts_at", name="slot_order"),
        CheckConstraint(
            f"(status IN ({WITH_SLOT})) <= (starts_at IS NOT NULL)", name="slot_present"
        ),
        CheckConstraint("status <> 'requested' OR starts_at IS NULL", name="slot_absent"),
        CheckConstraint("sort_at = coalesce(starts_at, requested_until)", name="sort_at"),
        CheckConstraint("band IS NOT NULL OR wish_time IS NOT NULL", name="wish"),
        CheckConstraint(
            "(status IN ('attended', 'feedback_pending', 'feedback_collected'))"
            " = (attended_at IS NOT NULL)",
            name="attended_at",
        ),
        CheckConstraint(
            "(status IN ('feedback_pending', 'feedback_collected'))"
            " = (feedback_requested_at IS NOT NULL)",
            name="feedback_requested_at",
        ),
        CheckConstraint(
            "(status = 'feedback_collected') = (feedback_collected_at IS NOT NULL)",
            name="feedback_collected_at",
        ),
        CheckConstraint("(status = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled_at"),
        CheckConstraint(
            "(status = 'cancelled') = (cancel_reason IS NOT NULL)", name="cancel_reason"
        ),
        CheckConstraint(
            "cancel_reason IN ('client_asked', 'no_show', 'office', 'duplicate', 'other')",
            name="cancel_reason_known",
        ),
        CheckConstraint("arrived_at IS NULL OR starts_at IS NOT NULL", name="arrived_has_slot"),
        CheckConstraint("urgency IN ('low', 'medium', 'high', 'urgent')", name="urgency"),
        UniqueConstraint("source_key"),
        # The order of every list; the client comes last so that a search needs no table rows.
        Index("ix_appointment_list", "status", "sort_at", "id", "client_id"),
        Index(None, "sort_at", "id"),
        Index("ix_appointment_client", "client_id", "status", "sort_at", "id"),
        # What the insights count, so that they need no table rows.
        Index(
            "ix_appointment_figures",
            "requested_at",
            "status",
            "source",
            "band",
            "requested_date",
            "starts_at",
            "scheduled_at",
        ),
        partial("ix_appointment_here", "arrived_at", where=IN_THE_WAITING_ROOM),
        partial("ix_appointment_cancelled", "cancelled_at", "cancel_reason", where=NO_MORE),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"))
    status: Mapped[str]
    requested_date: Mapped[str]
    band: Mapped[str | None]
    wish_time: Mapped[str | None]
    requested_until: Mapped[datetime]
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    sort_at: Mapped[datetime]
    service: Mapped[str] = mapped_column(server_default="")
    note: Mapped[str] = mapped_column(server_default="")
    urgency: Mapped[str] = mapped_column(server_default="medium")
    requested_at: Mapped[datetime]
    scheduled_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    change_asked_at: Mapped[datetime | None]
    arrived_at: Mapped[datetime | None]
    attended_at: Mapped[datetime | None]
    feedback_requested_at: Mapped[datetime | None]
    feedback_collected_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str | None]
    cancel_text: Mapped[str] = mapped_column(server_default="")
    source: Mapped[str] = mapped_column(server_default="desk")
    source_key: Mapped[str | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))


class AppointmentEvent(Base):
    """History, append-only. ``detail`` is JSON and holds nothing personal.

    ``batch`` names the changes that were one act of a person, and are undone together. ``hash``
    chains the lines, see ``storage.chain``.
    """

    __tablename__ = "appointment_event"
    __table_args__ = (
        UniqueConstraint("appointment_id", "version"),
        CheckConstraint("length(hash) = 64", name="hash"),
        partial("ix_appointment_event_undo", "verb", "appointment_id", "to_status", where=UNDOING),
        partial("ix_appointment_event_time", "verb", "appointment_id", "at", where=GIVES_A_TIME),
        partial("ix_appointment_event_moved", "verb", "appointment_id", where=MOVES_A_TIME),
        partial("ix_appointment_event_batch", "batch", where=TOGETHER),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"))
    version: Mapped[int]
    at: Mapped[datetime]
    actor: Mapped[str]
    verb: Mapped[str]
    from_status: Mapped[str | None]
    to_status: Mapped[str]
    detail: Mapped[str] = mapped_column(server_default="{}")
    batch: Mapped[str | None]
    hash: Mapped[str]


class OfficeFact(Base):
    """Small facts about the store itself, by name."""

    __tablename__ = "office_fact"
    __table_args__ = ({"sqlite_strict": True},)

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
