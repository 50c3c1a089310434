"""The outbox: rows that are due are claimed, checked again, sent, and finished.

Any number of processes may drain at once. What keeps a message from being lost or sent twice:

- A claim is one short write transaction: leases that ran out are given back, and only the
  first unfinished row of each stream is taken, with its attempt counted.
- Sending happens outside any transaction, under a lease that is renewed before each message.
- Just before the send, time is checked twice: on a clock that cannot be set, because a lease
  is worth nothing to a process that was frozen, and on the wall's, because a machine that
  slept has frozen the other.
- A row is finished only by the claim that holds it: owner, attempt and state must match.
- Before every attempt but the first, the sender is asked whether an earlier one got through.
- Before a send it is written down that a copy may have left: a message that nobody can look for
  is sent twice at the most, and then held for a person.
"""

import logging
import os
import random
import secrets
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection, Row

from interworky_tui.delivery import outcomes
from interworky_tui.delivery.channel import FailureKind, Outgoing, Sender, SendFailed
from interworky_tui.delivery.outcomes import Verdict
from interworky_tui.domain.appointment import Status
from interworky_tui.domain.clock import Clock
from interworky_tui.domain.events import Channel, Event, MessageState, Recipient
from interworky_tui.domain.staleness import is_stale
from interworky_tui.storage import outbox as rows
from interworky_tui.storage.database import Database

LEASE = timedelta(seconds=60)
MARGIN = timedelta(seconds=5)
"""Between the end of the slowest send and the end of its lease."""
BATCH = 20
PAUSE = timedelta(minutes=5)
"""How long a channel that is set up wrongly is left alone."""

Reply = TypeVar("Reply")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Drained:
    """How many messages ended how. ``deferred`` wait again; ``lost`` belong to another worker."""

    sent: int = 0
    previewed: int = 0
    cancelled: int = 0
    failed: int = 0
    held: int = 0
    deferred: int = 0
    lost: int = 0

    @property
    def total(self) -> int:
        return sum(getattr(self, name) for name in self.__slots__)


@dataclass(frozen=True, slots=True)
class Claim:
    """A row that this process has leased. ``visit_starts_at`` is the time its text speaks of."""

    message: Outgoing
    visit_starts_at: datetime | None


def never() -> bool:
    return False


