"""What goes out by the outbox, and what comes back by SMS."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from interworky_tui.storage.models.base import Base, partial

UNFINISHED = "state IN ('pending', 'sending')"
TEXTS = "channel = 'sms'"
NEEDS_A_PERSON = "state IN ('failed', 'held')"
FINISHED = "state IN ('sent', 'previewed', 'cancelled')"
STILL_CHANGES = "poll_at IS NOT NULL"
WAITS_FOR_A_PERSON = "handled_at IS NULL"
ANSWERS = "in_reply_to IS NOT NULL"
SENT = "state = 'sent'"
NEVER_LEFT = "state IN ('previewed', 'failed', 'held')"
ARRIVED = "status IN ('delivered', 'read')"


class Notification(Base):
    """The outbox: one event for one recipient by one channel, rendered when it was queued.

    ``stream`` names what must leave in order; ``visit_starts_at`` is the time the text speaks of.
    ``copies`` counts the attempts that may have left; it is written before each of them. What no
    change of an appointment owes (a reminder, an answer to a text) has no ``appointment_version``.
    """

    __tablename__ = "notification"
    __table_args__ = (
        CheckConstraint(
            "state IN ('pending', 'sending', 'sent', 'previewed', 'failed', 'held', 'cancelled')",
            name="state",
        ),
        CheckConstraint("recipient IN ('client', 'office')", name="recipient"),
        CheckConstraint("channel IN ('email', 'sms')", name="channel"),
        CheckConstraint("(state = 'sending') = (lease_owner IS NOT NULL)", name="lease_owner"),
        CheckConstraint("(state = 'sending') = (lease_until IS NOT NULL)", name="lease_until"),
        CheckConstraint(
            "state NOT IN ('failed', 'held', 'cancelled') OR reason IS NOT NULL", name="reason"
        ),
        CheckConstraint(
            "appointment_id IS NOT NULL OR appointment_version IS NULL", name="of_appointment"
        ),
        UniqueConstraint("dedupe_key"),
        UniqueConstraint("message_id"),
        Index(None, "appointment_id", "id"),
        partial("ix_notification_due", "due_at", "id", where=UNFINISHED),
        partial("ix_notification_stream", "stream", "id", where=UNFINISHED),
        partial("ix_notification_texts", "to_address", where=TEXTS),
        partial("ix_notification_trouble", "appointment_id", where=NEEDS_A_PERSON),
        partial("ix_notification_finished", "state", "id", where=FINISHED),
        partial(None, "in_reply_to", "id", where=ANSWERS),
        partial("ix_notification_sent", "channel", "state", "sent_at", where=SENT),
        partial("ix_notification_left", "channel", "state", "created_at", where=NEVER_LEFT),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    appointment_version: Mapped[int | None]
    in_reply_to: Mapped[int | None] = mapped_column(ForeignKey("inbound_sms.id"))
    event: Mapped[str]
    recipient: Mapped[str]
    channel: Mapped[str]
    to_address: Mapped[str | None]
    subject: Mapped[str] = mapped_column(server_default="")
    body: Mapped[str] = mapped_column(server_default="")
    html: Mapped[str] = mapped_column(server_default="")
    visit_starts_at: Mapped[datetime | None]
    visit_ends_at: Mapped[datetime | None]
    state: Mapped[str]
    reason: Mapped[str | None]
    stream: Mapped[str]
    dedupe_key: Mapped[str]
    message_id: Mapped[str | None]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    copies: Mapped[int] = mapped_column(server_default=text("0"))
    lease_owner: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    provider_ref: Mapped[str | None]


class SmsReceipt(Base):
    """What the provider knows of a text that it took, under its own name for it.

    ``status`` is its last word; ``poll_at`` is when to ask again, NULL once it is final.
    """

    __tablename__ = "sms_receipt"
    __table_args__ = (
        Index(None, "notification_id"),
        partial("ix_sms_receipt_poll", "poll_at", where=STILL_CHANGES),
        partial("ix_sms_receipt_arrived", "status", "accepted_at", where=ARRIVED),
        {"sqlite_strict": True},
    )

    sid: Mapped[str] = mapped_column(primary_key=True)
    notification_id: Mapped[int] = mapped_column(ForeignKey("notification.id"))
    accepted_at: Mapped[datetime]
    status: Mapped[str | None]
    error_code: Mapped[int | None]
    poll_at: Mapped[datetime | None]


class InboundSms(Base):
    """A text that came in; ``sid`` is the provider's name for it, so that none is taken twice.

    It waits for a person until ``handled_at``.
    """

    __tablename__ = "inbound_sms"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('stop', 'start', 'help', 'confirm', 'change', 'rating', 'other')",
            name="kind",
        ),
        UniqueConstraint("sid"),
        Index(None, "from_number", "id"),
        partial("ix_inbound_sms_waiting", "id", where=WAITS_FOR_A_PERSON),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sid: Mapped[str]
    from_number: Mapped[str]
    to_number: Mapped[str]
    body: Mapped[str]
    received_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    kind: Mapped[str]
    client_id: Mapped[int | None] = mapped_column(ForeignKey("client.id"))
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    handled_at: Mapped[datetime | None]
    handled_by: Mapped[str | None]


class SmsOptOut(Base):
    """A number that gets no texts. Who opts in again is taken out."""

    __tablename__ = "sms_opt_out"
    __table_args__ = (
        CheckConstraint("source IN ('reply', 'provider', 'desk')", name="source"),
        {"sqlite_strict": True},
    )

    number: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    source: Mapped[str]


class SuppressedNumber(Base):
    """A number that gets no texts and whose owner was forgotten: a digest of it, not itself."""

    __tablename__ = "suppressed_number"
    __table_args__ = ({"sqlite_strict": True},)

    digest: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
