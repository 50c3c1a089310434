"""The scheduler: the outbox is drained and due visits are noticed, with nobody pressing a key.

The database is the truth and the jobs are kept in memory: a restart loses nothing. A job only
kicks off work; what blocks runs in threads of its own, and no trigger is lost while it runs.
"""

import asyncio
import logging
import threading
import time
import traceback
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from interworky_tui.delivery.channel import SendFailed
from interworky_tui.delivery.health import ChannelState
from interworky_tui.delivery.outbox import Drained, Outbox
from interworky_tui.domain.clock import Clock, system_clock
from interworky_tui.domain.errors import Refusal
from interworky_tui.domain.events import Channel
from interworky_tui.lanes import Lane

DRAIN_EVERY = 10
"""Seconds; also the tick after which a machine that slept finds out."""
DUE_EVERY = 30
WATCH_EVERY = 5
JUMP = 2.0
"""Seconds by which the wall's clock may move against the steady one before it has jumped."""
SOONEST = timedelta(milliseconds=250)
"""Between one look at the outbox and the next that it asks for."""
CHORES_AFTER = timedelta(seconds=1)
"""The start, and a jump of the clock."""

log = logging.getLogger(__name__)


def _nothing_ahead() -> datetime | None:
    return None


def _nothing() -> None:
    pass


def _untold(_drained: Drained) -> None:
    pass


def _no_news(_states: tuple[ChannelState, ...]) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Chore:
    """Work that comes round. ``run`` may block: each chore has a thread of its own.

    One that is this process's ``own`` is done even while a worker does the rest; one that gives
    ``way`` is done when the processor has nothing else to do.
    """

    name: str
    every: timedelta
    run: Callable[[], object]
    own: bool = False
    way: bool = False


