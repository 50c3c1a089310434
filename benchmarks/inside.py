"""The keys within the desk's other screens and modals, and what it takes to open each of them.

A key within is held against the list's own cursor-down at the same pace, what changes all that is
shown against the list's own change of tab, and opening something against the bare modal that
opens over the DataTable: each with what the same round measured.
"""

import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from benchmarks import programs as p
from benchmarks.terminal import Predicate, Screen, Terminal

ROOMS = "\n[slots]\ncapacity = 60\n"
"""An office of so many visits has as many rooms; with fewer no day would have any time free."""
LEAST = 20_000
"""Appointments from which on every hour of the day has its visits."""
MOST = 1.5
PACE = 0.06
"""Seconds between two keys: as fast as a person presses them."""
MOST_PRESSES = 16
"""Fewer than the lines of any screen, so that the cursor never scrolls it."""
MARKED = 8
"""Rows marked for the bulk table."""
BEGUN, DIGITS = "50", "1379"
"""Of a number on the phone: typed before, and measured one by one."""

NEXT_ROW = "list: next row"
MARK = "list: mark a row"
NEXT_SLOT = "set time: next free slot"
NEXT_LINE = "day: next line"
TITLE = "day: the next day, its title"
DIGIT = "caller: a digit, typed"
NEXT_BULK = "bulk: next line"
NEXT_PERSON = "refill: next person"
NEXT_SETTING = "settings: next line"
READ_ON = "help: read on"
VISITS = "day: the next day, its visits"
FOUND = "caller: a digit, answered"
NEXT_UP = "list: the next that needs a person"
CURTAIN = "list: curtain, drawn or opened"
MOVES = (MARK, NEXT_SLOT, NEXT_LINE, TITLE, DIGIT, NEXT_BULK, NEXT_PERSON, NEXT_SETTING)
CHANGES = (VISITS, FOUND, NEXT_UP, CURTAIN, READ_ON)
"""They wait for a reading, or paint all of the screen anew."""

SET_TIME, SLOTS = "open set time", "open set time, its free slots"
OPEN_DAY, OPEN_CALLER, OPEN_BULK = "open the day", "open the caller search", "open bulk"
OPEN_TABLE, OPEN_REFILL, OPEN_HELP = "open the bulk table", "open refill", "open the help"
OPEN_CANCEL, OPEN_SETTINGS = "open cancel", "open the settings"
OPENS = (
    *(SET_TIME, SLOTS, OPEN_DAY, OPEN_CALLER, OPEN_BULK, OPEN_TABLE, OPEN_REFILL),
    *(OPEN_HELP, OPEN_CANCEL, OPEN_SETTINGS),
)
NOTES = (
    "Median / p95; in brackets the ratio to what the row is held against, in the same rounds. A"
    " key within a screen or a modal is held against the next row of the list at the same pace;"
    " what waits for a reading or changes all that is shown, against a switch of the list's tabs;"
    " opening something, against opening an empty modal of bare Textual over a DataTable, because"
    " the toolkit itself takes many times a row's key for it. The first repaint counts, and"
    " where a row says so what the screen was opened for."
)

_SLOT = re.compile(r"│ ▶ [1-3]  .*")
_CHECKED = re.compile(r"│ > \[.*")
_PERSON = re.compile(r"│ ▶ .*")
_VISIT = re.compile(r"^[ >*!]\d\d:\d\d-\d\d:\d\d")
_CAME_FREE = "____-__-__T1_:%"

Reading = Callable[[Screen], object]
"""What of a screen is to change; None where it shows no such thing."""


def steps(terminal: Terminal, presses: int, home: Path) -> Iterator[p.Sample]:
    """Begins and ends on the desk."""
    count = min(p.few(presses), MOST_PRESSES) // 4 * 4 or 4
    for part in (_list, _set_time, _day, _caller, _bulk, _help, _settings, _cancel):
        terminal.press("1", "home")
        terminal.rest()
        yield from part(terminal, count)
    free_a_visit(home)
    yield from _refill(terminal, count)


