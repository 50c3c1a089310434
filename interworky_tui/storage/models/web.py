"""The keys of the API, and the calls that are answered once."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from interworky_tui.storage.models.base import Base


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
