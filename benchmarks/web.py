"""Key to paint of the desk while strangers lean on its web pages, as ratios to a desk without.

In every round both desks run: one without the pages, and one that serves them, which is measured
left alone, with idle connections, and with each of the floods, in an order that moves on by one.

    python -m benchmarks.web [--rounds 8] [--presses 40]
"""

import argparse
import contextlib
import gc
import multiprocessing
import random
import selectors
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path

from benchmarks import programs as p
from benchmarks.desk import MODULE, cursor_down, moved, useful
from benchmarks.fill import SETTINGS, cached
from benchmarks.report import Results, Target
from benchmarks.terminal import Terminal
from tests.delivery.smtp_server import refusing_port

HOST = "127.0.0.1"
WEB = '\n[web]\nenabled = true\nhost = "{host}"\nport = {port}\n'
IDLE = 55
"""Connections that never say a word: more than the pages have room for."""
VISITORS = 40
"""Connections of a flood that waits for its answers."""
OFFICE = 1_000
"""Appointments."""
MOST = 1.2
"""Times the cursor-down of a desk without pages."""
WITHOUT = "cursor down, pages off"
_FORM = b"name=Mia&phone=030901820&date=2026-03-20&band=morning&note=" + b"x" * 700
_HEAD = b"Host: %s\r\n" % HOST.encode()
GET = b"GET /request HTTP/1.1\r\n%s\r\n" % _HEAD
POST = (
    b"POST /request HTTP/1.1\r\n%sContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: %d\r\n\r\n%s"
) % (_HEAD, len(_FORM), _FORM)
NOTES = (
    f"Median / p95 of an office of {OFFICE:,} appointments. Each flood is a process of its own on"
    " this machine and takes as much of the processor as it gets."
)


def measure(rounds: int, presses: int) -> Results:
    results = Results()
    with tempfile.TemporaryDirectory(prefix="interworky-bench-web-") as folder:
        port = refusing_port()
        without = _home(Path(folder) / "without", "")
        serving = _home(Path(folder) / "serving", WEB.format(host=HOST, port=port))
        for number in range(rounds):
            with _desk(without) as terminal:
                terminal.rest()
                results.add(WITHOUT, number, cursor_down(terminal, presses))
            with _desk(serving) as terminal:
                terminal.until(lambda: _listens(port))
                _under_pressure(results, number, terminal, port, presses)
            print(f"pages, round {number + 1} of {rounds}", file=sys.stderr, flush=True)
    return results


def _under_pressure(
    results: Results, number: int, terminal: Terminal, port: int, presses: int
) -> None:
    turn = number % len(PRESSURES)
    names = list(PRESSURES)
    for name in (*names[turn:], *names[:turn]):
        terminal.rest()
        with PRESSURES[name](port):
            results.add(name, number, cursor_down(terminal, presses))


def ratios(results: Results) -> dict[str, float | None]:
    """Of each pressure, to the desk without pages."""
    return {name: results.ratio(name, p.DOWN, WITHOUT, p.DOWN) for name in PRESSURES}


def targets(results: Results) -> list[Target]:
    return [
        Target(f"cursor down, {name}, to without", MOST, ratio)
        for name, ratio in ratios(results).items()
    ]


def markdown(results: Results) -> str:
    lines = ["| web pages | median / p95 | to without |", "| --- | ---: | ---: |"]
    found: dict[str, float | None] = {WITHOUT: None, **ratios(results)}
    for name, ratio in found.items():
        median, p95 = (1000 * figure(name, p.DOWN) for figure in (results.median, results.p95))
        times = "-" if ratio is None else f"{ratio:.2f}x"
        lines.append(f"| {name} | {median:.1f} / {p95:.1f} ms | {times} |")
    return "\n".join((*lines, "", NOTES))


def _home(home: Path, more: str) -> Path:
    home.mkdir()
    shutil.copyfile(cached(OFFICE), home / "interworky.db")
    (home / "config.toml").write_text(SETTINGS + more, encoding="utf-8")
    return home


@contextmanager
def _desk(home: Path) -> Iterator[Terminal]:
    env = p.clean_environment(home, INTERWORKY_TUI_HOME=str(home))
    with Terminal((sys.executable, "-m", MODULE), env) as terminal:
        terminal.wait(useful)
        terminal.key("down", until=moved(terminal.screen))
        yield terminal


def _listens(port: int) -> bool:
    try:
        socket.create_connection((HOST, port)).close()
    except OSError:
        return False
    return True


@contextmanager
def idle(port: int) -> Iterator[None]:
    with ExitStack() as stack:
        for _ in range(IDLE):
            stack.enter_context(socket.create_connection((HOST, port)))
        yield


@contextmanager
def flood(port: int, how: Callable[[int, Callable[[], None]], None]) -> Iterator[None]:
    """``how`` runs in a process of its own, and tells by its second argument when it is on."""
    context = multiprocessing.get_context("spawn")
    begun = context.Event()
    process = context.Process(target=how, args=(port, begun.set), daemon=True)
    process.start()
    try:
        if not begun.wait(30):
            raise TimeoutError("the flood did not begin")
        yield
    finally:
        process.terminate()
        process.join()


def ask_and_ask(port: int, begun: Callable[[], None]) -> None:
    """Visitors who look and send in turn, each as soon as the last answer is there."""
    waiting = selectors.DefaultSelector()
    turns: dict[socket.socket, int] = {}

    def come() -> None:
        visitor = socket.create_connection((HOST, port))
        waiting.register(visitor, selectors.EVENT_READ)
        turns[visitor] = 0
        ask(visitor)

    def ask(visitor: socket.socket) -> None:
        turns[visitor] += 1
        visitor.sendall(POST if turns[visitor] % 4 == 0 else GET)

    def leave(visitor: socket.socket) -> None:
        waiting.unregister(visitor)
        visitor.close()
        del turns[visitor]

    while True:
        while len(turns) < VISITORS:
            with contextlib.suppress(OSError):
                come()
        begun()
        for key, _ in waiting.select():
            visitor = key.fileobj
            assert isinstance(visitor, socket.socket)
            try:
                if not visitor.recv(65_536):
                    raise ConnectionResetError
                ask(visitor)
            except OSError:
                leave(visitor)


def ask_and_run(port: int, begun: Callable[[], None]) -> None:
    """A connection each time, and gone before there is an answer."""
    while True:
        with contextlib.suppress(OSError), socket.create_connection((HOST, port)) as visitor:
            visitor.sendall(GET)
            begun()


PRESSURES: dict[str, Callable[[int], AbstractContextManager[None]]] = {
    "pages served, nobody there": lambda _: nullcontext(),
    f"{IDLE} idle connections": idle,
    f"{VISITORS} visitors who ask without a pause": lambda port: flood(port, ask_and_ask),
    "strangers who ask and hang up, without a pause": lambda port: flood(port, ask_and_run),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.web", description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--presses", type=int, default=40, help="of the cursor under each pressure")
    options = parser.parse_args()
    random.seed(1)
    gc.disable()
    print(markdown(measure(options.rounds, options.presses)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
