"""The outbox: rows that are due are claimed, checked again, sent, and finished.

Any number of processes may drain at once. What keeps a message from being lost or sent twice:

- A claim is one short write transaction beside the others' (``Database`` says how): leases that
  ran out are given back, and only the first unfinished row of each stream is taken, with its
  attempt counted.
- Sending happens outside any transaction, under a lease that is renewed before each message.
- Leases begin and end by a clock that all workers share (``storage.shared_clock``), so that
  nobody takes over what another one holds because his own clock is wrong.
- Just before the send, time is checked twice: on a clock that cannot be set, because a lease
  is worth nothing to a process that was frozen, and on the wall's, because a machine that
  slept has frozen the other.
- A row is finished only by the claim that holds it: owner, attempt and state must match.
- Before every attempt but the first, the sender is asked whether an earlier one got through.
- Before a send it is written down that a copy may have left: a message that nobody can look for
  is sent twice at the most, and then held for a person.
- A far end that is not there costs no message an attempt: its channel is left alone for a while,
  and then tried with one message, in the old order.
"""

import logging
import os
import random
import secrets
import time
import traceback
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection

from interworky_tui.delivery import outcomes
from interworky_tui.delivery.channel import FailureKind, Outgoing, Sender, SendFailed
from interworky_tui.delivery.claims import Claim, Hold, checked, never_held, to_claim
from interworky_tui.delivery.health import ChannelState
from interworky_tui.delivery.lapses import Lapses
from interworky_tui.delivery.line import Line
from interworky_tui.delivery.outcomes import Rule, Verdict
from interworky_tui.domain.clock import Clock
from interworky_tui.domain.events import Channel, MessageState, Reason
from interworky_tui.services.opt_outs import Source, opt_out
from interworky_tui.storage import outbox as rows
from interworky_tui.storage.database import Database
from interworky_tui.storage.shared_clock import SharedClock

LEASE = timedelta(seconds=60)
MARGIN = timedelta(seconds=5)
"""Between the end of the slowest send and the end of its lease."""
BATCH = 20
PUT_RIGHT_EVERY = 10.0
"""Seconds, within a drain; each begins with it."""
FIRST_POLL = timedelta(seconds=10)
"""After a text was taken; until then there is hardly more to hear of it."""

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

    def __add__(self, other: "Drained") -> "Drained":
        return Drained(*(getattr(self, n) + getattr(other, n) for n in self.__slots__))


def never() -> bool:
    return False


