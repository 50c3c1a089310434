"""No channel sends faster than it may, and what waits for that leaves as soon as it may."""

import threading
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interworky_tui.delivery.outbox import Drained, Outbox
from interworky_tui.delivery.pace import BURST, Pace
from interworky_tui.domain.events import Channel, MessageState
from interworky_tui.storage.database import Database
from interworky_tui.worker import drain_all
from tests.conftest import FixedClock
from tests.delivery.conftest import Post, ScriptedSender, Steady


@pytest.fixture
def paced(
    database: Database,
    clock: FixedClock,
    sms: ScriptedSender,
    mail: ScriptedSender,
    steady: Steady,
) -> Outbox:
    senders = {Channel.SMS: sms, Channel.EMAIL: mail}
    limits = {Channel.SMS: 60, Channel.EMAIL: 600}
    return Outbox(database, clock, senders, per_minute=limits, monotonic=steady)


def pass_time(clock: FixedClock, steady: Steady, seconds: float) -> None:
    clock.forward(seconds=seconds)
    steady.seconds += seconds


def test_a_burst_leaves_at_once_and_the_rest_one_a_second(
    paced: Outbox, post: Post, sms: ScriptedSender, clock: FixedClock, steady: Steady
) -> None:
    messages = [post.message() for _ in range(14)]
    assert paced.drain() == Drained(sent=BURST)
    for sent in range(BURST, 14):
        assert paced.breath() == pytest.approx(1)
        assert paced.drain().total == 0
        moment = paced.next_due()
        assert moment is not None
        assert moment - clock.now == timedelta(seconds=1)
        pass_time(clock, steady, 1)
        assert paced.drain() == Drained(sent=1)
        assert sms.sent == messages[: sent + 1]
    assert paced.next_due() is None
    assert paced.breath() == 0


def test_a_single_round_waits_for_what_may_not_leave_yet(
    paced: Outbox, post: Post, sms: ScriptedSender, clock: FixedClock, steady: Steady
) -> None:
    messages = [post.message() for _ in range(13)]

    class Ended(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            pass_time(clock, steady, timeout or 0)
            return self.is_set()

    assert drain_all(paced, Ended()) == Drained(sent=13)
    assert sms.sent == messages


def test_one_channel_s_pace_holds_up_no_other(
    paced: Outbox, post: Post, mail: ScriptedSender
) -> None:
    visit = post.visit()
    with post.at_once():
        for _ in range(30):
            post.message(visit)
        emails = [post.email(visit) for _ in range(40)]
    assert paced.drain() == Drained(sent=BURST + 40)
    assert mail.sent == emails


def test_what_is_not_taken_on_is_not_counted(paced: Outbox, post: Post) -> None:
    messages = [post.message() for _ in range(BURST + 2)]
    paced.drain()
    assert [post.state(message) for message in messages[BURST:]] == ["pending 0", "pending 0"]


def test_what_does_not_leave_costs_nothing(paced: Outbox, post: Post) -> None:
    cancelled = post.visit("cancelled")
    for _ in range(BURST):
        post.message(cancelled, event="requested")
    for _ in range(BURST):
        post.message()
    assert paced.drain() == Drained(cancelled=BURST, sent=BURST)


def test_files_have_no_limit(database: Database, clock: FixedClock, post: Post) -> None:
    sender = ScriptedSender(final_state=MessageState.PREVIEWED)
    outbox = Outbox(database, clock, {Channel.SMS: sender}, per_minute={Channel.SMS: 1})
    for _ in range(25):
        post.message()
    assert outbox.drain() == Drained(previewed=25)


def test_nothing_waits_for_breath_that_is_not_due(
    paced: Outbox, post: Post, steady: Steady
) -> None:
    for _ in range(BURST):
        post.message()
    post.message(due_in=30)
    paced.drain()
    assert paced.breath() == 0


@given(
    per_minute=st.integers(1, 2000),
    waits=st.lists(st.floats(0, 30), max_size=60),
)
def test_in_any_time_it_is_a_burst_and_the_rate_at_most(
    per_minute: int, waits: list[float]
) -> None:
    steady = Steady()
    pace = Pace(per_minute, steady)
    began, taken = steady(), 0
    for wait in waits:
        steady.seconds += wait
        for _ in range(pace.tokens()):
            pace.take()
            taken += 1
        assert pace.tokens() == 0
        assert 0 < pace.wait() <= 60 / per_minute + 1e-6
        burst = min(per_minute, max(BURST, per_minute // 6))
        assert taken <= burst + (steady() - began) * per_minute / 60 + 1e-3
    steady.seconds += pace.wait()
    assert pace.tokens() >= 1
