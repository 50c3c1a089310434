"""Feedback: asked for, answered, and the links by which it is given."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from interworky_tui.storage.models.base import Base, partial

UNREAD = "read_at IS NULL"


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
        partial("ix_survey_response_unread", "rating", "read_at", where=UNREAD),
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
