"""The terminal before and after the desk: whether it can be used, and leaving it whole."""

import codecs
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from textual.app import App


def not_a_terminal() -> str | None:
    """One sentence when no desk can be shown here, else None."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return (
            "The desk needs a terminal; in scripts use the commands,"
            " for example 'interworky-tui list'."
        )
    if os.environ.get("TERM", "") in ("", "dumb"):
        return "This terminal cannot draw a screen (TERM is unset or 'dumb'); use another one."
    return None


def survive_stray_bytes() -> None:
    """Bytes that are no UTF-8 become a mark instead of the end of the input thread.

    Old mouse reports send them past column 95, after tmux was attached again
    (Textualize/textual#6668).
    """
    try:
        from textual.drivers import linux_driver
    except ImportError:  # Windows reads its input another way
        return
    setattr(linux_driver, "getincrementaldecoder", _lenient_decoder)  # noqa: B010


def _lenient_decoder(encoding: str) -> Callable[[], codecs.IncrementalDecoder]:
    return partial(codecs.getincrementaldecoder(encoding), errors="replace")


@contextmanager
def signals_leave(app: App[Any]) -> Iterator[None]:
    """End the desk properly when its window is closed or it is told to stop.

    Textual leaves the terminal in raw mode on SIGTERM and SIGHUP.
    """
    wanted = [getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP")]
    before = {}

    def leave(_number: int, _frame: object) -> None:
        app.call_later(app.exit)

    for number in wanted:
        if number is not None:
            before[number] = signal.signal(number, leave)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
