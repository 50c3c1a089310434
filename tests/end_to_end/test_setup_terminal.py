"""The setup in a terminal of its own: what is hidden there, and where it must never appear."""

import os
import pty
import select
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from tests.delivery.smtp_server import (
    HANG,
    HOST,
    PASSWORD,
    USER,
    Fault,
    MailHost,
    authority,
    certificate,
    serve,
)

ROOT = Path(__file__).parents[2]
LONG = 30
"""Seconds after which a word that does not come fails the test."""


class Terminal:
    """The program with somebody in front of it."""

    def __init__(self, *words: str, **variables: str) -> None:
        self.screen = ""
        self._seen = 0
        self._line, other = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "interworky_tui", *words],
            stdin=other,
            stdout=other,
            stderr=other,
            env={**os.environ, **variables},
            cwd=ROOT,
            start_new_session=True,
            # What starts the tests in the background may ignore it, which is inherited.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        os.close(other)

    def wait_for(self, words: str) -> None:
        """Until they stand behind what was waited for before."""
        end = time.monotonic() + LONG
        while words not in self.screen[self._seen :]:
            ready, _, _ = select.select([self._line], [], [], max(end - time.monotonic(), 0))
            assert ready, self.screen
            self.screen += self._read()
        self._seen = self.screen.index(words, self._seen) + len(words)

    def answer(self, question: str, text: str) -> None:
        self.wait_for(question)
        os.write(self._line, text.encode() + b"\n")

    def interrupt(self) -> None:
        """As Ctrl+C does. One that comes just before the program waits is not felt, so again."""
        ready: list[int] = []
        end = time.monotonic() + LONG
        while not ready:
            assert time.monotonic() < end, self.screen
            os.killpg(self.process.pid, signal.SIGINT)
            ready, _, _ = select.select([self._line], [], [], 3)

    def end(self) -> int:
        """The exit status, when all was read."""
        try:
            while piece := self._read():
                self.screen += piece
        except OSError:
            pass
        os.close(self._line)
        return self.process.wait(LONG)

    def _read(self) -> str:
        return os.read(self._line, 65536).decode()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "office"


@pytest.fixture
def variables(tmp_path: Path, home: Path) -> dict[str, str]:
    trusted = tmp_path / "authority.pem"
    authority().cert_pem.write_to_path(str(trusted))
    return {
        "INTERWORKY_TUI_HOME": str(home),
        "SSL_CERT_FILE": str(trusted),
        "TZ": "Europe/Berlin",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }


@pytest.fixture
def mails() -> Iterator[MailHost]:
    with serve("tls", certificate()) as host:
        yield host


def office_in(terminal: Terminal) -> None:
    terminal.answer("Name of the office", "Lindenhof Practice")
    terminal.answer("Country, two letters [DE]", "")
    terminal.answer("Phone that gets", "")
    terminal.answer("Address that gets", USER)
    terminal.answer("Time zone [Europe/Berlin]", "")


def mail_server_in(terminal: Terminal, port: int) -> None:
    terminal.answer("Mail server", HOST)
    terminal.answer("Its security", "tls")
    terminal.answer("Its port [465]", str(port))
    terminal.answer(f"User to log in as [{USER}]", "")
    terminal.answer("Name that emails are from", "")


def everything_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


def test_a_password_is_typed_twice_and_seen_never(
    home: Path, variables: dict[str, str], mails: MailHost
) -> None:
    terminal = Terminal("setup", **variables)
    office_in(terminal)
    mail_server_in(terminal, mails.port)
    terminal.answer("Password", "A guess, 12 Tapers")
    terminal.wait_for("does not accept the user or the password")
    terminal.answer("Try other values?", "y")
    for question in ("Mail server", "Its security", "Its port", "User", "Name that emails"):
        terminal.answer(question, "")
    terminal.answer("Password", PASSWORD)
    terminal.answer("Address that gets", "")
    terminal.wait_for("It was taken.")
    terminal.answer("SMS account", "")
    assert terminal.end() == 0
    assert len(mails.copies) == 1
    for word in (PASSWORD, "Wax seal", "12 Tapers"):
        assert word not in terminal.screen
    secrets = home / "secrets.toml"
    assert tomllib.loads(secrets.read_text()) == {"email": {"password": PASSWORD}}
    secrets.unlink()
    assert PASSWORD.encode() not in everything_in(home)
    assert not list(home.glob("*.log"))


@pytest.mark.parametrize("asked", ["Password", "Its port"])
def test_ctrl_c_leaves_what_was_there(
    home: Path, variables: dict[str, str], mails: MailHost, asked: str
) -> None:
    home.mkdir()
    file = home / "config.toml"
    file.write_text('# by hand\n[office]\nname = "Old"\ncountry = "DE"\nemail = "a@b.example"\n')
    terminal = Terminal("setup", **variables)
    for question in ("Name", "Country", "Phone", "Address", "Time zone"):
        terminal.answer(question, "")
    terminal.answer("Mail server", HOST)
    before = file.read_bytes()
    if asked == "Password":
        terminal.answer("Its security", "tls")
        terminal.answer("Its port", str(mails.port))
        terminal.answer("User", USER)
        terminal.answer("Name that emails", "")
    else:
        terminal.answer("Its security", "")
    terminal.wait_for(asked)
    terminal.interrupt()
    assert terminal.end() == 130
    assert "Stopped." in terminal.screen
    assert "Traceback" not in terminal.screen
    assert file.read_bytes() == before
    assert sorted(os.listdir(home)) == ["config.toml"]


def test_ctrl_c_while_the_server_is_silent(
    home: Path, variables: dict[str, str], mails: MailHost
) -> None:
    asked = Event()
    mails.faults.append(Fault("connect", HANG, asked.set))
    terminal = Terminal("setup", **variables)
    office_in(terminal)
    mail_server_in(terminal, mails.port)
    terminal.answer("Password", PASSWORD)
    terminal.wait_for("A test email goes to")
    assert asked.wait(LONG)
    terminal.interrupt()
    assert terminal.end() == 130
    assert "Stopped. Saved: " in terminal.screen
    assert "Traceback" not in terminal.screen
    assert "email" not in tomllib.loads((home / "config.toml").read_text())
    assert PASSWORD.encode() not in everything_in(home)
