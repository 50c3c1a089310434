"""How the desk is driven: its keys, and how its screens are recognised.

Everything here that depends on how the desk looks is in the constants and small functions at the
top; the measuring below asks only them.
"""

import contextlib
import re
import socket
import sqlite3
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

from benchmarks import inside
from benchmarks import programs as p
from benchmarks.fill import SETTINGS, SURNAMES
from benchmarks.terminal import Predicate, Screen, Terminal

MODULE = "interworky_tui"
SCHEDULED_TAB, NEXT_TAB = "2", "right"
"""Three digits pressed quickly are a caller's number."""
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
HUNG = """\
[email]
host = "127.0.0.1"
port = {mail}
security = "none"
user = "desk@office.example"

[sms]
account_sid = "AC0123456789abcdef0123456789abcdef"
from_number = "+4930999000"
api_base_url = "http://127.0.0.1:{text}"
"""
WAITING = 200
"""Messages by each channel."""
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


def desk_program(name: str, home: Path, count: int) -> p.Program:
    """The desk over the office in ``home``, of ``count`` appointments."""
    (home / "config.toml").write_text(f"{SETTINGS}{inside.ROOMS}", encoding="utf-8")

    def steps(terminal: Terminal, presses: int) -> Iterator[p.Sample]:
        yield from _list_keys(terminal, presses)
        yield from _tabs_and_search(terminal, presses)
        for _ in range(p.few(presses)):
            p.pause()
            yield p.MODAL, p.open_and_close(terminal, SET_TIME_KEY, set_time_open, "escape")
        yield p.DURABLE, _attend(terminal, home / "interworky.db")
        if count >= inside.LEAST:
            terminal.rest()
            yield from inside.steps(terminal, presses, home)

    env = p.clean_environment(home, INTERWORKY_TUI_HOME=str(home))
    return p.Program(name, MODULE, env, useful, moved, steps)


def hung_program(name: str, home: Path) -> p.Program:
    """The same, while messages leave by servers that take a connection and never answer."""
    mails, texts = Abyss(), Abyss()
    told = HUNG.format(mail=mails.port, text=texts.port)
    (home / "config.toml").write_text(f"{SETTINGS}\n{told}", encoding="utf-8")
    database = home / "interworky.db"

    def steps(terminal: Terminal, presses: int) -> Iterator[p.Sample]:
        make_due(database)
        terminal.until(lambda: mails.holds() and texts.holds())
        yield from cursor_down(terminal, presses)

    secrets = {"INTERWORKY_TUI_EMAIL__PASSWORD": "x", "INTERWORKY_TUI_SMS__AUTH_TOKEN": "x"}
    env = p.clean_environment(home, INTERWORKY_TUI_HOME=str(home), **secrets)
    return p.Program(name, MODULE, env, useful, moved, steps)


class Abyss:
    """A server on this machine that takes every connection and never says a word."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._listener.setblocking(False)
        self.port: int = self._listener.getsockname()[1]
        self._held: list[socket.socket] = []

    def holds(self) -> bool:
        """Whether somebody waits for a word of it now."""
        with contextlib.suppress(BlockingIOError):
            while True:
                self._held.append(self._listener.accept()[0])
        self._held = [one for one in self._held if _is_open(one)]
        return bool(self._held)


def _is_open(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return bool(connection.recv(65_536))
    except BlockingIOError:
        return True
    except OSError:
        return False


def make_due(database: Path) -> None:
    """Put messages of visits to come back into the outbox, as many as a busy day has."""
    connection = sqlite3.connect(database, isolation_level=None)
    for channel in ("email", "sms"):
        connection.execute(
            "UPDATE notification SET state = 'pending', reason = NULL, attempts = 0,"
            " sent_at = NULL, lease_owner = NULL, lease_until = NULL, due_at = created_at"
            " WHERE id IN (SELECT id FROM notification WHERE event = 'requested'"
            " AND channel = ? AND state NOT IN ('pending', 'sending') ORDER BY id DESC LIMIT ?)",
            (channel, WAITING),
        )
    connection.close()


def _list_keys(terminal: Terminal, presses: int) -> Iterator[p.Sample]:
    yield from cursor_down(terminal, presses)
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


def cursor_down(terminal: Terminal, presses: int) -> Iterator[p.Sample]:
    for _ in range(presses):
        p.pause()
        if cursor(terminal.screen) == rows(terminal.screen)[-1][0]:
            terminal.key("home", until=_other_cursor(terminal.screen))
        yield p.DOWN, terminal.key("down", until=moved(terminal.screen))


def _other_cursor(screen: Screen) -> Predicate:
    before = cursor(screen)
    return lambda after: cursor(after) not in (None, before)


def _tabs_and_search(terminal: Terminal, presses: int) -> Iterator[p.Sample]:
    for _ in range(p.few(presses)):
        p.pause()
        yield p.TAB, terminal.key(NEXT_TAB, until=_other_rows(terminal.screen))
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
