"""Slots that came free and are offered by SMS: the first who takes one has it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from interworky_tui.storage.models.base import Base, partial

OPEN = "closed_at IS NULL"


class SlotOffer(Base):
    """A slot is held for whom it is offered to until ``expires_at``, or until it is closed."""

    __tablename__ = "slot_offer"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="slot_order"),
        CheckConstraint("outcome IN ('taken', 'booked', 'expired', 'withdrawn')", name="outcome"),
        CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name="closed"),
        CheckConstraint(
            "(coalesce(outcome, '') = 'taken') = (taken_by IS NOT NULL)", name="taken_by"
        ),
        CheckConstraint("expires_at <= starts_at", name="held"),
        partial("ix_slot_offer_open", "starts_at", "ends_at", where=OPEN),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    expires_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    taken_by: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))


class SlotOfferTo(Base):
    """Whom a slot is offered to, by the number and the message that the offer went by.

    ``visit_starts_at`` is when the appointment was to begin then; with another start, or once it
    is cancelled, the offer is no longer meant. ``answered_at`` is when the client said yes to it.
    """

    __tablename__ = "slot_offer_to"
    __table_args__ = (
        UniqueConstraint("offer_id", "appointment_id"),
        UniqueConstraint("number", "offer_id"),
        UniqueConstraint("notification_id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey("slot_offer.id"))
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"))
    number: Mapped[str]
    notification_id: Mapped[int] = mapped_column(ForeignKey("notification.id"))
    visit_starts_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
