"""Threads for what may block for long, which never hold up the end of the program.

Those of ``concurrent.futures`` do: the interpreter joins them, and so waits for a far end that
never answers.
"""

import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import TypeVar

T = TypeVar("T")

_NICE = 15


class Lane:
    """One thread, begun at first use, that does what it is given in order.

    It ends with the program, whatever it is doing: only for work that may be cut off anywhere.
    One that gives ``way`` has the processor when nothing else wants it; not for work that holds
    Python itself for long, because then the others would wait for it.
    """

    def __init__(self, name: str, *, way: bool = False) -> None:
        self._name, self._way = name, way
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._begun = self._closed = False

    def submit(self, call: Callable[[], T]) -> "Future[T]":
        """From any thread. Raises RuntimeError when it is closed."""
        future: Future[T] = Future()
        with self._lock:
            if self._closed:
                raise RuntimeError(f"the lane {self._name} is closed")
            self._work.put(lambda: _carry_out(call, future))
            if not self._begun:
                self._begun = True
                threading.Thread(target=self._run, name=self._name, daemon=True).start()
        return future

    async def ask(self, call: Callable[[], T]) -> T:
        """Its answer. Raises what the call raises."""
        return await asyncio.wrap_future(self.submit(call))

    def close(self) -> None:
        """Take nothing more; what was given is still done, unless the program ends first."""
        with self._lock:
            self._closed = True
            self._work.put(None)

    def _run(self) -> None:
        if self._way:
            _give_way()
        while (work := self._work.get()) is not None:
            work()
            del work


def _give_way() -> None:
    """Elsewhere than on Linux a thread has no niceness of its own."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)


def _carry_out(call: Callable[[], T], future: "Future[T]") -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        answer = call()
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(answer)
