"""The terminal round the desk: stray bytes, signals, and no terminal at all."""

import os
import pty
import signal
import subprocess
import sys
import time

import pytest

from interworky_tui import pin

COMMAND = [sys.executable, "-m", "interworky_tui"]


def start(home, **more):
    main, other = pty.openpty()
    os.set_blocking(main, False)
    environment = os.environ | {
        "INTERWORKY_TUI_HOME": str(home),
        "TERM": "xterm-256color",
        "COLUMNS": "80",
        "LINES": "24",
    }
    process = subprocess.Popen(
        COMMAND, stdin=other, stdout=other, stderr=other, env=environment | more
    )
    os.close(other)
    return process, main


def read_until(main, wanted, seconds=30):
    seen, end = b"", time.monotonic() + seconds
    while wanted not in seen and time.monotonic() < end:
        try:
            seen += os.read(main, 65536)
        except BlockingIOError:
            time.sleep(0.01)
        except OSError:
            break
    assert wanted in seen, seen[-2000:]
    return seen


def test_bytes_that_are_no_text_do_not_stop_the_desk(office, asked, places):
    asked()
    process, main = start(places.data)
    try:
        read_until(main, b"Ana")
        os.write(main, b"\x1b[M \xff\xfe\xf0")
        os.write(main, b"2")
        read_until(main, b"No visits are set")
        os.write(main, b"q")
        assert process.wait(20) == 0
    finally:
        process.kill()
        os.close(main)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_signal_leaves_the_terminal_whole(office, asked, places, name):
    asked()
    process, main = start(places.data)
    try:
        read_until(main, b"Ana")
        process.send_signal(getattr(signal, name))
        read_until(main, b"\x1b[?1049l")
        assert process.wait(20) == 0
    finally:
        process.kill()
        os.close(main)


def test_a_locked_desk_that_is_killed_shows_nothing_when_it_is_opened_again(office, asked, places):
    asked()
    pin.store(places.config, "2468")
    process, main = start(places.data)
    try:
        read_until(main, b"Ana")
        os.write(main, b"\x0c")
        read_until(main, b"Type the PIN")
    finally:
        process.kill()
        process.wait(20)
        os.close(main)
    process, main = start(places.data)
    try:
        seen = read_until(main, b"Type the PIN")
        os.write(main, b"1111\r")
        seen += read_until(main, b"not the PIN")
        assert b"Ana" not in seen
        os.write(main, b"2468\r")
        read_until(main, b"Ana")
        os.write(main, b"q")
        assert process.wait(20) == 0
    finally:
        process.kill()
        os.close(main)


def test_without_a_terminal_one_sentence_says_so(places):
    environment = os.environ | {"INTERWORKY_TUI_HOME": str(places.data)}
    done = subprocess.run(
        COMMAND, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment
    )
    assert done.returncode == 1
    assert "The desk needs a terminal" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_terminal_that_cannot_draw_is_refused(places):
    process, main = start(places.data, TERM="dumb")
    try:
        read_until(main, b"cannot draw a screen")
        assert process.wait(20) == 1
    finally:
        process.kill()
        os.close(main)
