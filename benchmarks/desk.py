"""How the desk is driven: its keys, and how its screens are recognised.

Everything here that depends on how the desk looks is in the constants and small functions at the
top; the measuring below asks only them.
"""

import re
import sqlite3
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

from benchmarks import programs as p
from benchmarks.fill import SETTINGS, SURNAMES
from benchmarks.terminal import Predicate, Screen, Terminal

MODULE = "interworky_tui"
SCHEDULED_TAB, TABS = "2", ("3", "4", "5", "1", "2")
FEWEST_ROWS = 5
SEARCHES = (
    ("berg", "m", "Bergman"),
    ("co", "s", "Costa"),
    ("de", "l", "Delgado"),
    ("ba", "k", "Bakker"),
    ("berg", "s", "Bergstrom"),
    ("co", "n", "Conti"),
)
"""What is typed first, the letter that is measured, and what every row then shows."""
SET_TIME_KEY, SET_TIME = "t", re.compile(r"(Set|Update) the time: ")
ATTEND = ("a", re.compile(r"Read on"), "enter")
"""The key, what its confirmation shows, and the key that confirms."""
PAGES = 5
"""Pages that even the smallest office has in its first tab."""
CURSOR_SIGN_AT = 0
"""A column of the list that has no colour of its own."""
_NAME = re.compile(rf"\b[A-Z][a-z]+ ({'|'.join(SURNAMES)})\b")


def rows(screen: Screen) -> list[tuple[int, str]]:
    """The lines of the list that show an appointment, with the client's name.

    The list ends where the card's frame begins.
    """
    lines = takewhile(lambda y: not screen.line(y).startswith("──"), range(screen.lines))
    found = ((y, _NAME.search(screen.line(y)[:60])) for y in lines)
    return [(y, name[0]) for y, name in found if name]


def useful(screen: Screen) -> bool:
    return len(rows(screen)) >= FEWEST_ROWS


def names(screen: Screen) -> list[str]:
    return [name for _, name in rows(screen)]


def cursor(screen: Screen) -> int | None:
    """The line of the cursor row."""
    lines = [y for y, _ in rows(screen)]
    return p.odd_row(screen, lines[0], lines[-1] + 1, CURSOR_SIGN_AT) if lines else None


def set_time_open(screen: Screen) -> bool:
    return any(SET_TIME.search(line) for line in screen.lines_of_text())


def moved(screen: Screen) -> Predicate:
    """The cursor is one line lower."""
    before = cursor(screen)
    assert before is not None, "the desk shows no cursor row"
    return lambda after: cursor(after) == before + 1


def _other_rows(screen: Screen) -> Predicate:
    before = names(screen)
    return lambda after: useful(after) and names(after) != before


def desk_program(name: str, home: Path) -> p.Program:
    """The desk over the office in ``home``."""
    (home / "config.toml").write_text(SETTINGS, encoding="utf-8")

    def steps(terminal: Terminal, presses: int) -> Iterator[p.Sample]:
        yield from _list_keys(terminal, presses)
        yield from _tabs_and_search(terminal, presses)
        for _ in range(p.few(presses)):
            p.pause()
            yield p.MODAL, p.open_and_close(terminal, SET_TIME_KEY, set_time_open, "escape")
        yield p.DURABLE, _attend(terminal, home / "interworky.db")

    env = p.clean_environment(home, INTERWORKY_TUI_HOME=str(home))
    return p.Program(name, MODULE, env, useful, moved, steps)


def _list_keys(terminal: Terminal, presses: int) -> Iterator[p.Sample]:
    for _ in range(presses):
        p.pause()
        if cursor(terminal.screen) == rows(terminal.screen)[-1][0]:
            terminal.key("home", until=_other_cursor(terminal.screen))
        yield p.DOWN, terminal.key("down", until=moved(terminal.screen))
    for turn in range(p.few(presses)):
        p.pause()
        if turn % PAGES == 0:
            terminal.press("home")
            terminal.rest()
        yield p.PAGE, terminal.key("pagedown", until=_other_rows(terminal.screen))
    for _ in range(p.few(presses)):
        p.pause()
        yield p.END, terminal.key("end", until=_other_rows(terminal.screen))
        terminal.key("home", until=_other_rows(terminal.screen))


def _other_cursor(screen: Screen) -> Predicate:
    before = cursor(screen)
    return lambda after: cursor(after) not in (None, before)


def _tabs_and_search(terminal: Terminal, presses: int) -> Iterator[p.Sample]:
    for turn in range(p.few(presses)):
        p.pause()
        key = TABS[turn % len(TABS)]
        yield p.TAB, terminal.key(key, until=_other_rows(terminal.screen))
    terminal.press("1")
    terminal.rest()
    for turn in range(p.few(presses)):
        start, letter, name = SEARCHES[turn % len(SEARCHES)]
        terminal.press("/")
        terminal.rest()
        terminal.press(start)
        terminal.rest()
        yield p.SEARCH, terminal.key(letter, until=_only(name))
        terminal.press("escape")
        terminal.rest()


def _only(name: str) -> Predicate:
    def holds(screen: Screen) -> bool:
        shown = names(screen)
        return bool(shown) and all(name in one for one in shown)

    return holds


def _attend(terminal: Terminal, database: Path) -> float:
    """Seconds from the key that confirms to the commit that another process can read.

    SQLite shows a commit to others only once it is synced to the disk.
    """
    key, asked, confirm = ATTEND
    terminal.press(SCHEDULED_TAB, "home")
    terminal.rest()
    terminal.press(key)
    terminal.wait(lambda screen: any(asked.search(line) for line in screen.lines_of_text()))
    terminal.rest()
    connection = sqlite3.connect(database, isolation_level=None)
    latest = "SELECT max(id) FROM appointment_event"
    before = connection.execute(latest).fetchone()[0]
    version = "PRAGMA data_version"
    last = connection.execute(version).fetchone()

    def durable() -> bool:
        nonlocal last
        now = connection.execute(version).fetchone()
        if now == last:
            return False
        last = now
        return bool(connection.execute(latest).fetchone()[0] > before)

    try:
        pressed = terminal.press(confirm)
        return terminal.until(durable) - pressed
    finally:
        connection.close()
