"""The schema. Every rule that a row must keep is a constraint with a name.

Dates of the office's calendar are ISO text; moments are UtcDateTime.
"""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    MetaData,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from interworky_tui.storage.types import Id, UtcDateTime

STATUSES = (
    "'requested', 'scheduled', 'attended', 'feedback_pending', 'feedback_collected', 'cancelled'"
)
WITH_SLOT = "'scheduled', 'attended', 'feedback_pending', 'feedback_collected'"
UNFINISHED = "state IN ('pending', 'sending')"
TEXTS = "channel = 'sms'"
NEEDS_A_PERSON = "state IN ('failed', 'held')"
FINISHED = "state IN ('sent', 'previewed', 'cancelled')"
STILL_CHANGES = "poll_at IS NOT NULL"
WAITS_FOR_A_PERSON = "handled_at IS NULL"
ANSWERS = "in_reply_to IS NOT NULL"
UNREAD = "read_at IS NULL"
SENT = "state = 'sent'"
NEVER_LEFT = "state IN ('previewed', 'failed', 'held')"
UNDOING = "verb = 'undo'"
GIVES_A_TIME = "verb = 'schedule'"
ARRIVED = "status IN ('delivered', 'read')"
NO_MORE = "cancelled_at IS NOT NULL"


def _partial(name: str | None, *columns: str, where: str) -> Index:
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {datetime: UtcDateTime(), int: Id, str: Text()}


class Client(Base):
    """``match_name`` is the folded name; with the phone it says who is the same person.

    In SQLite ``client_search``, made by the first migration, is an index of ``search_text``;
    what is inserted or changed here goes by ``client_index`` too.
    """

    __tablename__ = "client"
    __table_args__ = (
        CheckConstraint("phone IS NOT NULL OR email IS NOT NULL", name="reachable"),
        CheckConstraint("length(name) BETWEEN 1 AND 300", name="name_length"),
        UniqueConstraint("phone", "match_name"),
        Index(None, "match_name"),
        Index(None, "email"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    match_name: Mapped[str]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    language: Mapped[str | None]
    sms_consent: Mapped[int] = mapped_column(server_default=text("1"))
    search_text: Mapped[str]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(server_default=text("1"))


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
        ),
        _partial("ix_appointment_cancelled", "cancelled_at", "cancel_reason", where=NO_MORE),
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
    """History, append-only. ``detail`` is JSON and holds nothing personal."""

    __tablename__ = "appointment_event"
    __table_args__ = (
        UniqueConstraint("appointment_id", "version"),
        _partial("ix_appointment_event_undo", "verb", "appointment_id", "to_status", where=UNDOING),
        _partial("ix_appointment_event_time", "verb", "appointment_id", "at", where=GIVES_A_TIME),
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
        _partial("ix_notification_due", "due_at", "id", where=UNFINISHED),
        _partial("ix_notification_stream", "stream", "id", where=UNFINISHED),
        _partial("ix_notification_texts", "to_address", where=TEXTS),
        _partial("ix_notification_trouble", "appointment_id", where=NEEDS_A_PERSON),
        _partial("ix_notification_finished", "state", "id", where=FINISHED),
        _partial(None, "in_reply_to", "id", where=ANSWERS),
        _partial("ix_notification_sent", "channel", "state", "sent_at", where=SENT),
        _partial("ix_notification_left", "channel", "state", "created_at", where=NEVER_LEFT),
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
        _partial("ix_sms_receipt_poll", "poll_at", where=STILL_CHANGES),
        _partial("ix_sms_receipt_arrived", "status", "accepted_at", where=ARRIVED),
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
        _partial("ix_inbound_sms_waiting", "id", where=WAITS_FOR_A_PERSON),
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


class FeedbackRequest(Base):
    """At most one per appointment and calendar day of the office."""

    __tablename__ = "feedback_request"
    __table_args__ = (
        UniqueConstraint("appointment_id", "office_day"),
        Index(None, "at", "appointment_id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"))
    office_day: Mapped[str]
    at: Mapped[datetime]
    appointment_version: Mapped[int]


class SurveyResponse(Base):
    """The first answer wins: one per appointment. ``read_at`` is when staff first read it."""

    __tablename__ = "survey_response"
    __table_args__ = (
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
        CheckConstraint("recommend IN ('yes', 'no', 'maybe')", name="recommend"),
        CheckConstraint("publish IN (0, 1)", name="publish"),
        UniqueConstraint("appointment_id"),
        Index(None, "at", "rating", "recommend"),
        _partial("ix_survey_response_unread", "rating", "read_at", where=UNREAD),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"))
    rating: Mapped[int]
    good: Mapped[str] = mapped_column(server_default="")
    bad: Mapped[str] = mapped_column(server_default="")
    recommend: Mapped[str | None]
    publish: Mapped[int]
    source: Mapped[str]
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]


class SurveyLink(Base):
    """A link by which one client answers for one visit; of its token only the SHA-256 is here."""

    __tablename__ = "survey_link"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        Index(None, "appointment_id", "id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str]
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"))
    appointment_version: Mapped[int]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class SurveyNote(Base):
    """What came after the first answer, or too late: kept beside it, and never in its place."""

    __tablename__ = "survey_note"
    __table_args__ = (
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
        Index(None, "appointment_id", "id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"))
    at: Mapped[datetime]
    source: Mapped[str]
    rating: Mapped[int | None]
    text: Mapped[str] = mapped_column(server_default="")


class ApiKey(Base):
    """Who may file requests by the API; of the key only the SHA-256 is here."""

    __tablename__ = "api_key"
    __table_args__ = (UniqueConstraint("key_hash"), {"sqlite_strict": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    key_hash: Mapped[str]
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class ApiCall(Base):
    """A request that was filed under an idempotency key, so that it is filed once."""

    __tablename__ = "api_call"
    __table_args__ = (
        UniqueConstraint("api_key_id", "idempotency_key"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    api_key_id: Mapped[int] = mapped_column(ForeignKey("api_key.id"))
    idempotency_key: Mapped[str]
    request_hash: Mapped[str]
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"))
    at: Mapped[datetime]


class OfficeFact(Base):
    """Small facts about the store itself, by name."""

    __tablename__ = "office_fact"
    __table_args__ = ({"sqlite_strict": True},)

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
