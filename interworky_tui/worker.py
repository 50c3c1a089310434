"""A program that works without a desk: until it is told to stop, and known to its manager."""

import asyncio
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from interworky_tui.delivery.outbox import Drained, Outbox
from interworky_tui.domain.errors import StoreProblem
from interworky_tui.jobs import Jobs
from interworky_tui.storage.forwarding import OfficeMoved

LOOK_EVERY = 0.2
"""Seconds from one look for changes to the next."""

log = logging.getLogger(__name__)


def _nothing() -> None:
    pass


class Feed(Protocol):
    def changed(self) -> bool:
        """Raises StoreProblem when it will never be known again."""


async def run_worker(
    jobs: Jobs, feed: Feed | None = None, on_change: Callable[[], None] = _nothing
) -> None:
    """The scheduler without a desk, until SIGTERM or SIGINT. Call it in the main thread.

    What the ``feed`` tells of is dealt with at once, and calls ``on_change``. At the end it
    waits a second for what is on its way. Raises OfficeMoved once the office is elsewhere: whoever
    starts it again then, starts it there.
    """
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    left: OfficeMoved | None = None

    async def watch(feed: Feed) -> None:
        nonlocal left
        left = await _watch(jobs, feed, on_change)
        if left is not None:
            ended.set()

    with on_stop_signal(lambda: loop.call_soon_threadsafe(ended.set)):
        jobs.start()
        tell_manager("READY=1")
        watching = asyncio.create_task(watch(feed)) if feed else None
        await ended.wait()
        tell_manager("STOPPING=1")
        if watching is not None:
            watching.cancel()
        await jobs.stop()
    if left is not None:
        raise left


async def _watch(jobs: Jobs, feed: Feed, on_change: Callable[[], None]) -> OfficeMoved | None:
    """Until the feed tells of nothing any more; what it ended with, if the office is elsewhere."""
    while True:
        try:
            if feed.changed():
                jobs.wake()
                on_change()
        except OfficeMoved as moved:
            log.error("%s", moved)
            return moved
        except StoreProblem as problem:
            # What is due is still found, by the interval of the drains.
            log.error("%s", problem)
            return None
        await asyncio.sleep(LOOK_EVERY)


def is_here(feed: Feed) -> bool:
    """Whether more is to be heard of the store. Raises OfficeMoved once the office is elsewhere."""
    try:
        feed.changed()
    except OfficeMoved:
        raise
    except StoreProblem as problem:
        log.error("%s", problem)
        return False
    return True


def tell_manager(state: str) -> None:
    """To the service manager, if this program is a service of one that waits for word of it."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address or not hasattr(socket, "AF_UNIX"):
        return
    if address.startswith("@"):  # in Linux's abstract namespace
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wire:
            wire.connect(address)
            wire.sendall(state.encode())
    except OSError as error:
        log.warning("the service manager was not told: %s", error.strerror)


@contextmanager
def until_stopped() -> Iterator[threading.Event]:
    """Set once SIGTERM or SIGINT has come, which does not end the program meanwhile.

    Call it in the main thread.
    """
    ended = threading.Event()
    with on_stop_signal(ended.set):
        yield ended


def drain_all(outbox: Outbox, ended: threading.Event) -> Drained:
    """All that is due now, however slowly a channel may send; ends early when ``ended``."""
    drained = outbox.drain(ended.is_set)
    while (wait := outbox.breath()) and not ended.wait(wait):
        drained += outbox.drain(ended.is_set)
    return drained


@contextmanager
def on_stop_signal(call: Callable[[], object]) -> Iterator[None]:
    """Instead of ending the program, SIGTERM and SIGINT (Ctrl+Break on Windows) make the call."""
    names = ("SIGTERM", "SIGINT", "SIGBREAK")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.signal(number, lambda *_: call()) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
