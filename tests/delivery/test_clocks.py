"""Clocks that are put back, and machines that sleep: nothing waits for ever or leaves twice."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from interworky_tui.delivery.channel import FailureKind, SendFailed
from interworky_tui.delivery.lapses import LONGEST_UNDO, LOOK_EVERY, SLACK
from interworky_tui.delivery.outbox import LEASE, PUT_RIGHT_EVERY, Drained, Outbox
from interworky_tui.delivery.outcomes import MAX_ATTEMPTS, backoff
from interworky_tui.domain.events import Channel
from interworky_tui.storage.database import Database
from interworky_tui.storage.tables import NOTIFICATION, SMS_RECEIPT
from tests.conftest import FixedClock, on_both
from tests.delivery.conftest import Post, ScriptedSender, Steady

pytest_generate_tests = on_both

UNDO = 10


class Killed(BaseException):
    """The worker dies on the spot."""


def pass_time(clock: FixedClock, steady: Steady, seconds: float) -> None:
    clock.forward(seconds=seconds)
    steady.seconds += seconds


@pytest.mark.parametrize("back", [timedelta(minutes=2), timedelta(hours=1), timedelta(days=400)])
def test_after_the_clock_was_put_back_a_message_waits_as_long_as_before(
    outbox: Outbox, post: Post, sms: ScriptedSender, clock: FixedClock, back: timedelta
) -> None:
    message = post.message(due_in=UNDO)
    clock.now -= back
    assert outbox.drain().total == 0
    # The time to undo is kept, and kept only once.
    assert outbox.next_due() == clock.now + timedelta(seconds=UNDO)
    clock.forward(seconds=UNDO - 1)
    assert outbox.drain().total == 0
    assert outbox.next_due() == clock.now + timedelta(seconds=1)
    clock.forward(seconds=1)
    assert outbox.drain() == Drained(sent=1)
    assert sms.sent == [message]


def test_the_order_of_a_stream_outlasts_the_clock(
    outbox: Outbox, post: Post, sms: ScriptedSender, clock: FixedClock
) -> None:
    before = post.message(stream="ada", due_in=UNDO)
    clock.forward(hours=-1)
    after = post.message(stream="ada", due_in=UNDO)
    outbox.drain()
    clock.forward(seconds=UNDO)
    assert outbox.drain() == Drained(sent=2)
    assert sms.sent == [before, after]


def test_clocks_of_two_desks_may_differ_a_little(
    outbox: Outbox, post: Post, clock: FixedClock
) -> None:
    clock.now += SLACK
    message = post.message(due_in=UNDO)
    due_at = post.row(message).due_at
    clock.now -= SLACK
    outbox.drain()
    assert post.row(message).due_at == due_at


def test_what_a_desk_left_whose_clock_was_ahead_is_seen_in_time(
    outbox: Outbox, post: Post, clock: FixedClock, steady: Steady
) -> None:
    outbox.drain()
    ahead = clock.now + timedelta(hours=1)
    post.message(created_at=ahead, due_at=ahead)
    assert outbox.drain().total == 0
    pass_time(clock, steady, LOOK_EVERY)
    assert outbox.drain() == Drained(sent=1)


def test_a_wait_after_a_failure_is_no_longer_than_it_was(
    outbox: Outbox, post: Post, sms: ScriptedSender, clock: FixedClock
) -> None:
    message = post.message()
    sms.sends.append(SendFailed(FailureKind.RETRY))
    outbox.drain()
    clock.forward(hours=-1)
    outbox.drain()
    assert post.row(message).due_at == clock.now + backoff(1, 1)
    clock.now += backoff(1, 1)
    assert outbox.drain() == Drained(sent=1)


def test_failures_after_the_clock_was_put_back_are_not_hurried(
    outbox: Outbox, post: Post, sms: ScriptedSender, clock: FixedClock
) -> None:
    message = post.message()
    clock.forward(minutes=-2)
    sms.sends.extend([SendFailed(FailureKind.RETRY)] * MAX_ATTEMPTS)
    began = clock.now
    for attempt in range(1, MAX_ATTEMPTS):
        assert outbox.drain() == Drained(deferred=1)
        assert outbox.drain().total == 0
        due_at = post.row(message).due_at
        assert due_at >= clock.now + backoff(attempt, 0.5)
        clock.now = due_at
    assert clock.now - began >= timedelta(minutes=60)


def test_what_waits_for_the_morning_waits_for_the_morning(
    outbox: Outbox, post: Post, clock: FixedClock
) -> None:
    night = post.message(due_in=600, reason="quiet_hours")
    ahead = post.message(due_in=20 * 3600)
    rows = [post.row(message).due_at for message in (night, ahead)]
    clock.forward(hours=-1)
    assert outbox.drain().total == 0
    assert [post.row(message).due_at for message in (night, ahead)] == rows


def dies_while_sending(outbox: Outbox, sms: ScriptedSender) -> None:
    sms.sends.append(Killed())
    with pytest.raises(Killed):
        outbox.drain()


def test_the_lease_of_a_dead_worker_runs_out_although_the_clock_was_put_back(
    outbox: Outbox,
    database: Database,
    post: Post,
    sms: ScriptedSender,
    clock: FixedClock,
    steady: Steady,
) -> None:
    message = post.message()
    dies_while_sending(outbox, sms)
    clock.forward(hours=-1)
    other = Outbox(database, clock, {Channel.SMS: sms}, monotonic=steady)
    # Its worker may be alive and sending: only after a lease's length, seen from here, it is not.
    for _ in range(6):
        assert other.drain().total == 0
        assert other.next_due() == clock.now + LEASE
        pass_time(clock, steady, PUT_RIGHT_EVERY)
    sms.looks.append("ref-found")
    assert other.drain() == Drained(sent=1)
    assert (sms.sent, post.state(message)) == ([message], "sent 2")


def test_a_worker_that_is_alive_keeps_its_lease_although_the_clock_was_put_back(
    outbox: Outbox,
    other_desk: Outbox,
    post: Post,
    sms: ScriptedSender,
    clock: FixedClock,
    steady: Steady,
) -> None:
    def put_back_and_look_in() -> None:
        clock.forward(hours=-1)
        other_desk._monotonic = steady
        for _ in range(3):
            assert other_desk.drain().total == 0
            pass_time(clock, steady, 6)

    def slowly() -> None:
        assert other_desk.drain().total == 0
        pass_time(clock, steady, 18)

    ids = [post.message() for _ in range(8)]
    sms.sends.extend([put_back_and_look_in, *[slowly] * 7])
    assert outbox.drain() == Drained(sent=8)
    assert sms.sent == ids


def test_a_clock_that_was_put_back_between_two_attempts(
    outbox: Outbox, post: Post, sms: ScriptedSender, clock: FixedClock
) -> None:
    message = post.message()
    sms.sends.append(SendFailed(FailureKind.AMBIGUOUS))
    outbox.drain()
    clock.forward(hours=-1)
    outbox.drain()
    clock.now = outbox.next_due() or clock.now
    sms.looks.append("ref-found")
    assert outbox.drain() == Drained(sent=1)
    assert (sms.sent, sms.looked) == ([message], [message])


EIGHT_HOURS = 8 * 3600.0


def test_a_machine_that_slept_eight_hours(
    outbox: Outbox,
    other_desk: Outbox,
    post: Post,
    sms: ScriptedSender,
    clock: FixedClock,
) -> None:
    """It falls asleep just before its second message; another desk was up all the time."""
    starts = clock.now + timedelta(hours=1)
    visit = post.visit(starts_at=starts)
    first = post.message(visit, stream="ada")
    told = post.message(visit, stream="bob", event="scheduled", visit_starts_at=starts)
    last = post.message(visit, stream="bob")

    def sleep() -> None:
        clock.forward(seconds=EIGHT_HOURS)
        sms.looks.append("ref-of-the-first")
        assert other_desk.drain() == Drained(sent=2, cancelled=1)

    sms.sends.append(sleep)
    assert outbox.drain() == Drained(lost=2)
    assert (sms.sent, sms.looked) == ([first, last], [first])
    assert [post.state(m) for m in (first, told, last)] == ["sent 2", "cancelled/stale 2", "sent 1"]


def test_a_machine_that_slept_alone_goes_on_where_it_was(
    outbox: Outbox, post: Post, sms: ScriptedSender, clock: FixedClock
) -> None:
    starts = clock.now + timedelta(hours=1)
    visit = post.visit(starts_at=starts)
    told = post.message(visit, stream="ada", event="scheduled", visit_starts_at=starts, attempts=1)
    rest = [post.message(visit, stream="ada"), post.message(visit, stream="bob")]
    # Between the look and the send: the wall's clock says that the lease is over.
    sms.looks.append(lambda: clock.forward(seconds=EIGHT_HOURS))
    outbox.drain()
    assert post.state(told) == "cancelled/stale 2"
    assert sms.sent == [rest[1], rest[0]]
    assert outbox.next_due() is None


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(jumps=st.lists(st.integers(-7200, 7200), max_size=6), undo=st.integers(0, 600))
def test_wherever_the_clock_is_set_a_message_leaves_once_and_soon(
    database: Database, post: Post, jumps: list[int], undo: int
) -> None:
    with database.write() as connection:
        connection.execute(delete(SMS_RECEIPT))
        connection.execute(delete(NOTIFICATION))
    clock, steady, sms = FixedClock(), Steady(), ScriptedSender()
    post.clock = clock
    outbox = Outbox(database, clock, {Channel.SMS: sms}, monotonic=steady)
    message = post.message(due_in=undo)
    for jump in jumps:
        clock.forward(seconds=jump)
        outbox.drain()
    for _ in range(5):
        pass_time(clock, steady, (LONGEST_UNDO + SLACK).total_seconds() / 5)
        outbox.drain()
    assert sms.sent == [message]
