"""What becomes of a message after an attempt: rules only, no store and no clock of their own."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from interworky_tui.delivery.channel import FailureKind, Outgoing, SendFailed
from interworky_tui.domain.events import MessageState, Reason

MAX_ATTEMPTS = 8
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)
JITTER = 0.25
"""A wait is longer or shorter by up to this share, so that desks do not knock together."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the row becomes. ``due_at`` is for one that waits; None leaves it as it is.

    ``counted`` is False when nothing was tried, so that the attempt is taken back.
    """

    state: MessageState
    reason: Reason | None = None
    due_at: datetime | None = None
    counted: bool = True


STALE = Verdict(MessageState.CANCELLED, Reason.STALE)
NO_ADDRESS = Verdict(MessageState.FAILED, Reason.NO_ADDRESS)
GAVE_UP = Verdict(MessageState.FAILED, Reason.GAVE_UP)
UNCERTAIN = Verdict(MessageState.HELD, Reason.UNCERTAIN)

_MARKS = (None, Reason.UNCONFIRMED, Reason.UNCERTAIN)


def backoff(attempts: int, chance: float) -> timedelta:
    """The wait after the attempt of that number; ``chance`` is random, from 0 to 1."""
    doubled: timedelta = FIRST_WAIT * 2 ** min(attempts - 1, 20)
    return min(doubled, LONGEST_WAIT) * (1 - JITTER + 2 * JITTER * chance)


def mark(copies: int) -> Reason | None:
    """How a row that is not finished keeps the number of copies that may have left.

    It is written before a send begins, so that the death of the worker cannot lose it.
    """
    return _MARKS[min(copies, len(_MARKS) - 1)]


def copies(reason: str | None) -> int:
    """The number that the row's ``mark`` stands for."""
    return _MARKS.index(Reason(reason)) if reason in _MARKS[1:] else 0


def untried(message: Outgoing) -> Verdict:
    return Verdict(MessageState.PENDING, mark(message.copies), counted=False)


def may_repeat(failure: SendFailed, message: Outgoing) -> bool:
    """Whether it is sent although nobody could look: once, and never after the last attempt."""
    blind = failure.kind is FailureKind.BLIND
    return blind and message.copies < 2 and message.attempts <= MAX_ATTEMPTS


def after_send(failure: SendFailed, message: Outgoing, now: datetime, chance: float) -> Verdict:
    if failure.kind is FailureKind.CONFIGURATION:
        return _not_configured(message)
    if failure.kind is FailureKind.RETRY and message.attempts < MAX_ATTEMPTS:
        return _wait(failure, message, now, chance)
    if message.copies:
        # However this attempt ended, an earlier one may have arrived.
        return UNCERTAIN
    if failure.kind is FailureKind.RETRY:
        return GAVE_UP
    if failure.kind is FailureKind.PERMANENT:
        return Verdict(MessageState.FAILED, failure.reason)
    # Even after the last attempt it is looked for once more.
    return _wait(failure, replace(message, copies=1), now, chance)


def after_failed_look(
    failure: SendFailed, message: Outgoing, now: datetime, chance: float
) -> Verdict:
    """When it could not be found out whether an earlier attempt got through."""
    if failure.kind is FailureKind.CONFIGURATION:
        return _not_configured(message)
    never = failure.kind in (FailureKind.PERMANENT, FailureKind.BLIND)
    if never or message.attempts > MAX_ATTEMPTS:
        return UNCERTAIN
    return _wait(failure, message, now, chance)


def _not_configured(message: Outgoing) -> Verdict:
    reason = mark(message.copies) or Reason.NOT_CONFIGURED
    return Verdict(MessageState.PENDING, reason, counted=False)


def _wait(failure: SendFailed, message: Outgoing, now: datetime, chance: float) -> Verdict:
    wait = max(backoff(message.attempts, chance), failure.retry_after or timedelta(0))
    return Verdict(MessageState.PENDING, mark(message.copies), due_at=now + wait)