def free_a_visit(home: Path) -> None:
    """Cancel one in the office's hours some days from now, so that its time is free."""
    connection = sqlite3.connect(home / "interworky.db")
    day = (datetime.now(UTC) + timedelta(days=4)).isoformat()
    query = (
        "SELECT id FROM appointment WHERE status = 'scheduled' AND starts_at > ?"
        " AND starts_at LIKE ? ORDER BY starts_at LIMIT 1"
    )
    found = connection.execute(query, (day, _CAME_FREE)).fetchone()[0]
    connection.close()
    subprocess.run(
        (sys.executable, "-m", "interworky_tui", "cancel", str(found), "--reason", "office"),
        env=p.clean_environment(home, INTERWORKY_TUI_HOME=str(home)),
        check=True,
        stdout=subprocess.DEVNULL,
    )


def _list(terminal: Terminal, count: int) -> Iterator[p.Sample]:
    turns = (*["down"] * count, *["up"] * count)
    yield from _pressed(terminal, NEXT_ROW, turns, _sign, 2 * count)
    terminal.press("home")
    terminal.rest()
    yield from _pressed(terminal, MARK, (" ",), _sign, count)
    terminal.press("escape", "home")
    terminal.rest()
    for name, key, reading in ((NEXT_UP, "N", _said), (CURTAIN, "p", _masked)):
        for _ in range(count):
            terminal.rest()
            yield from _pressed(terminal, name, (key,), reading, 1)
    terminal.rest()


def _set_time(terminal: Terminal, count: int) -> Iterator[p.Sample]:
    yield from _opened(terminal, SET_TIME, "t", lambda s: s.shows("Set the time: "), count)
    yield from _opened(terminal, SLOTS, "enter", lambda s: _slot(s) is not None, count)
    terminal.press("enter")
    terminal.rest()
    yield from _pressed(terminal, NEXT_SLOT, ("down", "down", "up", "up"), _slot, count)
    _leave(terminal)


def _day(terminal: Terminal, count: int) -> Iterator[p.Sample]:
    yield from _opened(terminal, OPEN_DAY, "d", _day_shown, count)
    terminal.press("d")
    terminal.rest()
    terminal.press("right")
    terminal.rest()
    for turn in range(2 * count):
        name, reading = (VISITS, _visits) if turn % 4 > 1 else (TITLE, _date)
        yield from _pressed(terminal, name, ("left" if turn % 2 else "right",), reading, 1)
        terminal.rest()
    yield from _pressed(terminal, NEXT_LINE, ("down",), _sign, count)
    _leave(terminal)