class Outbox:
    """One worker's hand on the outbox; safe to use from any thread.

    ``owner`` is a name for the lease; a token is added, so that it is never used twice.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        senders: Mapping[Channel, Sender],
        owner: str = "",
        *,
        monotonic: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        for sender in senders.values():
            if sender.timeout + MARGIN.total_seconds() >= LEASE.total_seconds():
                raise ValueError(f"{sender.name} may take longer than the lease of a message")
        self.owner = f"{owner or os.getpid()}-{secrets.token_hex(6)}"
        self._database = database
        self._clock = clock
        self._senders = dict(senders)
        self._monotonic = monotonic
        self._chance = chance
        self._paused: dict[Channel, datetime] = {}
        self._one_at_a_time = threading.Lock()

    @property
    def paused(self) -> dict[Channel, datetime]:
        """The channels that are set up wrongly, and when each is tried again."""
        now = self._clock()
        return {channel: until for channel, until in self._paused.copy().items() if until > now}

    def drain(self, stop: Callable[[], bool] = never) -> Drained:
        """Deliver until nothing is due, or until ``stop``, which is asked before each message.

        Raises StoreProblem; what was claimed then comes back when its lease has run out.
        """
        counts: Counter[str] = Counter()
        with self._one_at_a_time:
            while not stop():
                batch = self._claim()
                if not batch:
                    break
                self._work_off(batch, counts, stop)
        return Drained(**counts)

    def next_due(self) -> datetime | None:
        """When there is something to do next: a row falls due, a lease or a pause runs out."""
        paused = self.paused
        with self._database.read() as connection:
            moments = rows.next_moments(connection, self._open(paused))
        return min([*moments, *paused.values()], default=None)

    def _open(self, paused: Mapping[Channel, datetime]) -> list[str]:
        return [channel.value for channel in self._senders if channel not in paused]

    def _claim(self) -> list[Claim]:
        channels, now = self._open(self.paused), self._clock()
        with self._database.write() as connection:
            leased = rows.claim(
                connection, channels, owner=self.owner, now=now, until=now + LEASE, limit=BATCH
            )
        return [_to_claim(row) for row in leased]

    def _work_off(
        self, batch: Sequence[Claim], counts: Counter[str], stop: Callable[[], bool]
    ) -> None:
        done = 0
        try:
            for claim in batch:
                if stop() or claim.message.channel in self.paused:
                    break
                done += 1
                counts[self._deliver(claim, batch[done:])] += 1
        finally:
            self._put_back(batch[done:])

    def _put_back(self, untouched: Sequence[Claim]) -> None:
        if untouched:
            with self._database.write() as connection:
                for claim in untouched:
                    self._settle(connection, claim, outcomes.untried(claim.message))

    def _deliver(self, claim: Claim, rest: Sequence[Claim]) -> str:
        """One message, and what became of it: the name of a field of ``Drained``."""
        message = claim.message
        sender = self._senders[message.channel]
        # Read before the renewal, so that the lease lasts longer than is thought here.
        tick, now = self._monotonic(), self._clock()
        against = self._renew(claim, rest, now)
        if against is not None:
            return against
        looked = self._look(claim, sender) if message.attempts > 1 else claim
        if isinstance(looked, str):
            return looked
        claim, message = looked, looked.message
        if message.attempts > outcomes.MAX_ATTEMPTS:
            return self._finish(claim, outcomes.GAVE_UP)
        spare = (LEASE - MARGIN).total_seconds() - sender.timeout
        if self._monotonic() - tick > spare or (self._clock() - now).total_seconds() > spare:
            log.warning("message %d: its lease is nearly over, it is not sent now", message.id)
            return self._finish(claim, outcomes.untried(message))
        try:
            reference = _ask(sender.send, message)
        except SendFailed as failure:
            return self._failed(claim, failure, outcomes.after_send)
        return self._finish(claim, Verdict(sender.final_state), reference)

    def _look(self, claim: Claim, sender: Sender) -> Claim | str:
        """The claim with what is known of earlier attempts now, or what became of the message."""
        try:
            earlier = _ask(sender.reconcile, claim.message)
        except SendFailed as failure:
            if outcomes.may_repeat(failure, claim.message):
                return claim
            return self._failed(claim, failure, outcomes.after_failed_look)
        if earlier is not None:
            return self._finish(claim, Verdict(sender.final_state), earlier)
        return replace(claim, message=replace(claim.message, copies=0))

    def _renew(self, claim: Claim, rest: Sequence[Claim], now: datetime) -> str | None:
        """Renew what is left of the batch; say what stands against this message, if anything."""
        message = claim.message
        ids = [message.id, *(other.message.id for other in rest)]
        with self._database.write() as connection:
            mine = rows.renew(connection, ids, owner=self.owner, until=now + LEASE)
            if (message.id, message.attempts) not in mine:
                log.warning("message %d: its lease was over before its turn came", message.id)
                return "lost"
            if not message.to_address:
                return self._settle(connection, claim, outcomes.NO_ADDRESS)
            if _overtaken(claim, rows.appointment_now(connection, message.appointment_id), now):
                return self._settle(connection, claim, outcomes.STALE)
            trace = outcomes.mark(message.copies + 1)
            rows.trace(connection, message.id, trace and trace.value, owner=self.owner)
        return None

    def _failed(
        self,
        claim: Claim,
        failure: SendFailed,
        rule: Callable[[SendFailed, Outgoing, datetime, float], Verdict],
    ) -> str:
        message, now = claim.message, self._clock()
        log.warning("message %d by %s: %s", message.id, message.channel, failure)
        if failure.kind is FailureKind.CONFIGURATION:
            self._paused[message.channel] = now + (failure.retry_after or PAUSE)
        return self._finish(claim, rule(failure, message, now, self._chance()))

    def _finish(self, claim: Claim, verdict: Verdict, reference: str | None = None) -> str:
        with self._database.write() as connection:
            return self._settle(connection, claim, verdict, reference)

    def _settle(
        self, connection: Connection, claim: Claim, verdict: Verdict, reference: str | None = None
    ) -> str:
        message = claim.message
        values: dict[str, Any] = {
            "state": verdict.state.value,
            "reason": verdict.reason and verdict.reason.value,
        }
        if verdict.due_at is not None:
            values["due_at"] = verdict.due_at
        if not verdict.counted:
            values["attempts"] = message.attempts - 1
        if reference is not None:
            values["provider_ref"] = reference
        if verdict.state is MessageState.SENT:
            values["sent_at"] = self._clock()
        settled = rows.settle(
            connection, message.id, values, owner=self.owner, attempts=message.attempts
        )
        if not settled:
            log.warning("message %d: another worker has taken it over", message.id)
            return "lost"
        return "deferred" if verdict.state is MessageState.PENDING else verdict.state.value


def _ask(method: Callable[[Outgoing], Reply], message: Outgoing) -> Reply:
    """A fault in a sender must not stop the others' messages; what it did is not known."""
    try:
        return method(message)
    except SendFailed:
        raise
    except Exception as error:
        # Without its text, which may hold what the message holds.
        log.error("a fault in a sender:\n%s", "".join(traceback.format_tb(error.__traceback__)))
        raise SendFailed(FailureKind.AMBIGUOUS, type(error).__name__) from error


def _overtaken(claim: Claim, appointment: Row[Any], now: datetime) -> bool:
    return is_stale(
        claim.message.event,
        claim.visit_starts_at,
        status=Status(appointment.status),
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        now=now,
    )


def _to_claim(row: Row[Any]) -> Claim:
    return Claim(
        Outgoing(
            id=row.id,
            appointment_id=row.appointment_id,
            event=Event(row.event),
            recipient=Recipient(row.recipient),
            channel=Channel(row.channel),
            to_address=row.to_address or "",
            subject=row.subject,
            body=row.body,
            html=row.html,
            message_id=row.message_id,
            created_at=row.created_at,
            attempts=row.attempts,
            copies=outcomes.copies(row.reason),
        ),
        row.visit_starts_at,
    )
