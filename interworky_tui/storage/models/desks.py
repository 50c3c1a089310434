"""Who is at the desks just now."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from interworky_tui.storage.models.base import Base


class DeskSession(Base):
    """A program that has the office open; one that is not ``seen_at`` for a while is gone.

    ``appointment_id`` is what the person there is on. It refers to nothing by a rule, so that
    saying so locks no appointment. ``channels`` is how those of a worker are, as JSON.
    """

    __tablename__ = "desk_session"
    __table_args__ = (
        CheckConstraint("kind IN ('desk', 'worker', 'serve')", name="kind"),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    actor: Mapped[str]
    machine: Mapped[str]
    begun_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    appointment_id: Mapped[int | None]
    channels: Mapped[str | None]
