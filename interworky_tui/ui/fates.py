"""What became of a message, in words."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from interworky_tui.domain.events import MessageState, Reason
from interworky_tui.storage.card import MessageLine
from interworky_tui.ui.channel_content import clock_time

NEEDS_A_PERSON = frozenset((MessageState.FAILED.value, MessageState.HELD.value))
DELIVERED = ("delivered", "read")
"""The provider's last words that say that the text is on the phone."""
_SOON = timedelta(minutes=2)


def fate(line: MessageLine, zone: ZoneInfo, now: datetime) -> str:
    """``leaves in 8 s``, ``delivered``, ``FAILED (the phone is off or out of reach)``."""
    state = MessageState(line.state)
    if state is MessageState.PENDING:
        return _wait(line, zone, now)
    if state is MessageState.SENDING:
        return "being sent"
    if state is MessageState.SENT:
        return str(line.receipt) if line.receipt in DELIVERED else "sent"
    if state is MessageState.PREVIEWED:
        return "kept as a file"
    if state is MessageState.CANCELLED:
        return f"not sent ({_reason(line)})"
    return f"{state.value.upper()} ({_reason(line)})"


def _wait(line: MessageLine, zone: ZoneInfo, now: datetime) -> str:
    left = line.due_at - now
    if left <= timedelta(0):
        return "waits"
    if line.reason == Reason.QUIET_HOURS.value:
        return f"waits until {clock_time(line.due_at, zone, now)} (quiet hours)"
    if left > _SOON:
        return f"waits until {clock_time(line.due_at, zone, now)}"
    seconds = max(1, round(left.total_seconds()))
    return f"tries again in {seconds} s" if line.attempts else f"leaves in {seconds} s"


def _reason(line: MessageLine) -> str:
    return Reason(line.reason).label if line.reason else "no reason given"
