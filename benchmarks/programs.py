"""What is measured: how each program is started, and what is pressed in it."""

import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.terminal import Predicate, Screen, Terminal

FIRST = "first useful paint"
FIRST_KEY = "first key after it"
DOWN = "cursor down"
PAGE = "page down"
END = "end"
TAB = "tab switch"
SEARCH = "search, a letter"
MODAL = "open a modal"
DURABLE = "status change, key to durable"
QUIT = "quit"
MEMORY = "peak memory"

LAST_ROW = 999
ROOT = Path(__file__).resolve().parent.parent
Sample = tuple[str, float]
"""A measure and its seconds, or its bytes for MEMORY."""


@dataclass(frozen=True)
class Program:
    """``useful`` is the first screen a person can work with, ``moved`` the one after a down key.

    ``steps`` presses everything else, ``presses`` times each.
    """

    name: str
    module: str
    env: Mapping[str, str]
    useful: Predicate
    moved: Callable[[Screen], Predicate]
    steps: Callable[[Terminal, int], Iterator[Sample]]

    def start(self) -> Terminal:
        return Terminal((sys.executable, "-m", self.module), self.env)

    def begin(self) -> Iterator[Sample]:
        """Start, wait for the first rows, press a key at once, quit."""
        with self.start() as terminal:
            yield FIRST, terminal.wait(self.useful) - terminal.started
            yield FIRST_KEY, terminal.key("down", until=self.moved(terminal.screen))

    def work(self, presses: int) -> Iterator[Sample]:
        """A day's keys in one start, once the program is at rest."""
        with self.start() as terminal:
            yield FIRST, terminal.wait(self.useful) - terminal.started
            terminal.rest()
            yield from self.steps(terminal, presses)
            yield MEMORY, terminal.peak_memory()
            yield QUIT, terminal.close()


def clean_environment(home: Path, **more: str) -> dict[str, str]:
    """Nothing of the caller's settings, so that every run and every program is alike."""
    return {
        "HOME": str(home),
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "TZ": "UTC",
        **more,
    }


def pause() -> None:
    """A person's irregular pace, so that keys do not fall into step with a program's timers."""
    time.sleep(random.uniform(0.005, 0.03))


def few(presses: int) -> int:
    """How often the keys are pressed that are rarer than the cursor's."""
    return max(2, presses // 3)


def odd_row(screen: Screen, top: int, bottom: int, x: int) -> int | None:
    """The one line from ``top`` up to ``bottom`` that looks unlike the others at column ``x``."""
    looks = [screen.look(y, x) for y in range(top, bottom)]
    odd = [top + i for i, look in enumerate(looks) if looks.count(look) == 1]
    return odd[0] if len(odd) == 1 else None


def open_and_close(terminal: Terminal, key: str, shown: Predicate, close: str) -> float:
    """Seconds to open a modal; it is closed again."""
    seconds = terminal.key(key, until=shown)
    terminal.key(close, until=lambda screen: not shown(screen))
    return seconds


def _hello_line(screen: Screen) -> str:
    return screen.line(1).rstrip()


def _hello_moved(screen: Screen) -> Predicate:
    before = int(_hello_line(screen).rpartition(" ")[2])
    return lambda after: _hello_line(after) == f"> line {before + 1}"


def _hello_steps(terminal: Terminal, presses: int) -> Iterator[Sample]:
    for _ in range(presses):
        pause()
        yield DOWN, terminal.key("down", until=_hello_moved(terminal.screen))
    for _ in range(few(presses)):
        pause()
        yield MODAL, open_and_close(terminal, "t", _bare_modal, "x")


def _table_cursor(screen: Screen) -> str:
    """The text of the cursor row, empty when there is none."""
    y = odd_row(screen, 1, screen.lines, 2)
    return "" if y is None else screen.line(y)


def _table_at(row: int) -> Predicate:
    return lambda screen: f"Client {row:04}" in _table_cursor(screen)


def _table_moved(screen: Screen) -> Predicate:
    return _table_at(int(_table_cursor(screen).split()[1]) + 1)


def _table_steps(terminal: Terminal, presses: int) -> Iterator[Sample]:
    for _ in range(presses):
        pause()
        yield DOWN, terminal.key("down", until=_table_moved(terminal.screen))
    for _ in range(few(presses)):
        pause()
        before = _table_cursor(terminal.screen)
        yield PAGE, terminal.key("pagedown", until=_changed(_table_cursor, before))
    for _ in range(few(presses)):
        pause()
        yield END, terminal.key("ctrl+end", until=_table_at(LAST_ROW))
        terminal.key("ctrl+home", until=_table_at(0))
    for _ in range(few(presses)):
        pause()
        yield MODAL, open_and_close(terminal, "t", _bare_modal, "x")


def _changed(reading: Callable[[Screen], str], before: str) -> Predicate:
    return lambda screen: reading(screen) not in ("", before)


def _bare_modal(screen: Screen) -> bool:
    return screen.shows("A bare modal")


def bare_programs(home: Path) -> tuple[Program, Program]:
    env = clean_environment(home)
    return (
        Program(
            "hello",
            "benchmarks.hello",
            env,
            lambda screen: screen.shows("> line 0"),
            _hello_moved,
            _hello_steps,
        ),
        Program(
            "table",
            "benchmarks.table",
            env,
            lambda screen: screen.shows("Client 0005"),
            _table_moved,
            _table_steps,
        ),
    )
