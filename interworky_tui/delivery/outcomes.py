"""What becomes of a message after an attempt: rules only, no store and no clock of their own."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from interworky_tui.delivery.channel import FailureKind, SendFailed
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


UNTRIED = Verdict(MessageState.PENDING, counted=False)
STALE = Verdict(MessageState.CANCELLED, Reason.STALE)
NO_ADDRESS = Verdict(MessageState.FAILED, Reason.NO_ADDRESS)
GAVE_UP = Verdict(MessageState.FAILED, Reason.GAVE_UP)
UNCERTAIN = Verdict(MessageState.HELD, Reason.UNCERTAIN)
NOT_CONFIGURED = Verdict(MessageState.PENDING, Reason.NOT_CONFIGURED, counted=False)


def backoff(attempts: int, chance: float) -> timedelta:
    """The wait after the attempt of that number; ``chance`` is random, from 0 to 1."""
    doubled: timedelta = FIRST_WAIT * 2 ** min(attempts - 1, 20)
    return min(doubled, LONGEST_WAIT) * (1 - JITTER + 2 * JITTER * chance)


def after_send(failure: SendFailed, attempts: int, now: datetime, chance: float) -> Verdict:
    if failure.kind is FailureKind.PERMANENT:
        return Verdict(MessageState.FAILED, failure.reason)
    if failure.kind is FailureKind.CONFIGURATION:
        return NOT_CONFIGURED
    # What may have left is looked for once more before it is given up.
    if failure.kind is FailureKind.RETRY and attempts >= MAX_ATTEMPTS:
        return GAVE_UP
    return _wait(failure, attempts, now, chance)


def after_failed_look(failure: SendFailed, attempts: int, now: datetime, chance: float) -> Verdict:
    """When it could not be found out whether an earlier attempt got through."""
    if failure.kind is FailureKind.CONFIGURATION:
        return NOT_CONFIGURED
    if failure.kind is FailureKind.PERMANENT or attempts > MAX_ATTEMPTS:
        return UNCERTAIN
    return _wait(failure, attempts, now, chance)


def _wait(failure: SendFailed, attempts: int, now: datetime, chance: float) -> Verdict:
    wait = max(backoff(attempts, chance), failure.retry_after or timedelta(0))
    return Verdict(MessageState.PENDING, due_at=now + wait)