class Jobs:
    """The scheduler of one process, in the event loop that ``start`` is called from.

    ``next_start`` says when the next visit begins; it may block. On the loop are called
    ``on_due`` when a visit may have become due, ``on_drained`` when messages have moved, and
    ``on_channels`` when a channel has changed, and once when the first drain is over.
    """

    def __init__(
        self,
        outbox: Outbox,
        clock: Clock,
        *,
        next_start: Callable[[], datetime | None] = _nothing_ahead,
        on_due: Callable[[], None] = _nothing,
        on_drained: Callable[[Drained], None] = _untold,
        chores: Sequence[Chore] = (),
        on_channels: Callable[[tuple[ChannelState, ...]], None] = _no_news,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._outbox = outbox
        self._chores = tuple(chores)
        self._on_channels = on_channels
        self._clock = clock
        self._next_start = next_start
        self._on_due = on_due
        self._on_drained = on_drained
        self._monotonic = monotonic
        self._loop: asyncio.AbstractEventLoop | None = None
        self._scheduler: Any = None
        # A thread each, so that a slow far end holds up nothing else.
        self._sends = {channel: Lane(f"interworky-{channel}") for channel in Channel}
        self._reads = Lane("interworky-due")
        self._own_lanes = {
            chore.name: Lane(f"interworky-{chore.name}", way=chore.way) for chore in chores
        }
        self._busy: set[str] = set()
        self._faults: dict[str, str] = {}
        self._states: tuple[ChannelState, ...] = ()
        self._in_flight: set[asyncio.Task[None]] = set()
        self._stopping = threading.Event()
        self._resting = threading.Event()
        self._dirty: set[Channel] = set()
        self._draining: set[Channel] = set()
        self._watch: asyncio.TimerHandle | None = None
        self._offset = 0.0

    def start(self) -> None:
        """Begin, with a first drain at once. Call it in the running loop."""
        # It says at INFO that each job ran.
        logging.getLogger("apscheduler").setLevel(logging.WARNING)
        logging.getLogger("apscheduler.executors").setLevel(logging.NOTSET)
        self._loop = asyncio.get_running_loop()
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._scheduler.start()
        self._set_intervals()
        self._offset = self._wall_offset()
        self._watch = self._loop.call_later(WATCH_EVERY, self._watch_all)
        self._drain_soon()
        self._spawn(self._arm_due())

    def wake(self) -> None:
        """Messages were queued: drain what is due, and again when the rest falls due.

        From any thread; before the start and after the end it does nothing.
        """
        self._on_loop(self._drain_soon)

    def try_again(self) -> None:
        """A person asks for it: drain at once, a channel that was left alone for a while too."""
        self._outbox.try_again()
        self.wake()

    def rest(self, resting: bool) -> None:
        """While a worker does the rest only what is this process's own is done here: visits that
        begin are noticed, and nothing is known of the channels. At its end all is looked at anew.

        From any thread.
        """
        if resting == self._resting.is_set():
            return
        log.info("a worker sends the messages" if resting else "no worker sends the messages")
        if resting:
            self._resting.set()
        else:
            self._resting.clear()
        self._on_loop(self._rested)

    def arm_due(self) -> None:
        """Visits were moved: look again when the next one begins. From any thread."""
        self._on_loop(lambda: self._spawn(self._arm_due()))

    async def stop(self, timeout: float = 1.0) -> bool:
        """Take on nothing more, and wait that many seconds for what is on its way.

        False when something was not done by then. It does not hold up the end of the program:
        its lease runs out, and whoever drains then looks for it.
        """
        self._stopping.set()
        if self._watch is not None:
            self._watch.cancel()
        if self._scheduler is not None and self._scheduler.running:
            # It calls a job that ends with the program an error.
            logging.getLogger("apscheduler.executors").setLevel(logging.CRITICAL)
            self._scheduler.shutdown(wait=False)
        left = set(self._in_flight)
        if left:
            _, left = await asyncio.wait(left, timeout=timeout)
        for lane in (*self._sends.values(), self._reads, *self._own_lanes.values()):
            lane.close()
        if left:
            log.warning("stopped with %d jobs still running", len(left))
        return not left

    def check_clock(self) -> None:
        """After the wall's clock was set, or the machine slept: plan everything anew."""
        offset = self._wall_offset()
        moved = abs(offset - self._offset)
        self._offset = offset
        if moved > JUMP:
            log.info("the clock has moved by %.0f seconds", moved)
            self._set_intervals()
            self._drain_soon()
            self._spawn(self._refresh_due())

    def _on_loop(self, call: Callable[[], object]) -> None:
        if self._loop is not None and not self._stopping.is_set():
            self._loop.call_soon_threadsafe(call)

    def _rested(self) -> None:
        if self._resting.is_set():
            self._tell_channels()
        else:
            self._set_intervals()
            self._drain_soon()

    def _wall_offset(self) -> float:
        return self._clock().timestamp() - self._monotonic()

    def _watch_all(self) -> None:
        # A timer of the loop's own: the scheduler's stall when the clock is set back.
        assert self._loop is not None
        self.check_clock()
        # Here too, because a drain may wait long for a far end.
        self._tell_channels()
        self._watch = self._loop.call_later(WATCH_EVERY, self._watch_all)

    def _set_intervals(self) -> None:
        add = self._scheduler.add_job
        add(self._tick, "interval", seconds=DRAIN_EVERY, id="drain", replace_existing=True)
        add(self._due_tick, "interval", seconds=DUE_EVERY, id="due", replace_existing=True)
        for chore in self._chores:
            add(
                self._chore_tick,
                "interval",
                seconds=chore.every.total_seconds(),
                args=[chore],
                id=chore.name,
                next_run_time=system_clock() + CHORES_AFTER,
                replace_existing=True,
            )

    def _arm(
        self, name: str, moment: datetime | None, job: Callable[[], Coroutine[Any, Any, None]]
    ) -> None:
        """One run at the moment, instead of the one that was planned under that name."""
        if self._stopping.is_set():
            return
        if moment is None:
            if self._scheduler.get_job(name):
                self._scheduler.remove_job(name)
            return
        # The scheduler has the system's clock; what it is told is how long to wait.
        wait = max(moment - self._clock(), SOONEST)
        self._scheduler.add_job(
            job, "date", run_date=system_clock() + wait, id=name, replace_existing=True
        )

    async def _tick(self, *channels: Channel) -> None:
        self._drain_soon(*channels)

    async def _due_tick(self) -> None:
        self._spawn(self._refresh_due())

    async def _chore_tick(self, chore: Chore) -> None:
        if chore.name not in self._busy and (chore.own or not self._resting.is_set()):
            self._busy.add(chore.name)
            self._spawn(self._do(chore))

    async def _do(self, chore: Chore) -> None:
        """Once. A fault that lasts is told once, not every time round."""
        try:
            await self._own_lanes[chore.name].ask(chore.run)
        except Exception as error:
            if self._faults.get(chore.name) != repr(error):
                self._faults[chore.name] = repr(error)
                log_fault(chore.name, error)
        else:
            if self._faults.pop(chore.name, None):
                log.info("%s: works again", chore.name)
        finally:
            self._busy.discard(chore.name)

    def _tell_channels(self) -> None:
        states = () if self._resting.is_set() else self._outbox.states
        if states != self._states:
            self._states = states
            self._call(partial(self._on_channels, states))

    async def _refresh_due(self) -> None:
        self._call(self._on_due)
        await self._arm_due()

    async def _arm_due(self) -> None:
        try:
            moment = await self._reads.ask(self._next_start)
        except Exception as error:
            log_fault("looking for the next visit", error)
        else:
            self._arm("next visit", moment, self._due_tick)

    def _drain_soon(self, *channels: Channel) -> None:
        """Those channels, or all."""
        for channel in channels or Channel:
            self._dirty.add(channel)
            if channel not in self._draining and not self._idle():
                self._draining.add(channel)
                self._spawn(self._drain(channel))

    async def _drain(self, channel: Channel) -> None:
        """Run until nothing was queued meanwhile; each run plans the next one."""
        try:
            while channel in self._dirty and not self._idle():
                self._dirty.discard(channel)
                await self._run(channel)
        finally:
            self._draining.discard(channel)

    async def _run(self, channel: Channel) -> None:
        try:
            drained, moment = await self._sends[channel].ask(partial(self._deliver, channel))
        except Exception as error:
            log_fault("delivering messages", error)
        else:
            self._arm(f"next {channel}", moment, partial(self._tick, channel))
            if drained.total:
                self._call(partial(self._on_drained, drained))
        self._tell_channels()

    def _deliver(self, channel: Channel) -> tuple[Drained, datetime | None]:
        drained = self._outbox.drain(self._idle, channel)
        return drained, self._outbox.next_due(channel)

    def _idle(self) -> bool:
        """Whether nothing is to be sent from here. In any thread."""
        return self._stopping.is_set() or self._resting.is_set()

    def _call(self, call: Callable[[], None]) -> None:
        try:
            call()
        except Exception as error:
            log_fault("telling of a change", error)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        if self._stopping.is_set():
            work.close()
            return
        task = asyncio.get_running_loop().create_task(work)
        self._in_flight.add(task)
        task.add_done_callback(self._in_flight.discard)


def log_fault(doing: str, error: Exception) -> None:
    """Where it went wrong, without the error's own text unless that is safe to keep."""
    if isinstance(error, Refusal | SendFailed):
        log.warning("%s: %s", doing, error)
        return
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error("%s: %s\n%s", doing, type(error).__name__, where)
