"""How much waits for a person in the whole office, each kind counted along an index of its own."""

from datetime import datetime
from typing import Any

from interworky_tui.domain.appointment import LONGEST_WAIT
from interworky_tui.storage.moments import from_text, to_text

CAP = 1000
"""Counts stop here: CAP stands for CAP and more."""

_TROUBLE = (
    "(SELECT count(*) FROM (SELECT 1 FROM notification INDEXED BY ix_notification_trouble"
    f" WHERE state IN ('failed', 'held') LIMIT {CAP}) AS t)"
)
_WAITING = (
    "(SELECT count(*) FROM (SELECT 1 FROM inbound_sms INDEXED BY ix_inbound_sms_waiting"
    f" WHERE handled_at IS NULL LIMIT {CAP}) AS t)"
)
_UNREAD = (
    "(SELECT count(*) FROM (SELECT 1 FROM survey_response INDEXED BY ix_survey_response_unread"
    f" WHERE read_at IS NULL AND rating <= {{low:d}} LIMIT {CAP}) AS t)"
)
_IN_THE_WAITING_ROOM = (
    "FROM appointment INDEXED BY ix_appointment_here WHERE status = 'scheduled'"
    " AND arrived_at IS NOT NULL AND arrived_at > :wait_from"
)
_HERE = f"(SELECT count(*) FROM (SELECT 1 {_IN_THE_WAITING_ROOM} LIMIT {CAP}) AS t)"
_HERE_SINCE = f"(SELECT arrived_at {_IN_THE_WAITING_ROOM} ORDER BY arrived_at LIMIT 1)"


def beside_sql(low_rating: int) -> str:
    """The columns that ``beside_counts`` is given, for the values of ``beside_moments``."""
    unread = _UNREAD.format(low=low_rating)
    return f"{_TROUBLE}, {_WAITING}, {unread}, {_HERE}, {_HERE_SINCE}"


def beside_moments(now: datetime) -> dict[str, str]:
    return {"now": to_text(now), "wait_from": to_text(now - LONGEST_WAIT)}


def beside_counts(
    trouble: int, waiting: int, unread_low: int, here: int, since: str | None
) -> dict[str, Any]:
    """The fields of Counts that no search narrows."""
    return {
        "trouble": trouble,
        "waiting": waiting,
        "unread_low": unread_low,
        "here": here,
        "here_since": from_text(since) if since else None,
    }
