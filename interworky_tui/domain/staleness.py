"""Whether the world has overtaken a message between its queueing and its sending."""

from datetime import datetime

from interworky_tui.domain.appointment import Status
from interworky_tui.domain.events import Event

_TELLS_A_TIME = frozenset({Event.SCHEDULED, Event.RESCHEDULED})


def is_stale(
    event: Event,
    visit_starts_at: datetime | None,
    *,
    status: Status | None,
    starts_at: datetime | None,
    ends_at: datetime | None,
    now: datetime,
) -> bool:
    """Whether a message would say what is no longer so.

    ``visit_starts_at`` is the time that the message speaks of; the rest is the appointment as
    it is now, with no ``status`` for a message that is about none. News of what has happened
    (attended, cancelled, an answer) stays true.
    """
    if event is Event.REMINDER:
        begun = starts_at is None or starts_at <= now
        return status is not Status.SCHEDULED or starts_at != visit_starts_at or begun
    if status is None:
        return False
    if event in _TELLS_A_TIME:
        over = ends_at is None or ends_at <= now
        return status is Status.CANCELLED or starts_at != visit_starts_at or over
    if event is Event.REQUESTED:
        return status is Status.CANCELLED
    if event in (Event.FEEDBACK_REQUESTED, Event.CLARIFY):
        return status is not Status.FEEDBACK_PENDING
    return False
