"""What becomes of a message that a sender would not, could not, or may have sent."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from interworky_tui.delivery.channel import FailureKind, Outgoing, SendFailed
from interworky_tui.delivery.health import PAUSE, Health
from interworky_tui.delivery.outbox import LEASE, Drained, Outbox
from interworky_tui.delivery.outcomes import FIRST_WAIT, LONGEST_WAIT, MAX_ATTEMPTS, backoff
from interworky_tui.domain.events import Channel, MessageState, Reason
from interworky_tui.storage.database import Database
from interworky_tui.storage.models import Base
from interworky_tui.storage.tables import NOTIFICATION
from tests.conftest import FixedClock, on_both
from tests.delivery.conftest import Post, ScriptedSender

pytest_generate_tests = on_both

AGAIN = SendFailed(FailureKind.RETRY)
UNCLEAR = SendFailed(FailureKind.AMBIGUOUS)
NEVER = SendFailed(FailureKind.PERMANENT)
MISSET = SendFailed(FailureKind.CONFIGURATION)


def test_waits_double_up_to_an_hour() -> None:
    waits = [backoff(attempt, 0.5) for attempt in range(1, 12)]
    assert waits[0] == FIRST_WAIT
    assert all(b == min(2 * a, LONGEST_WAIT) for a, b in pairwise(waits))
    assert waits[-1] == LONGEST_WAIT


@given(st.integers(1, 200), st.floats(0, 1))
def test_jitter_moves_a_wait_by_a_quarter_at_most(attempt: int, chance: float) -> None:
    plain = backoff(attempt, 0.5)
    assert plain * 0.75 <= backoff(attempt, chance) <= plain * 1.25
    assert backoff(attempt, 0) < backoff(attempt, 1)


def test_after_eight_attempts_it_is_dead(
    outbox: Outbox, post: Post, sms: ScriptedSender, clock: FixedClock
) -> None:
    message = post.message()
    sms.sends.extend([AGAIN] * 20)
    for attempt in range(1, MAX_ATTEMPTS):
        assert outbox.drain() == Drained(deferred=1)
        assert post.state(message) == f"pending {attempt}"
        assert post.row(message).due_at == clock.now + backoff(attempt, 0.5)
        clock.now = post.row(message).due_at
    assert outbox.drain() == Drained(failed=1)
    assert post.state(message) == "failed/gave_up 8"
    assert (len(sms.sent), len(sms.looked)) == (8, 7)
    clock.forward(days=1)
    assert outbox.drain().total == 0


def test_the_far_end_may_ask_for_a_longer_wait(
    outbox: Outbox, post: Post, sms: ScriptedSender, clock: FixedClock
) -> None:
    longer, shorter = post.message(), post.message()
    for message, seconds in ((longer, 300), (shorter, 3)):
        wait = timedelta(seconds=seconds)
        sms.sends.append(SendFailed(FailureKind.RETRY, retry_after=wait))
        outbox.drain()
        assert post.row(message).due_at == clock.now + max(wait, FIRST_WAIT)
        clock.now += wait


def test_a_refusal_may_have_a_reason_of_its_own(
    outbox: Outbox, post: Post, sms: ScriptedSender
) -> None:
    message = post.message()
    sms.sends.append(SendFailed(FailureKind.PERMANENT, "21610", reason=Reason.NO_ADDRESS))
    assert outbox.drain() == Drained(failed=1)
    assert post.state(message) == "failed/no_address 1"


def test_a_channel_that_is_set_up_wrongly_pauses_alone(
    outbox: Outbox, post: Post, sms: ScriptedSender, mail: ScriptedSender, clock: FixedClock
) -> None:
    texts, email = [post.message(), post.message()], post.email()
    sms.sends.append(MISSET)
    assert outbox.drain() == Drained(deferred=1, sent=1)
    assert [post.state(text) for text in texts] == ["pending/not_configured 0", "pending 0"]
    assert post.state(email) == "sent 1"
    assert [(s.channel, s.health, s.again_at) for s in outbox.states] == [
        (Channel.EMAIL, Health.LIVE, None),
        (Channel.SMS, Health.PAUSED, clock.now + PAUSE),
    ]
    assert outbox.drain().total == 0
    assert sms.sent == texts[:1]


def test_after_the_pause_the_channel_is_tried_again(
    outbox: Outbox, post: Post, sms: ScriptedSender, clock: FixedClock
) -> None:
    message = post.message()
    # However long it takes to set the channel right, no attempt is used up by it.
    for _ in range(2 * MAX_ATTEMPTS):
        sms.sends.append(MISSET)
        assert outbox.drain() == Drained(deferred=1)
        clock.now += PAUSE
    assert outbox.drain() == Drained(sent=1)
    assert {state.health for state in outbox.states} == {Health.LIVE}
    assert post.state(message) == "sent 1"


def test_what_may_have_left_is_looked_for_and_found(
    outbox: Outbox, post: Post, sms: ScriptedSender, clock: FixedClock
) -> None:
    message = post.message()
    sms.sends.append(UNCLEAR)
    sms.looks.append("ref-found")
    assert outbox.drain() == Drained(deferred=1)
    clock.forward(minutes=1)
    assert outbox.drain() == Drained(sent=1)
    assert sms.sent == [message]
    assert (post.state(message), post.row(message).provider_ref) == ("sent 2", "ref-found")


def test_what_is_not_found_is_sent_again(
    outbox: Outbox, post: Post, sms: ScriptedSender, clock: FixedClock
) -> None:
    message = post.message()
    sms.sends.append(UNCLEAR)
    outbox.drain()
    clock.forward(minutes=1)
    assert outbox.drain() == Drained(sent=1)
    assert sms.sent == [message, message]


@pytest.mark.parametrize(("failure", "end"), [(AGAIN, "pending 2"), (NEVER, "failed/rejected 2")])
def test_what_was_looked_for_in_vain_has_surely_not_arrived(
    outbox: Outbox,
    post: Post,
    sms: ScriptedSender,
    clock: FixedClock,
    failure: SendFailed,
    end: str,
) -> None:
    message = post.message()
    sms.sends.extend([UNCLEAR, failure])
    outbox.drain()
    assert post.state(message) == "pending/unconfirmed 1"
    clock.forward(minutes=1)
    outbox.drain()
    assert post.state(message) == end


@pytest.mark.parametrize("failure", [AGAIN, UNCLEAR, KeyError("a fault")])
def test_a_look_that_fails_means_wait(
    outbox: Outbox, post: Post, sms: ScriptedSender, clock: FixedClock, failure: Exception
) -> None:
    message = post.message()
    sms.sends.append(UNCLEAR)
    sms.looks.append(failure)
    outbox.drain()
    clock.forward(minutes=1)
    assert outbox.drain() == Drained(deferred=1)
    assert sms.sent == [message]
    assert post.row(message).due_at == clock.now + backoff(2, 0.5)


def test_a_look_on_a_channel_that_is_set_up_wrongly_pauses_it(
    outbox: Outbox, post: Post, sms: ScriptedSender, clock: FixedClock
) -> None:
    message = post.message(attempts=1)
    sms.looks.append(MISSET)
    outbox.drain()
    assert post.state(message) == "pending/not_configured 1"
    clock.now += PAUSE
    assert outbox.drain() == Drained(sent=1)
    assert sms.looked == [message, message]


@pytest.mark.parametrize(
    ("look", "end"),
    [("ref-found", "sent 9"), (None, "failed/gave_up 9"), (UNCLEAR, "held/uncertain 9")],
)
def test_the_last_attempt_is_looked_for_but_not_repeated(
    outbox: Outbox,
    post: Post,
    sms: ScriptedSender,
    clock: FixedClock,
    look: str | Exception | None,
    end: str,
) -> None:
    message = post.message(attempts=MAX_ATTEMPTS - 1)
    sms.sends.append(UNCLEAR)
    sms.looks.extend([None, look])
    assert outbox.drain() == Drained(deferred=1)
    clock.forward(hours=2)
    outbox.drain()
    assert sms.sent == [message]
    assert post.state(message) == end


def test_when_nobody_can_tell_it_is_held_for_a_person(
    outbox: Outbox, post: Post, sms: ScriptedSender
) -> None:
    message = post.message(attempts=1)
    sms.looks.append(NEVER)
    assert outbox.drain() == Drained(held=1)
    assert post.state(message) == "held/uncertain 2"
    assert sms.sent == []


class Killed(BaseException):
    """The worker dies on the spot."""


@dataclass
class World:
    """A far end that answers by the script, and remembers what reached it."""

    script: list[str]
    name: str = "world"
    final_state: MessageState = MessageState.SENT
    timeout: float = 20.0
    arrived: list[int] = field(default_factory=list)

    def send(self, message: Outgoing) -> str:
        what = self.script.pop() if self.script else "take"
        if what in ("take", "take, silently", "take, then die"):
            self.arrived.append(message.id)
        if what.endswith("die"):
            raise Killed
        kinds = {"silence": UNCLEAR, "take, silently": UNCLEAR, "refuse": NEVER}
        if what in ("busy", "no listing"):
            raise AGAIN
        if what in kinds:
            raise kinds[what]
        return str(message.id)

    def reconcile(self, message: Outgoing) -> str | None:
        if self.script and self.script[-1] == "no listing":
            self.script.pop()
            raise AGAIN
        return str(message.id) if message.id in self.arrived else None


ANSWERS = (
    "take",
    "take, silently",
    "take, then die",
    "die",
    "silence",
    "busy",
    "refuse",
    "no listing",
)


@settings(max_examples=30, deadline=None)
@given(
    streams=st.lists(st.sampled_from("abc"), min_size=1, max_size=8),
    script=st.lists(st.sampled_from(ANSWERS), max_size=25),
)
def test_whatever_happens_each_message_arrives_once_and_in_order(
    streams: list[str], script: list[str]
) -> None:
    clock = FixedClock()
    clock.now = datetime(2026, 3, 16, tzinfo=UTC)
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'office.db'}")
        Base.metadata.create_all(database.engine)
        world, post = World(script), Post(database, clock)
        visit = post.visit()
        ids = [post.message(visit, stream=stream) for stream in streams]
        _drain_to_the_end(database, clock, world)
        with database.read() as connection:
            ends = dict(connection.execute(select(NOTIFICATION.c.id, NOTIFICATION.c.state)).all())
        database.close()
    for message in ids:
        times = world.arrived.count(message)
        assert times == {"sent": 1, "failed": 0}.get(ends[message], min(times, 1))
        assert ends[message] in ("sent", "failed", "held")
    for stream in set(streams):
        mine = [message for message, own in zip(ids, streams, strict=True) if own == stream]
        assert [m for m in world.arrived if m in mine] == [m for m in mine if m in world.arrived]


def _drain_to_the_end(database: Database, clock: FixedClock, world: World) -> None:
    """A new worker after each death; time passes until nothing is left to do."""
    worker = Outbox(database, clock, {Channel.SMS: world}, chance=lambda: 0.5)
    while worker.next_due() is not None:
        try:
            worker.drain()
        except Killed:
            worker = Outbox(database, clock, {Channel.SMS: world}, chance=lambda: 0.5)
            clock.now += LEASE
        clock.now = max(clock.now, worker.next_due() or clock.now)