class Outbox:
    """One worker's hand on the outbox; safe to use from any thread.

    ``owner`` is a name for the lease; a token is added, so that it is never used twice. What is
    written is timed by the ``shared`` clock, which is ``clock`` unless told; ``clock`` times what
    only this process knows. ``hold`` knows the quiet hours. ``per_minute`` is how many messages
    of a channel this process sends in a minute; a channel that is not in it has no limit.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        senders: Mapping[Channel, Sender],
        owner: str = "",
        *,
        shared: SharedClock | None = None,
        hold: Hold = never_held,
        per_minute: Mapping[Channel, int] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        for sender in senders.values():
            if sender.timeout + MARGIN.total_seconds() >= LEASE.total_seconds():
                raise ValueError(f"{sender.name} may take longer than the lease of a message")
        limits = per_minute or {}
        self.owner = f"{owner or os.getpid()}-{secrets.token_hex(6)}"
        self._database = database
        self._clock = clock
        self._shared: SharedClock = shared or (lambda _connection: clock())
        self._monotonic = monotonic
        self._chance = chance
        self._hold = hold
        self._lapses = Lapses(LEASE)
        self._lines = {
            channel: Line(channel, senders[channel], limits.get(channel), monotonic)
            for channel in Channel
            if channel in senders
        }

    @property
    def states(self) -> tuple[ChannelState, ...]:
        """How the channels are, in the order of ``Channel``."""
        return tuple(line.circuit.state for line in self._lines.values())

    def try_again(self) -> None:
        """A person has put something right: what was left alone may be tried at once."""
        for line in self._lines.values():
            line.circuit.try_again()

    def drain(self, stop: Callable[[], bool] = never, channel: Channel | None = None) -> Drained:
        """Deliver until nothing is due, or until ``stop``, which is asked before each message.

        Of all channels, or of one: then a far end that is slow to answer holds up no other's.
        Raises StoreProblem; what was claimed then comes back when its lease has run out.
        """
        counts: Counter[str] = Counter()
        with self._working_on(channel) as channels:
            put_right_at = self._monotonic()
            while not stop():
                overdue = self._monotonic() >= put_right_at
                if overdue:
                    put_right_at = self._monotonic() + PUT_RIGHT_EVERY
                batch = self._claim(channels, put_right=overdue)
                if not batch:
                    break
                self._work_off(batch, counts, stop)
        return Drained(**counts)

    def next_due(self, channel: Channel | None = None) -> datetime | None:
        """When there is something to do next, of all channels or of one: a row falls due whose
        channel may be used then, or a lease runs out; by this process's clock.
        """
        moments = []
        with self._database.read() as connection:
            # In this order, so that nothing is looked for a moment before it is due.
            shared, now = self._shared(connection), self._clock()
            ahead = shared - now
            for one, line in self._lines.items():
                due = rows.next_head(connection, one.value) if channel in (None, one) else None
                if due is not None:
                    due -= ahead
                    moments.append(max(due, line.opens(now) or due))
            lapse = rows.next_lapse(connection)
        if lapse is not None:
            # One that lies further ahead is a matter of a clock that was put back.
            moments.append(min(lapse - ahead, now + LEASE))
        return min(moments, default=None)

    def breath(self) -> float:
        """Seconds until something that is due may leave by a channel that has sent as much as it
        may at a time; 0 when nothing waits for that.
        """
        now, waits = self._clock(), []
        with self._database.read() as connection:
            shared = self._shared(connection)
            for channel, line in self._lines.items():
                if line.breath() and not line.circuit.shut_until(now):
                    due = rows.next_head(connection, channel.value)
                    waits += [line.breath()] if due is not None and due <= shared else []
        return min(waits, default=0.0)

    @contextmanager
    def _working_on(self, channel: Channel | None) -> Iterator[list[Line]]:
        with ExitStack() as stack:
            lines = [line for one, line in self._lines.items() if channel in (None, one)]
            for line in lines:
                stack.enter_context(line.working)
            yield lines

    def _claim(self, lines: Sequence[Line], *, put_right: bool = False) -> list[Claim]:
        opened = self._clock()
        room = {line.channel.value: line.room(opened, BATCH) for line in lines}
        room = {channel: free for channel, free in room.items() if free}
        if not room:
            return []
        with self._database.write(alone=False) as connection:
            now = self._shared(connection)
            if put_right:
                self._lapses.put_right(connection, now, self._monotonic())
            leased = rows.claim(
                connection, room, owner=self.owner, now=now, until=now + LEASE, limit=BATCH
            )
        return [to_claim(row) for row in leased]

    def _work_off(
        self, batch: Sequence[Claim], counts: Counter[str], stop: Callable[[], bool]
    ) -> None:
        waiting, shut = deque(batch), []
        try:
            while waiting and not stop():
                claim = waiting.popleft()
                if self._lines[claim.message.channel].circuit.shut_until(self._clock()):
                    shut.append(claim)
                else:
                    counts[self._deliver(claim, [*waiting, *shut])] += 1
        finally:
            self._put_back([*shut, *waiting])

    def _put_back(self, untouched: Sequence[Claim]) -> None:
        if untouched:
            with self._database.write(alone=False) as connection:
                for claim in untouched:
                    self._settle(connection, claim, outcomes.untried(claim.message))

    def _deliver(self, claim: Claim, rest: Collection[Claim]) -> str:
        """One message, and what became of it: the name of a field of ``Drained``."""
        line = self._lines[claim.message.channel]
        # Read before the renewal, so that the lease lasts longer than is thought here.
        tick, now = self._monotonic(), self._clock()
        renewed = self._renew(claim, rest)
        if isinstance(renewed, str):
            return renewed
        if isinstance(renewed, Verdict):
            return self._withheld(claim, renewed, line)
        tried = renewed.message.attempts > 1 or renewed.message.copies
        looked = self._look(renewed, line) if tried else renewed
        if isinstance(looked, str):
            return looked
        claim, message = looked, looked.message
        if message.attempts > outcomes.MAX_ATTEMPTS:
            return self._finish(claim, outcomes.GAVE_UP)
        spare = (LEASE - MARGIN).total_seconds() - line.sender.timeout
        if self._monotonic() - tick > spare or (self._clock() - now).total_seconds() > spare:
            log.warning("message %d: its lease is nearly over, it is not sent now", message.id)
            return self._finish(claim, outcomes.untried(message))
        line.take()
        try:
            reference = _ask(line.sender.send, message)
        except SendFailed as failure:
            return self._failed(claim, failure, outcomes.after_send)
        return self._taken(claim, reference, outcomes.after_send)

    def _look(self, claim: Claim, line: Line) -> Claim | str:
        """The claim with what is known of earlier attempts now, or what became of the message."""
        try:
            earlier = _ask(line.sender.reconcile, claim.message)
        except SendFailed as failure:
            if outcomes.may_repeat(failure, claim.message):
                return claim
            return self._failed(claim, failure, outcomes.after_failed_look)
        if earlier is not None:
            return self._taken(claim, earlier, outcomes.after_failed_look)
        return replace(claim, message=replace(claim.message, copies=0))

    def _withheld(self, claim: Claim, verdict: Verdict, line: Line) -> str:
        """It may not leave any more, and is looked for, as it may have left before."""
        looked = self._look(claim, line)
        if isinstance(looked, str):
            return looked
        return self._finish(claim, replace(verdict, copies=looked.message.copies))

    def _renew(self, claim: Claim, rest: Collection[Claim]) -> Claim | Verdict | str:
        """Renew what is left of the batch, and look at the message once more before it leaves.

        A verdict is what is to become of it once it has been looked for.
        """
        message = claim.message
        ids = [message.id, *(other.message.id for other in rest)]
        with self._database.write(alone=False) as connection:
            now = self._shared(connection)
            mine = rows.renew(connection, ids, owner=self.owner, until=now + LEASE)
            if (message.id, message.attempts) not in mine:
                log.warning("message %d: its lease was over before its turn came", message.id)
                return "lost"
            answer = checked(connection, claim, now, self._hold)
            if isinstance(answer, Verdict):
                if message.copies and answer.state is MessageState.CANCELLED:
                    return answer
                return self._settle(connection, claim, answer)
            rows.mark(connection, message.id, message.copies + 1, owner=self.owner)
        return answer

    def _failed(self, claim: Claim, failure: SendFailed, rule: Rule) -> str:
        message = claim.message
        log.warning("message %d by %s: %s", message.id, message.channel, failure)
        self._lines[message.channel].failed(failure, self._clock())
        opted_out = failure.reason is Reason.OPTED_OUT
        # Who opts out has more messages cancelled than this one, so that nobody may be beside.
        with self._database.write(alone=opted_out) as connection:
            now = self._shared(connection)
            verdict = rule(failure, message, now, self._chance())
            if opted_out:
                opt_out(connection, message.to_address, Source.PROVIDER, now)
            return self._settle(connection, claim, verdict)

    def _taken(self, claim: Claim, reference: str, rule: Rule) -> str:
        """The far end has it, under the name that the reference is."""
        message, line, now = claim.message, self._lines[claim.message.channel], self._clock()
        line.circuit.worked()
        state = line.sender.final_state
        followed = message.channel is Channel.SMS and state is MessageState.SENT
        with self._database.write(alone=False) as connection:
            poll_at = now + FIRST_POLL
            if followed and not rows.add_receipt(
                connection, reference, message.id, now=now, poll_at=poll_at
            ):
                # Another worker, looking for a text that says the same, has taken it for its own.
                failure = SendFailed(FailureKind.AMBIGUOUS, "the text of another message")
                shared = self._shared(connection)
                verdict = rule(failure, message, shared, self._chance())
                return self._settle(connection, claim, verdict)
            end = self._settle(connection, claim, Verdict(state), reference)
            if followed and end != state:
                rows.drop_receipt(connection, reference)
        return end

    def _finish(self, claim: Claim, verdict: Verdict) -> str:
        with self._database.write(alone=False) as connection:
            return self._settle(connection, claim, verdict)

    def _settle(
        self, connection: Connection, claim: Claim, verdict: Verdict, reference: str | None = None
    ) -> str:
        message = claim.message
        told = {
            "due_at": verdict.due_at,
            "copies": verdict.copies,
            "stream": verdict.stream,
            "attempts": None if verdict.counted else message.attempts - 1,
            "provider_ref": reference,
            "sent_at": self._shared(connection) if verdict.state is MessageState.SENT else None,
        }
        values: dict[str, Any] = {
            "state": verdict.state.value,
            "reason": verdict.reason and verdict.reason.value,
            **{name: value for name, value in told.items() if value is not None},
        }
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
