"""The scheduler: at once when woken, on time when not yet due, and gone when told to stop."""

import asyncio
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial

import pytest

from interworky_tui.delivery.health import ChannelState
from interworky_tui.delivery.outbox import Drained, Outbox
from interworky_tui.domain.errors import StoreProblem
from interworky_tui.domain.events import Channel
from interworky_tui.jobs import DRAIN_EVERY, DUE_EVERY, WATCH_EVERY, Jobs
from interworky_tui.storage.database import Database
from interworky_tui.worker import drain_all, run_worker, until_stopped
from tests.conftest import FixedClock
from tests.delivery.conftest import Post, ScriptedSender, Steady

PATIENCE = WATCH_EVERY - 0.5
"""Seconds; less than any interval, so that what came in time did not come by the interval."""
assert min(DRAIN_EVERY, DUE_EVERY) > PATIENCE


class Told:
    """Counts what the jobs say, and lets a test wait for it."""

    def __init__(self) -> None:
        self.drained: list[Drained] = []
        self.due = 0
        self.channels: list[tuple[ChannelState, ...]] = []
        self._news = asyncio.Event()

    def on_drained(self, drained: Drained) -> None:
        self.drained.append(drained)
        self._news.set()

    def on_due(self) -> None:
        self.due += 1
        self._news.set()

    def on_channels(self, states: tuple[ChannelState, ...]) -> None:
        self.channels.append(states)
        self._news.set()

    def has_drained(self, times: int) -> bool:
        return len(self.drained) == times

    async def until(self, done: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not done():
                self._news.clear()
                await self._news.wait()


@pytest.fixture
def told() -> Told:
    return Told()


@asynccontextmanager
async def running(jobs: Jobs) -> AsyncIterator[Jobs]:
    jobs.start()
    try:
        yield jobs
    finally:
        assert await jobs.stop()


def flowing(clock: FixedClock) -> Callable[[], datetime]:
    """A clock that goes on from the fixed one as time passes."""
    began = time.monotonic()
    return lambda: clock.now + timedelta(seconds=time.monotonic() - began)


async def test_what_is_due_at_the_start_leaves_at_once(
    outbox: Outbox, post: Post, clock: FixedClock, told: Told
) -> None:
    post.message()
    async with running(Jobs(outbox, clock, on_drained=told.on_drained)):
        await told.until(lambda: told.drained == [Drained(sent=1)])


async def test_a_wake_from_any_thread_is_dispatched_at_once(
    outbox: Outbox, post: Post, clock: FixedClock, told: Told
) -> None:
    async with running(Jobs(outbox, clock, on_drained=told.on_drained)) as jobs:
        post.message()
        threading.Thread(target=jobs.wake).start()
        await told.until(lambda: told.drained == [Drained(sent=1)])


async def test_a_message_leaves_when_its_time_to_undo_is_over(
    database: Database, post: Post, clock: FixedClock, told: Told, sms: ScriptedSender
) -> None:
    flow = flowing(clock)
    outbox = Outbox(database, flow, {Channel.SMS: sms})
    async with running(Jobs(outbox, flow, on_drained=told.on_drained)) as jobs:
        post.clock = flow
        message = post.message(due_in=0.4)
        jobs.wake()
        await told.until(lambda: told.drained == [Drained(sent=1)])
        row = post.row(message)
        assert row.due_at <= row.sent_at


class Gated(Outbox):
    """Stands still at the very end of the first run of texts, with nothing more found to do."""

    stands: threading.Event
    go: threading.Event
    runs = 0
    fault: Exception | None = None

    def next_due(self, channel: Channel | None = None) -> datetime | None:
        moment = super().next_due(channel)
        if channel is not Channel.SMS:
            return moment
        self.runs += 1
        if self.runs == 1:
            self.stands.set()
            assert self.go.wait(PATIENCE)
            if self.fault:
                raise self.fault
        return moment


@pytest.fixture
def gated(database: Database, clock: FixedClock, sms: ScriptedSender) -> Gated:
    outbox = Gated(database, clock, {Channel.SMS: sms})
    outbox.stands, outbox.go = threading.Event(), threading.Event()
    return outbox


@pytest.mark.parametrize(
    "fault", [None, StoreProblem("The disk is full."), ValueError("+4930111222")]
)
async def test_a_wake_during_a_run_is_not_lost_even_if_the_run_fails(
    gated: Gated,
    post: Post,
    clock: FixedClock,
    told: Told,
    caplog: pytest.LogCaptureFixture,
    fault: Exception | None,
) -> None:
    gated.fault = fault
    async with running(Jobs(gated, clock, on_drained=told.on_drained)) as jobs:
        assert await asyncio.to_thread(gated.stands.wait, PATIENCE)
        post.message()
        jobs.wake()
        # The wake is on the loop's list before the run's end can be.
        await asyncio.to_thread(gated.go.set)
        await told.until(lambda: told.drained == [Drained(sent=1)])
    assert ("The disk is full." in caplog.text) == isinstance(fault, StoreProblem)
    assert ("ValueError" in caplog.text) == isinstance(fault, ValueError)
    assert "+4930111222" not in caplog.text


async def test_many_wakes_in_a_run_are_one_run_more(gated: Gated, clock: FixedClock) -> None:
    async with running(Jobs(gated, clock)) as jobs:
        assert await asyncio.to_thread(gated.stands.wait, PATIENCE)
        for _ in range(100):
            jobs.wake()
        await asyncio.to_thread(gated.go.set)
        async with asyncio.timeout(PATIENCE):
            while jobs._in_flight:
                await asyncio.wait(set(jobs._in_flight))
    assert gated.runs == 2


async def test_the_next_visit_is_noticed_when_it_begins(
    outbox: Outbox, clock: FixedClock, told: Told
) -> None:
    flow = flowing(clock)
    starts = [clock.now + timedelta(seconds=0.3), clock.now + timedelta(seconds=0.6)]
    noticed: list[datetime] = []

    def next_start() -> datetime | None:
        return next((start for start in starts if start > flow()), None)

    def on_due() -> None:
        noticed.append(flow())
        told.on_due()

    async with running(Jobs(outbox, flow, next_start=next_start, on_due=on_due)):
        await told.until(lambda: told.due == 2)
    assert all(seen >= start for seen, start in zip(noticed, starts, strict=True))


async def test_a_visit_that_was_moved_is_noticed_at_its_new_time(
    outbox: Outbox, clock: FixedClock, told: Told
) -> None:
    flow = flowing(clock)
    starts, asked = [clock.now + timedelta(hours=3)], asyncio.Event()
    loop = asyncio.get_running_loop()

    def next_start() -> datetime | None:
        loop.call_soon_threadsafe(asked.set)
        return next((start for start in starts if start > flow()), None)

    async with running(Jobs(outbox, flow, next_start=next_start, on_due=told.on_due)) as jobs:
        await asyncio.wait_for(asked.wait(), PATIENCE)
        starts[0] = flow() + timedelta(seconds=0.3)
        await asyncio.to_thread(jobs.arm_due)
        await told.until(lambda: told.due == 1)


async def test_without_a_next_visit_the_alarm_is_taken_off(
    outbox: Outbox, clock: FixedClock
) -> None:
    starts: list[datetime | None] = [clock.now + timedelta(hours=3), None]
    async with running(Jobs(outbox, clock, next_start=lambda: starts.pop(0))) as jobs:
        await settled(jobs)
        assert jobs._scheduler.get_job("next visit")
        jobs.arm_due()
        await settled(jobs)
        assert jobs._scheduler.get_job("next visit") is None


async def settled(jobs: Jobs) -> None:
    """Until what was asked of the loop, and all that followed from it, is done."""
    asked = asyncio.Event()
    asyncio.get_running_loop().call_soon(asked.set)
    await asked.wait()
    async with asyncio.timeout(PATIENCE):
        while jobs._in_flight:
            await asyncio.wait(set(jobs._in_flight))


async def test_the_jobs_run_as_the_scheduler_must_be_told(
    outbox: Outbox, clock: FixedClock
) -> None:
    async with running(Jobs(outbox, clock)) as jobs:
        for job in jobs._scheduler.get_jobs():
            assert (job.coalesce, job.max_instances, job.misfire_grace_time) == (True, 1, None)
        drain, due = (jobs._scheduler.get_job(name) for name in ("drain", "due"))
        assert drain.trigger.interval == timedelta(seconds=10)
        assert due.trigger.interval == timedelta(seconds=30)


@pytest.mark.parametrize("hours", [-5, 5])
async def test_when_the_clock_is_set_everything_is_planned_anew(
    outbox: Outbox, post: Post, clock: FixedClock, steady: Steady, told: Told, hours: int
) -> None:
    jobs = Jobs(outbox, clock, on_due=told.on_due, on_drained=told.on_drained, monotonic=steady)
    async with running(jobs):
        await settled(jobs)
        before = jobs._scheduler.get_job("drain").next_run_time
        clock.forward(seconds=30)
        steady.seconds += 30
        jobs.check_clock()
        await settled(jobs)
        assert told.due == 0
        clock.forward(hours=hours)
        post.message()
        jobs.check_clock()
        await told.until(lambda: told.due == 1 and told.drained == [Drained(sent=1)])
        assert jobs._scheduler.get_job("drain").next_run_time > before


async def test_a_listener_that_fails_stops_nothing(
    outbox: Outbox, post: Post, clock: FixedClock, told: Told
) -> None:
    def fail(drained: Drained) -> None:
        told.on_drained(drained)
        raise RuntimeError

    async with running(Jobs(outbox, clock, on_drained=fail)) as jobs:
        for count in (1, 2):
            post.message()
            jobs.wake()
            await told.until(partial(told.has_drained, count))


async def test_a_stop_waits_a_bounded_time_for_what_is_on_its_way(
    outbox: Outbox, post: Post, clock: FixedClock, sms: ScriptedSender
) -> None:
    sending, answer = threading.Event(), threading.Event()

    def stuck() -> None:
        sending.set()
        answer.wait(PATIENCE)

    slow, untouched = post.message(), post.message()
    sms.sends.append(stuck)
    jobs = Jobs(outbox, clock)
    jobs.start()
    assert await asyncio.to_thread(sending.wait, PATIENCE)
    assert await jobs.stop(timeout=0.05) is False
    answer.set()
    await settled(jobs)
    # What was on its way is finished, and nothing more is begun.
    assert (post.state(slow), post.state(untouched)) == ("sent 1", "pending 0")


async def test_a_wake_before_the_start_or_after_the_end_does_nothing(
    outbox: Outbox, post: Post, clock: FixedClock, sms: ScriptedSender
) -> None:
    jobs = Jobs(outbox, clock)
    jobs.wake()
    jobs.start()
    assert await jobs.stop()
    post.message()
    jobs.wake()
    jobs.arm_due()
    await settled(jobs)
    assert sms.sent == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_the_worker_drains_until_it_is_told_to_stop(
    outbox: Outbox, post: Post, clock: FixedClock, told: Told, number: signal.Signals
) -> None:
    before = signal.getsignal(number)
    post.message()
    working = asyncio.create_task(run_worker(Jobs(outbox, clock, on_drained=told.on_drained)))
    await told.until(lambda: told.drained == [Drained(sent=1)])
    signal.raise_signal(number)
    await asyncio.wait_for(working, PATIENCE)
    assert signal.getsignal(number) == before


def test_a_drain_ends_early_when_the_program_is_told_to_stop(
    outbox: Outbox, post: Post, sms: ScriptedSender
) -> None:
    first, second = post.message(), post.message()
    sms.sends.append(lambda: signal.raise_signal(signal.SIGTERM))
    with until_stopped() as ended:
        assert drain_all(outbox, ended) == Drained(sent=1)
    assert (post.state(first), post.state(second)) == ("sent 1", "pending 0")