def _caller(terminal: Terminal, count: int) -> Iterator[p.Sample]:
    yield from _opened(terminal, OPEN_CALLER, "c", lambda s: s.shows("Who is calling?"), count)
    terminal.press("c")
    terminal.rest()
    terminal.press(BEGUN)
    for turn in range(2 * count):
        terminal.rest()
        name, reading = (FOUND, _callers) if turn % 2 else (DIGIT, _title)
        yield from _pressed(terminal, name, (DIGITS[turn // 2 % len(DIGITS)],), reading, 1)
        terminal.rest()
        terminal.press("backspace")
    _leave(terminal)


def _bulk(terminal: Terminal, count: int) -> Iterator[p.Sample]:
    terminal.press(" " * MARKED)
    terminal.rest()
    yield from _opened(terminal, OPEN_BULK, "b", lambda s: s.shows("─ 8 marked ─"), count)
    for _ in range(count):
        terminal.press("b")
        terminal.rest()
        yield from _opened(terminal, OPEN_TABLE, "t", lambda s: s.shows("─ Free slots for "), 1)
    terminal.press("b")
    terminal.rest()
    terminal.press("t")
    terminal.rest()
    yield from _pressed(terminal, NEXT_BULK, ("down", "down", "up", "up"), _checked, count)
    _leave(terminal)
    _leave(terminal)


def _help(terminal: Terminal, count: int) -> Iterator[p.Sample]:
    yield from _opened(terminal, OPEN_HELP, "?", lambda s: s.shows("─ Help ─"), count)
    terminal.press("?")
    terminal.rest()
    yield from _pressed(terminal, READ_ON, ("down", "up"), Screen.lines_of_text, count)
    _leave(terminal)


def _settings(terminal: Terminal, count: int) -> Iterator[p.Sample]:
    yield from _opened(terminal, OPEN_SETTINGS, ",", lambda s: s.shows("Enter Change"), count)
    terminal.press(",")
    terminal.rest()
    yield from _pressed(terminal, NEXT_SETTING, ("down",), _looks, count)
    _leave(terminal)


def _cancel(terminal: Terminal, count: int) -> Iterator[p.Sample]:
    yield from _opened(terminal, OPEN_CANCEL, "x", lambda s: s.shows("─ Cancel: "), count)


def _refill(terminal: Terminal, count: int) -> Iterator[p.Sample]:
    terminal.rest()
    yield from _opened(terminal, OPEN_REFILL, "F", lambda s: s.shows("─ Fill "), count)
    terminal.press("F")
    terminal.rest()
    yield from _pressed(terminal, NEXT_PERSON, ("down", "down", "up", "up"), _person, count)
    _leave(terminal)


def _pressed(
    terminal: Terminal, name: str, keys: Sequence[str], reading: Reading, count: int
) -> Iterator[p.Sample]:
    """Press the keys in turn, each once the one before is seen."""
    for turn in range(count):
        terminal.settle(PACE)
        p.pause()
        before = reading(terminal.screen)
        changed = partial(_is_other, reading, before)
        yield name, terminal.key(keys[turn % len(keys)], until=changed)


def _is_other(reading: Reading, before: object, screen: Screen) -> bool:
    return reading(screen) not in (None, before)


def _opened(
    terminal: Terminal, name: str, key: str, shown: Predicate, count: int
) -> Iterator[p.Sample]:
    for _ in range(count):
        terminal.settle(PACE)
        p.pause()
        yield name, p.open_and_close(terminal, key, shown, "escape")


def _leave(terminal: Terminal) -> None:
    terminal.press("escape")
    terminal.rest()


def _sign(screen: Screen) -> int | None:
    """The line of the list's or the day's cursor."""
    lines = (y for y in range(screen.lines) if screen.line(y).startswith(">"))
    return next(lines, None)


def _title(screen: Screen) -> str:
    return screen.line(0)


def _date(screen: Screen) -> str:
    return screen.line(0)[:16]


def _visits(screen: Screen) -> str | None:
    """The lines of a day whose first is a visit."""
    lines = screen.lines_of_text()[4:-4]
    return "\n".join(lines) if any(_VISIT.match(line) for line in lines) else None


def _callers(screen: Screen) -> str:
    return "\n".join(screen.lines_of_text()[2:-2])


def _masked(screen: Screen) -> bool | None:
    """Whether all rows of the list are masked; None when some are."""
    found = {"Client •" in line for line in screen.lines_of_text()[3:20]}
    return found.pop() if len(found) == 1 else None


def _looks(screen: Screen) -> tuple[tuple[str, bool], ...]:
    return tuple(screen.look(y, 2) for y in range(screen.lines))


def _said(screen: Screen) -> str | None:
    """What the status line leads to."""
    line = screen.line(screen.lines - 2).strip()
    return line if line.startswith(("Stale: ", "Due: ")) else None


def _day_shown(screen: Screen) -> bool:
    return _sign(screen) is not None and screen.shows("← → Days")


def _slot(screen: Screen) -> str | None:
    return _match(screen, _SLOT)


def _checked(screen: Screen) -> str | None:
    return _match(screen, _CHECKED)


def _person(screen: Screen) -> str | None:
    return _match(screen, _PERSON)


def _match(screen: Screen, pattern: re.Pattern[str]) -> str | None:
    matches = (pattern.search(line) for line in screen.lines_of_text())
    return next((match[0] for match in matches if match), None)
