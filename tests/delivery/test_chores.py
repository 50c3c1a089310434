"""Work that comes round beside the outbox, and word of how the channels are."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from datetime import timedelta

import pytest

from interworky_tui import jobs as jobs_module
from interworky_tui.delivery.channel import FailureKind, SendFailed
from interworky_tui.delivery.health import ChannelState, Health
from interworky_tui.delivery.outbox import Drained, Outbox
from interworky_tui.domain.events import Channel, MessageState
from interworky_tui.jobs import Chore, Jobs
from interworky_tui.storage.database import Database
from tests.conftest import FixedClock
from tests.delivery.conftest import Post, ScriptedSender, Steady
from tests.delivery.test_jobs import PATIENCE, Told, running, settled


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_module, "CHORES_AFTER", timedelta(milliseconds=10))


@pytest.fixture
def told() -> Told:
    return Told()


class Round:
    """A chore that tells each time it is run, and does what its script says."""

    def __init__(self, *script: Callable[[], object]) -> None:
        self.script = deque(script)
        self.times = 0
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()

    def run(self) -> None:
        self.times += 1
        self._loop.call_soon_threadsafe(self._news.set)
        if self.script:
            self.script.popleft()()

    def chore(self, name: str = "round", seconds: float = 3600) -> Chore:
        return Chore(name, timedelta(seconds=seconds), self.run)

    async def until(self, times: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while self.times < times:
                self._news.clear()
                await self._news.wait()


def fail(error: Exception) -> Callable[[], object]:
    def failing() -> object:
        raise error

    return failing


async def test_a_chore_is_done_soon_after_the_start_and_comes_round(
    outbox: Outbox, clock: FixedClock
) -> None:
    once, often = Round(), Round()
    async with running(Jobs(outbox, clock, chores=[once.chore("a"), often.chore("b", 0.05)])):
        await once.until(1)
        await often.until(4)
    assert once.times == 1


async def test_chores_are_planned_as_all_jobs(outbox: Outbox, clock: FixedClock) -> None:
    chore = Round().chore("reminders", 60)
    async with running(Jobs(outbox, clock, chores=[chore])) as jobs:
        job = jobs._scheduler.get_job("reminders")
        assert (job.coalesce, job.max_instances, job.misfire_grace_time) == (True, 1, None)
        assert job.trigger.interval == timedelta(seconds=60)


async def test_a_hanging_send_or_chore_holds_up_no_other(
    outbox: Outbox, post: Post, clock: FixedClock, sms: ScriptedSender
) -> None:
    go, sending = threading.Event(), threading.Event()

    def hang() -> None:
        sending.set()
        go.wait(PATIENCE)

    sms.sends.append(hang)
    post.message()
    stuck, other = Round(lambda: go.wait(PATIENCE)), Round()
    try:
        chores = [stuck.chore("stuck", 0.05), other.chore("other", 0.05)]
        async with running(Jobs(outbox, clock, chores=chores)):
            assert await asyncio.to_thread(sending.wait, PATIENCE)
            await stuck.until(1)
            await other.until(5)
            # It is not begun a second time meanwhile.
            assert stuck.times == 1
            go.set()
            await stuck.until(2)
    finally:
        go.set()


async def test_a_fault_is_told_once_without_what_it_holds_and_does_not_end_the_chore(
    outbox: Outbox, clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    private = fail(ValueError("+4930111222"))
    away = fail(SendFailed(FailureKind.RETRY, "ConnectTimeout"))
    chore = Round(private, private, private, away, away)
    async with running(Jobs(outbox, clock, chores=[chore.chore("replies", 0.03)])):
        await chore.until(7)
    assert "+4930111222" not in caplog.text
    told = [record.getMessage().splitlines()[0] for record in caplog.records]
    assert [line for line in told if line.startswith("replies")] == [
        "replies: ValueError",
        "replies: retry: ConnectTimeout",
        "replies: works again",
    ]


@pytest.mark.parametrize("hours", [8, -1])
async def test_after_a_sleep_or_a_clock_set_back_chores_are_done_at_once_and_planned_anew(
    outbox: Outbox, clock: FixedClock, steady: Steady, hours: int
) -> None:
    chore = Round()
    async with running(Jobs(outbox, clock, chores=[chore.chore()], monotonic=steady)) as jobs:
        await chore.until(1)
        await settled(jobs)
        planned = jobs._scheduler.get_job("round").next_run_time
        clock.forward(seconds=30)
        steady.seconds += 30
        jobs.check_clock()
        assert jobs._scheduler.get_job("round").next_run_time == planned
        clock.forward(hours=hours)
        jobs.check_clock()
        assert jobs._scheduler.get_job("round").next_run_time < planned
        await chore.until(2)


async def test_a_stop_waits_a_bounded_time_for_a_chore(
    outbox: Outbox, clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    go = threading.Event()
    chore = Round(lambda: go.wait(PATIENCE))
    jobs = Jobs(outbox, clock, chores=[chore.chore(seconds=0.05)])
    jobs.start()
    try:
        await chore.until(1)
        assert await jobs.stop(timeout=0.05) is False
    finally:
        go.set()
    await settled(jobs)
    # A job that was about to run when it ended is not begun, and no fault.
    await jobs._chore_tick(chore.chore())
    await settled(jobs)
    assert chore.times == 1
    assert "Error" not in caplog.text


def healths(states: tuple[ChannelState, ...]) -> dict[Channel, Health]:
    return {state.channel: state.health for state in states}


async def test_the_channels_are_told_after_the_first_drain_and_when_one_changes(
    outbox: Outbox, post: Post, clock: FixedClock, told: Told, sms: ScriptedSender
) -> None:
    async with running(
        Jobs(outbox, clock, on_drained=told.on_drained, on_channels=told.on_channels)
    ) as jobs:
        await told.until(lambda: len(told.channels) == 1)
        assert healths(told.channels[0]) == {Channel.EMAIL: Health.LIVE, Channel.SMS: Health.LIVE}
        post.message()
        jobs.wake()
        await told.until(lambda: told.drained == [Drained(sent=1)])
        await settled(jobs)
        assert len(told.channels) == 1
        sms.sends.append(SendFailed(FailureKind.CONFIGURATION, "HTTP 401"))
        post.message()
        jobs.wake()
        await told.until(lambda: len(told.channels) == 2)
        assert healths(told.channels[1])[Channel.SMS] is Health.PAUSED
        # A person has mended it, and does not wait for the end of the pause.
        jobs.try_again()
        await told.until(lambda: healths(told.channels[-1])[Channel.SMS] is Health.LIVE)
    assert sms.sent == [1, 2, 2]


async def test_a_channel_of_files_is_told_as_that(
    database: Database, clock: FixedClock, told: Told
) -> None:
    files = ScriptedSender(final_state=MessageState.PREVIEWED)
    outbox = Outbox(database, clock, {Channel.EMAIL: files, Channel.SMS: files})
    async with running(Jobs(outbox, clock, on_channels=told.on_channels)):
        await told.until(lambda: bool(told.channels))
    assert set(healths(told.channels[0]).values()) == {Health.PREVIEW}
