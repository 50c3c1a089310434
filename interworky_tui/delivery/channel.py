"""What a channel is to the outbox: something that sends one message, or says why not."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from interworky_tui.domain.events import Channel, Event, MessageState, Reason, Recipient


@dataclass(frozen=True, slots=True)
class Visit:
    """The visit that a message speaks of, for a calendar. Times are aware.

    ``uid`` is the same in every message about the appointment and unlike any other office's;
    ``sequence`` rises with every change.
    """

    uid: str
    starts_at: datetime
    ends_at: datetime
    sequence: int


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message that is about to leave. ``attempts`` counts this one too.

    ``message_id`` and ``created_at`` are the same on every attempt, for the headers of an email.
    ``copies`` is how many earlier attempts may have left, as far as is known. An answer to
    somebody whom the office does not know belongs to no appointment.
    """

    id: int
    appointment_id: int | None
    event: Event
    recipient: Recipient
    channel: Channel
    to_address: str
    subject: str
    body: str
    html: str
    message_id: str | None
    created_at: datetime
    attempts: int
    copies: int = 0
    visit: Visit | None = None


class FailureKind(StrEnum):
    """What a failure says about the message, and so what the outbox may do next."""

    PERMANENT = "permanent"
    """It will never be taken."""
    CONFIGURATION = "configuration"
    """The channel is set up wrongly; no message is to blame."""
    RETRY = "retry"
    """It has certainly not left; later it may."""
    UNREACHABLE = "unreachable"
    """The far end was not there at all, so that nothing left; no message is to blame."""
    AMBIGUOUS = "ambiguous"
    """It may have left; nobody sends it again before looking."""
    BLIND = "blind"
    """Only from ``reconcile``: nobody can look, but a second copy does no harm; a third would."""


class SendFailed(Exception):
    """``detail`` goes to the log: a status code or the name of an error, nothing personal."""

    def __init__(
        self,
        kind: FailureKind,
        detail: str = "",
        *,
        reason: Reason = Reason.REJECTED,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.detail = detail
        self.reason = reason
        self.retry_after = retry_after


class Sender(Protocol):
    """A channel. Both methods block, run outside any transaction, and raise only SendFailed."""

    @property
    def name(self) -> str: ...

    @property
    def final_state(self) -> MessageState:
        """What a message becomes when ``send`` returns: sent, or previewed."""
        ...

    @property
    def timeout(self) -> float:
        """Seconds that one ``send`` takes at the very most, connecting and all."""
        ...

    def send(self, message: Outgoing) -> str:
        """Send once, and return the far end's name for it."""
        ...

    def reconcile(self, message: Outgoing) -> str | None:
        """Whether an earlier attempt got through: the far end's name for it, or None if not.

        Asked before every attempt but the first. A failure means wait, not send; a permanent
        one means that nobody can tell, and the message is held for a person; a blind one, that
        it is sent once more, the very same, and held then.
        """
        ...
