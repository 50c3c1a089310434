"""A channel whose far end is away: left alone, tried with one message, and then in order."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interworky_tui.delivery.channel import FailureKind, Outgoing, SendFailed
from interworky_tui.delivery.health import (
    FIRST_PAUSE,
    IN_A_ROW,
    LONGEST_PAUSE,
    PAUSE,
    ChannelState,
    Circuit,
    Health,
    from_text,
    to_text,
)
from interworky_tui.delivery.outbox import Drained, Outbox
from interworky_tui.domain.events import Channel, MessageState, Reason
from interworky_tui.storage.database import Database
from tests.conftest import FixedClock
from tests.delivery.conftest import Post, ScriptedSender

AWAY = SendFailed(FailureKind.UNREACHABLE, "ConnectionRefusedError")
AGAIN = SendFailed(FailureKind.RETRY, "421")
UNCLEAR = SendFailed(FailureKind.AMBIGUOUS, "HTTP 503")
MISSET = SendFailed(FailureKind.CONFIGURATION, "no password")
NEVER = SendFailed(FailureKind.PERMANENT, "550")
LIVE_SMS = ChannelState(Channel.SMS, Health.LIVE)


def sms_state(outbox: Outbox) -> ChannelState:
    return outbox.states[1]


@dataclass
class Line:
    """A far end that is there or not, and remembers what reached it."""

    there: bool = True
    name: str = "line"
    final_state: MessageState = MessageState.SENT
    timeout: float = 20.0
    tries: int = 0
    arrived: list[int] = field(default_factory=list)

    def send(self, message: Outgoing) -> str:
        self.tries += 1
        if not self.there:
            raise AWAY
        self.arrived.append(message.id)
        return str(message.id)

    def reconcile(self, message: Outgoing) -> str | None:
        raise AssertionError("nothing has left, so there is nothing to look for")


def test_an_hour_without_internet_costs_no_attempt_and_keeps_the_order(
    database: Database, post: Post, clock: FixedClock
) -> None:
    far = Line(there=False)
    outbox = Outbox(database, clock, {Channel.SMS: far})
    began, starts = clock.now, clock.now + timedelta(minutes=20)
    soon, gone = post.visit(starts_at=starts), post.visit("cancelled")
    overtaken = [
        post.message(soon, event="scheduled", visit_starts_at=starts, stream="a"),
        post.message(gone, event="requested", stream="b"),
    ]
    due, cancelled, visit = [], 0, post.visit()
    while clock.now < began + timedelta(hours=1):
        due.append(post.message(visit, stream=f"client:{len(due) % 7}"))
        drained = outbox.drain()
        assert drained.sent == 0
        cancelled += drained.cancelled
        clock.forward(seconds=20)
    assert outbox.states[0].health is Health.DOWN
    assert 55 <= far.tries <= 65
    assert {post.state(message) for message in due} == {"pending 0"}

    far.there = True
    clock.now = max(clock.now, outbox.next_due() or clock.now)
    drained = outbox.drain()
    assert (drained.sent, cancelled + drained.cancelled) == (len(due), 2)
    assert far.arrived == due
    assert {post.state(message) for message in due} == {"sent 1"}
    assert [post.state(message) for message in overtaken] == ["cancelled/stale 1"] * 2
    assert outbox.states == (LIVE_SMS,)
    assert outbox.next_due() is None


def test_while_it_is_away_one_message_is_tried_at_growing_intervals(
    outbox: Outbox, post: Post, sms: ScriptedSender, clock: FixedClock
) -> None:
    first, *_ = [post.message() for _ in range(5)]
    began, waits = clock.now, []
    sms.sends.extend([AWAY] * 6)
    for _ in range(6):
        outbox.drain()
        state = sms_state(outbox)
        assert (state.health, state.since) == (Health.DOWN, began)
        assert state.advice
        again_at = outbox.next_due()
        assert again_at == state.again_at is not None
        waits.append((again_at - clock.now).total_seconds())
        clock.now = again_at - timedelta(microseconds=1)
        assert outbox.drain().total == 0
        clock.now = again_at
    assert waits == [5, 10, 20, 40, 60, 60]
    assert sms.sent == [first] * 6
    assert outbox.drain() == Drained(sent=5)
    assert sms_state(outbox) == LIVE_SMS
    assert sms.looked == []


def test_the_one_that_is_tried_is_taken_alone(
    outbox: Outbox, other_desk: Outbox, post: Post, sms: ScriptedSender, clock: FixedClock
) -> None:
    first, second = post.message(), post.message()
    sms.sends.append(AWAY)
    outbox.drain()
    clock.now += FIRST_PAUSE
    # A desk to which the far end is there need not wait for it.
    elsewhere: list[Drained] = []
    sms.sends.append(lambda: elsewhere.append(other_desk.drain()))
    assert outbox.drain() == Drained(sent=1)
    assert elsewhere == [Drained(sent=1)]
    assert sms.sent == [first, first, second]


def test_the_other_channel_of_the_same_batch_goes_on(
    outbox: Outbox, post: Post, sms: ScriptedSender, mail: ScriptedSender
) -> None:
    texts, emails = [post.message()], [post.email()]
    texts.append(post.message())
    emails.append(post.email())
    sms.sends.append(AWAY)
    assert outbox.drain() == Drained(deferred=1, sent=2)
    assert (sms.sent, mail.sent) == (texts[:1], emails)
    assert [post.state(message) for message in texts] == ["pending 0", "pending 0"]


@pytest.mark.parametrize("failure", [AGAIN, UNCLEAR])
def test_several_failures_in_a_row_are_the_channel_s(
    outbox: Outbox, post: Post, sms: ScriptedSender, clock: FixedClock, failure: SendFailed
) -> None:
    messages = [post.message() for _ in range(6)]
    sms.sends.extend([failure] * 4)
    assert outbox.drain() == Drained(deferred=IN_A_ROW)
    assert sms_state(outbox).health is Health.DOWN
    assert sms.sent == messages[:IN_A_ROW]
    clock.now += FIRST_PAUSE
    # One only, and it fails: the next pause is longer.
    assert outbox.drain() == Drained(deferred=1)
    assert sms_state(outbox).again_at == clock.now + 2 * FIRST_PAUSE
    clock.now += 2 * FIRST_PAUSE
    assert outbox.drain() == Drained(sent=2)
    assert sms_state(outbox).health is Health.LIVE


def test_failures_between_successes_are_those_of_messages(
    outbox: Outbox, post: Post, sms: ScriptedSender
) -> None:
    for _ in range(9):
        post.message()
    sms.sends.extend([AGAIN, UNCLEAR, None] * 3)
    assert outbox.drain() == Drained(deferred=6, sent=3)
    assert sms_state(outbox).health is Health.LIVE


def test_a_refusal_of_a_message_says_nothing_of_the_channel(
    outbox: Outbox, post: Post, sms: ScriptedSender
) -> None:
    for _ in range(5):
        post.message()
    sms.sends.extend([NEVER] * 5)
    assert outbox.drain() == Drained(failed=5)
    assert sms_state(outbox) == LIVE_SMS


def test_a_far_end_that_asks_for_a_pause_gets_it_from_all(
    outbox: Outbox, post: Post, sms: ScriptedSender, clock: FixedClock
) -> None:
    busy, other = post.message(), post.message()
    wait = timedelta(seconds=90)
    sms.sends.append(SendFailed(FailureKind.RETRY, "HTTP 429", retry_after=wait))
    assert outbox.drain() == Drained(deferred=1)
    assert (post.state(busy), post.state(other)) == ("pending 1", "pending 0")
    assert sms_state(outbox).health is Health.DOWN
    assert outbox.next_due() == clock.now + wait
    clock.now += wait
    assert outbox.drain() == Drained(sent=2)


def test_a_person_who_put_it_right_need_not_wait(
    outbox: Outbox, post: Post, sms: ScriptedSender, clock: FixedClock
) -> None:
    messages = [post.message() for _ in range(3)]
    sms.sends.extend([MISSET, MISSET])
    outbox.drain()
    assert sms_state(outbox).again_at == clock.now + PAUSE
    assert outbox.drain().total == 0
    outbox.try_again()
    assert sms_state(outbox).health is Health.PAUSED
    # It was not right yet.
    assert outbox.drain() == Drained(deferred=1)
    outbox.try_again()
    assert outbox.drain() == Drained(sent=3)
    assert sms.sent == [*messages[:1] * 2, *messages]


def test_the_states_are_those_of_both_channels(
    database: Database, clock: FixedClock, sms: ScriptedSender, mail: ScriptedSender, post: Post
) -> None:
    mail.final_state = MessageState.PREVIEWED
    outbox = Outbox(database, clock, {Channel.SMS: sms, Channel.EMAIL: mail})
    assert outbox.states == (ChannelState(Channel.EMAIL, Health.PREVIEW), LIVE_SMS)
    post.email()
    mail.sends.append(AWAY)
    outbox.drain()
    assert outbox.states[0].health is Health.DOWN
    clock.now += FIRST_PAUSE
    outbox.drain()
    assert outbox.states[0].health is Health.PREVIEW


def test_a_pause_ends_when_the_clock_is_put_back_behind_it(
    outbox: Outbox, post: Post, sms: ScriptedSender, clock: FixedClock
) -> None:
    message = post.message(due_in=-7200)
    sms.sends.append(MISSET)
    outbox.drain()
    clock.forward(hours=-1)
    assert outbox.drain() == Drained(sent=1)
    assert post.state(message) == "sent 1"


def test_a_number_that_opted_out_is_no_trouble_of_the_channel(
    outbox: Outbox, post: Post, sms: ScriptedSender
) -> None:
    post.message()
    sms.sends.append(SendFailed(FailureKind.PERMANENT, "21610", reason=Reason.OPTED_OUT))
    outbox.drain()
    assert sms_state(outbox) == LIVE_SMS


FAILURES = st.sampled_from([AWAY, AGAIN, UNCLEAR, MISSET, NEVER])
START = datetime.fromisoformat("2026-03-16T08:10:00+00:00")


@given(st.lists(st.one_of(st.none(), FAILURES, st.integers(0, 400)), max_size=40))
def test_it_is_never_shut_for_longer_than_its_pause(script: list[SendFailed | int | None]) -> None:
    """Whatever comes: a failure, a success, or seconds that pass."""
    circuit, now = Circuit(Channel.SMS), START
    for step in script:
        if isinstance(step, int):
            now += timedelta(seconds=step)
        elif step is None:
            circuit.worked()
            assert circuit.state == LIVE_SMS
        else:
            circuit.failed(step, now, "advice")
        until = circuit.shut_until(now)
        assert until is None or now < until <= now + max(PAUSE, LONGEST_PAUSE)
        if until is not None:
            assert not circuit.state.health.working
            assert circuit.shut_until(until) is None
            assert circuit.shut_until(START - timedelta(seconds=1)) is None
        assert circuit.state.health.working == (circuit.state.since is None)


MOMENTS = st.none() | st.datetimes(timezones=st.just(UTC))


@given(
    st.lists(
        st.builds(
            ChannelState,
            st.sampled_from(Channel),
            st.sampled_from(Health),
            MOMENTS,
            MOMENTS,
            st.sampled_from(["", "Ask the provider."]),
        )
    )
)
def test_what_a_worker_says_of_its_channels_is_understood(states: list[ChannelState]) -> None:
    assert from_text(to_text(states)) == tuple(states)


@pytest.mark.parametrize(
    "words", ["", "?", "{}", "[1]", '[{"channel": "sms"}]', '[{"channel": "fax"}]', "null"]
)
def test_what_another_version_says_of_its_channels_is_not_known(words: str) -> None:
    assert from_text(words) == ()
