"""What becomes of a message after an attempt: rules only, no store and no clock of their own."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from interworky_tui.delivery.channel import FailureKind, Outgoing, SendFailed
from interworky_tui.domain.events import MessageState, Reason
from interworky_tui.services.addressing import QUIET

MAX_ATTEMPTS = 8
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)
JITTER = 0.25
"""A wait is longer or shorter by up to this share, so that desks do not knock together."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the row becomes. None leaves ``due_at``, ``copies`` and ``stream`` as they are.

    ``counted`` is False when nothing was tried, so that the attempt is taken back. ``copies``
    is how many may have left by now.
    """

    state: MessageState
    reason: Reason | None = None
    due_at: datetime | None = None
    counted: bool = True
    copies: int | None = None
    stream: str | None = None


Rule = Callable[[SendFailed, Outgoing, datetime, float], Verdict]
"""What becomes of a message after that failure at that moment; the float is random, 0 to 1."""

STALE = Verdict(MessageState.CANCELLED, Reason.STALE)
OPTED_OUT = Verdict(MessageState.CANCELLED, Reason.OPTED_OUT)
NO_ADDRESS = Verdict(MessageState.FAILED, Reason.NO_ADDRESS)
GAVE_UP = Verdict(MessageState.FAILED, Reason.GAVE_UP, copies=0)
UNCERTAIN = Verdict(MessageState.HELD, Reason.UNCERTAIN)

_NOT_ITS_FAULT = frozenset({FailureKind.CONFIGURATION, FailureKind.UNREACHABLE})


def backoff(attempts: int, chance: float) -> timedelta:
    """The wait after the attempt of that number; ``chance`` is random, from 0 to 1."""
    doubled: timedelta = FIRST_WAIT * 2 ** min(attempts - 1, 20)
    return min(doubled, LONGEST_WAIT) * (1 - JITTER + 2 * JITTER * chance)


def untried(message: Outgoing) -> Verdict:
    """It waits as it did before it was taken."""
    return _waiting(message, counted=False)


def at_night(message: Outgoing, stream: str, until: datetime) -> Verdict:
    """It waits for the end of the quiet hours, in a stream beside that of what leaves at once."""
    beside = stream if stream.endswith(QUIET) else stream + QUIET
    waits = replace(untried(message), due_at=until, stream=beside)
    return waits if message.copies else replace(waits, reason=Reason.QUIET_HOURS)


def may_repeat(failure: SendFailed, message: Outgoing) -> bool:
    """Whether it is sent although nobody could look: once, and never after the last attempt."""
    blind = failure.kind is FailureKind.BLIND
    return blind and message.copies < 2 and message.attempts <= MAX_ATTEMPTS


def after_send(failure: SendFailed, message: Outgoing, now: datetime, chance: float) -> Verdict:
    if failure.kind in _NOT_ITS_FAULT:
        return _not_its_fault(failure, message)
    if failure.kind is FailureKind.RETRY and message.attempts < MAX_ATTEMPTS:
        return _wait(failure, message, now, chance)
    if message.copies:
        # However this attempt ended, an earlier one may have arrived.
        return UNCERTAIN
    if failure.kind is FailureKind.RETRY:
        return GAVE_UP
    if failure.kind is FailureKind.PERMANENT:
        return Verdict(MessageState.FAILED, failure.reason, copies=0)
    # Even after the last attempt it is looked for once more.
    return _wait(failure, replace(message, copies=1), now, chance)


def after_failed_look(
    failure: SendFailed, message: Outgoing, now: datetime, chance: float
) -> Verdict:
    """When it could not be found out whether an earlier attempt got through."""
    if failure.kind in _NOT_ITS_FAULT:
        return _not_its_fault(failure, message)
    never = failure.kind in (FailureKind.PERMANENT, FailureKind.BLIND)
    if never or message.attempts > MAX_ATTEMPTS:
        return UNCERTAIN
    return _wait(failure, message, now, chance)


def _not_its_fault(failure: SendFailed, message: Outgoing) -> Verdict:
    waits = untried(message)
    if failure.kind is FailureKind.CONFIGURATION and not message.copies:
        return replace(waits, reason=Reason.NOT_CONFIGURED)
    return waits


def _wait(failure: SendFailed, message: Outgoing, now: datetime, chance: float) -> Verdict:
    wait = max(backoff(message.attempts, chance), failure.retry_after or timedelta(0))
    return replace(_waiting(message), due_at=now + wait)


def _waiting(message: Outgoing, *, counted: bool = True) -> Verdict:
    reason = Reason.UNCONFIRMED if message.copies else None
    return Verdict(MessageState.PENDING, reason, counted=counted, copies=message.copies)
